package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect/export"
)

func newExport() *cobra.Command {
	var form export.Form
	var out string
	var reveal bool
	cmd := &cobra.Command{
		Use:   "export FILE [STEP]",
		Short: "A saved run as a program that does the same",
		Long: `Write a saved run as something that runs: the whole flow, or with STEP the
request of that step alone.

The whole flow does what the walk does. It makes a verifier, a state and a
nonce, shows the authorize URL, takes the address that the browser ends on,
compares state and nonce, and redeems the code. A step's request is what was
sent; its secrets are read from the environment, by their names in upper case
(CLIENT_SECRET, CODE, CODE_VERIFIER, REFRESH_TOKEN, ACCESS_TOKEN). No secret is
ever written, but for --as har --reveal.

` + formTable() + `
The FILE may also be a capture that open reads, or - for standard input.`,
		Example: `  pkcescope export run.json --as curl -o signin.sh
  pkcescope export run.json token --as http
  pkcescope export run.json --as msal-python`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) < 1 || len(args) > 2 {
				return wrongUsage(seeHelp(cmd), "%s takes a file and perhaps a step, and was given %d arguments.", cmd.CommandPath(), len(args))
			}
			return nil
		},
	}
	s := cmd.Flags()
	s.Var(&choice[export.Form]{&form, export.Forms()}, "as", "what to write")
	s.BoolVar(&reveal, "reveal", false, "with har, do not mask what the file holds of "+secretsShown)
	s.StringVarP(&out, "output", "o", "", "write to this `FILE` (default: standard output)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if form == "" {
			return wrongUsage("Give --as with one of: "+list(export.Forms(), ", ")+".", "It is not said what to write.")
		}
		if reveal && form != export.HAR {
			return wrongUsage("The other forms read secrets from the environment.", "--reveal is for --as har.")
		}
		if len(args) == 2 && !slices.Contains(flow.AllStepIDs(), flow.StepID(args[1])) {
			return wrongUsage("Name one of: "+list(flow.AllStepIDs(), ", ")+".", "There is no step called %q.", args[1])
		}
		t, err := oneFlow(cmd, args[0])
		if err != nil {
			return err
		}
		var e export.Export
		step := flow.StepID(strings.Join(args[1:], ""))
		if reveal {
			warnRevealed(cmd.ErrOrStderr(), t)
			e, err = export.Archive(t, step, true, release())
		} else {
			e, err = export.Of(t, step, form, release())
		}
		if err != nil {
			return err
		}
		for _, note := range e.Notes {
			fmt.Fprintln(cmd.ErrOrStderr(), "note:", note)
		}
		for _, v := range e.Environment {
			fmt.Fprintf(cmd.ErrOrStderr(), "note: %s is read from the environment: %s\n", v.Name, v.What)
		}
		return deliver(cmd, out, e.Text)
	}
	return cmd
}

// formTable lists the forms for the help, a line each.
func formTable() string {
	var b strings.Builder
	for _, f := range export.Forms() {
		fmt.Fprintf(&b, "  %-12s %s\n", f, f.What())
	}
	return b.String()
}
