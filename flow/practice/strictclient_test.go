package practice_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"testing"

	"github.com/pkcescope/pkcescope/flow/practice"
)

var errNoPKCE = errors.New("the metadata do not offer S256")

// strictDiscovery reads a provider's metadata as a client does that takes
// RFC 8414 section 2 at its word: "If omitted, the authorization server does
// not support PKCE." The MCP authorization specification makes such clients
// refuse to go on
// (https://modelcontextprotocol.io/specification/draft/basic/authorization).
func strictDiscovery(issuer string) error {
	res, err := http.Get(issuer + "/.well-known/openid-configuration")
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	var metadata struct {
		Issuer  string   `json:"issuer"`
		Methods []string `json:"code_challenge_methods_supported"`
	}
	if err := json.NewDecoder(res.Body).Decode(&metadata); err != nil {
		return err
	}
	if metadata.Issuer != issuer {
		return errors.New("the issuer is " + metadata.Issuer)
	}
	if !slices.Contains(metadata.Methods, "S256") {
		return errNoPKCE
	}
	return nil
}

// Entra's metadata do not name the methods, so a strict client refuses Entra
// and has to refuse the practice tenant, which does support S256.
func TestAStrictDiscoveryClientRefusesTheTenantAsItRefusesEntra(t *testing.T) {
	for _, c := range []struct {
		name   string
		faults []practice.Fault
		want   error
	}{
		{"as Entra publishes it", nil, errNoPKCE},
		{"with the methods advertised", []practice.Fault{practice.FaultAdvertisePKCE}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := practice.Start(practice.Options{Faults: c.faults})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			if err := strictDiscovery(s.Issuer()); !errors.Is(err, c.want) {
				t.Errorf("the strict client says %v, want %v", err, c.want)
			}
		})
	}
}
