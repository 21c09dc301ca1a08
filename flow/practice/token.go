package practice

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// token is the token endpoint, RFC 6749 section 3.2.
func (c *call) token() {
	if c.has(FaultLate) && !c.wait(lateFor) {
		return
	}
	if c.r.Method == http.MethodOptions {
		c.preflight()
		return
	}
	c.allowScripts()
	if c.r.Method != http.MethodPost {
		c.refuseJSON(deny("900561", "allowed", "POST, OPTIONS", "method", c.r.Method))
		return
	}
	if c.brokenAnswer() {
		return
	}
	answer, e := c.exchange()
	switch {
	case e != nil:
		c.refuseJSON(e)
	case c.has(FaultCutJSON):
		c.w.Header().Set("Content-Type", "application/json; charset=utf-8")
		c.write(http.StatusOK, []byte(`{"token_type":"Bearer","scope":"openid profile","access_tok`))
	case c.has(FaultDrop):
		c.drop()
	default:
		c.json(http.StatusOK, answer)
	}
}

// allowScripts sends the CORS headers for a request with an Origin. The page
// may also read a refusal: that it may not redeem is said in the body.
func (c *call) allowScripts() {
	origin := c.r.Header.Get("Origin")
	if origin == "" || c.has(FaultNoCORS) {
		return
	}
	h := c.w.Header()
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Vary", "Origin")
	h.Set("Access-Control-Expose-Headers", "X-Ms-Request-Id, Client-Request-Id")
}

// preflight lets a script of a single-page app ask (Fetch standard, "CORS
// protocol").
func (c *call) preflight() {
	c.allowScripts()
	h := c.w.Header()
	if !c.has(FaultNoCORS) {
		h.Set("Access-Control-Allow-Methods", "POST, OPTIONS")
		if asked := c.r.Header.Get("Access-Control-Request-Headers"); asked != "" {
			h.Set("Access-Control-Allow-Headers", asked)
		}
		h.Set("Access-Control-Max-Age", "600")
	}
	c.event.Status = http.StatusNoContent
	c.w.WriteHeader(http.StatusNoContent)
}

// brokenAnswer carries out the faults that need no request to be understood.
func (c *call) brokenAnswer() bool {
	switch {
	case c.has(FaultHTML):
		c.w.Header().Set("Content-Type", "text/html; charset=utf-8")
		c.write(http.StatusBadGateway, []byte("<!doctype html><title>502</title><h1>Bad gateway</h1><p>A proxy answered instead of the practice tenant.</p>\n"))
	case c.has(FaultUnavailable):
		c.w.Header().Set("Retry-After", "5")
		c.refuseStatus(http.StatusServiceUnavailable, deny("90033"))
	case c.has(FaultHuge):
		c.w.Header().Set("Content-Type", "application/json; charset=utf-8")
		c.write(http.StatusOK, hugeBody())
	default:
		return false
	}
	return true
}

// drop promises a longer answer than it gives, and hangs up.
func (c *call) drop() {
	c.event.Status, c.event.Reason = http.StatusOK, "the connection is dropped on purpose"
	c.w.Header().Set("Content-Type", "application/json; charset=utf-8")
	c.w.Header().Set("Content-Length", "4096")
	_, _ = c.w.Write([]byte(`{"token_type":"Bearer",`))
	if f, ok := c.w.(http.Flusher); ok {
		f.Flush()
	}
	panic(http.ErrAbortHandler) // net/http's own way to hang up
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

// presented says whether the client sent a secret or an assertion.
func (r tokenRequest) presented() bool { return r.secret != "" || r.form.Get("client_assertion") != "" }

// exchange carries out a grant.
func (c *call) exchange() (any, *refusal) {
	req := tokenRequest{form: c.form, origin: c.r.Header.Get("Origin"), secret: c.form.Get("client_secret"), v1: c.v1()}
	var e *refusal
	if req.authority, e = c.authority(); e != nil {
		return nil, e
	}
	clientID := c.form.Get("client_id")
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
	grantType := c.form.Get("grant_type")
	if grantType == "" {
		return nil, deny("900144", "name", "grant_type")
	}
	if req.app, e = c.findClient(clientID, req.authority); e != nil {
		return nil, e
	}
	switch grantType {
	case "authorization_code":
		return c.redeemCode(req)
	case "refresh_token":
		return c.redeemRefresh(req)
	case deviceGrant, "device_code":
		return c.redeemDevice(req)
	case "client_credentials":
		if !req.presented() {
			return nil, deny("7000216")
		}
	case "password":
		if req.authority.alias == "common" || req.authority.ID == consumersDirectory.ID {
			return nil, deny("9001023")
		}
	}
	c.event.Reason = "the practice tenant knows the code, refresh and device grants only"
	return nil, deny("70003", "grant", grantType)
}

// redeemCode is RFC 6749 section 4.1.3 with RFC 7636 section 4.5. The order of
// Entra's checks is unproven; here a check that fails does not use up the
// code.
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
	if e := c.checkBinding(req, g); e != nil {
		return nil, e
	}
	if stored.redeemed && !c.has(FaultReusableCode) {
		return nil, c.replayed(g)
	}
	if age := c.now.Sub(g.issued); age > codeLifetime && !c.has(FaultEternalCodes) || c.has(FaultShortCodes) {
		return nil, deny("70008")
	}
	if e := c.checkReply(g, req.form.Get("redirect_uri")); e != nil {
		return nil, e
	}
	if e := c.checkClient(req, g.platform); e != nil {
		return nil, e
	}
	if e := c.checkPKCE(req, g); e != nil {
		return nil, e
	}
	if !c.grants.redeem(key) && !c.has(FaultReusableCode) {
		return nil, c.replayed(g)
	}
	if req.v1 && req.form.Get("resource") == "" {
		req.form.Set("resource", g.resourceName())
	}
	return c.issue(req, g)
}

// replayed refuses a code that was redeemed before. Entra documents nothing
// about the tokens it gave; RFC 6749 section 4.1.2 wants them revoked, which is
// a switch.
func (c *call) replayed(g grant) *refusal {
	if c.has(FaultRevokeOnReplay) {
		c.grants.revoke(g.family)
	}
	return deny("54005")
}

// checkBinding: what was granted belongs to a client and a directory.
func (c *call) checkBinding(req tokenRequest, g grant) *refusal {
	if !strings.EqualFold(g.clientID, req.app.ClientID) && !c.has(FaultAnyClient) {
		return deny("700007")
	}
	if req.authority.alias == "" && req.authority.ID != g.tenant && !c.has(FaultAnyTenant) {
		return deny("700005")
	}
	return nil
}

// checkReply compares redirect_uri with the one of the authorization request
// (RFC 6749 section 4.1.3): character by character, also where the port does
// not matter for the registration.
func (c *call) checkReply(g grant, redirect string) *refusal {
	switch {
	case c.has(FaultAnyReply):
		return nil
	case redirect == "" && g.redirectSent:
		return deny("700009")
	case redirect != "" && redirect != g.redirect:
		return deny("500112", "actual", redirect, "provided", g.redirect)
	}
	return nil
}

// checkClient is the rule of the platforms: a web app authenticates, the
// others must not, and what was sent to a single-page app's redirect URI is
// redeemed by a script, which has an Origin. "The Microsoft identity platform
// also prevents the use of client credentials in all flows in the presence of
// an Origin header" (v2-oauth2-auth-code-flow.md); with which number is
// unproven.
func (c *call) checkClient(req tokenRequest, p flow.Platform) *refusal {
	if !c.has(FaultAnyOrigin) {
		switch {
		case p == flow.PlatformSPA && req.origin == "":
			return deny("9002327")
		case p != flow.PlatformSPA && req.origin != "":
			return deny("9002326", "origin", req.origin)
		}
	}
	switch {
	case c.has(FaultAnySecret):
		return nil
	case p == flow.PlatformWeb:
		return c.checkConfidential(req)
	case req.presented():
		return deny("700025")
	}
	return nil
}

// checkConfidential authenticates a confidential client, by certificate or by
// secret.
func (c *call) checkConfidential(req tokenRequest) *refusal {
	if req.form.Get("client_assertion") != "" {
		return c.checkAssertion(req)
	}
	if req.secret == "" {
		return deny("7000218")
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
	if g.platform == flow.PlatformSPA && g.challenge == "" && !c.has(FaultPKCEOptionalSPA) && !c.has(FaultIgnorePKCE) {
		return deny("9002325")
	}
	return c.checkVerifier(g.challenge, g.method, req.form.Get("code_verifier"))
}

// redeemRefresh is RFC 6749 section 6. Entra hands out a new refresh token
// each time and does not revoke the old one.
func (c *call) redeemRefresh(req tokenRequest) (any, *refusal) {
	key := req.form.Get("refresh_token")
	if key == "" {
		return nil, deny("900144", "name", "refresh_token")
	}
	g, ok := c.grants.refreshToken(key)
	if !ok || c.grants.isRevoked(g.family) {
		return nil, deny("70000.grant")
	}
	if e := c.checkBinding(req, g); e != nil {
		return nil, e
	}
	if e := c.checkClient(req, g.platform); e != nil {
		return nil, e
	}
	if e := c.checkAge(req, g); e != nil {
		return nil, e
	}
	if c.has(FaultStrictRotation) {
		c.grants.dropRefresh(key)
	}
	return c.issue(req, g)
}

// checkAge says whether a refresh token is still good: 24 hours from the
// sign-in for a single-page app, 90 days from its issue for others, unless the
// sessions were revoked or Conditional Access wants people to sign in more
// often. https://learn.microsoft.com/entra/identity-platform/refresh-tokens
func (c *call) checkAge(req tokenRequest, g grant) *refusal {
	spa, eternal := g.platform == flow.PlatformSPA, c.has(FaultEternalRefresh)
	switch {
	case spa && (c.now.Sub(g.started) > refreshLifetimeSPA && !eternal || c.has(FaultShortRefresh)):
		return deny("700084", "issued", dotNetTime(g.started), "lifetime", dotNetSpan(refreshLifetimeSPA)).with("bad_token", "")
	case !spa && (c.now.Sub(g.issued) > refreshLifetime && !eternal || c.has(FaultShortRefresh)):
		return deny("700082", "issued", dotNetTime(g.issued), "lifetime", dotNetSpan(refreshLifetime)).with("bad_token", "")
	}
	if a, ok := c.conf.account(g.account); ok && a.revoked(g.issued) {
		return deny("50173", "issued", dotNetTime(g.issued), "valid", dotNetTime(a.TokensValidFrom)).with("bad_token", "")
	}
	policies := c.conf.policies(req.app.ClientID, g.resource, g.account)
	if limit, ok := frequency(policies); ok && c.now.Sub(g.authTime) > limit {
		return deny("70043", "issued", dotNetTime(g.authTime), "lifetime", itoa(int(limit/time.Second))).with("token_expired", "")
	}
	return nil
}

// dotNetTime and dotNetSpan write times as Entra does inside texts.
func dotNetTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.0000000Z") }

func dotNetSpan(d time.Duration) string {
	days := int(d / (24 * time.Hour))
	return itoa(days) + "." + time.Time{}.Add(d%(24*time.Hour)).Format("15:04:05")
}

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

// issue makes the tokens for a grant, if the account may still have them.
func (c *call) issue(req tokenRequest, g grant) (any, *refusal) {
	account, ok := c.conf.account(g.account)
	if !ok {
		return nil, deny("50034", "user", g.account, "tenant", directoryByID(g.tenant).Name)
	}
	set, e := c.scopesToIssue(req, g)
	if e != nil {
		return nil, e
	}
	if e := c.stillAllowed(req, g, account, set); e != nil {
		return nil, e
	}
	permissions := slices.DeleteFunc(slices.Clone(g.scopes), func(s string) bool { return slices.Contains(oidcScopes, s) })
	g.scopes = append(slices.Clone(set.oidc), permissions...)
	g.by = "0"
	if req.form.Get("client_assertion") != "" {
		g.by = "2"
	} else if req.secret != "" {
		g.by = "1"
	}
	if c.has(FaultEndpointVersion) {
		set.api.AccessTokenAcceptedVersion = 2
		if req.v1 {
			set.api.AccessTokenAcceptedVersion = 1
		}
	}
	access, lifetime := c.accessToken(req.app, account, g, set)
	answer := tokenResponse{
		TokenType: "Bearer", Scope: strings.Join(grantedScopes(set), " "),
		ExpiresIn: lifetime, ExtExpiresIn: lifetime, AccessToken: access,
	}
	if req.v1 || c.has(FaultStringExpiry) {
		answer.ExpiresIn, answer.ExtExpiresIn = itoa(lifetime), itoa(lifetime)
	}
	if req.v1 {
		answer.NotBefore, answer.ExpiresOn = itoa(int(c.now.Add(-skew).Unix())), itoa(int(c.now.Unix())+lifetime)
		answer.Resource, answer.Scope = req.form.Get("resource"), strings.Join(set.wanted, " ")
	}
	if set.has("openid") {
		answer.IDToken = c.idToken(req.app, account, g, hashed{v1: req.v1})
	}
	if (set.has("offline_access") || c.has(FaultAlwaysRefresh)) && !c.has(FaultNoRefresh) &&
		(!c.has(FaultNoRotation) || req.form.Get("refresh_token") == "") {
		next := g
		next.issued = c.now
		answer.RefreshToken = c.grants.addRefresh(next)
	}
	if req.form.Get("client_info") != "" {
		answer.ClientInfo = clientInfo(account)
	}
	return answer, nil
}

// stillAllowed asks again what may have changed since the sign-in.
func (c *call) stillAllowed(req tokenRequest, g grant, a Account, set scopeSet) *refusal {
	policies := c.conf.policies(req.app.ClientID, set.api.ClientID, a.Username)
	switch {
	case a.Disabled:
		return deny("50057")
	case c.missingConsent(req.app, a.Username, scopeSet{api: set.api, wanted: set.wanted}) != nil:
		return deny("65001", "app", req.app.ClientID, "name", req.app.Name).with("consent_required", "")
	case (demands(policies, ControlMFA) || a.MFA == MFAEnforced) && !slices.Contains(g.amr, "mfa"):
		return secondFactor(a, set.api).as("invalid_grant")
	case checkDevice(policies) != nil:
		return checkDevice(policies).as("invalid_grant").with("message_only", "")
	}
	return nil
}

// scopesToIssue decides what the tokens are for. scope is optional at Entra's
// token endpoint; there it may name one resource and the OpenID scopes.
func (c *call) scopesToIssue(req tokenRequest, g grant) (scopeSet, *refusal) {
	in := directoryByID(g.tenant)
	scope := req.form.Get("scope")
	if req.v1 && req.form.Get("resource") != "" {
		scope = scopeOfV1(req.form.Get("resource"))
	}
	if req.form.Has("scope") && strings.TrimSpace(scope) == "" {
		return scopeSet{}, deny("28003")
	}
	if scope == "" {
		scope = g.scopeText()
	}
	set, e := c.readScopes(req.app, in, scope)
	if e != nil {
		return set, e
	}
	if !req.v1 {
		if e := c.checkResource(req.form.Get("resource"), set); e != nil {
			return set, e
		}
	}
	// The OpenID scopes of the sign-in stay, and others can be added here: MSAL
	// Go asks for them at this endpoint only.
	asked := set.oidc
	set.oidc = slices.DeleteFunc(slices.Clone(g.scopes), func(s string) bool { return !slices.Contains(oidcScopes, s) })
	for _, s := range asked {
		if !set.has(s) {
			set.oidc = append(set.oidc, s)
		}
	}
	return set, nil
}

// resourceName is the resource as the client wrote it, or its id.
func (g grant) resourceName() string {
	if g.named != "" {
		return g.named
	}
	return g.resource
}

// scopeText is the grant's scopes as a scope parameter.
func (g grant) scopeText() string {
	var out []string
	for _, s := range g.scopes {
		if slices.Contains(oidcScopes, s) || g.named == "" {
			out = append(out, s)
		} else {
			out = append(out, g.named+"/"+s)
		}
	}
	return strings.Join(out, " ")
}

// grantedScopes is the scope of the answer. offline_access is not in it, and
// the resource is named as the client named it: MSAL takes a scope that comes
// back in another form for declined.
func grantedScopes(set scopeSet) []string {
	var out []string
	for _, s := range set.oidc {
		if s != "offline_access" {
			out = append(out, s)
		}
	}
	for _, s := range set.wanted {
		if set.named != "" {
			s = set.named + "/" + s
		}
		out = append(out, s)
	}
	return out
}
