package tui

import (
	"fmt"
	"strings"

	"github.com/pkcescope/pkcescope/inspect"
)

// microscopeComparison has two tokens side by side.
func (m *Model) microscopeComparison(w int) content {
	s := &m.micro
	d := &doc{}
	c := content{title: "Side by side", doc: d}
	if s.beside == nil {
		d.lines = append(d.lines, prose(toneStrong, 0, "Paste the other token now."),
			prose(toneFaint, 0, "It is laid beside this one, claim by claim, and what differs is marked."))
		return c
	}
	other := s.beside.Read(s.revealed)
	rows := inspect.AlignTokens(s.token, other)
	differ := 0
	name := 4
	for _, r := range rows {
		if !r.Same {
			differ++
		}
		name = max(name, m.ruler.StringWidth(r.Name))
	}
	c.note = choose(differ == 0, "header and claims are the same", fmt.Sprintf("%d of %d differ", differ, len(rows)))
	name = min(name, max(w/5, 6))
	col := max((w-name-7)/2, 4)
	add := func(mark string, t tone, label string, a, b string, ta, tb tone) {
		text, blank := fill(m, a, col), ""
		if strings.HasPrefix(text, a) { // the colour ends where the text does
			text, blank = a, text[len(a):]
		}
		d.lines = append(d.lines, line{spans: []span{
			{mark, t}, {fill(m, label, name) + "  ", toneName}, {text, ta}, {blank, toneText}, {" │ ", toneBorder}, {b, tb},
		}})
	}
	left := s.token.Name
	if s.change != "" {
		left += ", changed"
	}
	add("  ", toneText, "", left, other.Name, toneTitle, toneTitle)
	part := ""
	for _, r := range rows {
		if r.Part != part {
			part = r.Part
			d.lines = append(d.lines, heading(choose(part == "header", "Header", "Claims"), ""))
		}
		c.subjects = append(c.subjects, subject{name: r.Name, value: r.A})
		most := choose(s.unfolded[r.Name], 0, choose(r.Same, 2, 4))
		a, b := m.pieces(orNone(r.A), col, most), m.pieces(orNone(r.B), col, most)
		mark, tone := "  ", toneText
		if !r.Same {
			mark, tone = "≠ ", toneHit
		}
		for i := range max(len(a), len(b)) {
			here := choose(pick(a, i) == pick(b, i), toneText, tone)
			add(choose(i == 0, mark, "  "), toneWarn, choose(i == 0, r.Name, ""), pick(a, i), pick(b, i),
				choose(i < len(a), here, toneText), choose(i < len(b), here, toneText))
			d.lines[len(d.lines)-1].item = len(c.subjects)
		}
	}
	d.items = len(c.subjects)
	return c
}

func orNone(text string) string { return choose(text == "", "(absent)", text) }

func pick(all []string, i int) string {
	if i < len(all) {
		return all[i]
	}
	return ""
}
