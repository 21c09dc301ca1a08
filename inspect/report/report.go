// Package report makes the hand-out of a run: one file, in HTML or Markdown,
// that shows every step with its messages and explanations, the diagnosis and
// the text of a ticket to somebody who was not there.
//
// It only lays out what [inspect.Read] says, so that it agrees with the screen
// and with --json. Secrets are always masked, and what came from the network is
// cleaned. The HTML has no scripts and asks nobody for anything.
package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// handout is everything that both forms show, cleaned and masked.
type handout struct {
	Title   string // "The run failed at Token"
	Summary string
	Failed  bool
	Facts   []fact
	Steps   []step
	Arrows  []inspect.Arrow
	Made    string
}

type fact struct{ Name, Value string }

// step is a step with what the hand-out adds to it.
type step struct {
	inspect.Step

	Number    int
	Mark      string // a word for the status: "done"
	Skipped   bool   // nothing happened in it
	Exchanges []exchange
	Diagnosis *diagnosis
	Ticket    string
}

// exchange is an exchange with what a reader wants to see of it first.
type exchange struct {
	inspect.Exchange

	// Open is true for the messages that the flow is about, and false for those
	// around it: metadata, keys, the provider's own pages.
	Open bool
	// Way says who sent it and where it travelled: "app, back channel".
	Way  string
	Took string
}

// diagnosis is an [inspect.Diagnosis] for people who have nothing else.
type diagnosis struct {
	inspect.Diagnosis

	Cause inspect.Diagnosed // the first; empty if it is unknown
	Who   string
	Other []inspect.Diagnosed
}

// read reads t for a hand-out, as of the time at which its last step ended.
func read(t flow.Transcript) handout {
	t.Instead = nil // nothing more can be taken
	rep := inspect.Read(t, inspect.Options{})
	c := rep.Transcript.Config
	h := handout{
		Title: "What happened, step by step", Summary: rep.Summary, Failed: rep.Outcome == flow.OutcomeFailed,
		Arrows: rep.Arrows, Made: when(t.Made),
	}
	signIn := ""
	if c.Device {
		// What it was configured with besides plays no part.
		signIn, c.RedirectURI, c.Method = "on another device, with a code", "", ""
	}
	for _, f := range []fact{
		{"Issuer", c.Issuer},
		{"Client id", c.ClientID},
		{"Client", c.Name},
		{"Platform", platforms[c.Platform]},
		{"Client authentication", string(c.AuthMethod)},
		{"Sign-in", signIn},
		{"Redirect URI", c.RedirectURI},
		{"Scopes", strings.Join(c.Scopes, " ")},
		{"PKCE method", string(c.Method)},
		{"Recorded", h.Made},
	} {
		if f.Value != "" {
			h.Facts = append(h.Facts, fact{f.Name, inspect.Clean(inspect.ShowMasks(f.Value))})
		}
	}
	mask := masker(t)
	for i, s := range rep.Steps {
		out := step{Step: s, Number: i + 1, Mark: marks[s.Status], Skipped: s.Status == flow.StatusSkipped || s.Status == flow.StatusPending}
		if out.Mark == "" {
			out.Mark = string(s.Status)
		}
		for j, ex := range s.Exchanges {
			out.Exchanges = append(out.Exchanges, exchange{
				Exchange: ex, Open: open(s, j), Way: string(ex.Actor) + ", " + string(ex.Channel) + " channel", Took: took(ex.Duration),
			})
		}
		if d, ok := inspect.DiagnoseStep(t, s.ID); ok {
			out.Diagnosis = newDiagnosis(d, mask)
			out.Ticket, _ = inspect.Ticket(t, s.ID)
		}
		h.Steps = append(h.Steps, out)
	}
	if h.Failed {
		var why string
		if h.Title, why, _ = strings.Cut(rep.Summary, ": "); why != "" {
			h.Summary = why
		}
	} else if rep.Outcome == flow.OutcomeOK {
		h.Title = "The flow completed"
	}
	h.Title = strings.TrimSuffix(h.Title, ".")
	return h
}

var platforms = map[flow.Platform]string{
	flow.PlatformWeb: "Web", flow.PlatformSPA: "Single-page application", flow.PlatformNative: "Mobile and desktop applications",
}

var marks = map[flow.Status]string{
	flow.StatusOK: "done", flow.StatusFailed: "failed", flow.StatusSkipped: "skipped",
	flow.StatusPending: "not carried out", flow.StatusCancelled: "cancelled",
}

// open says whether an exchange is shown unfolded: the authorization request
// and its answer, what redeems the code, and whatever failed.
func open(s inspect.Step, i int) bool {
	switch s.ID {
	case flow.StepDiscovery, flow.StepKeys:
		return s.Status == flow.StatusFailed
	case flow.StepAuthorize:
		return i == 0
	case flow.StepCallback:
		return s.Exchanges[i].Verdict != flow.VerdictStray
	default:
		return true
	}
}

func took(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	if d < 10*time.Millisecond {
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	}
	return fmt.Sprintf("%d ms", d.Milliseconds())
}

func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2 January 2006, 15:04:05 UTC")
}

// masker returns what every text of a diagnosis goes through: it quotes what
// was sent, which [inspect.Read] has not looked at.
func masker(t flow.Transcript) func(string) string {
	r := flow.NewRedactor(t)
	return func(s string) string { return inspect.Clean(inspect.ShowMasks(r.Mask(s))) }
}

func newDiagnosis(d inspect.Diagnosis, mask func(string) string) *diagnosis {
	d.Causes, d.Differences, d.RuledOut = slices.Clone(d.Causes), slices.Clone(d.Differences), slices.Clone(d.RuledOut)
	for i := range d.Causes {
		c := &d.Causes[i]
		c.Title, c.Means, c.Prove = mask(c.Title), mask(c.Means), mask(c.Prove)
		c.Evidence, c.Fix = slices.Clone(c.Evidence), slices.Clone(c.Fix)
		for j := range c.Evidence {
			c.Evidence[j].Text = mask(c.Evidence[j].Text)
		}
		for j := range c.Fix {
			c.Fix[j] = mask(c.Fix[j])
		}
	}
	for i := range d.Differences {
		x := &d.Differences[i]
		x.Row, x.Sent, x.Expected, x.ExpectedBy, x.What = mask(x.Row), mask(x.Sent), mask(x.Expected), mask(x.ExpectedBy), mask(x.What)
	}
	for i := range d.RuledOut {
		d.RuledOut[i].Why.Text = mask(d.RuledOut[i].Why.Text)
	}
	d.Next = mask(d.Next)
	out := &diagnosis{Diagnosis: d}
	if !d.Unknown {
		out.Cause, out.Other = d.Causes[0], d.Causes[1:]
		out.Who = out.Cause.Who.InWords()
	}
	return out
}

// Diagnoses are the steps that have one.
func (h handout) Diagnoses() []step {
	return slices.DeleteFunc(slices.Clone(h.Steps), func(s step) bool { return s.Diagnosis == nil })
}
