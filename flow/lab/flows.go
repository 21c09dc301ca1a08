package lab

import (
	"context"
	"net/url"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// The flows that [Lab.CompareFlows] runs.
const (
	// FlowWeb is the authorization code flow of a web app with a back end.
	FlowWeb = "authorization-code"
	// FlowInteractive is what libraries call interactive: the authorization
	// code flow of a native app, with the system's browser and a listener on
	// loopback.
	FlowInteractive = "interactive-browser"
	// FlowDevice is the device authorization grant, RFC 8628.
	FlowDevice = "device-code"
)

// FlowRun is a flow that was carried out.
type FlowRun struct {
	ID string
	// Exchanges are what crossed the wire, the phisher's apart.
	Exchanges []flow.Exchange
	// Facts are read off the exchanges.
	Facts FlowFacts
	// Phish is what somebody got who sent the user a link or a code.
	Phish Phish
}

// FlowFacts are what a flow needed and gave in this run.
type FlowFacts struct {
	Completed    bool `json:"completed"`
	Secret       bool `json:"secret"`       // a client secret was sent
	RedirectURI  bool `json:"redirect_uri"` // a redirect URI was sent
	PKCE         bool `json:"pkce"`         // a challenge and a verifier were sent
	FrontChannel bool `json:"front_channel"`
	IDToken      bool `json:"id_token"`
	RefreshToken bool `json:"refresh_token"`
	// Polls is how often the app had to ask for its tokens.
	Polls int `json:"polls"`
	// WithoutSecret is what the provider said when the secret was left out, and
	// OtherRedirect what it said to a redirect URI that is not registered;
	// empty where the flow has neither.
	WithoutSecret string `json:"without_secret,omitempty"`
	OtherRedirect string `json:"other_redirect,omitempty"`
}

// Phish is an attempt to have the user sign in for somebody else.
type Phish struct {
	Won       bool            `json:"won"`
	Answer    string          `json:"answer,omitempty"`
	Exchanges []flow.Exchange `json:"-"`
}

// CompareFlows carries out each flow, and each phisher's attempt.
func (l *Lab) CompareFlows(ctx context.Context) ([]FlowRun, error) {
	var runs []FlowRun
	for _, f := range []struct {
		id  string
		act func(*stage, *FlowRun) error
	}{
		{FlowWeb, (*stage).webFlow}, {FlowInteractive, (*stage).interactiveFlow}, {FlowDevice, (*stage).deviceFlow},
	} {
		run := FlowRun{ID: f.id}
		if _, err := l.stage(ctx, f.id, false, func(s *stage) error { return f.act(s, &run) }); err != nil {
			return runs, err
		}
		run.Facts.read(run.Exchanges)
		runs = append(runs, run)
	}
	return runs, nil
}

// read finds the facts that are plain to see in the requests and answers.
func (f *FlowFacts) read(exchanges []flow.Exchange) {
	for _, x := range exchanges {
		u, err := url.Parse(x.Request.URL)
		if err != nil {
			continue
		}
		form, _ := url.ParseQuery(string(x.Request.Body))
		has := func(name string) bool { return u.Query().Has(name) || form.Has(name) }
		f.Secret = f.Secret || has("client_secret")
		f.RedirectURI = f.RedirectURI || has("redirect_uri")
		f.PKCE = f.PKCE || has("code_challenge") || has("code_verifier")
		f.FrontChannel = f.FrontChannel || x.Channel == flow.ChannelFront
		if redeemed, _ := verdict(x); redeemed {
			f.Completed = true
			f.IDToken = member(x, "id_token") != ""
			f.RefreshToken = member(x, "refresh_token") != ""
		}
		if form.Get("grant_type") != "" {
			f.Polls++
		}
	}
}

// codeFlow is what the two flows with a redirect have in common: a sign-in, a
// redemption, and the questions what happens without a secret and with another
// redirect URI.
func (s *stage) codeFlow(run *FlowRun, change func(*flow.Config)) error {
	if _, err := s.signIn(change, nil); err != nil {
		return err
	}
	c := s.walk.Transcript().Config
	if c.ClientSecret != "" {
		// A refusal does not use up the code.
		s.beat("without-secret", RoleApp, RoleProvider, flow.StepToken)
		x, err := s.post(flow.ActorApp, s.endpoint("token"), url.Values{
			"grant_type": {"authorization_code"}, "client_id": {c.ClientID}, "code": {s.value(flow.StepCallback, "code")},
			"redirect_uri": {s.value(flow.StepAuthorize, "redirect_uri")}, "code_verifier": {s.value(flow.StepVerifier, "code_verifier")},
		})
		if err != nil {
			return err
		}
		_, run.Facts.WithoutSecret = verdict(x)
	}
	if err := s.appRedeems(); err != nil {
		return err
	}
	for _, step := range s.walk.Transcript().Steps {
		if step.ID != flow.StepDiscovery {
			run.Exchanges = append(run.Exchanges, step.Exchanges...)
		}
	}

	// The phisher's link has the code delivered to himself. He knows its
	// verifier, so the redirect URI is all that is in his way.
	s.beat("phish", RoleThief, RoleUser, flow.StepAuthorize)
	_, challenge := pair()
	got, err := s.user().visit(s.endpoint("authorize")+"?"+url.Values{
		"client_id": {c.ClientID}, "response_type": {"code"}, "redirect_uri": {"https://" + evilHost + "/"},
		"scope": {strings.Join(scopes, " ")}, "code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}.Encode(), before(evilHost))
	if err != nil {
		return err
	}
	run.Phish = Phish{Won: got.refused == "", Answer: trailerless(got.refused), Exchanges: s.now.Exchanges}
	run.Facts.OtherRedirect = run.Phish.Answer
	return nil
}

func (s *stage) webFlow(run *FlowRun) error {
	return s.codeFlow(run, func(c *flow.Config) {
		c.ClientID, c.ClientSecret, c.AuthMethod = webID, webSecret, flow.AuthPost
		c.Platform, c.RedirectURI = flow.PlatformWeb, "http://localhost/signin-oidc"
	})
}

func (s *stage) interactiveFlow(run *FlowRun) error { return s.codeFlow(run, nil) }

// deviceFlow is RFC 8628: the app shows a code, the user types it in a browser
// anywhere, and the app asks until that is done.
func (s *stage) deviceFlow(run *FlowRun) error {
	s.beat("device", RoleApp, RoleProvider, flow.StepToken)
	device, err := s.askForDevice(flow.ActorApp)
	if err != nil {
		return err
	}
	if _, _, err := s.poll(flow.ActorApp, device); err != nil {
		return err
	}
	if err := s.typeCode(device); err != nil {
		return err
	}
	if _, _, err := s.poll(flow.ActorApp, device); err != nil {
		return err
	}
	run.Exchanges = s.now.Exchanges

	// The phisher begins the flow himself and sends the user the code. The page
	// warns, and a user in a hurry goes on.
	s.beat("phish", RoleThief, RoleUser, flow.StepToken)
	device, err = s.askForDevice(flow.ActorAttacker)
	if err != nil {
		return err
	}
	if err := s.typeCode(device); err != nil {
		return err
	}
	won, said, err := s.poll(flow.ActorAttacker, device)
	run.Phish = Phish{Won: won, Answer: said, Exchanges: s.now.Exchanges}
	return err
}

// askForDevice begins a device flow.
func (s *stage) askForDevice(actor flow.Actor) (flow.Exchange, error) {
	return s.post(actor, s.endpoint("devicecode"), url.Values{
		"client_id": {s.lab.home.Config().ClientID}, "scope": {strings.Join(scopes, " ")},
	})
}

// typeCode has the user open the page and type the code.
func (s *stage) typeCode(device flow.Exchange) error {
	_, said, err := s.user().signIn(&url.URL{
		Scheme: "http", Host: strings.TrimPrefix(s.lab.home.URL, "http://"), Path: "/devicelogin", Fragment: member(device, "user_code"),
	})
	if err == nil && said != "" {
		err = &flow.Error{Kind: flow.KindServer, What: said}
	}
	return err
}

// poll asks whether the user is done.
func (s *stage) poll(actor flow.Actor, device flow.Exchange) (redeemed bool, said string, err error) {
	x, err := s.post(actor, s.endpoint("token"), url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "client_id": {s.lab.home.Config().ClientID},
		"device_code": {member(device, "device_code")},
	})
	if err != nil {
		return false, "", err
	}
	redeemed, said = verdict(x)
	return redeemed, said, nil
}
