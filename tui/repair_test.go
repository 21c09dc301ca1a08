package tui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/practice/broken"
	"github.com/pkcescope/pkcescope/inspect"
)

// openLab opens a lab by its id and runs it until it has failed, or ended.
func openLab(t *testing.T, solved map[string]bool, id string, w, h int) *Driver {
	t.Helper()
	d := NewDriver(t, New(Options{Theme: "dark", Labs: shelf{solved}}), w, h)
	t.Cleanup(func() { d.Model.(Model).close() })
	d.Press("b")
	for _, l := range broken.Labs() {
		if l.ID == id {
			break
		}
		d.Press("down")
	}
	d.Press("enter")
	d.Until("Discovery")
	d.Press("a")
	d.until("the run's end", func() bool {
		m := d.Model.(Model)
		return !m.isRunning() && m.visit.lab && (m.visit.failed || m.labs.tried)
	})
	d.until("the judgement", func() bool { return d.Model.(Model).labs.tried })
	return d
}

// Where the fix is the client's, one key makes it and the lab runs to its end.
func TestAFixOfTheClientIsMadeByAKey(t *testing.T) {
	for id, change := range map[string]string{
		"secret-in-an-app":        "secret",
		"verifier-of-another-tab": "token.code_verifier",
		"verifier-forgotten":      "token.code_verifier",
		"padded-challenge":        "authorize.code_challenge",
		"hex-digest":              "authorize.code_challenge",
		"method-left-out":         "authorize.code_challenge_method",
		"redirect-differs":        "token.redirect_uri",
		"two-resources":           "scopes",
		"resource-beside-scope":   "authorize.resource",
		"silent-without-session":  "prompt",
		"id-token-in-front":       "authorize.response_type",
		"no-such-client":          "authorize.client_id",
		"hour-later":              "scopes",
	} {
		t.Run(id, func(t *testing.T) {
			solved := map[string]bool{}
			d := openLab(t, solved, id, 120, 40)
			if id == "hour-later" { // it does not fail, and what is missing is the token step's
				for m := d.Model.(Model); ; m = d.Model.(Model) {
					if s, _ := m.step(); s.ID == flow.StepToken {
						break
					}
					d.Press("left")
				}
			}
			d.Press("v") // the judgement stands over the foot until a key is pressed
			d.Shows("F fix")
			d.Press("F")
			d.Shows("Fix it in the client", change, "walked again")
			d.Press("enter")
			d.Until("Solved")
			if !solved[id] {
				t.Error("the screen says that the lab is solved, and it was not kept")
			}
		})
	}
}

// Where it is somebody else's, the key is not offered and says so.
func TestAFixThatIsNotTheClientsIsNotOffered(t *testing.T) {
	for id, says := range map[string]string{
		"desktop-under-web":    "Nothing in the client's own settings",
		"assignment":           "Nothing in the client's own settings",
		"public-client-switch": "cannot be changed in this lab",
	} {
		t.Run(id, func(t *testing.T) {
			d := openLab(t, map[string]bool{}, id, 120, 40)
			d.Press("v")
			d.Hides("F fix")
			d.Press("F")
			d.Shows(says)
			d.Hides("Fix it in the client")
		})
	}
}

// A walk of one's own client is changed in place: what was discovered stays, and
// what comes before the changed request is not done again.
func TestAWalkGoesOnFromTheStepThatWasMended(t *testing.T) {
	o := atPractice(t)
	c, b, err := o.Practice()
	if err != nil {
		t.Fatal(err)
	}
	c.Scopes = []string{"openid", "https://graph.microsoft.com/User.Read", "api://5c1e7a90-8d24-4f3b-a6e5-0b97d2c48f13/Orders.Read"}
	o.Practice = func() (flow.Config, flow.Browser, error) { return c, b, nil }
	d := NewDriver(t, New(o), 80, 24)
	d.Press("enter")
	d.Until("Discovery")
	d.Press("a")
	d.until("the failure", func() bool { return d.Model.(Model).visit.failed })
	before := d.Model.(Model).visit.reading.transcript
	d.Press("F")
	d.Shows("Fix it in the client", "goes on again from Authorize")
	d.Press("esc")
	d.Hides("Fix it in the client")
	if m := d.Model.(Model); m.isRunning() {
		t.Fatal("it ran though nobody agreed")
	}
	d.Press("F", "enter")
	d.until("the end", func() bool {
		m := d.Model.(Model)
		return !m.isRunning() && m.visit.reading.transcript.Step(flow.StepToken).Status == flow.StatusOK
	})
	after := d.Model.(Model).visit.reading.transcript
	verifier := func(t flow.Transcript) string { v, _ := t.Step(flow.StepVerifier).Value("code_verifier"); return v }
	if verifier(before) != verifier(after) || len(after.Step(flow.StepDiscovery).Exchanges) != 1 {
		t.Error("it began before the step that was mended")
	}
	if got := strings.Join(after.Config.Scopes, " "); strings.Contains(got, "graph") {
		t.Errorf("the scopes are %s", got)
	}
}

func TestASavedRunCannotBeMended(t *testing.T) {
	tr := failedWalk(t, flow.Edit{Step: flow.StepToken, Name: "code_verifier", Value: inspect.ExampleVerifier})
	d := NewDriver(t, New(Options{Theme: "dark", Transcript: &tr, File: "run.json"}), 80, 24)
	d.until("the run", func() bool { m := d.Model.(Model); return m.hasVisit() })
	d.Press("F")
	d.Shows("saved transcript")
}

func TestGoldenRepair(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}} {
		t.Run(itoa(size[0])+"x"+itoa(size[1]), func(t *testing.T) {
			m := sized(New(Options{Theme: "dark"}), size[0], size[1])
			step := inspect.Step{ID: flow.StepCallback, Title: "Callback", Repair: &inspect.Repair{
				Title: "Scopes of more than one API in one request", What: "Ask for the scopes of api://orders alone.", From: flow.StepCallback,
				Changes: []inspect.Change{
					{Setting: "scopes", From: "openid https://graph.microsoft.com/User.Read api://orders/Read", To: "openid api://orders/Read"},
					{Setting: "token.redirect_uri", To: "as this program makes it", Undone: true},
				},
			}}
			m.visit.reading.report.Steps = []inspect.Step{step}
			m.screen = screenWalk
			m.askRepair()
			m.sync()
			golden.RequireEqual(t, ansi.Strip(m.View().Content))
		})
	}
}
