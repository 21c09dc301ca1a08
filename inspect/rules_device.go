package inspect

// deviceClues: the device flow.
func deviceClues() []clue {
	return []clue{
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
	}
}
