//go:build interop

package interop

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// openTo names the environment variable with which this test binary, started
// as a browser command, is told where to deliver the URL it was given.
const openTo = "PKCESCOPE_INTEROP_OPEN_TO"

// TestMain also plays the browser command: pkcescope starts "CMD URL", and the
// URL goes to the test that drives Chromium.
func TestMain(m *testing.M) {
	if to := os.Getenv(openTo); to != "" && len(os.Args) == 2 && strings.HasPrefix(os.Args[1], "http") {
		response, err := http.Post(to, "text/plain", strings.NewReader(os.Args[1]))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		response.Body.Close()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// browser is a headless Chromium with an empty profile, and the command that
// pkcescope starts in its place.
type browser struct {
	ctx  context.Context
	urls chan string // the URLs that pkcescope wanted opened
	// environment makes this test binary the browser command.
	environment []string
	command     string
}

// newBrowser starts a Chromium that ends with the test.
func newBrowser(t *testing.T, more ...chromedp.ExecAllocatorOption) *browser {
	t.Helper()
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(required(t, "PKCESCOPE_BROWSER")),
		chromedp.UserDataDir(t.TempDir()),
	}
	for _, flag := range []string{
		"headless", "no-sandbox", "disable-gpu", "no-first-run",
		"disable-background-networking", "disable-component-update", "disable-sync",
	} {
		options = append(options, chromedp.Flag(flag, true))
	}
	// The providers' pages ask for fonts from elsewhere, and would wait for
	// them where there is no network.
	options = append(options, chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), append(options, more...)...)
	t.Cleanup(stop)
	ctx, closeTab := chromedp.NewContext(allocator)
	t.Cleanup(closeTab)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("Chromium did not start: %v", err)
	}

	b := &browser{ctx: ctx, urls: make(chan string, 1)}
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		url, _ := io.ReadAll(r.Body)
		b.urls <- string(url)
	}))
	t.Cleanup(receiver.Close)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b.command = self
	b.environment = []string{openTo + "=" + receiver.URL}
	return b
}

// asXDGOpen returns an environment in which this browser is the system's own.
func (b *browser) asXDGOpen(t *testing.T) []string {
	t.Helper()
	bin := t.TempDir()
	if err := os.Symlink(b.command, filepath.Join(bin, "xdg-open")); err != nil {
		t.Fatal(err)
	}
	return append(b.environment, "PATH="+bin+":"+os.Getenv("PATH"), "DISPLAY=:0")
}

// wanted waits for the URL that pkcescope wants opened.
func (b *browser) wanted(t *testing.T) string {
	t.Helper()
	select {
	case url := <-b.urls:
		return url
	case <-time.After(patience):
		t.Fatal("pkcescope has not asked for a browser")
		return ""
	}
}

// do carries out actions and fails with the page that they failed on.
func (b *browser) do(t *testing.T, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		t.Fatalf("the browser did not get through: %v\n%s", err, b.page())
	}
}

// ends waits until the browser has come to a page that holds text.
func (b *browser) ends(t *testing.T, text string) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if strings.Contains(b.page(), text) {
			return
		}
	}
	t.Fatalf("the browser has not come to a page with %q\n%s", text, b.page())
}

// page is the browser's address and what its page says.
func (b *browser) page() string {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	page, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + (document.body ? document.body.innerText : "")`))
	if err != nil {
		return err.Error() // in the middle of a navigation there is no page
	}
	return page
}

// required is an environment variable that .ci/interop sets.
func required(t *testing.T, name string) string {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		t.Fatalf("%s is not set: run .ci/interop", name)
	}
	return v
}
