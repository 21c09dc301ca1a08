package flow

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

type failingTransport struct{ err error }

func (f failingTransport) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

// certificate makes a self-signed one, and returns a pool that trusts it.
func certificate(t *testing.T, host string, until time.Time) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: until, IsCA: true, BasicConstraintsValid: true,
	}
	if ip := net.ParseIP(host); ip != nil {
		template.DNSNames, template.IPAddresses = nil, []net.IP{ip}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, _ := x509.ParseCertificate(der)
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func TestBrokenConnectionsAreToldApart(t *testing.T) {
	secure := func(host string, until time.Time, trust bool) func(*testing.T) (string, http.RoundTripper) {
		return func(t *testing.T) (string, http.RoundTripper) {
			cert, pool := certificate(t, host, until)
			s := httptest.NewUnstartedServer(http.NotFoundHandler())
			s.Config.ErrorLog = quiet
			s.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
			s.StartTLS()
			t.Cleanup(s.Close)
			if !trust {
				pool = x509.NewCertPool()
			}
			return s.URL, &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
		}
	}
	raw := func(answer string) func(*testing.T) (string, http.RoundTripper) {
		return func(t *testing.T) (string, http.RoundTripper) {
			s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
				connection, _, err := rw.(http.Hijacker).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				defer connection.Close()
				_, _ = connection.Write([]byte(answer))
			}))
			t.Cleanup(s.Close)
			return s.URL, nil
		}
	}
	tomorrow := time.Now().Add(24 * time.Hour)
	for name, row := range map[string]struct {
		start func(*testing.T) (string, http.RoundTripper)
		words string
	}{
		"unknown host": {func(*testing.T) (string, http.RoundTripper) {
			return "https://no-such.example", failingTransport{&net.DNSError{Name: "no-such.example", IsNotFound: true}}
		}, "The name no-such.example could not be found"},
		"connection refused": {func(*testing.T) (string, http.RoundTripper) {
			s := httptest.NewServer(nil)
			s.Close()
			return s.URL, nil
		}, "Nothing answers at 127.0.0.1"},
		"unknown authority":   {secure("127.0.0.1", tomorrow, false), "not issued by an authority that this machine trusts"},
		"certificate too old": {secure("127.0.0.1", time.Now().Add(-time.Hour), true), "out of date"},
		"another host's":      {secure("other.example", tomorrow, true), "not for 127.0.0.1"},
		"a client certificate is wanted": {func(t *testing.T) (string, http.RoundTripper) {
			s := httptest.NewUnstartedServer(http.NotFoundHandler())
			s.Config.ErrorLog = quiet
			s.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
			s.StartTLS()
			t.Cleanup(s.Close)
			return s.URL, s.Client().Transport
		}, "over the client's certificate"},
		"http spoken to https": {func(t *testing.T) (string, http.RoundTripper) {
			s := httptest.NewServer(http.NotFoundHandler())
			t.Cleanup(s.Close)
			return strings.Replace(s.URL, "http:", "https:", 1), nil
		}, "does not speak TLS"},
		"proxy that is not there": {func(*testing.T) (string, http.RoundTripper) {
			return "https://idp.example", failingTransport{&net.OpError{Op: "proxyconnect", Net: "tcp", Err: errors.New("refused")}}
		}, "proxy"},
		"another protocol":       {raw("SSH-2.0-OpenSSH_9.2\r\n\r\n"), "cannot be read as HTTP"},
		"a negative length":      {raw("HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\n{}"), "cannot be read as HTTP"},
		"chunks that do not fit": {raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}"), "broke off"},
		"headers without end":    {raw("HTTP/1.1 200 OK\r\nX-Long: " + strings.Repeat("a", 11<<20)), "cannot be read as HTTP"},
		"closed without an answer": {func(t *testing.T) (string, http.RoundTripper) {
			s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
			t.Cleanup(s.Close)
			return s.URL, nil
		}, "without an answer"},
	} {
		t.Run(name, func(t *testing.T) {
			issuer, transport := row.start(t)
			w := newWalk(t, Config{ClientID: "c", Issuer: issuer, RedirectURI: "app://cb"}, Options{Transport: transport})
			err := w.Next(t.Context())
			var e *Error
			if !errors.As(err, &e) || e.Kind != KindTransport {
				t.Fatalf("error %#v, want kind transport", err)
			}
			if !strings.Contains(e.What, row.words) || e.Why == "" || e.Try == "" {
				t.Errorf("what %q, why %q, try %q; want %q in it", e.What, e.Why, e.Try, row.words)
			}
			withoutJargon(t, e)
			if x := w.Transcript().Step(StepDiscovery).Exchanges; len(x) != 1 || x[0].Error == nil {
				t.Errorf("exchanges %+v, want the one that failed", x)
			}
		})
	}
}

func TestTLSFactsAreRecorded(t *testing.T) {
	s := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(s.Close)
	w := newWalk(t, Config{ClientID: "c", Issuer: s.URL, RedirectURI: "app://cb"}, Options{Transport: s.Client().Transport})
	_ = w.Next(t.Context())
	x := w.Transcript().Step(StepDiscovery).Exchanges[0]
	if x.TLS == nil || x.TLS.Version != "TLS 1.3" || x.TLS.Cipher == "" || x.TLS.Issuer == "" {
		t.Errorf("TLS %+v", x.TLS)
	}
	if x.Timing.TLS <= 0 {
		t.Errorf("timing %+v", x.Timing)
	}
}

func TestProxyThatLetsNothingThroughIsNamed(t *testing.T) {
	for status, says := range map[int]string{
		http.StatusProxyAuthRequired: "wants to know who asks",
		http.StatusForbidden:         "did not let the connection to idp.example through",
		http.StatusBadGateway:        "did not let the connection to idp.example through",
	} {
		proxy := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(status) }))
		t.Cleanup(proxy.Close)
		at, err := url.Parse(proxy.URL)
		if err != nil {
			t.Fatal(err)
		}
		w := newWalk(t, Config{ClientID: "c", Issuer: "https://idp.example"}, Options{Transport: &http.Transport{Proxy: http.ProxyURL(at)}})
		var e *Error
		if err := w.Next(t.Context()); !errors.As(err, &e) || e.Kind != KindTransport || !strings.Contains(e.What, says) ||
			!strings.Contains(e.Why, strconv.Itoa(status)) || !strings.Contains(e.Try, "NO_PROXY") {
			t.Errorf("status %d: error %v", status, err)
		}
	}
}

func TestPasswordOfAProxyIsInNoMessage(t *testing.T) {
	at, err := url.Parse("http://alex:hunter22@proxy.example:3128")
	if err != nil {
		t.Fatal(err)
	}
	if got := unnamed(*at); got != "http://proxy.example:3128" || at.User == nil {
		t.Errorf("the proxy is called %q", got)
	}
}

// That the proxy's name is not found must not read as if the provider's was not.
func TestProxyWhoseNameIsNotFoundIsNotTakenForTheProvider(t *testing.T) {
	err := &net.OpError{Op: "proxyconnect", Net: "tcp", Err: &net.DNSError{Name: "proxy.invalid", IsNotFound: true}}
	e := transportError(err, &url.URL{Scheme: "https", Host: "idp.example"}, nil)
	if !strings.HasPrefix(e.What, "The proxy") || !strings.Contains(e.Try, "HTTPS_PROXY") {
		t.Errorf("it says %+v", e)
	}
}
