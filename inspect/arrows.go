package inspect

import (
	"slices"

	"github.com/pkcescope/pkcescope/flow"
)

// drawing collects arrows.
type drawing struct{ arrows []Arrow }

func (d *drawing) add(step flow.StepID, from, to Lane, text string, pkce bool) {
	d.arrows = append(d.arrows, Arrow{Step: step, From: from, To: to, Text: text, PKCE: pkce})
}

// arrows draws the whole flow: what was done, what failed, and what is still
// to come.
func (r *reader) arrows() []Arrow {
	d := &drawing{}
	d.add(flow.StepDiscovery, LaneApp, LaneProvider, "where are your endpoints?", false)
	d.add(flow.StepDiscovery, LaneProvider, LaneApp, "metadata", false)
	if r.t.Config.Device {
		r.drawDevice(d)
	} else {
		r.drawCode(d)
	}
	d.add(flow.StepToken, LaneProvider, LaneApp, r.tokenAnswer(), false)
	d.add(flow.StepKeys, LaneApp, LaneProvider, "which keys do you sign with?", false)
	d.add(flow.StepKeys, LaneProvider, LaneApp, "JSON Web Key Set", false)
	if r.shows(flow.StepUserInfo, r.t.Config.UserInfo) {
		d.add(flow.StepUserInfo, LaneApp, LaneProvider, "UserInfo request: access token", false)
		d.add(flow.StepUserInfo, LaneProvider, LaneApp, "claims about the person", false)
	}
	if r.shows(flow.StepRefresh, r.t.Config.Refresh) {
		d.add(flow.StepRefresh, LaneApp, LaneProvider, "refresh request: refresh token", false)
		d.add(flow.StepRefresh, LaneProvider, LaneApp, "fresh tokens", false)
	}
	r.drawAfterwards(d)
	return r.progress(d.arrows)
}

// drawAfterwards draws what is done with the tokens in the end.
func (r *reader) drawAfterwards(d *drawing) {
	c := r.t.Config.Afterwards
	if r.shows(flow.StepCall, c.Call != "") {
		d.add(flow.StepCall, LaneApp, LaneAPI, "API request: access token", false)
		d.add(flow.StepCall, LaneAPI, LaneApp, "the API's answer", false)
	}
	if r.shows(flow.StepIntrospect, c.Introspect) {
		d.add(flow.StepIntrospect, LaneApp, LaneProvider, "what is this access token?", false)
		d.add(flow.StepIntrospect, LaneProvider, LaneApp, "active, or not", false)
	}
	if r.shows(flow.StepRevoke, c.Revoke) {
		d.add(flow.StepRevoke, LaneApp, LaneProvider, "take this token back", false)
		d.add(flow.StepRevoke, LaneProvider, LaneApp, "it is not valid any more", false)
	}
	if r.shows(flow.StepLogout, c.Logout) {
		d.add(flow.StepLogout, LaneApp, LaneBrowser, "open the logout URL", false)
		d.add(flow.StepLogout, LaneBrowser, LaneProvider, "end the session", false)
	}
}

// drawCode draws the code flow from the verifier to the token request.
func (r *reader) drawCode(d *drawing) {
	method := r.t.Config.Method
	pkce := method != flow.MethodNone
	challenge, verifier := "", ""
	if pkce {
		challenge, verifier = " + code_challenge", " + code_verifier"
	}
	back := "code + state"
	switch r.responseMode() {
	case "form_post":
		back += ", by a form"
	case "fragment":
		back += ", in the fragment"
	}
	if pkce {
		d.add(flow.StepVerifier, LaneApp, LaneApp, "make the code verifier", true)
		if method == flow.MethodS256 || method == "" {
			d.add(flow.StepChallenge, LaneApp, LaneApp, "challenge = SHA-256 of the verifier", true)
		} else {
			d.add(flow.StepChallenge, LaneApp, LaneApp, "challenge = the verifier itself", true)
		}
	}
	ask, inURL := challenge, pkce // what the browser carries
	if r.shows(flow.StepPAR, r.t.Config.Asks(flow.StepPAR)) {
		d.add(flow.StepPAR, LaneApp, LaneProvider, "pushed authorize request"+challenge, pkce)
		d.add(flow.StepPAR, LaneProvider, LaneApp, "request_uri", false)
		ask, inURL = " + request_uri", false
	}
	d.add(flow.StepAuthorize, LaneApp, LaneBrowser, "open the authorize URL"+ask, inURL)
	d.add(flow.StepAuthorize, LaneBrowser, LaneProvider, "authorize request"+ask, inURL)
	d.add(flow.StepCallback, LaneProvider, LaneUser, "sign in, and agree?", false)
	d.add(flow.StepCallback, LaneUser, LaneProvider, "password, MFA, consent", false)
	d.add(flow.StepCallback, LaneProvider, LaneBrowser, "redirect: "+back, false)
	d.add(flow.StepCallback, LaneBrowser, LaneApp, back, false)
	d.add(flow.StepToken, LaneApp, LaneProvider, "token request: code"+verifier, pkce)
	if pkce {
		if method == flow.MethodS256 || method == "" {
			d.add(flow.StepToken, LaneProvider, LaneProvider, "SHA-256 of the verifier = challenge?", true)
		} else {
			d.add(flow.StepToken, LaneProvider, LaneProvider, "verifier = challenge?", true)
		}
	}
}

// drawDevice draws the device flow up to the token request. Nothing goes from
// the browser to the app.
func (r *reader) drawDevice(d *drawing) {
	d.add(flow.StepDevice, LaneApp, LaneProvider, "a code for a person, please", false)
	d.add(flow.StepDevice, LaneProvider, LaneApp, "device code + user code", false)
	d.add(flow.StepDevice, LaneApp, LaneUser, "go to this page, type this code", false)
	d.add(flow.StepToken, LaneApp, LaneProvider, "done yet? device code", false)
	d.add(flow.StepToken, LaneProvider, LaneApp, "not yet", false)
	d.add(flow.StepToken, LaneUser, LaneBrowser, "user code, password, MFA, consent", false)
	d.add(flow.StepToken, LaneBrowser, LaneProvider, "the same", false)
	d.add(flow.StepToken, LaneApp, LaneProvider, "done yet? device code", false)
}

// shows reports whether an optional step belongs into the picture: it was asked
// for, or something happened in it.
func (r *reader) shows(id flow.StepID, asked bool) bool {
	s := r.t.Step(id)
	return asked || s.Status == flow.StatusOK || s.Status == flow.StatusFailed || r.pending != nil && r.pending.Step == id
}

func (r *reader) tokenAnswer() string {
	switch ex := r.run.tokenExchange; {
	case r.t.Step(flow.StepToken).Status == flow.StatusFailed && ex != nil:
		if code := r.run.tokenResponse.get("error"); code != "" {
			return "refused: " + r.text(short(code, 40))
		}
		return "refused"
	}
	return "tokens"
}

// progress marks which arrows are done. In a step that failed, the request was
// sent, and what came after it failed.
func (r *reader) progress(arrows []Arrow) []Arrow {
	for i := range arrows {
		a := &arrows[i]
		s := r.t.Step(a.Step)
		switch s.Status {
		case flow.StatusOK:
			a.Done = true
		case flow.StatusFailed:
			last := i+1 == len(arrows) || arrows[i+1].Step != a.Step
			a.Failed = last || a.From == a.To && r.mismatch()
			a.Done = !last && len(s.Exchanges) > 0 || last && lastAnswered(s) != nil
		case flow.StatusPending, flow.StatusSkipped, flow.StatusCancelled, flow.StatusUnseen:
		}
	}
	return arrows
}

// mismatch reports whether it is proved that verifier and challenge differ.
func (r *reader) mismatch() bool {
	return slices.ContainsFunc(r.views.findings[flow.StepToken], func(f Finding) bool {
		return proved(f) && f.Row == "code_verifier"
	})
}

// Lanes are the columns that arrows need, in the order in which they stand.
func Lanes(arrows []Arrow) []Lane {
	return slices.DeleteFunc([]Lane{LaneUser, LaneBrowser, LaneApp, LaneProvider, LaneAPI}, func(l Lane) bool {
		return !slices.ContainsFunc(arrows, func(a Arrow) bool { return a.From == l || a.To == l })
	})
}
