package inspect

// checksOf makes every check of a JWT. All are made; none stops the others.
func checksOf(name string, j *jwt, g given) []Check {
	switch name {
	case "id_token", "token":
		checks := []Check{
			checkAlg(j, g), checkKid(j, g), checkSignature(name, j, g), checkIssuer(j, g), checkAudience(j, g), checkAzp(j, g),
			checkExp(j, g), checkNbf(j, g), checkIat(j, g), checkNonce(j, g),
		}
		if c, ok := checkHash("at_hash", "access token", j, g.accessToken); ok {
			checks = append(checks, c)
		}
		if c, ok := checkHash("c_hash", "code", j, g.code); ok {
			checks = append(checks, c)
		}
		if c, ok := checkTenant(j, g); ok {
			checks = append(checks, c)
		}
		if c, ok := checkAuthTime(j, g); ok {
			checks = append(checks, c)
		}
		if c, ok := checkAcr(j, g); ok {
			checks = append(checks, c)
		}
		if name == "token" {
			unsure(checks)
		}
		return checks
	case "access_token":
		checks := []Check{
			checkAlg(j, g), checkKid(j, g), checkSignature(name, j, g), accessIssuer(j, g), accessAudience(j),
			checkExp(j, g), checkNbf(j, g), checkIat(j, g),
		}
		if c, ok := checkBound(j, g); ok {
			checks = append(checks, c)
		}
		return checks
	case "response":
		return []Check{
			checkAlg(j, given{}), checkKid(j, g), checkSignature(name, j, g), checkIssuer(j, g), checkAudience(j, g), checkExp(j, g),
		}
	case "request":
		return []Check{checkExp(j, g), checkIat(j, g)}
	case "dpop": // it has no end of its own: the server decides by iat
		return []Check{checkIat(j, g)}
	case "logout_token": // OpenID Connect Back-Channel Logout section 2.6
		return []Check{
			checkAlg(j, g), checkKid(j, g), checkSignature(name, j, g), checkIssuer(j, g), checkAudience(j, g), checkExp(j, g), checkIat(j, g),
		}
	case "client_assertion":
		return []Check{
			assertionAlg(j), assertionSignature(j, g), assertionIssuer(j, g), assertionAudience(j),
			checkExp(j, g), checkNbf(j, g), checkIat(j, g),
		}
	}
	return nil
}

// unsure softens what an ID token must have and another token need not: of
// this one it is not known which it is.
func unsure(checks []Check) {
	for i := range checks {
		if c := &checks[i]; c.Result == Fail && c.Actual == "missing" && c.ID != "alg" && c.ID != "signature" {
			c.Result = Unknown
			c.Why = "It is missing. An ID token must have it; whether this is one is not known."
		}
	}
}
