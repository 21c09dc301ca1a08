package inspect

import (
	"cmp"
	"html"
	"regexp"
	"strings"
	"sync"

	"github.com/pkcescope/pkcescope/flow"
)

// serverRules put what a server refused into words, by the error codes of the
// specifications. What a provider's own code means is the diagnosis' affair.
func serverRules() []rule {
	var rules []rule
	for _, id := range flow.AllStepIDs() {
		rules = append(rules, rule{id, func(r *run) []Finding { return serverSaidNo(r, id) }})
	}
	return rules
}

// serverSaidNo reads the error of a step's last answer, wherever it stands: in
// a JSON body, in the redirect, or on a page.
func serverSaidNo(r *run, id flow.StepID) []Finding {
	s := r.t.Step(id)
	code, text := refusal(s)
	if code == "" && text == "" {
		return nil
	}
	vendor := vendorCode(text)
	if code == "" && vendor == "" {
		return nil
	}
	known := oauthErrors()[code]
	f := Finding{
		Code: generic(s), Severity: SeverityError, Row: "error",
		Why: known.why, Try: known.try, Refs: clauses(known.source),
	}
	if known.why == "" {
		f.Refs = nil
		f.Why = "The code is not one of the specifications': only the provider can say what it means."
		f.Try = "Read the description, and look the code up in the provider's documentation."
	}
	who := upper(r.prov.name)
	if id == flow.StepCall {
		who = "The API"
	}
	f.What = who + " refused: " + short(code, 60) + "."
	if vendor != "" {
		f.What = who + " refused: " + vendor + "."
		if code != "" {
			f.What = who + " refused: " + vendor + " (" + short(code, 60) + ")."
		}
	}
	if text != "" {
		f.Why = "It says: " + sentence(short(firstLine(text), 400)) + " " + f.Why
	}
	return one(f)
}

// generic is the code of the finding that holds for every refusal like the one
// of s.
func generic(s flow.Step) string {
	code, text := refusal(s)
	return cmp.Or(strings.ToLower(vendorCode(text)), ownCode(code))
}

// ownCode turns a server's error code into the code of a finding. Only what
// looks like one is taken over, and so nothing that could be a secret.
func ownCode(code string) string {
	code = strings.ToLower(code)
	for _, c := range code {
		if (c < 'a' || c > 'z') && c != '_' {
			return "other-error"
		}
	}
	if len(code) > 40 {
		return "other-error"
	}
	return code
}

// refusal finds error and error_description in what a step ended with.
func refusal(s flow.Step) (code, text string) {
	if s.Status == flow.StatusOK {
		return "", ""
	}
	if s.ID == flow.StepCallback {
		p := callbackOf(s)
		return p.get("error"), p.get("error_description")
	}
	ex := lastAnswered(s)
	if ex == nil {
		return "", ""
	}
	if p := answer(ex); p != nil {
		code = p.get("error")
		if polls(*ex) && (code == "authorization_pending" || code == "slow_down") {
			return "", "" // no refusal: the person is not done yet
		}
		text = p.get("error_description")
		if code == "" { // Microsoft Graph
			code, text = p.get("error.code"), p.get("error.message")
		}
		return code, text
	}
	if loc := ex.Response.Header.Get("Location"); loc != "" {
		p := requestParams(flow.Request{URL: loc})
		if p.has("error") {
			return p.get("error"), p.get("error_description")
		}
	}
	if auth := ex.Response.Header.Get("WWW-Authenticate"); auth != "" {
		return challengeParam(auth, "error"), challengeParam(auth, "error_description")
	}
	body := ex.Response.Body[:min(len(ex.Response.Body), 1<<20)]
	if kind, _ := kindOf(ex.Response.Header, ex.Response.Body); kind == "html" && vendorCode(string(body)) != "" {
		return "", pageText(string(body))
	}
	return "", ""
}

// challengeParam reads a parameter of a WWW-Authenticate header (RFC 6750
// section 3).
func challengeParam(header, name string) string {
	_, rest, ok := strings.Cut(" "+header, " "+name+"=")
	if !ok {
		_, rest, ok = strings.Cut(header, ","+name+"=")
	}
	if !ok {
		return ""
	}
	if quoted, ok := strings.CutPrefix(rest, `"`); ok {
		value, _, _ := strings.Cut(quoted, `"`)
		return value
	}
	value, _, _ := strings.Cut(rest, ",")
	return strings.TrimSpace(value)
}

var vendorCodes = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`AADSTS\d{2,8}|AADB2C\d{2,8}`) })

// vendorCode returns the first of Microsoft's codes in a text.
func vendorCode(text string) string { return vendorCodes().FindString(text) }

// pageText returns the sentence of an error page that holds the code.
func pageText(page string) string {
	i := vendorCodes().FindStringIndex(page)
	if i == nil {
		return ""
	}
	text := page[i[0]:]
	if end := strings.IndexAny(text, "<\r\n"); end > 0 {
		text = text[:end]
	}
	return html.UnescapeString(strings.TrimSpace(text))
}

// firstLine cuts a description before the ids that Entra puts after its
// sentence.
func firstLine(text string) string {
	for _, mark := range []string{"\r\n", "\n", " Trace ID:"} {
		if before, _, ok := strings.Cut(text, mark); ok {
			text = before
		}
	}
	return strings.TrimSpace(text)
}

// oauthError is an error code of a specification in our words.
type oauthError struct{ why, try, source string }

// oauthErrors are the codes of RFC 6749 sections 4.1.2.1 and 5.2, OpenID
// Connect Core section 3.1.2.6, RFC 6750, RFC 8628 and RFC 7009.
var oauthErrors = sync.OnceValue(func() map[string]oauthError {
	const (
		tokenEndpoint = "RFC 6749 section 5.2"
		authorize     = "RFC 6749 section 4.1.2.1"
		core          = "OpenID Connect Core 1.0 section 3.1.2.6 <https://openid.net/specs/openid-connect-core-1_0.html#AuthError>"
	)
	return map[string]oauthError{
		"invalid_request":           {"A parameter is missing, repeated, not known or not well formed.", "Compare the request with the explanation of each parameter; the description often names the one.", tokenEndpoint},
		"invalid_client":            {"The client could not be authenticated: it is not known, its secret is wrong or expired, or it authenticates in a way that its registration does not allow.", "Check the client id, the secret's value and whether the registration is for a public or a confidential client.", tokenEndpoint},
		"invalid_grant":             {"The code or refresh token is not good: expired, used before, revoked, of another client or redirect URI, or the verifier does not match.", "Start again for a fresh code. If it is refused again, compare client id, redirect URI and verifier with the authorize request.", tokenEndpoint},
		"unauthorized_client":       {"The client is known, but may not use this grant.", "Look at the registration: which flows, and which accounts, is it allowed?", tokenEndpoint},
		"unsupported_grant_type":    {"The token endpoint does not know this grant_type.", "Check the spelling: authorization_code or refresh_token; and the address of the endpoint.", tokenEndpoint},
		"invalid_scope":             {"A scope is not known, not well formed, or more than may be granted.", "Check each scope's name and the API that it belongs to.", tokenEndpoint},
		"access_denied":             {"The person, an administrator or a policy said no.", "Ask the person whether they declined. If not, an administrator has to look at consent and policies.", authorize},
		"unsupported_response_type": {"The provider does not return what response_type asks for.", "Use response_type=code.", authorize},
		"server_error":              {"Something failed inside the provider.", "Try again after a while. If it stays, report it with the time and the ids in the answer.", authorize},
		"temporarily_unavailable":   {"The provider is overloaded or under maintenance.", "Try again after a while.", authorize},
		"interaction_required":      {"The person has to do something, and prompt=none forbids to ask them.", "Send the request again without prompt=none.", core},
		"login_required":            {"The person is not signed in, and prompt=none forbids to ask them.", "Send the request again without prompt=none.", core},
		"account_selection_required": {
			"Several accounts are signed in, and prompt=none forbids to ask which one.",
			"Send the request again without prompt=none, or with a login_hint.", core,
		},
		"consent_required":           {"The person, or an administrator, has not agreed to what the app asks for.", "Send the request again without prompt=none, or let an administrator consent.", core},
		"invalid_request_uri":        {"The request_uri cannot be fetched, or what it holds is not good. If it stands for a pushed request, that has expired, or was used before.", "Push the request again and open the browser at once, or send the parameters in the request itself.", core},
		"invalid_request_object":     {"The request object cannot be read or its signature is wrong.", "Check how it is signed, or send the parameters in the request itself.", core},
		"request_not_supported":      {"The provider does not take request objects.", "Send the parameters in the request itself.", core},
		"request_uri_not_supported":  {"The provider does not take a request_uri.", "Send the parameters in the request itself.", core},
		"registration_not_supported": {"The provider does not take the parameter registration.", "Register the client first.", core},
		"invalid_token":              {"The access token is expired, revoked, broken, or for another API.", "Get a fresh token, and check its audience.", "RFC 6750 section 3.1"},
		"insufficient_scope":         {"The access token does not allow this.", "Ask for the scope that the API names.", "RFC 6750 section 3.1"},
		"authorization_pending":      {"The person has not finished signing in on the other device yet.", "Ask again after the interval.", "RFC 8628 section 3.5"},
		"slow_down":                  {"The app asks too often.", "Wait 5 seconds longer between two requests.", "RFC 8628 section 3.5"},
		"expired_token":              {"The device code has expired before the person signed in.", "Start again.", "RFC 8628 section 3.5"},
		"invalid_target":             {"The resource is not known, or may not be asked for.", "Check the parameter resource.", "RFC 8707 section 2"},
		"invalid_dpop_proof":         {"The DPoP proof is missing or wrong.", "Check the clock, and compare htm and htu in the proof with method and address of the request: a gateway in front of the provider may change the address.", "RFC 9449 section 5"},
		"use_dpop_nonce":             {"The provider wants a nonce of its own in the DPoP proof. The request was sent once more with the one from its DPoP-Nonce header, if there was one.", "If it was sent twice and refused twice, the provider does not know its own nonce: several servers behind one address may not share them, or something in front of it changes the header.", "RFC 9449 section 8"},
		"unsupported_token_type":     {"The provider does not revoke tokens of this kind.", "Revoke the refresh token instead.", "RFC 7009 section 2.2.1"},
		"invalid_authorization_details": {
			"The authorization_details are not known or not well formed.",
			"Check their type and members.", "RFC 9396 section 5",
		},
		"unmet_authentication_requirements": {
			"The person could not sign in in the way that was asked for.",
			"Check acr_values and max_age.",
			"OpenID Connect Core Error Code unmet_authentication_requirements 1.0 <https://openid.net/specs/openid-connect-unmet-authentication-requirements-1_0.html>",
		},
	}
})
