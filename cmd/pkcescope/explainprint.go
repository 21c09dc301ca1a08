package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/pkcescope/pkcescope/inspect"
)

// explainWidth is the width of a line: what fits an 80 column terminal.
const explainWidth = 78

// printDiagnosis writes a diagnosis for a person: the cause first, then what it
// rests on, what to do, and what else it could be. Every text in it that came
// from outside was cleaned by inspect.
func printDiagnosis(w io.Writer, d inspect.Diagnosis) {
	p := explainPrinter{w}
	if d.Unknown {
		p.prose("", "", "No cause is known for this. That is an honest answer, not a fault of yours.")
		p.prose("", "", "What helps: the whole text of the error with its code, the step that failed (--where), and facts of the request (--context).")
		p.codes(d)
		return
	}
	first := d.Causes[0]
	if first.Confidence == inspect.Possible && len(d.Causes) > 1 {
		p.prose("", "", fmt.Sprintf("Nothing here decides between %d causes. The most probable first:", len(d.Causes)))
		fmt.Fprintln(w)
	}
	p.prose("", "", first.Title+" ("+string(first.Confidence)+")")
	p.prose("  ", "  ", first.Means)
	p.section("Because")
	for _, e := range first.Evidence {
		p.prose("  - ", "    ", e.Text)
	}
	for _, x := range d.Differences {
		p.difference(x)
	}
	p.section("To fix it: " + first.Who.InWords())
	for i, step := range first.Fix {
		number := fmt.Sprintf("%3d. ", i+1)
		p.prose(number, strings.Repeat(" ", len(number)), step)
	}
	p.section("It is fixed when")
	p.prose("  ", "  ", first.Prove)
	p.others(d)
	p.codes(d)
	if len(first.Refs) > 0 {
		p.section("To read on")
		for _, r := range first.Refs {
			fmt.Fprintf(w, "  %s\n    %s\n", r.Text, r.URL)
		}
	}
}

// explainPrinter writes wrapped text.
type explainPrinter struct{ w io.Writer }

// prose wraps text between a first margin and that of the lines below.
func (p explainPrinter) prose(first, rest, text string) {
	// Not ansi.Wordwrap: it also breaks at hyphens, of which parameters, flags
	// and commands are full.
	line := first
	width := ansi.StringWidth(first)
	for i, word := range strings.Fields(text) {
		n := ansi.StringWidth(word)
		switch {
		case i == 0:
		case width+1+n > explainWidth:
			fmt.Fprintln(p.w, line)
			line, width = rest, ansi.StringWidth(rest)
		default:
			line, width = line+" ", width+1
		}
		line, width = line+word, width+n
	}
	fmt.Fprintln(p.w, line)
}

func (p explainPrinter) section(title string) {
	fmt.Fprintln(p.w)
	fmt.Fprintln(p.w, title)
}

// others writes what else it could be, with the test for each, what was ruled
// out, and what decides.
func (p explainPrinter) others(d inspect.Diagnosis) {
	first := d.Causes[0]
	tests := map[string]string{}
	for _, e := range first.Else {
		tests[e.ID] = e.Test
	}
	if len(d.Causes) > 1 {
		p.section("It could also be")
		for _, c := range d.Causes[1:] {
			p.prose("  - ", "    ", c.Title+" ("+string(c.Confidence)+", "+c.ID+")")
			if tests[c.ID] != "" && tests[c.ID] != d.Next { // that one comes below
				p.prose("    ", "    ", tests[c.ID])
			}
		}
	} else if len(first.Else) > 0 && first.Confidence != inspect.Certain {
		p.section("If it is not that")
		for _, e := range first.Else {
			p.prose("  - ", "    ", e.Title+" ("+e.ID+")")
			p.prose("    ", "    ", e.Test)
		}
	}
	if id := otherCause(d); id != "" {
		command := "pkcescope explain " + id
		if d.Provider != "" {
			command += " --provider " + d.Provider
		}
		fmt.Fprintln(p.w, "    More: "+command) // whole, so that it can be copied
	}
	if len(d.RuledOut) > 0 {
		p.section("Ruled out")
		for _, r := range d.RuledOut {
			p.prose("  - ", "    ", r.Title+": "+r.Why.Text+".")
		}
	}
	if d.Next != "" && len(d.Causes) > 1 {
		p.section("To decide between them")
		p.prose("  ", "  ", d.Next)
	}
}

// otherCause is the first cause that is named beside the one that is explained,
// "" if there is none.
func otherCause(d inspect.Diagnosis) string {
	switch first := d.Causes[0]; {
	case len(d.Causes) > 1:
		return d.Causes[1].ID
	case len(first.Else) > 0 && first.Confidence != inspect.Certain:
		return first.Else[0].ID
	}
	return ""
}

func (p explainPrinter) codes(d inspect.Diagnosis) {
	if len(d.Codes) == 0 {
		return
	}
	p.section("The codes")
	for _, code := range d.Codes {
		n, ok := inspect.LookupCode(code)
		switch {
		case !ok:
			p.prose("  ", "    ", code+" is not in the catalogue, which is of 2025.")
		case n.Name != "":
			p.prose("  ", "    ", n.Code+" "+n.Name+" ("+n.Family+"): "+n.Meaning)
		default:
			p.prose("  ", "    ", n.Code+" ("+n.Family+"): "+n.Meaning)
		}
		if number, ok := strings.CutPrefix(code, "AADSTS"); ok {
			fmt.Fprintln(p.w, "    Microsoft's own words: https://login.microsoftonline.com/error?code="+number)
		}
	}
}

// difference points at the character at which two values part.
func (p explainPrinter) difference(x inspect.Difference) {
	const room = 50 // characters of a value that are shown
	p.section("Difference in " + x.Row + ": " + x.What)
	from := max(0, x.At-room+10)
	window := func(s string) string {
		r := []rune(s)
		out := string(r[min(from, len(r)):min(from+room, len(r))])
		if from > 0 {
			out = "…" + out
		}
		if len(r) > from+room {
			out += "…"
		}
		return out
	}
	label := func(name string) string { return fmt.Sprintf("  %-20s", name) }
	fmt.Fprintln(p.w, label("sent")+window(x.Sent))
	fmt.Fprintln(p.w, label(x.ExpectedBy)+window(x.Expected))
	caret := x.At - from
	if from > 0 {
		caret++
	}
	fmt.Fprintln(p.w, label("")+strings.Repeat(" ", caret)+"^")
}
