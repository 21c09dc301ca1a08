package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/lab"
	"github.com/pkcescope/pkcescope/inspect"
)

// doctorFlags are what doctor takes beside the client.
type doctorFlags struct {
	*clientFlags
	json    bool
	probe   bool
	expect  []string
	claims  []string
	timeout time.Duration
}

func newDoctor() *cobra.Command {
	var f doctorFlags
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look for what will go wrong before anybody signs in",
		Long: `Look at a client and its provider before anybody signs in: is the metadata
reached and its issuer the right one, what is missing from it, are the endpoints
where they are expected, TLS, the keys, the clocks, does the redirect URI keep
the provider's rules and can its port be had here, do the scopes go together, is
the secret a secret's id, does the platform fit.

Sent are the request for the metadata and the one for the keys, nothing else.
Without --profile or --issuer it looks at the practice tenant's first client.

With --device it is a device's client that is looked at: the device
authorization endpoint, the grant types, whether the client is public. It has
neither a redirect URI nor PKCE.

--probe also asks the provider whether it knows this client: one authorize
request with prompt=none and without a session, and if the answer comes back to
the client, one token request as the client would send it, with a code that is
false on purpose and without an Origin. A device's client sends a device
authorization request instead of the former. Nobody signs in; the provider's log
shows both. What is concluded is called likely. With --resource URL the resource
is asked for its metadata too (RFC 9728), as clients of the Model Context
Protocol do.

Exit status: 0 all is well, 1 something fails, 2 wrong usage, 3 something may go
wrong. With --expect, 0 if each of them is a failure or a warning, and 1 if not:
so a tenant's set-up can be tested. It names a line's id, the cause that a
sign-in would end in, or a code such as AADSTS50011.

--expect-claim needs tokens, so it carries out the whole flow after the checkup,
through the browser that --browser names: 0 if the ID token or the access token
has the claim (of a list, an entry with that value), and 1 if not. What else is
expected may then also be how the sign-in failed.`,
		Example: `  pkcescope doctor
  pkcescope doctor --profile contoso --probe
  pkcescope doctor --issuer https://accounts.google.com --json
  pkcescope doctor --profile broken --expect client-secret-id-instead-of-value
  pkcescope doctor --profile moved --probe --expect AADSTS50011
  pkcescope doctor --profile contoso --expect-claim roles=Orders.Read`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDoctor(cmd, f) },
	}
	f.clientFlags = addClientFlags(cmd)
	s := cmd.Flags()
	s.BoolVar(&f.json, "json", false, "print JSON")
	s.BoolVar(&f.probe, "probe", false, "also ask the provider about this client, with one authorize and one token request, without signing in")
	s.StringArrayVar(&f.expect, "expect", nil, "end with 0 if the line, cause or error `CODE` is found, else with 1; may be repeated")
	s.StringArrayVar(&f.claims, "expect-claim", nil, "sign in, and end with 0 if the claim `NAME[=VALUE]` came, else with 1; may be repeated")
	s.DurationVar(&f.timeout, "timeout", 0, "give up after this `TIME`, for example 2m (default: wait)")
	return cmd
}

func runDoctor(cmd *cobra.Command, f doctorFlags) error {
	var claims []inspect.ExpectedClaim
	for _, text := range f.claims {
		c, ok := inspect.ParseExpectedClaim(text)
		if !ok {
			return wrongUsage("Write a claim as NAME or NAME=VALUE, for example roles=Orders.Read.", "--expect-claim %q names no claim.", text)
		}
		claims = append(claims, c)
	}
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
	f.examines = len(claims) == 0
	base, player, err := f.start(tenant)
	if err != nil {
		return err
	}
	if base.ClientID == "" && f.clientID == "" {
		if f.probe || len(claims) > 0 {
			return wrongUsage("Give --client-id ID, or a --profile that has one.", "--probe and --expect-claim are about a client, and there is no client id.")
		}
		base.ClientID = inspect.NoClient
	}
	c, err := f.config(ctx, base, in)
	if err != nil {
		return err
	}
	if f.probe {
		announceProbe(stderr, c)
	}
	checkup, err := examine(ctx, c, f.probe)
	if err != nil {
		return err
	}
	met := true
	if len(claims) > 0 {
		t, err := f.signIn(ctx, cancel, c, player, in)
		if t.Format == "" {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		met = checkup.SignedIn(t, inspect.Options{Now: time.Now()}, claims)
	}
	if f.json {
		err = inspect.WriteJSON(cmd.OutOrStdout(), checkup)
	} else {
		printCheckup(cmd.OutOrStdout(), checkup)
	}
	if err != nil {
		return err
	}
	return checkupExit(stderr, checkup, f.expect, len(claims) > 0, met)
}

// examine looks at a client before anybody signs in, for the command and for
// the screen alike.
func examine(ctx context.Context, c flow.Config, probe bool) (inspect.Checkup, error) {
	seen, err := lab.Examine(ctx, c, lab.ExamineOptions{Probe: probe})
	if err != nil {
		return inspect.Checkup{}, err
	}
	return inspect.Examine(seen), nil
}

// announceProbe says who is told what about whom, before it is.
func announceProbe(stderr io.Writer, c flow.Config) {
	host := c.Issuer
	if u, err := url.Parse(c.Issuer); err == nil && u.Host != "" {
		host = u.Host
	}
	fmt.Fprintf(stderr, "Asking %s about the %s: %s.\n", inspect.Clean(host), inspect.NameClient(c), inspect.ProbeInWords(c))
}

// checkupExit is the exit status of a checkup. With claims expected, met says
// whether they came.
func checkupExit(stderr io.Writer, c inspect.Checkup, expect []string, claims, met bool) error {
	var missing []string
	for _, code := range expect {
		if !c.Found(code) {
			missing = append(missing, code)
		}
	}
	switch {
	case len(missing) > 0:
		complain(stderr, "Expected and not found: "+strings.Join(missing, ", ")+".", "", "")
		return exitError(exitFailed)
	case claims && !met:
		for _, l := range c.Lines {
			if (l.ID == "claim" || l.ID == "sign-in") && l.Verdict == inspect.VerdictFail {
				complain(stderr, l.What, l.Why, "")
			}
		}
		return exitError(exitFailed)
	case len(expect) > 0 || claims:
		return nil
	case c.Verdict == inspect.VerdictFail:
		return exitError(exitFailed)
	case c.Verdict == inspect.VerdictWarn:
		return exitError(exitUnsure)
	}
	return nil
}

func printCheckup(w io.Writer, c inspect.Checkup) {
	const margin = 24
	p, rest := explainPrinter{w}, strings.Repeat(" ", margin)
	for _, l := range c.Lines {
		p.prose(fmt.Sprintf("%-5s%-19s", l.Verdict, l.ID), rest, l.What)
		if l.Why != "" {
			p.prose(rest, rest, l.Why)
		}
		if l.Try != "" {
			p.prose(rest+"Try: ", rest, l.Try)
		}
	}
	fmt.Fprintln(w)
	p.prose("", "", c.Conclusion())
}
