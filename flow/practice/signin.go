package practice

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

const (
	sessionCookie = "practice_session"

	foreignForm = "the form does not come from this tenant's own page"
)

// session returns the browser's session.
func (c *call) session() (key string, s session, ok bool) {
	cookie, err := c.r.Cookie(sessionCookie)
	if err != nil {
		return "", session{}, false
	}
	s, ok = c.grants.session(cookie.Value, c.now)
	return cookie.Value, s, ok
}

func (c *call) setSession(key string, age int) {
	http.SetCookie(c.w, &http.Cookie{ //nolint:gosec // Secure is set whenever the tenant speaks TLS.
		Name: sessionCookie, Value: key, Path: "/", HttpOnly: true,
		SameSite: http.SameSiteLaxMode, Secure: c.r.TLS != nil, MaxAge: age,
	})
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

// returned reads the authorization request that one of our forms brought back,
// and answers by itself if there is none.
func (c *call) returned() (authRequest, bool) {
	raw, ok := c.unseal()
	if !ok {
		c.refusePage(deny("9002313"))
	}
	if !ok || !c.ownForm() {
		return authRequest{}, false
	}
	req, e := c.readAuthRequest(raw)
	if e != nil {
		c.refuseAuth(req, e)
		return req, false
	}
	return req, true
}

// signIn takes the sign-in page's form.
func (c *call) signIn() {
	req, ok := c.returned()
	if !ok {
		return
	}
	req.loginHint = c.form.Get("loginfmt")
	account, e := c.checkPassword(req)
	if e != nil {
		c.note(e)
		c.signInPage(req, e.short())
		return
	}
	// What follows is no matter of typing: the person cannot put it right here.
	switch {
	case account.Disabled:
		e = deny("50057")
	case account.PasswordExpired:
		e = deny("50055")
	}
	if e != nil {
		c.refuseAuth(req, e)
		return
	}
	s := session{account: account.Username, authTime: c.now}
	key := c.grants.addSession(s)
	c.setSession(key, int(sessionLifetime/time.Second))
	req.markShown()
	c.proceed(req, key, s)
}

// checkPassword finds the account and compares the password.
func (c *call) checkPassword(req authRequest) (Account, *refusal) {
	account, ok := c.conf.account(req.loginHint)
	if !ok {
		in := req.authority.Name
		if in == "" {
			in = homeDirectory.Name
		}
		return account, deny("50034", "user", req.loginHint, "tenant", in)
	}
	if c.grants.locked(account.Username, c.now) {
		return account, deny("50053")
	}
	if subtle.ConstantTimeCompare([]byte(account.Password), []byte(c.form.Get("passwd"))) != 1 {
		c.grants.passwordFailed(account.Username, c.now)
		return account, deny("50126")
	}
	return account, nil
}

// markShown notes that the page which prompt asks for has been shown.
func (req *authRequest) markShown() {
	req.shown = true
	req.form.Set(shownMark, "1")
}

// pick takes the account picker's form.
func (c *call) pick() {
	req, ok := c.returned()
	if !ok {
		return
	}
	key, sess, ok := c.session()
	if !ok || c.form.Get("account") != sess.account || req.tooOld(sess, c.now) {
		c.signInPage(req, "")
		return
	}
	req.markShown()
	c.proceed(req, key, sess)
}

// secondFactor takes the form of the page that asks for one, or that has one
// set up.
func (c *call) secondFactor() {
	req, ok := c.returned()
	if !ok {
		return
	}
	key, sess, ok := c.session()
	account, known := c.conf.account(sess.account)
	if !ok || !known {
		c.signInPage(req, "")
		return
	}
	if c.form.Get("answer") != "approve" {
		c.refuseAuth(req, deny("500121").onPage())
		return
	}
	if account.MFA == MFANone {
		c.change(func(t *Tenant) {
			for i := range t.Accounts {
				if t.Accounts[i].Username == account.Username {
					t.Accounts[i].MFA = MFARegistered
				}
			}
		})
	}
	c.grants.upgradeSession(key)
	sess.mfa = true
	req.markShown()
	c.proceed(req, key, sess)
}

// consent takes the consent page's form.
func (c *call) consent() {
	req, ok := c.returned()
	if !ok {
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
	account, _ := c.conf.account(sess.account)
	if e := c.needsAdmin(req, account, c.missingConsent(req.app, account.Username, req.scopes)); e != nil {
		c.refuseAuth(req, e)
		return
	}
	scopes, resource := req.scopes.all(), req.scopes.api.ClientID
	c.change(func(t *Tenant) {
		for i := range t.Registrations {
			if t.Registrations[i].ClientID == req.app.ClientID {
				t.Registrations[i].consent(account.Username, resource, scopes)
			}
		}
	})
	req.app, _ = c.conf.registration(req.app.ClientID)
	req.prompt = ""
	req.form.Del("prompt")
	req.markShown()
	c.proceed(req, key, sess)
}

// confirm takes the form of the page that asks whether a device may sign in.
func (c *call) confirm() {
	req, ok := c.returned()
	if !ok {
		return
	}
	key, sess, ok := c.session()
	if !ok {
		c.signInPage(req, "")
		return
	}
	if c.form.Get("answer") != "continue" {
		c.refuseAuth(req, deny("65004").onPage())
		return
	}
	req.confirmed = true
	req.form.Set(confirmedMark, "1")
	c.proceed(req, key, sess)
}

// change updates the tenant and lets this request see it.
func (c *call) change(change func(*Tenant)) {
	// What these pages change cannot make a sound tenant unsound.
	if err := c.Update(change); err != nil {
		panic("practice: " + err.Error())
	}
	c.conf = c.tenant.Load()
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
	c.setSession("", -1)
	if to := c.form.Get("post_logout_redirect_uri"); to != "" {
		for _, r := range c.conf.Registrations {
			if _, ok := matchRedirect(r, to, c.brokenRedirects()); ok {
				c.redirect(withState(to, c.form.Get("state")))
				return
			}
		}
	}
	c.page(http.StatusOK, "signedout.html", nil)
}

// withState adds the state of a logout request to where the browser goes:
// OpenID Connect RP-Initiated Logout 1.0 section 3.
func withState(to, state string) string {
	u, err := url.Parse(to)
	if err != nil || state == "" {
		return to
	}
	q := u.Query()
	q.Set("state", stripTags(state))
	u.RawQuery = q.Encode()
	return u.String()
}
