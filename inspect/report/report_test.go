package report_test

import (
	"encoding/json"
	"io"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
	"github.com/pkcescope/pkcescope/inspect/internal/walked"
	"github.com/pkcescope/pkcescope/inspect/report"
)

func walk(t *testing.T, change func(*flow.Config)) flow.Transcript {
	t.Helper()
	return walked.Walk(t, "", change)
}

func wrongVerifier(c *flow.Config) {
	c.Edits = append(c.Edits, flow.Edit{Step: flow.StepToken, Name: "code_verifier", Value: inspect.ExampleVerifier})
}

func written(t *testing.T, write func(io.Writer, flow.Transcript) error, tr flow.Transcript) string {
	t.Helper()
	var b strings.Builder
	if err := write(&b, tr); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var forms = map[string]func(io.Writer, flow.Transcript) error{"html": report.HTML, "md": report.Markdown}

func TestAReportSaysWhatTheScreenAndTheJSONSay(t *testing.T) {
	tr := walk(t, wrongVerifier)
	rep := inspect.Read(tr, inspect.Options{})
	for name, write := range forms {
		t.Run(name, func(t *testing.T) {
			out := written(t, write, tr)
			if name == "html" {
				out = unescaped.Replace(tags.ReplaceAllString(out, " "))
			}
			text := plain(out)
			want := func(what, s string) {
				if s != "" && !strings.Contains(text, plain(s)) {
					t.Errorf("the %s is not in the report: %q", what, s)
				}
			}
			for _, s := range rep.Steps {
				want("title", s.Title)
				want("lead", s.Lead)
				if s.Status == flow.StatusSkipped || s.Status == flow.StatusPending {
					continue
				}
				for _, p := range s.Body {
					want("explanation", p)
				}
				for _, r := range s.Values {
					want("value", r.Value)
					want("meaning", r.What)
				}
				for _, f := range s.Findings {
					want("finding", f.What)
					want("finding's advice", f.Try)
				}
				for _, tok := range s.Tokens {
					for _, c := range tok.Checks {
						want("check", c.Why)
					}
					for _, c := range tok.Claims {
						want("claim", c.Name)
						want("claim's value", c.Text)
					}
				}
			}
			token := rep.Steps[5].Exchanges[0]
			for _, r := range append(token.Request.Rows, token.Response.Rows...) {
				want("row of the token step", r.Name)
				want("value of the token step", r.Value)
			}
			ticket, ok := inspect.Ticket(tr, flow.StepToken)
			if !ok {
				t.Fatal("the run did not fail")
			}
			want("ticket", ticket)
			d, _ := inspect.DiagnoseStep(tr, flow.StepToken)
			want("cause", d.Causes[0].Title)
			want("fix", d.Causes[0].Fix[0])
		})
	}
}

var (
	tags   = regexp.MustCompile(`(?s)<style>.*?</style>|<[^>]*>`)
	blanks = regexp.MustCompile(`\s+`)
)

var (
	unescaped = strings.NewReplacer("<wbr>", "", "&lt;", "<", "&gt;", ">", "&#34;", `"`, "&#39;", "'", "&#43;", "+", "&amp;", "&")
	unmarked  = strings.NewReplacer(`\`, "", "`", "", "|", "")
)

// plain is what a reader reads, without the marks of Markdown and without
// regard to how it is broken into lines.
func plain(s string) string { return blanks.ReplaceAllString(unmarked.Replace(s), "") }

// What a client is configured with for the code flow plays no part in the other.
func TestADeviceRunIsReportedWithoutRedirectAndPKCE(t *testing.T) {
	text := written(t, report.Markdown, walk(t, func(c *flow.Config) { c.Device = true }))
	if !strings.Contains(text, "Sign-in: `on another device, with a code`") {
		t.Error("the report does not say how the person signed in")
	}
	for _, word := range []string{"PKCE method", "Redirect URI:", "Verifier", "Callback"} {
		if strings.Contains(text, word) {
			t.Errorf("the report holds %q", word)
		}
	}
}

func TestAPageStandsByItself(t *testing.T) {
	page := written(t, report.HTML, walk(t, nil))
	for _, bad := range []string{"<script", "<link rel=\"stylesheet", "@import", "url(", " src=", "javascript:", " onload", "<iframe", "ZgotmplZ"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	for _, want := range []string{"<!doctype html>", "<svg viewBox", "prefers-color-scheme: dark", "@media print", "default-src 'none'", `lang="en"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	opened := regexp.MustCompile(`<(section|table|details|div|ul|ol|svg|figure|header|main)\b`).FindAllStringSubmatch(page, -1)
	closed := regexp.MustCompile(`</(section|table|details|div|ul|ol|svg|figure|header|main)>`).FindAllStringSubmatch(page, -1)
	if len(opened) != len(closed) {
		t.Errorf("%d elements are opened and %d closed", len(opened), len(closed))
	}
}

func TestTheDiagramHasEveryArrow(t *testing.T) {
	tr := walk(t, nil)
	arrows := inspect.Read(tr, inspect.Options{}).Arrows
	page := written(t, report.HTML, tr)
	if n := strings.Count(page, `class="shaft"`) + strings.Count(page, `class="dot"`); n != len(arrows) {
		t.Errorf("%d arrows are drawn, and the report has %d", n, len(arrows))
	}
	if n := strings.Count(page, `<g class="is-pkce"`); n < 5 {
		t.Errorf("only %d arrows are marked as PKCE's", n)
	}
	md := written(t, report.Markdown, tr)
	if n := strings.Count(md, "->>"); n != len(arrows) {
		t.Errorf("Mermaid has %d arrows, and the report %d", n, len(arrows))
	}
}

// hostile is what a server could send to take over a page, a renderer of
// Markdown or a terminal.
const hostile = "</td><script>alert(1)</script><img src=x onerror=alert(2)> \x1b]0;pwned\x07\u202e `](javascript:alert(3)) | <b>\x00"

func TestHostileTextIsNeverMarkup(t *testing.T) {
	quoted, _ := json.Marshal(hostile)
	for _, id := range []flow.StepID{flow.StepAuthorize, flow.StepCallback, flow.StepToken} {
		tr := flow.Transcript{
			Format: flow.Format, Version: flow.Version, Outcome: flow.OutcomeFailed, Made: time.Unix(1, 0),
			Config: flow.Config{Name: hostile, Issuer: hostile, ClientID: hostile, RedirectURI: hostile, Scopes: []string{hostile}},
			Steps: []flow.Step{{
				ID: id, Status: flow.StatusFailed, Error: &flow.Error{Kind: flow.KindServer, What: hostile, Why: hostile, Try: hostile},
				Values: []flow.Value{{Name: hostile, Value: hostile, In: flow.InLocal, Problem: hostile}},
				Exchanges: []flow.Exchange{{
					Request:  flow.Request{Method: hostile, URL: "https://h/?error=" + url.QueryEscape(hostile) + "&" + url.QueryEscape(hostile) + "=x", Header: map[string][]string{"X": {hostile}}},
					Response: &flow.Response{Status: 400, Header: map[string][]string{"Content-Type": {"application/json"}}, Body: flow.Body(`{"error":` + string(quoted) + `,` + string(quoted) + `:1}`)},
				}},
			}},
		}
		page := written(t, report.HTML, tr)
		for _, bad := range []string{"<script", "<img", "<b>" + "\\x00", "\x1b", "\u202e", "\x00", "\x07"} {
			if strings.Contains(page, bad) {
				t.Errorf("%s: the page holds %q", id, bad)
			}
		}
		md := written(t, report.Markdown, tr)
		for _, bad := range []string{"\x1b", "\u202e", "\x00", "\x07"} {
			if strings.Contains(md, bad) {
				t.Errorf("%s: the Markdown holds %q", id, bad)
			}
		}
		if text := strings.ReplaceAll(outsideCode(md), "](<http", "]("); tag.MatchString(text) {
			t.Errorf("%s: the Markdown has a tag: %s", id, tag.FindString(text))
		}
	}
}

// tag is a tag that no backslash keeps from being one.
var tag = regexp.MustCompile(`(^|[^\\])<[a-zA-Z/!].`)

// outsideCode is a Markdown text without its blocks and spans of code.
func outsideCode(md string) string {
	var text strings.Builder
	fence := ""
	for line := range strings.SplitSeq(md, "\n") {
		ticks := line[:len(line)-len(strings.TrimLeft(line, "`"))]
		switch {
		case fence != "":
			if line == fence {
				fence = ""
			}
			continue
		case len(ticks) >= 3:
			fence = ticks
			continue
		}
		for line != "" {
			at := strings.IndexByte(line, '`')
			if at < 0 {
				break
			}
			if at > 0 && line[at-1] == '\\' {
				text.WriteString(line[:at+1])
				line = line[at+1:]
				continue
			}
			text.WriteString(line[:at])
			run := line[at : len(line)-len(strings.TrimLeft(line[at:], "`"))]
			_, after, ok := strings.Cut(line[at+len(run):], run)
			if !ok {
				line = line[at:]
				break
			}
			line = after
		}
		text.WriteString(line + "\n")
	}
	return text.String()
}
