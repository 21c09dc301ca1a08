package tui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/inspect"
)

// dialog lies over the screen and has the keys while it is on top.
type dialog interface {
	update(m *Model, msg tea.Msg) tea.Cmd
	sheet(m *Model) sheet
}

// A dialog may also take clicks and the wheel.
type (
	clicker interface {
		click(m *Model, x, y int)
	}
	scroller interface{ scroll(m *Model, by int) }
)

// sheet is what a dialog shows: a box in the middle of the screen.
type sheet struct {
	title  string
	lines  []line
	foot   []string // pairs of key and word
	width  int      // of the text
	offset int      // first row shown
	// The cursor stands in a field: in line cursor, cursorX cells from the left.
	cursor, cursorX int
	hasCursor       bool
	// follow says that line cursor is kept in sight, with a cursor or without.
	follow bool
	// selected is the item that has the bar, 0 for none.
	selected int
	// spare are blank rows below the text, where another field may have more to
	// say: the sheet stands still while the cursor goes through it.
	spare int
	// bare says that there is neither frame nor title, for what needs all the
	// room of the window.
	bare bool
}

// place is where the sheet stands, and its doc wrapped for it.
func (s sheet) place(m *Model) (rect, *doc) {
	// At the least width of two panes their outer edges stay in sight.
	w := min(s.width, m.w-choose(m.w >= pairWidth, 8, 6))
	d := &doc{lines: s.lines}
	if s.bare {
		d.wrap(m.ruler, s.width)
		return centred(m.w, m.h, s.width, d.rows()), d
	}
	d.wrap(m.ruler, w)
	h := d.rows() + s.spare + 2 + m.sheetPad()
	if n := len(s.footRows(m, w)); n > 0 {
		h += 1 + n + m.sheetPad()
	}
	// A notice of several rows stands below the sheet, not over it.
	room := m.h - m.overFoot()
	return centred(m.w, room, w+6, min(h, room-choose(m.h > 20, 2, 0))), d
}

// grown is the width of a text that asks for so many columns at least: in a
// wide window more, as far as its longest row needs them, and most of all most.
func (m *Model) grown(least, most int, lines []line) int {
	w := least
	for _, l := range lines {
		w = max(w, m.ruler.StringWidth(l.text()))
	}
	return min(w, max(least, most))
}

// footRows are the rows of the foot at a width: no key is cut off.
func (s sheet) footRows(m *Model, w int) [][]footKey {
	var rows [][]footKey
	room := 0
	for i := 0; i+1 < len(s.foot); i += 2 {
		k := footKey{key: s.foot[i], word: s.foot[i+1]}
		n := m.footWidth(k)
		if room < n {
			rows, room = append(rows, nil), w+2 // no air after the last one
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], k)
		room -= n
	}
	return rows
}

// hidden is how many rows of the text the window does not hold.
func (s sheet) hidden(m *Model) int {
	r, d := s.place(m)
	return max(d.rows()-m.sheetRoom(s, r), 0)
}

// first is the first row to show, such that the row given is in sight.
func (s sheet) first(room, rows, row int) int {
	at := min(s.offset, max(rows-room, 0))
	if row >= 0 {
		at = max(min(at, row), row-room+1)
	}
	return max(at, 0)
}

// scrollOrClose is the foot of a sheet that is read.
var scrollOrClose = []string{"↑↓", "scroll", "any other key", "close"}

// message is a dialog that says something and is closed by any key; those that
// move scroll it where it does not fit.
type message struct {
	title  string
	lines  []line
	offset int
}

// newMessage puts an error into a box.
func newMessage(title string, err error) *message {
	d := &message{title: inspect.Clean(title)}
	fe, ok := asFlowError(err)
	if !ok {
		d.lines = []line{prose(toneText, 0, inspect.Clean(err.Error()))}
		return d
	}
	d.lines = []line{prose(toneStrong, 0, inspect.Clean(fe.What))}
	if fe.Why != "" {
		d.lines = append(d.lines, line{}, prose(toneText, 0, inspect.Clean(fe.Why)))
	}
	if fe.Try != "" {
		d.lines = append(d.lines, line{}, line{spans: []span{{"Try: ", toneGood}, {inspect.Clean(fe.Try), toneText}}, prose: true})
	}
	return d
}

func (d *message) update(m *Model, msg tea.Msg) tea.Cmd {
	k, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil
	}
	if most := d.most(m); most > 0 {
		by, moves := map[string]int{"down": 1, "j": 1, "up": -1, "k": -1, "pgdown": m.h / 2, "space": m.h / 2, "pgup": -m.h / 2}[k.String()]
		if moves {
			d.scroll(m, by)
			return nil
		}
	}
	m.shut()
	return nil
}

// most is the last row that can be the first one shown.
func (d *message) most(m *Model) int {
	return d.plain(m).hidden(m)
}

func (d *message) scroll(m *Model, by int) { d.offset = max(min(d.offset+by, d.most(m)), 0) }

func (d *message) plain(m *Model) sheet {
	// In a narrow window a few letters beside a sheet are only in the way.
	least := choose(m.w < wideWidth, 72, 64)
	return sheet{title: d.title, lines: d.lines, width: m.grown(least, m.w/2, d.lines), foot: []string{"any key", "close"}, offset: d.offset}
}

func (d *message) sheet(m *Model) sheet {
	s := d.plain(m)
	if s.hidden(m) > 0 {
		s.foot = scrollOrClose
	}
	return s
}

// question is a dialog that asks before something is done.
type question struct {
	title   string
	lines   []line
	answers []answer
}

type answer struct {
	key, word string
	do        func(*Model) tea.Cmd
}

func (d *question) update(m *Model, msg tea.Msg) tea.Cmd {
	k, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil
	}
	for _, a := range d.answers {
		if k.String() == a.key {
			m.shut()
			return a.do(m)
		}
	}
	if k.String() == "esc" || k.String() == "q" {
		m.shut()
	}
	return nil
}

func (d *question) sheet(m *Model) sheet {
	var pairs []string
	for _, a := range d.answers {
		pairs = append(pairs, a.key, a.word)
	}
	return sheet{title: d.title, lines: d.lines, width: m.grown(76, m.w/2, d.lines), foot: append(pairs, "esc", "no")}
}

// helpSheet shows every key, made from the table that is in force.
type helpSheet struct {
	table  []command
	offset int
}

func newHelp(table []command) *helpSheet { return &helpSheet{table: table} }

func (d *helpSheet) update(m *Model, msg tea.Msg) tea.Cmd {
	k, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil
	}
	if d.sheet(m).hidden(m) == 0 {
		m.shut()
		return nil
	}
	switch k.String() {
	case "down", "j":
		d.offset++
	case "up", "k":
		d.offset--
	case "pgdown", "space":
		d.offset += d.page(m)
	case "pgup":
		d.offset -= d.page(m)
	case "home", "g":
		d.offset = 0
	case "end", "G":
		d.offset = 1 << 20
	default:
		m.shut()
		return nil
	}
	d.bound(m)
	return nil
}

// page is how far a page goes: its last row becomes the first.
func (d *helpSheet) page(m *Model) int {
	s := d.sheet(m)
	r, _ := s.place(m)
	return max(m.sheetRoom(s, r)-1, 1)
}

// bound keeps the offset inside, so that the first key back is felt.
func (d *helpSheet) bound(m *Model) {
	d.offset = max(min(d.offset, d.sheet(m).hidden(m)), 0)
}

func (d *helpSheet) scroll(m *Model, by int) {
	d.offset += by
	d.bound(m)
}

func (d *helpSheet) sheet(m *Model) sheet {
	s := sheet{title: "Keys", offset: d.offset, foot: []string{"any key", "close"}}
	group := ""
	for _, c := range d.table {
		if c.group == "" {
			continue
		}
		if c.group != group {
			if group != "" {
				s.lines = append(s.lines, line{})
			}
			group = c.group
			s.lines = append(s.lines, plain(toneTitle, group))
		}
		spans := []span{{"  " + fill(m, c.Help().Key, 10), toneKey}, {c.long, toneText}}
		if why := c.dead(m); why != "" {
			spans[1].tone = toneFaint
			spans = append(spans, span{" Not now: " + why, toneFaint})
		}
		s.lines = append(s.lines, line{spans: spans, hang: 12, prose: true})
	}
	s.lines = append(s.lines, line{}, plain(toneTitle, "Signs"))
	for _, l := range [][2]string{
		{"+ ━", "what PKCE adds to the plain code flow"},
		{"~", "changed by you before it was sent"},
		{"! ✗", "wrong, failed or refused"},
		{"▲ ●", "a warning; something to know"},
		{"▸ … ✓", "the step that comes next; under way; done"},
		{"– × ○", "skipped; cancelled; offered, for you to choose"},
	} {
		s.lines = append(s.lines, line{spans: []span{{"  " + fill(m, l[0], 10), toneKey}, {l[1], toneText}}, hang: 12, prose: true})
	}
	s.width = min(m.grown(92, m.w*2/3, s.lines), m.w-8)
	if s.hidden(m) > 0 {
		s.foot = scrollOrClose
	}
	return s
}
