package flow

import (
	"context"
	"crypto/subtle"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
)

// wait is the wait for one authorization response: what was sent, and what
// came. The walk's lock guards it, except for what the listener guards itself.
type wait struct {
	listener

	state     string // as it was sent; empty if none was
	issuer    string // the provider's, if it is known
	issNeeded bool   // the metadata promises iss (RFC 9207 section 3)

	jarm     bool   // a signed response was asked for
	posted   bool   // it was asked for as a form
	clientID string // its audience

	answer *answer
	came   chan struct{} // closed once the answer is recorded
	done   chan struct{} // closed when a played browser has nothing more to do
	last   *Error        // why the last response was not accepted
}

// response is an authorization response as it came.
type response struct {
	params url.Values
	in     Place
	bare   bool // a code alone, pasted, which brings no state
	jarm   *jarm
}

// answer is the response that ended the wait.
type answer struct {
	values []Value
	err    *Error
	signed string // a JWT whose signature has still to be verified; "" if none came
}

// judgement is what was made of a response. The wait is over if final is true.
type judgement struct {
	verdict Verdict
	final   bool
	err     *Error // why it was not accepted, or what the provider said
}

// newWait begins the wait for the response to r. The walk must be locked.
func (w *Walk) newWait(r prepared) *wait {
	c := w.t.Config
	t := &wait{
		issuer: defaultTo(c.Provider.Issuer, c.Issuer), issNeeded: c.Provider.AuthorizationResponseIss,
		came: make(chan struct{}), done: make(chan struct{}), clientID: c.ClientID,
	}
	for _, v := range r.values {
		switch {
		case v.In != InQuery && v.In != InLocal:
		case v.Name == "state":
			t.state = v.Value
		case v.Name == "response_mode":
			t.jarm = ResponseMode(v.Value).jwt()
			t.posted = ResponseMode(v.Value).Posted()
		}
	}
	t.target, t.leaf = listenTarget(w.draft.redirectURI, r.values), w.leaf
	return t
}

// again forgets the answer and waits for another.
func (t *wait) again() {
	t.answer, t.last, t.came = nil, nil, make(chan struct{})
}

// browserDone says that a played browser has nothing more to do.
func (t *wait) browserDone() { close(t.done) }

// judge decides about a response, RFC 6749 sections 4.1.2 and 4.1.2.1 and RFC
// 9207 section 2.4. It does not look at whether another came before.
func (t *wait) judge(r response, now time.Time) judgement {
	if r.bare {
		return judgement{VerdictAccepted, true, nil} // the person vouches for it
	}
	q := r.params
	refuse := func(v Verdict, final bool, what, why, try string) judgement {
		return judgement{v, final, &Error{Kind: KindRefused, What: what, Why: why, Try: try}}
	}
	// Two values of one parameter can be read in two ways, one of which might
	// have been checked and the other used. RFC 6749 section 3.1: "Request and
	// response parameters MUST NOT be included more than once."
	if len(q["state"]) > 1 {
		return refuse(VerdictWrongState, false, "A response came with more than one state.",
			"A parameter must not be repeated (RFC 6749 section 3.1).", "")
	}
	state, has := q.Get("state"), q.Has("state")
	if subtle.ConstantTimeCompare([]byte(state), []byte(t.state)) != 1 {
		switch {
		case q.Get("error") != "":
			return refuse(VerdictUnverifiedError, false,
				fmt.Sprintf("A response with the error %q came, and nothing ties it to this run.", q.Get("error")),
				"Its state is missing or another one, so anyone may have sent it. It says: "+q.Get("error_description"),
				"If the browser shows the same error, it is the provider's. Some errors, above all a redirect URI that is not registered, are never sent back with a state.")
		case !has:
			return refuse(VerdictMissingState, false, "A code came without a state.",
				"Without the state that was sent, nothing ties the response to this run; taking it would let another person's code in (RFC 6749 section 10.12).",
				"Sign in through the authorize URL of this run.")
		default:
			return refuse(VerdictWrongState, false, "A response came with another state.",
				"It belongs to another run, an earlier tab for example, or somebody is trying to put in a code of their own (RFC 6749 section 10.12).",
				"Sign in through the authorize URL of this run, in one tab.")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(q)) {
		if n := len(q[name]); n > 1 {
			return refuse(VerdictRefused, true, fmt.Sprintf("The response has the parameter %q %d times.", name, n),
				"A parameter must not be repeated (RFC 6749 section 3.1): it could be read in more than one way.",
				"Report it to the provider.")
		}
	}
	// RFC 9207 section 2.4: the comparison comes before the code is used, and
	// for error responses too.
	switch iss := q.Get("iss"); {
	case q.Has("iss") && t.issuer != "" && !t.issuerIs(iss):
		return refuse(VerdictRefused, true, "The response comes from another issuer.",
			fmt.Sprintf("Its iss is %q and the provider of this run is %q. They must be identical, or a code could be sent to the wrong provider (RFC 9207 section 2.4).", iss, t.issuer),
			"Check the issuer in the configuration.")
	case !q.Has("iss") && q.Get("id_token") != "":
		// The ID token of the hybrid flow names the issuer, and is signed (RFC
		// 9207 section 4).
		if iss := unverifiedIssuer(q.Get("id_token")); t.issuer != "" && !t.issuerIs(iss) {
			return refuse(VerdictRefused, true, "The response's ID token comes from another issuer.",
				fmt.Sprintf("Its iss is %q and the provider of this run is %q.", iss, t.issuer), "Check the issuer in the configuration.")
		}
	case !q.Has("iss") && t.issNeeded:
		return refuse(VerdictRefused, true, "The response has no iss.",
			"The provider's metadata promises it (authorization_response_iss_parameter_supported), so a response without it is not the provider's (RFC 9207 section 2.4).",
			"Report it to the provider.")
	}
	if e := t.judgeJARM(r, now); e != nil {
		return judgement{VerdictRefused, true, e}
	}
	if q.Get("error") != "" {
		e := serverSaid("authorization endpoint", nil, membersOf(q))
		e.Try = "Read what the provider says; go back to the authorize step to try again."
		return judgement{VerdictAccepted, true, e}
	}
	return judgement{VerdictAccepted, true, nil}
}

// issuerIs compares exactly. Where the metadata holds Entra's literal
// {tenantid}, which discovery lets through for Entra only, a tenant's GUID may
// stand in its place.
func (t *wait) issuerIs(iss string) bool {
	before, after, template := strings.Cut(t.issuer, "{tenantid}")
	if !template {
		return iss == t.issuer
	}
	tenant, ok := strings.CutPrefix(iss, before)
	if !ok {
		return false
	}
	tenant, ok = strings.CutSuffix(tenant, after)
	return ok && guid.MatchString(tenant)
}

// isResponse reports whether parameters are an authorization response at all.
func isResponse(q url.Values) bool {
	return q.Get("code") != "" || q.Get("error") != "" || q.Get("response") != ""
}

// receive judges a response, records it as the exchange that show returns,
// answers with the function that comes with it, and ends the wait if the
// response is the one. The answer has left by then: the end of the wait may be
// the end of the listener too.
func (w *Walk) receive(t *wait, r response, show func(judgement) (x Exchange, answer func())) judgement {
	j, came := w.decide(t, r)
	x, answer := show(j)
	x.Verdict = j.verdict
	w.record(StepCallback, x)
	answer()
	if came != nil {
		close(came)
	}
	return j
}

// decide judges a response and takes it if it is the one. Nothing that happens
// afterwards can make another be taken as well. It returns the channel to close
// once the response is recorded.
func (w *Walk) decide(t *wait, r response) (judgement, chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t.answer != nil {
		return judgement{verdict: VerdictDuplicate, err: &Error{
			Kind: KindRefused, What: "The response had been received before.",
			Why: "Only the first one counts.", Try: "Go on with the run, or go back to the authorize step.",
		}}, nil
	}
	r, failure := r.unwrap()
	if failure != nil {
		t.last = failure
		return judgement{VerdictMissingState, false, failure}, nil
	}
	j := t.judge(r, w.now())
	if !j.final {
		t.last = j.err
		return j, nil
	}
	t.answer = &answer{values: responseValues(membersOf(r.params), r.in), err: j.err, signed: r.params.Get("id_token")}
	if r.jarm != nil {
		t.answer.signed = r.jarm.text
	}
	for i := range t.answer.values {
		switch v := &t.answer.values[i]; {
		case v.Name == "code" && r.bare:
			v.Problem = "pasted without its state, so nothing shows that it belongs to this run"
		case v.Name == "iss" && t.issuer == "":
			v.Problem = "the provider's issuer is not known, so this could not be compared"
		}
	}
	return j, t.came
}

// awaitCallback waits for the authorization response.
func (w *Walk) awaitCallback(ctx context.Context) error {
	w.mu.Lock()
	t, paste := w.wait, w.t.Config.Paste
	came, done := t.came, t.done
	w.mu.Unlock()
	if !paste {
		// A wait that was cancelled and begun again needs its listener back.
		if err := t.listen(w); err != nil {
			return err
		}
		w.changed()
	}
	select {
	case <-came:
		return w.takeAnswer(ctx, t)
	case <-ctx.Done():
		return ctx.Err()
	case <-done: // perhaps with a last request that is still being recorded
	}
	w.mu.Lock()
	taken, last := t.answer != nil, t.last
	w.mu.Unlock()
	if taken {
		<-came
		return w.takeAnswer(ctx, t)
	}
	if last != nil {
		return last
	}
	return &Error{
		Kind: KindServer, What: "The browser came to an end, and no response came to the redirect URI.",
		Why: "The provider did not send the browser back.",
		Try: "Look at the last page in the authorize step, and go back to it to try again.",
	}
}

// takeAnswer makes the answer the step's.
func (w *Walk) takeAnswer(ctx context.Context, t *wait) error {
	w.mu.Lock()
	a := t.answer
	w.mu.Unlock()
	w.note(StepCallback, a.values)
	var err error
	if a.signed != "" {
		err = w.verifySigned(ctx, a.signed)
	}
	if err == nil && a.err != nil {
		err = a.err
	}
	if err != nil {
		w.mu.Lock()
		t.again() // the next try waits for another
		w.mu.Unlock()
	}
	return err
}
