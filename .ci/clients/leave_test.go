package clients

import (
	"errors"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"
)

// The guards do what the other tests rely on: whatever leaves this machine is
// noticed. 192.0.2.1 is nobody's address (RFC 5737).
func TestLeavingThisMachineIsNoticed(t *testing.T) {
	t.Run("Go", func(t *testing.T) {
		var to []string
		client := &http.Client{Transport: loopbackOnly{
			next: http.DefaultTransport, base: &url.URL{Scheme: "https", Host: "localhost:1"},
			left: func(address string) { to = append(to, address) }, discovered: &atomic.Int32{},
		}}
		for _, address := range []string{"https://192.0.2.1/", "https://" + discoveryHost + "/common/oauth2/v2.0/token"} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
			must(t, err)
			if res, err := client.Do(req); err == nil {
				_ = res.Body.Close()
				t.Errorf("%s was reached", address)
			}
		}
		if len(to) != 2 {
			t.Errorf("noticed: %v", to)
		}
	})
	t.Run("Node", func(t *testing.T) {
		for _, script := range []string{
			`await fetch('https://192.0.2.1/')`, `await fetch('https://login.microsoftonline.com/')`,
			`(await import('node:https')).get('https://192.0.2.1/')`, `(await import('node:tls')).connect(443, '192.0.2.1')`,
		} {
			out, err := exec.CommandContext(t.Context(), "node", "--import", "./loopback.mjs", "--input-type=module", "-e", script).CombinedOutput()
			exit, _ := errors.AsType[*exec.ExitError](err)
			if exit == nil || exit.ExitCode() != 3 || !strings.Contains(string(out), "leaves this machine") {
				t.Errorf("%s: %v\n%s", script, err, out)
			}
		}
	})
	t.Run("the browser", func(t *testing.T) {
		s := serve(t)
		ctx := startBrowser(t, s)
		var to atomic.Pointer[string]
		watch(t, ctx, func(address string) { to.Store(&address) })
		must(t, chromedp.Do(ctx, chromedp.Navigate(s.servePage(t, "page.html")+"practice.json")))
		failed, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`new Promise(done => {
			const i = new Image()
			i.onload = () => done(false)
			i.onerror = () => done(true)
			i.src = 'http://192.0.2.1/x.png'
		})`, chromedp.EvalAwaitPromise))
		if err != nil || !failed || to.Load() == nil || *to.Load() != "http://192.0.2.1/x.png" {
			t.Errorf("failed = %t, noticed %v, %v", failed, to.Load(), err)
		}
	})
}
