package flow

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Capture says where a run was recorded that this program did not walk, and
// what the record lacks.
type Capture struct {
	// Format is what the record was: "HAR", "SAZ", "curl", "HTTP", "URL", "JSON".
	Format string `json:"format"`
	// Tool is the program that made it, as it names itself.
	Tool string `json:"tool,omitempty"`
	// Requests is how many requests were read, the unrelated ones included.
	Requests int `json:"requests"`
	// Flow is the number of this flow among the Flows that were found.
	Flow  int `json:"flow"`
	Flows int `json:"flows"`
	// Kind tells a sign-in from a renewal.
	Kind CaptureKind `json:"kind"`
	// Of is the number of the flow that this one renews or repeats; 0 for none.
	Of int `json:"of,omitempty"`
	// Browser is true when the record was made by the browser itself, which
	// never sees what a server sends.
	Browser bool `json:"browser,omitempty"`
	// ByScript is true when a script of a page sent the token request.
	ByScript bool `json:"by_script,omitempty"`
	// Framed is true when the authorize request was made in a frame.
	Framed bool `json:"framed,omitempty"`
	// Lost is what of the record could not be read, or had been taken out.
	Lost []Loss `json:"lost,omitempty"`
}

// CaptureKind tells a sign-in from a renewal.
type CaptureKind string

// The kinds of flows.
const (
	KindSignIn  CaptureKind = "sign-in"
	KindSilent  CaptureKind = "silent"    // prompt=none: nobody is asked
	KindRenewal CaptureKind = "refresh"   // refresh tokens only
	KindAgain   CaptureKind = "again"     // the same client once more
	KindBroker  CaptureKind = "federated" // the provider's own sign-in at another provider
	KindPiece   CaptureKind = "piece"     // a message or two, without their flow
)

// Loss is something of a record that could not be read.
type Loss struct {
	What LossKind `json:"what"`
	// Step is the step that it was found in; empty: anywhere in the record.
	Step StepID `json:"step,omitempty"`
	// Count says how many messages it is about; 0 where that makes no sense.
	Count int `json:"count,omitempty"`
	// Detail is a figure or a name that belongs to it: an octet, an encoding.
	Detail string `json:"detail,omitempty"`
}

// LossKind is a kind of loss.
type LossKind string

// The kinds of losses.
const (
	LostRest     LossKind = "cut-off"         // the file ends too early
	LostEnd      LossKind = "too-long"        // the file is longer than what is read of one
	LostSyntax   LossKind = "damaged"         // the file is not what it should be from some octet on
	LostBody     LossKind = "body-missing"    // a body was not recorded
	LostLength   LossKind = "body-cut"        // a body was longer than what is kept
	LostEncoding LossKind = "body-encoded"    // a body is in an encoding that is not read
	LostBase64   LossKind = "base64-broken"   // a body in base64 is damaged
	LostUTF8     LossKind = "not-utf8"        // text was taken for Latin-1
	LostHeaders  LossKind = "headers-removed" // cookies and Authorization were taken out
	LostInput    LossKind = "input-dropped"   // what was typed into the provider's pages, on purpose
	LostEntries  LossKind = "entries-broken"  // messages that could not be read
	LostTimes    LossKind = "no-times"        // the record has no times
)

// Captured lays exchanges that were recorded elsewhere on the steps of the
// flow, as a walk with that configuration would have recorded them. What of
// the flow is not among them gets the status unseen.
func Captured(c Config, seen map[StepID][]Exchange, from Capture) Transcript {
	t := Transcript{Format: Format, Version: Version, Config: c, Capture: &from}
	for _, id := range AllStepIDs() {
		exchanges := seen[id]
		if id.Extension() && len(exchanges) == 0 {
			continue
		}
		s := newStep(id)
		s.Exchanges = append(s.Exchanges, exchanges...)
		for i := range s.Exchanges {
			s.Exchanges[i].bare()
		}
		s.lay(&t, len(seen[StepCallback]) > 0)
		t.Steps = append(t.Steps, s)
		if s.Ended.After(t.Made) {
			t.Made = s.Ended
		}
	}
	if t.Made.IsZero() {
		t.Made = time.Now()
	}
	t.Outcome = t.outcome()
	return t
}

// bare makes the headers objects in JSON.
func (x *Exchange) bare() {
	x.Request.Header = canonicalHeader(x.Request.Header)
	if x.Response != nil {
		response := *x.Response
		response.Header = canonicalHeader(response.Header)
		x.Response = &response
	}
}

// lay reads the values of a step off its exchanges, and says how it ended. came
// is true if the browser came back to the client.
func (s *Step) lay(t *Transcript, came bool) {
	s.Status = StatusUnseen
	for _, x := range s.Exchanges {
		if at := x.Timing.Start; !at.IsZero() && (s.Started.IsZero() || at.Before(s.Started)) {
			s.Started = at
		}
		if end := x.Timing.Start.Add(x.Timing.Total); !x.Timing.Start.IsZero() && end.After(s.Ended) {
			s.Ended = end
		}
	}
	switch s.ID {
	case StepVerifier, StepChallenge, StepDevice:
		return // once the requests are there
	case StepAuthorize:
		s.layAuthorize(came)
		t.layPKCE(s)
	case StepCallback:
		s.layCallback()
	case StepToken:
		s.layAnswer(readTokenResponse)
		t.layVerifier(s)
	case StepRefresh:
		s.layAnswer(readTokenResponse)
	case StepUserInfo, StepDiscovery, StepKeys, StepPAR, StepIntrospect:
		s.layAnswer(func(r *Response) ([]Value, *Error) { return readPlainAnswer(string(s.ID), r, true) })
	case StepCall:
		s.layAnswer(readCaptured)
	case StepRevoke, StepLogout:
		s.layAnswer(func(r *Response) ([]Value, *Error) { return readPlainAnswer(string(s.ID), r, false) })
	}
	if s.Status == StatusUnseen && (s.ID == StepUserInfo || s.ID == StepRefresh) {
		s.Status = StatusSkipped
	}
}

// sentValues are the parameters of a request that a captured client sent.
func sentValues(r Request) []Value {
	var values []Value
	add := func(name, value string, in Place) {
		v := Value{Name: name, Value: value, In: in, By: ByClient, PKCE: pkceNames[name], Secret: isSecretName(name)}
		if name == "code_verifier" {
			v.Problem = VerifierProblem(value)
		}
		values = append(values, v)
	}
	_, query, fragment := cutQuery(r.URL)
	for name, value := range pairs(query) {
		add(name, value, InQuery)
	}
	for name, value := range pairs(fragment) {
		add(name, value, InFragment)
	}
	if isForm(r) {
		for name, value := range pairs(string(r.Body)) {
			add(name, value, InForm)
		}
	}
	return values
}

// isForm reports whether a request's body is a form. Where the record does not
// say, a body of pairs is one.
func isForm(r Request) bool {
	if kind := r.Header.Get("Content-Type"); kind != "" {
		return strings.HasPrefix(strings.ToLower(kind), formType)
	}
	return len(r.Body) > 0 && strings.Contains(string(r.Body), "=") && !strings.HasPrefix(strings.TrimSpace(string(r.Body)), "{")
}

// errorPage finds the text of an error on a page of Entra ID or of Azure AD B2C.
// Both send it with a good status.
var errorPage = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?:AADSTS|AADB2C)\d{4,}\b[^<"\\]{0,400}`)
})

// layAuthorize reads the authorize request. If the browser did not come back,
// the last page may say why.
func (s *Step) layAuthorize(came bool) {
	if len(s.Exchanges) == 0 {
		return
	}
	first := s.Exchanges[0]
	s.Status = StatusOK
	s.Values = append(sentValues(first.Request), Value{Name: "url", Value: first.Request.URL, By: ByClient, In: InURL})
	last := s.Exchanges[len(s.Exchanges)-1]
	if last.Error != nil && last.Response == nil {
		s.Status, s.Error = StatusFailed, last.Error
		return
	}
	if last.Response == nil || came {
		return
	}
	const try = "Read the page in the last exchange of this step."
	if text := errorPage().Find(last.Response.Body); text != nil {
		s.Status, s.Error = StatusFailed, &Error{
			Kind: KindServer, What: "The provider showed an error on a page of its own, and did not send the browser back.",
			Why: strings.Join(strings.Fields(string(text)), " "), Try: try,
		}
		return
	}
	if last.Response.Status >= 400 {
		s.Status, s.Error = StatusFailed, &Error{
			Kind: KindServer, What: fmt.Sprintf("The authorization endpoint answered with a page and the status %s, and did not send the browser back.", statusText(last.Response.Status)),
			Why: "What is wrong with the request is on that page: the app never learns of it.",
			Try: try,
		}
	}
}

// layPKCE reads challenge and method off the authorize request. With plain the
// challenge is the verifier too.
func (t *Transcript) layPKCE(authorize *Step) {
	challenge, sent := authorize.Value("code_challenge")
	method, named := authorize.Value("code_challenge_method")
	verifier, derived := t.find(StepVerifier), t.find(StepChallenge)
	if len(authorize.Exchanges) > 0 && !sent && t.Config.Method == MethodNone {
		verifier.Status, derived.Status = StatusSkipped, StatusSkipped
		return
	}
	if !sent {
		return
	}
	plain := t.Config.Method == MethodPlain || t.Config.Method == MethodOmitted
	derived.Status = StatusOK
	derived.Values = append(derived.Values, Value{Name: "code_challenge", Value: challenge, Secret: plain, PKCE: true, By: ByClient, In: InLocal})
	if named {
		derived.Values = append(derived.Values, Value{Name: "code_challenge_method", Value: method, PKCE: true, By: ByClient, In: InLocal})
	}
	if plain {
		verifier.Status = StatusOK
		verifier.Values = []Value{{Name: "code_verifier", Value: challenge, Secret: true, PKCE: true, By: ByClient, In: InLocal, Problem: VerifierProblem(challenge)}}
		for i := range authorize.Values {
			if v := &authorize.Values[i]; v.Name == "code_challenge" {
				v.Secret = true
			}
		}
	}
}

// layVerifier reads the verifier off the token request, and works out the
// stages from there to a challenge. Whether that is the one that was sent is
// for inspect to compare.
func (t *Transcript) layVerifier(token *Step) {
	var v Value
	for _, sent := range token.Values {
		if sent.Name == "code_verifier" && sent.In == InForm {
			v = sent
		}
	}
	if v.Value == "" || t.Config.Method == MethodNone && t.Step(StepAuthorize).Status != StatusUnseen {
		return
	}
	verifier, derived := t.find(StepVerifier), t.find(StepChallenge)
	v.In = InLocal
	verifier.Status, verifier.Values = StatusOK, []Value{v}
	w := &Walk{t: t.clone()}
	stages := w.challengeValues()
	if derived.Status == StatusOK {
		// What was sent stands in the place of what would follow.
		stages = slices.DeleteFunc(stages, func(s Value) bool { return strings.HasPrefix(s.Name, "code_challenge") })
		stages = append(stages, derived.Values...)
	}
	for i := range stages {
		stages[i].By = ByClient
	}
	derived.Status, derived.Values = StatusOK, stages
}

func (t *Transcript) find(id StepID) *Step {
	return &t.Steps[slices.IndexFunc(t.Steps, func(s Step) bool { return s.ID == id })]
}

// layCallback reads the authorization response that was accepted, or else the
// last one that came.
func (s *Step) layCallback() {
	for _, x := range s.Exchanges {
		if x.Verdict != VerdictAccepted {
			continue
		}
		r := response{params: url.Values{}}
		r.params, r.in = responseParams(x.Request)
		s.Status = StatusOK
		unwrapped, failure := r.unwrap()
		if failure != nil {
			s.Status, s.Error = StatusFailed, failure
			return
		}
		members := membersOf(unwrapped.params)
		s.Values = responseValues(members, r.in)
		if members["error"] != "" {
			e := serverSaid("authorization endpoint", nil, members)
			e.Try = "Read what the provider says, and change the request or the registration."
			s.Status, s.Error = StatusFailed, e
		}
		return
	}
	for _, x := range s.Exchanges {
		if x.Verdict == VerdictWrongState || x.Verdict == VerdictMissingState {
			s.Status, s.Error = StatusFailed, &Error{
				Kind: KindRefused, What: "No response with the state of this flow came.",
				Why: "One came back to the redirect URI whose state is missing or another one.",
				Try: "Look whether the app starts several sign-ins at once and keeps the state of one only.",
			}
			return
		}
	}
}

// responseParams are the parameters of an authorization response, and where
// they stand.
func responseParams(r Request) (url.Values, Place) {
	_, query, fragment := cutQuery(r.URL)
	for _, at := range []struct {
		encoded string
		in      Place
	}{{fragment, InFragment}, {string(r.Body), InForm}, {query, InQuery}} {
		q := url.Values{}
		for name, value := range pairs(at.encoded) {
			q.Add(name, value)
		}
		if isResponse(q) || q.Get("id_token") != "" || q.Get("access_token") != "" {
			return q, at.in
		}
	}
	return url.Values{}, InQuery
}

// layAnswer reads what the last exchange of a step was answered with.
func (s *Step) layAnswer(read func(*Response) ([]Value, *Error)) {
	if len(s.Exchanges) == 0 {
		return
	}
	last := s.Exchanges[len(s.Exchanges)-1]
	if last.Request.URL != "" || len(last.Request.Body) > 0 {
		s.Values = append(sentValues(last.Request), Value{Name: "url", Value: last.Request.URL, By: ByClient, In: InURL})
		for _, name := range []string{"Authorization", "Origin", "Dpop"} {
			if value := last.Request.Header.Get(name); value != "" {
				s.Values = append(s.Values, Value{Name: "header." + name, Value: value, By: ByClient, In: InHeader, Secret: isSecretName(name)})
			}
		}
	}
	switch {
	case last.Response == nil && last.Error != nil:
		s.Status, s.Error = StatusFailed, last.Error
	case last.Response == nil:
		// The request alone: it was sent, and how it was answered is not known.
	default:
		values, failure := read(last.Response)
		s.Values = append(s.Values, values...)
		s.Status, s.Error = StatusOK, failure
		if failure != nil {
			s.Status = StatusFailed
		}
	}
}

// readCaptured reads what an API answered a client. Only what it says about the
// token is a failure of the flow: for the rest, many an app asks for things that
// may not be there.
func readCaptured(r *Response) ([]Value, *Error) {
	members := readMembers(r)
	if r.Status != http.StatusUnauthorized && r.Status != http.StatusForbidden {
		return responseValues(members, InResponse), nil
	}
	return responseValues(members, InResponse), apiSaid(r, members)
}

// readPlainAnswer reads the answer of an endpoint that is not the token
// endpoint. With members one that is no JSON is of no use.
func readPlainAnswer(who string, r *Response, object bool) ([]Value, *Error) {
	members := readMembers(r)
	if kind := r.Header.Get("Content-Type"); object && members == nil && r.Status/100 == 2 && strings.Contains(kind, "jwt") {
		return nil, nil // a signed UserInfo response or introspection answer
	}
	switch {
	case members["error"] != "" && r.Status/100 != 2:
		return responseValues(members, InResponse), serverSaid(who+" endpoint", r, members)
	case r.Status == http.StatusNotModified:
		return nil, nil
	case r.Status >= 400, object && r.Status/100 != 2, object && members == nil:
		return nil, unexpected(who+" endpoint", r, members)
	}
	return responseValues(members, InResponse), nil
}

// MetadataOf reads the provider's metadata out of the answer to a discovery
// request, as far as it goes; nil if it is none.
func MetadataOf(r *Response) *Provider {
	if r == nil || r.Status/100 != 2 {
		return nil
	}
	members := readMembers(r)
	if members["issuer"] == "" || members["authorization_endpoint"] == "" {
		return nil
	}
	p, _ := readMetadata(r.Body) // a member of the wrong type is left out
	return &p
}

// ResponseParams returns the parameters of the authorization response that a
// request carries, in its fragment, form or query; empty if it carries none.
func ResponseParams(r Request) url.Values {
	q, _ := responseParams(r)
	return q
}

// WithKeys returns t with a key set that was handed over, as the answer of its
// keys step. from is the address or the file that it is from.
func (t Transcript) WithKeys(from string, keys []byte) Transcript {
	t = t.clone()
	x := Exchange{
		Actor: ActorApp, Channel: ChannelBack,
		Request:  Request{Method: http.MethodGet, URL: from, Header: http.Header{}},
		Response: &Response{Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: keys, Size: int64(len(keys))},
	}
	i := slices.IndexFunc(t.Steps, func(s Step) bool { return s.ID == StepKeys })
	if i < 0 {
		i = len(t.Steps)
		t.Steps = append(t.Steps, newStep(StepKeys))
	}
	s := &t.Steps[i]
	s.Status, s.Error, s.Exchanges = StatusOK, nil, append(s.Exchanges, x)
	return t
}
