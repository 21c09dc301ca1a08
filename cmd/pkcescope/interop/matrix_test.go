//go:build interop

package interop

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"
	"testing"
)

// features are the rows of the matrix, in its order. Every provider runs each
// of them, or shows that it does not offer it.
var features = []string{
	"S256", "plain",
	"refuses a wrong verifier", "refuses another redirect URI for the code", "refuses a redirect URI that is not registered",
	"client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "mTLS",
	"PAR", "JAR", "JARM", "DPoP", "RAR", "resource indicators", "form_post", "hybrid", "device code",
	"UserInfo", "refresh", "introspection", "revocation", "logout",
}

// provider is a column of the matrix: a provider that runs, and what became of
// each feature at it.
type provider struct {
	t        *testing.T
	name     string
	issuer   string
	metadata map[string]any

	mu   sync.Mutex
	came map[string]string
}

// newProvider reads the metadata of a provider that was started, and writes its
// column of the matrix when t ends.
func newProvider(t *testing.T, name, issuer string) *provider {
	t.Helper()
	p := &provider{t: t, name: name, issuer: issuer, came: map[string]string{}}
	response, err := http.Get(issuer + "/.well-known/openid-configuration")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&p.metadata); err != nil {
		t.Fatalf("the metadata of %s: %v", name, err)
	}
	t.Cleanup(p.write)
	return p
}

// run is a subtest that shows that a feature works at this provider.
func (p *provider) run(feature string, test func(t *testing.T)) {
	p.t.Helper()
	p.t.Run(feature, func(t *testing.T) {
		t.Cleanup(func() { p.put(feature, map[bool]string{false: "run", true: "failed"}[t.Failed()]) })
		test(t)
	})
}

// goesWithout is a subtest that shows that the provider does not do something
// that its metadata has no word for.
func (p *provider) goesWithout(feature string, test func(t *testing.T)) {
	p.t.Helper()
	p.t.Run(feature, func(t *testing.T) {
		t.Cleanup(func() { p.put(feature, map[bool]string{false: "not offered", true: "failed"}[t.Failed()]) })
		test(t)
	})
}

// offersNot notes the features that the provider does not offer, and fails for
// one that its metadata offers.
func (p *provider) offersNot(names ...string) {
	p.t.Helper()
	for _, feature := range names {
		offered, known := offers[feature]
		if !known {
			p.t.Errorf("the metadata has no word for %s: show it by a test", feature)
			continue
		}
		came := "not offered"
		if offered(p.metadata) {
			came = "failed"
			p.t.Errorf("%s offers %s, and it was not run", p.name, feature)
		}
		p.put(feature, came)
	}
}

func (p *provider) put(feature, came string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !slices.Contains(features, feature) {
		p.t.Errorf("%q is no row of the matrix", feature)
	}
	p.came[feature] = came
}

// write appends the column to the results, and fails for a feature of which
// nothing became.
func (p *provider) write() {
	f, err := os.OpenFile(required(p.t, "PKCESCOPE_RESULTS"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		p.t.Error(err)
		return
	}
	defer f.Close()
	for _, feature := range features {
		came, ok := p.came[feature]
		if !ok {
			came = "failed"
			p.t.Errorf("%s: %s was neither run nor shown to be missing", p.name, feature)
		}
		fmt.Fprintf(f, "%s\t%s\t%s\n", p.name, feature, came)
	}
}

// offers say by the metadata whether a provider offers a feature.
var offers = map[string]func(metadata map[string]any) bool{
	"plain":               lists("code_challenge_methods_supported", "plain"),
	"client_secret_basic": lists("token_endpoint_auth_methods_supported", "client_secret_basic"),
	"client_secret_post":  lists("token_endpoint_auth_methods_supported", "client_secret_post"),
	"client_secret_jwt":   lists("token_endpoint_auth_methods_supported", "client_secret_jwt"),
	"mTLS":                lists("token_endpoint_auth_methods_supported", "tls_client_auth"),
	"private_key_jwt":     lists("token_endpoint_auth_methods_supported", "private_key_jwt"),
	"PAR":                 has("pushed_authorization_request_endpoint"),
	"JAR":                 has("request_object_signing_alg_values_supported"),
	"JARM":                lists("response_modes_supported", "jwt"),
	"DPoP":                has("dpop_signing_alg_values_supported"),
	"RAR":                 has("authorization_details_types_supported"),
	"form_post":           lists("response_modes_supported", "form_post"),
	"hybrid":              lists("response_types_supported", "code id_token"),
	"device code":         has("device_authorization_endpoint"),
	"UserInfo":            has("userinfo_endpoint"),
	"refresh":             lists("grant_types_supported", "refresh_token"),
	"introspection":       has("introspection_endpoint"),
	"revocation":          has("revocation_endpoint"),
	"logout":              has("end_session_endpoint"),
}

func has(member string) func(map[string]any) bool {
	return func(metadata map[string]any) bool { return metadata[member] != nil }
}

func lists(member, value string) func(map[string]any) bool {
	return func(metadata map[string]any) bool {
		values, _ := metadata[member].([]any)
		return slices.Contains(values, any(value))
	}
}
