package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pkcescope/pkcescope/inspect"
)

// A slide stands in the middle of the screen, with room around it, and the
// lines are set apart where there is height for it: it is read from the back
// of a room.

// syncPresent lays the slide out, if anything changed.
func (m *Model) syncPresent() {
	p := &m.present
	key := presentKey{p.at, p.spot, p.state, m.w, m.h}
	if key == p.shown && p.doc != nil || m.w < leastWidth || m.h < leastHeight {
		return
	}
	p.shown = key
	w := min(m.w-choose(m.w >= 80, 8, 2), 72)
	if m.w >= 110 {
		w = min(m.w-16, 100)
	}
	room := m.h - 3
	var notes *doc
	if p.notes {
		notes = &doc{lines: m.noteLines()}
		notes.wrap(m.ruler, w)
		room -= min(notes.rows(), m.h/2) + 1
	}
	p.doc = nil
	for _, air := range []int{2, 1, 0} {
		d := &doc{lines: m.slideLines(w, air)}
		d.wrap(m.ruler, w)
		if p.doc = d; d.rows() <= room {
			break
		}
	}
	h := min(p.doc.rows(), room)
	// Titles stand at the same height on all slides, so that going on moves
	// nothing but what is new; what is only said stands in the middle.
	y := 1 + m.h/16 + max(m.h-40, 0)/4
	if s, _ := p.slide(); s.Kind == inspect.SlideTitle || s.Kind == inspect.SlideThought {
		y = 1 + (room-h)*2/5
	}
	p.place = rect{(m.w - w) / 2, max(min(y, 1+room-h), 1), w, h}
	p.offset = 0
	if p.doc.rows() > h {
		from, to := p.doc.itemRows(p.spot + 1)
		p.offset = min(max(to-h+2, 0), max(from, 0), p.doc.rows()-h)
	}
	if notes != nil {
		// The notes stand at the foot, below a rule of their own.
		for p.doc.rows() < room+1-p.place.y {
			p.doc.lines = append(p.doc.lines, line{})
			p.doc.starts = nil
			p.doc.wrap(m.ruler, w)
		}
		p.doc.lines = append(p.doc.lines, plain(toneBorder, strings.Repeat(light.flat, w)))
		p.doc.lines = append(p.doc.lines, notes.lines...)
		p.doc.starts = nil
		p.doc.wrap(m.ruler, w)
		p.place.h = m.h - 2 - p.place.y
		p.offset = min(p.offset, max(p.doc.rows()-p.place.h, 0))
	}
}

// noteLines are for the presenter.
func (m *Model) noteLines() []line {
	p := &m.present
	s, _ := p.slide()
	lines := paragraphsIn(toneWarn, s.Notes...)
	if len(s.Notes) == 0 {
		lines = []line{prose(toneFaint, 0, "There are no notes for this scene.")}
	}
	for _, t := range p.live.trouble {
		lines = append(lines, line{}, prose(toneBad, 0, t))
	}
	if p.live.recorded {
		lines = append(lines, prose(toneFaint, 0, "What is shown is the recorded run. r tries again."))
	}
	return lines
}

// paragraphsIn are texts in a tone, an empty line between each.
func paragraphsIn(t tone, texts ...string) []line {
	var out []line
	for i, text := range texts {
		if i > 0 {
			out = append(out, line{})
		}
		out = append(out, prose(t, 0, inspect.Clean(text)))
	}
	return out
}

// slideLines are the slide, with so many empty lines between its parts.
func (m *Model) slideLines(w, air int) []line {
	p := &m.present
	s, ok := p.slide()
	if !ok || p.blank {
		return nil
	}
	var lines []line
	add := func(l ...line) { lines = append(lines, l...) }
	gap := func(n int) {
		for range n {
			add(line{})
		}
	}
	title := choose(s.Failed && s.Kind != inspect.SlideTheft, toneBad, toneHere)
	switch s.Kind {
	case inspect.SlideTitle:
		add(prose(title, 0, s.Title))
		gap(1 + air)
		add(paragraphsIn(toneText, s.Text...)...)
		return lines
	case inspect.SlideTheft:
		return m.theftLines(s, w)
	case inspect.SlideThought:
		add(prose(title, 0, s.Title))
		gap(1 + air)
		add(paragraphsIn(toneText, s.Text...)...)
		return lines
	default:
	}
	add(prose(title, 0, s.Title))
	if p.hide && (s.PKCE || s.Kind == inspect.SlideTwins) {
		gap(1 + air)
		add(prose(toneFaint, 0, "Without PKCE there is nothing here: the plain code flow goes straight on."))
		return lines
	}
	gap(1)
	add(paragraphsIn(toneText, s.Text...)...)
	if len(s.Text) > 0 {
		gap(choose(air > 0, air, 1))
	}
	switch {
	case s.Waits:
		add(m.waitLine())
	case s.Kind == inspect.SlideDiagram:
		only := m.present.talk.Scenes[s.Scene].Only
		arrows := slices.DeleteFunc(slices.Clone(s.Arrows), func(a inspect.Arrow) bool {
			return len(only) > 0 && !slices.Contains(only, string(a.Step))
		})
		add(m.diagramLines(arrows, "", p.hide, w, min(air, 1))...)
	case s.Kind == inspect.SlideTwins:
		add(m.twinLines(s, w, air)...)
	default:
		add(m.rowLines(s, w, air)...)
	}
	return lines
}

// waitLine says what the slide waits for.
func (m *Model) waitLine() line {
	l := &m.present.live
	if l.own && l.step != nil {
		return prose(toneHere, 0, "Waiting for the sign-in in the browser. The talk goes on by itself.")
	}
	return prose(toneFaint, 0, "The run is under way. This fills in by itself.")
}

// rowLines are the values of a slide; the one in the spotlight is whole, and
// said what it is.
func (m *Model) rowLines(s inspect.Slide, w, air int) []line {
	p := &m.present
	var lines []line
	if s.Line != "" && s.Kind != inspect.SlideToken && s.Kind != inspect.SlideChecks {
		text := s.Line
		if method, u, ok := strings.Cut(text, " "); ok {
			text = method + " " + m.withoutMiddle(u, w-m.ruler.StringWidth(method)-1)
		}
		lines = append(lines, line{spans: []span{{text, choose(s.Failed, toneBad, toneFaint)}}, most: 1}, line{})
	}
	name := 0
	for _, r := range s.Rows {
		name = max(name, m.ruler.StringWidth(r.Name))
	}
	name = min(name+2, w/3)
	for i, r := range s.Rows {
		if p.hide && r.PKCE {
			continue
		}
		on := i == p.spot
		mark := choose(r.PKCE, "+ ", "  ")
		nameTone, valueTone := choose(r.PKCE, tonePKCE, toneName), toneText
		if p.spot >= 0 && !on {
			nameTone, valueTone = toneFaint, toneFaint
		}
		if on {
			mark, valueTone = "▸ ", toneStrong
		}
		value := r.Value
		if s.Kind == inspect.SlideChecks {
			value, valueTone = checkWord(inspect.Result(value))
		} else if !on {
			value = m.withoutMiddle(value, w-name-3)
		}
		if i > 0 {
			for range min(air, 1) {
				lines = append(lines, line{})
			}
		}
		lines = append(lines, line{
			spans: []span{{mark, choose(on, toneHere, tonePKCE)}, {fill(m, r.Name, name) + " ", nameTone}, {value, valueTone}},
			hang:  name + 3, most: choose(on, 3, 1), item: i + 1,
		})
		if r.Problem != "" && s.Kind == inspect.SlideChecks {
			lines = append(lines, prose(toneBad, name+3, r.Problem))
		}
	}
	if s.Left > 0 && air > 0 {
		lines = append(lines, prose(toneFaint, 2, fmt.Sprintf("and %d more", s.Left)))
	}
	if p.spot >= 0 && p.spot < len(s.Rows) && !(p.hide && s.Rows[p.spot].PKCE) {
		lines = append(lines, line{}, prose(toneText, 2, s.Rows[p.spot].What))
	}
	return lines
}

// checkWord is the result of a check, for a room.
func checkWord(r inspect.Result) (string, tone) {
	switch r {
	case inspect.Pass:
		return "✓ passed", toneGood
	case inspect.Fail:
		return "✗ failed", toneBad
	default:
		return "? not known", toneWarn
	}
}

// twinLines are plain and S256 side by side.
func (m *Model) twinLines(s inspect.Slide, w, air int) []line {
	p := &m.present
	name := min(24, w/3)
	room := (w - name - 4) / 2
	var lines []line
	lines = append(lines, line{spans: []span{{strings.Repeat(" ", name+2), toneText}, {fill(m, "plain", room) + "  ", toneTitle}, {"S256", toneTitle}}, most: 1})
	for i, r := range s.Twins {
		on := i == p.spot
		tone := choose(p.spot >= 0 && !on, toneFaint, choose(on, toneStrong, toneText))
		for range min(1+air/2, 1) {
			lines = append(lines, line{})
		}
		left, right := columnRows(m, r.Plain, room), columnRows(m, r.S256, room)
		for n := range max(len(left), len(right)) {
			lines = append(lines, line{spans: []span{
				{choose(n > 0, "  ", choose(on, "▸ ", "  ")), toneHere},
				{fill(m, choose(n == 0, r.Name, ""), name), choose(tone == toneFaint, toneFaint, tonePKCE)},
				{fill(m, at(left, n), room) + "  ", tone},
				{fill(m, at(right, n), room), tone},
			}, most: 1, item: i + 1})
		}
	}
	if p.spot >= 0 && p.spot < len(s.Rows) {
		lines = append(lines, line{}, prose(toneText, 2, s.Rows[p.spot].What))
	}
	return lines
}

// columnRows breaks a value into rows of a column.
func columnRows(m *Model, value string, room int) []string {
	if m.ruler.StringWidth(value) > room {
		value = shortMask(value)
	}
	d := &doc{lines: []line{plain(toneText, value)}}
	d.wrap(m.ruler, max(room, 1))
	var rows []string
	for i := range d.rows() {
		rows = append(rows, d.rowText(i))
	}
	return rows
}

func at(rows []string, n int) string {
	if n < len(rows) {
		return rows[n]
	}
	return ""
}

// theftLines are one scene of a theft: who does what, what the thief holds by
// now, and what crossed the wire.
func (m *Model) theftLines(s inspect.Slide, w int) []line {
	lines := []line{prose(toneHere, 0, s.Title)}
	add := func(l ...line) { lines = append(lines, l...) }
	if s.Play == nil {
		add(line{}, m.waitLine())
		return lines
	}
	scene := s.Play.Scenes[s.Beat]
	route := string(scene.From)
	if scene.From != scene.To {
		route += " → " + string(scene.To)
	}
	add(line{spans: []span{{route + "   ", choose(scene.From == inspect.LaneThief, toneWarn, toneName)}, {fmt.Sprintf("scene %d of %d", s.Beat+1, s.Beats), toneFaint}}, most: 1})
	add(line{}, prose(toneStrong, 0, scene.Title))
	who, said := "The app: ", scene.App
	switch {
	case scene.From == inspect.LaneThief || scene.To == inspect.LaneThief:
		who, said = "The thief: ", scene.Thief
	case scene.From == inspect.LaneProvider:
		who, said = "The provider: ", scene.Provider
	}
	add(line{}, line{spans: []span{{who, toneFaint}, {said, toneText}}, prose: true})
	for _, x := range scene.Exchanges {
		add(line{})
		add(m.theftWire(x, w)...)
	}
	var held []string
	for _, k := range scene.Known {
		if k.Thief && !slices.Contains(held, k.Name) {
			held = append(held, k.Name)
		}
	}
	if len(held) > 0 {
		add(line{}, line{spans: []span{{"The thief holds  ", toneFaint}, {strings.Join(held, ", "), toneWarn}}, hang: 17, prose: true})
	}
	if s.Beat == s.Beats-1 {
		tone := choose(s.Play.ThiefWon, toneBad, toneGood)
		add(line{}, prose(tone, 0, choose(s.Play.ThiefWon, "✗ ", "✓ ")+s.Play.Verdict))
		add(prose(toneText, 2, s.Play.Why))
	}
	return lines
}

// theftWire is an exchange in a few lines: what matters of the request, and
// the answer.
func (m *Model) theftWire(x inspect.Exchange, w int) []line {
	address := m.shortAddress(x.Request.URL, w-m.ruler.StringWidth(x.Label)-2)
	lines := []line{{spans: []span{{x.Label + "  ", toneTitle}, {address, toneFaint}}, most: 1}}
	sent, came := x.Gist()
	for _, r := range sent {
		if m.present.hide && r.PKCE {
			continue
		}
		lines = append(lines, line{spans: []span{{choose(r.PKCE, "+ ", "  "), tonePKCE}, {fill(m, r.Name, 22) + " ", choose(r.PKCE, tonePKCE, toneName)}, {r.Value, toneText}}, most: 1})
	}
	if x.Response == nil {
		return lines
	}
	lines = append(lines, plain(choose(x.Refused(), toneBad, toneGood), "  "+x.Response.Line))
	for i, r := range came {
		switch {
		case r.Name == "error_description":
			lines = append(lines, line{spans: []span{{"  " + r.Value, toneText}}, hang: 2, prose: true, most: 2})
		case i == 0:
			lines = append(lines, line{spans: []span{{"  " + fill(m, r.Name, 22) + " ", toneName}, {r.Value, toneText}}, most: 1})
		}
	}
	return lines
}

// presentRows draws the slide, how far the talk is, and a foot that says no
// more than it must.
func (m *Model) presentRows(pt *painter) []string {
	p := &m.present
	rows := make([]string, m.h)
	for y := range m.h - 2 {
		if d := p.doc; d != nil && y >= p.place.y && y < p.place.y+p.place.h && !p.blank {
			pt.pad(p.place.x, false)
			row := p.offset + y - p.place.y
			k := look{current: -1}
			if row < d.rows() && p.spot >= 0 {
				i, _ := d.at(row)
				k.selected = d.line(i).item == p.spot+1
			}
			d.draw(pt, row, k)
			pt.pad(m.w-p.place.x-p.place.w, false)
		} else {
			pt.pad(m.w, false)
		}
		rows[y] = pt.row()
	}
	if p.blank {
		pt.pad(m.w, false)
		rows[m.h-2] = pt.row()
		pt.pad(m.w, false)
		rows[m.h-1] = pt.row()
		return rows
	}
	filled := 0
	if s, ok := p.slide(); ok {
		at, of := p.scene()
		filled = min(m.w*(at*s.Beats-s.Beats+s.Beat+1)/(of*s.Beats), m.w)
	}
	pt.put(strings.Repeat("━", filled), toneHere, false, m.w)
	pt.put(strings.Repeat("─", m.w-filled), toneBorder, false, m.w)
	rows[m.h-2] = pt.row()
	rows[m.h-1] = m.presentFoot(pt)
	return rows
}

// scene is the number of the scene that is shown, from 1, among those that
// this run has. A theft is one, however many moments it has.
func (p *present) scene() (at, of int) {
	last := -1
	for i, s := range p.slides {
		if s.Scene != last {
			of++
		}
		last = s.Scene
		if i == p.at {
			at = of
		}
	}
	return at, of
}

// presentFoot says where the talk is and of what it tells, and on the right
// how to go on.
func (m *Model) presentFoot(pt *painter) string {
	p := &m.present
	room := m.w
	at, of := p.scene()
	room -= pt.put(fmt.Sprintf(" %d of %d", at, of), toneBar, false, room)
	kind, tone := "live", toneGood
	switch l := &p.live; {
	case l.recorded:
		kind, tone = "recorded", toneBar
	case l.source.transcript != nil:
		kind, tone = "saved run", toneBar
	}
	room -= pt.put("   "+kind, tone, false, room)
	if p.hide {
		room -= pt.put("   without PKCE", tonePKCE, false, room)
	}
	if p.reveal {
		room -= pt.put("   secrets shown", toneWarn, false, room)
	}
	if p.auto {
		left := (p.left(m.now()) + time.Second - 1).Truncate(time.Second)
		room -= pt.put("   plays, "+left.String(), toneBar, false, room)
	}
	keys := [][2]string{{"space", "next"}, {"n", "notes"}, {"g", "scenes"}, {"?", "help"}}
	var shown [][2]string
	width := 1
	for _, k := range keys {
		if w := len(k[0]) + len(k[1]) + 3; width+w <= room {
			width += w
			shown = append(shown, k)
		}
	}
	pt.pad(room-width, false)
	room = min(room, width)
	for _, k := range shown {
		room -= pt.put(k[0], toneKey, false, room)
		room -= pt.put(" "+k[1]+"  ", toneBar, false, room)
	}
	pt.pad(room, false)
	return m.clip(pt.row())
}
