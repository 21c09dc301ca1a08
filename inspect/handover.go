package inspect

import "github.com/pkcescope/pkcescope/flow"

// HandOver says how the response to a client's authorize request gets here by
// hand, where nobody listens at its redirect URI; "" where the program listens.
func HandOver(c flow.Config) string {
	switch {
	case c.Listens():
		return ""
	case c.ResponseMode.Posted():
		return "Sign in there. The browser then posts the answer as a form to an address where nobody listens, so it is not in the address: " + copyForm
	}
	return "Sign in there, and paste the address that the browser ends on: it may show a page that cannot be reached, and the answer is in the address."
}

// copyForm is how a form that nobody received is still had.
const copyForm = "copy it from the browser's developer tools (Network, the POST to the redirect URI, its payload as source) and paste it: code=…&state=…"

// unheardForm warns of an answer that will be posted to nobody.
func unheardForm(r *run) []Finding {
	c := r.t.Config
	if m := r.authorize.get("response_mode"); m != "" {
		c.ResponseMode = flow.ResponseMode(m)
	}
	if c.Device || c.Listens() || !c.ResponseMode.Posted() {
		return nil
	}
	return one(Finding{
		Code: "form-post-unheard", Severity: SeverityWarning, Row: "response_mode",
		What: "The answer will be posted to an address where nobody listens.",
		Why:  "With response_mode=" + string(c.ResponseMode) + " it is the form of a POST to the redirect URI, and not in the address that can be pasted.",
		Try:  "Leave response_mode out, or have this program listen: a redirect URI on localhost, and no paste mode. Or " + copyForm + ".",
		Refs: clauses("OAuth 2.0 Form Post Response Mode section 2 <https://openid.net/specs/oauth-v2-form-post-response-mode-1_0.html>"),
	})
}
