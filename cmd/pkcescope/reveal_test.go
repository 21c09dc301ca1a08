package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// "Secrets" are not the same to everybody: the help says which.
func TestRevealNamesWhatItShows(t *testing.T) {
	n := 0
	var look func(*cobra.Command)
	look = func(c *cobra.Command) {
		if f := c.Flags().Lookup("reveal"); f != nil {
			n++
			if !strings.Contains(f.Usage, "tokens") {
				t.Errorf("%s --reveal: %s", c.CommandPath(), f.Usage)
			}
		}
		for _, sub := range c.Commands() {
			look(sub)
		}
	}
	look(newRoot())
	if n < 9 {
		t.Errorf("%d commands have --reveal", n)
	}
}
