package practice

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// newPlay starts a tenant and an app in it.
func newPlay(t *testing.T, o Options) *play {
	t.Helper()
	clock := &stopwatch{}
	o.Now = clock.now
	return &play{client: newClient(t, start(t, o), native), clock: clock}
}

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
			if _, got := matchRedirect(r, row.sent, false); got != row.match {
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
		if got, ok := matchRedirect(r, sent, false); !ok || got != want {
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

func TestPKCE(t *testing.T) {
	long := strings.Repeat("a", 128)
	for _, row := range []struct {
		name, challenge, method, verifier string
		want                              int // 0: tokens
	}{
		{"S256", s256(verifier), "S256", verifier, 0},
		{"S256 with another verifier", s256(verifier), "S256", verifier + "x", 501481},
		{"plain", verifier, "plain", verifier, 0},
		{"plain with another verifier", verifier, "plain", verifier + "x", 501481},
		{"no method means plain", verifier, "", verifier, 0},
		{"no method with an S256 challenge", s256(verifier), "", verifier, 501481},
		{"128 characters", s256(long), "S256", long, 0},
		{"129 characters", s256(long + "a"), "S256", long + "a", 501481},
		{"43 characters", s256(long[:43]), "S256", long[:43], 0},
		{"42 characters", s256(long[:42]), "S256", long[:42], 501482},
		{"a space in it", s256(verifier[:42] + " "), "S256", verifier[:42] + " ", 501481},
		{"all four signs", s256(verifier + "-._~"), "S256", verifier + "-._~", 0},
		{"neither challenge nor verifier", "", "", "", 0},
		{"a verifier that nobody asked for", "", "", verifier, 501481},
		{"no verifier", s256(verifier), "S256", "", 50148},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := newPlay(t, Options{})
			v := edit(p.params(), []string{"code_challenge", row.challenge, "code_challenge_method", row.method})
			r := p.redeem(edit(p.redemption(p.code(v)), []string{"code_verifier", row.verifier}))
			if r.code() != row.want {
				t.Errorf("AADSTS%d, want AADSTS%d: %s", r.code(), row.want, r.Description)
			}
		})
	}
}

// A check that fails does not use up the code.
func TestARefusalLeavesTheCodeGood(t *testing.T) {
	p := newPlay(t, Options{})
	v := p.redemption(p.code(p.params()))
	wrong := edit(p.redemption(v.Get("code")), []string{"code_verifier", strings.Repeat("a", 43)})
	if got := p.redeem(wrong).code(); got != 501481 {
		t.Fatalf("AADSTS%d", got)
	}
	if r := p.redeem(v); r.AccessToken == "" {
		t.Errorf("after the refusal: %s", r.Description)
	}
}

func TestOfManyRedemptionsOneWins(t *testing.T) {
	p := newPlay(t, Options{})
	v := p.redemption(p.code(p.params()))
	codes := make([]int, 20)
	var all sync.WaitGroup
	for i := range codes {
		all.Go(func() { codes[i] = p.redeem(v).code() })
	}
	all.Wait()
	slices.Sort(codes)
	if codes[0] != 0 || codes[1] != 54005 {
		t.Errorf("codes = %v, want one success and 54005", codes)
	}
}

func TestOldestCodesAreDropped(t *testing.T) {
	g := newGrants()
	first := g.addCode(grant{})
	for range maxCodes {
		g.addCode(grant{})
	}
	if _, ok := g.code(first); ok || len(g.codes.entries) != maxCodes {
		t.Errorf("%d codes are kept, and the oldest is among them: %v", len(g.codes.entries), ok)
	}
}

// The rule of Origin, with the CORS headers that a browser needs to let its
// script see the answer.
func TestOnlyPagesRedeemAcrossOrigins(t *testing.T) {
	p := newPlay(t, Options{}).use("spa")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, p.s.URL+"/"+p.authority+"/oauth2/v2.0/token", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", "http://localhost:8402")
	req.Header.Set("Access-Control-Request-Method", "POST")
	req.Header.Set("Access-Control-Request-Headers", "x-client-sku")
	res, err := p.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if h := res.Header; res.StatusCode != http.StatusNoContent || h.Get("Access-Control-Allow-Origin") != "http://localhost:8402" ||
		!strings.Contains(h.Get("Access-Control-Allow-Methods"), "POST") || h.Get("Access-Control-Allow-Headers") != "x-client-sku" {
		t.Errorf("preflight: %s %v", res.Status, h)
	}
	r := p.redeem(p.redemption(p.code(p.params())))
	if r.AccessToken == "" || r.header.Get("Access-Control-Allow-Origin") != "http://localhost:8402" {
		t.Errorf("redemption: %s %v", r.Description, r.header)
	}
	// A refusal can be read as well, or nobody would know why.
	if r := p.redeem(p.redemption("1.Amade-up")); r.header.Get("Access-Control-Allow-Origin") == "" || r.code() != 70000 {
		t.Errorf("refusal: %s %v", r.Description, r.header)
	}
	if got := p.refreshed(p.tokens().RefreshToken, "", ""); got != 0 {
		t.Errorf("a page's refresh: AADSTS%d", got)
	}
}

func TestRefreshTokensComeOnlyWithOfflineAccess(t *testing.T) {
	p := newPlay(t, Options{})
	r := p.redeem(p.redemption(p.code(edit(p.params(), []string{"scope", "openid User.Read"}))))
	if r.RefreshToken != "" || r.IDToken == "" || r.Scope != "openid User.Read" {
		t.Errorf("without offline_access: %+v", r.tokenResponse)
	}
	r = p.redeem(p.redemption(p.code(edit(p.params(), []string{"scope", "offline_access User.Read"}))))
	if r.RefreshToken == "" || r.IDToken != "" || r.Scope != "User.Read" {
		t.Errorf("without openid: %+v", r.tokenResponse)
	}
}

// The scope comes back in the form in which it was asked for: MSAL takes any
// other form for declined.
func TestScopesComeBackAsTheyWereAskedFor(t *testing.T) {
	p := newPlay(t, Options{})
	for asked, want := range map[string]string{
		"openid User.Read": "openid User.Read",
		"openid https://graph.microsoft.com/User.Read":                  "openid https://graph.microsoft.com/User.Read",
		"openid https://graph.microsoft.com/.default":                   "openid https://graph.microsoft.com/User.Read",
		"api://5c1e7a90-8d24-4f3b-a6e5-0b97d2c48f13/Orders.Read openid": "openid api://5c1e7a90-8d24-4f3b-a6e5-0b97d2c48f13/Orders.Read",
	} {
		r := p.redeem(p.redemption(p.code(edit(p.params(), []string{"scope", asked}))))
		if r.Scope != want {
			t.Errorf("%s came back as %q", asked, r.Scope)
		}
	}
}

// The old refresh token stays good, the new one is another, and a single-page
// app's day is counted from the sign-in however often it refreshes.
func TestRefreshTokensRotate(t *testing.T) {
	p := newPlay(t, Options{}).use("spa")
	first := p.tokens().RefreshToken
	p.clock.forward(23 * time.Hour)
	v := url.Values{"grant_type": {"refresh_token"}, "client_id": {p.app.ClientID}, "refresh_token": {first}}
	second := p.redeem(v).RefreshToken
	if second == "" || second == first || p.refreshed(first) != 0 {
		t.Error("the old one is dead, or there is no new one")
	}
	p.clock.forward(2 * time.Hour)
	if got := p.refreshed(second); got != 700084 {
		t.Errorf("a day after the sign-in: AADSTS%d, want AADSTS700084", got)
	}
}

func TestTheResourceChoosesTheTokensVersion(t *testing.T) {
	p := newPlay(t, Options{})
	for scope, want := range map[string][3]string{
		"User.Read": {"1.0", "https://graph.microsoft.com", p.s.URL + "/" + homeDirectory.ID + "/"},
		"https://archive.contoso.example/user_impersonation":     {"1.0", "https://archive.contoso.example", p.s.URL + "/" + homeDirectory.ID + "/"},
		"api://5c1e7a90-8d24-4f3b-a6e5-0b97d2c48f13/Orders.Read": {"2.0", "5c1e7a90-8d24-4f3b-a6e5-0b97d2c48f13", p.s.Issuer()},
	} {
		r := p.redeem(p.redemption(p.code(edit(p.params(), []string{"scope", scope}))))
		c := claimsOf(t, r.AccessToken)
		if got := [3]string{fmt.Sprint(c["ver"]), fmt.Sprint(c["aud"]), fmt.Sprint(c["iss"])}; got != want {
			t.Errorf("%s: %v, want %v", scope, got, want)
		}
	}
}

func TestOlderEndpointsAnswerInTheirOwnWay(t *testing.T) {
	p := newPlay(t, Options{})
	v := edit(p.params(), []string{"scope", "openid", "resource", "https://archive.contoso.example"})
	p.change(func(r *Registration) {
		r.Permissions = append(r.Permissions, Permission{Resource: p.find("Archive"), Scopes: []string{"user_impersonation"}})
	})
	at := p.browse(p.get(p.s.URL + "/" + p.authority + "/oauth2/authorize?" + v.Encode()))
	at = p.press(p.press(at, nil), nil)
	if at.left == nil {
		t.Fatalf("no code: %s", at.body)
	}
	req := p.post(p.s.URL+"/"+p.authority+"/oauth2/token", p.redemption(at.left.Query().Get("code")))
	res, err := p.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var r reply
	readJSON(t, res.Body, &r)
	seconds, isText := r.ExpiresIn.(string)
	if !isText || seconds == "" || r.ExpiresOn == "" || r.Resource == "" {
		t.Errorf("token response = %+v", r)
	}
	if aud := claimsOf(t, r.AccessToken)["aud"]; aud != "https://archive.contoso.example" {
		t.Errorf("aud = %v", aud)
	}
}

func TestDiscoveryIsAsPublished(t *testing.T) {
	p := newPlay(t, Options{})
	m := p.metadata()
	for _, absent := range []string{
		"code_challenge_methods_supported", "introspection_endpoint", "revocation_endpoint", "grant_types_supported",
		"pushed_authorization_request_endpoint", "dpop_signing_alg_values_supported", "authorization_response_iss_parameter_supported",
	} {
		if _, ok := m[absent]; ok {
			t.Errorf("Entra does not publish %s", absent)
		}
	}
	for segment, issuer := range map[string]string{
		"common": "/{tenantid}/v2.0", "organizations": "/{tenantid}/v2.0",
		"consumers": "/" + consumersDirectory.ID + "/v2.0", "contoso.onmicrosoft.com": "/" + homeDirectory.ID + "/v2.0",
	} {
		res, err := p.http.Do(p.get(p.s.URL + "/" + segment + "/v2.0/.well-known/openid-configuration"))
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		readJSON(t, res.Body, &m)
		_ = res.Body.Close()
		if m["issuer"] != p.s.URL+issuer {
			t.Errorf("%s: issuer = %v, want …%s", segment, m["issuer"], issuer)
		}
	}
}

func TestKeysRotateAndOldTokensStillVerify(t *testing.T) {
	p := newPlay(t, Options{})
	before := p.tokens().IDToken
	p.s.RotateKey()
	after := p.tokens().IDToken
	if before[:60] == after[:60] {
		t.Error("the header names the same key")
	}
	if !p.verifies(before) || !p.verifies(after) {
		t.Error("a token does not verify")
	}
}

func TestDeviceCodeFlow(t *testing.T) {
	p := newPlay(t, Options{})
	code, user := p.device()
	if got := p.poll(code); got != 70016 {
		t.Fatalf("AADSTS%d", got)
	}
	at := p.press(p.enter(strings.ToLower(user)), nil) // sign in
	at = p.press(at, nil)                              // consent
	at = p.press(at, nil)                              // yes, my device
	if !strings.Contains(at.body, "You have signed in to") {
		t.Fatalf("the last page: %s", at.body)
	}
	v := url.Values{"grant_type": {deviceGrant}, "client_id": {p.app.ClientID}, "device_code": {code}}
	if r := p.redeem(v); r.AccessToken == "" || r.RefreshToken == "" || r.IDToken == "" {
		t.Errorf("tokens = %+v", r)
	}
	if got := p.poll(code); got != 54005 {
		t.Errorf("a second time: AADSTS%d", got)
	}
}

func TestACertificateIsAsGoodAsASecret(t *testing.T) {
	p := newPlay(t, Options{})
	c := p.withCertificate()
	r := p.redeem(edit(p.redemption(p.code(p.params())), []string{
		"client_secret", "", "client_assertion_type", assertionType, "client_assertion", c.assertion(t, p, nil),
	}))
	if r.AccessToken == "" {
		t.Fatal(r.Description)
	}
	if acr := claimsOf(t, r.AccessToken)["appidacr"]; acr != "2" {
		t.Errorf("appidacr = %v, want 2", acr)
	}
}

func TestSecretsComeInTheBodyOrInBasic(t *testing.T) {
	p := newPlay(t, Options{}).use("(web)")
	if r := p.redeem(p.redemption(p.code(p.params()))); r.AccessToken == "" {
		t.Error(r.Description)
	}
	v := edit(p.redemption(p.code(p.params())), []string{"client_secret", "", "client_id", ""})
	req := p.post(p.s.URL+"/"+p.authority+"/oauth2/v2.0/token", v)
	req.SetBasicAuth(url.QueryEscape(p.app.ClientID), url.QueryEscape(p.app.Secrets[0].Value))
	res, err := p.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		t.Error(res.Status)
	}
}

func TestSecondFactors(t *testing.T) {
	p := newPlay(t, Options{})
	at := p.signIn("sam@contoso.onmicrosoft.com", p.asking())
	if !strings.Contains(at.body, "Approve sign-in request") {
		t.Fatalf("no second factor is asked for: %s", at.body)
	}
	if at = p.press(p.press(at, nil), nil); at.left == nil || at.left.Query().Get("code") == "" {
		t.Fatal("no code after the second factor and consent")
	}
	r := p.redeem(p.redemption(at.left.Query().Get("code")))
	if amr := toText(claimsOf(t, r.AccessToken)["amr"]); amr != `["pwd","mfa"]` {
		t.Errorf("amr = %s", amr)
	}
	// One that was never set up is set up.
	q := newPlay(t, Options{})
	q.policy(Policy{Name: "everybody", Grant: ControlMFA})
	at = q.signIn("alex@contoso.onmicrosoft.com", q.asking())
	if !strings.Contains(at.body, "More information required") {
		t.Fatalf("nothing is set up: %s", at.body)
	}
	q.press(at, nil)
	if a := q.s.Accounts()[0]; a.MFA != MFARegistered {
		t.Errorf("mfa = %q", a.MFA)
	}
}

func TestGroupsAndRoles(t *testing.T) {
	p := newPlay(t, Options{}).use("hybrid")
	sign := func(username string) map[string]any {
		jarless := newClient(t, p.s, native)
		jarless.app = p.app
		q := &play{client: jarless, clock: p.clock}
		at := q.signIn(username, q.asking())
		if at.left == nil {
			at = q.press(at, nil) // consent, the first time
		}
		return claimsOf(t, q.redeem(q.redemption(at.left.Query().Get("code"))).IDToken)
	}
	if c := sign("alex@contoso.onmicrosoft.com"); toText(c["roles"]) != `["Reader"]` || c["groups"] != nil || c["auth_time"] == nil {
		t.Errorf("alex: %v", c)
	}
	if c := sign("max@contoso.onmicrosoft.com"); c["groups"] != nil || c["_claim_names"] == nil || c["_claim_sources"] == nil {
		t.Errorf("max, in 250 groups: %v", c)
	}
	p.update(func(t *Tenant) {
		for i := range t.Accounts {
			t.Accounts[i].Groups = 3
		}
	})
	if c := sign("max@contoso.onmicrosoft.com"); len(c["groups"].([]any)) != 3 {
		t.Errorf("max, in 3 groups: %v", c)
	}
}

func TestGuestsHaveAnotherObjectID(t *testing.T) {
	p := newPlay(t, Options{})
	at := p.press(p.signIn("gus@fabrikam.onmicrosoft.com", p.asking()), nil)
	if at.left == nil {
		t.Fatalf("no code: %s", at.body)
	}
	c := claimsOf(t, p.redeem(p.redemption(at.left.Query().Get("code"))).IDToken)
	gus, _ := p.s.tenant.Load().account("gus@fabrikam.onmicrosoft.com")
	if c["idp"] == nil || c["oid"] == gus.ObjectID || c["tid"] != homeDirectory.ID {
		t.Errorf("claims = %v", c)
	}
}

func TestPromptsShowTheirPages(t *testing.T) {
	p := newPlay(t, Options{})
	p.tokens()
	for prompt, want := range map[string]string{
		"": "", "login": "<h1>Sign in</h1>", "select_account": "<h1>Pick an account</h1>", "consent": "<h1>Permissions requested</h1>", "none": "",
	} {
		at := p.asking("prompt", prompt)
		if want == "" {
			if at.left == nil || at.left.Query().Get("code") == "" {
				t.Errorf("prompt=%s: no code", prompt)
			}
			continue
		}
		if !strings.Contains(at.body, want) {
			t.Errorf("prompt=%s: no page %s", prompt, want)
		}
		if at = p.press(at, nil); at.left == nil || at.left.Query().Get("code") == "" {
			t.Errorf("prompt=%s: no code behind the page: %s", prompt, at.body)
		}
	}
}

func TestSigningOutEndsTheSession(t *testing.T) {
	p := newPlay(t, Options{})
	p.tokens()
	at := p.browse(p.get(p.s.URL + "/" + p.authority + "/oauth2/v2.0/logout"))
	if !strings.Contains(at.body, "You signed out") || p.asked("prompt", "none") != 50058 {
		t.Error("still signed in")
	}
	if at = p.browse(p.get(p.s.URL + "/" + p.authority + "/oauth2/v2.0/logout?post_logout_redirect_uri=https://attacker.example/")); at.left != nil {
		t.Errorf("sent to %s", at.left)
	}
}

// On sign-in and consent pages the task's form is the only one, its
// affirmative button comes first, and every page says that it is practice.
func TestPagesCanBeUsedByProgramsAndSayWhatTheyAre(t *testing.T) {
	p := newPlay(t, Options{})
	signIn := p.asking()
	consent := p.press(signIn, nil)
	refused := p.asking("redirect_uri", "https://attacker.example/")
	for name, at := range map[string]page{"sign-in": signIn, "consent": consent, "error": refused} {
		want := 1
		if name == "error" {
			want = 0
		}
		if got := strings.Count(at.body, "<form"); got != want {
			t.Errorf("%s: %d forms, want %d", name, got, want)
		}
		if !strings.Contains(at.body, "practice") {
			t.Errorf("%s does not say that it is practice", name)
		}
		if strings.Contains(at.body, "<script") {
			t.Errorf("%s has a script", name)
		}
	}
	if i, j := strings.Index(consent.body, "Accept</button>"), strings.Index(consent.body, "Cancel</button>"); i < 0 || i > j {
		t.Error("Accept does not come first")
	}
	body := refused.body[strings.Index(refused.body, "<body>"):]
	if i := strings.Index(body, "AADSTS50011: The redirect URI &#39;https://attacker.example/&#39;"); i < 0 || i > 80 {
		t.Errorf("the error's text does not stand at the top: %s", body)
	}
}

// What changes anything needs a form of this start's own pages.
func TestForeignFormsAreRefused(t *testing.T) {
	p := newPlay(t, Options{})
	f, _ := findForm(p.asking().body)
	good := edit(f.values(), []string{"loginfmt", p.s.Accounts()[0].Username, "passwd", p.s.Accounts()[0].Password})
	for name, change := range map[string]func(*http.Request, url.Values){
		"another origin":         func(r *http.Request, _ url.Values) { r.Header.Set("Origin", "https://attacker.example") },
		"no origin to speak of":  func(r *http.Request, _ url.Values) { r.Header.Set("Origin", "null") },
		"another site":           func(r *http.Request, _ url.Values) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"another start's canary": func(_ *http.Request, v url.Values) { v.Set("canary", randomText(18)) },
		"no canary":              func(_ *http.Request, v url.Values) { v.Del("canary") },
	} {
		v := edit(url.Values{}, nil)
		for k := range good {
			v.Set(k, good.Get(k))
		}
		probe := p.post(p.s.URL, nil)
		change(probe, v)
		req := p.post(p.s.URL+f.action, v)
		for k := range probe.Header {
			req.Header.Set(k, probe.Header.Get(k))
		}
		if got := p.codeOf(p.browse(req)); got != 9002313 {
			t.Errorf("%s: AADSTS%d, want AADSTS9002313", name, got)
		}
	}
	req := p.post(p.s.URL+f.action, good)
	req.Header.Set("Origin", p.s.URL)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	if at := p.browse(req); !strings.Contains(at.body, "Permissions requested") {
		t.Error("our own form is refused too")
	}
}

func TestOnlyLoopbackHostsAreAnswered(t *testing.T) {
	p := newPlay(t, Options{})
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(p.s.URL, "http://"))
	for host, want := range map[string]int{
		"localhost:" + port: 200, "127.0.0.1:" + port: 200, "[::1]:" + port: 200, "LOCALHOST": 200,
		"rebound.attacker.example": 421, "localhost.attacker.example:" + port: 421, "192.168.0.1": 421, "": 421,
	} {
		req := p.get(p.s.Issuer() + "/.well-known/openid-configuration")
		req.Host = host
		if host == "" {
			req.Host = "."
		}
		res, err := p.http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("Host %q: %d, want %d", host, res.StatusCode, want)
		}
	}
}

func TestOnlyLoopbackAddressesAreListenedOn(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "192.168.1.1:0", "[::]:0", "example.com:80", "127.0.0.1", "nonsense"} {
		if s, err := Start(Options{Listen: addr}); err == nil {
			_ = s.Close()
			t.Errorf("%q is listened on", addr)
		} else if !strings.Contains(err.Error(), addr) {
			t.Errorf("%q: the error does not say which address: %v", addr, err)
		}
	}
	s := start(t, Options{})
	_, err := Start(Options{Listen: strings.TrimPrefix(s.URL, "http://")})
	if e, ok := err.(*flow.Error); !ok || e.Kind != flow.KindTransport || e.Try == "" { //nolint:errorlint // the type is the contract
		t.Errorf("a port that is taken: %v", err)
	}
}

func TestOversizeAndMangledRequestsAreRefused(t *testing.T) {
	p := newPlay(t, Options{})
	v := p.redemption(codePrefix + "x")
	v.Set("padding", strings.Repeat("x", maxBody))
	if got := p.redeem(v).code(); got != 9002313 {
		t.Errorf("too large: AADSTS%d", got)
	}
	req := p.post(p.s.URL+"/"+p.authority+"/oauth2/v2.0/token", nil)
	req.Body = http.NoBody
	req.URL.RawQuery = "a=%zz"
	res, err := p.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var r reply
	readJSON(t, res.Body, &r)
	if r.code() != 9002313 {
		t.Errorf("bad encoding: AADSTS%d", r.code())
	}
}

// A parameter in the query and in the body is none too many: MSAL sends
// client-request-id so. The body's counts.
func TestAParameterMayStandInQueryAndBody(t *testing.T) {
	p := newPlay(t, Options{})
	req := p.post(p.s.URL+"/"+p.authority+"/oauth2/v2.0/token?client_id=nobody&client-request-id="+guidFrom("a"),
		p.redemption(p.code(p.params())))
	res, err := p.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK || res.Header.Get("Client-Request-Id") != guidFrom("a") {
		t.Errorf("%s %v", res.Status, res.Header)
	}
}

// The log has one event for each request, with the reason and without any
// secret.
func TestEventsSayWhyAndNoSecret(t *testing.T) {
	var mu sync.Mutex
	var events []Event
	p := newPlay(t, Options{Log: func(e Event) {
		mu.Lock()
		defer mu.Unlock()
		events = append(events, e)
	}})
	r := p.tokens()
	code := p.code(p.params())
	p.redeem(edit(p.redemption(code), []string{"code_verifier", strings.Repeat("a", 43)}))
	p.use("(web)").redeemed("client_secret", p.app.Secrets[0].ID)
	mu.Lock()
	var lines []string
	for _, e := range events {
		lines = append(lines, e.String())
	}
	mu.Unlock()
	all := strings.Join(lines, "\n")
	for _, want := range []string{"AADSTS501481", "Contoso Notes (native)", "secret's id", "AADSTS7000215"} {
		if !strings.Contains(all, want) {
			t.Errorf("the log lacks %q:\n%s", want, all)
		}
	}
	for _, secret := range []string{code, r.AccessToken, r.RefreshToken, p.app.Secrets[0].Value, p.s.Accounts()[0].Password, verifier} {
		if strings.Contains(all, secret) {
			t.Errorf("the log holds a secret:\n%s", all)
		}
	}
	at := p.browse(p.get(p.s.URL + "/"))
	if !strings.Contains(at.body, "AADSTS501481") || strings.Contains(at.body, p.app.Secrets[0].Value) {
		t.Error("the page of the last requests lacks the refusal, or shows a client secret")
	}
}

func TestHTTPSWithALeafOfItsOwn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tls")
	s := start(t, Options{TLS: true, TLSDir: dir})
	if !strings.HasPrefix(s.URL, "https://localhost:") {
		t.Errorf("URL = %s", s.URL)
	}
	block, _ := pem.Decode(s.Certificate())
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if cert.IsCA || !cert.BasicConstraintsValid || cert.NotAfter.Sub(cert.NotBefore) > certificateLifetime ||
		!slices.Equal(cert.DNSNames, []string{"localhost"}) || len(cert.IPAddresses) != 2 || cert.KeyUsage&x509.KeyUsageCertSign != 0 {
		t.Errorf("certificate = %+v", cert)
	}
	info, err := os.Stat(filepath.Join(dir, keyFile))
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the key's mode is %v", info.Mode())
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Issuer()+"/.well-known/openid-configuration", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	again := start(t, Options{TLS: true, TLSDir: dir})
	if string(again.Certificate()) != string(s.Certificate()) {
		t.Error("the next start has another certificate")
	}
}

func TestThePlayedBrowserReportsWhatThePageSays(t *testing.T) {
	p := newPlay(t, Options{})
	u := p.s.URL + "/" + p.authority + "/oauth2/v2.0/authorize?" + edit(p.params(), []string{"redirect_uri", "https://attacker.example/"}).Encode()
	err := p.s.Browser().Open(context.Background(), u, func(flow.Exchange) {})
	e, ok := err.(*flow.Error) //nolint:errorlint // the type is the contract
	if !ok || e.Kind != flow.KindServer || !strings.HasPrefix(e.What, "AADSTS50011: ") || e.Try == "" {
		t.Errorf("err = %#v", err)
	}
}

// What cannot be listened to is not requested: the person pastes it.
func TestThePlayedBrowserStopsBeforeForeignAddresses(t *testing.T) {
	p := newPlay(t, Options{})
	u := p.s.URL + "/" + p.authority + "/oauth2/v2.0/authorize?" +
		edit(p.params(), []string{"redirect_uri", "msal" + p.app.ClientID + "://auth"}).Encode()
	var last flow.Exchange
	if err := p.s.Browser().Open(context.Background(), u, func(x flow.Exchange) { last = x }); err != nil {
		t.Fatal(err)
	}
	if last.Response == nil || !strings.HasPrefix(last.Response.Header.Get("Location"), "msal"+p.app.ClientID+"://auth") {
		t.Errorf("the last hop is %+v", last.Request)
	}
}

func TestRegistrationFiles(t *testing.T) {
	const app = `{"name":"Mine","client_id":"11111111-2222-4333-8444-555555555555","supported_accounts":"AzureADMyOrg","native":["http://localhost"]}`
	for _, row := range []struct {
		name, file, text string
		want             string // part of the error; empty: it is read
	}{
		{"JSON", "a.json", `{"registrations":[` + app + `]}`, ""},
		{"TOML", "a.toml", "[[registrations]]\nname=\"Mine\"\nclient_id=\"11111111-2222-4333-8444-555555555555\"\nsupported_accounts=\"AzureADMyOrg\"\nnative=[\"http://localhost\"]\n", ""},
		{"an unknown name", "a.json", "{\n\"registrations\":[\n{\"colour\":\"x\"}]}", "line 3, colour"},
		{"a wrong type", "a.json", "{\"registrations\":[\n{\"name\":\"x\",\n\"native\":\"http://localhost\"}]}", "line 3, registrations.native"},
		{"broken JSON", "a.json", "{\n\"registrations\":[\n}", "line 3"},
		{"cut off", "a.json", "{\"registrations\":", "line 1"},
		{"text behind the end", "a.json", `{"registrations":[` + app + `]} {}`, "line 1"},
		{"a redirect URI that is not allowed", "a.json", "{\"registrations\":[" + strings.Replace(app, `"http://localhost"`, "\n\"http://app.example/\"", 1) + "]}", "line 2, registrations[0].native[0]"},
		{"a client id that is no GUID", "a.json", `{"registrations":[` + strings.Replace(app, "11111111-", "", 1) + `]}`, "registrations[0].client_id"},
		{"twice the same id", "a.json", `{"registrations":[` + app + "," + app + `]}`, "registrations[1].client_id"},
		{"an unknown fault", "a.json", `{"faults":["no-such"]}`, "faults[0]"},
		{"broken TOML", "a.toml", "[[registrations]]\nname = \n", "line 2"},
		{"an unknown name in TOML", "a.toml", "[[registrations]]\n\ncolour = \"x\"\n", "line 3, colour"},
		{"not text", "a.json", "\xff\xfe", "UTF-8"},
	} {
		t.Run(row.name, func(t *testing.T) {
			tenant, err := ParseTenant(row.file, []byte(row.text))
			if row.want == "" {
				if err != nil || tenant.Registrations[0].Name != "Mine" || len(tenant.Accounts) == 0 {
					t.Fatalf("%v, %+v", err, tenant.Registrations)
				}
				s := start(t, Options{Tenant: &tenant})
				if got := s.Config().ClientID; got != tenant.Registrations[0].ClientID {
					t.Errorf("client id = %s", got)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("err = %v, want %q in it", err, row.want)
			}
		})
	}
}

func TestSetupListsWhatAClientNeeds(t *testing.T) {
	s := start(t, Options{})
	setup := s.Setup()
	var platforms []flow.Platform
	for _, r := range setup.Registrations[:3] {
		platforms = append(platforms, r.Platform)
		if (r.Secret != nil) != (r.Platform == flow.PlatformWeb) || len(r.RedirectURIs) == 0 {
			t.Errorf("%+v", r)
		}
	}
	if !slices.Equal(platforms, []flow.Platform{flow.PlatformNative, flow.PlatformWeb, flow.PlatformSPA}) ||
		!strings.HasSuffix(setup.Device, "/devicecode") || setup.Accounts[0].Password == "" {
		t.Errorf("setup = %+v", setup)
	}
}

// An update that the portal would not save changes nothing.
func TestUnsoundUpdatesAreRefused(t *testing.T) {
	s := start(t, Options{})
	err := s.Update(func(t *Tenant) { t.Registrations[0].Web = []string{"http://app.example/"} })
	if err == nil || !strings.Contains(err.Error(), "registrations[0].web[0]") || len(s.Registrations()[0].Web) != 0 {
		t.Errorf("err = %v, web = %v", err, s.Registrations()[0].Web)
	}
	s.Registrations()[0].Native[0] = "changed"
	if s.Registrations()[0].Native[0] == "changed" {
		t.Error("a copy shares its memory with the tenant")
	}
}
