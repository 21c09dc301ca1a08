package practice

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestHTTPSWithALeafOfItsOwn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tls")
	s := start(t, Options{TLS: true, TLSDir: dir})
	if !strings.HasPrefix(s.URL, "https://localhost:") {
		t.Errorf("URL = %s", s.URL)
	}
	block, _ := pem.Decode(s.Certificate())
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if cert.IsCA || !cert.BasicConstraintsValid || cert.NotAfter.Sub(cert.NotBefore) > certificateLifetime ||
		!slices.Equal(cert.DNSNames, []string{"localhost"}) || len(cert.IPAddresses) != 2 || cert.KeyUsage&x509.KeyUsageCertSign != 0 {
		t.Errorf("certificate = %+v", cert)
	}
	info, err := os.Stat(filepath.Join(dir, keyFile))
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the key's mode is %v", info.Mode())
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Issuer()+"/.well-known/openid-configuration", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	again := start(t, Options{TLS: true, TLSDir: dir})
	if string(again.Certificate()) != string(s.Certificate()) {
		t.Error("the next start has another certificate")
	}
	// A key that others could read is not used again.
	if runtime.GOOS == "windows" {
		return
	}
	if err := os.Chmod(filepath.Join(dir, keyFile), 0o644); err != nil {
		t.Fatal(err)
	}
	third := start(t, Options{TLS: true, TLSDir: dir})
	if info, err = os.Stat(filepath.Join(dir, keyFile)); err != nil || info.Mode().Perm() != 0o600 ||
		string(third.Certificate()) == string(s.Certificate()) {
		t.Errorf("a readable key is kept: %v, %v", info.Mode(), err)
	}
}
