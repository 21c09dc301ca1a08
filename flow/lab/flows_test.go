package lab

import (
	"strings"
	"testing"
)

func TestEachFlowNeedsAndGivesWhatItsStandardSays(t *testing.T) {
	runs, err := open(t, Options{}).CompareFlows(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]struct {
		facts   FlowFacts
		phished bool
	}{
		FlowWeb:         {FlowFacts{Completed: true, Secret: true, RedirectURI: true, PKCE: true, FrontChannel: true, IDToken: true, RefreshToken: true, Polls: 1}, false},
		FlowInteractive: {FlowFacts{Completed: true, RedirectURI: true, PKCE: true, FrontChannel: true, IDToken: true, RefreshToken: true, Polls: 1}, false},
		FlowDevice:      {FlowFacts{Completed: true, FrontChannel: true, IDToken: true, RefreshToken: true, Polls: 2}, true},
	}
	if len(runs) != len(want) {
		t.Fatalf("%d flows, want %d", len(runs), len(want))
	}
	for _, r := range runs {
		t.Run(r.ID, func(t *testing.T) {
			got := r.Facts
			if secret := got.WithoutSecret; (r.ID == FlowWeb) != strings.Contains(secret, "AADSTS7000218") {
				t.Errorf("without the secret: %q", secret)
			}
			if other := got.OtherRedirect; (r.ID != FlowDevice) != strings.Contains(other, "AADSTS50011") {
				t.Errorf("another redirect URI: %q", other)
			}
			got.WithoutSecret, got.OtherRedirect = "", ""
			if got != want[r.ID].facts {
				t.Errorf("facts = %+v, want %+v", got, want[r.ID].facts)
			}
			if r.Phish.Won != want[r.ID].phished || len(r.Phish.Exchanges) == 0 {
				t.Errorf("the phisher won = %v (%q), want %v", r.Phish.Won, r.Phish.Answer, want[r.ID].phished)
			}
		})
	}
}
