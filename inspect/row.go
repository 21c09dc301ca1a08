package inspect

import (
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// entryRow makes a row of a name, a value and its entry in a glossary.
func (l layout) entryRow(name, value string, e Entry, known bool) Row {
	row := Row{Name: l.text(name), Value: l.text(value)}
	if !known {
		if l.step == flow.StepCall {
			row.What = "The API's own: it plays no part in the flow."
			return row
		}
		row.What = "An extra of this provider or of this client: no standard and no glossary of ours describes it."
		return row
	}
	row.What, row.Who, row.Without, row.Source = e.Meaning(l.prov.glossary), e.Who, e.Without, e.Source
	row.PKCE, row.Secret = e.PKCE, e.Secret
	if e.Secret {
		row.Value = l.secret(value)
	}
	if e.Time {
		if at, ok := unixTime(value); ok {
			row.Value += "  (" + at.UTC().Format(timeLayout) + ")"
		}
	}
	return row
}

// mark puts on a row what the engine knows about the value.
func (l layout) mark(row *Row, v flow.Value) {
	row.PKCE = row.PKCE || v.PKCE
	row.Edited = v.Edited
	row.Problem = l.text(v.Problem)
	if v.Secret {
		row.Secret = true
		row.Value = l.secret(v.Value)
	}
	row.Who = strings.TrimSpace(row.Who + " " + chosenBy(v))
}

// chosenBy says who chose a value in this run, where the glossary cannot know.
func chosenBy(v flow.Value) string {
	switch {
	case v.Edited:
		return "Here you changed it."
	case v.By == flow.ByYou:
		return "Here you set it."
	case v.By == flow.ByProgram:
		return "Here pkcescope chose it."
	case v.By == flow.ByClient:
		return "Here the client sent it."
	}
	return ""
}
