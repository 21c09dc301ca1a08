package inspect_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

func TestClientIsReadFromAnAuthorizeURL(t *testing.T) {
	const rest = "?client_id=abc&response_type=code&redirect_uri=http%3A%2F%2Flocalhost%3A8400%2Fcb&scope=openid+User.Read&state=s&nonce=n&code_challenge=E9M&code_challenge_method=S256"
	for endpoint, issuer := range map[string]string{
		"https://login.microsoftonline.com/contoso.com/oauth2/v2.0/authorize":                   "https://login.microsoftonline.com/contoso.com/v2.0",
		"https://login.microsoftonline.us/common/oauth2/v2.0/authorize":                         "https://login.microsoftonline.us/common/v2.0",
		"https://shop.ciamlogin.com/9188040d-6c67-4c5b-b112-36a304b66dad/oauth2/v2.0/authorize": "https://shop.ciamlogin.com/shop.onmicrosoft.com/v2.0",
		"https://shop.b2clogin.com/shop.onmicrosoft.com/B2C_1_in/oauth2/v2.0/authorize":         "https://shop.b2clogin.com/shop.onmicrosoft.com/B2C_1_in/v2.0",
		"https://a.eu.auth0.com/authorize":                                                      "https://a.eu.auth0.com/",
		"https://a.okta.com/oauth2/default/v1/authorize":                                        "https://a.okta.com/oauth2/default",
		"https://a.okta.com/oauth2/v1/authorize":                                                "https://a.okta.com",
		"https://sso.example/auth/realms/staff/protocol/openid-connect/auth":                    "https://sso.example/auth/realms/staff",
		"https://accounts.google.com/o/oauth2/v2/auth":                                          "https://accounts.google.com",
		"https://gitlab.com/oauth/authorize":                                                    "https://gitlab.com",
		"https://auth.pingone.eu/3f9d2a71-6c40-4b8e-a5d2-0e7b1c94f638/as/authorize":             "https://auth.pingone.eu/3f9d2a71-6c40-4b8e-a5d2-0e7b1c94f638/as",
		"https://a.my.salesforce.com/services/oauth2/authorize":                                 "https://a.my.salesforce.com",
	} {
		in, err := inspect.ImportClient(endpoint + rest)
		if err != nil {
			t.Errorf("%s: %v", endpoint, err)
			continue
		}
		want := flow.Config{
			Issuer: issuer, ClientID: "abc", RedirectURI: "http://localhost:8400/cb", Scopes: []string{"openid", "User.Read"}, Method: flow.MethodS256,
		}
		if !reflect.DeepEqual(in.Config, want) || in.From != "an authorize URL" || len(in.Secrets)+len(in.Notes) > 0 {
			t.Errorf("%s:\n got %+v\nwant %+v", endpoint, in, want)
		}
	}
}

func TestWhatAnAuthorizeURLAsksForIsKept(t *testing.T) {
	in, err := inspect.ImportClient("https://sso.example/as?client_id=abc&response_type=code%20id_token&response_mode=form_post&redirect_uri=app%3A%2F%2Fcb" +
		"&prompt=login&login_hint=ada&max_age=0&acr_values=a&claims=%7B%7D&resource=https%3A%2F%2Fa&resource=https%3A%2F%2Fb&audience=x&code_challenge=v&x-client-SKU=msal.js&id_token_hint=eyJ")
	if err != nil {
		t.Fatal(err)
	}
	zero := 0
	want := flow.Config{
		ClientID: "abc", RedirectURI: "app://cb", Platform: flow.PlatformNative, Scopes: []string{}, Method: flow.MethodOmitted,
		ResponseMode: flow.ModeFormPost, Prompt: "login", LoginHint: "ada", Provider: flow.Provider{AuthorizationEndpoint: "https://sso.example/as"},
		Ask: flow.Ask{
			ResponseType: flow.ResponseHybrid, MaxAge: &zero, ACRValues: "a", Claims: "{}", Resources: []string{"https://a", "https://b"},
			Parameters: map[string]string{"audience": "x"},
		},
	}
	if !reflect.DeepEqual(in.Config, want) {
		t.Errorf("\n got %+v\nwant %+v", in.Config, want)
	}
	if !reflect.DeepEqual(in.Secrets, []inspect.FoundSecret{{What: "id_token_hint", Where: "the address's query"}}) {
		t.Errorf("secrets %v", in.Secrets)
	}
	if said := strings.Join(in.Notes, " "); !strings.Contains(said, "means plain") || !strings.Contains(said, "token endpoint") {
		t.Errorf("notes %v", in.Notes)
	}
}

func TestClientIsReadFromOtherTexts(t *testing.T) {
	for name, row := range map[string]struct {
		text, from, issuer string
		config             func(*flow.Config)
		secrets            []inspect.FoundSecret
	}{
		"the .env file of a web app": {
			"# web\nexport AZURE_CLIENT_ID='abc' # ours\nAZURE_TENANT_ID=contoso.com\nCLIENT_SECRET=\"hunter2\"\nREDIRECT_URI=http://localhost:3000/auth/redirect\n",
			"a .env file", "https://login.microsoftonline.com/contoso.com/v2.0",
			func(c *flow.Config) {
				c.Platform, c.RedirectURI = flow.PlatformWeb, "http://localhost:3000/auth/redirect"
			},
			[]inspect.FoundSecret{{What: "CLIENT_SECRET", Where: "line 4"}},
		},
		"the sample of MSAL for Node": {
			"CLOUD_INSTANCE=https://login.microsoftonline.com/\nTENANT_ID=contoso.com\nCLIENT_ID=abc\nCLIENT_SECRET=Enter_the_Client_Secret_Here\n",
			"a .env file", "https://login.microsoftonline.com/contoso.com/v2.0", nil, nil,
		},
		"an issuer in a .env file": {
			"OKTA_OAUTH2_ISSUER=https://a.okta.com/oauth2/default\nOKTA_OAUTH2_CLIENT_ID=abc\n",
			"a .env file", "https://a.okta.com/oauth2/default", nil, nil,
		},
		"an appsettings.json with remarks": {
			`{ // web
			"AzureAd": { "Instance": "https://login.microsoftonline.com/", "TenantId": "contoso.com", /* id */ "ClientId": "abc",
			  "CallbackPath": "/signin-oidc", "ClientCredentials": [ { "SourceType": "ClientSecret", "ClientSecret": "hunter2" }, ], },
			"Logging": {} }`,
			"an appsettings.json", "https://login.microsoftonline.com/contoso.com/v2.0",
			func(c *flow.Config) { c.Platform = flow.PlatformWeb },
			[]inspect.FoundSecret{{What: "ClientSecret", Where: "AzureAd.ClientCredentials[0].ClientSecret"}},
		},
		"an appsettings.json of B2C": {
			`{"AzureAdB2C": {"Instance": "https://shop.b2clogin.com", "Domain": "shop.onmicrosoft.com", "ClientId": "abc", "SignUpSignInPolicyId": "B2C_1_in"}}`,
			"an appsettings.json", "https://shop.b2clogin.com/shop.onmicrosoft.com/B2C_1_in/v2.0", nil, nil,
		},
		"the configuration of MSAL.js": {
			`{"auth": {"clientId": "abc", "authority": "https://login.microsoftonline.com/common", "redirectUri": "http://localhost:3000/"}}`,
			"a configuration of MSAL", "https://login.microsoftonline.com/common/v2.0",
			func(c *flow.Config) { c.Platform, c.RedirectURI = flow.PlatformSPA, "http://localhost:3000/" }, nil,
		},
		"an authority of External ID": {
			`{"auth": {"clientId": "abc", "authority": "https://shop.ciamlogin.com/"}}`,
			"a configuration of MSAL", "https://shop.ciamlogin.com/shop.onmicrosoft.com/v2.0",
			func(c *flow.Config) { c.Platform = flow.PlatformSPA }, nil,
		},
		"a Postman environment": {
			`{"name": "dev", "values": [{"key": "tenantId", "value": "contoso.com"}, {"key": "clientId", "value": "abc"}, {"key": "pw", "value": "hunter2", "type": "secret"},
			  {"key": "clientSecret", "value": "hunter2"}, {"key": "scope", "value": "openid", "enabled": true}, {"key": "redirectUri", "value": "http://old", "enabled": false}]}`,
			"a Postman environment", "https://login.microsoftonline.com/contoso.com/v2.0",
			func(c *flow.Config) { c.Platform, c.Scopes = flow.PlatformWeb, []string{"openid"} },
			[]inspect.FoundSecret{{What: "pw", Where: "the variable pw"}, {What: "clientSecret", Where: "the variable clientSecret"}},
		},
		"a Postman collection": {
			`{"info": {"name": "Graph"}, "item": [], "variable": [{"key": "tid", "value": "contoso.com"}], "auth": {"type": "oauth2", "oauth2": [
			  {"key": "grant_type", "value": "authorization_code_with_pkce"}, {"key": "challengeAlgorithm", "value": "S256"},
			  {"key": "authUrl", "value": "https://login.microsoftonline.com/{{tid}}/oauth2/v2.0/authorize"},
			  {"key": "accessTokenUrl", "value": "https://login.microsoftonline.com/{{tid}}/oauth2/v2.0/token"},
			  {"key": "clientId", "value": "abc"}, {"key": "clientSecret", "value": "hunter2"}, {"key": "client_authentication", "value": "body"},
			  {"key": "redirect_uri", "value": "https://oauth.pstmn.io/v1/callback"}, {"key": "scope", "value": "openid User.Read"},
			  {"key": "authRequestParams", "value": [{"key": "domain", "value": "x", "enabled": true}, {"key": "gone", "value": "y", "enabled": false}]}]}}`,
			"a Postman collection", "https://login.microsoftonline.com/contoso.com/v2.0",
			func(c *flow.Config) {
				c.Platform, c.AuthMethod, c.Method = flow.PlatformWeb, flow.AuthPost, flow.MethodS256
				c.RedirectURI, c.Scopes = "https://oauth.pstmn.io/v1/callback", []string{"openid", "User.Read"}
				c.Ask.Parameters = map[string]string{"domain": "x"}
			},
			[]inspect.FoundSecret{{What: "clientSecret", Where: "auth.oauth2.clientSecret"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			in, err := inspect.ImportClient(row.text)
			if err != nil {
				t.Fatal(err)
			}
			want := flow.Config{Issuer: row.issuer, ClientID: "abc"}
			if row.config != nil {
				row.config(&want)
			}
			if len(in.Config.Scopes) == 0 {
				in.Config.Scopes = nil
			}
			if !reflect.DeepEqual(in.Config, want) {
				t.Errorf("\n got %+v\nwant %+v", in.Config, want)
			}
			if in.From != row.from || !reflect.DeepEqual(in.Secrets, row.secrets) {
				t.Errorf("from %q with the secrets %v, want %q and %v", in.From, in.Secrets, row.from, row.secrets)
			}
			if strings.Contains(fmt.Sprintf("%+v", in), "hunter2") {
				t.Error("a secret was taken")
			}
		})
	}
}

func TestTextsThatHoldNoClient(t *testing.T) {
	for name, row := range map[string]struct{ text, says string }{
		"nothing":             {" \n", "nothing to read"},
		"the response":        {"https://app.example/cb?code=1&state=2", "It is the response"},
		"another address":     {"https://app.example/", "no client_id"},
		"broken JSON":         {`{"AzureAd": `, "begins like JSON"},
		"other JSON":          {`{"a": 1}`, "names a client id"},
		"prose":               {"please sign in", "neither an address nor JSON"},
		"an empty collection": {`{"info": {}, "item": []}`, "no OAuth 2.0 configuration"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := inspect.ImportClient(row.text); err == nil || !strings.Contains(err.Error(), row.says) {
				t.Errorf("it says %v, want %q", err, row.says)
			}
		})
	}
}

func FuzzImportClient(f *testing.F) {
	f.Add("https://login.microsoftonline.com/common/oauth2/v2.0/authorize?client_id=a&request=e30.e30.")
	f.Add("CLIENT_ID=a\nAUTHORITY=https://[")
	f.Add(`{"info":1,"item":1,"auth":{"type":"oauth2","oauth2":[{"key":1}]}}`)
	f.Add(`{"AzureAd":{"ClientId":"a","x":[1,]}}//`)
	f.Add(`{"values":[{"key":"clientId","value":"{{x}}"}]}/*`)
	f.Fuzz(func(t *testing.T, text string) {
		in, err := inspect.ImportClient(text)
		if err == nil && in.From == "" {
			t.Error("read, and it is not said from what")
		}
	})
}
