package inspect

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// ExpectedClaim is a claim that a tenant's set-up should bring.
type ExpectedClaim struct {
	Name string
	// Value is what the claim, or one entry of its list, has to be. With HasValue
	// false any value will do.
	Value    string
	HasValue bool
}

// ParseExpectedClaim reads NAME or NAME=VALUE.
func ParseExpectedClaim(text string) (ExpectedClaim, bool) {
	name, value, has := strings.Cut(text, "=")
	return ExpectedClaim{Name: name, Value: value, HasValue: has}, name != ""
}

func (e ExpectedClaim) String() string {
	if e.HasValue {
		return e.Name + "=" + e.Value
	}
	return e.Name
}

// SignedIn adds to a checkup what a whole sign-in showed: how it ended, and for
// each expected claim the tokens that have it. It reports whether the sign-in
// completed and every claim came.
func (c *Checkup) SignedIn(t flow.Transcript, o Options, claims []ExpectedClaim) bool {
	r := Read(t, o)
	if r.Outcome != flow.OutcomeOK {
		c.add(failedSignIn(t))
		return false
	}
	c.add(CheckupLine{ID: "sign-in", Verdict: VerdictOK, What: "The sign-in completed."})
	met := true
	for _, e := range claims {
		l := claimLine(r, e)
		met = met && l.Verdict == VerdictOK
		c.add(l)
	}
	return met
}

// failedSignIn is the line of a sign-in that did not complete.
func failedSignIn(t flow.Transcript) CheckupLine {
	l := CheckupLine{ID: "sign-in", Verdict: VerdictFail, What: "The sign-in did not complete.", Try: "Run it step by step: pkcescope run, or the terminal program."}
	for _, s := range t.Steps {
		if s.Status != flow.StatusFailed {
			continue
		}
		if s.Error != nil {
			l.What, l.Why, l.Try = "The sign-in failed: "+s.Error.What, s.Error.Why, cmp.Or(s.Error.Try, l.Try)
		}
		d := Diagnose(InputOf(t, s.ID))
		l.Codes = d.Codes
		if len(d.Causes) > 0 {
			first := d.Causes[0]
			l.Cause, l.Confidence = first.ID, first.Confidence
			l.What = fmt.Sprintf("The sign-in failed: %s (%s).", first.Title, first.Confidence)
			l.Why, l.Try = saidWith(d)+first.Means, strings.Join(first.Fix, " ")
		}
	}
	return l
}

// claimLine looks for a claim in the tokens that the sign-in brought.
func claimLine(r Report, e ExpectedClaim) CheckupLine {
	var with, other, opaque, tokens []string
	for _, s := range r.Steps {
		for _, t := range s.Tokens {
			name, ok := map[string]string{"id_token": "ID token", "access_token": "access token"}[t.Name]
			if !ok {
				continue
			}
			if t.Kind != "jwt" {
				opaque = append(opaque, name)
				continue
			}
			tokens = append(tokens, name)
			for _, c := range t.Claims {
				switch {
				case c.Name != e.Name:
				case !e.HasValue || claimHolds(c.Value, e.Value):
					with = append(with, name)
				default:
					other = append(other, fmt.Sprintf("In the %s it is %s.", name, claimJSON(c.Value)))
				}
			}
		}
	}
	l := CheckupLine{ID: "claim", Verdict: VerdictFail}
	switch {
	case len(with) > 0:
		l.Verdict = VerdictOK
		l.What = fmt.Sprintf("The claim %s came, in the %s.", e, namedOnce(with))
	case len(other) > 0:
		l.What, l.Why = fmt.Sprintf("The claim %s has another value than %s.", e.Name, strconv.Quote(e.Value)), strings.Join(slices.Compact(slices.Sorted(slices.Values(other))), " ")
		l.Try = "Compare what the person has been given (roles, groups, licences) with what is expected."
	default:
		l.What = fmt.Sprintf("The claim %s did not come.", e.Name)
		if l.Why = "No token that can be read came."; len(tokens) > 0 {
			l.Why = "It is not in the " + namedOnce(tokens) + "."
		}
		if len(opaque) > 0 {
			l.Why += " The " + namedOnce(opaque) + " cannot be read."
		}
		l.Try = "At Entra: App registrations, Token configuration (optional claims, groups), or App roles and their assignment; elsewhere the client's scopes and mappers."
	}
	return l
}

// claimHolds compares a claim, or an entry of its list, with a text.
func claimHolds(v any, want string) bool {
	if list, ok := v.([]any); ok {
		return slices.ContainsFunc(list, func(e any) bool { return claimHolds(e, want) })
	}
	if s, ok := v.(string); ok {
		return s == want
	}
	return claimJSON(v) == want
}

func claimJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

// namedOnce names what is in a list, once: a refresh brings the same tokens again.
func namedOnce(list []string) string {
	return strings.Join(slices.Compact(slices.Sorted(slices.Values(list))), " and the ")
}
