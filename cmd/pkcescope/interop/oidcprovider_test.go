//go:build interop

package interop

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// testOIDCProvider walks against panva's oidc-provider: version 9, and version
// 8 for plain, which 9 no longer takes.
func testOIDCProvider(t *testing.T) {
	t.Run("9", testOIDCProvider9)
	t.Run("8", testOIDCProvider8)
}

// signIn goes through oidc-provider's pages: sign in, then consent.
func signIn(t *testing.T, b *browser, url string) {
	t.Helper()
	b.do(t,
		chromedp.Navigate(url),
		chromedp.WaitVisible(chromedp.CSS(`input[name=login]`)),
		chromedp.SendKeys(chromedp.CSS(`input[name=login]`), "ada"),
		chromedp.SendKeys(chromedp.CSS(`input[name=password]`), "lovelace"),
		chromedp.Submit(chromedp.CSS(`input[name=password]`)),
		// Both pages have a button; this one is on the second alone.
		chromedp.WaitReady(chromedp.CSS(`input[name=prompt][value=consent]`)),
		chromedp.Click(chromedp.CSS(`button[type=submit]`)),
	)
}

// secretsByMethod signs in with each way of showing a secret, and with an id
// that has to be form-encoded as well.
func secretsByMethod(p *provider, w walker) {
	secrets(p, w, clientSecret, map[string]string{
		"client_secret_basic": "client_secret_basic", "client_secret_post": "client_secret_post", "client_secret_jwt": "client_secret_jwt",
	})
	p.t.Run("a client id that has to be form-encoded", func(t *testing.T) {
		t.Setenv("PKCESCOPE_CLIENT_SECRET", clientSecret)
		w.ok(t, "--client-id", oddID, "--auth", "client_secret_basic").checksPass(t)
	})
}

func testOIDCProvider9(t *testing.T) {
	file, jwk := clientKey(t)
	issuer := startNode(t, []string{"provider.mjs", "oidc-provider"}, "CLIENT_JWK="+jwk)
	p := newProvider(t, "oidc-provider 9", issuer)
	native := walker{signIn, []string{"--issuer", issuer, "--client-id", "native", "--redirect-uri", "http://127.0.0.1/callback"}}
	guarded := walker{signIn, []string{
		"--issuer", issuer, "--client-id", "guarded", "--redirect-uri", "http://127.0.0.1/callback",
		"--auth", "private_key_jwt", "--client-key", file,
	}}

	p.run("S256", func(t *testing.T) {
		d := native.ok(t)
		d.checksPass(t)
		if got := d.step("challenge").value("code_challenge_method"); got != "S256" {
			t.Errorf("code_challenge_method = %q, want S256", got)
		}
	})
	p.offersNot("plain")
	t.Run("plain is refused", func(t *testing.T) {
		d := native.unasked().fails(t, "--method", "plain")
		d.refused(t, "callback")
		if !d.found("method-not-advertised") {
			t.Error("no finding says that the metadata does not list plain")
		}
	})
	p.run("UserInfo", func(t *testing.T) {
		d := native.ok(t, "--userinfo")
		d.done(t, "userinfo")
		if !strings.Contains(fmt.Sprint(d.step("userinfo").Exchanges[0].Response.Body), "Ada Lovelace") {
			t.Error("UserInfo does not say who signed in")
		}
	})
	p.run("refresh", func(t *testing.T) {
		d := native.ok(t, "--refresh")
		d.done(t, "refresh")
	})
	refusals(p, native)
	secretsByMethod(p, walker{signIn, []string{"--issuer", issuer, "--redirect-uri", "http://127.0.0.1/callback"}})
	p.offersNot("mTLS")
	deviceCode(p, native, func(t *testing.T, b *browser, url string) {
		// The page has the code filled in; the button sends it.
		b.do(t,
			chromedp.Navigate(url),
			chromedp.WaitVisible(chromedp.CSS(`button[type=submit]`)),
			chromedp.Click(chromedp.CSS(`button[type=submit]`)),
		)
		b.do(t,
			chromedp.WaitVisible(chromedp.CSS(`input[name=login]`)),
			chromedp.SendKeys(chromedp.CSS(`input[name=login]`), "ada"),
			chromedp.SendKeys(chromedp.CSS(`input[name=password]`), "lovelace"),
			chromedp.Submit(chromedp.CSS(`input[name=password]`)),
			chromedp.WaitReady(chromedp.CSS(`input[name=prompt][value=consent]`)),
			chromedp.Click(chromedp.CSS(`button[type=submit]`)),
		)
		b.ends(t, "Sign-in Success")
	})
	testExtensions(t, p, guarded, file)
	testTerminal(t, native)
	testOffered(t, guarded)
	testCaptures(t, issuer)
}

func testOIDCProvider8(t *testing.T) {
	file, jwk := clientKey(t)
	issuer := startNode(t, []string{"provider.mjs", "oidc-provider-8"}, "CLIENT_JWK="+jwk)
	p := newProvider(t, "oidc-provider 8", issuer)
	guarded := walker{signIn, []string{
		"--issuer", issuer, "--client-id", "guarded", "--redirect-uri", "http://127.0.0.1/callback",
		"--auth", "private_key_jwt", "--client-key", file,
	}}
	native := walker{signIn, []string{"--issuer", issuer, "--client-id", "native", "--redirect-uri", "http://127.0.0.1/callback"}}

	p.run("plain", func(t *testing.T) {
		d := native.ok(t, "--method", "plain")
		d.checksPass(t)
		verifier, challenge := d.step("verifier").value("code_verifier"), d.step("challenge").value("code_challenge")
		if verifier == "" || verifier != challenge {
			t.Errorf("verifier %q and challenge %q are not seen to be the same", verifier, challenge)
		}
		if !d.found("plain-challenge") {
			t.Error("no finding says that the challenge is plain")
		}
	})
	p.run("S256", func(t *testing.T) {
		d := native.ok(t, "--userinfo", "--refresh")
		d.checksPass(t)
		d.done(t, "userinfo", "refresh")
		p.put("UserInfo", "run")
		p.put("refresh", "run")
	})
	refusals(p, native)
	secretsByMethod(p, walker{signIn, []string{"--issuer", issuer, "--redirect-uri", "http://127.0.0.1/callback"}})
	p.offersNot("mTLS")
	tokensEnd(p, guarded, "sign-out")
	p.run("form_post", func(t *testing.T) { formPost(t, native) })
	p.offersNot("PAR", "JAR", "JARM", "DPoP", "RAR", "device code")
	p.run("resource indicators", func(t *testing.T) { ofResource(t, guarded) })
	p.run("private_key_jwt", func(t *testing.T) { keyJWT(t, guarded) })
	p.run("hybrid", func(t *testing.T) { hybrid(t, guarded) })
}
