package main

import (
	"context"
	"slices"
	"sync"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/lab"
	"github.com/pkcescope/pkcescope/inspect"
	"github.com/pkcescope/pkcescope/tui"
)

// experiments is the lab of this process, for the terminal program. It starts
// when it is first asked for, because most runs need none.
type experiments struct {
	mu  sync.Mutex
	lab *lab.Lab
	// progress is whoever wants to hear of a search; plays follow one another.
	progress func(lab.Progress)
}

// open returns the lab.
func (e *experiments) open() (*lab.Lab, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.lab != nil {
		return e.lab, nil
	}
	l, err := lab.Open(lab.Options{Progress: e.tell})
	if err != nil {
		return nil, err
	}
	e.lab = l
	return l, nil
}

func (e *experiments) tell(p lab.Progress) {
	e.mu.Lock()
	listener := e.progress
	e.mu.Unlock()
	if listener != nil {
		listener(p)
	}
}

func (e *experiments) listen(f func(lab.Progress)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.progress = f
}

// Play implements [tui.Lab].
func (e *experiments) Play(ctx context.Context, r inspect.PlayRef, cells int, progress func(string)) (func(bool) inspect.Theatre, error) {
	l, err := e.open()
	if err != nil {
		return nil, err
	}
	e.listen(func(p lab.Progress) { progress(inspect.SearchBar(p, cells)) })
	defer e.listen(nil)
	return inspect.Stage(ctx, l, r)
}

// Compare implements [tui.Lab].
func (e *experiments) Compare(c flow.Config, b flow.Browser, o tui.CompareOptions, changed func()) (tui.Twins, error) {
	kinds := []lab.Kind{lab.KindMethod, lab.KindTrap}
	if o.Probes {
		kinds = append(kinds, lab.KindProbe)
	}
	cases := slices.DeleteFunc(lab.Cases(kinds...), func(c lab.Case) bool { return c.Plain && !o.Plain })
	twins, err := lab.NewTwins(c, cases, lab.TwinOptions{Browser: b, Changed: changed})
	if err != nil {
		return nil, err
	}
	return comparison{twins}, nil
}

// Flows implements [tui.Lab].
func (e *experiments) Flows(ctx context.Context) (inspect.FlowComparison, error) {
	l, err := e.open()
	if err != nil {
		return inspect.FlowComparison{}, err
	}
	runs, err := l.CompareFlows(ctx)
	return inspect.CompareFlows(runs), err
}

// close ends the lab, if there is one.
func (e *experiments) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.lab != nil {
		_ = e.lab.Close()
	}
}

// comparison is [tui.Twins].
type comparison struct{ *lab.Twins }

// Read implements [tui.Twins].
func (c comparison) Read(reveal bool) inspect.Comparison {
	return inspect.CompareRuns(c.Results(), inspect.Options{Reveal: reveal})
}
