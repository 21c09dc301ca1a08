package inspect

import (
	"net/http"
	"strings"
	"testing"

	"github.com/pkcescope/pkcescope/flow"
)

// What an API says of the token is explained by RFC 6750, and never put down to
// the provider.
func TestARefusalOfAnAPIIsExplained(t *testing.T) {
	for name, row := range map[string]struct {
		status    int
		challenge string
		body      string
		codes     []string // wanted, in any order
		not       string   // not wanted
	}{
		"an expired token":         {401, `Bearer error="invalid_token", error_description="The access token expired"`, "", []string{"invalid_token"}, "api-saw-no-token"},
		"a scope that is missing":  {403, `Bearer error="insufficient_scope", scope="notes.read openid"`, "", []string{"api-wants-scope"}, "api-saw-no-token"},
		"no error":                 {401, `Bearer realm="api"`, "", []string{"api-saw-no-token"}, "api-without-challenge"},
		"no header":                {401, "", `{"message":"no"}`, []string{"api-without-challenge"}, "api-saw-no-token"},
		"Microsoft Graph":          {401, "", `{"error":{"code":"InvalidAuthenticationToken","message":"Access token validation failure. Invalid audience."}}`, []string{"token-for-wrong-audience"}, "api-saw-no-token"},
		"a failure of the API":     {500, "", "<html>oops", nil, "server-error"},
		"something it has not got": {404, "", "", nil, "api-without-challenge"},
	} {
		t.Run(name, func(t *testing.T) {
			header := http.Header{}
			if row.challenge != "" {
				header.Set("WWW-Authenticate", row.challenge)
			}
			run := flow.Transcript{
				Config: flow.Config{Afterwards: flow.Afterwards{Call: "https://api.example/notes"}},
				Steps: []flow.Step{
					{ID: flow.StepToken, Status: flow.StatusOK, Exchanges: []flow.Exchange{{
						Request:  flow.Request{Method: "POST", URL: "https://idp.example/token"},
						Response: &flow.Response{Status: 200, Header: http.Header{}, Body: flow.Body(`{"access_token":"a","scope":"openid profile"}`)},
					}}},
					{ID: flow.StepCall, Status: flow.StatusFailed, Error: &flow.Error{Kind: flow.KindServer, What: "The API answered."}, Exchanges: []flow.Exchange{{
						Request:  flow.Request{Method: "GET", URL: "https://api.example/notes"},
						Response: &flow.Response{Status: row.status, Header: header, Body: flow.Body(row.body)},
					}}},
				},
			}
			rep := Read(run, Options{})
			got := map[string]bool{}
			for _, f := range rep.Steps[len(rep.Steps)-1].Findings {
				got[f.Code] = true
				if strings.Contains(f.What, "provider refused") {
					t.Errorf("it is put down to the provider: %s", f.What)
				}
			}
			for _, code := range row.codes {
				if !got[code] {
					t.Errorf("no finding %s: %v", code, got)
				}
			}
			// What a finding points to is there to be seen.
			rows := map[string]string{}
			last := rep.Steps[len(rep.Steps)-1]
			for _, r := range last.Exchanges[0].Response.Rows {
				rows[r.Name] = r.Value
			}
			if row.challenge != "" && rows["WWW-Authenticate"] != row.challenge {
				t.Errorf("the response shows %v", rows)
			}
			if got[row.not] {
				t.Errorf("a finding %s: %v", row.not, got)
			}
		})
	}
}
