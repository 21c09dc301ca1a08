package tui

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// screenText is the screen of a model as text.
func screenText(m Model) string { d := Driver{Model: m}; return d.Screen() }

// A key that does nothing now says why, in a sentence, and is not in the foot.
func TestDeadKeysSayWhy(t *testing.T) {
	for name, row := range map[string]struct {
		model func() Model
		key   string
		want  string
	}{
		"edit on a step that is done":    {func() Model { m, _ := fixture("dark", flow.StepKeys, false); return sized(m, 120, 40, "left") }, "e", "b makes this step the next one"},
		"tokens before there are any":    {func() Model { m, _ := fixture("dark", flow.StepVerifier, false); return sized(m, 120, 40) }, "t", "There are no tokens yet."},
		"other exchange of a single one": {func() Model { m, _ := fixture("dark", flow.StepAuthorize, false); return sized(m, 120, 40) }, "]", "only one request"},
		"next found without a search":    {func() Model { m, _ := fixture("dark", flow.StepAuthorize, false); return sized(m, 120, 40) }, "n", "/ finds text"},
		"skip of what is needed":         {func() Model { m, _ := fixture("dark", flow.StepAuthorize, false); return sized(m, 120, 40) }, "S", "Only optional steps"},
		"back before anything is done":   {func() Model { m, _ := fixture("dark", flow.StepDiscovery, false); return sized(m, 120, 40) }, "b", "No step is done yet."},
		"run in a file":                  {func() Model { m := fileModel(); return sized(m, 120, 40) }, "a", "saved transcript"},
		"browser without one":            {func() Model { m := waitingModel(); return sized(m, 120, 40) }, "o", "no browser to open"},
		"a key that means nothing":       {func() Model { m, _ := fixture("dark", flow.StepAuthorize, false); return sized(m, 120, 40) }, "Z", "Z does nothing here"},
		"edit of an entry without one":   {func() Model { return sized(New(Options{}), 120, 40) }, "e", "Choose a saved profile"},
	} {
		t.Run(name, func(t *testing.T) {
			m := row.model()
			next, _ := m.Update(keyPress(row.key))
			if got := screenText(next.(Model)); !strings.Contains(got, row.want) {
				t.Errorf("%s did not say %q:\n%s", row.key, row.want, got)
			}
		})
	}
}

func fileModel() Model {
	m, _ := fixture("dark", flow.StepKeys, false)
	m.visit.walk, m.visit.file = nil, "run.json"
	m.visit.reading.more = false
	return m
}

// Each key in the foot does something: it changes the screen or hands the
// runtime something to do.
func TestEachKeyInTheFootWorks(t *testing.T) {
	for name, make := range pictures {
		if name == "find" {
			continue
		}
		m, keys := make()
		m = sized(m, 400, 40, keys...)
		if m.top() != nil {
			continue
		}
		for _, c := range m.table() {
			if c.foot == 0 || c.dead(&m) != "" {
				continue
			}
			t.Run(name+" "+c.Help().Key, func(t *testing.T) {
				m, keys := make()
				m = sized(m, 400, 40, keys...)
				before := m.View().Content
				next, cmd := m.Update(keyPress(c.Keys()[0]))
				if next.(Model).View().Content == before && cmd == nil {
					t.Errorf("%q (%s) does nothing", c.Keys()[0], c.word(&m))
				}
			})
		}
	}
}

// Two commands of one table must not want the same key.
func TestNoKeyIsBoundTwice(t *testing.T) {
	for name, table := range map[string][]command{"home": homeCommands, "wait": waitCommands, "walk": walkCommands} {
		seen := map[string]string{}
		for _, c := range table {
			for _, k := range c.Keys() {
				if other, ok := seen[k]; ok {
					t.Errorf("%s: %q is bound to %q and %q", name, k, other, c.Help().Desc)
				}
				seen[k] = c.Help().Desc
			}
		}
	}
}

// The help names every key of the table with a sentence.
func TestHelpComesFromTheBindings(t *testing.T) {
	m, _ := fixture("dark", flow.StepAuthorize, false)
	m = sized(m, 120, 200, "?")
	got := screenText(m)
	for _, c := range walkCommands {
		if c.group == "" {
			continue
		}
		if !strings.Contains(got, c.Help().Key) || !strings.Contains(got, strings.Fields(c.long)[0]) {
			t.Errorf("the help lacks %s: %s", c.Help().Key, c.long)
		}
	}
}

// A step that fails opens on its error, whatever had the focus, at any width.
func TestAFailedStepOpensOnItsError(t *testing.T) {
	for _, w := range []int{50, 80, 120} {
		m, walk := fixture("dark", flow.StepToken, false)
		m = sized(m, w, 24, "2")
		walk.err = &flow.Error{Kind: flow.KindServer, What: "No."}
		next, _ := m.Update(keyPress("enter"))
		m = next.(Model)
		next, _ = m.Update(doneMsg{visit: 1, err: walk.err, reading: reading{number: 1 << 50, report: fixtureReport(flow.StepToken, true), pending: walk.pending, more: true}})
		if got := screenText(next.(Model)); !strings.Contains(got, "The server said no") || !strings.Contains(got, "invalid_grant") {
			t.Errorf("at %d columns the error is not in sight:\n%s", w, got)
		}
	}
}

// A result that arrives after the person has moved on must not be shown.
func TestLateResultsAreDropped(t *testing.T) {
	m, _ := fixture("dark", flow.StepToken, false)
	m = sized(m, 120, 40)
	before := screenText(m)
	for _, msg := range []tea.Msg{
		doneMsg{visit: 0, err: errors.New("late")},
		readMsg{visit: 1, reading: reading{number: 1, report: inspect.Report{Summary: "old"}}},
		readMsg{visit: 0, reading: reading{number: 1 << 60}},
	} {
		next, _ := m.Update(msg)
		m = next.(Model)
	}
	if got := screenText(m); got != before {
		t.Errorf("a late result changed the screen:\n%s", got)
	}
}

// esc cancels a running step, and the walk hears of it.
func TestEscCancelsTheRunningStep(t *testing.T) {
	m, w := fixture("dark", flow.StepToken, false)
	w.waits = true
	d := NewDriver(t, m, 120, 40)
	d.Press("enter")
	d.Shows("…")
	d.Press("esc")
	d.Until("Cancelled.")
	if m := d.Model.(Model); m.isRunning() {
		t.Error("the step still counts as running")
	}
}

// Leaving cancels what runs and closes the walk.
func TestLeavingClosesTheWalk(t *testing.T) {
	m, w := fixture("dark", flow.StepToken, false)
	ctx, cancel := context.WithCancel(context.Background())
	m.visit.cancel = cancel
	m.visit.end()
	if ctx.Err() == nil || !w.closed {
		t.Errorf("cancelled %v, closed %v", ctx.Err() != nil, w.closed)
	}
}

// The editor passes on exactly what was typed.
func TestTheEditorChangesAddsRemovesAndReverts(t *testing.T) {
	m := editable()
	w := m.visit.walk.(*fakeWalk)
	d := NewDriver(t, m, 120, 40)
	d.Press("e", "enter")
	for range 36 {
		d.Press("backspace")
	}
	d.Type("other")
	d.Press("enter", "down", "d", "a")
	d.Type("prompt")
	d.Press("tab")
	d.Type("login")
	d.Press("enter")
	want := []flow.Edit{
		{Step: flow.StepAuthorize, Name: "client_id", Value: "other"},
		{Step: flow.StepAuthorize, Name: "code_challenge", Unset: true},
		{Step: flow.StepAuthorize, Name: "prompt", Value: "login"},
	}
	if len(w.edits) != len(want) {
		t.Fatalf("edits = %+v, want %+v", w.edits, want)
	}
	for i := range want {
		if w.edits[i] != want[i] {
			t.Errorf("edit %d = %+v, want %+v", i, w.edits[i], want[i])
		}
	}
	m = d.Model.(Model)
	m.visit.reading.transcript.Config.Edits = w.edits
	d.Model = m
	d.Press("r")
	if len(w.edits) != 0 {
		t.Errorf("after reverting: %+v", w.edits)
	}
}

// A paste while waiting goes to the walk, by way of the form.
func TestPasteWhileWaitingHandsOverTheAnswer(t *testing.T) {
	m := waitingModel()
	w := m.visit.walk.(*fakeWalk)
	d := NewDriver(t, m, 80, 24)
	d.Shows("Waiting for the browser", "https://login.example/tenant/oauth2/v2.0/authorize", "127.0.0.1:8400")
	d.Send(tea.PasteMsg{Content: "http://localhost:8400/?code=abc&state=k3Zq\n"})
	d.Shows("Paste the answer")
	d.Press("enter")
	d.Until("not taken")
	if len(w.pasted) != 1 || w.pasted[0] != "http://localhost:8400/?code=abc&state=k3Zq" {
		t.Errorf("pasted = %q", w.pasted)
	}
}

// A click selects, the wheel scrolls the pane under the pointer and leaves the
// focus where it is.
func TestMouse(t *testing.T) {
	m, _ := fixture("dark", flow.StepKeys, false)
	m = sized(m, 120, 20)
	r := m.layout.panes[paneExplain]
	next, _ := m.Update(tea.MouseWheelMsg{X: r.x + 2, Y: r.y + 2, Button: tea.MouseWheelDown})
	if m := next.(Model); m.panes[paneExplain].offset == 0 || m.focus != paneSteps {
		t.Errorf("offset %d, focus %d", m.panes[paneExplain].offset, m.focus)
	}
	next, _ = m.Update(tea.MouseClickMsg{X: 4, Y: 1 + 4, Button: tea.MouseLeft})
	if m := next.(Model); m.visit.step != 3 {
		t.Errorf("a click on the fourth step shows step %d", m.visit.step)
	}
	r = next.(Model).layout.panes[paneRequest]
	next, _ = next.(Model).Update(tea.MouseClickMsg{X: r.x + 4, Y: r.y + 4, Button: tea.MouseLeft})
	if m := next.(Model); m.focus != paneRequest || m.panes[paneRequest].item == 0 {
		t.Errorf("focus %d, item %d", m.focus, m.panes[paneRequest].item)
	}
}

// What was found is counted, and n goes round.
func TestFindGoesFromPlaceToPlace(t *testing.T) {
	m, _ := fixture("dark", flow.StepAuthorize, false)
	d := NewDriver(t, m, 120, 40)
	d.Press("2", "/")
	d.Type("CODE")
	d.Shows("1 of 3")
	d.Press("enter", "n")
	d.Shows("2 of 3")
	d.Press("n", "n")
	d.Shows("1 of 3")
	d.Press("esc", "/")
	d.Type("zebra")
	d.Shows("not found")
}

// Nothing ticks unless a clock is in sight, and seconds are shown only in the
// last minutes.
func TestTicksOnlyWhileAClockIsInSight(t *testing.T) {
	m, _ := fixture("dark", flow.StepAuthorize, false)
	if m = sized(m, 120, 40); m.counting() {
		t.Error("it counts without a clock")
	}
	m, _ = fixture("dark", flow.StepKeys, false)
	if m = sized(m, 120, 40); !m.counting() {
		t.Error("the clock stands still")
	}
	if m = sized(m, 60, 20, "2"); m.counting() {
		t.Error("it counts although the clock is out of sight")
	}
	for d, want := range map[time.Duration]string{
		-time.Second: "expired", 9*time.Minute + 41*time.Second: "9:41", 59 * time.Second: "0:59",
		75 * time.Minute: "75 min", 23 * time.Hour: "23 h", 90 * 24 * time.Hour: "90 d",
	} {
		if got, _ := timeLeft(d); got != want {
			t.Errorf("timeLeft(%v) = %q, want %q", d, got, want)
		}
	}
}

// The tenant form names what is wrong beside the field, and builds the issuer.
func TestTenantForm(t *testing.T) {
	var saved flow.Config
	d := NewDriver(t, New(Options{Profiles: memory{&saved}, Theme: "dark"}), 80, 24)
	d.Press("down", "enter")
	d.GoTo("entra tenant")
	d.Type("hello")
	d.Press("tab")
	d.Shows("neither an address nor a tenant")
	d.GoTo("entra tenant")
	d.Press("ctrl+u")
	d.Type("contoso.onmicrosoft.com")
	d.GoTo("client")
	d.Type("hello")
	d.Press("tab")
	d.Shows("At Entra ID this is a GUID")
	d.GoTo("client")

	d.Press("ctrl+u")
	d.Type("6731de76-14a6-49ae-97bc-6eba6914391e")
	d.GoTo("secret")
	d.Type("0d1a7f3c-52f1-4c0e-9a55-3f2e7b6d8c9a")
	d.Press("tab")
	d.Shows("This is the Secret ID", "••••")
	d.Hides("0d1a7f3c")
	d.GoTo("secret")
	d.Press("ctrl+u")
	d.Type("kN~8Q~secret")
	d.GoTo("name")
	d.Type("mine")
	d.Press("enter")
	if want := "https://login.microsoftonline.com/contoso.onmicrosoft.com/v2.0"; saved.Issuer != want {
		t.Errorf("issuer = %q, want %q\n%s", saved.Issuer, want, d.Screen())
	}
	if saved.Platform != flow.PlatformNative || saved.Name != "mine" {
		t.Errorf("saved = %+v", saved)
	}
}

// memory is a store of profiles in memory.
type memory struct{ saved *flow.Config }

func (p memory) Names() ([]string, error)                     { return nil, nil }
func (p memory) Load(string) (flow.Config, error)             { return *p.saved, nil }
func (p memory) Save(_ string, c flow.Config) (string, error) { *p.saved = c; return "profiles", nil }

// A click in a form goes to the field, and what it left is checked.
func TestClickInAForm(t *testing.T) {
	m := sized(New(Options{Theme: "dark"}), 80, 24, "down", "enter")
	f := m.top().(*form)
	rows := strings.Split(screenText(m), "\n")
	for y, r := range rows {
		if x := strings.Index(r, "Redirect URI"); x >= 0 {
			next, _ := m.Update(tea.MouseClickMsg{X: 10, Y: y, Button: tea.MouseLeft})
			m = next.(Model)
		}
	}
	if got := f.fields[f.at].id; got != "redirect" {
		t.Errorf("a click on the redirect URI goes to %s", got)
	}
}

// What is known about a parameter can be read at leisure: it does not go away
// when the panes that explain get the keys, as it does when the steps get them.
func TestWhatIsSaidAboutAParameterStaysWhileItIsRead(t *testing.T) {
	for _, w := range []int{60, 80, 120} {
		m, _ := fixture("dark", flow.StepToken, false)
		d := NewDriver(t, m, w, 40)
		about := func() string {
			m := d.Model.(Model)
			if !m.hasAbout() {
				return ""
			}
			return m.panes[paneAbout].title
		}
		d.Press("2", "j", "5")
		parameter := about()
		if parameter == "" {
			t.Fatalf("%d columns: nothing is said about the selected parameter", w)
		}
		for _, key := range []string{"j", "4", "j", "6", "5"} {
			if d.Press(key); about() != parameter {
				t.Errorf("%d columns: after %s it tells %q, not %q", w, key, about(), parameter)
			}
		}
		d.Press("2", "v", "5")
		if !strings.Contains(about(), "Content-Type") {
			t.Errorf("%d columns: with the headers shown it tells %q", w, about())
		}
		if d.Press("1"); about() != "" {
			t.Errorf("%d columns: beside the steps it still tells %q", w, about())
		}
		if d.Press("5"); d.Model.(Model).focus != paneSteps {
			t.Errorf("%d columns: a pane about nothing has the keys", w)
		}
		d.Shows("Nothing is selected")
	}
}

// Moving the selection leaves the text about the step where it is.
func TestTheStoryStaysWhileTheSelectionMoves(t *testing.T) {
	m, _ := fixture("dark", flow.StepToken, false)
	d := NewDriver(t, m, 120, 40)
	story := func() string {
		m := d.Model.(Model)
		r := m.layout.panes[paneExplain]
		return fmt.Sprint(r.x, r.y, m.panes[paneExplain].title, m.panes[paneExplain].doc.line(0).text())
	}
	before := story()
	for _, key := range []string{"tab", "j", "j", "tab", "tab", "tab", "tab"} {
		if d.Press(key); story() != before {
			t.Errorf("after %s: %s, not %s", key, story(), before)
		}
	}
}

// Help that the window holds is closed by any key, and names no other.
func TestHelpNamesTheKeysThatItTakes(t *testing.T) {
	for _, c := range []struct {
		h      int
		foot   string
		closes bool
	}{{60, "any key close", true}, {20, "any other key close", false}} {
		d := NewDriver(t, New(Options{}), 120, c.h)
		d.Press("?")
		d.Shows(c.foot)
		d.Press("down")
		m := d.Model.(Model)
		if shut := m.top() == nil; shut != c.closes {
			t.Errorf("at %d rows: closed by ↓: %t", c.h, shut)
		}
	}
}

// Another step shown while a row is read about tells of that step's first row,
// never of a row that is no longer there.
func TestWhatIsSaidIsAboutAShownRow(t *testing.T) {
	for _, w := range []int{60, 80, 120} {
		m, _ := fixture("dark", flow.StepKeys, false)
		d := NewDriver(t, m, w, 40)
		d.Press("2", "5")
		for range 8 {
			d.Press("left")
			m := d.Model.(Model)
			p, item := m.aboutItem()
			if m.layout.panes[m.focus].empty() {
				t.Fatalf("%d columns, %s: the pane with the keys is not shown", w, m.visit.reading.report.Steps[m.visit.step].ID)
			}
			if item == 0 || m.layout.panes[paneAbout].empty() {
				continue
			}
			sub, ok := m.panes[p].subject()
			if !ok || m.panes[p].key.step != m.visit.step || m.panes[paneAbout].title != "About "+sub.name {
				t.Errorf("%d columns, step %d: %q while %q of step %d is selected", w, m.visit.step, m.panes[paneAbout].title, sub.name, m.panes[p].key.step)
			}
		}
	}
}
