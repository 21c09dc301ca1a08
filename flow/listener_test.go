package flow

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// waiting is a walk whose callback step is under way.
type waiting struct {
	*Walk
	t     *testing.T
	state string
	at    string // the redirect URI
	ended chan error
}

func startWaiting(t *testing.T, p *provider, change func(*Config)) *waiting {
	t.Helper()
	c := p.config()
	if change != nil {
		change(&c)
	}
	w := newWalk(t, c, Options{})
	runTo(t, w, StepCallback)
	s := w.Transcript().Step(StepAuthorize)
	state, _ := s.Value("state")
	at, _ := s.Value("redirect_uri")
	x := &waiting{Walk: w, t: t, state: state, at: at, ended: make(chan error, 1)}
	go func() { x.ended <- w.Next(t.Context()) }()
	return x
}

// send sends a request to the callback and returns status and page.
func (x *waiting) send(method, path, body string, header ...string) (int, string) {
	x.t.Helper()
	req, err := http.NewRequestWithContext(x.t.Context(), method, strings.TrimSuffix(x.at, "/")+path, strings.NewReader(body))
	if err != nil {
		x.t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		x.t.Fatal(err)
	}
	page, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	// Whatever the page is: it asks for nothing from outside, stays in no cache,
	// and tells no one where it was, because its address has the code in it.
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'; ", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
		"X-Content-Type-Options": "nosniff",
	} {
		if got := resp.Header.Get(name); !strings.HasPrefix(got, want) {
			x.t.Errorf("%s %s: %s %q, want %q", method, path, name, got, want)
		}
	}
	return resp.StatusCode, string(page)
}

// end waits for the callback step.
func (x *waiting) end() error {
	x.t.Helper()
	select {
	case err := <-x.ended:
		return err
	case <-time.After(5 * time.Second):
		x.t.Fatal("the callback step is still waiting")
		return nil
	}
}

// goesOn checks that nothing has ended the wait so far, by ending it well.
func (x *waiting) goesOn() {
	x.t.Helper()
	select {
	case err := <-x.ended:
		x.t.Fatalf("the wait has ended: %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	x.send("GET", "/?code=the-right-code&state="+url.QueryEscape(x.state), "")
	if err := x.end(); err != nil {
		x.t.Fatalf("the right response was not taken: %v", err)
	}
	if code, _ := x.Transcript().Step(StepCallback).Value("code"); code != "the-right-code" {
		x.t.Errorf("code %q", code)
	}
}

func (x *waiting) verdicts() []Verdict {
	var v []Verdict
	for _, e := range x.Transcript().Step(StepCallback).Exchanges {
		v = append(v, e.Verdict)
	}
	return v
}

// recorded waits until n requests are recorded, which is just after the browser
// has its answer.
func (x *waiting) recorded(n int) []Verdict {
	for range 1000 {
		if v := x.verdicts(); len(v) >= n {
			return v
		}
		time.Sleep(time.Millisecond)
	}
	return x.verdicts()
}

func TestResponsesThatDoNotEndTheWait(t *testing.T) {
	for name, row := range map[string]struct {
		method, path, body string
		header             []string
		verdict            Verdict
		status             int
	}{
		"favicon":               {"GET", "/favicon.ico", "", nil, VerdictStray, 404},
		"probe of another path": {"GET", "/other?code=x&state=STATE", "", nil, VerdictStray, 404},
		"another method":        {"PUT", "/", "", nil, VerdictStray, 405},
		"form without response": {"POST", "/", "a=b", nil, VerdictStray, 400},
		"another state":         {"GET", "/?code=x&state=other", "", nil, VerdictWrongState, 400},
		"state and more":        {"GET", "/?code=x&state=STATEx", "", nil, VerdictWrongState, 400},
		"empty state":           {"GET", "/?code=x&state=", "", nil, VerdictWrongState, 400},
		"two states":            {"GET", "/?code=x&state=STATE&state=other", "", nil, VerdictWrongState, 400},
		"no state":              {"GET", "/?code=x", "", nil, VerdictMissingState, 400},
		"error without state":   {"GET", "/?error=access_denied", "", nil, VerdictUnverifiedError, 400},
		"error, another state":  {"GET", "/?error=access_denied&state=other", "", nil, VerdictUnverifiedError, 400},
		"DNS rebinding":         {"GET", "/?code=x&state=STATE", "", []string{"Host", "attacker.example"}, VerdictWrongHost, 421},
		"huge form":             {"POST", "/", "code=" + strings.Repeat("x", 2<<20), nil, VerdictStray, 413},
		"page for the fragment": {"GET", "/", "", nil, VerdictStray, 200},
		"handover of nothing":   {"POST", "HANDOVER", "fragment=", nil, VerdictStray, 400},
		"handover, wrong path":  {"POST", "/handover/guess", "fragment=code%3Dx%26state%3DSTATE", nil, VerdictStray, 404},
	} {
		t.Run(name, func(t *testing.T) {
			x := startWaiting(t, newProvider(t), nil)
			fill := strings.NewReplacer("STATE", x.state, "HANDOVER", x.wait.handover)
			status, page := x.send(row.method, fill.Replace(row.path), fill.Replace(row.body), row.header...)
			if status != row.status {
				t.Errorf("status %d, want %d: %s", status, row.status, page)
			}
			if got := x.recorded(1); len(got) != 1 || got[0] != row.verdict {
				t.Errorf("verdicts %v, want %s", got, row.verdict)
			}
			x.goesOn()
		})
	}
}

func TestResponseIsTakenInEveryMode(t *testing.T) {
	for name, row := range map[string]struct {
		method, path, body string
		in                 Place
	}{
		"query":     {"GET", "/?code=abc&state=STATE&session_state=1", "", InQuery},
		"form_post": {"POST", "/", "code=abc&state=STATE&session_state=1", InForm},
		"fragment":  {"POST", "HANDOVER", "fragment=code%3Dabc%26state%3DSTATE%26session_state%3D1", InFragment},
	} {
		t.Run(name, func(t *testing.T) {
			x := startWaiting(t, newProvider(t), nil)
			if name == "fragment" {
				_, page := x.send("GET", "/", "")
				if !strings.Contains(page, x.wait.handover) || strings.Contains(page, "http") {
					t.Errorf("the page must hand over to us and ask nothing from outside:\n%s", page)
				}
			}
			fill := strings.NewReplacer("STATE", x.state, "HANDOVER", x.wait.handover)
			status, page := x.send(row.method, fill.Replace(row.path), fill.Replace(row.body))
			if err := x.end(); err != nil || status != 200 {
				t.Fatalf("status %d, %v", status, err)
			}
			if !strings.Contains(page, "close this window") || strings.Contains(page, "abc") || strings.Contains(page, x.state) {
				t.Errorf("the page must say that it is over, and no secret:\n%s", page)
			}
			s := x.Transcript().Step(StepCallback)
			for _, v := range s.Values {
				if v.In != row.in || v.Secret != (v.Name == "code") || v.By != ByProvider {
					t.Errorf("value %+v, want it in %s", v, row.in)
				}
			}
			accepted := 0
			for _, e := range s.Exchanges {
				if e.Verdict == VerdictAccepted {
					accepted++
					if row.in == InFragment && !strings.Contains(e.Request.URL, "#code=abc") {
						t.Errorf("URL %s, want the fragment in it", e.Request.URL)
					}
				}
				if e.Actor != ActorBrowser || e.Channel != ChannelFront || e.Response == nil {
					t.Errorf("exchange %+v", e)
				}
			}
			if accepted != 1 {
				t.Errorf("%d accepted responses, want 1 of %v", accepted, x.verdicts())
			}
		})
	}
}

// Any page that the browser shows can post to this machine.
func TestNobodyCanGuessWhereTheFragmentIsHandedOver(t *testing.T) {
	one, other := startWaiting(t, newProvider(t), nil), startWaiting(t, newProvider(t), nil)
	if a, b := one.wait.handover, other.wait.handover; a == b || len(a) < len("/handover/")+26 {
		t.Errorf("the paths are %s and %s", a, b)
	}
	one.goesOn()
	other.goesOn()
}

func TestProvidersErrorWithTheRightStateEndsTheStep(t *testing.T) {
	x := startWaiting(t, newProvider(t), nil)
	const said = "AADSTS65004: User declined to consent.\r\nTrace ID: 1 <b>\x1b[31m"
	_, page := x.send("GET", "/?error=access_denied&error_description="+url.QueryEscape(said)+"&state="+x.state, "")
	var e *Error
	if err := x.end(); !errors.As(err, &e) || e.Kind != KindServer || e.Why != said || !strings.Contains(e.What, "access_denied") {
		t.Errorf("error %#v, want the provider's texts whole", e)
	}
	if strings.Contains(page, "<b>") {
		t.Errorf("the provider's text is not escaped in the page:\n%s", page)
	}
	if got, _ := x.Transcript().Step(StepCallback).Value("error_description"); got != said {
		t.Errorf("error_description %q", got)
	}
	if got := x.Transcript().Outcome; got != OutcomeFailed {
		t.Errorf("outcome %s", got)
	}
	// A second try waits for another response.
	go func() { x.ended <- x.Next(t.Context()) }()
	x.goesOn()
	if got := x.verdicts(); len(got) != 2 {
		t.Errorf("verdicts %v: the first try must be kept", got)
	}
}

func TestIssuerOfTheResponse(t *testing.T) {
	const promise = "authorization_response_iss_parameter_supported"
	for name, row := range map[string]struct {
		promised, sent bool
		iss            string // "" for the right one
		kind           ErrorKind
	}{
		"right":                      {true, true, "", ""},
		"right without promise":      {false, true, "", ""},
		"absent without promise":     {false, false, "", ""},
		"absent although promised":   {true, false, "", KindRefused},
		"another":                    {false, true, "https://attacker.example", KindRefused},
		"with a slash more":          {true, true, "/", KindRefused},
		"two issuers, first right":   {true, true, "&iss=https://attacker.example", KindRefused},
		"code twice in the response": {false, false, "&code=2", KindRefused},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t)
			p.metadata = func(m map[string]any) { m[promise] = row.promised }
			x := startWaiting(t, p, nil)
			query := "/?code=1&state=" + x.state
			switch {
			case strings.HasPrefix(row.iss, "https:"):
				query += "&iss=" + url.QueryEscape(row.iss)
			case row.sent:
				query += "&iss=" + url.QueryEscape(p.URL) + row.iss
			default:
				query += row.iss
			}
			x.send("GET", query, "")
			err := x.end()
			var e *Error
			if row.kind == "" && err != nil || row.kind != "" && (!errors.As(err, &e) || e.Kind != row.kind) {
				t.Errorf("%v, want kind %q", err, row.kind)
			}
			if _, ok := x.Transcript().Step(StepToken).Value("code"); ok {
				t.Error("the code went on")
			}
			if got := x.verdicts(); row.kind != "" && got[0] != VerdictRefused {
				t.Errorf("verdicts %v", got)
			}
		})
	}
}

func TestOfParallelCallbacksOneIsAccepted(t *testing.T) {
	x := startWaiting(t, newProvider(t), nil)
	const n = 20
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { x.send("GET", fmt.Sprintf("/?code=code-%d&state=%s", i, x.state), "") })
	}
	group.Wait()
	if err := x.end(); err != nil {
		t.Fatal(err)
	}
	x.recorded(n)
	counts := map[Verdict]int{}
	var taken string
	for _, e := range x.Transcript().Step(StepCallback).Exchanges {
		counts[e.Verdict]++
		if e.Verdict == VerdictAccepted {
			taken = e.Request.URL
		}
	}
	if counts[VerdictAccepted] != 1 || counts[VerdictDuplicate] != n-1 {
		t.Errorf("verdicts %v, want one accepted and the others duplicates", counts)
	}
	if code, _ := x.Transcript().Step(StepCallback).Value("code"); !strings.Contains(taken, "code="+code+"&") {
		t.Errorf("code %q is not that of the accepted %s", code, taken)
	}
}

func TestSecondCallbackIsRecordedUntilTheTokenStepHasEnded(t *testing.T) {
	p := newProvider(t)
	x := startWaiting(t, p, nil)
	x.send("GET", "/?code=first&state="+x.state, "")
	if err := x.end(); err != nil {
		t.Fatal(err)
	}
	if status, _ := x.send("GET", "/?code=second&state="+x.state, ""); status != 200 {
		t.Errorf("status %d", status)
	}
	if got := x.recorded(2); len(got) != 2 || got[1] != VerdictDuplicate {
		t.Errorf("verdicts %v", got)
	}
	if code, _ := x.Transcript().Step(StepCallback).Value("code"); code != "first" {
		t.Errorf("code %q", code)
	}
	_ = x.Next(t.Context()) // the provider does not know that code
	assertFree(t, x.at)
}

// assertFree checks that nobody listens at a redirect URI.
func assertFree(t *testing.T, redirectURI string) {
	t.Helper()
	u, _ := url.Parse(redirectURI)
	for _, host := range []string{"127.0.0.1", "::1"} {
		c, err := net.DialTimeout("tcp", net.JoinHostPort(host, u.Port()), time.Second)
		if err == nil {
			_ = c.Close()
			t.Errorf("something still listens on %s", c.RemoteAddr())
		}
	}
}

func TestListensOnWhatTheHostStandsFor(t *testing.T) {
	six := true
	if l, err := net.Listen("tcp", "[::1]:0"); err != nil {
		six = false
	} else {
		_ = l.Close()
	}
	for host, want := range map[string][]string{
		"localhost": {"127.0.0.1", "::1"}, "LOCALHOST": {"127.0.0.1", "::1"}, "127.0.0.1": {"127.0.0.1"}, "[::1]": {"::1"},
	} {
		if !six && host == "[::1]" {
			continue
		}
		for _, port := range []string{"", ":0"} {
			t.Run(host+port, func(t *testing.T) {
				w := newWalk(t, Config{
					ClientID: "c", RedirectURI: "http://" + host + port + "/cb",
					Provider: Provider{AuthorizationEndpoint: "https://idp.example/a", TokenEndpoint: "https://idp.example/t"},
				}, Options{})
				runTo(t, w, StepCallback)
				sent, _ := w.Transcript().Step(StepAuthorize).Value("redirect_uri")
				u, err := url.Parse(sent)
				if err != nil || u.Port() == "" || u.Port() == "0" || u.Path != "/cb" {
					t.Fatalf("redirect_uri %q, want a port in it", sent)
				}
				p, _ := w.Pending()
				var got []string
				for _, at := range p.Listening {
					h, port, _ := net.SplitHostPort(at)
					got = append(got, h)
					if port != u.Port() {
						t.Errorf("listening on port %s, sent %s", port, u.Port())
					}
				}
				if six && fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("listening on %v, want %v", got, want)
				}
				_ = w.Close()
				assertFree(t, sent)
			})
		}
	}
}

func TestTakenPortIsRefusedWithTheWayOut(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	for _, host := range []string{"127.0.0.1", "localhost"} {
		w := newWalk(t, Config{
			ClientID: "c", RedirectURI: "http://" + host + ":" + port,
			Provider: Provider{AuthorizationEndpoint: "https://idp.example/a", TokenEndpoint: "https://idp.example/t"},
		}, Options{Browser: browserFunc(func(context.Context, string, func(Exchange)) error {
			t.Error("the browser was opened with nobody to come back to")
			return nil
		})})
		for range 2 { // verifier, challenge
			if err := w.Next(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		var e *Error
		if err := w.Next(t.Context()); !errors.As(err, &e) || e.Kind != KindRefused {
			t.Fatalf("error %v, want refused", err)
		}
		for _, part := range []string{port, "Another program", "free", "paste"} {
			if !strings.Contains(e.What+" "+e.Why+" "+e.Try, part) {
				t.Errorf("%+v does not mention %q", e, part)
			}
		}
	}
}

func TestFreePortThatIsLostInTheMeantimeIsAnotherOne(t *testing.T) {
	w := newWalk(t, newProvider(t).config(), Options{})
	runTo(t, w, StepAuthorize)
	p, _ := w.Pending()
	u, _ := url.Parse(p.Request.URL)
	seen, _ := url.Parse(u.Query().Get("redirect_uri"))
	l, err := net.Listen("tcp", seen.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if err := w.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	sent, _ := w.Transcript().Step(StepAuthorize).Value("redirect_uri")
	p, _ = w.Pending()
	if sent == seen.String() || len(p.Listening) != 1 || !strings.HasSuffix(sent, p.Listening[0]) {
		t.Errorf("seen %s, sent %s, listening on %v", seen, sent, p.Listening)
	}
}

type browserFunc func(context.Context, string, func(Exchange)) error

func (f browserFunc) Open(ctx context.Context, u string, record func(Exchange)) error {
	return f(ctx, u, record)
}
func (browserFunc) Played() bool { return false }

func TestNothingListensInPasteMode(t *testing.T) {
	for name, redirect := range map[string]string{
		"https on another host": "https://app.example:8443", "custom scheme": "msal1234://auth", "another host": "http://app.example/cb",
		"private-use scheme": "com.example.app:/callback", "asked for": "http://localhost:8400",
	} {
		t.Run(name, func(t *testing.T) {
			w := newWalk(t, Config{
				ClientID: "c", RedirectURI: redirect, Paste: name == "asked for",
				Provider: Provider{AuthorizationEndpoint: "https://idp.example/a", TokenEndpoint: "https://idp.example/t"},
			}, Options{})
			runTo(t, w, StepCallback)
			p, _ := w.Pending()
			if !p.Waiting || len(p.Listening) != 0 {
				t.Errorf("listening on %v", p.Listening)
			}
			if sent, _ := w.Transcript().Step(StepAuthorize).Value("redirect_uri"); sent != redirect {
				t.Errorf("redirect_uri %q", sent)
			}
		})
	}
}

func TestPlayedBrowserThatComesToAnEndEndsTheWait(t *testing.T) {
	t.Run("without coming back", func(t *testing.T) {
		p := newProvider(t)
		p.authorize = func(url.Values) url.Values { return url.Values{} }
		w := newWalk(t, p.config(), Options{Browser: &player{}})
		runTo(t, w, StepCallback)
		var e *Error
		if err := w.Next(t.Context()); !errors.As(err, &e) || e.Kind != KindServer {
			t.Errorf("error %v, want kind server", err)
		}
	})
	t.Run("with another state", func(t *testing.T) {
		p := newProvider(t)
		p.authorize = func(url.Values) url.Values { return url.Values{"code": {"1"}, "state": {"other"}} }
		w := newWalk(t, p.config(), Options{Browser: &player{}})
		runTo(t, w, StepCallback)
		var e *Error
		if err := w.Next(t.Context()); !errors.As(err, &e) || e.Kind != KindRefused || !strings.Contains(e.What, "state") {
			t.Errorf("error %v, want the story of the state", err)
		}
	})
}

func TestTenantsIssuerFitsTheTemplateOfEntra(t *testing.T) {
	w := &wait{issuer: "https://login.microsoftonline.com/{tenantid}/v2.0"}
	for iss, want := range map[string]bool{
		"https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0":  true,
		"https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0/": false,
		"https://login.microsoftonline.com/contoso/v2.0":                               false,
		"https://login.microsoftonline.com//v2.0":                                      false,
		"https://attacker.example/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0":           false,
	} {
		if got := w.issuerIs(iss); got != want {
			t.Errorf("%s: %t, want %t", iss, got, want)
		}
	}
}

func FuzzJudge(f *testing.F) {
	f.Add("code=a&state=STATE")
	f.Add("error=x&state=STATE")
	f.Add("state=STATE&state=STATE&code=1")
	f.Add("code=%zz;&state")
	f.Fuzz(func(t *testing.T, encoded string) {
		w := &wait{state: "STATE", issuer: "https://idp.example"}
		q, _ := url.ParseQuery(encoded)
		j := w.judge(response{params: q, in: InQuery}, time.Now())
		if j.verdict == VerdictAccepted && (len(q["state"]) != 1 || q.Get("state") != "STATE" || len(q["code"]) > 1) {
			t.Errorf("accepted %q", encoded)
		}
		if j.verdict != VerdictAccepted && j.err == nil {
			t.Errorf("no reason given for %s: %q", j.verdict, encoded)
		}
	})
}

// However many requests come that are not the response, the record stays of a
// bounded size, says how many there were, and the response is taken.
func TestFloodOfTheCallbackIsCountedAndNotKept(t *testing.T) {
	x := startWaiting(t, newProvider(t), nil)
	const flood = 400
	for i := range flood {
		switch i % 3 {
		case 0:
			x.send(http.MethodGet, fmt.Sprintf("/probe/%d", i), "")
		case 1:
			x.send(http.MethodGet, "/?code=c&state=another", "")
		default:
			x.send(http.MethodPost, "/", strings.Repeat("a", 300<<10))
		}
	}
	if status, _ := x.send(http.MethodGet, "/?code=c&state="+url.QueryEscape(x.state), ""); status != http.StatusOK {
		t.Fatalf("after a flood the response gets status %d", status)
	}
	if err := <-x.ended; err != nil {
		t.Fatal(err)
	}
	s := x.Transcript().Step(StepCallback)
	kept, accepted := 0, 0
	for _, e := range s.Exchanges {
		kept += len(e.Request.Body)
		if e.Verdict == VerdictAccepted {
			accepted++
		}
	}
	if n := len(s.Exchanges) - accepted + s.Unrecorded; accepted != 1 || n != flood {
		t.Errorf("%d accepted, and %d others are told of, of %d", accepted, n, flood)
	}
	if len(s.Exchanges) > maxUnfitting+1 || kept > maxUnfitting*maxForm {
		t.Errorf("%d exchanges with %d octets of bodies are kept", len(s.Exchanges), kept)
	}
}
