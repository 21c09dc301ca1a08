package inspect

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect/markdown"
)

// Ticket returns a failed step as a ticket in Markdown, for whoever can put it
// right: the cause, what to do, the identifiers by which the provider finds the
// request in its logs, and the request itself. Secrets are masked whatever the
// screen shows. It is false for a step that did not fail.
func Ticket(t flow.Transcript, id flow.StepID) (string, bool) {
	step := t.Step(id)
	if step.Status != flow.StatusFailed {
		return "", false
	}
	in := InputOf(t, id)
	k := newTicket(in)
	if k.at.IsZero() {
		k.at = step.Ended
		if e, ok := answered(step); ok && !e.Timing.Start.IsZero() {
			k.at = e.Timing.Start
		}
	}
	k.issuer, k.clientID, k.redirectURI = t.Config.Issuer, t.Config.ClientID, t.Config.RedirectURI
	if uri, ok := in.Context["redirect_uri"].(string); ok {
		k.redirectURI = uri
	}
	shown := reportStep(Read(t, Options{}), id)
	k.step = shown.Title
	if shown.Error != nil {
		k.said = strings.TrimSpace(shown.Error.What + "\n" + shown.Error.Why)
	}
	if e, ok := lastSent(shown.Exchanges); ok {
		k.request = strings.Join(e.Request.Raw, "\n")
		if e.Response != nil {
			k.status = e.Response.Line
		}
	}
	return k.markdown(), true
}

// TicketOf is [Ticket] for an error that was pasted. What was pasted is not
// repeated in it, because nobody has looked through it for secrets.
func TicketOf(in Input) string {
	if in.Transcript != nil {
		for _, s := range in.Transcript.Steps {
			if text, ok := Ticket(*in.Transcript, s.ID); ok {
				return text
			}
		}
	}
	return newTicket(in).markdown()
}

// ticket is what a ticket says. Everything in it is cleaned and masked.
type ticket struct {
	diagnosis Diagnosis

	trace, correlation string // as the provider calls them; "" if not said
	at                 time.Time

	step, status, said            string
	issuer, clientID, redirectURI string
	request                       string
}

// Entra writes its identifiers as members of the JSON, and once more in the
// text, which is all that a redirect or a page has. In a query a blank is "+".
var (
	traceID       = regexp.MustCompile(`(?i)(?:trace[ +_]?id|x-ms-request-id)["'+\s]*[:=]["'+\s]*([0-9a-f-]{36})`)
	correlationID = regexp.MustCompile(`(?i)correlation[ +_]?id["'+\s]*[:=]["'+\s]*([0-9a-f-]{36})`)
	timestamp     = regexp.MustCompile(`(?i)timestamp["'+\s]*[:=]["'+\s]*(\d{4}-\d\d-\d\d[ +T]\d\d:\d\d:\d\d)Z`)
)

func newTicket(in Input) ticket {
	text := readAnswer(in.Raw).plain
	find := func(r *regexp.Regexp) string {
		if m := r.FindStringSubmatch(text); m != nil {
			return m[1]
		}
		return ""
	}
	k := ticket{diagnosis: Diagnose(in), trace: find(traceID), correlation: find(correlationID)}
	if at, err := time.Parse(time.DateTime, strings.NewReplacer("T", " ", "+", " ").Replace(find(timestamp))); err == nil {
		k.at = at
	}
	return k
}

// reportStep returns the step of that id, or an empty one.
func reportStep(r Report, id flow.StepID) Step {
	for _, s := range r.Steps {
		if s.ID == id {
			return s
		}
	}
	return Step{}
}

// lastSent is the exchange that the failure is about: the last one that was
// carried out, and of those that our listener received the one it judged.
func lastSent(all []Exchange) (Exchange, bool) {
	var last Exchange
	ok := false
	for _, e := range all {
		if e.Pending || e.Verdict == flow.VerdictStray || e.Verdict == flow.VerdictDuplicate || e.Verdict == flow.VerdictNoTrust {
			continue
		}
		last, ok = e, true
	}
	return last, ok
}

func (k ticket) markdown() string {
	var b strings.Builder
	d := k.diagnosis
	title := "a cause that is not known"
	if !d.Unknown {
		title = d.Causes[0].Title
	}
	if len(d.Codes) > 0 {
		title = d.Codes[0] + ": " + title
	}
	fmt.Fprintf(&b, "# Sign-in fails: %s\n\n", markdown.Text(title))
	for _, f := range [][2]string{
		{"Trace id", k.trace},
		{"Correlation id", k.correlation},
		{"Time (UTC)", utc(k.at)},
		{"Step", k.step},
		{"Answer", k.status},
		{"Issuer", k.issuer},
		{"Client id", k.clientID},
		{"Redirect URI", k.redirectURI},
		{"Codes", strings.Join(d.Codes, ", ")},
	} {
		if f[1] != "" {
			fmt.Fprintf(&b, "- %s: %s\n", f[0], markdown.Code(Clean(f[1])))
		}
	}
	if k.said != "" {
		b.WriteString("\n## What was answered\n\n" + markdown.Fence("", k.said))
	}
	k.cause(&b)
	if k.request != "" {
		b.WriteString("\n## The request\n\nSecrets are masked.\n\n" + markdown.Fence("http", k.request))
	}
	if !d.Unknown && len(d.Causes[0].Refs) > 0 {
		b.WriteString("\n## References\n\n")
		for _, r := range d.Causes[0].Refs {
			fmt.Fprintf(&b, "- %s: <%s>\n", markdown.Text(r.Text), r.URL)
		}
	}
	return b.String()
}

// cause writes what led to it and what to do.
func (k ticket) cause(b *strings.Builder) {
	d := k.diagnosis
	if d.Unknown {
		b.WriteString("\n## Cause\n\nNot known. The identifiers above find the request in the provider's sign-in logs.\n")
		return
	}
	c := d.Causes[0]
	fmt.Fprintf(b, "\n## Cause (%s)\n\n%s\n", c.Confidence, markdown.Text(c.Means))
	if len(c.Evidence) > 0 {
		b.WriteString("\nEvidence:\n\n")
		for _, e := range c.Evidence {
			fmt.Fprintf(b, "- %s\n", markdown.Text(e.Text))
		}
	}
	for _, x := range d.Differences {
		fmt.Fprintf(b, "\nDifference in %s, at character %d: %s.\n\n%s",
			x.Row, x.At+1, markdown.Text(x.What), markdown.Fence("", "sent        "+Clean(x.Sent)+"\n"+fmt.Sprintf("%-12s", x.ExpectedBy)+Clean(x.Expected)))
	}
	fmt.Fprintf(b, "\n## What to do\n\nBy %s:\n\n", c.Who.InWords())
	for i, step := range c.Fix {
		fmt.Fprintf(b, "%d. %s\n", i+1, markdown.Text(step))
	}
	if c.Prove != "" {
		fmt.Fprintf(b, "\nIt is fixed when: %s\n", markdown.Text(c.Prove))
	}
	if len(d.Causes) > 1 {
		b.WriteString("\nIf that is not it:\n\n")
		for _, o := range d.Causes[1:] {
			fmt.Fprintf(b, "- %s (%s)\n", markdown.Text(o.Title), o.Confidence)
		}
	}
}

// utc is a time for a log search.
func utc(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}
