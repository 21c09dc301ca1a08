package practice

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// authorize is the authorization endpoint, RFC 6749 section 3.1.
func (c *call) authorize() {
	if c.r.Method != http.MethodGet && c.r.Method != http.MethodPost {
		c.refusePage(deny("900561", "allowed", "GET, POST, OPTIONS", "method", c.r.Method))
		return
	}
	for _, mark := range []string{v1Mark, deviceMark, shownMark, confirmedMark} {
		c.form.Del(mark) // ours, not the client's
	}
	if c.v1() {
		c.form.Set(v1Mark, "1")
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
	switch {
	case (!signedIn || req.tooOld(sess, c.now)) && req.prompt == "none":
		// The session is "not sufficient for single sign-on", whichever it is;
		// that an old one gets the same number is unproven.
		c.refuseAuth(req, deny("50058"))
	case !signedIn, req.prompt == "login" && !req.shown, req.prompt == "create" && !req.shown:
		c.signInPage(req, "")
	case req.prompt == "select_account" && !req.shown:
		c.pickPage(req, sess.account)
	case req.tooOld(sess, c.now):
		c.signInPage(req, "")
	default:
		c.proceed(req, key, sess)
	}
}

// proceed goes on with somebody signed in: the checks of the tenant, a second
// factor, consent, and then the answer.
func (c *call) proceed(req authRequest, key string, sess session) {
	account, ok := c.conf.account(sess.account)
	if !ok {
		c.signInPage(req, "")
		return
	}
	if e := c.checkAccount(req, account); e != nil {
		c.refuseAuth(req, e)
		return
	}
	policies := c.conf.policies(req.app.ClientID, req.scopes.api.ClientID, account.Username)
	if e := checkDevice(policies); e != nil {
		c.refuseAuth(req, e)
		return
	}
	if limit, ok := frequency(policies); ok && c.now.Sub(sess.authTime) > limit {
		if req.prompt == "none" {
			c.refuseAuth(req, deny("70044").as("interaction_required"))
			return
		}
		c.signInPage(req, "")
		return
	}
	if (account.MFA == MFAEnforced || demands(policies, ControlMFA)) && !sess.mfa {
		if req.prompt == "none" {
			c.refuseAuth(req, secondFactor(account, req.scopes.api))
			return
		}
		c.mfaPage(req, account)
		return
	}
	missing := c.missingConsent(req.app, account.Username, req.scopes)
	if len(missing) > 0 || req.prompt == "consent" {
		c.askConsent(req, account, missing)
		return
	}
	if req.device != "" && !req.confirmed {
		c.confirmPage(req, account)
		return
	}
	c.succeed(req, key, sess, account)
}

// askConsent shows the consent page, unless nobody may be asked or the user
// cannot say yes.
func (c *call) askConsent(req authRequest, a Account, missing []string) {
	if req.prompt == "none" {
		c.refuseAuth(req, deny("65001", "app", req.app.ClientID, "name", req.app.Name).as("interaction_required"))
		return
	}
	if e := c.needsAdmin(req, a, missing); e != nil {
		c.refuseAuth(req, e)
		return
	}
	c.consentPage(req, a)
}

// checkAccount says whether this account may use this app in this directory.
func (c *call) checkAccount(req authRequest, a Account) *refusal {
	in := req.directoryOf(a)
	switch {
	case a.personal() && req.v1:
		return deny("500201")
	case a.personal() && req.authority.alias == "organizations":
		return deny("500208")
	case a.personal() && in.ID == a.home() && req.app.SupportedAccounts != Everyone && req.app.SupportedAccounts != PersonalOnly:
		return deny("9002339")
	case a.home() != in.ID && !a.guestOf(in.ID):
		return deny("50020", "user", a.Username, "idp", a.idp(c.Server), "tenant", in.Name, "app", req.app.ClientID, "name", req.app.Name)
	case a.home() != in.ID && a.GuestDisabled:
		return deny("500571")
	case req.app.AssignmentRequired && !contains(req.app.Assigned, a.Username):
		return deny("50105", "name", req.app.Name, "app", req.app.ClientID, "user", a.Username)
	}
	return nil
}

// checkDevice applies the controls that no page can satisfy: the practice
// tenant knows no devices.
func checkDevice(policies []Policy) *refusal {
	switch {
	case demands(policies, ControlBlock):
		return deny("53003")
	case demands(policies, ControlCompliantDevice):
		return deny("53000", "state", "unregistered")
	case demands(policies, ControlDomainJoined):
		return deny("53001", "state", "unregistered")
	case demands(policies, ControlApprovedApp):
		return deny("53002", "state", "unregistered")
	}
	return nil
}

// secondFactor refuses for want of one, with the claims challenge that the
// client is to send along next time.
func secondFactor(a Account, api Registration) *refusal {
	key := "50076"
	if a.MFA == MFANone {
		key = "50079"
	}
	return deny(key, "resource", api.ClientID).with("basic_action",
		`{"access_token":{"capolids":{"essential":true,"values":["`+guidFrom("policy "+api.ClientID)+`"]}}}`)
}

// needsAdmin says whether one of the missing permissions is beyond what this
// account can consent to.
func (c *call) needsAdmin(req authRequest, a Account, missing []string) *refusal {
	if a.Admin {
		return nil
	}
	beyond := c.conf.Circumstances.UserConsentDisabled && len(missing) > 0
	for _, want := range missing {
		for _, s := range req.scopes.api.Expose.Scopes {
			beyond = beyond || s.AdminOnly && strings.EqualFold(s.Value, want)
		}
	}
	switch {
	case !beyond:
		return nil
	case c.conf.Circumstances.AdminConsentWorkflow:
		return deny("90095")
	}
	return deny("90094")
}

// refuseAuth reports an error of the authorization endpoint: on a page, or to
// the client when the redirect URI is known to be its own.
func (c *call) refuseAuth(req authRequest, e *refusal) {
	if e.Code == declined && req.device != "" {
		c.grants.answerDevice(req.device, deviceDeclined, grant{})
	}
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
	if e.Code == declined {
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

// declined is AADSTS65004: the user pressed Cancel.
const declined = 65004

// succeed answers with a code, and with what else was asked for.
func (c *call) succeed(req authRequest, key string, sess session, a Account) {
	g := grant{
		family: randomText(12), clientID: req.app.ClientID, account: a.Username, tenant: req.directoryOf(a).ID,
		platform: req.platform, scopes: req.scopes.all(), resource: req.scopes.api.ClientID, named: req.scopes.named, nonce: req.nonce,
		session: key, authTime: sess.authTime, maxAge: req.maxAge >= 0, amr: sess.amr(), issued: c.now, started: c.now,
		redirect: req.redirect, redirectSent: req.sent, challenge: req.challenge, method: req.method,
	}
	if req.device != "" {
		c.grants.answerDevice(req.device, deviceApproved, g)
		c.page(http.StatusOK, "done.html", req.app.Name)
		return
	}
	v := url.Values{}
	if slices.Contains(req.types, "code") {
		v.Set("code", c.grants.addCode(g))
	}
	access := ""
	if slices.Contains(req.types, "token") {
		var lifetime int
		access, lifetime = c.accessToken(req.app, a, g, req.scopes)
		v.Set("access_token", access)
		v.Set("token_type", "Bearer")
		v.Set("expires_in", strconv.Itoa(lifetime))
		v.Set("scope", strings.Join(grantedScopes(req.scopes), " "))
	}
	if slices.Contains(req.types, "id_token") {
		v.Set("id_token", c.idToken(req.app, a, g, hashed{code: v.Get("code"), access: access, front: true, v1: req.v1}))
	}
	v.Set("session_state", sessionState(key))
	c.respond(req, v)
}

// respond sends the authorization response in the mode that was asked for.
func (c *call) respond(req authRequest, v url.Values) {
	switch {
	case req.state == "" || c.has(FaultNoState):
	case c.has(FaultWrongState):
		v.Set("state", randomText(12))
	default:
		v.Set("state", c.stateBack(req.state))
	}
	if c.has(FaultSendIssuer) {
		in := req.authority.answering()
		v.Set("iss", c.issuer(in.ID)) // RFC 9207 section 2: in errors too
	}
	if c.has(FaultSendWrongIssuer) {
		v.Set("iss", "https://attacker.example/")
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

// stateBack is the state as it comes back.
func (c *call) stateBack(state string) string {
	if c.has(FaultHTMLState) {
		return state
	}
	return stripTags(state)
}

// stripTags takes HTML out of a state: "HTML is stripped from state",
// https://learn.microsoft.com/entra/identity-platform/reply-url
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
