//go:build interop

package interop

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// testKeycloak walks against a Keycloak of its own, with a realm of clients of
// each kind.
func testKeycloak(t *testing.T) {
	file, jwk := clientKey(t)
	jwks, err := json.Marshal(map[string]any{"keys": []json.RawMessage{json.RawMessage(jwk)}})
	if err != nil {
		t.Fatal(err)
	}
	ca := newAuthority(t)
	issuer, secure := startKeycloak(t, string(jwks), ca)
	p := newProvider(t, "Keycloak 26", issuer)
	as := func(client string, more ...string) walker {
		return walker{signInKeycloak, append([]string{
			"--issuer", issuer, "--client-id", client, "--redirect-uri", "http://127.0.0.1/callback",
		}, more...)}
	}
	native, guarded := as("native"), as("guarded", "--auth", "private_key_jwt", "--client-key", file)

	p.run("S256", func(t *testing.T) {
		d := native.ok(t, "--userinfo", "--refresh", "--scope", "openid profile email")
		d.checksPass(t)
		d.done(t, "userinfo", "refresh")
		if !strings.Contains(fmt.Sprint(d.step("userinfo").Exchanges[0].Response.Body), "Ada Lovelace") {
			t.Error("UserInfo does not say who signed in")
		}
		p.put("UserInfo", "run")
		p.put("refresh", "run")
	})
	p.run("plain", func(t *testing.T) {
		d := as("plain").ok(t, "--method", "plain")
		d.checksPass(t)
		if !d.found("plain-challenge") {
			t.Error("no finding says that the challenge is plain")
		}
	})
	t.Run("a client that requires S256 refuses plain", func(t *testing.T) {
		d := native.unasked().fails(t, "--method", "plain")
		if said := d.refused(t, "callback"); !strings.Contains(said, "code_challenge_method") && !strings.Contains(said, "code challenge method") {
			t.Errorf("Keycloak's own words are lost: %s", said)
		}
	})
	t.Run("a client that requires S256 refuses to go without", func(t *testing.T) {
		d := native.unasked().fails(t, "--method", "none")
		d.refused(t, "callback")
		if !d.found("no-pkce") {
			t.Error("no finding says that there is no PKCE")
		}
	})
	refusals(p, native)
	secrets(p, walker{signInKeycloak, []string{"--issuer", issuer, "--redirect-uri", "http://127.0.0.1/callback"}},
		clientSecret, map[string]string{"client_secret_basic": "confidential", "client_secret_post": "confidential", "client_secret_jwt": "assertion"})
	t.Run("an id and a secret that have to be form-encoded", func(t *testing.T) {
		t.Setenv("PKCESCOPE_CLIENT_SECRET", oddSecret)
		as(oddID, "--auth", "client_secret_basic").ok(t).checksPass(t)
		as(oddID, "--auth", "client_secret_post").ok(t).checksPass(t)
	})
	p.run("private_key_jwt", func(t *testing.T) { keyJWT(t, guarded) })
	p.run("mTLS", func(t *testing.T) {
		knownByCertificate(t, ca, walker{signInKeycloak, []string{
			"--issuer", secure, "--client-id", "certificate", "--redirect-uri", "http://127.0.0.1/callback",
		}})
	})
	p.run("PAR", func(t *testing.T) {
		d := native.ok(t, "--par")
		d.done(t, "par", "token")
		d.checksPass(t)
	})
	p.run("JAR", func(t *testing.T) { guarded.ok(t, "--jar", "signed").checksPass(t) })
	p.run("JARM", func(t *testing.T) { signedResponse(t, native) })
	p.run("DPoP", func(t *testing.T) {
		d := native.ok(t, "--dpop", "--userinfo")
		if got := d.step("token").value("token_type"); !strings.EqualFold(got, "DPoP") {
			t.Errorf("token_type = %q", got)
		}
		d.done(t, "userinfo")
	})
	p.run("form_post", func(t *testing.T) { formPost(t, native) })
	p.run("hybrid", func(t *testing.T) { hybrid(t, guarded) })
	resourceIgnored(p, native)
	deviceCode(p, walker{nil, []string{"--issuer", issuer, "--client-id", "tv"}}, func(t *testing.T, b *browser, url string) {
		signInKeycloak(t, b, url)
		b.do(t,
			chromedp.WaitVisible(chromedp.CSS(`#kc-login[name=accept]`)),
			chromedp.Click(chromedp.CSS(`#kc-login[name=accept]`)),
		)
		b.ends(t, "Device Login Successful")
	})
	t.Run("a client that may not use the device flow is refused", func(t *testing.T) {
		b := newBrowser(t)
		d := start(t, b, native.with("--device").args...).finish(t, 1, "failed")
		d.refused(t, "device")
		if !d.found("device-flow-not-enabled") && !d.found("unauthorized_client") {
			t.Error("no finding says what to switch on")
		}
	})
	tokensEnd(p, as("confidential", "--auth", "client_secret_post"), "You are logged out")
	t.Run("a client that aud does not name learns nothing, and the finding says so", func(t *testing.T) {
		// Up to 26.6.1 it does learn.
		d := guarded.ok(t, "--introspect")
		if silent := d.step("introspect").value("active") == "false"; silent != d.found("token-not-active") {
			t.Errorf("silent: %t, finding: %t", silent, d.found("token-not-active"))
		}
	})
	t.Run("offline access is refused to a person without the role, and the finding says so", func(t *testing.T) {
		bob := native
		bob.signIn = func(t *testing.T, b *browser, url string) { signInKeycloakAs(t, b, url, "bob") }
		d := bob.fails(t, "--scope", "openid offline_access")
		d.refused(t, "token")
		if !d.found("offline-access-not-granted") {
			t.Error("no finding names the role")
		}
	})
	p.offersNot("RAR")
}

// signInKeycloak goes through Keycloak's page.
func signInKeycloak(t *testing.T, b *browser, url string) {
	t.Helper()
	signInKeycloakAs(t, b, url, "ada")
}

func signInKeycloakAs(t *testing.T, b *browser, url, name string) {
	t.Helper()
	b.do(t,
		chromedp.Navigate(url),
		chromedp.WaitVisible(chromedp.CSS(`#username`)),
		chromedp.SendKeys(chromedp.CSS(`#username`), name),
		chromedp.SendKeys(chromedp.CSS(`#password`), "lovelace"),
		chromedp.Submit(chromedp.CSS(`#password`)),
	)
}
