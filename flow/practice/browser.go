package practice

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// maxHops is how many requests the played browser makes before it gives up. A
// sign-in with everything takes six.
const maxHops = 20

// browser plays the person and the browser: it fills in each page's one form
// and presses its first button. It never runs a script and never talks to
// anything but the tenant and a redirect URI on loopback.
type browser struct {
	server  *Server
	account Account
	client  *http.Client
}

// Browser returns a browser that signs in by itself with the first account,
// consents, and follows every redirect, passing each hop to the walk. It keeps
// its cookies, so a second Open finds the person signed in.
func (s *Server) Browser() flow.Browser { return s.browserOf(s.Accounts()[0]) }

// BrowserOf returns a browser like [Server.Browser] whose person is another
// account. It is nil if there is no such account.
func (s *Server) BrowserOf(username string) flow.Browser {
	account, ok := s.tenant.Load().account(username)
	if !ok {
		return nil
	}
	return s.browserOf(account)
}

func (s *Server) browserOf(account Account) *browser {
	jar, _ := cookiejar.New(nil) // fails only for bad options
	return &browser{server: s, account: account, client: &http.Client{
		Jar:       jar,
		Transport: s.browserTransport(),
		// Every hop is recorded, so none is followed out of our sight.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// browserTransport carries the played browser's requests.
func (s *Server) browserTransport() http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // documented type
	t.Proxy = nil                                        // loopback only
	t.DialContext = dialLocalhost
	if s.cert != nil {
		roots := x509.NewCertPool()
		roots.AddCert(s.cert)
		t.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	callback := t.Clone()
	callback.TLSClientConfig = &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12} //nolint:gosec // see pastWarning
	return &pastWarning{Transport: t, callback: callback, home: s.URL}
}

// dialLocalhost connects as browsers do: localhost is both loopback addresses to
// them, whatever the resolver says of it (RFC 6761 section 6.3).
func dialLocalhost(ctx context.Context, network, addr string) (net.Conn, error) {
	var dialer net.Dialer
	host, port, err := net.SplitHostPort(addr)
	if err != nil || !strings.EqualFold(host, "localhost") {
		return dialer.DialContext(ctx, network, addr)
	}
	c, err := dialer.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
	if err == nil {
		return c, nil
	}
	if c, err := dialer.DialContext(ctx, network, net.JoinHostPort("::1", port)); err == nil {
		return c, nil
	}
	return nil, err
}

// pastWarning goes past the warning that a browser shows of the certificate of
// an https callback, as the person does who has compared its fingerprint: the
// callback is in this process, and no other address is asked. The tenant's own
// certificate is checked.
type pastWarning struct {
	*http.Transport
	callback *http.Transport
	home     string
}

// RoundTrip implements [http.RoundTripper].
func (p *pastWarning) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasPrefix(r.URL.String(), p.home+"/") || !loopbackHost(r.URL.Host) {
		return p.Transport.RoundTrip(r)
	}
	return p.callback.RoundTrip(r)
}

// CloseIdleConnections is for [http.Client.CloseIdleConnections].
func (p *pastWarning) CloseIdleConnections() {
	p.Transport.CloseIdleConnections()
	p.callback.CloseIdleConnections()
}

// Played implements [flow.Browser].
func (b *browser) Played() bool { return true }

// hop is one request of the browser.
type hop struct {
	method string
	url    *url.URL
	form   url.Values // of a POST
}

// Open implements [flow.Browser]. The fragment of an address, which is never
// sent, is what the person types where a device's code is asked for.
func (b *browser) Open(ctx context.Context, target string, record func(flow.Exchange)) error {
	defer b.client.CloseIdleConnections()
	u, err := url.Parse(target)
	if err != nil {
		return flow.Error{Kind: flow.KindRefused, What: "The authorize URL cannot be read.", Why: err.Error(), Try: "Look at the authorize step's URL."}.Wrap(err)
	}
	next := hop{method: http.MethodGet, url: u}
	for range maxHops {
		if !b.ours(next.url) {
			return b.deliver(ctx, next)
		}
		x, err := b.request(ctx, next)
		record(x)
		if err != nil {
			return err
		}
		if _, done := textOf(string(x.Response.Body), "done"); done {
			return nil // a device goes on by itself, and a session is over
		}
		if next, err = b.follow(next, x.Response); err != nil {
			return err
		}
	}
	return &flow.Error{
		Kind: flow.KindServer,
		What: fmt.Sprintf("The played browser gave up after %d pages.", maxHops),
		Why:  "The sign-in does not come to an end.",
		Try:  "Open the address in a real browser.",
	}
}

// ours says whether an address belongs to the tenant.
func (b *browser) ours(u *url.URL) bool {
	home, err := url.Parse(b.server.URL)
	return err == nil && u.Scheme == home.Scheme && u.Port() == home.Port() && loopbackHost(u.Host)
}

// follow reads an answer of the tenant and says what a browser with a person
// before it does next.
func (b *browser) follow(at hop, res *flow.Response) (hop, error) {
	if to := res.Header.Get("Location"); to != "" && res.Status >= 300 && res.Status < 400 {
		u, err := at.url.Parse(to)
		if err != nil {
			return hop{}, flow.Error{Kind: flow.KindServer, What: "The redirect leads nowhere.", Why: err.Error(), Try: "Look at the Location header."}.Wrap(err)
		}
		return hop{method: http.MethodGet, url: u}, nil
	}
	page := string(res.Body)
	if text, ok := textOf(page, "aadsts"); ok {
		return hop{}, &flow.Error{
			Kind: flow.KindServer, What: text,
			Why: "Entra shows this on its own page: the browser never comes back to the app, so the app cannot see it.",
			Try: "Read the page in the authorize step's last exchange, change the request or the registration, and run again.",
		}
	}
	if text, ok := textOf(page, "problem"); ok {
		return hop{}, &flow.Error{
			Kind: flow.KindServer, What: "The sign-in page says: " + text,
			Try: "The practice accounts are listed on the sign-in page.",
		}
	}
	f, ok := findForm(page)
	if !ok {
		return hop{}, &flow.Error{
			Kind: flow.KindServer, What: fmt.Sprintf("A page without a form came (status %d).", res.Status),
			Why: "The played browser does not know what to do on it.",
			Try: "Open the address in a real browser.",
		}
	}
	for i, x := range f.fields {
		switch x.name {
		case "loginfmt":
			f.fields[i].value = b.account.Username
		case "passwd":
			f.fields[i].value = b.account.Password
		case "otc":
			f.fields[i].value = at.url.Fragment
		}
	}
	u, err := at.url.Parse(f.action)
	if err != nil {
		return hop{}, flow.Error{Kind: flow.KindServer, What: "The page's form leads nowhere.", Why: err.Error(), Try: "Open the address in a real browser."}.Wrap(err)
	}
	if f.method != http.MethodPost {
		u.RawQuery = f.values().Encode()
	}
	return hop{method: f.method, url: u, form: f.values()}, nil
}

// deliver takes the browser to the redirect URI. Only a loopback address is
// requested: everything else belongs to the person, who pastes it. The walk's
// own listener records this request, so it is not recorded here.
func (b *browser) deliver(ctx context.Context, to hop) error {
	if to.url.Scheme != "http" && to.url.Scheme != "https" || !loopbackHost(to.url.Host) {
		return nil
	}
	x, err := b.request(ctx, to)
	if err != nil {
		return err
	}
	// A response in the fragment does not reach the app by itself: its page
	// reads it with a script and posts it. We do what the script does.
	if to.url.Fragment == "" {
		return nil
	}
	f, ok := findForm(string(x.Response.Body))
	if !ok {
		return nil // the app saw the request; what it makes of it is its affair
	}
	values := f.values()
	if values.Has("fragment") {
		values.Set("fragment", to.url.EscapedFragment())
	}
	action, err := to.url.Parse(f.action)
	if err != nil {
		return nil //nolint:nilerr // the app's page is its own affair
	}
	action.Fragment, action.RawFragment = "", ""
	_, err = b.request(ctx, hop{method: f.method, url: action, form: values})
	return err
}

// request makes one request and returns it as it crossed the wire.
func (b *browser) request(ctx context.Context, h hop) (flow.Exchange, error) {
	x := flow.Exchange{
		Actor: flow.ActorBrowser, Channel: flow.ChannelFront,
		Timing: flow.Timing{Start: time.Now()},
	}
	sent := *h.url
	sent.Fragment, sent.RawFragment = "", "" // never sent (RFC 9110 section 7.1)
	var body string
	if h.method == http.MethodPost {
		body = h.form.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, h.method, sent.String(), strings.NewReader(body))
	if err != nil {
		return x, flow.Error{Kind: flow.KindRefused, What: "The address cannot be requested.", Why: err.Error(), Try: "Look at the redirect before it."}.Wrap(err)
	}
	req.Header.Set("User-Agent", "pkcescope practice browser")
	req.Header.Set("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")
	if h.method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	x.Request = flow.Request{Method: h.method, URL: sent.String(), Header: req.Header.Clone(), Body: flow.Body(body)}
	for _, cookie := range b.client.Jar.Cookies(req.URL) {
		x.Request.Header.Add("Cookie", cookie.String())
	}
	res, err := b.client.Do(req)
	if err != nil {
		broken := flow.Error{
			Kind: flow.KindTransport, What: "The browser got no answer from " + sent.Host + ".",
			Why: err.Error(), Try: "Check that the program that listens there is still running.",
		}.Wrap(err)
		x.Error = broken
		if ctx.Err() != nil {
			return x, ctx.Err()
		}
		return x, broken
	}
	defer func() { _ = res.Body.Close() }()
	x.Timing.FirstByte = time.Since(x.Timing.Start)
	var got bytes.Buffer
	n, err := io.Copy(&got, io.LimitReader(res.Body, 1<<20))
	x.Timing.Total = time.Since(x.Timing.Start)
	x.Response = &flow.Response{
		Status: res.StatusCode, Proto: res.Proto, Header: res.Header.Clone(),
		Body: got.Bytes(), Size: n, Truncated: err != nil,
	}
	return x, nil
}
