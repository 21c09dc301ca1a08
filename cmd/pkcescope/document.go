package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

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
func writeJSON(w io.Writer, v any) error { return encodeJSON(w, v, "  ") }

// writeJSONLine writes v on one line.
func writeJSONLine(w io.Writer, v any) error { return encodeJSON(w, v, "") }

func encodeJSON(w io.Writer, v any, indent string) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(escapeUnseen(b.Bytes()))
	return err
}

// escapeUnseen writes characters that a terminal obeys or a reader cannot see
// as JSON escapes. Nothing is lost, as they can stand in strings only; those
// below U+0020 the encoder has escaped already.
func escapeUnseen(document []byte) []byte {
	if !bytes.ContainsFunc(document, unseen) {
		return document
	}
	out := make([]byte, 0, len(document)+64)
	for _, r := range string(document) {
		switch {
		case !unseen(r):
			out = utf8.AppendRune(out, r)
		case r > 0xFFFF:
			hi, lo := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, hi, lo)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return out
}

// unseen is true for controls and format characters: DEL, C1, bidirectional
// overrides, zero-width characters, tags.
func unseen(r rune) bool {
	return r >= 0x7f && unicode.In(r, unicode.Cc, unicode.Cf)
}

// saveDocument writes the document to a file that only its owner can read.
func saveDocument(path string, d document) error {
	var b bytes.Buffer
	if err := writeJSON(&b, d); err != nil {
		return err
	}
	return replaceFile(path, b.Bytes())
}
