package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// An example may be longer: it is there to be copied.
func TestTheHelpOfEveryCommandFits80Columns(t *testing.T) {
	var visit func(*cobra.Command)
	visit = func(c *cobra.Command) {
		if c.Name() == "completion" || c.Name() == "help" {
			return
		}
		for row := range strings.Lines(c.Long + "\n" + c.UsageString()) {
			if row = strings.TrimRight(row, "\n"); len([]rune(row)) > 80 && !strings.HasPrefix(row, "  pkcescope") {
				t.Errorf("%s --help has a line of %d: %s", c.CommandPath(), len([]rune(row)), row)
			}
		}
		for _, sub := range c.Commands() {
			visit(sub)
		}
	}
	visit(newRoot())
}

func TestTheHelpNamesEveryFlagWithItsDescription(t *testing.T) {
	usage := strings.Join(strings.Fields(newRoot().UsageString()), " ")
	for _, want := range []string{
		"--profile NAME the saved profile NAME to take the client from",
		"private_key_jwt|tls_client_auth|self_signed_tls_client_auth how the client authenticates;",
		"--private open a private window", "(default auto)",
	} {
		if !strings.Contains(usage, want) {
			t.Errorf("the help does not say %q", want)
		}
	}
}
