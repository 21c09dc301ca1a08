package practice

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// authRequest is an authorization request that was found sound.
type authRequest struct {
	raw       string // the parameters as sent, for the forms of our pages
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
}

// authorize is the authorization endpoint, RFC 6749 section 3.1.
func (c *call) authorize() {
	if c.r.Method != http.MethodGet && c.r.Method != http.MethodPost {
		c.refusePage(deny("900561", "allowed", "GET, POST, OPTIONS", "method", c.r.Method))
		return
	}
	c.interact(c.form.Encode())
}

// interact takes an authorization request as far as it can go without the
// person: to the next page, to the answer, or to a refusal.
func (c *call) interact(raw string) {
	req, e := c.readAuthRequest(raw)
	if e != nil {
		c.refuseAuth(req, e)
		return
	}
	key, sess, signedIn := c.session()
	if req.prompt == "none" && !signedIn {
		c.refuseAuth(req, deny("50058"))
		return
	}
	if !signedIn || req.prompt == "login" {
		c.signInPage(req, "")
		return
	}
	if req.prompt == "select_account" {
		c.signInPage(req, "")
		return
	}
	c.proceed(req, key, sess)
}

// proceed goes on with somebody signed in: the checks of the tenant, then
// consent, then the answer.
func (c *call) proceed(req authRequest, key string, sess session) {
	account, ok := c.account(sess.account)
	if !ok {
		c.signInPage(req, "")
		return
	}
	if e := c.checkAccount(req, account); e != nil {
		c.refuseAuth(req, e)
		return
	}
	missing := c.missingConsent(req.app, account.Username, req.scopes)
	if len(missing) > 0 || req.prompt == "consent" {
		if req.prompt == "none" {
			c.refuseAuth(req, deny("65001", "app", req.app.ClientID, "name", req.app.Name).as("interaction_required"))
			return
		}
		if e := c.needsAdmin(req, account, missing); e != nil {
			c.refuseAuth(req, e)
			return
		}
		c.consentPage(req, account)
		return
	}
	c.succeed(req, key, sess, account)
}

// checkAccount says whether this account may use this app in this directory.
func (c *call) checkAccount(req authRequest, a Account) *refusal {
	in := req.authority.tenant
	if req.authority.alias != "" {
		in = tenantByID(a.home())
	}
	if a.home() != in.ID {
		return deny("50020", "user", a.Username, "idp", c.issuer(a.home()), "tenant", in.Name, "app", req.app.ClientID, "name", req.app.Name)
	}
	if req.app.AssignmentRequired && !slices.Contains(req.app.Assigned, a.Username) {
		return deny("50105", "name", req.app.Name, "app", req.app.ClientID, "user", a.Username)
	}
	return nil
}

// needsAdmin says whether one of the missing permissions is beyond what this
// account can consent to.
func (c *call) needsAdmin(req authRequest, a Account, missing []string) *refusal {
	if a.Admin {
		return nil
	}
	for _, want := range missing {
		for _, s := range req.scopes.api.Expose.Scopes {
			if s.AdminOnly && strings.EqualFold(s.Value, want) {
				return deny("90094")
			}
		}
	}
	return nil
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
		raw: raw, redirect: form.Get("redirect_uri"), state: form.Get("state"), nonce: form.Get("nonce"),
		prompt: form.Get("prompt"), loginHint: form.Get("login_hint"), resource: form.Get("resource"),
		challenge: form.Get("code_challenge"), method: form.Get("code_challenge_method"),
		types: strings.Fields(form.Get("response_type")),
	}
	var e *refusal
	if req.authority, e = c.authority(); e != nil {
		return req, e
	}
	if req.app, e = c.findClient(form.Get("client_id"), req.authority); e != nil {
		return req, e.onPage()
	}
	if e := req.findRedirect(); e != nil {
		return req, e.onPage()
	}
	if e := req.checkResponse(form); e != nil {
		return req, e
	}
	if e := c.checkChallenge(req.challenge, req.method); e != nil {
		return req, e
	}
	if !slices.Contains([]string{"", "login", "none", "consent", "select_account", "create"}, req.prompt) {
		return req, deny("90023", "name", "prompt")
	}
	return req, c.readAuthScopes(&req, form)
}

// findClient finds the app and says whether it can be used through this
// authority.
func (c *call) findClient(clientID string, a authority) (Registration, *refusal) {
	if clientID == "" {
		return Registration{}, deny("900144", "name", "client_id")
	}
	name := a.Name
	if a.alias != "" {
		name = homeTenant.Name
	}
	app, ok := c.registration(clientID)
	// An app of one directory exists in no other.
	if !ok || a.alias == "" && a.ID != app.home() && app.SupportedAccounts == MyOrg {
		return app, deny("700016", "app", clientID, "tenant", name)
	}
	c.event.Client = app.Name
	switch {
	case app.Disabled:
		return app, deny("7000112", "app", app.ClientID, "name", app.Name)
	case a.alias != "" && app.SupportedAccounts == MyOrg:
		return app, deny("50194", "app", app.ClientID, "name", app.Name, "tenant", a.alias)
	case a.ID == consumersTenant.ID && (app.SupportedAccounts == MyOrg || app.SupportedAccounts == MultipleOrgs):
		return app, deny("9002332", "app", app.ClientID, "name", app.Name)
	}
	return app, nil
}

// findRedirect finds the redirect URI among those registered. Without one in
// the request Entra picks one at random; we pick the first.
func (req *authRequest) findRedirect() *refusal {
	req.sent = req.redirect != ""
	if !req.sent {
		for _, p := range req.app.redirects() {
			for _, uri := range p.uris {
				req.platform, req.redirect = p.platform, uri
				return nil
			}
		}
		return deny("500113")
	}
	u, err := url.Parse(req.redirect)
	if err != nil || !u.IsAbs() {
		return deny("90102", "name", "redirect_uri")
	}
	var ok bool
	if req.platform, ok = matchRedirect(req.app, req.redirect); !ok {
		redirect := req.redirect
		req.redirect = ""
		if len(req.app.Web)+len(req.app.SPA)+len(req.app.Native) == 0 {
			return deny("500113")
		}
		return deny("50011", "redirect", redirect, "app", req.app.ClientID)
	}
	return nil
}

// checkResponse checks response_type and response_mode.
func (req *authRequest) checkResponse(form url.Values) *refusal {
	req.mode = flow.ResponseMode(form.Get("response_mode"))
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
	implicit := len(req.types) > 1 || req.types[0] != "code"
	switch req.mode {
	case flow.ModeDefault:
		req.mode = flow.ModeQuery
		if implicit {
			req.mode = flow.ModeFragment
		}
	case flow.ModeQuery:
		// A token in the query would end up in logs: OAuth 2.0 Multiple
		// Response Type Encoding Practices section 3.
		if implicit {
			req.mode = flow.ModeFragment
			return deny("70007", "mode", "query")
		}
	case flow.ModeFragment, flow.ModeFormPost:
	default:
		mode := string(req.mode)
		req.mode = flow.ModeQuery
		return deny("70007", "mode", mode)
	}
	return nil
}

// readAuthScopes reads scope, or for the v1.0 endpoint resource.
func (c *call) readAuthScopes(req *authRequest, form url.Values) *refusal {
	in := req.authority.tenant
	if req.authority.alias != "" {
		in = homeTenant
	}
	scope := form.Get("scope")
	if c.v1Request(form) {
		scope = scopeOfV1(scope, req.resource)
	} else if strings.TrimSpace(scope) == "" {
		return deny("900144", "name", "scope")
	}
	var e *refusal
	if req.scopes, e = c.readScopes(req.app, in, scope); e != nil {
		return e
	}
	if !c.v1Request(form) && req.resource != "" {
		return c.checkResource(req.resource, req.scopes)
	}
	return nil
}

// v1Request says whether the request is one of the older endpoint. The forms
// of our pages carry the answer along.
func (c *call) v1Request(form url.Values) bool {
	return form.Get(v1Mark) != "" || strings.HasSuffix(c.r.URL.Path, "/oauth2/authorize")
}

const v1Mark = "practice-v1"

// scopeOfV1 turns resource, which says it all at the v1.0 endpoint, into the
// scope that means the same.
func scopeOfV1(scope, resource string) string {
	out := []string{"openid", "profile", "offline_access"}
	if resource == "" {
		resource = "https://graph.microsoft.com"
	}
	_ = scope // v1.0 ignores everything but openid
	return strings.Join(append(out, resource+"/.default"), " ")
}

// checkResource compares resource with scope. Entra enforces it since March
// 2026, as clients of MCP servers found out.
func (c *call) checkResource(resource string, set scopeSet) *refusal {
	api, ok := c.api(resource)
	if !ok {
		return deny("901002")
	}
	if api.ClientID != set.api.ClientID {
		return deny("9010010")
	}
	return nil
}

// refuseAuth reports an error of the authorization endpoint: on a page, or to
// the client when the redirect URI is known to be its own.
func (c *call) refuseAuth(req authRequest, e *refusal) {
	if e.Page || req.redirect == "" || req.platform == "" {
		c.refusePage(e)
		return
	}
	c.note(e)
	v := url.Values{
		"error":             {e.OAuth},
		"error_description": {e.describe(c.trace, c.correlation, c.now)},
		"error_uri":         {c.errorURI(e)},
	}
	if e.Code == 65004 {
		v.Set("error_subcode", "cancel")
	}
	if e.Claims != "" {
		v.Set("claims", e.Claims)
	}
	if e.Suberror != "" {
		v.Set("suberror", e.Suberror)
	}
	c.respond(req, v)
}

// succeed answers with a code, and with what else was asked for.
func (c *call) succeed(req authRequest, key string, sess session, a Account) {
	in := req.authority.tenant
	if req.authority.alias != "" {
		in = tenantByID(a.home())
	}
	g := grant{
		clientID: req.app.ClientID, account: a.Username, tenant: in.ID, platform: req.platform,
		scopes: req.scopes.all(), resource: req.scopes.api.ClientID, nonce: req.nonce,
		session: key, authTime: sess.authTime, amr: sess.amr(), issued: c.now, started: c.now,
		redirect: req.redirect, redirectSent: req.sent, challenge: req.challenge, method: req.method,
	}
	v := url.Values{}
	if slices.Contains(req.types, "code") {
		v.Set("code", c.grants.addCode(g))
	}
	if slices.Contains(req.types, "id_token") {
		v.Set("id_token", c.idToken(req.app, a, g, v.Get("code")))
	}
	if slices.Contains(req.types, "token") {
		access, lifetime := c.accessToken(req.app, a, g, req.scopes)
		v.Set("access_token", access)
		v.Set("token_type", "Bearer")
		v.Set("expires_in", itoa(lifetime))
		v.Set("scope", strings.Join(grantedScopes(req.scopes), " "))
	}
	v.Set("session_state", sessionState(key))
	c.respond(req, v)
}

// respond sends the authorization response in the mode that was asked for.
func (c *call) respond(req authRequest, v url.Values) {
	if req.state != "" {
		// "HTML is stripped from state": reply-url.md.
		v.Set("state", stripTags(req.state))
	}
	if c.has(FaultSendIssuer) {
		in := req.authority.tenant
		if req.authority.alias != "" {
			in = homeTenant
		}
		v.Set("iss", c.issuer(in.ID)) // RFC 9207 section 2: in errors too
	}
	switch req.mode {
	case flow.ModeFormPost:
		c.formPost(req.redirect, v)
	case flow.ModeFragment:
		c.redirect(responseURL(req.redirect) + "#" + v.Encode())
	default:
		to := responseURL(req.redirect)
		if strings.Contains(to, "?") {
			to += "&" + v.Encode()
		} else {
			to += "?" + v.Encode()
		}
		c.redirect(to)
	}
}

func stripTags(s string) string {
	for {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			return s
		}
		j := strings.IndexByte(s[i:], '>')
		if j < 0 {
			return s
		}
		s = s[:i] + s[i+j+1:]
	}
}

// sealRequest and openRequest carry an authorization request through the forms
// of our pages. It is not a secret and it is checked anew each time, so it
// needs no protection.
func sealRequest(raw string) string { return base64.RawURLEncoding.EncodeToString([]byte(raw)) }

func openRequest(s string) (string, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(s)
	return string(raw), err == nil
}
