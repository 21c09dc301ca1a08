package lab

import (
	"net/url"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/practice"
)

// codeReplay: the thief has the app's whole token request, from a proxy's log
// for example, and sends it again. The defence is that a code is good once
// (RFC 6749 section 4.1.2).
func (s *stage) codeReplay() error {
	if !s.defended {
		s.faults(practice.FaultReusableCode)
	}
	if _, err := s.signIn(nil, nil); err != nil {
		return err
	}
	if err := s.appRedeems(); err != nil {
		return err
	}
	refresh := s.value(flow.StepToken, "refresh_token")
	s.learn(RoleApp, "refresh_token", refresh)

	s.beat("thief-sees-token-request", RoleApp, RoleThief, flow.StepToken)
	form := url.Values{}
	for _, x := range s.walk.Transcript().Step(flow.StepToken).Exchanges {
		form, _ = url.ParseQuery(string(x.Request.Body))
	}
	s.learn(RoleThief, "code", form.Get("code"), "code_verifier", form.Get("code_verifier"))

	s.beat("thief-replays", RoleThief, RoleProvider, flow.StepToken)
	if err := s.steal(form); err != nil {
		return err
	}
	if !s.defended {
		return nil
	}
	// What becomes of the tokens that the first redemption gave, on a tenant as
	// Entra documents it, and on one that does what RFC 6749 says it should.
	again := url.Values{"grant_type": {"refresh_token"}, "client_id": form["client_id"], "refresh_token": {refresh}}
	s.beat("first-tokens-live", RoleApp, RoleProvider, flow.StepRefresh)
	if _, err := s.post(flow.ActorApp, s.endpoint("token"), again); err != nil {
		return err
	}
	s.faults(practice.FaultRevokeOnReplay)
	s.beat("replay-revokes", RoleThief, RoleProvider, flow.StepToken)
	if _, err := s.post(flow.ActorAttacker, s.endpoint("token"), form); err != nil {
		return err
	}
	s.beat("first-tokens-dead", RoleApp, RoleProvider, flow.StepRefresh)
	_, err := s.post(flow.ActorApp, s.endpoint("token"), again)
	return err
}

// downgrade: somebody between the app and the provider takes the challenge out
// of the authorization request, and later takes the code out of the redirect.
// A code without a challenge needs no verifier. The defence is a provider that
// wants a challenge (RFC 9700 section 4.8.2).
func (s *stage) downgrade() error {
	if s.defended {
		s.faults(practice.FaultRequirePKCE)
	}
	refused, err := s.signIn(nil, func(q url.Values) {
		q.Del("code_challenge")
		q.Del("code_challenge_method")
	})
	if err != nil {
		return err
	}
	if refused != "" {
		s.decide(false, refused)
		return nil
	}
	form := s.sawRedirect()
	s.beat("thief-redeems", RoleThief, RoleProvider, flow.StepToken)
	if err := s.steal(form); err != nil {
		return err
	}
	return s.appRedeems()
}

// redirectConfusion: the thief sends the user a link that has the provider
// deliver the code to a host that a wildcard lets through. The flow is his
// own, so he knows its verifier, and PKCE does not stop him; a redirect URI
// that is compared whole does (RFC 9700 section 2.1).
func (s *stage) redirectConfusion() error {
	client := wildcardID
	if s.defended {
		client = exactID
	}
	s.config.Name, s.config.ClientID, s.config.Platform, s.config.RedirectURI = "the board", client, flow.PlatformSPA, shopRedirect
	verifier, challenge := pair()

	s.beat("thief-makes-link", RoleThief, RoleUser, flow.StepAuthorize)
	link := s.endpoint("authorize") + "?" + url.Values{
		"client_id": {client}, "response_type": {"code"}, "redirect_uri": {shopRedirect},
		"scope": {strings.Join(scopes, " ")}, "code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}.Encode()
	s.learn(RoleThief, "code_verifier", verifier, "code_challenge", challenge)

	s.beat("user-follows-link", RoleUser, RoleProvider, flow.StepAuthorize)
	got, err := s.user().visit(link, before(shopHost))
	if err != nil {
		return err
	}
	if got.refused != "" {
		s.decide(false, trailerless(got.refused))
		return nil
	}
	s.beat("code-to-thief", RoleProvider, RoleThief, flow.StepCallback)
	code := got.at.Query().Get("code")
	s.learn(RoleThief, "code", code)

	s.beat("thief-redeems", RoleThief, RoleProvider, flow.StepToken)
	// A single-page app's code is redeemed with an Origin, which keeps scripts
	// of other sites out and nobody else: outside a browser it can be typed.
	return s.steal(url.Values{
		"client_id": {client}, "code": {code}, "redirect_uri": {shopRedirect}, "code_verifier": {verifier},
	}, "Origin", "https://"+shopHost)
}

// leakedSecret: the thief has the code and the web app's secret. The defence
// is PKCE on top of the secret (RFC 9700 section 2.1.1).
func (s *stage) leakedSecret() error {
	if _, err := s.signIn(func(c *flow.Config) {
		c.ClientID, c.ClientSecret, c.AuthMethod = webID, webSecret, flow.AuthPost
		c.Platform, c.RedirectURI = flow.PlatformWeb, "http://localhost/signin-oidc"
		if c.Method = flow.MethodNone; s.defended {
			c.Method = flow.MethodS256
		}
	}, nil); err != nil {
		return err
	}
	s.beat("secret-leaks", RoleApp, RoleThief, flow.StepToken)
	s.learn(RoleThief, "client_secret", webSecret)
	form := s.sawRedirect()
	s.beat("thief-redeems", RoleThief, RoleProvider, flow.StepToken)
	form.Set("client_secret", webSecret)
	if err := s.steal(form); err != nil {
		return err
	}
	return s.appRedeems()
}
