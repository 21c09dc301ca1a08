package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pkcescope/pkcescope/flow/lab"
	"github.com/pkcescope/pkcescope/inspect"
)

func newDoctor() *cobra.Command {
	var f *clientFlags
	var asJSON, probe bool
	var expect []string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look for what will go wrong before anybody signs in",
		Long: `Look at a client and its provider before anybody signs in: is the metadata
reached and its issuer the right one, what is missing from it, are the endpoints
where they are expected, TLS, the keys, the clocks, does the redirect URI keep
the provider's rules and can its port be had here, do the scopes go together, is
the secret a secret's id, does the platform fit.

Sent are the request for the metadata and the one for the keys, nothing else.
Without --profile or --issuer it looks at the practice tenant's first client.

Exit status: 0 all is well, 1 something fails, 2 wrong usage, 3 something may go
wrong. With --expect, 0 if each of the lines named is a failure or a warning, and
1 if not: so a tenant's set-up can be tested. A line is named by its id, or by
the cause that a sign-in would end in.`,
		Example: `  pkcescope doctor
  pkcescope doctor --profile contoso
  pkcescope doctor --issuer https://accounts.google.com --json
  pkcescope doctor --profile broken --expect client-secret-id-instead-of-value`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDoctor(cmd, f, asJSON, probe, expect) },
	}
	f = addClientFlags(cmd)
	s := cmd.Flags()
	s.BoolVar(&asJSON, "json", false, "print JSON")
	s.BoolVar(&probe, "probe", false, "also ask the provider whether it knows this client: one authorize request and at most one token request, with a false code")
	s.StringArrayVar(&expect, "expect", nil, "end with 0 if the line or cause `CODE` is found, else with 1; may be repeated")
	return cmd
}

func runDoctor(cmd *cobra.Command, f *clientFlags, asJSON, probe bool, expect []string) error {
	tenant := &tenant{}
	defer tenant.close()
	base, _, err := f.start(tenant)
	if err != nil {
		return err
	}
	if base.ClientID == "" && f.clientID == "" {
		base.ClientID = inspect.NoClient
	}
	c, err := f.config(cmd.Context(), base, newInput(cmd.InOrStdin(), cmd.ErrOrStderr()))
	if err != nil {
		return err
	}
	seen, err := lab.Examine(cmd.Context(), c, lab.ExamineOptions{Probe: probe})
	if err != nil {
		return err
	}
	checkup := inspect.Examine(seen)
	if asJSON {
		err = inspect.WriteJSON(cmd.OutOrStdout(), checkup)
	} else {
		printCheckup(cmd.OutOrStdout(), checkup)
	}
	if err != nil {
		return err
	}
	return checkupExit(cmd.ErrOrStderr(), checkup, expect)
}

// checkupExit is the exit status of a checkup.
func checkupExit(stderr io.Writer, c inspect.Checkup, expect []string) error {
	var missing []string
	for _, code := range expect {
		if !c.Found(code) {
			missing = append(missing, code)
		}
	}
	switch {
	case len(missing) > 0:
		complain(stderr, "Expected and not found: "+strings.Join(missing, ", ")+".", "", "")
		return exitError(exitFailed)
	case len(expect) > 0:
		return nil
	case c.Verdict == inspect.VerdictFail:
		return exitError(exitFailed)
	case c.Verdict == inspect.VerdictWarn:
		return exitError(exitUnsure)
	}
	return nil
}

func printCheckup(w io.Writer, c inspect.Checkup) {
	p := explainPrinter{w}
	for _, l := range c.Lines {
		p.prose(fmt.Sprintf("%-5s%-15s", l.Verdict, l.ID), strings.Repeat(" ", 20), l.What)
		if l.Why != "" {
			p.prose(strings.Repeat(" ", 20), strings.Repeat(" ", 20), l.Why)
		}
		if l.Try != "" {
			p.prose(strings.Repeat(" ", 20)+"Try: ", strings.Repeat(" ", 20), l.Try)
		}
	}
	fmt.Fprintln(w)
	switch c.Verdict {
	case inspect.VerdictFail:
		fmt.Fprintln(w, "A sign-in will fail.")
	case inspect.VerdictWarn:
		fmt.Fprintln(w, "A sign-in may go wrong.")
	case inspect.VerdictOK:
		fmt.Fprintln(w, "Nothing speaks against a sign-in. What the registration says, only a sign-in shows.")
	}
}
