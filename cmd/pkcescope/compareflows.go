package main

import (
	"github.com/spf13/cobra"

	"github.com/pkcescope/pkcescope/flow/lab"
	"github.com/pkcescope/pkcescope/inspect"
)

// compareFlows carries out the flows that the authorization code flow is
// compared with, and lays them side by side.
func compareFlows(cmd *cobra.Command, f compareFlags) error {
	if !f.practice() {
		return wrongUsage("Leave --profile and --issuer out.", "--flows runs at the practice tenant only: one of its runs is a phisher's.")
	}
	l, err := lab.Open(lab.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	runs, err := l.CompareFlows(cmd.Context())
	if err != nil {
		return err
	}
	report := inspect.CompareFlows(runs)
	return f.print(cmd.OutOrStdout(), report.JSON, report.Text)
}
