package capture_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/capture"
	"github.com/pkcescope/pkcescope/flow/practice"
)

// walked is a whole run against the practice tenant.
func walked(t *testing.T, change func(*flow.Config)) flow.Transcript {
	t.Helper()
	s, err := practice.Start(practice.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	c := s.Config()
	if change != nil {
		change(&c)
	}
	w, err := flow.New(c, flow.Options{Browser: s.Browser()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	_ = w.Run(t.Context()) // failing is part of what is tested
	return w.Transcript()
}

// har is a transcript as a HAR.
func har(t *testing.T, run flow.Transcript) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := capture.WriteHAR(&b, run, "test"); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func open(t *testing.T, files ...[]byte) capture.Found {
	t.Helper()
	var sources []capture.Source
	for _, f := range files {
		sources = append(sources, capture.Source{Name: "test", Data: bytes.NewReader(f), Size: int64(len(f))})
	}
	found, err := capture.Read(t.Context(), sources, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// stray is a request that the listener told apart: it belongs to no flow.
func stray(x flow.Exchange) bool { return x.Verdict == flow.VerdictStray }

func TestARunGoesThroughAHARAndBack(t *testing.T) {
	for name, change := range map[string]func(*flow.Config){
		"S256":     nil,
		"plain":    func(c *flow.Config) { c.Method = flow.MethodPlain },
		"none":     func(c *flow.Config) { c.Method = flow.MethodNone },
		"fragment": func(c *flow.Config) { c.ResponseMode = flow.ModeFragment },
		"a form":   func(c *flow.Config) { c.ResponseMode = flow.ModeFormPost },
		"a wrong verifier": func(c *flow.Config) {
			c.Edits = []flow.Edit{{Step: flow.StepToken, Name: "code_verifier", Value: "wrong"}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			run := walked(t, change)
			found := open(t, har(t, run))
			if len(found.Flows) != 1 {
				t.Fatalf("%d flows found, want 1", len(found.Flows))
			}
			got := found.Flows[0]
			if got.Outcome != run.Outcome {
				t.Errorf("outcome %s, want %s", got.Outcome, run.Outcome)
			}
			for _, s := range run.Steps {
				g := got.Step(s.ID)
				if g.Status != s.Status && !(s.Status == flow.StatusPending && g.Status == flow.StatusUnseen) && !(s.Status == flow.StatusPending && g.Status == flow.StatusSkipped) {
					t.Errorf("step %s is %s, want %s", s.ID, g.Status, s.Status)
				}
				if want := slices.DeleteFunc(slices.Clone(s.Exchanges), stray); len(g.Exchanges) != len(want) {
					t.Errorf("step %s has %d exchanges, want %d", s.ID, len(g.Exchanges), len(want))
				}
			}
		})
	}
}

func TestARequestThatIsLongerThanWhatIsKeptIsCutAndSaysSo(t *testing.T) {
	record, err := json.Marshal(map[string]any{"log": map[string]any{"version": "1.2", "entries": []any{map[string]any{
		"startedDateTime": "2026-01-02T03:04:05Z", "time": 1,
		"request": map[string]any{
			"method": "POST", "url": tokenURL, "headers": []any{},
			"postData": map[string]any{"mimeType": "application/x-www-form-urlencoded", "text": tokenForm + "&x=" + strings.Repeat("x", 2<<20)},
		},
		"response": map[string]any{"status": 200, "headers": []any{}, "content": map[string]any{"mimeType": "application/json", "text": tokenAnswer}},
	}}}})
	if err != nil {
		t.Fatal(err)
	}
	found := open(t, record)
	if len(found.Flows) != 1 {
		t.Fatalf("%d flows", len(found.Flows))
	}
	if lost := found.Flows[0].Capture.Lost; !slices.ContainsFunc(lost, func(l flow.Loss) bool { return l.What == flow.LostLength && l.Step == flow.StepToken }) {
		t.Errorf("lost %+v", lost)
	}
}
