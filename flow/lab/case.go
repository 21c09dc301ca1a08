package lab

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/oauth2"

	"github.com/pkcescope/pkcescope/flow"
)

// Kind says what a case is there for.
type Kind string

// The kinds of cases.
const (
	KindMethod Kind = "method" // a way of using PKCE that somebody may choose
	KindTrap   Kind = "trap"   // a mistake that clients make
	KindProbe  Kind = "probe"  // a question to the server that no client would ask
)

// Case is one column of a comparison: the client as it is, with one
// difference.
type Case struct {
	// Name heads the column. It is a method's name for the methods, and a name
	// of ours for the rest.
	Name string
	Kind Kind
	// Plain is true when the verifier itself crosses the front channel.
	Plain bool

	method flow.Method
	change func(*flow.Config)
	// replay sends the token request a second time; the second answer counts.
	replay bool
}

// The names of the cases that are no methods.
const (
	CaseUnasked      = "verifier-without-challenge"
	CaseLowerCase    = "s256"
	CaseShort        = "short-verifier"
	CaseLong         = "long-verifier"
	CaseWrong        = "wrong-verifier"
	CaseMissing      = "missing-verifier"
	CaseReplayedCode = "replayed-code"
)

// cases are in the order in which they are shown.
func cases() []Case {
	edit := func(step flow.StepID, name, value string) func(*flow.Config) {
		return func(c *flow.Config) {
			c.Edits = append(slices.Clone(c.Edits), flow.Edit{Step: step, Name: name, Value: value, Unset: value == ""})
		}
	}
	verifier := func(length int) func(*flow.Config) {
		return func(c *flow.Config) {
			c.Verifier = strings.Repeat(rand.Text(), length/26+1)[:length]
			c.AllowBadVerifier = true
		}
	}
	return []Case{
		{Name: string(flow.MethodNone), Kind: KindMethod, method: flow.MethodNone},
		{Name: string(flow.MethodPlain), Kind: KindMethod, method: flow.MethodPlain, Plain: true},
		{Name: string(flow.MethodS256), Kind: KindMethod, method: flow.MethodS256},
		{Name: string(flow.MethodOmitted), Kind: KindTrap, method: flow.MethodOmitted, Plain: true},
		{
			Name: CaseUnasked, Kind: KindTrap, method: flow.MethodNone,
			change: edit(flow.StepToken, "code_verifier", oauth2.GenerateVerifier()),
		},
		{
			Name: CaseLowerCase, Kind: KindTrap, method: flow.MethodS256,
			change: edit(flow.StepAuthorize, "code_challenge_method", "s256"),
		},
		{Name: CaseShort, Kind: KindTrap, method: flow.MethodS256, change: verifier(flow.MinVerifierLength - 1)},
		{Name: CaseLong, Kind: KindTrap, method: flow.MethodS256, change: verifier(flow.MaxVerifierLength + 1)},
		{
			Name: CaseWrong, Kind: KindProbe, method: flow.MethodS256,
			change: edit(flow.StepToken, "code_verifier", oauth2.GenerateVerifier()),
		},
		{Name: CaseMissing, Kind: KindProbe, method: flow.MethodS256, change: edit(flow.StepToken, "code_verifier", "")},
		{Name: CaseReplayedCode, Kind: KindProbe, method: flow.MethodS256, replay: true},
	}
}

// Cases returns every case of those kinds.
func Cases(kinds ...Kind) []Case {
	return slices.DeleteFunc(cases(), func(c Case) bool { return !slices.Contains(kinds, c.Kind) })
}

// ParseCases finds cases by name, in the order in which they are named. The
// error lists the names.
func ParseCases(names []string) ([]Case, error) {
	var out []Case
	for _, name := range names {
		i := slices.IndexFunc(cases(), func(c Case) bool { return c.Name == name })
		if i < 0 {
			return nil, &flow.Error{
				Kind: flow.KindRefused, What: fmt.Sprintf("there is no case %q to compare", name),
				Try: "use " + strings.Join(CaseNames(), ", "),
			}
		}
		if !slices.ContainsFunc(out, func(c Case) bool { return c.Name == name }) {
			out = append(out, cases()[i])
		}
	}
	return out, nil
}

// CaseNames lists the names of all cases.
func CaseNames() []string {
	var names []string
	for _, c := range cases() {
		names = append(names, c.Name)
	}
	return names
}

// config is the client of this case.
func (c Case) config(base flow.Config) flow.Config {
	base.Method = c.method
	// Each run has a verifier of its own.
	base.Verifier, base.AllowBadVerifier = "", false
	if c.change != nil {
		c.change(&base)
	}
	return base
}
