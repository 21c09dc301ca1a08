package inspect

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// RunDiff is two runs laid side by side, to find out why one works and the
// other does not. Its JSON is the output of the command diff.
type RunDiff struct {
	A    DiffedRun `json:"a"`
	B    DiffedRun `json:"b"`
	Same bool      `json:"same"` // in everything that matters
	// Summary says in a sentence what came out.
	Summary string `json:"summary"`
	// Notes are what a reader must know, a sentence each.
	Notes []string `json:"notes"`
	// Differences begin with what matters and end with what is only fresh;
	// within each weight they are in the order of the flow.
	Differences []RunDifference `json:"differences"`
}

// DiffedRun is one of the two.
type DiffedRun struct {
	Outcome flow.Outcome `json:"outcome"`
	Summary string       `json:"summary"`
	Made    time.Time    `json:"made"`
}

// RunDifference is one thing in which two runs differ.
type RunDifference struct {
	Weight Weight      `json:"weight"`
	Step   flow.StepID `json:"step,omitempty"`
	// Kind is outcome, finding, setting, parameter, header, answer, claim, check, scope,
	// clock or time.
	Kind string `json:"kind"`
	Name string `json:"name"`
	// A and B are the values, masked as a report's are; empty when absent.
	A string `json:"a"`
	B string `json:"b"`
	// Meaning says what the thing is, or what the difference means.
	Meaning string `json:"meaning,omitempty"`

	// Row is the same for the screen, with the characters marked that differ.
	Row ComparedRow `json:"-"`
}

// runDiffer compares two readings.
type runDiffer struct {
	a, b       Report
	ta, tb     flow.Transcript
	comparable bool // fingerprints of one are comparable with those of the other
	doubtful   bool // a secret could not be compared
	out        []RunDifference
}

// DiffRuns compares two runs step by step: parameters, headers, answers,
// claims, scopes and clocks.
func DiffRuns(a, b flow.Transcript, o Options) RunDiff {
	d := runDiffer{a: Read(a, o), b: Read(b, o), ta: a, tb: b}
	// Secrets that are known are masked here, with one key; those that were
	// masked before, with the key of whoever saved the file.
	d.comparable = o.Reveal || a.FingerprintKey == b.FingerprintKey ||
		a.FingerprintKey == "" && d.b.Transcript.FingerprintKey == d.a.Transcript.FingerprintKey ||
		b.FingerprintKey == "" && d.a.Transcript.FingerprintKey == d.b.Transcript.FingerprintKey
	d.outcome()
	d.settings()
	ids := flow.AllStepIDs()
	for _, s := range slices.Concat(d.a.Steps, d.b.Steps) {
		if !slices.Contains(ids, s.ID) {
			ids = append(ids, s.ID)
		}
	}
	for _, id := range ids {
		d.step(reportStep(d.a, id), reportStep(d.b, id))
	}
	d.clocks()
	order := []Weight{WeightMatters, WeightDetail, WeightFresh}
	slices.SortStableFunc(d.out, func(x, y RunDifference) int {
		return cmp.Compare(slices.Index(order, x.Weight), slices.Index(order, y.Weight))
	})
	return d.result()
}

func (d *runDiffer) result() RunDiff {
	out := RunDiff{
		A:     DiffedRun{d.a.Outcome, d.a.Summary, d.ta.Made},
		B:     DiffedRun{d.b.Outcome, d.b.Summary, d.tb.Made},
		Notes: []string{}, Differences: d.out,
	}
	if out.Differences == nil {
		out.Differences = []RunDifference{}
	}
	n := 0
	for _, x := range d.out {
		if x.Weight == WeightMatters {
			n++
		}
	}
	out.Same = n == 0
	switch {
	case out.Same:
		out.Summary = "The runs are the same in everything that matters."
	case n == 1:
		out.Summary = "The runs differ in one thing that matters."
	default:
		out.Summary = fmt.Sprintf("The runs differ in %d things that matter.", n)
	}
	if d.doubtful {
		out.Notes = append(out.Notes, "Secrets cannot be compared: the two files were made with different fingerprint keys. They are taken to be the same if they are of the same length.")
	}
	return out
}

// JSON returns the comparison as one JSON document, indented.
func (d RunDiff) JSON() ([]byte, error) { return encode(d) }

// sideBySide is one thing with its value in both runs.
type sideBySide struct {
	kind, name, meaning string
	step                flow.StepID
	inA, inB            bool
	a, b                string
	weight              Weight // of a difference in value
	secret              bool
}

// add takes a difference, if it is one.
func (d *runDiffer) add(c sideBySide) {
	if c.inA == c.inB && c.a == c.b {
		return
	}
	if c.name == "code_verifier" && maskLength(c.a) != maskLength(c.b) {
		c.weight = WeightMatters
	}
	if c.inA != c.inB && c.weight == WeightFresh {
		c.weight = WeightMatters // that it is missing is not a matter of chance
	}
	if c.inA && c.inB && c.weight != WeightFresh {
		switch {
		case sameButForPorts(c.a, c.b):
			c.weight = WeightFresh
		case c.secret && c.weight == WeightMatters && !d.comparable && maskLength(c.a) != 0 && maskLength(c.a) == maskLength(c.b):
			d.doubtful = true
			return
		}
	}
	row := ComparedRow{Name: c.name, What: c.meaning, Cells: []ComparedCell{{Absent: !c.inA}, {Absent: !c.inB}}}
	fresh := c.weight == WeightFresh
	texts := markMiddle([]string{c.a, c.b}, row.Cells, fresh)
	if wholly(texts[0]) && wholly(texts[1]) {
		for _, text := range texts {
			for i := range text {
				text[i].Marked = false // marks under everything show nothing
			}
		}
	}
	for i, text := range []string{c.a, c.b} {
		cell := &row.Cells[i]
		cell.Text, cell.Fresh, cell.counts = texts[i], fresh && !cell.Absent, true
		cell.words = maskLength(text) != 0 || c.kind == "finding" || c.name == "error" || c.name == "error_description"
		if !fresh {
			cell.key = fmt.Sprint(!cell.Absent, text)
		}
	}
	d.out = append(d.out, RunDifference{c.weight, c.step, c.kind, c.name, c.a, c.b, c.meaning, row})
}

// wholly reports whether every character is marked.
func wholly(text []Character) bool {
	return !slices.ContainsFunc(text, func(c Character) bool { return !c.Marked })
}

var loopbackPort = regexp.MustCompile(`((?:127\.0\.0\.1|localhost|\[::1\])(?::|%3[Aa]))\d+`)

// sameButForPorts reports whether two values differ only in the ports of
// addresses on this machine, which are free ones in every run.
func sameButForPorts(a, b string) bool {
	return loopbackPort.ReplaceAllString(a, "$1") == loopbackPort.ReplaceAllString(b, "$1")
}

var shownMask = regexp.MustCompile(`●{8} (\d+) chars`)

// maskLength returns how long the secret is that s stands for, 0 if s is none.
func maskLength(s string) int {
	n := 0
	if m := shownMask.FindStringSubmatch(s); m != nil {
		_, _ = fmt.Sscan(m[1], &n)
	}
	return n
}

// outcome compares how far the runs came.
func (d *runDiffer) outcome() {
	d.add(sideBySide{kind: "outcome", name: "outcome", inA: true, inB: true, a: string(d.a.Outcome), b: string(d.b.Outcome), weight: WeightMatters})
	for _, sa := range d.a.Steps {
		sb := reportStep(d.b, sa.ID)
		if optional(sa.ID) && (sa.Status == flow.StatusPending || sb.Status == flow.StatusPending || sb.Status == "") {
			continue // what was not asked for, or not come to
		}
		d.add(sideBySide{kind: "outcome", name: "status", step: sa.ID, inA: true, inB: true, a: string(sa.Status), b: string(sb.Status), weight: WeightMatters})
		if said(sa.Error) || said(sb.Error) {
			c := sideBySide{kind: "outcome", name: "error", step: sa.ID, inA: sa.Error != nil, inB: sb.Error != nil, weight: WeightMatters}
			if c.inA {
				c.a = withoutTrailer(sa.Error.What + " " + sa.Error.Why)
			}
			if c.inB {
				c.b = withoutTrailer(sb.Error.What + " " + sb.Error.Why)
			}
			d.add(c)
		}
	}
}

// said reports whether an error is not one that the answer of the step shows
// anyway.
func said(e *flow.Error) bool { return e != nil && e.Kind != flow.KindServer }

// settings compares what the requests do not show.
func (d *runDiffer) settings() {
	a, b := d.a.Transcript.Config, d.b.Transcript.Config
	for _, s := range []struct{ name, a, b string }{
		{"issuer", a.Issuer, b.Issuer},
		{"platform", string(a.Platform), string(b.Platform)},
		{"client authentication", string(a.AuthMethod), string(b.AuthMethod)},
	} {
		d.add(sideBySide{
			kind: "setting", name: s.name, inA: s.a != "", inB: s.b != "",
			a: Clean(ShowMasks(s.a)), b: Clean(ShowMasks(s.b)), weight: WeightMatters,
		})
	}
}

// step compares the requests, the answers and the tokens of a step.
func (d *runDiffer) step(a, b Step) {
	id := cmp.Or(a.ID, b.ID)
	if len(a.Values) > 0 && len(b.Values) > 0 && id != flow.StepAuthorize {
		d.rows(id, "parameter", localRows(a.Values), localRows(b.Values), func(r Row) Weight { return localWeight(r.Name) })
	}
	d.findings(id, a.Findings, b.Findings)
	xa, okA := mainExchange(a)
	xb, okB := mainExchange(b)
	if okA && okB {
		d.rows(id, "parameter", xa.Request.Rows, xb.Request.Rows, parameterWeight)
		d.rows(id, "header", xa.Request.Headers, xb.Request.Headers, requestHeaderWeight)
		if id != flow.StepCallback && id != flow.StepAuthorize && xa.Response != nil && xb.Response != nil {
			d.add(sideBySide{kind: "answer", name: "status line", step: id, inA: true, inB: true, a: xa.Response.Line, b: xb.Response.Line, weight: WeightMatters})
			d.answers(id, xa.Response, xb.Response)
		}
	}
	for _, ta := range a.Tokens {
		for _, tb := range b.Tokens {
			if ta.Name == tb.Name {
				d.tokens(id, ta, tb)
			}
		}
	}
}

// mainExchange is the exchange that a step is about: the first of the browser's way,
// the response that was accepted, else the last.
func mainExchange(s Step) (Exchange, bool) {
	if len(s.Exchanges) == 0 {
		return Exchange{}, false
	}
	for _, x := range s.Exchanges {
		if x.Verdict == flow.VerdictAccepted {
			return x, true
		}
	}
	if s.ID == flow.StepAuthorize {
		return s.Exchanges[0], true
	}
	return lastSent(s.Exchanges)
}

// rows compares named values. A name that stands more than once is compared
// with all its values.
func (d *runDiffer) rows(id flow.StepID, kind string, a, b []Row, weigh func(Row) Weight) {
	var names []string
	first := map[string]Row{}
	values := [2]map[string][]string{{}, {}}
	for i, rows := range [][]Row{a, b} {
		for _, r := range rows {
			name := r.Name
			if kind == "header" {
				name = http.CanonicalHeaderKey(name)
			}
			if _, ok := first[name]; !ok {
				first[name] = r
				names = append(names, name)
			}
			values[i][name] = append(values[i][name], r.Value)
		}
	}
	for _, name := range names {
		r := first[name]
		c := sideBySide{
			kind: kind, name: name, step: id, meaning: r.What, weight: weigh(r), secret: r.Secret,
			a: strings.Join(values[0][name], ", "), b: strings.Join(values[1][name], ", "),
		}
		_, c.inA = values[0][name]
		_, c.inB = values[1][name]
		if name == "scope" {
			d.scopes(c)
			continue
		}
		if name == "error_description" {
			c.a, c.b = withoutTrailer(c.a), withoutTrailer(c.b)
		}
		d.add(c)
	}
}

// scopes compares two lists of scopes, whose order does not matter (RFC 6749
// section 3.3).
func (d *runDiffer) scopes(c sideBySide) {
	c.kind = "scope"
	a, b := strings.Fields(c.a), strings.Fields(c.b)
	slices.Sort(a)
	slices.Sort(b)
	if c.inA && c.inB && slices.Equal(slices.Compact(a), slices.Compact(b)) {
		return
	}
	d.add(c)
}

// answers compares two answers. If one is a refusal and the other is not, what
// each alone can have says nothing.
func (d *runDiffer) answers(id flow.StepID, a, b *Message) {
	refused := func(m *Message) bool {
		return slices.ContainsFunc(m.Rows, func(r Row) bool { return r.Name == "error" })
	}
	rowsA, rowsB := a.Rows, b.Rows
	if refused(a) != refused(b) {
		other := func(r Row) bool { return !isRefusal(r.Name) || r.Name == "error_uri" || r.Name == "error_codes" }
		rowsA, rowsB = slices.DeleteFunc(slices.Clone(rowsA), other), slices.DeleteFunc(slices.Clone(rowsB), other)
	}
	if id == flow.StepKeys {
		other := func(r Row) bool { return !strings.HasSuffix(r.Name, ".kid") }
		rowsA, rowsB = slices.DeleteFunc(slices.Clone(rowsA), other), slices.DeleteFunc(slices.Clone(rowsB), other)
	}
	d.rows(id, "answer", rowsA, rowsB, func(r Row) Weight { return answerWeight(id, r) })
}

// findings lists what was found in one run and not in the other. Often that is
// the difference in a word: both verifiers are fresh, but one of them does not
// belong to its challenge.
func (d *runDiffer) findings(id flow.StepID, a, b []Finding) {
	list := func(mine, others []Finding) (only []Finding) {
		for _, f := range mine {
			if f.Severity != SeverityInfo && !slices.ContainsFunc(others, func(o Finding) bool { return o.Code == f.Code }) {
				only = append(only, f)
			}
		}
		return only
	}
	for _, f := range list(a, b) {
		d.add(sideBySide{kind: "finding", name: f.Code, step: id, meaning: f.Why, inA: true, a: f.What, weight: WeightMatters})
	}
	for _, f := range list(b, a) {
		d.add(sideBySide{kind: "finding", name: f.Code, step: id, meaning: f.Why, inB: true, b: f.What, weight: WeightMatters})
	}
}
