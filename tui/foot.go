package tui

import (
	"slices"
)

// The last row of the screen: the keys that do something now, what is being
// sought, or a notice.

const findPrompt = " find: "

func (m *Model) findRoom() int { return max(m.w-len(findPrompt)-18, 8) }

// footRow is the notice of the moment, or the keys that do something now.
func (m *Model) footRow(p *painter) string {
	room := m.w
	switch {
	case m.search.typing && m.top() == nil:
		room -= p.put(findPrompt, toneHere, false, room)
		text, _ := m.search.input.window(m, m.findRoom())
		room -= p.put(text, toneText, false, room)
		place := "  " + m.search.place()
		p.pad(room-len(place)-1, false)
		p.put(place+" ", toneFaint, false, min(room, len(place)+1))
		return m.clip(p.row())
	}
	room -= p.put(" ", toneText, false, room)
	room -= p.keys(m.footKeys(room), room)
	p.pad(room, false)
	return m.clip(p.row())
}

// noticeDoc is the notice, and how many rows of the window it takes: as many
// as it needs, because half a sentence about a failure helps nobody.
func (m *Model) noticeDoc() (*doc, int) {
	d := &doc{}
	if m.notice.text != "" {
		d.lines = []line{prose(m.notice.tone, 0, m.notice.text)}
		if m.ruler.StringWidth(m.notice.text) <= m.w-2 {
			d.lines[0].prose = false // one long row hides less than two short ones
		}
	}
	d.wrap(m.ruler, max(m.w-2, 1))
	return d, min(d.rows(), 6, m.h)
}

// overFoot is how many rows of the notice stand above the foot's.
func (m *Model) overFoot() int {
	_, n := m.noticeDoc()
	return max(n-1, 0)
}

// liftEdge moves the row above the foot over a notice of several rows: it is
// the lower edge of what is shown.
func (m *Model) liftEdge(rows []string) {
	if up := m.overFoot(); up > 0 && len(rows) > up+1 {
		rows[len(rows)-2-up] = rows[len(rows)-2]
	}
}

// noticeRows puts the notice over the foot.
func (m *Model) noticeRows(p *painter, rows []string) {
	d, n := m.noticeDoc()
	for i := range n {
		p.pad(1, false)
		d.draw(p, i, look{current: -1})
		p.pad(1, false)
		rows[len(rows)-n+i] = m.clip(p.row())
	}
}

type footKey struct {
	key, word string
	order     int
}

// footKeys are the keys for the foot, by importance, as many as there is room
// for. Dead keys are left out, and help is always there.
func (m *Model) footKeys(room int) []footKey {
	if m.covered() {
		return nil // the sheet names its own
	}
	var all []footKey
	for _, c := range m.table() {
		if word := c.word(m); c.foot > 0 && word != "" && c.dead(m) == "" {
			order := c.foot
			if m.visit.lab && c.labFoot > 0 {
				order = c.labFoot
			}
			all = append(all, footKey{c.Help().Key, word, order})
		}
	}
	// Enter, help and the way out come before all others; what is left is
	// shown in the order of the table as far as it fits.
	rank := func(k footKey) int {
		switch k.order {
		case 1:
			return -3
		case 89:
			return -2
		case 88, 90:
			return -1
		}
		return k.order
	}
	slices.SortStableFunc(all, func(a, b footKey) int { return rank(a) - rank(b) })
	var out []footKey
	for _, k := range all {
		w := m.footWidth(k)
		if w > room {
			break
		}
		room -= w
		out = append(out, k)
	}
	slices.SortStableFunc(out, func(a, b footKey) int { return a.order - b.order })
	return out
}

// footWidth is how many cells a key takes, with the air behind it.
func (m *Model) footWidth(k footKey) int {
	return m.ruler.StringWidth(k.key) + m.ruler.StringWidth(k.word) + 3
}

// keys writes keys with their words, and says how many cells they took.
func (p *painter) keys(keys []footKey, room int) int {
	n := 0
	for _, k := range keys {
		n += p.put(k.key, toneKey, false, room-n)
		n += p.put(" "+k.word+"  ", toneBar, false, room-n)
	}
	return n
}
