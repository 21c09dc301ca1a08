package inspect

import (
	"strings"
	"testing"
)

// Texts as the servers and libraries word them in their documentation and
// source, none of them from the collected cases.
func TestWordsOfServersAndLibrariesAreKnown(t *testing.T) {
	for _, row := range []struct{ provider, where, raw, want string }{
		// Keycloak.
		{"keycloak", "token", `{"error":"invalid_grant","error_description":"Incorrect redirect_uri"}`, "redirect-uri-differs-at-token"},
		{"keycloak", "token", `{"error":"invalid_grant","error_description":"PKCE verification failed: Code mismatch"}`, "pkce-verifier-mismatch"},
		{"keycloak", "token", `{"error":"invalid_grant","error_description":"PKCE verification failed: Invalid code verifier"}`, "pkce-verifier-mismatch"},
		{"keycloak", "token", `{"error":"invalid_grant","error_description":"PKCE code verifier not specified"}`, "pkce-verifier-missing-at-token"},
		{"keycloak", "callback", "error=invalid_request&error_description=Missing+parameter%3A+code_challenge_method", "pkce-method-not-supported"},
		{"keycloak", "callback", "error=invalid_request&error_description=Missing+parameter%3A+code_challenge", "pkce-required-by-server"},
		{"keycloak", "callback", "error=invalid_request&error_description=Invalid+parameter%3A+code+challenge+method+is+not+configured+one", "pkce-method-not-supported"},
		{"keycloak", "authorize", "We are sorry...\nInvalid parameter: redirect_uri", "redirect-uri-not-registered"},
		{"keycloak", "authorize", "We are sorry...\nClient not found.", "client-id-unknown"},
		{"keycloak", "authorize", "We are sorry... Realm does not exist", "tenant-not-found"},
		{"keycloak", "authorize", "We are sorry... HTTPS required", "redirect-uri-http-not-allowed"},
		{"keycloak", "authorize", "Cookie not found. Please make sure cookies are enabled in your browser.", "login-page-reloaded"},
		{"keycloak", "token", `{"error":"unauthorized_client","error_description":"Invalid client secret"}`, "client-secret-wrong"},
		{"keycloak", "token", `{"error":"unauthorized_client","error_description":"Client secret not provided in request"}`, "client-secret-missing"},
		{"keycloak", "token", `{"error":"invalid_request","error_description":"Missing form parameter: grant_type"}`, "token-body-not-form-encoded"},
		{"keycloak", "token", `{"error":"unauthorized_client","error_description":"Client not allowed for direct access grants"}`, "grant-type-not-enabled"},
		{"keycloak", "callback", "error=unauthorized_client&error_description=Client+is+not+allowed+to+initiate+browser+login+with+given+response_type.+Standard+flow+is+disabled+for+the+client.", "response-type-not-enabled"},
		{"keycloak", "callback", "error=invalid_scope&error_description=Invalid+scopes%3A+openid+groups", "scope-invalid"},
		{"keycloak", "refresh", `{"error":"invalid_grant","error_description":"Session not active"}`, "refresh-token-revoked"},
		{"keycloak", "refresh", `{"error":"invalid_grant","error_description":"Stale token"}`, "refresh-token-rotated"},
		{"keycloak", "refresh", `{"error":"invalid_grant","error_description":"Maximum allowed refresh token reuse exceeded"}`, "refresh-token-rotated"},
		{"keycloak", "refresh", `{"error":"invalid_grant","error_description":"Offline user session not found"}`, "refresh-token-revoked"},
		{"keycloak", "refresh", `{"error":"invalid_grant","error_description":"Invalid token issuer. Expected 'https://a/realms/x', but was 'http://b/realms/x'"}`, "issuer-mismatch"},
		{"keycloak", "token", `{"error":"invalid_grant","error_description":"Account is not fully set up"}`, "user-account-incomplete"},
		{"keycloak", "token", `{"error":"invalid_grant","error_description":"Invalid user credentials"}`, "user-password-wrong"},
		{"", "token", `{"error":"not_allowed","error_description":"Offline tokens not allowed for the user or client"}`, "offline-access-not-granted"},
		{"keycloak", "introspect", `{"error":"invalid_request","error_description":"Client not allowed."}`, "introspection-by-public-client"},
		{"keycloak", "token", `{"error":"invalid_client","error_description":"Parameter client_assertion_type is missing"}`, "client-auth-method-mismatch"},
		{"keycloak", "token", `{"error":"invalid_client","error_description":"Client authentication with signed JWT failed: Signature on JWT token failed validation"}`, "client-certificate-not-registered"},
		{"keycloak", "token", `{"error":"unauthorized_client","error_description":"Client authentication with client secret signed JWT failed: Signature on JWT token by client secret  failed validation"}`, "client-secret-wrong"},
		{"", "", "type=CODE_TO_TOKEN_ERROR, realmId=x, clientId=app, error=pkce_verification_failed, grant_type=authorization_code", "pkce-verifier-mismatch"},
		{"", "", "type=LOGIN_ERROR, realmId=x, clientId=app, error=invalid_redirect_uri, redirect_uri=http://x/cb", "redirect-uri-not-registered"},
		// Auth0.
		{"auth0", "authorize", "Callback URL mismatch. The provided redirect_uri is not in the list of allowed callback URLs.", "redirect-uri-not-registered"},
		{"auth0", "token", `{"error":"access_denied","error_description":"Unauthorized"}`, "client-secret-wrong"},
		{"auth0", "token", `{"error":"invalid_grant","error_description":"Failed to verify code verifier"}`, "pkce-verifier-mismatch"},
		{"auth0", "token", `{"error":"invalid_grant","error_description":"Invalid authorization code"}`, "code-expired-or-used"},
		{"auth0", "refresh", `{"error":"invalid_grant","error_description":"Unknown or invalid refresh token."}`, "refresh-token-revoked"},
		{"auth0", "token", `{"error":"unauthorized_client","error_description":"The redirect URI is wrong. You sent http://a, and we expected http://b"}`, "redirect-uri-differs-at-token"},
		{"auth0", "authorize", "error=invalid_request&error_description=Unknown%20client%3A%20abc", "client-id-unknown"},
		{"auth0", "callback", "error=login_required&error_description=Login%20required", "login-required-silent"},
		{"auth0", "callback", "error=consent_required&error_description=Consent%20required", "consent-missing"},
		{"auth0", "callback", "error=access_denied&error_description=Client%20is%20not%20authorized%20to%20access%20%22https%3A%2F%2Fapi%22", "api-access-not-granted"},
		{"auth0", "callback", "error=unauthorized&error_description=user%20is%20blocked", "user-account-locked-or-disabled"},
		{"auth0", "token", `{"error":"mfa_required","error_description":"Multifactor authentication required"}`, "mfa-required"},
		// Okta.
		{"okta", "authorize", "Description: The 'redirect_uri' parameter must be a Login redirect URI in the client app settings", "redirect-uri-not-registered"},
		{"okta", "token", `{"error":"invalid_grant","error_description":"PKCE verification failed."}`, "pkce-verifier-mismatch"},
		{"okta", "authorize", `{"error":"invalid_request","error_description":"PKCE code challenge is required when the token endpoint authentication method is 'NONE'."}`, "pkce-required-by-server"},
		{"okta", "token", `{"error":"invalid_grant","error_description":"The authorization code is invalid or has expired."}`, "code-expired-or-used"},
		{"okta", "refresh", `{"error":"invalid_grant","error_description":"The refresh token is invalid or expired."}`, "refresh-token-expired"},
		{"okta", "token", `{"error":"invalid_client","error_description":"No client credentials found."}`, "client-secret-missing"},
		{"okta", "token", `{"error":"invalid_request","error_description":"Cannot supply multiple client credentials. Use one of the following: credentials in the Authorization header, credentials in the post body, or a client_assertion in the post body."}`, "client-credentials-twice"},
		{"okta", "authorize", `{"error":"invalid_client","error_description":"Invalid value for 'client_id' parameter."}`, "client-id-unknown"},
		{"okta", "callback", "error=access_denied&error_description=User+is+not+assigned+to+the+client+application.", "user-not-assigned-to-app"},
		{"okta", "token", `{"error":"unauthorized_client","error_description":"The client is not authorized to use the provided grant type. Configured grant types: [authorization_code]."}`, "grant-type-not-enabled"},
		{"okta", "callback", "error=unsupported_response_type&error_description=The+response+type+is+not+supported+by+the+authorization+server.+Configured+response+types%3A+%5Bcode%5D", "response-type-not-enabled"},
		{"okta", "token", "Browser requests to the token endpoint must use Proof Key for Code Exchange.", "pkce-required-by-server"},
		{"okta", "callback", "error=login_required&error_description=The+client+specified+not+to+prompt%2C+but+the+user+is+not+logged+in.", "login-required-silent"},
		{"okta", "authorize", "Código de error: invalid_request\nDescripción: The 'redirect_uri' parameter must be an absolute URI that is whitelisted in the client app settings.", "redirect-uri-not-registered"},
		// Google.
		{"google", "token", `{"error":"invalid_grant","error_description":"Malformed auth code."}`, "code-or-token-corrupted"},
		{"google", "token", `{"error":"invalid_grant","error_description":"Missing code verifier."}`, "pkce-verifier-missing-at-token"},
		{"google", "token", `{"error":"invalid_grant","error_description":"code_verifier or verifier is not needed."}`, "pkce-verifier-unexpected"},
		{"google", "token", `{"error":"invalid_request","error_description":"client_secret is missing."}`, "client-secret-missing"},
		{"google", "refresh", `{"error":"invalid_grant","error_description":"Token has been expired or revoked."}`, "refresh-token-revoked"},
		{"google", "token", `{"error":"invalid_client","error_description":"The OAuth client was not found."}`, "client-id-unknown"},
		{"google", "authorize", "Error 401: deleted_client The OAuth client was deleted.", "client-id-unknown"},
		{"google", "authorize", "Error 403: org_internal This client is restricted to users within its organization.", "app-internal-to-organization"},
		{"google", "authorize", "Error 403: access_denied App has not completed the Google verification process. The app is currently being tested, and can only be accessed by developer-approved testers.", "app-in-testing-user-not-listed"},
		{"google", "authorize", "Error 400: admin_policy_enforced", "admin-consent-required"},
		{"google", "authorize", "Error 403: disallowed_useragent", "embedded-browser-refused"},
		{"google", "authorize", "Error 400: invalid_scope Some requested scopes were invalid. {invalid=[foo]}", "scope-invalid"},
		{"google", "refresh", `{"error":"invalid_grant","error_description":"reauth related error (invalid_rapt)","error_subtype":"invalid_rapt"}`, "reauthentication-required"},
		{"google", "authorize", "Error 400: redirect_uri_mismatch\nIf you're the app developer, register the redirect URI in the Google Cloud Console. Request details: redirect_uri=https://a.example/cb flowName=GeneralOAuthFlow", "redirect-uri-not-registered"},
		{"google", "token", `{"error":"redirect_uri_mismatch","error_description":"Bad Request"}`, "redirect-uri-differs-at-token"},
		{"google", "authorize", "Error 400: invalid_request Missing required parameter: scope", "required-parameter-missing"},
		// Cognito.
		{"cognito", "authorize", "https://x.auth.eu-west-1.amazoncognito.com/error?error=redirect_mismatch&client_id=1", "redirect-uri-not-registered"},
		{"cognito", "token", `{"error":"invalid_client","error_description":"invalid_client_secret"}`, "client-secret-wrong"},
		{"cognito", "authorize", "Client is not enabled for OAuth2.0 flows.", "grant-type-not-enabled"},
		{"cognito", "refresh", "NotAuthorizedException: Refresh Token has expired", "refresh-token-expired"},
		{"cognito", "refresh", "NotAuthorizedException: Refresh Token has been revoked", "refresh-token-revoked"},
		{"cognito", "token", "Unable to verify secret hash for client 3n4b5", "client-secret-wrong"},
		{"cognito", "authorize", "ResourceNotFoundException: User pool client abc does not exist.", "client-id-unknown"},
		// GitHub, GitLab.
		{"github", "token", "error=incorrect_client_credentials&error_description=The+client_id+and%2For+client_secret+passed+are+incorrect.", "client-secret-wrong"},
		{"github", "authorize", "error=redirect_uri_mismatch&error_description=The+redirect_uri+MUST+match+the+registered+callback+URL+for+this+application.", "redirect-uri-not-registered"},
		{"github", "callback", "error=access_denied&error_description=The+user+has+denied+your+application+access.", "user-declined-consent"},
		{"github", "callback", "error=application_suspended&error_description=Your+application+has+been+suspended.+Contact+support%40github.com.", "app-disabled"},
		{"github", "device", `{"error":"device_flow_disabled","error_description":"Device Flow must be explicitly enabled for this App"}`, "device-flow-not-enabled"},
		{"github", "refresh", "error=bad_refresh_token&error_description=The+refresh+token+passed+is+incorrect+or+expired.", "refresh-token-expired"},
		{"gitlab", "authorize", "The redirect URI included is not valid.", "redirect-uri-not-registered"},
		{"gitlab", "authorize", "The requested redirect uri is malformed or doesn't match client redirect URI.", "redirect-uri-not-registered"},
		{"gitlab", "authorize", "Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.", "client-id-unknown"},
		// Dex.
		{"dex", "token", `{"error":"invalid_request","error_description":"redirect_uri did not match URI from initial request."}`, "redirect-uri-differs-at-token"},
		{"dex", "token", `{"error":"invalid_grant","error_description":"Expecting parameter code_verifier in PKCE flow."}`, "pkce-verifier-missing-at-token"},
		{"dex", "token", `{"error":"invalid_request","error_description":"No PKCE flow started. Cannot check code_verifier."}`, "pkce-verifier-unexpected"},
		{"dex", "token", `{"error":"invalid_grant","error_description":"Invalid code_verifier."}`, "pkce-verifier-mismatch"},
		{"dex", "token", `{"error":"invalid_request","error_description":"Invalid or expired code parameter."}`, "code-expired-or-used"},
		{"dex", "authorize", `Missing required scope(s) ["openid"].`, "openid-scope-missing"},
		{"dex", "authorize", `Unrecognized scope(s) ["foo"]`, "scope-invalid"},
		// Hydra and what else is built on fosite (Authelia).
		{"hydra", "token", "The PKCE code verifier must be at least 43 characters.", "pkce-verifier-malformed"},
		{"hydra", "callback", "error=invalid_request&error_description=The+request+is+missing+a+required+parameter%2C+includes+an+invalid+parameter+value%2C+includes+a+parameter+more+than+once%2C+or+is+otherwise+malformed.+Clients+must+include+a+code_challenge+when+performing+the+authorize+code+flow%2C+but+it+is+missing.", "pkce-required-by-server"},
		{"hydra", "callback", "Clients must use code_challenge_method=S256, plain is not allowed.", "pkce-method-not-supported"},
		{"hydra", "authorize", "The requested OAuth 2.0 Client does not exist.", "client-id-unknown"},
		{"hydra", "token", "The OAuth 2.0 Client supports client authentication method 'client_secret_basic', but method 'client_secret_post' was requested. You must configure the OAuth 2.0 client's 'token_endpoint_auth_method' value to accept 'client_secret_post'.", "client-auth-method-mismatch"},
		{"hydra", "callback", "The OAuth 2.0 Client is not allowed to request scope 'offline'.", "scope-invalid"},
		{"hydra", "callback", "The state is missing or does not have enough characters and is therefore considered too weak. Request parameter 'state' must be at least be 8 characters long to ensure sufficient entropy.", "state-too-weak"},
		{"hydra", "token", "The authorization code has already been used.", "code-already-redeemed"},
		{"hydra", "token", "The 'redirect_uri' from this request does not match the one from the authorize request.", "redirect-uri-differs-at-token"},
		{"hydra", "authorize", "No CSRF value available in the session cookie.", "login-page-reloaded"},
		{"hydra", "authorize", "Requested audience 'x' has not been whitelisted by the OAuth 2.0 Client.", "audience-unknown"},
		// Salesforce, Ping.
		{"salesforce", "authorize", "error=redirect_uri_mismatch&error_description=redirect_uri%20must%20match%20configuration", "redirect-uri-not-registered"},
		{"salesforce", "token", `{"error":"invalid_client_id","error_description":"client identifier invalid"}`, "client-id-unknown"},
		{"salesforce", "token", `{"error":"invalid_client","error_description":"invalid client credentials"}`, "client-secret-wrong"},
		{"salesforce", "token", `{"error":"invalid_grant","error_description":"expired authorization code"}`, "code-expired"},
		{"salesforce", "token", `{"error":"invalid_grant","error_description":"invalid code verifier"}`, "pkce-verifier-mismatch"},
		{"salesforce", "refresh", `{"error":"invalid_grant","error_description":"expired access/refresh token"}`, "refresh-token-expired"},
		{"salesforce", "authorize", "error=OAUTH_APP_BLOCKED&error_description=this+app+is+blocked+by+admin", "admin-consent-required"},
		{"salesforce", "token", `{"error":"invalid_grant","error_description":"user hasn't approved this consumer"}`, "consent-missing"},
		{"salesforce", "token", `{"error":"invalid_grant","error_description":"ip restricted"}`, "grant-refused-by-policy"},
		// IdentityServer, OpenIddict, Spring Authorization Server, oidc-provider.
		{"generic", "token", "Transformed code verifier does not match code challenge", "pkce-verifier-mismatch"},
		{"generic", "authorize", "Transform algorithm not supported", "pkce-method-not-supported"},
		{"generic", "authorize", "The specified 'redirect_uri' is not valid for this client application.", "redirect-uri-not-registered"},
		{"generic", "authorize", "The mandatory 'code_challenge' parameter is missing.", "pkce-required-by-server"},
		{"generic", "token", "The specified 'code_verifier' is invalid.", "pkce-verifier-mismatch"},
		{"generic", "token", "The specified authorization code has already been redeemed.", "code-already-redeemed"},
		{"generic", "authorize", "[invalid_request] OAuth 2.0 Parameter: code_challenge", "pkce-required-by-server"},
		{"generic", "authorize", "Authorization Server policy requires PKCE to be used for this request", "pkce-required-by-server"},
		{"generic", "authorize", "redirect_uri did not match any of the client's registered redirect_uris", "redirect-uri-not-registered"},
		// What oidc-provider and emulate said in .ci/interop.
		{"generic", "callback", "error=invalid_authorization_details&error_description=unsupported%20authorization%20details%20type%20value%20(authorization%20details%20index%200)", "authorization-details-refused"},
		{"generic", "callback", "error=invalid_request_uri&error_description=request_uri%20is%20invalid%2C%20expired%2C%20or%20was%20already%20used", "request-uri-gone"},
		{"generic", "callback", "error=invalid_request_object&error_description=could%20not%20validate%20Request%20Object", "request-object-refused"},
		{"generic", "token", `{"error":"use_dpop_nonce","error_description":"nonce is required in the DPoP proof"}`, "dpop-nonce-wanted"},
		{"generic", "token", `{"error":"invalid_dpop_proof","error_description":"DPoP proof htu mismatch"}`, "dpop-proof-refused"},
		{"generic", "token", `{"error":"invalid_grant","error_description":"The redirect_uri does not match the one used in the authorization request."}`, "redirect-uri-differs-at-token"},
		{"generic", "token", `{"error":"invalid_client","error_description":"The client_secret is incorrect."}`, "client-secret-wrong"},
		{"generic", "callback", "error=invalid_request&error_description=not%20supported%20value%20of%20code_challenge_method", "pkce-method-not-supported"},
		{"generic", "token", `{"error":"invalid_target","error_description":"resource indicator is missing, or unknown"}`, "resource-indicator-unknown"},
		// Entra, where the code was lost or means more than one thing.
		{"entra", "refresh", "AADSTS70002: Error validating credentials. AADSTS70008: The refresh token has expired due to it being revoked. The user might have changed or reset their password.", "refresh-token-revoked"},
		{"entra", "token", "AADSTS70008: The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource.", "code-expired"},
		{"entra", "refresh", "AADSTS70008: The provided authorization code or refresh token has expired due to inactivity.", "refresh-token-expired"},
		{"entra", "refresh", "AADSTS70043: The refresh token has expired or is invalid due to sign-in frequency checks by conditional access.", "reauthentication-required"},
		{"entra", "token", "AADSTS700027: Client assertion contains an invalid signature. [Reason - The key was not found.]", "client-certificate-not-registered"},
		{"entra", "token", "AADSTS700213: No matching federated identity record found for presented assertion subject 'repo:a/b:ref:refs/heads/main'.", "federated-credential-mismatch"},
		{"entra", "authorize", "AADSTS650056: Misconfigured application. This could be due to one of the following: the client has not listed any permissions for 'AAD Graph' in the requested permissions in the client's application registration.", "api-permission-not-listed"},
		{"entra", "token", "AADSTS500011: The resource principal named api://x was not found in the tenant named Contoso.", "resource-not-in-tenant"},
		{"entra", "authorize", "AADSTS900023: Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external domain.", "authority-url-malformed"},
		{"entra", "authorize", "您的管理员已将应用程序配置为阻止用户 AADSTS50105", "user-not-assigned-to-app"},
		{"entra", "authorize", "unauthorized_client: The client does not exist or is not enabled for consumers. If you are the application developer, configure a new application through the App Registrations in the Azure Portal", "app-not-enabled-for-consumers"},
		{"", "", "Sign-in error code: 50126", "user-password-wrong"},
		{"b2c", "callback", "error=access_denied&error_description=AADB2C90118%3a+The+user+has+forgotten+their+password.%0d%0aCorrelation+ID%3a+x", "b2c-password-reset-flow"},
		{"b2c", "callback", "error=access_denied&error_description=AADB2C90091%3a+The+user+has+cancelled+entering+self-asserted+information.", "sign-in-cancelled"},
		{"b2c", "token", "AADB2C90080: The provided grant has expired. Please re-authenticate and try again.", "code-expired"},
		// Libraries.
		{"", "callback", "BrowserAuthError: interaction_in_progress: Interaction is currently in progress.", "interaction-in-progress"},
		{"", "", "BrowserAuthError: crypto_nonexistent: The crypto object or function is not available.", "insecure-page-no-crypto"},
		{"", "", "BrowserAuthError: monitor_window_timeout: Token acquisition in iframe failed due to timeout.", "third-party-cookies-blocked"},
		{"", "callback", "ClientAuthError: state_mismatch: State mismatch error.", "state-mismatch"},
		{"", "callback", "System.Exception: Correlation failed.", "state-mismatch"},
		{"", "callback", "[authorization_request_not_found]", "state-mismatch"},
		{"", "callback", "state not valid (expected: kA6pgvCtBpauwMl0, received: myState)", "state-mismatch"},
		{"", "callback", "omniauth: (openid_connect) Authentication failure! csrf_detected: OmniAuth::Strategies::OAuth2::CallbackError", "state-mismatch"},
		{"", "callback", "IDX21323: RequireNonce is 'True'. OpenIdConnectProtocolValidationContext.Nonce was null", "nonce-mismatch"},
		{"", "callback", "Validate_id_token_nonce failed, dataIdToken.nonce: undefined local_nonce", "nonce-mismatch"},
		{"", "callback", "RPError: iss mismatch, expected https://a, got: https://b", "issuer-mismatch"},
		{"", "discovery", `oidc: issuer did not match the issuer returned by provider, expected "https://a" got "https://b"`, "issuer-mismatch"},
		{"", "callback", "RPError: id_token issued in the future, now 1, iat 2", "clock-skew"},
		{"", "callback", "jwt.exceptions.ImmatureSignatureError: The token is not yet valid (iat)", "clock-skew"},
		{"", "callback", "IDX10223: Lifetime validation failed. The token is expired.", "id-token-expired"},
		{"", "callback", "IDX10501: Signature validation failed. Unable to match key", "jwks-kid-not-found"},
		{"", "callback", "Unable to find a signing key that matches: \"abc\"", "jwks-kid-not-found"},
		{"", "callback", `oidc: expected audience "a" got ["b"]`, "id-token-audience-mismatch"},
		{"", "callback", "unexpected JWT alg received, expected RS256, got: HS256", "signature-algorithm-unexpected"},
		{"", "token", "PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target", "tls-untrusted-ca"},
		{"", "token", "Error [ERR_TLS_CERT_ALTNAME_INVALID]: Hostname/IP does not match certificate's altnames", "tls-hostname-mismatch"},
		{"", "token", "x509: certificate has expired or is not yet valid", "tls-certificate-expired"},
		{"", "discovery", "Get \"https://idp/.well-known/openid-configuration\": dial tcp: lookup idp: no such host", "provider-unreachable"},
		{"", "token", "SyntaxError: Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON", "html-instead-of-json"},
		{"", "callback", "The redirectUri passed to /authorize must also be passed to /token", "redirect-uri-differs-at-token"},
		{"", "device", `{"error":"slow_down"}`, "device-slow-down"},
		{"", "device", `{"error":"expired_token"}`, "device-code-expired"},
		{"", "", "oauth2: \"invalid_grant\" \"Invalid JWT Signature.\"", "signature-invalid"},
	} {
		d := Diagnose(Input{Raw: row.raw, Provider: row.provider, Where: row.where})
		if len(d.Causes) == 0 {
			t.Errorf("%.90s: unknown, want %s", row.raw, row.want)
		} else if d.Causes[0].ID != row.want {
			t.Errorf("%.90s: %s (%s), want %s", row.raw, d.Causes[0].ID, d.Causes[0].Confidence, row.want)
		}
	}
}

// What is listed as recognised can be asked for by its name, and is said what
// it is.
func TestEveryKnownCauseHasATitleAndANameToAskForItBy(t *testing.T) {
	n := 0
	for _, family := range KnownCauses() {
		for _, c := range family.Causes {
			n++
			if id, ok := NamedCause(c.ID); !ok || id != c.ID || c.Title == "" {
				t.Errorf("%s: %q, titled %q, cannot be asked for", family.Family, c.ID, c.Title)
			}
		}
	}
	if n != len(familyOf()) {
		t.Errorf("%d causes are listed, and %d are known", n, len(familyOf()))
	}
}

func TestEveryMistakeOfTheBenchIsSaidInASentence(t *testing.T) {
	all := KnownMistakes()
	if len(all) != len(MistakeIDs()) {
		t.Fatalf("%d mistakes are listed, want %d", len(all), len(MistakeIDs()))
	}
	for i, k := range all {
		if k.ID != MistakeIDs()[i] || !strings.HasSuffix(k.What, ".") {
			t.Errorf("%s: %q", k.ID, k.What)
		}
	}
}
