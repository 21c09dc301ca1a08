package inspect_test

import (
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

func TestEachTamperingIsNoticedByTheChecksThatShould(t *testing.T) {
	token := sign(t, jose.RS256, "rsa", healthy(nil))
	want := map[inspect.Tampering]string{
		inspect.TamperFlipBit:  "signature:fail",
		inspect.TamperClaim:    "signature:fail",
		inspect.TamperExpiry:   "signature:fail",
		inspect.TamperAudience: "signature:fail aud:fail",
		inspect.TamperAlgNone:  "alg:fail signature:fail",
		inspect.TamperAlgHMAC:  "alg:fail signature:unknown",
		inspect.TamperUnsigned: "signature:fail",
	}
	for _, how := range inspect.Tamperings() {
		t.Run(string(how), func(t *testing.T) {
			changed, ok := inspect.Tamper(token, how)
			if !ok || changed == token {
				t.Fatalf("changed: %t", ok)
			}
			tok := inspect.DecodeToken(changed, options(t)).Tokens[0]
			if got := results(tok); got != want[how] {
				t.Errorf("checks = %q, want %q", got, want[how])
			}
			if len(tok.Claims) != 6 || tok.Claims[0].Name != "aud" {
				t.Errorf("the claims are not those that were there, in their order: %d", len(tok.Claims))
			}
		})
	}
	for _, no := range []string{"opaque", "a.b", ""} {
		if _, ok := inspect.Tamper(no, inspect.TamperFlipBit); ok {
			t.Errorf("%q was tampered with", no)
		}
	}
}

func TestTheDifferencesOfTwoTokensAreListed(t *testing.T) {
	decode := func(change map[string]any, kid string) inspect.Token {
		return inspect.DecodeToken(sign(t, jose.RS256, kid, healthy(change)), options(t)).Tokens[0]
	}
	a := decode(map[string]any{"roles": []string{"Reader"}, "ver": "1.0"}, "rsa")
	b := decode(map[string]any{"roles": []string{"Reader", "Writer"}, "tid": tid}, "other")
	var got []string
	for _, d := range inspect.DiffTokens(a, b) {
		got = append(got, d.Part+" "+d.Name+": "+d.A+" | "+d.B)
	}
	want := "header kid: rsa | other\nclaim roles: [Reader] | [Reader, Writer]\nclaim ver: 1.0 | \nclaim tid:  | " + tid
	if strings.Join(got, "\n") != want {
		t.Errorf("differences:\n%s\nwant:\n%s", strings.Join(got, "\n"), want)
	}
	if diff := inspect.DiffTokens(a, a); len(diff) != 0 || !strings.Contains(inspect.DiffText(diff, 80), "same") {
		t.Errorf("a token differs from itself: %v", diff)
	}
	if text := inspect.DiffText(inspect.DiffTokens(a, b), 80); !strings.Contains(text, "  - 1.0\n  + (absent)") {
		t.Errorf("text:\n%s", text)
	}
}

func TestPartsAreShownWithTheirOctets(t *testing.T) {
	o := options(t)
	token := sign(t, jose.RS256, "rsa", healthy(nil))
	parts := inspect.DecodeToken(token, o).Tokens[0].Parts
	if len(parts) != 3 || parts[0].Name != "header" || !strings.HasPrefix(parts[0].Text, `{"alg":"RS256"`) {
		t.Fatalf("parts = %+v", parts)
	}
	if sig := parts[2]; sig.Hex != "" || !strings.Contains(sig.Encoded, "chars #") || sig.Octets != 256 {
		t.Errorf("masked signature = %+v", sig)
	}
	o.Reveal = true
	if sig := inspect.DecodeToken(token, o).Tokens[0].Parts[2]; len(sig.Hex) != 512 || strings.Contains(sig.Encoded, "●") {
		t.Errorf("revealed signature = %+v", sig)
	}
	jwe := inspect.DecodeToken(b64(`{"alg":"RSA-OAEP","enc":"A256GCM"}`)+".AAAA.AAAA.AAAA.AAAA", o).Tokens[0].Parts
	if len(jwe) != 5 || jwe[3].Name != "ciphertext" || jwe[3].Hex != "000000" {
		t.Errorf("parts of a JWE = %+v", jwe)
	}
}

func TestAPointerToGroupsIsExplained(t *testing.T) {
	tr := handmade(flow.MethodS256)
	claims := healthy(map[string]any{"_claim_names": map[string]string{"groups": "src1"}})
	answers(flow.StepToken, 200, "application/json", `{"access_token":"x-12345678","token_type":"Bearer","id_token":"`+sign(t, jose.RS256, "rsa", claims)+`"}`)(&tr)
	step(&tr, flow.StepToken).Status = flow.StatusOK
	if got := codes(inspect.Read(tr, inspect.Options{Now: now}).Steps[5].Findings); got != "group-overage" {
		t.Errorf("findings = %q", got)
	}
}
