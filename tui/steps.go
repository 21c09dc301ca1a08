package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// railContent is the list of steps, and below it what expires.
func (m *Model) railContent(w int) content {
	v := &m.visit
	d := &doc{}
	c := content{title: "Steps", doc: d}
	hidden, legend := 0, false
	for _, s := range v.reading.report.Steps {
		if m.hide && s.PKCE {
			hidden++
			continue
		}
		c.subjects = append(c.subjects, subject{name: s.Title})
		l, bare := m.railLine(s, w)
		legend = legend || bare
		l.item = len(c.subjects)
		d.lines = append(d.lines, l)
	}
	d.items = len(c.subjects)
	if hidden > 0 {
		d.lines = append(d.lines, prose(toneFaint, 2, fmt.Sprintf("%d steps hidden", hidden)))
	}
	// One row that has the word says it for all.
	said := func(l line) bool {
		return strings.HasPrefix(l.text(), "○") && strings.HasSuffix(l.text(), offeredTag)
	}
	if legend && !slices.ContainsFunc(d.lines, said) {
		d.lines = append(d.lines, line{}, prose(toneFaint, 0, "○ means "+offeredTag))
	}
	if clocks := v.reading.report.Clocks; len(clocks) > 0 && m.live() {
		d.lines = append(d.lines, line{}, plain(toneTitle, "Expires"))
		for _, k := range clocks {
			left, t := timeLeft(k.Ends.Sub(m.now()))
			room := max(w-railAir(w)-len(left), 4)
			name := m.ruler.Truncate(k.Name, room-1, "…")
			gap := strings.Repeat(" ", max(room-m.ruler.StringWidth(name), 1))
			d.lines = append(d.lines, line{spans: []span{{name, toneText}, {gap, toneText}, {left, t}}})
		}
	}
	return c
}

const offeredTag = "offered"

// railLine is a step in the rail: how far it is, its name, and whether it is
// there because of PKCE or holds warnings. It reports whether its mark says
// alone that the step is offered, because beside the name there is no room for
// the word.
func (m *Model) railLine(s inspect.Step, w int) (l line, bare bool) {
	mark, t := "  ", toneText
	switch s.Status {
	case flow.StatusOK:
		mark, t = "✓ ", toneGood
	case flow.StatusFailed:
		mark, t = "✗ ", toneBad
	case flow.StatusSkipped:
		mark, t = "– ", toneFaint
	case flow.StatusCancelled:
		mark, t = "× ", toneWarn
	case flow.StatusUnseen:
		mark, t = "· ", toneFaint
	case flow.StatusPending:
	}
	offered := s.Offered && s.Status == flow.StatusPending
	if offered {
		mark, t = "○ ", toneFaint
	}
	name := toneText
	v := &m.visit
	if v.reading.more && s.ID == v.reading.pending.Step {
		name = toneHere
		if s.Status == flow.StatusPending {
			mark, t, offered = "▸ ", toneHere, false
		}
		if m.isRunning() {
			mark, t = "… ", toneHere
		}
	} else if s.Status == flow.StatusUnseen || !done(s.Status) && (s.Optional || s.Instead) {
		name = toneFaint
	}
	tag, tagTone := "", tonePKCE
	switch {
	case s.Status == flow.StatusUnseen:
		tag, tagTone = "unseen", toneFaint
	case s.PKCE:
		tag = "PKCE"
	case s.Status == flow.StatusPending && (s.Optional || s.Instead) && w >= 19 && !m.mustComeNext(s.ID):
		tag, tagTone = choose(s.Offered, offeredTag, "optional"), toneFaint
	}
	for _, f := range s.Findings {
		if f.Severity == inspect.SeverityWarning && s.Status == flow.StatusOK && tag == "" {
			tag, tagTone = "▲", toneWarn
		}
	}
	room := w - 2
	title := m.ruler.Truncate(s.Title, room, "…")
	gap := room - m.ruler.StringWidth(title) - m.ruler.StringWidth(tag) - railAir(w)
	spans := []span{{mark, t}, {title, name}}
	if tag != "" && gap > 0 {
		spans = append(spans, span{strings.Repeat(" ", gap), toneText}, span{tag, tagTone})
	} else {
		tag = ""
	}
	return line{spans: spans, most: 1}, offered && tag != offeredTag
}

// railAir is the air at the right edge of the rail. It goes before a word is
// lost, and for all rows, so that what ends there ends in one column.
func railAir(w int) int { return choose(w < 20, 0, 1) }

// railItem is the item of the shown step, which differs from its index while
// steps are hidden.
func (m *Model) railItem() int {
	item := 0
	for i, s := range m.visit.reading.report.Steps {
		if !m.hide || !s.PKCE {
			item++
		}
		if i == m.visit.step {
			return item
		}
	}
	return item
}

// railStep is the index of the step that an item of the rail stands for.
func (m *Model) railStep(item int) int {
	for i, s := range m.visit.reading.report.Steps {
		if m.hide && s.PKCE {
			continue
		}
		if item--; item == 0 {
			return i
		}
	}
	return -1
}

// clockText is what the clocks of the rail show: while it stays the same, so
// does the picture.
func (m *Model) clockText() string {
	if !m.live() || len(m.visit.reading.report.Clocks) == 0 {
		return ""
	}
	var b strings.Builder
	for _, k := range m.visit.reading.report.Clocks {
		left, _ := timeLeft(k.Ends.Sub(m.now()))
		b.WriteString(left + " ")
	}
	return b.String()
}

// timeLeft says how long something is still good. Seconds are counted only
// when they matter: a number that changes draws the eye.
func timeLeft(d time.Duration) (string, tone) {
	d = d.Round(time.Second)
	switch {
	case d <= 0:
		return "expired", toneBad
	case d < 10*time.Minute:
		t := toneText
		if d < 2*time.Minute {
			t = toneWarn
		}
		return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60), t
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes())), toneText
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours())), toneText
	default:
		return fmt.Sprintf("%d d", int(d.Round(24*time.Hour).Hours()/24)), toneText
	}
}

// mustComeNext says whether a step is the next one and cannot be passed over in
// this walk, whatever it is in others.
func (m *Model) mustComeNext(id flow.StepID) bool {
	r := m.visit.reading
	return r.more && r.pending.Step == id && !r.pending.Optional
}
