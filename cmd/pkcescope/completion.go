package main

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pkcescope/pkcescope/flow/practice"
)

// completable is a flag's value that knows the words it takes.
type completable interface{ completions() []string }

func (c *choice[T]) completions() []string { return texts(c.words) }

// addCompletions teaches the shells the words that flags take, for cmd and the
// commands below it.
func addCompletions(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		var words func() []string
		switch v, ok := f.Value.(completable); {
		case ok:
			words = v.completions
		case f.Name == "profile":
			words = profileNames
		case f.Name == "fault":
			words = func() []string { return texts(practice.Faults()) }
		default:
			return
		}
		// It fails only where a flag has two.
		_ = cmd.RegisterFlagCompletionFunc(f.Name,
			func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
				return words(), cobra.ShellCompDirectiveNoFileComp
			})
	})
	for _, sub := range cmd.Commands() {
		addCompletions(sub)
	}
}

func profileNames() []string {
	file, err := openProfiles()
	if err != nil {
		return nil
	}
	names, err := file.Names()
	if err != nil {
		return nil
	}
	return names
}
