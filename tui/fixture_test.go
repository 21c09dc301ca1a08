package tui

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// The screens of the goldens are made from this report and not from inspect's
// own texts, so that a better sentence there does not change a picture here.

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func row(name, value, what string) inspect.Row {
	return inspect.Row{Name: name, Value: value, What: what, Who: "The app chose it.", Without: "the request is refused.", Source: inspect.Ref{Text: "RFC 6749 section 4.1.1", URL: "https://www.rfc-editor.org/rfc/rfc6749#section-4.1.1"}}
}

func pkce(r inspect.Row) inspect.Row { r.PKCE = true; return r }

func secret(r inspect.Row) inspect.Row { r.Secret = true; return r }

func step(id flow.StepID, title string, status flow.Status) inspect.Step {
	return inspect.Step{
		ID: id, Title: title, Status: status,
		Lead: "In one sentence, this is what happens in the step " + title + ".",
		Body: []string{
			"A paragraph of explanation for a tired reader. It goes on for long enough to be broken into several rows, whatever the width.",
			"And a second one, which says what can go wrong here and what to look at first.",
		},
		Refs: []inspect.Ref{{Text: "RFC 7636 section 4.1", URL: "https://www.rfc-editor.org/rfc/rfc7636#section-4.1"}},
	}
}

// fixtureReport is a walk that stands before a step; with the token step
// failed if failed is set.
func fixtureReport(pending flow.StepID, failed bool) inspect.Report {
	order := []flow.StepID{flow.StepDiscovery, flow.StepVerifier, flow.StepChallenge, flow.StepAuthorize, flow.StepCallback, flow.StepToken, flow.StepKeys}
	titles := map[flow.StepID]string{
		flow.StepDiscovery: "Discovery", flow.StepVerifier: "Verifier", flow.StepChallenge: "Challenge", flow.StepAuthorize: "Authorize",
		flow.StepCallback: "Callback", flow.StepToken: "Token", flow.StepKeys: "Keys",
	}
	status := flow.StatusOK
	var r inspect.Report
	for _, id := range order {
		if id == pending {
			status = flow.StatusPending
		}
		s := step(id, titles[id], status)
		switch id {
		case flow.StepVerifier, flow.StepChallenge:
			s.PKCE = true
			s.Values = []inspect.Row{secret(pkce(row("code_verifier", "●●●●●●●● 43 chars #1a4ab7f4", "The secret that the app made up for this sign-in.")))}
			if id == flow.StepChallenge {
				s.Values = append(s.Values, pkce(row("base64url", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "The hash, safe in a URL.")))
			}
		case flow.StepAuthorize:
			s.Next = []string{"The browser shows the sign-in page.", "It may ask for a second factor."}
			s.Exchanges = []inspect.Exchange{authorizeExchange(status == flow.StatusPending)}
			s.Findings = []inspect.Finding{{
				Code: "no-nonce", Severity: inspect.SeverityWarning, What: "There is no nonce.", Why: "An ID token could be replayed.",
				Try: "Press e and add one.", Refs: []inspect.Ref{{Text: "OpenID Connect Core section 15.5.2"}},
			}}
		case flow.StepToken:
			s.Exchanges = []inspect.Exchange{tokenExchange(status == flow.StatusPending && !failed, failed)}
			if failed {
				s.Status = flow.StatusFailed
				s.Error = &flow.Error{Kind: flow.KindServer, What: "The token endpoint refused the request: invalid_grant.", Why: "The verifier does not match.", Try: "Go back to the verifier."}
				s.Findings = []inspect.Finding{{Code: "aadsts501481", Severity: inspect.SeverityError, What: "The verifier is not the one that the challenge was made from.", Why: "It was changed before it was sent.", Try: "Press r in the editor."}}
			}
			if status == flow.StatusOK {
				s.Tokens = fixtureTokens()
			}
		case flow.StepKeys, flow.StepDiscovery:
			s.Optional = true
			s.Exchanges = []inspect.Exchange{{
				Label: "Metadata", Actor: flow.ActorApp, Channel: flow.ChannelBack, Pending: status == flow.StatusPending,
				Request: inspect.Message{Line: "GET /x HTTP/1.1", URL: "https://login.example/tenant/x", Raw: []string{"GET /x HTTP/1.1", "Host: login.example"}},
			}}
		default:
		}
		r.Steps = append(r.Steps, s)
		arrow := func(from, to inspect.Lane, text string, pkce bool) {
			r.Arrows = append(r.Arrows, inspect.Arrow{Step: id, From: from, To: to, Text: text, PKCE: pkce, Done: status == flow.StatusOK, Failed: failed && id == flow.StepToken})
		}
		switch id {
		case flow.StepVerifier, flow.StepChallenge:
			arrow(inspect.LaneApp, inspect.LaneApp, "make the "+titles[id], true)
		case flow.StepAuthorize:
			arrow(inspect.LaneApp, inspect.LaneBrowser, "open the URL", true)
			arrow(inspect.LaneBrowser, inspect.LaneProvider, "authorize + challenge", true)
		case flow.StepCallback:
			arrow(inspect.LaneProvider, inspect.LaneUser, "sign in?", false)
			arrow(inspect.LaneUser, inspect.LaneProvider, "yes", false)
			arrow(inspect.LaneBrowser, inspect.LaneApp, "code", false)
		default:
			arrow(inspect.LaneApp, inspect.LaneProvider, titles[id]+" request", id == flow.StepToken)
			arrow(inspect.LaneProvider, inspect.LaneApp, "answer", false)
		}
	}
	if status == flow.StatusOK || failed || pending == flow.StepKeys {
		r.Clocks = []inspect.Clock{{Name: "Access token", Ends: noon.Add(75 * time.Minute)}, {Name: "Refresh token", Ends: noon.Add(90 * 24 * time.Hour)}}
	}
	r.Summary = "The code was redeemed and every check passed."
	return r
}

func authorizeExchange(pending bool) inspect.Exchange {
	rows := []inspect.Row{
		row("client_id", "6731de76-14a6-49ae-97bc-6eba6914391e", "Which application asks."),
		pkce(row("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "What the verifier will be held against.")),
		pkce(row("code_challenge_method", "S256", "How the challenge was made.")),
		row("redirect_uri", "http://localhost:8400", "Where the answer goes."),
		row("response_type", "code", "What is asked for."),
		row("scope", "openid profile User.Read", "What the tokens shall be good for."),
		row("state", "k3Zq0b1Xh2Jw4Lm6Np8R", "Ties the answer to the request."),
	}
	e := inspect.Exchange{
		Label: "Authorize request", Actor: flow.ActorBrowser, Channel: flow.ChannelFront, Pending: pending,
		Request: inspect.Message{Line: "GET /tenant/oauth2/v2.0/authorize HTTP/1.1", URL: "https://login.example/tenant/oauth2/v2.0/authorize?client_id=…", Rows: rows, Raw: []string{"GET /tenant/oauth2/v2.0/authorize?client_id=… HTTP/1.1", "Host: login.example"}, Headers: []inspect.Row{row("Host", "login.example", "Whom the request is for.")}},
	}
	if !pending {
		e.Response = &inspect.Message{Line: "302 Found", Rows: []inspect.Row{secret(row("code", "●●●●●●●● 99 chars #b39a5526", "The claim ticket."))}}
		e.Duration = 1200 * time.Microsecond
	}
	return e
}

func tokenExchange(pending, failed bool) inspect.Exchange {
	verifier := secret(pkce(row("code_verifier", "●●●●●●●● 43 chars #1a4ab7f4", "Proves who began.")))
	verifier.Edited = failed
	e := inspect.Exchange{
		Label: "Token request", Actor: flow.ActorApp, Channel: flow.ChannelBack, Pending: pending,
		Request: inspect.Message{
			Line: "POST /tenant/oauth2/v2.0/token HTTP/1.1", URL: "https://login.example/tenant/oauth2/v2.0/token", Kind: "form",
			Rows:    []inspect.Row{row("client_id", "6731de76-14a6-49ae-97bc-6eba6914391e", "Which application asks."), secret(row("code", "●●●●●●●● 99 chars #b39a5526", "The claim ticket.")), verifier, row("grant_type", "authorization_code", "What is handed in.")},
			Headers: []inspect.Row{row("Content-Type", "application/x-www-form-urlencoded", "What the body is.")},
			Raw:     []string{"POST /tenant/oauth2/v2.0/token HTTP/1.1", "Host: login.example", "", "client_id=6731de76&code=…"},
		},
	}
	if pending {
		return e
	}
	e.Duration = 4800 * time.Microsecond
	e.Response = &inspect.Message{
		Line: "200 OK", Kind: "json",
		Rows:   []inspect.Row{row("token_type", "Bearer", "Who holds it may use it."), row("expires_in", "4200", "Seconds."), secret(row("access_token", "●●●●●●●● 1204 chars #99aa00bb", "For the API."))},
		Pretty: []string{"{", `  "token_type": "Bearer",`, `  "expires_in": 4200`, "}"},
		Raw:    []string{"HTTP/1.1 200 OK", "Content-Type: application/json", "", `{"token_type":"Bearer","expires_in":4200}`},
	}
	if failed {
		e.Response.Line = "400 Bad Request"
		e.Response.Rows = []inspect.Row{row("error", "invalid_grant", "What kind of refusal."), row("error_description", "AADSTS501481: The Code_Verifier does not match the code_challenge supplied in the authorization request.", "In the server's words.")}
	}
	return e
}

func fixtureTokens() []inspect.Token {
	return []inspect.Token{{
		Name: "id_token", Kind: "jwt", Value: "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.●●●●●●●● 342 chars #3d733026", Whose: "It is for this client.",
		Header: map[string]any{"alg": "RS256", "kid": "4VZvqbJqUBlhoYq5ZR191St5URs", "typ": "JWT"},
		Checks: []inspect.Check{
			{ID: "signature", Result: inspect.Unknown, Why: "The keys were not fetched: carry out the step Keys."},
			{ID: "iss", Result: inspect.Pass, Expected: "https://login.example/tenant", Actual: "https://login.example/tenant"},
			{ID: "aud", Result: inspect.Fail, Expected: "6731de76", Actual: "another", Why: "The token is for another client."},
		},
		Claims: []inspect.Claim{
			{Name: "exp", Text: "2026-03-01 13:10:00 UTC", Meaning: "When it ends.", Source: "RFC 7519 section 4.1.4", Time: noon.Add(70 * time.Minute)},
			{Name: "preferred_username", Text: "alex@contoso.example", Meaning: "For people to read.", Source: "OpenID Connect Core section 5.1"},
		},
	}}
}

// fakeWalk does nothing and succeeds, fails, or waits until it is cancelled.
type fakeWalk struct {
	pending flow.Pending
	more    bool
	err     error
	waits   bool
	mu      sync.Mutex // a reading may be taken at any time
	edits   []flow.Edit
	pasted  []string
	closed  bool
}

func (w *fakeWalk) Pending() (flow.Pending, bool) { return w.pending, w.more }
func (w *fakeWalk) Edit(e flow.Edit) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.edits = append(w.edits, e)
	return w.err
}

func (w *fakeWalk) Revert(flow.StepID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.edits = nil
}

func (w *fakeWalk) Next(ctx context.Context) error {
	if w.waits {
		<-ctx.Done()
		return ctx.Err()
	}
	return w.err
}
func (w *fakeWalk) Run(ctx context.Context) error                     { return w.Next(ctx) }
func (w *fakeWalk) Skip() error                                       { return w.err }
func (w *fakeWalk) Reconfigure(_ flow.Config, step flow.StepID) error { return w.Rewind(step) }

func (w *fakeWalk) Rewind(flow.StepID) error { return w.err }
func (w *fakeWalk) Paste(s string) error {
	w.pasted = append(w.pasted, s)
	return errors.New("not taken")
}

func (w *fakeWalk) Transcript() flow.Transcript {
	w.mu.Lock()
	defer w.mu.Unlock()
	return flow.Transcript{Made: noon, Config: flow.Config{Practice: true, Name: "Contoso Notes", ClientID: "6731de76-14a6-49ae-97bc-6eba6914391e", Platform: flow.PlatformNative, Method: flow.MethodS256, Edits: w.edits}}
}
func (w *fakeWalk) Close() error { w.closed = true; return nil }

// fixture is a model that shows the fixture's walk before a step.
func fixture(theme string, pending flow.StepID, failed bool) (Model, *fakeWalk) {
	m := New(Options{Theme: theme, Version: "1.0.0", Dir: "."})
	m.now = func() time.Time { return noon }
	w := &fakeWalk{pending: flow.Pending{Step: pending, Optional: pending == flow.StepKeys}, more: pending != ""}
	m.show(visit{number: 1, walk: w, count: newCount(), ended: make(chan struct{}), changed: make(chan struct{}), follow: true, browsers: &browsers{}})
	m.take(reading{number: 1 << 40, report: fixtureReport(pending, failed), pending: w.pending, more: w.more, transcript: w.Transcript()})
	return m, w
}
