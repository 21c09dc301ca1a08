package main

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// document is the JSON that run and open print and --save writes: the
// transcript with what inspect reads from it. [flow.Load] takes it back and
// leaves the tokens and findings aside, to be read anew.
type document struct {
	flow.Transcript
	Steps []documentStep `json:"steps"`
}

type documentStep struct {
	flow.Step
	Tokens   []inspect.Token   `json:"tokens"`
	Findings []inspect.Finding `json:"findings"`
}

// newDocument joins a report's transcript with its tokens and findings.
func newDocument(r inspect.Report) document {
	d := document{Transcript: r.Transcript, Steps: []documentStep{}}
	read := map[flow.StepID]inspect.Step{}
	for _, s := range r.Steps {
		read[s.ID] = s
	}
	for _, s := range r.Transcript.Steps {
		d.Steps = append(d.Steps, documentStep{
			Step:     s,
			Tokens:   append([]inspect.Token{}, read[s.ID].Tokens...),
			Findings: append([]inspect.Finding{}, read[s.ID].Findings...),
		})
	}
	return d
}

// writeJSON writes v as one indented document with a line ending.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// saveDocument writes the document to a file that only its owner can read.
func saveDocument(path string, d document) error {
	var b bytes.Buffer
	if err := writeJSON(&b, d); err != nil {
		return err
	}
	return replaceFile(path, b.Bytes())
}
