package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/tui"
)

// addTerminal makes cmd the terminal program itself.
func addTerminal(cmd *cobra.Command) {
	f := addClientFlags(cmd)
	theme := addThemeFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := needTerminal("Use pkcescope run, which needs none."); err != nil {
			return err
		}
		tenant := &tenant{}
		defer tenant.close()
		o, err := terminalOptions(tenant, *theme)
		if err != nil {
			return err
		}
		if o.Browser, err = f.ownBrowser(); err != nil {
			return err
		}
		if f.touched("theme", "browser") {
			base, _, err := f.start(tenant)
			if err != nil {
				return err
			}
			c, err := f.config(cmd.Context(), base, newInput(cmd.InOrStdin(), cmd.ErrOrStderr()))
			if err != nil {
				return err
			}
			o.Config = &c
		}
		return show(cmd, o)
	}
}

// ownBrowser returns the person's own browser, or nil if there is none. At the
// practice tenant the played one comes first, and a key changes over.
func (f *clientFlags) ownBrowser() (flow.Browser, error) {
	switch argv := strings.Fields(f.browser); {
	case f.browser == "practice" && !f.practice():
		return nil, errPlaysElsewhere
	case f.private && (f.browser == "auto" || f.browser == ""):
		argv, err := privateWindow()
		if err != nil || !graphical() {
			return nil, err
		}
		return command{argv: argv, stderr: io.Discard}, nil
	case f.browser == "none":
		return nil, nil
	case len(argv) > 0 && f.browser != "auto" && f.browser != "practice":
		argv, err := f.privately(argv)
		return command{argv: argv, stderr: io.Discard}, err // the screen is not to be written on
	case !graphical():
		return nil, nil
	}
	return system{}, nil
}

// themes are what --theme takes.
var themes = []string{"auto", "dark", "light"}

func addThemeFlag(cmd *cobra.Command) *string {
	theme := "auto"
	cmd.Flags().Var(&choice[string]{&theme, themes}, "theme", "the colours; auto asks the terminal")
	return &theme
}

// terminalOptions returns what every use of the terminal program needs.
func terminalOptions(t *tenant, theme string) (tui.Options, error) {
	profiles, err := openProfiles()
	if err != nil {
		return tui.Options{}, err
	}
	progress, err := openLearned()
	if err != nil {
		return tui.Options{}, err
	}
	dir, err := os.Getwd()
	if err != nil {
		return tui.Options{}, err
	}
	o := tui.Options{
		Practice: t.start,
		Profiles: profiles,
		Labs:     labShelf{progress},
		Lessons:  lessonShelf{progress},
		SSH:      overSSH(),
		Secret:   os.Getenv(secretEnv),
		Kept:     keptSecret,
		Theme:    theme,
		Version:  release(),
		Dir:      dir,
		ReadKeys: readKeys,
		Examine:  examine,
	}
	return o, nil
}

// show runs the terminal program. A signal ends it like any other command.
func show(cmd *cobra.Command, o tui.Options) error {
	lab := &experiments{}
	defer lab.close()
	o.Lab = lab
	err := tui.Run(cmd.Context(), o)
	if err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("the terminal program ended: %w", err)
	}
	return errors.Join(err, cmd.Context().Err())
}

// needTerminal refuses to draw where nobody can see it.
func needTerminal(try string) error {
	if term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stdout.Fd())) {
		return nil
	}
	return wrongUsage(try, "The terminal program needs a terminal on standard input and output.")
}

// needOutput is needTerminal for a program whose standard input brings
// something else: the keys then come from the terminal itself.
func needOutput(try string) error {
	if term.IsTerminal(int(os.Stdout.Fd())) {
		return nil
	}
	return wrongUsage(try, "The terminal program needs a terminal on standard output.")
}
