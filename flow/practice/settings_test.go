package practice

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

// settingsText is the text that the settings page shows.
func settingsText(t *testing.T, p *play) (at page, text string) {
	t.Helper()
	at = p.browse(p.get(p.s.URL + "/settings"))
	return at, p.s.tenant.Load().asFile()
}

func TestSettingsAreChangedWhileTheTenantRuns(t *testing.T) {
	p := newPlay(t, Options{})
	at, text := settingsText(t, p)
	secret := p.s.Registrations()[web].Secrets[0].Value
	if strings.Contains(at.body, secret) {
		t.Error("the page shows a client secret")
	}
	if _, err := ParseTenant("x.json", []byte(text)); err != nil {
		t.Errorf("the text is no registrations file: %v", err)
	}
	save := func(text string) page {
		t.Helper()
		return p.press(at, func(v url.Values) { v.Set("tenant", strings.ReplaceAll(text, "\n", "\r\n")) })
	}

	saved := save(strings.Replace(text, `"http://localhost",`, `"http://localhost/moved",`, 1))
	if note, ok := textOf(saved.body, "note"); !ok || !strings.HasPrefix(note, "Saved.") {
		t.Fatalf("not saved:\n%s", saved.body)
	}
	if got := p.s.Registrations()[native].Native; !slices.Contains(got, "http://localhost/moved") {
		t.Errorf("native = %v", got)
	}
	if got := p.s.Registrations()[web].Secrets[0].Value; got != secret {
		t.Errorf("a secret that was not shown became %q", got)
	}
	if got := p.asked("redirect_uri", "http://localhost:8400"); got != 50011 {
		t.Errorf("the old redirect URI: AADSTS%d, want 50011", got)
	}

	// What the portal would not save changes nothing, and the text stays.
	before := p.s.Registrations()
	wrong := save(strings.Replace(text, `"http://localhost/signin-oidc"`, `"http://app.example/"`, 1))
	why, _ := textOf(wrong.body, "problem")
	if wrong.status != 400 || !strings.Contains(why, "registrations[1].web[0]") || !strings.Contains(why, "line ") || !strings.Contains(wrong.body, "http://app.example/") {
		t.Errorf("status %d, %q", wrong.status, why)
	}
	if got := p.s.Registrations(); got[web].Web[0] != before[web].Web[0] {
		t.Errorf("web = %v", got[web].Web)
	}
}

func TestAForeignPageChangesNoSettings(t *testing.T) {
	p := newPlay(t, Options{})
	at, text := settingsText(t, p)
	f, _ := findForm(at.body)
	for name, change := range map[string]func(url.Values, map[string]string){
		"no token of this start":  func(v url.Values, _ map[string]string) { v.Set("canary", "x") },
		"from another origin":     func(_ url.Values, h map[string]string) { h["Origin"] = "https://attacker.example" },
		"from an opaque origin":   func(_ url.Values, h map[string]string) { h["Origin"] = "null" },
		"the browser says it is":  func(_ url.Values, h map[string]string) { h["Sec-Fetch-Site"] = "cross-site" },
		"from another local port": func(_ url.Values, h map[string]string) { h["Origin"] = "http://127.0.0.1:1" },
	} {
		for _, path := range []string{"/settings", "/settings/key"} {
			v, h := f.values(), map[string]string{}
			v.Set("tenant", strings.Replace(text, `"http://localhost",`, `"http://localhost/moved",`, 1))
			change(v, h)
			req := p.post(p.s.URL+path, v)
			for name, value := range h {
				req.Header.Set(name, value)
			}
			if got := p.codeOf(p.browse(req)); got != 9002313 {
				t.Errorf("%s, %s: AADSTS%d, want 9002313", path, name, got)
			}
		}
	}
	if slices.Contains(p.s.Registrations()[native].Native, "http://localhost/moved") || len(p.s.keys.all()) != 1 {
		t.Error("something was changed")
	}
}

func TestTheKeyIsRotatedOnDemand(t *testing.T) {
	p := newPlay(t, Options{})
	old := p.s.keys.newest().id
	at, _ := settingsText(t, p)
	f, _ := findForm(at.body)
	p.browse(p.post(p.s.URL+"/settings/key", f.values()))
	if got := p.s.keys.newest().id; got == old || len(p.s.keys.all()) != 2 {
		t.Errorf("%d keys, the newest is the old one: %t", len(p.s.keys.all()), got == old)
	}
}

// No page may be framed, and none runs a script but the one that posts a
// response.
func TestPagesCannotBeFramedOrScripted(t *testing.T) {
	p := newPlay(t, Options{})
	for _, path := range []string{"/", "/settings", "/devicelogin", "/" + p.authority + "/oauth2/v2.0/authorize?" + p.params().Encode(), "/x/oauth2/v2.0/authorize"} {
		res, err := p.http.Do(p.get(p.s.URL + path))
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		policy := res.Header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "frame-ancestors 'none'") || res.Header.Get("X-Frame-Options") != "DENY" ||
			!strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: %v", path, res.Header)
		}
	}
}
