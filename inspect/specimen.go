package inspect

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// Specimen is a token under the microscope: the token as it is, and what it is
// checked against. Unlike a [Token] it can be changed, and read again, so that
// one sees which checks notice.
type Specimen struct {
	sighted
	given given
	// beside holds the secrets that stand beside the token.
	beside flow.Transcript
}

// FindSpecimens finds the tokens in text, as [DecodeToken] does, and says where
// they stood.
func FindSpecimens(text string, o DecodeOptions) (found string, all []Specimen) {
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	found, sights := findTokens(text)
	var beside []flow.Value
	answer := &params{}
	for _, s := range sights {
		beside = append(beside, secretsOf(s.value)...)
		answer.list = append(answer.list, field{Name: s.name, Value: s.value})
	}
	scope, said := grantedIn(text)
	for _, s := range sights {
		if s.name == "code" {
			continue
		}
		j := s.takeApart()
		if s.name == "" {
			s.name = guessName(&j, o.ClientID)
		}
		iss := j.str("iss")
		if o.Issuer != "" {
			iss = o.Issuer
		}
		g := o.given()
		g.prov = providerOfURL(iss)
		g.code, g.accessToken = answer.get("code"), answer.get("access_token")
		g.answered, g.refreshable = found == foundResponse, answer.has("refresh_token")
		g.granted, g.grantedSaid = scope, said
		all = append(all, Specimen{
			sighted: s, given: g,
			beside: flow.Transcript{Steps: []flow.Step{{ID: flow.StepToken, Values: beside}}},
		})
	}
	return found, all
}

// given is what is expected by options alone, and where each value is from.
func (o DecodeOptions) given() given {
	run := o.Run
	if run == nil {
		run = &DecodeOptions{}
	}
	from := func(value, ofRun, what, otherwise string) string {
		switch value {
		case "":
			return ""
		case ofRun:
			return what + " of the run that is open"
		}
		return otherwise
	}
	g := given{
		now: o.Now, nowFrom: "the time that the check was made for",
		issuer: o.Issuer, issFrom: from(o.Issuer, run.Issuer, "the issuer", "what you gave"),
		clientID: o.ClientID, clientFrom: from(o.ClientID, run.ClientID, "the client id", "the client id that was given"),
		nonce: o.Nonce, nonceKnown: o.Nonce != "", nonceFrom: from(o.Nonce, run.Nonce, "the nonce", "the nonce that was given"),
		jwks: o.JWKS, keysFrom: from(string(o.JWKS), string(run.JWKS), "the keys", "the keys that were given"), noKeys: "no keys were given",
		maxAgeFrom: from(o.MaxAge, run.MaxAge, "max_age", "the max_age that was given"),
		acrFrom:    from(o.ACRValues, run.ACRValues, "acr_values", "the acr_values that were given"),
		scopeKnown: o.Scope != "",
	}
	var asked params
	for _, p := range []field{{Name: "scope", Value: o.Scope}, {Name: "acr_values", Value: o.ACRValues}, {Name: "max_age", Value: o.MaxAge}} {
		if p.Value != "" {
			asked.list = append(asked.list, p)
		}
	}
	if asked.list != nil {
		g.authorize = &asked
	}
	return g
}

// ExpectedOf is what a run expects of its tokens, for tokens that are pasted
// beside it.
func ExpectedOf(t flow.Transcript) DecodeOptions {
	r := newRun(t, nil, providerOf(t))
	issuer, _ := r.issuer()
	o := DecodeOptions{
		JWKS: r.jwks, Issuer: issuer, ClientID: r.clientID(), Nonce: r.authorize.get("nonce"),
		Scope: r.authorize.get("scope"), ACRValues: r.authorize.get("acr_values"), MaxAge: r.authorize.get("max_age"),
	}
	run := o
	o.Run = &run
	return o
}

// SpecimensOf returns the tokens of a run, in the order of its steps.
func SpecimensOf(t flow.Transcript, o Options) []Specimen {
	if o.Now.IsZero() {
		o.Now = lastTime(t)
	}
	r := newRun(t, nil, providerOf(t))
	var all []Specimen
	steps := specimensOf(&r, o.Now)
	for _, id := range []flow.StepID{flow.StepToken, flow.StepRefresh} {
		all = append(all, steps[id]...)
	}
	return all
}

// secretsOf are what must not be seen of a token: itself, also without what
// stands around it.
func secretsOf(token string) []flow.Value {
	var out []flow.Value
	for _, value := range []string{token, takeApart(token).text} {
		out = append(out, flow.Value{Name: "access_token", Value: value, Secret: true, In: flow.InResponse})
	}
	return out
}

// grantedIn reads the scope of a token response.
func grantedIn(text string) (scope string, said bool) {
	if text = strings.TrimSpace(text); !strings.HasPrefix(text, "{") {
		return "", false
	}
	var answer struct {
		Scope *string `json:"scope"`
	}
	if json.Unmarshal([]byte(text), &answer) != nil || answer.Scope == nil {
		return "", false
	}
	return *answer.Scope, true
}

// Name is the kind of token, such as "id_token".
func (s Specimen) Name() string { return s.name }

// Raw is the token itself, neither masked nor cleaned.
func (s Specimen) Raw() string { return s.value }

// Read explains and checks the token. It is masked unless reveal is set; its
// claims are always shown.
func (s Specimen) Read(reveal bool) Token {
	r := reader{shown: shown{reveal: reveal}}
	if !reveal {
		t := s.beside
		// A changed token is not among the secrets beside it.
		t.Steps = append(slices.Clone(t.Steps), flow.Step{ID: flow.StepToken, Values: secretsOf(s.value)})
		r.redactor = flow.NewRedactor(t)
	}
	return r.screenToken(s.read())
}

func (s Specimen) read() Token { return readToken(s.sighted, s.given) }

// At returns the specimen with its times checked as of now.
func (s Specimen) At(now time.Time) Specimen {
	s.given.now = now
	return s
}

// Tamper changes the token. It is false for what cannot be changed so.
func (s Specimen) Tamper(how Tampering) (Specimen, bool) {
	changed, ok := Tamper(s.value, how)
	if !ok {
		return s, false
	}
	s.value = changed
	return s, true
}

// Set changes a member of the header, or a claim where claim is true, to a
// value in JSON; what is not JSON is taken for a string. The signature stays as
// it is. It is false for what is no whole JWT.
func (s Specimen) Set(name, value string, claim bool) (Specimen, bool) {
	changed, ok := setInToken(s.value, name, jsonOr(value), claim)
	if !ok {
		return s, false
	}
	s.value = changed
	return s, true
}

// jsonOr reads a value that a person typed.
func jsonOr(text string) any {
	var v any
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	if dec.Decode(&v) != nil || dec.More() {
		return text
	}
	return v
}
