package lab

import (
	"context"

	"github.com/pkcescope/pkcescope/flow"
)

// StolenCode is the scenario of the matrix: a thief has the code from the
// redirect and sends it to the token endpoint before the app does.
const StolenCode = "stolen-code"

// Saw is what the thief saw of a run.
type Saw string

// What a thief may have seen.
const (
	SawRedirect  Saw = "redirect"
	SawAuthorize Saw = "redirect+authorize"
)

// Cell is one cell of the matrix.
type Cell struct {
	Saw    Saw
	Client flow.Method
	Play   Play
}

// Sights and Clients are the sides of the matrix.
func Sights() []Saw { return []Saw{SawRedirect, SawAuthorize} }

// Clients are what the app may have done, the weakest first.
func Clients() []flow.Method {
	return []flow.Method{flow.MethodNone, flow.MethodOmitted, flow.MethodPlain, flow.MethodS256}
}

// Matrix fills every cell by running it, row by row. The app is the tenant's
// first native registration, a public client.
func (l *Lab) Matrix(ctx context.Context) ([]Cell, error) {
	var cells []Cell
	for _, saw := range Sights() {
		for _, client := range Clients() {
			p, err := l.Steal(ctx, saw, client)
			if err != nil {
				return cells, err
			}
			cells = append(cells, Cell{saw, client, p})
		}
	}
	return cells, nil
}

// Steal runs one cell of the matrix.
func (l *Lab) Steal(ctx context.Context, saw Saw, client flow.Method) (Play, error) {
	return l.stage(ctx, StolenCode, client == flow.MethodS256, func(s *stage) error {
		if _, err := s.signIn(func(c *flow.Config) { c.Method = client }, nil); err != nil {
			return err
		}
		challenge := ""
		if saw == SawAuthorize {
			challenge = s.sawAuthorize()
		}
		form := s.sawRedirect()
		if challenge != "" {
			// All he can try is the challenge itself. Where it is the verifier,
			// that is enough.
			form.Set("code_verifier", challenge)
		}
		s.beat("thief-redeems", RoleThief, RoleProvider, flow.StepToken)
		if err := s.steal(form); err != nil {
			return err
		}
		return s.appRedeems()
	})
}

// sawAuthorize lets the thief see the authorization request, and returns its
// challenge.
func (s *stage) sawAuthorize() string {
	s.beat("thief-sees-authorize", RoleUser, RoleThief, flow.StepAuthorize)
	q := s.authorized()
	s.learn(RoleThief, "code_challenge", q.Get("code_challenge"), "code_challenge_method", q.Get("code_challenge_method"))
	return q.Get("code_challenge")
}
