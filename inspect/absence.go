package inspect

import (
	"slices"
	"strings"
)

// missingFrom lists what a reader may look for in a token in vain, and what its
// absence usually means.
func missingFrom(name string, j *jwt, g given) []Missing {
	var out []Missing
	has := func(claim string) bool { _, ok := j.claim(claim); return ok }
	add := func(claim, meaning string) { out = append(out, Missing{claim, meaning}) }
	asked := strings.Fields(g.authorize.get("scope"))
	// withScope says what a claim of a scope needs.
	withScope := func(claim, scope, otherwise string) {
		switch {
		case has(claim):
		case g.scopeKnown && !slices.Contains(asked, scope):
			add(claim, "The scope "+scope+" was not asked for, which brings this claim (OpenID Connect Core section 5.4).")
		default:
			add(claim, otherwise)
		}
	}
	entra := g.prov.microsoft
	b2c := g.prov.glossary == "entra-b2c" || tokenProvider(j) == "entra-b2c"
	switch name {
	case "id_token":
		withScope("name", "profile", "It comes with the scope profile; some providers give it at the UserInfo endpoint alone.")
		switch {
		case b2c && has("emails"):
		case b2c:
			add("emails", "The user flow does not return it (Application claims), or the custom policy has no such output claim.")
		case entra:
			withScope("email", "email", "Entra sends it for managed accounts only as an optional claim (Token configuration), and only if the account has an address.")
		default:
			withScope("email", "email", "It comes with the scope email; the account may have no address, or the provider gives it at the UserInfo endpoint alone.")
		}
		if entra && !b2c && !has("auth_time") {
			add("optional claims", "auth_time, sid, login_hint and the like are sent only where the registration lists them as optional claims (Token configuration); auth_time was also seen where max_age was asked for.")
		}
		out = append(out, missingRights(j, g, "The person has no app role, or the registration defines none.")...)
	case "access_token":
		scopes := has("scp") || has("scope")
		switch {
		case !scopes && has("roles"):
			add("scp", "The token is for the app itself: without a person there are no delegated scopes, only app roles.")
		case !scopes && entra:
			add("scp", "No delegated permission of this API was granted. If the app acts for itself, no app role was granted to it either.")
		}
		out = append(out, missingRights(j, g, "No app role of this API is assigned to who it acts for, or the API defines none.")...)
		if g.answered && !g.refreshable && !g.refreshed {
			switch {
			case g.scopeKnown && !slices.Contains(asked, "offline_access"):
				add("refresh_token", "offline_access was not asked for. Without it the person signs in again when this token ends.")
			case g.scopeKnown:
				add("refresh_token", "offline_access was asked for and not granted: consent may be missing, or the registration does not allow it.")
			default:
				add("refresh_token", "None came with this token: offline_access was not asked for, or not granted.")
			}
		}
	}
	return out
}

// missingRights explains the absence of groups and roles at Entra, where they
// have to be set up.
func missingRights(j *jwt, g given, roles string) []Missing {
	if !g.prov.microsoft || isGraph(j) {
		return nil
	}
	if g.prov.glossary == "entra-b2c" || tokenProvider(j) == "entra-b2c" {
		return nil // B2C has neither, unless a custom policy adds them
	}
	var out []Missing
	if _, ok := j.claim("roles"); !ok {
		out = append(out, Missing{"roles", roles})
	}
	if _, ok := j.claim("groups"); !ok {
		meaning := "The registration does not ask for groups (groupMembershipClaims), or the person is in none."
		if overage(Token{Name: "token", Claims: claimsOf(j)}) != nil {
			meaning = "The person is in too many groups (above 200 in a JWT): the token only points to where they can be asked for, at Microsoft Graph."
		}
		out = append(out, Missing{"groups", meaning})
	}
	return out
}

func claimsOf(j *jwt) []Claim {
	var out []Claim
	for _, m := range j.claims {
		out = append(out, Claim{Name: m.name, Value: m.value})
	}
	return out
}

// scopesOf sets what was asked for beside what was granted. What was granted
// the answer says in scope, and is what was asked for where it does not (RFC
// 6749 section 5.1); the token itself says it in scp or scope.
func scopesOf(j *jwt, g given) []Scope {
	asked, known := g.authorize.lookup("scope")
	granted := g.granted
	if !g.grantedSaid {
		for _, claim := range []string{"scp", "scope"} {
			if v, ok := j.claim(claim); ok {
				granted = strings.NewReplacer("[", "", "]", "", ",", "").Replace(claimText(v))
				break
			}
		}
		if granted == "" && known && g.answered {
			granted = asked
		}
	}
	var out []Scope
	got := strings.Fields(granted)
	for _, s := range strings.Fields(asked) {
		yes := true
		in := slices.ContainsFunc(got, func(x string) bool { return sameScope(x, s) })
		sc := Scope{Name: s, Requested: &yes, Granted: in}
		switch {
		case in:
		case s == "offline_access" && g.refreshable:
			sc.Granted, sc.Note = true, "A refresh token came, which is what it asks for; the answer need not repeat it."
		case strings.HasSuffix(s, "/.default"):
			sc.Note = "It stands for whatever is configured at that API."
		case len(resourceScopes(s)) == 0:
			sc.Note = "A scope of the sign-in, not of the API: providers differ in whether they repeat it."
		default:
			sc.Note = "Not granted: is the name right, and was it consented to?"
		}
		out = append(out, sc)
	}
	for _, s := range got {
		if slices.ContainsFunc(out, func(x Scope) bool { return sameScope(x.Name, s) }) {
			continue
		}
		sc := Scope{Name: s, Granted: true}
		if known {
			no := false
			sc.Requested, sc.Note = &no, "Granted without being asked for."
			if g.prov.microsoft {
				sc.Note = "Granted without being asked for: Entra adds what was consented to before."
			}
		}
		out = append(out, sc)
	}
	return out
}

// sameScope compares two scopes, whatever their case and with or without the
// address of Graph, which Entra adds or leaves out.
func sameScope(a, b string) bool {
	const graph = "https://graph.microsoft.com/"
	return strings.EqualFold(strings.TrimPrefix(a, graph), strings.TrimPrefix(b, graph))
}
