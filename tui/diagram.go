package tui

import (
	"strings"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// diagramContent draws the flow as a sequence diagram: a lane for each party,
// an arrow for each message. What PKCE adds has heavy arrows, what is still to
// come has broken ones, so that neither needs colour.
func (m *Model) diagramContent(w, h int) content {
	shown, _ := m.step()
	d := &doc{items: 1}
	// The steps are set apart, further in a high window.
	for air := 3; air > 0; air-- {
		if d.lines = m.diagramLines(m.visit.reading.report.Arrows, shown.ID, m.hide, w, air); len(d.lines) <= h {
			break
		}
	}
	return content{title: "Sequence diagram", note: "━ PKCE   ╌ to come", doc: d, subjects: []subject{{name: shown.Title}}}
}

// diagramLines draws the arrows; those of the step that is shown are the first
// item. Air is how many empty rows stand between two steps.
func (m *Model) diagramLines(arrows []inspect.Arrow, shown flow.StepID, hide bool, w, air int) []line {
	lanes := inspect.Lanes(arrows)
	if len(lanes) < 2 {
		return []line{prose(toneFaint, 0, "Nothing to draw yet.")}
	}
	g := newGrid(m, lanes, w)
	lines := []line{g.heads(lanes)}
	last := inspect.Arrow{}
	for _, a := range arrows {
		if hide && a.PKCE && a.From == a.To {
			continue
		}
		if a.Step != last.Step {
			for range choose(last.Step == "", min(air, 1), air) {
				lines = append(lines, g.blank().line())
			}
		}
		last = a
		for _, r := range g.arrow(a) {
			l := r.line()
			if a.Step == shown {
				l.item = 1
			}
			lines = append(lines, l)
		}
	}
	return append(lines, g.blank().line())
}

// grid is the ground of the diagram: where the lanes stand.
type grid struct {
	m  *Model
	w  int
	at map[inspect.Lane]int
}

func newGrid(m *Model, lanes []inspect.Lane, w int) grid {
	g := grid{m: m, w: w, at: map[inspect.Lane]int{}}
	// The outer lanes stand so far in that their names fit over them; beyond
	// some width more room only makes the arrows harder to follow.
	span := min(w, 36*len(lanes))
	first := max(m.ruler.StringWidth(string(lanes[0]))/2+1, 3)
	final := span - 1 - max(m.ruler.StringWidth(string(lanes[len(lanes)-1]))/2+1, 3)
	for i, l := range lanes {
		g.at[l] = first + (final-first)*i/(len(lanes)-1)
	}
	return g
}

// cells is one row of the diagram while it is drawn.
type cells struct {
	text []string
	tone []tone
}

func (g grid) empty() cells {
	c := cells{make([]string, g.w), make([]tone, g.w)}
	for i := range c.text {
		c.text[i] = " "
	}
	return c
}

// blank is a row of lanes only.
func (g grid) blank() cells {
	c := g.empty()
	for _, x := range g.at {
		c.set(x, "│", toneBorder)
	}
	return c
}

func (c cells) set(x int, s string, t tone) {
	if x >= 0 && x < len(c.text) {
		c.text[x], c.tone[x] = s, t
	}
}

// write puts text into at most room cells from x on.
func (g grid) write(c cells, x int, text string, t tone, room int) {
	text = g.m.ruler.Truncate(text, room, "…")
	for text != "" {
		n, w := nextCell(g.m.ruler, text)
		c.set(x, text[:n], t)
		for i := 1; i < w; i++ {
			c.set(x+i, "", t)
		}
		x += w
		text = text[n:]
	}
}

// line joins the cells into stretches of one tone.
func (c cells) line() line {
	l := line{most: 1}
	var b strings.Builder
	for i, s := range c.text {
		b.WriteString(s)
		if i+1 == len(c.text) || c.tone[i+1] != c.tone[i] {
			l.spans = append(l.spans, span{b.String(), c.tone[i]})
			b.Reset()
		}
	}
	return l
}

func (g grid) heads(lanes []inspect.Lane) line {
	c := g.empty()
	for _, l := range lanes {
		w := g.m.ruler.StringWidth(string(l))
		g.write(c, max(min(g.at[l]-w/2, g.w-w), 0), string(l), toneTitle, w)
	}
	return c.line()
}

// arrow draws one message in one row where its text fits between the lanes, in
// two rows otherwise.
func (g grid) arrow(a inspect.Arrow) []cells {
	t, body, head := toneText, "─", "▶"
	switch {
	case a.Failed:
		t, head = toneBad, "✗"
	case a.PKCE && !g.m.hide:
		t, body = tonePKCE, "━"
	}
	if !a.Done && !a.Failed {
		body, t = choose(a.PKCE, "╍", "╌"), choose(a.PKCE && !g.m.hide, tonePKCE, toneFaint)
	}
	from, to := g.at[a.From], g.at[a.To]
	w := g.m.ruler.StringWidth(a.Text)
	if from == to {
		return []cells{g.inPlace(a, from, w, t)}
	}
	lo, hi := min(from, to), max(from, to)
	if to < from && !a.Failed {
		head = "◀"
	}
	c := g.blank()
	for x := lo + 1; x < hi; x++ {
		c.set(x, body, t)
	}
	c.set(choose(to > from, hi-1, lo+1), head, t)
	room := hi - lo - 7
	if w <= room {
		x := lo + (hi-lo-w)/2
		c.set(x-1, " ", t)
		g.write(c, x, a.Text, t, w)
		c.set(x+w, " ", t)
		return []cells{c}
	}
	label := g.blank()
	g.write(label, max(min(lo+2, g.w-w), 0), a.Text, t, g.w)
	return []cells{label, c}
}

// inPlace draws something that a party does by itself.
func (g grid) inPlace(a inspect.Arrow, x, w int, t tone) cells {
	c := g.blank()
	mark := choose(a.Done, "●", "○")
	if a.Failed {
		mark = "✗"
	}
	c.set(x, mark, t)
	if x+2+w <= g.w {
		g.write(c, x+2, a.Text, t, w)
	} else {
		g.write(c, max(x-1-w, 0), a.Text, t, min(w, x-1))
	}
	return c
}
