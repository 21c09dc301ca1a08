package tui

import (
	"strings"
	"testing"
)

// What the home screen offers is read whole, also in the smallest usual window.
func TestNothingOnTheHomeScreenIsCutAt80Columns(t *testing.T) {
	text := screenText(sized(New(Options{Theme: "dark", Version: "1.0.0"}), 80, 24))
	for line := range strings.Lines(text) {
		if strings.Contains(line, "…") {
			t.Errorf("cut: %s", line)
		}
	}
}

// Entries that a low window does not show are pointed at, in the direction in
// which they are.
func TestHomeEntriesOutOfSightArePointedAt(t *testing.T) {
	d := NewDriver(t, New(Options{Theme: "dark", Version: "1.0.0"}), 80, 16)
	ends := func(arrow string) bool {
		for line := range strings.Lines(d.Screen()) {
			if strings.HasSuffix(strings.TrimRight(line, " \n"), " "+arrow) {
				return true
			}
		}
		return false
	}
	if ends("↑") || !ends("↓") {
		t.Errorf("at the top:\n%s", d.Screen())
	}
	d.Press("up") // round to the last one
	if !ends("↑") || ends("↓") {
		t.Errorf("at the bottom:\n%s", d.Screen())
	}
}
