package flow

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// MaxFile bounds a transcript file, in octets. Sixteen bodies of the largest
// size that is kept fit into it.
const MaxFile = 256 << 20

// Encode writes t as indented JSON, with whatever secrets it holds: see
// [Transcript.Redacted].
func (t Transcript) Encode(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(t)
}

// Load reads a transcript from the JSON that [Transcript] marshals to, or from
// any document that holds it (the output of run --json). Unknown members are
// ignored. A newer version, another format and a file that is cut off are
// refused with an [*Error] that says what to do.
func Load(r io.Reader) (Transcript, error) {
	refuse := func(err error, what, why, try string) (Transcript, error) {
		return Transcript{}, Error{Kind: KindRefused, What: what, Why: why, Try: try}.Wrap(err)
	}
	data, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	if err != nil {
		return refuse(err, "The transcript could not be read.", err.Error(), "Check the file and its permissions.")
	}
	if len(data) > MaxFile {
		return refuse(nil, "The file is too large for a transcript.",
			fmt.Sprintf("It has more than %d MiB.", MaxFile>>20), "Check that it is the right file.")
	}
	data = bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff")))
	if len(data) == 0 {
		return refuse(nil, "The file is empty.", "", "Check that it is the right file; a copy may have failed.")
	}

	// Format and version are looked at before the rest: a newer version may
	// have members of other types.
	var head struct {
		Format  string `json:"format"`
		Version int    `json:"version"`
	}
	err = json.Unmarshal(data, &head)
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax) && syntax.Offset >= int64(len(data)):
		return refuse(err, "The file is cut off.", fmt.Sprintf("It ends after %d octets, in the middle of the transcript.", len(data)),
			"Take a whole copy of it; what is missing cannot be guessed.")
	case errors.As(err, &syntax):
		return refuse(err, "The file is not a transcript.", "It is not JSON: "+brokenJSON(err, data)+".",
			"Open a file that pkcescope saved, or the output of run --json.")
	case head.Format != Format:
		why := "It is JSON, but does not say that it is a transcript (there is no format member that reads " + Format + ")."
		if head.Format != "" {
			why = fmt.Sprintf("It says that its format is %q.", head.Format)
		}
		return refuse(err, "The file is not a transcript.", why, "Open a file that pkcescope saved, or the output of run --json.")
	case err == nil && head.Version > Version:
		return refuse(nil, "The file was saved by a newer pkcescope.",
			fmt.Sprintf("It is version %d of the format, and this program knows versions up to %d.", head.Version, Version),
			"Use a newer pkcescope to open it.")
	case err != nil || head.Version < 1:
		return refuse(err, "The file does not say which version of the format it is.", "", "It was changed after it was saved; take the original.")
	}

	var t Transcript
	if err := json.Unmarshal(data, &t); err != nil {
		why := "One of its members cannot be read."
		if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			why = fmt.Sprintf("A member has the wrong type: there is %s in %s (octet %d).", jsonKind(err), defaultTo(kind.Field, "the document"), kind.Offset)
		}
		return refuse(err, "The file is damaged.", why,
			"It was changed after it was saved; take the original.")
	}
	for i := range t.Steps {
		s := &t.Steps[i]
		s.Values = append([]Value{}, s.Values...)
		s.Exchanges = append([]Exchange{}, s.Exchanges...)
		for j := range s.Exchanges {
			x := &s.Exchanges[j]
			x.Request.Header = canonicalHeader(x.Request.Header)
			if x.Response != nil {
				x.Response.Header = canonicalHeader(x.Response.Header)
			}
		}
	}
	// The steps say how the run ended, whatever the file says; only that it was
	// given up need not stand in any of them.
	if o := t.outcome(); o != OutcomeUnfinished || t.Outcome == OutcomeOK {
		t.Outcome = o
	}
	return t, nil
}

// canonicalHeader spells the names as [http.Header.Get] expects them: a file
// may have been written by hand.
func canonicalHeader(h http.Header) http.Header {
	c := http.Header{}
	for name, values := range h {
		name = http.CanonicalHeaderKey(name)
		c[name] = append(c[name], values...)
	}
	return c
}
