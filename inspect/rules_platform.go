package inspect

// platformClues: what the platform of a registration demands of the token request, and CORS.
func platformClues() []clue {
	return []clue{
		{"public-client-flow-not-allowed", Likely, all(aadsts(7000218), client("native", "spa"), where(6, "no redirect_uri was sent that would name a platform", "redirect_uri", (*problem).noRedirectSent))},
		{"spa-platform-without-pkce", Possible, all(from("entra", "external-id"), says(
			"code challenge required", "proof key for code exchange is required",
		))},
		{"cross-origin-but-not-spa", Certain, all(aadsts(9002326), sent("Origin header"))},
		{"cross-origin-but-not-spa", Likely, all(says(
			"blocked by cors policy", "cors request did not succeed", "no 'access-control-allow-origin'",
			"cross-origin request blocked", "cors header 'access-control-allow-origin' missing",
		), says("login.microsoftonline", "login.windows.net", "/oauth2/v2.0/token"), at("token", "refresh"))},
		{"cors-not-allowed", Likely, all(says(
			"blocked by cors policy", "cors request did not succeed", "no 'access-control-allow-origin'",
			"cross-origin request blocked", "origin … not allowed by access-control-allow-origin", "cors error",
			"not a valid origin for the client",
		))},
		{"browser-redirect-by-fetch", Likely, all(says(
			"blocked by cors policy", "cross-origin request blocked", "no 'access-control-allow-origin'",
		), says("/authorize", "/auth?", "/openid-connect/auth"), not(says("/token")))},
		{"spa-platform-redeemed-by-server", Certain, all(aadsts(9002327), notSent("Origin header"))},
		{"spa-platform-without-pkce", Certain, all(aadsts(9002325), notSent("code_challenge"))},
		{"web-platform-but-public-client", Likely, all(aadsts(7000218), notSent("client_secret"), client("native", "spa"))},
		{"public-client-flow-not-allowed", Likely, all(aadsts(7000218, 70002), says(
			"'client_assertion'", "client_secret or client_assertion", "client_assertion",
		), fact("grant", "device", "password", "integrated"))},
		{"web-platform-but-public-client", Likely, all(aadsts(70002), says(
			"must contain the following parameter: 'client_secret or client_assertion'",
			"must contain the following parameter: 'client_assertion'",
		))},
		{"public-platform-but-secret-sent", Certain, all(aadsts(700025, 9002319), sent("client_secret"))},
		{"public-platform-but-secret-sent", Certain, all(aadsts(700025, 9002319), sent("client_assertion"))},
		{"public-platform-but-secret-sent", Likely, all(aadb2c(90084))},
		{"public-platform-but-secret-sent", Likely, all(says(
			"public clients should not send a client_secret", "client is public so neither",
			"public client … must not … secret", "public clients can't send",
		))},
		{"web-platform-but-public-client", Likely, all(uncoded(), notSent("client_secret"), at("token", "refresh"), oauth("invalid_client", "unauthorized_client"), client("spa"))},
		{"web-platform-but-public-client", Likely, all(from("auth0"), notSent("client_secret"), at("token", "refresh"), oauth("access_denied"), says(
			"unauthorized",
		), client("spa", "native"))},
	}
}
