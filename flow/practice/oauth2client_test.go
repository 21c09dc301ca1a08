package practice_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/practice"
)

// library is golang.org/x/oauth2, used as its documentation shows, with a
// person at a browser.
type library struct {
	oauth2.Config

	t       *testing.T
	tenant  *practice.Server
	posts   int // token requests
	answers chan string
}

func newLibrary(t *testing.T, registration string) *library {
	t.Helper()
	s, err := practice.Start(practice.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	l := &library{t: t, tenant: s, answers: make(chan string, 1)}
	callback := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		l.answers <- r.FormValue("code")
	}))
	t.Cleanup(callback.Close)
	c, err := s.ConfigFor(registration)
	if err != nil {
		t.Fatal(err)
	}
	setup := s.Setup()
	here := strings.Replace(callback.URL, "127.0.0.1", "localhost", 1)
	l.Config = oauth2.Config{
		ClientID: c.ClientID, ClientSecret: c.ClientSecret, Scopes: []string{"openid", "offline_access", "User.Read"},
		// The registered address, at the port that is listened on.
		RedirectURL: strings.Replace(c.RedirectURI, "http://localhost", here, 1),
		Endpoint:    oauth2.Endpoint{AuthURL: setup.Authorize, TokenURL: setup.Token, DeviceAuthURL: setup.Device},
	}
	return l
}

// context makes the library's requests countable.
func (l *library) context() context.Context {
	return context.WithValue(l.t.Context(), oauth2.HTTPClient, &http.Client{Transport: l})
}

func (l *library) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/token") {
		l.posts++
	}
	return http.DefaultTransport.RoundTrip(r)
}

// code has the person sign in.
func (l *library) code(verifier string) string {
	l.t.Helper()
	err := l.tenant.Browser().Open(l.t.Context(), l.AuthCodeURL("state", oauth2.S256ChallengeOption(verifier)), func(flow.Exchange) {})
	if err != nil {
		l.t.Fatal(err)
	}
	select {
	case code := <-l.answers:
		return code
	case <-time.After(5 * time.Second):
		l.t.Fatal("no answer came to the redirect URI")
		return ""
	}
}

func TestTheGoLibrarySignsInAndRefreshes(t *testing.T) {
	for _, registration := range []string{"Contoso Notes (native)", "Contoso Portal (web)"} {
		t.Run(registration, func(t *testing.T) {
			l := newLibrary(t, registration)
			verifier := oauth2.GenerateVerifier()
			token, err := l.Exchange(l.context(), l.code(verifier), oauth2.VerifierOption(verifier))
			if err != nil {
				t.Fatal(err)
			}
			if left := time.Until(token.Expiry); left < time.Hour-time.Minute || left > 90*time.Minute || token.Extra("id_token") == nil {
				t.Errorf("%s left, extra id_token %v", left, token.Extra("id_token"))
			}
			first := token.RefreshToken
			token.Expiry = time.Now().Add(-time.Second)
			next, err := l.TokenSource(l.context(), token).Token()
			if err != nil {
				t.Fatal(err)
			}
			if next.AccessToken == token.AccessToken || next.RefreshToken == first {
				t.Error("the refresh gave the same tokens")
			}
		})
	}
}

func TestTheGoLibrarySignsADeviceIn(t *testing.T) {
	l := newLibrary(t, "")
	d, err := l.DeviceAuth(l.context())
	if err != nil {
		t.Fatal(err)
	}
	if d.Interval != 5 || d.VerificationURI == "" {
		t.Errorf("%+v", d)
	}
	// The fragment is what the played person types.
	if err := l.tenant.Browser().Open(t.Context(), d.VerificationURI+"#"+d.UserCode, func(flow.Exchange) {}); err != nil {
		t.Fatal(err)
	}
	d.Interval = 1
	token, err := l.DeviceAccessToken(l.context(), d)
	if err != nil || token.RefreshToken == "" {
		t.Errorf("%+v, %v", token, err)
	}
}

// Where the library finds out by itself how to authenticate, a refused
// redemption is sent twice. The first answer does not use the code up here, so
// the second says the same.
func TestTheGoLibrarySendsARefusedRedemptionTwice(t *testing.T) {
	for style, want := range map[oauth2.AuthStyle]int{oauth2.AuthStyleAutoDetect: 2, oauth2.AuthStyleInParams: 1} {
		l := newLibrary(t, "")
		l.Endpoint.AuthStyle = style
		_, err := l.Exchange(l.context(), l.code(oauth2.GenerateVerifier()), oauth2.VerifierOption(oauth2.GenerateVerifier()))
		refused, ok := errors.AsType[*oauth2.RetrieveError](err)
		if !ok || refused.ErrorCode != "invalid_grant" || !strings.HasPrefix(refused.ErrorDescription, "AADSTS501481: ") || refused.ErrorURI == "" {
			t.Errorf("style %d: %v", style, err)
		}
		if l.posts != want {
			t.Errorf("style %d: %d token requests, want %d", style, l.posts, want)
		}
	}
}
