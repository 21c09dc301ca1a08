package inspect

import (
	"fmt"
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
		p.cells(false, s.Title, columns, room, func(i int) string { return c.Runs[i].Method })
		if status := func(i int) string { return stepStatus(s.Statuses[i]) }; true {
			p.cells(false, "", columns, room, status)
		}
		for _, row := range s.Sent {
			p.row(row, columns, room)
		}
		if len(s.Answers) > 0 && len(s.Sent) > 0 {
			p.line("  answer")
		}
		for _, row := range s.Answers {
			p.row(row, columns, room)
		}
	}
	p.line("")
	p.cells(false, "Outcome", columns, room, func(i int) string { return string(c.Runs[i].Outcome) })
	p.line("")
	for _, i := range columns {
		p.hang("  "+pad(c.Runs[i].Method, 8), strings.Repeat(" ", 11), c.Runs[i].What+". "+c.Runs[i].Means)
	}
}

func stepStatus(s flow.Status) string {
	if s == flow.StatusSkipped {
		return "(nothing to do)"
	}
	return "(" + string(s) + ")"
}

// cells draws one line of the grid, or as many as the longest cell needs.
func (p *printer) cells(differs bool, name string, columns []int, room int, text func(int) string) {
	lines := make([][]string, len(columns))
	height := 1
	for k, i := range columns {
		lines[k] = hardWrap(text(i), room)
		height = max(height, len(lines[k]))
	}
	for n := range height {
		var b strings.Builder
		lead := "  "
		if differs && n == 0 {
			lead = "≠ "
		}
		if n > 0 {
			name = ""
		}
		b.WriteString(lead + pad(short(name, nameColumn-4), nameColumn-3))
		for k := range columns {
			cell := ""
			if n < len(lines[k]) {
				cell = lines[k][n]
			}
			b.WriteString(pad(cell, room+1))
		}
		p.line(b.String())
	}
}

// row draws a value, and marks under the characters that differ.
func (p *printer) row(row ComparedRow, columns []int, room int) {
	name := row.Name
	text := func(i int) string {
		cell := row.Cells[i]
		switch {
		case cell.Absent:
			return "–"
		case cell.Fresh && cell.Note == "":
			return plainText(cell.Text) + " (fresh)"
		case cell.Note != "":
			return plainText(cell.Text) + " = " + cell.Note
		}
		return plainText(cell.Text)
	}
	p.cells(row.Differs, name, columns, room, text)
	if !row.Differs {
		return
	}
	marks := func(i int) string {
		var b strings.Builder
		for _, ch := range row.Cells[i].Text {
			under := " "
			if ch.Marked {
				under = "^"
			}
			b.WriteString(strings.Repeat(under, utf8.RuneCountInString(ch.Text)))
		}
		return strings.TrimRight(b.String(), " ")
	}
	// Marks stand under one line only: of a longer text every line differs.
	some := false
	for _, i := range columns {
		some = some || marks(i) != "" && utf8.RuneCountInString(text(i)) <= room
	}
	if some {
		p.cells(false, "", columns, room, func(i int) string {
			if utf8.RuneCountInString(text(i)) > room {
				return ""
			}
			return marks(i)
		})
	}
}

func plainText(chars []Character) string {
	var b strings.Builder
	for _, c := range chars {
		b.WriteString(c.Text)
	}
	return b.String()
}

// hardWrap cuts s into pieces of n characters.
func hardWrap(s string, n int) []string {
	r := []rune(s)
	var out []string
	for len(r) > n && n > 0 {
		out = append(out, string(r[:n]))
		r = r[n:]
	}
	return append(out, string(r))
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
		p.hang("  "+pad(r.Method, 26), strings.Repeat(" ", 29), r.What+".")
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
	}
	return string(r.Outcome)
}

// derivation lays both methods side by side for one verifier.
func (p *printer) derivation(d TwinDerivation) {
	p.line("")
	p.line("One verifier under both methods (worked out here, never sent)")
	left, right, _ := Compare(d.Plain, d.S256)
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
