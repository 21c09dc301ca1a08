package practice

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// token is the token endpoint, RFC 6749 section 3.2.
func (c *call) token() {
	origin := c.r.Header.Get("Origin")
	if c.r.Method == http.MethodOptions {
		c.preflight()
		return
	}
	if origin != "" {
		// The page may read the answer, also a refusal: that it may not redeem
		// is said in the body.
		h := c.w.Header()
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Vary", "Origin")
		h.Set("Access-Control-Expose-Headers", "X-Ms-Request-Id")
	}
	if c.r.Method != http.MethodPost {
		c.refuseJSON(deny("900561", "allowed", "POST, OPTIONS", "method", c.r.Method))
		return
	}
	answer, e := c.exchange(origin)
	if e != nil {
		c.refuseJSON(e)
		return
	}
	c.json(http.StatusOK, answer)
}

// preflight lets a script of a single-page app ask (Fetch standard, section
// 3.2 "CORS protocol").
func (c *call) preflight() {
	h := c.w.Header()
	if origin := c.r.Header.Get("Origin"); origin != "" {
		h.Set("Access-Control-Allow-Origin", origin)
	}
	h.Set("Access-Control-Allow-Methods", "POST, OPTIONS")
	if asked := c.r.Header.Get("Access-Control-Request-Headers"); asked != "" {
		h.Set("Access-Control-Allow-Headers", asked)
	}
	h.Set("Access-Control-Max-Age", "600")
	h.Set("Vary", "Origin")
	c.event.Status = http.StatusNoContent
	c.w.WriteHeader(http.StatusNoContent)
}

// tokenRequest is what every grant has in common.
type tokenRequest struct {
	authority authority
	app       Registration
	form      url.Values
	origin    string
	secret    string
	v1        bool
}

// exchange carries out a grant.
func (c *call) exchange(origin string) (any, *refusal) {
	req := tokenRequest{form: c.form, origin: origin, v1: c.v1()}
	var e *refusal
	if req.authority, e = c.authority(); e != nil {
		return nil, e
	}
	clientID := c.form.Get("client_id")
	req.secret = c.form.Get("client_secret")
	// RFC 6749 section 2.3.1: both halves are form-encoded before they go into
	// Basic.
	if user, password, ok := c.r.BasicAuth(); ok {
		id, err1 := url.QueryUnescape(user)
		secret, err2 := url.QueryUnescape(password)
		if err1 != nil || err2 != nil || clientID != "" && !strings.EqualFold(clientID, id) {
			return nil, deny("9002313")
		}
		clientID, req.secret = id, secret
	}
	if c.form.Get("grant_type") == "" {
		return nil, deny("900144", "name", "grant_type")
	}
	if req.app, e = c.findClient(clientID, req.authority); e != nil {
		return nil, e
	}
	switch grantType := c.form.Get("grant_type"); grantType {
	case "authorization_code":
		return c.redeemCode(req)
	case "refresh_token":
		return c.redeemRefresh(req)
	default:
		return nil, deny("70003", "grant", grantType)
	}
}

// redeemCode is RFC 6749 section 4.1.3 with RFC 7636 section 4.5. The order of
// Entra's checks is undocumented; a check that fails does not use up the code.
func (c *call) redeemCode(req tokenRequest) (any, *refusal) {
	key := req.form.Get("code")
	switch {
	case key == "":
		return nil, deny("900144", "name", "code")
	case !strings.HasPrefix(key, codePrefix):
		return nil, deny("9002313").as("invalid_grant")
	}
	stored, ok := c.grants.code(key)
	if !ok {
		return nil, deny("70000")
	}
	g := stored.grant
	for _, e := range []*refusal{
		c.checkBinding(req, g),
		checkExpiry(g, c.now),
		checkReply(g, req.form.Get("redirect_uri")),
		c.checkClient(req, g.platform),
		c.checkPKCE(req, g),
	} {
		if e != nil {
			return nil, e
		}
	}
	if req.v1 && req.form.Get("resource") == "" && req.form.Get("scope") == "" {
		req.form.Set("resource", g.resource)
	}
	if !c.grants.redeem(key) && !c.has(FaultReusableCode) {
		if c.has(FaultRevokeOnReplay) {
			c.grants.revoke(key)
		}
		return nil, deny("54005")
	}
	g.code = key
	return c.issue(req, g)
}

// checkBinding: a code belongs to a client and a directory.
func (c *call) checkBinding(req tokenRequest, g grant) *refusal {
	if !strings.EqualFold(g.clientID, req.app.ClientID) {
		return deny("700007")
	}
	if req.authority.alias == "" && req.authority.ID != g.tenant {
		return deny("700005")
	}
	return nil
}

func checkExpiry(g grant, now time.Time) *refusal {
	if now.Sub(g.issued) > codeLifetime {
		return deny("70008")
	}
	return nil
}

// checkReply compares redirect_uri with the one of the authorization request
// (RFC 6749 section 4.1.3): character by character, also where the port does
// not matter for the registration.
func checkReply(g grant, redirect string) *refusal {
	switch {
	case redirect == "" && g.redirectSent:
		return deny("700009")
	case redirect != "" && redirect != g.redirect:
		return deny("500112", "actual", redirect, "provided", g.redirect)
	}
	return nil
}

// checkClient is the rule of the platforms: a web app authenticates, the
// others must not, and what was sent to a single-page app's redirect URI is
// redeemed by a script, which has an Origin.
func (c *call) checkClient(req tokenRequest, p flow.Platform) *refusal {
	switch p {
	case flow.PlatformSPA:
		if req.origin == "" {
			return deny("9002327")
		}
		if req.secret != "" {
			return deny("700025")
		}
		return nil
	case flow.PlatformNative:
		if req.origin != "" {
			return deny("9002326", "origin", req.origin)
		}
		if req.secret != "" {
			return deny("700025")
		}
		return nil
	default:
		if req.origin != "" {
			return deny("9002326", "origin", req.origin)
		}
		return c.checkSecret(req)
	}
}

// checkSecret authenticates a confidential client.
func (c *call) checkSecret(req tokenRequest) *refusal {
	if req.secret == "" {
		return deny("7000218")
	}
	if len(req.app.Secrets) == 0 {
		return deny("7000215", "app", req.app.ClientID)
	}
	expired := false
	for _, s := range req.app.Secrets {
		if subtle.ConstantTimeCompare([]byte(s.Value), []byte(req.secret)) != 1 {
			continue
		}
		if c.now.Before(s.Expires) {
			return nil
		}
		expired = true
	}
	if expired {
		return deny("7000222", "app", req.app.ClientID)
	}
	if guidPattern.MatchString(req.secret) {
		c.event.Reason = "the secret that was sent looks like a secret's id; its value is wanted"
	}
	return deny("7000215", "app", req.app.ClientID)
}

// checkPKCE compares verifier and challenge. A single-page app must use PKCE.
func (c *call) checkPKCE(req tokenRequest, g grant) *refusal {
	verifier := req.form.Get("code_verifier")
	if g.platform == flow.PlatformSPA && g.challenge == "" && !c.has(FaultIgnorePKCE) {
		return deny("9002325")
	}
	return c.checkVerifier(g.challenge, g.method, verifier)
}

// redeemRefresh is RFC 6749 section 6. Entra hands out a new refresh token
// each time and keeps the old one good.
func (c *call) redeemRefresh(req tokenRequest) (any, *refusal) {
	key := req.form.Get("refresh_token")
	if key == "" {
		return nil, deny("900144", "name", "refresh_token")
	}
	g, ok := c.grants.refreshToken(key)
	if !ok || c.grants.revoked(g.code) {
		return nil, deny("70000.grant")
	}
	if !strings.EqualFold(g.clientID, req.app.ClientID) {
		return nil, deny("700007")
	}
	// A refresh token is not bound to a resource or a directory, but ours has
	// the account in one directory only.
	if req.authority.alias == "" && req.authority.ID != g.tenant {
		return nil, deny("700005")
	}
	if e := c.checkClient(req, g.platform); e != nil {
		return nil, e
	}
	if g.platform == flow.PlatformSPA {
		if c.now.Sub(g.started) > refreshLifetimeSPA {
			return nil, deny("700084", "issued", dotNetTime(g.started), "lifetime", "1.00:00:00").with("bad_token", "")
		}
	} else if c.now.Sub(g.issued) > refreshLifetime {
		return nil, deny("700082", "issued", dotNetTime(g.issued), "lifetime", "90.00:00:00").with("bad_token", "")
	}
	return c.issue(req, g)
}

// dotNetTime writes a time as Entra does inside texts.
func dotNetTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.0000000Z") }

// tokenResponse is RFC 6749 section 5.1 with Entra's members. The v1.0
// endpoint writes its numbers as strings.
type tokenResponse struct {
	TokenType    string `json:"token_type"`
	Scope        string `json:"scope"`
	ExpiresIn    any    `json:"expires_in"`
	ExtExpiresIn any    `json:"ext_expires_in"`
	ExpiresOn    string `json:"expires_on,omitempty"`
	NotBefore    string `json:"not_before,omitempty"`
	Resource     string `json:"resource,omitempty"`
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token,omitempty"`
	IDToken      string `json:"id_token,omitempty"`
	ClientInfo   string `json:"client_info,omitempty"`
}

// issue makes the tokens for a grant.
func (c *call) issue(req tokenRequest, g grant) (any, *refusal) {
	account, ok := c.account(g.account)
	if !ok {
		return nil, deny("50034", "user", g.account, "tenant", tenantByID(g.tenant).Name)
	}
	set, e := c.scopesToIssue(req, g)
	if e != nil {
		return nil, e
	}
	if missing := c.missingConsent(req.app, account.Username, set); len(missing) > 0 {
		return nil, deny("65001", "app", req.app.ClientID, "name", req.app.Name).with("consent_required", "")
	}
	access, lifetime := c.accessToken(req.app, account, g, set)
	answer := tokenResponse{
		TokenType: "Bearer", Scope: strings.Join(grantedScopes(set), " "),
		ExpiresIn: lifetime, ExtExpiresIn: lifetime, AccessToken: access,
	}
	if req.v1 {
		answer.ExpiresIn, answer.ExtExpiresIn = itoa(lifetime), itoa(lifetime)
		answer.NotBefore, answer.ExpiresOn = itoa(int(c.now.Add(-skew).Unix())), itoa(int(c.now.Unix())+lifetime)
		answer.Resource = req.form.Get("resource")
	}
	if set.has("openid") {
		answer.IDToken = c.idToken(req.app, account, g, "")
	}
	if set.has("offline_access") {
		next := g
		next.issued = c.now
		answer.RefreshToken = c.grants.addRefresh(next)
	}
	if req.form.Get("client_info") != "" {
		answer.ClientInfo = clientInfo(account)
	}
	return answer, nil
}

// scopesToIssue decides what the tokens are for. scope is optional at Entra's
// token endpoint; there it may name one resource and the OpenID scopes.
func (c *call) scopesToIssue(req tokenRequest, g grant) (scopeSet, *refusal) {
	in := tenantByID(g.tenant)
	scope := req.form.Get("scope")
	if req.v1 && req.form.Get("resource") != "" {
		scope = scopeOfV1(scope, req.form.Get("resource"))
	}
	if scope == "" {
		scope = g.scopeText()
	}
	set, e := c.readScopes(req.app, in, scope)
	if e != nil {
		return set, e
	}
	if resource := req.form.Get("resource"); resource != "" && !req.v1 {
		if e := c.checkResource(resource, set); e != nil {
			return set, e
		}
	}
	// What was not granted at the authorization endpoint is not granted here,
	// but what was stays: offline_access and openid need not be said again.
	for _, s := range g.scopes {
		for _, o := range oidcScopes {
			if s == o && !set.has(o) {
				set.oidc = append(set.oidc, o)
			}
		}
	}
	return set, nil
}

// scopeText is the grant's scopes as a scope parameter.
func (g grant) scopeText() string {
	var out []string
	for _, s := range g.scopes {
		switch {
		case s == "openid" || s == "profile" || s == "email" || s == "offline_access", g.resource == graphID:
			out = append(out, s)
		default:
			out = append(out, g.resource+"/"+s)
		}
	}
	return strings.Join(out, " ")
}

// grantedScopes is the scope of the answer: offline_access is not in it.
func grantedScopes(set scopeSet) []string {
	var out []string
	for _, s := range set.oidc {
		if s != "offline_access" {
			out = append(out, s)
		}
	}
	for _, s := range set.wanted {
		if set.api.ClientID != graphID {
			s = set.api.Expose.IdentifierURIs[0] + "/" + s
		}
		out = append(out, s)
	}
	return out
}
