package tui

import (
	"fmt"
	"slices"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// explainContent says what is happening in the shown step.
func (m *Model) explainContent() content {
	s, ok := m.step()
	d := &doc{}
	c := content{title: "What is happening", doc: d}
	if !ok {
		return c
	}
	if m.hide {
		d.lines = append(d.lines, prose(tonePKCE, 0, "PKCE is hidden: this is what the plain code flow would be. p shows it again."), line{})
	}
	if s.Lead != "" {
		d.lines = append(d.lines, prose(toneStrong, 0, s.Lead))
	}
	if e, ok := m.exchange(); ok && len(s.Exchanges) > 1 {
		d.lines = append(d.lines, line{}, line{spans: []span{
			{fmt.Sprintf("%d of %d  ", m.visit.exchange+1, len(s.Exchanges)), toneFaint},
			{e.Label, toneHere},
			{"  " + channelText(e), toneFaint},
		}, prose: true})
	}
	if len(s.Next) > 0 && !done(s.Status) || m.waiting() && m.atPending() {
		d.lines = append(d.lines, line{}, heading("You will see next", ""))
		for _, t := range m.seenNext(s) {
			d.lines = append(d.lines, line{spans: []span{{"· ", toneFaint}, {t, toneText}}, hang: 2, prose: true})
		}
	}
	for _, t := range s.Body {
		d.lines = append(d.lines, line{}, prose(toneText, 0, t))
	}
	if len(s.Refs) > 0 {
		d.lines = append(d.lines, line{}, heading("Read more", ""))
		for _, r := range s.Refs {
			d.lines = append(d.lines, refLines(r)...)
		}
	}
	return c
}

// storyContent is all that is said of the shown step: what is happening, and
// what was found; of a step that failed what was found comes first.
func (m *Model) storyContent() content {
	c := m.explainContent()
	s, _ := m.step()
	if s.Error == nil && len(s.Findings) == 0 {
		return c
	}
	found := slices.Clone(m.findingsContent().doc.lines)
	for i := range found {
		found[i].item = 0 // here they are read, not chosen
	}
	if s.Error != nil {
		c.title = "What happened"
		c.doc.lines = slices.Concat(found, []line{{}, heading("What is happening", "")}, c.doc.lines)
	} else {
		c.doc.lines = slices.Concat(c.doc.lines, []line{{}, heading("Findings", "")}, found)
	}
	return c
}

// aboutContent says what is known about the selected row of a message.
func (m *Model) aboutContent() content {
	c := content{title: "About", doc: &doc{}}
	p, item := m.aboutItem()
	if sub, ok := m.panes[p].subject(); ok {
		c.title += " " + sub.name
		if m.w >= pairWidth && m.panes[p].doc.shows(item, sub.value) {
			sub.value = "" // it stands beside this
		}
		if m.tokens && m.w >= pairWidth && m.panes[p].doc.says(sub.what) {
			sub.what = ""
		}
		m.subjectLines(c.doc, sub)
	}
	return c
}

func channelText(e inspect.Exchange) string {
	by := string(e.Actor)
	switch e.Actor {
	case flow.ActorApp:
		by = "app"
	case flow.ActorBrowser:
		by = "browser"
	case flow.ActorAttacker:
		by = "attacker"
	}
	if e.Channel == "" {
		return by
	}
	return by + ", " + string(e.Channel) + " channel"
}

func refLines(r inspect.Ref) []line {
	lines := []line{prose(toneText, 0, r.Text)}
	if r.URL != "" {
		lines = append(lines, line{spans: []span{{"  ", toneText}, {r.URL, toneLink}}, hang: 2})
	}
	return lines
}

// subjectLines is everything known about a selected value.
func (m *Model) subjectLines(d *doc, s subject) {
	add := func(label string, t tone, text string) {
		if text != "" {
			d.lines = append(d.lines, line{spans: []span{{label, toneFaint}, {text, t}}, hang: 0, prose: true})
		}
	}
	if s.problem != "" {
		d.lines = append(d.lines, prose(toneBad, 0, s.problem))
	}
	if s.pkce {
		d.lines = append(d.lines, prose(tonePKCE, 0, "+ added by PKCE"))
	}
	add("", toneText, s.what)
	add("Expected: ", toneText, s.expected)
	add("Who makes it: ", toneText, s.who)
	add("Without it: ", toneText, s.without)
	if s.source != "" {
		add("", toneFaint, s.source)
		if s.link != "" {
			d.lines = append(d.lines, plain(toneLink, s.link))
		}
	}
	if s.value != "" {
		l := plain(choose(s.secret && !m.visit.reveal, toneFaint, toneText), s.value)
		l.most = 12 // whole it stands in the raw view
		if len(d.lines) > 0 {
			d.lines = append(d.lines, line{})
		}
		d.lines = append(d.lines, l)
	}
}

// findingsContent is what the person should know of the step: its error first.
func (m *Model) findingsContent() content {
	s, _ := m.step()
	d := &doc{}
	c := content{title: "Findings", doc: d}
	// The server's own words are long, and stand in the response as well: what
	// was found comes before them.
	long := s.Error != nil && len(s.Findings) > 0
	switch {
	case long:
		d.lines = append(d.lines, errorLines(&flow.Error{Kind: s.Error.Kind, What: s.Error.What})...)
	case s.Error != nil:
		d.lines = append(d.lines, errorLines(s.Error)...)
	}
	serious := 0
	for _, f := range s.Findings {
		if f.Severity != inspect.SeverityInfo {
			serious++
		}
		if len(d.lines) > 0 {
			d.lines = append(d.lines, line{})
		}
		from := len(d.lines)
		d.lines = append(d.lines, findingLines(f)...)
		sub := subject{name: f.Code, value: findingText(f)}
		c.subjects = append(c.subjects, sub)
		for i := from; i < len(d.lines); i++ {
			d.lines[i].item = len(c.subjects)
		}
	}
	d.items = len(c.subjects)
	if long {
		d.lines = append(d.lines, line{}, heading("The error in full", ""))
		d.lines = append(d.lines, errorLines(s.Error)[2:]...)
	}
	switch {
	case serious > 0:
		c.note = fmt.Sprintf("%d to look at", serious)
	case len(d.lines) == 0 && done(s.Status):
		d.lines = append(d.lines, prose(toneFaint, 0, "Nothing to report on this step."))
	case len(d.lines) == 0:
		d.lines = append(d.lines, prose(toneFaint, 0, "Nothing so far."))
	}
	return c
}

func findingLines(f inspect.Finding) []line {
	mark, t := "● ", toneGood
	switch f.Severity {
	case inspect.SeverityError:
		mark, t = "✗ ", toneBad
	case inspect.SeverityWarning:
		mark, t = "▲ ", toneWarn
	case inspect.SeverityInfo:
	}
	lines := []line{{spans: []span{{mark, t}, {f.What, toneStrong}}, hang: 2, prose: true}}
	if f.Why != "" {
		lines = append(lines, prose(toneText, 2, f.Why))
	}
	if f.Try != "" {
		lines = append(lines, tryLine(f.Try))
	}
	if f.Row != "" {
		lines = append(lines, line{spans: []span{{"  Seen in ", toneFaint}, {f.Row, toneHere}, {"; w goes there.", toneFaint}}, hang: 2, prose: true})
	}
	for _, r := range f.Refs {
		lines = append(lines, prose(toneFaint, 2, r.Text))
	}
	return lines
}

func findingText(f inspect.Finding) string {
	text := f.What
	for _, s := range []string{f.Why, f.Try} {
		if s != "" {
			text += "\n" + s
		}
	}
	return text
}
