package capture

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// pieces makes flows of what belongs to none: a response without its request,
// an answer without either. In a recording of thousands of requests it has to
// look like one beyond doubt.
func (l *linker) pieces() {
	for i := range l.all {
		c := l.all[i]
		if l.used[i] || !l.isResponse(i) {
			continue
		}
		q := flow.ResponseParams(c.Request)
		if !c.Timing.Start.IsZero() && !beyondDoubt(q) {
			continue
		}
		f := l.ofCode(q.Get("code"))
		if f == nil {
			f = l.begin(flow.KindPiece, i)
			f.redirect, f.code, f.state = base(c.Request.URL), q.Get("code"), q.Get("state")
		}
		f.add(flow.StepCallback, i)
		if f.start.After(l.when[i]) {
			f.start = l.when[i]
		}
		l.used[i] = true
	}
	for i := range l.all {
		if l.used[i] || !l.isTokenAnswer(i) {
			continue
		}
		f := l.waiting()
		if f == nil {
			f = l.begin(flow.KindPiece, i)
		}
		f.add(flow.StepToken, i)
		f.receives(l.all[i])
		l.used[i] = true
	}
}

// isTokenAnswer reports whether an exchange is the answer of a token endpoint
// whose request is missing, or lacks its body.
func (l *linker) isTokenAnswer(i int) bool {
	c := l.all[i]
	if at := base(c.Request.URL); at != "" && (c.Request.Method != http.MethodPost || !strings.HasSuffix(at, "/token") || len(c.Request.Body) > 0) {
		return false
	}
	return member(c, "access_token") != "" || member(c, "id_token") != "" || member(c, "error") != ""
}

// beyondDoubt reports whether parameters can be nothing but an authorization
// response: many a shop has a code and a state in its URLs.
func beyondDoubt(q url.Values) bool {
	switch {
	case q.Get("error") != "":
		return q.Get("error_description") != "" || q.Get("iss") != ""
	case q.Get("id_token") != "":
		return true
	}
	return len(q.Get("code")) >= 16 && (q.Get("state") != "" || q.Get("iss") != "" || q.Get("session_state") != "")
}

// ofCode is the flow that has this code, or nil.
func (l *linker) ofCode(code string) *linked {
	for _, f := range l.flows {
		if code != "" && f.code == code && !f.has(flow.StepCallback) {
			return f
		}
	}
	return nil
}

// waiting is the latest flow whose token request has no answer, or that has no
// token request.
func (l *linker) waiting() *linked {
	for _, f := range slices.Backward(l.flows) {
		answered := slices.ContainsFunc(f.steps[flow.StepToken], func(i int) bool { return l.all[i].Response != nil })
		if f.kind != flow.KindRenewal && !answered {
			return f
		}
	}
	return nil
}

// around finds what else belongs to each flow: the pages of the sign-in, the
// provider's metadata and keys, UserInfo, and what became of the tokens.
func (l *linker) around() {
	for _, f := range l.flows {
		l.pages(f)
	}
	for i := range l.all {
		c := l.all[i]
		if l.used[i] || c.Request.URL == "" && !isKeySet(c) {
			continue
		}
		switch {
		case c.Request.URL == "":
			for _, f := range l.flows { // keys that were handed over alone
				f.steps[flow.StepKeys] = []int{i}
			}
		case strings.Contains(c.Request.URL, "/.well-known/openid-configuration"), strings.Contains(c.Request.URL, "/.well-known/oauth-authorization-server"):
			l.share(i, flow.StepDiscovery)
		case isKeySet(c):
			l.share(i, flow.StepKeys)
		case l.bearer(i), l.call(i):
		case l.params[i].Has("post_logout_redirect_uri") || l.params[i].Has("id_token_hint"):
			l.last(i, flow.StepLogout)
		case l.params[i].Get("token") != "" && strings.Contains(base(c.Request.URL), "introspect"):
			l.last(i, flow.StepIntrospect)
		case l.params[i].Get("token") != "" && strings.Contains(base(c.Request.URL), "revo"):
			l.last(i, flow.StepRevoke)
		}
	}
}

// maxPages bounds the pages of one sign-in.
const maxPages = 60

// pages finds what the browser did at the provider between the authorize
// request and the callback: pages, forms and redirects on the provider's hosts.
// Of a silent flow, which has no pages, only redirects.
func (l *linker) pages(f *linked) {
	if !f.has(flow.StepAuthorize) {
		return
	}
	hosts := map[string]bool{}
	leads := map[string]bool{}
	for _, i := range f.steps[flow.StepAuthorize] {
		hosts[host(l.all[i].Request.URL)] = true
		leads[l.location(i)] = true
	}
	end := f.end
	if end.IsZero() && !f.start.IsZero() {
		end = f.start.Add(30 * time.Minute)
		for _, g := range l.flows {
			if g.client == f.client && g.start.After(f.start) && g.start.Before(end) && !g.silent {
				end = g.start
			}
		}
	}
	delete(leads, "")
	for i := f.steps[flow.StepAuthorize][0] + 1; i < len(l.all) && len(f.steps[flow.StepAuthorize]) < maxPages; i++ {
		c := l.all[i]
		if l.used[i] {
			continue
		}
		if !end.IsZero() && l.when[i].After(end) {
			break
		}
		if base(c.Request.URL) == base(f.redirect) {
			continue // the app's own page
		}
		redirects := c.Response != nil && c.Response.Status/100 == 3
		led := leads[c.Request.URL]
		if !led && (f.silent || !hosts[host(c.Request.URL)] || !c.document && !redirects || c.want == anAnswer) {
			continue
		}
		f.add(flow.StepAuthorize, i)
		l.used[i] = true
		if to := l.location(i); to != "" {
			leads[to] = true
			delete(leads, "")
		}
	}
	slices.Sort(f.steps[flow.StepAuthorize])
}

// location is where an answer redirects to, whole.
func (l *linker) location(i int) string {
	r := l.all[i].Response
	if r == nil || r.Header.Get("Location") == "" {
		return ""
	}
	from, err := url.Parse(l.all[i].Request.URL)
	if err != nil {
		return ""
	}
	to, err := from.Parse(r.Header.Get("Location"))
	if err != nil {
		return ""
	}
	to.Fragment, to.RawFragment = "", ""
	return to.String()
}

func isKeySet(c candidate) bool {
	return c.Response != nil && c.Request.Method == http.MethodGet && len(c.Response.Body) < maxBody && keySet().Match(c.Response.Body)
}

// keySet is made when it is needed: its repetition is long, and the program
// should start quickly.
var keySet = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\s*\{[\s\S]{0,200}"keys"\s*:\s*\[`)
})

// share gives metadata or keys to every flow of that provider.
func (l *linker) share(i int, id flow.StepID) {
	c := l.all[i]
	for _, f := range l.flows {
		at := l.endpoints(f)
		match := false
		switch meta := flow.MetadataOf(c.Response); {
		case id == flow.StepDiscovery && meta != nil:
			match = at[base(meta.AuthorizationEndpoint)] || at[base(meta.TokenEndpoint)] || len(at) > 0 && sameTenant(at, meta)
		case id == flow.StepKeys && l.metadata(f) != nil:
			match = l.metadata(f).JWKSURI == c.Request.URL
		default:
			for address := range at {
				match = match || host(address) == host(c.Request.URL)
			}
		}
		if match {
			// The last before the tokens came is the one that was used.
			f.steps[id] = []int{i}
			l.used[i] = true
		}
	}
}

// sameTenant says whether metadata is that of the endpoints in use: Entra
// spells one tenant by its domain and by its id.
func sameTenant(at map[string]bool, meta *flow.Provider) bool {
	for address := range at {
		_, path, _ := strings.Cut(strings.TrimPrefix(address, "https://"+host(address)), "/")
		_, rest, _ := strings.Cut(path, "/")
		if host(address) == host(meta.AuthorizationEndpoint) && rest != "" && strings.HasSuffix(base(meta.AuthorizationEndpoint), "/"+rest) {
			return true
		}
	}
	return false
}

// endpoints are the addresses that a flow used at its provider.
func (l *linker) endpoints(f *linked) map[string]bool {
	at := map[string]bool{}
	for _, id := range []flow.StepID{flow.StepAuthorize, flow.StepToken, flow.StepRefresh, flow.StepPAR} {
		if f.has(id) && l.all[f.steps[id][0]].Request.URL != "" {
			at[base(l.all[f.steps[id][0]].Request.URL)] = true
		}
	}
	return at
}

// metadata is the provider's, as the flow's capture shows it, or nil.
func (l *linker) metadata(f *linked) *flow.Provider {
	if !f.has(flow.StepDiscovery) {
		return nil
	}
	return flow.MetadataOf(l.all[f.steps[flow.StepDiscovery][0]].Response)
}

// bearer gives a UserInfo request to the flow whose access token it shows.
func (l *linker) bearer(i int) bool {
	c := l.all[i]
	_, token, _ := strings.Cut(c.Request.Header.Get("Authorization"), " ")
	if !strings.Contains(strings.ToLower(base(c.Request.URL)), "userinfo") {
		return false
	}
	for _, f := range slices.Backward(l.flows) {
		meta := l.metadata(f)
		if token != "" && f.tokens[token] || token == "" && meta != nil && meta.UserInfoEndpoint == base(c.Request.URL) {
			f.add(flow.StepUserInfo, i)
			l.used[i] = true
			return true
		}
	}
	return false
}

// call gives the first request that shows an access token to somebody else than
// the provider to the flow that the token is of.
func (l *linker) call(i int) bool {
	token := bearerToken(l.all[i].Request.Header.Get("Authorization"))
	if token == "" {
		return false
	}
	for _, f := range slices.Backward(l.flows) {
		if !f.access[token] {
			continue
		}
		provider := false
		for address := range l.endpoints(f) {
			provider = provider || host(address) == host(l.all[i].Request.URL)
		}
		if provider || f.has(flow.StepCall) {
			return false
		}
		f.add(flow.StepCall, i)
		l.used[i] = true
		return true
	}
	return false
}

// last gives a request to the latest flow before it at that host.
func (l *linker) last(i int, id flow.StepID) {
	for _, f := range slices.Backward(l.flows) {
		for address := range l.endpoints(f) {
			if host(address) == host(l.all[i].Request.URL) && !l.when[i].Before(f.start) {
				f.add(id, i)
				l.used[i] = true
				return
			}
		}
	}
}

// relate says which flows renew or repeat which, and orders them by time.
func (l *linker) relate() {
	// What has no time comes last, in the order in which it was handed over.
	slices.SortStableFunc(l.flows, func(a, b *linked) int {
		if a.start.IsZero() != b.start.IsZero() {
			return b.start.Compare(a.start)
		}
		return a.start.Compare(b.start)
	})
	for i, f := range l.flows {
		switch {
		case f.silent:
			f.kind = flow.KindSilent
			f.of = l.before(i, func(g *linked) bool { return g.client == f.client && !g.silent && l.sameProvider(f, g) })
		case f.kind == flow.KindRenewal:
			f.of = l.before(i, func(g *linked) bool {
				return g.client == f.client && g.kind != flow.KindRenewal && l.sameProvider(f, g)
			})
		case f.kind == flow.KindSignIn && l.isBroker(f):
			f.kind = flow.KindBroker
			f.of = l.before(i, func(g *linked) bool { return l.inside(f, g) })
		case f.kind == flow.KindSignIn:
			f.of = l.before(i, func(g *linked) bool {
				return g.client == f.client && g.redirect == f.redirect && l.sameProvider(f, g) && !g.silent && g.kind != flow.KindRenewal && g.kind != flow.KindPiece
			})
			if f.of >= 0 {
				f.kind = flow.KindAgain
			}
		}
	}
}

// sameProvider reports whether two flows use an endpoint of one host.
func (l *linker) sameProvider(f, g *linked) bool {
	for a := range l.endpoints(f) {
		for b := range l.endpoints(g) {
			if host(a) == host(b) {
				return true
			}
		}
	}
	return false
}

func (l *linker) before(i int, match func(*linked) bool) int {
	for j := i - 1; j >= 0; j-- {
		if match(l.flows[j]) {
			return j
		}
	}
	return -1
}

// isBroker reports whether a flow is the sign-in of a provider at another one:
// its redirect URI is at the provider of another flow.
func (l *linker) isBroker(f *linked) bool {
	return slices.ContainsFunc(l.flows, func(g *linked) bool { return l.inside(f, g) })
}

func (l *linker) inside(f, g *linked) bool {
	return f != g && f.redirect != "" && g.has(flow.StepAuthorize) && !g.start.After(f.start) &&
		host(f.redirect) == host(l.all[g.steps[flow.StepAuthorize][0]].Request.URL) && host(f.redirect) != host(g.redirect)
}

var (
	formElement  = regexp.MustCompile(`(?is)<form\b[^>]*>`)
	formAction   = regexp.MustCompile(`(?i)\baction\s*=\s*(?:"([^"]*)"|'([^']*)')`)
	inputElement = regexp.MustCompile(`(?is)<input\b[^>]*>`)
	inputName    = regexp.MustCompile(`(?i)\bname\s*=\s*(?:"([^"]*)"|'([^']*)')`)
	inputValue   = regexp.MustCompile(`(?i)\bvalue\s*=\s*(?:"([^"]*)"|'([^']*)')`)
)

// postedForm reads the form of a page that posts a response on to the app
// (OAuth 2.0 Form Post Response Mode). The action is empty if there is none.
func postedForm(page []byte) (action string, form url.Values) {
	if len(page) == 0 || len(page) > maxPage || !pageTells(page) {
		return "", nil
	}
	text := string(page)
	first := func(re *regexp.Regexp, s string) string {
		if m := re.FindStringSubmatch(s); m != nil {
			return html.UnescapeString(m[1] + m[2])
		}
		return ""
	}
	form = url.Values{}
	for _, input := range inputElement.FindAllString(text, 64) {
		if name := first(inputName, input); name != "" {
			form.Add(name, first(inputValue, input))
		}
	}
	if form.Get("code") == "" && form.Get("id_token") == "" && form.Get("error") == "" {
		return "", nil
	}
	return first(formAction, formElement.FindString(text)), form
}
