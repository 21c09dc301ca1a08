package flow

import (
	"context"
	"net/http"
	"time"
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
}

// Walk is a run in progress. Next, Rewind, Edit and Skip are used by one
// goroutine at a time; Transcript, Pending, Paste and Close may be called at
// any time, also while Next is waiting.
type Walk struct{}

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

// New checks c, fills in its defaults and returns a walk that stands before
// its first step. The error is an [*Error] of kind refused.
func New(c Config, o Options) (*Walk, error) { panic("not built yet") }

// Pending returns the next step, and false when the walk is over (every step
// is done or skipped).
func (w *Walk) Pending() (Pending, bool) { panic("not built yet") }

// Edit changes the pending request, or one further on. A second edit of the
// same value replaces the first.
func (w *Walk) Edit(e Edit) error { panic("not built yet") }

// Revert forgets the edits of a step.
func (w *Walk) Revert(step StepID) { panic("not built yet") }

// Next carries out the pending step. It returns nil when the step ended well,
// an [*Error] when it failed (the same is in the transcript), and ctx's error
// when it was cancelled. A failed step stays pending: Next tries it again.
func (w *Walk) Next(ctx context.Context) error { panic("not built yet") }

// Skip passes over a pending optional step.
func (w *Walk) Skip() error { panic("not built yet") }

// Run carries out all steps that are left: the optional ones only if the
// configuration asks for them. It stops at the first that fails.
func (w *Walk) Run(ctx context.Context) error { panic("not built yet") }

// Rewind makes step the pending one again and drops what it and the later
// steps recorded. Edits are kept.
func (w *Walk) Rewind(step StepID) error { panic("not built yet") }

// Paste hands over an authorization response by hand: a whole redirect URL
// (query or fragment), its query string alone, or a bare code. It may be called
// while Next waits for the callback. A response with a wrong state is refused.
func (w *Walk) Paste(text string) error { panic("not built yet") }

// Cancel ends the run: the pending step becomes cancelled, and so does the
// outcome, and nothing is left listening.
func (w *Walk) Cancel() { panic("not built yet") }

// Transcript returns a copy of everything recorded so far.
func (w *Walk) Transcript() Transcript { panic("not built yet") }

// Close stops listening. The transcript can still be read.
func (w *Walk) Close() error { panic("not built yet") }
