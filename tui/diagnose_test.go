package tui

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

const redirectError = `{"error":"invalid_request","error_description":"AADSTS50011: The redirect URI 'http://localhost:8400/callback/' specified in the request does not match the redirect URIs configured for the application '6731de76-14a6-49ae-97bc-6eba6914391e'. Trace ID: 3f0c1d52-0000-4000-8000-00000000a001 Correlation ID: 3f0c1d52-0000-4000-8000-00000000a002 Timestamp: 2025-03-04 05:06:07Z","code":"0.SECRETCODE"}`

func TestDiagnoseScreens(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
		for name, text := range map[string]string{"empty": "", "known": redirectError, "unknown": "the moon is full"} {
			t.Run(fmt.Sprintf("%s %dx%d", name, size[0], size[1]), func(t *testing.T) {
				m := sized(New(Options{Theme: "dark"}), size[0], size[1], "D")
				if text != "" {
					next, _ := m.Update(tea.PasteMsg{Content: text})
					m = next.(Model)
				}
				checkScreen(t, m)
				golden.RequireEqual(t, ansi.Strip(m.View().Content))
			})
		}
	}
}

func TestAPastedErrorIsDiagnosedAndNotRepeated(t *testing.T) {
	d := NewDriver(t, New(Options{Theme: "dark"}), 120, 40)
	d.Send(tea.PasteMsg{Content: redirectError}) // on the home screen already
	d.Shows("The redirect URI that was sent is not registered", "AADSTS50011", "To fix it", "the owner of the app registration")
	d.Hides("SECRETCODE")
	d.Press("T")
	d.until("the ticket", func() bool { return len(d.Said) > 0 })
	if got := d.Said[0]; !strings.Contains(got, "3f0c1d52-0000-4000-8000-00000000a002") || strings.Contains(got, "SECRETCODE") {
		t.Errorf("the ticket: %s", got)
	}
	d.Press("esc")
	d.Shows("Practice tenant")
}

func TestACodeCanBeTyped(t *testing.T) {
	d := NewDriver(t, New(Options{Theme: "dark"}), 80, 24)
	d.Press("D", "T")
	d.Shows("There is no error yet")
	d.Press("e")
	d.Type("AADSTS50148")
	d.Press("enter")
	d.Shows("The code_verifier does not belong to the code_challenge")
}

// The same answer as on the command line: a cause that is not certain has
// others beside it, and their names lead on, to the same provider's fix.
func TestWhatElseItCouldBeIsNamedAndReached(t *testing.T) {
	d := NewDriver(t, New(Options{Theme: "dark"}), 120, 40)
	d.Press("D")
	d.Send(tea.PasteMsg{Content: "50011"})
	d.Shows("If it is not that")
	d.Shows("client-id-unknown")
	d.Press("e")
	d.Type("client-id-unknown")
	d.Press("enter")
	d.Shows("The provider does not know this client id")
	d.Shows("Entra admin center")
}

func TestASavedRunIsDiagnosedWhereItFailed(t *testing.T) {
	tr := failedWalk(t, flow.Edit{Step: flow.StepToken, Name: "code_verifier", Value: inspect.ExampleVerifier})
	data, err := inspect.Read(tr, inspect.Options{}).JSON()
	if err != nil {
		t.Fatal(err)
	}
	d := NewDriver(t, New(Options{Theme: "dark"}), 120, 40)
	d.Press("D")
	d.Send(tea.PasteMsg{Content: string(data)})
	d.Shows("a saved run", "AADSTS501481")
}

func TestTheEvidenceOfAFailedStepIsReachedByAKey(t *testing.T) {
	for name, row := range map[string]struct {
		edit flow.Edit
		want string
	}{
		"a parameter of the token request": {flow.Edit{Step: flow.StepToken, Name: "code_verifier", Value: inspect.ExampleVerifier}, "code_verifier"},
		"another redirect URI":             {flow.Edit{Step: flow.StepToken, Name: "redirect_uri", Value: "http://localhost:1/other"}, "redirect_uri"},
		"a header":                         {flow.Edit{Step: flow.StepToken, Name: "header.Origin", Value: "https://example.com"}, "Origin"},
	} {
		t.Run(name, func(t *testing.T) {
			tr := failedWalk(t, row.edit)
			d := NewDriver(t, New(Options{Theme: "dark", Transcript: &tr, File: "run.json"}), 80, 24)
			d.until("the run", func() bool { m := d.Model.(Model); return m.hasVisit() })
			d.Press("w")
			m := d.Model.(Model)
			s, ok := m.panes[m.focus].subject()
			if m.focus != paneRequest || !ok || !strings.EqualFold(s.name, row.want) {
				t.Errorf("the keys are with pane %d, on %q, want the row %s of the request:\n%s", m.focus, s.name, row.want, d.Screen())
			}
			d.Shows(row.want)
		})
	}
}

func TestEvidenceThatIsMissingIsSaidToBeMissing(t *testing.T) {
	tr := failedWalk(t, flow.Edit{Step: flow.StepToken, Name: "code_verifier", Unset: true})
	d := NewDriver(t, New(Options{Theme: "dark", Transcript: &tr, File: "run.json"}), 120, 40)
	d.until("the run", func() bool { m := d.Model.(Model); return m.hasVisit() })
	d.Press("w")
	d.Shows("code_verifier is in none of the messages")
}

func TestATicketOfAFailedStepIsCopiedWithItsSecretsMasked(t *testing.T) {
	tr := failedWalk(t, flow.Edit{Step: flow.StepToken, Name: "code_verifier", Value: inspect.ExampleVerifier})
	d := NewDriver(t, New(Options{Theme: "dark", Transcript: &tr, File: "run.json"}), 120, 40)
	d.until("the run", func() bool { m := d.Model.(Model); return m.hasVisit() })
	d.Press("x", "T") // what is revealed on the screen stays masked in a ticket
	d.until("the ticket", func() bool { return len(d.Said) > 0 })
	correlation, _ := tr.Step(flow.StepToken).Value("correlation_id")
	if got := d.Said[0]; !strings.Contains(got, correlation) || !strings.Contains(got, "What to do") || strings.Contains(got, inspect.ExampleVerifier) {
		t.Errorf("the ticket: %s", got)
	}
	d.Press("left", "T")
	d.Shows("This step did not fail.")
}

// failedWalk is a run at a practice tenant that an edit made fail.
func failedWalk(t *testing.T, e flow.Edit) flow.Transcript {
	t.Helper()
	c, b, err := atPractice(t).Practice()
	if err != nil {
		t.Fatal(err)
	}
	c.Edits = append(c.Edits, e)
	w, err := flow.New(c, flow.Options{Browser: b})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Close() }()
	if w.Run(t.Context()) == nil {
		t.Fatal("the run did not fail")
	}
	return w.Transcript()
}
