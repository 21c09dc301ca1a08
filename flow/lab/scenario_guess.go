package lab

import (
	"crypto/rand"
	"math/big"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// DefaultWindow is how far the start of the victim's machine may lie from what
// the thief takes it to be, to either side.
const DefaultWindow = 10 * time.Minute

// assumedUptime is what the thief takes the victim's machine to have been up:
// office machines are restarted at the week-end.
const assumedUptime = 5 * 24 * time.Hour

// weakDictionary: S256 with a verifier that a person thought up. The thief
// saw the challenge and tries what people think up. The defence is a verifier
// from a good generator (RFC 7636 section 7.1).
func (s *stage) weakDictionary() error {
	words := NewDictionary()
	var weak string
	if !s.defended {
		var err error
		if weak, err = words.pick(); err != nil {
			return err
		}
	}
	return s.guess(weak, func(challenge string) (string, Search, error) {
		return words.Search(s.ctx, challenge, func(tried, total uint64, elapsed time.Duration) {
			s.progress(tried, total, float64(tried)/elapsed.Seconds())
		})
	})
}

// clockSeeded: S256 with a verifier from System.Random, which .NET Framework
// seeds with the milliseconds since the machine started. The thief saw the
// challenge and tries every millisecond of the time in which he takes the
// machine to have been started. The defence is the same as for a dictionary.
func (s *stage) clockSeeded() error {
	window := s.lab.o.Window
	if window <= 0 {
		window = DefaultWindow
	}
	w := ClockWindow{From: max(0, assumedUptime-window), To: min(MaxUptime, assumedUptime+window+time.Millisecond)}
	var weak string
	if !s.defended {
		n, err := rand.Int(rand.Reader, big.NewInt((w.To - w.From).Milliseconds()))
		if err != nil {
			return err
		}
		seed := w.From.Milliseconds() + n.Int64()
		weak = ClockSeededVerifier(int32(seed), ClockAlphabet) //nolint:gosec // below MaxUptime
	}
	return s.guess(weak, func(challenge string) (string, Search, error) {
		found, err := SearchClockSeeded(s.ctx, challenge, w, func(p ClockProgress) {
			s.progress(p.Tried, p.Total, p.Rate())
		})
		return found.Verifier, Search{
			Over: "clock", Tried: found.Tried, Rate: found.Rate(), Found: found.Found, Window: window,
		}, err
	})
}

// progress tells whoever listens how far a search has come.
func (s *stage) progress(tried, total uint64, rate float64) {
	if s.lab.o.Progress != nil {
		s.lab.o.Progress(Progress{
			Scenario: s.play.Scenario, Defended: s.defended, Tried: tried, Total: total, Rate: rate,
		})
	}
}

// guess stages a thief who saw everything in the front channel and has to
// find the verifier. An empty one is left to the engine, which draws it well.
func (s *stage) guess(weak string, search func(challenge string) (string, Search, error)) error {
	if _, err := s.signIn(func(c *flow.Config) { c.Verifier = weak }, nil); err != nil {
		return err
	}
	challenge := s.sawAuthorize()
	form := s.sawRedirect()

	s.beat("thief-searches", RoleThief, RoleThief, flow.StepChallenge)
	verifier, how, err := search(challenge)
	if err != nil {
		return err
	}
	s.play.Search = &how
	s.learn(RoleThief, "code_verifier", verifier)

	s.beat("thief-redeems", RoleThief, RoleProvider, flow.StepToken)
	if verifier == "" {
		verifier = challenge // the best he has left
	}
	form.Set("code_verifier", verifier)
	if err := s.steal(form); err != nil {
		return err
	}
	return s.appRedeems()
}
