package practice

import (
	"fmt"
	"net/url"
	"testing"
)

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
	if r.Resource != "https://archive.contoso.example" || r.Scope != "user_impersonation" {
		t.Errorf("resource %q, scope %q", r.Resource, r.Scope)
	}
	// The ID token is the older one too: its issuer is the one that the older
	// discovery document names.
	res, err = p.http.Do(p.get(p.s.URL + "/" + p.authority + "/.well-known/openid-configuration"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var m map[string]any
	readJSON(t, res.Body, &m)
	c := claimsOf(t, r.IDToken)
	if c["ver"] != "1.0" || c["iss"] != m["issuer"] || c["unique_name"] != p.s.Accounts()[0].Username || c["preferred_username"] != nil {
		t.Errorf("ID token = %v, want the issuer %v", c, m["issuer"])
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

// A token with too many groups holds a link instead, and the link works.
func TestTooManyGroupsAreALinkThatWorks(t *testing.T) {
	p := newPlay(t, Options{}).change(func(r *Registration) { r.GroupClaims = true })
	groups := func(n int) map[string]any {
		t.Helper()
		p.update(func(t *Tenant) { t.Accounts[0].Groups = n })
		return claimsOf(t, p.tokens().IDToken)
	}
	if c := groups(maxGroups); len(c["groups"].([]any)) != maxGroups || c["_claim_names"] != nil { //nolint:forcetypeassert // it fails the test
		t.Errorf("with %d groups: %v", maxGroups, c)
	}
	c := groups(maxGroups + 1)
	source, _ := c["_claim_sources"].(map[string]any)["src1"].(map[string]any)
	if c["groups"] != nil || source == nil {
		t.Fatalf("with %d groups: %v", maxGroups+1, c)
	}
	req := p.post(source["endpoint"].(string), nil) //nolint:forcetypeassert // it fails the test
	req.Header.Set("Authorization", "Bearer "+p.tokens().AccessToken)
	res, err := p.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var list struct{ Value []string }
	readJSON(t, res.Body, &list)
	if len(list.Value) != maxGroups+1 {
		t.Errorf("the link gives %d groups, status %s", len(list.Value), res.Status)
	}
}

// An access token lives 60 to 90 minutes, by chance, and says so in its own
// exp as in the response.
func TestLifetimesAreRandomWithin60To90Minutes(t *testing.T) {
	p := newPlay(t, Options{})
	token := p.tokens().RefreshToken
	seen := map[float64]bool{}
	for range 6 {
		r := p.redeem(url.Values{"grant_type": {"refresh_token"}, "client_id": {p.app.ClientID}, "refresh_token": {token}})
		in, _ := r.ExpiresIn.(float64)
		if in < 3600 || in > 5400 {
			t.Errorf("expires_in = %v", r.ExpiresIn)
		}
		exp, _ := claimsOf(t, r.AccessToken)["exp"].(float64)
		if left := exp - float64(p.clock.now().Unix()); left < in-30 || left > in {
			t.Errorf("expires_in = %v, and exp leaves %v", in, left)
		}
		seen[in] = true
	}
	if len(seen) < 2 {
		t.Errorf("six tokens with the same lifetime %v", seen)
	}
}
