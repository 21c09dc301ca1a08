package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/pkcescope/pkcescope/inspect"
)

const (
	// pkceLabel is the width of the names on the left, and pkceWidth that of a
	// line of text beside them: together they fit 80 columns.
	pkceLabel = 12
	pkceWidth = 65
)

// pkcePrinter writes the derivation as aligned text. Marks are characters of
// their own, so that nothing depends on colour.
type pkcePrinter struct{ w io.Writer }

func printPKCE(w io.Writer, title string, in inspect.PKCEInput, r inspect.PKCEReport) {
	p := pkcePrinter{w}
	fmt.Fprintln(w, title)
	if in.HasVerifier && in.Verifier != "" {
		fmt.Fprintln(w)
		p.derivation(r)
	}
	if in.HasChallenge {
		fmt.Fprintln(w)
		p.comparison(in, r)
	}
	for i, m := range r.Mistakes {
		fmt.Fprintln(w)
		p.mistake(i+1, m)
	}
}

// line writes a name and the text beside it.
func (p pkcePrinter) line(name, text string) {
	fmt.Fprintln(p.w, strings.TrimRight(fmt.Sprintf("%-*s %s", pkceLabel, name, text), " "))
}

// prose writes wrapped text beside a name.
func (p pkcePrinter) prose(name, text string) {
	for line := range strings.SplitSeq(ansi.Wordwrap(text, pkceWidth, " "), "\n") {
		p.line(name, strings.TrimSpace(line))
		name = ""
	}
}

func (p pkcePrinter) derivation(r inspect.PKCEReport) {
	p.characters("verifier", r.Verifier.Characters(), '!')
	p.line("length", drawLength(r.Verifier))
	for _, problem := range r.Verifier.Problems {
		p.prose("", "! "+problem)
	}
	fmt.Fprintln(p.w)
	p.octets("ASCII", r.Stages.ASCII, "")
	p.octets("SHA-256", spaced(r.Stages.SHA256Hex), "  32 octets")
	base64, base64url := r.Stages.Characters()
	p.characters("base64", base64, '^')
	p.line("base64url", text(base64url)+"   "+changes(r.Stages))
	fmt.Fprintln(p.w)
	p.characters("S256", plain(r.Challenge.S256), 0)
	p.characters("plain", r.Verifier.Characters(), 0)
	p.line("", "the verifier itself: whoever sees the request has it")
	fmt.Fprintln(p.w)
	p.prose("entropy", fmt.Sprintf("%d bits at most: %s", r.Entropy.Bits, r.Entropy.Reason))
}

func (p pkcePrinter) comparison(in inspect.PKCEInput, r inspect.PKCEReport) {
	if r.Match == nil {
		p.characters("sent", plain(in.Challenge), 0)
		p.line("", counted(len([]rune(in.Challenge)), "character"))
		if len(r.Mistakes) == 0 {
			p.prose("", "Nothing speaks against it. Whether it matches, only the verifier can tell.")
		}
		return
	}
	expected := r.Challenge.S256
	if in.Method == "plain" || in.Method == "omitted" {
		expected = r.Challenge.Plain
	}
	sent, computed, first := inspect.Compare(in.Challenge, expected)
	missing := rune(0)
	if len(sent) > 0 && first == len(sent) {
		missing = '^'
	}
	p.characters("computed", computed, missing)
	p.characters("sent", sent, '^')
	switch {
	case *r.Match:
		p.line("", "= They match.")
	case in.Challenge == "":
		p.line("", "! There is a verifier and no challenge.")
	case in.Verifier == "":
		p.line("", "! There is a challenge and no verifier.")
	case first < 0:
		p.line("", "! The texts are equal, and the server refuses them all the same.")
	default:
		p.line("", "! They do not match. "+inspect.WhereDifferent(first, len(sent), len(computed)))
	}
}

func (p pkcePrinter) mistake(n int, m inspect.Mistake) {
	fmt.Fprintf(p.w, "%d. %s (%s)\n", n, m.ID, m.Confidence)
	p.prose("  what", m.What)
	p.prose("  why", m.Why)
	p.prose("  try", m.Try)
	for _, c := range m.Code {
		// Code is not wrapped: it is there to be copied.
		p.line("  "+c.Language, "- "+c.Wrong)
		p.line("", "+ "+c.Right)
	}
}

// characters writes text, 64 columns a line, with a mark under each character
// that stands out.
func (p pkcePrinter) characters(name string, all []inspect.Character, mark rune) {
	var line, marks strings.Builder
	flush := func() {
		p.line(name, line.String())
		if strings.TrimSpace(marks.String()) != "" {
			p.line("", marks.String())
		}
		name = ""
		line.Reset()
		marks.Reset()
	}
	width := 0
	for _, c := range all {
		n := ansi.StringWidth(c.Text)
		if width+n > 64 {
			flush()
			width = 0
		}
		width += n
		line.WriteString(c.Text)
		under := " "
		if c.Marked && mark != 0 {
			under = string(mark)
		}
		marks.WriteString(strings.Repeat(under, n))
	}
	flush()
}

// octets writes octets in hex, 16 a line, and the note after the last.
func (p pkcePrinter) octets(name, hex, note string) {
	all := strings.Fields(hex)
	for len(all) > 16 {
		p.line(name, strings.Join(all[:16], " "))
		name, all = "", all[16:]
	}
	p.line(name, strings.Join(all, " ")+note)
}

// drawLength draws the bar: cells that are taken, that must be, and that may
// be.
func drawLength(v inspect.PKCEVerifier) string {
	b := v.LengthBar(32)
	cells := strings.Repeat("█", b.Filled)
	if b.Filled < b.Least {
		cells += strings.Repeat("·", b.Least-b.Filled)
	}
	cells += strings.Repeat("░", b.Cells-max(b.Filled, b.Least))
	if b.Over {
		cells += "▶"
	}
	return fmt.Sprintf("%-3d %s  %s", v.Length, cells, b.Text)
}

// changes says in words what the marks under the base64 show.
func changes(s inspect.PKCEStages) string {
	var all []string
	if strings.Contains(s.Base64, "+") {
		all = append(all, "+ to -")
	}
	if strings.Contains(s.Base64, "/") {
		all = append(all, "/ to _")
	}
	return strings.Join(append(all, "= gone"), ", ")
}

// spaced puts a space after each octet.
func spaced(hex string) string {
	var b strings.Builder
	for i := 0; i+1 < len(hex); i += 2 {
		b.WriteString(hex[i:i+2] + " ")
	}
	return b.String()
}

// plain is text without marks.
func plain(s string) []inspect.Character {
	all, _, _ := inspect.Compare(s, s)
	return all
}

func text(all []inspect.Character) string {
	var b strings.Builder
	for _, c := range all {
		b.WriteString(c.Text)
	}
	return b.String()
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
