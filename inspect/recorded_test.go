package inspect

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/lab"
	"github.com/pkcescope/pkcescope/flow/practice"
)

// record makes the recordings anew: go test ./inspect -run Recordings -record.
var record = flag.Bool("record", false, "make the recordings of assets/recorded anew")

func TestRecordingsAreWholeAndSayWhatTheTalkSays(t *testing.T) {
	if *record {
		makeRecordings(t)
	}
	run := RecordedRun()
	if run.Outcome != flow.OutcomeOK {
		t.Errorf("the recorded run is %q", run.Outcome)
	}
	if !run.Config.Practice {
		t.Error("the recorded run is not one of the practice tenant: it may hold somebody's secrets")
	}
	c := RecordedTwins(Options{})
	if len(c.Runs) != 2 || c.Runs[0].Outcome != flow.OutcomeOK || c.Runs[1].Outcome != flow.OutcomeOK {
		t.Errorf("the recorded twins are %+v", c.Runs)
	}
	won := map[string]bool{"none": true, "S256": false, "plain": true}
	for _, s := range DefaultTalk().Scenes {
		if s.Show != SlideTheft {
			continue
		}
		play, ok := RecordedPlay(s.Play(), Options{})
		if !ok || len(play.Scenes) < 3 {
			t.Errorf("%s was not recorded", s.Theft)
			continue
		}
		if play.ThiefWon != won[s.Play().Client] {
			t.Errorf("%s: the thief won: %v", s.Theft, play.ThiefWon)
		}
	}
}

func makeRecordings(t *testing.T) {
	t.Helper()
	write := func(name string, v any) {
		t.Helper()
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(v); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join("../assets/recorded", name+".json"), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l, err := lab.Open(lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	for _, s := range DefaultTalk().Scenes {
		if r := s.Play(); r.Scenario != "" {
			p, err := l.Steal(t.Context(), lab.Saw(r.Saw), flow.Method(r.Client))
			if err != nil {
				t.Fatal(err)
			}
			write(r.recording(), p)
		}
	}
	cases, err := lab.ParseCases(TwinMethods())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range twins(t, cases) {
		write("twin-"+r.Case.Name, r.Transcript)
	}
	s, err := practice.Start(practice.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	w, err := flow.New(s.Config(), flow.Options{Browser: s.Browser()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	if err := w.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	write("run", w.Transcript())
}
