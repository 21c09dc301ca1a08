package tui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/lab"
	"github.com/pkcescope/pkcescope/flow/practice"
	"github.com/pkcescope/pkcescope/inspect"
)

// realLab is the lab itself, as the command hands it over.
type realLab struct{ lab *lab.Lab }

func newRealLab(t *testing.T) realLab {
	t.Helper()
	l, err := lab.Open(lab.Options{Window: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return realLab{l}
}

func (r realLab) Play(ctx context.Context, ref inspect.PlayRef, _ int, _ func(string)) (func(bool) inspect.Theatre, error) {
	return inspect.Stage(ctx, r.lab, ref)
}

func (realLab) Compare(c flow.Config, b flow.Browser, o CompareOptions, changed func()) (Twins, error) {
	kinds := []lab.Kind{lab.KindMethod, lab.KindTrap}
	if o.Probes {
		kinds = append(kinds, lab.KindProbe)
	}
	cases := slices.DeleteFunc(lab.Cases(kinds...), func(c lab.Case) bool { return c.Plain && !o.Plain })
	t, err := lab.NewTwins(c, cases, lab.TwinOptions{Browser: b, Changed: changed})
	if err != nil {
		return nil, err
	}
	return realTwins{t}, nil
}

func (r realLab) Flows(ctx context.Context) (inspect.FlowComparison, error) {
	runs, err := r.lab.CompareFlows(ctx)
	return inspect.CompareFlows(runs), err
}

type realTwins struct{ *lab.Twins }

func (r realTwins) Read(reveal bool) inspect.Comparison {
	return inspect.CompareRuns(r.Results(), inspect.Options{Reveal: reveal})
}

// atPractice are options with the lab and a practice tenant.
func atPractice(t *testing.T) Options {
	t.Helper()
	s, err := practice.Start(practice.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return Options{
		Theme: "dark", Lab: newRealLab(t),
		Practice: func() (flow.Config, flow.Browser, error) { return s.Config(), s.Browser(), nil },
	}
}

func TestTheTheatrePlaysAStolenCodeToItsEnd(t *testing.T) {
	d := NewDriver(t, New(atPractice(t)), 80, 24)
	d.Press("i")
	d.until("the matrix", func() bool { return strings.Count(d.Screen(), "refused") == 4 })
	d.Shows("What a thief can do", "redirect only", "authorize URL too", "[✗ redeemed]")
	d.Press("enter")
	d.Until("scene 1 of 6")
	d.Shows("App", "Thief", "Identity provider", "The app begins a sign-in", "The thief wants tokens")
	d.Press("enter", "enter", "enter", "enter")
	d.Shows("scene 5 of 6", "The thief sends the token request", "I have tokens", "200 OK")
	d.Press("G")
	d.Shows("✗ The thief won.", "What would stop him", "RFC 7636 section 4.6", "Use S256")

	// The one change turns the result round, by running.
	d.Press("f")
	d.Until("The thief sends the token request")
	d.Until("redirect only, S256")
	d.Press("G")
	d.Shows("✓ The app won.", "AADSTS50148")

	// Its transcript opens like any other, and leads back.
	d.Press("t")
	d.Until("Token")
	d.Press("esc")
	d.Shows("The app won.")
	d.Press("esc")
	d.Shows("What a thief can do")
	d.Press("esc")
	d.Shows("Practice tenant")
}

func TestAScenarioIsStagedWhenItIsChosenAndFlipsBothWays(t *testing.T) {
	d := NewDriver(t, New(atPractice(t)), 120, 40)
	d.Press("i")
	d.until("the matrix", func() bool { return strings.Count(d.Screen(), "refused") == 4 })
	for range 2 + 4 {
		d.Press("down")
	}
	d.Press("enter")
	d.Until("scene 1 of 3")
	d.Shows("without a state that is bound")
	d.Press("G")
	d.Shows("✗ The thief won.")
	d.Press("f")
	d.Until("with a state that is bound")
	d.Shows("✓ The app won.", "The state does not belong to this browser.")
	d.Press("f")
	d.Until("✗ The thief won.")
	d.Press("esc")
	d.Shows("✗ thief wins", "✓ thief loses")
}

// stuckLab stages nothing until it is cancelled.
type stuckLab struct{ realLab }

func (stuckLab) Play(ctx context.Context, _ inspect.PlayRef, _ int, progress func(string)) (func(bool) inspect.Theatre, error) {
	progress("████░░░░  50%")
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestASearchShowsItsBarAndCanBeCancelled(t *testing.T) {
	o := atPractice(t)
	o.Lab = stuckLab{}
	d := NewDriver(t, New(o), 80, 24)
	d.Press("i")
	d.Until("████░░░░  50%")
	d.Shows("running", "esc cancel")
	d.Press("esc")
	d.Until("Cancelled.")
	d.Press("esc")
	d.Shows("Practice tenant")
}

// brokenLab cannot stage anything.
type brokenLab struct{}

func (brokenLab) Play(context.Context, inspect.PlayRef, int, func(string)) (func(bool) inspect.Theatre, error) {
	return nil, errors.New("no port is left")
}

func (brokenLab) Compare(flow.Config, flow.Browser, CompareOptions, func()) (Twins, error) {
	return nil, &flow.Error{Kind: flow.KindRefused, What: "The client is not complete.", Try: "Complete it."}
}

func (brokenLab) Flows(context.Context) (inspect.FlowComparison, error) {
	return inspect.FlowComparison{}, errors.New("no port is left")
}

func TestTheOtherFlowsAreCarriedOutAndLaidBeside(t *testing.T) {
	d := NewDriver(t, New(atPractice(t)), 120, 60)
	d.Press("c")
	d.Until("Not reached yet")
	d.Press("f")
	d.Until("What a widely read page says otherwise")
	d.Shows("Device code", "there is none", "gets the tokens", "no redirect URI needed", "AADSTS50011")
	d.Press("esc")
	d.Shows("Not reached yet")
}

func TestAnExperimentThatCannotStartSaysWhy(t *testing.T) {
	o := atPractice(t)
	o.Lab = brokenLab{}
	d := NewDriver(t, New(o), 80, 24)
	d.Press("i")
	d.Until("no port is left")
	d.Press("esc", "esc", "c")
	d.Until("The client is not complete.")
	d.Shows("Complete it.")
	d.Press("esc")
	d.Shows("Practice tenant")
}

func TestTheComparisonIsWalkedInLockStep(t *testing.T) {
	d := NewDriver(t, New(atPractice(t)), 120, 60)
	d.Press("c")
	d.Until("Not reached yet")
	d.Press("enter") // discovery
	d.Until("enter next")
	idle := func() bool { return d.Model.(Model).compare.cancel == nil }
	d.until("the step", idle)
	d.Press("enter")
	d.Until("≠ code_verifier")
	d.until("the step", idle)
	d.Press("enter")
	d.Until("= the verifier itself")
	d.Shows("▸Challenge", "none", "plain", "S256", "^^^^^", "= the hash of the")
	d.until("the step", idle)
	d.Press("a")
	d.Until("What this says about the server")
	d.Shows("✓ accepted", "✗ refused", "Enforces PKCE?")
	d.Press("left", "left", "left", "tab")
	d.Shows("▸Authorize", "omitted", "traps")
	d.Press("tab")
	d.Shows("probes", "wrong-verifier")
	d.Press("esc")
	d.Shows("Practice tenant")
}

func TestARealTenantIsAskedAboutFirst(t *testing.T) {
	o := atPractice(t)
	m := New(o)
	m.screen = screenWalk
	d := NewDriver(t, m, 100, 30)
	m = d.Model.(Model)
	c, _, _ := o.Practice()
	c.Practice = false
	w, err := flow.New(c, flow.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m.visit.walk, m.visit.config, m.visit.ended = w, c, make(chan struct{})
	d.Model = m
	d.Press("c")
	d.Shows("Compare on this tenant?", "plain sends the verifier itself", "RFC 7636", "esc no")
	d.Press("esc")
	d.Hides("Compare on this tenant?")
	d.Press("c", "n")
	d.Until("Not reached yet")
	for _, r := range d.Model.(Model).compare.read.Runs {
		if r.Kind == "probe" || r.Method == "plain" || r.Method == "omitted" {
			t.Errorf("%s runs though nobody allowed it", r.Method)
		}
	}
}

func TestWithoutALabTheKeysSayWhy(t *testing.T) {
	d := NewDriver(t, New(Options{Theme: "dark"}), 80, 24)
	for _, k := range []string{"c", "i"} {
		d.Press(k)
		d.Shows("There are no experiments in this program.")
	}
}

// The pictures of the lab's screens are made of plays with fixed words, so that
// a better sentence elsewhere does not change one here.
func fixedTheatre(won bool) inspect.Theatre {
	known := []inspect.Known{
		{Name: "code_verifier", Value: "●●●●●●●● 43 chars #1a4ab7f4", App: true},
		{Name: "code_challenge", Value: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", App: true, Thief: true, Provider: true},
		{Name: "code", Value: "●●●●●●●● 99 chars #976227c1", App: true, Thief: true, Provider: true, New: true},
	}
	x := inspect.Exchange{
		Label: "Token request", Actor: flow.ActorAttacker, Channel: flow.ChannelBack,
		Request:  inspect.Message{Line: "POST /token HTTP/1.1", URL: "https://login.example/token", Rows: []inspect.Row{row("code", "●●●●●●●● 99 chars #976227c1", ""), pkce(row("code_verifier", "●●●●●●●● 43 chars #1a4ab7f4", ""))}},
		Response: &inspect.Message{Line: "400 Bad Request", Rows: []inspect.Row{row("error", "invalid_grant", ""), row("error_description", "The verifier does not fit.", "")}},
	}
	return inspect.Theatre{
		ID: "stolen-code", Title: "The code is stolen", Aim: "The thief wants tokens.", ThiefWon: won, Decisive: 1,
		Verdict: choose(won, "The thief won.", "The app won."), Why: "Here is said why, in a sentence that is long enough to be broken.",
		StoppedBy: "code_verifier", Refs: []inspect.Ref{{Text: "RFC 7636 section 4.6", URL: "https://www.rfc-editor.org/rfc/rfc7636#section-4.6"}},
		Flip: "Make the one change.", Answer: choose(won, "", "invalid_grant: The verifier does not fit."),
		Scenes: []inspect.Scene{
			{Title: "The thief takes the code", From: inspect.LaneApp, To: inspect.LaneThief, App: "I notice nothing.", Thief: "I have the code.", Provider: "I notice nothing.", Known: known},
			{Title: "The thief sends the token request", From: inspect.LaneThief, To: inspect.LaneProvider, App: "I am about to redeem my code.", Thief: "Refused.", Provider: "Something does not fit.", Known: known, Exchanges: []inspect.Exchange{x}},
		},
	}
}

// fixedLab plays the fixed theatre.
type fixedLab struct{ realLab }

func (fixedLab) Play(_ context.Context, r inspect.PlayRef, _ int, _ func(string)) (func(bool) inspect.Theatre, error) {
	return func(bool) inspect.Theatre { return fixedTheatre(r.Client == "none") }, nil
}

// settledModel is a model of the theatre when its matrix is filled.
func settledModel(t *testing.T, w, h int) *Driver {
	t.Helper()
	d := NewDriver(t, New(Options{Theme: "dark", Lab: fixedLab{}}), w, h)
	d.Press("i")
	d.until("the matrix", func() bool {
		m := d.Model.(Model)
		return len(m.theatre.queue) == 0 && m.theatre.cancel == nil
	})
	return d
}

func TestTheatreScreens(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {160, 50}} {
		for _, test := range []struct {
			name string
			keys []string
		}{
			{"board", nil},
			{"scene", []string{"enter"}},
			{"verdict", []string{"right", "right", "right", "enter", "G"}},
		} {
			t.Run(fmt.Sprintf("%s %dx%d", test.name, size[0], size[1]), func(t *testing.T) {
				d := settledModel(t, size[0], size[1])
				d.Press(test.keys...)
				golden.RequireEqual(t, ansi.Strip(d.Model.(Model).View().Content))
			})
		}
	}
}

// fixedComparison is a comparison of two runs.
func fixedComparison() inspect.Comparison {
	chars := func(s string, marked bool) (out []inspect.Character) {
		for _, r := range s {
			out = append(out, inspect.Character{Text: string(r), Marked: marked})
		}
		return out
	}
	cell := func(s string, marked bool) inspect.ComparedCell { return inspect.ComparedCell{Text: chars(s, marked)} }
	no := false
	ok := []flow.Status{flow.StatusOK, flow.StatusOK}
	return inspect.Comparison{
		Runs: []inspect.ComparedRun{
			{Method: "plain", Kind: "method", Outcome: flow.OutcomeOK, Means: "A thief who sees the request has the verifier."},
			{Method: "S256", Kind: "method", Outcome: flow.OutcomeOK, Means: "What can be seen does not lead to the verifier."},
		},
		Steps: []inspect.ComparedStep{
			{ID: flow.StepVerifier, Title: "Verifier", Statuses: ok},
			{ID: flow.StepAuthorize, Title: "Authorize", Statuses: ok, Sent: []inspect.ComparedRow{
				{Name: "code_challenge_method", PKCE: true, Cells: []inspect.ComparedCell{cell("plain", true), cell("S256", true)}},
				{Name: "client_id", Cells: []inspect.ComparedCell{cell("6731de76", false), cell("6731de76", false)}},
			}},
		},
		Traits:     []inspect.Trait{{Name: "Enforces PKCE?", Known: &no, Text: "A client that leaves PKCE out is served.", Clause: inspect.Ref{Text: "RFC 9700 section 2.1.1"}}},
		Derivation: inspect.TwinDerivation{Verifier: "abc", Plain: "abc", S256: "xbz"},
	}
}

func TestCompareScreens(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {160, 50}} {
		for tab, name := range map[int]string{1: "authorize", 2: "result"} {
			t.Run(fmt.Sprintf("%s %dx%d", name, size[0], size[1]), func(t *testing.T) {
				m := New(Options{Theme: "dark"})
				m.screen = screenCompare
				m.compare.config.Practice = true
				m.compare.read, m.compare.reads, m.compare.tab = fixedComparison(), 1, tab
				m = sized(m, size[0], size[1])
				checkScreen(t, m)
				golden.RequireEqual(t, ansi.Strip(m.View().Content))
			})
		}
	}
}

// Neither screen breaks, whatever the size of the window.
func TestLabScreensFitEveryWindow(t *testing.T) {
	d := settledModel(t, 80, 24)
	compared := New(Options{Theme: "dark"})
	compared.screen = screenCompare
	compared.compare.read, compared.compare.reads = fixedComparison(), 1
	for w := 1; w <= 170; w += 7 {
		for h := 1; h <= 60; h += 5 {
			for _, keys := range [][]string{nil, {"enter"}, {"enter", "G"}} {
				d := *d
				d.Model, _ = d.Model.Update(tea.WindowSizeMsg{Width: w, Height: h})
				d.Press(keys...)
				checkScreen(t, d.Model.(Model))
			}
			for tab := range 3 {
				m := compared
				m.compare.tab = tab
				checkScreen(t, sized(m, w, h))
			}
		}
	}
}
