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
	var client *clientFlags
	cmd := &cobra.Command{
		Use:   "export FILE [STEP] | export --profile NAME [STEP]",
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
The FILE may also be a capture that open reads, or - for standard input.

With --profile, --preset or --issuer there is no file: the program is written
from the client as it is configured, and the flags of run change it. Nobody
signs in. The provider is asked for its metadata alone, and for nothing where
the profile names the endpoints; no secret is asked for.`,
		Example: `  pkcescope export run.json --as curl -o signin.sh
  pkcescope export --profile contoso --as python
  pkcescope export run.json token --as http
  pkcescope export run.json --as msal-python`,
		Args: func(cmd *cobra.Command, args []string) error {
			if !client.practice() {
				if len(args) > 1 {
					return wrongUsage(seeHelp(cmd), "%s takes a client or a file, and perhaps a step; it was given %s beside a client.", cmd.CommandPath(), strings.Join(args, " "))
				}
				return nil
			}
			if client.touched("as", "reveal", "output") {
				return wrongUsage("Add --profile NAME or --issuer URL, or leave them out.", "The flags of a client are for an export without a file: a file has its client.")
			}
			if len(args) < 1 || len(args) > 2 {
				return wrongUsage(seeHelp(cmd), "%s takes a file (or --profile NAME) and perhaps a step, and was given %d arguments.", cmd.CommandPath(), len(args))
			}
			return nil
		},
	}
	s := cmd.Flags()
	s.Var(&choice[export.Form]{&form, export.Forms()}, "as", "what to write")
	s.BoolVar(&reveal, "reveal", false, "with har, do not mask what the file holds of "+secretsShown)
	s.StringVarP(&out, "output", "o", "", "write to this `FILE` (default: standard output)")
	client = addClientFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if form == "" {
			return wrongUsage("Give --as with one of: "+list(export.Forms(), ", ")+".", "It is not said what to write.")
		}
		if reveal && form != export.HAR {
			return wrongUsage("The other forms read secrets from the environment.", "--reveal is for --as har.")
		}
		read := func() (flow.Transcript, error) { return client.foreseen(cmd) }
		if client.practice() {
			file := args[0]
			args, read = args[1:], func() (flow.Transcript, error) { return oneFlow(cmd, file) }
		} else if form == export.HAR {
			return wrongUsage("Choose another form, or save a run and export that.", "An archive holds what was sent, and without a run nothing was.")
		}
		step := flow.StepID(strings.Join(args, ""))
		if step != "" && !slices.Contains(flow.AllStepIDs(), step) {
			return wrongUsage("Name one of: "+list(flow.AllStepIDs(), ", ")+".", "There is no step called %q.", step)
		}
		t, err := read()
		if err != nil {
			return err
		}
		var e export.Export
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

// foreseen is what a run of the client would send. Nobody is asked for a secret
// that is in no export.
func (f *clientFlags) foreseen(cmd *cobra.Command) (flow.Transcript, error) {
	base, _, err := f.start(nil)
	if err != nil {
		return flow.Transcript{}, err
	}
	c, err := f.described(base)
	if err != nil {
		return flow.Transcript{}, err
	}
	if secret := c.AuthMethod.NeedsSecret() || c.AuthMethod == "" && c.Platform != "" && c.DefaultAuth().NeedsSecret(); secret {
		base.ClientSecret = noSecret
	}
	c, err = f.config(cmd.Context(), base, newInput(cmd.InOrStdin(), cmd.ErrOrStderr()))
	if err != nil {
		return flow.Transcript{}, err
	}
	return flow.Foresee(cmd.Context(), c, flow.Options{})
}

// noSecret stands where a client would have its secret. It is long enough to
// sign with, and is read from the environment like every other.
const noSecret = "~~~ the client secret, which is not known here ~~~"

// formTable lists the forms for the help, a line each.
func formTable() string {
	var b strings.Builder
	for _, f := range export.Forms() {
		fmt.Fprintf(&b, "  %-12s %s\n", f, f.What())
	}
	return b.String()
}
