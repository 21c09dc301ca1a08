package inspect

// credentialsClues: client credentials: secrets, certificates, assertions.
func credentialsClues() []clue {
	return []clue{
		{"client-secret-missing", Likely, all(aadsts(7000218), client("web"), not(client("spa", "native")))},
		{"client-secret-missing", Possible, all(aadsts(7000218))},
		{"client-secret-id-instead-of-value", Likely, all(aadsts(7000215), where(6, "the secret that was sent has the shape of a GUID, as a secret's id has", "client_secret", func(p *problem) bool { return isGUID(p.verbatim("client_secret")) }))},
		{"client-secret-wrong", Likely, all(aadsts(7000215), says("client secret id"))},
		{"client-secret-wrong", Likely, all(aadsts(70002), says(
			"invalid client secret", "error validating credentials … aadsts50012",
			"does not match the expected value for this client",
		))},
		{"client-secret-not-url-encoded", Possible, all(aadsts(7000215), not(says("client secret id")))},
		{"client-secret-expired", Certain, all(aadsts(7000222))},
		{"client-secret-expired", Likely, all(says(
			"client secret … expired", "client secret keys … are expired", "secret has expired",
			"keys for app … are expired",
		))},
		{"client-auth-method-mismatch", Likely, all(says(
			"invalid_token_endpoint_auth_method", "supports client authentication method",
			"unsupported client authentication method", "token_endpoint_auth_method",
			"client authentication method … not", "authentication method … not allowed",
			"authentication method … not supported", "auth method … not", "unsupported authentication method included",
			"registered token_endpoint_auth_method",
			"unknown_client: client was not identified by any client authenticator", "client_auth_method",
			"invalid authentication method", "invalid client authentication method", "wrong authentication method",
		))},
		// Keycloak says no more where a request is pushed, and to a public client
		// at introspection.
		{"client-secret-wrong", Likely, all(from("keycloak"), at("par"), says("authentication failed"), sent("client_secret"))},
		{"client-certificate-not-registered", Likely, all(from("keycloak"), at("par"), says("authentication failed"), sent("client_assertion"))},
		{"client-certificate-not-registered", Likely, all(from("keycloak"), at("par"), says("authentication failed"), sent("client certificate"))},
		{"client-secret-missing", Likely, all(from("keycloak"), at("par"), says("authentication failed"), notSent("client_secret"), not(sent("client_assertion")), not(sent("client certificate")))},
		{"introspection-by-public-client", Likely, all(from("keycloak"), at("introspect"), says("client not allowed"))},
		{"introspection-by-public-client", Likely, all(uncoded(), at("introspect"), notSent("client_secret"), not(sent("client_assertion")), not(sent("client certificate")), oauth("invalid_client", "unauthorized_client", "invalid_request"))},
		// Keycloak, to a client that is registered for an assertion.
		{"client-auth-method-mismatch", Likely, all(says("parameter client_assertion_type is missing", "parameter client_assertion is missing"))},
		{"client-credentials-twice", Likely, all(says(
			"cannot supply multiple client credentials", "more than one client credential",
			"multiple client credentials", "client used multiple authentication",
			"more than one mechanism to authenticate",
			"multiple authentication methods", "multiple client authentication", "only one client authentication",
		))},
		{"client-secret-missing", Likely, all(says(
			"client_secret is missing", "client secret not provided", "no client credentials found",
			"missing client secret", "client_secret is required", "client secret is required",
			"must send a client_secret",
			"missing client_secret", "client_secret missing", "client authentication is required",
			"missing parameter: client_secret", "client credentials missing",
			"missing client credentials", "missing required parameter: client_secret",
			"no client authentication included", "client authentication missing",
		), not(says("unknown client, no client authentication included")))},
		{"client-secret-missing", Likely, all(uncoded(), notSent("client_secret"), at("par", "token", "refresh", "introspect", "revoke"), oauth("invalid_client", "unauthorized_client"), not(client("spa")), not(sent("client_assertion")), not(sent("client certificate")))},
		{"client-secret-wrong", Likely, all(says(
			"invalid client credentials", "invalid client or invalid client credentials", "invalid client secret",
			"client secret is invalid", "incorrect_client_credentials",
			"client_id and/or client_secret passed are incorrect", "invalid_client_secret",
			"client secret supplied … is invalid", "client credentials are invalid", "bad client credentials",
			"client secret validation failed", "hashedpassword is not the hash",
			"client authentication failed: client_secret", "specified client credentials are invalid",
			"the client secret … incorrect",
			"client_secret mismatch", "client secret mismatch", "wrong client secret",
			"invalid client secret provided", "unable to verify secret hash for client", "bad client secret",
			"invalid_client_credentials",
			"invalid client_secret", "client secret … does not match", "client_secret is invalid",
			"client_secret does not match", "incorrect client secret", "basic credentials … not valid",
		), not(notSent("client_secret")))},
		// Keycloak, of client_secret_jwt.
		{"client-secret-wrong", Likely, all(says("signature on jwt token by client secret failed validation"))},
		{"client-secret-wrong", Likely, all(from("auth0"), at("token", "refresh"), oauth("access_denied"), says("unauthorized"))},
		{"client-secret-wrong", Likely, all(uncoded(), sent("client_secret"), at("par", "token", "refresh", "introspect", "revoke"), oauth("invalid_client", "unauthorized_client"), not(says(
			"grant", "redirect", "response_type", "client_assertion_type is missing",
		)))},
		{"client-secret-wrong", Possible, all(uncoded(), at("token", "refresh", "device", ""), oauth("invalid_client"))},
		{"client-secret-wrong", Possible, all(uncoded(), says("client authentication failed"))},
		{"client-auth-method-mismatch", Possible, all(uncoded(), at("token", "refresh", ""), oauth("invalid_client"))},
		{"client-secret-missing", Possible, all(uncoded(), says("client authentication failed"), not(sent("client_secret")))},
		{"client-auth-method-mismatch", Possible, all(uncoded(), says("client authentication failed"))},
		{"client-secret-not-url-encoded", Possible, all(uncoded(), sent("client_secret"), oauth("invalid_client"), at("token", "refresh"))},
		{"client-certificate-not-registered", Likely, all(aadsts(700027), says(
			"key was not found", "not found", "no keys configured",
		))},
		{"client-certificate-not-registered", Likely, all(says(
			"client authentication with signed jwt failed: signature on jwt token failed validation",
			"client authentication with signed jwt failed: unable to load public key",
		))},
		{"client-certificate-not-registered", Likely, all(uncoded(), sent("client certificate"), at("par", "token", "refresh", "introspect", "revoke"), oauth("invalid_client", "unauthorized_client"))},
		{"client-certificate-not-registered", Likely, all(uncoded(), sent("client_assertion"), at("par", "token", "refresh", "introspect", "revoke"), oauth("invalid_client"))},
		{"client-assertion-malformed", Possible, all(uncoded(), sent("client_assertion"), at("par", "token", "refresh", "introspect", "revoke"), oauth("invalid_client"))},
		{"client-certificate-expired", Likely, all(aadsts(700027), says("expired"))},
		{"client-secret-missing", Likely, all(from("auth0"), notSent("client_secret"), at("token", "refresh"), oauth("access_denied"), says(
			"unauthorized",
		), not(client("spa", "native")))},
		{"client-assertion-expired", Likely, all(says(
			"client assertion … expired", "client_assertion … expired", "assertion is not within its valid time range",
			"client assertion … time range",
		))},
		{"client-assertion-malformed", Likely, all(says(
			"client_assertion … malformed", "client assertion … malformed", "client assertion … invalid",
			"client_assertion … invalid", "invalid client assertion", "invalid client_assertion",
			"invalid token for client credentials",
			"client_assertion_type", "client assertion type", "audience … client assertion",
			"jwt token … client authentication … invalid",
		), not(says("client_assertion_type is missing")))},
	}
}
