// Package lab holds the experiments that need more than one walk, or more than
// one actor:
//
//   - [Twins] walks the same client several times in lock-step, with one
//     difference, so that what plain, S256 and no PKCE at all send and get can
//     be laid side by side.
//   - [Lab] stages attacks on the flow, each with and without its defence, and
//     fills the matrix of what a thief saw against what the client did.
//   - [CompareFlows] runs the authorization code flow beside the flows that it
//     is compared with.
//
// No verdict in here is a claim: each is read off the answer to a request of
// this run. The attacks take a practice tenant inside this process and nothing
// else; there is no way to hand them a URL.
//
// The package explains nothing. Its plays name their beats, and inspect finds
// the words.
package lab

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/pkcescope/pkcescope/flow/practice"
)

// Options configure a [Lab]. The zero value is usable.
type Options struct {
	// Faults are rules that the practice tenant does not keep in any play, on
	// top of those that a play switches itself. They are how a test shows that
	// the verdicts are not painted on.
	Faults []practice.Fault
	// Window is how far the start of the victim's machine may lie from what the
	// thief takes it to be, to either side. Zero: [DefaultWindow].
	Window time.Duration
	// Progress, if set, hears of a search while it runs. It must not block.
	Progress func(Progress)
}

// Lab stages attacks against practice tenants of its own. Its methods may be
// called from many goroutines; plays follow one another.
type Lab struct {
	o    Options
	home *practice.Server // the identity provider that the app trusts
	evil *practice.Server // a second issuer, which the thief runs

	mu sync.Mutex
}

// Open starts the tenants. Close ends them.
func Open(o Options) (*Lab, error) {
	home, err := practice.Start(practice.Options{Faults: o.Faults})
	if err != nil {
		return nil, err
	}
	evil, err := practice.Start(practice.Options{})
	if err != nil {
		_ = home.Close()
		return nil, err
	}
	l := &Lab{o: o, home: home, evil: evil}
	for _, r := range cast() {
		if err := errors.Join(home.Register(r), evil.Register(r)); err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	return l, nil
}

// Close ends the tenants.
func (l *Lab) Close() error {
	return errors.Join(l.home.Close(), l.evil.Close())
}

// Play stages a scenario of [Scenarios], with its defence or without. The
// error is the context's, or says why the play could not be staged; that the
// thief lost is not an error.
func (l *Lab) Play(ctx context.Context, id string, defended bool) (Play, error) {
	s, ok := find(id)
	if !ok {
		return Play{}, unknownScenario(id)
	}
	return l.stage(ctx, id, defended, s.act)
}

// stage sets up the tenants for one play and lets it run.
func (l *Lab) stage(ctx context.Context, id string, defended bool, act func(*stage) error) (Play, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.home.SetFaults(l.o.Faults...)
	defer l.home.SetFaults(l.o.Faults...)
	s := newStage(ctx, l, id, defended)
	defer s.close()
	if err := act(s); err != nil {
		return Play{}, err
	}
	return s.end(), nil
}
