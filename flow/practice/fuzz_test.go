package practice

import (
	"net/url"
	"strings"
	"testing"
)

// Whatever a page holds, the form that is found can be sent.
func FuzzFindForm(f *testing.F) {
	for _, seed := range []string{
		`<form method="post" action="/login"><input type="hidden" name="ctx" value="a&amp;b"><button type="submit">Go</button></form>`,
		`<!-- <form> --><script>"<form>"</script><FORM ACTION=/x><INPUT NAME=a VALUE=b CHECKED></FORM>`,
		`<form><input type=checkbox name=a><input type=radio name=b checked value='c'><button name=x value=y>`,
		`<p id="aadsts">AADSTS50011: &lt;x&gt;</p>`, `<`, `<form`, `<a =">`, `<!--`, `<script>`, "<form\x00>",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, page string) {
		got, ok := findForm(page)
		if !ok && (got.method != "" || len(got.fields) > 0) {
			t.Errorf("fields without a form: %+v", got)
		}
		if ok && got.method == "" {
			t.Error("a form without a method")
		}
		if _, err := url.ParseQuery(got.values().Encode()); err != nil {
			t.Error(err)
		}
		if text, ok := textOf(page, "aadsts"); ok && strings.Contains(page, "<b>") && strings.Contains(text, "<b>") && !strings.Contains(page, "&") {
			t.Errorf("markup in the text: %q", text)
		}
	})
}

// Whatever stands in a registrations file, it is refused in words or gives a
// tenant that starts.
func FuzzParseTenant(f *testing.F) {
	for _, seed := range []string{
		string(tenantJSON), `{}`, `{"registrations":[{}]}`, `{"registrations":null,"accounts":[]}`,
		"[[registrations]]\nname=\"x\"\n", `{"faults":["ignore-pkce"]}`, `[`, "\xff", `{"circumstances":{"conditional_access":[{"grant":"x"}]}}`,
	} {
		f.Add("a.json", seed)
		f.Add("a.toml", seed)
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		tenant, err := ParseTenant(name, []byte(text))
		if err != nil {
			if len(err.Error()) < 10 {
				t.Errorf("an error without words: %q", err)
			}
			return
		}
		if err := tenant.check(); err != nil {
			t.Errorf("an unsound tenant: %v", err)
		}
		if err := tenant.clone().check(); err != nil {
			t.Errorf("its copy is unsound: %v", err)
		}
	})
}

// A redirect URI that matches has the registered host, whatever else is in it.
func FuzzMatchRedirect(f *testing.F) {
	for _, seed := range []string{
		"https://app.example/cb", "https://app.example@attacker.example/cb", "https://app.example\\@attacker.example/cb",
		"HTTPS://APP.EXAMPLE/cb", "https://app.example/cb/../x", "https://app.example:443/cb", "//app.example/cb", "http://localhost:1/",
	} {
		f.Add(seed)
	}
	r := Registration{SupportedAccounts: MyOrg, Web: []string{"https://app.example/cb"}, Native: []string{"http://localhost"}}
	f.Fuzz(func(t *testing.T, sent string) {
		if _, ok := matchRedirect(r, sent, brokenRedirects{}); !ok {
			return
		}
		u, err := url.Parse(responseURL(sent))
		if err != nil {
			t.Fatal(err)
		}
		if host := strings.ToLower(u.Hostname()); host != "app.example" && host != "localhost" {
			t.Errorf("%q is sent to %q", sent, host)
		}
	})
}
