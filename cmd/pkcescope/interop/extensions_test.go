//go:build interop

package interop

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/go-jose/go-jose/v4"
)

// testExtensions walks each extension of the code flow against oidc-provider
// 9, alone and together. The client authenticates with a key.
func testExtensions(t *testing.T) {
	file, jwk := clientKey(t)
	issuer := startOIDCProvider(t, "oidc-provider", "CLIENT_JWK="+jwk)
	client := []string{
		"--issuer", issuer, "--client-id", "guarded", "--redirect-uri", "http://127.0.0.1/callback",
		"--auth", "private_key_jwt", "--client-key", file,
	}
	walk := func(t *testing.T, flags ...string) document {
		t.Helper()
		b := newBrowser(t)
		r := start(t, b, append(append([]string{}, client...), flags...)...)
		signIn(t, b, b.wanted(t))
		b.ends(t, "close this window")
		return r.finish(t, 0, "ok")
	}
	done := func(t *testing.T, d document, steps ...string) {
		t.Helper()
		for _, id := range steps {
			if got := d.step(id); got.Status != "ok" {
				t.Errorf("step %s = %s, %+v", id, got.Status, got.Error)
			}
		}
	}

	t.Run("private_key_jwt", func(t *testing.T) {
		d := walk(t, "--refresh")
		d.checksPass(t)
		done(t, d, "token", "refresh")
	})
	t.Run("PAR", func(t *testing.T) {
		d := walk(t, "--par")
		done(t, d, "par", "token")
		if url := d.step("authorize").Exchanges[0].Request.URL; strings.Contains(url, "code_challenge") || !strings.Contains(url, "request_uri=") {
			t.Errorf("the browser was sent %s", url)
		}
		d.checksPass(t)
	})
	t.Run("JAR", func(t *testing.T) {
		d := walk(t, "--jar", "signed")
		if url := d.step("authorize").Exchanges[0].Request.URL; strings.Contains(url, "code_challenge") || !strings.Contains(url, "request=") {
			t.Errorf("the browser was sent %s", url)
		}
		d.checksPass(t)
	})
	t.Run("JARM", func(t *testing.T) {
		d := walk(t, "--response-mode", "jwt")
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
	})
	t.Run("DPoP with a nonce", func(t *testing.T) {
		d := walk(t, "--dpop", "--userinfo", "--refresh")
		if got := d.step("token").value("token_type"); !strings.EqualFold(got, "DPoP") {
			t.Errorf("token_type = %q", got)
		}
		if n := len(d.step("token").Exchanges); n != 2 {
			t.Errorf("%d token requests, want one without the nonce and one with it", n)
		}
		done(t, d, "userinfo", "refresh")
	})
	t.Run("everything together", func(t *testing.T) {
		d := walk(t, "--par", "--jar", "signed", "--dpop", "--response-mode", "form_post.jwt", "--max-age", "600", "--userinfo")
		done(t, d, "par", "callback", "token", "userinfo")
		d.checksPass(t)
	})
	t.Run("form_post", func(t *testing.T) {
		d := walk(t, "--response-mode", "form_post")
		if got := d.step("callback").Exchanges[0].Request.Method; got != "POST" {
			t.Errorf("the response came with %s", got)
		}
	})
	t.Run("hybrid", func(t *testing.T) {
		d := walk(t, "--hybrid")
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
	})
	t.Run("resource indicators", func(t *testing.T) {
		d := walk(t, "--resource", "https://api.example", "--scope", "openid api:read")
		for _, token := range d.step("token").Tokens {
			if token.Name == "access_token" && token.Kind != "jwt" {
				t.Errorf("the access token is %s, where the API's is a JWT", token.Kind)
			}
		}
	})
	t.Run("introspection, revocation and logout", func(t *testing.T) {
		b := newBrowser(t)
		r := start(t, b, append(append([]string{}, client...), "--introspect", "--revoke", "--logout")...)
		signIn(t, b, b.wanted(t))
		b.ends(t, "close this window")
		b.do(t, chromedp.Navigate(b.wanted(t)))
		b.ends(t, "sign-out")
		d := r.finish(t, 0, "ok")
		done(t, d, "introspect", "revoke", "logout")
		if got := d.step("introspect").value("active"); got != "true" {
			t.Errorf("active = %q", got)
		}
	})
	t.Run("a key that is not the client's", func(t *testing.T) {
		other, _ := clientKey(t)
		b := newBrowser(t)
		args := append(append([]string{}, client[:len(client)-1]...), other)
		r := start(t, b, args...)
		signIn(t, b, b.wanted(t))
		d := r.finish(t, 1, "failed")
		if e := d.step("token").Error; e == nil || e.Kind != "server" || !strings.Contains(e.What, "invalid_client") {
			t.Errorf("token: %+v", e)
		}
	})
}

// clientKey makes a key, and returns the file that holds it and its public
// part as a JSON Web Key.
func clientKey(t *testing.T) (file, public string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "client.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	jwk, err := jose.JSONWebKey{Key: key.Public(), Use: "sig", Algorithm: "RS256"}.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return file, string(jwk)
}
