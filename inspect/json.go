package inspect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"unicode/utf8"

	"github.com/pkcescope/pkcescope/flow"
)

// document is the JSON output: the transcript as a file holds it, with what
// inspect adds to it. flow.Load reads it again and ignores the additions.
type document struct {
	flow.Transcript

	Summary string         `json:"summary"`
	Steps   []documentStep `json:"steps"` // in the place of the transcript's
}

type documentStep struct {
	flow.Step

	Tokens   []Token   `json:"tokens"`
	Findings []Finding `json:"findings"`
	Repair   *Repair   `json:"repair,omitempty"`
}

// JSON returns the report as one JSON document, indented. Arrays and headers
// are never null, and every character that a terminal could obey is escaped.
func (rep Report) JSON() ([]byte, error) {
	rep.Transcript.Instead = nil // only what happened
	doc := document{Transcript: rep.Transcript, Summary: rep.Summary, Steps: []documentStep{}}
	if doc.Config.Scopes == nil {
		doc.Config.Scopes = []string{}
	}
	for _, s := range stepsOf(rep.Transcript) {
		if s.Values == nil {
			s.Values = []flow.Value{}
		}
		exchanges := make([]flow.Exchange, len(s.Exchanges))
		for i, ex := range s.Exchanges {
			ex.Request.Header = notNil(ex.Request.Header)
			if ex.Response != nil {
				res := *ex.Response
				res.Header = notNil(res.Header)
				ex.Response = &res
			}
			exchanges[i] = ex
		}
		s.Exchanges = exchanges
		d := documentStep{Step: s, Tokens: []Token{}, Findings: []Finding{}}
		d.Tokens = append(d.Tokens, rep.plain[s.ID].tokens...)
		d.Findings = append(d.Findings, rep.plain[s.ID].findings...)
		d.Repair = rep.plain[s.ID].repair
		doc.Steps = append(doc.Steps, d)
	}
	return encode(doc)
}

// WriteJSON writes any result of this package as [Report.JSON] writes a report.
func WriteJSON(w io.Writer, v any) error {
	b, err := encode(v)
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

// WriteJSON writes [Report.JSON] to w.
func (rep Report) WriteJSON(w io.Writer) error {
	b, err := rep.JSON()
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

func notNil(h http.Header) http.Header {
	if h == nil {
		return http.Header{}
	}
	return h
}

// encode marshals v, indented, and escapes what may not reach a terminal.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("inspect: writing JSON: %w", err)
	}
	if nestedDeeper(b.Bytes(), maxNesting) { // a token's claim can be
		return escapeHidden(b.Bytes()), nil
	}
	var laid bytes.Buffer
	if err := json.Indent(&laid, b.Bytes(), "", "  "); err != nil {
		return nil, fmt.Errorf("inspect: writing JSON: %w", err)
	}
	return escapeHidden(laid.Bytes()), nil
}

// escapeHidden writes the characters of a JSON text that [Clean] would make
// visible as \u escapes. They stand only inside strings, where that changes
// nothing but the look: the document still says the same.
func escapeHidden(b []byte) []byte {
	var out []byte
	done := 0
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf && b[i] != 0x7f {
			i++
			continue
		}
		r, size := utf8.DecodeRune(b[i:])
		if !visible(r) {
			out = append(out, b[done:i]...)
			if r > 0xffff {
				r -= 0x10000
				out = fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
			} else {
				out = fmt.Appendf(out, `\u%04x`, r)
			}
			done = i + size
		}
		i += size
	}
	if out == nil {
		return b
	}
	return append(out, b[done:]...)
}
