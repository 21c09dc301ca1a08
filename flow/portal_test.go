package flow_test

import (
	"errors"
	"testing"

	"github.com/pkcescope/pkcescope/flow"
)

func TestIssuerFromWhatPeopleCopy(t *testing.T) {
	const guid = "8ba4d0c2-7a43-4c0f-9d1c-0e1f3a6b5c7d"
	for name, row := range map[string]struct{ text, want string }{
		"tenant GUID":                {guid, "https://login.microsoftonline.com/" + guid + "/v2.0"},
		"GUID with blanks around it": {"  " + guid + "\n", "https://login.microsoftonline.com/" + guid + "/v2.0"},
		"domain":                     {"Contoso.onmicrosoft.com", "https://login.microsoftonline.com/contoso.onmicrosoft.com/v2.0"},
		"common":                     {"common", "https://login.microsoftonline.com/common/v2.0"},
		"issuer":                     {"https://idp.example/realms/a", "https://idp.example/realms/a"},
		"address of the metadata":    {"https://idp.example/.well-known/openid-configuration", "https://idp.example"},
		"plain http on this machine": {"http://127.0.0.1:8400/t/v2.0", "http://127.0.0.1:8400/t/v2.0"},
		"plain http elsewhere":       {"http://idp.example", ""},
		"address without its scheme": {"login.microsoftonline.com/common", ""},
		"nothing":                    {"", ""},
		"a name with a blank":        {"my tenant", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := flow.IssuerFrom(row.text)
			if got != row.want {
				t.Errorf("IssuerFrom(%q) = %q, want %q", row.text, got, row.want)
			}
			var fe *flow.Error
			if row.want == "" && (!errors.As(err, &fe) || fe.Kind != flow.KindRefused) {
				t.Errorf("err = %v, want a refusal", err)
			}
		})
	}
}

func TestSecretIDIsToldFromItsValue(t *testing.T) {
	const id = "0d1a7f3c-52f1-4c0e-9a55-3f2e7b6d8c9a"
	entra := "https://login.microsoftonline.com/common/v2.0"
	if flow.SecretProblem(entra, id) == "" {
		t.Error("a GUID passed as a secret's value at Entra ID")
	}
	if p := flow.SecretProblem(entra, "kN~8Q~abcdefghijklmnopqrstuvwxyz0123456789"); p != "" {
		t.Errorf("a secret's value was refused: %s", p)
	}
	if p := flow.SecretProblem("https://idp.example", id); p != "" {
		t.Errorf("elsewhere a GUID may be a secret, but: %s", p)
	}
}

// Plain http, a tokenless redirect and the Host of a request all hang on it.
func TestOnlyThisMachineIsLoopback(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LocalHost": true, "127.0.0.1": true, "127.9.8.7": true, "::1": true,
		"127.example.com": false, "127.0.0.1.example.com": false, "localhost.example.com": false, "xlocalhost": false,
		"128.0.0.1": false, "0.0.0.0": false, "": false, "10.0.0.1": false,
	} {
		if got := flow.IsLoopback(host); got != want {
			t.Errorf("IsLoopback(%q) = %v", host, got)
		}
	}
}
