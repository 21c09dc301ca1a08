package inspect_test

import (
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
