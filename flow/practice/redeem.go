package practice

import (
	"strconv"
	"strings"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

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
		return deny("70043", "issued", dotNetTime(g.authTime), "lifetime", strconv.Itoa(int(limit/time.Second))).with("token_expired", "")
	}
	return nil
}

// dotNetTime and dotNetSpan write times as Entra does inside texts.
func dotNetTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.0000000Z") }

func dotNetSpan(d time.Duration) string {
	days := int(d / (24 * time.Hour))
	return strconv.Itoa(days) + "." + time.Time{}.Add(d%(24*time.Hour)).Format("15:04:05")
}
