package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// mostError bounds the text of one error, in octets: a whole page with its
// scripts, and then some. A saved run is read to its end, where it failed.
const mostError = 4 << 20

// explainFlags are the flags of "pkcescope explain" as they were written.
type explainFlags struct {
	provider, where string
	status          int
	context         []string
	json, batch     bool
	ticket          bool
}

func newExplainCommand() *cobra.Command {
	var f explainFlags
	cmd := &cobra.Command{
		Use:   "explain [TEXT|-|FILE]",
		Short: "Say what caused an error, how to fix it, and who can",
		Long: `explain reads an error in whatever shape it was met (a JSON body, a redirect
URL, a page, a library's exception, the text of a screenshot, a bare code) and
says what most probably caused it, on what evidence, how to put it right, who
can do that, and how to see that it is done. A saved run is diagnosed at its
failed step, from what was really sent.

Certain means that code and context leave one cause, likely that one stands
out, possible that it is one among several. The more facts are given with
--context, the surer the answer: client_kind (native, spa, web-server),
redirect_uri, scope, authority, method, grant, client_secret_sent,
code_verifier_sent, code_challenge_sent, origin_header.

What else it could be is named (client-secret-missing); such a name is explained
as an error is.

Without an argument, or with -, the text is read from standard input.`,
		Example: `  pkcescope explain AADSTS50148
  pkcescope explain - --where token --context code_verifier_sent=false < error.json
  pkcescope explain run.json
  pkcescope explain run.json --ticket
  pkcescope explain --batch < errors.jsonl`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return wrongUsage("Put quotes around a text with blanks.", "explain takes one text, and was given %d.", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return runExplain(cmd, f, args) },
	}
	s := cmd.Flags()
	s.SortFlags = false
	s.StringVar(&f.provider, "provider", "", "whose error it is: entra, b2c, external-id, keycloak, auth0, okta, google, cognito, github, gitlab, dex, hydra, salesforce, ping, generic")
	s.StringVar(&f.where, "where", "", "the `STEP` that failed: authorize, callback, token, refresh, userinfo, device, discovery, jwks")
	s.IntVar(&f.status, "status", 0, "the HTTP status of the answer")
	s.StringArrayVar(&f.context, "context", nil, "a fact of the request, as `NAME=VALUE`; may be repeated")
	s.BoolVar(&f.json, "json", false, "print JSON")
	s.BoolVar(&f.ticket, "ticket", false, "print a ticket in Markdown for whoever can put it right; secrets are masked")
	s.BoolVar(&f.batch, "batch", false, "read JSON lines on standard input and write one JSON result for each")
	return cmd
}

func runExplain(cmd *cobra.Command, f explainFlags, args []string) error {
	if f.json && f.ticket {
		return wrongUsage("Give one of them.", "--json and --ticket are two forms of the answer.")
	}
	if f.batch {
		if len(args) > 0 || f.json || f.ticket || f.provider != "" || f.where != "" || f.status != 0 || len(f.context) > 0 {
			return wrongUsage("Put the facts into the lines.", "--batch takes everything from standard input.")
		}
		return explainBatch(cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
	}
	in := inspect.Input{Provider: f.provider, Where: f.where, HTTPStatus: f.status}
	var err error
	if in.Context, err = facts(f.context); err != nil {
		return err
	}
	if in.Raw, err = errorText(cmd, args); err != nil {
		return err
	}
	ended := ""
	if from := inspect.InputFrom(in.Raw); from.Transcript != nil {
		t := from.Transcript
		in.Raw, in.Transcript = "", t
		if !slices.ContainsFunc(t.Steps, func(s flow.Step) bool { return s.Status == flow.StatusFailed }) {
			ended = "No step of this run failed."
		}
	}
	if f.ticket {
		fmt.Fprint(cmd.OutOrStdout(), inspect.TicketOf(in))
		return nil
	}
	d := inspect.Diagnose(in)
	if f.json {
		return inspect.WriteJSON(cmd.OutOrStdout(), d)
	}
	if ended != "" {
		// What is merely possible of a run that went well is a false alarm.
		if d.Unknown || d.Causes[0].Confidence == inspect.Possible {
			fmt.Fprintln(cmd.OutOrStdout(), ended)
			return nil
		}
		fmt.Fprintln(cmd.OutOrStdout(), ended, "What may still be other than expected:")
		fmt.Fprintln(cmd.OutOrStdout())
	}
	printDiagnosis(cmd.OutOrStdout(), d)
	return nil
}

// facts reads the values of --context. True and false are what they say.
func facts(list []string) (map[string]any, error) {
	facts := map[string]any{}
	for _, item := range list {
		name, value, ok := strings.Cut(item, "=")
		if !ok || name == "" {
			return nil, wrongUsage("Write it as NAME=VALUE, for example redirect_uri=http://localhost:8400/.", "--context %s is not a fact.", item)
		}
		facts[name] = value
		if b, err := strconv.ParseBool(value); err == nil && len(value) > 1 {
			facts[name] = b
		}
	}
	return facts, nil
}

// errorText is the argument, the file it names, or standard input.
func errorText(cmd *cobra.Command, args []string) (string, error) {
	if len(args) == 0 || args[0] == "-" {
		if in := newInput(cmd.InOrStdin(), cmd.ErrOrStderr()); in.terminal != nil {
			fmt.Fprintln(cmd.ErrOrStderr(), "Paste the error, then end with Ctrl-D on a line of its own.")
		}
		return await(cmd.Context(), func() (string, error) { return bounded(cmd.InOrStdin(), cmd.ErrOrStderr()) })
	}
	if info, err := os.Stat(args[0]); err == nil && info.Mode().IsRegular() {
		f, err := os.Open(args[0])
		if err != nil {
			return "", err
		}
		defer func() { _ = f.Close() }()
		return bounded(f, cmd.ErrOrStderr())
	}
	if !isCode(args[0]) && onTerminal(cmd.ErrOrStderr()) {
		fmt.Fprintln(cmd.ErrOrStderr(), "note: an argument stays in the shell's history; explain - reads it from standard input")
	}
	return args[0], nil
}

// isCode reports whether a text is a bare code, which is nobody's secret.
func isCode(s string) bool {
	return len(s) <= 40 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == ""
}

// bounded reads the beginning of an error, and says so where there is more.
func bounded(r io.Reader, stderr io.Writer) (string, error) {
	var text strings.Builder
	text.Grow(mostError) // memory that is not written to costs nothing; copies of megabytes do
	if _, err := io.Copy(&text, io.LimitReader(r, mostError)); err != nil {
		return "", err
	}
	if text.Len() < mostError {
		return text.String(), nil
	}
	if strings.Contains(text.String()[:1<<10], strconv.Quote(flow.Format)) {
		_, err := io.Copy(&text, io.LimitReader(r, flow.MaxFile-mostError))
		return text.String(), err
	}
	if n, _ := r.Read(make([]byte, 1)); n > 0 {
		fmt.Fprintf(stderr, "note: only the first %d MiB were read; give the part around the error if it lies beyond\n", mostError>>20)
	}
	return text.String(), nil
}

// explainBatch answers JSON lines. A line that cannot be read is answered as
// unknown, so that answers and questions stay side by side, and named on
// standard error.
func explainBatch(r io.Reader, w, stderr io.Writer) error {
	lines := bufio.NewReaderSize(r, 64<<10)
	var failed error
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if text := bytes.TrimSpace(line); len(text) > 0 {
			in, bad := batchInput(text)
			if bad != nil {
				complain(stderr, fmt.Sprintf("Line %d cannot be read: %s.", n, bad), "", "")
				failed = exitError(exitFailed)
			}
			if err := writeJSONLine(w, inspect.Diagnose(in)); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return failed
		}
		if err != nil {
			return err
		}
	}
}

// batchInput reads one line of a batch. Every member but raw may be absent or
// null.
func batchInput(line []byte) (inspect.Input, error) {
	var q struct {
		Raw      *string        `json:"raw"`
		Provider *string        `json:"provider"`
		Where    *string        `json:"where"`
		Status   any            `json:"http_status"`
		Context  map[string]any `json:"context"`
	}
	if err := json.Unmarshal(line, &q); err != nil {
		return inspect.Input{}, err
	}
	in := inspect.Input{Context: q.Context}
	for _, s := range []struct {
		from *string
		to   *string
	}{{q.Raw, &in.Raw}, {q.Provider, &in.Provider}, {q.Where, &in.Where}} {
		if s.from != nil {
			*s.to = *s.from
		}
	}
	if n, err := strconv.Atoi(fmt.Sprint(q.Status)); err == nil { // a number, or a number in quotes
		in.HTTPStatus = n
	}
	return in, nil
}

// writeJSONLine writes v on one line.
func writeJSONLine(w io.Writer, v any) error {
	var laidOut, line bytes.Buffer
	if err := inspect.WriteJSON(&laidOut, v); err != nil {
		return err
	}
	if err := json.Compact(&line, laidOut.Bytes()); err != nil {
		return err
	}
	line.WriteByte('\n')
	_, err := w.Write(line.Bytes())
	return err
}
