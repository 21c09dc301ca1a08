package inspect

import (
	"slices"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// Input is an error and what is known about how it came about. Only Raw is
// needed; every other fact makes the answer sharper.
type Input struct {
	// Raw is the error in whatever shape it was met: a JSON body, a redirect
	// URL, an HTML page, a library's exception, the text of a screenshot, just a
	// code, or the id of a cause.
	Raw string
	// Provider is entra, b2c, external-id, keycloak, auth0, okta, google,
	// cognito, github, gitlab, dex, hydra, salesforce, ping or generic. Empty:
	// it is read out of Raw where possible.
	Provider string
	// Where is the step that failed: authorize, callback, token, refresh,
	// userinfo, device, discovery, jwks or api.
	Where string
	// HTTPStatus of the answer; 0 when it is not known.
	HTTPStatus int
	// Context holds facts of the request by name: redirect_uri, scope,
	// client_kind (native, spa, web-server), client_secret_sent,
	// code_verifier_sent, origin_header and so on.
	Context map[string]any
	// Transcript, if set, supplies what the fields above leave open: its failed
	// step is the error, its requests are the facts.
	Transcript *flow.Transcript
}

// Possible is the confidence of a cause that is one among several. Of a
// diagnosis, [Certain] says that code and context leave one cause, and [Likely]
// that one stands out.
const Possible Confidence = "possible"

// Who can carry out a fix.
type Who string

// Those who can carry out a fix.
const (
	WhoYou   Who = "you"   // whoever writes or configures the client
	WhoOwner Who = "owner" // the owner of the app registration
	WhoAdmin Who = "admin" // an administrator of the tenant or the provider
	WhoUser  Who = "user"  // the person who signs in
)

// InWords names them, for the end of "To fix it:" and of a ticket's "By". Whoever
// reads a ticket may be another than who wrote it, so nobody is called you.
func (w Who) InWords() string {
	switch w {
	case WhoYou:
		return "whoever writes or configures the client"
	case WhoOwner:
		return "the owner of the app registration"
	case WhoAdmin:
		return "an administrator of the tenant"
	case WhoUser:
		return "the person who signs in"
	}
	return string(w)
}

// Evidence is one fact that a diagnosis rests on. In JSON it is its text.
type Evidence struct {
	Text string
	// Row is the parameter, header or response member it is about, so that a
	// screen can point at it. It may be empty.
	Row string
}

// MarshalText implements [encoding.TextMarshaler].
func (e Evidence) MarshalText() ([]byte, error) { return []byte(e.Text), nil }

// Diagnosis is what there is to say about an error. Its JSON form is that of
// `pkcescope explain --json`; what that form leaves out is for the screen.
type Diagnosis struct {
	// Causes are ranked, the most probable first.
	Causes []Diagnosed `json:"causes"`
	// Codes are the vendor's codes that were read, for example "AADSTS50148".
	Codes []string `json:"codes"`
	// Unknown is true when no cause is known for what was read. That is an
	// answer.
	Unknown bool `json:"unknown"`

	// Provider is whose error it was taken for; empty when that is open.
	Provider    string       `json:"-"`
	Notes       []CodeNote   `json:"-"` // what each of Codes means
	Differences []Difference `json:"-"`
	RuledOut    []RuledOut   `json:"-"`
	// Next is the one step that would decide between the causes that remain.
	Next string `json:"-"`
}

// Diagnosed is a cause that may have led to the error.
type Diagnosed struct {
	ID         string     `json:"id"`
	Title      string     `json:"title"`
	Confidence Confidence `json:"confidence"`
	Evidence   []Evidence `json:"evidence"`
	Fix        []string   `json:"fix"`
	Who        Who        `json:"who"`
	Refs       []Ref      `json:"refs"`

	// Means says in a sentence what the cause is, Prove how to see that it is
	// gone.
	Means string `json:"-"`
	Prove string `json:"-"`
	// Else is what it could be instead, with the test that tells them apart.
	Else []Alternative `json:"-"`
}

// Alternative is another cause, and how to tell it apart.
type Alternative struct {
	ID, Title, Test string
}

// RuledOut is a cause that the error alone would allow and a fact forbids.
type RuledOut struct {
	ID, Title string
	Why       Evidence
}

// mostCauses is how many causes a diagnosis names. A longer list is no
// diagnosis.
const mostCauses = 4

// Diagnose says what led to an error, who can put it right and how. It never
// fails: what it does not know it calls unknown.
func Diagnose(in Input) Diagnosis {
	p := newProblem(in)
	found, out := p.candidates()
	found = settle(found)
	if id, ok := NamedCause(in.Raw); ok {
		found, out = []candidate{{cause: id, confidence: Possible, evidence: []Evidence{{Text: "it was asked for by its name"}}}}, nil
	}

	d := Diagnosis{
		Causes:      []Diagnosed{},
		Codes:       append([]string{}, p.codes...),
		Unknown:     len(found) == 0,
		Provider:    p.provider,
		Differences: p.differences(),
	}
	for _, code := range p.codes {
		if n, ok := LookupCode(code); ok {
			d.Notes = append(d.Notes, n)
		}
	}
	for _, c := range found {
		d.Causes = append(d.Causes, p.diagnosed(c))
	}
	for _, r := range out {
		if cause, ok := causeByID(r.ID); ok {
			r.Title = cause.Title
			d.RuledOut = append(d.RuledOut, r)
		}
	}
	d.Next = next(d.Causes)
	return d
}

// NamedCause returns the id of a cause of the knowledge base if text is one and
// nothing else. Diagnose says of it what there is to say: an answer that names
// other causes by their ids leads to them.
func NamedCause(text string) (id string, ok bool) {
	id = strings.ToLower(strings.TrimSpace(text))
	_, ok = causeByID(id)
	return id, ok
}

// settle ranks the candidates and makes their confidence honest: what is
// certain leaves nothing beside it, two certainties contradict each other, and
// only one cause can stand out.
func settle(found []candidate) []candidate {
	slices.SortStableFunc(found, func(a, b candidate) int { return b.compare(a) })
	if len(found) > 0 && found[0].confidence == Certain {
		if len(found) == 1 || found[1].confidence != Certain {
			return found[:1]
		}
		for i := range found {
			if found[i].confidence == Certain {
				found[i].confidence = Likely
			}
		}
	}
	for i := range found {
		if i > 0 {
			found[i].confidence = Possible
		}
	}
	return found[:min(len(found), mostCauses)]
}

// diagnosed joins what was found with what the knowledge base says of it.
func (p *problem) diagnosed(c candidate) Diagnosed {
	k, _ := causeByID(c.cause) // a test holds every rule to a known cause
	d := Diagnosed{
		ID:         k.ID,
		Title:      k.Title,
		Confidence: c.confidence,
		Evidence:   c.evidence,
		Fix:        k.fixAt(p.provider),
		Who:        k.Who,
		Refs:       k.refs(),
		Means:      k.Means,
		Prove:      k.Prove,
	}
	for _, id := range k.others() {
		if o, ok := causeByID(id); ok {
			d.Else = append(d.Else, Alternative{ID: id, Title: o.Title, Test: k.Or[id]})
		}
	}
	return d
}

// next returns the test that decides between the causes: between the first two
// if one is known, else between the first and another.
func next(causes []Diagnosed) string {
	for i := 1; i < len(causes); i++ {
		for _, pair := range [][2]Diagnosed{{causes[0], causes[i]}, {causes[i], causes[0]}} {
			for _, e := range pair[0].Else {
				if e.ID == pair[1].ID {
					return e.Test
				}
			}
		}
	}
	return ""
}
