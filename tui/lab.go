package tui

import (
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// Lab is the experiments, as far as the program uses them. The command hands
// them over.
type Lab interface {
	// Play stages an attack at practice tenants of its own. progress hears of a
	// search while it runs, as a bar of so many cells. The function that it
	// returns reads the play, with secrets or without.
	Play(ctx context.Context, r inspect.PlayRef, cells int, progress func(bar string)) (func(reveal bool) inspect.Theatre, error)
	// Compare begins a comparison of a client's runs: the methods and the
	// traps, and what the options allow. With a nil browser the person follows
	// the addresses.
	Compare(c flow.Config, b flow.Browser, o CompareOptions, changed func()) (Twins, error)
	// Flows carries out the flows that the authorization code flow is compared
	// with, at practice tenants of its own.
	Flows(context.Context) (inspect.FlowComparison, error)
}

// Twins is a comparison, as far as the program uses one.
type Twins interface {
	Pending() (flow.StepID, bool)
	Next(context.Context) error
	Waiting() (name, authorizeURL string, listening []string, ok bool)
	Paste(string) error
	// Read lays the runs side by side, as far as they have come.
	Read(reveal bool) inspect.Comparison
	Close() error
}

// framedRow draws one row of a pane of a lab screen, frame included.
func (m *Model) framedRow(p *painter, r rect, s *paneState, y int, on bool) {
	on = on && m.top() == nil
	border := choose(on, toneFocus, toneBorder)
	switch y {
	case 0:
		room := r.w - 2
		p.put(light.nw+light.flat, border, false, 2)
		room--
		room -= m.title(p, m.ruler.Truncate(s.title, max(room-3, 0), "…"), on, room)
		note := choose(s.note != "" && m.ruler.StringWidth(s.note)+4 <= room, " "+s.note+" ", "")
		for range max(room-m.ruler.StringWidth(note)-1, 0) {
			p.put(light.flat, border, false, 1)
		}
		p.put(note, toneFaint, false, r.w)
		p.put(light.flat+light.ne, border, false, choose(room > 0, 2, 1))
	case r.h - 1:
		m.bottomRow(p, s, r.w, border)
	default:
		p.put(light.side, border, false, 1)
		k := look{current: -1}
		row := s.offset + y - 1
		if s.doc != nil && s.item > 0 && row < s.doc.rows() {
			i, _ := s.doc.at(row)
			k.selected = s.doc.line(i).item == s.item
		}
		if m.search.text != "" && s == m.sought() {
			k.hits, k.current = m.search.hits, m.search.current
		}
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

// labPane is a pane of a lab screen and where it stands.
type labPane struct {
	paneState
	r rect
}

// set puts content into the pane, laid out for its rectangle, and keeps the
// place to which it was scrolled if keep is true.
func (l *labPane) set(m *Model, r rect, c content, keep bool) {
	l.r, l.height = r, r.inner().h
	l.content = c
	if !keep {
		l.offset = 0
	}
	l.doc.wrap(m.ruler, max(r.w-4, 1))
	l.clampTo()
}

// clampTo keeps the offset inside; the selection is the screen's own.
func (l *labPane) clampTo() {
	if l.doc == nil {
		l.offset = 0
		return
	}
	l.offset = max(min(l.offset, l.doc.rows()-l.height), 0)
}

// scroll moves the pane by so many rows.
func (l *labPane) scroll(by int) {
	l.offset += by
	l.clampTo()
}

// whyNoScroll says why there is nothing to scroll, or "".
func (l *labPane) whyNoScroll() string {
	return choose(l.doc == nil || l.doc.rows() <= l.height, "All of it is in sight.", "")
}

// scrolled is which of the panes that are read the keys scroll: the first of
// which not all is in sight, and else the first.
func scrolled(panes []*labPane) int {
	return max(slices.IndexFunc(panes, func(l *labPane) bool { return !l.r.empty() && l.whyNoScroll() == "" }), 0)
}

// labRows draws a lab screen out of its panes.
func (m *Model) labRows(p *painter, head string, tags []span, panes []*labPane, focus int) []string {
	rows := make([]string, m.h)
	room := m.w
	room -= p.put(" pkcescope", toneHere, false, room)
	room -= p.put("  "+head, toneBar, false, room)
	for _, t := range tags {
		if room <= 4 {
			break
		}
		room -= p.put("  "+m.ruler.Truncate(t.text, room-2, "…"), t.tone, false, room)
	}
	p.pad(room, false)
	rows[0] = m.clip(p.row())
	for y := 1; y < m.h-1; y++ {
		x := 0
		for i, l := range panes {
			if l.r.empty() || y < l.r.y || y >= l.r.y+l.r.h {
				continue
			}
			p.pad(l.r.x-x, false)
			m.framedRow(p, l.r, &l.paneState, y-l.r.y, i == focus)
			x = l.r.x + l.r.w
		}
		p.pad(m.w-x, false)
		rows[y] = p.row()
	}
	rows[m.h-1] = m.footRow(p)
	return rows
}

// onLabClick focuses the pane under the pointer; onLabWheel scrolls it.
func labClick(panes []*labPane, x, y int) (pane, row int) {
	for i, l := range panes {
		if !l.r.empty() && l.r.holds(x, y) {
			return i, l.offset + y - l.r.y - 1
		}
	}
	return -1, 0
}

func labWheel(panes []*labPane, x, y, by int) {
	for _, l := range panes {
		if !l.r.empty() && l.r.holds(x, y) {
			l.scroll(by)
		}
	}
}

// whyNoLab says why there are no experiments here, or "".
func (m *Model) whyNoLab() string {
	return choose(m.options.Lab != nil, "", "There are no experiments in this program.")
}

// labMsg is a message for a lab screen.
type labMsg interface {
	apply(m *Model) tea.Cmd
}
