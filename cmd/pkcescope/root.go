package main

import (
	"strings"

	"github.com/spf13/cobra"
)

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "pkcescope",
		Short: "Walk the OAuth 2.0 authorization code flow with PKCE, one step at a time",
		Long: `pkcescope walks the OAuth 2.0 / OpenID Connect authorization code flow with PKCE
one step at a time, shows every request, response and claim, and says in plain
words what happened, why, and what to try.

Without a subcommand it opens in the terminal; Enter on its first screen starts
a practice tenant that needs no account and no network.`,
		Example: `  pkcescope
  pkcescope --issuer https://login.microsoftonline.com/TENANT/v2.0 --client-id ID
  pkcescope run --json
  pkcescope decode -`,
		Version: version(),
		Args:    noArguments,
		// Errors are printed once, by finish, and without the whole usage.
		SilenceErrors: true,
		SilenceUsage:  true,

		SuggestionsMinimumDistance: 2,
	}
	root.SetUsageFunc(printUsage)
	root.SetVersionTemplate("pkcescope {{.Version}}\n")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return wrongUsage(seeHelp(cmd), "The flags cannot be read: %s.", err)
	})
	addTerminal(root)
	root.AddCommand(
		newRun(), newOpen(), newReport(), newExport(), newDiff(), newPresent(),
		newPKCECommand(), newDecode(), newExplainCommand(), newDoctor(),
		newCompareCommand(), newAttackCommand(), newPlatforms(),
		newLabCommand(), newLearn(), newPractice(), newProfile(),
	)
	addCompletions(root)
	return root
}

// noArguments refuses anything that is not a flag. A word after the program's
// name is a mistyped subcommand.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.HasSubCommands() {
		try := seeHelp(cmd)
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			try = "Did you mean " + strings.Join(near, " or ") + "?"
		}
		return wrongUsage(try, "There is no command %q.", args[0])
	}
	return wrongUsage(seeHelp(cmd), "%s takes no arguments, and was given %q.", cmd.CommandPath(), args[0])
}

// oneArgument asks for exactly one argument.
func oneArgument(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 1 {
			return nil
		}
		return wrongUsage(seeHelp(cmd), "%s takes one %s, and was given %d arguments.", cmd.CommandPath(), name, len(args))
	}
}

// atMostOneArgument takes one argument or none.
func atMostOneArgument(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < 2 {
			return nil
		}
		return wrongUsage(seeHelp(cmd), "%s takes one %s at most, and was given %d arguments.", cmd.CommandPath(), name, len(args))
	}
}

func seeHelp(cmd *cobra.Command) string {
	return "See " + cmd.CommandPath() + " --help."
}
