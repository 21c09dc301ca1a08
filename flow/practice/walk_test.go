package practice_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/practice"
)

// The engine completes the flow for each healthy platform, with each method,
// and through each response mode; only a single-page app without PKCE does not
// get its tokens.
func TestEngineWalksThePracticeTenant(t *testing.T) {
	s, err := practice.Start(practice.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	walk := func(t *testing.T, c flow.Config) flow.Transcript {
		t.Helper()
		w, err := flow.New(c, flow.Options{Browser: s.Browser()})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = w.Close() }()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		if err := w.Run(ctx); err != nil {
			t.Log(err)
		}
		return w.Transcript()
	}
	for i, platform := range []flow.Platform{flow.PlatformNative, flow.PlatformWeb, flow.PlatformSPA} {
		for _, method := range []flow.Method{flow.MethodS256, flow.MethodPlain, flow.MethodOmitted, flow.MethodNone} {
			for _, mode := range []flow.ResponseMode{flow.ModeDefault, flow.ModeFormPost, flow.ModeFragment} {
				if platform != flow.PlatformNative && mode != flow.ModeDefault {
					continue
				}
				t.Run(string(platform)+" "+string(method)+" "+string(mode), func(t *testing.T) {
					c, err := s.ConfigFor(s.Registrations()[i].ClientID)
					if err != nil {
						t.Fatal(err)
					}
					c.Method, c.ResponseMode, c.UserInfo, c.Refresh = method, mode, true, true
					want := flow.OutcomeOK
					if platform == flow.PlatformSPA && method == flow.MethodNone {
						want = flow.OutcomeFailed
					}
					if got := walk(t, c); got.Outcome != want {
						t.Errorf("outcome = %s, want %s", got.Outcome, want)
					}
				})
			}
		}
	}
}

// A certificate stands in for the secret, as
// https://learn.microsoft.com/entra/identity-platform/certificate-credentials
// has it; one that is not registered is refused.
func TestEngineSignsInWithACertificate(t *testing.T) {
	s, err := practice.Start(practice.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	registered, other := newClientCertificate(t), newClientCertificate(t)
	web := s.Registrations()[1].ClientID
	if err := s.Update(func(tenant *practice.Tenant) {
		tenant.Registrations[1].Certificates = []practice.Certificate{{PEM: registered.cert}}
	}); err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		cert clientCertificate
		says string
	}{
		"a registered certificate": {registered, ""}, "another one": {other, "AADSTS700027"},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := s.ConfigFor(web)
			if err != nil {
				t.Fatal(err)
			}
			c.ClientSecret, c.AuthMethod, c.Refresh = "", flow.AuthKeyJWT, true
			c.Credential.KeyFile = row.cert.file
			w, err := flow.New(c, flow.Options{Browser: s.Browser()})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = w.Close() }()
			err = w.Run(t.Context())
			if row.says == "" && err != nil || row.says != "" && (err == nil || !strings.Contains(err.Error(), row.says)) {
				t.Errorf("%v, want %q", err, row.says)
			}
		})
	}
}

// clientCertificate is a certificate, and the file that holds it and its key.
type clientCertificate struct{ cert, file string }

func newClientCertificate(t *testing.T) clientCertificate {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "client"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	cert := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	file := filepath.Join(t.TempDir(), "client.pem")
	both := cert + string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
	if err := os.WriteFile(file, []byte(both), 0o600); err != nil {
		t.Fatal(err)
	}
	return clientCertificate{cert, file}
}
