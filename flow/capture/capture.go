// Package capture reads what other programs recorded (a HAR of a browser, a
// session archive of Fiddler, a curl line, a URL out of an address bar), finds
// the authorization code flows among everything else, and lays each on the
// steps of a [flow.Transcript]. From there on a capture is explained, verified
// and diagnosed like a run of this program.
//
//	file, pasted text ──► reader of its format ──► candidates ──► flows ──► Transcript
//
// What a file is, is seen from its content; its name says nothing. A reader
// gives what it can read, and says what was lost.
package capture

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/pkcescope/pkcescope/flow"
)

// Source is one file, or a text that was pasted.
type Source struct {
	// Name is shown to the person: a file's name, or "-".
	Name string
	Data io.Reader
	// Size is how many octets Data has; 0 if that is not known.
	Size int64
}

// Options say how to read.
type Options struct {
	// Progress, if set, is called now and then with how many octets were read,
	// and of how many; the latter is 0 if that is not known. It must not block.
	Progress func(read, of int64)
}

// Found is what was found in the sources.
type Found struct {
	// Flows are the flows in the order in which they began. Each says in its
	// Capture which it is.
	Flows []flow.Transcript
	// Origins says of each source what it was.
	Origins []Origin
	// Others are the OAuth requests that belong to no authorization code flow:
	// how many there were by grant type.
	Others map[string]int
}

// Origin is what a source was.
type Origin struct {
	Name     string
	Format   string
	Tool     string
	Requests int
	Lost     []flow.Loss
}

// Requests is how many requests were read in all.
func (f Found) Requests() int {
	n := 0
	for _, o := range f.Origins {
		n += o.Requests
	}
	return n
}

// Read reads the sources together: a callback in one may belong to an
// authorize request in another. The error is an [*flow.Error] about a source
// that is of no format that is read here; that nothing was found is no error.
func Read(ctx context.Context, sources []Source, o Options) (Found, error) {
	var found Found
	var all []candidate
	var of, before int64
	for _, s := range sources {
		of += s.Size
	}
	var runs []flow.Transcript
	for i, s := range sources {
		in := &intake{source: i, raw: s.Data}
		if o.Progress != nil {
			in.told = func(read int64) {
				if in.layers > 0 {
					o.Progress(before+read, 0) // how long it is unpacked, nobody knows
					return
				}
				o.Progress(before+read, of)
			}
		}
		if err := readSource(&stoppable{ctx, s.Data}, in); err != nil {
			if ctx.Err() != nil {
				return Found{}, ctx.Err()
			}
			return Found{}, named(err, s.Name, len(sources))
		}
		before += s.Size
		all = append(all, in.taken...)
		runs = append(runs, in.runs...)
		found.Origins = append(found.Origins, Origin{s.Name, in.format, in.tool, in.requests, in.lost})
	}
	l := link(all)
	found.Others = l.others
	found.Flows = l.transcripts(found.Origins)
	found.Flows = append(found.Flows, runs...)
	for i := range found.Flows {
		if c := found.Flows[i].Capture; c != nil {
			c.Flow, c.Flows = i+1, len(found.Flows)
		}
	}
	return found, nil
}

// stoppable ends reading when its context ends.
type stoppable struct {
	ctx context.Context
	r   io.Reader
}

func (s *stoppable) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.r.Read(p)
}

// Best is the index of the flow that is looked at if nobody chooses: the last
// one that failed, else the one with the most steps; a person's sign-in before
// what happens behind their back. It is -1 if there is none.
func (f Found) Best() int {
	best, most := -1, -1
	for i, t := range f.Flows {
		score := 0
		for _, s := range t.Steps {
			if s.Status == flow.StatusOK || s.Status == flow.StatusFailed {
				score++
			}
		}
		if c := t.Capture; c == nil || c.Kind == flow.KindSignIn || c.Kind == flow.KindAgain {
			score += 100
		} else if c.Kind == flow.KindSilent {
			score += 50
		}
		if t.Outcome == flow.OutcomeFailed {
			score += 1000
		}
		if score >= most {
			best, most = i, score
		}
	}
	return best
}

// sniffed is how much of a source is looked at to see what it is.
const sniffed = 4096

// readSource sees what a source is, and reads it.
func readSource(r io.Reader, in *intake) error {
	b := bufio.NewReaderSize(r, sniffed)
	head, err := b.Peek(sniffed)
	for mark := []byte("\ufeff"); bytes.HasPrefix(head, mark); head, err = b.Peek(sniffed) {
		_, _ = b.Discard(len(mark)) // it was peeked
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return cannotRead(err)
	}
	if len(head) == 0 {
		return &flow.Error{Kind: flow.KindRefused, What: "There is nothing in it.", Try: "Check that it is the right file; a copy may have failed."}
	}
	return readFormat(head, b, in)
}

func cannotRead(err error) error {
	return flow.Error{
		Kind: flow.KindRefused, What: "The file could not be read.", Why: err.Error() + ".", Try: "Check the file and its permissions.",
	}.Wrap(err)
}

// named says which of several sources an error is about.
func named(err error, name string, of int) error {
	e, ok := errors.AsType[*flow.Error](err)
	if !ok || of < 2 {
		return err
	}
	copied := *e
	copied.What = name + ": " + e.What
	return copied.Wrap(err)
}
