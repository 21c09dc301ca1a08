// Package clients runs Microsoft's own libraries, unchanged, against the
// practice tenant of the built binary, over TLS with its certificate trusted.
// A connection to anything but this machine fails the test.
package clients

import (
	"bufio"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"html"
	"io"
	"math/big"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// tenant is a running "pkcescope practice --tls --json".
type tenant struct {
	Issuer        string         `json:"issuer"`
	Authorize     string         `json:"authorize"`
	Certificate   string         `json:"certificate"` // path
	Registrations []registration `json:"registrations"`
	Accounts      []struct {
		Username string `json:"username"`
		Password string `json:"password"`
	} `json:"accounts"`

	dir    string
	base   string // https://localhost:PORT
	client *http.Client
	// discovered counts the instance discoveries.
	discovered atomic.Int32
	key        *rsa.PrivateKey // of the web app's client certificate
	cert       *x509.Certificate
}

type registration struct {
	Name         string   `json:"name"`
	ClientID     string   `json:"client_id"`
	Platform     string   `json:"platform"`
	RedirectURIs []string `json:"redirect_uris"`
	Secret       *string  `json:"secret"`
}

// The apps of the registrations file.
const (
	native = iota
	web
	spa
)

const pageURL = "http://localhost:8402/"

// serve starts the tenant, with a web app that has a certificate.
func serve(t *testing.T) *tenant {
	t.Helper()
	return serveWith(t, "--tls")
}

// serveWith starts the tenant with those flags.
func serveWith(t *testing.T, flags ...string) *tenant {
	t.Helper()
	s := &tenant{dir: t.TempDir()}
	s.makeCertificate(t)
	file := filepath.Join(s.dir, "registrations.json")
	apps := map[string]any{"registrations": []map[string]any{
		{
			"name": "Desktop", "client_id": "6a0f5d3e-1b7c-4f82-9e64-d0c5a8b2f719", "supported_accounts": "AzureADMyOrg",
			"native": []string{"http://localhost", "https://localhost/never-listened-to"}, "allow_public_client_flows": true,
		},
		{
			"name": "Server", "client_id": "c48e2b90-7f5a-4d13-8a6b-e1f7093d5c26", "supported_accounts": "AzureADMyOrg",
			"web":          []string{"https://localhost/never-listened-to"},
			"secrets":      []map[string]string{{"id": "0d9b6f41-e2c3-4a78-b5d0-f8a1c7e39264", "value": "Prac~CI.tice-5ecret_For-The-Libraries_r2", "expires": "2099-12-31T00:00:00Z"}},
			"certificates": []map[string]string{{"pem": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.cert.Raw}))}},
		},
		{"name": "Page", "client_id": "9b3d7e05-c6a1-4f48-82d9-a5e0f4c81b37", "supported_accounts": "AzureADMyOrg", "spa": []string{pageURL}},
	}}
	text, err := json.Marshal(apps)
	must(t, err)
	must(t, os.WriteFile(file, text, 0o600))

	binary := os.Getenv("PKCESCOPE_BINARY")
	if binary == "" {
		t.Fatal("PKCESCOPE_BINARY does not say where the built program is")
	}
	cmd := exec.CommandContext(t.Context(), binary, append([]string{"practice", "--json", "--registrations", file}, flags...)...)
	cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+s.dir, "HOME="+s.dir)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	log, err := os.Create(filepath.Join(s.dir, "requests.log"))
	must(t, err)
	cmd.Stderr = log
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Logf("requests:\n%s", text)
		}
	})
	line, err := bufio.NewReader(out).ReadBytes('\n')
	must(t, err)
	must(t, json.Unmarshal(line, s))
	u, err := url.Parse(s.Issuer)
	must(t, err)
	s.base = u.Scheme + "://" + u.Host

	pool := x509.NewCertPool()
	if s.Certificate != "" {
		trusted, err := os.ReadFile(s.Certificate)
		must(t, err)
		if !pool.AppendCertsFromPEM(trusted) {
			t.Fatal("no certificate in", s.Certificate)
		}
	}
	jar, err := cookiejar.New(nil)
	must(t, err)
	s.client = &http.Client{
		Jar: jar,
		Transport: loopbackOnly{
			next: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}},
			base: u, left: func(to string) { t.Errorf("a connection that leaves this machine: %s", to) }, discovered: &s.discovered,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// makeCertificate makes the web app's client certificate.
func (s *tenant) makeCertificate(t *testing.T) {
	t.Helper()
	var err error
	s.key, err = rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Server"},
		NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, s.key.Public(), s.key)
	must(t, err)
	s.cert, err = x509.ParseCertificate(der)
	must(t, err)
	key, err := x509.MarshalPKCS8PrivateKey(s.key)
	must(t, err)
	must(t, os.WriteFile(s.keyFile(), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), 0o600))
	must(t, os.WriteFile(s.certificateFile(), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
}

// keyFile and certificateFile are the web app's, in PEM.
func (s *tenant) keyFile() string         { return filepath.Join(s.dir, "client-key.pem") }
func (s *tenant) certificateFile() string { return filepath.Join(s.dir, "client-certificate.pem") }

// authority is the home tenant's address, as MSAL wants it.
func (s *tenant) authority() string { return strings.TrimSuffix(s.Issuer, "/v2.0") }

// Where the libraries ask whether they can trust an authority that they do not
// know by name.
const (
	discoveryHost = "login.microsoftonline.com"
	discoveryPath = "/common/discovery/instance"
)

// loopbackOnly has the tenant answer instance discovery, whose address the
// libraries have built in, and calls left when a library talks to anybody else.
type loopbackOnly struct {
	next       http.RoundTripper
	base       *url.URL // the tenant's
	left       func(to string)
	discovered *atomic.Int32
}

func (l loopbackOnly) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host == discoveryHost && r.URL.Path == discoveryPath {
		l.discovered.Add(1)
		r = r.Clone(r.Context())
		r.URL.Scheme, r.URL.Host, r.Host = l.base.Scheme, l.base.Host, ""
	}
	if h := r.URL.Hostname(); h != "localhost" && h != "127.0.0.1" {
		l.left(r.URL.String())
		return nil, fmt.Errorf("%s is not this machine", r.URL.Host)
	}
	return l.next.RoundTrip(r)
}

// checkDiscovered fails the test if the library took the authority on trust.
func (s *tenant) checkDiscovered(t *testing.T) {
	t.Helper()
	if s.discovered.Load() == 0 {
		t.Error("the library made no instance discovery")
	}
}

var (
	formPattern   = regexp.MustCompile(`(?s)<form[^>]*action="([^"]*)".*?</form>`)
	inputPattern  = regexp.MustCompile(`<input[^>]*name="([^"]*)"(?:[^>]*value="([^"]*)")?`)
	buttonPattern = regexp.MustCompile(`<button[^>]*name="([^"]*)" value="([^"]*)"`)
)

// signIn plays the person and the browser: it goes to an address, fills in each
// page's one form and presses its first button, until it is sent away or there
// is no form left. It returns where it was sent, or the last page.
func (s *tenant) signIn(t *testing.T, address, userCode string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	must(t, err)
	for range 8 {
		res, err := s.client.Do(req)
		must(t, err)
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		must(t, err)
		if to := res.Header.Get("Location"); to != "" {
			return to
		}
		form := formPattern.FindSubmatch(body)
		if form == nil {
			return string(body)
		}
		v := url.Values{}
		for _, m := range inputPattern.FindAllSubmatch(form[0], -1) {
			v.Set(string(m[1]), html.UnescapeString(string(m[2])))
		}
		if m := buttonPattern.FindSubmatch(form[0]); m != nil {
			v.Set(string(m[1]), string(m[2]))
		}
		if v.Has("loginfmt") {
			v.Set("loginfmt", s.Accounts[0].Username)
			v.Set("passwd", s.Accounts[0].Password)
		}
		if v.Has("otc") {
			v.Set("otc", userCode)
		}
		req, err = http.NewRequestWithContext(t.Context(), http.MethodPost, s.base+html.UnescapeString(string(form[1])), strings.NewReader(v.Encode()))
		must(t, err)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	t.Fatal("the sign-in does not come to an end")
	return ""
}

// code signs in at an authorize URL and returns the code.
func (s *tenant) code(t *testing.T, authorizeURL string) string {
	t.Helper()
	to := s.signIn(t, authorizeURL, "")
	u, err := url.Parse(to)
	must(t, err)
	code := u.Query().Get("code")
	if code == "" {
		t.Fatalf("no code came back: %s", to)
	}
	return code
}
