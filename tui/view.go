package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/inspect"
)

// View implements [tea.Model]. It only draws what is there.
func (m Model) View() tea.View {
	v := tea.View{AltScreen: true, MouseMode: tea.MouseModeCellMotion, WindowTitle: "pkcescope"}
	if m.w <= 0 || m.h <= 0 {
		return v
	}
	p := &painter{theme: m.theme, ruler: m.ruler}
	p.b.Grow(m.w * m.h * 2)
	if m.unreadable() {
		v.SetContent(strings.Join(m.tooSmall(p), "\n"))
		return v
	}
	d := m.top()
	p.dim = m.covered()
	rows := m.shown().rows(&m, p)
	p.dim = false
	m.liftEdge(rows)
	switch {
	case d != nil:
		v.Cursor = m.overlay(p, rows, d.sheet(&m))
	case m.screen == screenWalk && m.waiting():
		v.Cursor = m.overlay(p, rows, m.waitSheet())
	case m.compareWaiting():
		v.Cursor = m.overlay(p, rows, m.compareWaitSheet())
	case m.search.typing:
		_, x := m.search.input.window(&m, m.findRoom())
		v.Cursor = tea.NewCursor(len(findPrompt)+x, m.h-1)
	case m.screen == screenBench:
		v.Cursor = m.benchCursor()
	}
	m.noticeRows(p, rows)
	v.SetContent(strings.Join(rows, "\n"))
	return v
}

// covered says whether a sheet lies over the screen and has the keys.
func (m *Model) covered() bool {
	return m.top() != nil || m.screen == screenWalk && m.waiting() || m.compareWaiting()
}

// unreadable says whether the window is smaller than anything can be laid out
// in. Before its size is known it is not.
func (m *Model) unreadable() bool {
	return m.w > 0 && m.h > 0 && (m.w < leastWidth || m.h < leastHeight)
}

// tooSmall refuses a window in which nothing can be read, and says what to try
// in as many words as the window holds: the last ones fit into 10×3.
func (m *Model) tooSmall(p *painter) []string {
	d := &doc{}
	for _, text := range []string{
		"This window has %d×%d cells, which is too small. Make it at least %d×%d, or the letters smaller. Nothing is lost meanwhile; q quits.",
		"%d×%d is too small. Make the window at least %d×%d.",
		"%d×%d is too small: try %d×%d.",
	} {
		d = &doc{lines: []line{prose(toneText, 0, fmt.Sprintf(text, m.w, m.h, leastWidth, leastHeight))}}
		d.wrap(m.ruler, m.w)
		if d.rows() <= m.h {
			break
		}
	}
	rows := make([]string, m.h)
	for y := range rows {
		d.draw(p, y, look{current: -1})
		rows[y] = p.row()
	}
	return rows
}

func (m *Model) homeRows(p *painter) []string {
	r, d := m.homePlace()
	off := m.homeOffset(r, d)
	rows := make([]string, m.h)
	for y := range m.h - 1 {
		if y >= r.y && y < r.y+r.h {
			p.pad(r.x, false)
			i := -1
			if n := off + y - r.y; n < d.rows() {
				i, _ = d.at(n)
			}
			d.draw(p, off+y-r.y, look{selected: i >= 0 && d.line(i).item == m.home.at+1, current: -1})
			// What is out of sight is pointed at.
			more := choose(y == r.y && off > 0, " ↑", choose(y == r.y+r.h-1 && off+r.h < d.rows(), " ↓", ""))
			room := m.w - r.x - r.w
			room -= p.put(more, toneFaint, false, room)
			p.pad(room, false)
		} else {
			p.pad(m.w, false)
		}
		rows[y] = p.row()
	}
	rows[m.h-1] = m.footRow(p)
	return rows
}

func (m *Model) walkRows(p *painter) []string {
	rows := make([]string, m.h)
	rows[0] = m.headRow(p)
	across := m.layout.across()
	for y := 1; y < m.h-1; y++ {
		for _, i := range across {
			if r := m.layout.panes[i]; y >= r.y && y < r.y+r.h && !r.empty() {
				m.paneRow(p, i, y-r.y)
			}
		}
		rows[y] = p.row()
	}
	rows[m.h-1] = m.footRow(p)
	return rows
}

// headRow says what is open and where it stands.
func (m *Model) headRow(p *painter) string {
	steps := m.visit.reading.report.Steps
	at, of := 0, 0
	for i, s := range steps {
		if m.hide && s.PKCE || s.Instead {
			continue // it is not on this walk's way
		}
		of++
		if i <= m.visit.step {
			at++
		}
	}
	right := ""
	if s, _ := m.step(); s.Instead {
		right = "offered "
	} else if of > 0 {
		right = fmt.Sprintf("step %d of %d ", at, of)
	}
	tags := m.headTags()
	room := m.w - len(right)
	room -= p.put(" pkcescope", toneHere, false, room)
	room -= p.put("  ", toneText, false, room)
	for _, t := range tags {
		room -= m.ruler.StringWidth(t.text) + 2
	}
	for i, part := range m.whoseParts() {
		part = choose(i > 0, " · ", "") + part
		if i > 0 && m.ruler.StringWidth(part) >= room {
			break
		}
		room -= p.put(m.ruler.Truncate(part, max(room-1, 0), "…"), toneBar, false, room)
	}
	for _, t := range tags {
		p.put("  "+t.text, t.tone, false, m.w)
	}
	p.pad(room, false)
	p.put(right, toneBar, false, m.w)
	return m.clip(p.row())
}

// headTags are what the person must not forget.
func (m *Model) headTags() []span {
	var tags []span
	if !m.live() && m.visit.reading.number > 0 {
		what := "saved run"
		if c := m.visit.reading.transcript.Capture; c != nil {
			what = "capture · " + inspect.Clean(c.Format)
		}
		tags = append(tags, span{what, toneWarn})
	}
	if m.hide {
		tags = append(tags, span{"PKCE hidden", tonePKCE})
	}
	if m.visit.reveal {
		tags = append(tags, span{"secrets shown", toneWarn})
	}
	if b := m.visit.browsers; b != nil && b.played != nil && !b.Played() {
		tags = append(tags, span{"own browser", toneHere})
	}
	return tags
}

// paneRow draws one row of a pane, frame included.
func (m *Model) paneRow(p *painter, i pane, y int) {
	r := m.layout.panes[i]
	s := &m.panes[i]
	on := m.focus == i && !m.covered()
	// Only the title shows the focus: to redraw the frame would send more
	// than what is in it.
	border := toneBorder
	switch {
	case y == 0:
		m.titleRow(p, i, r.w, border, on)
	case y > m.layout.inner(i).h:
		m.bottomRow(p, s, r.w, border)
	default:
		row := s.offset + y - 1
		if m.diagram && !m.tellsBeside(i) && y == 1 {
			row = 0 // the lanes keep their names
		}
		k := look{current: -1}
		if s.doc != nil && row < s.doc.rows() {
			n, _ := s.doc.at(row)
			if item := s.doc.line(n).item; item > 0 && item == s.item && !m.diagram {
				// One row says it, the first in sight: a mark down the whole of a
				// long item would send most of it again.
				from, _ := s.doc.itemRows(item)
				first := row == max(from, s.offset)
				k.selected, k.named = i == paneSteps, on && i != paneSteps && first
			} else if item > 0 && m.diagram {
				k.selected = true
			}
		}
		if m.search.text != "" && s == m.sought() {
			k.hits, k.current = m.search.hits, m.search.current
		}
		p.put(light.side, border, false, 1)
		p.mark(k)
		if s.doc != nil {
			s.doc.draw(p, row, k)
		} else {
			p.pad(r.w-4, false)
		}
		p.pad(1, k.selected)
		p.put(light.side, border, false, 1)
	}
}

// frame is the characters of a box.
type frame struct{ nw, ne, sw, se, side, flat string }

var light = frame{"╭", "╮", "╰", "╯", "│", "─"}

// titleRow is the upper edge, with the pane's name and, where several share a
// place, those of the others.
func (m *Model) titleRow(p *painter, i pane, w int, border tone, on bool) {
	s, f := &m.panes[i], light
	note := s.note
	if i == paneAbout && m.layout.joined {
		f.nw, f.ne = "├", "┤"
		note = m.panes[paneExplain].extent()
	}
	room := w - 2
	p.put(f.nw, border, false, 1)
	room -= p.put(f.flat, border, false, room)
	name := m.ruler.Truncate(s.title, max(room-4, 0), "…")
	room -= m.title(p, name, on, room)
	for _, other := range m.beside(i) {
		if room > m.ruler.StringWidth(other)+4 {
			room -= p.put(f.flat, border, false, room)
			room -= p.put(" "+other+" ", toneFaint, false, room)
		}
	}
	if n := m.ruler.StringWidth(note); n > 0 && n+4 <= room {
		for range room - n - 3 {
			p.put(f.flat, border, false, 1)
		}
		p.put(" "+note+" ", toneFaint, false, n+2)
		p.put(f.flat, border, false, 1)
	} else {
		p.put(strings.Repeat(f.flat, max(room, 0)), border, false, room)
	}
	p.put(f.ne, border, false, 1)
}

// title writes the name of a pane. The one that has the keys stands out in
// reverse, and where there is no reverse between two marks.
func (m *Model) title(p *painter, name string, on bool, room int) int {
	if !on {
		return p.put(" "+name+" ", toneTitle, false, room)
	}
	n := p.put("▐", toneFocus, false, room)
	n += p.put(name, toneTitleOn, false, room-n)
	return n + p.put("▌", toneFocus, false, room-n)
}

// beside names the panes that share this one's place, while they are not shown.
func (m *Model) beside(i pane) []string {
	var names []string
	if m.diagram {
		return nil
	}
	add := func(p pane, name string) {
		if p != i && m.layout.panes[p].empty() {
			names = append(names, name)
		}
	}
	switch i {
	case paneRequest, paneResponse:
		add(paneRequest, "Request")
		if !m.whole() {
			add(paneResponse, "Response")
		}
	case paneExplain, paneAbout, paneFindings:
		if i == paneFindings && m.w >= wideWidth {
			break // it has a place of its own
		}
		add(paneExplain, "What is happening")
		if m.hasAbout() {
			add(paneAbout, "About")
		}
		s, _ := m.step()
		add(paneFindings, choose(len(s.Findings) > 0, fmt.Sprintf("Findings %d", len(s.Findings)), "Findings"))
	case paneSteps:
	}
	return names
}

// bottomRow is the lower edge; where there is more than is in sight it says
// how far down this is.
func (m *Model) bottomRow(p *painter, s *paneState, w int, border tone) {
	text, f := s.extent(), light
	if text != "" {
		text = " " + text + " "
	}
	n := m.ruler.StringWidth(text)
	if n > w-4 {
		text, n = "", 0
	}
	p.put(f.sw, border, false, 1)
	p.put(strings.Repeat(f.flat, max(w-3-n, 0)), border, false, w)
	p.put(text, toneFaint, false, n)
	p.put(f.flat+f.se, border, false, 2)
}

// extent says how far down a pane is, where there is more than is in sight.
func (p *paneState) extent() string {
	if p.doc == nil || p.height == 0 || p.doc.rows() <= p.height {
		return ""
	}
	return fmt.Sprintf("%d–%d of %d", p.offset+1, min(p.offset+p.height, p.doc.rows()), p.doc.rows())
}

// clip makes sure of the width, whatever was put into a row.
func (m *Model) clip(row string) string {
	if m.ruler.StringWidth(row) > m.w {
		return m.ruler.Truncate(row, m.w, "")
	}
	return row
}

// sheetRoom is how many rows of a sheet's text are shown.
func (m *Model) sheetRoom(s sheet, r rect) int {
	room := r.h - 2 - m.sheetPad()
	if n := len(s.footRows(m, r.w-6)); n > 0 {
		room -= 1 + n + m.sheetPad()
	}
	return room
}

// sheetPad is the air above and below a sheet's text, where there is room.
func (m *Model) sheetPad() int { return choose(m.h >= 30, 1, 0) }

// sheetFirst is the first row of a sheet that is shown.
func (m *Model) sheetFirst(s sheet, r rect, d *doc) int {
	room := m.sheetRoom(s, r)
	if s.selected == 0 && !s.hasCursor && !s.follow {
		return s.first(room, d.rows(), -1)
	}
	if s.cursor >= len(s.lines) {
		return 0
	}
	// A hint or a problem below the field should be seen with it.
	last := min(d.starts[s.cursor+1], d.rows()-1)
	return s.first(room, d.rows(), last)
}

// sheetItem is the item of a sheet under the pointer, 0 for none.
func (m *Model) sheetItem(s sheet, x, y int) int {
	r, d := s.place(m)
	row := y - r.y - 1 - m.sheetPad()
	if !r.holds(x, y) || row < 0 || row >= m.sheetRoom(s, r) {
		return 0
	}
	if row += m.sheetFirst(s, r, d); row >= d.rows() {
		return 0
	}
	i, _ := d.at(row)
	return d.line(i).item
}

// overlay draws a sheet over rows and returns where the cursor stands.
func (m *Model) overlay(p *painter, rows []string, s sheet) *tea.Cursor {
	r, d := s.place(m)
	if s.bare {
		for y := range r.h {
			d.draw(p, y, look{current: -1})
			m.splice(rows, r, y, p.row())
		}
		return nil
	}
	first, pad := m.sheetFirst(s, r, d), m.sheetPad()
	room := m.sheetRoom(s, r)
	margin := (r.w - 2 - d.width) / 2
	foot := s.footRows(m, d.width)
	footAt := r.h - 1 - pad - len(foot)
	for y := range r.h {
		switch {
		case y == 0:
			m.sheetTitle(p, s.title, r.w)
		case y == r.h-1:
			text := ""
			if d.rows() > room {
				text = fmt.Sprintf(" %d–%d of %d ", first+1, min(first+room, d.rows()), d.rows())
			}
			n := m.ruler.StringWidth(text)
			p.put(light.sw+strings.Repeat(light.flat, max(r.w-3-n, 0)), toneFocus, false, r.w)
			p.put(text, toneFaint, false, n)
			p.put(light.flat+light.se, toneFocus, false, 2)
		default:
			p.put(light.side, toneFocus, false, 1)
			row := first + y - 1 - pad
			switch {
			case y-1 < pad:
				p.pad(r.w-2, false)
			case y-1-pad < room:
				k := look{current: -1}
				if s.selected > 0 && row < d.rows() {
					i, _ := d.at(row)
					k.selected = d.line(i).item == s.selected
				}
				p.pad(margin-1, false)
				p.mark(k)
				d.draw(p, row, k)
				p.pad(r.w-2-d.width-margin, false)
			case y >= footAt && y-footAt < len(foot):
				room := r.w - 2 - margin
				p.pad(margin, false)
				p.pad(room-p.keys(foot[y-footAt], room), false)
			default:
				p.pad(r.w-2, false)
			}
			p.put(light.side, toneFocus, false, 1)
		}
		m.splice(rows, r, y, p.row())
	}
	if !s.hasCursor {
		return nil
	}
	y := d.starts[min(s.cursor, len(d.starts)-1)] - first
	if y < 0 || y >= room {
		return nil
	}
	return tea.NewCursor(r.x+1+margin+s.cursorX, r.y+1+pad+y)
}

func (m *Model) sheetTitle(p *painter, title string, w int) {
	room := w - 2
	p.put(light.nw, toneFocus, false, 1)
	room -= p.put(light.flat, toneFocus, false, room)
	room -= m.title(p, m.ruler.Truncate(title, max(room-3, 0), "…"), true, room)
	p.put(strings.Repeat(light.flat, max(room, 0))+light.ne, toneFocus, false, room+1)
}

// splice puts a row of a sheet into a row of the screen.
func (m *Model) splice(rows []string, r rect, y int, text string) {
	at := r.y + y
	if at < 0 || at >= len(rows) {
		return
	}
	left := m.ruler.Truncate(rows[at], r.x, "")
	if n := r.x - m.ruler.StringWidth(left); n > 0 {
		left += blanks[:min(n, len(blanks))]
	}
	right := m.ruler.TruncateLeft(rows[at], r.x+r.w, "")
	if n := m.w - r.x - r.w; m.ruler.StringWidth(right) > n {
		// A wide character stood across the edge.
		right = " " + m.ruler.TruncateLeft(rows[at], r.x+r.w+1, "")
	}
	rows[at] = left + "\x1b[0m" + text + right
}
