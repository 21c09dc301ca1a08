package export

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// plan is the flow of a run, ready to be written as a program.
type plan struct {
	AuthorizeURL string
	Authorize    []pair // without what the endpoint's own URL has
	TokenURL     string
	Token        []pair
	Headers      []pair // of the token request
	Basic        *basic
	// Push is the endpoint that the authorization request is pushed to, with the
	// client's credentials there; nil if the browser carries it.
	Push *request
	// MTLS is true for a client that authenticates with a certificate.
	MTLS bool
	// Assertion is what the client authenticates with in place of a secret, and
	// Object the request object around the authorization request, whose
	// parameters are then in it; nil if there is none.
	Assertion, Object *signed
	// DPoP binds the tokens to a key (RFC 9449).
	DPoP bool

	ClientID, RedirectURI string
	Scopes                []string
	Method                flow.Method
	Platform              flow.Platform
	// Secret is true for a client that authenticates with one.
	Secret bool
	// Issuer is what iss in a response must be; "" if that is not known. With
	// Promised the provider says that each response has one.
	Issuer    string
	Promised  bool
	Authority string // of MSAL
	// Certificate is true if MSAL signs with the client's certificate.
	Certificate bool
	// Known is true for the hosts of Microsoft's that MSAL knows by itself.
	Known bool
	notes []string
}

// PKCE reports whether the flow has it.
func (p plan) PKCE() bool { return p.Method != flow.MethodNone }

// S256 reports whether the challenge is a hash.
func (p plan) S256() bool { return p.Method == flow.MethodS256 || p.Method == "" }

// Fresh reports whether the authorize request has a value of that name which
// the program makes.
func (p plan) Fresh(name string) bool {
	has := func(x pair) bool { return x.Var == name }
	return slices.ContainsFunc(p.Authorize, has) || p.Object != nil && slices.ContainsFunc(p.Object.Makes, has)
}

// Asks are the parameters of the authorize request that are the same each time.
func (p plan) Asks() []pair {
	return slices.DeleteFunc(slices.Clone(p.Authorize), func(x pair) bool { return x.Var != "" })
}

// Makes are those that the program makes anew.
func (p plan) Makes() []pair {
	return slices.DeleteFunc(slices.Clone(p.Authorize), func(x pair) bool { return x.Var == "" })
}

// assertionType is the client_assertion_type of RFC 7523 section 2.2.
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// made are the parameters that are fresh in each flow.
var made = []string{"state", "nonce", "code_challenge", "dpop_jkt"}

// planOf reads the flow of t: what it sent, or would have sent.
func planOf(t flow.Transcript, form Form) (plan, error) {
	red := t.Redacted()
	c := red.Config
	if err := expressible(red, form); err != nil {
		return plan{}, err
	}
	p := plan{
		ClientID: c.ClientID, RedirectURI: c.RedirectURI, Scopes: c.Scopes, Method: c.Method, Platform: c.Platform,
		TokenURL: c.Provider.TokenEndpoint, Secret: c.AuthMethod == flow.AuthPost || c.AuthMethod == flow.AuthBasic,
		MTLS: certified(c), DPoP: c.Protection.DPoP,
	}
	if alias := c.Provider.MTLSEndpointAliases["token_endpoint"]; p.MTLS && alias != "" {
		p.TokenURL = alias
	}
	address, ok := red.Step(flow.StepAuthorize).Value("url")
	if x := red.Step(flow.StepAuthorize).Exchanges; len(x) > 0 {
		address, ok = x[0].Request.URL, true
	}
	if !ok || address == "" {
		return plan{}, refuse("This run has no authorize request.", "It ended before, so there is no flow to export.", "Export a step of it, or a run that came so far.")
	}
	if x := red.Step(flow.StepPAR).Exchanges; pushes(red) && len(x) > 0 {
		r := readRequest(x[len(x)-1].Request, c.ClientID)
		p.Push = &r
		p.assert(r.Form, parameter(string(x[len(x)-1].Request.Body), "client_assertion"))
		// What was pushed is what the browser would have carried.
		endpoint, _, _ := strings.Cut(address, "?")
		if c.Provider.AuthorizationEndpoint != "" {
			endpoint = c.Provider.AuthorizationEndpoint
		}
		address = endpoint + joint(endpoint, 0) + string(x[len(x)-1].Request.Body)
	}
	if err := p.authorize(address, c); err != nil {
		return plan{}, err
	}
	if err := p.token(red); err != nil {
		return plan{}, err
	}
	if err := p.signable(form); err != nil {
		return plan{}, err
	}
	p.Certificate = form.MSAL() && c.AuthMethod == flow.AuthKeyJWT
	p.issuer(c)
	return p, nil
}

// parameter is the first one of that name in a query or a form.
func parameter(encoded, name string) string {
	for p := range strings.SplitSeq(encoded, "&") {
		if n, v, _ := strings.Cut(p, "="); unescape(n) == name {
			return unescape(v)
		}
	}
	return ""
}

// certified says whether the client authenticates with a certificate.
func certified(c flow.Config) bool {
	return c.AuthMethod == flow.AuthTLS || c.AuthMethod == flow.AuthSelfSignedTLS
}

// pushes says whether the run pushed its authorization request, or would have.
func pushes(t flow.Transcript) bool {
	return t.Config.Asks(flow.StepPAR) || t.Step(flow.StepPAR).Status == flow.StatusOK
}

// expressible refuses what a short program in that form cannot do.
func expressible(t flow.Transcript, form Form) error {
	c := t.Config
	const script = "Choose curl, whose script does it; or export a single step."
	const signers = "Choose curl, go, python or node, whose programs do it; or export a single step: its assertion or proof is read from the environment."
	why, try := "", signers
	switch {
	case c.Device:
		why, try = "It is the device flow, which has no authorize request and waits for another device.", "Export a single step, device or token."
	case c.Protection.JAR == flow.JAREncrypted:
		why, try = "It encrypts its request object (JAR) to a key that the provider may exchange at any time.", "Export a run that signs it only; or a single step."
	case c.Protection.DPoP && !signs(form):
		why = "It binds its tokens to a key (DPoP): each request needs a proof that is signed for it, " + unable(form)
	case c.Protection.JAR != flow.JARNone && !signs(form):
		why = "It signs its authorization request (JAR), anew each time, " + unable(form)
	case c.AuthMethod == flow.AuthKeyJWT && form == MSALJS:
		why = "Its client authenticates with a private key, and a page has no place for one."
	case c.AuthMethod == flow.AuthKeyJWT && form.MSAL():
		return nil
	case (c.AuthMethod == flow.AuthSecretJWT || c.AuthMethod == flow.AuthKeyJWT) && !signs(form):
		why = "Its client authenticates with " + string(c.AuthMethod) + ": each request needs an assertion that is signed for it, " + unable(form)
	case pushes(t) && !signs(form):
		why = "It pushes its authorization request (PAR), which this form does not."
	case pushes(t) && len(t.Step(flow.StepPAR).Exchanges) == 0:
		why, try = "It would push its authorization request (PAR), and did not come so far.", "Export a run that did."
	case certified(c) && form != Curl:
		why, try = "Its client authenticates with a certificate, which this form does not present.", script
	default:
		return nil
	}
	return refuse("The whole flow of this run cannot be exported.", why, try)
}

// unable says why a form signs nothing.
func unable(form Form) string {
	switch {
	case form == HTTP, form == Postman:
		return "and nothing in this form signs with a key from a file."
	case form.MSAL():
		return "which this library does not do."
	}
	return "and Windows PowerShell and the .NET Framework read no key in PEM without packages."
}

// signable refuses what a form cannot sign, and what the run did not show how to.
func (p *plan) signable(form Form) error {
	if form.MSAL() {
		return nil // it signs by itself
	}
	const what = "The whole flow of this run cannot be exported."
	if slices.ContainsFunc(p.Token, func(x pair) bool { return x.Var == "client_assertion" }) && p.Assertion == nil {
		return refuse(what, "Its client authenticates with an assertion, and the run did not come so far as to show how that is signed.", "Export a run that came to the token request.")
	}
	for _, alg := range p.Algorithms() {
		switch {
		case slices.Contains(algorithms[form], alg):
		case form == Curl && alg == "HS256":
			return refuse(what, "It signs with the client secret, which openssl takes as an argument only, where others on this machine can see it.", "Choose go, python or node.")
		case form == Curl && alg == "EdDSA":
			return refuse(what, "It signs with Ed25519, which openssl does for files only.", "Choose go, python or node.")
		default:
			return refuse(what, fmt.Sprintf("It signs with %s, which this form does not.", strings.TrimSpace(inspect.Clean(alg))), "Choose go, python or node; or export a single step.")
		}
	}
	return nil
}

// authorize reads the authorize request.
func (p *plan) authorize(address string, c flow.Config) error {
	before, query, _ := strings.Cut(address, "?")
	own := ""
	if _, q, ok := strings.Cut(c.Provider.AuthorizationEndpoint, "?"); ok {
		own = q
	}
	p.AuthorizeURL = before
	fixed := pairsOf(own)
	if object := parameter(query, "request"); object != "" {
		if err := p.wrap(object, c); err != nil {
			return err
		}
	}
	var kept []string
	for _, x := range pairsOf(query) {
		switch {
		case slices.ContainsFunc(fixed, func(f pair) bool { return f == x }):
			kept = append(kept, url.QueryEscape(x.Name)+"="+url.QueryEscape(x.Text))
			continue
		case slices.Contains(made, x.Name), x.Name == "request", x.Name == "client_assertion":
			x.value = value{Var: x.Name}
		case x.Name == "redirect_uri":
			x.Text = registered(x.Text, c.RedirectURI)
			p.RedirectURI = x.Text
		case x.Name == "client_id":
			p.ClientID = x.Text
		case x.Name == "scope":
			p.Scopes = strings.Fields(x.Text)
		case x.Name == "response_mode" && unread(x.Text):
			p.noteMode(x.Text)
			continue
		}
		p.Authorize = append(p.Authorize, x)
	}
	if kept != nil {
		p.AuthorizeURL += "?" + strings.Join(kept, "&")
	}
	if !p.Fresh("code_challenge") {
		p.Method = flow.MethodNone
	}
	if !p.Fresh("state") {
		state := pair{"state", value{Var: "state"}}
		if p.Object != nil {
			p.Object.Makes = append(p.Object.Makes, state)
		} else {
			p.Authorize = append(p.Authorize, state)
		}
		p.notes = append(p.notes, "The run sent no state; this one does.")
	}
	return nil
}

// unread reports whether a response mode answers in another way than in the
// address that the browser ends on.
func unread(mode string) bool { return mode != "query" && mode != "fragment" }

func (p *plan) noteMode(mode string) {
	p.notes = append(p.notes, "The run asked for the response mode "+strings.TrimSpace(inspect.Clean(mode))+"; this one leaves it to the provider, because the response is read off the address that the browser ends on.")
}

// registered is the redirect URI as it is registered: the run took a free port
// where the client's settings name none, and nothing listens there any more.
func registered(sent, set string) string {
	s, err := url.Parse(sent)
	w, err2 := url.Parse(set)
	if err == nil && err2 == nil && s.Scheme == "http" && s.Hostname() == w.Hostname() && w.Port() == "" && s.Path == w.Path {
		return set
	}
	return sent
}

// token reads the token request, or makes the one that would have followed.
func (p *plan) token(t flow.Transcript) error {
	if x := t.Step(flow.StepToken).Exchanges; len(x) > 0 {
		r := readRequest(x[len(x)-1].Request, p.ClientID)
		p.TokenURL, p.Token, p.Headers, p.Basic = r.URL, r.Form, r.Headers, r.Basic
		p.assert(p.Token, parameter(string(x[len(x)-1].Request.Body), "client_assertion"))
		proof := func(h pair) bool { return strings.EqualFold(h.Name, "DPoP") }
		p.DPoP = p.DPoP || slices.ContainsFunc(p.Headers, proof)
		p.Headers = slices.DeleteFunc(p.Headers, proof)
	} else {
		p.Token = []pair{{"grant_type", value{Text: "authorization_code"}}, {"client_id", value{Text: p.ClientID}}}
		switch t.Config.AuthMethod {
		case flow.AuthPost:
			p.Token = append(p.Token, pair{"client_secret", value{Env: "CLIENT_SECRET"}})
		case flow.AuthBasic:
			p.Basic = &basic{ID: p.ClientID, Secret: value{Env: "CLIENT_SECRET"}}
		case flow.AuthSecretJWT, flow.AuthKeyJWT:
			p.Token = append(p.Token, pair{"client_assertion_type", value{Text: assertionType}}, pair{"client_assertion", value{Var: "client_assertion"}})
		default:
		}
		if u, err := url.Parse(p.RedirectURI); err == nil && p.Platform == flow.PlatformSPA {
			p.Headers = []pair{{"Origin", value{Text: u.Scheme + "://" + u.Host}}}
		}
	}
	if p.TokenURL == "" {
		return refuse("The token endpoint of this run is not known.", "Neither its requests nor its settings name one.", "Export a step of it.")
	}
	p.Token = slices.DeleteFunc(p.Token, func(x pair) bool {
		return x.Name == "code" || x.Name == "code_verifier" || x.Name == "redirect_uri"
	})
	p.Token = append(p.Token, pair{"code", value{Var: "code"}}, pair{"redirect_uri", value{Text: p.RedirectURI}})
	if p.PKCE() {
		p.Token = append(p.Token, pair{"code_verifier", value{Var: "code_verifier"}})
	}
	p.Secret = p.Secret || p.Basic != nil || slices.ContainsFunc(p.Token, func(x pair) bool { return x.Name == "client_secret" })
	return nil
}

// issuer finds the issuer, and the authority that MSAL calls it by.
func (p *plan) issuer(c flow.Config) {
	p.Issuer = c.Provider.Issuer
	if p.Issuer == "" {
		p.Issuer = c.Issuer
	}
	p.Authority = strings.TrimSuffix(c.Issuer, "/v2.0")
	if p.Authority == "" {
		p.Authority, _, _ = strings.Cut(p.AuthorizeURL, "/oauth2/")
	}
	if strings.ContainsAny(p.Issuer, "{}") {
		p.Issuer = "" // a template, whose tenant only the answer names
	}
	p.Promised = p.Issuer != "" && c.Provider.AuthorizationResponseIss
	if u, err := url.Parse(p.Authority); err == nil {
		p.Known = slices.Contains([]string{"login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn", "login.windows.net"}, u.Hostname())
	}
}

// Confidential reports whether the client authenticates, in MSAL's words.
func (p plan) Confidential() bool { return p.Secret || p.Certificate }

// Host is the authority's host.
func (p plan) Host() string {
	u, err := url.Parse(p.Authority)
	if err != nil {
		return ""
	}
	return u.Host
}

// MSALScopes are the scopes without those that MSAL asks for by itself.
func (p plan) MSALScopes() []string {
	out := []string{}
	for _, s := range p.Scopes {
		if s != "openid" && s != "profile" && s != "offline_access" {
			out = append(out, s)
		}
	}
	return out
}

// forMSAL refuses what MSAL does not do, and notes what it does otherwise.
func (p *plan) forMSAL(form Form) error {
	if !strings.Contains(p.AuthorizeURL, "/oauth2/v2.0/") {
		return refuse(fmt.Sprintf("%s speaks with Microsoft's providers only.", form), "This run's provider is another one.",
			"Choose go, csharp, python or node.")
	}
	if form == MSALJS && p.Platform != flow.PlatformSPA {
		p.notes = append(p.notes, "MSAL.js needs its redirect URI registered under Single-page application, and this client's is not.")
	}
	if form != MSALJS && p.Platform == flow.PlatformSPA {
		p.notes = append(p.notes, "This client's redirect URI is registered under Single-page application: Entra redeems its codes only for a browser (AADSTS9002327). Register one for this program.")
	}
	if !p.S256() {
		p.notes = append(p.notes, "MSAL uses S256, whatever the run used.")
		p.Method = flow.MethodS256
	}
	return nil
}
