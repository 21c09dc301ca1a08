package inspect

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/pkcescope/pkcescope/flow/lab"
)

// plays stages every scenario both ways, and every cell.
func plays(t *testing.T) []lab.Play {
	t.Helper()
	l, err := lab.Open(lab.Options{Window: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	var all []lab.Play
	cells, err := l.Matrix(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cells {
		all = append(all, c.Play)
	}
	for _, id := range lab.Scenarios() {
		if id == "weak-dictionary" {
			continue // its words are those of clock-seeded, and its search is long
		}
		for _, defended := range []bool{false, true} {
			p, err := l.Play(t.Context(), id, defended)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, p)
		}
	}
	return all
}

// Every play can be told: each beat says what each of the three has in mind,
// and the end says who won, why, what stops the thief, which clause, and what
// flips it. And nothing secret is said aloud.
func TestEveryPlayIsToldInFullAndWithoutSecrets(t *testing.T) {
	for _, p := range plays(t) {
		name := p.Scenario
		if p.Defended {
			name += " defended"
		}
		th := ReadPlay(p, Options{})
		for what, text := range map[string]string{
			"title": th.Title, "aim": th.Aim, "why": th.Why, "stopped_by": th.StoppedBy, "flip": th.Flip, "defence": th.Defence,
		} {
			if text == "" {
				t.Errorf("%s: no %s", name, what)
			}
		}
		if len(th.Refs) == 0 || th.Refs[0].URL == "" {
			t.Errorf("%s: no clause with a link: %v", name, th.Refs)
		}
		if (th.Answer == "") != th.ThiefWon {
			t.Errorf("%s: the thief won = %v, and the answer is %q", name, th.ThiefWon, th.Answer)
		}
		var shown strings.Builder
		for i, s := range th.Scenes {
			if s.Title == "" || s.App == "" || s.Thief == "" || s.Provider == "" || s.From == "" || s.To == "" {
				t.Errorf("%s: beat %s lacks words: %+v", name, p.Beats[i].ID, s)
			}
			if len(s.Exchanges) != len(p.Beats[i].Exchanges) {
				t.Errorf("%s: beat %s shows %d of %d exchanges", name, p.Beats[i].ID, len(s.Exchanges), len(p.Beats[i].Exchanges))
			}
			for _, k := range s.Known {
				shown.WriteString(k.Name + " " + k.Value + "\n")
			}
			for _, x := range s.Exchanges {
				shown.WriteString(strings.Join(x.Request.Raw, "\n"))
				if x.Response != nil {
					shown.WriteString(strings.Join(x.Response.Raw, "\n"))
				}
			}
		}
		for _, b := range p.Beats {
			for _, k := range b.Learned {
				// A JWT is masked by its signature alone.
				if k.Secret && !strings.HasSuffix(k.Name, "token") && strings.Contains(shown.String(), k.Value) {
					t.Errorf("%s: the %s is shown", name, k.Name)
				}
			}
		}
	}
}

func TestTheLastSceneKnowsWhoHoldsWhat(t *testing.T) {
	l, err := lab.Open(lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	p, err := l.Steal(t.Context(), lab.SawAuthorize, "plain")
	if err != nil {
		t.Fatal(err)
	}
	th := ReadPlay(p, Options{})
	holds := map[string]Known{}
	for _, k := range th.Scenes[len(th.Scenes)-1].Known {
		holds[k.Name] = k
	}
	if k := holds["code_verifier"]; !k.App || k.Thief || k.Provider {
		t.Errorf("verifier: %+v, want the app alone", k)
	}
	if k := holds["code_challenge"]; !k.App || !k.Thief || !k.Provider {
		t.Errorf("challenge: %+v, want all three", k)
	}
	// With plain both are the same, and it can be seen that they are.
	if holds["code_verifier"].Value != holds["code_challenge"].Value || !strings.Contains(holds["code_challenge"].Value, "#") {
		t.Errorf("verifier %q, challenge %q; want the same fingerprint", holds["code_verifier"].Value, holds["code_challenge"].Value)
	}
}

// The names are promised to programs.
func TestTheJSONOfAttacksHasThePromisedMembers(t *testing.T) {
	l, err := lab.Open(lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	cells, err := l.Matrix(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var a Attack
	for _, c := range cells {
		a.Matrix = append(a.Matrix, ReadCell(c, Options{}))
	}
	with, err := l.Play(t.Context(), "mix-up", true)
	if err != nil {
		t.Fatal(err)
	}
	without, err := l.Play(t.Context(), "mix-up", false)
	if err != nil {
		t.Fatal(err)
	}
	a.Scenarios = append(a.Scenarios, ReadScenario(with, without, Options{}))
	b, err := a.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string][]map[string]any
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	for _, c := range doc["matrix"] {
		for _, name := range []string{"saw", "client", "result", "error"} {
			if _, ok := c[name]; !ok {
				t.Errorf("a cell has no %q: %v", name, c)
			}
		}
	}
	want := map[string]any{"id": "mix-up", "defended": "lost", "undefended": "won", "stopped_by": "iss", "clause": "RFC 9207 section 2.4"}
	for name, value := range want {
		if got := doc["scenarios"][0][name]; got != value {
			t.Errorf("%s = %v, want %v", name, got, value)
		}
	}
}

func TestAWrongTextFileWouldBeNoticed(t *testing.T) {
	if len(theatreTexts().Scenario) != len(lab.Scenarios())+1 {
		t.Errorf("%d scenarios are told, want %d and the matrix", len(theatreTexts().Scenario), len(lab.Scenarios()))
	}
	for _, id := range append(lab.Scenarios(), lab.StolenCode) {
		if ScenarioTitle(id) == "" || strings.Contains(ScenarioTitle(id), "-") && ScenarioTitle(id) == id {
			t.Errorf("%s has no title", id)
		}
	}
}
