package inspect

// codeClues: authorization codes.
func codeClues() []clue {
	return []clue{
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
			"invalid code verifier", "invalid code challenge",
		)), not(aadsts(70000)), not(at("device", "refresh")))},
		{"code-or-token-corrupted", Likely, all(says(
			"malformed auth code", "malformed authorization code", "malformed code", "code is malformed",
			"malformed refresh token",
		))},
		{"code-or-token-corrupted", Likely, all(aadsts(70000), says(
			"'code' parameter is not valid", "'refresh_token' is not valid", "'refresh_token' parameter is not valid",
			"parameter 'code' is not valid", "for the input parameter 'refresh_token'",
		))},
		{"code-for-other-client", Likely, all(says(
			"issued to another client", "code … issued … different client", "unmatching clients",
			"was not issued to this client", "code … other client",
			"client_id … does not match the … authorization code", "claimed by another client",
			"issued for a different client",
		),
			not(says("is invalid, expired, revoked", "is invalid, expired", "does not match the redirection uri")))},
		{"b2c-grant-for-other-policy", Likely, all(says("grant has not been issued for this endpoint"))},
		{"code-expired-or-used", Possible, all(uncoded(), at("token", "callback", ""), oauth("invalid_grant"), not(fact("grant", "refresh")))},
		{"code-already-redeemed", Possible, all(uncoded(), at("token"), oauth("invalid_grant"), not(fact("grant", "refresh")))},
	}
}
