package inspect

import (
	"strings"
)

// clientClues: which client, which tenant, which cloud.
func clientClues() []clue {
	return []clue{
		{"client-id-unknown", Possible, all(uncoded(), at("token", "refresh", "device", ""), oauth("invalid_client"))},
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
		{"resource-not-in-tenant", Likely, all(aadsts(65005), says(
			"has not subscribed", "service principal", "not subscribed to",
		))},
	}
}
