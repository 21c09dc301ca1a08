package inspect

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// run is what the rules and checks ask about a transcript, read off once: what
// was sent at each step, and what was answered.
type run struct {
	t    flow.Transcript
	prov provider

	// authorize, token and refresh are the parameters of the requests, sent or
	// pending; nil when there is no such request.
	authorize, token, refresh *params
	// outside is what the authorize request has in the open, inside what was
	// pushed ahead or stands in its request object; nil where that is not known.
	// authorize is both.
	outside, inside *params
	// device is the device authorization request, of a run that has one.
	device *params
	// callback is the accepted authorization response.
	callback *params
	// The answers of the back channel.
	metadata, tokenResponse, refreshResponse, userInfo *params
	// tokenExchange is the exchange that the token step ended with.
	tokenExchange *flow.Exchange
	// jwks is the document that the keys step fetched.
	jwks []byte
	// certificate is the fingerprint of the https callback's, clientCertificate
	// that of the one by which the client is known; "" without one.
	certificate, clientCertificate string
	// pendingAuthorize and pendingToken are true when the request was not sent.
	pendingAuthorize, pendingToken bool
}

// params are names and values in the order of the wire. A nil *params has
// nothing.
type params struct{ list []field }

func (p *params) get(name string) string { v, _ := p.lookup(name); return v }
func (p *params) has(name string) bool   { _, ok := p.lookup(name); return ok }

func (p *params) lookup(name string) (string, bool) {
	if p == nil {
		return "", false
	}
	for _, x := range p.list {
		if x.Name == name {
			return x.Value, true
		}
	}
	return "", false
}

func newRun(t flow.Transcript, p *flow.Pending, prov provider) run {
	r := run{t: t, prov: prov}
	r.authorize, r.pendingAuthorize = r.sent(flow.StepAuthorize, p)
	r.token, r.pendingToken = r.sent(flow.StepToken, p)
	r.refresh, _ = r.sent(flow.StepRefresh, p)
	r.device, _ = r.sent(flow.StepDevice, p)
	authorize := t.Step(flow.StepAuthorize)
	if p != nil && p.Step == flow.StepAuthorize && len(authorize.Values) == 0 {
		authorize.Values = p.Values
	}
	r.outside, r.inside = r.authorize, (&params{}).with(authorize, flow.InLocal)
	if r.inside.list == nil {
		r.inside = nil
	}
	r.authorize = r.authorize.with(authorize, flow.InLocal)
	r.certificate, _ = authorize.Value(flow.CertificateValue)
	token := t.Step(flow.StepToken)
	if p != nil && p.Step == flow.StepToken && len(token.Values) == 0 {
		token.Values = p.Values
	}
	r.clientCertificate, _ = token.Value(flow.ClientCertificateValue)
	r.callback = callbackOf(t.Step(flow.StepCallback))
	if c := t.Step(flow.StepCallback); r.callback.has("response") {
		r.callback = r.callback.with(c, flow.InQuery, flow.InFragment, flow.InForm)
	}
	r.metadata = metadataOf(t.Step(flow.StepDiscovery))
	r.tokenExchange = lastAnswered(t.Step(flow.StepToken))
	r.tokenResponse = answer(r.tokenExchange)
	r.refreshResponse = answer(lastAnswered(t.Step(flow.StepRefresh)))
	r.userInfo = answer(lastAnswered(t.Step(flow.StepUserInfo)))
	if ex := lastAnswered(t.Step(flow.StepKeys)); ex != nil && ex.Response.Status == http.StatusOK {
		r.jwks = ex.Response.Body
	}
	return r
}

// sent returns the parameters of a step's request: as it was sent, or as it
// would be. Of the authorize step the first hop is the request; without one,
// the recorded URL and values are.
func (r *run) sent(id flow.StepID, p *flow.Pending) (ps *params, pending bool) {
	s := r.t.Step(id)
	if len(s.Exchanges) > 0 {
		ex := s.Exchanges[0]
		for _, x := range s.Exchanges {
			if x.Actor != flow.ActorBrowser && id != flow.StepAuthorize {
				ex = x
			}
		}
		return requestParams(ex.Request), false
	}
	if u, ok := s.Value("url"); ok {
		return requestParams(flow.Request{URL: u}), false
	}
	values := s.Values
	if p != nil && p.Step == id {
		if p.Request != nil {
			return requestParams(*p.Request), true
		}
		values, pending = p.Values, true
	}
	var list []field
	for _, v := range values {
		if v.In == flow.InQuery || v.In == flow.InForm {
			list = append(list, field{Name: v.Name, Value: v.Value})
		}
	}
	if list == nil {
		return nil, pending
	}
	return &params{list}, pending
}

func requestParams(req flow.Request) *params {
	_, query, fragment := splitURL(req.URL)
	list := append(formPairs(query), formPairs(fragment)...)
	if kind, _ := kindOf(req.Header, req.Body); kind == "form" {
		list = append(list, formPairs(string(req.Body))...)
	}
	return &params{list}
}

// callbackOf returns the parameters of the accepted response.
func callbackOf(s flow.Step) *params {
	for _, ex := range s.Exchanges {
		if ex.Verdict == flow.VerdictAccepted {
			return requestParams(ex.Request)
		}
	}
	var list []field
	for _, v := range s.Values {
		if v.In != flow.InLocal {
			list = append(list, field{Name: v.Name, Value: v.Value})
		}
	}
	if list == nil {
		return nil
	}
	return &params{list}
}

// with returns p with the values of a step that stand in those places and are
// not in p: what travelled inside another parameter, or was pushed ahead.
func (p *params) with(s flow.Step, in ...flow.Place) *params {
	if p == nil {
		return nil
	}
	out := &params{slices.Clone(p.list)}
	for _, v := range s.Values {
		if slices.Contains(in, v.In) && v.Name != "url" && v.Name != flow.CertificateValue && !p.has(v.Name) {
			out.list = append(out.list, field{Name: v.Name, Value: v.Value})
		}
	}
	return out
}

// metadataOf returns the members of the metadata. The provider's keys may have
// been fetched in the same step.
func metadataOf(s flow.Step) *params {
	for _, ex := range slices.Backward(s.Exchanges) {
		if ex.Response == nil {
			continue
		}
		if m := answer(&ex); !m.has("keys") {
			return m
		}
	}
	return nil
}

// lastAnswered returns the last exchange of s that has a response. Discovery
// tries one address after the other: where nothing was of use, what one of them
// answered with a success says more than that the others are not there.
func lastAnswered(s flow.Step) *flow.Exchange {
	for i := len(s.Exchanges) - 1; i >= 0 && s.ID == flow.StepDiscovery; i-- {
		if r := s.Exchanges[i].Response; r != nil && r.Status/100 == 2 {
			return &s.Exchanges[i]
		}
	}
	for i := len(s.Exchanges) - 1; i >= 0; i-- {
		if s.Exchanges[i].Response != nil {
			return &s.Exchanges[i]
		}
	}
	return nil
}

// maxAnswer bounds what is read as the answer of an endpoint. Even a token with
// thousands of groups stays far below; what is larger can only be looked at.
const maxAnswer = 4 << 20

// answer reads the members of a response, JSON or form.
func answer(ex *flow.Exchange) *params {
	if ex == nil || len(ex.Response.Body) > maxAnswer {
		return nil
	}
	switch kind, _ := kindOf(ex.Response.Header, ex.Response.Body); kind {
	case "json":
		pairs, _ := jsonPairs(ex.Response.Body)
		return &params{pairs}
	case "form":
		return &params{formPairs(string(ex.Response.Body))}
	}
	return nil
}

// asked is the request that says what the client wants: the authorize request,
// or that for a device code.
func (r *run) asked() *params {
	if r.authorize == nil {
		return r.device
	}
	return r.authorize
}

// asksFor reports whether a scope was asked for.
func (r *run) asksFor(scope string) bool {
	return slices.Contains(strings.Fields(r.asked().get("scope")), scope)
}

// issuer returns the issuer that tokens must name, and where it is from.
func (r *run) issuer() (iss, from string) {
	switch {
	case r.metadata.has("issuer"):
		return r.metadata.get("issuer"), "the provider's metadata"
	case r.t.Config.Provider.Issuer != "":
		return r.t.Config.Provider.Issuer, "the provider's metadata"
	case r.t.Config.Issuer != "":
		return r.t.Config.Issuer, "the client's settings"
	}
	return "", ""
}

// clientID returns the client that the run was made as.
func (r *run) clientID() string {
	for _, p := range []*params{r.asked(), r.token} {
		if id := p.get("client_id"); id != "" {
			return id
		}
	}
	return r.t.Config.ClientID
}

// public reports whether the client authenticates with nothing.
func (r *run) public() bool {
	if r.t.Capture != nil && r.t.Config.AuthMethod == "" {
		return false // nobody saw how it does
	}
	return r.t.Config.AuthMethod == flow.AuthNone || r.t.Config.AuthMethod == ""
}

// loopback reports whether a URL points to this machine.
func loopback(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil {
		return false
	}
	h := u.Hostname()
	return flow.IsLoopback(h) || strings.HasSuffix(h, ".localhost") // RFC 6761 section 6.3
}
