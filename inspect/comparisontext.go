package inspect

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/lab"
)

// Text returns the comparison for people as plain text, laid out for width
// columns; 0 means 80. What differs has marks under it.
func (c Comparison) Text(width int) string {
	p := newPrinter(width)
	methods := c.columns(lab.KindMethod)
	if len(methods) == 0 {
		methods = c.columns(lab.KindTrap, lab.KindProbe)
	}
	// Columns that would be too narrow to read go below, in groups.
	for len(methods) > 0 {
		n := min(len(methods), max(1, (p.width-nameColumn)/leastColumn))
		p.grid(c, methods[:n])
		methods = methods[n:]
	}
	p.cases(c, "Traps: mistakes that clients make", lab.KindTrap)
	p.cases(c, "Probes: questions to the server", lab.KindProbe)
	p.derivation(c.Derivation)
	p.line("")
	p.line("What this says about the server")
	for _, t := range c.Traits {
		p.hang("  "+known(t.Known)+" "+pad(t.Name, 28), strings.Repeat(" ", 36), t.Text+" "+t.Clause.Text+".")
	}
	for _, f := range c.Findings {
		p.line("")
		p.finding("", f)
	}
	return p.String()
}

const (
	// nameColumn is the width of the names, marks included; leastColumn that
	// of the narrowest readable column.
	nameColumn  = 26
	leastColumn = 16
)

func known(b *bool) string {
	switch {
	case b == nil:
		return "?   "
	case *b:
		return "yes "
	}
	return "no  "
}

// columns are the numbers of the runs of those kinds.
func (c Comparison) columns(kinds ...lab.Kind) []int {
	var out []int
	for i, r := range c.Runs {
		for _, k := range kinds {
			if r.Kind == k {
				out = append(out, i)
			}
		}
	}
	return out
}

// grid draws some of the runs side by side, step by step.
func (p *printer) grid(c Comparison, columns []int) {
	room := (p.width-nameColumn)/len(columns) - 2
	for _, s := range c.Steps {
		if s.ID == flow.StepDiscovery {
			continue // the same in all
		}
		p.line("")
		p.side("", s.Title, room, each(columns, func(i int) []string { return []string{c.Runs[i].Method} }))
		p.side("", "", room, each(columns, func(i int) []string { return []string{stepStatus(s.Statuses[i])} }))
		for _, row := range s.Sent {
			p.row(row, columns, room)
		}
		if len(s.Sent) > 0 && slices.ContainsFunc(s.Answers, func(r ComparedRow) bool { return !r.Empty(columns...) }) {
			p.line("  the server's answer")
		}
		for _, row := range s.Answers {
			p.row(row, columns, room)
		}
	}
	p.line("")
	p.side("", "Outcome", room, each(columns, func(i int) []string { return []string{string(c.Runs[i].Outcome)} }))
	p.line("")
	for _, i := range columns {
		p.hang("  "+pad(c.Runs[i].Method, 8), strings.Repeat(" ", 11), sentence(c.Runs[i].What)+" "+c.Runs[i].Means)
	}
}

func each(columns []int, f func(int) []string) [][]string {
	var out [][]string
	for _, i := range columns {
		out = append(out, f(i))
	}
	return out
}

func stepStatus(s flow.Status) string {
	if s == flow.StatusSkipped {
		return "nothing to do"
	}
	return string(s)
}

// side draws cells beside each other, with as many lines as the highest needs.
func (p *printer) side(sign, name string, room int, cells [][]string) {
	height := 1
	for _, c := range cells {
		height = max(height, len(c))
	}
	for n := range height {
		if n > 0 {
			sign, name = "", ""
		}
		line := pad(sign, 1) + pad(short(name, nameColumn-4), nameColumn-3)
		for _, c := range cells {
			text := ""
			if n < len(c) {
				text = c[n]
			}
			line += pad(text, room+1)
		}
		p.line(line)
	}
}

// row draws a value, with marks under the characters that differ.
func (p *printer) row(row ComparedRow, columns []int, room int) {
	if row.Empty(columns...) {
		return
	}
	sign, name := "", row.Name
	switch {
	case row.Differs(columns...):
		sign = "≠"
	case row.Fresh():
		name += " (fresh)"
	default:
		// The same in all is said once.
		for _, i := range columns {
			if !row.Cells[i].Absent {
				p.hang("  "+pad(short(name, nameColumn-4), nameColumn-3), strings.Repeat(" ", nameColumn), plainText(row.Cells[i].Text))
				return
			}
		}
	}
	p.side(sign, name, room, each(columns, func(i int) []string { return row.Cells[i].lines(room, sign != "") }))
}

// CellLine is a line of a cell.
type CellLine struct {
	Text string
	Kind CellKind
}

// CellKind says what a line of a cell is.
type CellKind int

// The kinds: the value itself, marks under the characters that differ, and
// what the value is, where that is the difference.
const (
	CellValue CellKind = iota
	CellMarks
	CellNote
)

// String is the value in one line.
func (c ComparedCell) String() string {
	if c.Absent {
		return "–"
	}
	return plainText(c.Text)
}

// Lines lays the cell out in lines of so many characters. With marks there is
// a line of them under what they mark.
func (c ComparedCell) Lines(room int, marks bool) []CellLine {
	if c.Absent {
		return []CellLine{{Text: "–"}}
	}
	var out []CellLine
	text := c.Text
	switch n := len(text); {
	case c.Fresh && n > max(longFresh, room):
		// Of a token nobody compares characters.
		out = append(out, CellLine{Text: plainText(text[:max(min(12, room-1), 0)]) + "…"}, CellLine{Text: count(n, "character")})
	case c.words && n > room:
		for _, l := range wrapWords(plainText(text), room) {
			out = append(out, CellLine{Text: l})
		}
	default:
		out = markedLines(text, room, marks)
	}
	if c.Note != "" {
		for _, l := range wrapWords("= "+c.Note, room) {
			out = append(out, CellLine{l, CellNote})
		}
	}
	return out
}

// markedLines cuts text into lines, with marks under them.
func markedLines(text []Character, room int, marks bool) []CellLine {
	var out []CellLine
	for len(text) > 0 {
		line, under := "", ""
		for len(text) > 0 && (line == "" || utf8.RuneCountInString(line+text[0].Text) <= room) {
			line += text[0].Text
			mark := " "
			if text[0].Marked {
				mark = "^"
			}
			under += strings.Repeat(mark, utf8.RuneCountInString(text[0].Text))
			text = text[1:]
		}
		out = append(out, CellLine{Text: line})
		if under = strings.TrimRight(under, " "); marks && under != "" {
			out = append(out, CellLine{under, CellMarks})
		}
	}
	return out
}

// lines is the cell as plain text.
func (c ComparedCell) lines(room int, marks bool) []string {
	var out []string
	for _, l := range c.Lines(room, marks) {
		out = append(out, l.Text)
	}
	return out
}

// longFresh is the length from which on a fresh value is only hinted at.
const longFresh = 80

func plainText(chars []Character) string {
	var b strings.Builder
	for _, c := range chars {
		b.WriteString(c.Text)
	}
	return b.String()
}

// cases lists runs that are no methods.
func (p *printer) cases(c Comparison, title string, kind lab.Kind) {
	columns := c.columns(kind)
	if len(columns) == 0 || len(c.columns(lab.KindMethod)) == 0 {
		return
	}
	p.line("")
	p.line(title)
	for _, i := range columns {
		r := c.Runs[i]
		p.hang("  "+pad(r.Method, 26), strings.Repeat(" ", 29), sentence(r.What))
		indent := strings.Repeat(" ", 29)
		p.hang(indent, indent, fmt.Sprintf("%s: %s", r.verdict(), r.Answer))
		p.hang(indent, indent, r.Means)
	}
}

// verdict is the outcome of a run in a word.
func (r ComparedRun) verdict() string {
	switch r.Outcome {
	case flow.OutcomeOK:
		return "accepted"
	case flow.OutcomeFailed:
		return "refused at " + string(r.Step)
	default:
		return string(r.Outcome)
	}
}

// derivation lays both methods side by side for one verifier.
func (p *printer) derivation(d TwinDerivation) {
	p.line("")
	p.line("One verifier under both methods (worked out here, never sent)")
	left, right := d.Characters()
	p.line("  code_verifier          " + d.Verifier)
	p.line("  challenge with plain   " + plainText(left))
	p.line("  challenge with S256    " + plainText(right))
	var b strings.Builder
	for _, c := range right {
		if c.Marked {
			b.WriteString("^")
		} else {
			b.WriteString(" ")
		}
	}
	p.line("                         " + b.String())
}
