package practice

import (
	"strings"
	"testing"

	"github.com/pkcescope/pkcescope/flow"
)

// https://learn.microsoft.com/entra/identity-platform/reply-url, line by line.
func TestRedirectURIsMatchAsEntraDocuments(t *testing.T) {
	for _, row := range []struct {
		name             string
		registered, sent string
		match            bool
		audience         Audience
	}{
		{name: "the same", registered: "https://app.example/cb", sent: "https://app.example/cb", match: true},
		{name: "the port of localhost does not count", registered: "http://localhost/cb", sent: "http://localhost:5001/cb", match: true},
		{name: "nor does a registered one", registered: "http://localhost:3000/cb", sent: "http://localhost:5001/cb", match: true},
		{name: "the port of https://localhost counts", registered: "https://localhost:3000/cb", sent: "https://localhost:5001/cb"},
		{name: "the port of 127.0.0.1 counts", registered: "http://127.0.0.1:3000/cb", sent: "http://127.0.0.1:5001/cb"},
		{name: "the default port may be written out", registered: "https://app.example/cb", sent: "https://app.example:443/cb", match: true},
		{name: "another port of a host", registered: "https://app.example/cb", sent: "https://app.example:8443/cb"},
		{name: "localhost is not 127.0.0.1", registered: "http://localhost/cb", sent: "http://127.0.0.1/cb"},
		{name: "the path's case counts", registered: "https://app.example/Callback", sent: "https://app.example/callback"},
		{name: "the host's case does not", registered: "https://app.example/cb", sent: "https://APP.example/cb", match: true},
		{name: "nor does the scheme's", registered: "https://app.example/cb", sent: "HTTPS://app.example/cb", match: true},
		{name: "a trailing slash counts", registered: "https://app.example/cb", sent: "https://app.example/cb/"},
		{name: "also the other way round", registered: "https://app.example/cb/", sent: "https://app.example/cb"},
		{name: "but not where there is no path", registered: "https://app.example", sent: "https://app.example/", match: true},
		{name: "also the other way round without a path", registered: "https://app.example/", sent: "https://app.example", match: true},
		{name: "http is not https", registered: "https://app.example/cb", sent: "http://app.example/cb"},
		{name: "a longer path", registered: "https://app.example/cb", sent: "https://app.example/cb/more"},
		{name: "a query counts", registered: "https://app.example/cb", sent: "https://app.example/cb?x=1"},
		{name: "the same query", registered: "https://app.example/cb?x=1", sent: "https://app.example/cb?x=1", match: true},
		{name: "a fragment never matches", registered: "https://app.example/cb", sent: "https://app.example/cb#x"},
		{name: "nor do user names", registered: "https://app.example/cb", sent: "https://me@app.example/cb"},
		{name: "a custom scheme", registered: "msal1234://auth", sent: "msal1234://auth", match: true},
		{name: "another custom scheme", registered: "msal1234://auth", sent: "msal5678://auth"},
		{name: "a wildcard for one label", registered: "https://*.contoso.example/cb", sent: "https://a.contoso.example/cb", match: true},
		{name: "not for two labels", registered: "https://*.contoso.example/cb", sent: "https://a.b.contoso.example/cb"},
		{name: "not for none", registered: "https://*.contoso.example/cb", sent: "https://contoso.example/cb"},
		{name: "a wildcard in the path", registered: "https://app.example/a/*", sent: "https://app.example/a/b", match: true},
		{name: "no wildcards with personal accounts", registered: "https://*.contoso.example/cb", sent: "https://a.contoso.example/cb", audience: Everyone},
		{name: "a dot in the path is no host", registered: "https://app.example/cb", sent: "https://app.example.attacker.example/cb"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.audience == "" {
				row.audience = MyOrg
			}
			r := Registration{SupportedAccounts: row.audience, Web: []string{row.registered}}
			if _, got := matchRedirect(r, row.sent, brokenRedirects{}); got != row.match {
				t.Errorf("%s registered, %s sent: match = %v, want %v", row.registered, row.sent, got, row.match)
			}
		})
	}
}

func TestAnExactRedirectURIDecidesThePlatform(t *testing.T) {
	r := Registration{SupportedAccounts: MyOrg, Web: []string{"http://localhost:3000/"}, SPA: []string{"http://localhost:4200/"}}
	for sent, want := range map[string]flow.Platform{
		"http://localhost:3000/": flow.PlatformWeb,
		"http://localhost:4200/": flow.PlatformSPA,
		"http://localhost:9999/": flow.PlatformWeb, // "will pick one arbitrarily": the first
	} {
		if got, ok := matchRedirect(r, sent, brokenRedirects{}); !ok || got != want {
			t.Errorf("%s is %q, want %q", sent, got, want)
		}
	}
}

// A redirect URI without a path gets a slash in query and fragment modes.
func TestABareHostGetsItsSlash(t *testing.T) {
	p := newPlay(t, Options{})
	p.tokens() // signed in and consented
	for mode, want := range map[string]string{
		"query": "http://localhost:8400/?", "fragment": "http://localhost:8400/#", "form_post": "http://localhost:8400",
	} {
		at := p.asking("response_mode", mode)
		got := ""
		if at.left != nil {
			got = at.left.String()
		} else if f, ok := findForm(at.body); ok {
			got = f.action
		}
		if !strings.HasPrefix(got, want) || mode == "form_post" && got != want {
			t.Errorf("%s goes to %s, want %s", mode, got, want)
		}
	}
}

// A redirect URI that has a query keeps it (RFC 6749 section 3.1.2).
func TestTheResponseIsAddedToAQuery(t *testing.T) {
	p := newPlay(t, Options{}).change(func(r *Registration) { r.Native = []string{"http://localhost/cb?shop=7"} })
	at := p.signIn("alex@contoso.onmicrosoft.com", p.asking("redirect_uri", "http://localhost/cb?shop=7"))
	if at.left == nil {
		at = p.press(at, nil) // consent
	}
	if q := at.left.Query(); q.Get("shop") != "7" || q.Get("code") == "" || strings.Count(at.left.String(), "?") != 1 {
		t.Errorf("the browser went to %s", at.left)
	}
}
