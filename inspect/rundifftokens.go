package inspect

import (
	"slices"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// freshClaims are new in every token.
var freshClaims = []string{"iat", "nbf", "exp", "auth_time", "nonce", "at_hash", "c_hash", "s_hash", "jti", "uti", "aio", "rh", "sid", "xms_ftd"}

// tokens compares header, claims and checks of two tokens of the same name.
func (d *runDiffer) tokens(id flow.StepID, a, b Token) {
	at := func(name string) string { return a.Name + " " + name }
	d.add(sideBySide{kind: "claim", name: at("form"), step: id, inA: true, inB: true, a: kindName(a.Kind), b: kindName(b.Kind), weight: WeightMatters})
	for _, x := range DiffTokens(a, b) {
		w := WeightMatters
		switch {
		case x.Part == "header" && (x.Name == "kid" || x.Name == "x5t"):
			w = WeightDetail
		case x.Part == "header" && x.Name == "nonce":
			w = WeightFresh
		case x.Part == "claim" && slices.Contains(freshClaims, x.Name):
			w = WeightFresh
		}
		d.add(sideBySide{kind: "claim", name: at(x.Name), step: id, meaning: x.Meaning, inA: x.A != "", inB: x.B != "", a: x.A, b: x.B, weight: w})
	}
	for _, ca := range a.Checks {
		for _, cb := range b.Checks {
			if ca.ID == cb.ID && ca.Result != cb.Result {
				why := ca.Why
				if cb.Result == Fail {
					why = cb.Why
				}
				d.add(sideBySide{kind: "check", name: at(ca.ID), step: id, meaning: why, inA: true, inB: true, a: string(ca.Result), b: string(cb.Result), weight: WeightMatters})
			}
		}
	}
	if la, lb := lifetime(a), lifetime(b); la > 0 && lb > 0 {
		w := WeightFresh // Entra's are random between 60 and 90 minutes
		if r := float64(la) / float64(lb); r > 2 || r < 0.5 {
			w = WeightDetail
		}
		d.add(sideBySide{kind: "time", name: at("lifetime"), step: id, inA: true, inB: true, a: la.String(), b: lb.String(), weight: w})
	}
}

// lifetime is how long a token lives from its making, 0 if it does not say.
func lifetime(t Token) time.Duration {
	var iat, exp time.Time
	for _, c := range t.Claims {
		switch c.Name {
		case "iat":
			iat = c.Time
		case "exp":
			exp = c.Time
		}
	}
	if iat.IsZero() || exp.IsZero() {
		return 0
	}
	return exp.Sub(iat)
}
