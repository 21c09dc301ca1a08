package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// Bounds of what decode reads, in octets.
const (
	maxText = 16 << 20
	maxKeys = 4 << 20
)

// keysTimeout bounds the wait for --jwks URL.
const keysTimeout = 20 * time.Second

func newDecode() *cobra.Command {
	var asJSON bool
	var jwks, at, diff string
	var o inspect.DecodeOptions
	cmd := &cobra.Command{
		Use:   "decode [TOKEN|-]",
		Short: "Explain and check a token",
		Long: `Explain and check a token: a bare one, "Bearer …", a JSON token response, a URL
with tokens in it, or any text that holds some. Broken tokens are decoded as far
as they go. Without an argument, or with -, it is read from standard input.

Exit status: 0 every check passed, 1 one failed or there is no token, 3 none
failed but some could not be made for want of keys or expected values.`,
		Example: `  pkcescope decode - < token.txt
  pkcescope decode - --jwks https://login.microsoftonline.com/common/discovery/v2.0/keys`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return wrongUsage("Put quotes around a text with blanks.", "decode takes one text, and was given %d.", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := tokenText(cmd, args)
			if err != nil {
				return err
			}
			if at != "" {
				if o.Now, err = time.Parse(time.RFC3339, at); err != nil {
					return wrongUsage("Write it as 2026-01-31T12:00:00Z.", "--at %s is not a time.", at)
				}
			}
			if jwks != "" {
				if o.JWKS, err = readKeys(cmd.Context(), jwks); err != nil {
					return err
				}
			}
			d := inspect.DecodeToken(text, o)
			if diff != "" {
				other, err := otherToken(diff)
				if err != nil {
					return err
				}
				if !d.Compare(inspect.DecodeToken(other, o)) {
					return sentence("There are not two tokens to compare.")
				}
			}
			return decode(cmd.OutOrStdout(), d, asJSON)
		},
	}
	s := cmd.Flags()
	s.SortFlags = false
	s.BoolVar(&asJSON, "json", false, "print tokens, claims and checks as one JSON document")
	s.StringVar(&jwks, "jwks", "", "the provider's keys: a `URL|FILE` of a JSON Web Key Set")
	s.StringVar(&o.Issuer, "issuer", "", "the issuer `URL` to expect")
	s.StringVar(&o.ClientID, "client-id", "", "the client `ID` to expect as audience")
	s.StringVar(&o.Nonce, "nonce", "", "the `NONCE` that was sent")
	s.StringVar(&at, "at", "", "check times as of this `TIME`, as 2026-01-31T12:00:00Z (default: now)")
	s.StringVar(&diff, "diff", "", "list how the token differs from `OTHER`: a file, or a token")
	s.BoolVar(&o.Reveal, "reveal", false, "do not mask the tokens themselves")
	return cmd
}

// tokenText is the argument or standard input.
func tokenText(cmd *cobra.Command, args []string) (string, error) {
	in := newInput(cmd.InOrStdin(), cmd.ErrOrStderr())
	if len(args) == 1 && args[0] != "-" {
		if in.terminal != nil {
			fmt.Fprintln(cmd.ErrOrStderr(), "note: an argument stays in the shell's history; use - to paste instead")
		}
		return args[0], nil
	}
	if in.terminal != nil {
		fmt.Fprintln(cmd.ErrOrStderr(), "Paste the token, then Enter and Ctrl-D:")
	}
	return await(cmd.Context(), func() (string, error) {
		b, err := io.ReadAll(io.LimitReader(in.lines, maxText+1))
		if len(b) > maxText {
			return "", wrongUsage("Cut the tokens out of it.", "There is more than %d MB on standard input.", maxText>>20)
		}
		return string(b), err
	})
}

// otherToken reads what --diff names: a file, or a token itself.
func otherToken(diff string) (string, error) {
	switch b, err := os.ReadFile(diff); {
	case err == nil:
		return string(b), nil
	case errors.Is(err, fs.ErrNotExist), strings.HasPrefix(diff, "ey"):
		return diff, nil
	default:
		return "", err
	}
}

// readKeys reads a key set from a file or an address.
func readKeys(ctx context.Context, from string) ([]byte, error) {
	if !strings.HasPrefix(from, "https://") && !strings.HasPrefix(from, "http://") {
		return os.ReadFile(from)
	}
	unreachable := func(err error) error {
		return flow.Error{
			Kind: flow.KindTransport, What: fmt.Sprintf("The keys could not be read from %s.", from),
			Why: err.Error() + ".", Try: "Check the address, or save the keys to a file and give that.",
		}.Wrap(err)
	}
	ctx, cancel := context.WithTimeout(ctx, keysTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return nil, unreachable(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, unreachable(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, unreachable(fmt.Errorf("the answer was %s", response.Status))
	}
	keys, err := io.ReadAll(io.LimitReader(response.Body, maxKeys))
	if err != nil {
		return nil, unreachable(err)
	}
	return keys, nil
}

// decode prints what was found and returns the exit status.
func decode(out io.Writer, d inspect.Decoded, asJSON bool) error {
	if asJSON {
		document, err := d.JSON()
		if err != nil {
			return err
		}
		if _, err := out.Write(document); err != nil {
			return err
		}
	}
	if len(d.Tokens) == 0 {
		return sentence("There is no token in that text.")
	}
	if !asJSON {
		for i, t := range d.Tokens {
			if i > 0 {
				fmt.Fprintln(out)
			}
			printToken(out, t)
		}
		if d.Diff != nil {
			fmt.Fprintf(out, "\nDifferences to the other token\n%s", inspect.DiffText(d.Diff, 0))
		}
	}
	switch inspect.Worst(d.Tokens) {
	case inspect.Fail:
		return exitError(exitFailed)
	case inspect.Unknown:
		return exitError(exitUnsure)
	case inspect.Pass:
	}
	if slices.ContainsFunc(d.Tokens, func(t inspect.Token) bool { return t.Problem != "" }) {
		return exitError(exitFailed)
	}
	return nil
}

// printToken prints a token for a person. Its strings are clean and masked.
func printToken(out io.Writer, t inspect.Token) {
	fmt.Fprintf(out, "%s (%s)\n", t.Name, t.Kind)
	for _, line := range []string{t.Problem, t.Whose} {
		if line != "" {
			fmt.Fprintf(out, "  %s\n", line)
		}
	}
	if len(t.Header) > 0 {
		fmt.Fprintf(out, "\n  Header\n")
		printPairs(out, headerRows(t.Header))
	}
	if len(t.Claims) > 0 {
		fmt.Fprintf(out, "\n  Claims\n")
		var rows [][3]string
		for _, c := range t.Claims {
			rows = append(rows, [3]string{c.Name, c.Text, c.Meaning})
		}
		printPairs(out, rows)
	}
	if len(t.Checks) > 0 {
		fmt.Fprintf(out, "\n  Checks\n")
		for _, c := range t.Checks {
			fmt.Fprintf(out, "    %-8s %-10s %s\n", c.Result, c.ID, c.Why)
			if c.Result == inspect.Fail {
				fmt.Fprintf(out, "    %-8s %-10s expected %s\n    %-8s %-10s actual   %s\n", "", "", c.Expected, "", "", c.Actual)
			}
		}
	}
}

// headerRows lays a header out in the order of its names.
func headerRows(header map[string]any) [][3]string {
	var rows [][3]string
	for name, v := range header {
		rows = append(rows, [3]string{inspect.Clean(name), inspect.Clean(fmt.Sprint(v))})
	}
	slices.SortFunc(rows, func(a, b [3]string) int { return strings.Compare(a[0], b[0]) })
	return rows
}

// printPairs prints names and values, each with its meaning below it.
func printPairs(out io.Writer, rows [][3]string) {
	width := 0
	for _, r := range rows {
		width = max(width, len(r[0]))
	}
	width = min(width, 20)
	for _, r := range rows {
		fmt.Fprintf(out, "    %-*s  %s\n", width, r[0], r[1])
		if r[2] != "" {
			fmt.Fprintf(out, "    %-*s    %s\n", width, "", r[2])
		}
	}
}
