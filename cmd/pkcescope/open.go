package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

func newOpen() *cobra.Command {
	var asJSON, reveal bool
	cmd := &cobra.Command{
		Use:   "open FILE",
		Short: "Look at a saved transcript",
		Long: `Look at a transcript that run --save, run --json or the terminal program wrote.

Tokens and findings are read anew from what was recorded, as of the time when
the file was made. With --json the FILE may be -, for standard input.`,
		Example: `  pkcescope open transcript.json
  pkcescope run --json | pkcescope open - --json`,
		Args: oneArgument("FILE"),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print it as JSON, as run --json does")
	cmd.Flags().BoolVar(&reveal, "reveal", false, "do not mask secrets that the file holds")
	theme := addThemeFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		t, err := loadTranscript(cmd.InOrStdin(), args[0])
		if err != nil {
			return err
		}
		if asJSON {
			return inspect.Read(t, inspect.Options{Reveal: reveal}).WriteJSON(cmd.OutOrStdout())
		}
		if err := needTerminal("Use --json to read it without one."); err != nil {
			return err
		}
		tenant := &tenant{}
		defer tenant.close()
		o, err := terminalOptions(tenant, *theme)
		if err != nil {
			return err
		}
		o.Transcript, o.File = &t, args[0]
		return show(cmd, o)
	}
	return cmd
}

// loadTranscript reads a transcript from a file, or from standard input for
// "-".
func loadTranscript(stdin io.Reader, name string) (flow.Transcript, error) {
	if name == "-" {
		return flow.Load(stdin)
	}
	f, err := os.Open(name)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return flow.Transcript{}, sentence(fmt.Sprintf("There is no file %q.", name))
		}
		return flow.Transcript{}, err
	}
	defer func() { _ = f.Close() }()
	return flow.Load(f)
}
