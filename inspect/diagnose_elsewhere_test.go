package inspect

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// elsewhere is an error that was met in a public thread, of none of those that
// cases.jsonl holds. Its identifiers are replaced.
type elsewhere struct {
	Raw      string         `json:"raw"`
	Provider string         `json:"provider"`
	Where    string         `json:"where"`
	Status   int            `json:"http_status"`
	Context  map[string]any `json:"context"`
	// Want are the causes that the thread, or the words alone, leave. "unknown"
	// is one of them.
	Want []string `json:"want"`
	// Source is where the words were pasted.
	Source string `json:"source"`
	// Changed says how the text was disguised here.
	Changed string `json:"changed"`
}

func errorsFromElsewhere(t *testing.T) []elsewhere {
	t.Helper()
	f, err := os.Open("testdata/elsewhere.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var all []elsewhere
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var e elsewhere
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// The same figures hold for texts that cases.jsonl does not have: other servers,
// other libraries, other disguises.
func TestErrorsFromElsewhereAreTracedToTheirCause(t *testing.T) {
	known := map[string]bool{}
	for _, id := range allCauses(t) {
		known[id] = true
	}
	all, first, three := errorsFromElsewhere(t), 0, 0
	if len(all) < 60 {
		t.Fatalf("%d texts, want at least 60", len(all))
	}
	for _, e := range all {
		if !strings.HasPrefix(e.Source, "https://github.com/") || len(e.Want) == 0 {
			t.Errorf("%.60q has no source or no cause", e.Raw)
		}
		for _, id := range e.Want {
			if id != "unknown" && !known[id] {
				t.Errorf("%.60q: there is no cause %s", e.Raw, id)
			}
		}
		d := Diagnose(Input{Raw: e.Raw, Provider: e.Provider, Where: e.Where, HTTPStatus: e.Status, Context: e.Context})
		got := []string{"unknown"}
		for i, c := range d.Causes {
			got = append(got[:i], c.ID)
		}
		at := slices.IndexFunc(got, func(id string) bool { return slices.Contains(e.Want, id) })
		if at == 0 {
			first++
		} else {
			t.Logf("%.80q is %v, got %v", e.Raw, e.Want, got)
		}
		if 0 <= at && at < 3 {
			three++
		}
		if at != 0 && !d.Unknown && d.Causes[0].Confidence == Certain {
			t.Errorf("%.80q: certain of %s, and it is %v", e.Raw, d.Causes[0].ID, e.Want)
		}
	}
	t.Logf("score: %d texts, first %d, within three %d", len(all), first, three)
	if first*100 < 90*len(all) || three*100 < 97*len(all) {
		t.Errorf("%d of %d first and %d within three, want 90 %% and 97 %%", first, len(all), three)
	}
}

// allCauses are the ids of the knowledge base.
func allCauses(t *testing.T) []string {
	t.Helper()
	var ids []string
	for id := range familyOf() {
		ids = append(ids, id)
	}
	return ids
}

// "id token" is not in "invalid token", however the two are written.
func TestAPhraseBeginsWhereAWordDoes(t *testing.T) {
	for _, row := range []struct {
		text, phrase string
		want         bool
	}{
		{"an invalid token response", "id token", false},
		{"the id token is missing", "id token", true},
		{"invalid token: no id token", "id token", true},
		{"invalid token, and the id token is missing", "id token … missing", true},
		{"invalid token is missing", "id token … missing", false},
		{"aaaa aa", "aa", true},
		{"baa", "aa", false},
		{"8aa", "aa", true},
		{"refused by RFC 8414 section 3.3", "414 ", false},
		{"status 414 URI too long", "414 ", true},
	} {
		if got := find(row.text, row.phrase); got != row.want {
			t.Errorf("%q in %q: %v", row.phrase, row.text, got)
		}
	}
}
