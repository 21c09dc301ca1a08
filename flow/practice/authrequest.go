package practice

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// authRequest is an authorization request that was found sound. A device
// authorization (RFC 8628) is one as well, without a redirect URI.
type authRequest struct {
	form      url.Values // the parameters as sent, for the forms of our pages
	authority authority
	app       Registration
	platform  flow.Platform
	redirect  string // where the answer goes
	sent      bool   // the client sent redirect_uri
	types     []string
	mode      flow.ResponseMode
	state     string
	nonce     string
	scopes    scopeSet
	resource  string
	challenge string
	method    string
	prompt    string
	loginHint string
	maxAge    time.Duration // how old the sign-in may be; -1 if it was not asked
	v1        bool          // it came to the older endpoint
	device    string        // user code of a device authorization
	shown     bool          // the page that prompt asks for has been shown
	confirmed bool          // the user said that it is their device
}

// Marks that our own pages add to the parameters.
const (
	v1Mark        = "practice-v1"
	deviceMark    = "practice-device"
	shownMark     = "practice-shown"
	confirmedMark = "practice-confirmed"
)

// directoryOf is the directory that an account signs in to.
func (req authRequest) directoryOf(a Account) directory {
	if req.authority.alias != "" {
		return directoryByID(a.home())
	}
	return req.authority.directory
}

// readAuthRequest checks an authorization request in the order that decides
// where an error may go: as long as the client and its redirect URI are not
// known to belong together, nothing is sent there (RFC 6749 section 4.1.2.1).
func (c *call) readAuthRequest(raw string) (authRequest, *refusal) {
	form, err := url.ParseQuery(raw)
	if err != nil {
		return authRequest{}, deny("9002313").onPage()
	}
	req := authRequest{
		form: form, redirect: form.Get("redirect_uri"), state: form.Get("state"), nonce: form.Get("nonce"),
		prompt: form.Get("prompt"), loginHint: form.Get("login_hint"), resource: form.Get("resource"),
		challenge: form.Get("code_challenge"), method: form.Get("code_challenge_method"),
		types: strings.Fields(form.Get("response_type")), maxAge: c.readMaxAge(form.Get("max_age")),
		v1: form.Has(v1Mark), device: form.Get(deviceMark), shown: form.Has(shownMark), confirmed: form.Has(confirmedMark),
	}
	if c.has(FaultIgnorePrompt) {
		req.prompt = ""
	}
	var e *refusal
	if req.authority, e = c.authority(); e != nil {
		return req, e
	}
	if req.app, e = c.findClient(form.Get("client_id"), req.authority); e != nil {
		return req, e.onPage()
	}
	if req.device != "" {
		return req, c.readAuthScopes(&req).onPage()
	}
	if e := c.findRedirect(&req); e != nil {
		return req, e.onPage()
	}
	if e := req.checkResponse(form, c.has(FaultTokensInQuery)); e != nil {
		return req, e
	}
	if e := c.checkChallenge(req.challenge, req.method); e != nil {
		return req, e
	}
	if !slices.Contains([]string{"", "login", "none", "consent", "select_account", "create"}, req.prompt) {
		return req, deny("90023", "name", "prompt")
	}
	if req.app.CustomSigningKey {
		return req, deny("50146")
	}
	return req, c.readAuthScopes(&req)
}

// readMaxAge reads max_age (OpenID Connect Core section 3.1.2.1), -1 if the
// request has none. Entra's pages do not name the parameter. That it repeats an
// older sign-in, and sends auth_time then, was seen:
// https://github.com/MicrosoftDocs/azure-docs/issues/51307 and, with Microsoft's
// own library, https://github.com/AzureAD/microsoft-authentication-library-for-python/issues/455.
// What it says to a value that is no number is not known; it is passed over.
func (c *call) readMaxAge(text string) time.Duration {
	seconds, err := strconv.ParseUint(text, 10, 31)
	if err != nil || c.has(FaultIgnoreMaxAge) {
		return -1
	}
	return time.Duration(seconds) * time.Second
}

// tooOld says whether the person has to sign in anew before this request goes
// on. What they have done for the request itself is never too old.
func (req authRequest) tooOld(s session, now time.Time) bool {
	if req.maxAge < 0 || req.shown {
		return false
	}
	return req.maxAge == 0 || now.Sub(s.authTime) > req.maxAge
}

// findClient finds the app and says whether it can be used through this
// authority.
func (c *call) findClient(clientID string, a authority) (Registration, *refusal) {
	if clientID == "" {
		return Registration{}, deny("900144", "name", "client_id")
	}
	app, ok := c.conf.registration(clientID)
	// An app of one directory exists in no other.
	if !ok || a.alias == "" && a.ID != app.home() && app.SupportedAccounts == MyOrg && a.ID != consumersDirectory.ID {
		return app, deny("700016", "app", clientID, "tenant", a.answering().Name)
	}
	c.event.Client = app.Name
	switch {
	case app.Disabled:
		return app, deny("7000112", "app", app.ClientID, "name", app.Name)
	case a.alias != "" && app.SupportedAccounts == MyOrg && !c.has(FaultAnyAuthority):
		return app, deny("50194", "app", app.ClientID, "name", app.Name, "tenant", a.alias)
	case a.ID == consumersDirectory.ID && (app.SupportedAccounts == MyOrg || app.SupportedAccounts == MultipleOrgs):
		return app, deny("9002332", "app", app.ClientID, "name", app.Name)
	}
	return app, nil
}

// findRedirect finds the redirect URI among those registered. Without one in
// the request Entra picks one at random; we pick the first.
func (c *call) findRedirect(req *authRequest) *refusal {
	req.sent = req.redirect != ""
	if !req.sent {
		for _, p := range req.app.redirects() {
			for _, uri := range p.uris {
				if !strings.Contains(uri, "*") {
					req.redirect, req.platform = uri, fallback(req.app)
					return nil
				}
			}
		}
		return deny("500113")
	}
	if u, err := url.Parse(req.redirect); err != nil || !u.IsAbs() {
		req.redirect = ""
		return deny("90102", "name", "redirect_uri")
	}
	var ok bool
	if req.platform, ok = matchRedirect(req.app, req.redirect, c.brokenRedirects()); ok {
		return nil
	}
	if c.has(FaultAnyRedirect) {
		req.platform = flow.PlatformNative
		return nil
	}
	redirect := req.redirect
	req.redirect = ""
	if len(req.app.Web)+len(req.app.SPA)+len(req.app.Native) == 0 {
		return deny("500113")
	}
	return deny("50011", "redirect", redirect, "app", req.app.ClientID)
}

// fallback is the platform of a client that sent no redirect URI. The manifest
// has isFallbackPublicClient for "scenarios where Microsoft Entra ID can't
// determine the client application type"; that leaving out the redirect URI in
// the code flow is one of them is unproven.
func fallback(app Registration) flow.Platform {
	if app.AllowPublicClientFlows {
		return flow.PlatformNative
	}
	return flow.PlatformWeb
}

// checkResponse checks response_type and response_mode.
func (req *authRequest) checkResponse(form url.Values, inQuery bool) *refusal {
	asked := flow.ResponseMode(form.Get("response_mode"))
	tokens := !inQuery && (slices.Contains(req.types, "id_token") || slices.Contains(req.types, "token"))
	req.mode = asked
	if asked == flow.ModeDefault || asked == flow.ModeQuery {
		// Tokens do not travel in a query, where they would end up in logs: not
		// by default, and not on demand (OAuth 2.0 Multiple Response Type
		// Encoding Practices section 3).
		req.mode = flow.ModeQuery
		if tokens {
			req.mode = flow.ModeFragment
		}
	}
	if len(req.types) == 0 {
		return deny("900144", "name", "response_type")
	}
	for _, t := range req.types {
		switch {
		case t == "id_token" && !req.app.ImplicitIDTokens:
			return deny("700054")
		case t == "token" && !req.app.ImplicitAccessTokens:
			return deny("700051")
		case t != "code" && t != "id_token" && t != "token":
			return deny("70005", "type", t)
		}
	}
	switch {
	case asked == flow.ModeQuery && tokens:
		return deny("70007", "mode", "query")
	case !slices.Contains([]flow.ResponseMode{flow.ModeDefault, flow.ModeQuery, flow.ModeFragment, flow.ModeFormPost}, asked):
		req.mode = flow.ModeQuery
		return deny("70007", "mode", string(asked))
	case slices.Contains(req.types, "id_token") && req.nonce == "":
		// OpenID Connect Core section 3.2.2.1.
		return deny("900144", "name", "nonce")
	}
	return nil
}

// readAuthScopes reads scope, or for the v1.0 endpoint resource.
func (c *call) readAuthScopes(req *authRequest) *refusal {
	in := req.authority.answering()
	scope := req.form.Get("scope")
	if req.v1 {
		scope = scopeOfV1(req.resource)
	} else if strings.TrimSpace(scope) == "" {
		return deny("900144", "name", "scope")
	}
	var e *refusal
	if req.scopes, e = c.readScopes(req.app, in, scope); e != nil {
		return e
	}
	if req.v1 {
		return nil
	}
	return c.checkResource(req.resource, req.scopes)
}

// scopeOfV1 turns resource, which says it all at the v1.0 endpoint, into the
// scope that means the same. Without one it is Graph.
func scopeOfV1(resource string) string {
	if resource == "" {
		resource = graph.Expose.IdentifierURIs[0]
	}
	return "openid profile offline_access " + strings.TrimSuffix(resource, "/") + "/.default"
}

// checkResource compares resource with scope. Entra enforces it since March
// 2026, as clients of MCP servers found out.
func (c *call) checkResource(resource string, set scopeSet) *refusal {
	if resource == "" || c.has(FaultResourceIgnored) {
		return nil
	}
	api, ok := c.conf.api(resource)
	switch {
	case !ok:
		return deny("901002")
	case api.ClientID != set.api.ClientID:
		return deny("9010010")
	}
	return nil
}

// sealed carries an authorization request through the forms of our pages. It
// is not a secret and is checked anew each time, so it needs no protection.
func (req authRequest) sealed() string {
	return base64.RawURLEncoding.EncodeToString([]byte(req.form.Encode()))
}

// unseal reads what a form brought back.
func (c *call) unseal() (string, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(c.form.Get("ctx"))
	return string(raw), err == nil
}
