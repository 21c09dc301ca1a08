package tui

import (
	"context"
	"fmt"
	"os"

	tea "charm.land/bubbletea/v2"
	"golang.org/x/term"
)

// errGone ends the program when its terminal does. It counts as being told to
// end: nobody is left who could press a key.
var errGone = fmt.Errorf("the terminal is gone: %w", context.Canceled)

// keyboard is the terminal that the keys come from. gone is called when it will
// bring no more: a terminal that was closed reads as the end of a file, also
// where no signal says so because it is ignored (nohup) or goes to another
// session (runuser, setsid). Bubble Tea takes that end for nothing at all and
// waits on (v2.0.9).
type keyboard struct {
	*os.File
	gone func()
}

// Read implements [io.Reader].
func (k keyboard) Read(p []byte) (int, error) {
	n, err := k.File.Read(p)
	if err != nil {
		k.gone()
	}
	return n, err
}

// openKeyboard opens standard input, or the terminal itself where standard
// input brings something else.
func openKeyboard(gone func()) (keyboard, error) {
	if term.IsTerminal(int(os.Stdin.Fd())) {
		return keyboard{os.Stdin, gone}, nil
	}
	in, _, err := tea.OpenTTY()
	if err != nil {
		return keyboard{}, fmt.Errorf("no terminal to read keys from: %w", err)
	}
	return keyboard{in, gone}, nil
}
