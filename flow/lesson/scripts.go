package lesson

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/lab"
)

// The clients of the lessons, by their names in the practice tenant.
const (
	native = "Contoso Notes (native)"
	web    = "Contoso Portal (web)"
	spa    = "Contoso Board (spa)"
)

// Tries is how many sign-ins the lesson about the shell pipeline makes. One in
// four works, so that all or none of so many is out of the question.
const Tries = 40

var scripts = []script{
	{id: "verifier", prepare: upTo(native, flow.StepAuthorize, nil), send: next},
	{id: "challenge", prepare: upTo(native, flow.StepToken, nil), send: changedVerifier},
	{id: "method", prepare: upTo(native, flow.StepAuthorize, edited("-authorize.code_challenge_method")), send: rest},
	{id: "pipeline", send: pipeline},
	{id: "random", send: play("clock-seeded")},
	{id: "state", send: play("csrf-unbound-state")},
	{id: "code-once", prepare: upTo(native, flow.StepKeys, nil), send: redeemAgain},
	{id: "secret-and-pkce", prepare: upTo(web, flow.StepToken, func(c *flow.Config) {
		c.ClientSecret, c.AuthMethod = "", flow.AuthNone
	}), send: next},
	{id: "public-secret", prepare: upTo(native, flow.StepToken, func(c *flow.Config) {
		c.ClientSecret, c.AuthMethod = "Prac~A.secret-that-every-copy-has", flow.AuthPost
	}), send: next},
	{id: "origin", prepare: upTo(spa, flow.StepToken, edited("-token.header.Origin")), send: next},
	{id: "offline-access", prepare: upTo(native, flow.StepToken, func(c *flow.Config) {
		c.Scopes = []string{"openid", "profile", "User.Read"}
	}), send: next},
	{id: "manager", prepare: upTo(native, flow.StepKeys, nil), send: neverExpires},
	{id: "day", prepare: refreshedOnce, send: refreshNextDay},
}

// upTo walks a client until the step is the one that comes next.
func upTo(client string, step flow.StepID, change func(*flow.Config)) func(context.Context, *Session) error {
	return func(ctx context.Context, s *Session) error {
		if err := s.begin(client, change); err != nil {
			return err
		}
		return s.until(ctx, step)
	}
}

// edited changes a client's requests as --set and, with a minus, --unset do.
func edited(lines ...string) func(*flow.Config) {
	return func(c *flow.Config) {
		for _, line := range lines {
			text, unset := strings.CutPrefix(line, "-")
			e, err := flow.ParseEdit(text, unset)
			if err != nil {
				panic("lesson: " + err.Error()) // the lines are constants
			}
			c.Edits = append(c.Edits, e)
		}
	}
}

func next(ctx context.Context, s *Session) error { return s.next(ctx) }
func rest(ctx context.Context, s *Session) error { return s.rest(ctx) }

// play stages an attack of the theatre, without its defence.
func play(scenario string) func(context.Context, *Session) error {
	return func(ctx context.Context, s *Session) error {
		// Two minutes of uptime are searched in a second or two.
		l, err := lab.Open(lab.Options{Window: time.Minute})
		if err != nil {
			return err
		}
		defer func() { _ = l.Close() }()
		p, err := l.Play(ctx, scenario, false)
		if err != nil {
			return err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.done = append(s.done, p.Transcript)
		return nil
	}
}

// changedVerifier redeems the code with a verifier whose last character is
// another.
func changedVerifier(ctx context.Context, s *Session) error {
	v, _ := s.walk.Transcript().Step(flow.StepVerifier).Value("code_verifier")
	last := "A"
	if strings.HasSuffix(v, last) {
		last = "B"
	}
	if err := s.walk.Edit(flow.Edit{Step: flow.StepToken, Name: "code_verifier", Value: v[:len(v)-1] + last}); err != nil {
		return err
	}
	return s.next(ctx)
}

// pipeline signs in many times with challenges as the shell pipeline makes
// them: tr -d deletes the two characters that it should translate. The
// verifiers are sound.
func pipeline(ctx context.Context, s *Session) error {
	for range Tries {
		verifier := oauth2.GenerateVerifier()
		err := s.begin(native, func(c *flow.Config) {
			c.Verifier = verifier
			edited("authorize.code_challenge=" + brokenChallenge(verifier))(c)
		})
		if err != nil {
			return err
		}
		// A challenge that is too short is refused on the way to the token.
		if err := serverMayRefuse(s.until(ctx, flow.StepKeys)); err != nil {
			return err
		}
	}
	return nil
}

// brokenChallenge is shasum | xxd -r -p | base64 | tr -d "=+/" | cut -c1-43.
func brokenChallenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return strings.NewReplacer("=", "", "+", "", "/", "").Replace(base64.StdEncoding.EncodeToString(sum[:]))
}

// redeemAgain sends the token request, which has worked, once more.
func redeemAgain(ctx context.Context, s *Session) error {
	was, err := s.sent(flow.StepToken)
	if err != nil {
		return err
	}
	_, err = s.post(ctx, was, flow.StepToken, nil)
	return err
}

// neverExpires comes back after 91 days, when the refresh token is over, and
// makes five calls with a token manager that does not look at the status.
func neverExpires(ctx context.Context, s *Session) error {
	token := s.walk.Transcript().Step(flow.StepToken)
	access, _ := token.Value("access_token")
	refresh, _ := token.Value("refresh_token")
	seconds, _ := token.Value("expires_in")
	n, err := strconv.Atoi(seconds)
	if err != nil {
		return err
	}
	m := &tokenManager{
		s: s, accessToken: access, refreshToken: refresh,
		expiresAt: float64(s.now().Add(time.Duration(n) * time.Second).UnixMilli()),
	}
	s.pass(91 * 24 * time.Hour)
	for range 5 {
		if err := m.call(ctx); err != nil {
			return err
		}
	}
	return nil
}

// refreshedOnce signs a single-page app in and refreshes after 23 hours.
func refreshedOnce(ctx context.Context, s *Session) error {
	if err := upTo(spa, flow.StepRefresh, func(c *flow.Config) { c.Refresh = true })(ctx, s); err != nil {
		return err
	}
	s.pass(23 * time.Hour)
	return s.next(ctx)
}

// refreshNextDay uses the refresh token that came at 23 hours, at 25 hours.
func refreshNextDay(ctx context.Context, s *Session) error {
	s.pass(2 * time.Hour)
	was, err := s.sent(flow.StepRefresh)
	if err != nil {
		return err
	}
	token, _ := s.walk.Transcript().Step(flow.StepRefresh).Value("refresh_token")
	_, err = s.post(ctx, was, flow.StepRefresh, url.Values{"refresh_token": {token}})
	return err
}
