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
