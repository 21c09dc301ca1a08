package inspect

// personClues: people and policies.
func personClues() []clue {
	return []clue{
		{"sign-in-cancelled", Likely, all(says(
			"user cancelled", "user_cancelled", "user has cancelled", "user canceled", "authentication_canceled",
			"cancelled by the user", "login cancelled", "operation was canceled by the user", "user closed",
			"popup closed", "popup_closed", "popup window has been closed", "access_denied: cancel",
		))},
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
		{"mfa-required", Possible, all(uncoded(), oauth("interaction_required"))},
		{"third-party-cookies-blocked", Possible, all(says(
			"login_required", "monitor_window_timeout", "iframe", "login required", "silent",
		), client("spa"))},
		{"third-party-cookies-blocked", Likely, all(says(
			"monitor_window_timeout", "frame window timed out", "third-party cookies", "third party cookies",
			"storage access required", "silent … timed out", "iframe … timed out",
			"token renewal operation failed due to timeout", "block_iframe_reload",
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
			"invalid user attributes", "presignup failed", "email not verified", "email is not confirmed", "email … not confirmed",
			"confirm your email", "e-mail … not verified",
		))},
		{"grant-refused-by-policy", Likely, all(says(
			"authentication failure", "ip restricted", "ip not allowed", "invalid login location", "login hours",
			"denied by policy", "login rate exceeded",
		), oauth("invalid_grant", "access_denied"), not(says("authentication failure! ")))}, // which is OmniAuth's own
		{"grant-refused-by-policy", Possible, all(oauth("access_denied"), uncoded(), at("token", "callback", ""))},
		{"b2c-password-reset-flow", Likely, all(says("has forgotten their password"))},
	}
}
