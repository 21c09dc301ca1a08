//go:build interop

package interop

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// testMockServer walks against the npm package oauth2-mock-server. It signs in
// whoever comes and checks little, which a run shows.
func testMockServer(t *testing.T) {
	issuer := startNode(t, []string{"mock-server.mjs"})
	p := newProvider(t, "oauth2-mock-server", issuer)
	w := walker{args: []string{"--issuer", issuer, "--client-id", "anybody", "--redirect-uri", "http://127.0.0.1/callback"}}.unasked()

	p.run("S256", func(t *testing.T) {
		d := w.ok(t, "--userinfo")
		d.checksPass(t)
		d.done(t, "userinfo")
		p.put("UserInfo", "run")
	})
	p.run("plain", func(t *testing.T) {
		if d := w.ok(t, "--method", "plain"); !d.found("plain-challenge") {
			t.Error("no finding says that the challenge is plain")
		}
	})
	p.run("refuses a wrong verifier", func(t *testing.T) {
		d := w.fails(t, "--set", "token.code_verifier="+strings.Repeat("wrong", 10))
		d.refused(t, "token")
		if !d.found("verifier-mismatch") {
			t.Error("no finding says that verifier and challenge do not match")
		}
	})
	// It hands out tokens although the challenge is not answered: what RFC 9700
	// section 2.1.1 calls a downgrade.
	t.Run("takes a code without its verifier, which a finding tells", func(t *testing.T) {
		if d := w.ok(t, "--unset", "token.code_verifier"); !d.found("verifier-missing") {
			t.Error("no finding says that the verifier is missing")
		}
	})
	p.goesWithout("refuses another redirect URI for the code", func(t *testing.T) {
		if d := w.ok(t, "--set", "token.redirect_uri=http://127.0.0.1/other"); !d.found("redirect-uri-differs") {
			t.Error("no finding says that the redirect URIs differ")
		}
	})
	p.goesWithout("refuses a redirect URI that is not registered", func(t *testing.T) {
		w.ok(t, "--redirect-uri", "http://127.0.0.1/any/other")
	})
	p.run("introspection", func(t *testing.T) {
		if got := w.ok(t, "--introspect").step("introspect").value("active"); got != "true" {
			t.Errorf("active = %q", got)
		}
	})
	p.run("revocation", func(t *testing.T) { w.ok(t, "--revoke").done(t, "revoke") })
	p.run("logout", func(t *testing.T) {
		b := newBrowser(t)
		r := start(t, b, w.with("--logout").args...)
		w.signIn(t, b, b.wanted(t))
		b.ends(t, "close this window")
		b.do(t, chromedp.Navigate(b.wanted(t)))
		b.ends(t, "Logout successful")
		r.finish(t, 0, "ok").done(t, "logout")
	})
	p.offersNot("client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "mTLS", "PAR", "JAR", "JARM", "DPoP", "RAR",
		"form_post", "hybrid", "device code", "refresh")
	resourceIgnored(p, w)
}
