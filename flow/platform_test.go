package flow

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares got with testdata/name.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run with -update if that is meant:\n%s", path, got)
	}
}

func TestPlatformsDifferInOriginAndSecretOnly(t *testing.T) {
	t.Setenv("TZ", "UTC")
	for name, c := range map[string]Config{
		"nothing but a client id": {ClientID: "client-1"},
		"a custom scheme":         {ClientID: "client-1", Platform: PlatformNative, RedirectURI: "myapp://callback"},
		"a secret in the header":  {ClientID: "client-1", Platform: PlatformWeb, AuthMethod: AuthBasic, ClientSecret: "s 1", RedirectURI: "http://localhost:8080/cb"},
		"without PKCE":            {ClientID: "client-1", Platform: PlatformWeb, Method: MethodNone, RedirectURI: "https://app.example/cb"},
		"an Origin set by hand":   {ClientID: "client-1", Platform: PlatformNative, Origin: "https://app.example"},
	} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			for _, row := range ComparePlatforms(Transcript{Config: c}).Rows {
				mark := " "
				if row.Differs {
					mark = "≠"
				}
				fmt.Fprintf(&b, "%s %-22s %s\n", mark, row.Name, strings.Join(row.Values, " | "))
			}
			golden(t, "platforms-"+strings.ReplaceAll(name, " ", "-")+".txt", b.String())
		})
	}
}

func TestComparedRequestIsTheOneThatIsSent(t *testing.T) {
	p := newProvider(t)
	c := p.config()
	c.Platform = PlatformSPA
	w := newWalk(t, c, Options{Browser: &player{}})
	runTo(t, w, StepToken)
	compared := ComparePlatforms(w.Transcript()).Requests[1].Request
	if err := w.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	sent := w.Transcript().Step(StepToken).Exchanges[0].Request
	if string(sent.Body) != string(compared.Body) || sent.Header.Get("Origin") != compared.Header.Get("Origin") || sent.URL != compared.URL {
		t.Errorf("compared %+v\nsent %+v", compared, sent)
	}
}

func TestSwitchingThePlatformSetsWhatBelongsToIt(t *testing.T) {
	spa := Config{
		ClientID: "client-1", Issuer: "https://issuer.example", Platform: PlatformNative,
		AuthMethod: AuthNone, Origin: "https://elsewhere.example", RedirectURI: "myapp://callback",
	}.On(PlatformSPA)
	if spa.Origin != "" || spa.RedirectURI != "" || spa.Platform != PlatformSPA {
		t.Errorf("%+v: what belonged to the native app is still there", spa)
	}
	web, err := func() (Config, error) {
		c := spa.On(PlatformWeb)
		c.ClientSecret = "s-1"
		w, err := New(c, Options{})
		return w.config(), err
	}()
	if err != nil || web.AuthMethod != AuthPost || web.originFor("http://localhost") != "" {
		t.Errorf("web: %s, %v", web.AuthMethod, err)
	}
	none := spa
	none.Origin = OriginNone
	if got := none.originFor("http://localhost:1"); got != "" {
		t.Errorf("Origin %q, though none was asked for", got)
	}
}
