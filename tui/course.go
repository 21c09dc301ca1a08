package tui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/inspect"
)

// course is a screen with a list on the left, and on the right what was chosen
// from it: the lessons and the broken tenants.
type course struct {
	back  screen
	at    int
	panes [2]labPane
	shown courseKey
}

// courseKey is what the panes were made for.
type courseKey struct{ at, state, w, h int }

// courseEntry is a row of the list, or two if its title is long.
type courseEntry struct {
	number int // 0: none
	title  string
	done   bool
	failed bool
}

// sync lays the screen out, if anything changed, and says whether it did. state is raised whenever the
// right pane has something else to say.
func (c *course) sync(m *Model, state int, title string, entries []courseEntry, right func() content) bool {
	key := courseKey{c.at, state, m.w, m.h}
	if key == c.shown || m.w < leastWidth || m.h < leastHeight {
		return false
	}
	same := key.at == c.shown.at && key.state == c.shown.state
	c.shown = key
	done := 0
	d := &doc{}
	for i, e := range entries {
		on := i == c.at
		sign, signTone, tone := "  ", toneGood, toneText
		switch {
		case e.done:
			sign, done = "✓ ", done+1
		case e.failed:
			sign, signTone = "✗ ", toneBad
		}
		if on {
			tone = toneStrong
		}
		number := ""
		if e.number > 0 {
			number = fmt.Sprintf("%2d ", e.number)
		}
		d.lines = append(d.lines, line{
			spans: []span{{sign, signTone}, {number + inspect.Clean(e.title), tone}},
			item:  i + 1, most: 2, prose: true, hang: 2 + len(number),
		})
	}
	list, detail := rect{0, 1, m.w, m.h - 2}.left(min(max(m.w*9/20, 30), 56))
	c.panes[0].set(m, list, content{title: title, note: fmt.Sprintf("%d of %d", done, len(entries)), doc: d}, true)
	c.panes[0].item = c.at + 1
	c.panes[0].bring(d.itemRows(c.at + 1))
	c.panes[1].set(m, detail, right(), same)
	return true
}

func (c *course) move(by, n int) { c.at = min(max(c.at+by, 0), n-1) }

func (c *course) both() []*labPane { return []*labPane{&c.panes[0], &c.panes[1]} }

// scroll moves the right pane.
func (c *course) scroll(by int) tea.Cmd {
	c.panes[1].scroll(by)
	return nil
}

// click returns the row of the list under the pointer, or -1.
func (c *course) click(x, y int) int {
	i, row := labClick(c.both(), x, y)
	if d := c.panes[0].doc; i == 0 && row >= 0 && row < d.rows() {
		n, _ := d.at(row)
		return d.line(n).item - 1
	}
	return -1
}

// paragraphs are texts with an empty line after each.
func paragraphs(texts ...string) []line {
	var out []line
	for _, text := range texts {
		out = append(out, prose(toneText, 0, inspect.Clean(text)), line{})
	}
	return out
}
