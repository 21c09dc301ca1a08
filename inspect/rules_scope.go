package inspect

// scopeClues: scopes, resources, audiences.
func scopeClues() []clue {
	return []clue{
		{"scope-not-on-resource", Likely, all(aadsts(65005), says("asked for scope", "asked for permissions"))},
		{"resource-parameter-on-v2", Certain, all(aadsts(9010010, 901002), told("resource"))},
		{"resource-parameter-on-v2", Likely, all(says(
			"resource parameter provided in the request doesn't match", "'resource' request parameter isn't supported",
			"'resource' request parameter is not supported",
		))},
		{"resource-indicator-unknown", Likely, all(oauth("invalid_target"))},
		{"resource-indicator-unknown", Likely, all(says(
			"'resource' parameter is invalid", "not find a registered resource", "valid registered relying party",
			"'resource' … does not correspond", "resource … is not registered", "unknown resource",
		), uncoded())},
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
		{"token-for-wrong-audience", Possible, all(says(
			"idx10214", "idx10208", "expected audience", "aud mismatch", "audience validation failed",
		), not(at("userinfo")))},
		{"token-not-for-this-endpoint", Possible, all(at("userinfo"), status(401))},
		{"token-not-for-this-endpoint", Likely, all(at("userinfo"), oauth("invalid_token"), not(says("audience")))},
		{"token-for-wrong-audience", Possible, all(at("userinfo"), status(401, 403))},
		{"authorization-server-policy-missing", Likely, all(says(
			"policy evaluation failed", "no_matching_policy", "no matching policy",
		))},
	}
}
