package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/practice/broken"
	"github.com/pkcescope/pkcescope/inspect"
)

// labFlags are what lab takes.
type labFlags struct {
	json     bool
	reveal   bool
	settings bool
	hints    int
	set      []string
}

func newLabCommand() *cobra.Command {
	var f labFlags
	cmd := &cobra.Command{
		Use:   "lab [list|NAME…]",
		Short: "Repair a broken tenant",
		Long: `Repair broken practice tenants: each is an app registration, a tenant and a
client in which one thing is wrong, as it goes wrong in real ones.

On a terminal a lab is worked on until it is solved: run it, look, change the
client or the registration, run it again; hints come one at a time. With --set
or --json, and without a terminal, it is run once and judged. What is solved is
kept in the configuration directory.

A list takes its entries with \n between them. registration.secrets=new adds a
client secret, and the value "{new secret}" stands for it.

Exit status: 0 every lab named is solved, 1 one is not.`,
		Example: `  pkcescope lab
  pkcescope lab trailing-slash
  pkcescope lab trailing-slash --hints 2 --settings
  pkcescope lab trailing-slash --set registration.native=http://localhost/auth`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			ids := []string{"list"}
			for _, l := range broken.Labs() {
				ids = append(ids, l.ID+"\t"+l.Title)
			}
			return ids, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error { return labs(cmd, f, args) },
	}
	s := cmd.Flags()
	s.SortFlags = false
	s.StringArrayVar(&f.set, "set", nil, "change a setting before the run: `NAME=VALUE`; may be repeated")
	s.BoolVar(&f.settings, "settings", false, "list the settings, with their values")
	s.IntVar(&f.hints, "hints", 0, "give the first `N` hints")
	s.BoolVar(&f.json, "json", false, "print one JSON document")
	s.BoolVar(&f.reveal, "reveal", false, "do not mask in the JSON "+practiceSecrets)
	return cmd
}

func labs(cmd *cobra.Command, f labFlags, names []string) error {
	progress, err := openLearned()
	if err != nil {
		return err
	}
	if len(names) == 0 || len(names) == 1 && names[0] == "list" {
		return listLabs(cmd.OutOrStdout(), progress, f.json)
	}
	if len(names) > 1 && (f.json || len(f.set) > 0) {
		return wrongUsage("Name one lab.", "--json and --set are for one lab at a time.")
	}
	var chosen []broken.Lab
	for _, name := range names {
		lab, err := broken.Find(name)
		if err != nil {
			return wrongUsage("See pkcescope lab list.", "There is no lab %q.", name)
		}
		chosen = append(chosen, lab)
	}
	var ended error
	for i, lab := range chosen {
		if i > 0 {
			fmt.Fprintln(cmd.OutOrStdout())
		}
		if err := workOnLab(cmd, f, progress, lab); err != nil {
			if _, ok := errors.AsType[exitError](err); !ok {
				return err
			}
			ended = err
		}
	}
	return ended
}

func listLabs(w io.Writer, progress learned, asJSON bool) error {
	done, err := progress.read()
	if err != nil {
		return err
	}
	type entry struct {
		ID     string `json:"id"`
		Title  string `json:"title"`
		Solved bool   `json:"solved"`
	}
	var entries []entry
	solved, next := 0, ""
	for _, l := range broken.Labs() {
		_, ok := done.Labs[l.ID]
		switch {
		case ok:
			solved++
		case next == "":
			next = " Next: pkcescope lab " + l.ID
		}
		entries = append(entries, entry{l.ID, l.Title, ok})
	}
	if asJSON {
		return inspect.WriteJSON(w, entries)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, e := range entries {
		fmt.Fprintf(t, "%s %s\t%s\n", mark(e.Solved), e.ID, e.Title)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\n%d of %d solved.%s\n", solved, len(entries), next)
	return nil
}

// labBench is a lab on the command line.
type labBench struct {
	*broken.Session
	cmd      *cobra.Command
	out      io.Writer
	progress learned
	hints    []string
}

func workOnLab(cmd *cobra.Command, f labFlags, progress learned, lab broken.Lab) error {
	s, err := broken.Start(lab)
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	b := &labBench{Session: s, cmd: cmd, out: cmd.OutOrStdout(), progress: progress}
	for _, change := range f.set {
		name, value, ok := strings.Cut(change, "=")
		if !ok {
			return wrongUsage("For example --set client.method=S256.", "%q is not of the form NAME=VALUE.", change)
		}
		if err := b.change(name, value); err != nil {
			return asUsage(err)
		}
	}
	for range f.hints {
		if hint, ok := s.Hint(); ok {
			b.hints = append(b.hints, hint)
		}
	}
	if f.json {
		return b.runJSON(f.reveal)
	}
	p := explainPrinter{b.out}
	p.prose("", "", s.Lab.Title+" ("+s.Lab.ID+")")
	fmt.Fprintln(b.out)
	p.prose("", "", s.Lab.Story)
	fmt.Fprintln(b.out)
	if f.settings {
		b.printSettings()
		fmt.Fprintln(b.out)
	}
	solved, err := b.run()
	if err != nil {
		return err
	}
	for i, hint := range b.hints {
		b.printHint(i+1, hint)
	}
	in := newInput(cmd.InOrStdin(), cmd.ErrOrStderr())
	if in.terminal != nil && len(f.set) == 0 && !solved {
		solved, err = b.talk(in)
	}
	if err == nil && !solved {
		err = exitError(exitFailed)
	}
	return err
}

// change sets a setting as it is written on a command line.
func (b *labBench) change(name, value string) error {
	return b.Set(name, strings.ReplaceAll(value, `\n`, "\n"))
}

// walk runs the lab as it is set up now. The server's no is a result.
func (b *labBench) walk() (flow.Transcript, error) {
	w, err := b.Walk()
	if err != nil {
		return flow.Transcript{}, err
	}
	defer func() { _ = w.Close() }()
	ctx, cancel := context.WithTimeout(b.cmd.Context(), time.Minute)
	defer cancel()
	if err := w.Run(ctx); err != nil && b.cmd.Context().Err() != nil {
		return flow.Transcript{}, context.Canceled
	}
	return w.Transcript(), nil
}

// judge judges a run, and keeps it if it is solved.
func (b *labBench) judge(t flow.Transcript) broken.Verdict {
	v := b.Judge(t)
	if v.Solved {
		if err := b.progress.labSolved(b.Lab.ID); err != nil {
			complain(b.cmd.ErrOrStderr(), "The progress was not kept.", err.Error(), "")
		}
	}
	return v
}

// run runs it and prints what a person would see.
func (b *labBench) run() (solved bool, err error) {
	t, err := b.walk()
	if err != nil {
		return false, err
	}
	p := explainPrinter{b.out}
	for _, s := range inspect.Read(t, inspect.Options{}).Steps {
		if s.Status != flow.StatusOK && s.Status != flow.StatusFailed {
			continue
		}
		fmt.Fprintf(b.out, "  %-7s %s\n", s.Status, s.Title)
		if s.Error != nil {
			p.prose("          ", "          ", s.Error.What)
			if s.Error.Why != "" {
				p.prose("          ", "          ", s.Error.Why)
			}
		}
	}
	fmt.Fprintln(b.out)
	v := b.judge(t)
	p.prose(map[bool]string{true: "Solved. ", false: "Not solved. "}[v.Solved], "", v.Why)
	return v.Solved, nil
}

func (b *labBench) runJSON(reveal bool) error {
	t, err := b.walk()
	if err != nil {
		return err
	}
	v := b.judge(t)
	type setting struct {
		Name    string   `json:"name"`
		Label   string   `json:"label"`
		Value   string   `json:"value"`
		List    bool     `json:"list,omitempty"`
		Choices []string `json:"choices,omitempty"`
		New     string   `json:"new,omitempty"`
		Locked  string   `json:"locked,omitempty"`
	}
	doc := struct {
		ID       string    `json:"id"`
		Title    string    `json:"title"`
		Story    string    `json:"story"`
		Settings []setting `json:"settings"`
		Hints    []string  `json:"hints"`
		Solved   bool      `json:"solved"`
		Why      string    `json:"why"`
		Run      rawReport `json:"run"`
	}{
		ID: b.Lab.ID, Title: b.Lab.Title, Story: b.Lab.Story, Hints: append([]string{}, b.hints...),
		Solved: v.Solved, Why: v.Why, Run: rawReport{inspect.Read(t, inspect.Options{Reveal: reveal})},
	}
	for _, s := range b.Settings() {
		doc.Settings = append(doc.Settings, setting(s))
	}
	if err := inspect.WriteJSON(b.out, doc); err != nil {
		return err
	}
	if !v.Solved {
		return exitError(exitFailed)
	}
	return nil
}

// rawReport is a report inside another document.
type rawReport struct{ inspect.Report }

// MarshalJSON implements [json.Marshaler].
func (r rawReport) MarshalJSON() ([]byte, error) { return r.JSON() }

// printSettings prints each as it would be set, and below it what it is.
func (b *labBench) printSettings() {
	p := explainPrinter{b.out}
	for _, s := range b.Settings() {
		note := "."
		if strings.HasSuffix(s.Label, "?") {
			note = ""
		}
		switch {
		case s.Locked != "":
			note += " Cannot be changed: " + s.Locked
		case s.New != "":
			note += fmt.Sprintf(" %q adds one.", s.New)
		case s.List && len(s.Choices) > 0:
			note += " Any of " + strings.Join(s.Choices, ", ") + "."
		case len(s.Choices) > 0:
			note += " One of " + strings.Join(s.Choices, ", ") + "."
		}
		fmt.Fprintf(b.out, "%s=%s\n", s.Name, inspect.Clean(strings.ReplaceAll(s.Value, "\n", `\n`)))
		p.prose("    ", "    ", s.Label+note)
	}
}

func (b *labBench) printHint(n int, hint string) {
	explainPrinter{b.out}.prose(fmt.Sprintf("Hint %d of %d: ", n, len(b.Lab.Hints)), "  ", hint)
}

// talk works on the lab with a person, until it is solved or they have enough.
func (b *labBench) talk(in *input) (solved bool, err error) {
	for {
		fmt.Fprint(b.out, "\nh hint, s settings, NAME=VALUE change, r run again, q leave: ")
		line, err := in.line(b.cmd.Context())
		if errors.Is(err, io.EOF) {
			fmt.Fprintln(b.out)
			return false, nil
		}
		if err != nil {
			return false, err
		}
		switch line = strings.TrimSpace(line); line {
		case "":
		case "q":
			return false, nil
		case "h":
			hint, ok := b.Hint()
			if !ok {
				fmt.Fprintln(b.out, "There are no more hints.")
				continue
			}
			b.hints = append(b.hints, hint)
			b.printHint(len(b.hints), hint)
		case "s":
			b.printSettings()
		case "r":
			if solved, err := b.run(); solved || err != nil {
				return solved, err
			}
		default:
			name, value, ok := strings.Cut(line, "=")
			if !ok {
				fmt.Fprintf(b.out, "%s is none of these.\n", inspect.Clean(line))
				continue
			}
			if err := b.change(strings.TrimSpace(name), strings.TrimSpace(value)); err != nil {
				finish(b.out, err)
				continue
			}
			fmt.Fprintln(b.out, "Changed. r runs it again.")
		}
	}
}
