package inspect

import (
	"github.com/pkcescope/pkcescope/flow"
)

// rule looks at a run and says what the person should know about one step. A
// rule that has nothing to say returns nothing.
type rule struct {
	step  flow.StepID
	check func(*run) []Finding
}

// rules returns the rules by theme, in the order in which their findings are
// shown.
func rules() []rule {
	var all []rule
	return all
}

// findingsOf applies every rule, and the checks of the tokens, and gives the
// findings by step, the gravest first.
func findingsOf(r *run, tokens map[flow.StepID][]Token) map[flow.StepID][]Finding {
	out := map[flow.StepID][]Finding{}
	for _, rule := range rules() {
		out[rule.step] = append(out[rule.step], rule.check(r)...)
	}
	return out
}

func (r *reader) fileFinding(f Finding) Finding   { return mapFinding(f, r.mask) }
func (r *reader) screenFinding(f Finding) Finding { return mapFinding(f, r.text) }

// mapFinding applies fn to every text of f: findings quote what came from
// outside.
func mapFinding(f Finding, fn func(string) string) Finding {
	f.Code, f.What, f.Why, f.Try, f.Row = fn(f.Code), fn(f.What), fn(f.Why), fn(f.Try), fn(f.Row)
	return f
}
