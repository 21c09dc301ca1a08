package practice

import (
	"strings"
	"testing"
)

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
	for _, present := range []string{
		"token_endpoint", "token_endpoint_auth_methods_supported", "jwks_uri", "response_modes_supported", "subject_types_supported",
		"id_token_signing_alg_values_supported", "response_types_supported", "scopes_supported", "issuer", "request_uri_parameter_supported",
		"userinfo_endpoint", "authorization_endpoint", "device_authorization_endpoint", "http_logout_supported", "frontchannel_logout_supported",
		"end_session_endpoint", "claims_supported", "kerberos_endpoint", "tenant_region_scope", "cloud_instance_name", "cloud_graph_host_name",
		"msgraph_host", "rbac_url",
	} {
		if _, ok := m[present]; !ok {
			t.Errorf("Entra publishes %s", present)
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
		named := segment // a domain becomes the GUID, the three words stay
		if strings.Contains(segment, ".") {
			named = homeDirectory.ID
		}
		if want := p.s.URL + "/" + named + "/oauth2/v2.0/token"; m["token_endpoint"] != want {
			t.Errorf("%s: token_endpoint = %v, want %s", segment, m["token_endpoint"], want)
		}
	}
}

// Each key says whose tokens it signs: at one tenant that tenant's, at common
// every tenant's.
func TestEachKeyNamesItsIssuer(t *testing.T) {
	p := newPlay(t, Options{})
	p.s.RotateKey()
	for segment, issuer := range map[string]string{
		"common": "/{tenantid}/v2.0", "consumers": "/" + consumersDirectory.ID + "/v2.0", homeDirectory.ID: "/" + homeDirectory.ID + "/v2.0",
	} {
		res, err := p.http.Do(p.get(p.s.URL + "/" + segment + "/discovery/v2.0/keys"))
		if err != nil {
			t.Fatal(err)
		}
		var set struct{ Keys []jwk }
		readJSON(t, res.Body, &set)
		_ = res.Body.Close()
		if len(set.Keys) != 2 {
			t.Fatalf("%s: %d keys, want 2", segment, len(set.Keys))
		}
		for _, k := range set.Keys {
			if k.Issuer != p.s.URL+issuer {
				t.Errorf("%s: a key's issuer is %s, want …%s", segment, k.Issuer, issuer)
			}
		}
	}
}
