package practice

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4/jwt"
)

// reachable are the AADSTS codes that a real request reaches, each with the
// request. Every row has a tenant of its own.
var reachable = []struct {
	code int
	name string
	try  func(*play) int
}{
	// Addresses and clients.
	{90002, "a tenant that is not there", func(p *play) int { p.authority = "nobody.example"; return p.asked() }},
	{900023, "a tenant that is no name", func(p *play) int { p.authority = "authorize"; return p.asked() }},
	{900561, "a GET of the token endpoint", func(p *play) int {
		res, err := p.http.Do(p.get(p.s.URL + "/" + p.authority + "/oauth2/v2.0/token"))
		if err != nil {
			p.t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		var r reply
		readJSON(p.t, res.Body, &r)
		return r.code()
	}},
	{50049, "instance discovery for a foreign host", func(p *play) int {
		res, err := p.http.Do(p.get(p.s.URL + "/common/discovery/instance?authorization_endpoint=https://login.example/common"))
		if err != nil {
			p.t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		var r reply
		readJSON(p.t, res.Body, &r)
		return r.code()
	}},
	{900144, "no scope", func(p *play) int { return p.asked("scope", "") }},
	{900144, "no client id", func(p *play) int { return p.asked("client_id", "") }},
	{90015, "a query without end", func(p *play) int { return p.asked("login_hint", strings.Repeat("x", maxQuery)) }},
	{9002313, "a parameter twice", func(p *play) int {
		return p.codeOf(p.browse(p.get(p.s.URL + "/" + p.authority + "/oauth2/v2.0/authorize?" + p.params().Encode() + "&state=2")))
	}},
	{700016, "a client id that is not there", func(p *play) int { return p.asked("client_id", guidFrom("nobody")) }},
	{700016, "an app of another tenant", func(p *play) int { return p.use("another tenant").asked() }},
	{7000112, "a disabled app", func(p *play) int { return p.use("disabled").asked() }},
	{50194, "a single-tenant app at common", func(p *play) int { p.authority = "common"; return p.asked() }},
	{9002332, "a work app at consumers", func(p *play) int { p.authority = "consumers"; return p.asked() }},

	// Redirect URIs.
	{50011, "a redirect URI that is not registered", func(p *play) int { return p.asked("redirect_uri", "http://localhost/other") }},
	{500113, "an app without redirect URIs", func(p *play) int { return p.use("no redirect URI").asked("redirect_uri", "http://localhost") }},
	{90102, "a redirect URI that is not absolute", func(p *play) int { return p.asked("redirect_uri", "/callback") }},
	{500112, "another redirect URI at the token endpoint", func(p *play) int { return p.redeemed("redirect_uri", "http://localhost:8400/") }},
	{700009, "no redirect URI at the token endpoint", func(p *play) int { return p.redeemed("redirect_uri", "") }},

	// Parameters.
	{70005, "a response type that is none", func(p *play) int { return p.asked("response_type", "password") }},
	{700054, "an ID token where it is switched off", func(p *play) int { return p.asked("response_type", "id_token") }},
	{700051, "an access token where it is switched off", func(p *play) int { return p.asked("response_type", "token") }},
	{70007, "tokens in the query", func(p *play) int {
		return p.use("hybrid").asked("response_type", "code id_token", "response_mode", "query")
	}},
	{90023, "a prompt that is none", func(p *play) int { return p.asked("prompt", "please") }},
	{50149, "a challenge method that is none", func(p *play) int { return p.asked("code_challenge_method", "s256") }},
	{501471, "a challenge method without a challenge", func(p *play) int { return p.asked("code_challenge", "") }},
	{501491, "a challenge that is too short", func(p *play) int { return p.asked("code_challenge", strings.Repeat("a", 42)) }},
	{50146, "mapped claims without a key", func(p *play) int { return p.use("without a key").asked() }},

	// Scopes and resources.
	{70011, "a scope that is no scope", func(p *play) int { return p.asked("scope", "openid contoso.example/read") }},
	{28000, "two resources", func(p *play) int {
		return p.asked("scope", "https://graph.microsoft.com/User.Read https://archive.contoso.example/user_impersonation")
	}},
	{500011, "a resource that is not there", func(p *play) int { return p.asked("scope", "api://nothing/read") }},
	{500014, "a resource that is switched off", func(p *play) int {
		p.use("Archive").change(func(r *Registration) { r.Expose.Disabled = true })
		return p.use("native").asked("scope", "https://archive.contoso.example/user_impersonation")
	}},
	{650052, "a resource that the tenant does not have", func(p *play) int {
		p.use("Archive").change(func(r *Registration) { r.Expose.Missing = true })
		return p.use("native").asked("scope", "https://archive.contoso.example/user_impersonation")
	}},
	{650053, "a scope that the resource does not have", func(p *play) int { return p.asked("scope", "openid mcp.read") }},
	{650056, "everything from a resource, without any permission", func(p *play) int {
		return p.change(func(r *Registration) { r.Permissions = nil }).asked("scope", "https://graph.microsoft.com/.default")
	}},
	{650057, "everything from a resource that is not listed", func(p *play) int {
		return p.asked("scope", "https://archive.contoso.example/.default")
	}},
	{901002, "a resource parameter that names nothing", func(p *play) int { return p.asked("resource", "https://mcp.example") }},
	{9010010, "a resource parameter beside other scopes", func(p *play) int {
		return p.asked("resource", "https://archive.contoso.example", "scope", "openid User.Read")
	}},
	{90009, "a token for itself by URI", func(p *play) int {
		return p.use("Orders").change(func(r *Registration) { r.Native = []string{"http://localhost"} }).
			asked("scope", "openid "+p.app.Expose.IdentifierURIs[0]+"/.default")
	}},
	{90008, "a token for itself without any permission for Graph", func(p *play) int {
		return p.use("Orders").change(func(r *Registration) { r.Native = []string{"http://localhost"} }).
			asked("scope", "openid "+p.app.ClientID+"/.default")
	}},
	{28003, "an empty scope at the token endpoint", func(p *play) int {
		v := p.redemption(p.code(p.params()))
		v.Set("scope", "")
		return p.redeem(v).code()
	}},

	// People.
	{50034, "an account that is not there", func(p *play) int {
		return p.codeOf(p.press(p.asking(), func(v url.Values) { v.Set("loginfmt", "nobody@contoso.example") }))
	}},
	{50126, "a wrong password", func(p *play) int {
		return p.codeOf(p.press(p.asking(), func(v url.Values) { v.Set("passwd", "wrong") }))
	}},
	{50053, "too many wrong passwords", func(p *play) int {
		at := p.asking()
		for range lockoutAfter + 1 {
			at = p.press(at, func(v url.Values) { v.Set("passwd", "wrong") })
		}
		return p.codeOf(at)
	}},
	{50057, "a disabled account", func(p *play) int { return p.signedIn("kim@contoso.onmicrosoft.com") }},
	{50055, "an expired password", func(p *play) int { return p.signedIn("lou@contoso.onmicrosoft.com") }},
	{50020, "an account of another tenant", func(p *play) int { return p.signedIn("pat@fabrikam.onmicrosoft.com") }},
	{500571, "a guest who is disabled", func(p *play) int { return p.signedIn("ira@fabrikam.onmicrosoft.com") }},
	{50105, "a user who is not assigned", func(p *play) int { return p.use("assignment").signedIn("alex@contoso.onmicrosoft.com") }},
	{9002339, "a personal account and an app for work", func(p *play) int {
		p.authority = "common"
		return p.use("multitenant").signedIn("jo@outlook.example", "redirect_uri", p.app.Native[0])
	}},
	{500208, "a personal account at organizations", func(p *play) int {
		p.authority = "organizations"
		return p.use("multitenant").signedIn("jo@outlook.example", "redirect_uri", p.app.Native[0])
	}},
	{500201, "a personal account at the v1.0 endpoint", func(p *play) int {
		p.authority = "common"
		p.use("everyone")
		v := edit(p.params(), []string{"redirect_uri", p.app.Native[0]})
		at := p.browse(p.get(p.s.URL + "/common/oauth2/authorize?" + v.Encode()))
		return p.codeOf(p.signIn("jo@outlook.example", at))
	}},
	{50058, "nobody signed in, and nobody may be asked", func(p *play) int { return p.asked("prompt", "none") }},
	{65004, "consent declined", func(p *play) int {
		at := p.signIn("alex@contoso.onmicrosoft.com", p.asking())
		return p.codeOf(p.press(at, func(v url.Values) { v.Set("answer", "cancel") }))
	}},
	{65001, "no consent, and nobody may be asked", func(p *play) int {
		p.signIn("alex@contoso.onmicrosoft.com", p.asking())
		return p.asked("prompt", "none")
	}},
	{90094, "a permission for administrators", func(p *play) int {
		return p.signedIn("alex@contoso.onmicrosoft.com", "scope", "openid Directory.Read.All")
	}},
	{90095, "the same where one can ask for it", func(p *play) int {
		p.update(func(t *Tenant) { t.Circumstances.AdminConsentWorkflow = true })
		return p.signedIn("alex@contoso.onmicrosoft.com", "scope", "openid Directory.Read.All")
	}},
	{50076, "a second factor, and nobody may be asked", func(p *play) int {
		p.signIn("robin@contoso.onmicrosoft.com", p.asking())
		p.policy(Policy{Name: "everybody", Grant: ControlMFA})
		return p.asked("prompt", "none")
	}},
	{50079, "a second factor that was never set up", func(p *play) int {
		p.signIn("alex@contoso.onmicrosoft.com", p.asking())
		p.policy(Policy{Name: "everybody", Grant: ControlMFA})
		return p.asked("prompt", "none")
	}},
	{500121, "a second factor denied", func(p *play) int {
		at := p.signIn("sam@contoso.onmicrosoft.com", p.asking())
		return p.codeOf(p.press(at, func(v url.Values) { v.Set("answer", "deny") }))
	}},
	{53003, "a policy that blocks", func(p *play) int {
		p.policy(Policy{Name: "no", Grant: ControlBlock})
		return p.signedIn("alex@contoso.onmicrosoft.com")
	}},
	{53000, "a policy that wants a compliant device", func(p *play) int {
		p.policy(Policy{Name: "devices", Grant: ControlCompliantDevice, Apps: []string{graphID}})
		return p.signedIn("alex@contoso.onmicrosoft.com")
	}},
	{53001, "a policy that wants a joined device", func(p *play) int {
		p.policy(Policy{Name: "devices", Grant: ControlDomainJoined, Users: []string{"alex@contoso.onmicrosoft.com"}})
		return p.signedIn("alex@contoso.onmicrosoft.com")
	}},
	{53002, "a policy that wants an approved app", func(p *play) int {
		p.policy(Policy{Name: "apps", Grant: ControlApprovedApp})
		return p.signedIn("alex@contoso.onmicrosoft.com")
	}},
	{70044, "a sign-in that is too old, and nobody may be asked", func(p *play) int {
		p.signIn("alex@contoso.onmicrosoft.com", p.asking())
		p.policy(Policy{Name: "often", SignInFrequencyHours: 1})
		p.clock.forward(2 * time.Hour)
		return p.asked("prompt", "none")
	}},

	// The code.
	{70000, "a code that was never issued", func(p *play) int { return p.redeem(p.redemption(codePrefix + "made-up")).code() }},
	{9002313, "a code that is no code", func(p *play) int { return p.redeem(p.redemption("SplxlOBeZQQYbYS6WxSbIA")).code() }},
	{70008, "a code after ten minutes", func(p *play) int {
		code := p.code(p.params())
		p.clock.forward(codeLifetime + time.Second)
		return p.redeem(p.redemption(code)).code()
	}},
	{54005, "a code twice", func(p *play) int {
		code := p.code(p.params())
		p.redeem(p.redemption(code))
		return p.redeem(p.redemption(code)).code()
	}},
	{700007, "another client's code", func(p *play) int {
		code := p.code(p.params())
		return p.use("multitenant").redeem(p.redemption(code)).code()
	}},
	{700005, "another tenant's code", func(p *play) int {
		p.use("multitenant")
		v := edit(p.params(), []string{"redirect_uri", p.app.Native[0]})
		r := edit(p.redemption(p.code(v)), []string{"redirect_uri", p.app.Native[0]})
		p.authority = otherDirectory.ID
		return p.redeem(r).code()
	}},
	{9001023, "a password at common", func(p *play) int {
		p.authority = "common"
		return p.use("multitenant").redeem(url.Values{"grant_type": {"password"}, "client_id": {p.app.ClientID}}).code()
	}},
	{70003, "a grant type that is none", func(p *play) int { return p.redeemed("grant_type", "password") }},
	{501481, "a wrong verifier", func(p *play) int { return p.redeemed("code_verifier", strings.Repeat("a", 43)) }},
	{50148, "no verifier", func(p *play) int { return p.redeemed("code_verifier", "") }},
	{501482, "a verifier that is too short", func(p *play) int { return p.redeemed("code_verifier", verifier[:42]) }},

	// The platforms.
	{9002325, "a single-page app without PKCE", func(p *play) int {
		p.use("spa")
		v := edit(p.params(), []string{"code_challenge", "", "code_challenge_method", ""})
		return p.redeem(edit(p.redemption(p.code(v)), []string{"code_verifier", ""})).code()
	}},
	{9002326, "a script and a native app", func(p *play) int {
		return p.redeem(p.redemption(p.code(p.params())), "Origin", "http://localhost:8402").code()
	}},
	{9002327, "a single-page app without an Origin", func(p *play) int {
		return p.use("spa").redeem(p.redemption(p.code(p.params())), "Origin", "").code()
	}},
	{7000218, "a web app without its secret", func(p *play) int { return p.use("(web)").redeemed("client_secret", "") }},
	{7000215, "a secret's id for its value", func(p *play) int {
		return p.use("(web)").redeemed("client_secret", p.app.Secrets[0].ID)
	}},
	{7000222, "an expired secret", func(p *play) int { return p.use("expired secret").redeemed() }},
	{700025, "a native app with a secret", func(p *play) int { return p.redeemed("client_secret", "s") }},
	{7000216, "client credentials without credentials", func(p *play) int {
		return p.redeem(url.Values{"grant_type": {"client_credentials"}, "client_id": {p.app.ClientID}}).code()
	}},

	// Certificates.
	{700026, "an assertion where no certificate is", func(p *play) int {
		p.use("(web)")
		return p.asserted(newClientCertificate(p.t).assertion(p.t, p, nil))
	}},
	{50027, "an assertion that is no JWT", func(p *play) int { return p.use("(web)").asserted("a.b") }},
	{700027, "an assertion signed by another certificate", func(p *play) int {
		p.use("(web)").change(func(r *Registration) { r.Certificates = newClientCertificate(p.t).registered() })
		return p.asserted(newClientCertificate(p.t).assertion(p.t, p, nil))
	}},
	{700027, "an assertion by a certificate that has expired", func(p *play) int {
		c := p.withCertificate()
		p.clock.forward(25 * time.Hour)
		return p.asserted(c.assertion(p.t, p, func(j *jwt.Claims) {
			j.NotBefore, j.Expiry = jwt.NewNumericDate(p.clock.now()), jwt.NewNumericDate(p.clock.now().Add(time.Minute))
		}))
	}},
	{700021, "an assertion of another client", func(p *play) int {
		c := p.withCertificate()
		return p.asserted(c.assertion(p.t, p, func(j *jwt.Claims) { j.Issuer = guidFrom("another") }))
	}},
	{700023, "an assertion for another audience", func(p *play) int {
		c := p.withCertificate()
		return p.asserted(c.assertion(p.t, p, func(j *jwt.Claims) { j.Audience = jwt.Audience{"https://login.example/token"} }))
	}},
	{700024, "an assertion that has expired", func(p *play) int {
		c := p.withCertificate()
		return p.asserted(c.assertion(p.t, p, func(j *jwt.Claims) { j.Expiry = jwt.NewNumericDate(time.Now().Add(-time.Hour)) }))
	}},

	// Refresh tokens.
	{70000, "a refresh token that was never issued", func(p *play) int { return p.refreshed("1.ARmade-up") }},
	{700082, "a refresh token after ninety days", func(p *play) int {
		r := p.tokens()
		p.clock.forward(refreshLifetime + time.Second)
		return p.refreshed(r.RefreshToken)
	}},
	{700084, "a single-page app's refresh token after a day", func(p *play) int {
		r := p.use("spa").tokens()
		p.clock.forward(refreshLifetimeSPA + time.Second)
		return p.refreshed(r.RefreshToken)
	}},
	{50173, "a refresh token after a password change", func(p *play) int {
		r := p.tokens()
		p.clock.forward(time.Minute)
		p.update(func(t *Tenant) { t.Accounts[0].TokensValidFrom = p.clock.now() })
		return p.refreshed(r.RefreshToken)
	}},
	{70043, "a refresh token after the sign-in frequency", func(p *play) int {
		r := p.tokens()
		p.policy(Policy{Name: "often", SignInFrequencyHours: 1})
		p.clock.forward(2 * time.Hour)
		return p.refreshed(r.RefreshToken)
	}},
	{65001, "a refresh for more than was consented to", func(p *play) int {
		return p.refreshed(p.tokens().RefreshToken, "scope", "Mail.Read")
	}},

	// The device code flow.
	{50059, "a single-tenant app's device at common", func(p *play) int {
		p.authority = "common"
		res, err := p.http.Do(p.post(p.s.URL+"/common/oauth2/v2.0/devicecode", url.Values{"client_id": {p.app.ClientID}, "scope": {"openid"}}))
		if err != nil {
			p.t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		var r reply
		readJSON(p.t, res.Body, &r)
		return r.code()
	}},
	{70016, "a device whose user is not done", func(p *play) int {
		code, _ := p.device()
		return p.poll(code)
	}},
	{70018, "a user code that was never shown", func(p *play) int { return p.codeOf(p.enter("BBBBBBBBB")) }},
	{70019, "a user code that has expired", func(p *play) int {
		_, user := p.device()
		p.clock.forward(deviceLifetime + time.Second)
		return p.codeOf(p.enter(user))
	}},
	{70020, "a device code that has expired", func(p *play) int {
		code, _ := p.device()
		p.clock.forward(deviceLifetime + time.Second)
		return p.poll(code)
	}},
	{7000014, "a device code that was never issued", func(p *play) int { return p.poll("made-up") }},
	{7000218, "a device where public client flows are off", func(p *play) int {
		p.change(func(r *Registration) { r.AllowPublicClientFlows = false })
		code, _ := p.device()
		return p.poll(code)
	}},
	{65004, "a device that its user does not know", func(p *play) int {
		code, user := p.device()
		at := p.signIn("alex@contoso.onmicrosoft.com", p.enter(user))
		at = p.press(at, nil) // consent
		p.press(at, func(v url.Values) { v.Set("answer", "cancel") })
		return p.poll(code)
	}},
}

func TestEachCodeIsReachedByARequest(t *testing.T) {
	t.Parallel()
	codes := map[int]bool{}
	for _, row := range reachable {
		t.Run(fmt.Sprintf("%d %s", row.code, row.name), func(t *testing.T) {
			t.Parallel()
			clock := &stopwatch{}
			p := &play{client: newClient(t, start(t, Options{Now: clock.now}), native), clock: clock}
			if got := row.try(p); got != row.code {
				t.Errorf("AADSTS%d, want AADSTS%d", got, row.code)
			}
		})
		codes[row.code] = true
	}
	if len(codes) < 60 {
		t.Errorf("%d codes are reached, want 60 at least", len(codes))
	}
}

// A text that no request can bring up is dead data.
func TestEveryTextIsReached(t *testing.T) {
	var codes []int
	for _, row := range reachable {
		codes = append(codes, row.code)
	}
	faulty := []int{90033} // by the fault "unavailable"
	for key := range aadsts() {
		number, _, _ := strings.Cut(key, ".")
		n, err := strconv.Atoi(number)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(codes, n) && !slices.Contains(faulty, n) {
			t.Errorf("no request of the table reaches AADSTS%s", key)
		}
	}
}
