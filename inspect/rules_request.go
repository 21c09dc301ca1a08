package inspect

// requestClues: the request itself: its parameters, its form, where it is sent.
func requestClues() []clue {
	return []clue{
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
			"parameter is required", "parameter is missing in the request", "required field '",
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
		{"grant-type-unsupported", Likely, all(uncoded(), says(
			"grant type not supported", "grant type is not supported", "grant_type is not supported",
			"grant_type not supported", "unsupported grant type",
		))},
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
	}
}
