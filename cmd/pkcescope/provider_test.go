package main

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// provider is an OpenID provider that signs everybody in at once, so that a
// browser without a screen gets through. Every path below its address is an
// issuer, and its name is the fault that this issuer has:
//
//	/sound             none
//	/html              HTML where the metadata should be
//	/html-token        HTML where the token response should be
//	/error-200         status 200 with an OAuth error inside
//	/half-a-token      an ID token that is cut off
//	/endless           a token response of 50 MB
//	/other-state       a callback with another state, and never the right one
//	/twice             the callback made twice
//	/hostile           terminal escapes in an error's description
//	/stall-STEP        no answer in that step, until the client hangs up
type provider struct {
	url          string
	untrustedURL string // the same over TLS, with a certificate nobody trusts
	key          *rsa.PrivateKey
	stalled      chan struct{} // receives when a request of /stall-STEP has come
	called       chan struct{} // receives when the callback of /twice was made twice
	over         chan struct{} // closed when the test ends
}

func newProvider(t testing.TB) *provider {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{key: key, stalled: make(chan struct{}, 1), called: make(chan struct{}, 1), over: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{fault}/.well-known/openid-configuration", p.stall("discovery", p.metadata))
	mux.HandleFunc("GET /{fault}/authorize", p.stall("callback", p.authorize))
	mux.HandleFunc("POST /{fault}/token", p.stall("token", p.token))
	mux.HandleFunc("GET /{fault}/keys", p.stall("keys", p.keys))
	plain := httptest.NewServer(mux)
	t.Cleanup(plain.Close)
	untrusted := httptest.NewUnstartedServer(mux)
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	t.Cleanup(untrusted.Close)
	t.Cleanup(func() { close(p.over) }) // first of all: a browser may still be waiting
	p.url, p.untrustedURL = plain.URL, untrusted.URL
	return p
}

// stall keeps a request of that step waiting if this is the issuer's fault.
func (p *provider) stall(step string, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("fault") != "stall-"+step {
			next(w, r)
			return
		}
		// A server notices that a client has hung up only once it has read
		// the request.
		_, _ = io.Copy(io.Discard, r.Body)
		p.stalled <- struct{}{}
		select {
		case <-r.Context().Done():
		case <-p.over:
		}
	}
}

func (p *provider) metadata(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("fault") == "html" {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<html><body>Please accept the terms of this network</body></html>")
		return
	}
	issuer := p.issuer(r)
	answer(w, http.StatusOK, map[string]any{
		"issuer":                 issuer,
		"authorization_endpoint": issuer + "/authorize",
		"token_endpoint":         issuer + "/token",
		"jwks_uri":               issuer + "/keys",
	})
}

func (*provider) issuer(r *http.Request) string {
	return "http://" + r.Host + "/" + r.PathValue("fault")
}

// authorize sends the browser straight back. The code holds what the token
// endpoint must know.
func (p *provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	response := url.Values{"code": {"nonce-" + q.Get("nonce")}, "state": {q.Get("state")}}
	switch r.PathValue("fault") {
	case "other-state":
		response.Set("state", "not-the-state-that-was-sent")
	case "twice":
		back.RawQuery = response.Encode()
		for range 2 {
			if page, err := http.Get(back.String()); err == nil {
				page.Body.Close()
			}
		}
		p.called <- struct{}{}
		return
	case "hostile":
		response = url.Values{
			"error": {"access_denied"}, "state": {q.Get("state")},
			"error_description": {"no\x1b]0;owned\x07\u202e\u009b31m"},
		}
	}
	back.RawQuery = response.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	switch r.PathValue("fault") {
	case "twice":
		<-p.called // the listener records until the token step ends
	case "html-token":
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		fmt.Fprint(w, "<html><h1>Bad gateway</h1></html>")
		return
	case "error-200":
		answer(w, http.StatusOK, map[string]any{"error": "invalid_grant", "error_description": "the code has expired"})
		return
	case "endless":
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.CopyN(w, endless{}, 50<<20)
		return
	}
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: p.key, KeyID: "1"}}, nil)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	now := time.Now()
	idToken, err := jwt.Signed(signer).Claims(map[string]any{
		"iss": p.issuer(r), "aud": "app", "sub": "ada", "nonce": strings.TrimPrefix(r.FormValue("code"), "nonce-"),
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}).Serialize()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if r.PathValue("fault") == "half-a-token" {
		idToken = idToken[:len(idToken)/3]
	}
	answer(w, http.StatusOK, map[string]any{
		"token_type": "Bearer", "expires_in": 3600, "access_token": "opaque-access-token", "id_token": idToken,
	})
}

func (p *provider) keys(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
		{Key: p.key.Public(), KeyID: "1", Algorithm: "RS256", Use: "sig"},
	}})
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// endless is a body without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}
