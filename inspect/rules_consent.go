package inspect

// consentClues: consent and permissions.
func consentClues() []clue {
	return []clue{
		{"user-declined-consent", Likely, all(says(
			"user declined to consent", "user denied", "resource owner denied",
			"resource owner or authorization server denied", "user did not authorize",
			"denied access to your application", "end-user denied", "the user has denied",
			"access was denied by the resource owner", "user did not consent", "denied the request",
			"user cancelled the consent", "user did not grant",
		), not(says("admin")))},
		{"user-declined-consent", Possible, all(oauth("access_denied", "user_denied"), at("callback", "authorize", "device", ""), uncoded())},
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
		{"api-permission-not-listed", Likely, all(aadsts(65005), says("invalid resource", "misconfigured"))},
		{"api-access-not-granted", Likely, all(says(
			"is forbidden to access the resource", "client … forbidden to access",
			"client is not authorized to access", "has not been granted", "client has not been granted scopes",
			"sufficient permissions against this web resource", "client is not authorized for this resource",
		))},
		{"consent-missing", Possible, all(uncoded(), oauth("insufficient_scope"))},
		{"consent-missing", Possible, all(uncoded(), oauth("interaction_required", "consent_required"))},
	}
}
