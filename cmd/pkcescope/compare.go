package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/lab"
	"github.com/pkcescope/pkcescope/inspect"
)

// compareFlags are what compare takes beside the client.
type compareFlags struct {
	*clientFlags
	methods []string
	traps   bool
	probes  bool
	flows   bool
	json    bool
	reveal  bool
	yes     bool
}

func newCompareCommand() *cobra.Command {
	var f compareFlags
	cmd := &cobra.Command{
		Use:   "compare",
		Short: "Run the same client with none, plain and S256, side by side",
		Long: `Run the same client several times in lock-step, with one difference: the code
challenge method. Each run has its own verifier, state and nonce; what differs
beyond them is marked. Three kinds of runs follow each other:

  the methods   none, plain and S256
  the traps     method omitted, verifier without a challenge, s256 in lower
                case, 42 and 129 characters; --traps=false leaves them out
  the probes    a wrong verifier, a missing one, a code redeemed twice

With --methods those named run, in that order, and no others; --traps and
--probes add theirs to them.

Without --profile or --issuer the practice tenant is asked, and answers to
everything. On a real tenant each run needs a sign-in, which single sign-on
usually makes silent after the first; plain asks for a confirmation, and the
probes run only with --probes.`,
		Example: `  pkcescope compare
  pkcescope compare --methods plain,S256 --json
  pkcescope compare --methods S256 --traps
  pkcescope compare --profile contoso --probes
  pkcescope compare --flows`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.flows {
				return compareFlows(cmd, f)
			}
			return compare(cmd, f)
		},
	}
	f.clientFlags = addClientFlags(cmd)
	_ = cmd.Flags().MarkHidden("method") // --methods says it here
	s := cmd.Flags()
	s.StringSliceVar(&f.methods, "methods", []string{"none", "plain", "S256"}, "the `METHODS` to run, of "+strings.Join(lab.CaseNames(), ", "))
	s.BoolVar(&f.traps, "traps", true, "run the mistakes that clients make as well")
	s.BoolVar(&f.probes, "probes", false, "on a real tenant, also ask it with wrong requests")
	s.BoolVar(&f.flows, "flows", false, "compare the authorization code, interactive and device code flows instead, at the practice tenant")
	s.BoolVar(&f.json, "json", false, "print one JSON document")
	s.BoolVar(&f.reveal, "reveal", false, "do not mask "+secretsShown)
	s.BoolVar(&f.yes, "yes", false, "do not ask for confirmation")
	return cmd
}

func compare(cmd *cobra.Command, f compareFlags) error {
	ctx, cancel := context.WithCancelCause(cmd.Context())
	defer cancel(nil)
	stderr := cmd.ErrOrStderr()
	in := newInput(cmd.InOrStdin(), stderr)
	cases, err := f.cases()
	if err != nil {
		return err
	}

	tenant := &tenant{}
	defer tenant.close()
	base, player, err := f.start(tenant)
	if err != nil {
		return err
	}
	config, err := f.config(ctx, base, in)
	if err != nil {
		return err
	}
	if player == nil {
		if cases, err = f.confirm(ctx, cases, in, stderr); err != nil {
			return err
		}
	}
	opener, err := f.opener(player, stderr)
	if err != nil {
		return err
	}

	news := make(chan struct{}, 1)
	twins, err := lab.NewTwins(config, cases, lab.TwinOptions{Browser: opener, Changed: func() {
		select {
		case news <- struct{}{}:
		default:
		}
	}})
	if err != nil {
		return asUsage(err)
	}
	defer func() { _ = twins.Close() }()
	if player == nil {
		stop := watchWaits(ctx, cancel, in, twins, news, stderr)
		defer stop()
	}
	for {
		step, ok := twins.Pending()
		if !ok {
			break
		}
		if err = twins.Next(ctx); err != nil {
			break
		}
		tellRuns(stderr, step, twins.Results())
	}

	report := inspect.CompareRuns(twins.Results(), inspect.Options{Now: time.Now(), Reveal: f.reveal})
	if failure := f.print(cmd.OutOrStdout(), report.JSON, report.Text); failure != nil {
		return failure
	}
	if err != nil || ctx.Err() != nil {
		complain(stderr, "The comparison was cancelled.", "", "")
		return exitError(exitCancelled)
	}
	return allUnanswered(report)
}

// print writes a report as JSON or as text.
func (f compareFlags) print(w io.Writer, asJSON func() ([]byte, error), asText func(int) string) error {
	if !f.json {
		_, err := io.WriteString(w, asText(outputWidth(w)))
		return err
	}
	b, err := asJSON()
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

// outputWidth is the terminal's width, or one that suits a file.
func outputWidth(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			return min(width, 160)
		}
	}
	return 100
}

// cases are the runs that the flags ask for.
func (f compareFlags) cases() ([]lab.Case, error) {
	if f.set.Changed("method") {
		return nil, wrongUsage("Use --methods, which takes several.", "compare has no --method.")
	}
	cases, err := lab.ParseCases(f.methods)
	if err != nil {
		return nil, asUsage(err)
	}
	if len(cases) == 0 {
		return nil, wrongUsage("Name at least one, for example --methods plain,S256.", "There is no method to run.")
	}
	// Each run is a sign-in, so who names the runs gets no others unasked.
	named := f.set.Changed("methods")
	var kinds []lab.Kind
	if f.traps && (!named || f.set.Changed("traps")) {
		kinds = append(kinds, lab.KindTrap)
	}
	if f.probes || f.practice() && !named {
		kinds = append(kinds, lab.KindProbe)
	}
	for _, c := range lab.Cases(kinds...) {
		if !slices.ContainsFunc(cases, func(x lab.Case) bool { return x.Name == c.Name }) {
			cases = append(cases, c)
		}
	}
	return cases, nil
}

// confirm asks before a real tenant is sent what weakens a sign-in, or what no
// honest client would send. What the person declines is left out.
func (f compareFlags) confirm(ctx context.Context, cases []lab.Case, in *input, stderr io.Writer) ([]lab.Case, error) {
	ask := func(which func(lab.Case) bool, warning, question string) error {
		if f.yes || !slices.ContainsFunc(cases, which) {
			return nil
		}
		fmt.Fprintf(stderr, "%s\n%s [y/N] ", warning, question)
		answer, err := in.line(ctx)
		if errors.Is(err, io.EOF) {
			return wrongUsage("Give --yes, or leave these runs out with --methods and --traps=false.", "A confirmation is needed, and standard input has ended.")
		}
		if err != nil {
			return err
		}
		if a := strings.ToLower(strings.TrimSpace(answer)); a != "y" && a != "yes" {
			cases = slices.DeleteFunc(cases, which)
			fmt.Fprintln(stderr, "Left out.")
		}
		return nil
	}
	if err := ask(func(c lab.Case) bool { return c.Plain },
		"plain sends the verifier itself through the browser: whoever sees the URL has it.\nRFC 7636 section 4.2 allows it only to clients that cannot do S256; see also section 7.2.",
		"Sign in with plain, and with the method omitted, on this tenant?"); err != nil {
		return nil, err
	}
	if err := ask(func(c lab.Case) bool { return c.Kind == lab.KindProbe },
		"The probes send wrong token requests with your own client and account: a wrong verifier, none,\nand a code twice. They harm nobody; a tenant that watches its logs may ask you about them.",
		"Send the probes to this tenant?"); err != nil {
		return nil, err
	}
	if len(cases) == 0 {
		return nil, wrongUsage("Name others with --methods.", "Every run was declined.")
	}
	return cases, nil
}

// watchWaits tells which run waits for the browser, and passes pasted redirect
// URLs to it.
func watchWaits(ctx context.Context, cancel context.CancelCauseFunc, in *input, twins *lab.Twins, news <-chan struct{}, stderr io.Writer) (stop func()) {
	ended := make(chan struct{})
	go func() {
		told, pasting := "", false
		for {
			select {
			case <-news:
			case <-ended:
				return
			}
			name, _, listening, ok := twins.Waiting()
			if !ok || name == told {
				continue
			}
			told = name
			where := "paste the redirect URL here"
			if len(listening) > 0 {
				where = "waiting on " + strings.Join(listening, " and ")
			}
			fmt.Fprintf(stderr, "%-10s sign in with the browser; %s\n", name, where)
			if !pasting {
				pasting = true
				go pasteInto(ctx, cancel, in, twins, len(listening) == 0, stderr)
			}
		}
	}()
	return func() { close(ended) }
}

// pasteInto is takePastes for a comparison: the run that waits gets the URL.
func pasteInto(ctx context.Context, cancel context.CancelCauseFunc, in *input, twins *lab.Twins, alone bool, stderr io.Writer) {
	for {
		text, err := in.line(ctx)
		if err != nil {
			if alone && errors.Is(err, io.EOF) {
				cancel(errors.New("standard input has ended, and nothing listens for the callback"))
			}
			return
		}
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		if err := twins.Paste(text); err != nil {
			finish(stderr, err)
		}
	}
}

// tellRuns prints where the runs stand after a step.
func tellRuns(w io.Writer, step flow.StepID, results []lab.Result) {
	var failed []string
	for _, r := range results {
		if s := r.Transcript.Step(step); s.Status == flow.StatusFailed ||
			step == flow.StepAuthorize && r.Transcript.Step(flow.StepCallback).Status == flow.StatusFailed {
			failed = append(failed, r.Case.Name)
		}
	}
	line := fmt.Sprintf("%-10s %d runs", step, len(results))
	if len(results) == 1 {
		line = strings.TrimSuffix(line, "s")
	}
	if len(failed) > 0 {
		line += "; refused: " + strings.Join(failed, ", ")
	}
	fmt.Fprintln(w, line)
}

// allUnanswered says that the comparison compared nothing: not one run got as
// far as an answer to what it sent.
func allUnanswered(c inspect.Comparison) error {
	for _, r := range c.Runs {
		if r.Error == nil || r.Error.Kind == flow.KindServer && r.Step != flow.StepDiscovery {
			return nil
		}
	}
	e := *c.Runs[0].Error
	return &e
}
