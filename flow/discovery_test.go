package flow

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestIssuersOfB2CTenants(t *testing.T) {
	const asked, tenant = "https://contoso.b2clogin.com/contoso.onmicrosoft.com/B2C_1_signin/v2.0", "9188040d-6c67-4c5b-b112-36a304b66dad"
	for got, want := range map[string]bool{
		"https://contoso.b2clogin.com/" + tenant + "/v2.0/":                    true,
		"https://contoso.b2clogin.com/tfp/" + tenant + "/b2c_1_signin/v2.0/":   true,
		"https://fabrikam.b2clogin.com/" + tenant + "/v2.0/":                   false,
		"https://contoso.b2clogin.com/fabrikam.onmicrosoft.com/v2.0/":          false,
		"https://contoso.b2clogin.com.attacker.example/" + tenant + "/v2.0/":   false,
		"http://contoso.b2clogin.com/" + tenant + "/v2.0/":                     false,
		"https://contoso.b2clogin.com/tfp/" + tenant + "//v2.0/":               false,
		"https://contoso.b2clogin.com/" + tenant + "/B2C_1_signin/oauth2/v2.0": false,
	} {
		if b2cIssuer(asked, got) != want {
			t.Errorf("%s: taken %t, want %t", got, !want, want)
		}
	}
	if b2cIssuer("https://sso.example/contoso/v2.0", "https://sso.example/"+tenant+"/v2.0") {
		t.Error("another host has B2C's rules")
	}
}

func TestWhereMetadataIsLookedFor(t *testing.T) {
	for issuer, want := range map[string][]string{
		"https://a.example": {
			"https://a.example/.well-known/openid-configuration", "https://a.example/.well-known/oauth-authorization-server",
		},
		"https://a.example/t/1/": {
			"https://a.example/t/1/.well-known/openid-configuration",
			"https://a.example/.well-known/oauth-authorization-server/t/1",
			"https://a.example/.well-known/openid-configuration/t/1",
		},
	} {
		if got := discoveryURLs(issuer); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q, want %q", issuer, got, want)
		}
	}
}

func TestMetadataIsFoundAtEachPlace(t *testing.T) {
	for i := range 3 {
		var s *httptest.Server
		s = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if s.URL+r.URL.Path != discoveryURLs(s.URL + "/tenant")[i] {
				http.NotFound(w, r)
				return
			}
			writeJSON(w, 200, map[string]any{
				"issuer": s.URL + "/tenant", "authorization_endpoint": s.URL + "/a", "token_endpoint": s.URL + "/t",
				"scopes_supported": "not a list",
			})
		}))
		t.Cleanup(s.Close)
		w := newWalk(t, Config{ClientID: "c", Issuer: s.URL + "/tenant", Provider: Provider{TokenEndpoint: s.URL + "/mine"}}, Options{})
		if err := w.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		tr := w.Transcript()
		if got := tr.Config.Provider; got.AuthorizationEndpoint != s.URL+"/a" || got.TokenEndpoint != s.URL+"/mine" {
			t.Errorf("provider %+v: what was set by hand must be kept", got)
		}
		if n := len(tr.Step(StepDiscovery).Exchanges); n != i+1 {
			t.Errorf("%d requests recorded, want %d", n, i+1)
		}
	}
}

func TestIssuerMustBeTheOneAskedFor(t *testing.T) {
	const ms, tenant = "https://login.microsoftonline.com/", "9188040d-6c67-4c5b-b112-36a304b66dad"
	const other = "11111111-2222-3333-4444-555555555555"
	for _, row := range []struct {
		asked, got string
		practice   bool
		want       bool
	}{
		{ms + "common/v2.0", ms + "{tenantid}/v2.0", false, true},
		{ms + "organizations/v2.0", ms + "{tenantid}/v2.0", false, true},
		{ms + "consumers/v2.0", ms + tenant + "/v2.0", false, true},
		{ms + "contoso.onmicrosoft.com/v2.0", ms + tenant + "/v2.0", false, true},
		{ms + tenant, "https://sts.windows.net/" + tenant + "/", false, true},
		{"https://login.microsoftonline.us/contoso/v2.0", "https://login.microsoftonline.us/" + tenant + "/v2.0", false, true},
		{"https://contoso.ciamlogin.com/contoso.onmicrosoft.com/v2.0", "https://" + tenant + ".ciamlogin.com/" + tenant + "/v2.0", false, true},
		{"http://127.0.0.1:1/common/v2.0", "http://127.0.0.1:1/{tenantid}/v2.0", true, true},

		{ms + tenant + "/v2.0", ms + other + "/v2.0", false, false},
		{ms + tenant + "/v2.0", ms + "{tenantid}/v2.0", false, false},
		{ms + "contoso/v2.0", ms + "{tenantid}/v2.0", false, false},
		{ms + "contoso/v2.0", ms + "fabrikam/v2.0", false, false},
		{ms + "common/v2.0", ms + "{tenantid}", false, false},
		{ms + "common/v2.0", "https://login.microsoftonline.us/{tenantid}/v2.0", false, false},
		{"https://contoso.ciamlogin.com/x/v2.0", "https://fabrikam.ciamlogin.com/" + tenant + "/v2.0", false, false},
		{"https://idp.example/common/v2.0", "https://idp.example/{tenantid}/v2.0", false, false},
		{"https://login.microsoftonline.com.attacker.example/common/v2.0", "https://login.microsoftonline.com.attacker.example/{tenantid}/v2.0", false, false},
		{"http://127.0.0.1:1/common/v2.0", "http://127.0.0.1:1/{tenantid}/v2.0", false, false},
		{"http://127.0.0.1:1/common/v2.0", "http://127.0.0.1:2/{tenantid}/v2.0", true, false},
		{"https://idp.example/common/v2.0", "https://idp.example/{tenantid}/v2.0", true, false},
	} {
		if got := entraIssuer(row.asked, row.got, row.practice); got != row.want {
			t.Errorf("asked %s, got %s, practice %t: %t, want %t", row.asked, row.got, row.practice, got, row.want)
		}
	}
}

func TestMetadataThatIsRefused(t *testing.T) {
	for name, row := range map[string]struct {
		change func(p *provider, m map[string]any)
		kind   ErrorKind
		words  []string
	}{
		"another issuer":      {func(_ *provider, m map[string]any) { m["issuer"] = "https://other.example" }, KindRefused, []string{"https://other.example", "RFC 8414 section 3.3"}},
		"a slash more":        {func(p *provider, m map[string]any) { m["issuer"] = p.URL + "/" }, KindRefused, []string{"identical"}},
		"no issuer":           {func(_ *provider, m map[string]any) { delete(m, "issuer") }, KindRefused, []string{"another issuer"}},
		"plain http endpoint": {func(_ *provider, m map[string]any) { m["token_endpoint"] = "http://idp.example/token" }, KindRefused, []string{"token_endpoint", "TLS"}},
		"alias in the clear": {func(_ *provider, m map[string]any) {
			m["mtls_endpoint_aliases"] = map[string]any{"revocation_endpoint": "http://idp.example/revoke"}
		}, KindRefused, []string{"revocation_endpoint", "TLS"}},
		"plain http keys":    {func(_ *provider, m map[string]any) { m["jwks_uri"] = "http://idp.example/keys" }, KindRefused, []string{"jwks_uri"}},
		"script as endpoint": {func(_ *provider, m map[string]any) { m["authorization_endpoint"] = "javascript:alert(1)" }, KindRefused, []string{"not a URL"}},
		"no token endpoint":  {func(_ *provider, m map[string]any) { delete(m, "token_endpoint") }, KindRefused, []string{"token_endpoint"}},
		"wrong type":         {func(_ *provider, m map[string]any) { m["token_endpoint"] = 1 }, KindServer, []string{"wrong type"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t)
			p.metadata = func(m map[string]any) { row.change(p, m) }
			w := newWalk(t, p.config(), Options{})
			var e *Error
			if err := w.Next(t.Context()); !errors.As(err, &e) || e.Kind != row.kind {
				t.Fatalf("error %#v, want %s", err, row.kind)
			}
			for _, word := range row.words {
				if !strings.Contains(e.What+" "+e.Why, word) {
					t.Errorf("%q %q does not say %q", e.What, e.Why, word)
				}
			}
		})
	}
}

func TestNoMetadataSaysWhatToDo(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"nothing there": http.NotFound,
		"a web page":    func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "<html>welcome</html>") },
		"an error of Entra's": func(w http.ResponseWriter, _ *http.Request) {
			writeJSON(w, 400, map[string]any{"error": "invalid_tenant", "error_description": "AADSTS90002: Tenant 'x' not found."})
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(handler)
			t.Cleanup(s.Close)
			w := newWalk(t, Config{ClientID: "c", Issuer: s.URL + "/t"}, Options{})
			var e *Error
			if err := w.Next(t.Context()); !errors.As(err, &e) || e.Kind != KindServer || !strings.Contains(e.Try, s.URL+"/t") || e.Why == "" {
				t.Errorf("error %#v", err)
			}
			if name == "an error of Entra's" && !strings.Contains(e.Why, "AADSTS90002") {
				t.Errorf("why %q", e.Why)
			}
			if n := len(w.Transcript().Step(StepDiscovery).Exchanges); n != 3 {
				t.Errorf("%d requests recorded", n)
			}
		})
	}
}

func TestDiscoveryIsSkippedWithBothEndpointsAndNoIssuer(t *testing.T) {
	w := newWalk(t, Config{
		ClientID: "c", Provider: Provider{AuthorizationEndpoint: "https://idp.example/a", TokenEndpoint: "https://idp.example/t"},
	}, Options{})
	if p, _ := w.Pending(); p.Step != StepVerifier || w.Transcript().Step(StepDiscovery).Status != StatusSkipped {
		t.Errorf("pending %s", p.Step)
	}
}

func TestDefaultScopes(t *testing.T) {
	entra := []string{"openid", "profile", "offline_access", "User.Read"}
	for _, row := range []struct {
		issuer   string
		practice bool
		offline  bool
		prompt   string
		want     []string
		consent  bool
	}{
		{issuer: "https://login.microsoftonline.com/common/v2.0", want: entra},
		{issuer: "https://login.microsoftonline.us/x/v2.0", offline: true, want: entra},
		{issuer: "https://login.partner.microsoftonline.cn/x/v2.0", want: entra},
		{issuer: "https://sts.windows.net/x/", want: entra},
		{issuer: "https://contoso.ciamlogin.com/x/v2.0", want: entra},
		{issuer: "http://127.0.0.1:1/x/v2.0", practice: true, want: entra},
		{issuer: "https://idp.example", want: []string{"openid", "profile", "email"}},
		{issuer: "https://ciamlogin.com.example", want: []string{"openid", "profile", "email"}},
		{issuer: "https://idp.example", offline: true, want: []string{"openid", "profile", "email", "offline_access"}, consent: true},
		{issuer: "https://idp.example", offline: true, prompt: "login", want: []string{"openid", "profile", "email", "offline_access"}},
	} {
		c := Config{ClientID: "c", Issuer: row.issuer, Practice: row.practice, Prompt: row.prompt}
		if row.offline {
			c.Provider.ScopesSupported = []string{"offline_access"}
		}
		w := newWalk(t, c, Options{})
		if got := w.scopes(); !slices.Equal(got, row.want) {
			t.Errorf("%+v: scopes %v", row, got)
		}
		if got := w.prompt(); (got == "consent") != row.consent {
			t.Errorf("%+v: prompt %q", row, got)
		}
	}
}

func TestConfigurationsThatAreRefused(t *testing.T) {
	good := Config{ClientID: "c", Issuer: "https://idp.example"}
	for name, change := range map[string]func(*Config){
		"no client id":             func(c *Config) { c.ClientID = "" },
		"no provider":              func(c *Config) { c.Issuer = "" },
		"plain http issuer":        func(c *Config) { c.Issuer = "http://idp.example" },
		"issuer without scheme":    func(c *Config) { c.Issuer = "idp.example" },
		"unknown method":           func(c *Config) { c.Method = "s256" },
		"unknown platform":         func(c *Config) { c.Platform = "mobile" },
		"unknown response mode":    func(c *Config) { c.ResponseMode = "post" },
		"unknown authentication":   func(c *Config) { c.AuthMethod = "basic" },
		"secret missing":           func(c *Config) { c.AuthMethod = AuthPost },
		"relative redirect URI":    func(c *Config) { c.RedirectURI = "/callback" },
		"fragment in redirect URI": func(c *Config) { c.RedirectURI = "http://localhost/#x" },
		"edit of nothing":          func(c *Config) { c.Edits = []Edit{{Step: "x", Name: "y"}} },
	} {
		t.Run(name, func(t *testing.T) {
			c := good
			change(&c)
			_, err := New(c, Options{})
			var e *Error
			if !errors.As(err, &e) || e.Kind != KindRefused || e.What == "" || e.Try == "" {
				t.Errorf("error %#v, want a refusal with the way out", err)
			}
		})
	}
	if _, err := New(good, Options{}); err != nil {
		t.Errorf("the good one: %v", err)
	}
}

// Of several faults the same one is named each time.
func TestFirstEndpointOfTheFlowIsRefusedFirst(t *testing.T) {
	c := Config{ClientID: "c", Issuer: "https://idp.example", Provider: Provider{
		AuthorizationEndpoint: "1", PAREndpoint: "2", TokenEndpoint: "3", JWKSURI: "4", UserInfoEndpoint: "5", EndSessionEndpoint: "6",
	}}
	for range 20 {
		if _, err := New(c, Options{}); err == nil || !strings.Contains(err.Error(), "authorization_endpoint \"1\"") {
			t.Fatalf("New = %v, want the authorization_endpoint refused", err)
		}
	}
}

func TestRedirectsOfTheMetadata(t *testing.T) {
	p := newProvider(t)
	for name, row := range map[string]struct {
		to    string
		kind  ErrorKind
		words string
	}{
		"to another place":  {p.URL + "/.well-known/openid-configuration", KindRefused, "another issuer"}, // followed, then judged
		"to plain http":     {"http://idp.example/metadata", KindRefused, "not protected by TLS"},
		"round in a circle": {"", KindServer, "keeps redirecting"},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, defaultTo(row.to, r.URL.Path), http.StatusFound)
			}))
			t.Cleanup(s.Close)
			w := newWalk(t, Config{ClientID: "c", Issuer: s.URL}, Options{})
			var e *Error
			if err := w.Next(t.Context()); !errors.As(err, &e) || e.Kind != row.kind || !strings.Contains(e.What, row.words) {
				t.Errorf("error %#v, want %s: %s", err, row.kind, row.words)
			}
			x := w.Transcript().Step(StepDiscovery).Exchanges
			if len(x) == 0 || x[0].Response.Status != http.StatusFound {
				t.Errorf("exchanges %+v: each hop must be recorded", x)
			}
		})
	}
}

// Keys that somebody on the way could have put there verify nothing.
func TestKeySetIsFetchedOverTLSOrNotAtAll(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"keys":[]}`) })
	mux.HandleFunc("/page", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") })
	mux.Handle("/clear", http.RedirectHandler("http://keys.example/", http.StatusFound))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	for at, kind := range map[string]ErrorKind{
		server.URL + "/keys": "", server.URL + "/page": KindServer, server.URL + "/clear": KindRefused,
		"http://keys.example/": KindRefused, "http://127.0.0.1:1/": KindTransport, "https://%zz": KindRefused,
	} {
		keys, err := FetchKeySet(t.Context(), at)
		if kind == "" && (err != nil || string(keys) != `{"keys":[]}`) {
			t.Errorf("%s: %q, %v", at, keys, err)
		}
		if e, ok := errors.AsType[*Error](err); kind != "" && (!ok || e.Kind != kind) {
			t.Errorf("%s: %v, want it of kind %s", at, err, kind)
		}
	}
}
