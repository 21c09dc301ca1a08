package practice

import (
	"net/url"
	"testing"
)

// Each fault changes the answer to one request, and nothing changes without
// it. The number is the AADSTS code; 0 is a token.
func TestEachFaultSwitchesItsRule(t *testing.T) {
	without := func(names ...string) func(url.Values) {
		return func(v url.Values) {
			for _, name := range names {
				v.Del(name)
			}
		}
	}
	set := func(name, value string) func(url.Values) { return func(v url.Values) { v.Set(name, value) } }
	for _, test := range []struct {
		name         string
		fault        Fault
		ask, redeem  func(url.Values)
		twice        bool
		kept, broken int
	}{
		{"a wrong verifier", FaultIgnorePKCE, nil, set("code_verifier", verifier+"x"), false, 501481, 0},
		{"no verifier", FaultIgnorePKCE, nil, without("code_verifier"), false, 50148, 0},
		{"a verifier nobody asked for", FaultIgnoreUnaskedVerifier, without("code_challenge", "code_challenge_method"), nil, false, 501481, 0},
		{"a short verifier", FaultSkipLengthCheck, nil, set("code_verifier", verifier[1:]), false, 501482, 501481},
		{"a code redeemed twice", FaultReusableCode, nil, nil, true, 54005, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := start(t, Options{})
			c := newClient(t, s, native)
			try := func() int {
				params := c.params()
				if test.ask != nil {
					test.ask(params)
				}
				v := c.redemption(c.code(params))
				if test.redeem != nil {
					test.redeem(v)
				}
				if test.twice {
					c.redeem(v)
				}
				return c.redeem(v).code()
			}
			if got := try(); got != test.kept {
				t.Errorf("without the fault: %d, want %d", got, test.kept)
			}
			s.SetFaults(test.fault)
			if got := try(); got != test.broken {
				t.Errorf("with %s: %d, want %d", test.fault, got, test.broken)
			}
			s.SetFaults()
			if got := try(); got != test.kept {
				t.Errorf("after the fault: %d, want %d", got, test.kept)
			}
		})
	}
}

func TestRequirePKCERefusesARequestWithoutAChallenge(t *testing.T) {
	s := start(t, Options{Faults: []Fault{FaultRequirePKCE}})
	c := newClient(t, s, native)
	v := c.params()
	v.Del("code_challenge")
	v.Del("code_challenge_method")
	if a := c.answer(v); a.Get("code") != "" || a.Get("error") != "invalid_request" {
		t.Errorf("answer = %v, want an error", a)
	}
	if c.code(c.params()) == "" {
		t.Error("a request with a challenge is refused too")
	}
}

func TestRevokeOnReplayEndsTheFirstRefreshToken(t *testing.T) {
	for _, test := range []struct {
		faults []Fault
		dead   bool
	}{{nil, false}, {[]Fault{FaultRevokeOnReplay}, true}} {
		s := start(t, Options{Faults: test.faults})
		c := newClient(t, s, native)
		v := c.redemption(c.code(c.params()))
		first := c.redeem(v)
		again := url.Values{"grant_type": {"refresh_token"}, "client_id": {c.app.ClientID}, "refresh_token": {first.RefreshToken}}
		if r := c.redeem(again); r.AccessToken == "" {
			t.Fatalf("refresh before the replay = %+v", r)
		}
		if r := c.redeem(v); r.code() != 54005 {
			t.Fatalf("replay = %+v", r)
		}
		if r := c.redeem(again); (r.AccessToken == "") != test.dead {
			t.Errorf("faults %v: refresh after the replay = %+v", test.faults, r)
		}
	}
}

func TestSendIssuerNamesTheIssuerInAnswersAndErrors(t *testing.T) {
	s := start(t, Options{})
	c := newClient(t, s, native)
	if a := c.answer(c.params()); a.Has("iss") {
		t.Errorf("Entra sends no iss: %v", a)
	}
	s.SetFaults(FaultSendIssuer)
	if a := c.answer(c.params()); a.Get("iss") != s.Issuer() {
		t.Errorf("iss = %q, want %q", a.Get("iss"), s.Issuer())
	}
	v := c.params()
	v.Set("code_challenge_method", "s256")
	if a := c.answer(v); a.Get("error") == "" || a.Get("iss") != s.Issuer() {
		t.Errorf("error = %v, want iss in it", a)
	}
}

func TestABrowserOfAnotherAccountSignsInAsThat(t *testing.T) {
	s := start(t, Options{})
	if s.BrowserOf("nobody@contoso.onmicrosoft.com") != nil {
		t.Error("a browser for an account that is not there")
	}
	b, ok := s.BrowserOf(s.Accounts()[1].Username).(*browser)
	if !ok || b.account.Username != s.Accounts()[1].Username {
		t.Errorf("browser = %+v", b)
	}
}

func TestParseFaultKnowsEachByName(t *testing.T) {
	for _, f := range Faults() {
		if got, err := ParseFault(string(f)); got != f || err != nil {
			t.Errorf("ParseFault(%q) = %q, %v", f, got, err)
		}
	}
	if _, err := ParseFault("no-such"); err == nil {
		t.Error("an unknown fault was taken")
	}
}
