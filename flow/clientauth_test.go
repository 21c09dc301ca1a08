package flow

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"software.sslmate.com/src/go-pkcs12"
)

// clientCert makes a certificate of key that is valid from two days ago until
// end.
func clientCert(t testing.TB, key crypto.Signer, end time.Time) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "client-1"},
		NotBefore: time.Now().Add(-time.Hour * 48), NotAfter: end,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func certPEM(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

func keyPEM(t testing.TB, key crypto.Signer) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// file writes data to a file of the test and returns its path.
func file(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func rsaKey(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func ecKey(t testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestAssertionProvesTheClientWithItsKey(t *testing.T) {
	tomorrow := time.Now().Add(24 * time.Hour)
	rsaOne, p256, p384 := rsaKey(t), ecKey(t, elliptic.P256()), ecKey(t, elliptic.P384())
	_, ed, _ := ed25519.GenerateKey(rand.Reader)
	cert := clientCert(t, rsaOne, tomorrow)
	pfx, err := pkcs12.Modern.Encode(rsaOne, cert, nil, "opens it")
	if err != nil {
		t.Fatal(err)
	}
	jwk, err := jose.JSONWebKey{Key: p256, KeyID: "k-1"}.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		credential Credential
		key        crypto.Signer
		algs       []string
		alg        jose.SignatureAlgorithm
		kid        string
		x5t        bool
	}{
		"an RSA key in PEM":                {Credential{KeyFile: file(t, "k.pem", keyPEM(t, rsaOne))}, rsaOne, nil, jose.RS256, "", false},
		"a provider that wants PS256":      {Credential{KeyFile: file(t, "k.pem", keyPEM(t, rsaOne))}, rsaOne, []string{"ES256", "PS256"}, jose.PS256, "", false},
		"a key and certificate in one PEM": {Credential{KeyFile: file(t, "k.pem", append(certPEM(cert), keyPEM(t, rsaOne)...))}, rsaOne, nil, jose.RS256, "", true},
		"a certificate in another file":    {Credential{KeyFile: file(t, "k.pem", keyPEM(t, rsaOne)), CertificateFile: file(t, "c.pem", certPEM(cert))}, rsaOne, nil, jose.RS256, "", true},
		"a PFX":                            {Credential{KeyFile: file(t, "k.pfx", pfx), Password: "opens it"}, rsaOne, nil, jose.RS256, "", true},
		"a JSON Web Key":                   {Credential{KeyFile: file(t, "k.json", jwk)}, p256, nil, jose.ES256, "k-1", false},
		"a key ID of one's own":            {Credential{KeyFile: file(t, "k.pem", keyPEM(t, p384)), KeyID: "mine"}, p384, nil, jose.ES384, "mine", false},
		"Ed25519":                          {Credential{KeyFile: file(t, "k.pem", keyPEM(t, ed))}, ed, nil, jose.EdDSA, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t)
			p.metadata = func(m map[string]any) { m["token_endpoint_auth_signing_alg_values_supported"] = row.algs }
			c := p.config()
			c.AuthMethod, c.Credential, c.Refresh = AuthKeyJWT, row.credential, true
			w := newWalk(t, c, Options{Browser: &player{}})
			runTo(t, w, StepToken)
			before, _ := w.Pending()
			seen, _ := Step{Values: before.Values}.Value("client_assertion")
			if err := w.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			form := p.forms[0]
			if form.Get("client_assertion") != seen {
				t.Error("the assertion that was seen is not the one that was sent")
			}
			if form.Has("client_secret") || form.Get("client_assertion_type") != assertionType || form.Get("client_id") != "client-1" {
				t.Errorf("form %v", form)
			}
			token, err := jwt.ParseSigned(form.Get("client_assertion"), []jose.SignatureAlgorithm{row.alg})
			if err != nil {
				t.Fatal(err)
			}
			var claims jwt.Claims
			if err := token.Claims(row.key.Public(), &claims); err != nil {
				t.Fatalf("the signature: %v", err)
			}
			if claims.Issuer != "client-1" || claims.Subject != "client-1" || !claims.Audience.Contains(p.URL+"/token") || claims.ID == "" {
				t.Errorf("claims %+v", claims)
			}
			if left := time.Until(claims.Expiry.Time()); left > 5*time.Minute || left < 0 {
				t.Errorf("good for %s", left)
			}
			h := token.Headers[0]
			if h.KeyID != row.kid {
				t.Errorf("kid %q, want %q", h.KeyID, row.kid)
			}
			sum := sha256.Sum256(cert.Raw)
			if got, want := h.ExtraHeaders["x5t#S256"], base64.RawURLEncoding.EncodeToString(sum[:]); row.x5t && got != want || !row.x5t && got != nil {
				t.Errorf("x5t#S256 %v", got)
			}
			if p.forms[1].Get("client_assertion") == seen {
				t.Error("the refresh request repeats the assertion, which works once")
			}
			masked, _ := json.Marshal(w.Transcript().Redacted())
			if strings.Contains(string(masked), seen) {
				t.Error("the assertion is not masked")
			}
		})
	}
}

func TestEntraIsShownPS256(t *testing.T) {
	c := Config{
		ClientID: "client-1", Issuer: "https://login.microsoftonline.com/common/v2.0", AuthMethod: AuthKeyJWT,
		Credential: Credential{KeyFile: file(t, "k.pem", keyPEM(t, rsaKey(t)))},
	}
	if err := c.checkAuth(time.Now()); err != nil {
		t.Fatal(err)
	}
	text, err := c.newAssertion(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := jwt.ParseSigned(text, []jose.SignatureAlgorithm{jose.PS256}); err != nil {
		t.Error(err)
	}
}

func TestAssertionWithTheSecretIsHS256(t *testing.T) {
	const secret = "a secret of no less than thirty-two octets"
	p := newProvider(t)
	p.token = func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, 200, map[string]any{"access_token": "a"}) }
	c := p.config()
	c.AuthMethod, c.ClientSecret = AuthSecretJWT, secret
	w := newWalk(t, c, Options{Browser: &player{}})
	if err := w.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	token, err := jwt.ParseSigned(p.forms[0].Get("client_assertion"), []jose.SignatureAlgorithm{jose.HS256})
	if err != nil {
		t.Fatal(err)
	}
	if err := token.Claims([]byte(secret), &jwt.Claims{}); err != nil {
		t.Error(err)
	}
	if p.forms[0].Has("client_secret") {
		t.Error("the secret itself was sent")
	}
}

func TestCredentialsThatCannotWorkAreRefusedBeforeTheSignIn(t *testing.T) {
	tomorrow := time.Now().Add(24 * time.Hour)
	key, other := ecKey(t, elliptic.P256()), ecKey(t, elliptic.P256())
	good := keyPEM(t, key)
	pfx, err := pkcs12.Modern.Encode(key, clientCert(t, key, tomorrow), nil, "opens it")
	if err != nil {
		t.Fatal(err)
	}
	with := func(more []byte) string { return file(t, "k.pem", append(append([]byte{}, good...), more...)) }
	for name, row := range map[string]struct {
		method     AuthMethod
		secret     string
		credential Credential
		words      string
	}{
		"no key":                         {AuthKeyJWT, "", Credential{}, "private key is missing"},
		"a file that is not there":       {AuthKeyJWT, "", Credential{KeyFile: filepath.Join(t.TempDir(), "no.pem")}, "cannot be read"},
		"something else":                 {AuthKeyJWT, "", Credential{KeyFile: file(t, "k", []byte("hello"))}, "neither PEM nor a PFX"},
		"a certificate alone":            {AuthKeyJWT, "", Credential{KeyFile: file(t, "k", certPEM(clientCert(t, key, tomorrow)))}, "no private key"},
		"an expired certificate":         {AuthKeyJWT, "", Credential{KeyFile: with(certPEM(clientCert(t, key, time.Now().Add(-time.Hour))))}, "has expired"},
		"a certificate of another key":   {AuthKeyJWT, "", Credential{KeyFile: with(certPEM(clientCert(t, other, tomorrow)))}, "not for this key"},
		"a PFX without its password":     {AuthKeyJWT, "", Credential{KeyFile: file(t, "k.pfx", pfx)}, "needs a password"},
		"a PFX with a wrong password":    {AuthKeyJWT, "", Credential{KeyFile: file(t, "k.pfx", pfx), Password: "no"}, "does not open"},
		"an encrypted key":               {AuthKeyJWT, "", Credential{KeyFile: file(t, "k", []byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"))}, "is encrypted"},
		"TLS without a certificate":      {AuthTLS, "", Credential{KeyFile: file(t, "k", good)}, "certificate is missing"},
		"client_secret_jwt, no secret":   {AuthSecretJWT, "", Credential{}, "secret is missing"},
		"client_secret_basic, no secret": {AuthBasic, "", Credential{}, "secret is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			c := Config{ClientID: "c", Issuer: "https://issuer.example", AuthMethod: row.method, ClientSecret: row.secret, Credential: row.credential}
			_, err := New(c, Options{})
			var e *Error
			if !errors.As(err, &e) || e.Kind != KindRefused || !strings.Contains(e.What, row.words) || e.Try == "" {
				t.Errorf("%#v, want a refusal that says %q", err, row.words)
			}
		})
	}
}

func TestCertificateOfTomorrowIsRefusedBeforeTheSignIn(t *testing.T) {
	key := rsaKey(t)
	c := Credential{KeyFile: file(t, "k.pem", append(certPEM(clientCert(t, key, time.Now().Add(time.Hour))), keyPEM(t, key)...))}
	if err := c.load(time.Now().Add(-72 * time.Hour)); err == nil || !strings.Contains(err.Error(), "not valid yet") {
		t.Errorf("load = %v on the day before", err)
	}
}

func TestCertificateIsShownInTheHandshake(t *testing.T) {
	key := ecKey(t, elliptic.P256())
	cert := clientCert(t, key, time.Now().Add(time.Hour))
	var shown []*x509.Certificate
	var form string
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown = r.TLS.PeerCertificates
		_ = r.ParseForm()
		form = r.PostForm.Encode()
		writeJSON(w, 200, map[string]any{"access_token": "a", "refresh_token": "r"})
	}))
	server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	server.Config.ErrorLog = quiet
	server.StartTLS()
	t.Cleanup(server.Close)

	p := newProvider(t)
	p.metadata = func(m map[string]any) {
		m["mtls_endpoint_aliases"] = map[string]any{"token_endpoint": server.URL + "/mtls/token", "odd": 1}
	}
	c := p.config()
	c.AuthMethod, c.Refresh = AuthSelfSignedTLS, true
	c.Credential.KeyFile = file(t, "k.pem", append(certPEM(cert), keyPEM(t, key)...))
	w := newWalk(t, c, Options{Browser: &player{}, Transport: server.Client().Transport})
	if err := w.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(shown) != 1 || !shown[0].Equal(cert) {
		t.Fatalf("shown: %v", shown)
	}
	if !strings.Contains(form, "client_id=client-1") {
		t.Errorf("%s: the client does not say who it is (RFC 8705 section 2)", form)
	}
	if got := w.Transcript().Step(StepToken).Exchanges[0].Request.URL; !strings.HasPrefix(got, server.URL+"/mtls/token") {
		t.Errorf("sent to %s, not to the endpoint for certificates", got)
	}
	sum := sha256.Sum256(cert.Raw)
	want := base64.RawURLEncoding.EncodeToString(sum[:])
	for _, id := range []StepID{StepToken, StepRefresh} { // one connection for both
		s := w.Transcript().Step(id)
		if x := s.Exchanges[0]; x.TLS == nil || x.TLS.ClientCertificate != want {
			t.Errorf("%s: %+v, want the certificate %s to be recorded as shown", id, x.TLS, want)
		}
		if got, _ := s.Value(ClientCertificateValue); got != want {
			t.Errorf("%s: the fingerprint before the request is sent is %q, want %q", id, got, want)
		}
	}
}

// A server that never asks for the certificate cannot know the client by it,
// which a person can only see here.
func TestCertificateThatWasNotAskedForIsNotRecordedAsShown(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, 200, map[string]any{"access_token": "a"})
	}))
	defer server.Close()
	key := ecKey(t, elliptic.P256())
	p := newProvider(t)
	p.metadata = func(m map[string]any) { m["token_endpoint"] = server.URL + "/token" }
	c := p.config()
	c.AuthMethod = AuthTLS
	c.Credential.KeyFile = file(t, "k.pem", append(certPEM(clientCert(t, key, time.Now().Add(time.Hour))), keyPEM(t, key)...))
	w := newWalk(t, c, Options{Browser: &player{}, Transport: server.Client().Transport})
	if err := w.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if x := w.Transcript().Step(StepToken).Exchanges[0]; x.TLS == nil || x.TLS.ClientCertificate != "" {
		t.Errorf("%+v, want no certificate to be shown", x.TLS)
	}
}
