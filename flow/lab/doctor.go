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
}

// Examine sends what needs no sign-in: the request for the metadata and the one
// for the keys. now is the client's clock; nil is this machine's. The error is
// the context's.
func Examine(ctx context.Context, c flow.Config, now func() time.Time) (Preflight, error) {
	p := Preflight{Config: c}
	var err error
	p.Listens, err = flow.TryListen(c.RedirectURI)
	errors.As(err, &p.Port)
	w, err := flow.New(c, flow.Options{Now: now})
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
	if at := keysOf(p); at != "" {
		p.Keys, err = fetchKeys(ctx, at)
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

// fetchKeys asks for the keys. An exchange that broke is a result as well.
func fetchKeys(ctx context.Context, at string) (*flow.Exchange, error) {
	var got flow.Exchange
	client := &http.Client{
		Transport: flow.Record(http.DefaultTransport, func(x flow.Exchange) { got = x }),
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		got = flow.Exchange{
			Request: flow.Request{Method: http.MethodGet, URL: at},
			Error:   &flow.Error{Kind: flow.KindRefused, What: "The jwks_uri is not a URL.", Why: err.Error()},
		}
		return &got, nil //nolint:nilerr // what broke is in the exchange
	}
	resp, err := client.Do(req)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err == nil {
		_ = resp.Body.Close()
	}
	return &got, nil
}
