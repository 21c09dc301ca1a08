package inspect_test

import (
	"strings"
	"testing"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// Without PKCE no arrow is PKCE's, the explanations are those of the plain code
// flow, and a reading with it is not changed by that.
func TestReadingWithoutPKCE(t *testing.T) {
	tr := flow.Transcript{Config: flow.Config{Method: flow.MethodS256, Issuer: "https://idp.example"}}
	lead := func(r inspect.Report) string {
		for _, s := range r.Steps {
			if s.ID == flow.StepToken {
				return s.Lead
			}
		}
		return ""
	}
	before := lead(inspect.Read(tr, inspect.Options{}))
	without := inspect.Read(tr, inspect.Options{WithoutPKCE: true})
	for _, a := range without.Arrows {
		if a.PKCE {
			t.Errorf("an arrow of PKCE is left: %q", a.Text)
		}
	}
	if lead(without) == before {
		t.Errorf("the token step is explained as before: %q", before)
	}
	if after := lead(inspect.Read(tr, inspect.Options{})); after != before {
		t.Errorf("the reading with PKCE became %q, was %q", after, before)
	}
}

// A remark about PKCE goes with it; what is wrong with it stays.
func TestWithoutPKCEWhatIsWrongIsStillSaid(t *testing.T) {
	for _, row := range []struct {
		name, code string
		method     flow.Method
		stays      bool
	}{
		{"a remark", "pkce-accepted-though-not-advertised", flow.MethodS256, false},
		{"a warning", "plain-challenge", flow.MethodPlain, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			tr := handmade(row.method)
			replaceAnswer(flow.StepDiscovery, `,"code_challenge_methods_supported":["S256","plain"]`, "")(&tr)
			for _, without := range []bool{false, true} {
				all := ""
				for _, s := range inspect.Read(tr, inspect.Options{WithoutPKCE: without, Now: now}).Steps {
					all += codes(s.Findings) + " "
				}
				if want := row.stays || !without; strings.Contains(all, row.code) != want {
					t.Errorf("without PKCE %t: %s", without, all)
				}
			}
		})
	}
}
