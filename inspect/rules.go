package inspect

import (
	"slices"
	"strings"
	"sync"
)

// clues is the table of what speaks for which cause. A rule holds when all of
// its tests do. What a vendor's code means by itself is not here but in the
// catalogue (assets/aadsts.tsv, assets/aadb2c.tsv); here is what words and
// facts add to it.
//
// The rows stand in files named as those of assets/causes are: a cause described
// in redirect.toml has its rows in rules_redirect.go. To add one, describe it
// there and give it a row in the file of that name. Certain is for rows that leave no other cause; a
// code with a fact that decides, never a word that several servers use for
// several things.
//
// Phrases are the servers' and libraries' own texts, in lower case, with
// straight single quotes and single spaces.
var clues = sync.OnceValue(func() []clue {
	var all []clue
	for _, f := range families {
		all = append(all, f.rows()...)
	}
	return slices.Concat(all, endedWellClues(), bareClues())
})

// families are the files of rules, each with the file of assets/causes that it
// belongs to.
var families = []struct {
	name string
	rows func() []clue
}{
	{"pkce", pkceClues},
	{"platform", platformClues},
	{"credentials", credentialsClues},
	{"client", clientClues},
	{"redirect", redirectClues},
	{"request", requestClues},
	{"code", codeClues},
	{"refresh", refreshClues},
	{"consent", consentClues},
	{"scope", scopeClues},
	{"person", personClues},
	{"device", deviceClues},
	{"extensions", extensionsClues},
	{"token", tokenClues},
	{"network", networkClues},
}

// endedWellClues are about runs that ended well, and still are not what was
// wanted.
func endedWellClues() []clue {
	return []clue{
		{"clock-skew", Likely, all(where(3, "the ID token was issued in the future, by this machine's clock", "iat", func(p *problem) bool { return p.context["issued_in_future"] == true }))},
		{"refresh-token-missing", Possible, all(endedWell, fact("refresh_token_received", "false"), where(3, "offline_access is not among the scopes", "scope", func(p *problem) bool { return !strings.Contains(p.word("scope"), "offline_access") }))},
		{"token-version-by-manifest", Possible, all(endedWell, fact("access_token_ver", "1.0"), not(fact("access_token_aud", "graph.microsoft.com", "00000003-0000-0000-c000-000000000000")))},
		{"token-graph-not-validatable", Possible, all(endedWell, fact("access_token_aud", "graph.microsoft.com", "00000003-0000-0000-c000-000000000000"))},
	}
}

// bareClues are about the bare codes of RFC 6749, when nothing else is known.
func bareClues() []clue {
	return []clue{
		{"grant-type-not-enabled", Possible, all(uncoded(), at("authorize", "callback"), oauth("unauthorized_client"))},
		{"redirect-uri-not-registered", Possible, all(uncoded(), at("authorize", ""), oauth("invalid_request"), not(says(
			"code challenge", "code_challenge",
		)))},
		{"required-parameter-missing", Possible, all(uncoded(), oauth("invalid_request"))},
		{"token-not-for-this-endpoint", Possible, all(uncoded(), oauth("invalid_token"))},
		{"resource-indicator-unknown", Possible, all(oauth("invalid_resource"), uncoded())},
	}
}

// exclusions say which fact forbids a cause that the rules would allow. The
// last evidence is the reason that is shown.
var exclusions = sync.OnceValue(func() []clue {
	return []clue{
		{"pkce-verifier-missing-at-token", Certain, all(sent("code_verifier"))},
		{"pkce-verifier-unexpected", Certain, all(sent("code_challenge"))},
		{"pkce-verifier-unexpected", Certain, all(notSent("code_verifier"))},
		{"pkce-verifier-mismatch", Certain, all(notSent("code_verifier"))},
		{"pkce-verifier-malformed", Certain, all(notSent("code_verifier"))},
		{"pkce-required-by-server", Certain, all(sent("code_challenge"))},
		{"spa-platform-without-pkce", Certain, all(sent("code_challenge"), sent("code_verifier"))},
		{"client-secret-missing", Certain, all(sent("client_secret"))},
		{"client-secret-wrong", Certain, all(notSent("client_secret"), not(sent("client_assertion")))},
		{"client-secret-not-url-encoded", Certain, all(notSent("client_secret"))},
		{"public-platform-but-secret-sent", Certain, all(notSent("client_secret"), not(sent("client_assertion")))},
		{"cross-origin-but-not-spa", Certain, all(notSent("Origin header"))},
		{"spa-platform-redeemed-by-server", Certain, all(sent("Origin header"))},
		{"single-tenant-app-on-common", Certain, all(where(1, "the authority names a tenant", "authority", (*problem).authorityNamesTenant))},
		{"redirect-uri-http-behind-proxy", Certain, all(where(1, "the redirect URI is https", "redirect_uri", func(p *problem) bool { return strings.HasPrefix(p.redirectURI(), "https://") }), not(told("behind")))},
	}
})
