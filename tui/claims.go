package tui

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pkcescope/pkcescope/inspect"
)

// tokensContent shows the decoded tokens of a step: what was checked first,
// because it decides whether the claims mean anything, then header and claims.
func (m *Model) tokensContent(w int) content {
	s, _ := m.step()
	d := &doc{}
	c := content{title: "Tokens", doc: d}
	names := []string{}
	for i, t := range s.Tokens {
		names = append(names, t.Name)
		if i > 0 {
			d.lines = append(d.lines, line{})
		}
		m.tokenLines(&c, t, w)
	}
	c.note = strings.Join(names, " · ")
	d.items = len(c.subjects)
	if len(s.Tokens) == 0 {
		d.lines = append(d.lines, prose(toneFaint, 0, "This step brought no tokens."))
	}
	return c
}

func (m *Model) tokenLines(c *content, t inspect.Token, w int) {
	d := c.doc
	add := func(s subject, l line) {
		c.subjects = append(c.subjects, s)
		l.item = len(c.subjects)
		d.lines = append(d.lines, l)
	}
	add(subject{name: t.Name, value: t.Value, what: t.Whose, problem: t.Problem, secret: true},
		line{spans: []span{{t.Name, toneStrong}, {"  " + t.Kind, toneFaint}}})
	if t.Problem != "" {
		d.lines = append(d.lines, prose(toneBad, 2, t.Problem))
	}
	if t.Whose != "" {
		d.lines = append(d.lines, prose(toneFaint, 2, t.Whose))
	}
	if len(t.Checks) > 0 {
		d.lines = append(d.lines, line{}, heading("Checks", checkSummary(t.Checks)))
	}
	width := 0
	for _, k := range t.Checks {
		width = max(width, m.ruler.StringWidth(k.ID))
	}
	for _, k := range t.Checks {
		mark, mt := "? ", toneWarn
		switch k.Result {
		case inspect.Pass:
			mark, mt = "✓ ", toneGood
		case inspect.Fail:
			mark, mt = "✗ ", toneBad
		case inspect.Unknown:
		}
		text := k.Actual
		if k.Result != inspect.Pass && k.Why != "" {
			text = k.Why
		}
		add(subject{name: k.ID, value: k.Actual, what: k.Why, who: expectation(k)},
			line{spans: []span{{mark, mt}, {fill(m, k.ID, width), toneName}, {"  ", toneText}, {text, toneText}}, hang: width + 4, prose: true, most: 3})
	}
	width = 0
	for _, k := range t.Claims {
		width = max(width, m.ruler.StringWidth(k.Name))
	}
	width = min(width, max(w/3, 10))
	if len(t.Header) > 0 {
		d.lines = append(d.lines, line{}, heading("Header", ""))
		for _, name := range slices.Sorted(maps.Keys(t.Header)) {
			text := inspect.Clean(fmt.Sprint(t.Header[name]))
			add(subject{name: name, value: text},
				line{spans: []span{{"  ", toneText}, {fill(m, inspect.Clean(name), width), toneName}, {"  ", toneText}, {text, toneText}}, hang: width + 4, most: 4})
		}
	}
	if len(t.Claims) > 0 {
		d.lines = append(d.lines, line{}, heading("Claims", ""))
	}
	for _, k := range t.Claims {
		spans := []span{{"  ", toneText}, {fill(m, k.Name, width), toneName}, {"  ", toneText}, {k.Text, toneText}}
		if rel := m.relative(k.Time); rel != "" {
			// The reading's own words about the time grow old on the screen.
			spans[3].text = k.Time.UTC().Format("2006-01-02 15:04:05 UTC")
			spans = append(spans, span{"  " + rel, toneFaint})
		}
		add(subject{name: k.Name, value: k.Text, what: k.Meaning, source: k.Source},
			line{spans: spans, hang: width + 4, prose: true, most: 6})
	}
}

func heading(text, note string) line {
	l := line{spans: []span{{text, toneTitle}}}
	if note != "" {
		l.spans = append(l.spans, span{"  " + note, toneFaint})
	}
	return l
}

// fill makes a name as wide as its column.
func fill(m *Model, name string, width int) string {
	w := m.ruler.StringWidth(name)
	if w > width {
		return m.ruler.Truncate(name, width-1, "") + "…"
	}
	return name + strings.Repeat(" ", width-w)
}

func checkSummary(checks []inspect.Check) string {
	n := map[inspect.Result]int{}
	for _, k := range checks {
		n[k.Result]++
	}
	parts := []string{fmt.Sprintf("%d passed", n[inspect.Pass])}
	if n[inspect.Fail] > 0 {
		parts = append(parts, fmt.Sprintf("%d failed", n[inspect.Fail]))
	}
	if n[inspect.Unknown] > 0 {
		parts = append(parts, fmt.Sprintf("%d not known", n[inspect.Unknown]))
	}
	return strings.Join(parts, ", ")
}

func expectation(k inspect.Check) string {
	if k.Expected == "" {
		return ""
	}
	return "Expected: " + k.Expected
}

// relative says how far a time is from now. Of a saved run it says nothing,
// because now has no part in it.
func (m *Model) relative(t time.Time) string {
	if t.IsZero() || !m.live() {
		return ""
	}
	d := t.Sub(m.now()).Round(time.Second)
	if d > 0 {
		left, _ := timeLeft(d)
		return "in " + left
	}
	switch d = -d; {
	case d < time.Minute:
		return "just now"
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	}
	return fmt.Sprintf("%d days ago", int(d.Hours()/24))
}

// tokenClockText is what the countdowns of the shown tokens say.
func (m *Model) tokenClockText() string {
	s, _ := m.step()
	var b strings.Builder
	for _, t := range s.Tokens {
		for _, k := range t.Claims {
			b.WriteString(m.relative(k.Time) + " ")
		}
	}
	return b.String()
}
