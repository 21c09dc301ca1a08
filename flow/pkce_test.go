package flow

import (
	"strings"
	"testing"
)

// The worked example of RFC 7636, appendix B.
func TestChallengeOfTheRFCsExample(t *testing.T) {
	w := newWalk(t, Config{
		ClientID: "c", Issuer: "https://idp.example", Verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
	}, Options{})
	w.at = stepIndex(StepVerifier)
	for range 2 {
		if err := w.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	s := w.Transcript().Step(StepChallenge)
	for name, want := range map[string]string{
		"code_challenge":        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
		"base64url":             "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
		"base64":                "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM=",
		"sha256_hex":            "13d31e961a1ad8ec2f16b10c4c982e0876a878ad6df144566ee1894acb70f9c3",
		"code_challenge_method": "S256",
	} {
		if got, _ := s.Value(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if got, _ := s.Value("verifier_ascii"); !strings.HasPrefix(got, "64 42 6a 66 74 4a") {
		t.Errorf("verifier_ascii = %q, want the octets of dBjftJ…", got)
	}
}

func TestVerifierIsRandomAndUsesTheWholeAlphabet(t *testing.T) {
	counts := map[rune]int{}
	const length, rounds = 128, 500
	for range rounds {
		v := randomVerifier(length)
		if problem := VerifierProblem(v); problem != "" || len(v) != length {
			t.Fatalf("verifier %q of length %d: %s", v, len(v), problem)
		}
		for _, c := range v {
			counts[c]++
		}
	}
	mean := length * rounds / len(unreserved)
	for _, c := range unreserved {
		// Seven standard deviations: a right generator fails this once in
		// some hundred million runs, one that takes octets modulo 66 always.
		if n := counts[c]; n < mean*78/100 || n > mean*122/100 {
			t.Errorf("%q came %d times, want about %d", c, n, mean)
		}
	}
}

func TestVerifierOfEachLength(t *testing.T) {
	for _, n := range []int{0, 43, 44, 100, 128} {
		w := newWalk(t, Config{ClientID: "c", Issuer: "https://idp.example", VerifierLength: n}, Options{})
		if want := defaultTo(n, 43); len(w.draft.verifier) != want {
			t.Errorf("length %d gave %d characters", n, len(w.draft.verifier))
		}
	}
	for _, n := range []int{1, 42, 129, -1} {
		if _, err := New(Config{ClientID: "c", Issuer: "https://idp.example", VerifierLength: n}, Options{}); err == nil {
			t.Errorf("length %d was accepted", n)
		}
	}
}

func TestBadVerifierIsLetThroughOnlyOnPurposeAndFlagged(t *testing.T) {
	good := strings.Repeat("a", 43)
	for name, v := range map[string]string{
		"too short": good[1:], "too long": strings.Repeat("a", 129), "a space inside": good + " x",
		"a newline inside": good + "\n", "not ASCII": good + "é", "a plus from base64": good + "+",
	} {
		t.Run(name, func(t *testing.T) {
			c := Config{ClientID: "c", Issuer: "https://idp.example", Verifier: v}
			if _, err := New(c, Options{}); err == nil {
				t.Error("it was accepted without being allowed")
			}
			c.AllowBadVerifier = true
			w := newWalk(t, c, Options{})
			w.at = stepIndex(StepVerifier)
			p, _ := w.Pending()
			if p.Values[0].Problem == "" || p.Values[0].Value != v {
				t.Errorf("pending verifier %+v, want it as typed, and a problem", p.Values[0])
			}
		})
	}
	if p := VerifierProblem(good); p != "" {
		t.Errorf("43 characters: %s", p)
	}
	if p := VerifierProblem(strings.Repeat("~", 128)); p != "" {
		t.Errorf("128 characters: %s", p)
	}
}

func TestWithoutPKCEThereIsNoPKCEValueAnywhere(t *testing.T) {
	p := newProvider(t)
	c := p.config()
	c.Method, c.Refresh = MethodNone, true
	w := newWalk(t, c, Options{Browser: &player{}})
	if err := w.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, s := range w.Transcript().Steps {
		if (s.ID == StepVerifier || s.ID == StepChallenge) && s.Status != StatusSkipped {
			t.Errorf("step %s is %s, want skipped", s.ID, s.Status)
		}
		for _, v := range s.Values {
			if v.PKCE || strings.HasPrefix(v.Name, "code_challenge") || v.Name == "code_verifier" {
				t.Errorf("step %s has the value %s", s.ID, v.Name)
			}
		}
		for _, x := range s.Exchanges {
			if strings.Contains(x.Request.URL+string(x.Request.Body), "code_challenge") || strings.Contains(string(x.Request.Body), "code_verifier") {
				t.Errorf("step %s sent %s %s", s.ID, x.Request.URL, x.Request.Body)
			}
		}
	}
}

func TestPlainChallengeIsTheVerifierAndAsSecret(t *testing.T) {
	for _, method := range []Method{MethodPlain, MethodOmitted} {
		p := newProvider(t)
		c := p.config()
		c.Method = method
		w := newWalk(t, c, Options{Browser: &player{}})
		if err := w.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		tr := w.Transcript()
		verifier, _ := tr.Step(StepVerifier).Value("code_verifier")
		for _, id := range []StepID{StepChallenge, StepAuthorize} {
			var found bool
			for _, v := range tr.Step(id).Values {
				if v.Name == "code_challenge" {
					found = true
					if v.Value != verifier || !v.Secret || !v.PKCE {
						t.Errorf("%s %s: challenge %+v, want the verifier %q, secret", method, id, v, verifier)
					}
				}
			}
			if !found {
				t.Errorf("%s %s: no challenge", method, id)
			}
		}
		_, sent := tr.Step(StepAuthorize).Value("code_challenge_method")
		if sent != (method == MethodPlain) {
			t.Errorf("%s: code_challenge_method sent = %t", method, sent)
		}
	}
}

func BenchmarkDerive(b *testing.B) {
	w := newWalk(b, Config{ClientID: "c", Issuer: "https://idp.example"}, Options{})
	w.note(StepVerifier, []Value{w.verifierValue()})
	for b.Loop() {
		_ = w.challengeValues()
	}
}
