package practice

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"golang.org/x/oauth2"

	"github.com/pkcescope/pkcescope/flow"
)

// verifier is RFC 7636 appendix B's.
const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

func TestMain(m *testing.M) {
	testOnlyKey = sync.OnceValue(newSigningKey)
	os.Exit(m.Run())
}

func s256(verifier string) string { return oauth2.S256ChallengeFromVerifier(verifier) }

// start starts a tenant for one test.
func start(t *testing.T, o Options) *Server {
	t.Helper()
	s, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// client plays an app and its user's browser against a tenant.
type client struct {
	t    *testing.T
	s    *Server
	app  Registration
	http *http.Client
	// authority is the first segment of the addresses.
	authority string
}

func newClient(t *testing.T, s *Server, registration int) *client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &client{
		t: t, s: s, app: s.Registrations()[registration], authority: homeDirectory.ID,
		http: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
}

// The seeded healthy registrations.
const (
	native = iota
	web
	spa
)

// params are the parameters of a sound authorization request.
func (c *client) params() url.Values {
	v := url.Values{
		"client_id": {c.app.ClientID}, "response_type": {"code"}, "scope": {"openid profile offline_access User.Read"},
		"state": {"af0ifjsldkj"}, "nonce": {"n-0S6_WzA2Mj"},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(verifier)}, "code_challenge_method": {"S256"},
	}
	switch {
	case len(c.app.Native) > 0:
		v.Set("redirect_uri", "http://localhost:8400")
	case len(c.app.Web) > 0:
		v.Set("redirect_uri", c.app.Web[0])
	case len(c.app.SPA) > 0:
		v.Set("redirect_uri", c.app.SPA[0])
	}
	return v
}

// page is where a browser ended: on a page of the tenant, or at an address
// that is not the tenant's.
type page struct {
	status int
	body   string
	left   *url.URL   // the address outside, if the browser left
	posted url.Values // what was posted there
}

// browse goes to an address and follows redirects as long as they stay.
func (c *client) browse(req *http.Request) page {
	c.t.Helper()
	for {
		res, err := c.http.Do(req)
		if err != nil {
			c.t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil {
			c.t.Fatal(err)
		}
		to, err := res.Location()
		if err != nil {
			return page{status: res.StatusCode, body: string(body)}
		}
		if !strings.HasPrefix(to.String(), c.s.URL) {
			return page{status: res.StatusCode, left: to}
		}
		req = c.get(to.String())
	}
}

func (c *client) get(u string) *http.Request {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, u, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	return req
}

func (c *client) post(u string, v url.Values) *http.Request {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, u, strings.NewReader(v.Encode()))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return req
}

// ask sends an authorization request.
func (c *client) ask(v url.Values) page {
	c.t.Helper()
	return c.browse(c.get(c.s.URL + "/" + c.authority + "/oauth2/v2.0/authorize?" + v.Encode()))
}

// press fills in the page's form and presses its first button, or the one
// named.
func (c *client) press(p page, change func(url.Values)) page {
	c.t.Helper()
	f, ok := findForm(p.body)
	if !ok {
		c.t.Fatalf("no form on the page:\n%s", p.body)
	}
	v := f.values()
	if v.Has("loginfmt") {
		v.Set("loginfmt", c.s.Accounts()[0].Username)
		v.Set("passwd", c.s.Accounts()[0].Password)
	}
	if change != nil {
		change(v)
	}
	if !strings.HasPrefix(f.action, "/") {
		u, err := url.Parse(f.action)
		if err != nil {
			c.t.Fatal(err)
		}
		return page{left: u, posted: v}
	}
	return c.browse(c.post(c.s.URL+f.action, v))
}

// answer signs in, consents, and returns the parameters of the authorization
// response.
func (c *client) answer(v url.Values) url.Values {
	c.t.Helper()
	p := c.ask(v)
	for range 6 {
		if p.left != nil {
			if p.posted != nil {
				return p.posted
			}
			if p.left.Fragment != "" {
				out, err := url.ParseQuery(p.left.EscapedFragment())
				if err != nil {
					c.t.Fatal(err)
				}
				return out
			}
			return p.left.Query()
		}
		if text, ok := textOf(p.body, "aadsts"); ok {
			c.t.Fatalf("refused on a page: %s", text)
		}
		p = c.press(p, nil)
	}
	c.t.Fatal("the sign-in does not end")
	return nil
}

// code signs in and returns a code.
func (c *client) code(v url.Values) string {
	c.t.Helper()
	a := c.answer(v)
	if a.Get("code") == "" {
		c.t.Fatalf("no code: %v", a)
	}
	return a.Get("code")
}

// redemption are the parameters that redeem a code from params.
func (c *client) redemption(code string) url.Values {
	v := url.Values{
		"grant_type": {"authorization_code"}, "client_id": {c.app.ClientID}, "code": {code},
		"redirect_uri": {c.params().Get("redirect_uri")}, "code_verifier": {verifier},
	}
	if len(c.app.Secrets) > 0 {
		v.Set("client_secret", c.app.Secrets[0].Value)
	}
	return v
}

// reply is a token response, of either kind.
type reply struct {
	errorBody
	tokenResponse
	status int
	header http.Header
}

// redeem sends a token request, as a script if the app is a single-page app.
func (c *client) redeem(v url.Values, headers ...string) reply {
	c.t.Helper()
	req := c.post(c.s.URL+"/"+c.authority+"/oauth2/v2.0/token", v)
	if len(c.app.SPA) > 0 {
		req.Header.Set("Origin", "http://localhost:8402")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			req.Header.Del(headers[i])
		}
	}
	res, err := c.http.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	out := reply{status: res.StatusCode, header: res.Header}
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil {
		c.t.Fatal(err)
	}
	return out
}

func (r reply) code() int {
	if len(r.Codes) == 0 {
		return 0
	}
	return r.Codes[0]
}

func readJSON(t *testing.T, r io.Reader, v any) {
	t.Helper()
	if err := json.NewDecoder(r).Decode(v); err != nil {
		t.Fatal(err)
	}
}

func TestEachHealthyPlatformGetsItsTokens(t *testing.T) {
	s := start(t, Options{})
	for i, name := range []string{"native", "web", "spa"} {
		t.Run(name, func(t *testing.T) {
			c := newClient(t, s, i)
			r := c.redeem(c.redemption(c.code(c.params())))
			if r.AccessToken == "" || r.IDToken == "" || r.RefreshToken == "" || r.TokenType != "Bearer" {
				t.Fatalf("token response = %+v", r)
			}
			again := url.Values{"grant_type": {"refresh_token"}, "client_id": {c.app.ClientID}, "refresh_token": {r.RefreshToken}}
			if len(c.app.Secrets) > 0 {
				again.Set("client_secret", c.app.Secrets[0].Value)
			}
			if r := c.redeem(again); r.AccessToken == "" || r.RefreshToken == "" {
				t.Fatalf("refresh = %+v", r)
			}
		})
	}
}

// The ID token verifies with the published key; Graph's token does not, until
// its nonce is hashed.
func TestSignaturesAreThoseOfEntra(t *testing.T) {
	s := start(t, Options{})
	c := newClient(t, s, native)
	r := c.redeem(c.redemption(c.code(c.params())))

	res, err := c.http.Do(c.get(s.URL + "/" + homeDirectory.ID + "/discovery/v2.0/keys"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var keys jose.JSONWebKeySet
	if err := json.NewDecoder(res.Body).Decode(&keys); err != nil {
		t.Fatal(err)
	}
	verify := func(token string) error {
		parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.RS256})
		if err != nil {
			return err
		}
		var claims map[string]any
		return parsed.Claims(keys.Key(parsed.Headers[0].KeyID)[0].Key, &claims)
	}
	if err := verify(r.IDToken); err != nil {
		t.Errorf("ID token: %v", err)
	}
	if err := verify(r.AccessToken); err == nil {
		t.Error("Graph's access token verifies as it is")
	}
	if err := verify(hideNonce(r.AccessToken)); err != nil {
		t.Errorf("Graph's access token with its nonce hashed: %v", err)
	}
}

func TestPlayedBrowserWalksToTheRedirectURI(t *testing.T) {
	s := start(t, Options{})
	for _, mode := range []string{"query", "form_post", "fragment"} {
		t.Run(mode, func(t *testing.T) {
			var l net.ListenConfig
			listener, err := l.Listen(t.Context(), "tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			got := make(chan url.Values, 3)
			app := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_ = r.ParseForm()
				got <- r.Form
				_, _ = io.WriteString(w, `<form method="post" action="/"><input type="hidden" name="fragment" value=""></form>`)
			})}
			go func() { _ = app.Serve(listener) }()
			defer func() { _ = app.Close() }()
			_, port, _ := net.SplitHostPort(listener.Addr().String())

			c := newClient(t, s, native)
			v := c.params()
			v.Set("redirect_uri", "http://localhost:"+port)
			v.Set("response_mode", mode)
			var hops []flow.Exchange
			b := s.Browser()
			err = b.Open(context.Background(), s.URL+"/"+homeDirectory.ID+"/oauth2/v2.0/authorize?"+v.Encode(),
				func(x flow.Exchange) { hops = append(hops, x) })
			if err != nil || !b.Played() {
				t.Fatalf("Open: %v", err)
			}
			form := <-got
			if mode == "fragment" {
				if form.Has("code") {
					t.Fatal("the fragment was sent to the server")
				}
				form, err = url.ParseQuery((<-got).Get("fragment"))
				if err != nil {
					t.Fatal(err)
				}
			}
			if form.Get("code") == "" || form.Get("state") != "af0ifjsldkj" {
				t.Errorf("the app got %v", form)
			}
			for _, x := range hops {
				if strings.Contains(x.Request.URL, ":"+port) && !strings.HasPrefix(x.Request.URL, s.URL) {
					t.Errorf("the request to the redirect URI was recorded: %s", x.Request.URL)
				}
				if x.Actor != flow.ActorBrowser || x.Channel != flow.ChannelFront || x.Response == nil {
					t.Errorf("hop = %+v", x)
				}
			}
		})
	}
}

// Whoever looks at the clocks must see the one that the tokens go by.
func TestAShiftedClockIsToldInEveryAnswer(t *testing.T) {
	s, err := Start(Options{ClockOffset: -10 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	res, err := http.Get(s.Issuer() + "/.well-known/openid-configuration")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	told, err := http.ParseTime(res.Header.Get("Date"))
	if behind := time.Since(told).Round(time.Minute); err != nil || behind != 10*time.Minute {
		t.Errorf("the answer's Date is %v behind (%v)", behind, err)
	}
}
