package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"html/template"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// provider is a small authorization server: right by default, wrong where a
// test says so.
type provider struct {
	*httptest.Server
	// authorize, token and metadata replace the answers if set.
	authorize func(q url.Values) url.Values
	token     http.HandlerFunc
	metadata  func(m map[string]any)

	secret string         // what the client must show, if anything
	device map[string]any // the device authorization response

	codes map[string]url.Values
	mu    sync.Mutex
	forms []url.Values // what the token endpoint was sent
	heads []http.Header
}

func newProvider(t testing.TB) *provider {
	p := &provider{codes: map[string]url.Values{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		m := map[string]any{
			"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token",
			"jwks_uri": p.URL + "/keys", "userinfo_endpoint": p.URL + "/userinfo",
			"scopes_supported": []string{"openid", "offline_access"},
		}
		if p.metadata != nil {
			p.metadata(m)
		}
		writeJSON(w, 200, m)
	})
	mux.HandleFunc("GET /authorize", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		code := fmt.Sprintf("code-%d-with-some-length", len(p.codes)+1)
		p.codes[code] = q
		answer := url.Values{"code": {code}, "state": {q.Get("state")}, "session_state": {"s-1"}}
		if p.authorize != nil {
			answer = p.authorize(q)
		}
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "a-session-cookie-of-the-provider"})
		switch q.Get("response_mode") {
		case "form_post":
			_ = formPost.Execute(w, map[string]any{"Action": q.Get("redirect_uri"), "Fields": answer})
		case "fragment":
			http.Redirect(w, r, q.Get("redirect_uri")+"#"+answer.Encode(), http.StatusFound)
		default:
			http.Redirect(w, r, q.Get("redirect_uri")+"?"+answer.Encode(), http.StatusFound)
		}
	})
	mux.HandleFunc("POST /device", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, 200, p.device) })
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		p.mu.Lock()
		p.forms = append(p.forms, r.PostForm)
		p.heads = append(p.heads, r.Header)
		p.mu.Unlock()
		if p.token != nil {
			p.token(w, r)
			return
		}
		if r.PostForm.Get("grant_type") == "refresh_token" {
			writeJSON(w, 200, map[string]any{
				"access_token": "second-access-token", "token_type": "Bearer", "expires_in": 3600,
				"refresh_token": "second-refresh-token",
			})
			return
		}
		if id, secret, ok := r.BasicAuth(); ok {
			id, _ = url.QueryUnescape(id)
			secret, _ = url.QueryUnescape(secret)
			r.PostForm.Set("client_id", id)
			r.PostForm.Set("client_secret", secret)
		}
		if r.PostForm.Get("client_secret") != p.secret {
			writeJSON(w, 401, map[string]any{"error": "invalid_client"})
			return
		}
		asked, ok := p.codes[r.PostForm.Get("code")]
		if !ok {
			writeJSON(w, 400, map[string]any{"error": "invalid_grant", "error_description": "The code is not known."})
			return
		}
		challenge := r.PostForm.Get("code_verifier")
		if asked.Get("code_challenge_method") == "S256" {
			challenge = s256(challenge)
		}
		if challenge != asked.Get("code_challenge") {
			writeJSON(w, 400, map[string]any{"error": "invalid_grant", "error_description": "PKCE verification failed."})
			return
		}
		writeJSON(w, 200, map[string]any{
			"access_token": "first-access-token", "token_type": "Bearer", "expires_in": "3599",
			"refresh_token": "first-refresh-token", "id_token": "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
			"scope": "openid",
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, 200, map[string]any{"keys": []any{}})
	})
	mux.HandleFunc("GET /userinfo", func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		writeJSON(w, 200, map[string]any{"sub": "1", "name": "Ada"})
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

// asked is how often the token endpoint was asked.
func (p *provider) asked() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.forms)
}

func s256(verifier string) string {
	w := &Walk{t: Transcript{Config: Config{Method: MethodS256}, Steps: []Step{{
		ID: StepVerifier, Values: []Value{{Name: "code_verifier", Value: verifier}},
	}}}}
	v, _ := Step{Values: w.challengeValues()}.Value("code_challenge")
	return v
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// config is a client of p.
func (p *provider) config() Config {
	return Config{Issuer: p.URL, ClientID: "client-1", RedirectURI: "http://127.0.0.1"}
}

var formPost = template.Must(template.New("").Parse(`<!doctype html><form method="post" action="{{.Action}}">
{{range $k, $v := .Fields}}<input type="hidden" name="{{$k}}" value="{{index $v 0}}">{{end}}</form>`))

// player is a browser that signs in by itself: it follows redirects, posts the
// form of a page that has one, and hands a fragment over as our page does.
type player struct{}

func (*player) Played() bool { return true }

func (b *player) Open(ctx context.Context, rawURL string, record func(Exchange)) error {
	body, final, err := b.do(ctx, http.MethodGet, rawURL, nil, record)
	if err != nil {
		return err
	}
	if action := match(body, `action="([^"]+)"`); action != "" {
		fields := url.Values{}
		for _, m := range regexp.MustCompile(`name="([^"]+)"(?: value="([^"]*)")?>`).FindAllStringSubmatch(body, -1) {
			fields.Set(html.UnescapeString(m[1]), html.UnescapeString(m[2]))
		}
		if fields.Has("fragment") {
			fields.Set("fragment", final.EscapedFragment())
		}
		at, _ := final.Parse(html.UnescapeString(action))
		_, _, err = b.do(ctx, http.MethodPost, at.String(), fields, record)
	}
	return err
}

func (*player) do(ctx context.Context, method, rawURL string, form url.Values, record func(Exchange)) (string, *url.URL, error) {
	req, err := http.NewRequestWithContext(ctx, method, rawURL, strings.NewReader(form.Encode()))
	if err != nil {
		return "", nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	client.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		record(Exchange{
			Actor: ActorBrowser, Channel: ChannelFront, Request: Request{Method: "GET", URL: via[len(via)-1].URL.String()},
			Response: &Response{Status: req.Response.StatusCode, Header: req.Response.Header},
		})
		return nil
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", nil, err
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	return string(body), resp.Request.URL, err
}

func match(s, pattern string) string {
	if m := regexp.MustCompile(pattern).FindStringSubmatch(s); m != nil {
		return m[1]
	}
	return ""
}

func newWalk(t testing.TB, c Config, o Options) *Walk {
	t.Helper()
	w, err := New(c, o)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

func TestWholeWalkEndsOK(t *testing.T) {
	for _, method := range []Method{MethodS256, MethodPlain, MethodOmitted, MethodNone} {
		t.Run(string(method), func(t *testing.T) {
			p := newProvider(t)
			c := p.config()
			c.Method, c.UserInfo, c.Refresh = method, true, true
			w := newWalk(t, c, Options{Browser: &player{}})
			if err := w.Run(t.Context()); err != nil {
				b, _ := json.MarshalIndent(w.Transcript(), "", " ")
				t.Fatalf("Run: %v\n%s", err, b)
			}
			tr := w.Transcript()
			if tr.Outcome != OutcomeOK {
				t.Errorf("outcome = %s, want ok", tr.Outcome)
			}
			if got, _ := tr.Step(StepToken).Value("expires_in"); got != "3599" {
				t.Errorf("expires_in = %q, want the string 3599 read like a number", got)
			}
			if got := w.newest("refresh_token"); got != "second-refresh-token" {
				t.Errorf("refresh token = %q, want the newest", got)
			}
		})
	}
}

var quiet = log.New(io.Discard, "", 0)
