package inspect

// refreshClues: refresh tokens and sessions.
func refreshClues() []clue {
	return []clue{
		{"refresh-token-expired", Likely, all(aadb2c(90080), at("refresh"))},
		{"refresh-token-revoked", Possible, all(aadsts(70000), at("refresh"))},
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
		{"offline-access-not-granted", Certain, all(says("offline tokens not allowed"))},
		{"reauthentication-required", Likely, all(says(
			"invalid_rapt", "reauth related error", "rapt_required", "sign-in frequency",
		))},
	}
}
