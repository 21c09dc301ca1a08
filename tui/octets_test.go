package tui

import (
	"bytes"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	uv "github.com/charmbracelet/ultraviolet"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// wire counts what Bubble Tea's renderer sends to a terminal of w by h.
type wire struct {
	sent   bytes.Buffer
	out    *uv.TerminalRenderer
	screen uv.ScreenBuffer
}

func newWire(w, h int) *wire {
	l := &wire{screen: uv.NewScreenBuffer(w, h)}
	l.out = uv.NewTerminalRenderer(&l.sent, []string{"TERM=xterm-256color"})
	l.out.SetColorProfile(colorprofile.ANSI256)
	l.out.SetFullscreen(true)
	l.out.SetRelativeCursor(false)
	l.out.Resize(w, h)
	return l
}

// show draws a screen and returns how many octets it took.
func (l *wire) show(t *testing.T, content string) int {
	t.Helper()
	l.sent.Reset()
	l.screen.Clear()
	uv.NewStyledString(content).Draw(l.screen, l.screen.Bounds())
	l.out.Render(l.screen.RenderBuffer)
	if err := l.out.Flush(); err != nil {
		t.Fatal(err)
	}
	return l.sent.Len()
}

// Over a slow line, too, moving about is quick: a key sends about a kilobyte at most,
// unless it goes to another step, and those that do four at most.
func TestMovingAboutSendsLittle(t *testing.T) {
	m, _ := fixture("dark", flow.StepKeys, false)
	// As much is said as is said of real steps and rows.
	words := func(n int, of string) string { return strings.Repeat(of+" has a story of its own. ", n) }
	for i := range m.visit.reading.report.Steps {
		s := &m.visit.reading.report.Steps[i]
		s.Body = append(s.Body, words(12, s.Title), words(8, string(s.ID)))
		for j := range s.Exchanges {
			for _, msg := range []*inspect.Message{&s.Exchanges[j].Request, s.Exchanges[j].Response} {
				for k := 0; msg != nil && k < len(msg.Rows); k++ {
					msg.Rows[k].Without = words(6, msg.Rows[k].Name)
				}
			}
		}
	}
	var model tea.Model = sized(m, 120, 40)
	line := newWire(120, 40)
	line.show(t, model.View().Content)
	round := []string{"tab", "j", "j", "j", "k", "tab", "j", "j", "tab", "j", "tab", "tab", "tab", "shift+tab", "tab"}
	for range 5 {
		for _, key := range append([]string{"left"}, round...) {
			step := model.(Model).visit.step
			model, _ = model.Update(keyPress(key))
			most := choose(model.(Model).visit.step == step, 1200, 4000)
			if n := line.show(t, model.View().Content); n > most {
				t.Errorf("%s in step %d sends %d octets, more than %d", key, step, n, most)
			}
		}
	}
}
