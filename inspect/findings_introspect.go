package inspect

import (
	"slices"

	"github.com/pkcescope/pkcescope/flow"
)

// notActive is about a provider that does not own to a token that it has just
// issued: "active" is false also where the one who asks may not know (RFC 7662
// section 2.2).
func notActive(r *run) []Finding {
	ex := lastAnswered(r.t.Step(flow.StepIntrospect))
	if answer(ex).get("active") != "false" || !r.gotTokens() {
		return nil
	}
	f := Finding{
		Code: "token-not-active", Severity: SeverityWarning, Row: "active",
		What: "The provider says that the access token is not active, and has only just issued it.",
		Why:  "It answers so for a token that has ended or was taken back, and also to whoever may not be told about it.",
		Try:  "Ask as the API that the token is for, with that API's own client id and secret.",
		Refs: clauses("RFC 7662 section 2.2"),
	}
	j := takeApart(r.tokenResponse.get("access_token"))
	if auds := audiences(&j); len(auds) > 0 && !slices.Contains(auds, r.clientID()) {
		f.Why += " This client asked, and it is not in the token's aud, which is " + short(list(auds), 120) + "."
	}
	if r.prov.glossary == "keycloak" {
		f.Why += " Since 26.6.2 Keycloak answers so to a client that aud does not name."
		f.Try = "Clients, your client, Client scopes, its dedicated scope: add a mapper of the type Audience that includes the client that asks; or ask as the API that the token is for."
		f.Refs = append(f.Refs, clauses(
			"Keycloak: token introspection validates the audience <https://www.keycloak.org/docs/latest/upgrading/index.html#token-introspection-now-validates-audience-claim>",
			"Keycloak: audience support <https://www.keycloak.org/docs/latest/server_admin/#_audience>",
		)...)
	}
	return one(f)
}
