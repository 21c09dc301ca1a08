package flow

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// startSecure is a walk that awaits its callback on https.
func startSecure(t *testing.T, change func(*Config)) *waiting {
	t.Helper()
	return startWaiting(t, newProvider(t), func(c *Config) {
		c.RedirectURI = "https://localhost:0"
		if change != nil {
			change(c)
		}
	})
}

// pinned is a browser whose person compared the fingerprint and went on.
func pinned(t *testing.T, fingerprint string) *http.Client {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{
		InsecureSkipVerify: true,
		VerifyConnection: func(s tls.ConnectionState) error {
			if got := Fingerprint(s.PeerCertificates[0].Raw); got != fingerprint {
				t.Errorf("the certificate's fingerprint is %s, and %s was shown", got, fingerprint)
			}
			return nil
		},
	}}
	return &http.Client{Transport: transport}
}

func (x *waiting) fingerprint() string {
	x.t.Helper()
	value, ok := x.Transcript().Step(StepAuthorize).Value(CertificateValue)
	if !ok {
		x.t.Fatal("no fingerprint is recorded")
	}
	return value
}

func TestCallbackOnHTTPS(t *testing.T) {
	x := startSecure(t, nil)
	client := pinned(t, x.fingerprint())
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, x.at+"/?code=over-tls&state="+url.QueryEscape(x.state), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if err := x.end(); err != nil {
		t.Fatal(err)
	}
	step := x.Transcript().Step(StepCallback)
	if code, _ := step.Value("code"); code != "over-tls" {
		t.Errorf("code %q", code)
	}
	e := step.Exchanges[0]
	if !strings.HasPrefix(e.Request.URL, "https://localhost:") || e.TLS == nil || e.TLS.Version != "TLS 1.3" {
		t.Errorf("recorded as %s over %+v", e.Request.URL, e.TLS)
	}
}

func TestFingerprintIsKnownBeforeTheBrowserOpens(t *testing.T) {
	p := newProvider(t)
	c := p.config()
	c.RedirectURI = "https://127.0.0.1:0/cb"
	var seen string
	var w *Walk
	w = newWalk(t, c, Options{Browser: browserFunc(func(context.Context, string, func(Exchange)) error {
		seen, _ = w.Transcript().Step(StepAuthorize).Value(CertificateValue)
		return nil
	})})
	runTo(t, w, StepAuthorize)
	pending, _ := w.Pending()
	i := slices.IndexFunc(pending.Values, func(v Value) bool { return v.Name == CertificateValue })
	if i < 0 {
		t.Fatal("it is not among what is about to be sent")
	}
	runTo(t, w, StepCallback)
	if seen == "" || seen != pending.Values[i].Value {
		t.Errorf("shown %q, and %q when the browser opened", pending.Values[i].Value, seen)
	}
	if strings.Contains(pending.Request.URL, seen) {
		t.Error("it is sent to the provider")
	}
	if len(strings.Split(seen, ":")) != 32 {
		t.Errorf("%q are not 32 octets", seen)
	}
}

// Going back must not make the browser warn of a second certificate.
func TestOneWalkHasOneCertificate(t *testing.T) {
	p := newProvider(t)
	c := p.config()
	c.RedirectURI = "https://localhost:0"
	w := newWalk(t, c, Options{})
	runTo(t, w, StepCallback)
	first, _ := w.Transcript().Step(StepAuthorize).Value(CertificateValue)
	if err := w.Rewind(StepDiscovery); err != nil {
		t.Fatal(err)
	}
	runTo(t, w, StepCallback)
	if again, _ := w.Transcript().Step(StepAuthorize).Value(CertificateValue); again != first {
		t.Errorf("first %s, then %s", first, again)
	}
}

func TestBrowserThatRefusesTheCertificateIsRecordedOnceAndTheWaitGoesOn(t *testing.T) {
	x := startSecure(t, nil)
	strict := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for range 3 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, x.at+"/?code=never-sent", nil)
		if err != nil {
			t.Fatal(err)
		}
		if resp, err := strict.Do(req); err == nil {
			_ = resp.Body.Close()
			t.Fatal("a certificate that nobody vouches for was taken")
		}
	}
	if v := x.recorded(1); !slices.Equal(v, []Verdict{VerdictNoTrust}) {
		t.Errorf("verdicts %v", v)
	}
	select {
	case err := <-x.ended:
		t.Fatalf("the wait has ended: %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	if err := x.Paste(x.at + "/?code=pasted&state=" + url.QueryEscape(x.state)); err != nil {
		t.Fatal(err)
	}
	if err := x.end(); err != nil {
		t.Error(err)
	}
}

func TestHTTPSWithPasteMakesNoCertificate(t *testing.T) {
	w := newWalk(t, Config{
		ClientID: "c", RedirectURI: "https://localhost:8443", Paste: true,
		Provider: Provider{AuthorizationEndpoint: "https://idp.example/a", TokenEndpoint: "https://idp.example/t"},
	}, Options{})
	runTo(t, w, StepCallback)
	p, _ := w.Pending()
	if _, made := w.Transcript().Step(StepAuthorize).Value(CertificateValue); made || len(p.Listening) > 0 {
		t.Errorf("certificate %t, listening on %v", made, p.Listening)
	}
}

func TestLeafIsGoodForThisMachineAndNothingElse(t *testing.T) {
	now := time.Now()
	leaf, err := NewLeaf("pkcescope callback", now, callbackLife)
	if err != nil {
		t.Fatal(err)
	}
	c := leaf.Leaf
	if c.IsCA || !c.BasicConstraintsValid || c.KeyUsage&x509.KeyUsageCertSign != 0 {
		t.Error("it could sign other certificates")
	}
	if d := c.NotAfter.Sub(now); d > callbackLife || d < callbackLife/2 {
		t.Errorf("it ends in %s", d)
	}
	if !slices.Equal(c.DNSNames, []string{"localhost"}) {
		t.Errorf("it names %v", c.DNSNames)
	}
	if len(c.IPAddresses) != 2 || slices.ContainsFunc(c.IPAddresses, func(ip net.IP) bool { return !ip.IsLoopback() }) {
		t.Errorf("it names %v", c.IPAddresses)
	}
	if !slices.Equal(c.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}) {
		t.Errorf("it is for %v", c.ExtKeyUsage)
	}
}
