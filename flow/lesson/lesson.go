// Package lesson carries out the runs of the lessons: small experiments at a
// practice tenant, each stopped just before the request that the learner is
// asked about.
//
//	s, _ := lesson.Start("challenge")
//	s.Prepare(ctx)   // as far as the question
//	s.Send(ctx)      // the request, and whatever comes after it
//	s.Transcripts()  // what happened
//
// The package explains nothing and expects nothing: inspect has the texts, and
// reads off the transcripts which answer was right.
package lesson

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/practice"
)

// Session is a lesson under way. Its methods must not be called at the same
// time, except Transcripts and Close.
type Session struct {
	ID string

	script script
	server *practice.Server
	walk   *flow.Walk

	mu sync.Mutex
	// ahead is how far the clocks of the tenant and of the app were put
	// forward: time passes for both.
	ahead time.Duration
	// later are exchanges that the app sent outside its walk.
	later map[flow.StepID][]flow.Exchange
	done  []flow.Transcript
}

// script is a lesson's run.
type script struct {
	id string
	// prepare comes as far as the question; nil: there is nothing before it.
	prepare func(context.Context, *Session) error
	send    func(context.Context, *Session) error
}

// IDs returns the ids of the lessons, in the order in which they are taught.
func IDs() []string {
	ids := make([]string, len(scripts))
	for i, s := range scripts {
		ids[i] = s.id
	}
	return ids
}

// Start starts the practice tenant of a lesson. Close ends it. The error for
// an unknown id lists the ids.
func Start(id string) (*Session, error) {
	i := slices.IndexFunc(scripts, func(s script) bool { return s.id == id })
	if i < 0 {
		return nil, &flow.Error{
			Kind: flow.KindRefused, What: fmt.Sprintf("There is no lesson %q.", id),
			Try: "Use one of " + strings.Join(IDs(), ", ") + ".",
		}
	}
	s := &Session{ID: id, script: scripts[i], later: map[flow.StepID][]flow.Exchange{}}
	server, err := practice.Start(practice.Options{Now: s.now})
	if err != nil {
		return nil, err
	}
	s.server = server
	return s, nil
}

// Prepare runs the lesson as far as its question.
func (s *Session) Prepare(ctx context.Context) error {
	if s.script.prepare == nil {
		return nil
	}
	return s.script.prepare(ctx, s)
}

// Send sends the request that was asked about, and what follows from it. That
// a server refuses it is a result and no error.
func (s *Session) Send(ctx context.Context) error { return s.script.send(ctx, s) }

// Transcripts are the runs so far, in their order. The last one is the run
// that the question is about.
func (s *Session) Transcripts() []flow.Transcript {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := slices.Clone(s.done)
	if s.walk == nil {
		return out
	}
	t := s.walk.Transcript()
	for i := range t.Steps {
		step := &t.Steps[i]
		if later := s.later[step.ID]; len(later) > 0 {
			step.Exchanges = append(step.Exchanges, later...)
			if step.Status == flow.StatusPending || step.Status == flow.StatusSkipped {
				step.Status = flow.StatusOK
			}
		}
	}
	return append(out, t)
}

// Close ends the lesson and its tenant.
func (s *Session) Close() error {
	s.mu.Lock()
	walk := s.walk
	s.mu.Unlock()
	if walk != nil {
		_ = walk.Close()
	}
	return s.server.Close()
}

func (s *Session) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Add(s.ahead)
}

// pass lets time pass.
func (s *Session) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead += d
}

// begin starts a walk of the client with that name. The walk before it, if
// there was one, is over.
func (s *Session) begin(client string, change func(*flow.Config)) error {
	c, err := s.server.ConfigFor(client)
	if err != nil {
		return err
	}
	if change != nil {
		change(&c)
	}
	w, err := flow.New(c, flow.Options{Browser: s.server.Browser(), Now: s.now})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.walk != nil {
		s.done = append(s.done, s.walk.Transcript())
		_ = s.walk.Close()
	}
	s.walk, s.later = w, map[flow.StepID][]flow.Exchange{}
	return nil
}

// until walks until the step is the pending one.
func (s *Session) until(ctx context.Context, step flow.StepID) error {
	for {
		p, ok := s.walk.Pending()
		if !ok || slices.Index(flow.StepIDs(), p.Step) >= slices.Index(flow.StepIDs(), step) {
			return nil
		}
		if err := s.walk.Next(ctx); err != nil {
			return err
		}
	}
}

// next carries out the pending step.
func (s *Session) next(ctx context.Context) error { return serverMayRefuse(s.walk.Next(ctx)) }

// rest carries out all that is left.
func (s *Session) rest(ctx context.Context) error { return serverMayRefuse(s.walk.Run(ctx)) }

// serverMayRefuse drops the error that says that a server refused: it stands
// in the transcript.
func serverMayRefuse(err error) error {
	if failed, ok := errors.AsType[*flow.Error](err); ok && failed.Kind == flow.KindServer {
		return nil
	}
	return err
}
