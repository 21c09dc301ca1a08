package lab

import (
	"context"
	"net/url"
	"slices"

	"github.com/pkcescope/pkcescope/flow"
)

// begin has the app start a walk of its own, with the user's browser at hand.
// change may alter the client, and tamper the URL on its way to the provider.
func (s *stage) begin(change func(*flow.Config), tamper func(url.Values)) error {
	c := s.lab.home.Config()
	c.Scopes = scopes
	if change != nil {
		change(&c)
	}
	b := s.lab.home.BrowserOf(s.lab.home.Accounts()[userAccount].Username)
	if tamper != nil {
		b = middle{Browser: b, tamper: tamper}
	}
	var err error
	s.walk, err = flow.New(c, flow.Options{Browser: b})
	if err != nil {
		return err
	}
	return s.advance(flow.StepVerifier)
}

// middle sits between the app and the browser and changes the authorize URL.
type middle struct {
	flow.Browser
	tamper func(url.Values)
}

// Open implements [flow.Browser].
func (m middle) Open(ctx context.Context, address string, record func(flow.Exchange)) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	q := u.Query()
	m.tamper(q)
	u.RawQuery = q.Encode()
	return m.Browser.Open(ctx, u.String(), record)
}

// advance walks until the step is the pending one, or would be if this client
// had it.
func (s *stage) advance(to flow.StepID) error {
	for {
		p, ok := s.walk.Pending()
		if !ok || order(p.Step) >= order(to) {
			return nil
		}
		if err := s.walk.Next(s.ctx); err != nil {
			return err
		}
	}
}

func order(id flow.StepID) int { return slices.Index(flow.StepIDs(), id) }

// carryOut walks the pending steps up to and including the one named, and puts
// what crossed the wire into the present beat. The provider's no is returned
// as what it said.
func (s *stage) carryOut(step flow.StepID) (said string, err error) {
	for {
		p, ok := s.walk.Pending()
		if !ok {
			return "", nil
		}
		err := s.walk.Next(s.ctx)
		for _, x := range s.walk.Transcript().Step(p.Step).Exchanges {
			s.record(x)
		}
		if text, no := asServer(err); no {
			if code := s.value(p.Step, "error"); code != "" {
				text = serverSaid(code, s.value(p.Step, "error_description"))
			}
			return trailerless(text), nil
		}
		if err != nil {
			return "", err
		}
		if p.Step == step {
			return "", nil
		}
	}
}

// value is a value of the app's walk.
func (s *stage) value(step flow.StepID, name string) string {
	v, _ := s.walk.Transcript().Step(step).Value(name)
	return v
}

// signIn plays the user's part of a walk: the app makes its verifier, the
// browser goes to the provider and comes back with the code.
func (s *stage) signIn(change func(*flow.Config), tamper func(url.Values)) (refused string, err error) {
	s.beat("start", RoleApp, RoleApp, flow.StepChallenge)
	if err := s.begin(change, tamper); err != nil {
		return "", err
	}
	if err := s.advance(flow.StepAuthorize); err != nil {
		return "", err
	}
	s.learn(RoleApp, "code_verifier", s.value(flow.StepVerifier, "code_verifier"),
		"code_challenge", s.value(flow.StepChallenge, "code_challenge"))

	s.beat("authorize", RoleUser, RoleProvider, flow.StepAuthorize)
	if refused, err = s.carryOut(flow.StepAuthorize); refused != "" || err != nil {
		return refused, err
	}
	q := s.authorized()
	s.learn(RoleProvider, "code_challenge", q.Get("code_challenge"), "code_challenge_method", q.Get("code_challenge_method"))

	s.beat("redirect", RoleProvider, RoleApp, flow.StepCallback)
	if refused, err = s.carryOut(flow.StepCallback); refused != "" || err != nil {
		return refused, err
	}
	s.learn(RoleProvider, "code", s.value(flow.StepCallback, "code"))
	s.learn(RoleApp, "code", s.value(flow.StepCallback, "code"))
	return "", nil
}

// authorized is the query of the authorization request as the provider got it.
func (s *stage) authorized() url.Values {
	for _, x := range s.walk.Transcript().Step(flow.StepAuthorize).Exchanges {
		if u, err := url.Parse(x.Request.URL); err == nil && u.Query().Has("client_id") {
			return u.Query()
		}
	}
	return nil
}

// sawRedirect is what stands in the redirect: the thief who sees it has the
// code, and knows where the app waits and which app it is.
func (s *stage) sawRedirect() url.Values {
	s.beat("thief-sees-redirect", RoleApp, RoleThief, flow.StepCallback)
	code := s.value(flow.StepCallback, "code")
	s.learn(RoleThief, "code", code)
	return url.Values{
		"client_id": {s.walk.Transcript().Config.ClientID}, "code": {code},
		"redirect_uri": {s.value(flow.StepAuthorize, "redirect_uri")},
	}
}

// appRedeems lets the app send its own token request after the thief's.
func (s *stage) appRedeems() error {
	s.beat("app-redeems", RoleApp, RoleProvider, flow.StepToken)
	if _, err := s.carryOut(flow.StepToken); err != nil {
		return err
	}
	s.learn(RoleApp, "access_token", s.value(flow.StepToken, "access_token"))
	return nil
}
