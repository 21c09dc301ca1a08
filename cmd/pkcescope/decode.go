package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// maxText bounds what decode reads, in octets.
const maxText = 16 << 20

func newDecode() *cobra.Command {
	var asJSON bool
	var jwks, at, diff string
	var o inspect.DecodeOptions
	cmd := &cobra.Command{
		Use:   "decode [TOKEN|FILE|-]",
		Short: "Explain and check a token",
		Long: `Explain and check a token: a bare one, "Bearer …", a JSON token response, a URL
with tokens in it, the JSON serialization of JWS and JWE, or any text that holds
some. What a URL, a mail, a page or a terminal did to it (%2E, line ends,
quotes, escapes) is undone and said. Broken tokens are decoded as far as they
go. Without an argument, or with -, it is read from standard input; the name of
a file reads the file.

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
			if n, err := strconv.Atoi(o.MaxAge); o.MaxAge != "" && (err != nil || n < 0) {
				return wrongUsage("Write whole seconds, as 3600.", "--max-age %s is not a number of seconds.", o.MaxAge)
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
	s.StringVar(&o.Scope, "scope", "", "the `SCOPES` that were asked for, to set beside those granted")
	s.StringVar(&o.ACRValues, "acr-values", "", "the acr_values that were asked for: acr must be one of these `VALUES`")
	s.StringVar(&o.MaxAge, "max-age", "", "the max_age that was asked for, in `SECONDS`: auth_time is held against it")
	s.StringVar(&at, "at", "", "check times as of this `TIME`, as 2026-01-31T12:00:00Z (default: now)")
	s.StringVar(&diff, "diff", "", "list how the token differs from `OTHER`: a file, or a token")
	s.BoolVar(&o.Reveal, "reveal", false, "do not mask the tokens themselves in the JSON: each is whole, with its signature (claims are never masked)")
	return cmd
}

// tokenText is the argument, the file it names, or standard input.
func tokenText(cmd *cobra.Command, args []string) (string, error) {
	in := newInput(cmd.InOrStdin(), cmd.ErrOrStderr())
	if len(args) == 1 && args[0] != "-" {
		if info, err := os.Stat(args[0]); err == nil && info.Mode().IsRegular() {
			return tokenFile(args[0])
		}
		if in.terminal != nil {
			fmt.Fprintln(cmd.ErrOrStderr(), "note: an argument stays in the shell's history; use - to paste instead")
		}
		return args[0], nil
	}
	if in.terminal != nil {
		fmt.Fprintln(cmd.ErrOrStderr(), "Paste the token, then Enter and Ctrl-D:")
	}
	return await(cmd.Context(), func() (string, error) {
		return boundedText(in.lines, "on standard input")
	})
}

func tokenFile(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	return boundedText(f, "in "+name)
}

// boundedText reads as much text as decode takes. Where says what it is from.
func boundedText(r io.Reader, where string) (string, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxText+1))
	if len(b) > maxText {
		return "", wrongUsage("Cut the tokens out of it.", "There is more than %d MB %s.", maxText>>20, where)
	}
	return string(b), err
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
		keys, err := os.ReadFile(from)
		if err != nil {
			return nil, flow.Error{
				Kind: flow.KindRefused, What: fmt.Sprintf("The keys could not be read from the file %s.", from),
				Why: err.Error() + ".", Try: "Give a file, or an address with https:// in front.",
			}.Wrap(err)
		}
		return keys, nil
	}
	return flow.FetchKeySet(ctx, from)
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
		return &flow.Error{
			Kind: flow.KindRefused, What: "There is no token in that text.",
			Try: "Give a token, or anything that holds one: a header, a token response, a URL.",
		}
	}
	if !asJSON {
		text := d.Text(outputWidth(out))
		if d.Diff != nil {
			text += "\nDifferences to the other token\n" + inspect.DiffText(d.Diff, outputWidth(out))
		}
		if _, err := io.WriteString(out, text); err != nil {
			return err
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
