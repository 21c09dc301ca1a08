package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/pkcescope/pkcescope/inspect"
)

func newDiff() *cobra.Command {
	var asJSON, reveal bool
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "Two saved runs side by side: why one works and the other does not",
		Long: `Compare two saved runs step by step: parameters, headers, answers, claims,
scopes and clocks. What matters comes first; what is only fresh (state, nonce,
code, times) comes last. A and B may be anything that open reads.

Secrets are compared by their fingerprints, which two files have in common if
they were saved with the same fingerprint.key; else by their lengths.

As diff(1) does, it ends with 0 if the runs are the same in everything that
matters, with 1 if they are not, and with 2 if they could not be compared.`,
		Example: `  pkcescope diff mine.json theirs.json
  pkcescope diff works.json fails.har --json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return wrongUsage(seeHelp(cmd), "%s takes two files, and was given %d.", cmd.CommandPath(), len(args))
			}
			if args[0] == "-" && args[1] == "-" {
				return wrongUsage("Save one of them to a file.", "Standard input can be one of the two only.")
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&reveal, "reveal", false, "do not mask what the files hold of "+secretsShown)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		a, err := oneFlow(cmd, args[0])
		if err != nil {
			return trouble(cmd, err)
		}
		b, err := oneFlow(cmd, args[1])
		if err != nil {
			return trouble(cmd, err)
		}
		if reveal {
			warnRevealed(cmd.ErrOrStderr(), a)
			warnRevealed(cmd.ErrOrStderr(), b)
		}
		d := inspect.DiffRuns(a, b, inspect.Options{Reveal: reveal})
		if asJSON {
			err = inspect.WriteJSON(cmd.OutOrStdout(), d)
		} else {
			fmt.Fprint(cmd.OutOrStdout(), d.Text(args[0], args[1], 0))
		}
		if err == nil && !d.Same {
			return exitError(exitFailed)
		}
		return err
	}
	return cmd
}

// trouble ends a comparison that could not be made: a script that asks whether
// two runs differ must not take a missing file for a difference.
func trouble(cmd *cobra.Command, err error) error {
	if status := finish(cmd.ErrOrStderr(), err); status != exitFailed {
		return exitError(status)
	}
	return exitError(exitUsage)
}
