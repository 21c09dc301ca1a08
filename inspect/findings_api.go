package inspect

import (
	"net/http"
	"slices"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// apiRules are about RFC 6750: what an API says of the token that it is shown.
func apiRules() []rule {
	return []rule{
		{flow.StepCall, apiSaysNothing},
		{flow.StepCall, apiWantsScopes},
	}
}

// apiSaysNothing reads a refusal that names no error.
func apiSaysNothing(r *run) []Finding {
	s := r.t.Step(flow.StepCall)
	ex := lastAnswered(s)
	if ex == nil || ex.Response.Status != http.StatusUnauthorized {
		return nil
	}
	challenge := strings.Join(ex.Response.Header.Values("WWW-Authenticate"), ", ")
	code, _ := refusal(s)
	switch {
	case challenge == "":
		return one(Finding{
			Code: "api-without-challenge", Severity: SeverityInfo, Row: "WWW-Authenticate",
			What: "The API refuses the token, and its answer has no WWW-Authenticate.",
			Why:  "An API has to send that header with a 401: it says what kind of token is wanted, and what is wrong with the one that came.",
			Try:  "Read the body, and the API's own log. A proxy or gateway in front of the API may have answered in its place.",
			Refs: clauses("RFC 6750 section 3"),
		})
	case code == "" && challengeParam(challenge, "error") == "":
		return one(Finding{
			Code: "api-saw-no-token", Severity: SeverityInfo, Row: "WWW-Authenticate",
			What: "The API names no error, as one does that has seen no token.",
			Why:  "With a token that is not good the answer should say so: invalid_token. Without an error it is what a request without a token gets. Something on the way may have taken the Authorization header away, or the API wants another scheme than the one that was sent.",
			Try:  "Compare the scheme in WWW-Authenticate with that of the request, and look at what arrives at the API.",
			Refs: clauses("RFC 6750 section 3.1"),
		})
	}
	return nil
}

// apiWantsScopes compares the scopes that an API names with what was granted.
func apiWantsScopes(r *run) []Finding {
	ex := lastAnswered(r.t.Step(flow.StepCall))
	if ex == nil || ex.Response.Status/100 == 2 {
		return nil
	}
	challenge := strings.Join(ex.Response.Header.Values("WWW-Authenticate"), ", ")
	wants := strings.Fields(challengeParam(challenge, "scope"))
	granted := strings.Fields(r.tokenResponse.get("scope"))
	if len(wants) == 0 || len(granted) == 0 {
		return nil
	}
	missing := slices.DeleteFunc(slices.Clone(wants), func(s string) bool { return slices.Contains(granted, s) })
	if len(missing) == 0 {
		return nil
	}
	return one(Finding{
		Code: "api-wants-scope", Severity: SeverityError, Row: "WWW-Authenticate",
		What: "The API wants a scope that was not granted: " + short(strings.Join(missing, " "), 120) + ".",
		Why:  "It names the scopes in WWW-Authenticate. Those of the token response are " + short(strings.Join(granted, " "), 120) + ".",
		Try:  "Ask for it in the authorize request, in the form that the provider knows it by, and sign in again.",
		Refs: clauses("RFC 6750 section 3", "RFC 6750 section 3.1"),
	})
}
