package practice

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"strings"

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
