package flow

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Options are what a walk needs from the outside. The zero value is usable:
// nobody opens a browser, and the person follows the URL.
type Options struct {
	// Browser shows the authorize URL. Nil: the caller does, from the
	// authorize step's value "url", or the person does.
	Browser Browser
	// Transport carries the app's own requests. Nil: a transport like
	// [http.DefaultTransport].
	Transport http.RoundTripper
	// Now is the clock. Nil: [time.Now].
	Now func() time.Time
	// Changed, if set, is called after the transcript has changed, also while
	// Next is waiting. It must not block or call back into the walk.
	Changed func()
	// Offered adds the steps for which the provider's metadata names an
	// endpoint, though the configuration does not ask for them. They are
	// optional: [Walk.Next] takes one, [Walk.Skip] and [Walk.Run] pass over it.
	// StepDevice would take the place of others, so the walk goes on without it:
	// [Walk.Rewind] to it takes it, and [Walk.Skip] goes back to the redirect.
	//
	// PAR and the device flow shape the sign-in. Once taken they are settings of
	// the walk, and belong to a run of all steps until they are skipped.
	Offered bool
}

// Walk is a run in progress. Next, Rewind, Edit and Skip are used by one
// goroutine at a time; Transcript, Pending, Paste, Cancel and Close may be
// called at any time, also while Next is waiting.
type Walk struct {
	o     Options
	given Config // as it was handed to New, before defaults and discovery

	mu     sync.Mutex
	t      Transcript // what was recorded is the state of the walk
	at     int        // the pending step's place in t.Steps
	draft  draft
	cancel context.CancelCauseFunc // set while Next is under way
	wait   *wait                   // set from the authorize step on
	keys   jose.JSONWebKeySet      // the provider's, where a step needs them early
	dpop   *dpop                   // nil without DPoP
	leaf   tls.Certificate         // the callback's, once an https one is needed
	shown  sync.Map                // the client's certificate, by the connection it was shown on
}

// Pending is the next step as it will be carried out if nothing is changed.
type Pending struct {
	Step     StepID
	Optional bool
	// Request is what will be sent; nil for steps that send nothing (verifier,
	// challenge, callback).
	Request *Request
	// Values are the parameters, open to editing unless In is InLocal and the
	// step sends nothing of that name.
	Values []Value
	// Waiting is true for the callback: the step waits for the browser.
	Waiting bool
	// Listening are the addresses on which the callback is awaited, for
	// example "127.0.0.1:8400" and "[::1]:8400"; empty in paste mode.
	Listening []string
}

// errCancelled is the cause with which [Walk.Cancel] ends a waiting step.
var errCancelled = fmt.Errorf("flow: %w", context.Canceled)

// New checks c, fills in its defaults and returns a walk that stands before
// its first step. The error is an [*Error] of kind refused.
func New(c Config, o Options) (*Walk, error) {
	given := c
	if o.Now == nil {
		o.Now = time.Now
	}
	c, err := c.complete(o.Now())
	if err != nil {
		return nil, err
	}
	if o.Transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		// The transcript shows what crossed the wire, so nothing is unpacked
		// behind its back.
		t.DisableCompression = true
		o.Transport = t
	}
	o.Transport = withCertificate(o.Transport, c)
	w := &Walk{o: o, given: given}
	w.t = Transcript{
		Format: Format, Version: Version, Outcome: OutcomeUnfinished,
		Made: o.Now(), Config: c,
	}
	if c.Protection.DPoP {
		if w.dpop, err = newDPoP(); err != nil {
			return nil, err
		}
	}
	for _, id := range AllStepIDs() {
		w.t.Steps = append(w.t.Steps, newStep(id))
	}
	w.redraft(StepDiscovery)
	w.settle()
	return w, nil
}

func newStep(id StepID) Step {
	optional := id == StepKeys || id == StepUserInfo || id == StepRefresh || id.Extension() && id != StepDevice
	return Step{ID: id, Optional: optional, Status: StatusPending, Values: []Value{}, Exchanges: []Exchange{}}
}

// settle passes over the steps that this configuration does not have, and
// works out the outcome.
func (w *Walk) settle() {
	for w.at < len(w.t.Steps) && w.needless(w.t.Steps[w.at].ID) {
		w.t.Steps[w.at].Status = StatusSkipped
		w.at++
	}
	w.t.Outcome = w.t.outcome()
}

// needless reports whether a step has nothing to do in this run.
func (w *Walk) needless(id StepID) bool {
	c := w.t.Config
	if !c.Has(id) {
		return true
	}
	switch id {
	case StepDiscovery:
		return c.Issuer == ""
	case StepVerifier, StepChallenge:
		return c.Method == MethodNone
	case StepKeys:
		return c.Provider.JWKSURI == ""
	case StepPAR, StepCall, StepIntrospect, StepRevoke, StepLogout:
		return !c.Asks(id) && !w.offered(id)
	case StepUserInfo:
		return !c.UserInfo && c.Provider.UserInfoEndpoint == ""
	case StepRefresh:
		return !c.Refresh && w.newest("refresh_token") == ""
	case StepAuthorize, StepCallback, StepDevice, StepToken:
	}
	return false
}

// Pending returns the next step, and false when the walk is over (every step
// is done or skipped).
func (w *Walk) Pending() (Pending, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.at == len(w.t.Steps) {
		return Pending{}, false
	}
	s := w.t.Steps[w.at]
	p := Pending{Step: s.ID, Optional: s.Optional}
	switch s.ID {
	case StepVerifier:
		p.Values = []Value{w.verifierValue()}
	case StepChallenge:
		p.Values = w.challengeValues()
	case StepCallback:
		p.Waiting = true
		if w.wait != nil {
			p.Listening = w.wait.addresses()
		}
	default:
		// A request that cannot be made is explained when Next tries it.
		if r, err := w.prepare(s.ID); err == nil {
			p.Request, p.Values = &r.Request, r.values
		}
	}
	return p, true
}

// Next carries out the pending step. It returns nil when the step ended well,
// an [*Error] when it failed (the same is in the transcript), and ctx's error
// when it was cancelled. A failed step stays pending: Next tries it again.
func (w *Walk) Next(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	w.mu.Lock()
	if w.at == len(w.t.Steps) {
		w.mu.Unlock()
		return &Error{Kind: KindRefused, What: "There is no step left.", Try: "Go back to an earlier step to run it again."}
	}
	s := &w.t.Steps[w.at]
	id := s.ID
	w.take(id)
	s.Status, s.Error, s.Started, s.Ended = StatusPending, nil, w.now(), time.Time{}
	s.Values = []Value{} // exchanges of earlier tries are kept
	w.t.Outcome = w.t.outcome()
	w.cancel = cancel
	w.mu.Unlock()
	w.changed()

	err := w.carryOut(ctx, id)
	if err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	return w.finish(id, err)
}

// finish writes down how a step ended.
func (w *Walk) finish(id StepID, err error) error {
	defer w.changed()
	var stop *wait
	w.mu.Lock()
	s := &w.t.Steps[stepIndex(id)]
	s.Ended = w.now()
	w.cancel = nil
	var failure *Error
	switch {
	case err == nil:
		s.Status = StatusOK
		w.at++
	case errors.As(err, &failure):
		s.Status, s.Error = StatusFailed, failure
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		s.Status = StatusCancelled
	default:
		failure = Error{
			Kind: KindBug, What: "pkcescope came to a point that it was not made for.", Why: err.Error(),
			Try: "Please report it, with the transcript saved.",
		}.Wrap(err)
		s.Status, s.Error, err = StatusFailed, failure, failure
	}
	if s.Status == StatusCancelled || id == StepToken || (id == StepAuthorize && s.Status == StatusFailed) {
		stop = w.wait
	}
	w.settle()
	w.mu.Unlock()
	stop.close()
	return err
}

// carryOut does the work of a step. A panic becomes an error of kind bug, so
// that what was recorded up to there can still be seen and saved.
func (w *Walk) carryOut(ctx context.Context, id StepID) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = Error{
				Kind: KindBug,
				What: "pkcescope failed inside itself in the step " + string(id) + ".",
				Why:  fmt.Sprint(p),
				Try:  "Please report it, with the transcript saved. Nothing that was recorded is lost.",
			}.Wrap(fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		}
	}()
	switch id {
	case StepDiscovery:
		return w.discover(ctx)
	case StepVerifier, StepChallenge:
		return w.compute(id)
	case StepPAR:
		return w.push(ctx)
	case StepAuthorize:
		return w.authorize(ctx)
	case StepCallback:
		return w.awaitCallback(ctx)
	case StepDevice:
		return w.askForDevice(ctx)
	case StepToken, StepRefresh:
		return w.redeem(ctx, id)
	case StepKeys:
		return w.fetchKeys(ctx)
	case StepUserInfo:
		return w.fetchUserInfo(ctx)
	case StepCall:
		return w.call(ctx)
	case StepIntrospect:
		return w.introspect(ctx)
	case StepRevoke:
		return w.revoke(ctx)
	case StepLogout:
		return w.logout(ctx)
	}
	return fmt.Errorf("flow: no such step: %q", id)
}

// Skip passes over a pending optional step.
func (w *Walk) Skip() error {
	w.mu.Lock()
	defer w.changed()
	defer w.mu.Unlock()
	if w.at == len(w.t.Steps) {
		return &Error{Kind: KindRefused, What: "There is no step left to skip."}
	}
	s := &w.t.Steps[w.at]
	if !s.Optional {
		return &Error{
			Kind: KindRefused, What: fmt.Sprintf("The step %s cannot be skipped.", s.ID),
			Why: "The steps after it need what it makes.",
		}
	}
	s.Status, s.Error = StatusSkipped, nil
	w.leave(s.ID)
	w.at++
	w.settle()
	return nil
}

// Run carries out all steps that are left: the optional ones only if the
// configuration asks for them, and the keys whenever the provider names them.
// It stops at the first that fails.
func (w *Walk) Run(ctx context.Context) error {
	for {
		w.mu.Lock()
		over := w.at == len(w.t.Steps)
		var skip bool
		if !over {
			skip = !w.t.Config.Asks(w.t.Steps[w.at].ID)
		}
		w.mu.Unlock()
		switch {
		case over:
			return nil
		case skip:
			if err := w.Skip(); err != nil {
				return err
			}
		default:
			if err := w.Next(ctx); err != nil {
				return err
			}
		}
	}
}

// Cancel ends the run: the pending step becomes cancelled, and so does the
// outcome, and nothing is left listening.
func (w *Walk) Cancel() {
	w.mu.Lock()
	if w.cancel != nil {
		w.cancel(errCancelled) // Next marks the step
	} else if w.at < len(w.t.Steps) {
		w.t.Steps[w.at].Status = StatusCancelled
		w.t.Outcome = OutcomeCancelled
	}
	stop := w.wait

	w.mu.Unlock()
	stop.close()
	w.changed()
}

// Close stops listening. The transcript can still be read.
func (w *Walk) Close() error {
	w.mu.Lock()
	if w.cancel != nil {
		w.cancel(errCancelled)
	}
	stop := w.wait

	w.mu.Unlock()
	stop.close()
	if t, ok := w.o.Transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
	return nil
}

// Transcript returns a copy of everything recorded so far.
func (w *Walk) Transcript() Transcript {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.t.clone()
	t.Steps = slices.DeleteFunc(t.Steps, func(s Step) bool {
		return !t.Config.Has(s.ID) || s.ID.Extension() && w.needless(s.ID)
	})
	if w.offered(StepDevice) {
		t.Instead = []StepID{StepDevice}
	}
	return t
}

func (w *Walk) changed() {
	if w.o.Changed != nil {
		w.o.Changed()
	}
}

// record adds an exchange to a step.
func (w *Walk) record(id StepID, x Exchange) {
	w.mu.Lock()
	if x.Request.Header == nil {
		x.Request.Header = http.Header{}
	}
	if x.Response != nil && x.Response.Header == nil {
		response := *x.Response
		response.Header = http.Header{}
		x.Response = &response
	}
	s := &w.t.Steps[stepIndex(id)]
	if x.unfitting() && unfitting(s.Exchanges) >= maxUnfitting {
		s.Unrecorded++
		w.mu.Unlock()
		return
	}
	s.Exchanges = append(s.Exchanges, x)
	w.mu.Unlock()
	w.changed()
}

// note sets the values of a step.
func (w *Walk) note(id StepID, values []Value) {
	w.mu.Lock()
	w.t.Steps[stepIndex(id)].Values = values
	w.mu.Unlock()
	w.changed()
}

// now is the time by the walk's clock.
func (w *Walk) now() time.Time {
	if w.o.Now == nil {
		return time.Now()
	}
	return w.o.Now()
}

// config returns the configuration as it stands.
func (w *Walk) config() Config {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.t.Config
}

func stepIndex(id StepID) int { return slices.Index(AllStepIDs(), id) }

func unknownStep(name string) *Error {
	var names []string
	for _, id := range AllStepIDs() {
		names = append(names, string(id))
	}
	return &Error{
		Kind: KindRefused, What: fmt.Sprintf("There is no step called %q.", name),
		Try: "The steps are " + strings.Join(names, ", ") + ".",
	}
}

// cloneHeader returns a copy that is never nil, so that it is an object in
// JSON.
func cloneHeader(h http.Header) http.Header {
	c := http.Header{}
	maps.Copy(c, h.Clone())
	return c
}
