package clients

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// TestMSALBrowser has a single-page app sign in and refresh in a real browser:
// its token requests are cross-origin, so they need the tenant's Origin rule
// and CORS headers.
func TestMSALBrowser(t *testing.T) {
	s := serve(t)
	s.signsInThere(t, s.servePage(t, "page.html"))
}

// TestFormPostPostsItself has a response come by form_post: the page's own
// policy lets its script run, and lets the form go to the app.
func TestFormPostPostsItself(t *testing.T) {
	s := serve(t)
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		title := "failed: " + r.Method + " " + r.FormValue("error_description")
		if r.Method == http.MethodPost && r.PostFormValue("code") != "" && r.PostFormValue("state") == "af0ifjsldkj" {
			title = "done: " + s.Accounts[0].Username
		}
		_, _ = fmt.Fprintf(w, "<!doctype html><title>%s</title><link rel=icon href=data:,>", title)
	}))
	t.Cleanup(app.Close)
	ask := url.Values{
		"client_id": {s.Registrations[native].ClientID}, "response_type": {"code"}, "response_mode": {"form_post"},
		"redirect_uri": {strings.Replace(app.URL, "127.0.0.1", "localhost", 1)}, "state": {"af0ifjsldkj"}, "scope": {"openid User.Read"},
	}
	s.signsInThere(t, s.Authorize+"?"+ask.Encode())
}

// signsInThere opens a page that begins a sign-in, plays the person, and waits
// for the page's title to say that it is done.
func (s *tenant) signsInThere(t *testing.T, page string) {
	t.Helper()
	ctx := startBrowser(t, s)
	watch(t, ctx, func(to string) { t.Errorf("a connection that leaves this machine: %s", to) })
	must(t, chromedp.Do(ctx, chromedp.Navigate(page)))

	account, err := json.Marshal(s.Accounts[0])
	must(t, err)
	// The person: fills in each of the tenant's pages and presses its first
	// button, once. The page that carries a response posts itself.
	person := `(() => {
		const account = ` + string(account) + `, form = document.querySelector('form')
		if (location.origin === ` + quote(s.base) + ` && form && !window.pressed && !document.title.startsWith('Working')) {
			for (const input of form.elements) {
				if (input.name === 'loginfmt') input.value = account.username
				if (input.name === 'passwd') input.value = account.password
			}
			window.pressed = true
			form.querySelector('button').click()
		}
		return document.title
	})()`
	title := ""
	for !strings.HasPrefix(title, "done: ") {
		if strings.HasPrefix(title, "failed: ") {
			t.Fatal(title)
		}
		select {
		case <-ctx.Done():
			t.Fatalf("no end in sight; the title is %q", title)
		case <-time.After(100 * time.Millisecond):
		}
		// Between two pages there is nothing to evaluate.
		title, _ = chromedp.Run(ctx, chromedp.Evaluate[string](person))
	}
	if title != "done: "+s.Accounts[0].Username {
		t.Error(title)
	}
}

// watch calls left with each address outside this machine that the browser
// asks for.
func watch(t *testing.T, ctx context.Context, left func(to string)) {
	t.Helper()
	must(t, chromedp.Listen(ctx, func(event any) {
		if sent, ok := event.(*network.EventRequestWillBeSent); ok {
			if u, err := url.Parse(sent.Request.URL); err == nil && strings.HasPrefix(u.Scheme, "http") && u.Hostname() != "localhost" {
				left(sent.Request.URL)
			}
		}
	}))
}

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

// servePage serves an app, a file, at http://localhost and returns its address.
// The port is another than the registered one, which does not matter.
func (s *tenant) servePage(t *testing.T, file string) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, file) })
	mux.HandleFunc("GET /msal-browser.min.js", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, "node_modules/@azure/msal-browser/lib/msal-browser.min.js")
	})
	mux.HandleFunc("GET /practice.json", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]string{"clientID": s.Registrations[spa].ClientID, "authority": s.authority()})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return strings.Replace(server.URL, "127.0.0.1", "localhost", 1) + "/"
}

// startBrowser starts a headless browser that knows the tenant's certificate
// and can reach nobody else.
func startBrowser(t *testing.T, s *tenant) context.Context {
	t.Helper()
	text, err := os.ReadFile(s.Certificate)
	must(t, err)
	block, _ := pem.Decode(text)
	cert, err := x509.ParseCertificate(block.Bytes)
	must(t, err)
	key := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.Flag("no-sandbox", true),
		chromedp.Flag("disable-gpu", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("ignore-certificate-errors-spki-list", base64.StdEncoding.EncodeToString(key[:])),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE localhost"),
		chromedp.UserDataDir(t.TempDir()),
	)
	if path := os.Getenv("PKCESCOPE_BROWSER"); path != "" {
		options = append(options, chromedp.ExecPath(path))
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx
}
