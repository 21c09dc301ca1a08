package practice

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/http"
	"time"
)

const sessionCookie = "practice_session"

// session returns the browser's session.
func (c *call) session() (key string, s session, ok bool) {
	cookie, err := c.r.Cookie(sessionCookie)
	if err != nil {
		return "", session{}, false
	}
	s, ok = c.grants.session(cookie.Value, c.now)
	return cookie.Value, s, ok
}

// amr is how the user authenticated, RFC 8176.
func (s session) amr() []string {
	if s.mfa {
		return []string{"pwd", "mfa"}
	}
	return []string{"pwd"}
}

// sessionState is Entra's session_state: a GUID that stays the same as long as
// the browser's session does.
func sessionState(key string) string {
	h := sha256.Sum256([]byte("session_state " + key))
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

// signIn takes the sign-in page's form.
func (c *call) signIn() {
	raw, ok := openRequest(c.form.Get("ctx"))
	if !ok || !c.sameOrigin() {
		c.event.Reason = "the form does not come from this tenant's own page"
		c.refusePage(deny("9002313"))
		return
	}
	req, e := c.readAuthRequest(raw)
	if e != nil {
		c.refuseAuth(req, e)
		return
	}
	req.loginHint = c.form.Get("loginfmt")
	account, ok := c.account(req.loginHint)
	if !ok {
		in := req.authority.Name
		if in == "" {
			in = homeTenant.Name
		}
		c.event.Code, c.event.Reason = 50034, "no such account"
		c.signInPage(req, deny("50034", "user", req.loginHint, "tenant", in).Text)
		return
	}
	if subtle.ConstantTimeCompare([]byte(account.Password), []byte(c.form.Get("passwd"))) != 1 {
		e := deny("50126")
		c.event.Code, c.event.Reason = e.Code, e.Text
		c.signInPage(req, e.Text)
		return
	}
	s := session{account: account.Username, authTime: c.now}
	key := c.grants.addSession(s)
	http.SetCookie(c.w, &http.Cookie{ //nolint:gosec // Secure is set whenever the tenant speaks TLS.
		Name: sessionCookie, Value: key, Path: "/", HttpOnly: true,
		SameSite: http.SameSiteLaxMode, Secure: c.r.TLS != nil, MaxAge: int(sessionLifetime / time.Second),
	})
	if req.prompt == "login" || req.prompt == "select_account" {
		req.prompt = "" // that is done
	}
	c.proceed(req, key, s)
}

// consent takes the consent page's form.
func (c *call) consent() {
	raw, ok := openRequest(c.form.Get("ctx"))
	if !ok || !c.sameOrigin() {
		c.event.Reason = "the form does not come from this tenant's own page"
		c.refusePage(deny("9002313"))
		return
	}
	req, e := c.readAuthRequest(raw)
	if e != nil {
		c.refuseAuth(req, e)
		return
	}
	key, sess, ok := c.session()
	if !ok {
		c.signInPage(req, "")
		return
	}
	if c.form.Get("answer") != "accept" {
		c.refuseAuth(req, deny("65004"))
		return
	}
	account, _ := c.account(sess.account)
	if e := c.needsAdmin(req, account, req.scopes.all()); e != nil {
		c.refuseAuth(req, e)
		return
	}
	c.addConsent(req.app, account.Username, req.scopes)
	req.prompt = ""
	c.proceed(req, key, sess)
}

// logout is OpenID Connect RP-Initiated Logout 1.0: the session ends, and the
// browser goes back only to a registered address.
func (c *call) logout() {
	if _, e := c.authority(); e != nil {
		c.refusePage(e)
		return
	}
	if key, _, ok := c.session(); ok {
		c.grants.endSession(key)
	}
	http.SetCookie(c.w, &http.Cookie{Name: sessionCookie, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: c.r.TLS != nil})
	if to := c.form.Get("post_logout_redirect_uri"); to != "" {
		for _, r := range c.Registrations() {
			if _, ok := matchRedirect(r, to); ok {
				c.redirect(to)
				return
			}
		}
	}
	c.page(http.StatusOK, "signedout.html", nil)
}
