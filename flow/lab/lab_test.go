package lab

import (
	"context"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/practice"
)

// open starts a lab for one test.
func open(t *testing.T, o Options) *Lab {
	t.Helper()
	l, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// Each attack works without its defence and fails with it. The text is part of
// the answer that stopped the thief.
func TestEachScenarioInBothDirections(t *testing.T) {
	l := open(t, Options{})
	stopped := map[string]string{
		"weak-dictionary":    "AADSTS501481",
		"clock-seeded":       "AADSTS501481",
		"code-replay":        "AADSTS54005",
		"code-injection":     "AADSTS501481",
		"csrf-no-state":      "The state does not belong to this browser.",
		"csrf-unbound-state": "The state does not belong to this browser.",
		"nonce-replay":       "its nonce is not this one's",
		"mix-up":             "this sign-in was started with",
		"downgrade":          "AADSTS501471",
		"redirect-confusion": "AADSTS50011",
		"leaked-secret":      "AADSTS50148",
	}
	for _, id := range Scenarios() {
		t.Run(id, func(t *testing.T) {
			p, err := l.Play(t.Context(), id, false)
			if err != nil {
				t.Fatal(err)
			}
			if !p.ThiefWon || p.Answer != "" {
				t.Errorf("without the defence the thief won = %v: %s", p.ThiefWon, p.Answer)
			}
			check(t, p)
			p, err = l.Play(t.Context(), id, true)
			if err != nil {
				t.Fatal(err)
			}
			if p.ThiefWon || stopped[id] == "" || !strings.Contains(p.Answer, stopped[id]) {
				t.Errorf("with the defence the thief won = %v: %q, want %q", p.ThiefWon, p.Answer, stopped[id])
			}
			check(t, p)
		})
	}
}

// check says what holds for every play: it was decided by a request that was
// really made, and the transcript holds the thief's requests.
func check(t *testing.T, p Play) {
	t.Helper()
	if p.Decisive >= len(p.Beats) || len(p.Beats[p.Decisive].Exchanges) == 0 {
		t.Fatalf("beat %d of %d decided, without a request", p.Decisive, len(p.Beats))
	}
	for _, b := range p.Beats {
		for _, x := range b.Exchanges {
			if x.Response == nil && x.Error == nil {
				t.Errorf("%s: an exchange without an answer: %s", b.ID, x.Request.URL)
			}
		}
	}
	made := 0
	for _, s := range p.Transcript.Steps {
		made += len(s.Exchanges)
	}
	if made == 0 {
		t.Error("the transcript is empty")
	}
}

func cells(t *testing.T, l *Lab) map[Saw]map[flow.Method]Play {
	t.Helper()
	m, err := l.Matrix(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := map[Saw]map[flow.Method]Play{SawRedirect: {}, SawAuthorize: {}}
	for _, c := range m {
		out[c.Saw][c.Client] = c.Play
	}
	return out
}

func TestTheMatrixIsWhatTheStandardSays(t *testing.T) {
	got := cells(t, open(t, Options{}))
	for _, test := range []struct {
		saw      Saw
		client   flow.Method
		redeemed bool
		answer   string
	}{
		{SawRedirect, flow.MethodNone, true, ""},
		{SawRedirect, flow.MethodOmitted, false, "AADSTS50148"},
		{SawRedirect, flow.MethodPlain, false, "AADSTS50148"},
		{SawRedirect, flow.MethodS256, false, "AADSTS50148"},
		{SawAuthorize, flow.MethodNone, true, ""},
		{SawAuthorize, flow.MethodOmitted, true, ""},
		{SawAuthorize, flow.MethodPlain, true, ""},
		{SawAuthorize, flow.MethodS256, false, "AADSTS501481"},
	} {
		p, ok := got[test.saw][test.client]
		if !ok || p.ThiefWon != test.redeemed || !strings.Contains(p.Answer, test.answer) {
			t.Errorf("%s, %s: won = %v, %q; want %v, %q", test.saw, test.client, p.ThiefWon, p.Answer, test.redeemed, test.answer)
		}
		check(t, p)
		attacker := 0
		for _, x := range p.Transcript.Step(flow.StepToken).Exchanges {
			if x.Actor == flow.ActorAttacker {
				attacker++
			}
		}
		if attacker != 1 {
			t.Errorf("%s, %s: the transcript has %d token requests of the thief, want 1", test.saw, test.client, attacker)
		}
	}
}

// The matrix cannot lie: a server that does not look at the verifier lets the
// thief through with S256 as well.
func TestAServerThatIgnoresTheVerifierTurnsTheCells(t *testing.T) {
	got := cells(t, open(t, Options{Faults: []practice.Fault{practice.FaultIgnorePKCE}}))
	for saw, row := range got {
		for client, p := range row {
			if !p.ThiefWon {
				t.Errorf("%s, %s: refused with %q by a server that ignores PKCE", saw, client, p.Answer)
			}
		}
	}
}

// What the thief knows is what he was shown: without the authorization
// request he has no challenge, and he never has the app's verifier under S256.
func TestTheThiefKnowsOnlyWhatHeSaw(t *testing.T) {
	l := open(t, Options{})
	for _, saw := range Sights() {
		p, err := l.Steal(t.Context(), saw, flow.MethodS256)
		if err != nil {
			t.Fatal(err)
		}
		var verifier string
		knows := map[string]string{}
		for _, b := range p.Beats {
			for _, k := range b.Learned {
				if k.Who == RoleApp && k.Name == "code_verifier" {
					verifier = k.Value
				}
				if k.Who == RoleThief {
					knows[k.Name] = k.Value
				}
			}
		}
		if verifier == "" {
			t.Error("the app does not know its verifier")
		}
		for name, value := range knows {
			if value == verifier {
				t.Errorf("saw %s: the thief has the verifier as %s", saw, name)
			}
		}
		if _, ok := knows["code_challenge"]; ok != (saw == SawAuthorize) {
			t.Errorf("saw %s: challenge known = %v", saw, ok)
		}
	}
}

func TestTheDictionaryHoldsLegalVerifiersOnly(t *testing.T) {
	d := NewDictionary()
	if d.Len() < 1_000_000 {
		t.Errorf("%d verifiers only", d.Len())
	}
	for i := 0; i < d.Len(); i += 7 {
		if v := string(d.At(i, nil)); flow.VerifierProblem(v) != "" {
			t.Fatalf("number %d, %q: %s", i, v, flow.VerifierProblem(v))
		}
	}
}

func TestTheDictionaryIsReallySearched(t *testing.T) {
	d := NewDictionary()
	last := string(d.At(d.Len()-1, nil))
	got, s, err := d.Search(t.Context(), challengeOf(last), nil)
	if err != nil || got != last || !s.Found || s.Tried < uint64(d.Len())/2 {
		t.Errorf("found %q after %d tries, %v", got, s.Tried, err)
	}
	got, s, err = d.Search(t.Context(), challengeOf("not-in-the-dictionary-at-all-0123456789-abcdefg"), nil)
	if err != nil || got != "" || s.Found || s.Tried != uint64(d.Len()) {
		t.Errorf("a verifier that is not in it: %q after %d of %d tries, %v", got, s.Tried, d.Len(), err)
	}
}

func TestAWiderWindowTakesMoreTries(t *testing.T) {
	l := open(t, Options{Window: 1000 * 1000 * 1000}) // a second
	p, err := l.Play(t.Context(), "clock-seeded", true)
	if err != nil {
		t.Fatal(err)
	}
	if p.Search == nil || p.Search.Tried != 2001 {
		t.Errorf("search = %+v, want 2001 tries for a second to either side", p.Search)
	}
}

func TestACancelledPlayEndsAtOnce(t *testing.T) {
	l := open(t, Options{Window: MaxUptime, Progress: func(Progress) {}})
	ctx, cancel := context.WithCancel(t.Context())
	l.o.Progress = func(Progress) { cancel() }
	if _, err := l.Play(ctx, "clock-seeded", true); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v, want %v", err, context.Canceled)
	}
}

func TestAnUnknownScenarioIsRefusedWithTheNames(t *testing.T) {
	_, err := open(t, Options{}).Play(t.Context(), "no-such", true)
	var e *flow.Error
	if !errors.As(err, &e) || e.Kind != flow.KindRefused || !strings.Contains(e.Try, "mix-up") {
		t.Errorf("err = %v", err)
	}
}

// The rate of the dictionary search on every core, beside hashing alone.
func BenchmarkDictionary(b *testing.B) {
	d := NewDictionary()
	challenge := challengeOf("not-in-the-dictionary-at-all-0123456789-abcdefg")
	b.Run("search on every core", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := d.Search(b.Context(), challenge, nil); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)*float64(d.Len())/b.Elapsed().Seconds(), "tries/s")
	})
	b.Run("plain loop over crypto/sha256 on one core", func(b *testing.B) {
		v := d.At(d.Len()/2, nil)
		for b.Loop() {
			v[0]++
			sha256.Sum256(v)
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tries/s")
	})
}
