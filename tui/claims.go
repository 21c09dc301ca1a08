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
	add := func(s subject, lines ...line) {
		c.subjects = append(c.subjects, s)
		for _, l := range lines {
			l.item = len(c.subjects)
			d.lines = append(d.lines, l)
		}
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
		add(subject{name: k.ID, value: k.Actual, what: k.Why, expected: k.Expected},
			m.named(span{mark, mt}, span{k.ID, toneName}, nameWidth(width, w), 3, span{text, toneText})...)
	}
	width = 0
	for _, k := range t.Claims {
		width = max(width, m.ruler.StringWidth(k.Name))
	}
	width = nameWidth(width, w)
	if len(t.Header) > 0 {
		d.lines = append(d.lines, line{}, heading("Header", ""))
		for _, name := range slices.Sorted(maps.Keys(t.Header)) {
			text := inspect.Clean(fmt.Sprint(t.Header[name]))
			e, _ := inspect.Headers().Find(name, "jose")
			add(subject{name: name, value: text, what: e.What, who: e.Who, without: e.Without, source: e.Source.Text, link: e.Source.URL},
				m.named(span{"  ", toneText}, span{inspect.Clean(name), toneName}, width, 4, span{text, toneText})...)
		}
	}
	if len(t.Claims) > 0 {
		d.lines = append(d.lines, line{}, heading("Claims", ""))
	}
	for _, k := range t.Claims {
		value := []span{{k.Text, toneText}}
		if rel := m.relative(k.Time); rel != "" {
			// The reading's own words about the time grow old on the screen.
			value = []span{{k.Time.UTC().Format("2006-01-02 15:04:05 UTC"), toneText}, {"  " + unbroken(rel), toneFaint}}
		}
		e, _ := inspect.ClaimEntry(k.Name)
		add(subject{name: k.Name, value: k.Text, what: k.Meaning, who: e.Who, without: e.Without, source: e.Source.Text, link: e.Source.URL},
			m.named(span{"  ", toneText}, span{k.Name, toneName}, width, 6, value...)...)
	}
}

// sourceAndLink takes a source apart that is written "RFC 7519 section 4.1.3
// <https://…>".
func sourceAndLink(s string) (text, link string) {
	text, rest, ok := strings.Cut(s, " <")
	if !ok {
		return s, ""
	}
	return text, strings.TrimSuffix(rest, ">")
}

// unbroken keeps a few words in one row.
func unbroken(text string) string { return strings.ReplaceAll(text, " ", "\u00a0") }

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

// relative says how far a time is from now. Of a saved run it says nothing,
// because now has no part in it.
func (m *Model) relative(t time.Time) string {
	if t.IsZero() || !m.live() {
		return ""
	}
	return m.fromNow(t)
}

// fromNow says how far a time is from now.
func (m *Model) fromNow(t time.Time) string {
	d := t.Sub(m.now()).Round(time.Second)
	if d > 0 {
		left, _ := timeLeft(d)
		return "in " + left
	}
	switch d = -d; {
	case d >= 2*365*24*time.Hour:
		return fmt.Sprintf("%d years ago", int(d.Hours()/24/365))
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
