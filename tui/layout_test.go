package tui

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pkcescope/pkcescope/flow"
)

// At every size, whatever has the focus, the panes cover the window between
// head and foot exactly once, and the focused one is among them.
func TestPanesTileTheWindowAtEverySize(t *testing.T) {
	for w := range 201 {
		for h := range 61 {
			for focus := range pane(numPanes) {
				for _, a := range []arrangement{
					{}, {whole: true}, {single: true}, {answered: true}, {about: true}, {about: true, whole: true}, {request: 3, findings: 200}, {request: 200, findings: 1, about: true},
				} {
					a.w, a.h, a.focus = w, h, focus
					if problem := tilingProblem(a); problem != "" {
						t.Fatalf("%+v: %s", a, problem)
					}
				}
			}
		}
	}
}

func tilingProblem(a arrangement) string {
	l := newLayout(a)
	if a.w < leastWidth || a.h < leastHeight {
		if l.fits || l != (layout{}) {
			return "arranged although too small"
		}
		return ""
	}
	area := 0
	rects := []rect{l.head, l.foot}
	for p, r := range l.panes {
		if r.empty() {
			continue
		}
		if r.w < 4 || r.h < 3 {
			return fmt.Sprintf("pane %d has no room inside: %+v", p, r)
		}
		rects = append(rects, r)
	}
	for i, r := range rects {
		if r.x < 0 || r.y < 0 || r.x+r.w > a.w || r.y+r.h > a.h {
			return fmt.Sprintf("%+v stands out of the window", r)
		}
		area += r.w * r.h
		for _, o := range rects[:i] {
			if r.x < o.x+o.w && o.x < r.x+r.w && r.y < o.y+o.h && o.y < r.y+r.h {
				return fmt.Sprintf("%+v and %+v overlap", r, o)
			}
		}
	}
	if area != a.w*a.h {
		return fmt.Sprintf("%d of %d cells are covered", area, a.w*a.h)
	}
	focus := a.focus
	if a.whole && focus == paneResponse {
		focus = paneRequest
	}
	if l.panes[focus].empty() && !(a.single && a.whole) {
		return "the focused pane is not shown"
	}
	return ""
}

// The story of the step keeps its place while a row is selected, also beside a
// finding.
func TestTheStoryStaysBesideWhatIsSelected(t *testing.T) {
	for _, findings := range []int{1, 5, 10, 15} {
		for _, focus := range []pane{paneRequest, paneAbout, paneFindings} {
			l := newLayout(arrangement{w: 120, h: 40, focus: focus, about: true, findings: findings})
			if l.panes[paneExplain].empty() || l.panes[paneAbout].empty() || l.inner(paneExplain).h < 7 {
				t.Errorf("beside %d rows of findings: story %+v, selected row %+v", findings, l.panes[paneExplain], l.panes[paneAbout])
			}
		}
	}
}

// A window in which nothing can be read says so and what to try, also where
// hardly anything fits, and takes no key but the way out.
func TestTooSmallWindowSaysWhatToTry(t *testing.T) {
	for _, size := range []struct{ w, h int }{{10, 3}, {12, 3}, {20, 5}, {39, 24}, {200, 11}} {
		d := NewDriver(t, New(Options{}), size.w, size.h)
		screen := strings.Join(strings.Fields(d.Screen()), " ")
		for _, part := range []string{fmt.Sprintf("%d×%d", size.w, size.h), "too small", "40×12"} {
			if !strings.Contains(screen, part) {
				t.Errorf("at %d×%d the screen does not say %q:\n%s", size.w, size.h, part, d.Screen())
			}
		}
		d.Press("down", "enter")
		if m := d.Model.(Model); m.screen != screenHome || m.home.at != 0 {
			t.Errorf("at %d×%d keys act on what nobody sees", size.w, size.h)
		}
		d.Press("q")
		d.Left()
	}
}

// The rows that a painter draws are as wide as the doc, whatever is in it.
func TestRowsAreExactlyAsWideAsTheirDoc(t *testing.T) {
	texts := []string{
		"", "a", "plain words that go on for quite some time and then end",
		"eyJhbGciOiJSUzI1NiIsImtpZCI6IjRWWnZxYkpxVUJsaG9ZcTVaUjE5MVN0NVVScyJ9", "漢字かな交じり文 and Latin", "é́́ combining",
		"👩‍👩‍👧‍👦 family 🇩🇪 flag", "  leading", "trailing   ", "a b c d e f g h i j k l m n o p q",
	}
	for _, text := range texts {
		for _, l := range []line{plain(toneText, text), prose(toneText, 4, text), {spans: []span{{"name  ", toneName}, {text, toneText}}, hang: 6, prose: true, most: 2}} {
			for w := 1; w < 40; w++ {
				d := &doc{lines: []line{l}}
				p := &painter{theme: newTheme(true)}
				d.wrap(p.ruler, w)
				if d.rows() < 1 {
					t.Fatalf("%q at %d: no rows", text, w)
				}
				for row := range d.rows() {
					d.draw(p, row, look{current: -1})
					if got := p.ruler.StringWidth(p.row()); got != w {
						t.Fatalf("%q at width %d: row %d is %d wide", text, w, row, got)
					}
				}
			}
		}
	}
}

// No character gets lost where a line is broken.
func TestBreakingLosesNothing(t *testing.T) {
	for _, text := range []string{"eyJhbGciOiJSUzI1NiIsImtpZCI6IjRWWnZxYkpxVUJsaG9ZcTVaUjE5MVN0", "日本語のテキストはここで折り返す", "some words and anEnormousWordThatFitsNowhereAtAll here"} {
		for w := 2; w < 30; w++ {
			for _, words := range []bool{false, true} {
				l := line{spans: []span{{"ab", toneName}, {text, toneText}}, hang: 1, prose: words}
				d := &doc{lines: []line{l}}
				d.wrap(0, w)
				got := ""
				for sub := range d.rows() {
					from, to := d.extent(0, sub, l, l.text())
					got += l.text()[from:to]
				}
				if got != l.text() {
					t.Fatalf("width %d, words %v: %q became %q", w, words, l.text(), got)
				}
			}
		}
	}
}

// A notice of several rows stands below what is on the screen: it leaves no
// frame open.
func TestALongNoticeLeavesFramesClosed(t *testing.T) {
	walk, _ := fixture("dark", flow.StepToken, false)
	for name, m := range map[string]Model{
		"panes":    sized(walk, 80, 24),
		"a dialog": sized(walk, 80, 24, "s"),
		"the help": sized(walk, 80, 24, "?"),
		"home":     sized(New(Options{Theme: "dark"}), 80, 24, "down", "enter"),
	} {
		t.Run(name, func(t *testing.T) {
			m.say(toneWarn, strings.Repeat("It says a thing that takes more than one row. ", 5))
			text := screenText(m)
			if rows := strings.Count(strings.TrimRight(text, "\n"), "\n") + 1; rows != 24 {
				t.Errorf("%d rows", rows)
			}
			if !strings.Contains(text, "It says a thing") || m.overFoot() == 0 {
				t.Errorf("the notice is not there:\n%s", text)
			}
			for _, pair := range [][2]string{{"╭", "╰"}, {"╮", "╯"}} {
				if opened, closed := strings.Count(text, pair[0]), strings.Count(text, pair[1]); closed < 1 || m.top() == nil && opened != closed {
					t.Errorf("%d of %s and %d of %s:\n%s", opened, pair[0], closed, pair[1], text)
				}
			}
			if d := m.top(); d != nil {
				r, _ := d.sheet(&m).place(&m)
				if r.y+r.h > m.h-1-m.overFoot() {
					t.Errorf("the sheet %+v lies under the notice", r)
				}
			}
		})
	}
}

// Where one column explains what stands above it, the border between the two
// has two places, and a short message leaves the room to its explanation.
func TestAShortMessageLeavesItsRoomToTheExplanation(t *testing.T) {
	high, low := newLayout(arrangement{w: 80, h: 24, focus: paneSteps, upper: 4}), newLayout(arrangement{w: 80, h: 24, focus: paneSteps, upper: 20})
	if a, b := high.inner(paneExplain).h, low.inner(paneExplain).h; a != 11 || b != 7 {
		t.Errorf("the explanation has %d rows below a short message and %d below a long one", a, b)
	}
	for upper := range 40 {
		l := newLayout(arrangement{w: 80, h: 24, focus: paneSteps, upper: upper})
		switch h := l.inner(paneRequest).h; {
		case h != 7 && h != 11:
			t.Errorf("%d rows: the border is at %d", upper, h)
		case upper > 0 && upper <= 7 && h != 7, upper > 7 && h != 11:
			t.Errorf("%d rows are shown in %d", upper, h)
		}
	}
}
