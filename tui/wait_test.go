package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

func TestNoKeyIsCutOffWhileWaiting(t *testing.T) {
	for w := leastWidth; w <= 64; w++ {
		d := waitingFor(t, "https://login.example/authorize?client_id=app", w, 24, nil)
		d.Shows("y copy address", "Q QR code", "p paste answer", "esc cancel")
	}
}

// What does not fit is reached by the arrows and the wheel, to its end and no
// further.
func TestWhatIsSaidWhileWaitingScrolls(t *testing.T) {
	address := "https://login.example/authorize?" + strings.Repeat("x", 200) + "END"
	d := waitingFor(t, address, leastWidth, leastHeight, nil)
	d.Shows("Sign in there")
	d.Hides("END")
	if w := waitingFor(t, "https://login.example/authorize", leastWidth, 24, nil); !strings.Contains(w.Screen(), "↑↓ scroll") {
		t.Errorf("it is not said how:\n%s", w.Screen())
	}
	for range 99 {
		d.Press("down")
	}
	d.Hides("Sign in there")
	end := d.Screen()
	d.Send(tea.MouseWheelMsg{Button: tea.MouseWheelUp})
	if d.Screen() == end {
		t.Error("the first turn of the wheel back is not felt")
	}
	for range 99 {
		d.Press("up")
	}
	d.Shows("Sign in there")
	seen := ""
	for range 30 {
		seen += d.Screen()
		d.Press("down")
	}
	if !strings.Contains(seen, "END") {
		t.Errorf("the end of the address is never seen:\n%s", d.Screen())
	}
}
