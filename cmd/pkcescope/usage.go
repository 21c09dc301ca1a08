package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagColumn is where the descriptions of flags begin.
const flagColumn = 26

// printUsage says how a command is used, in lines that fit 80 columns: cobra's
// own puts every description behind the longest flag, of which one names all
// ways in which a client can authenticate.
func printUsage(cmd *cobra.Command) error {
	w := cmd.OutOrStderr()
	p := explainPrinter{w}
	fmt.Fprintln(w, "Usage:")
	if cmd.Runnable() {
		fmt.Fprintln(w, "  "+cmd.UseLine())
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintln(w, "  "+cmd.CommandPath()+" [command]")
	}
	if cmd.HasExample() {
		p.section("Examples:")
		fmt.Fprintln(w, cmd.Example)
	}
	if cmd.HasAvailableSubCommands() {
		p.section("Available Commands:")
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() || sub.Name() == "help" {
				name := fmt.Sprintf("  %-*s ", sub.NamePadding(), sub.Name())
				p.prose(name, strings.Repeat(" ", len(name)), sub.Short)
			}
		}
	}
	for _, set := range []struct {
		title string
		flags *pflag.FlagSet
	}{{"Flags:", cmd.LocalFlags()}, {"Global Flags:", cmd.InheritedFlags()}} {
		if set.flags.HasAvailableFlags() {
			p.section(set.title)
			p.flags(set.flags)
		}
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(w, "\nUse \"%s [command] --help\" for more information about a command.\n", cmd.CommandPath())
	}
	return nil
}

// flags writes each flag with its description beside it, or below where the
// flag itself is long.
func (p explainPrinter) flags(set *pflag.FlagSet) {
	margin := strings.Repeat(" ", flagColumn)
	for row := range strings.Lines(set.FlagUsages()) {
		// pflag sets the two apart by three blanks and more.
		flag, usage, _ := strings.Cut(strings.TrimSpace(row), "   ")
		if len(flag) <= flagColumn-4 {
			p.prose(fmt.Sprintf("  %-*s", flagColumn-2, flag), margin, usage)
			continue
		}
		line := "  "
		for i, word := range strings.SplitAfter(flag, "|") {
			if i > 0 && len(line)+len(word) > explainWidth {
				fmt.Fprintln(p.w, line)
				line = "        "
			}
			line += word
		}
		fmt.Fprintln(p.w, line)
		p.prose(margin, margin, usage)
	}
}
