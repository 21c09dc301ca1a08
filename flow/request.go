package flow

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/oauth2"
)

// prepared is a request as it will be sent, with its parameters one by one.
type prepared struct {
	Request
	values []Value
	// inside are the parameters that travel inside another: in a request
	// object, or in the request that was pushed. They are InLocal.
	inside []Value
	// object says that they are in a request object, where edits were made.
	object bool
	// certificate is the fingerprint of the client's, where that is how the
	// client authenticates.
	certificate string
}

// ready is prepare for a walk that is not locked. It unlocks even if prepare
// panics, or Next could not write down that it did.
func (w *Walk) ready(id StepID) (prepared, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.prepare(id)
}

// prepare makes the request of a step and applies the person's edits to it. It
// sends nothing. The walk must be locked.
func (w *Walk) prepare(id StepID) (prepared, error) {
	var r prepared
	var err error
	switch id {
	case StepDiscovery:
		r = get(discoveryURLs(w.t.Config.Issuer)[0], ByYou)
	case StepPAR:
		r, err = w.parRequest()
	case StepAuthorize:
		r, err = w.authorizeRequest()
	case StepDevice:
		r, err = w.deviceRequest()
	case StepToken, StepRefresh:
		r, err = w.tokenRequest(id)
	case StepKeys:
		r = get(w.t.Config.Provider.JWKSURI, ByProvider)
	case StepUserInfo:
		r, err = w.userInfoRequest()
	case StepCall:
		r, err = w.callRequest()
	case StepIntrospect:
		r, err = w.introspectRequest()
	case StepRevoke:
		r, err = w.revokeRequest()
	case StepLogout:
		r, err = w.logoutRequest()
	case StepVerifier, StepChallenge, StepCallback:
		err = errors.New("flow: the step " + string(id) + " sends nothing")
	}
	if err != nil {
		return prepared{}, err
	}
	r.apply(w.t.Config.Edits, id)
	r.values = append(r.values, r.inside...)
	if r.certificate != "" {
		r.values = append(r.values, Value{Name: ClientCertificateValue, Value: r.certificate, By: ByYou, In: InLocal})
	}
	if id == StepAuthorize && !w.t.Config.Paste {
		err = w.showCertificate(&r)
	}
	return r, err
}

// get is a plain GET, its URL a value of its own.
func get(rawURL string, by Chooser) prepared {
	return prepared{
		Request: Request{Method: http.MethodGet, URL: rawURL, Header: http.Header{}},
		values:  []Value{{Name: "url", Value: rawURL, By: by, In: InURL}},
	}
}

const formType = "application/x-www-form-urlencoded"

// post is a form that is posted, with its URL as one more value.
func post(endpoint string, values ...Value) prepared {
	form := ""
	for _, v := range values {
		form = addPair(form, v.Name, v.Value)
	}
	return prepared{
		Request: Request{
			Method: http.MethodPost, URL: endpoint, Header: http.Header{"Content-Type": {formType}}, Body: Body(form),
		},
		values: append(values, Value{Name: "url", Value: endpoint, By: ByProvider, In: InURL}),
	}
}

// apply carries out the edits of a step in the order in which they were made,
// and reads the values anew from the outcome.
func (r *prepared) apply(edits []Edit, id StepID) {
	origin := r.values
	edited := map[string]bool{}
	for _, e := range edits {
		if e.Step != id || r.object && insideObject(e) {
			continue
		}
		header, isHeader := strings.CutPrefix(e.Name, "header.")
		switch {
		case e.Name == "url":
			r.URL = e.Value
		case isHeader && e.Unset:
			r.Header.Del(header)
			// A header that the transport would add of itself stays away only
			// when it is there and empty.
			if http.CanonicalHeaderKey(header) == "User-Agent" {
				r.Header["User-Agent"] = []string{""}
			}
		case isHeader:
			r.Header.Set(header, e.Value)
			edited["header."+http.CanonicalHeaderKey(header)] = true
		case r.Method == http.MethodPost:
			r.Body = Body(setPair(string(r.Body), e.Name, e.Value, e.Unset))
		default:
			r.URL = setQuery(r.URL, e.Name, e.Value, e.Unset)
		}
		edited[e.Name] = true
	}
	r.values = r.read(origin, edited)
}

// read lists the values of a request in the order in which they stand there.
// What is known about them is taken from origin.
func (r *prepared) read(origin []Value, edited map[string]bool) []Value {
	var values []Value
	add := func(name, value string, in Place) {
		// What was neither asked for nor edited in stood in the endpoint's own
		// URL.
		v := Value{Value: value, By: ByProvider}
		if i := slices.IndexFunc(origin, func(o Value) bool { return o.Name == name }); i >= 0 {
			v = origin[i]
			if j := slices.IndexFunc(origin, func(o Value) bool { return o.Name == name && o.Value == value }); j >= 0 {
				v = origin[j] // one of several of that name
			}
		}
		v.Name, v.In = name, in
		v.PKCE = v.PKCE || pkceNames[name]
		v.Secret = v.Secret || isSecretName(name)
		if v.Value != value || edited[name] || edited["url"] && in == InQuery && v.By == ByProvider {
			v.Value, v.By, v.Edited = value, ByYou, true
		}
		if name == "code_verifier" {
			v.Problem = VerifierProblem(value)
		}
		values = append(values, v)
	}
	_, query, _ := cutQuery(r.URL)
	for name, value := range pairs(query) {
		add(name, value, InQuery)
	}
	for name, value := range pairs(string(r.Body)) {
		add(name, value, InForm)
	}
	var headers []string
	for name := range r.Header {
		headers = append(headers, name)
	}
	slices.Sort(headers)
	for _, name := range headers {
		if r.Header.Get(name) == "" {
			continue // left out by an edit
		}
		add("header."+name, r.Header.Get(name), InHeader)
	}
	in := InURL
	if slices.ContainsFunc(origin, func(o Value) bool { return o.Name == "url" && o.In == InLocal }) {
		in = InLocal
	}
	add("url", r.URL, in)
	if last := &values[len(values)-1]; !edited["url"] {
		// The URL follows from its parameters; only typing it anew is an edit.
		last.Edited, last.By = false, ByProgram
		if i := slices.IndexFunc(origin, func(o Value) bool { return o.Name == "url" }); i >= 0 {
			last.By = origin[i].By
		}
	}
	return values
}

// pkceNames are the parameters that RFC 7636 adds.
var pkceNames = map[string]bool{"code_verifier": true, "code_challenge": true, "code_challenge_method": true}

// isSecretName reports whether a value of that name is a secret wherever it
// stands.
func isSecretName(name string) bool {
	name = strings.ToLower(strings.TrimPrefix(name, "header."))
	switch name {
	case "code", "code_verifier", "client_secret", "client_assertion", "assertion", "device_code",
		"access_token", "refresh_token", "id_token", "id_token_hint", "logout_token", "subject_token", "actor_token",
		"password", "passwd", "authorization", "proxy-authorization", "cookie", "set-cookie":
		return true
	}
	return false
}

// cutQuery splits a URL around its query and keeps the fragment aside.
func cutQuery(rawURL string) (before, query, fragment string) {
	before, fragment, _ = strings.Cut(rawURL, "#")
	before, query, _ = strings.Cut(before, "?")
	return before, query, fragment
}

// setQuery changes one parameter of a URL and leaves the rest as it stands.
func setQuery(rawURL, name, value string, unset bool) string {
	before, query, fragment := cutQuery(rawURL)
	if query = setPair(query, name, value, unset); query != "" {
		before += "?" + query
	}
	if fragment != "" {
		before += "#" + fragment
	}
	return before
}

// setPair changes one parameter of a form or query, in its place, and leaves
// the others untouched even if they are malformed.
func setPair(encoded, name, value string, unset bool) string {
	var out []string
	pair := url.QueryEscape(name) + "=" + url.QueryEscape(value)
	for p := range strings.SplitSeq(encoded, "&") {
		k, _, _ := strings.Cut(p, "=")
		switch {
		case p == "":
		case unescape(k) != name:
			out = append(out, p)
		case !unset:
			out = append(out, pair)
			unset = true // a second one of the same name goes
		}
	}
	if !unset {
		out = append(out, pair)
	}
	return strings.Join(out, "&")
}

// pairs yields the parameters of a form or query in their order.
func pairs(encoded string) func(yield func(name, value string) bool) {
	return func(yield func(name, value string) bool) {
		for p := range strings.SplitSeq(encoded, "&") {
			if p == "" {
				continue
			}
			k, v, _ := strings.Cut(p, "=")
			if !yield(unescape(k), unescape(v)) {
				return
			}
		}
	}
}

// unescape undoes form encoding, and leaves alone what is not well-formed.
func unescape(s string) string {
	if u, err := url.QueryUnescape(s); err == nil {
		return u
	}
	return s
}

// httpRequest turns r into what net/http sends.
func (r Request) httpRequest(ctx context.Context) (*http.Request, error) {
	var body io.Reader
	if len(r.Body) > 0 {
		body = bytes.NewReader(r.Body)
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, body)
	if err != nil {
		return nil, Error{
			Kind: KindRefused, What: "The request cannot be sent: its URL is not one.", Why: err.Error(),
			Try: "Correct the URL.",
		}.Wrap(err)
	}
	if err := requireHTTPS(req.URL, "The endpoint"); err != nil {
		return nil, err
	}
	req.Header = cloneHeader(r.Header)
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host
	}
	return req, nil
}

// recorder returns a transport that records every exchange in a step.
func (w *Walk) recorder(id StepID) *recorder {
	return &recorder{next: w.o.Transport, now: w.now, done: func(x Exchange) { w.record(id, x) }, shown: &w.shown}
}

// never is a redirect policy: what a client sends to a token or UserInfo
// endpoint is meant for that endpoint only.
func never(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// oauth returns the configuration for x/oauth2, with its AuthStyle always
// explicit: left to find out, it would send a failed request a second time in
// another style, and the code would be burned by then.
func (w *Walk) oauth(redirectURI string) *oauth2.Config {
	c := w.t.Config
	style, secret := oauth2.AuthStyleInParams, ""
	switch c.AuthMethod {
	case AuthBasic:
		style, secret = oauth2.AuthStyleInHeader, c.ClientSecret
	case AuthPost:
		secret = c.ClientSecret
	default: // what else is added to the request is not x/oauth2's to add
	}
	return &oauth2.Config{
		ClientID: c.ClientID, ClientSecret: secret, RedirectURL: redirectURI, Scopes: w.scopes(),
		Endpoint: oauth2.Endpoint{
			AuthURL: c.Provider.AuthorizationEndpoint, TokenURL: c.endpoint("token_endpoint", c.Provider.TokenEndpoint), AuthStyle: style,
		},
	}
}

// basic is the Authorization header of client_secret_basic: id and secret are
// form-encoded first (RFC 6749 section 2.3.1).
func basic(id, secret string) string {
	pair := url.QueryEscape(id) + ":" + url.QueryEscape(secret)
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(pair))
}
