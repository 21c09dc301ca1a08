package tui

import (
	"fmt"
	"strings"
)

// KeyTable returns the keys of a walk and what they do, as a Markdown table.
// The README holds it, and a test compares the two.
func KeyTable() string {
	var b strings.Builder
	b.WriteString("| Key | What it does |\n|---|---|\n")
	for _, c := range walkCommands {
		if c.group != "" {
			fmt.Fprintf(&b, "| `%s` | %s |\n", c.Help().Key, c.long)
		}
	}
	return b.String()
}
