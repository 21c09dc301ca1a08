package inspect

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// reader is one reading of a transcript. It is thrown away afterwards.
type reader struct {
	shown // for what is not masked yet: tokens and findings

	t       flow.Transcript
	pending *flow.Pending
	now     time.Time
	prov    provider
	run     *run
	views   *views
}

func read(t flow.Transcript, p *flow.Pending, o Options) Report {
	if o.Now.IsZero() {
		o.Now = lastTime(t)
	}
	v := viewsOf(t, p, o.Reveal)
	if rep, ok := v.report(o.Now); ok {
		return rep
	}
	r := &reader{
		shown: shown{redactor: v.redactor, reveal: o.Reveal},
		t:     t, pending: p, now: o.Now, prov: v.run.prov, run: &v.run, views: v,
	}
	rep := Report{Transcript: withoutPending(v.shown, p), Outcome: flow.Outcome(Clean(string(t.Outcome))), plain: map[flow.StepID]stepData{}}
	tokens := tokensOf(r.run, o.Now)
	for _, s := range stepsOf(v.shown) {
		findings := inOrder(slices.Concat(v.findings[s.ID], findingsOfTokens(tokens[s.ID])))
		d := stepData{}
		for _, tok := range tokens[s.ID] {
			d.tokens = append(d.tokens, r.fileToken(tok))
		}
		for _, f := range findings {
			d.findings = append(d.findings, r.fileFinding(f))
		}
		step := r.step(s, tokens[s.ID], findings)
		d.repair, step.Repair = v.repairs[s.ID], v.repairs[s.ID]
		rep.plain[s.ID] = d
		rep.Steps = append(rep.Steps, step)
	}
	rep.Summary = r.summary(rep.Steps)
	rep.Arrows = r.arrows()
	rep.Clocks = r.clocks()
	v.keep(rep, o.Now)
	return rep
}

// stepData is what the JSON output adds to a step, masked as a file is.
type stepData struct {
	tokens   []Token
	findings []Finding
	repair   *Repair
}

// stepsOf returns the steps of t in the order of the walk, those that it does
// not have as pending ones unless they belong to an extension or to another flow,
// and whatever a file made elsewhere adds at the end.
func stepsOf(t flow.Transcript) []flow.Step {
	var steps []flow.Step
	known := map[flow.StepID]bool{}
	for _, id := range flow.AllStepIDs() {
		known[id] = true
		has := slices.ContainsFunc(t.Steps, func(s flow.Step) bool { return s.ID == id })
		if has || slices.Contains(t.Instead, id) || !id.Extension() && t.Config.Has(id) {
			steps = append(steps, t.Step(id))
		}
	}
	for _, s := range t.Steps {
		if !known[s.ID] {
			known[s.ID] = true
			steps = append(steps, s)
		}
	}
	return steps
}

// lastTime returns when the last step of t ended, or when it was made.
func lastTime(t flow.Transcript) time.Time {
	last := t.Made
	for _, s := range t.Steps {
		for _, at := range []time.Time{s.Started, s.Ended} {
			if at.After(last) {
				last = at
			}
		}
	}
	return last
}

// optional steps are not part of the flow itself.
func optional(id flow.StepID) bool {
	switch id {
	case flow.StepVerifier, flow.StepChallenge, flow.StepAuthorize, flow.StepCallback, flow.StepDevice, flow.StepToken:
		return false
	default:
		return true
	}
}

func (r *reader) step(s flow.Step, tokens []Token, findings []Finding) Step {
	out := Step{
		ID:       flow.StepID(Clean(string(s.ID))),
		PKCE:     s.ID == flow.StepVerifier || s.ID == flow.StepChallenge,
		Optional: (s.Optional || optional(s.ID)) && !(s.ID == flow.StepPAR && r.t.Config.Provider.PARRequired),
		Status:   flow.Status(Clean(string(s.Status))),
		Error:    r.err(s.Error),
	}
	if out.Status == "" {
		out.Status = flow.StatusPending
	}
	out.Offered = s.ID.Extension() && !r.t.Config.Asks(s.ID) &&
		(out.Status == flow.StatusPending || out.Status == flow.StatusSkipped)
	out.Instead = slices.Contains(r.t.Instead, s.ID)
	r.explain(&out)
	for _, v := range s.Values {
		if v.In == flow.InLocal || v.In == "" {
			out.Values = append(out.Values, r.valueRow(v))
		}
	}
	next := r.pending != nil && r.pending.Step == s.ID
	if next && len(s.Values) == 0 {
		for _, v := range r.pending.Values {
			if v.In == flow.InLocal || v.In == "" {
				out.Values = append(out.Values, r.valueRow(v))
			}
		}
	}
	for i, ex := range s.Exchanges {
		unsent := next && r.pending.Request != nil && i == len(s.Exchanges)-1
		values := s.Values
		if unsent {
			values = r.pending.Values
		}
		out.Exchanges = append(out.Exchanges, r.exchange(s.ID, i, ex, values, unsent))
	}
	for _, tok := range tokens {
		out.Tokens = append(out.Tokens, r.screenToken(tok))
	}
	for _, f := range findings {
		out.Findings = append(out.Findings, r.screenFinding(f))
	}
	return out
}

// valueRow explains a value that was made here.
func (r *reader) valueRow(v flow.Value) Row {
	l := layout{shown: r.shown, prov: r.prov}
	e, ok := Parameters().Find(v.Name, "local")
	row := l.entryRow(v.Name, v.Value, e, ok)
	l.mark(&row, v)
	return row
}

// summary says in a sentence where the run stands.
func (r *reader) summary(steps []Step) string {
	for _, s := range steps {
		if s.Status == flow.StatusFailed {
			why := "."
			if s.Error != nil && s.Error.What != "" {
				why = ": " + sentence(s.Error.What)
			}
			return "The " + runWord(r.t) + " failed at " + s.Title + why
		}
	}
	for _, s := range steps {
		if s.Status == flow.StatusCancelled {
			return "The run was cancelled at " + s.Title + "."
		}
	}
	if r.t.Capture != nil && r.t.Step(flow.StepToken).Status != flow.StatusOK {
		return r.captureSummary(steps)
	}
	if r.t.Step(flow.StepToken).Status != flow.StatusOK {
		for _, s := range steps {
			if s.Status == flow.StatusPending && !s.Optional {
				return "The run stands before " + s.Title + "."
			}
		}
		return "Nothing was carried out yet."
	}
	failed, unknown := 0, 0
	for _, s := range steps {
		for _, tok := range s.Tokens {
			if tok.Name != "id_token" {
				continue
			}
			for _, c := range tok.Checks {
				switch c.Result {
				case Fail:
					failed++
				case Unknown:
					unknown++
				case Pass:
				}
			}
		}
	}
	redeemed := "The code was redeemed"
	if r.t.Config.Device {
		redeemed = "The person signed in on the other device"
	}
	switch {
	case failed > 0:
		return redeemed + ", but the ID token fails " + count(failed, "check") + "."
	case unknown > 0:
		return redeemed + "; " + count(unknown, "check") + " of the ID token could not be made."
	case r.run.tokenResponse.has("id_token"):
		return redeemed + " and every check of the ID token passed."
	}
	return redeemed + "."
}

// provider is whose rules and words hold in a run.
type provider struct {
	microsoft bool   // Microsoft's hosts, or the practice tenant
	practice  bool   // the practice tenant
	glossary  string // the name under which the glossaries hold its own words
	name      string // for sentences: "Entra ID", "the provider"
}

func providerOf(t flow.Transcript) provider {
	hosts := []string{t.Config.Issuer, t.Config.Provider.Issuer, t.Config.Provider.AuthorizationEndpoint, t.Config.Provider.TokenEndpoint}
	p := provider{practice: t.Config.Practice, name: "the provider"}
	for _, h := range hosts {
		if q := providerOfURL(h); q.glossary != "" {
			q.practice = p.practice
			return q
		}
	}
	if p.practice {
		return provider{microsoft: true, practice: true, glossary: "entra", name: "the practice tenant"}
	}
	return p
}

// providerOfURL recognises a provider by a host of its own.
func providerOfURL(raw string) provider {
	u, err := url.Parse(raw)
	if err != nil {
		return provider{name: "the provider"}
	}
	host := strings.ToLower(u.Hostname())
	is := func(domain string) bool { return host == domain || strings.HasSuffix(host, "."+domain) }
	switch {
	case is("b2clogin.com"):
		return provider{microsoft: true, glossary: "entra-b2c", name: "Azure AD B2C"}
	case is("ciamlogin.com"):
		return provider{microsoft: true, glossary: "entra-ciam", name: "Entra External ID"}
	case is("login.microsoftonline.com"), is("login.microsoftonline.us"), is("login.partner.microsoftonline.cn"),
		is("login.chinacloudapi.cn"), is("login.windows.net"), is("login.microsoft.com"), is("sts.windows.net"):
		return provider{microsoft: true, glossary: "entra", name: "Entra ID"}
	case is("accounts.google.com"):
		return provider{glossary: "google", name: "Google"}
	case is("auth0.com"):
		return provider{glossary: "auth0", name: "Auth0"}
	case is("okta.com"), is("oktapreview.com"), is("okta-emea.com"):
		return provider{glossary: "okta", name: "Okta"}
	case strings.Contains(u.Path, "/realms/"):
		return provider{glossary: "keycloak", name: "Keycloak"}
	}
	return provider{name: "the provider"}
}
