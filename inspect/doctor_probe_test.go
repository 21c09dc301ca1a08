package inspect_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/lab"
	"github.com/pkcescope/pkcescope/inspect"
)

// standIn is a provider that answers as it is told, and counts.
type standIn struct {
	*httptest.Server
	authorize, token http.HandlerFunc
	device           http.HandlerFunc
	metadata         map[string]any

	mu    sync.Mutex
	asked map[string]int
	form  url.Values // of the last token request
	head  http.Header
}

func newStandIn(t *testing.T, authorize, token http.HandlerFunc) *standIn {
	t.Helper()
	s := &standIn{authorize: authorize, token: token, asked: map[string]int{}}
	mux := http.NewServeMux()
	count := func(name string, h func(http.ResponseWriter, *http.Request)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			s.mu.Lock()
			s.asked[name]++
			s.mu.Unlock()
			h(w, r)
		}
	}
	mux.HandleFunc("/.well-known/openid-configuration", count("metadata", func(w http.ResponseWriter, _ *http.Request) {
		m := map[string]any{
			"issuer": s.URL, "authorization_endpoint": s.URL + "/authorize", "token_endpoint": s.URL + "/token", "jwks_uri": s.URL + "/keys",
			"response_types_supported": []string{"code"}, "code_challenge_methods_supported": []string{"S256"},
		}
		maps.Copy(m, s.metadata)
		_ = json.NewEncoder(w).Encode(m)
	}))
	mux.HandleFunc("/keys", count("keys", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"keys":[]}`) }))
	mux.HandleFunc("/authorize", count("authorize", s.authorize))
	mux.HandleFunc("/device", count("device", func(w http.ResponseWriter, r *http.Request) { s.device(w, r) }))
	mux.HandleFunc("/page", count("page", http.NotFound))
	mux.HandleFunc("/error", count("error", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<title>Error</title>") }))
	mux.HandleFunc("/token", count("token", func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		s.mu.Lock()
		s.form, s.head = r.PostForm, r.Header.Clone()
		s.mu.Unlock()
		s.token(w, r)
	}))
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func (s *standIn) count(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[name]
}

// client is one of this provider; at Entra its rules hold as well.
func (s *standIn) client(entra bool, p flow.Platform) flow.Config {
	return flow.Config{
		Issuer: s.URL, ClientID: "6731de76-14a6-49ae-97bc-6eba6914391e", Platform: p, Practice: entra,
		RedirectURI: "http://localhost:8400/callback", Scopes: []string{"openid", "offline_access"},
	}
}

// goesBack answers with a redirect to the client.
func goesBack(code, description string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q := url.Values{"error": {code}, "error_description": {description}, "state": {r.URL.Query().Get("state")}}
		http.Redirect(w, r, r.URL.Query().Get("redirect_uri")+"?"+q.Encode(), http.StatusFound)
	}
}

func answersPage(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}
}

func refuses(status int, code, description string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": code, "error_description": description})
	}
}

func aadsts(code int, text string) string {
	return fmt.Sprintf("AADSTS%d: %s Trace ID: 0f6a4f5e-5a1e-4c3b-8e2d-000000000001 Correlation ID: 0f6a4f5e-5a1e-4c3b-8e2d-000000000002 Timestamp: 2026-03-04 05:06:07Z", code, text)
}

// asScript is how Entra's sign-in page holds an error: inside a script.
func asScript(text string) string {
	b, _ := json.Marshal(text)
	return `<!DOCTYPE html><html><head><title>Sign in to your account</title><script>//<![CDATA[
$Config={"strServiceExceptionMessage":` + string(b) + `,"sErrorCode":"0","urlLogin":"https://example.com/x?y=1\u0026z"};//]]></script></head><body></body></html>`
}

func TestTheAuthorizationEndpointIsReadWithoutSigningIn(t *testing.T) {
	silent := goesBack("login_required", "nobody is signed in")
	for name, row := range map[string]struct {
		entra     bool
		authorize http.HandlerFunc
		verdict   inspect.Verdict
		line      string // the id
		cause     string
	}{
		"all is known":           {true, silent, inspect.VerdictOK, "probe-request", ""},
		"consent would be asked": {false, goesBack("consent_required", ""), inspect.VerdictOK, "probe-request", ""},
		"a page to sign in":      {false, answersPage(200, `<form><input type=hidden name=csrf value=x><input name=user><input type=password name=pw></form>`), inspect.VerdictOK, "probe-request", ""},
		"Entra, client unknown":  {true, answersPage(200, asScript(aadsts(700016, "Application with identifier 'x' was not found in the directory 'Contoso'."))), inspect.VerdictFail, "probe-client", "app-not-found-in-tenant"},
		"Entra, tenant unknown":  {true, answersPage(400, asScript(aadsts(90002, "Tenant 'x' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud."))), inspect.VerdictFail, "probe-tenant", "tenant-not-found"},
		"Entra, redirect URI":    {true, answersPage(400, asScript(aadsts(50011, "The redirect URI 'http://localhost:8400/callback' specified in the request does not match the redirect URIs configured for the application."))), inspect.VerdictFail, "probe-redirect-uri", "redirect-uri-not-registered"},
		"Entra, scope":           {true, goesBack("invalid_client", aadsts(650053, "The application 'x' asked for scope 'y' that doesn't exist on the resource '00000003-0000-0000-c000-000000000000'.")), inspect.VerdictFail, "probe-request", "scope-not-on-resource"},
		"Keycloak, redirect URI": {false, answersPage(400, `<html><p class="instruction">Invalid parameter: redirect_uri</p></html>`), inspect.VerdictFail, "probe-redirect-uri", "redirect-uri-not-registered"},
		"Keycloak, client":       {false, answersPage(400, `<html><p class="instruction">Client not found.</p></html>`), inspect.VerdictFail, "probe-client", "client-id-unknown"},
		"Cognito, on an error page": {false, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/error?error=redirect_mismatch&client_id=x", http.StatusFound)
		}, inspect.VerdictFail, "probe-redirect-uri", "redirect-uri-not-registered"},
		"Google, inside octets": {false, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/error?authError="+base64.URLEncoding.EncodeToString([]byte("\n\x15redirect_uri_mismatch\x12\x20You can't sign in")), http.StatusFound)
		}, inspect.VerdictFail, "probe-redirect-uri", "redirect-uri-not-registered"},
		"a no without a reason": {false, answersPage(403, "<h1>Forbidden</h1>"), inspect.VerdictWarn, "probe-request", ""},
		"another state": {false, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Query().Get("redirect_uri")+"?error=login_required&state=other", http.StatusFound)
		}, inspect.VerdictFail, "probe-response", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStandIn(t, row.authorize, refuses(400, "invalid_grant", "the code is not valid"))
			c := s.client(row.entra, flow.PlatformNative)
			checkup := examine(t, c, lab.ExamineOptions{Probe: true})
			l := lineOf(checkup, row.line)
			if l.Verdict != row.verdict || l.Cause != row.cause {
				t.Errorf("%+v, want %s because of %q; all: %+v", l, row.verdict, row.cause, checkup.Lines)
			}
			if row.line != "probe-response" && l.Confidence != inspect.Likely {
				t.Errorf("the line %s is not called likely", l.ID)
			}
			if s.count("authorize") != 1 || s.count("token") > 1 || s.count("metadata") != 1 {
				t.Errorf("sent were %v", s.asked)
			}
		})
	}
}

func TestThePlatformIsInferredByOneTokenRequestWithAFalseCode(t *testing.T) {
	for name, row := range map[string]struct {
		platform flow.Platform
		secret   string
		token    http.HandlerFunc
		verdict  inspect.Verdict
		line     string
		cause    string
	}{
		"a page's URI under Single-page application":    {flow.PlatformSPA, "", refuses(400, "invalid_request", aadsts(9002327, "Tokens issued for the 'Single-Page Application' client-type may only be redeemed via cross-origin requests.")), inspect.VerdictOK, "probe-platform", ""},
		"a program's URI under Single-page application": {flow.PlatformNative, "", refuses(400, "invalid_request", aadsts(9002327, "Tokens issued for the 'Single-Page Application' client-type may only be redeemed via cross-origin requests.")), inspect.VerdictFail, "probe-platform", "spa-platform-redeemed-by-server"},
		"a program's URI under Web":                     {flow.PlatformNative, "", refuses(401, "invalid_client", aadsts(7000218, "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.")), inspect.VerdictFail, "probe-platform", "web-platform-but-public-client"},
		"a page's URI under Web":                        {flow.PlatformSPA, "", refuses(401, "invalid_client", aadsts(7000218, "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.")), inspect.VerdictFail, "probe-platform", "cross-origin-but-not-spa"},
		"a server's URI under a public platform":        {flow.PlatformWeb, "~Secret.8Q", refuses(401, "invalid_client", aadsts(700025, "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.")), inspect.VerdictFail, "probe-platform", "public-platform-but-secret-sent"},
		"a secret that has expired":                     {flow.PlatformWeb, "~Secret.8Q", refuses(401, "invalid_client", aadsts(7000222, "The provided client secret keys for app 'x' are expired.")), inspect.VerdictFail, "probe-credentials", "client-secret-expired"},
		"the code was looked at first":                  {flow.PlatformNative, "", refuses(400, "invalid_grant", aadsts(9002313, "Invalid request. Request is malformed or invalid.")), inspect.VerdictOK, "probe-platform", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStandIn(t, goesBack("login_required", aadsts(50058, "A silent sign-in request was sent but no user is signed in.")), row.token)
			c := s.client(true, row.platform)
			c.ClientSecret = row.secret
			checkup := examine(t, c, lab.ExamineOptions{Probe: true})
			l := lineOf(checkup, row.line)
			if l.Verdict != row.verdict || l.Cause != row.cause || l.Confidence != inspect.Likely {
				t.Errorf("%+v, want %s because of %q; all: %+v", l, row.verdict, row.cause, checkup.Lines)
			}
			if l.Verdict == inspect.VerdictFail && (l.Why == "" || l.Try == "") {
				t.Errorf("without why or try: %+v", l)
			}
			if s.count("authorize") != 1 || s.count("token") != 1 {
				t.Errorf("sent were %v, want one of each", s.asked)
			}
			if s.head.Get("Origin") != "" || s.form.Get("code") != lab.FalseCode || s.form.Get("client_secret") != row.secret {
				t.Errorf("the token request was %v with the Origin %q", s.form, s.head.Get("Origin"))
			}
		})
	}
}

func TestACredentialThatIsRefusedElsewhereIsToldFromACodeThatIs(t *testing.T) {
	for code, want := range map[string]string{"invalid_client": "probe-credentials", "invalid_grant": "probe-platform"} {
		s := newStandIn(t, goesBack("login_required", ""), refuses(401, code, ""))
		c := s.client(false, flow.PlatformWeb)
		c.ClientSecret = "a-secret"
		checkup := examine(t, c, lab.ExamineOptions{Probe: true})
		l := lineOf(checkup, want)
		if ok := l.Verdict == inspect.VerdictOK; l.ID == "" || ok != (code == "invalid_grant") {
			t.Errorf("%s: %+v; all: %+v", code, l, checkup.Lines)
		}
	}
}

// A probe of a client that the provider does not know ends there: nothing more
// could be learnt, and one question is enough.
func TestNoTokenRequestFollowsAPageThatSaysNo(t *testing.T) {
	s := newStandIn(t, answersPage(400, asScript(aadsts(700016, "Application with identifier 'x' was not found in the directory 'Contoso'."))), refuses(400, "invalid_grant", ""))
	examine(t, s.client(true, flow.PlatformNative), lab.ExamineOptions{Probe: true})
	if s.count("token") != 0 {
		t.Error("a token request was sent")
	}
}

func TestWithoutProbeNothingIsAskedAboutTheClient(t *testing.T) {
	s := newStandIn(t, goesBack("login_required", ""), refuses(400, "invalid_grant", ""))
	checkup := examine(t, s.client(true, flow.PlatformNative), lab.ExamineOptions{})
	if s.count("authorize")+s.count("token") != 0 {
		t.Errorf("sent were %v", s.asked)
	}
	for _, l := range checkup.Lines {
		if strings.HasPrefix(l.ID, "probe") {
			t.Errorf("%+v", l)
		}
	}
}

func TestAProbeFollowsNoRedirectToAnotherHost(t *testing.T) {
	elsewhere := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	defer other.Close()
	s := newStandIn(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/login", http.StatusFound)
	}, refuses(400, "invalid_grant", ""))
	checkup := examine(t, s.client(false, flow.PlatformNative), lab.ExamineOptions{Probe: true})
	if elsewhere != 0 {
		t.Errorf("%d requests went to another host", elsewhere)
	}
	if l := lineOf(checkup, "probe-request"); l.Verdict != inspect.VerdictOK {
		t.Errorf("a redirect to a page to sign in elsewhere is taken for a refusal: %+v", l)
	}
}

// What a provider writes is hostile: nothing of it reaches a terminal as it is.
func TestAHostilePageIsCleaned(t *testing.T) {
	s := newStandIn(t, answersPage(400, asScript(aadsts(50011, "\x1b]0;owned\x07\u202e does not match the redirect URIs configured for the application"))), refuses(400, "x", ""))
	checkup := examine(t, s.client(true, flow.PlatformNative), lab.ExamineOptions{Probe: true})
	for _, l := range checkup.Lines {
		if strings.ContainsAny(l.What+l.Why+l.Try, "\x1b\x07\u202e") {
			t.Errorf("%q", l)
		}
	}
}

func TestAProtectedResourceSaysWhomToAsk(t *testing.T) {
	for name, row := range map[string]struct {
		challenge string // RESOURCE and META are put in
		metadata  string // RESOURCE and ISSUER are put in; "" is 404
		want      map[string]inspect.Verdict
	}{
		"as it should be": {
			`Bearer resource_metadata="META"`, `{"resource":"RESOURCE","authorization_servers":["ISSUER"],"scopes_supported":["mcp.read"]}`,
			map[string]inspect.Verdict{"resource": "ok", "resource-metadata": "ok", "resource-server": "ok", "resource-scopes": "ok"},
		},
		"found by the well-known address": {
			`Bearer realm="x"`, `{"resource":"RESOURCE","authorization_servers":["ISSUER"]}`,
			map[string]inspect.Verdict{"resource": "warn", "resource-metadata": "ok", "resource-server": "ok"},
		},
		"another resource": {
			`Bearer resource_metadata="META"`, `{"resource":"https://evil.example/","authorization_servers":["ISSUER"]}`,
			map[string]inspect.Verdict{"resource-metadata": "fail"},
		},
		"another provider": {
			`Bearer resource_metadata="META"`, `{"resource":"RESOURCE","authorization_servers":["https://login.example/"]}`,
			map[string]inspect.Verdict{"resource-server": "fail"},
		},
		"no provider":      {`Bearer resource_metadata="META"`, `{"resource":"RESOURCE"}`, map[string]inspect.Verdict{"resource-server": "warn"}},
		"no metadata":      {`Bearer`, "", map[string]inspect.Verdict{"resource": "warn", "resource-metadata": "fail"}},
		"a page":           {`Bearer resource_metadata="META"`, `<html>`, map[string]inspect.Verdict{"resource-metadata": "fail"}},
		"plain http":       {`Bearer resource_metadata="http://mcp.example/meta"`, `{}`, map[string]inspect.Verdict{"resource-metadata": "fail"}},
		"scope not listed": {`Bearer resource_metadata="META"`, `{"resource":"RESOURCE","authorization_servers":["ISSUER"],"scopes_supported":["other"]}`, map[string]inspect.Verdict{"resource-scopes": "warn"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStandIn(t, goesBack("login_required", ""), refuses(400, "invalid_grant", ""))
			mux := http.NewServeMux()
			mcp := httptest.NewServer(mux)
			defer mcp.Close()
			resource := mcp.URL + "/mcp"
			fill := strings.NewReplacer("RESOURCE", resource, "ISSUER", s.URL, "META", mcp.URL+"/.well-known/oauth-protected-resource/mcp")
			mux.HandleFunc("/mcp", func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("WWW-Authenticate", fill.Replace(row.challenge))
				w.WriteHeader(http.StatusUnauthorized)
			})
			mux.HandleFunc("/.well-known/oauth-protected-resource/mcp", func(w http.ResponseWriter, _ *http.Request) {
				if row.metadata == "" {
					w.WriteHeader(http.StatusNotFound)
				}
				_, _ = io.WriteString(w, fill.Replace(row.metadata))
			})
			c := s.client(false, flow.PlatformNative)
			c.Ask.Resources, c.Scopes = []string{resource}, []string{"openid", "mcp.read"}
			checkup := examine(t, c, lab.ExamineOptions{Probe: true})
			for _, id := range slices.Sorted(maps.Keys(row.want)) {
				if l := lineOf(checkup, id); l.Verdict != row.want[id] {
					t.Errorf("%s: %+v, want %s", id, l, row.want[id])
				}
			}
		})
	}
}
