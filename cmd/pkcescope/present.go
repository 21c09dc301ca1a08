package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pkcescope/pkcescope/assets"
	"github.com/pkcescope/pkcescope/inspect"
)

// presentFlags are what present takes beside the client's.
type presentFlags struct {
	talk     string
	write    string
	outline  bool
	autoplay bool
}

func newPresent() *cobra.Command {
	var f presentFlags
	cmd := &cobra.Command{
		Use:   "present [FILE]",
		Short: "Give a talk about the flow",
		Long: `Give a talk about the flow, one thought a screen, in a terminal of 80×24 or
more. What the scenes show is read off a run that takes place meanwhile: at the
practice tenant, or, with --profile or --issuer, of your own client. If that run
fails in front of people, a recorded one of the practice tenant goes on in its
place, and only the notes say so. With a FILE the talk is about that saved run.

A talk is a plain file: which scenes, in which order, with which notes.
--write-talk writes the one that comes with the program, to be changed and
given with --talk. --outline prints it with its notes, to rehearse.`,
		Example: `  pkcescope present
  pkcescope present --autoplay
  pkcescope present --write-talk my-talk.toml
  pkcescope present --talk my-talk.toml transcript.json`,
		Args: atMostOneArgument("FILE"),
	}
	client := addClientFlags(cmd)
	s := cmd.Flags()
	s.StringVar(&f.talk, "talk", "", "the talk in this `FILE` instead of the program's own")
	s.StringVar(&f.write, "write-talk", "", "write the program's own talk to this `FILE` (- for standard output) and end")
	s.BoolVar(&f.outline, "outline", false, "print the scenes and their notes, and end")
	s.BoolVar(&f.autoplay, "autoplay", false, "let the talk play by itself")
	theme := addThemeFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return presentTalk(cmd, f, client, *theme, args) }
	return cmd
}

func presentTalk(cmd *cobra.Command, f presentFlags, client *clientFlags, theme string, args []string) error {
	if f.write != "" {
		return writeTalk(cmd.OutOrStdout(), f.write)
	}
	talk, err := loadTalk(f.talk)
	if err != nil {
		return err
	}
	if f.outline {
		return printOutline(cmd.OutOrStdout(), talk)
	}
	if err := needTerminal("Use --outline to read the talk without one."); err != nil {
		return err
	}
	tenant := &tenant{}
	defer tenant.close()
	o, err := terminalOptions(tenant, theme)
	if err != nil {
		return err
	}
	o.Talk, o.Autoplay = &talk, f.autoplay
	own := client.touched("theme", "browser", "talk", "write-talk", "outline", "autoplay")
	switch {
	case len(args) == 1 && own:
		return wrongUsage("Leave out one of them.", "A talk is about a FILE or about a client's run, not about both.")
	case len(args) == 1:
		t, err := oneFlow(cmd, args[0])
		if err != nil {
			return err
		}
		o.Transcript, o.File = &t, args[0]
	case own:
		base, _, err := client.start(tenant)
		if err != nil {
			return err
		}
		c, err := client.config(cmd.Context(), base, newInput(cmd.InOrStdin(), cmd.ErrOrStderr()))
		if err != nil {
			return err
		}
		o.Config = &c
	}
	if o.Browser, err = client.ownBrowser(); err != nil {
		return err
	}
	return show(cmd, o)
}

// loadTalk reads a talk from a file, or the program's own for "".
func loadTalk(name string) (inspect.Talk, error) {
	if name == "" {
		return inspect.DefaultTalk(), nil
	}
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return inspect.Talk{}, noFile(name)
	}
	if err != nil {
		return inspect.Talk{}, err
	}
	return inspect.ParseTalk(data)
}

// writeTalk writes the program's own talk. A file that is there is left alone.
func writeTalk(out io.Writer, name string) error {
	if name == "-" {
		_, err := out.Write(assets.Talk)
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // A talk is no secret.
	if errors.Is(err, fs.ErrExist) {
		return wrongUsage("Choose another name.", "There is a file %q already, and it was left alone.", name)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(assets.Talk)
	return errors.Join(err, f.Close())
}

// printOutline prints the scenes and what is to be said to them.
func printOutline(out io.Writer, talk inspect.Talk) error {
	w := explainPrinter{out}
	w.prose("", "", talk.Title)
	for i, s := range talk.Scenes {
		title := s.Title
		if title == "" {
			title = string(s.Step)
		}
		fmt.Fprintf(out, "\n%2d  %s\n", i+1, title)
		about := strings.Join(strings.Fields(string(s.Show)+" "+string(s.Step)+" "+s.Theft), " ")
		fmt.Fprintf(out, "    %s, %d s\n", about, s.Seconds)
		for _, text := range s.Text {
			w.prose("    ", "    ", text)
		}
		for _, text := range s.Notes {
			w.prose("    note: ", "    ", text)
		}
	}
	return nil
}
