package inspect

import (
	"strings"
	"sync"
)

// clues is the table of what speaks for which cause. A rule holds when all of
// its tests do. What a vendor's code means by itself is not here but in the
// catalogue (assets/aadsts.tsv, assets/aadb2c.tsv); here is what words and
// facts add to it.
//
// To add a cause, describe it in a file of assets/causes and give it a row
// here. Certain is for rows that leave no other cause; a code with a fact that
// decides, never a word that several servers use for several things.
//
// Phrases are the servers' and libraries' own texts, in lower case, with
// straight single quotes and single spaces.
var clues = sync.OnceValue(func() []clue {
	return []clue{
		// PKCE.
		{"pkce-verifier-missing-at-token", Certain, all(aadsts(50148, 501481), notSent("code_verifier"))},
		{"pkce-verifier-missing-at-token", Certain, all(aadb2c(90182, 90183), notSent("code_verifier"))},
		{"pkce-verifier-missing-at-token", Likely, all(notSent("code_verifier"), sent("code_challenge"), at("token"), oauth("invalid_grant", "invalid_request"))},
		{"pkce-verifier-missing-at-token", Likely, all(says(
			"pkce code verifier not specified", "missing code verifier", "code_verifier is required", "code verifier is required",
			"expecting parameter code_verifier", "missing required parameter: code_verifier", "code_verifier is missing",
			"code_verifier missing", "'code_verifier' parameter is missing", "parameter: code_verifier", "missing code_verifier",
			"the mandatory 'code_verifier' parameter is missing", "missing parameter: code_verifier", "code verifier missing",
			"code_verifier parameter is required", "requires a code_verifier", "no code_verifier",
		), not(says("cookie", "is not needed")))},
		{"pkce-verifier-unexpected", Certain, all(aadsts(50148, 501481), notSent("code_challenge"), sent("code_verifier"))},
		{"pkce-verifier-unexpected", Likely, all(notSent("code_challenge"), sent("code_verifier"), at("token"))},
		{"pkce-verifier-unexpected", Likely, all(says(
			"code_verifier or verifier is not needed", "no pkce flow started", "unexpected code_verifier",
			"code_verifier was not expected",
			"code verifier … not expected", "code_verifier is not needed",
			"pkce code verifier specified but challenge not present",
			"code_verifier … no code_challenge", "uses code_verifier but no code_challenge",
		))},
		{"pkce-method-omitted", Certain, all(aadsts(50148, 501481), where(6, "the challenge is the S256 of the verifier, and no code_challenge_method was sent", "code_challenge_method", (*problem).methodOmitted))},
		{"pkce-verifier-mismatch", Certain, all(aadsts(50148, 501481), where(6, "the verifier that was sent does not give the challenge that was sent", "code_verifier", (*problem).pairDiffers))},
		{"pkce-verifier-mismatch", Likely, all(at("token"), where(6, "the verifier that was sent does not give the challenge that was sent", "code_verifier", (*problem).pairDiffers))},
		{"public-client-flow-not-allowed", Likely, all(aadsts(7000218), client("native", "spa"), where(6, "no redirect_uri was sent that would name a platform", "redirect_uri", (*problem).noRedirectSent))},
		{"pkce-challenge-hex-digest", Certain, all(where(6, "the challenge holds the hex digits of a SHA-256, not its 32 octets", "code_challenge", (*problem).challengeIsHex))},
		{"pkce-challenge-malformed", Certain, all(aadsts(501491, 50147), where(4, "the challenge is not 43 characters long", "code_challenge", (*problem).challengeLengthWrong))},
		{"pkce-challenge-malformed", Likely, all(where(4, "the challenge is not 43 characters long", "code_challenge", (*problem).challengeLengthWrong), says(
			"code_challenge", "code challenge",
		))},
		{"pkce-challenge-malformed", Likely, all(says(
			"invalid size of code_challenge", "invalid parameter: code_challenge", "code_challenge must be",
			"invalid code_challenge",
			"code challenge is invalid", "code_challenge is invalid", "code_challenge value is invalid", "code challenge must be",
			"'code_challenge' must be", "'code_challenge' parameter … not valid", "pkce code challenge must",
			"invalid code challenge",
		), not(says("code_challenge_method", "code challenge method")))},
		{"pkce-method-not-supported", Likely, all(says(
			"transform algorithm not supported", "plain is not allowed", "code challenge method is not supported",
			"use s256 instead",
			"unsupported pkce challenge method", "invalid parameter: code_challenge_method",
			"missing parameter: code_challenge_method",
			"code challenge method is not matching the configured one", "code_challenge_method must be",
			"code_challenge_method is not supported",
			"code_challenge_method not supported", "unsupported code_challenge_method", "unsupported code challenge method",
			"invalid code_challenge_method", "not supported value of code_challenge_method", "only s256",
			"code_challenge_method … not supported",
			"code_challenge_method … invalid", "'code_challenge_method' … not", "pkce method not allowed",
			"invalid code challenge method",
		))},
		{"pkce-verifier-malformed", Certain, all(aadsts(50148, 501481, 501482), where(5, "the verifier is not what RFC 7636 allows (43 to 128 of A-Z a-z 0-9 - . _ ~)", "code_verifier", (*problem).verifierIllegal))},
		{"pkce-verifier-malformed", Likely, all(where(5, "the verifier is not what RFC 7636 allows (43 to 128 of A-Z a-z 0-9 - . _ ~)", "code_verifier", (*problem).verifierIllegal), at("token"))},
		{"pkce-verifier-malformed", Likely, all(says(
			"code verifier must be at least 43", "code verifier can not be longer", "code verifier must only contain",
			"invalid code_verifier length",
			"code_verifier must be", "code_verifier … 43", "code verifier … 43", "code_verifier is too short",
			"code_verifier is too long", "code verifier is too short",
			"code verifier is too long", "malformed code_verifier", "code_verifier length",
			"code_verifier … between 43 and 128", "invalid code verifier length",
			"code_verifier must … 43",
		))},
		{"pkce-verifier-malformed", Possible, all(aadsts(50148, 501481))},
		{"pkce-verifier-missing-at-token", Possible, all(aadsts(50148, 501481))},
		{"pkce-verifier-mismatch", Likely, all(says(
			"pkce verification failed", "code_verifier does not match", "code verifier does not match",
			"code challenge did not match the code verifier",
			"invalid code verifier", "invalid code_verifier", "code_verifier sent does not match",
			"failed to verify code verifier",
			"transformed code verifier does not match", "code_verifier is invalid", "code verifier is invalid",
			"'code_verifier' is invalid",
			"pkce verification error", "code_verifier … does not match", "code verifier … not match",
			"code_challenge … does not match",
			"code challenge … does not match", "code verifier mismatch", "code_verifier mismatch",
			"pkce challenge failed", "pkce validation failed",
			"specified 'code_verifier' is", "code verification failed", "invalid pkce",
			"supplied code_verifier is invalid", "pkce mismatch",
		))},
		{"pkce-verifier-missing-at-token", Possible, all(uncoded(), says(
			"pkce verification failed", "invalid code verifier", "invalid code_verifier",
			"supplied code_verifier is invalid", "code verifier … not match", "code_verifier … not match",
		))},
		{"pkce-verifier-malformed", Possible, all(uncoded(), says(
			"pkce verification failed", "code_verifier is invalid", "code verifier is invalid",
			"invalid code_verifier", "code verifier … not match", "code_verifier … not match",
		))},
		{"pkce-verifier-not-stored", Likely, all(says(
			"code_verifier cookie", "pkce code_verifier cookie", "pkcecodeverifier", "code verifier cookie",
			"code_verifier not found", "verifier not found in session",
			"no code_verifier in session", "code verifier could not be found", "code verifier … storage",
			"code_verifier … storage", "code_verifier … session", "code verifier … session",
			"pkce code verifier … not found", "missing pkce verifier", "pkce verifier not found",
			"unable to find … code_verifier", "code_verifier in cookie",
			"checks.code_verifier", "code verifier missing in", "code_verifier was not found",
		))},
		{"pkce-verifier-not-stored", Possible, all(says("pkce … cookie", "invalidcheck: pkce", "invalidcheck"))},
		{"spa-platform-without-pkce", Possible, all(from("entra", "external-id"), says(
			"code challenge required", "proof key for code exchange is required",
		))},
		{"pkce-required-by-server", Likely, all(says(
			"code challenge required", "missing required code challenge", "code challenge is required",
			"code_challenge is required",
			"clients must include a code_challenge", "client must include a code_challenge",
			"missing parameter: code_challenge", "pkce is required",
			"requires pkce", "must use proof key for code exchange", "require proof key", "code_challenge required",
			"pkce required", "missing code_challenge",
			"the mandatory 'code_challenge' parameter", "missing required parameter: code_challenge",
			"code_challenge parameter is required", "pkce … is mandatory",
			"oauth 2.0 parameter: code_challenge", "policy requires pkce", "requires a code_challenge",
			"must contain a code_challenge", "proof key for code exchange is required",
			"code_challenge missing", "must present a code_challenge", "supply a code_challenge", "pkce must be used",
			"missing code challenge",
			"pkce code challenge is required", "must use pkce", "pkce not used", "enforce pkce",
			"code challenge must be present", "lacks code_challenge", "missing pkce",
		), not(says("cross-origin")), not(says("code_challenge_method")))},
		{"pkce-required-by-server", Possible, all(says(
			"pkce code verifier not specified", "code_verifier is required",
		), uncoded(), not(sent("code_challenge")))},
		{"pkce-not-advertised", Likely, all(says(
			"code_challenge_methods_supported", "does not support pkce", "pkce is not supported by the provider",
			"provider does not support pkce", "does not support code challenge method",
		))},

		{"refresh-token-expired", Likely, all(aadb2c(90080), at("refresh"))},

		// What the platform of a registration demands of the token request.
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
		{"client-secret-missing", Likely, all(aadsts(7000218), client("web"), not(client("spa", "native")))},
		{"client-secret-missing", Possible, all(aadsts(7000218))},
		{"public-platform-but-secret-sent", Certain, all(aadsts(700025, 9002319), sent("client_secret"))},
		{"public-platform-but-secret-sent", Certain, all(aadsts(700025, 9002319), sent("client_assertion"))},
		{"public-platform-but-secret-sent", Likely, all(aadb2c(90084))},
		{"public-platform-but-secret-sent", Likely, all(says(
			"public clients should not send a client_secret", "client is public so neither",
			"public client … must not … secret", "public clients can't send",
		))},

		// Client credentials.
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
		))},
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
		{"client-secret-missing", Likely, all(uncoded(), notSent("client_secret"), at("token", "refresh"), oauth("invalid_client", "unauthorized_client"), not(client("spa")))},
		{"web-platform-but-public-client", Likely, all(uncoded(), notSent("client_secret"), at("token", "refresh"), oauth("invalid_client", "unauthorized_client"), client("spa"))},
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
		{"client-secret-wrong", Likely, all(from("auth0"), at("token", "refresh"), oauth("access_denied"), says("unauthorized"))},
		{"client-secret-wrong", Likely, all(uncoded(), sent("client_secret"), at("token", "refresh"), oauth("invalid_client", "unauthorized_client"), not(says(
			"grant", "redirect", "response_type",
		)))},
		{"client-secret-wrong", Possible, all(uncoded(), at("token", "refresh", "device", ""), oauth("invalid_client"))},
		{"client-secret-wrong", Possible, all(uncoded(), says("client authentication failed"))},
		{"client-id-unknown", Possible, all(uncoded(), at("token", "refresh", "device", ""), oauth("invalid_client"))},
		{"client-auth-method-mismatch", Possible, all(uncoded(), at("token", "refresh", ""), oauth("invalid_client"))},
		{"client-secret-missing", Possible, all(uncoded(), says("client authentication failed"), not(sent("client_secret")))},
		{"client-auth-method-mismatch", Possible, all(uncoded(), says("client authentication failed"))},
		{"client-secret-not-url-encoded", Possible, all(uncoded(), sent("client_secret"), oauth("invalid_client"), at("token", "refresh"))},
		{"client-certificate-not-registered", Likely, all(aadsts(700027), says(
			"key was not found", "not found", "no keys configured",
		))},
		{"client-certificate-expired", Likely, all(aadsts(700027), says("expired"))},
		{"web-platform-but-public-client", Likely, all(from("auth0"), notSent("client_secret"), at("token", "refresh"), oauth("access_denied"), says(
			"unauthorized",
		), client("spa", "native"))},
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
		))},

		// Which client, which tenant.
		{"client-id-unknown", Likely, all(aadsts(700016, 70001), where(5, "the client id is not a GUID", "client_id", (*problem).clientIDNoGUID))},
		{"client-id-unknown", Likely, all(aadsts(700016, 70001), fact("client_id", "insert", "your", "placeholder", "undefined", "null", "<", "xxx"))},
		{"app-not-found-in-tenant", Likely, all(aadsts(70001), says("was not found in the directory"))},
		{"client-id-unknown", Possible, all(aadsts(70001), says("was not found in the directory"))},
		{"client-id-unknown", Likely, all(says(
			"invalid client_id", "unknown client", "client not found", "the oauth client was not found",
			"oauth client … does not exist", "oauth 2.0 client does not exist", "invalid_client_id",
			"client identifier invalid",
			"deleted_client", "the oauth client was deleted", "unknown client or not enabled", "client is invalid",
			"invalid value for 'client_id'", "user pool client … does not exist", "no such client",
			"client_id … not found",
			"client does not exist", "unregistered client", "client_id is invalid", "client_id … unknown",
			"could not find client", "client authentication failed due to unknown client",
			"no client with requested id", "client … not registered",
			"client_id … is not valid", "unknown_client", "no client found", "application not found", "unknown application",
		), not(says(
			"not enabled for consumers", "was not identified by any", "not found in the directory",
			"is incorrect or expired",
		)))},
		{"client-id-unknown", Possible, all(uncoded(), at("authorize", "callback"), oauth("invalid_client", "unauthorized_client"))},
		{"app-disabled", Likely, all(says(
			"client disabled", "disabled_client", "application_suspended", "application is disabled",
			"client is disabled", "client … inactive", "application has been suspended",
			"the oauth client was disabled", "login requester not enabled",
		))},
		{"app-not-enabled-for-consumers", Likely, all(says(
			"client does not exist or is not enabled for consumers", "not enabled for consumers",
			"configured for use by azure active directory users only",
		))},
		{"authority-not-allowed-for-app-audience", Likely, all(says(
			"'useraudience' configuration", "useraudience", "use the / organizations or tenant",
			"not supported over the /common", "not supported over the / common", "please use the /consumers endpoint",
		))},
		{"single-tenant-app-on-common", Possible, all(aadsts(50059, 90019))},
		{"single-tenant-app-on-common", Possible, all(aadsts(50194))},
		{"ciam-wrong-authority-host", Likely, all(aadsts(500208), where(3, "the authority is not a ciamlogin.com host", "authority", func(p *problem) bool { return !strings.Contains(p.word("authority"), "ciamlogin.com") }))},
		{"ciam-wrong-authority-host", Likely, all(from("external-id"), fact("authority", "login.microsoftonline.com"), not(aadsts(50011)))},
		{"tenant-not-found", Likely, all(says(
			"realm does not exist", "realm not found", "tenant … not found",
			"specified tenant identifier … is neither",
		), not(aadsts(900023)))},
		{"authority-url-malformed", Likely, all(says(
			"authority … must be", "authorityuriinsecure", "authority_uri_insecure", "invalid authority",
			"endpoints_resolution_error", "endpoint resolution", "url_parse_error", "url_empty_error",
			"untrusted_authority", "authority validation failed",
			"unable to resolve endpoints", "authority uri", "the authority url", "the specified authority",
			"idx20803 … unable to obtain configuration", "authority should be",
		), not(says("x509", "ssl", "certificate", "issuer")))},

		// Redirect URIs.
		{"redirect-uri-none-registered", Likely, all(aadsts(50011), says(
			"no reply address is registered", "no reply url", "no redirect uri is registered", "no reply address",
		))},
		{"redirect-uri-none-registered", Likely, all(says(
			"no registered redirect uri", "no redirect uri is registered", "no redirect_uri registered",
			"no redirect uris", "no reply address is registered", "callback url … not configured",
			"does not have any redirect", "client has no redirect",
		))},
		{"redirect-uri-none-registered", Likely, all(fact("client_declared", "machine", "m2m", "service", "bot", "signon url only"), says(
			"redirect",
		))},
		{"redirect-uri-none-registered", Possible, all(from("ping", "generic", ""), uncoded(), says(
			"redirect uri mismatch", "redirect_uri mismatch", "redirect_uri did not match",
		))},
		{"redirect-uri-missing-in-request", Likely, all(says(
			"no reply address provided", "missing parameter: redirect_uri", "missing required parameter: redirect_uri",
			"redirect_uri is required", "missing redirect_uri", "'redirect_uri' parameter is missing",
			"redirect_uri missing", "redirect_uri parameter is missing", "redirect uri is missing",
			"redirect_uri must be present", "the mandatory 'redirect_uri'",
		))},
		{"redirect-uri-http-behind-proxy", Likely, all(aadsts(50011), where(4, "an http URI on a public host name was sent, which Entra never registers", "redirect_uri", func(p *problem) bool { return publicHTTP(p.redirectURI()) }))},
		{"redirect-uri-http-behind-proxy", Likely, all(anyRedirectMismatch, told("behind a proxy", "behind proxy", "reverse proxy", "behind nginx", "behind traefik", "ingress", "load balancer", "tls-terminating", "tls terminat", "behind a load", "front door", "behind an"))},
		{"redirect-uri-http-behind-proxy", Possible, all(anyRedirectMismatch, where(2, "an http URI on a public host name was sent", "redirect_uri", func(p *problem) bool { return publicHTTP(p.redirectURI()) }))},
		{"redirect-uri-loopback-address", Likely, all(from("entra", "external-id"), anyRedirectMismatch, where(5, "127.0.0.1 was sent; Entra ignores the port for localhost only", "redirect_uri", func(p *problem) bool { return strings.Contains(p.redirectURI(), "127.0.0.1") }))},
		{"redirect-uri-not-registered", Likely, all(anyRedirectMismatch)},
		{"redirect-uri-not-registered", Possible, all(aadsts(50011))},
		{"redirect-uri-http-not-allowed", Likely, all(says(
			"https required", "is not using a secure scheme", "must use https",
			"http is only allowed for hosts with suffix", "insecure protocol", "insecure redirect",
			"redirect … must be https", "insecure_transport", "oauth 2 must utilize https",
			"https is required", "requires https", "isn't using a secure scheme", "http … not allowed",
			"redirect uri must use https", "redirect_uris must use https",
		), not(says("x509")))},
		{"redirect-uri-http-not-allowed", Likely, all(from("cognito"), says(
			"an error was encountered with the requested page", "redirect_mismatch",
		), where(4, "an http URI that is not localhost was sent", "redirect_uri", func(p *problem) bool {
			return strings.HasPrefix(p.redirectURI(), "http://") && !loopback(p.redirectURI())
		}))},
		{"redirect-uri-not-registered", Likely, all(from("cognito"), says("an error was encountered with the requested page"))},
		{"redirect-uri-malformed", Likely, all(says(
			"raw ip addresses not allowed", "invalid domain", "must be a valid top private domain",
			"redirect_uri must be absolute", "redirect uri … fragment", "redirect_uri … malformed", "not a valid url",
			"device_id and device_name are required for private ip",
			"non-public domains not allowed", "redirect_uri must not contain", "invalid scheme",
			"reply uri specified in the request is not a valid url", "invalid redirect_uri format",
		), not(anyRedirectMismatch))},
		{"redirect-uri-differs-at-token", Likely, all(says(
			"incorrect redirect_uri", "redirect_uri did not match uri from initial request",
			"does not match the one from the authorize request", "expectedredirecturi",
			"redirect_uri … does not match the … authorization request", "redirect uri … sent … we expected",
			"redirect uri is wrong. you sent",
			"redirect_uri … not match … authorization code", "provided when requesting authorization code",
			"specified in the request … authorization code", "redirect_uri in the token request",
			"redirect_uri does not match the authorization", "redirect_uri must match … authorization",
			"redirect uri … used in the authorization request does not match", "redirect_uri … not the same",
			"'redirect_uri' … identical", "redirecturi passed to /authorize must also be passed",
			"redirect uri mismatch between",
		))},
		{"redirect-uri-differs-at-token", Likely, all(at("token"), oauth("redirect_uri_mismatch", "redirect_mismatch", "mismatching_redirect_uri"), not(from("entra")))},
		{"redirect-uri-differs-at-token", Likely, all(at("token"), where(5, "authorize and token requests carried different redirect URIs", "redirect_uri", (*problem).redirectsDiffer))},
		{"redirect-uri-not-registered", Possible, all(at("token"), oauth("redirect_uri_mismatch", "redirect_mismatch"))},
		{"callback-path-misconfigured", Likely, all(at("callback"), says(
			"cannot get /", "no route matches", "404 not found", "page not found", "this page could not be found",
			"404 … callback",
		), uncoded(), not(says("error=", "well-known")))},
		{"callback-path-misconfigured", Likely, all(at("callback"), status(404), not(says("error=")))},
		{"callback-path-misconfigured", Possible, all(oauth("bad_verification_code"))},
		{"callback-unreachable", Likely, all(at("callback", "authorize"), says(
			"err_connection_refused", "refused to connect", "this site can't be reached", "unable to connect",
			"address already in use", "eaddrinuse", "port is already", "loopback … not start", "err_unsafe_port",
		))},

		// The request itself.
		{"token-body-not-form-encoded", Certain, all(aadsts(900144, 90014), says("'grant_type'"), fact("body_format", "json"))},
		{"token-body-not-form-encoded", Likely, all(aadsts(900144, 90014), says(
			"parameter: 'grant_type'", "field 'grant_type'",
		))},
		{"token-body-not-form-encoded", Likely, all(says(
			"missing form parameter: grant_type", "grant_type is missing", "missing grant_type",
			"grant_type parameter is missing", "grant_type is required", "missing required parameter: grant_type",
			"parameter 'grant_type' is missing", "oauth 2.0 parameter: grant_type", "the mandatory 'grant_type'",
			"content-type … application/x-www-form-urlencoded", "unsupported media type", "grant_type … not present",
			"post body can not be empty", "required parameter … grant_type", "grant_type' parameter is missing",
		), not(says("code=")))},
		{"token-body-not-form-encoded", Likely, all(at("token", "refresh", "device"), fact("body_format", "json", "multipart"))},
		{"token-body-not-form-encoded", Likely, all(at("token", "refresh"), status(415))},
		{"required-parameter-missing", Possible, all(says("grant_type"), says("missing", "must contain"))},
		{"required-parameter-missing", Likely, all(says(
			"missing required parameter", "missing parameter:", "required parameter … missing",
			"is missing a required parameter", "parameter … is missing", "required parameter '",
			"state parameter is required", "must contain the following parameter", "missing or invalid parameter",
			"parameter is required",
		),
			not(says(
				"code_challenge", "code_verifier", "redirect_uri", "'client_assertion'", "client_secret", "grant_type",
				"is otherwise malformed", "or is otherwise malformed",
			)))},
		{"state-too-weak", Likely, all(says(
			"state is missing or does not have enough characters", "request parameter 'state' must be at least",
			"invalid_state … weak", "'state' parameter is required", "invalid 'state' parameter",
			"missing parameter: state",
		))},
		{"wrong-endpoint-get-on-token", Likely, all(at("token", "refresh", "authorize"), status(405))},
		{"wrong-endpoint-get-on-token", Likely, all(says(
			"405 method not allowed", "only accepts post", "method not allowed", "http method get is not supported",
			"must be post", "request method 'get'",
		))},
		{"login-page-reloaded", Possible, all(aadsts(900561, 90056))},
		{"login-page-reloaded", Likely, all(says(
			"page expired", "restart login cookie not found", "cookie not found", "no csrf value available",
			"csrf value … does not match", "you took too long to login", "login timeout", "action expired",
			"authentication_expired", "request … expired. please try again", "page has expired",
		), at("authorize", "callback", ""))},
		{"response-type-not-enabled", Likely, all(says(
			"invalid grant type for client", "invalid grant_type for client",
		), fact("response_type", "token"))},
		{"response-type-not-enabled", Likely, all(says(
			"response_type … is not enabled", "unsupported_response_type", "response_type is not allowed",
			"not allowed to request response_type", "implicit flow is disabled", "response type is not supported",
			"standard flow is disabled", "'oauth' implicit flow",
			"requested response_type is not allowed", "response_type not supported", "response type not allowed",
			"response_type … not allowed", "unsupported response type", "invalid response type",
			"not allowed to initiate browser login with given response_type", "response_type … not supported",
			"response_type … not supported by",
		))},
		{"response-mode-not-supported", Likely, all(says(
			"unsupported_response_mode", "response_mode … not supported", "response mode … not supported",
			"invalid response_mode", "response_mode … not allowed", "unsupported response_mode", "'response_mode'",
		), not(says("response_type")))},
		{"grant-type-not-enabled", Likely, all(says(
			"grant type … not allowed", "unauthorized grant type", "not allowed to use authorization grant",
			"not authorized to use the provided grant type", "invalid grant type for client", "client not enabled to",
			"client is not allowed … grant", "requested grant type is not allowed",
			"grant type not allowed", "client not allowed for", "not allowed to use the specified grant",
			"is not enabled for oauth2.0 flows", "client not authorized for code flow", "grant_type … not allowed",
			"not enabled for oauth", "oauth flows are disabled", "grant type … not enabled",
			"client not authorized to use grant",
			"grant type … not supported for … client", "is not authorized to use … grant",
			"client is not allowed to use", "not permitted … grant", "flow is disabled for the client",
			"oauth_flow_disabled",
		), not(says(
			"response_type", "standard flow is disabled", "implicit flow is disabled",
		)), not(fact("response_type", "id_token", "token")))},
		{"grant-type-not-enabled", Possible, all(uncoded(), oauth("unauthorized_client"))},
		{"grant-type-unsupported", Likely, all(oauth("unsupported_grant_type", "unsupported_grant"), not(says("missing")))},
		{"grant-type-not-enabled", Possible, all(oauth("unsupported_grant_type"))},
		{"token-body-not-form-encoded", Possible, all(oauth("unsupported_grant_type"))},
		{"embedded-browser-refused", Likely, all(says(
			"disallowed_useragent", "disallowed user agent", "doesn't comply with google's 'use secure browsers'",
			"this browser or app may not be secure", "browser not supported",
		))},
		{"oob-flow-blocked", Likely, all(says(
			"oob flow has been blocked", "out-of-band … blocked", "loopback flow has been blocked",
			"urn:ietf:wg:oauth:2.0:oob",
		))},
		{"parameter-not-accepted", Likely, all(says(
			"parameter not allowed for this message type", "unrecognized parameter", "unknown parameter",
			"unexpected parameter", "duplicated parameter", "duplicated … parameter", "parameter … more than once",
			"includes a parameter more than once:", "unsupported parameter",
		), not(says("redirect_uri")))},
		{"request-too-long", Likely, all(says(
			"request-uri too long", "414 ", "query string is too long", "request header fields too large", "431 ",
			"uri too large", "request header or cookie too large", "the url is too long",
		))},

		// Codes.
		{"code-already-redeemed", Likely, all(says(
			"already redeemed", "already been redeemed", "authorization code has already been used",
			"code was already redeemed", "code already used", "code has already been used", "already been used",
			"authorization code … redeemed",
		), not(says("refresh token has already")))},
		{"code-already-redeemed", Likely, all(from("keycloak"), says("code not valid"))},
		{"code-expired", Possible, all(from("keycloak"), says("code not valid"))},
		{"code-expired", Likely, all(says(
			"code is expired", "expired authorization code", "authorization code has expired",
			"authorization code expired", "code has expired", "code expired",
		), not(says("device", "user code", "verification code expired", "user_code")), not(at("device")))},
		{"code-expired-or-used", Likely, all(says(
			"bad_verification_code", "authorization code is invalid or has expired", "invalid authorization code",
			"invalid or expired code", "code … incorrect or expired", "authorization code … invalid, expired",
			"code is invalid or expired", "invalid code", "authorization code not found",
			"authorization code … invalid or expired",
			"code is not valid or … expired", "code … not found or expired", "authorization_code … invalid",
			"authorization code is invalid", "grant request is invalid", "invalid or expired authorization code",
			"specified authorization code is",
		), not(says(
			"invalid code_", "invalid code verifier", "invalid code challenge",
		)), not(aadsts(70000)), not(at("device", "refresh")))},
		{"code-or-token-corrupted", Likely, all(says(
			"malformed auth code", "malformed authorization code", "malformed code", "code is malformed",
			"malformed refresh token",
		))},
		{"code-or-token-corrupted", Likely, all(aadsts(70000), says(
			"'code' parameter is not valid", "'refresh_token' is not valid", "'refresh_token' parameter is not valid",
			"parameter 'code' is not valid", "for the input parameter 'refresh_token'",
		))},
		{"redirect-uri-differs-at-token", Likely, all(aadsts(70000), says(
			"access grant is invalid or malformed",
		), at("token", ""))},
		{"refresh-token-revoked", Possible, all(aadsts(70000), at("refresh"))},
		{"code-for-other-client", Likely, all(says(
			"issued to another client", "code … issued … different client", "unmatching clients",
			"was not issued to this client", "code … other client",
			"client_id … does not match the … authorization code", "claimed by another client",
			"issued for a different client",
		),
			not(says("is invalid, expired, revoked", "is invalid, expired", "does not match the redirection uri")))},
		{"b2c-grant-for-other-policy", Likely, all(says("grant has not been issued for this endpoint"))},
		{"code-expired-or-used", Possible, all(uncoded(), at("token", "callback", ""), oauth("invalid_grant"), not(fact("grant", "refresh")))},
		{"pkce-verifier-mismatch", Possible, all(uncoded(), at("token", ""), oauth("invalid_grant"), not(fact("grant", "refresh")), not(notSent("code_challenge")))},
		{"redirect-uri-differs-at-token", Possible, all(uncoded(), at("token", ""), oauth("invalid_grant"), not(fact("grant", "refresh")))},
		{"code-already-redeemed", Possible, all(uncoded(), at("token"), oauth("invalid_grant"), not(fact("grant", "refresh")))},

		// Refresh tokens and sessions.
		{"refresh-token-7-days-testing", Likely, all(from("google"), at("refresh"), oauth("invalid_grant"))},
		{"refresh-token-revoked", Likely, all(from("google"), says(
			"token has been expired or revoked", "token has been revoked",
		))},
		{"refresh-token-7-days-testing", Possible, all(from("google"), says("token has been expired or revoked"))},
		{"refresh-token-revoked", Likely, all(aadsts(70008), says("due to it being revoked", "changed or reset their password"))},
		{"refresh-token-expired", Likely, all(aadsts(70008), at("refresh"))},
		{"refresh-token-expired", Likely, all(aadsts(70008), says("the refresh token has expired"))},
		{"refresh-token-rotated", Likely, all(says(
			"maximum allowed refresh token reuse", "refresh token reuse", "stale token",
			"refresh token has already been used", "refresh token … reused", "refresh token … already been used",
			"refresh token … rotated", "refresh token … reuse", "already been claimed", "refresh token was already",
			"reuse detected", "refresh token … already used",
		))},
		{"refresh-token-expired", Likely, all(says(
			"refresh token expired", "refresh token has expired", "token is not active",
			"refresh token is invalid or expired", "expired access/refresh token", "refresh token is expired",
			"refresh token … incorrect or expired", "expired refresh token", "refresh token … expired",
			"refresh_token … expired",
		), not(says("single page app", "revoked")))},
		{"refresh-token-revoked", Likely, all(says(
			"session not active", "unknown or invalid refresh token", "invalid refresh token",
			"refresh token has been revoked", "offline user session not found", "session doesn't have required client",
			"refresh token is invalid", "refresh token … revoked", "bad_refresh_token", "user session not found",
			"invalid refresh_token", "refresh token not found", "refresh token … not found", "unknown refresh token",
			"token was revoked", "token has been revoked", "session … not active", "user or client session … not",
			"token_inactive",
		))},
		{"refresh-token-expired", Possible, all(says(
			"session not active", "invalid refresh token", "refresh token is invalid",
			"unknown or invalid refresh token",
		))},
		{"refresh-token-revoked", Possible, all(uncoded(), at("refresh"), oauth("invalid_grant"))},
		{"refresh-token-expired", Possible, all(uncoded(), at("refresh"), oauth("invalid_grant"))},
		{"refresh-token-rotated", Possible, all(uncoded(), at("refresh"), oauth("invalid_grant"))},
		{"refresh-token-missing", Likely, all(says(
			"no refresh token", "refresh_token is required", "missing refresh token", "no_tokens_found",
			"refresh token not set", "refresh_token is null", "refresh_token missing", "no refresh_token",
			"refresh_token … undefined", "missing parameter: refresh_token", "did not return a refresh token",
			"refresh token is missing", "no refresh token is set",
		))},
		{"reauthentication-required", Likely, all(says(
			"invalid_rapt", "reauth related error", "rapt_required", "sign-in frequency",
		))},

		// Consent and permissions.
		{"user-declined-consent", Likely, all(says(
			"user declined to consent", "user denied", "resource owner denied",
			"resource owner or authorization server denied", "user did not authorize",
			"denied access to your application", "end-user denied", "the user has denied",
			"access was denied by the resource owner", "user did not consent", "denied the request",
			"user cancelled the consent", "user did not grant",
		), not(says("admin")))},
		{"user-declined-consent", Possible, all(oauth("access_denied", "user_denied"), at("callback", "authorize", "device", ""), uncoded())},
		{"sign-in-cancelled", Likely, all(says(
			"user cancelled", "user_cancelled", "user has cancelled", "user canceled", "authentication_canceled",
			"cancelled by the user", "login cancelled", "operation was canceled by the user", "user closed",
			"popup closed", "popup_closed", "popup window has been closed", "access_denied: cancel",
		))},
		{"consent-missing", Likely, all(oauth("consent_required", "interaction_required"), not(aadsts(65004)), says("consent"), not(says(
			"declined", "administrator consent", "admin consent",
		)), uncoded())},
		{"consent-missing", Likely, all(says(
			"user hasn't approved this consumer", "has not consented to use the application", "consent required",
			"user has not consented", "client requires user consent", "requires consent", "oauth_approval_error",
		), uncoded())},
		{"admin-consent-required", Likely, all(says(
			"admin_policy_enforced", "needs admin approval", "need admin approval",
			"needs permission to access resources in your organization that only an admin can grant",
			"admin consent is required", "administrator consent",
			"application permissions can only be performed by an administrator", "oauth_app_blocked",
			"blocked by your organization", "app is blocked by admin", "blocked by admin",
			"not allowed by your … administrator", "oauth app access restrictions", "approval from an admin",
			"admin must approve", "administrator … must … consent", "org_internal … admin", "only an admin can grant",
		))},
		{"admin-consent-required", Possible, all(aadsts(65001))},
		{"consent-missing", Possible, all(aadsts(90093, 90094, 90095))},
		{"app-in-testing-user-not-listed", Likely, all(says(
			"currently being tested", "developer-approved testers",
			"has not completed the google verification process", "developer hasn't given you access",
			"only be accessed by developer-approved", "test users",
		))},
		{"app-in-testing-user-not-listed", Possible, all(from("google"), oauth("access_denied"), at("authorize", "callback"))},
		{"app-internal-to-organization", Likely, all(says(
			"org_internal", "only available to users within its organization",
			"restricted to users within its organization", "cross-org oauth flows",
		))},
		{"app-not-verified", Likely, all(says(
			"google hasn't verified this app", "this app isn't verified", "app isn't verified",
			"blocked … sensitive info", "unverified app", "publisher … not … verified", "verify the publisher",
		))},
		{"api-permission-not-listed", Likely, all(aadsts(65005, 650057, 650056), says(
			"not listed in the requested permissions", "not listed any permissions",
		))},
		{"resource-not-in-tenant", Likely, all(aadsts(65005), says(
			"has not subscribed", "service principal", "not subscribed to",
		))},
		{"api-permission-not-listed", Likely, all(aadsts(65005), says("invalid resource", "misconfigured"))},
		{"scope-not-on-resource", Likely, all(aadsts(65005), says("asked for scope", "asked for permissions"))},
		{"api-access-not-granted", Likely, all(says(
			"client is not authorized to access", "has not been granted", "client has not been granted scopes",
			"sufficient permissions against this web resource", "client is not authorized for this resource",
		))},

		// Scopes, resources, audiences.
		{"resource-parameter-on-v2", Certain, all(aadsts(9010010, 901002), told("resource"))},
		{"resource-parameter-on-v2", Likely, all(says(
			"resource parameter provided in the request doesn't match", "'resource' request parameter isn't supported",
			"'resource' request parameter is not supported",
		))},
		{"resource-indicator-unknown", Likely, all(oauth("invalid_target"))},
		{"audience-unknown", Likely, all(says(
			"service not found:", "service not found", "audience … has not been whitelisted", "invalid audience",
			"audience is invalid", "unknown audience", "requested audience", "bad audience",
		), at("authorize", "callback", "token", "refresh", ""), not(says("accesstoken", "access token validation", "invalidauthenticationtoken")))},
		{"authorization-server-wrong", Likely, all(says("custom scopes are not allowed for this request"))},
		{"scope-multiple-resources", Likely, all(says(
			"more than one resource", "static scopes and dynamic scopes", "multiple resources",
			"scopes … different resources", "one resource at a time",
		))},
		{"scope-multiple-resources", Likely, all(aadsts(70011), says(
			".default scope can't be combined", ".default scope cannot be combined",
			"default … combined with resource-specific", "more than one resource", "static scope limit",
		))},
		{"scope-multiple-resources", Likely, all(aadsts(70011, 28000, 28003), where(4, "the scope names more than one resource", "scope", (*problem).scopeNamesResources))},
		{"scope-invalid", Possible, all(says("custom scopes are not allowed for this request"))},
		{"openid-scope-missing", Likely, all(says(
			"missing required scope(s) ['openid']", "missing openid scope", "openid scope … required",
			"scope must contain openid", "'openid' scope", "openid scope is missing", "scope … must include … openid",
			"requires the 'openid' scope", "missing_openid_scope", "no id_token", "id_token … missing",
			"missing id_token", "id_token not present", "id token … not present", "did not return an id_token",
			"id_token is missing", "no id token", "server did not return 'id_token'", "without openid scope",
		), not(says("custom scopes", "nonce", "is not enabled", "no id token hint")))},
		{"openid-scope-missing", Likely, all(from("keycloak"), at("userinfo"), status(403))},
		{"openid-scope-missing", Likely, all(at("userinfo"), oauth("insufficient_scope"))},
		{"scope-not-on-resource", Possible, all(uncoded(), oauth("insufficient_scope"))},
		{"consent-missing", Possible, all(uncoded(), oauth("insufficient_scope"))},
		{"scope-invalid", Likely, all(says(
			"one or more scopes are not configured", "invalid scopes:", "requested scope is invalid",
			"unrecognized scope", "not allowed to request scope", "requested scope is not allowed",
			"scope … is not valid", "requested scopes were invalid", "scope is not supported", "scope not allowed",
			"invalid scope", "scope … does not exist", "unknown scope",
			"scope … not supported", "scope … is invalid", "scope … not allowed", "scopes … not allowed",
			"the scope format is invalid", "scopes … invalid", "unsupported scope",
		), not(says("invalid scope for redirect", "doesn't exist on the resource")), not(aadsts(650053, 65005)))},
		{"scope-invalid", Likely, all(uncoded(), oauth("invalid_scope", "invalid_scopes"))},
		{"scope-not-on-resource", Likely, all(says(
			"asked for scope … that doesn't exist", "asked for scope … that does not exist",
			"scope … doesn't exist on the resource",
		))},
		{"scope-not-on-resource", Possible, all(aadsts(70011, 28002))},
		{"token-for-wrong-audience", Likely, all(says(
			"invalid audience", "audience validation failed", "idx10214", "idx10208", "audience is invalid",
			"aud mismatch", "audience doesn't match", "invalidauthenticationtoken", "expected audience",
			"wrong audience", "unexpected 'aud'", "audience mismatch", "unexpected audience", "aud claim",
			"the audience", "did not have a valid audience", "required audience", "audience … not",
		), at("userinfo", "api", "jwks"))},
		{"id-token-audience-mismatch", Likely, all(says(
			"idx10214", "idx10208", "expected audience", "aud mismatch", "audience validation failed",
			"audience doesn't match", "unexpected 'aud'", "audience mismatch", "unexpected audience",
			"invalid audience in", "'aud' claim", "aud claim", "unexpected jwt 'aud'", "invalid_id_token … aud",
		), not(at("userinfo", "api")))},
		{"token-for-wrong-audience", Possible, all(says(
			"idx10214", "idx10208", "expected audience", "aud mismatch", "audience validation failed",
		), not(at("userinfo")))},
		{"token-not-for-this-endpoint", Possible, all(at("userinfo"), status(401))},
		{"token-not-for-this-endpoint", Likely, all(at("userinfo"), oauth("invalid_token"), not(says("audience")))},
		{"token-for-wrong-audience", Possible, all(at("userinfo"), status(401, 403))},

		// People and policies.
		{"user-not-in-tenant", Likely, all(says(
			"does not exist in the … directory. to sign into this application", "user account … does not exist in",
			"account needs to be added as an external user",
		))},
		{"user-not-assigned-to-app", Likely, all(says(
			"user is not assigned to the client application", "user is not assigned",
			"not assigned to this application", "isn't assigned to", "not allowed to access this app",
			"is not assigned to a role for the application", "user not assigned",
			"user doesn't have access to the app", "you are not authorized to access this application",
			"not admin approved",
		))},
		{"authorization-server-policy-missing", Likely, all(says(
			"policy evaluation failed", "no_matching_policy", "no matching policy",
		))},
		{"blocked-by-conditional-access", Likely, all(says(
			"blocked by conditional access", "access policy does not allow token issuance",
			"your sign-in was successful but does not meet the criteria", "you cannot access this right now",
			"conditional access polic",
		), uncoded())},
		{"device-not-compliant", Likely, all(says(
			"device is required to be managed", "device is required to be compliant", "device … not compliant",
			"must be managed", "get your device managed", "set up your device to get access",
		))},
		{"blocked-by-conditional-access", Possible, all(says(
			"device is required to be managed", "device is required to be compliant", "device … not compliant",
		))},
		{"mfa-required", Likely, all(says(
			"must use multi-factor authentication", "multifactor authentication required",
			"must enroll in multi-factor", "mfa_required", "multi-factor authentication is required", "mfa required",
			"strong authentication is required", "requires mfa", "additional_authentication_required", "must enrol",
		))},
		{"login-required-silent", Likely, all(says(
			"login_required", "user is not logged in", "login required", "session information is not sufficient",
			"specified not to prompt", "no session … prompt=none", "account_selection_required", "user not logged in",
			"end-user authentication is required", "silent authentication", "prompt was 'none'", "prompt is none",
			"prompt 'none'", "not_logged_in",
		), not(says("mfa")))},
		{"session-interrupted", Possible, all(uncoded(), oauth("interaction_required", "account_selection_required", "unmet_authentication_requirements"))},
		{"consent-missing", Possible, all(uncoded(), oauth("interaction_required", "consent_required"))},
		{"mfa-required", Possible, all(uncoded(), oauth("interaction_required"))},
		{"third-party-cookies-blocked", Possible, all(says(
			"login_required", "monitor_window_timeout", "iframe", "login required", "silent",
		), client("spa"))},
		{"third-party-cookies-blocked", Likely, all(says(
			"monitor_window_timeout", "frame window timed out", "third-party cookies", "third party cookies",
			"storage access required", "silent … timed out", "iframe … timed out",
			"token renewal operation failed due to timeout", "block_iframe_reload",
		))},
		{"interaction-in-progress", Likely, all(says("interaction_in_progress", "interaction is currently in progress"))},
		{"popup-blocked", Likely, all(says(
			"popup_window_error", "error opening popup", "empty_window_error", "popup … blocked", "popups are blocked",
			"popup window … blocked",
		))},
		{"insecure-page-no-crypto", Likely, all(says(
			"crypto_nonexistent", "crypto.subtle", "subtle … undefined", "crypto object … not available",
			"secure origin", "pkce_not_created", "browser crypto", "must be in a secure origin",
			"auth0-spa-js must run on a secure origin", "webcrypto",
		))},
		{"user-password-wrong", Likely, all(says(
			"invalid user credentials", "invalid username or password", "wrong email or password",
			"incorrect username or password", "invalid_user_password", "authentication error: bad username",
		))},
		{"user-account-locked-or-disabled", Likely, all(says(
			"account disabled", "user is disabled", "account has been disabled", "user is blocked",
			"user account is disabled", "account locked", "account is locked", "inactive user",
			"account is temporarily disabled", "user account locked", "account has been deleted", "user disabled",
			"inactive organization",
		))},
		{"user-account-incomplete", Likely, all(says(
			"account is not fully set up", "user is not confirmed", "unverified_user_email", "verify your email",
			"email … not verified", "attributes required", "unconfirmed email", "email_not_verified",
			"invalid user attributes", "presignup failed", "email not verified",
		))},
		{"grant-refused-by-policy", Likely, all(says(
			"authentication failure", "ip restricted", "ip not allowed", "invalid login location", "login hours",
			"denied by policy", "login rate exceeded",
		), oauth("invalid_grant", "access_denied"))},
		{"grant-refused-by-policy", Possible, all(oauth("access_denied"), uncoded(), at("token", "callback", ""))},
		{"b2c-password-reset-flow", Likely, all(says("has forgotten their password"))},

		// Device flow.
		{"device-authorization-pending", Likely, all(oauth("authorization_pending"), uncoded())},
		{"device-authorization-pending", Certain, all(oauth("authorization_pending"), at("device"))},
		{"device-slow-down", Certain, all(oauth("slow_down"))},
		{"device-code-expired", Likely, all(oauth("expired_token", "code_expired", "expired_code"))},
		{"device-code-expired", Likely, all(says(
			"device code … expired", "device_code … expired", "device code has expired", "verification code expired",
			"user code … expired", "device_code … not valid", "device code not found",
		))},
		{"device-sign-in-declined", Likely, all(oauth("authorization_declined"))},
		{"device-sign-in-declined", Likely, all(at("device"), oauth("access_denied"))},
		{"device-flow-not-enabled", Likely, all(says(
			"device_flow_disabled", "device flow … disabled", "device grant is not enabled",
			"device authorization grant … not", "not enabled for device", "oauth 2.0 device authorization grant",
			"device code flow is not supported", "incorrect_device_code", "device flow must be explicitly enabled",
		))},

		// Checks that the client makes of the answer.
		{"state-mismatch", Likely, all(says(
			"mismatching_state", "state mismatch", "state not equal", "csrf warning", "correlation failed",
			"state_mismatch", "invalid_state", "state does not match", "state did not match", "csrf_detected",
			"csrf detected", "unable to verify authorization request state", "no matching state",
			"authorization_request_not_found",
			"state cookie was missing", "state_not_found", "invalid state", "state … does not match", "missing state",
			"state missing", "state value", "wrong state", "authstatemissing", "authstateforbidden", "checks.state",
			"state parameter mismatch", "unexpected 'state'", "invalid oauth state", "state is invalid",
			"message.state", "state token", "state … not match", "oauth state", "state parameter … invalid",
			"unexpected state", "csrf", "state not valid", "state verification failed", "state validation failed",
		), not(says(
			"request parameter 'state' must", "realm", "interaction_in_progress", "no csrf value",
			"csrf value … does not match",
		)))},
		{"nonce-mismatch", Likely, all(says(
			"nonce mismatch", "idx21323", "idx10311", "nonce does not match", "nonce_mismatch", "invalid_nonce",
			"nonce did not match", "invalid nonce", "nonce … match", "nonce cookie", "requirenonce is", "nonce claim",
			"nonce … missing", "nonce was null", "unexpected nonce", "nonce validation", "wrong nonce", "nonce failed",
			"incorrect nonce", "nonce is invalid", "nonce not",
		), not(says("redemption")))},
		{"issuer-mismatch", Likely, all(says(
			"issuer name does not match", "issuer did not match", "issuer mismatch", "iss mismatch",
			"issuer … does not match", "idx10205", "idx40001", "unexpected iss", "invalid token issuer",
			"invalid issuer", "issuer validation failed", "issuer … did not match the requested issuer",
			"issued by a different provider", "issuer does not match",
			"unexpected 'iss'", "invalid iss", "wrong issuer", "iss claim", "issuer is invalid", "'issuer' property",
			"issuer_mismatch", "unexpected issuer", "issuer … not match", "issuer … expected", "issuer … mismatch",
			"bad id_token issuer", "idx10211", "claim 'iss'",
		))},
		{"iss-parameter-refused", Likely, all(says(
			"iss missing from the response", "response parameter 'iss'", "iss parameter", "'iss' … missing",
			"authorization response … iss",
		))},
		{"clock-skew", Likely, all(says(
			"issued in the future", "not active yet", "iat is in the future", "used before issued",
			"token used before", "idx10222", "not yet valid", "iat … future", "issued at … future", "clock",
			"token is not yet valid", "before its nbf", "nbf", "jwt before use time", "jwt issued at", "'iat'",
			"not before", "timestamp check failed", "issued too far in", "not valid yet", "time skew", "clock skew",
			"iat claim",
		), not(says("certificate", "x509")))},
		{"id-token-expired", Likely, all(says(
			"idx10223", "id_token expired", "exp is in the past", "jwt expired", "token is expired",
			"signature has expired", "expired jwt", "lifetime validation failed", "token expired", "'exp' claim",
			"exp claim",
		), not(says("refresh token", "refresh_token")), not(at("refresh")))},
		{"clock-skew", Possible, all(says(
			"idx10223", "id_token expired", "exp is in the past", "jwt expired", "token is expired",
			"signature has expired", "expired jwt", "lifetime validation failed",
		))},
		{"jwks-needs-appid", Likely, all(anyKeyProblem, where(5, "the key set was read without appid, and apps with claims mapping have keys of their own", "jwks_uri", func(p *problem) bool {
			return p.microsoft() && (strings.Contains(p.told, "claims mapping") || strings.Contains(p.told, "custom signing") || strings.Contains(p.told, "claims-mapping") || strings.Contains(p.match, "appid"))
		}))},
		{"token-graph-not-validatable", Likely, all(anyKeyProblem, told("graph.microsoft.com", "graph token", "user.read"), not(told("appid")), not(says(
			"idx10501",
		)))},
		{"jwks-kid-not-found", Likely, all(anyKeyProblem)},
		{"jwks-needs-appid", Possible, all(anyKeyProblem, from("entra"))},
		{"signature-algorithm-unexpected", Likely, all(says(
			"unexpected jwt alg", "signature algorithm of", "algorithm … not supported", "another algorithm expected",
			"invalid algorithm", "unsupported signature algorithm", "id token signed with unsupported algorithm",
			"unexpected signature algorithm", "alg … not allowed", "missing_signature_verifier",
			"invalid signing algorithm", "hs256",
		))},
		{"signature-invalid", Likely, all(says(
			"idx10511", "signature verification failed", "invalid signature", "failed to verify signature",
			"bad_signature", "signature validation failed", "signature does not match",
			"failed to validate jwt signature", "invalid jwt signature", "invalid token signature",
		), not(says("idx10501", "idx10500", "idx10503", "unable to match key", "no keys")))},
		{"userinfo-sub-mismatch", Likely, all(says(
			"userinfo sub mismatch", "subject from userinfo response does not match", "sub … userinfo … match",
			"userinfo … sub … not match", "invalid_user_info_response … sub", "userinfo … subject",
			"sub claim … userinfo", "idx21338",
		))},
		{"userinfo-unusable", Likely, all(says(
			"invalid_user_info_response", "failed to fetch user profile", "missing attribute … in attributes",
			"failed to fetch userinfo", "error fetching userinfo",
		), not(says("sub")))},
		{"token-response-unusable", Likely, all(says(
			"invalid_token_response", "server response missing access_token", "missing access_token", "missing_token",
			"missing access token parameter", "no access_token", "'access_token' … missing", "scope has changed from",
			"failed to parse token", "oauth2: cannot parse", "access_token is missing",
		), uncoded(), not(says("invalid_grant", "invalid_client", "401", "400", "unauthorized")))},

		// Networks, certificates, the server itself.
		{"tls-certificate-expired", Likely, all(says(
			"certificate has expired", "cert_has_expired", "certificate expired", "notaftertime",
			"certificate is expired", "err_cert_date_invalid",
		), not(aadsts(700024)))},
		{"tls-hostname-mismatch", Likely, all(says(
			"certificate is not valid for any names", "certificate is valid for", "err_tls_cert_altname_invalid",
			"does not match certificate's altnames", "doesn't contain any ip sans", "remotecertificatenamemismatch",
			"hostname mismatch", "no alternative certificate subject name", "no subject alternative",
			"err_cert_common_name_invalid", "doesn't match … certificate", "hostname … doesn't match",
			"common name, not sans", "no name matching",
		))},
		{"tls-untrusted-ca", Likely, all(says(
			"certificate signed by unknown authority", "self-signed certificate", "self signed certificate",
			"unable to get local issuer certificate", "unable to verify the first certificate",
			"unable_to_get_issuer_cert", "depth_zero_self_signed", "pkix path building failed", "partialchain",
			"untrustedroot", "certificate verify failed", "certificate_verify_failed",
			"unable to find valid certification path", "err_cert_authority_invalid", "unknown ca",
			"unknown certificate authority", "remote certificate is invalid", "x509:", "ssl certificate problem",
			"certificate … not trusted", "unable_to_verify_leaf_signature", "trust anchor",
		), not(says("certificate has expired", "hostname mismatch", "certificate is not valid for", "certificate is valid for", "ip sans")))},
		{"network-proxy-blocked", Likely, all(says(
			"407 proxy", "proxy authentication required", "tunneling socket", "tunnel connection failed", "proxyerror",
			"connect tunnel failed", "cannot connect to proxy", "proxyconnect", "blocked by … proxy", "zscaler",
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
		{"server-error", Possible, all(status(500, 502, 503, 504), uncoded())},
		{"server-error", Possible, all(says(
			"internal server error", "502 bad gateway", "503 service unavailable", "504 gateway", "we are sorry",
			"an unexpected error has occurred",
		), uncoded())},

		// Runs that ended well, and still are not what was wanted.
		{"clock-skew", Likely, all(where(3, "the ID token was issued in the future, by this machine's clock", "iat", func(p *problem) bool { return p.context["issued_in_future"] == true }))},
		{"refresh-token-missing", Possible, all(endedWell, fact("refresh_token_received", "false"), where(3, "offline_access is not among the scopes", "scope", func(p *problem) bool { return !strings.Contains(p.word("scope"), "offline_access") }))},
		{"token-version-by-manifest", Possible, all(endedWell, fact("access_token_ver", "1.0"), not(fact("access_token_aud", "graph.microsoft.com", "00000003-0000-0000-c000-000000000000")))},
		{"token-graph-not-validatable", Possible, all(endedWell, fact("access_token_aud", "graph.microsoft.com", "00000003-0000-0000-c000-000000000000"))},

		// The bare codes of RFC 6749, when nothing else is known.
		{"grant-type-not-enabled", Possible, all(uncoded(), at("authorize", "callback"), oauth("unauthorized_client"))},
		{"redirect-uri-not-registered", Possible, all(uncoded(), at("authorize", ""), oauth("invalid_request"), not(says(
			"code challenge", "code_challenge",
		)))},
		{"required-parameter-missing", Possible, all(uncoded(), oauth("invalid_request"))},
		{"token-not-for-this-endpoint", Possible, all(uncoded(), oauth("invalid_token"))},
		{"resource-indicator-unknown", Possible, all(oauth("invalid_resource"), uncoded())},
	}
})

// exclusions say which fact forbids a cause that the rules would allow. The
// last evidence is the reason that is shown.
var exclusions = sync.OnceValue(func() []clue {
	return []clue{
		{"pkce-verifier-missing-at-token", Certain, all(sent("code_verifier"))},
		{"pkce-verifier-unexpected", Certain, all(sent("code_challenge"))},
		{"pkce-verifier-unexpected", Certain, all(notSent("code_verifier"))},
		{"pkce-verifier-mismatch", Certain, all(notSent("code_verifier"))},
		{"pkce-verifier-malformed", Certain, all(notSent("code_verifier"))},
		{"pkce-required-by-server", Certain, all(sent("code_challenge"))},
		{"spa-platform-without-pkce", Certain, all(sent("code_challenge"), sent("code_verifier"))},
		{"client-secret-missing", Certain, all(sent("client_secret"))},
		{"client-secret-wrong", Certain, all(notSent("client_secret"), not(sent("client_assertion")))},
		{"client-secret-not-url-encoded", Certain, all(notSent("client_secret"))},
		{"public-platform-but-secret-sent", Certain, all(notSent("client_secret"), not(sent("client_assertion")))},
		{"cross-origin-but-not-spa", Certain, all(notSent("Origin header"))},
		{"spa-platform-redeemed-by-server", Certain, all(sent("Origin header"))},
		{"single-tenant-app-on-common", Certain, all(where(1, "the authority names a tenant", "authority", (*problem).authorityNamesTenant))},
		{"redirect-uri-http-behind-proxy", Certain, all(where(1, "the redirect URI is https", "redirect_uri", func(p *problem) bool { return strings.HasPrefix(p.redirectURI(), "https://") }), not(told("behind")))},
	}
})
