package inspect

// networkClues: networks, certificates, the server itself.
func networkClues() []clue {
	return []clue{
		{"tls-certificate-expired", Likely, all(says(
			"certificate has expired", "cert_has_expired", "certificate expired", "notaftertime",
			"certificate is expired", "err_cert_date_invalid",
		), not(aadsts(700024)), not(says("current time … is before")))},
		{"tls-hostname-mismatch", Likely, all(says(
			"certificate is not valid for any names", "certificate is valid for", "err_tls_cert_altname_invalid",
			"does not match certificate's altnames", "doesn't contain any ip sans", "remotecertificatenamemismatch",
			"hostname mismatch", "no alternative certificate subject name", "no subject alternative",
			"err_cert_common_name_invalid", "doesn't match … certificate", "hostname … doesn't match",
			"common name, not sans", "no name matching",
		))},
		{"tls-untrusted-ca", Likely, all(says(
			"certificate signed by unknown authority", "not issued by an authority", "self-signed certificate", "self signed certificate",
			"unable to get local issuer certificate", "unable to verify the first certificate",
			"unable_to_get_issuer_cert", "depth_zero_self_signed", "pkix path building failed", "partialchain",
			"untrustedroot", "certificate verify failed", "certificate_verify_failed",
			"unable to find valid certification path", "err_cert_authority_invalid", "unknown ca",
			"unknown certificate authority", "remote certificate is invalid", "x509:", "ssl certificate problem",
			"certificate … not trusted", "unable_to_verify_leaf_signature", "trust anchor",
		), not(says("certificate has expired", "hostname mismatch", "certificate is not valid for", "certificate is valid for", "ip sans")))},
		{"network-proxy-blocked", Likely, all(says(
			"407 proxy", "proxy authentication required", "tunneling socket", "tunnel connection failed", "proxyerror",
			"connect tunnel failed", "cannot connect to proxy", "the proxy … cannot be used", "the proxy … did not let", "proxyconnect", "blocked by … proxy", "zscaler",
			"blocked by your network", "proxy error", "403 … from proxy", "squid",
		))},
		{"network-proxy-blocked", Likely, all(anyNetworkFailure, fact("network", "proxy", "corporate", "firewall", "vpn", "restricted", "no outbound", "outbound"))},
		{"provider-unreachable", Likely, all(anyNetworkFailure)},
		{"network-proxy-blocked", Possible, all(anyNetworkFailure)},
		{"html-instead-of-json", Likely, all(says(
			"unexpected token <", "unexpected token '<'", "<!doctype", "invalid character '<'", "not valid json",
			"unexpected character encountered while parsing value: <", "expecting value: line 1 column 1",
			"is not json", "content type text/html", "cannot parse response: text/html",
			"no suitable httpmessageconverter … text/html", "unexpected content type", "unexpected content-type",
		))},
		{"discovery-not-found", Likely, all(at("discovery"), says(
			"404", "not found", "unable to retrieve document", "idx20803", "idx20804", "idx20807",
			"failed to discover", "unable to obtain configuration", "could not resolve",
		), not(anyNetworkFailure), not(says("x509", "certificate")))},
		{"discovery-not-found", Likely, all(at("discovery"), status(404))},
		{"discovery-not-found", Possible, all(says(
			".well-known/openid-configuration", "idx20803", "idx20804", "idx20807",
		), not(says("issuer")))},
		{"federated-idp-token-error", Likely, all(says(
			"bad token response", "invalid token response from", "identity provider returned an error",
			"error from identity provider", "unexpected error when authenticating with identity provider",
			"idp … token endpoint", "exchange … identity provider", "external identity provider", "broker … error",
			"error response from identity provider", "could not fetch attributes from identity provider",
			"idp_initiated", "login pages unavailable",
		))},
		{"rate-limited", Likely, all(says(
			"too many requests", "429", "rate limit", "too_many_requests", "temporarily throttled", "rate_limit",
		), not(says("trace id … 429")))},
		{"rate-limited", Likely, all(status(429))},
		{"server-error", Likely, all(oauth("server_error", "temporarily_unavailable"), uncoded())},
		{"server-error", Possible, all(status(500, 502, 503, 504), uncoded(), not(at("api")))},
		{"server-error", Possible, all(says(
			"internal server error", "502 bad gateway", "503 service unavailable", "504 gateway", "we are sorry",
			"an unexpected error has occurred",
		), uncoded())},
	}
}
