package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/capture"
	"github.com/pkcescope/pkcescope/inspect"
)

// openFlags are what open takes.
type openFlags struct {
	json, reveal, list bool
	number             int
	jwks               string
	theme              *string
}

func newOpen() *cobra.Command {
	var f openFlags
	cmd := &cobra.Command{
		Use:   "open FILE...",
		Short: "Look at a saved transcript, or at what another program recorded",
		Long: `Look at a transcript that run --save, run --json or the terminal program wrote,
or at a capture: a HAR of a browser, Charles, Fiddler or mitmproxy, a session
archive of Fiddler (SAZ), a curl command, HTTP as text, an authorize URL, a
callback URL, a token response. What a file is, is seen from its content.

Several files are read together: the browser's HAR and the server's, say. The
authorization code flows among all the requests are found and laid on the
steps; everything else is dropped. If there are several, --list names them and
--flow N chooses one; without it the last that failed is shown, or else the
fullest. Tokens and findings are read anew from what was recorded, as of the
time when that was. A FILE of - is standard input.

Exit status: 0 the file was read, however its flow ended; 1 it could not be
read, or there is no flow in it; 2 wrong usage.`,
		Example: `  pkcescope open transcript.json
  pkcescope open login.har
  pkcescope open browser.har server.har --list
  pkcescope open login.har --flow 2 --json
  pbpaste | pkcescope open -`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return wrongUsage(seeHelp(cmd), "open takes one FILE or more, and was given none.")
			}
			if n := len(slices.DeleteFunc(slices.Clone(args), func(a string) bool { return a != "-" })); n > 1 {
				return wrongUsage("Name it once.", "Standard input (-) can be read once, and was named %d times.", n)
			}
			return nil
		},
	}
	s := cmd.Flags()
	s.SortFlags = false
	s.BoolVar(&f.json, "json", false, "print it as JSON, as run --json does")
	s.IntVar(&f.number, "flow", 0, "the flow to show, by its `NUMBER` in the list")
	s.BoolVar(&f.list, "list", false, "list the flows that are in it; with --json as JSON")
	s.StringVar(&f.jwks, "jwks", "", "the provider's keys, if they are not in it: a `URL|FILE` of a JSON Web Key Set")
	s.BoolVar(&f.reveal, "reveal", false, "do not mask what the file holds of "+secretsShown)
	f.theme = addThemeFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return runOpen(cmd, f, args) }
	return cmd
}

func runOpen(cmd *cobra.Command, f openFlags, args []string) error {
	if f.number < 0 {
		return wrongUsage("They are numbered from 1.", "There is no flow %d.", f.number)
	}
	if !f.json && !f.list {
		if err := needScreen(args); err != nil {
			return err
		}
	}
	found, err := readCapture(cmd, args)
	if err != nil {
		return err
	}
	if len(found.Flows) == 0 {
		return inspect.NothingFound(found)
	}
	if f.list {
		return listFlows(cmd.OutOrStdout(), found, f.json)
	}
	i := found.Best()
	if f.number > 0 {
		if i = f.number - 1; i >= len(found.Flows) {
			return wrongUsage("See which with --list.", "There is no flow %d; the last one is %d.", f.number, len(found.Flows))
		}
	}
	if f.jwks != "" {
		keys, err := readKeys(cmd.Context(), f.jwks)
		if err != nil {
			return err
		}
		for n := range found.Flows {
			found.Flows[n] = found.Flows[n].WithKeys(f.jwks, keys)
		}
	}
	if f.json {
		if len(found.Flows) > 1 && f.number == 0 {
			fmt.Fprintf(cmd.ErrOrStderr(), "There are %d flows in it; this is number %d. --list names them, --flow N chooses one.\n", len(found.Flows), i+1)
		}
		if f.reveal {
			warnRevealed(cmd.ErrOrStderr(), found.Flows[i])
		}
		return inspect.Read(found.Flows[i], inspect.Options{Reveal: f.reveal}).WriteJSON(cmd.OutOrStdout())
	}
	tenant := &tenant{}
	defer tenant.close()
	o, err := terminalOptions(tenant, *f.theme)
	if err != nil {
		return err
	}
	o.Transcript, o.File = &found.Flows[i], strings.Join(args, ", ")
	if f.number == 0 && len(found.Flows) > 1 {
		o.Transcript, o.Found = nil, &found
	}
	return show(cmd, o)
}

// needScreen refuses to draw where nobody can see it. With - the keys come from
// the terminal itself.
func needScreen(args []string) error {
	const try = "Use --json or --list to read it without one."
	if slices.Contains(args, "-") {
		return needOutput(try)
	}
	return needTerminal(try)
}

// listFlows prints what was found.
func listFlows(out io.Writer, found capture.Found, asJSON bool) error {
	flows := inspect.CapturedFlows(found.Flows)
	if asJSON {
		return inspect.WriteJSON(out, flows)
	}
	_, err := io.WriteString(out, inspect.FlowsText(flows, outputWidth(out)))
	return err
}

// readCapture reads the files together. Opening a pipe that nobody writes to
// waits, and so does reading one: neither keeps a command from being cancelled.
func readCapture(cmd *cobra.Command, names []string) (capture.Found, error) {
	return await(cmd.Context(), func() (capture.Found, error) { return readFiles(cmd, names) })
}

// readFiles does the work of readCapture. Past a moment it says on standard
// error how far it is.
func readFiles(cmd *cobra.Command, names []string) (capture.Found, error) {
	var sources []capture.Source
	for _, name := range names {
		if name == "-" {
			sources = append(sources, capture.Source{Name: name, Data: cmd.InOrStdin()})
			continue
		}
		f, err := os.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			return capture.Found{}, noFile(name)
		}
		if err != nil {
			return capture.Found{}, err
		}
		defer func() { _ = f.Close() }()
		s := capture.Source{Name: name, Data: f}
		if info, err := f.Stat(); err == nil {
			if info.IsDir() {
				return capture.Found{}, wrongUsage("Name the files in it.", "%s is a folder.", name)
			}
			s.Size = info.Size()
		}
		sources = append(sources, s)
	}
	p := newMeter(cmd.ErrOrStderr())
	defer p.clear()
	return capture.Read(cmd.Context(), sources, capture.Options{Progress: p.told})
}

// quietly is how long reading may take before anything is said about it.
const quietly = 300 * time.Millisecond

// meter says on a terminal how far reading has come.
type meter struct {
	stderr  io.Writer
	began   time.Time
	shown   time.Time
	visible bool
}

func newMeter(stderr io.Writer) *meter {
	m := &meter{began: time.Now()}
	if onTerminal(stderr) {
		m.stderr = stderr
	}
	return m
}

func (m *meter) told(read, of int64) {
	now := time.Now()
	if m.stderr == nil || now.Sub(m.began) < quietly || now.Sub(m.shown) < 100*time.Millisecond {
		return
	}
	m.shown, m.visible = now, true
	fmt.Fprintf(m.stderr, "\r\x1b[K%s", inspect.ReadingText(read, of))
}

func (m *meter) clear() {
	if m.visible {
		fmt.Fprint(m.stderr, "\r\x1b[K")
	}
}

// oneFlow reads the flow of a file: a transcript, or a capture of another
// program. Of several it takes the one that ended best, and says so.
func oneFlow(cmd *cobra.Command, name string) (flow.Transcript, error) {
	found, err := readCapture(cmd, []string{name})
	if err != nil {
		return flow.Transcript{}, err
	}
	if len(found.Flows) == 0 {
		return flow.Transcript{}, inspect.NothingFound(found)
	}
	if n := len(found.Flows); n > 1 {
		fmt.Fprintf(cmd.ErrOrStderr(), "note: there are %d flows in %s; this is number %d. Save another with open --flow N --json.\n", n, inspect.Clean(name), found.Best()+1)
	}
	return found.Flows[found.Best()], nil
}

// What --reveal shows, for the help of the flag.
const (
	secretsShown    = "codes, verifiers, tokens, cookies, typed passwords, client secrets and assertions"
	practiceSecrets = "the practice tenant's codes, verifiers, tokens and client secrets"
)

// warnRevealed says plainly what stands unmasked in what is handed out.
func warnRevealed(stderr io.Writer, t flow.Transcript) {
	if notice := inspect.RevealNotice(t); notice != "" {
		fmt.Fprintln(stderr, "note:", notice)
	}
}
