//go:build interop

package interop

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// testEmulate walks against the Entra-shaped emulator of the npm package
// emulate. It takes confidential clients only.
func testEmulate(t *testing.T) {
	// It undoes percent-encoding only, where RFC 6749 section 2.3.1 has form
	// encoding, so it would not know a secret with a blank.
	secret := strings.ReplaceAll(clientSecret, " ", "-")
	issuer := startNode(t, []string{"emulate.mjs"}, "CLIENT_SECRET="+secret)
	p := newProvider(t, "emulate", issuer)
	t.Setenv("PKCESCOPE_CLIENT_SECRET", secret)
	web := walker{signInEmulate, []string{
		"--issuer", issuer, "--client-id", "web", "--platform", "web", "--redirect-uri", "http://127.0.0.1:18401/callback",
		"--scope", "openid profile email offline_access User.Read",
	}}

	p.run("S256", func(t *testing.T) {
		d := web.ok(t, "--userinfo", "--refresh")
		d.checksPass(t)
		d.done(t, "userinfo", "refresh")
		if !strings.Contains(fmt.Sprint(d.step("userinfo").Exchanges[0].Response.Body), "ada@example.com") {
			t.Error("UserInfo does not say who signed in")
		}
		p.put("UserInfo", "run")
		p.put("refresh", "run")
	})
	p.run("plain", func(t *testing.T) {
		if d := web.ok(t, "--method", "plain"); !d.found("plain-challenge") {
			t.Error("no finding says that the challenge is plain")
		}
	})
	t.Run("without PKCE", func(t *testing.T) {
		if d := web.ok(t, "--method", "none"); !d.found("no-pkce") {
			t.Error("no finding says that there is no PKCE")
		}
	})
	t.Run("without the secret", func(t *testing.T) {
		d := web.fails(t, "--auth", "none")
		if said := d.refused(t, "token"); !strings.Contains(said, "client_secret is incorrect") {
			t.Errorf("the emulator's own words are lost: %s", said)
		}
	})
	refusals(p, web)
	secrets(p, web, secret, map[string]string{"client_secret_basic": "web", "client_secret_post": "web"})
	p.run("form_post", func(t *testing.T) { formPost(t, web) })
	p.run("logout", func(t *testing.T) {
		b := newBrowser(t)
		r := start(t, b, web.with("--logout").args...)
		signInEmulate(t, b, b.wanted(t))
		b.ends(t, "close this window")
		b.do(t, chromedp.Navigate(b.wanted(t)))
		r.finish(t, 0, "ok").done(t, "logout")
	})
	p.offersNot("client_secret_jwt", "private_key_jwt", "mTLS", "PAR", "JAR", "JARM", "DPoP", "RAR", "hybrid", "device code", "introspection", "revocation")
	resourceIgnored(p, web)
}

// signInEmulate picks the account; the emulator has one of its own besides.
func signInEmulate(t *testing.T, b *browser, url string) {
	t.Helper()
	b.do(t,
		chromedp.Navigate(url),
		chromedp.WaitVisible(chromedp.CSS(`.user-form:has(input[value="ada@example.com"]) button`)),
		chromedp.Click(chromedp.CSS(`.user-form:has(input[value="ada@example.com"]) button`)),
	)
}
