package inspect

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// places are the names that errors go by at each step of the walk.
var places = map[flow.StepID]string{
	flow.StepDiscovery:  "discovery",
	flow.StepPAR:        "par",
	flow.StepAuthorize:  "authorize",
	flow.StepCallback:   "callback",
	flow.StepDevice:     "device",
	flow.StepToken:      "token",
	flow.StepKeys:       "jwks",
	flow.StepUserInfo:   "userinfo",
	flow.StepRefresh:    "refresh",
	flow.StepCall:       "api",
	flow.StepIntrospect: "introspect",
	flow.StepRevoke:     "revoke",
	flow.StepLogout:     "logout",
}

// DiagnoseStep diagnoses a failed step of t. It is false for a step that did
// not fail.
func DiagnoseStep(t flow.Transcript, id flow.StepID) (Diagnosis, bool) {
	if t.Step(id).Status != flow.StatusFailed {
		return Diagnosis{}, false
	}
	return Diagnose(InputOf(t, id)), true
}

// suspect is a finding of a diagnosis, with the id of the cause, which its code
// need not be.
type suspect struct {
	Finding

	id string
}

// causesOf says what probably led to a step's failure, the likeliest first.
func causesOf(r *run, s flow.Step) []suspect {
	d := Diagnose(InputOf(r.t, s.ID))
	var causes []suspect
	for i, f := range d.Findings() {
		if (f.Row == "error" || f.Row == "error_description") && s.Error != nil && s.Error.Kind == flow.KindTransport {
			f.Row = "" // the words of the failure are ours, and in no message
		}
		causes = append(causes, suspect{f, d.Causes[i].ID})
	}
	return causes
}

// Findings turns a diagnosis into findings, one a cause, for the list beside a
// step. The first says what happened; the others what it may be instead.
func (d Diagnosis) Findings() []Finding {
	var findings []Finding
	for i, c := range d.Causes {
		f := Finding{
			Code:     c.ID,
			Severity: SeverityError,
			What:     c.Title + " (" + string(c.Confidence) + ").",
			Why:      c.Means,
			Try:      strings.Join(c.Fix, " "),
			Refs:     c.Refs,
		}
		if i == 0 && len(d.Codes) > 0 {
			f.Code = strings.ToLower(d.Codes[0])
		}
		if i > 0 {
			f.Severity = SeverityInfo
		}
		f.Row = c.about()
		findings = append(findings, f)
	}
	return findings
}

// about is the row that a cause rests on: what was sent rather than what was
// answered, where there is a choice.
func (c Diagnosed) about() string {
	row := ""
	for _, e := range c.Evidence {
		switch e.Row {
		case "":
		case "error", "error_description":
			row = cmp.Or(row, e.Row)
		default:
			return e.Row
		}
	}
	return row
}

// InputOf reads the input of a diagnosis out of a step: what the server said
// there, and the facts of the requests up to it.
func InputOf(t flow.Transcript, id flow.StepID) Input {
	step := t.Step(id)
	in := Input{Where: places[id], Context: contextOf(t, id)}
	if e, ok := answered(step); ok {
		if e.Response != nil && e.Verdict == "" {
			in.HTTPStatus = e.Response.Status
			in.Raw = string(e.Response.Body)
		} else { // a request that our listener received
			in.Raw = e.Request.URL + "\n" + string(e.Request.Body)
		}
	}
	if step.Error != nil && step.Error.Kind != flow.KindServer {
		if in.HTTPStatus/100 == 2 {
			in.Raw = "" // what came is no error, and its words say nothing about why it was not taken
		}
		in.Raw = step.Error.Error() + "\n" + in.Raw
	} else if in.Raw == "" && step.Error != nil {
		in.Raw = step.Error.Error()
	}
	in.Provider = vendorOf(t.Config)
	return in
}

// withTranscript fills what in leaves open from its transcript's failed step.
func (in Input) withTranscript() Input {
	t := *in.Transcript
	in.Transcript = nil
	from := Input{Context: contextOf(t, flow.StepToken), Provider: vendorOf(t.Config)}
	if i := slices.IndexFunc(t.Steps, func(s flow.Step) bool { return s.Status == flow.StatusFailed }); i >= 0 {
		from = InputOf(t, t.Steps[i].ID)
	} else {
		from.Context["ended_well"] = true
	}
	if in.Raw == "" {
		in.Raw = from.Raw
	}
	if in.Where == "" {
		in.Where = from.Where
	}
	if in.Provider == "" {
		in.Provider = from.Provider
	}
	if in.HTTPStatus == 0 {
		in.HTTPStatus = from.HTTPStatus
	}
	maps.Copy(from.Context, in.Context)
	in.Context = from.Context
	return in
}

// answered returns the exchange of a step that holds the server's last word.
func answered(s flow.Step) (flow.Exchange, bool) {
	if ex := lastAnswered(s); ex != nil && s.ID == flow.StepDiscovery {
		return *ex, true
	}
	for _, e := range slices.Backward(s.Exchanges) {
		if v := e.Verdict; v == flow.VerdictStray || v == flow.VerdictDuplicate || v == flow.VerdictWrongHost || v == flow.VerdictNoTrust {
			continue
		}
		if s.ID == flow.StepCallback && e.Actor == flow.ActorApp {
			continue // the keys that a signed response is verified with
		}
		if e.Response != nil || e.Verdict != "" {
			return e, true
		}
	}
	return flow.Exchange{}, false
}

// vendorOf names the provider of a configuration by its hosts.
func vendorOf(c flow.Config) string {
	if c.Practice {
		return "entra" // the practice tenant answers as Entra does
	}
	text := strings.ToLower(c.Issuer + " " + c.Provider.Issuer + " " + c.Provider.AuthorizationEndpoint + " " + c.Provider.TokenEndpoint)
	for _, h := range hosts {
		if strings.Contains(text, h.sign) {
			return h.provider
		}
	}
	return ""
}

// contextOf reads the facts of the requests up to a step, under the names that
// rules use.
func contextOf(t flow.Transcript, id flow.StepID) map[string]any {
	c := map[string]any{}
	set := func(name, value string) {
		// A masked secret was sent, but its value is not known.
		if value != "" && !strings.Contains(value, "~redacted.") {
			c[name] = value
		}
	}
	switch t.Config.Platform {
	case flow.PlatformWeb:
		c["client_kind"] = "web-server"
	case flow.PlatformSPA, flow.PlatformNative:
		c["client_kind"] = string(t.Config.Platform)
	}
	set("client_id", t.Config.ClientID)
	set("redirect_uri", t.Config.RedirectURI)

	if u, ok := requestURL(t.Step(flow.StepAuthorize)); ok {
		q := u.Query()
		set("authority", u.Scheme+"://"+u.Host+u.Path)
		for _, name := range []string{"client_id", "redirect_uri", "scope", "response_type", "response_mode", "prompt", "resource", "code_challenge", "domain_hint"} {
			set(name, q.Get(name))
		}
		set("method", q.Get("code_challenge_method"))
		c["code_challenge_sent"] = q.Has("code_challenge")
		c["redirect_uri_sent"] = q.Has("redirect_uri")
	}
	r, ok := lastPost(t.Step(id))
	switch id {
	case flow.StepPAR, flow.StepToken, flow.StepRefresh, flow.StepIntrospect, flow.StepRevoke:
	default:
		return c
	}
	if !ok {
		return c
	}
	form, _ := url.ParseQuery(string(r.Body)) // what can be read is read
	_, _, basic := (&http.Request{Header: r.Header}).BasicAuth()
	set("client_secret", form.Get("client_secret"))
	c["client_secret_sent"] = basic || form.Get("client_secret") != "" || strings.Contains(r.Header.Get("Authorization"), "Basic ")
	c["client_assertion_sent"] = form.Has("client_assertion")
	if _, own := t.Step(id).Value(flow.ClientCertificateValue); own {
		c["client_certificate_sent"] = true
	}
	if id != flow.StepToken && id != flow.StepRefresh {
		return c
	}
	receivedOf(t.Step(id), c)
	set("token_endpoint", r.URL)
	set("grant", form.Get("grant_type"))
	set("redirect_uri_token", form.Get("redirect_uri"))
	set("code_verifier", form.Get("code_verifier"))
	c["origin_header"] = r.Header.Get("Origin") != ""
	if id == flow.StepToken {
		c["code_verifier_sent"] = form.Has("code_verifier")
	}
	if kind := r.Header.Get("Content-Type"); kind != "" && !strings.HasPrefix(kind, "application/x-www-form-urlencoded") {
		c["body_format"] = kind
	}
	return c
}

// receivedOf adds facts of the tokens that a step received.
func receivedOf(s flow.Step, c map[string]any) {
	e, ok := answered(s)
	if !ok || e.Response == nil || e.Response.Status != http.StatusOK {
		return
	}
	var tokens struct {
		ID      string `json:"id_token"`
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	if json.Unmarshal(e.Response.Body, &tokens) != nil {
		return // it is not tokens, and other rules say what it is
	}
	c["refresh_token_received"] = tokens.Refresh != ""
	access := payloadOf(tokens.Access)
	for name, claim := range map[string]string{"access_token_aud": "aud", "access_token_ver": "ver"} {
		if v, ok := access[claim].(string); ok {
			c[name] = v
		}
	}
	const tolerance = 5 * time.Minute // what clients commonly allow
	if iat, ok := payloadOf(tokens.ID)["iat"].(float64); ok && time.Unix(int64(iat), 0).Sub(e.Timing.Start) > tolerance {
		c["issued_in_future"] = true
	}
}

// payloadOf returns the claims of a JWT, and none if it is not one.
func payloadOf(token string) map[string]any {
	parts := strings.Split(token, ".")
	if len(parts) < 2 {
		return nil
	}
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil
	}
	var claims map[string]any
	if json.Unmarshal(b, &claims) != nil {
		return nil
	}
	return claims
}

// requestURL returns the URL of the authorization request of a step: the one
// the browser was sent to, or would have been.
func requestURL(s flow.Step) (*url.URL, bool) {
	for _, e := range s.Exchanges {
		if u, err := url.Parse(e.Request.URL); err == nil && u.Query().Has("client_id") {
			return u, true
		}
	}
	if v, ok := s.Value("url"); ok {
		if u, err := url.Parse(v); err == nil {
			return u, true
		}
	}
	return nil, false
}

// lastPost returns the last request of a step that was posted by the app.
func lastPost(s flow.Step) (flow.Request, bool) {
	for _, e := range slices.Backward(s.Exchanges) {
		if e.Request.Method == http.MethodPost && e.Channel != flow.ChannelFront {
			return e.Request, true
		}
	}
	return flow.Request{}, false
}
