package inspect

// provenance says where the expected value of a check is from.
func provenance(name, id string, g given) string {
	from := func(source, otherwise string) string {
		if source == "" {
			return otherwise
		}
		return source
	}
	switch id {
	case "alg":
		if name == "client_assertion" {
			return "RFC 7523 section 3"
		}
		if len(g.algs) > 0 {
			return "id_token_signing_alg_values_supported of the provider's metadata"
		}
		return "the algorithms with a public key; no metadata was given"
	case "kid", "signature":
		if g.jwks == nil && name == "client_assertion" {
			return "nowhere: the client's public key is not known here"
		}
		if g.jwks == nil {
			return "nowhere yet: " + from(g.noKeys, "the keys are not known here")
		}
		return g.keysFrom
	case "iss":
		if name == "client_assertion" {
			return from(g.clientFrom, "nowhere: the client id is not known")
		}
		return from(g.issFrom, "nowhere: the issuer is not known")
	case "aud", "azp":
		if name == "access_token" {
			return "nowhere: only the API knows"
		}
		if name == "client_assertion" {
			return "nowhere: only the provider knows"
		}
		if g.clientID == "" {
			return "nowhere: the client id is not known"
		}
		return g.clientFrom
	case "exp", "nbf", "iat":
		return g.nowFrom
	case "nonce":
		if !g.nonceKnown {
			return "nowhere: the request is not known"
		}
		return g.nonceFrom
	case "at_hash":
		return "computed from the access token that came with it"
	case "c_hash":
		return "computed from the code of the callback"
	case "cnf":
		return "what the client proved to have when it asked for the token"
	case "tid":
		if g.issFrom == "" {
			return "nowhere: the issuer is not known"
		}
		return "the tenant in the issuer, which is from " + g.issFrom
	case "auth_time":
		return g.maxAgeFrom
	case "acr":
		return g.acrFrom
	}
	return ""
}
