package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// progress prints a line for each step of a walk as it ends.
type progress struct {
	stderr io.Writer
	news   chan struct{}
	told   map[flow.StepID]bool
	// shown is the user code of the device flow that was shown last. It is
	// never shown where a played browser types it.
	shown  string
	played bool
}

func newProgress(stderr io.Writer, played bool) *progress {
	return &progress{stderr: stderr, played: played, news: make(chan struct{}, 1), told: map[flow.StepID]bool{}}
}

// changed is [flow.Options.Changed]. It must not block, and one piece of news
// in the channel stands for any number.
func (p *progress) changed() {
	select {
	case p.news <- struct{}{}:
	default:
	}
}

// follow tells of w's steps until stop is called, and calls waiting once when
// the walk begins to wait for the callback. After stop everything is told.
func (p *progress) follow(w *flow.Walk, waiting func(listening []string)) (stop func()) {
	ended := make(chan struct{})
	var done sync.WaitGroup
	var awaited sync.Once
	done.Go(func() {
		for {
			select {
			case <-p.news:
			case <-ended:
				p.tell(w.Transcript())
				return
			}
			p.tell(w.Transcript())
			if pending, ok := w.Pending(); ok && pending.Waiting {
				awaited.Do(func() { waiting(pending.Listening) })
			}
		}
	})
	return func() {
		close(ended)
		done.Wait()
	}
}

// tell prints the steps that have ended since the last time.
func (p *progress) tell(t flow.Transcript) {
	p.showCode(t.Step(flow.StepDevice))
	var fresh []flow.StepID
	for _, s := range t.Steps {
		switch s.Status {
		case flow.StatusOK, flow.StatusFailed, flow.StatusCancelled:
			if !p.told[s.ID] {
				p.told[s.ID] = true
				fresh = append(fresh, s.ID)
			}
		case flow.StatusPending, flow.StatusSkipped, flow.StatusUnseen:
		}
	}
	if len(fresh) == 0 {
		return
	}
	report := inspect.Read(t, inspect.Options{Now: time.Now()})
	for _, id := range fresh {
		for _, s := range report.Steps {
			if s.ID == id {
				p.step(s)
			}
		}
	}
}

// showCode tells the person what to type where, as soon as the provider has
// said so: a browser may be opened at once.
func (p *progress) showCode(device flow.Step) {
	code, _ := device.Value("user_code")
	page, ok := device.Value("verification_uri")
	if !ok || p.played || code == p.shown {
		return
	}
	p.shown = code
	fmt.Fprintf(p.stderr, "\nType the code %s at %s, in a browser on any device.\n\n", inspect.Clean(code), inspect.Clean(page))
}

// step prints a step and what a person should know about it.
func (p *progress) step(s inspect.Step) {
	fmt.Fprintf(p.stderr, "%-9s  %s\n", s.Status, s.Title)
	for _, f := range s.Findings {
		if f.Severity != inspect.SeverityInfo {
			fmt.Fprintf(p.stderr, "%-9s  %s\n", "  "+string(f.Severity), f.What)
		}
	}
}

// sumUp prints what a completed run brought.
func sumUp(stderr io.Writer, r inspect.Report) {
	fmt.Fprintln(stderr)
	fmt.Fprintln(stderr, r.Summary)
	for _, s := range r.Steps {
		for _, t := range s.Tokens {
			from := ""
			if s.ID != flow.StepToken {
				from = " (" + s.Title + ")"
			}
			fmt.Fprintf(stderr, "  %-13s  %s%s\n", t.Name, tally(t), from)
		}
	}
}

// tally sums up the checks of a token: "10 checks passed, 1 could not be made".
func tally(t inspect.Token) string {
	if len(t.Checks) == 0 {
		return t.Kind
	}
	count := map[inspect.Result]int{}
	for _, c := range t.Checks {
		count[c.Result]++
	}
	var parts []string
	for _, p := range []struct {
		result inspect.Result
		what   string
	}{
		{inspect.Fail, "failed"},
		{inspect.Pass, "passed"},
		{inspect.Unknown, "could not be made"},
	} {
		if n := count[p.result]; n == 1 {
			parts = append(parts, "1 check "+p.what)
		} else if n > 1 {
			parts = append(parts, fmt.Sprintf("%d checks %s", n, p.what))
		}
	}
	return t.Kind + ", " + strings.Join(parts, ", ")
}
