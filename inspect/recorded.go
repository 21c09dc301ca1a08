package inspect

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/pkcescope/pkcescope/assets"
	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/lab"
)

// What is recorded stands in for a live run that fails in front of people. It
// was made by the same program in the same way, some other day; the readers
// below read it as they read anything else.

// RecordedRun is a run of the practice tenant from discovery to the keys.
func RecordedRun() flow.Transcript {
	t, err := flow.Load(bytes.NewReader(assets.Recorded("run")))
	if err != nil {
		panic("inspect: assets/recorded/run.json: " + err.Error())
	}
	return t
}

// RecordedTwins is the comparison of plain with S256.
func RecordedTwins(o Options) Comparison {
	cases, err := lab.ParseCases(TwinMethods())
	if err != nil {
		panic("inspect: " + err.Error())
	}
	results := make([]lab.Result, 0, len(cases))
	for _, c := range cases {
		t, err := flow.Load(bytes.NewReader(assets.Recorded("twin-" + c.Name)))
		if err != nil {
			panic("inspect: assets/recorded/twin-" + c.Name + ".json: " + err.Error())
		}
		results = append(results, lab.Result{Case: c, Transcript: t})
	}
	return CompareRuns(results, o)
}

// TwinMethods are the methods that a talk lays side by side.
func TwinMethods() []string { return []string{string(flow.MethodPlain), string(flow.MethodS256)} }

// RecordedPlay is a theft, if it was recorded.
func RecordedPlay(r PlayRef, o Options) (Theatre, bool) {
	data := assets.Recorded(r.recording())
	if data == nil {
		return Theatre{}, false
	}
	var p lab.Play
	if err := json.Unmarshal(data, &p); err != nil {
		panic("inspect: assets/recorded/" + r.recording() + ".json: " + err.Error())
	}
	return ReadPlay(p, o), true
}

// recording is the name of the play's recording.
func (r PlayRef) recording() string {
	words := []string{"play", r.Scenario, strings.ReplaceAll(r.Saw, "+", "-and-"), r.Client}
	if r.Defended {
		words = append(words, "defended")
	}
	name := ""
	for _, w := range words {
		if w != "" {
			name += "-" + w
		}
	}
	return name[1:]
}
