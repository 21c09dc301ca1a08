//go:build interop

package interop

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// portal is the practice tenant's web app, and native its desktop app.
const (
	portal         = "0f2c9e5d-7b1a-4c38-9d5e-2a64c1b7f801"
	portalSecret   = "Prac~8Q.tice-5ecret_Not4Production_xT9z"
	portalRedirect = "https://localhost:8443/signin-oidc"
	native         = "6731de76-14a6-49ae-97bc-6eba6914391e"
)

// testCallback brings the response back in the ways that need a real browser
// and a real terminal: on https, past the browser's warning, and over SSH, by
// paste and through a forwarded port.
func testCallback(t *testing.T) {
	t.Run("https", testHTTPSCallback)
	t.Run("ssh", testOverSSH)
}

// signInAtPractice goes through the practice tenant's pages with the first
// account that its sign-in page lists, until the browser leaves them.
func signInAtPractice(t *testing.T, b *browser, address string) {
	t.Helper()
	home := address[:strings.Index(address[8:], "/")+8]
	b.do(t, chromedp.Navigate(address), chromedp.WaitVisible(chromedp.CSS(`input[name=loginfmt]`)))
	for deadline := time.Now().Add(patience); strings.HasPrefix(b.page(), home); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the sign-in does not come to an end:\n%s", b.page())
		}
		_, _ = chromedp.Run(b.ctx, chromedp.Evaluate[bool](`(() => {
			const user = document.querySelector('input[name=loginfmt]');
			if (user) {
				user.value = document.querySelector('details dt code').textContent;
				document.querySelector('input[name=passwd]').value = document.querySelector('details dd code').textContent;
			}
			const button = document.querySelector('button.yes, button[type=submit]');
			if (button) { button.click(); }
			return true;
		})()`)) // it fails while a page is changing
	}
}

// The browser warns of the certificate that was made for the run; the person
// goes on, and the walk with them.
func testHTTPSCallback(t *testing.T) {
	b := newBrowser(t)
	r := start(t, b, "--client-id", portal, "--redirect-uri", portalRedirect)
	signInAtPractice(t, b, b.wanted(t))
	b.ends(t, "ERR_CERT_AUTHORITY_INVALID")
	b.do(t,
		chromedp.Click(chromedp.CSS(`#details-button`)),
		chromedp.Click(chromedp.CSS(`#proceed-link`)),
	)
	b.ends(t, "Signed in")
	d := r.finish(t, 0, "ok")
	d.checksPass(t)
	shown := d.step("authorize").value("callback_certificate_sha256")
	if said := r.stderr.String(); shown == "" || !strings.Contains(said, shown) {
		t.Errorf("the fingerprint %q was not shown:\n%s", shown, said)
	}
	for _, code := range []string{"own-certificate", "certificate-not-taken"} {
		if !d.found(code) {
			t.Errorf("there is no finding %s", code)
		}
	}
}

// startPractice starts the practice tenant as a process of its own and returns
// its issuer.
func startPractice(t *testing.T) string {
	t.Helper()
	return servedIssuer(t, exec.Command(required(t, "PKCESCOPE_BINARY"), "practice", "--json"))
}
