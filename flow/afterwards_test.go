package flow

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// later is a provider's other endpoints.
type later struct {
	*httptest.Server
	asked map[string]url.Values // by path
	heads map[string]http.Header
	reply map[string]http.HandlerFunc
}

func newLater(t *testing.T, p *provider) *later {
	l := &later{asked: map[string]url.Values{}, heads: map[string]http.Header{}, reply: map[string]http.HandlerFunc{
		"/introspect": func(w http.ResponseWriter, _ *http.Request) {
			writeJSON(w, 200, map[string]any{"active": true, "scope": "openid"})
		},
		"/revoke": func(http.ResponseWriter, *http.Request) {},
		"/api":    func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("hello")) },
		"/end":    func(http.ResponseWriter, *http.Request) {},
	}}
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		l.asked[r.URL.Path], l.heads[r.URL.Path] = r.Form, r.Header
		l.reply[r.URL.Path](w, r)
	}))
	t.Cleanup(l.Close)
	p.metadata = func(m map[string]any) {
		m["introspection_endpoint"], m["revocation_endpoint"], m["end_session_endpoint"] = l.URL+"/introspect", l.URL+"/revoke", l.URL+"/end?x=1"
	}
	return l
}

func TestTokensAreUsedAndEndedWhenAskedFor(t *testing.T) {
	p := newProvider(t)
	p.secret = "a-client-secret"
	l := newLater(t, p)
	c := p.config()
	c.ClientSecret = p.secret
	c.Afterwards = Afterwards{Call: l.URL + "/api", Introspect: true, Revoke: true, Logout: true, PostLogoutRedirectURI: "http://127.0.0.1/bye"}
	w := newWalk(t, c, Options{Browser: &player{}})
	if err := w.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := l.heads["/api"].Get("Authorization"); got != "Bearer first-access-token" {
		t.Errorf("the API was shown %q", got)
	}
	if got := l.asked["/introspect"]; got.Get("token") != "first-access-token" || got.Get("client_secret") != p.secret {
		t.Errorf("introspected %v", got)
	}
	if got := l.asked["/revoke"]; got.Get("token") != "first-refresh-token" || got.Get("token_type_hint") != "refresh_token" {
		t.Errorf("revoked %v", got)
	}
	end := l.asked["/end"]
	if end.Get("id_token_hint") == "" || end.Get("post_logout_redirect_uri") != "http://127.0.0.1/bye" || end.Get("state") == "" || end.Get("x") != "1" {
		t.Errorf("logout %v", end)
	}
	masked, _ := json.Marshal(w.Transcript().Redacted())
	for _, secret := range []string{"first-access-token", "first-refresh-token", p.secret} {
		if strings.Contains(string(masked), secret) {
			t.Errorf("%s is not masked", secret)
		}
	}
}

func TestNothingIsDoneWithTheTokensUnasked(t *testing.T) {
	p := newProvider(t)
	l := newLater(t, p)
	w := newWalk(t, p.config(), Options{Browser: &player{}})
	if err := w.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(l.asked) != 0 {
		t.Errorf("asked %v", l.asked)
	}
	for _, s := range w.Transcript().Steps {
		if s.ID.Extension() {
			t.Errorf("there is a step %s", s.ID)
		}
	}
}

func TestAfterwardsSayWhatWentWrong(t *testing.T) {
	for name, row := range map[string]struct {
		after Afterwards
		path  string
		reply http.HandlerFunc
		words string
	}{
		"a token of another audience": {Afterwards{Call: "/api"}, "/api", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token", error_description="wrong audience"`)
			w.WriteHeader(http.StatusUnauthorized)
		}, "wrong audience"},
		"an asker without rights": {Afterwards{Introspect: true}, "/introspect", func(w http.ResponseWriter, _ *http.Request) {
			writeJSON(w, 401, map[string]any{"error": "invalid_client"})
		}, "invalid_client"},
		"an answer without active": {Afterwards{Introspect: true}, "/introspect", func(w http.ResponseWriter, _ *http.Request) {
			writeJSON(w, 200, map[string]any{"scope": "x"})
		}, "holds scope"},
		"revocation unsupported": {Afterwards{Revoke: true}, "/revoke", func(w http.ResponseWriter, _ *http.Request) {
			writeJSON(w, 400, map[string]any{"error": "unsupported_token_type"})
		}, "unsupported_token_type"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t)
			l := newLater(t, p)
			l.reply[row.path] = row.reply
			c := p.config()
			c.Afterwards = row.after
			if c.Afterwards.Call != "" {
				c.Afterwards.Call = l.URL + c.Afterwards.Call
			}
			w := newWalk(t, c, Options{Browser: &player{}})
			var e *Error
			if err := w.Run(t.Context()); !errors.As(err, &e) || e.Kind != KindServer || !strings.Contains(e.What+e.Why, row.words) {
				t.Errorf("%#v, want %q", err, row.words)
			}
		})
	}
}

func TestEndpointThatIsNotThereIsSaidSo(t *testing.T) {
	for name, c := range map[string]Config{
		"pushed_authorization_request_endpoint": {Protection: Protection{PAR: true}},
		"introspection_endpoint":                {Afterwards: Afterwards{Introspect: true}},
		"revocation_endpoint":                   {Afterwards: Afterwards{Revoke: true}},
		"end_session_endpoint":                  {Afterwards: Afterwards{Logout: true}},
	} {
		p := newProvider(t)
		own := p.config()
		own.Protection, own.Afterwards = c.Protection, c.Afterwards
		w := newWalk(t, own, Options{Browser: &player{}})
		var e *Error
		if err := w.Run(t.Context()); !errors.As(err, &e) || e.Kind != KindRefused || !strings.Contains(e.What, name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
