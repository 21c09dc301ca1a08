package inspect

import (
	"slices"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// explained reads t; with o.WithoutPKCE it takes the explanations and arrows
// that the plain code flow would have. What was recorded stays what it was.
func explained(t flow.Transcript, p *flow.Pending, o Options) Report {
	rep := read(t, p, o)
	if !o.WithoutPKCE {
		return rep
	}
	t.Config.Method = flow.MethodNone
	plain := read(t, p, o)
	rep.Steps = slices.Clone(rep.Steps)
	for i := range rep.Steps {
		s, from := &rep.Steps[i], plain.Steps[i]
		s.Lead, s.Body, s.Next, s.Played, s.Refs = from.Lead, from.Body, from.Next, from.Played, from.Refs
		s.Findings = slices.DeleteFunc(slices.Clone(s.Findings), onlyAboutPKCE)
	}
	rep.Arrows = plain.Arrows
	return rep
}

// onlyAboutPKCE says whether a finding remarks on PKCE, and no more: what is
// wrong stays, whatever is hidden.
func onlyAboutPKCE(f Finding) bool {
	return f.Severity == SeverityInfo && (f.Row == "code_verifier" || strings.HasPrefix(f.Row, "code_challenge"))
}
