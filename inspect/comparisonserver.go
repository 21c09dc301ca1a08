package inspect

import (
	"sync"

	"github.com/BurntSushi/toml"

	"github.com/pkcescope/pkcescope/assets"
	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/lab"
)

// ServerTraits is what the runs of a comparison say about the server. A trait
// is nil when no run asked for it, or when the answer was about something
// else.
type ServerTraits struct {
	EnforcesPKCE           *bool `json:"enforces_pkce"`
	AcceptsPlain           *bool `json:"accepts_plain"`
	EnforcesLength         *bool `json:"enforces_length"`
	ChecksVerifier         *bool `json:"checks_verifier"`
	OmittedMeansPlain      *bool `json:"omitted_means_plain"`
	RefusesUnaskedVerifier *bool `json:"refuses_unasked_verifier"`
	AcceptsLowerCase       *bool `json:"accepts_lower_case"`
	SingleUseCodes         *bool `json:"single_use_codes"`
}

// Trait is a [ServerTraits] member in words.
type Trait struct {
	Name   string // "Accepts plain?"
	Known  *bool
	Text   string
	Clause Ref
}

// compareTexts is assets.Compare, read when it is first needed.
var compareTexts = sync.OnceValue(func() (texts struct {
	Case  map[string]caseText  `toml:"case"`
	Trait map[string]traitText `toml:"trait"`
},
) {
	if err := toml.Unmarshal(assets.Compare, &texts); err != nil {
		panic("inspect: assets/compare.toml: " + err.Error())
	}
	return texts
})

type caseText struct {
	What     string `toml:"what"`
	Accepted string `toml:"accepted"`
	Refused  string `toml:"refused"`
}

type traitText struct {
	Name    string `toml:"name"`
	Yes     string `toml:"yes"`
	No      string `toml:"no"`
	Unknown string `toml:"unknown"`
	Clause  string `toml:"clause"`
}

func caseTexts() map[string]caseText { return compareTexts().Case }

// traitsOf reads the server off the runs. A refusal counts only if the server
// takes a sound S256 run: else it says no to everything, and why is another
// question.
func traitsOf(results []lab.Result) ServerTraits {
	by := map[string]flow.Transcript{}
	for _, r := range results {
		by[r.Case.Name] = r.Transcript
	}
	control, ran := by[string(flow.MethodS256)]
	sound := !ran || control.Outcome == flow.OutcomeOK
	// took says whether the server took a run, nil if there is no telling.
	took := func(name string) *bool {
		t, ok := by[name]
		switch {
		case !ok:
			return nil
		case t.Outcome == flow.OutcomeOK:
			return new(true)
		case sound && serverRefused(t):
			return new(false)
		}
		return nil
	}
	return ServerTraits{
		EnforcesPKCE:           negated(took(string(flow.MethodNone))),
		AcceptsPlain:           took(string(flow.MethodPlain)),
		EnforcesLength:         both(negated(took(lab.CaseShort)), negated(took(lab.CaseLong))),
		ChecksVerifier:         both(negated(took(lab.CaseWrong)), negated(took(lab.CaseMissing))),
		OmittedMeansPlain:      took(string(flow.MethodOmitted)),
		RefusesUnaskedVerifier: negated(took(lab.CaseUnasked)),
		AcceptsLowerCase:       took(lab.CaseLowerCase),
		SingleUseCodes:         negated(took(lab.CaseReplayedCode)),
	}
}

func negated(b *bool) *bool {
	if b == nil {
		return nil
	}
	return new(!*b)
}

// both is true if what is known is, and false if any is.
func both(traits ...*bool) *bool {
	var out *bool
	for _, t := range traits {
		if t != nil && (out == nil || *out) {
			out = t
		}
	}
	return out
}

// named pairs the traits with their names in compare.toml, in the order in
// which they are shown.
func (s ServerTraits) named() []struct {
	name  string
	value *bool
} {
	return []struct {
		name  string
		value *bool
	}{
		{"enforces_pkce", s.EnforcesPKCE},
		{"checks_verifier", s.ChecksVerifier},
		{"accepts_plain", s.AcceptsPlain},
		{"omitted_means_plain", s.OmittedMeansPlain},
		{"enforces_length", s.EnforcesLength},
		{"refuses_unasked_verifier", s.RefusesUnaskedVerifier},
		{"accepts_lower_case", s.AcceptsLowerCase},
		{"single_use_codes", s.SingleUseCodes},
	}
}

func (s ServerTraits) sentences() []Trait {
	var out []Trait
	for _, n := range s.named() {
		text := compareTexts().Trait[n.name]
		t := Trait{Name: text.Name, Known: n.value, Text: text.Unknown, Clause: parseRef(text.Clause)}
		if n.value != nil {
			if t.Text = text.No; *n.value {
				t.Text = text.Yes
			}
		}
		out = append(out, t)
	}
	return out
}

// findings are the traits that somebody should do something about.
func (s ServerTraits) findings() []Finding {
	is := func(b *bool, want bool) bool { return b != nil && *b == want }
	trait := func(name string) traitText { return compareTexts().Trait[name] }
	var out []Finding
	add := func(when bool, f Finding, clause string) {
		if when {
			f.Refs = clauses(clause)
			out = append(out, f)
		}
	}
	add(is(s.ChecksVerifier, false), Finding{
		Code: "verifier-not-checked", Severity: SeverityError,
		What: "The server does not check the verifier.",
		Why:  "It gave tokens for a verifier that does not fit, or for none, although a challenge had been sent. A stolen code is enough.",
		Try:  "Report it to whoever runs the server, and do not rely on PKCE there.",
	}, trait("checks_verifier").Clause)
	add(is(s.SingleUseCodes, false), Finding{
		Code: "code-reused", Severity: SeverityError,
		What: "A code was redeemed twice.",
		Why:  "Whoever reads an old request, in a log for example, can redeem it again.",
		Try:  "Report it to whoever runs the server.",
	}, trait("single_use_codes").Clause)
	add(is(s.RefusesUnaskedVerifier, false), Finding{
		Code: "downgrade-unnoticed", Severity: SeverityWarning,
		What: "A challenge that was taken out of the authorize request goes unnoticed.",
		Why:  "The server passes over a verifier when the request had no challenge.",
		Try:  "Have the server require PKCE for this client, if it can.",
	}, trait("refuses_unasked_verifier").Clause)
	add(is(s.EnforcesPKCE, false), Finding{
		Code: "pkce-not-enforced", Severity: SeverityWarning,
		What: "PKCE is up to the client.",
		Why:  "A client that leaves it out is served, and its codes can be redeemed by whoever has them.",
		Try:  "Use S256 in every client. Where the server can be told to require PKCE, do that; Entra requires it of single-page apps alone.",
	}, trait("enforces_pkce").Clause)
	add(is(s.AcceptsPlain, true), Finding{
		Code: "plain-accepted", Severity: SeverityInfo,
		What: "The server takes plain.",
		Why:  "RFC 7636 allows it, and a client that uses it shows its verifier to whoever sees the authorize request.",
		Try:  "Use S256, and send the method.",
	}, trait("accepts_plain").Clause)
	add(is(s.EnforcesLength, false), Finding{
		Code: "length-not-enforced", Severity: SeverityWarning,
		What: "Verifiers of an illegal length are taken.",
		Why:  "A client that makes them works here, and fails at a server that follows RFC 7636.",
		Try:  "Keep to 43 to 128 characters all the same.",
	}, trait("enforces_length").Clause)
	add(is(s.AcceptsLowerCase, true), Finding{
		Code: "method-case-ignored", Severity: SeverityInfo,
		What: "The server takes s256 in lower case.",
		Why:  "The names of the methods are case-sensitive, so other servers refuse it.",
		Try:  "Write S256.",
	}, trait("accepts_lower_case").Clause)
	return out
}
