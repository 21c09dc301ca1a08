package lab

import (
	"fmt"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// scenario is an attack with a defence that can be switched.
type scenario struct {
	id  string
	act func(*stage) error
}

// scenarios are in the order in which they are shown.
func scenarios() []scenario {
	return []scenario{
		{"weak-dictionary", (*stage).weakDictionary},
		{"clock-seeded", (*stage).clockSeeded},
		{"code-replay", (*stage).codeReplay},
		{"code-injection", (*stage).codeInjection},
		{"csrf-no-state", (*stage).csrfNoState},
		{"csrf-unbound-state", (*stage).csrfUnboundState},
		{"nonce-replay", (*stage).nonceReplay},
		{"mix-up", (*stage).mixUp},
		{"downgrade", (*stage).downgrade},
		{"redirect-confusion", (*stage).redirectConfusion},
		{"leaked-secret", (*stage).leakedSecret},
	}
}

// Scenarios returns the ids of the scenarios that [Lab.Play] stages, in the
// order in which they are shown.
func Scenarios() []string {
	var ids []string
	for _, s := range scenarios() {
		ids = append(ids, s.id)
	}
	return ids
}

func find(id string) (scenario, bool) {
	for _, s := range scenarios() {
		if s.id == id {
			return s, true
		}
	}
	return scenario{}, false
}

func unknownScenario(id string) error {
	return &flow.Error{
		Kind: flow.KindRefused, What: fmt.Sprintf("there is no scenario %q", id),
		Try: "use one of " + strings.Join(Scenarios(), ", "),
	}
}
