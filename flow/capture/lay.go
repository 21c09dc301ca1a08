package capture

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// transcripts lays every flow on the steps.
func (l *linker) transcripts(origins []Origin) []flow.Transcript {
	var out []flow.Transcript
	for _, f := range l.flows {
		out = append(out, l.transcript(f, origins))
	}
	return out
}

func (l *linker) transcript(f *linked, origins []Origin) flow.Transcript {
	from := l.capture(f, origins)
	seen := map[flow.StepID][]flow.Exchange{}
	for id, places := range f.steps {
		slices.Sort(places)
		for n, i := range places {
			seen[id] = append(seen[id], l.exchange(f, id, n, i, &from))
		}
	}
	for _, x := range f.made {
		x.Actor, x.Channel, x.Verdict = flow.ActorBrowser, flow.ChannelFront, flow.VerdictAccepted
		seen[flow.StepCallback] = append(seen[flow.StepCallback], x)
	}
	if from.Browser && withoutCookies(seen[flow.StepAuthorize]) {
		addLoss(&from, flow.Loss{What: flow.LostHeaders})
	}
	return flow.Captured(l.config(f, seen), seen, from)
}

// withoutCookies reports whether no message of a sign-in has a cookie. None
// goes without, so they were taken out.
func withoutCookies(signIn []flow.Exchange) bool {
	return len(signIn) > 0 && !slices.ContainsFunc(signIn, func(x flow.Exchange) bool {
		return x.Response == nil || x.Request.Header.Get("Cookie") != "" || x.Response.Header.Get("Set-Cookie") != ""
	})
}

// exchange is the n-th exchange of a step.
func (l *linker) exchange(f *linked, id flow.StepID, n, i int, from *flow.Capture) flow.Exchange {
	c := l.all[i]
	x := c.Exchange
	front := id == flow.StepAuthorize || id == flow.StepCallback || id == flow.StepLogout
	if x.Actor == "" {
		x.Actor, x.Channel = flow.ActorApp, flow.ChannelBack
		if front {
			x.Actor = flow.ActorBrowser
		}
	}
	if x.Channel == "" || front {
		x.Channel = flow.ChannelBack
		if front {
			x.Channel = flow.ChannelFront
		}
	}
	if id != flow.StepCallback {
		x.Verdict = ""
	}
	switch {
	case id == flow.StepCallback && x.Verdict != "":
	case id == flow.StepCallback && f.wrong[i] && l.params[i].Has("state"):
		x.Verdict = flow.VerdictWrongState
	case id == flow.StepCallback && f.wrong[i]:
		x.Verdict = flow.VerdictMissingState
	case id == flow.StepCallback && n > 0:
		x.Verdict = flow.VerdictDuplicate
	case id == flow.StepCallback:
		x.Verdict = flow.VerdictAccepted
	}
	if fragment := f.answer[i]; fragment != "" {
		x.Request.URL += "#" + fragment
	}
	if id == flow.StepCallback && host(x.Request.URL) == "" && !strings.Contains(x.Request.URL, ":") {
		x.Request.URL = f.redirect + x.Request.URL // a query or fragment that was handed over alone
	}
	// What people type into a provider's pages is their password. Nothing of it
	// is needed here.
	if id == flow.StepAuthorize && n > 0 && len(x.Request.Body) > 0 && !l.params[i].Has("response_type") {
		x.Request.Body = nil
		addLoss(from, flow.Loss{What: flow.LostInput, Step: id})
	}
	if x.Response == nil && c.failure != "" {
		x.Error = &flow.Error{
			Kind: flow.KindTransport, What: "No answer to this request is in the capture.", Why: "It says: " + c.failure + ".",
			Try: "Look at the browser's console: it says whether the connection broke or the page was not allowed to read the answer.",
		}
	}
	if id == flow.StepToken || id == flow.StepRefresh {
		from.ByScript = from.ByScript || c.scripted || byScript(x.Request)
	}
	for _, loss := range c.lost {
		// Of the pages on the way most bodies are left out anyway.
		if front && loss.What != flow.LostUTF8 || id == flow.StepRevoke {
			continue
		}
		loss.Step = id
		addLoss(from, loss)
	}
	return x
}

// addLoss counts equal losses together.
func addLoss(to *flow.Capture, loss flow.Loss) {
	for i := range to.Lost {
		if to.Lost[i].What == loss.What && to.Lost[i].Step == loss.Step {
			to.Lost[i].Count++
			return
		}
	}
	loss.Count = 1
	to.Lost = append(to.Lost, loss)
}

// byScript reports whether a script in a page sent a request: browsers say
// where it came from.
func byScript(r flow.Request) bool {
	return r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Mode") == "cors"
}

// capture is where a flow is from.
func (l *linker) capture(f *linked, origins []Origin) flow.Capture {
	c := flow.Capture{Kind: f.kind, Of: f.of + 1}
	var sources []int
	for _, places := range f.steps {
		for _, i := range places {
			if !slices.Contains(sources, l.all[i].source) {
				sources = append(sources, l.all[i].source)
			}
			if i == slices.Min(append([]int{i}, f.steps[flow.StepAuthorize]...)) {
				c.Framed = c.Framed || l.all[i].framed
			}
		}
	}
	slices.Sort(sources)
	var formats, tools []string
	add := func(list []string, s string) []string {
		if s == "" || slices.Contains(list, s) {
			return list
		}
		return append(list, s)
	}
	c.Browser = len(sources) > 0
	for _, s := range sources {
		o := origins[s]
		formats, tools = add(formats, o.Format), add(tools, o.Tool)
		c.Requests += o.Requests
		c.Lost = append(c.Lost, o.Lost...)
		c.Browser = c.Browser && ofBrowser(o)
	}
	if !l.dated(f) {
		c.Lost = append(c.Lost, flow.Loss{What: flow.LostTimes})
	}
	c.Format, c.Tool = strings.Join(formats, ", "), strings.Join(tools, ", ")
	return c
}

// dated reports whether any exchange of a flow has a time.
func (l *linker) dated(f *linked) bool {
	for _, places := range f.steps {
		if slices.ContainsFunc(places, func(i int) bool { return !l.all[i].Timing.Start.IsZero() }) {
			return true
		}
	}
	return false
}

// ofBrowser reports whether a browser made the recording itself.
func ofBrowser(o Origin) bool {
	for _, name := range []string{"WebInspector", "Firefox", "WebKit", "Safari", "Chrom", "Edge", "Playwright", "Puppeteer"} {
		if o.Format == "HAR" && strings.Contains(o.Tool, name) {
			return true
		}
	}
	return false
}

// config is the client as its requests show it.
func (l *linker) config(f *linked, seen map[flow.StepID][]flow.Exchange) flow.Config {
	c := flow.Config{
		ClientID: f.client, RedirectURI: f.redirect, Scopes: strings.Fields(f.ask.Get("scope")),
		ResponseMode: flow.ResponseMode(f.ask.Get("response_mode")), Prompt: f.ask.Get("prompt"),
		LoginHint: f.ask.Get("login_hint"), DomainHint: f.ask.Get("domain_hint"), Method: l.methodOf(f),
	}
	if t := f.ask.Get("response_type"); t != "" && t != flow.ResponseCode {
		c.Ask.ResponseType = t
	}
	c.Ask.Resources = f.ask["resource"]
	c.Ask.ACRValues, c.Ask.Claims, c.Ask.AuthorizationDetails = f.ask.Get("acr_values"), f.ask.Get("claims"), f.ask.Get("authorization_details")
	c.Protection.PAR = f.has(flow.StepPAR)
	if x := seen[flow.StepDiscovery]; len(x) > 0 {
		if meta := flow.MetadataOf(x[len(x)-1].Response); meta != nil {
			c.Provider, c.Issuer = *meta, meta.Issuer
			if asked, _, ok := strings.Cut(x[len(x)-1].Request.URL, "/.well-known/openid-configuration"); ok {
				c.Issuer = asked
			}
		}
	}
	set := func(to *string, id flow.StepID) {
		if x := seen[id]; len(x) > 0 && *to == "" {
			*to = base(x[0].Request.URL)
		}
	}
	set(&c.Provider.AuthorizationEndpoint, flow.StepAuthorize)
	set(&c.Provider.TokenEndpoint, flow.StepToken)
	set(&c.Provider.TokenEndpoint, flow.StepRefresh)
	set(&c.Provider.UserInfoEndpoint, flow.StepUserInfo)
	set(&c.Provider.JWKSURI, flow.StepKeys)
	set(&c.Provider.PAREndpoint, flow.StepPAR)
	set(&c.Provider.IntrospectionEndpoint, flow.StepIntrospect)
	set(&c.Provider.RevocationEndpoint, flow.StepRevoke)
	set(&c.Provider.EndSessionEndpoint, flow.StepLogout)
	set(&c.Afterwards.Call, flow.StepCall)
	if c.Issuer == "" {
		c.Issuer = issuerOf(c.Provider.AuthorizationEndpoint + " " + c.Provider.TokenEndpoint)
	}
	readClient(&c, seen)
	if l.inBrowser(f) {
		c.Platform = flow.PlatformSPA
	}
	return c
}

// inBrowser reports whether a browser says that a script of a page sent the
// token request.
func (l *linker) inBrowser(f *linked) bool {
	return slices.ContainsFunc(slices.Concat(f.steps[flow.StepToken], f.steps[flow.StepRefresh]), func(i int) bool { return l.all[i].scripted })
}

// methodOf is how the challenge was made, as far as the requests say.
func (l *linker) methodOf(f *linked) flow.Method {
	switch {
	case f.challenge == "" && f.has(flow.StepAuthorize) && !f.ask.Has("request") && (!f.ask.Has("request_uri") || f.has(flow.StepPAR)):
		return flow.MethodNone
	case f.challenge != "" && f.method == "":
		return flow.MethodOmitted
	case f.method != "":
		return flow.Method(f.method)
	}
	for _, i := range f.steps[flow.StepToken] {
		if l.params[i].Has("code_verifier") {
			return flow.MethodS256 // the method of all who do not say
		}
	}
	return ""
}

// issuerOf is Entra's issuer of a tenant, which its endpoints tell: the token
// names the tenant by its id, so only that can be compared.
func issuerOf(endpoints string) string {
	for address := range strings.FieldsSeq(endpoints) {
		before, _, ok := strings.Cut(address, "/oauth2/v2.0/")
		u, err := url.Parse(before)
		if !ok || err != nil || !strings.Contains(u.Host, "login.microsoftonline") {
			continue
		}
		return before + "/v2.0"
	}
	return ""
}

// readClient works out how the client authenticates and where it runs.
func readClient(c *flow.Config, seen map[flow.StepID][]flow.Exchange) {
	requests := slices.Concat(seen[flow.StepToken], seen[flow.StepRefresh], seen[flow.StepPAR])
	told := false
	for _, x := range requests {
		if x.Request.URL == "" && len(x.Request.Body) == 0 {
			continue
		}
		told = true
		q := paramsOf(x.Request)
		id, secret, basic := (&http.Request{Header: x.Request.Header}).BasicAuth()
		switch {
		case basic:
			c.AuthMethod, c.ClientSecret = flow.AuthBasic, unescaped(secret)
			if c.ClientID == "" {
				c.ClientID = unescaped(id)
			}
		case q.Get("client_assertion") != "":
			c.AuthMethod = flow.AuthKeyJWT
		case q.Get("client_secret") != "":
			c.AuthMethod, c.ClientSecret = flow.AuthPost, q.Get("client_secret")
		default:
			c.AuthMethod = flow.AuthNone
		}
		c.Protection.DPoP = c.Protection.DPoP || x.Request.Header.Get("Dpop") != ""
		if c.ClientID == "" {
			c.ClientID = q.Get("client_id")
		}
		if byScript(x.Request) {
			c.Platform = flow.PlatformSPA
		}
	}
	u, err := url.Parse(c.RedirectURI)
	switch {
	case c.Platform != "":
	case told && c.AuthMethod != flow.AuthNone:
		c.Platform = flow.PlatformWeb
	case err == nil && c.RedirectURI != "" && u.Scheme != "http" && u.Scheme != "https":
		c.Platform = flow.PlatformNative
	case told && err == nil && flow.IsLoopback(u.Hostname()):
		c.Platform = flow.PlatformNative
	}
}
