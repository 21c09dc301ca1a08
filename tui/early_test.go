package tui

import (
	"testing"

	"github.com/pkcescope/pkcescope/flow"
)

// A person who types before a run has opened must not bring the program down.
func TestAnyKeyMayComeBeforeTheRunIsOpen(t *testing.T) {
	starts := map[string]Options{
		"a saved run": {Theme: "dark", Transcript: &flow.Transcript{}, File: "run.json"},
		"a walk":      {Theme: "dark", Config: &flow.Config{}},
	}
	keys := []string{"enter", "esc", "tab", "left", "right", "up", "down", "pgup", "pgdown", "space"}
	for c := '!'; c <= '~'; c++ {
		keys = append(keys, string(c))
	}
	for name, o := range starts {
		t.Run(name, func(t *testing.T) {
			for _, k := range keys {
				next, cmd := sized(New(o), 80, 24).Update(keyPress(k))
				if cmd != nil {
					cmd() // what the key set off may not fail either
				}
				if got := screenText(next.(Model)); got == "" {
					t.Errorf("%s: the screen is empty", k)
				}
			}
		})
	}
}
