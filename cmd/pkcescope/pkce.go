package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// pkceFlags are the flags of "pkcescope pkce" as they were written.
type pkceFlags struct {
	verifier, challenge, method, sentAs, transcript string
	others                                          []string
	length                                          int
	example, json                                   bool
}

func newPKCECommand() *cobra.Command {
	var f pkceFlags
	cmd := &cobra.Command{
		Use:   "pkce",
		Short: "Make a verifier, derive its challenge, or explain why the two do not match",
		Long: `pkce works with a code verifier and its challenge (RFC 7636), without a network.

Without flags it makes a fresh verifier. With --verifier it derives the
challenge of that one, stage by stage. With --challenge as well it compares the
two and, when they do not match, names the mistake: certain where making the
mistake again gives what was sent, likely where only the shape says so. A
challenge alone is judged by its shape. An empty value means that none was sent.

The exit status is 0 when the pair matches or a verifier was made, and 1 when
it does not match, or when one of the two alone already breaks a rule.`,
		Example: `  pkcescope pkce
  pkcescope pkce --example
  printf %s "$V" | pkcescope pkce --verifier - --challenge "$C"
  pkcescope pkce --challenge "$C" --json
  pkcescope pkce --transcript run.json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runPKCE(cmd, f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.verifier, "verifier", "", "the code_verifier; - reads it from standard input")
	flags.StringVar(&f.challenge, "challenge", "", "the code_challenge that was sent")
	flags.StringVar(&f.method, "method", "", "the code_challenge_method as it was sent, omitted, or none (default S256)")
	flags.IntVar(&f.length, "length", inspect.VerifierMin, "the length of a fresh verifier, 43 to 128")
	flags.StringArrayVar(&f.others, "other-verifier", nil, "a verifier that may have been meant, of another run; may be repeated")
	flags.StringVar(&f.sentAs, "sent-as", "", "the parameter that carried the verifier (default code_verifier)")
	flags.StringVar(&f.transcript, "transcript", "", "take all of it from a saved run; - reads it from standard input")
	flags.BoolVar(&f.example, "example", false, "the example of RFC 7636 appendix B")
	flags.BoolVar(&f.json, "json", false, "print JSON")
	return cmd
}

func runPKCE(cmd *cobra.Command, f pkceFlags) error {
	in, title, err := f.input(cmd)
	if err != nil {
		return err
	}
	r := inspect.ReadPKCE(in)
	if given := cmd.Flags().Changed; given("verifier") || given("transcript") {
		r = inspect.TraceSeed(r)
	}
	if f.json {
		if err := inspect.WriteJSON(cmd.OutOrStdout(), r); err != nil {
			return err
		}
	} else {
		printPKCE(cmd.OutOrStdout(), title, in, r)
	}
	if f.example && (r.Challenge.S256 != inspect.ExampleChallenge || !r.OK()) {
		return &flow.Error{Kind: flow.KindBug, What: "The example of RFC 7636 appendix B came out wrong."}
	}
	if !r.OK() {
		return exitError(exitFailed)
	}
	return nil
}

// input checks the flags and returns what they say, with a title for it.
func (f pkceFlags) input(cmd *cobra.Command) (inspect.PKCEInput, string, error) {
	var none inspect.PKCEInput
	given := cmd.Flags().Changed
	pair := given("verifier") || given("challenge")
	switch {
	case f.example && (pair || given("method") || given("length") || given("transcript")):
		return none, "", wrongUsage("Leave the other flags out.", "--example brings its own verifier and challenge.")
	case given("transcript") && (pair || given("method") || given("length") || given("sent-as")):
		return none, "", wrongUsage("Leave the other flags out.", "--transcript brings its own verifier, challenge and method.")
	case given("length") && pair:
		return none, "", wrongUsage("Leave --length out.", "--length is for a fresh verifier, and one of the two was given.")
	case f.length < inspect.VerifierMin || f.length > inspect.VerifierMax:
		return none, "", wrongUsage("RFC 7636 section 4.1 sets both limits.", "--length is %d, and a verifier has %d to %d characters.",
			f.length, inspect.VerifierMin, inspect.VerifierMax)
	case !methodLike(f.method, given("challenge")):
		return none, "", wrongUsage("Give S256, plain, omitted or none.", "There is no method %q.", f.method)
	case !pair && !given("transcript") && (given("sent-as") || given("other-verifier")):
		return none, "", wrongUsage("Give --verifier and --challenge.", "There is nothing to compare.")
	case !pair && f.method == string(flow.MethodNone):
		return none, "", wrongUsage("Give --method S256 or leave it out.", "Without PKCE there is no verifier to make.")
	}
	switch {
	case f.example:
		return inspect.PKCEInput{
			Verifier: inspect.ExampleVerifier, HasVerifier: true,
			Challenge: inspect.ExampleChallenge, HasChallenge: true,
			Method: string(flow.MethodS256),
		}, "The example of RFC 7636 appendix B", nil
	case given("transcript"):
		t, err := oneFlow(cmd, f.transcript)
		if err != nil {
			return none, "", err
		}
		in := inspect.PKCEOfTranscript(t)
		in.OtherVerifiers = append(in.OtherVerifiers, f.others...)
		return in, "What the run sent", nil
	case !pair:
		return inspect.PKCEInput{
			Verifier: flow.RandomVerifier(f.length), HasVerifier: true, Method: f.method,
		}, "A fresh verifier", nil
	}
	in := inspect.PKCEInput{
		Verifier: f.verifier, HasVerifier: given("verifier"),
		Challenge: f.challenge, HasChallenge: given("challenge"),
		Method: f.method, OtherVerifiers: f.others, SentAs: f.sentAs,
	}
	title := "The challenge of this verifier"
	switch {
	case !in.HasVerifier:
		title = "A challenge alone"
	case in.HasChallenge:
		title = "A verifier and a challenge"
	}
	if f.verifier == "-" {
		v, err := readVerifier(cmd)
		if err != nil {
			return none, "", err
		}
		in.Verifier = v
	} else if in.HasVerifier && f.verifier != "" && onTerminal(cmd.ErrOrStderr()) {
		fmt.Fprintln(cmd.ErrOrStderr(), "note: a verifier given as an argument stays in the shell's history; --verifier - reads it from standard input")
	}
	return in, title, nil
}

// methodLike reports whether a method is one of ours, or at least one that a
// client can have sent in the belief that it exists; the second only where
// there is something to explain.
func methodLike(method string, explaining bool) bool {
	switch flow.Method(method) {
	case "", flow.MethodS256, flow.MethodPlain, flow.MethodOmitted, flow.MethodNone:
		return true
	}
	if !explaining {
		return false
	}
	letters := strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToUpper(method))
	switch letters {
	case "S256", "SHA256", "256", "PLAIN", "S512", "SHA512", "S1", "SHA1", "S384", "SHA384", "HS256", "RS256":
		return true
	}
	return false
}

// mostInput bounds what is read from standard input, in octets.
const mostInput = 1 << 20

// readVerifier reads a line from a person, and else all of standard input
// without one line end, which the shell put there. Line ends inside are kept:
// they may be the mistake.
func readVerifier(cmd *cobra.Command) (string, error) {
	in := newInput(cmd.InOrStdin(), cmd.ErrOrStderr())
	if in.terminal != nil {
		fmt.Fprint(cmd.ErrOrStderr(), "Verifier: ")
		return in.line(cmd.Context())
	}
	b, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), mostInput+1))
	if err != nil {
		return "", err
	}
	if len(b) > mostInput {
		return "", wrongUsage("Pass a verifier, which has at most 128 characters.", "There is more than a megabyte on standard input.")
	}
	if text, ok := strings.CutSuffix(string(b), "\r\n"); ok {
		return text, nil
	}
	return strings.TrimSuffix(string(b), "\n"), nil
}

// onTerminal reports whether a person reads w.
func onTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
