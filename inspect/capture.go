package inspect

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// CapturedFlow is a flow of a capture in a list of several. Its texts are
// cleaned and masked.
type CapturedFlow struct {
	Number int `json:"number"`
	// Kind is what it is, in a few words: "sign-in", "silent renewal of 1".
	Kind string `json:"kind"`
	// Client is the client id, Provider the host that it signs in at.
	Client   string       `json:"client"`
	Provider string       `json:"provider"`
	Redirect string       `json:"redirect_uri"`
	Began    time.Time    `json:"began,omitzero"`
	Outcome  flow.Outcome `json:"outcome"`
	// Summary says in a sentence how it ended.
	Summary string `json:"summary"`
	// Seen are the steps that the capture shows, and Unseen those of the flow
	// itself that it does not.
	Seen   []flow.StepID `json:"seen"`
	Unseen []flow.StepID `json:"unseen"`
}

// CapturedFlows describes the flows that were found in a capture.
func CapturedFlows(flows []flow.Transcript) []CapturedFlow {
	out := []CapturedFlow{}
	for i, t := range flows {
		rep := Read(t, Options{})
		c := CapturedFlow{
			Number: i + 1, Kind: kindOfFlow(t), Client: Clean(rep.Transcript.Config.ClientID), Redirect: Clean(rep.Transcript.Config.RedirectURI),
			Provider: Clean(providerHost(t)), Outcome: rep.Outcome, Summary: rep.Summary, Seen: []flow.StepID{}, Unseen: []flow.StepID{},
		}
		for _, s := range t.Steps {
			if !s.Started.IsZero() && (c.Began.IsZero() || s.Started.Before(c.Began)) {
				c.Began = s.Started
			}
			switch {
			case s.Status == flow.StatusUnseen && !optional(s.ID):
				c.Unseen = append(c.Unseen, s.ID)
			case s.Status == flow.StatusOK, s.Status == flow.StatusFailed:
				c.Seen = append(c.Seen, s.ID)
			}
		}
		out = append(out, c)
	}
	return out
}

func providerHost(t flow.Transcript) string {
	p := t.Config.Provider
	for _, at := range []string{p.AuthorizationEndpoint, p.TokenEndpoint, t.Config.Issuer} {
		if u, err := url.Parse(at); err == nil && u.Host != "" {
			return u.Host
		}
	}
	return ""
}

// kindOfFlow says in a few words what a flow of a capture is.
func kindOfFlow(t flow.Transcript) string {
	if t.Capture == nil {
		return "run of pkcescope"
	}
	of := func(s, link string) string {
		if t.Capture.Of == 0 {
			return s
		}
		return fmt.Sprintf("%s %s %d", s, link, t.Capture.Of)
	}
	switch t.Capture.Kind {
	case flow.KindSilent:
		return of("silent renewal", "of")
	case flow.KindRenewal:
		return of("refresh only", "of")
	case flow.KindAgain:
		return of("sign-in again", "after")
	case flow.KindBroker:
		return of("the provider's own sign-in elsewhere", "within")
	case flow.KindPiece:
		return "part of a sign-in"
	case flow.KindSignIn:
	}
	return "sign-in"
}

// captureRules are about what a capture shows and what it cannot show.
func captureRules() []rule {
	return []rule{
		{flow.StepToken, tokenRequestUnseen},
		{flow.StepAuthorize, authorizeUnseen},
		{flow.StepCallback, callbackUnseen},
		{flow.StepVerifier, verifierUnseen},
		{flow.StepToken, redeemedTwice},
		{flow.StepToken, secretInBrowser},
		{flow.StepToken, answerUnreadable},
		{flow.StepAuthorize, askedAgain},
		{flow.StepAuthorize, silentFlow},
		{flow.StepAuthorize, noCodeAsked},
	}
}

func (r *run) unseen(id flow.StepID) bool {
	return r.t.Capture != nil && r.t.Step(id).Status == flow.StatusUnseen
}

// tokenRequestUnseen says why the token request is missing: whether it can be
// seen at all depends on who sends it.
func tokenRequestUnseen(r *run) []Finding {
	if !r.unseen(flow.StepToken) || r.t.Step(flow.StepCallback).Status != flow.StatusOK || !r.callback.has("code") {
		return nil
	}
	f := Finding{
		Code: "capture-no-token-request", Severity: SeverityInfo, Row: "code",
		What: "The token request is not in the capture.",
		Why:  "A web application's server sends it from its own machine, and no browser ever sees that. Whether the code was redeemed, and what came of it, only that server can tell.",
		Try:  "Look into the application's log for the answer of the token endpoint, or record on the server (a proxy such as mitmproxy), and open both files together: pkcescope open browser.har server.har.",
		Refs: clauses("RFC 6749 section 4.1"),
	}
	switch {
	case r.t.Config.Platform == flow.PlatformNative || nativeRedirect(r.t.Config.RedirectURI):
		f.Why = "The app on the device sends it, past the browser. Whether the code was redeemed, and what came of it, only the app can tell."
		f.Try = "Look into the app's log, or have it use a proxy that records, and open both files together."
	case strings.EqualFold(r.authorize.get("response_mode"), "fragment") && r.t.Capture.Browser:
		f.Severity = SeverityWarning
		f.Why = "The response came in the fragment, which is how single-page apps ask for it: their script sends the token request from the browser, so it should be here. Either it was never sent (the script stopped, for example because the state was not its own), or the recording ended before it."
		f.Try = "Look at the browser's console for an error of the library. Record again, with Preserve log switched on, until the app has loaded."
	}
	return one(f)
}

func nativeRedirect(uri string) bool {
	u, err := url.Parse(uri)
	return err == nil && uri != "" && (u.Scheme != "http" && u.Scheme != "https" || u.Scheme == "http" && loopback(uri))
}

func authorizeUnseen(r *run) []Finding {
	if !r.unseen(flow.StepAuthorize) || r.t.Capture.Kind == flow.KindRenewal {
		return nil
	}
	return one(Finding{
		Code: "capture-no-authorize-request", Severity: SeverityInfo,
		What: "The authorize request is not in the capture.",
		Why:  "So it is not known what was asked for: state, nonce, challenge and scopes cannot be compared with what came back.",
		Try:  "Begin to record before signing in, with Preserve log switched on, and open the result; or open the authorize URL together with this.",
	})
}

func callbackUnseen(r *run) []Finding {
	s := r.t.Step(flow.StepAuthorize)
	if !r.unseen(flow.StepCallback) || r.t.Capture.Kind == flow.KindRenewal || s.Status == flow.StatusUnseen {
		return nil
	}
	f := Finding{
		Code: "capture-no-callback", Severity: SeverityWarning,
		What: "The browser did not come back to the redirect URI in this capture.",
		Why:  "Either the sign-in was not finished, or the provider showed an error on a page of its own, which it does whenever it does not trust the redirect URI; or the recording ended before.",
		Try:  "Look at the last page of this step. If it is a sign-in page, record until the app has loaded.",
		Refs: clauses("RFC 6749 section 4.1.2.1"),
	}
	if len(s.Exchanges) <= 1 && (len(s.Exchanges) == 0 || s.Exchanges[0].Response == nil) {
		f.Severity = SeverityInfo
		f.Why = "Only the request is there: what the provider answered is not known."
		f.Try = "Open the address that the browser ended on, or the token response, together with this."
	}
	return one(f)
}

func verifierUnseen(r *run) []Finding {
	if !r.unseen(flow.StepVerifier) || !r.authorize.has("code_challenge") {
		return nil
	}
	return one(Finding{
		Code: "capture-no-verifier", Severity: SeverityInfo, Row: "code_challenge",
		What: "The verifier is not in the capture: only its challenge is.",
		Why:  "It leaves the app in the token request alone. Without that request nothing shows whether the two belong together.",
		Try:  "Put the verifier and the challenge side by side on the bench: pkcescope pkce.",
		Refs: clauses("RFC 7636 section 4.5"),
	})
}

// redeemedTwice finds a code that was sent to the token endpoint again.
func redeemedTwice(r *run) []Finding {
	if r.t.Capture == nil {
		return nil
	}
	n, redeemed := map[string]int{}, false
	for _, ex := range r.t.Step(flow.StepToken).Exchanges {
		code := requestParams(ex.Request).get("code")
		if code == "" {
			continue
		}
		n[code]++
		redeemed = redeemed || n[code] == 1 && ex.Response != nil && ex.Response.Status/100 == 2
	}
	most := 0
	for _, times := range n {
		most = max(most, times)
	}
	if most < 2 {
		return nil
	}
	f := Finding{
		Code: "code-redeemed-twice", Severity: SeverityError, Row: "code",
		What: fmt.Sprintf("The same code was sent to the token endpoint %d times.", most),
		Why:  "A code works once. A second request is refused, and a provider should then revoke what the first one gave.",
		Try:  "Look for what handles the callback twice: a page that is rendered twice, a route that is called again on reload, a retry in the HTTP client.",
		Refs: clauses("RFC 6749 section 4.1.2", "RFC 6749 section 10.5"),
	}
	if redeemed {
		f.What += " The first time it was redeemed."
	}
	return one(f)
}

// secretInBrowser finds a client secret in what a page's script sent.
func secretInBrowser(r *run) []Finding {
	if r.t.Capture == nil || !r.t.Capture.ByScript || !r.t.Config.AuthMethod.NeedsSecret() {
		return nil
	}
	return one(Finding{
		Code: "secret-in-browser", Severity: SeverityError, Row: "client_secret",
		What: "A script in the browser sent the client secret.",
		Why:  "Whoever opens the page has the secret: it is in the page's code and in this recording.",
		Try:  "Make a new secret and revoke this one. Redeem the code on the server, or register the app as a single-page app, which has no secret.",
		Refs: clauses("RFC 6749 section 2.1", "RFC 9700 section 2.1.1"),
	})
}

// answerUnreadable is about an answer of the token endpoint of which the
// recording has no body, as happens when the browser kept it from the page.
func answerUnreadable(r *run) []Finding {
	ex := r.tokenExchange
	if r.t.Capture == nil {
		return nil
	}
	blocked := lastFailed(r.t.Step(flow.StepToken))
	switch {
	case ex != nil && len(ex.Response.Body) == 0 && r.t.Capture.ByScript && ex.Response.Status >= 400 && ex.Response.Header.Get("Access-Control-Allow-Origin") == "":
	case blocked && r.t.Capture.ByScript:
	default:
		return nil
	}
	f := Finding{
		Code: "token-answer-blocked", Severity: SeverityError, Row: "Origin",
		What: "The page's script was not allowed to read the token endpoint's answer (CORS), and so the recording does not have it either.",
		Why:  "The answer does not name the page's origin in Access-Control-Allow-Origin.",
		Try:  "Allow the page's origin at the provider, where the client is registered.",
		Refs: clauses("RFC 9700 section 2.1.1"),
	}
	if r.prov.microsoft {
		f.Why = "Entra leaves the header out when the redirect URI is not registered as one of a single-page application: the answer is then AADSTS9002326, which only the network log shows."
		f.Try = "In the app registration, Authentication: add the redirect URI under Single-page application, and remove it under Web."
		f.Refs = clauses("Authorization code flow at Entra <https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow>")
	}
	return one(f)
}

func lastFailed(s flow.Step) bool {
	return len(s.Exchanges) > 0 && s.Exchanges[len(s.Exchanges)-1].Response == nil && s.Error != nil
}

// askedAgain tells of an authorize request that was sent more than once as it
// is.
func askedAgain(r *run) []Finding {
	if r.t.Capture == nil {
		return nil
	}
	n := map[string]int{}
	most := 0
	for _, ex := range r.t.Step(flow.StepAuthorize).Exchanges {
		if requestParams(ex.Request).has("response_type") && ex.Request.URL != "" {
			n[ex.Request.URL]++
			most = max(most, n[ex.Request.URL])
		}
	}
	if most < 2 {
		return nil
	}
	return one(Finding{
		Code: "authorize-request-repeated", Severity: SeverityInfo, Row: "state",
		What: fmt.Sprintf("The same authorize request was sent %d times, with the same state.", most),
		Why:  "The page was reloaded, or the person went back and tried again. Each time is a sign-in of its own for the provider; the app can tell them apart by nothing.",
		Try:  "Nothing, if it was you. An app that does so by itself should make a fresh state, nonce and challenge each time.",
		Refs: clauses("RFC 6749 section 10.12"),
	})
}

// silentFlow says what a flow is that nobody saw.
func silentFlow(r *run) []Finding {
	if r.t.Capture == nil || r.t.Capture.Kind != flow.KindSilent {
		return nil
	}
	f := Finding{
		Code: "silent-renewal", Severity: SeverityInfo, Row: "prompt",
		What: "Nobody saw this sign-in: prompt=none renews one that is there already.",
		Why:  "A library does it in a hidden frame, with the provider's session cookie. Browsers that keep cookies of other sites from frames make it fail with login_required.",
		Try:  "Refresh tokens, which need no cookie, are what single-page apps use in its place.",
		Refs: clauses("OpenID Connect Core 1.0 section 3.1.2.1 <https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest>"),
	}
	if of := r.t.Capture.Of; of > 0 {
		f.What = fmt.Sprintf("Nobody saw this sign-in: prompt=none renews flow %d.", of)
	}
	return one(f)
}

// noCodeAsked finds flows that bring tokens without a code.
func noCodeAsked(r *run) []Finding {
	kind := r.authorize.get("response_type")
	if r.t.Capture == nil || kind == "" || slices.Contains(strings.Fields(kind), "code") {
		return nil
	}
	f := Finding{
		Code: "no-code-asked", Severity: SeverityWarning, Row: "response_type",
		What: "The request asks for " + short(kind, 60) + ", and not for a code: this is not the authorization code flow.",
		Why:  "What comes back comes through the browser, and nothing has to be redeemed. There is no token request, and PKCE has nothing to protect.",
		Try:  "Ask for response_type=code, with a challenge.",
		Refs: clauses("RFC 9700 section 2.1.2"),
	}
	if kind == "id_token" {
		f.Severity = SeverityInfo
		f.Why = "An ID token alone, posted to a server, signs a person in; it is what some web frameworks do by default. There is no token request, and no access token."
		f.Try = "Nothing, if the app only wants to know who it is. Otherwise ask for a code."
	}
	return one(f)
}
