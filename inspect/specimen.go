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
	name  string
	value string
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
	found, named := findTokens(text)
	var beside []flow.Value
	for _, n := range named {
		beside = append(beside, secretsOf(n.Value)...)
	}
	answer := &params{named}
	scope, said := grantedIn(text)
	for _, n := range named {
		if n.Name == "code" {
			continue
		}
		j := takeApart(n.Value)
		name := n.Name
		if name == "" {
			name = guessName(&j, o.ClientID)
		}
		iss := j.str("iss")
		if o.Issuer != "" {
			iss = o.Issuer
		}
		g := given{
			now: o.Now, nowFrom: "the time that the check was made for", prov: providerOfURL(iss),
			issuer: o.Issuer, clientID: o.ClientID, jwks: o.JWKS, keysFrom: "the keys that were given",
			nonce: o.Nonce, nonceKnown: o.Nonce != "", nonceFrom: "the nonce that was given", noKeys: "no keys were given",
			code: answer.get("code"), accessToken: answer.get("access_token"),
			answered: found == foundResponse, refreshable: answer.has("refresh_token"),
			granted: scope, grantedSaid: said,
		}
		if o.Issuer != "" {
			g.issFrom = "what you gave"
		}
		if o.ClientID != "" {
			g.clientFrom = "the client id that was given"
		}
		all = append(all, Specimen{
			name: name, value: n.Value, given: g,
			beside: flow.Transcript{Steps: []flow.Step{{ID: flow.StepToken, Values: beside}}},
		})
	}
	return found, all
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

func (s Specimen) read() Token { return readToken(s.name, s.value, s.given) }

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
