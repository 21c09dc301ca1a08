package lab

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// Preflight is what can be seen of a client and its provider before anybody
// signs in. It is recorded, not judged: inspect does that.
type Preflight struct {
	// Config is the client as it was given, with what discovery filled in.
	Config flow.Config
	// Refused is why no request can be made with it, or nil.
	Refused *flow.Error
	// Discovery is the step as a walk carries it out. It is skipped where the
	// endpoints were given by hand.
	Discovery flow.Step
	// Keys is the answer of the JWKS endpoint, nil if the metadata names none.
	Keys *flow.Exchange
	// Listens says whether this machine can wait for the callback; Port is why
	// it cannot though the redirect URI points here.
	Listens bool
	Port    *flow.Error
	// Probe is what the provider answered to the client's own requests; nil if
	// it was not asked.
	Probe *Probe
	// Resource is what the first of the client's resources says of itself; nil
	// if it was not asked.
	Resource *ProtectedResource
}

// ExamineOptions say how a client is examined. The zero value is usable.
type ExamineOptions struct {
	// Now is the client's clock. Nil: [time.Now].
	Now func() time.Time
	// Transport carries the requests. Nil: one like [http.DefaultTransport].
	Transport http.RoundTripper
	// Probe has the provider asked about the client, and the resource about
	// itself. It names the client to them, so a person decides it.
	Probe bool
}

// Examine sends what needs no sign-in: the request for the metadata and the one
// for the keys, and with [ExamineOptions.Probe] those of a [Probe] and of a
// [ProtectedResource]. The error is the context's.
func Examine(ctx context.Context, c flow.Config, o ExamineOptions) (Preflight, error) {
	p := Preflight{Config: c}
	visitor := newVisitor(o.Transport)
	options := flow.Options{Browser: visitor, Transport: o.Transport, Now: o.Now}
	if c.Device {
		options.Browser = nil // nobody goes to the page where a code is typed
		options.Transport = &sparing{RoundTripper: visitor.transport, posts: 2}
	} else {
		var err error
		p.Listens, err = flow.TryListen(c.RedirectURI)
		errors.As(err, &p.Port)
	}
	w, err := flow.New(forProbe(c), options)
	if err != nil {
		if !errors.As(err, &p.Refused) {
			return p, err
		}
		return p, nil
	}
	defer func() { _ = w.Close() }()
	if next, ok := w.Pending(); ok && next.Step == flow.StepDiscovery {
		// That it fails is one of the things to find out: the step says why.
		_ = w.Next(ctx)
	}
	if ctx.Err() != nil {
		return p, ctx.Err()
	}
	t := w.Transcript()
	p.Config, p.Discovery = t.Config, t.Step(flow.StepDiscovery)
	p.Config.Paste, p.Config.ResponseMode = c.Paste, c.ResponseMode
	if at := keysOf(p); at != "" {
		keys, err := fetch(ctx, at, o.Transport)
		if err != nil {
			return p, err
		}
		p.Keys = &keys
	}
	if o.Probe && p.Discovery.Status != flow.StatusFailed {
		if p.Probe, err = probe(ctx, w, visitor); err != nil {
			return p, err
		}
	}
	if o.Probe && len(c.Ask.Resources) > 0 {
		p.Resource, err = askResource(ctx, c.Ask.Resources[0], o.Transport)
	}
	return p, err
}

// keysOf is the address of the keys, also of metadata that a walk refuses.
func keysOf(p Preflight) string {
	if p.Config.Provider.JWKSURI != "" {
		return p.Config.Provider.JWKSURI
	}
	for _, e := range p.Discovery.Exchanges {
		var m struct {
			JWKSURI string `json:"jwks_uri"`
		}
		if e.Response != nil && json.Unmarshal(e.Response.Body, &m) == nil && m.JWKSURI != "" {
			return m.JWKSURI
		}
	}
	return ""
}

// fetch asks for a document. An exchange that broke is a result as well.
func fetch(ctx context.Context, at string, t http.RoundTripper) (flow.Exchange, error) {
	if t == nil {
		t = http.DefaultTransport
	}
	var got flow.Exchange
	client := &http.Client{
		Transport: flow.Record(t, func(x flow.Exchange) { got = x }),
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
	refused := func(what, why string) flow.Exchange {
		return flow.Exchange{
			Request: flow.Request{Method: http.MethodGet, URL: at},
			Error:   &flow.Error{Kind: flow.KindRefused, What: what, Why: why, Try: "Correct the address where it is published."},
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return refused("The address is not a URL.", err.Error()), nil
	}
	if req.URL.Scheme != "https" && !flow.IsLoopback(req.URL.Hostname()) {
		return refused("The address is not https.", "Whoever is on the way could answer in its place: "+at), nil
	}
	resp, err := client.Do(req)
	if ctx.Err() != nil {
		return got, ctx.Err()
	}
	if err == nil {
		_ = resp.Body.Close()
	}
	return got, nil
}
