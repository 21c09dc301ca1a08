package main

import (
	"bytes"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/pkcescope/pkcescope/inspect/report"
)

func newReport() *cobra.Command {
	var asHTML, asMarkdown bool
	var out string
	cmd := &cobra.Command{
		Use:   "report FILE",
		Short: "A hand-out of a saved run: one page in HTML or Markdown",
		Long: `Make a hand-out of a saved run for people who do not have pkcescope: the flow as
a picture, each step with its request, response and explanation, the findings,
and for a failed run the diagnosis and the text of a ticket.

The page stands by itself: no scripts, no requests, light and dark, and made to
be printed. Secrets are always masked. The FILE may also be a capture that open
reads, or - for standard input.`,
		Example: `  pkcescope report run.json --html -o run.html
  pkcescope report run.json --md
  pkcescope run --json | pkcescope report - --html > run.html`,
		Args: oneArgument("FILE"),
	}
	s := cmd.Flags()
	s.BoolVar(&asHTML, "html", false, "write a page")
	s.BoolVar(&asMarkdown, "md", false, "write Markdown")
	s.StringVarP(&out, "output", "o", "", "write to this `FILE` (default: standard output)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if asHTML == asMarkdown {
			return wrongUsage("Give --html for a page to look at and print, or --md for a ticket or a wiki.", "Say which form the report is to have, and only one.")
		}
		t, err := oneFlow(cmd, args[0])
		if err != nil {
			return err
		}
		var b bytes.Buffer
		write := report.Markdown
		if asHTML {
			write = report.HTML
		}
		if err := write(&b, t); err != nil {
			return err
		}
		return deliver(cmd, out, b.Bytes())
	}
	return cmd
}

// deliver writes a document to the file that was asked for, or to standard
// output.
func deliver(cmd *cobra.Command, file string, data []byte) error {
	if file == "" {
		_, err := cmd.OutOrStdout().Write(data)
		return err
	}
	if err := replaceFile(file, data); err != nil {
		return sentence(fmt.Sprintf("The file %q could not be written: %s.", file, err))
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "Written to %s.\n", file)
	return nil
}
