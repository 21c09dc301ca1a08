package practice

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

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

// A page may read the public documents and Graph from any origin, and its
// browser asks first when it sends a token along.
func TestAnyPageMayAskForWhatIsPublic(t *testing.T) {
	p := newPlay(t, Options{})
	for _, path := range []string{
		"/common/v2.0/.well-known/openid-configuration", "/common/discovery/v2.0/keys", "/common/discovery/instance",
		"/oidc/userinfo", "/v1.0/me",
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, p.s.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", "http://localhost:8402")
		req.Header.Set("Access-Control-Request-Method", "GET")
		req.Header.Set("Access-Control-Request-Headers", "authorization")
		res, err := p.http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if h := res.Header; res.StatusCode != http.StatusNoContent || h.Get("Access-Control-Allow-Origin") != "*" ||
			h.Get("Access-Control-Allow-Headers") != "authorization" {
			t.Errorf("%s: %s %v", path, res.Status, h)
		}
	}
}
