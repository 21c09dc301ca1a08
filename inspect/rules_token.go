package inspect

import (
	"strings"
)

// tokenClues: checks that the client makes of the answer: state, nonce, issuer, signature, times.
func tokenClues() []clue {
	return []clue{
		{"id-token-audience-mismatch", Likely, all(says(
			"idx10214", "idx10208", "expected audience", "aud mismatch", "audience validation failed",
			"audience doesn't match", "unexpected 'aud'", "audience mismatch", "unexpected audience",
			"invalid audience in", "'aud' claim", "aud claim", "unexpected jwt 'aud'", "invalid_id_token … aud",
		), not(at("userinfo", "api")))},
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
		{"issuer-mismatch", Certain, all(says("the metadata is of another issuer"))},
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
		{"clock-skew", Likely, all(says("certificate has expired or is not yet valid: current time … is before", "certificate is not valid before", "err_cert_not_yet_valid", "certificate is not yet valid"))},
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
			"failed to parse token", "oauth2: cannot parse", "access_token is missing", "idx10336",
			"both 'id_token' and 'access_token' should be present",
		), uncoded(), not(says("invalid_grant", "invalid_client", "401", "400", "unauthorized")))},
	}
}
