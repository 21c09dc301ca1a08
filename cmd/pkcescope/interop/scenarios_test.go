//go:build interop

package interop

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// refusals are the requests that every provider has to refuse.
func refusals(p *provider, w walker) {
	p.run("refuses a wrong verifier", func(t *testing.T) {
		d := w.fails(t, "--set", "token.code_verifier="+strings.Repeat("wrong", 10))
		d.refused(t, "token")
		if body := fmt.Sprint(d.step("token").Exchanges[0].Response.Body); !strings.Contains(body, "invalid_grant") {
			t.Errorf("the provider's own words are lost: %s", body)
		}
		if !d.found("verifier-mismatch") {
			t.Error("no finding says that verifier and challenge do not match")
		}
	})
	p.run("refuses another redirect URI for the code", func(t *testing.T) {
		d := w.fails(t, "--set", "token.redirect_uri=http://127.0.0.1/other")
		d.refused(t, "token")
		if !d.found("redirect-uri-differs") {
			t.Error("no finding says that the redirect URIs differ")
		}
	})
	p.run("refuses a redirect URI that is not registered", func(t *testing.T) {
		// The provider must not redirect to an address it does not know.
		w.stopsAt(t, "redirect", "--redirect-uri", "http://127.0.0.1/other")
	})
}

// secrets signs in with a client that has a secret, by each way of showing it;
// clients are their ids.
func secrets(p *provider, w walker, secret string, clients map[string]string) {
	for method, id := range clients {
		p.run(method, func(t *testing.T) {
			t.Setenv("PKCESCOPE_CLIENT_SECRET", secret)
			d := w.with("--client-id", id, "--auth", method).ok(t)
			d.checksPass(t)
			request := d.step("token").Exchanges[0].Request
			if strings.Contains(fmt.Sprint(request), "s3cr") {
				t.Error("the secret is in the document")
			}
		})
	}
}

// deviceCode signs in on another device.
func deviceCode(p *provider, w walker, there func(t *testing.T, b *browser, url string)) {
	p.run("device code", func(t *testing.T) {
		b := newBrowser(t)
		r := start(t, b, w.with("--device").args...)
		there(t, b, b.wanted(t))
		d := r.finish(t, 0, "ok")
		d.done(t, "device", "token", "keys")
		d.checked(t, "signature", "iss", "aud", "exp")
		polls := d.step("token").Exchanges
		if len(polls) < 2 || !strings.Contains(fmt.Sprint(polls[0].Response.Body), "authorization_pending") {
			t.Errorf("%d polls, want one before the person was done and one after", len(polls))
		}
		if !d.found("device-code-phishing") {
			t.Error("no finding says what the device flow cannot prevent")
		}
		if d.step("authorize").ID != "" {
			t.Error("there is an authorize step")
		}
	})
}

// tokensEnd asks about the tokens, takes them back and signs out. The page that
// asks whether to sign out holds text.
func tokensEnd(p *provider, w walker, text string) {
	p.run("introspection", func(t *testing.T) {
		t.Setenv("PKCESCOPE_CLIENT_SECRET", clientSecret)
		d := w.ok(t, "--introspect")
		if got := d.step("introspect").value("active"); got != "true" {
			t.Errorf("active = %q", got)
		}
	})
	p.run("revocation", func(t *testing.T) {
		t.Setenv("PKCESCOPE_CLIENT_SECRET", clientSecret)
		w.ok(t, "--revoke").done(t, "revoke")
	})
	p.run("logout", func(t *testing.T) {
		t.Setenv("PKCESCOPE_CLIENT_SECRET", clientSecret)
		b := newBrowser(t)
		r := start(t, b, w.with("--logout").args...)
		w.signIn(t, b, b.wanted(t))
		b.ends(t, "close this window")
		b.do(t, chromedp.Navigate(b.wanted(t)))
		b.ends(t, text)
		r.finish(t, 0, "ok").done(t, "logout")
	})
}

func formPost(t *testing.T, w walker) {
	t.Helper()
	d := w.ok(t, "--response-mode", "form_post")
	if got := d.step("callback").Exchanges[0].Request.Method; got != "POST" {
		t.Errorf("the response came with %s", got)
	}
}

// resourceIgnored shows that the provider does not restrict a token to the
// resource that was asked for.
func resourceIgnored(p *provider, w walker) {
	p.goesWithout("resource indicators", func(t *testing.T) {
		d := w.ok(t, "--resource", "https://api.example")
		for _, token := range d.step("token").Tokens {
			for _, c := range token.Claims {
				if token.Name == "access_token" && c.Name == "aud" && strings.Contains(fmt.Sprint(c.Value), "https://api.example") {
					t.Error("the access token is for the resource")
				}
			}
		}
	})
}

// keyJWT signs in with a client that authenticates with a key.
func keyJWT(t *testing.T, w walker) {
	t.Helper()
	d := w.ok(t, "--refresh")
	d.checksPass(t)
	d.done(t, "token", "refresh")
}

// signedResponse has the authorization response signed, and checks it.
func signedResponse(t *testing.T, w walker) {
	t.Helper()
	d := w.ok(t, "--response-mode", "jwt")
	d.checksPass(t)
	for _, token := range d.step("callback").Tokens {
		for _, c := range token.Checks {
			if c.Result == "fail" {
				t.Errorf("the check %s of the response failed: %s", c.ID, c.Why)
			}
		}
	}
	if n := len(d.step("callback").Tokens); n != 1 {
		t.Errorf("%d tokens in the callback, want the response", n)
	}
}

// hybrid has an ID token come with the code, and checks that it is of the code.
func hybrid(t *testing.T, w walker) {
	t.Helper()
	d := w.ok(t, "--hybrid")
	checked := false
	for _, token := range d.step("callback").Tokens {
		for _, c := range token.Checks {
			checked = checked || c.ID == "c_hash" && c.Result == "pass"
			if c.Result == "fail" {
				t.Errorf("the check %s of the ID token failed: %s", c.ID, c.Why)
			}
		}
	}
	if !checked {
		t.Error("c_hash was not checked")
	}
}

// ofResource has the access token be for one API, whose tokens are JWTs.
func ofResource(t *testing.T, w walker) {
	t.Helper()
	d := w.ok(t, "--resource", "https://api.example", "--scope", "openid api:read")
	for _, token := range d.step("token").Tokens {
		if token.Name == "access_token" && token.Kind != "jwt" {
			t.Errorf("the access token is %s, where the API's is a JWT", token.Kind)
		}
	}
}
