package inspect_test

import (
	"testing"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// The thumbprint of the key in a proof is that of RFC 9449 figures 2 and 8,
// which belong to one key.
func TestATokenIsComparedWithWhatTheClientProvedToHave(t *testing.T) {
	const (
		certificate = "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2" // RFC 8705 section 3.1
		jkt         = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
	)
	shows := func(thumbprint string) func(*flow.Transcript) {
		return func(t *flow.Transcript) {
			step(t, flow.StepToken).Exchanges[0].TLS = &flow.TLS{ClientCertificate: thumbprint}
		}
	}
	proves := func(t *flow.Transcript) {
		s := step(t, flow.StepToken)
		s.Values = append(s.Values, flow.Value{
			Name: "header.Dpop", In: flow.InHeader,
			Value: b64(`{"typ":"dpop+jwt","alg":"ES256","jwk":{"kty":"EC","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs","y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA","crv":"P-256"}}`) + "." + b64("{}") + "." + b64("signature"),
		})
	}
	nothing := func(*flow.Transcript) {}
	for _, row := range []struct {
		name   string
		claims string
		proved func(*flow.Transcript)
		want   inspect.Result // "" where there is no such check
	}{
		{"bound to the certificate", `{"cnf":{"x5t#S256":"` + certificate + `"}}`, shows(certificate), inspect.Pass},
		{"bound to another certificate", `{"cnf":{"x5t#S256":"` + certificate + `"}}`, shows("other"), inspect.Fail},
		{"bound to a certificate, none was asked for", `{"cnf":{"x5t#S256":"` + certificate + `"}}`, nothing, inspect.Unknown},
		{"not bound, though a certificate was shown", `{}`, shows(certificate), inspect.Unknown},
		{"bound to the key of the proof", `{"cnf":{"jkt":"` + jkt + `"}}`, proves, inspect.Pass},
		{"bound to another key", `{"cnf":{"jkt":"` + certificate + `"}}`, proves, inspect.Fail},
		{"bound to a key, without a proof", `{"cnf":{"jkt":"` + jkt + `"}}`, nothing, inspect.Unknown},
		{"bound to a key by its name", `{"cnf":{"kid":"1"}}`, nothing, inspect.Unknown},
		{"cnf that is no object", `{"cnf":"x"}`, nothing, inspect.Unknown},
		{"bound to nothing", `{}`, nothing, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			tr := handmade(flow.MethodS256)
			replaceAnswer(flow.StepToken, "SlAV32hkKG-opaque", b64(`{"alg":"RS256"}`)+"."+b64(row.claims)+"."+b64("signature"))(&tr)
			row.proved(&tr)
			var got inspect.Result
			for _, tok := range inspect.Read(tr, inspect.Options{Now: now}).Steps[5].Tokens {
				for _, c := range tok.Checks {
					if tok.Name == "access_token" && c.ID == "cnf" {
						got = c.Result
						if c.Expected == "" || c.Actual == "" || c.Why == "" || c.Provenance == "" {
							t.Errorf("the check says %+v", c)
						}
					}
				}
			}
			if got != row.want {
				t.Errorf("cnf: %q, want %q", got, row.want)
			}
		})
	}
}
