package inspect

// extensionsClues: pushed and signed requests, authorization details, proofs of
// possession.
func extensionsClues() []clue {
	return []clue{
		{"request-uri-gone", Likely, all(uncoded(), oauth("invalid_request_uri"))},
		{"request-uri-gone", Likely, all(uncoded(), says(
			"request_uri is invalid, expired", "request_uri … expired", "request_uri … already been used", "request uri … expired",
			"par not found", // Keycloak
		))},
		{"request-object-refused", Likely, all(uncoded(), oauth("invalid_request_object"))},
		{"authorization-details-refused", Likely, all(uncoded(), oauth("invalid_authorization_details"))},
		{"dpop-proof-refused", Likely, all(uncoded(), oauth("invalid_dpop_proof"), not(says("recent", "iat")))},
		{"dpop-proof-refused", Possible, all(uncoded(), oauth("invalid_dpop_proof"))},
		{"dpop-nonce-wanted", Certain, all(oauth("use_dpop_nonce"))},
	}
}
