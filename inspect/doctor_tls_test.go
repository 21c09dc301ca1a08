package inspect_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"io"
	"log"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/lab"
	"github.com/pkcescope/pkcescope/inspect"
)

const tlsHost = "login.example.com"

// tlsProvider answers as the provider at tlsHost, with a certificate of a root
// that the transport trusts unless it says otherwise.
type tlsProvider struct {
	names    []string // in the certificate
	expires  time.Time
	stranger bool // its root is not trusted
	newest   uint16
	metadata map[string]any
}

// transport leads every host to the provider, as a name server might.
func (p tlsProvider) transport(t *testing.T) http.RoundTripper {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if p.expires.IsZero() {
		p.expires = time.Now().Add(time.Hour)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test root"}, NotBefore: p.expires.Add(-48 * time.Hour), NotAfter: p.expires,
		IsCA: true, BasicConstraintsValid: true, DNSNames: p.names, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	root, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		base := "https://" + r.Host
		switch r.URL.Path {
		case "/.well-known/openid-configuration":
			m := map[string]any{
				"issuer": base, "authorization_endpoint": base + "/authorize", "token_endpoint": base + "/token", "jwks_uri": base + "/keys",
				"response_types_supported": []string{"code"}, "code_challenge_methods_supported": []string{"S256"},
			}
			maps.Copy(m, p.metadata)
			_ = json.NewEncoder(w).Encode(m)
		default:
			http.NotFound(w, r)
		}
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MaxVersion: p.newest, MinVersion: tls.VersionTLS10}
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	if !p.stranger {
		roots.AddCert(root)
	}
	return &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, s.Listener.Addr().String())
		},
	}
}

func TestWhatIsWrongWithACertificateIsNamed(t *testing.T) {
	for name, row := range map[string]struct {
		provider tlsProvider
		line     string
		verdict  inspect.Verdict
		cause    string
		says     string
	}{
		"a good one":       {tlsProvider{names: []string{tlsHost}}, "tls", inspect.VerdictOK, "", "TLS 1.3 to " + tlsHost},
		"an older TLS":     {tlsProvider{names: []string{tlsHost}, newest: tls.VersionTLS12}, "tls", inspect.VerdictOK, "", "TLS 1.2"},
		"an expired one":   {tlsProvider{names: []string{tlsHost}, expires: time.Now().Add(-time.Hour)}, "discovery", inspect.VerdictFail, "tls-certificate-expired", "expired"},
		"another name's":   {tlsProvider{names: []string{"other.example.com"}}, "discovery", inspect.VerdictFail, "tls-hostname-mismatch", tlsHost},
		"a stranger's":     {tlsProvider{names: []string{tlsHost}, stranger: true}, "discovery", inspect.VerdictFail, "tls-untrusted-ca", "authority"},
		"an obsolete TLS":  {tlsProvider{names: []string{tlsHost}, newest: tls.VersionTLS11}, "discovery", inspect.VerdictFail, "", "obsolete"},
		"one not yet good": {tlsProvider{names: []string{tlsHost}, expires: time.Now().Add(100 * time.Hour)}, "discovery", inspect.VerdictFail, "clock-skew", "not valid yet"},
	} {
		t.Run(name, func(t *testing.T) {
			c := flow.Config{Issuer: "https://" + tlsHost, ClientID: "c", RedirectURI: "http://localhost", Scopes: []string{"openid"}}
			checkup := examine(t, c, lab.ExamineOptions{Transport: row.provider.transport(t), Probe: true})
			l := lineOf(checkup, row.line)
			if l.Verdict != row.verdict || l.Cause != row.cause || !strings.Contains(l.What+l.Why, row.says) {
				t.Errorf("%+v, want %s because of %q, saying %q; all: %+v", l, row.verdict, row.cause, row.says, checkup.Lines)
			}
			if row.verdict == inspect.VerdictFail && l.Try == "" {
				t.Errorf("it does not say what to try: %+v", l)
			}
		})
	}
}

func TestEndpointsOnUnexpectedHostsAreNamed(t *testing.T) {
	for name, row := range map[string]struct {
		issuer   string
		metadata map[string]any
		line     string
		verdict  inspect.Verdict
		says     string
	}{
		"a token endpoint elsewhere":         {"https://" + tlsHost, map[string]any{"token_endpoint": "https://evil.example/token"}, "endpoints", inspect.VerdictWarn, "evil.example"},
		"keys elsewhere":                     {"https://" + tlsHost, map[string]any{"jwks_uri": "https://cdn.example/keys"}, "endpoints", inspect.VerdictWarn, "cdn.example"},
		"Google's own other hosts":           {"https://accounts.google.com", map[string]any{"token_endpoint": "https://oauth2.googleapis.com/token", "jwks_uri": "https://www.googleapis.com/oauth2/v3/certs"}, "endpoints", inspect.VerdictOK, ""},
		"Graph's UserInfo at Entra":          {"https://login.microsoftonline.us/3f0c1d52-0000-4000-8000-00000000a001/v2.0", map[string]any{"issuer": "https://login.microsoftonline.us/3f0c1d52-0000-4000-8000-00000000a001/v2.0", "userinfo_endpoint": "https://graph.microsoft.us/oidc/userinfo"}, "endpoints", inspect.VerdictOK, ""},
		"a host that only ends like Entra's": {"https://" + tlsHost, map[string]any{"token_endpoint": "https://notlogin.example.com/token"}, "endpoints", inspect.VerdictWarn, "notlogin.example.com"},
		"an endpoint without TLS":            {"https://" + tlsHost, map[string]any{"token_endpoint": "http://" + tlsHost + "/token"}, "issuer", inspect.VerdictFail, "not protected by TLS"},
		"another issuer":                     {"https://" + tlsHost, map[string]any{"issuer": "https://evil.example"}, "issuer", inspect.VerdictFail, "evil.example"},
	} {
		t.Run(name, func(t *testing.T) {
			host := strings.Split(row.issuer, "/")[2]
			p := tlsProvider{names: []string{host}, metadata: row.metadata}
			c := flow.Config{Issuer: row.issuer, ClientID: "6731de76-14a6-49ae-97bc-6eba6914391e", RedirectURI: "http://localhost", Scopes: []string{"openid"}}
			checkup := examine(t, c, lab.ExamineOptions{Transport: anyPath{p.transport(t)}})
			if l := lineOf(checkup, row.line); l.Verdict != row.verdict || !strings.Contains(l.What+l.Why, row.says) {
				t.Errorf("%+v, want %s saying %q; all: %+v", l, row.verdict, row.says, checkup.Lines)
			}
		})
	}
}

// anyPath finds the metadata behind any issuer's path.
type anyPath struct{ http.RoundTripper }

func (a anyPath) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/.well-known/openid-configuration") {
		r = r.Clone(r.Context())
		r.URL.Path = "/.well-known/openid-configuration"
	}
	return a.RoundTripper.RoundTrip(r)
}

func TestAnIssuerWithoutTLSIsRefusedUnlessItIsThisMachine(t *testing.T) {
	for issuer, refused := range map[string]bool{
		"http://login.example.com/": true, "http://10.0.0.8/": true, "http://localhost.example.com/": true,
		"http://127.0.0.1:1/": false, "http://localhost:1/": false,
	} {
		c := flow.Config{Issuer: issuer, ClientID: "c", RedirectURI: "http://localhost"}
		checkup := examine(t, c, lab.ExamineOptions{})
		l := lineOf(checkup, "client")
		if got := strings.Contains(l.What, "not protected by TLS"); got != refused || checkup.Verdict != inspect.VerdictFail {
			t.Errorf("%s: refused %v, want %v: %+v", issuer, got, refused, checkup.Lines)
		}
	}
}
