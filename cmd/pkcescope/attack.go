package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/pkcescope/pkcescope/flow/lab"
	"github.com/pkcescope/pkcescope/flow/practice"
	"github.com/pkcescope/pkcescope/inspect"
)

// attackFlags are what attack takes.
type attackFlags struct {
	json   bool
	reveal bool
	window time.Duration
	faults []string
}

// matrixID is the matrix among the scenarios' ids.
const matrixID = "matrix"

func newAttackCommand() *cobra.Command {
	var f attackFlags
	cmd := &cobra.Command{
		Use:   "attack [SCENARIO…]",
		Short: "Stage attacks on the flow, with and without their defences",
		Long: `Stage attacks on the authorization code flow against practice tenants inside
this process: the matrix of what a thief saw against what the client did, and
the scenarios, each with its defence and without. Every verdict is the answer
to a request of this run.

Nothing here can be pointed at a real provider. What is safe to ask your own
tenant is asked by compare --probes.

Scenarios: matrix ` + wrapIDs(lab.Scenarios(), 70),
		Example: `  pkcescope attack
  pkcescope attack matrix --json
  pkcescope attack clock-seeded --seed-window 1h
  pkcescope attack matrix --fault ignore-pkce`,
		ValidArgs: append([]string{matrixID}, lab.Scenarios()...),
		RunE:      func(cmd *cobra.Command, args []string) error { return attack(cmd, f, args) },
	}
	s := cmd.Flags()
	s.BoolVar(&f.json, "json", false, "print one JSON document")
	s.BoolVar(&f.reveal, "reveal", false, "do not mask in the JSON "+practiceSecrets)
	s.DurationVar(&f.window, "seed-window", lab.DefaultWindow, "how far the start of the victim's machine may lie from the thief's guess, to either side: a `TIME`")
	s.StringArrayVar(&f.faults, "fault", nil, "a rule that the practice tenant does not keep, by `NAME`, to see what it is for")
	return cmd
}

// wrapIDs breaks a list of words into lines.
func wrapIDs(ids []string, width int) string {
	var b strings.Builder
	n := width / 4
	for _, id := range ids {
		if n += len(id) + 1; n > width {
			b.WriteString("\n  ")
			n = len(id) + 2
		}
		b.WriteString(" " + id)
	}
	return b.String()
}

func attack(cmd *cobra.Command, f attackFlags, ids []string) error {
	options := lab.Options{Window: f.window}
	if f.window <= 0 {
		return wrongUsage("Write a time such as 10m or 1h.", "--seed-window must be more than nothing.")
	}
	for _, name := range f.faults {
		fault, err := practice.ParseFault(name)
		if err != nil {
			return asUsage(err)
		}
		options.Faults = append(options.Faults, fault)
	}
	if len(ids) == 0 {
		ids = append([]string{matrixID}, lab.Scenarios()...)
	}
	for _, id := range ids {
		if id != matrixID && !slices.Contains(lab.Scenarios(), id) {
			return wrongUsage("Use "+matrixID+", "+strings.Join(lab.Scenarios(), ", ")+".", "There is no scenario %q.", id)
		}
	}
	bar := newBar(cmd.ErrOrStderr())
	options.Progress = bar.progress
	l, err := lab.Open(options)
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()

	var a inspect.Attack
	read := inspect.Options{Reveal: f.reveal}
	ctx := cmd.Context()
	for _, id := range ids {
		bar.begin(id)
		if id == matrixID {
			cells, err := l.Matrix(ctx)
			if err != nil {
				return bar.fail(err)
			}
			for _, c := range cells {
				a.Matrix = append(a.Matrix, inspect.ReadCell(c, read))
			}
			bar.end(fmt.Sprintf("%d cells", len(cells)))
			continue
		}
		with, err := l.Play(ctx, id, true)
		if err != nil {
			return bar.fail(err)
		}
		without, err := l.Play(ctx, id, false)
		if err != nil {
			return bar.fail(err)
		}
		s := inspect.ReadScenario(with, without, read)
		a.Scenarios = append(a.Scenarios, s)
		bar.end("the thief " + s.Defended + " with the defence, " + s.Undefended + " without")
	}
	if f.json {
		b, err := a.JSON()
		if err != nil {
			return err
		}
		_, err = cmd.OutOrStdout().Write(b)
		return err
	}
	_, err = io.WriteString(cmd.OutOrStdout(), a.Text(outputWidth(cmd.OutOrStdout())))
	return err
}

// bar shows on standard error what is being played, and how a search gets on.
// On a terminal it stays on one line; elsewhere only results are printed.
type bar struct {
	w        io.Writer
	terminal bool

	mu sync.Mutex
	id string
}

func newBar(w io.Writer) *bar {
	f, ok := w.(*os.File)
	return &bar{w: w, terminal: ok && term.IsTerminal(int(f.Fd()))}
}

func (b *bar) begin(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.id = id
	b.draw("")
}

func (b *bar) end(what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clear()
	fmt.Fprintf(b.w, "%-20s %s\n", b.id, what)
}

func (b *bar) fail(err error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clear()
	return err
}

// progress draws a search: how much is done, how fast, how long it will take.
func (b *bar) progress(p lab.Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.draw(inspect.SearchBar(p, 20))
}

func (b *bar) draw(text string) {
	if b.terminal {
		fmt.Fprintf(b.w, "\r\x1b[K%-20s %s", b.id, text)
	}
}

func (b *bar) clear() {
	if b.terminal {
		fmt.Fprint(b.w, "\r\x1b[K")
	}
}
