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
}

func newProgress(stderr io.Writer) *progress {
	return &progress{stderr: stderr, news: make(chan struct{}, 1), told: map[flow.StepID]bool{}}
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
	var fresh []flow.StepID
	for _, s := range t.Steps {
		switch s.Status {
		case flow.StatusOK, flow.StatusFailed, flow.StatusCancelled:
			if !p.told[s.ID] {
				p.told[s.ID] = true
				fresh = append(fresh, s.ID)
			}
		case flow.StatusPending, flow.StatusSkipped:
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

// step prints a step and what a person should know about it.
func (p *progress) step(s inspect.Step) {
	fmt.Fprintf(p.stderr, "%-9s  %s%s\n", s.Status, s.Title, tokensLine(s.Tokens))
	for _, f := range s.Findings {
		if f.Severity != inspect.SeverityInfo {
			fmt.Fprintf(p.stderr, "%-9s  %s\n", "  "+string(f.Severity), f.What)
		}
	}
}

// tokensLine sums up a step's tokens: "  id_token (10 checks passed)".
func tokensLine(tokens []inspect.Token) string {
	var b strings.Builder
	for _, t := range tokens {
		passed, failed := 0, 0
		for _, c := range t.Checks {
			switch c.Result {
			case inspect.Pass:
				passed++
			case inspect.Fail:
				failed++
			case inspect.Unknown:
			}
		}
		switch {
		case failed > 0:
			fmt.Fprintf(&b, "  %s (%d of %d checks failed)", t.Name, failed, len(t.Checks))
		case passed > 0:
			fmt.Fprintf(&b, "  %s (%d checks passed)", t.Name, passed)
		default:
			fmt.Fprintf(&b, "  %s (%s)", t.Name, t.Kind)
		}
	}
	return b.String()
}
