package inspect

import (
	"bufio"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// realCase is one error response as somebody pasted it in a public thread. A
// diagnosis may look at the first group of fields only; the second is the
// answer.
type realCase struct {
	Raw        string         `json:"raw"`
	Provider   string         `json:"provider"`
	Where      string         `json:"where"`
	HTTPStatus *int           `json:"http_status"`
	Context    map[string]any `json:"context"`

	ID         string   `json:"id"`
	Codes      []string `json:"codes"`
	CauseKey   string   `json:"cause_key"`
	AlsoAccept []string `json:"also_accept"`
	Source     string   `json:"source"`
}

func (c realCase) input() Input {
	in := Input{Raw: c.Raw, Provider: c.Provider, Where: c.Where, Context: c.Context}
	if c.HTTPStatus != nil {
		in.HTTPStatus = *c.HTTPStatus
	}
	return in
}

func realCases(t *testing.T) []realCase {
	t.Helper()
	f, err := os.Open("testdata/cases.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var cases []realCase
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c realCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatalf("testdata/cases.jsonl: %v", err)
		}
		cases = append(cases, c)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return cases
}

func causeKeys(t *testing.T) map[string][]string {
	t.Helper()
	b, err := os.ReadFile("testdata/cause_keys.json")
	if err != nil {
		t.Fatal(err)
	}
	var keys map[string][]string
	if err := json.Unmarshal(b, &keys); err != nil {
		t.Fatalf("testdata/cause_keys.json: %v", err)
	}
	return keys
}

// score counts how often the right cause came first, came within the first
// three, and was contradicted with certainty.
type score struct{ cases, first, three, certain, certainWrong int }

func (s *score) add(t *testing.T, c realCase, keys map[string][]string) {
	t.Helper()
	right := func(d Diagnosed) bool {
		return slices.ContainsFunc(keys[d.ID], func(k string) bool { return k == c.CauseKey || slices.Contains(c.AlsoAccept, k) })
	}
	d := Diagnose(c.input())
	at := slices.IndexFunc(d.Causes, right)
	s.cases++
	if at == 0 {
		s.first++
	}
	if 0 <= at && at < 3 {
		s.three++
	}
	if len(d.Causes) > 0 && d.Causes[0].Confidence == Certain {
		s.certain++
		if at != 0 {
			s.certainWrong++
			t.Errorf("%s: certain of %s, and it is %s", c.ID, d.Causes[0].ID, c.CauseKey)
		}
	}
	if at != 0 {
		var got []string
		for _, x := range d.Causes {
			got = append(got, x.ID+" ("+string(x.Confidence)+")")
		}
		t.Logf("%s is %s, got %s", c.ID, c.CauseKey, strings.Join(got, ", "))
	}
}

// The figures are those of the contributing rules: nine in ten right at the
// first go, nearly all among the first three, and never sure of a wrong one.
func TestRealErrorsAreTracedToTheirCause(t *testing.T) {
	keys := causeKeys(t)
	var s score
	for _, c := range realCases(t) {
		s.add(t, c, keys)
	}
	percent := func(n int) float64 { return 100 * float64(n) / float64(s.cases) }
	t.Logf("score: %d cases, first %.1f %%, within three %.1f %%, certain %d, certain and wrong %d",
		s.cases, percent(s.first), percent(s.three), s.certain, s.certainWrong)
	if percent(s.first) < 90 {
		t.Errorf("the right cause came first in %.1f %% of the cases, want at least 90 %%", percent(s.first))
	}
	if percent(s.three) < 97 {
		t.Errorf("the right cause came within the first three in %.1f %% of the cases, want at least 97 %%", percent(s.three))
	}
}

func TestEveryKeyOfTheCasesIsCoveredAndNoCauseStandsForTooMany(t *testing.T) {
	keys := causeKeys(t)
	covered := map[string]bool{}
	for id, list := range keys {
		if _, ok := causeByID(id); !ok {
			t.Errorf("cause_keys.json names %q, which is no cause", id)
		}
		if len(list) > 3 {
			t.Errorf("%s stands for %d keys, at most 3 are honest", id, len(list))
		}
		for _, k := range list {
			covered[k] = true
		}
	}
	for _, c := range realCases(t) {
		if !covered[c.CauseKey] {
			t.Errorf("%s: no cause stands for %s", c.ID, c.CauseKey)
		}
	}
}

// wellKnown are the identifiers of Microsoft's own applications: facts that
// rules may rest on, nobody's secret.
var wellKnown = []string{
	"00000002-0000-0000-c000-000000000000", "00000002-0000-0ff1-ce00-000000000000", "00000003-0000-0000-c000-000000000000",
	"797f4846-ba00-4fd7-ba43-dac1f8f63013", "d42ffc93-c136-491d-b4fd-6f18168c68fd", "9188040d-6c67-4c5b-b112-36a304b66dad",
	"04b07795-8ddb-461a-bbee-02f9e1bf7b46",
}

func TestNoCaseHoldsAnIdentifierOfTheOneWhoPastedIt(t *testing.T) {
	guid := regexp.MustCompile(`(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4,12}`)
	blotted := regexp.MustCompile(`(?i)(?:trace|correlation|request)[ _-]id"?\s*:\s*"?([0-9a-f*-]{5,})`)
	hex := regexp.MustCompile(`\b[0-9a-fA-F]{20,}\b`)
	google := regexp.MustCompile(`\d{9,}-[a-z0-9]{32}\.apps`)
	opaque := regexp.MustCompile(`[A-Za-z0-9_-]{20,}`)
	for _, c := range realCases(t) {
		if c.Source == "" {
			t.Errorf("%s: the source is missing", c.ID)
		}
		context, err := json.Marshal(c.Context)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{c.Raw, string(context)} {
			for _, id := range guid.FindAllString(text, -1) {
				if !strings.HasPrefix(id, "00000000-0000-4000-8000-") && !slices.Contains(wellKnown, strings.ToLower(id)) {
					t.Errorf("%s: %s is no placeholder", c.ID, id)
				}
			}
			for _, m := range blotted.FindAllStringSubmatch(text, -1) {
				if !strings.HasPrefix(m[1], "00000000-0000-4000-8000-") && strings.Trim(m[1], "0*-") != "" {
					t.Errorf("%s: %s is no placeholder", c.ID, m[1])
				}
			}
			for _, h := range hex.FindAllString(text, -1) {
				if !strings.HasPrefix(h, "0000000000000000") {
					t.Errorf("%s: %s is no placeholder", c.ID, h)
				}
			}
			for _, id := range google.FindAllString(text, -1) {
				if !strings.HasPrefix(id, "000000000000-xxxx") {
					t.Errorf("%s: %s is no placeholder", c.ID, id)
				}
			}
			for _, o := range opaque.FindAllString(text, -1) {
				mixed := strings.ContainsAny(o, "0123456789") && strings.ToLower(o) != o && strings.ToUpper(o) != o
				derived := o == c.Context["code_challenge"] // of the placeholder beside it
				if mixed && !derived && !strings.HasPrefix(o, "XXXXXXXX") && !strings.ContainsAny(o, "_") && !isProse(o) {
					t.Errorf("%s: %s is no placeholder", c.ID, o)
				}
			}
		}
	}
}

// isProse is true for long names that people gave to things.
func isProse(s string) bool {
	digits := 0
	for _, r := range s {
		if r >= '0' && r <= '9' {
			digits++
		}
	}
	return digits <= 3
}
