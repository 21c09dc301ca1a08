package lab

import (
	"context"
	"errors"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// FalseCode is the authorization code that a probe sends. Whoever reads the
// provider's logs can see what it is.
const FalseCode = "pkcescope-doctor-sends-a-false-code"

// Probe is what a provider answered to a client's own requests without anybody
// signing in: at most one authorization request, and at most one token request
// with [FalseCode]. A device's client has a device authorization request in the
// place of the former. It is recorded, not judged.
type Probe struct {
	// Authorize is the walk up to the answer of the authorization endpoint,
	// which was asked with prompt=none and without a session. Where the answer
	// came back to the client, its callback step holds it. A device's ends with
	// the answer of the device authorization endpoint.
	Authorize flow.Transcript
	// Returned is the address at the client's redirect URI that the answer was
	// sent to, "" if it was a page. A provider sends one only if it knows the
	// client and the URI as its own.
	Returned string
	// Refused is why the client would not take that answer, nil if it would.
	Refused *flow.Error
	// Token is the walk with the false code, sent as this client would but
	// without an Origin; nil if none was sent.
	Token *flow.Transcript
}

// forProbe returns the client as a visitor's walk needs it: nothing listens, no
// person is asked for an answer, and the answer can be read from a redirect.
func forProbe(c flow.Config) flow.Config {
	c.Paste = true
	if c.ResponseMode == flow.ModeFormPost || strings.HasSuffix(string(c.ResponseMode), "jwt") {
		c.ResponseMode = flow.ModeDefault
	}
	return c
}

// probe carries out both requests. Of the two ways to send the second one, that
// without an Origin decides more at Entra: a single-page app's code is refused
// for want of it, a web app's for want of a secret. With one, neither native
// nor web could be told from the other.
func probe(ctx context.Context, w *flow.Walk, visitor *visitor) (*Probe, error) {
	if w.Transcript().Config.Device {
		return probeDevice(ctx, w)
	}
	// OpenID Connect Core section 3.1.2.1: no page may be shown.
	if err := w.Edit(flow.Edit{Step: flow.StepAuthorize, Name: "prompt", Value: "none"}); err != nil {
		return nil, err
	}
	p := &Probe{}
	for {
		next, ok := w.Pending()
		if !ok || next.Step == flow.StepCallback {
			break
		}
		if err := w.Next(ctx); err != nil {
			p.Authorize = w.Transcript()
			return p, ctx.Err()
		}
	}
	p.Returned = visitor.returned
	if p.Returned != "" {
		// That it is an error is what was expected; it stands in the transcript.
		err := w.Paste(p.Returned)
		if err == nil {
			err = w.Next(ctx)
		}
		if e, ok := errors.AsType[*flow.Error](err); ok && e.Kind == flow.KindRefused {
			p.Refused = e
		}
	}
	p.Authorize = w.Transcript()
	if ctx.Err() != nil || p.Returned == "" {
		return p, ctx.Err()
	}
	return p, p.redeem(ctx, w)
}

// patience is how long a probe waits for the answer to a false device code.
const patience = 10 * time.Second

// sparing lets a number of POST requests through, and no more: a provider that
// answers a false device code with "not yet" would be asked again and again.
type sparing struct {
	http.RoundTripper
	posts int
}

func (s *sparing) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPost {
		if s.posts == 0 {
			return nil, errors.New("a probe asks once")
		}
		s.posts--
	}
	return s.RoundTripper.RoundTrip(r)
}

// probeDevice asks for a user code that nobody will type, and redeems a device
// code that is false.
func probeDevice(ctx context.Context, w *flow.Walk) (*Probe, error) {
	err := w.Next(ctx)
	p := &Probe{Authorize: w.Transcript()}
	if err != nil {
		return p, ctx.Err()
	}
	if err := w.Edit(flow.Edit{Step: flow.StepToken, Name: "device_code", Value: FalseCode}); err != nil {
		return nil, err
	}
	once, stop := context.WithTimeout(ctx, patience)
	defer stop()
	_ = w.Next(once) // refused, of course
	t := w.Transcript()
	p.Token = &t
	return p, ctx.Err()
}

// redeem sends the false code.
func (p *Probe) redeem(ctx context.Context, w *flow.Walk) error {
	if err := errors.Join(w.Rewind(flow.StepCallback), w.Paste(FalseCode)); err != nil {
		return err
	}
	if err := w.Next(ctx); err != nil {
		return ctx.Err() // it is another client's answer that came
	}
	if err := w.Edit(flow.Edit{Step: flow.StepToken, Name: "header.Origin", Unset: true}); err != nil {
		return err
	}
	_ = w.Next(ctx) // refused, of course
	t := w.Transcript()
	p.Token = &t
	return ctx.Err()
}

// visitor is the browser of somebody who has never been there: it follows the
// provider's redirects on its own host, and reads where it is sent.
type visitor struct {
	transport http.RoundTripper
	returned  string // the address at the client that it was sent to
}

func newVisitor(t http.RoundTripper) *visitor {
	if t == nil {
		t = http.DefaultTransport
	}
	return &visitor{transport: t}
}

// Played implements [flow.Browser].
func (v *visitor) Played() bool { return true }

// mostRedirects of its own a provider may need to say no.
const mostRedirects = 3

// Open implements [flow.Browser].
func (v *visitor) Open(ctx context.Context, target string, record func(flow.Exchange)) error {
	at, err := url.Parse(target)
	if err != nil {
		return &flow.Error{Kind: flow.KindRefused, What: "The authorize URL cannot be read.", Why: err.Error(), Try: "Look at the endpoints."}
	}
	jar, _ := cookiejar.New(nil) // fails only for bad options
	client := &http.Client{
		Jar: jar,
		Transport: flow.Record(v.transport, func(x flow.Exchange) {
			x.Actor, x.Channel = flow.ActorBrowser, flow.ChannelFront
			record(x)
		}),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	asked, host := at.Query(), at.Host
	for range 1 + mostRedirects {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
		if err != nil {
			return err
		}
		// Pages in English are the ones that are read best.
		req.Header.Set("Accept-Language", "en")
		req.Header.Set("Accept", "text/html,application/xhtml+xml")
		resp, err := client.Do(req)
		if err != nil {
			if e, ok := errors.AsType[*flow.Error](err); ok {
				return e
			}
			return err
		}
		_ = resp.Body.Close()
		to, err := resp.Location()
		if err != nil || resp.StatusCode < 300 || resp.StatusCode >= 400 {
			return nil //nolint:nilerr // no Location: a page, which is an answer
		}
		if isReturn(to, asked) {
			v.returned = to.String()
			return nil
		}
		if to.Host != host || to.Scheme != at.Scheme {
			return nil // whoever that is was not asked about
		}
		at = to
	}
	return nil
}

// isReturn says whether an address is an authorization response: it has one's
// members, and is at the redirect URI or brings our state.
func isReturn(to *url.URL, asked url.Values) bool {
	q := to.Query()
	if fragment, err := url.ParseQuery(to.Fragment); err == nil && (fragment.Has("error") || fragment.Has("code")) {
		q = fragment
	}
	if !q.Has("error") && !q.Has("code") && !q.Has("response") {
		return false
	}
	if state := asked.Get("state"); state != "" && q.Get("state") == state {
		return true
	}
	redirect, err := url.Parse(asked.Get("redirect_uri"))
	return err == nil && redirect.Scheme == to.Scheme && redirect.Host == to.Host &&
		strings.TrimSuffix(redirect.Path, "/") == strings.TrimSuffix(to.Path, "/")
}
