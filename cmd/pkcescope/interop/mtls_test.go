//go:build interop

package interop

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"software.sslmate.com/src/go-pkcs12"
)

// authority is a certificate authority that this machine does not trust. file
// is its certificate.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
	file string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{}
	a.cert, a.key = a.issue(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "interop authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	})
	a.file = write(t, "ca.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw}))
	return a
}

// issue makes a certificate of the authority, or, while it has none, its own.
func (a *authority) issue(t *testing.T, template *x509.Certificate) (*x509.Certificate, crypto.Signer) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

// server makes the files of a server on this machine.
func (a *authority) server(t *testing.T) (certificate, privateKey string) {
	t.Helper()
	cert, key := a.issue(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "127.0.0.1"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, "server.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})),
		write(t, "server-key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// client makes the PFX of a client, and says its certificate's fingerprint as
// x5t#S256 has it.
func (a *authority) client(t *testing.T, name, password string) (pfx, fingerprint string) {
	t.Helper()
	cert, key := a.issue(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	der, err := pkcs12.Modern.Encode(key, cert, nil, password)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(cert.Raw)
	return write(t, "client.pfx", der), base64.RawURLEncoding.EncodeToString(sum[:])
}

func write(t *testing.T, name string, data []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// knownByCertificate walks over TLS at an authority that only this run trusts,
// with a client that is known by its certificate, and finds the tokens bound to
// it.
func knownByCertificate(t *testing.T, ca *authority, w walker) {
	const password = "p\u00e4ss w\u00f6rd"
	t.Setenv("SSL_CERT_FILE", ca.file)
	t.Setenv("PKCESCOPE_KEY_PASSWORD", password)
	walk := func(t *testing.T, name string, status int, outcome string) (document, string) {
		t.Helper()
		pfx, fingerprint := ca.client(t, name, password)
		b := newBrowser(t, chromedp.Flag("ignore-certificate-errors", true))
		r := start(t, b, w.with("--auth", "tls_client_auth", "--client-key", pfx, "--userinfo").args...)
		w.signIn(t, b, b.wanted(t))
		return r.finish(t, status, outcome), fingerprint
	}
	d, fingerprint := walk(t, "pkcescope interop", 0, "ok")
	d.checksPass(t)
	d.done(t, "token", "userinfo")
	if got := d.step("token").value("client_certificate_x5t#S256"); got != fingerprint {
		t.Errorf("the fingerprint is said to be %q, want %q", got, fingerprint)
	}
	if d.found("client-certificate-not-asked") {
		t.Error("a finding says that the server did not ask for the certificate")
	}
	bound := ""
	for _, token := range d.step("token").Tokens {
		for _, c := range token.Claims {
			if token.Name == "access_token" && c.Name == "cnf" {
				bound = fmt.Sprint(c.Value)
			}
		}
		for _, c := range token.Checks {
			if token.Name == "access_token" && c.ID == "cnf" && c.Result != "pass" {
				t.Errorf("the check of cnf = %s: %s", c.Result, c.Why)
			}
		}
	}
	if bound != "map[x5t#S256:"+fingerprint+"]" {
		t.Errorf("cnf = %q, want the fingerprint %s", bound, fingerprint)
	}
	t.Run("another certificate", func(t *testing.T) {
		d, _ := walk(t, "somebody else", 1, "failed")
		d.refused(t, "token")
		if !d.found("client-certificate-not-registered") {
			t.Error("no finding says that the certificate is not the registered one")
		}
	})
}
