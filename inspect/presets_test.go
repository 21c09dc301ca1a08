package inspect_test

import (
	"errors"
	"maps"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/endpoints"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// fillings are a client of every preset, and the issuer that comes out.
var fillings = []struct {
	preset string
	filled map[string]string
	issuer string
}{
	{"entra", map[string]string{"tenant": "contoso.com", "cloud": "public"}, "https://login.microsoftonline.com/contoso.com/v2.0"},
	{"entra", map[string]string{"tenant": "organizations", "cloud": "us-government"}, "https://login.microsoftonline.us/organizations/v2.0"},
	{"entra", map[string]string{"tenant": "common", "cloud": "china"}, "https://login.partner.microsoftonline.cn/common/v2.0"},
	{"entra", map[string]string{"tenant": "consumers", "cloud": "public"}, "https://login.microsoftonline.com/consumers/v2.0"},
	{"external-id", map[string]string{"tenant": "shop"}, "https://shop.ciamlogin.com/shop.onmicrosoft.com/v2.0"},
	{"b2c", map[string]string{"tenant": "shop", "policy": "B2C_1_in"}, "https://shop.b2clogin.com/shop.onmicrosoft.com/B2C_1_in/v2.0"},
	{"auth0", map[string]string{"domain": "a.eu.auth0.com", "audience": "https://api.example"}, "https://a.eu.auth0.com/"},
	{"okta", map[string]string{"domain": "a.okta.com", "server": "default"}, "https://a.okta.com/oauth2/default"},
	{"okta-org", map[string]string{"domain": "a.okta.com"}, "https://a.okta.com"},
	{"keycloak", map[string]string{"server": "https://sso.example:8443/auth", "realm": "Staff"}, "https://sso.example:8443/auth/realms/Staff"},
	{"google", map[string]string{"access": "offline"}, "https://accounts.google.com"},
	{"cognito", map[string]string{"region": "eu-central-1", "pool": "eu-central-1_Ab"}, "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Ab"},
	{"github", map[string]string{}, ""},
	{"gitlab", map[string]string{"server": "https://gitlab.com"}, "https://gitlab.com"},
	{"ping", map[string]string{"region": "europe", "environment": "3f9d2a71-6c40-4b8e-a5d2-0e7b1c94f638"}, "https://auth.pingone.eu/3f9d2a71-6c40-4b8e-a5d2-0e7b1c94f638/as"},
	{"salesforce", map[string]string{"domain": "a.my.salesforce.com"}, "https://a.my.salesforce.com"},
	{"oidc", map[string]string{"issuer": "https://sso.example/x/"}, "https://sso.example/x/"},
	{"endpoints", map[string]string{"authorize": "https://a.example/a", "token": "https://a.example/t", "userinfo": "", "keys": ""}, ""},
}

func TestEveryPresetMakesAClientAndIsKnownByItAgain(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range fillings {
		seen[row.preset] = true
		t.Run(row.preset+" "+row.issuer, func(t *testing.T) {
			p, err := inspect.FindPreset(row.preset)
			if err != nil {
				t.Fatal(err)
			}
			c, err := p.Apply(flow.Config{ClientID: "6731de76-14a6-49ae-97bc-6eba6914391e"}, row.filled)
			if err != nil {
				t.Fatal(err)
			}
			if c.Issuer != row.issuer {
				t.Errorf("issuer %q, want %q", c.Issuer, row.issuer)
			}
			c.ClientSecret = "s"
			if err := c.Check(); err != nil {
				t.Errorf("it cannot be walked: %v", err)
			}
			again, filled, ok := inspect.PresetOf(c)
			if !ok || again.ID != row.preset || !maps.Equal(filled, row.filled) {
				t.Errorf("known again as %s with %v, want %v", again.ID, filled, row.filled)
			}
		})
	}
	for _, p := range inspect.Presets() {
		if !seen[p.ID] {
			t.Errorf("%s is not tested", p.ID)
		}
	}
}

// Every preset says where to find what the person has to type, in what it
// differs, and where that is written.
func TestEveryPresetIsExplained(t *testing.T) {
	fields := map[string]bool{
		"issuer": true, "client_id": true, "client_secret": true, "key_file": true, "auth_method": true, "method": true,
		"redirect_uri": true, "platform": true, "scopes": true, "users": true,
	}
	for _, p := range inspect.Presets() {
		if p.Name == "" || p.About == "" || len(p.Refs) == 0 {
			t.Errorf("%s: name, about or references are missing", p.ID)
		}
		for _, r := range p.Refs {
			if u, err := url.Parse(r.URL); err != nil || u.Scheme != "https" {
				t.Errorf("%s: the reference %q has no address", p.ID, r.Text)
			}
		}
		for _, b := range p.Blanks {
			if b.Label == "" || b.Hint == "" || b.Example == "" && len(b.Choices) == 0 {
				t.Errorf("%s: the blank %s is not explained", p.ID, b.ID)
			}
		}
		if p.ID == "oidc" || p.ID == "endpoints" {
			continue // nobody knows whose console it is
		}
		if len(p.Quirks) == 0 {
			t.Errorf("%s has no quirks", p.ID)
		}
		for _, need := range []string{"client_id", "client_secret", "redirect_uri", "scopes"} {
			if p.Console[need] == "" {
				t.Errorf("%s does not say where its console keeps %s", p.ID, need)
			}
		}
		for field, text := range p.Console {
			if !fields[field] || !strings.HasSuffix(text, ".") {
				t.Errorf("%s: %s: %q", p.ID, field, text)
			}
		}
	}
}

// Where golang.org/x/oauth2 knows a provider too, it is the same one.
func TestPresetsAgreeWithTheLibrary(t *testing.T) {
	for id, row := range map[string]struct {
		filled map[string]string
		known  oauth2.Endpoint
	}{
		"entra":  {map[string]string{"tenant": "common"}, endpoints.AzureAD("common")},
		"b2c":    {map[string]string{"tenant": "shop", "policy": "B2C_1_in"}, endpoints.AzureADB2CEndpoint("shop", "B2C_1_in")},
		"gitlab": {nil, endpoints.GitLab},
		"google": {nil, endpoints.Google},
		"github": {nil, endpoints.GitHub},
	} {
		p, err := inspect.FindPreset(id)
		if err != nil {
			t.Fatal(err)
		}
		c, err := p.Apply(flow.Config{}, row.filled)
		if err != nil {
			t.Fatal(err)
		}
		at := c.Issuer
		if at == "" {
			at = c.Provider.AuthorizationEndpoint
		}
		mine, _ := url.Parse(at)
		theirs, _ := url.Parse(row.known.AuthURL)
		if mine.Host != theirs.Host {
			t.Errorf("%s: host %s, and %s in the library", id, mine.Host, theirs.Host)
		}
	}
}

func TestBlanksThatCannotBeFilledLikeThat(t *testing.T) {
	for name, row := range map[string]struct {
		preset string
		filled map[string]string
		says   string
	}{
		"missing":              {"entra", nil, "Directory (tenant) ID is not filled in"},
		"not one of the words": {"entra", map[string]string{"tenant": "a.com", "cloud": "mars"}, "us-government"},
		"not of this preset":   {"okta", map[string]string{"realm": "x"}, "It has domain, server"},
		"with blanks in it":    {"auth0", map[string]string{"domain": "a b"}, "holds blanks"},
		"no tenant":            {"entra", map[string]string{"tenant": "hello"}, "neither an address nor a tenant"},
		"no address":           {"oidc", map[string]string{"issuer": "sso.example/x"}, "begin with https"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := inspect.FindPreset(row.preset)
			if err != nil {
				t.Fatal(err)
			}
			_, err = p.Apply(flow.Config{}, row.filled)
			refused, ok := errors.AsType[*flow.Error](err)
			if !ok || !strings.Contains(refused.What+" "+refused.Why+" "+refused.Try, row.says) {
				t.Errorf("it says %v, want %q", err, row.says)
			}
		})
	}
}

func TestAnAddressIsTakenWhereOnlyItsHostIsMeant(t *testing.T) {
	p, err := inspect.FindPreset("auth0")
	if err != nil {
		t.Fatal(err)
	}
	c, err := p.Apply(flow.Config{}, map[string]string{"domain": "https://a.auth0.com/"})
	if err != nil || c.Issuer != "https://a.auth0.com/" {
		t.Errorf("issuer %q, %v", c.Issuer, err)
	}
}

func TestAWholeIssuerIsTakenForABlankOfIt(t *testing.T) {
	p, err := inspect.FindPreset("entra")
	if err != nil {
		t.Fatal(err)
	}
	const issuer = "https://login.microsoftonline.us/contoso.com/v2.0"
	c, err := p.Apply(flow.Config{}, map[string]string{"tenant": issuer, "cloud": "public"})
	if err != nil || c.Issuer != issuer {
		t.Errorf("issuer %q, %v", c.Issuer, err)
	}
}

// Another provider's endpoints and parameters do not stay behind.
func TestAnotherPresetLeavesNothingOfTheFormer(t *testing.T) {
	auth0, _ := inspect.FindPreset("auth0")
	google, _ := inspect.FindPreset("google")
	c, err := auth0.Apply(flow.Config{Provider: flow.Provider{JWKSURI: "https://old.example/keys"}}, map[string]string{"domain": "a.auth0.com", "audience": "x"})
	if err != nil || c.Provider.JWKSURI != "" {
		t.Errorf("%v, keys at %q", err, c.Provider.JWKSURI)
	}
	if c, err = google.Apply(c, map[string]string{"access": "online"}); err != nil || len(c.Ask.Parameters) > 0 {
		t.Errorf("%v, parameters %v", err, c.Ask.Parameters)
	}
}
