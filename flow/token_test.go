package flow

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestTokenAnswersThatAreOfNoUse(t *testing.T) {
	answer := func(status int, contentType, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	const entra = `{"error":"invalid_grant","error_description":"AADSTS54005: redeemed\r\nTrace ID: 1","error_codes":[54005]}`
	for name, row := range map[string]struct {
		handler http.HandlerFunc
		kind    ErrorKind
		words   []string // in the error
	}{
		"an error":                     {answer(400, "application/json", entra), KindServer, []string{"invalid_grant", "AADSTS54005: redeemed\r\nTrace ID: 1"}},
		"an error called text":         {answer(400, "text/plain", entra), KindServer, []string{"invalid_grant"}},
		"an error called HTML":         {answer(400, "text/html", entra), KindServer, []string{"invalid_grant"}},
		"a 200 with an error inside":   {answer(200, "application/json", entra), KindServer, []string{"200 OK", "error invalid_grant inside"}},
		"a form-encoded error":         {answer(200, "application/x-www-form-urlencoded", "error=bad_verification_code&error_description=no"), KindServer, []string{"bad_verification_code"}},
		"HTML in place of JSON":        {answer(200, "text/html", "<!doctype html><title>Sign in</title>"), KindServer, []string{"HTML", "200 OK"}},
		"HTML and an error status":     {answer(503, "text/html", "<html>down</html>"), KindServer, []string{"HTML", "503 Service Unavailable"}},
		"no access token":              {answer(200, "application/json", `{"token_type":"Bearer","id_token":"x"}`), KindServer, []string{"access_token", "id_token"}},
		"an empty answer":              {answer(200, "application/json", ""), KindServer, []string{"empty"}},
		"JSON that breaks off":         {answer(200, "application/json", `{"access_token":"abc`), KindServer, []string{"ends in the middle, after 20 octets"}},
		"the word null":                {answer(200, "application/json", "null"), KindServer, []string{"null"}},
		"a list":                       {answer(200, "application/json", "[1]"), KindServer, []string{"not a JSON object"}},
		"an error status without body": {answer(500, "application/json", ""), KindServer, []string{"500 Internal Server Error"}},
		"a redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/keys", http.StatusTemporaryRedirect)
		}, KindServer, []string{"redirect", "/keys", "not followed"}},
		"a body that breaks off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte(`{"access_token":"abc"`))
		}, KindTransport, []string{"broke off after 21 octets"}},
		"no answer at all": {func(http.ResponseWriter, *http.Request) {
			panic(http.ErrAbortHandler)
		}, KindTransport, []string{"without an answer"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t)
			p.token = row.handler
			w := newWalk(t, p.config(), Options{Browser: &player{}})
			runTo(t, w, StepToken)
			var e *Error
			if err := w.Next(t.Context()); !errors.As(err, &e) || e.Kind != row.kind {
				t.Fatalf("error %#v, want kind %s", err, row.kind)
			}
			for _, word := range row.words {
				if !strings.Contains(e.What+" "+e.Why, word) {
					t.Errorf("%q %q does not say %q", e.What, e.Why, word)
				}
			}
			if e.Try == "" {
				t.Errorf("%q: nothing to try", e.What)
			}
			s := w.Transcript().Step(StepToken)
			if len(s.Exchanges) != 1 {
				t.Fatalf("%d exchanges: one request, sent once", len(s.Exchanges))
			}
			if n := p.asked(); n != 1 {
				t.Errorf("the token endpoint was asked %d times", n)
			}
			if name == "a body that breaks off" {
				x := s.Exchanges[0]
				if x.Response == nil || !x.Response.Truncated || string(x.Response.Body) != `{"access_token":"abc"` || x.Error == nil {
					t.Errorf("exchange %+v: what arrived must be kept", x)
				}
			}
			// The step is still pending and can be tried again.
			if p, ok := w.Pending(); !ok || p.Step != StepToken || p.Request == nil {
				t.Errorf("pending %+v", p)
			}
			_ = w.Next(t.Context())
			if n := len(w.Transcript().Step(StepToken).Exchanges); n != 2 {
				t.Errorf("%d exchanges after the second try, want both", n)
			}
		})
	}
}

func TestTokenAnswersThatAreStrangeButRight(t *testing.T) {
	for name, row := range map[string]struct {
		contentType, body string
		want              map[string]string
	}{
		"expires_in as a string": {"application/json", `{"access_token":"a","expires_in":"3599"}`, map[string]string{"expires_in": "3599"}},
		"expires_in as nonsense": {"application/json", `{"access_token":"a","expires_in":{}}`, map[string]string{"expires_in": "{}"}},
		"called text/html":       {"text/html", `{"access_token":"a"}`, map[string]string{"access_token": "a"}},
		"with a byte order mark": {"application/json", "\ufeff" + `{"access_token":"a"}`, map[string]string{"access_token": "a"}},
		"form-encoded":           {"application/x-www-form-urlencoded", "access_token=a&scope=x+y", map[string]string{"access_token": "a", "scope": "x y"}},
		"unknown members":        {"application/json", `{"access_token":"a","x":[1, 2]}`, map[string]string{"x": "[1,2]"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t)
			p.token = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", row.contentType)
				_, _ = w.Write([]byte(row.body))
			}
			w := newWalk(t, p.config(), Options{Browser: &player{}})
			runTo(t, w, StepToken)
			if err := w.Next(t.Context()); err != nil {
				t.Fatal(err)
			}
			s := w.Transcript().Step(StepToken)
			for name, want := range row.want {
				if got, _ := s.Value(name); got != want {
					t.Errorf("%s = %q, want %q", name, got, want)
				}
			}
			if got := string(s.Exchanges[0].Response.Body); got != row.body {
				t.Errorf("body %q, want it whole", got)
			}
		})
	}
}

func TestClientAuthentication(t *testing.T) {
	const secret = "p+q/r s&t~"
	for method, want := range map[AuthMethod]struct{ form, basic string }{
		AuthNone: {"", ""}, AuthPost: {secret, ""}, AuthBasic: {"", "client-1:p%2Bq%2Fr+s%26t~"},
	} {
		t.Run(string(method), func(t *testing.T) {
			p := newProvider(t)
			p.token = func(w http.ResponseWriter, _ *http.Request) {
				writeJSON(w, 400, map[string]any{"error": "invalid_client"})
			}
			c := p.config()
			c.AuthMethod, c.ClientSecret = method, secret
			w := newWalk(t, c, Options{Browser: &player{}})
			runTo(t, w, StepToken)
			_ = w.Next(t.Context())
			if len(p.heads) != 1 {
				t.Fatalf("%d token requests, want one: a second would burn the code", len(p.heads))
			}
			r := http.Request{Header: p.heads[0]}
			user, pass, ok := r.BasicAuth()
			if got := user + ":" + pass; ok != (want.basic != "") || ok && got != want.basic {
				t.Errorf("Basic %q, want %q", got, want.basic)
			}
			if got := p.forms[0].Get("client_secret"); got != want.form && method != AuthBasic {
				t.Errorf("client_secret in the form: %q, want %q", got, want.form)
			}
			if id := p.forms[0].Get("client_id"); id != "client-1" && method != AuthBasic {
				t.Errorf("client_id %q", id)
			}
		})
	}
}

func TestOnlyASinglePageAppSendsAnOrigin(t *testing.T) {
	for _, platform := range []Platform{PlatformNative, PlatformWeb, PlatformSPA} {
		p := newProvider(t)
		c := p.config()
		c.Platform, c.Refresh, c.RedirectURI = platform, true, "http://127.0.0.1/app"
		if platform == PlatformWeb {
			c.ClientSecret, p.secret = "s-1", "s-1"
		}
		w := newWalk(t, c, Options{Browser: &player{}})
		if err := w.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		sent, _ := w.Transcript().Step(StepAuthorize).Value("redirect_uri")
		want := ""
		if platform == PlatformSPA {
			want = strings.TrimSuffix(sent, "/app")
		}
		for i, h := range p.heads {
			if got := h.Get("Origin"); got != want {
				t.Errorf("%s, request %d: Origin %q, want %q", platform, i, got, want)
			}
		}
	}
}

func TestNewestRefreshTokenIsUsed(t *testing.T) {
	p := newProvider(t)
	c := p.config()
	c.Refresh = true
	w := newWalk(t, c, Options{Browser: &player{}})
	if err := w.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := p.forms[1].Get("refresh_token"); got != "first-refresh-token" {
		t.Errorf("first refresh with %q", got)
	}
	if got := w.newest("refresh_token"); got != "second-refresh-token" {
		t.Errorf("the next would use %q", got)
	}
	// A provider that hands out none leaves the old one in force.
	p.token = func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, 200, map[string]any{"access_token": "third"})
	}
	if err := w.Rewind(StepRefresh); err != nil {
		t.Fatal(err)
	}
	if err := w.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.newest("refresh_token"); got != "first-refresh-token" {
		t.Errorf("refresh token %q", got)
	}
}

func TestRefreshWithoutRefreshTokenSaysHowToGetOne(t *testing.T) {
	p := newProvider(t)
	p.token = func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, 200, map[string]any{"access_token": "a"}) }
	c := p.config()
	c.Refresh = true
	w := newWalk(t, c, Options{Browser: &player{}})
	var e *Error
	if err := w.Run(t.Context()); !errors.As(err, &e) || e.Kind != KindRefused || !strings.Contains(e.Try, "offline_access") {
		t.Errorf("error %#v", err)
	}
}

func TestLongBodyIsCutInTheRecord(t *testing.T) {
	p := newProvider(t)
	const size = 50 << 20
	p.token = func(w http.ResponseWriter, _ *http.Request) {
		line := []byte(strings.Repeat("x", 1<<20))
		for range size >> 20 {
			_, _ = w.Write(line)
		}
	}
	w := newWalk(t, p.config(), Options{Browser: &player{}})
	runTo(t, w, StepToken)
	var e *Error
	if err := w.Next(t.Context()); !errors.As(err, &e) || e.Kind != KindServer || !strings.Contains(e.Why, "longer") {
		t.Errorf("error %#v", err)
	}
	r := w.Transcript().Step(StepToken).Exchanges[0].Response
	if len(r.Body) != maxBody || r.Size != size || !r.Truncated {
		t.Errorf("kept %d of %d octets, truncated %t", len(r.Body), r.Size, r.Truncated)
	}
}

func TestHeadersAreRecordedAsTheyWentOut(t *testing.T) {
	p := newProvider(t)
	w := newWalk(t, p.config(), Options{Browser: &player{}})
	runTo(t, w, StepKeys)
	x := w.Transcript().Step(StepToken).Exchanges[0]
	for _, name := range []string{"Host", "User-Agent", "Content-Length", "Content-Type"} {
		if x.Request.Header.Get(name) == "" {
			t.Errorf("%s is not in the record", name)
		}
	}
	if got := x.Request.Header.Get("Content-Length"); got != fmt.Sprint(len(x.Request.Body)) {
		t.Errorf("Content-Length %s, body of %d octets", got, len(x.Request.Body))
	}
	if x.Request.Header.Get("Accept-Encoding") != "" {
		t.Error("a compressed answer would not be recorded as it crossed the wire")
	}
	if x.Timing.Total <= 0 || x.Timing.FirstByte <= 0 || x.Timing.FirstByte > x.Timing.Total {
		t.Errorf("timing %+v", x.Timing)
	}
	if b, err := json.Marshal(x); err != nil || !strings.Contains(string(b), `"actor":"app"`) {
		t.Errorf("%s, %v", b, err)
	}
}

func FuzzTokenResponse(f *testing.F) {
	f.Add(200, "application/json", []byte(`{"access_token":"a","expires_in":"1"}`))
	f.Add(400, "text/html", []byte(`{"error":"x"}`))
	f.Add(200, "text/plain", []byte("access_token=a&%zz"))
	f.Add(302, "", []byte("\ufeffnull"))
	f.Fuzz(func(t *testing.T, status int, contentType string, body []byte) {
		r := &Response{Status: status, Header: http.Header{"Content-Type": {contentType}}, Body: body, Size: int64(len(body))}
		values, err := readTokenResponse(r)
		token, _ := Step{Values: values}.Value("access_token")
		if err == nil && (token == "" || status/100 != 2) {
			t.Errorf("taken for good: %d %q", status, body)
		}
		if err != nil && (err.What == "" || err.Kind != KindServer) {
			t.Errorf("error without words: %#v", err)
		}
	})
}

func BenchmarkWalk(b *testing.B) {
	p := newProvider(b)
	c := p.config()
	for b.Loop() {
		w := newWalk(b, c, Options{Browser: &player{}})
		if err := w.Run(b.Context()); err != nil {
			b.Fatal(err)
		}
		_ = w.Close()
		p.forms, p.heads = nil, nil
	}
}
