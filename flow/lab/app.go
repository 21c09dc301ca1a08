package lab

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"golang.org/x/oauth2"

	"github.com/pkcescope/pkcescope/flow"
)

// stateCheck is what an app does with the state of a response.
type stateCheck int

const (
	// stateNone: none is sent and none is looked at.
	stateNone stateCheck = iota
	// stateUnbound: the state must be one that this app once made, for anybody.
	// That is what a map keyed by state does, as in many a sample.
	stateUnbound
	// stateBound: the state must be the one that was made for this browser
	// (RFC 6749 section 10.12).
	stateBound
)

// app is a web site that signs people in. Its switches are the defences that
// the plays turn on and off.
type app struct {
	stage  *stage
	method flow.Method
	state  stateCheck
	// nonce has the ID token's nonce compared with the session's.
	nonce bool
	// iss has the issuer of a response compared with the one that was asked
	// (RFC 9207).
	iss bool

	issuers  map[string]oauth2.Config // by issuer
	first    string                   // the issuer used when none is chosen
	sessions map[string]*login        // by cookie
	known    map[string]*login        // by state
}

// login is a sign-in under way, and then a session.
type login struct {
	issuer, state, nonce, verifier string
	who                            string
}

// newApp puts an app at the portal's host. It is registered with the provider
// under that client id.
func (s *stage) newApp(clientID, secret string) *app {
	a := &app{
		stage: s, method: flow.MethodNone, state: stateBound, first: s.lab.home.Issuer(),
		issuers: map[string]oauth2.Config{}, sessions: map[string]*login{}, known: map[string]*login{},
	}
	a.issuers[a.first] = oauth2.Config{
		ClientID: clientID, ClientSecret: secret, RedirectURL: portalRedirect, Scopes: scopes,
		Endpoint: oauth2.Endpoint{AuthURL: s.endpoint("authorize"), TokenURL: s.endpoint("token"), AuthStyle: oauth2.AuthStyleInParams},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login", a.login)
	mux.HandleFunc("GET /signin-oidc", a.callback)
	mux.HandleFunc("GET /session", a.begin)
	mux.HandleFunc("POST /session", a.present)
	mux.HandleFunc("GET /{$}", a.home)
	s.hosts[portalHost] = mux
	s.config = s.lab.home.Config()
	s.config.Name, s.config.ClientID, s.config.RedirectURI = "the portal", clientID, portalRedirect
	if secret != "" {
		s.config.Platform, s.config.AuthMethod = flow.PlatformWeb, flow.AuthPost
	}
	return a
}

// login sends the browser to the provider.
func (a *app) login(w http.ResponseWriter, r *http.Request) {
	l := a.session(w, r)
	if l.issuer = r.URL.Query().Get("issuer"); l.issuer == "" {
		l.issuer = a.first
	}
	config, ok := a.issuers[l.issuer]
	if !ok {
		http.Error(w, "This site does not know that identity provider.", http.StatusBadRequest)
		return
	}
	l.nonce = rand.Text()
	options := []oauth2.AuthCodeOption{oauth2.SetAuthURLParam("nonce", l.nonce)}
	if a.state != stateNone {
		l.state = rand.Text()
		a.known[l.state] = l
	}
	if a.method == flow.MethodS256 {
		l.verifier = oauth2.GenerateVerifier()
		options = append(options, oauth2.S256ChallengeOption(l.verifier))
	}
	http.Redirect(w, r, config.AuthCodeURL(l.state, options...), http.StatusFound)
}

// callback takes the authorization response.
func (a *app) callback(w http.ResponseWriter, r *http.Request) {
	q, mine := r.URL.Query(), a.session(w, r)
	l := mine
	switch {
	case q.Get("error") != "":
		a.refuse(w, "The identity provider says: "+serverSaid(q.Get("error"), q.Get("error_description")))
		return
	case a.state == stateUnbound:
		if l = a.known[q.Get("state")]; l == nil {
			a.refuse(w, "The state is not one of this site's.")
			return
		}
	case a.state == stateBound && (mine.state == "" || q.Get("state") != mine.state):
		a.refuse(w, "The state does not belong to this browser.")
		return
	}
	if l.issuer == "" {
		l.issuer = a.first
	}
	if a.iss && q.Get("iss") != l.issuer {
		a.refuse(w, fmt.Sprintf("The response comes from %s, and this sign-in was started with %s.", q.Get("iss"), l.issuer))
		return
	}
	token, err := a.redeem(r.Context(), l, q.Get("code"))
	if err != nil {
		a.refuse(w, "The code could not be redeemed: "+err.Error())
		return
	}
	claims, err := readClaims(token)
	if err != nil {
		a.refuse(w, err.Error())
		return
	}
	if a.nonce && claims.Nonce != mine.nonce {
		a.refuse(w, "The ID token was made for another session: its nonce is not this one's.")
		return
	}
	// The session is the browser's that came here, whosever code it brought.
	mine.who = claims.Name
	http.Redirect(w, r, "/", http.StatusFound)
}

// redeem sends the token request.
func (a *app) redeem(ctx context.Context, l *login, code string) (string, error) {
	config := a.issuers[l.issuer]
	var options []oauth2.AuthCodeOption
	if l.verifier != "" {
		options = append(options, oauth2.VerifierOption(l.verifier))
	}
	ctx = context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: flow.Record(a.stage, a.stage.record)})
	token, err := config.Exchange(ctx, code, options...)
	if e, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return "", errors.New(serverSaid(e.ErrorCode, e.ErrorDescription))
	}
	if err != nil {
		return "", err
	}
	id, _ := token.Extra("id_token").(string)
	return id, nil
}

// begin starts a session for a front end that gets its ID token by itself, and
// hands out the nonce that has to be in it.
func (a *app) begin(w http.ResponseWriter, r *http.Request) {
	l := a.session(w, r)
	l.nonce = rand.Text()
	_, _ = fmt.Fprint(w, l.nonce)
}

// present takes an ID token from such a front end.
func (a *app) present(w http.ResponseWriter, r *http.Request) {
	l := a.session(w, r)
	claims, err := a.verify(r.Context(), r.PostFormValue("id_token"))
	if err != nil {
		a.refuse(w, "The ID token is not accepted: "+err.Error())
		return
	}
	if a.nonce && claims.Nonce != l.nonce {
		a.refuse(w, "The ID token was made for another session: its nonce is not this one's.")
		return
	}
	l.who = claims.Name
	http.Redirect(w, r, "/", http.StatusFound)
}

// home says who is signed in.
func (a *app) home(w http.ResponseWriter, r *http.Request) {
	if who := a.session(w, r).who; who != "" {
		_, _ = fmt.Fprintf(w, "%s%s.", signedInAs, who)
		return
	}
	_, _ = fmt.Fprint(w, "Nobody is signed in.")
}

const signedInAs = "Signed in as "

// signedIn reads off the app's page who is signed in, or what the app said
// instead.
func signedIn(x flow.Exchange) (who, said string) {
	if x.Response == nil {
		return "", "no answer came"
	}
	page := strings.TrimSpace(string(x.Response.Body))
	if name, ok := strings.CutPrefix(page, signedInAs); ok {
		return strings.TrimSuffix(name, "."), ""
	}
	return "", page
}

func (a *app) refuse(w http.ResponseWriter, why string) { http.Error(w, why, http.StatusBadRequest) }

const sessionCookie = "portal_session"

// session returns the browser's session, and makes one if there is none.
func (a *app) session(w http.ResponseWriter, r *http.Request) *login {
	if c, err := r.Cookie(sessionCookie); err == nil && a.sessions[c.Value] != nil {
		return a.sessions[c.Value]
	}
	key := rand.Text()
	a.sessions[key] = &login{}
	// Lax lets the cookie along when a link leads here, as every sign-in needs.
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Value: key, Path: "/", HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode})
	return a.sessions[key]
}

// claims are those that the app reads.
type claims struct {
	jwt.Claims

	Name  string `json:"preferred_username"`
	Nonce string `json:"nonce"`
}

// readClaims reads an ID token that came straight from the token endpoint,
// where TLS may stand for the signature (OpenID Connect Core section 3.1.3.7,
// item 6).
func readClaims(token string) (claims, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return claims{}, errors.New("no ID token came")
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return claims{}, err
	}
	var c claims
	return c, json.Unmarshal(raw, &c)
}

// verify checks an ID token that came from anywhere: signature, issuer,
// audience and times.
func (a *app) verify(ctx context.Context, token string) (claims, error) {
	address := strings.TrimSuffix(a.first, "/v2.0") + "/discovery/v2.0/keys"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return claims{}, err
	}
	res, err := a.stage.RoundTrip(req)
	if err != nil {
		return claims{}, err
	}
	defer func() { _ = res.Body.Close() }()
	var keys jose.JSONWebKeySet
	if err := json.NewDecoder(res.Body).Decode(&keys); err != nil {
		return claims{}, err
	}
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return claims{}, err
	}
	signers := keys.Key(parsed.Headers[0].KeyID)
	if len(signers) == 0 {
		return claims{}, errors.New("it is signed with a key that the issuer does not publish")
	}
	var c claims
	if err := parsed.Claims(signers[0].Key, &c); err != nil {
		return claims{}, err
	}
	return c, c.Validate(jwt.Expected{
		Issuer: a.first, AnyAudience: jwt.Audience{a.issuers[a.first].ClientID}, Time: time.Now(),
	})
}
