package lab

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/pkcescope/pkcescope/flow"
)

// Twins walks one client several times in lock-step, each time with one
// difference. Every run draws its own verifier, state and nonce.
type Twins struct {
	o    TwinOptions
	base flow.Config

	mu      sync.Mutex
	runs    []*run
	at      int  // the stage that is next
	waiting *run // whose browser is awaited
	signed  bool // somebody has signed in in this comparison
}

// TwinOptions are what the runs need from outside.
type TwinOptions struct {
	// Browser shows the authorize URLs. Nil: the person follows them.
	Browser flow.Browser
	// Changed, if set, is called after a transcript has changed. It must not
	// block or call back.
	Changed func()
}

// Result is one run of a comparison.
type Result struct {
	Case       Case
	Transcript flow.Transcript
}

// run is one column.
type run struct {
	Case
	walk  *flow.Walk
	over  bool // nothing more to do: it failed, or has its tokens
	first []flow.Exchange
}

// stages are what is done in lock-step. The browser's way there and back is
// one of them: two sign-ins at the same time would be one too many for a
// person, and for a redirect URI with a fixed port.
var stages = []flow.StepID{
	flow.StepDiscovery, flow.StepVerifier, flow.StepChallenge, flow.StepAuthorize, flow.StepToken,
}

// NewTwins returns a comparison that stands before its first step. The error
// is an [*flow.Error] of kind refused.
func NewTwins(c flow.Config, cases []Case, o TwinOptions) (*Twins, error) {
	if c.Device {
		return nil, &flow.Error{
			Kind: flow.KindRefused, What: "There is nothing to compare in the device flow.",
			Why: "The methods of PKCE differ in what guards the redirect, and it has none.",
			Try: "Compare this client's code flow: leave the device flow out.",
		}
	}
	t := &Twins{o: o, base: c}
	for _, each := range cases {
		w, err := flow.New(each.config(c), flow.Options{Browser: o.Browser, Changed: o.Changed})
		if err != nil {
			_ = t.Close()
			return nil, err
		}
		t.runs = append(t.runs, &run{Case: each, walk: w})
	}
	return t, nil
}

// Pending returns the next step, and false when all runs are over. The
// authorize step includes the callback.
func (t *Twins) Pending() (flow.StepID, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.pending()
}

func (t *Twins) pending() (flow.StepID, bool) {
	if t.at == len(stages) || !slices.ContainsFunc(t.runs, func(r *run) bool { return !r.over }) {
		return "", false
	}
	return stages[t.at], true
}

// Next carries out the pending step in every run that is still under way. A
// run in which it fails is over, and that is not an error: it is what the
// comparison is for. The error is ctx's.
func (t *Twins) Next(ctx context.Context) error {
	step, ok := t.Pending()
	if !ok {
		return &flow.Error{Kind: flow.KindRefused, What: "the comparison is over", Try: "start another"}
	}
	for _, r := range t.runs {
		if t.isOver(r) {
			continue
		}
		if err := t.carryOut(ctx, r, step); err != nil {
			t.end(r)
			if ctx.Err() != nil {
				t.cancel()
				return ctx.Err()
			}
		}
	}
	t.mu.Lock()
	t.at++
	t.mu.Unlock()
	return nil
}

func (t *Twins) isOver(r *run) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return r.over
}

func (t *Twins) end(r *run) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r.over = true
}

// Run carries out all steps that are left.
func (t *Twins) Run(ctx context.Context) error {
	for {
		if _, ok := t.Pending(); !ok {
			return nil
		}
		if err := t.Next(ctx); err != nil {
			return err
		}
	}
}

// carryOut carries out a step in one run.
func (t *Twins) carryOut(ctx context.Context, r *run, step flow.StepID) error {
	switch step {
	case flow.StepAuthorize:
		t.wait(r)
		defer t.wait(nil)
		return t.signIn(ctx, r)
	case flow.StepToken:
		return t.redeem(ctx, r)
	default:
		return through(ctx, r.walk, step)
	}
}

// signIn takes the browser to the provider and waits for it to come back. From
// the second run on at a real provider the silent way is tried first: single
// sign-on usually makes it work (OpenID Connect Core section 3.1.2.1).
func (t *Twins) signIn(ctx context.Context, r *run) error {
	// Listening ends with the run's own callback, so that the next run can have
	// the port.
	defer func() { _ = r.walk.Close() }()
	asked, asks := prompt(r.walk)
	silent := t.signed && !t.base.Practice && t.base.Prompt == ""
	if silent {
		if err := r.walk.Edit(flow.Edit{Step: flow.StepAuthorize, Name: "prompt", Value: "none"}); err != nil {
			return err
		}
	}
	err := through(ctx, r.walk, flow.StepCallback)
	if silent && needsPerson(r.walk) {
		if err := r.walk.Rewind(flow.StepAuthorize); err != nil {
			return err
		}
		if err := r.walk.Edit(flow.Edit{Step: flow.StepAuthorize, Name: "prompt", Value: asked, Unset: !asks}); err != nil {
			return err
		}
		err = through(ctx, r.walk, flow.StepCallback)
	}
	t.signed = t.signed || err == nil
	return err
}

// prompt is the prompt that the request would have by itself: some providers
// want one for a refresh token.
func prompt(w *flow.Walk) (string, bool) {
	p, _ := w.Pending()
	for _, v := range p.Values {
		if v.Name == "prompt" {
			return v.Value, true
		}
	}
	return "", false
}

// needsPerson says whether the provider answered a silent request with one of
// the errors that mean "not without asking" (OpenID Connect Core section
// 3.1.2.6).
func needsPerson(w *flow.Walk) bool {
	said, _ := w.Transcript().Step(flow.StepCallback).Value("error")
	return slices.Contains([]string{
		"login_required", "interaction_required", "consent_required", "account_selection_required",
	}, said)
}

// redeem sends the token request; of a replayed code, twice.
func (t *Twins) redeem(ctx context.Context, r *run) error {
	if err := through(ctx, r.walk, flow.StepToken); err != nil || !r.replay {
		return err
	}
	t.mu.Lock()
	r.first = r.walk.Transcript().Step(flow.StepToken).Exchanges
	t.mu.Unlock()
	if err := r.walk.Rewind(flow.StepToken); err != nil {
		return err
	}
	return through(ctx, r.walk, flow.StepToken)
}

// through walks up to and including a step. Steps that this client does not
// have are passed over by the walk itself.
func through(ctx context.Context, w *flow.Walk, last flow.StepID) error {
	for {
		p, ok := w.Pending()
		if !ok || order(p.Step) > order(last) {
			return nil
		}
		if err := w.Next(ctx); err != nil {
			return err
		}
	}
}

// cancel marks what is not over as cancelled.
func (t *Twins) cancel() {
	for _, r := range t.runs {
		if !t.isOver(r) {
			r.walk.Cancel()
			t.end(r)
		}
	}
	t.mu.Lock()
	t.at = len(stages)
	t.mu.Unlock()
}

func (t *Twins) wait(r *run) {
	t.mu.Lock()
	t.waiting = r
	t.mu.Unlock()
	if t.o.Changed != nil {
		t.o.Changed()
	}
}

// Waiting returns the case whose browser is awaited, with its authorize URL
// and the addresses listened on, and false when none is.
func (t *Twins) Waiting() (name, authorizeURL string, listening []string, ok bool) {
	t.mu.Lock()
	r := t.waiting
	t.mu.Unlock()
	if r == nil {
		return "", "", nil, false
	}
	p, _ := r.walk.Pending()
	u, _ := r.walk.Transcript().Step(flow.StepAuthorize).Value("url")
	return r.Name, u, p.Listening, p.Waiting
}

// Paste hands a redirect URL to the run that waits for one.
func (t *Twins) Paste(text string) error {
	t.mu.Lock()
	r := t.waiting
	t.mu.Unlock()
	if r == nil {
		return &flow.Error{Kind: flow.KindRefused, What: "no run is waiting for a redirect URL", Try: "go on with the comparison first"}
	}
	return r.walk.Paste(text)
}

// Results returns a copy of what the runs recorded so far.
func (t *Twins) Results() []Result {
	var out []Result
	for _, r := range t.runs {
		tr := r.walk.Transcript()
		t.mu.Lock()
		first := r.first
		t.mu.Unlock()
		if i := order(flow.StepToken); len(first) > 0 {
			tr.Steps[i].Exchanges = append(slices.Clone(first), tr.Steps[i].Exchanges...)
		}
		out = append(out, Result{r.Case, tr})
	}
	return out
}

// Close stops listening. What was recorded can still be read.
func (t *Twins) Close() error {
	var err error
	for _, r := range t.runs {
		err = errors.Join(err, r.walk.Close())
	}
	return err
}
