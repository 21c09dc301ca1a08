package inspect_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/exp/golden"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// page writes a step as a person reads it.
func page(s inspect.Step) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n%s\n", s.Title, s.Lead)
	for _, p := range s.Body {
		fmt.Fprintf(&b, "\n%s\n", p)
	}
	if s.Played != "" {
		fmt.Fprintf(&b, "\nPlayed: %s\n", s.Played)
	}
	for _, p := range s.Next {
		fmt.Fprintf(&b, "\nNext: %s\n", p)
	}
	for _, ex := range s.Exchanges {
		fmt.Fprintf(&b, "\n%s: %s\n", ex.Label, ex.Request.Line)
		for _, row := range ex.Request.Rows {
			added := " "
			if row.PKCE {
				added = "+"
			}
			fmt.Fprintf(&b, "%s %s = %s\n    %s\n    Who: %s\n    Without: %s\n    %s\n", added, row.Name, row.Value, row.What, row.Who, row.Without, row.Source.Text)
		}
	}
	for _, r := range s.Refs {
		fmt.Fprintf(&b, "\n%s <%s>", r.Text, r.URL)
	}
	return b.String() + "\n"
}

// The texts are the product: a change to one of them is to be read.
func TestTheAuthorizeStepReads(t *testing.T) {
	for _, m := range []flow.Method{flow.MethodS256, flow.MethodPlain, flow.MethodNone} {
		t.Run(string(m), func(t *testing.T) {
			rep := inspect.Read(handmade(m), inspect.Options{Now: now})
			golden.RequireEqual(t, []byte(page(rep.Steps[3])))
		})
	}
}

func TestARunReadsAsText(t *testing.T) {
	refused := handmade(flow.MethodS256)
	replace(flow.StepToken, "dBjft", "dBjfu")(&refused)
	answers(flow.StepToken, 400, "application/json", `{"error":"invalid_grant","error_description":"PKCE verification failed"}`)(&refused)
	step(&refused, flow.StepToken).Error = &flow.Error{Kind: flow.KindServer, What: "The token endpoint refused the request: invalid_grant.", Why: "PKCE verification failed", Try: "Read what the server says."}
	for name, tr := range map[string]flow.Transcript{"redeemed": handmade(flow.MethodS256), "refused": refused} {
		t.Run(name, func(t *testing.T) {
			golden.RequireEqual(t, []byte(inspect.Read(tr, inspect.Options{Now: now}).Text(80)))
		})
	}
}

func TestATokenReadsAsText(t *testing.T) {
	token := b64(`{"alg":"RS256","kid":"1","typ":"JWT"}`) + "." + b64(`{"aud":"client","iss":"https://login.microsoftonline.com/`+tid+`/v2.0","iat":1787572740,"nbf":1787572740,"exp":1787576640,"name":"Jane Doe","nonce":"n-0S6_WzA2Mj","oid":"690222be-ff1a-4d56-abd1-7e4f7d38e474","preferred_username":"jane@contoso.example","sub":"HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ","tid":"`+tid+`","ver":"2.0"}`) + ".c2lnbmF0dXJl"
	d := inspect.DecodeToken(token, inspect.DecodeOptions{Now: now, ClientID: clientID})
	golden.RequireEqual(t, []byte(d.Text(80)))
}
