//go:build interop

package interop

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// testExtensions walks each extension of the code flow against oidc-provider
// 9, alone and together. The client authenticates with the key in a file.
func testExtensions(t *testing.T, p *provider, w walker, file string) {
	p.run("private_key_jwt", func(t *testing.T) { keyJWT(t, w) })
	p.run("PAR", func(t *testing.T) {
		d := w.ok(t, "--par")
		d.done(t, "par", "token")
		if sent := d.step("authorize").Exchanges[0].Request.URL; strings.Contains(sent, "code_challenge") || !strings.Contains(sent, "request_uri=") {
			t.Errorf("the browser was sent %s", sent)
		}
		d.checksPass(t)
	})
	p.run("JAR", func(t *testing.T) {
		d := w.ok(t, "--jar", "signed")
		if sent := d.step("authorize").Exchanges[0].Request.URL; strings.Contains(sent, "code_challenge") || !strings.Contains(sent, "request=") {
			t.Errorf("the browser was sent %s", sent)
		}
		d.checksPass(t)
		// Encrypted to the provider, the browser carries five parts.
		d = w.ok(t, "--jar", "encrypted")
		sent, err := url.Parse(d.step("authorize").Exchanges[0].Request.URL)
		if err != nil {
			t.Fatal(err)
		}
		if object := sent.Query().Get("request"); strings.Count(object, ".") != 4 || sent.Query().Has("code_challenge") {
			t.Errorf("the browser was sent %s", sent)
		}
		d.checksPass(t)
	})
	p.run("JARM", func(t *testing.T) { signedResponse(t, w) })
	p.run("DPoP", func(t *testing.T) { // with a nonce
		d := w.ok(t, "--dpop", "--userinfo", "--refresh")
		if got := d.step("token").value("token_type"); !strings.EqualFold(got, "DPoP") {
			t.Errorf("token_type = %q", got)
		}
		if n := len(d.step("token").Exchanges); n != 2 {
			t.Errorf("%d token requests, want one without the nonce and one with it", n)
		}
		d.done(t, "userinfo", "refresh")
	})
	p.run("RAR", func(t *testing.T) {
		const details = `[{"type":"payment_initiation","actions":["initiate"]}]`
		// This provider ties the details to a resource's access token.
		api := []string{"--resource", "https://api.example", "--scope", "openid api:read"}
		d := w.ok(t, append(api, "--rar", details)...)
		if got := d.step("token").value("authorization_details"); got != details {
			t.Errorf("authorization_details = %q, want %q", got, details)
		}
		if d.found("authorization-details-missing") {
			t.Error("a finding says that nothing was granted")
		}
		// What the provider does not know it refuses, and the finding says so.
		refused := w.unasked().fails(t, append(api, "--rar", `[{"type":"of_nobody"}]`)...)
		refused.refused(t, "callback")
		if !refused.found("invalid_authorization_details") {
			t.Error("no finding explains invalid_authorization_details")
		}
	})
	p.run("form_post", func(t *testing.T) { formPost(t, w) })
	p.run("hybrid", func(t *testing.T) { hybrid(t, w) })
	p.run("resource indicators", func(t *testing.T) { ofResource(t, w) })
	tokensEnd(p, w, "sign-out")
	t.Run("everything together", func(t *testing.T) {
		d := w.ok(t, "--par", "--jar", "signed", "--dpop", "--response-mode", "form_post.jwt", "--max-age", "600", "--userinfo")
		d.done(t, "par", "callback", "token", "userinfo")
		d.checksPass(t)
	})
	t.Run("a key that is not the client's", func(t *testing.T) {
		other, _ := clientKey(t)
		args := slices.Clone(w.args)
		args[slices.Index(args, file)] = other
		d := walker{w.signIn, args}.fails(t)
		if said := d.refused(t, "token"); !strings.Contains(said, "invalid_client") {
			t.Errorf("token: %s", said)
		}
		if !d.found("client-certificate-not-registered") {
			t.Error("no finding says that the key is not the registered one")
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
