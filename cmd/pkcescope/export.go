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

  curl         a script for the POSIX shell, with curl and openssl
  powershell   Invoke-RestMethod, for 5.1 and 7
  http         a file for the HTTP clients of VS Code and JetBrains
  har          an HTTP Archive of what was sent and answered, secrets masked
  postman      a collection, version 2.1
  go           golang.org/x/oauth2
  csharp       HttpClient, without packages
  python       the standard library alone
  node         fetch, without packages
  msal-go, msal-node, msal-python, msal-js
               Microsoft's libraries; the whole flow only

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
		switch step := flow.StepID(strings.Join(args[1:], "")); {
		case form == export.HAR:
			if reveal {
				warnRevealed(cmd.ErrOrStderr(), t)
			}
			e, err = export.Archive(t, step, reveal, release())
		case step != "":
			e, err = export.Step(t, step, form)
		default:
			e, err = export.Flow(t, form)
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
