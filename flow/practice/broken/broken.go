// Package broken holds the labs: practice tenants in which one thing is wrong,
// as it goes wrong in real ones.
//
// A [Lab] is data: an app registration, the tenant's circumstances, the
// client's settings, hints, and when it is solved. A [Session] is a lab being
// worked on: it runs a tenant of its own, hands out walks, lets the learner
// change the client or the registration, and judges a run.
//
//	lab, _ := broken.Find("trailing-slash")
//	s, _ := broken.Start(lab)
//	w, _ := s.Walk()          // run it, see it fail
//	s.Set("registration.native", "http://localhost/auth")
//	w, _ = s.Walk()           // run it again
//	s.Judge(w.Transcript())   // solved, and why
package broken

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/practice"
)

// Lab is one broken tenant. In its texts, {port} stands for a port that is
// free when the lab starts, and {tenant} for the tenant's GUID.
type Lab struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	// Story is what the learner is told before the first run: what somebody
	// wants to do, and that it fails. It does not say why.
	Story string `json:"story"`
	// Registration is the app's. It comes first in the tenant.
	Registration  practice.Registration  `json:"registration"`
	Circumstances practice.Circumstances `json:"circumstances,omitzero"`
	Client        Client                 `json:"client"`
	// Hints come one at a time; the last one is the way out.
	Hints []string `json:"hints"`
	Goal  Goal     `json:"goal,omitzero"`
	// Locked are the settings that the learner cannot change, each with the
	// reason.
	Locked map[string]string `json:"locked,omitempty"`
	// Symptom is what the first run shows.
	Symptom Symptom `json:"symptom"`
	// Solution is one way to solve it, as changes of settings.
	Solution []Change `json:"solution"`
	// Why is told when it is solved.
	Why string `json:"why"`
}

// Client is how the app is set up on its own side.
type Client struct {
	// Authority is the tenant in the addresses; empty means {tenant}.
	Authority    string            `json:"authority,omitempty"`
	Platform     flow.Platform     `json:"platform"`
	RedirectURI  string            `json:"redirect_uri"`
	Secret       string            `json:"secret,omitempty"`
	Scopes       string            `json:"scopes,omitempty"` // empty: openid profile offline_access User.Read
	Method       flow.Method       `json:"method,omitempty"` // empty: S256
	ResponseMode flow.ResponseMode `json:"response_mode,omitempty"`
	Prompt       string            `json:"prompt,omitempty"`
	Verifier     string            `json:"verifier,omitempty"`
	// Edits are what the app does differently, as --set and --unset would: a
	// line STEP.NAME=VALUE, or -STEP.NAME.
	Edits []string `json:"edits,omitempty"`
	// Clock is how far the app's clock is ahead ("-90m" is behind).
	Clock string `json:"clock,omitempty"`
	// TokenRequests is how often the app sends its token request; 0 means
	// once.
	TokenRequests int `json:"token_requests,omitempty"`
}

// Goal says what a run must have, besides an end without error.
type Goal struct {
	// RefreshToken: the client got one.
	RefreshToken bool `json:"refresh_token,omitempty"`
	// Audience is the access token's aud, by client id or identifier URI.
	Audience string `json:"audience,omitempty"`
	// Version is the access token's ver.
	Version string `json:"version,omitempty"`
	// Scopes were granted.
	Scopes []string `json:"scopes,omitempty"`
	// Method of PKCE: a lab about PKCE is not solved by leaving it out.
	Method flow.Method `json:"method,omitempty"`
}

// Symptom is how a lab shows itself: an AADSTS number, or 0 for a run that
// ends well and yet is not what was wanted.
type Symptom struct {
	Code int         `json:"code,omitempty"`
	Step flow.StepID `json:"step"`
}

// Change sets one of a session's settings.
type Change struct {
	Setting string `json:"setting"`
	Value   string `json:"value"`
}

//go:embed labs.json
var labsJSON []byte

// Labs returns every lab, in the order in which they are offered.
func Labs() []Lab {
	var labs []Lab
	if err := json.Unmarshal(labsJSON, &labs); err != nil {
		panic("broken: embedded labs: " + err.Error()) // a test reads them
	}
	return labs
}

// Find returns the lab of that id. The error lists the ids.
func Find(id string) (Lab, error) {
	labs := Labs()
	if i := slices.IndexFunc(labs, func(l Lab) bool { return l.ID == id }); i >= 0 {
		return labs[i], nil
	}
	ids := make([]string, len(labs))
	for i, l := range labs {
		ids[i] = l.ID
	}
	return Lab{}, &flow.Error{
		Kind: flow.KindRefused, What: fmt.Sprintf("There is no lab %q.", id),
		Try: "use one of " + strings.Join(ids, ", "),
	}
}
