package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// Driver plays the person and the runtime: it presses keys, calls Update, and
// carries out the commands that come back.
type Driver struct {
	t     *testing.T
	Model tea.Model
	msgs  chan tea.Msg
	// Said collects what commands asked of the terminal, as text.
	Said []string
	Quit bool
}

// NewDriver starts a model in a window of w by h.
func NewDriver(t *testing.T, m tea.Model, w, h int) *Driver {
	t.Helper()
	d := &Driver{t: t, Model: m, msgs: make(chan tea.Msg, 256)}
	d.start(m.Init())
	d.Send(tea.WindowSizeMsg{Width: w, Height: h})
	return d
}

// start carries out a command beside the test, as the runtime does.
func (d *Driver) start(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	go func() {
		msg := cmd()
		if batch, ok := msg.(tea.BatchMsg); ok {
			for _, c := range batch {
				d.start(c)
			}
			return
		}
		if msg != nil {
			d.msgs <- msg
		}
	}()
}

// Send passes a message to the model.
func (d *Driver) Send(msg tea.Msg) {
	d.t.Helper()
	switch msg.(type) {
	case tea.QuitMsg:
		d.Quit = true
		return
	case tickMsg:
	default:
		if s := fmt.Sprintf("%T %v", msg, msg); strings.Contains(s, "setClipboard") {
			d.Said = append(d.Said, s)
			return
		}
	}
	var cmd tea.Cmd
	d.Model, cmd = d.Model.Update(msg)
	d.start(cmd)
	d.check()
}

// check looks at what must be true of every screen.
func (d *Driver) check() {
	d.t.Helper()
	m := d.Model.(Model)
	checkScreen(d.t, m)
}

// Screen is the screen as text.
func (d *Driver) Screen() string { return ansi.Strip(d.Model.View().Content) }

// Press presses keys, by the names that Bubble Tea gives them.
func (d *Driver) Press(keys ...string) {
	d.t.Helper()
	for _, k := range keys {
		d.Send(keyPress(k))
	}
}

// Type types text.
func (d *Driver) Type(text string) {
	d.t.Helper()
	for _, r := range text {
		d.Send(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
}

// Until carries messages to the model until the screen shows text.
func (d *Driver) Until(text string) {
	d.t.Helper()
	d.until(fmt.Sprintf("%q on the screen", text), func() bool { return strings.Contains(d.Screen(), text) })
}

// Settled carries messages until nothing is running.
func (d *Driver) Settled() {
	d.t.Helper()
	d.until("no step running", func() bool { m := d.Model.(Model); return !m.isRunning() })
}

// Heard carries messages until something was asked of the terminal.
func (d *Driver) Heard() {
	d.t.Helper()
	d.until("a word to the terminal", func() bool { return len(d.Said) > 0 })
}

// Left carries messages until the program has been told to end.
func (d *Driver) Left() {
	d.t.Helper()
	d.until("the end", func() bool { return d.Quit })
}

func (d *Driver) until(what string, ok func() bool) {
	d.t.Helper()
	late := time.After(20 * time.Second)
	for !ok() {
		select {
		case msg := <-d.msgs:
			d.Send(msg)
		case <-late:
			d.t.Fatalf("waited in vain for %s:\n%s", what, d.Screen())
		}
	}
}

// Shows asserts that the screen shows text.
func (d *Driver) Shows(texts ...string) {
	d.t.Helper()
	for _, text := range texts {
		if !strings.Contains(d.Screen(), text) {
			d.t.Errorf("the screen does not show %q:\n%s", text, d.Screen())
		}
	}
}

// Hides asserts that the screen does not show text.
func (d *Driver) Hides(text string) {
	d.t.Helper()
	if strings.Contains(d.Screen(), text) {
		d.t.Errorf("the screen shows %q:\n%s", text, d.Screen())
	}
}

var namedKeys = map[string]tea.Key{
	"enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "tab": {Code: tea.KeyTab},
	"shift+tab": {Code: tea.KeyTab, Mod: tea.ModShift}, "up": {Code: tea.KeyUp}, "down": {Code: tea.KeyDown},
	"left": {Code: tea.KeyLeft}, "right": {Code: tea.KeyRight}, "home": {Code: tea.KeyHome}, "end": {Code: tea.KeyEnd},
	"pgup": {Code: tea.KeyPgUp}, "pgdown": {Code: tea.KeyPgDown}, "space": {Code: tea.KeySpace, Text: " "},
	"backspace": {Code: tea.KeyBackspace}, "delete": {Code: tea.KeyDelete}, "f1": {Code: tea.KeyF1}, "f2": {Code: tea.KeyF2}, "f3": {Code: tea.KeyF3},
}

func keyPress(name string) tea.KeyPressMsg {
	if k, ok := namedKeys[name]; ok {
		return tea.KeyPressMsg(k)
	}
	if c, ok := strings.CutPrefix(name, "ctrl+"); ok {
		return tea.KeyPressMsg{Code: rune(c[0]), Mod: tea.ModCtrl}
	}
	r := []rune(name)[0]
	return tea.KeyPressMsg{Code: r, Text: name}
}

// checkScreen asserts that a screen fills its window and nothing more, and
// holds nothing that a terminal would obey but our own colours.
func checkScreen(t *testing.T, m Model) {
	t.Helper()
	if m.w <= 0 || m.h <= 0 {
		return
	}
	content := m.View().Content
	rows := strings.Split(content, "\n")
	if len(rows) != m.h {
		t.Fatalf("%d×%d: the screen has %d rows: %q", m.w, m.h, len(rows), rows)
	}
	for y, row := range rows {
		plain := ansi.Strip(row)
		if w := m.ruler.StringWidth(plain); w > m.w {
			t.Fatalf("%d×%d: row %d is %d cells wide: %q", m.w, m.h, y, w, plain)
		}
		rest := sgr.ReplaceAllString(row, "")
		for _, r := range rest {
			if hostile(r) {
				t.Fatalf("%d×%d: row %d holds %U: %q", m.w, m.h, y, r, rest)
			}
		}
	}
	if c := m.View().Cursor; c != nil && (c.X < 0 || c.X >= m.w || c.Y < 0 || c.Y >= m.h) {
		t.Fatalf("%d×%d: the cursor stands outside, at %d,%d", m.w, m.h, c.X, c.Y)
	}
}
