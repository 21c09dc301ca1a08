package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
	"github.com/pkcescope/pkcescope/inspect/markdown"
)

// Markdown writes the hand-out of t as one Markdown file. The picture of the
// flow is a Mermaid diagram, which GitHub, GitLab and Azure DevOps draw; they
// drop SVG that stands in Markdown.
func Markdown(w io.Writer, t flow.Transcript) error {
	m := &mdWriter{}
	m.handout(read(t))
	_, err := io.WriteString(w, m.String())
	return err
}

type mdWriter struct{ strings.Builder }

func (m *mdWriter) line(format string, a ...any) { fmt.Fprintf(m, format+"\n", a...) }

// para writes a text as a paragraph. It begins with a word of ours or none, so
// that it cannot be read as a list or heading.
func (m *mdWriter) para(s string) {
	if s != "" {
		m.line("%s\n", start(markdown.Text(s)))
	}
}

// start keeps the first character of a paragraph from being a mark.
func start(s string) string {
	if s != "" && strings.IndexByte("#>-+=:", s[0]) >= 0 {
		return `\` + s
	}
	return s
}

func (m *mdWriter) handout(h handout) {
	m.line("# %s\n", markdown.Text(h.Title))
	m.para(h.Summary)
	for _, f := range h.Facts {
		m.line("- %s: %s", f.Name, markdown.Code(f.Value))
	}
	m.line("")
	for _, s := range h.Diagnoses() {
		m.diagnosis(s)
	}
	m.line("## The flow in one picture\n\n%s", markdown.Fence("mermaid", mermaid(h.Arrows)))
	for _, s := range h.Steps {
		m.step(s)
	}
	for _, s := range h.Steps {
		if s.Ticket != "" {
			m.line("## The ticket\n\n%s", markdown.Fence("markdown", strings.TrimSuffix(s.Ticket, "\n")))
		}
	}
	m.line("---\n\nSecrets are masked: each mask says how long the secret is, and has a fingerprint that is the same wherever the secret is the same.")
}

func (m *mdWriter) diagnosis(s step) {
	d := s.Diagnosis
	if d.Unknown {
		m.line("## Diagnosis: no cause is known for this\n")
		return
	}
	m.line("## Diagnosis: %s (%s)\n", markdown.Text(d.Cause.Title), d.Cause.Confidence)
	m.para(d.Cause.Means)
	if len(d.Cause.Evidence) > 0 {
		m.line("Because:\n")
		for _, e := range d.Cause.Evidence {
			m.line("- %s", start(markdown.Text(e.Text)))
		}
		m.line("")
	}
	for _, x := range d.Differences {
		m.line("Difference in %s: %s.\n\n%s", markdown.Code(x.Row), markdown.Text(x.What),
			markdown.Fence("", fmt.Sprintf("%-12s%s\n%-12s%s", "sent", x.Sent, x.ExpectedBy, x.Expected)))
	}
	m.line("To fix it, by %s:\n", d.Who)
	for i, f := range d.Cause.Fix {
		m.line("%d. %s", i+1, start(markdown.Text(f)))
	}
	m.line("")
	if d.Cause.Prove != "" {
		m.para("It is fixed when: " + d.Cause.Prove)
	}
	if len(d.Other) > 0 {
		m.line("It could also be:\n")
		for _, c := range d.Other {
			m.line("- %s (%s)", start(markdown.Text(c.Title)), c.Confidence)
		}
		m.line("")
	}
}

func (m *mdWriter) step(s step) {
	pkce := ""
	if s.PKCE {
		pkce = " (PKCE)"
	}
	m.line("## %d. %s%s: %s\n", s.Number, markdown.Text(s.Title), pkce, markdown.Text(s.Mark))
	m.para(s.Lead)
	if s.Skipped {
		return
	}
	for _, p := range s.Body {
		m.para(p)
	}
	m.refs(s.Refs)
	if s.Error != nil {
		m.line("**What went wrong:** %s %s\n", markdown.Text(s.Error.What), markdown.Text(s.Error.Why))
		if s.Error.Try != "" {
			m.para("To try: " + s.Error.Try)
		}
	}
	if len(s.Values) > 0 {
		m.line("Made here:\n")
		m.rows(s.Values)
	}
	for _, x := range s.Exchanges {
		m.exchange(x)
	}
	for _, t := range s.Tokens {
		m.token(t)
	}
	if len(s.Findings) > 0 {
		m.line("### Findings\n")
		for _, f := range s.Findings {
			m.line("- **%s: %s** %s", f.Severity, markdown.Text(f.What), markdown.Text(f.Why))
			if f.Try != "" {
				m.line("  To try: %s", markdown.Text(f.Try))
			}
		}
		m.line("")
	}
}

func (m *mdWriter) refs(refs []inspect.Ref) {
	var out []string
	for _, r := range refs {
		if r.URL == "" {
			out = append(out, markdown.Text(r.Text))
		} else {
			out = append(out, "["+markdown.Text(r.Text)+"](<"+strings.NewReplacer("<", "%3C", ">", "%3E").Replace(r.URL)+">)")
		}
	}
	if len(out) > 0 {
		m.line("%s\n", strings.Join(out, " · "))
	}
}

func (m *mdWriter) rows(rows []inspect.Row) {
	for _, r := range rows {
		pkce, problem := "", ""
		if r.PKCE {
			pkce = " (PKCE)"
		}
		if r.Problem != "" {
			problem = " **" + markdown.Text(r.Problem) + "**"
		}
		m.line("- %s%s: %s%s  \n  %s", markdown.Code(r.Name), pkce, markdown.Code(r.Value), problem, start(markdown.Text(r.What)))
	}
	m.line("")
}

func (m *mdWriter) exchange(x exchange) {
	took := ""
	if x.Took != "" {
		took = ", " + x.Took
	}
	m.line("### %s\n\nSent by the %s%s.\n", markdown.Text(x.Label), markdown.Text(x.Way), took)
	m.message("Request", x.Request, x.Open)
	if x.Response != nil {
		m.message("Response", *x.Response, x.Open)
	}
	if x.Error != nil {
		m.para(x.Error.What + " " + x.Error.Why)
	}
}

func (m *mdWriter) message(what string, msg inspect.Message, open bool) {
	m.line("%s: %s\n", what, markdown.Code(msg.Line))
	if msg.Note != "" {
		m.para("Note: " + msg.Note)
	}
	if !open {
		return // metadata, keys and pages: what they hold is in the transcript
	}
	m.rows(msg.Rows)
	if len(msg.Headers) > 0 {
		var lines []string
		for _, h := range msg.Headers {
			lines = append(lines, h.Name+": "+h.Value)
		}
		m.line("%s", markdown.Fence("http", strings.Join(lines, "\n")))
	}
}

func (m *mdWriter) token(t inspect.Token) {
	m.line("### %s\n", markdown.Code(t.Name))
	m.para(t.Whose)
	m.para(t.Problem)
	if len(t.Checks) > 0 {
		m.line("| Result | Check | Why |\n|---|---|---|")
		for _, c := range t.Checks {
			m.line("| %s %s | %s | %s |", sign(c.Result), c.Result, markdown.Code(c.ID), markdown.Text(c.Why))
		}
		m.line("")
	}
	if len(t.Claims) > 0 {
		m.line("| Claim | Value | Meaning |\n|---|---|---|")
		for _, c := range t.Claims {
			// In a table a bar ends the cell, in code as well.
			m.line("| %s | %s | %s |", cell(c.Name), cell(c.Text), markdown.Text(c.Meaning))
		}
		m.line("")
	}
}

func cell(s string) string { return strings.ReplaceAll(markdown.Code(s), "|", `\|`) }

// mermaid draws the arrows in Mermaid's own language.
func mermaid(arrows []inspect.Arrow) string {
	names := map[inspect.Lane]string{inspect.LaneUser: "U", inspect.LaneBrowser: "B", inspect.LaneApp: "A", inspect.LaneProvider: "P", inspect.LaneAPI: "R"}
	var b strings.Builder
	b.WriteString("sequenceDiagram\n")
	for _, l := range inspect.Lanes(arrows) {
		fmt.Fprintf(&b, "  participant %s as %s\n", names[l], l)
	}
	// What Mermaid would read as its own is written as a character's number.
	quote := strings.NewReplacer("#", "#35;", ";", "#59;", "<", "#60;", ">", "#62;", `\`, "#92;", "%", "#37;", "{", "#123;", "}", "#125;")
	for _, a := range arrows {
		shaft := "->>"
		switch {
		case a.Failed:
			shaft = "-x"
		case !a.Done:
			shaft = "-->>"
		}
		note := ""
		if a.PKCE {
			note = " (PKCE)"
		}
		fmt.Fprintf(&b, "  %s%s%s: %s%s\n", names[a.From], shaft, names[a.To], quote.Replace(a.Text), note)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
