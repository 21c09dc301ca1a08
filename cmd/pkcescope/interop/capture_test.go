//go:build interop

package interop

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/pkcescope/pkcescope/flow/practice"
)

// testCaptures has a real browser sign in and its recording opened: among much
// else that goes on in it, the flow is found, and what is wrong with it too.
func testCaptures(t *testing.T, issuer string) {
	t.Run("a recording of oidc-provider, whose token request no browser sees", func(t *testing.T) {
		b := newBrowser(t)
		recording := record(t, b)
		beBusy(t, b)
		r := start(t, b, "--issuer", issuer, "--client-id", "native", "--redirect-uri", "http://127.0.0.1/callback")
		signIn(t, b, b.wanted(t))
		b.ends(t, "close this window")
		r.finish(t, 0, "ok")
		beBusy(t, b)
		file, requests := recording.save(t)
		if requests < 2*pictures {
			t.Fatalf("only %d requests were recorded: it was not busy", requests)
		}
		d := opened(t, file)
		for id, want := range map[string]string{"verifier": "unseen", "challenge": "ok", "authorize": "ok", "callback": "ok", "token": "unseen"} {
			if got := d.step(id).Status; got != want {
				t.Errorf("step %s = %s, want %s", id, got, want)
			}
		}
		if !d.found("capture-no-token-request") {
			t.Error("no finding says why the token request is missing")
		}
		if n := len(d.step("authorize").Exchanges); n < 4 {
			t.Errorf("the authorize step has %d exchanges, want the request and the pages of the sign-in", n)
		}
		for _, s := range d.Steps {
			for _, x := range s.Exchanges {
				if strings.Contains(x.Request.URL, "/picture/") {
					t.Errorf("the step %s has an unrelated request: %s", s.ID, x.Request.URL)
				}
			}
		}
	})

	t.Run("a recording of MSAL.js at the practice tenant", func(t *testing.T) {
		p := startPage(t, func(r *practice.Registration, page string) { r.SPA = []string{page} })
		recording := record(t, p.browser)
		beBusy(t, p.browser)
		if title := p.signIn(t); !strings.HasPrefix(title, "done: ") {
			t.Fatalf("the page says: %s", title)
		}
		file, _ := recording.save(t)
		// The library does not verify the signature and so fetches no keys;
		// they are handed over.
		d := opened(t, file, "--jwks", p.keys(t))
		if d.Outcome != "ok" {
			t.Errorf("outcome = %s, want ok", d.Outcome)
		}
		d.checksPass(t)
		for _, c := range opened(t, file).step("token").Tokens[0].Checks {
			if c.ID == "signature" && c.Result != "unknown" {
				t.Errorf("without keys the signature is said to be: %s", c.Result)
			}
		}
		for _, id := range []string{"discovery", "verifier", "challenge", "authorize", "callback", "token", "refresh"} {
			if got := d.step(id).Status; got != "ok" {
				t.Errorf("step %s = %s, want ok", id, got)
			}
		}
		if d.step("verifier").value("code_verifier") == "" {
			t.Error("the verifier was not read off the token request")
		}
	})

	t.Run("a recording of MSAL.js whose redirect URI is registered for a server", func(t *testing.T) {
		p := startPage(t, func(r *practice.Registration, page string) { r.Web = []string{page} })
		recording := record(t, p.browser)
		beBusy(t, p.browser)
		if title := p.signIn(t); !strings.HasPrefix(title, "failed: ") {
			t.Fatalf("the page says: %s", title)
		}
		file, _ := recording.save(t)
		d := opened(t, file)
		token := d.step("token")
		if d.Outcome != "failed" || token.Status != "failed" {
			t.Errorf("outcome = %s, token = %s, want both failed", d.Outcome, token.Status)
		}
		if !d.found("aadsts9002326") || !strings.Contains(fmt.Sprint(token.Findings), "single-page") {
			t.Errorf("the cause was not found: %+v", token.Findings)
		}
	})
}

// keys writes the tenant's keys to a file.
func (p *page) keys(t *testing.T) string {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(p.tenant.Certificate())
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}}
	response, err := client.Get(strings.TrimSuffix(p.tenant.Issuer(), "/v2.0") + "/discovery/v2.0/keys")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// opened is what open --json says of a file.
func opened(t *testing.T, file string, more ...string) document {
	t.Helper()
	out, err := exec.Command(required(t, "PKCESCOPE_BINARY"), append([]string{"open", file, "--json"}, more...)...).Output()
	if err != nil {
		list, _ := exec.Command(required(t, "PKCESCOPE_BINARY"), "open", file, "--list").CombinedOutput()
		t.Fatalf("%v\n%s", err, list)
	}
	var d document
	if err := json.Unmarshal(out, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// pictures is how many requests a busy page makes, twice.
const pictures = 150

// beBusy has the browser load a page that has nothing to do with any of it.
func beBusy(t *testing.T, b *browser) {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `<!doctype html><title>busy</title><script>
			(async () => {
				const all = []
				for (let i = 0; i < %d; i++) {
					const picture = new Image()
					all.push(new Promise(done => { picture.onload = picture.onerror = done }))
					picture.src = '/picture/' + i + '?code=GB&state=open&client_id=' + i
					all.push(fetch('/api/items?error=none&token=' + i, {method: i %% 2 ? 'POST' : 'GET', body: i %% 2 ? JSON.stringify({state: 'x', code: i}) : undefined}).then(r => r.json()))
				}
				await Promise.all(all)
				document.body.append('all is loaded')
			})()
		</script><body>`, pictures)
	})
	mux.HandleFunc("/picture/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		_, _ = w.Write([]byte("\x89PNG\r\n\x1a\nno picture"))
	})
	mux.HandleFunc("/api/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"items":[{"access_token_count":1,"error":"none","state":"GB"}]}`)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	b.do(t, chromedp.Navigate(server.URL))
	b.ends(t, "all is loaded")
}

// page is a single-page app with Microsoft's library, and the practice tenant
// that it signs in at.
type page struct {
	browser *browser
	tenant  *practice.Server
	url     string
}

// startPage serves the page of .ci/clients, registered as register says.
func startPage(t *testing.T, register func(r *practice.Registration, page string)) *page {
	t.Helper()
	clients := required(t, "PKCESCOPE_CLIENTS")
	tenant, err := practice.Start(practice.Options{TLS: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tenant.Close() })
	const clientID = "9b3d7e05-c6a1-4f48-82d9-a5e0f4c81b37"
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, filepath.Join(clients, "page.html"))
	})
	mux.HandleFunc("GET /msal-browser.min.js", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, filepath.Join(clients, "node_modules/@azure/msal-browser/lib/msal-browser.min.js"))
	})
	mux.HandleFunc("GET /practice.json", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]string{"clientID": clientID, "authority": strings.TrimSuffix(tenant.Issuer(), "/v2.0")})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	p := &page{tenant: tenant, url: strings.Replace(server.URL, "127.0.0.1", "localhost", 1) + "/"}
	r := practice.Registration{Name: "Page", ClientID: clientID, SupportedAccounts: "AzureADMyOrg"}
	register(&r, p.url)
	if err := tenant.Register(r); err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(tenant.Certificate())
	if block == nil {
		t.Fatal("the tenant has no certificate")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	key := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
	p.browser = newBrowser(t, chromedp.Flag("ignore-certificate-errors-spki-list", base64.StdEncoding.EncodeToString(key[:])))
	return p
}

// signIn opens the page and plays the person, until the page says how it ended.
func (p *page) signIn(t *testing.T) (title string) {
	t.Helper()
	p.browser.do(t, chromedp.Navigate(p.url))
	account, err := json.Marshal(p.tenant.Accounts()[0])
	if err != nil {
		t.Fatal(err)
	}
	person := `(() => {
		const account = ` + string(account) + `, form = document.querySelector('form')
		if (location.protocol === 'https:' && document.readyState === 'complete' && form && Date.now() > (window.pressed || 0) + 3000) {
			for (const input of form.elements) {
				if (input.name === 'loginfmt') input.value = account.username
				if (input.name === 'passwd') input.value = account.password
			}
			window.pressed = Date.now()
			form.querySelector('button').click()
		}
		return document.title
	})()`
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		// Between two pages there is nothing to evaluate.
		title, _ = chromedp.Run(p.browser.ctx, chromedp.Evaluate[string](person))
		if strings.HasPrefix(title, "done: ") || strings.HasPrefix(title, "failed: ") {
			return title
		}
	}
	t.Fatalf("no end in sight; the title is %q\n%s", title, p.browser.page())
	return ""
}
