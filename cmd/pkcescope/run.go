package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// runFlags are what run takes beside the client.
type runFlags struct {
	*clientFlags
	json    bool
	reveal  bool
	save    string
	timeout time.Duration
}

func newRun() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Walk the flow without a screen",
		Long: `Walk the authorization code flow with PKCE to its end.

Without --profile or --issuer it runs against a practice tenant inside this
process, where --browser practice signs in by itself.

Standard output holds the JSON document of --json and nothing else. Everything
for people goes to standard error. Exit status: 0 the flow completed, 1 it
failed (the JSON says where), 2 wrong usage, 130 cancelled.`,
		Example: `  pkcescope run
  pkcescope run --json --method plain
  pkcescope run --profile contoso --browser none
  pkcescope run --set token.code_verifier=wrong`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd, f) },
	}
	f.clientFlags = addClientFlags(cmd)
	s := cmd.Flags()
	s.BoolVar(&f.json, "json", false, "print the transcript as one JSON document")
	s.BoolVar(&f.reveal, "reveal", false, "do not mask, in the JSON and the saved file, "+secretsShown)
	s.StringVar(&f.save, "save", "", "write the transcript to `FILE`")
	s.DurationVar(&f.timeout, "timeout", 0, "give up after this `TIME`, for example 2m (default: wait)")
	return cmd
}

// The causes of a run that ends without a signal. They are sentences for a
// person.
var (
	errTimeout    = sentence("The time given by --timeout has passed.")
	errPasteEnded = sentence("Standard input has ended, and nothing listens for the callback.")
)

// within bounds a command by --timeout; zero is no bound.
func within(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc, error) {
	switch {
	case timeout < 0:
		return ctx, nil, wrongUsage("Write a time such as 90s or 2m.", "--timeout cannot be negative.")
	case timeout == 0:
		return ctx, func() {}, nil
	}
	ctx, stop := context.WithTimeoutCause(ctx, timeout, errTimeout)
	return ctx, stop, nil
}

func run(cmd *cobra.Command, f runFlags) error {
	ctx, cancel := context.WithCancelCause(cmd.Context())
	defer cancel(nil)
	ctx, stop, err := within(ctx, f.timeout)
	if err != nil {
		return err
	}
	defer stop()
	stderr := cmd.ErrOrStderr()
	in := newInput(cmd.InOrStdin(), stderr)

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
	t, err := f.signIn(ctx, cancel, config, player, in)
	if t.Format == "" {
		return err // it did not begin
	}

	if f.reveal {
		warnRevealed(stderr, t)
	}
	report := inspect.Read(t, inspect.Options{Now: time.Now(), Reveal: f.reveal})
	delivered := f.deliver(cmd.OutOrStdout(), report)
	ended := conclude(ctx, stderr, report, err)
	if delivered != nil {
		why := delivered.Error()
		if at, ok := errors.AsType[*fs.PathError](delivered); ok {
			why = fmt.Sprintf("The system says of %q: %s.", at.Path, at.Err)
		}
		complain(stderr, "The transcript could not be written.", why, "Check --save and the space on the disk.")
		if ended == nil {
			ended = exitError(exitFailed)
		}
	}
	return ended
}

// signIn walks the flow of a client to its end, with the browser that the flags
// choose. Without a walk, because the flags or the client are wrong, the
// transcript is empty.
func (f *clientFlags) signIn(ctx context.Context, cancel context.CancelCauseFunc, c flow.Config, player flow.Browser, in *input) (flow.Transcript, error) {
	opener, err := f.opener(player, in.stderr)
	if err != nil {
		return flow.Transcript{}, err
	}
	p := newProgress(in.stderr, opener.Played())
	warned := &forewarned{Browser: opener, stderr: in.stderr}
	walk, err := flow.New(c, flow.Options{Browser: warned, Changed: p.changed})
	if err != nil {
		return flow.Transcript{}, asUsage(err)
	}
	defer func() { _ = walk.Close() }()
	warned.walk = walk
	byHand, _ := opener.(*person)
	stop := p.follow(walk, func(listening []string) {
		if landing := walk.Transcript().Landing(); landing != "" && len(listening) == 0 {
			// Only a played browser can be seen to have ended somewhere, and
			// who plays it pastes for it.
			fmt.Fprintln(in.stderr, "pasted     the address that the played browser ended on")
			_ = walk.Paste(landing) // why it was not taken stands in the callback step
			return
		}
		if len(listening) == 0 && inspect.HandOver(c) != "" {
			fmt.Fprintf(in.stderr, "%s\n\n", inspect.HandOver(c))
		}
		if len(listening) == 0 || byHand != nil && byHand.alone {
			go takePastes(ctx, cancel, in, walk, listening, in.stderr)
		}
	})
	err = walk.Run(ctx)
	if ctx.Err() != nil {
		walk.Cancel()
	}
	stop()
	return walk.Transcript(), err
}

// opener returns whoever opens the authorize URL.
func (f *clientFlags) opener(player flow.Browser, stderr io.Writer) (flow.Browser, error) {
	switch argv := strings.Fields(f.browser); {
	case len(argv) == 0 && f.set.Changed("browser"):
		return nil, wrongUsage("Use --browser auto, none, practice or a command.", "--browser is empty.")
	case f.browser == "practice" || f.browser == "" && player != nil:
		if player == nil {
			return nil, errPlaysElsewhere
		}
		return player, nil
	case f.browser == "none":
		return &person{stderr: stderr, qr: f.qr}, nil
	case f.private && (f.browser == "auto" || f.browser == ""):
		argv, err := privateWindow()
		if err != nil {
			return nil, err
		}
		return &person{browser: ifGraphical{command{argv: argv, stderr: stderr}}, stderr: stderr, qr: f.qr}, nil
	case f.browser == "auto" || f.browser == "":
		return &person{browser: system{}, stderr: stderr, qr: f.qr}, nil
	default:
		argv, err := f.privately(argv)
		return command{argv: argv, stderr: stderr}, err
	}
}

// errPlaysElsewhere refuses --browser practice where it could not sign in.
var errPlaysElsewhere = wrongUsage("Use --browser auto, none or a command; or leave --profile and --issuer out.",
	"--browser practice signs in at the practice tenant only.")

// forewarned says what the browser will say of the callback's certificate,
// before it opens.
type forewarned struct {
	flow.Browser
	walk   *flow.Walk
	stderr io.Writer
}

// Open implements [flow.Browser].
func (f *forewarned) Open(ctx context.Context, address string, record func(flow.Exchange)) error {
	if fingerprint, ok := f.walk.Transcript().Step(flow.StepAuthorize).Value(flow.CertificateValue); ok {
		fmt.Fprintf(f.stderr, `
The callback is awaited on https, with a certificate made for this run that
nobody vouches for: the browser will warn of it. Its SHA-256 fingerprint is

  %s

Compare it there, then choose Advanced and go on to localhost.

`, fingerprint)
	}
	return f.Browser.Open(ctx, address, record)
}

// person opens the URL by hand where there is no browser to do it.
type person struct {
	browser flow.Browser // tried first; nil: --browser none
	stderr  io.Writer
	qr      bool // as a QR code too
	// alone is set when no browser was opened.
	alone bool
}

// Open shows the URL. It holds everything a browser needs, so it is printed
// whole.
func (p *person) Open(ctx context.Context, address string, record func(flow.Exchange)) error {
	if p.browser != nil {
		err := p.browser.Open(ctx, address, record)
		if refused, ok := errors.AsType[*flow.Error](err); ok {
			return refused
		}
		if err == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		fmt.Fprintf(p.stderr, "No browser could be opened here: %s.\n", inspect.Clean(err.Error()))
	}
	p.alone = true
	fmt.Fprintf(p.stderr, "Open this URL in a browser and sign in:\n\n  %s\n\n", link(p.stderr, inspect.Clean(address)))
	if p.qr {
		printQR(p.stderr, address)
	}
	if at := overSSH(); at != "" {
		fmt.Fprint(p.stderr, remoteHint(address, at))
	}
	return nil
}

// Played implements [flow.Browser].
func (*person) Played() bool { return false }

// takePastes passes pasted redirect URLs to the walk until it takes one. The
// end of standard input by itself ends nothing, as the callback may still come;
// only when nothing listens for it is the run over.
func takePastes(ctx context.Context, cancel context.CancelCauseFunc, in *input, w *flow.Walk, listening []string, stderr io.Writer) {
	for {
		text, err := in.line(ctx)
		if err != nil {
			if len(listening) == 0 && errors.Is(err, io.EOF) {
				cancel(errPasteEnded)
			}
			return
		}
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		err = w.Paste(text)
		if err == nil {
			return
		}
		finish(stderr, err)
	}
}

// deliver prints and saves what was asked for. It does so however the run
// ended.
func (f runFlags) deliver(stdout io.Writer, r inspect.Report) error {
	if !f.json && f.save == "" {
		return nil
	}
	document, err := r.JSON()
	if err != nil {
		return err
	}
	var printed, saved error
	if f.json {
		_, printed = stdout.Write(document)
	}
	if f.save != "" {
		saved = replaceFile(f.save, document)
	}
	return errors.Join(printed, saved)
}

// advice is what to try after a step failed. Where the server refused, what was
// found out about the refusal helps more than what holds for every refusal.
func advice(s inspect.Step) string {
	if s.Error.Kind == flow.KindServer {
		for _, f := range s.Findings {
			if f.Severity == inspect.SeverityError && f.Try != "" {
				return f.Try
			}
		}
	}
	return s.Error.Try
}

// conclude says how the run ended and turns it into an exit status. What went
// wrong is taken from the report, where it is masked.
func conclude(ctx context.Context, stderr io.Writer, r inspect.Report, err error) error {
	switch r.Outcome {
	case flow.OutcomeOK:
		sumUp(stderr, r)
		return nil
	case flow.OutcomeCancelled:
		why := ""
		if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
			why = cause.Error()
		}
		complain(stderr, "Cancelled.", why, "")
		return exitError(exitCancelled)
	case flow.OutcomeFailed, flow.OutcomeUnfinished:
	}
	for _, s := range r.Steps {
		if s.Status == flow.StatusFailed && s.Error != nil {
			complain(stderr, s.Error.What, s.Error.Why, advice(s))
			return exitError(exitFailed)
		}
	}
	if err == nil {
		err = errors.New("the flow did not come to its end")
	}
	return err
}
