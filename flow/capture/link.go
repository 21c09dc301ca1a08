package capture

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// linked is a flow as it is put together.
type linked struct {
	kind flow.CaptureKind
	of   int // index of the flow that this one renews or repeats, -1 for none

	// ask are the parameters of the authorize request, those that were pushed
	// ahead included.
	ask                      url.Values
	client, redirect, state  string
	nonce, challenge, method string
	code                     string
	start, end               time.Time
	silent                   bool

	steps  map[flow.StepID][]int // places in linker.all
	made   []flow.Exchange       // callbacks that are not a candidate of their own
	answer map[int]string        // fragments that belong to a candidate's URL
	tokens map[string]bool       // what its token endpoint gave out
	access map[string]bool       // the access tokens among them
	wrong  map[int]bool          // callbacks with another state
}

func newLinked(kind flow.CaptureKind, start time.Time) *linked {
	return &linked{
		kind: kind, of: -1, ask: url.Values{}, start: start,
		steps: map[flow.StepID][]int{}, answer: map[int]string{}, tokens: map[string]bool{}, access: map[string]bool{}, wrong: map[int]bool{},
	}
}

func (f *linked) has(id flow.StepID) bool { return len(f.steps[id]) > 0 }

func (f *linked) add(id flow.StepID, i int) { f.steps[id] = append(f.steps[id], i) }

// linker puts candidates together.
type linker struct {
	all    []candidate
	params []url.Values // of each request
	when   []time.Time  // of each; of one that has no time, that of the one before
	used   []bool
	flows  []*linked
	others map[string]int
}

// link finds the flows among the candidates.
func link(all []candidate) *linker {
	l := &linker{others: map[string]int{}}
	l.sort(all)
	l.params, l.used = make([]url.Values, len(l.all)), make([]bool, len(l.all))
	for i := range l.all {
		l.params[i] = paramsOf(l.all[i].Request)
	}
	l.authorizeRequests()
	l.callbacks()
	l.tokenRequests()
	l.pieces()
	l.around()
	l.relate()
	return l
}

// sort puts candidates into the order in which they happened. What has no time
// keeps its place in its source.
func (l *linker) sort(all []candidate) {
	type dated struct {
		candidate

		at time.Time
	}
	list := make([]dated, len(all))
	var last time.Time
	for i, c := range all {
		if i == 0 || c.source != all[i-1].source {
			last = time.Time{}
		}
		if !c.Timing.Start.IsZero() {
			last = c.Timing.Start
		}
		list[i] = dated{c, last}
	}
	slices.SortStableFunc(list, func(a, b dated) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.source, b.source), cmp.Compare(a.order, b.order))
	})
	for i, d := range list {
		// The same capture handed over twice is one.
		if i > 0 && sameExchange(list[i-1].candidate, d.candidate) {
			continue
		}
		l.all, l.when = append(l.all, d.candidate), append(l.when, d.at)
	}
}

func sameExchange(a, b candidate) bool {
	return a.source != b.source && !a.Timing.Start.IsZero() && a.Timing.Start.Equal(b.Timing.Start) && a.Request.URL == b.Request.URL &&
		a.Request.Method == b.Request.Method && string(a.Request.Body) == string(b.Request.Body)
}

// paramsOf are the parameters of a request: of its query, its fragment, and its
// body, form or JSON.
func paramsOf(r flow.Request) url.Values {
	q := url.Values{}
	add := func(encoded string) {
		for pair := range strings.SplitSeq(encoded, "&") {
			name, value, ok := strings.Cut(pair, "=")
			if !ok {
				continue
			}
			q.Add(unescaped(name), unescaped(value))
		}
	}
	before, fragment, _ := strings.Cut(r.URL, "#")
	_, query, _ := strings.Cut(before, "?")
	add(query)
	add(fragment)
	body := strings.TrimSpace(string(r.Body))
	if strings.HasPrefix(body, "{") {
		var members map[string]any
		if json.Unmarshal([]byte(body), &members) == nil {
			for name, value := range members {
				if s, ok := value.(string); ok {
					q.Add(name, s)
				}
			}
		}
		return q
	}
	if len(body) < maxPost {
		add(body)
	}
	return q
}

func unescaped(s string) string {
	if u, err := url.QueryUnescape(s); err == nil {
		return u
	}
	return s
}

// base is a URL without query and fragment.
func base(address string) string {
	if i := strings.IndexAny(address, "?#"); i >= 0 {
		return address[:i]
	}
	return address
}

func host(address string) string {
	_, rest, ok := strings.Cut(address, "://")
	if !ok {
		return ""
	}
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	return strings.ToLower(rest)
}

// authorizeRequests begins a flow with every authorize request, and puts those
// that are sent again, or passed on by the provider to itself, with the first.
func (l *linker) authorizeRequests() {
	for i := range l.all {
		q := l.params[i]
		reference := q.Get("request_uri")
		if q.Get("client_id") == "" || q.Has("grant_type") || !q.Has("response_type") && reference == "" && q.Get("request") == "" {
			continue
		}
		if l.isPushed(i) {
			continue // it is found by the flow that refers to it
		}
		ask := q
		par := -1
		if reference != "" {
			if par = l.pushed(reference, i); par >= 0 {
				ask = merged(q, l.params[par])
			}
		}
		f := newLinked(flow.KindSignIn, l.when[i])
		f.ask, f.client, f.redirect, f.state = ask, ask.Get("client_id"), ask.Get("redirect_uri"), ask.Get("state")
		f.nonce, f.challenge, f.method = ask.Get("nonce"), ask.Get("code_challenge"), ask.Get("code_challenge_method")
		f.silent = ask.Get("prompt") == "none"
		if again := l.sameRequest(f, l.all[i].Request.URL); again != nil {
			again.add(flow.StepAuthorize, i)
			l.used[i] = true
			continue
		}
		f.add(flow.StepAuthorize, i)
		l.used[i] = true
		if par >= 0 {
			f.add(flow.StepPAR, par)
			l.used[par] = true
		}
		l.flows = append(l.flows, f)
	}
}

// isPushed reports whether a request is one that was pushed ahead (RFC 9126):
// its answer is a reference.
func (l *linker) isPushed(i int) bool {
	return l.all[i].Request.Method == http.MethodPost && member(l.all[i], "request_uri") != ""
}

func (l *linker) pushed(reference string, before int) int {
	for i := before; i >= 0; i-- {
		if l.isPushed(i) && member(l.all[i], "request_uri") == reference {
			return i
		}
	}
	return -1
}

func merged(a, b url.Values) url.Values {
	out := url.Values{}
	for _, q := range []url.Values{a, b} {
		for name, values := range q {
			if !out.Has(name) {
				out[name] = values
			}
		}
	}
	return out
}

// member is a member of a JSON answer.
func member(c candidate, name string) string {
	if c.Response == nil || len(c.Response.Body) == 0 || len(c.Response.Body) > maxBody {
		return ""
	}
	var members map[string]any
	if json.Unmarshal(c.Response.Body, &members) != nil {
		if q, err := url.ParseQuery(string(c.Response.Body)); err == nil && q.Has("access_token") {
			return q.Get(name) // as GitHub answers
		}
		return ""
	}
	s, _ := members[name].(string)
	return s
}

// sameRequest is the flow of which a request with those parameters is a
// repetition.
func (l *linker) sameRequest(f *linked, address string) *linked {
	for _, g := range slices.Backward(l.flows) {
		if g.client != f.client || g.redirect != f.redirect || g.state != f.state || g.nonce != f.nonce || g.challenge != f.challenge || g.silent != f.silent {
			continue
		}
		first := l.all[g.steps[flow.StepAuthorize][0]].Request.URL
		if f.state != "" || f.nonce != "" || f.challenge != "" || first == address && g.code == "" {
			return g
		}
	}
	return nil
}

// callbacks finds the response to each authorize request: the request to the
// redirect URI, or the redirect that leads there, or the form that posts it.
func (l *linker) callbacks() {
	for _, f := range l.flows {
		l.callbackOf(f)
	}
	// What came back to a redirect URI with another state belongs to a flow
	// that has no response yet.
	for i := range l.all {
		if l.used[i] || !l.isResponse(i) {
			continue
		}
		for _, f := range slices.Backward(l.flows) {
			if !f.has(flow.StepCallback) && len(f.made) == 0 && f.redirect != "" && base(l.all[i].Request.URL) == base(f.redirect) && !l.when[i].Before(f.start) {
				f.add(flow.StepCallback, i)
				f.wrong[i] = f.state != ""
				f.code = l.params[i].Get("code")
				f.end = l.when[i]
				l.used[i] = true
				break
			}
		}
	}
}

// isResponse reports whether a request carries an authorization response.
func (l *linker) isResponse(i int) bool {
	q := flow.ResponseParams(l.all[i].Request)
	return len(q) > 0 && !l.params[i].Has("grant_type") && !(l.params[i].Has("client_id") && l.params[i].Has("response_type"))
}

func (l *linker) callbackOf(f *linked) {
	start := f.steps[flow.StepAuthorize][0]
	mine := func(q url.Values, address string) bool {
		if f.state != "" {
			return q.Get("state") == f.state
		}
		return f.redirect != "" && base(address) == base(f.redirect) && !q.Has("state")
	}
	for i := range l.all {
		if l.used[i] || !l.isResponse(i) || l.when[i].Before(f.start) {
			continue
		}
		q := flow.ResponseParams(l.all[i].Request)
		if !mine(q, l.all[i].Request.URL) {
			continue
		}
		if f.has(flow.StepCallback) && (q.Get("code") != f.code || base(l.all[i].Request.URL) != base(f.redirect)) {
			continue // the app carries the parameters on to its own pages
		}
		if !f.has(flow.StepCallback) {
			f.code, f.end = q.Get("code"), l.when[i]
		}
		f.add(flow.StepCallback, i)
		l.used[i] = true
		if f.state == "" {
			break
		}
	}
	if f.has(flow.StepCallback) {
		return
	}
	// The fragment of a URL is never sent, a custom scheme opens another
	// program: the redirect that leads there is in the capture all the same.
	for i := start; i < len(l.all); i++ {
		r := l.all[i].Response
		if r == nil {
			continue
		}
		if to := r.Header.Get("Location"); to != "" {
			q := flow.ResponseParams(flow.Request{URL: to})
			if len(q) == 0 || !mine(q, to) {
				continue
			}
			f.code, f.end = q.Get("code"), l.ends(i)
			if next := l.opened(to, i); next >= 0 {
				_, f.answer[next], _ = strings.Cut(to, "#")
				f.add(flow.StepCallback, next)
				l.used[next] = true
			} else {
				f.made = append(f.made, flow.Exchange{Request: flow.Request{Method: http.MethodGet, URL: to}, Timing: flow.Timing{Start: l.ends(i)}})
			}
			return
		}
		if action, form := postedForm(r.Body); action != "" {
			q := flow.ResponseParams(flow.Request{Body: flow.Body(form.Encode())})
			if len(q) == 0 || !mine(q, action) {
				continue
			}
			f.code, f.end = q.Get("code"), l.ends(i)
			f.made = append(f.made, flow.Exchange{
				Request: flow.Request{
					Method: http.MethodPost, URL: action, Body: flow.Body(form.Encode()),
					Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
				},
				Timing: flow.Timing{Start: l.ends(i)},
			})
			return
		}
	}
}

// ends is when an exchange was over.
func (l *linker) ends(i int) time.Time {
	if l.when[i].IsZero() {
		return time.Time{}
	}
	return l.when[i].Add(l.all[i].Timing.Total)
}

// opened is the request that a redirect led to, or -1.
func (l *linker) opened(to string, after int) int {
	to, _, _ = strings.Cut(to, "#")
	for i := after + 1; i < len(l.all); i++ {
		if !l.used[i] && l.all[i].Request.URL == to && l.all[i].Request.Method == http.MethodGet {
			return i
		}
	}
	return -1
}

// tokenRequests gives each token request to the flow whose code it redeems.
func (l *linker) tokenRequests() {
	for i := range l.all {
		q := l.params[i]
		grant := q.Get("grant_type")
		if l.used[i] || grant == "" {
			continue
		}
		switch grant {
		case "authorization_code":
			f := l.redeems(i)
			if f == nil {
				f = l.begin(flow.KindPiece, i)
				f.client, f.redirect, f.code = q.Get("client_id"), q.Get("redirect_uri"), q.Get("code")
			}
			f.add(flow.StepToken, i)
			f.receives(l.all[i])
			l.used[i] = true
		case "refresh_token":
			f := l.renews(i)
			if f == nil {
				f = l.begin(flow.KindRenewal, i)
				f.client = q.Get("client_id")
			}
			f.tokens[q.Get("refresh_token")] = true
			f.add(flow.StepRefresh, i)
			f.receives(l.all[i])
			l.used[i] = true
		default:
			l.others[grant]++
			l.used[i] = true
		}
	}
}

// begin makes a flow of which no authorize request was recorded.
func (l *linker) begin(kind flow.CaptureKind, i int) *linked {
	f := newLinked(kind, l.when[i])
	l.flows = append(l.flows, f)
	return f
}

// redeems is the flow that a token request belongs to: by its code, by its
// verifier, or else the latest one of that client that has none yet.
func (l *linker) redeems(i int) *linked {
	q := l.params[i]
	for _, f := range l.flows {
		if code := q.Get("code"); code != "" && code == f.code {
			return f
		}
	}
	if verifier := q.Get("code_verifier"); verifier != "" {
		sum := sha256.Sum256([]byte(verifier))
		for _, f := range l.flows {
			if f.challenge != "" && (f.challenge == base64.RawURLEncoding.EncodeToString(sum[:]) || f.challenge == verifier) {
				return f
			}
		}
	}
	client := clientOf(l.all[i], q)
	for _, f := range slices.Backward(l.flows) {
		if f.client == client && f.redirect == q.Get("redirect_uri") && f.code == "" && f.kind == flow.KindSignIn &&
			!f.has(flow.StepToken) && !l.when[i].Before(f.start) {
			return f
		}
	}
	return nil
}

// clientOf is the client that a request to the token endpoint names.
func clientOf(c candidate, q url.Values) string {
	if id := q.Get("client_id"); id != "" {
		return id
	}
	id, _, _ := (&http.Request{Header: c.Request.Header}).BasicAuth()
	return unescaped(id)
}

// renews is the flow whose refresh token a request shows, or else the latest
// one of its client.
func (l *linker) renews(i int) *linked {
	q := l.params[i]
	for _, f := range l.flows {
		if token := q.Get("refresh_token"); token != "" && f.tokens[token] {
			return f
		}
	}
	client := clientOf(l.all[i], q)
	for _, f := range slices.Backward(l.flows) {
		if f.client == client && client != "" && f.kind == flow.KindRenewal && host(l.all[f.steps[flow.StepRefresh][0]].Request.URL) == host(l.all[i].Request.URL) {
			return f
		}
	}
	return nil
}

// receives notes the tokens of an answer.
func (f *linked) receives(c candidate) {
	for _, name := range []string{"access_token", "refresh_token", "id_token"} {
		if token := member(c, name); token != "" {
			f.tokens[token] = true
			f.access[token] = name == "access_token"
		}
	}
	if f.end.Before(c.Timing.Start) {
		f.end = c.Timing.Start
	}
}
