package practice

import (
	"strings"
	"testing"
)

func TestPKCE(t *testing.T) {
	long := strings.Repeat("a", 128)
	for _, row := range []struct {
		name, challenge, method, verifier string
		want                              int // 0: tokens
	}{
		{"S256", s256(verifier), "S256", verifier, 0},
		{"S256 with another verifier", s256(verifier), "S256", verifier + "x", 501481},
		{"plain", verifier, "plain", verifier, 0},
		{"plain with another verifier", verifier, "plain", verifier + "x", 501481},
		{"no method means plain", verifier, "", verifier, 0},
		{"no method with an S256 challenge", s256(verifier), "", verifier, 501481},
		{"128 characters", s256(long), "S256", long, 0},
		{"129 characters", s256(long + "a"), "S256", long + "a", 501481},
		{"43 characters", s256(long[:43]), "S256", long[:43], 0},
		{"42 characters", s256(long[:42]), "S256", long[:42], 501482},
		{"a space in it", s256(verifier[:42] + " "), "S256", verifier[:42] + " ", 501481},
		{"all four signs", s256(verifier + "-._~"), "S256", verifier + "-._~", 0},
		{"neither challenge nor verifier", "", "", "", 0},
		{"a verifier that nobody asked for", "", "", verifier, 501481},
		{"no verifier", s256(verifier), "S256", "", 50148},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := newPlay(t, Options{})
			v := edit(p.params(), []string{"code_challenge", row.challenge, "code_challenge_method", row.method})
			r := p.redeem(edit(p.redemption(p.code(v)), []string{"code_verifier", row.verifier}))
			if r.code() != row.want {
				t.Errorf("AADSTS%d, want AADSTS%d: %s", r.code(), row.want, r.Description)
			}
		})
	}
}

// A check that fails does not use up the code.
func TestARefusalLeavesTheCodeGood(t *testing.T) {
	p := newPlay(t, Options{})
	v := p.redemption(p.code(p.params()))
	wrong := edit(p.redemption(v.Get("code")), []string{"code_verifier", strings.Repeat("a", 43)})
	if got := p.redeem(wrong).code(); got != 501481 {
		t.Fatalf("AADSTS%d", got)
	}
	if r := p.redeem(v); r.AccessToken == "" {
		t.Errorf("after the refusal: %s", r.Description)
	}
}
