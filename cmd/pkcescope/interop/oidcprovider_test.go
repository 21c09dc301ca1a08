//go:build interop

package interop

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// testOIDCProvider walks against panva's oidc-provider: version 9, and version
// 8 where plain is needed, which 9 no longer takes.
func testOIDCProvider(t *testing.T) {
	current := startOIDCProvider(t, "oidc-provider")
	withPlain := startOIDCProvider(t, "oidc-provider-8")
	client := []string{"--client-id", "native", "--redirect-uri", "http://127.0.0.1/callback"}
	at := func(issuer string, more ...string) []string {
		return append(append([]string{"--issuer", issuer}, client...), more...)
	}

	t.Run("S256", func(t *testing.T) {
		b := newBrowser(t)
		r := start(t, b, at(current, "--userinfo", "--refresh")...)
		signIn(t, b, b.wanted(t))
		b.ends(t, "close this window")
		d := r.finish(t, 0, "ok")
		d.checksPass(t)
		if got := d.step("challenge").value("code_challenge_method"); got != "S256" {
			t.Errorf("code_challenge_method = %q, want S256", got)
		}
		for _, id := range []string{"userinfo", "refresh"} {
			if got := d.step(id).Status; got != "ok" {
				t.Errorf("step %s = %s, want ok", id, got)
			}
		}
		if !strings.Contains(fmt.Sprint(d.step("userinfo").Exchanges[0].Response.Body), "Ada Lovelace") {
			t.Error("UserInfo does not say who signed in")
		}
	})

	t.Run("plain", func(t *testing.T) {
		b := newBrowser(t)
		r := start(t, b, at(withPlain, "--method", "plain")...)
		signIn(t, b, b.wanted(t))
		d := r.finish(t, 0, "ok")
		d.checksPass(t)
		verifier, challenge := d.step("verifier").value("code_verifier"), d.step("challenge").value("code_challenge")
		if verifier == "" || verifier != challenge {
			t.Errorf("verifier %q and challenge %q are not seen to be the same", verifier, challenge)
		}
		if !d.found("plain-challenge") {
			t.Error("no finding says that the challenge is plain")
		}
	})

	t.Run("plain is refused by version 9", func(t *testing.T) {
		b := newBrowser(t)
		r := start(t, b, at(current, "--method", "plain")...)
		b.do(t, chromedp.Navigate(b.wanted(t)))
		d := r.finish(t, 1, "failed")
		if got := d.step("callback"); got.Status != "failed" || got.Error == nil || got.Error.Kind != "server" {
			t.Errorf("callback = %s, %+v, want the server's refusal", got.Status, got.Error)
		}
	})

	t.Run("a wrong verifier", func(t *testing.T) {
		b := newBrowser(t)
		r := start(t, b, at(current, "--set", "token.code_verifier="+strings.Repeat("wrong", 10))...)
		signIn(t, b, b.wanted(t))
		d := r.finish(t, 1, "failed")
		token := d.step("token")
		if token.Status != "failed" || token.Error == nil || token.Error.Kind != "server" {
			t.Fatalf("token = %s, %+v, want the server's refusal", token.Status, token.Error)
		}
		if body := fmt.Sprint(token.Exchanges[0].Response.Body); !strings.Contains(body, "invalid_grant") {
			t.Errorf("the provider's own words are lost: %s", body)
		}
		if !d.found("verifier-mismatch") {
			t.Error("no finding says that verifier and challenge do not match")
		}
	})

	t.Run("another redirect URI when the code is redeemed", func(t *testing.T) {
		b := newBrowser(t)
		r := start(t, b, at(current, "--set", "token.redirect_uri=http://127.0.0.1/other")...)
		signIn(t, b, b.wanted(t))
		d := r.finish(t, 1, "failed")
		if got := d.step("token"); got.Status != "failed" || got.Error == nil || got.Error.Kind != "server" {
			t.Errorf("token = %s, %+v, want the server's refusal", got.Status, got.Error)
		}
		if !d.found("redirect-uri-differs") {
			t.Error("no finding says that the redirect URIs differ")
		}
	})

	t.Run("a wrong redirect URI", func(t *testing.T) {
		b := newBrowser(t)
		r := start(t, b, "--issuer", current, "--client-id", "native", "--redirect-uri", "http://127.0.0.1/other")
		b.do(t, chromedp.Navigate(b.wanted(t)))
		// The provider must not redirect to an address it does not know: the
		// browser stays on its page, and the wait ends when the person ends it.
		b.ends(t, "redirect_uri")
		r.cancel(t)
		d := r.finish(t, 130, "cancelled")
		if got := d.step("callback").Status; got != "cancelled" {
			t.Errorf("callback = %s, want cancelled", got)
		}
	})

	testExtensions(t)
	testCaptures(t, current)

	t.Run("the terminal program", func(t *testing.T) {
		b := newBrowser(t)
		screen := startTerminal(t, b.asXDGOpen(t), at(current)...)
		screen.shows("Discovery")
		screen.press("a")
		url := b.wanted(t)
		screen.shows("127.0.0.1:") // it waits, and says where
		signIn(t, b, url)
		b.ends(t, "close this window")
		screen.shows("every check of the ID token passed")
		screen.press("q")
		screen.ends(0)
	})

	t.Run("the terminal program, cancelled while it waits", func(t *testing.T) {
		for how, cancel := range map[string]func(*terminal){
			"by Ctrl-C":     func(s *terminal) { s.press("C-c") },
			"by a signal":   func(s *terminal) { s.interrupt() },
			"and then left": func(s *terminal) { s.press("Escape"); s.shows("Nothing is left listening"); s.press("q") },
		} {
			t.Run(how, func(t *testing.T) {
				b := newBrowser(t)
				screen := startTerminal(t, b.asXDGOpen(t), at(current)...)
				screen.shows("Discovery")
				screen.press("a")
				redirect, err := url.Parse(b.wanted(t))
				if err != nil {
					t.Fatal(err)
				}
				cancel(screen)
				if how == "and then left" {
					screen.ends(0)
				} else {
					screen.ends(130)
				}
				callback := redirect.Query().Get("redirect_uri")
				if response, err := http.Get(callback); err == nil {
					response.Body.Close()
					t.Errorf("%s is still listened to", callback)
				}
			})
		}
	})
}
