package inspect

import (
	"fmt"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"

	"github.com/pkcescope/pkcescope/assets"
	"github.com/pkcescope/pkcescope/flow/lab"
)

// FlowComparison is the flows side by side. Its JSON is the output of compare
// --flows.
type FlowComparison struct {
	Flows       []ComparedFlow   `json:"flows"`
	Corrections []FlowCorrection `json:"corrections"`

	Rows []FlowRow `json:"-"`
}

// ComparedFlow is one flow: a column.
type ComparedFlow struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	What string `json:"what"`
	// Facts were read off the run.
	Facts   lab.FlowFacts     `json:"facts"`
	Phisher lab.Phish         `json:"phisher"`
	Cells   map[string]string `json:"says"` // by row
}

// FlowRow is one line of the table.
type FlowRow struct {
	Name  string
	Cells []string // by flow
}

// FlowCorrection is a place where a widely read page says otherwise.
type FlowCorrection struct {
	Flow  string `json:"flow"`
	Row   string `json:"row"`
	Said  string `json:"said"`
	Right string `json:"right"`
}

// flowTexts is assets.Flows, read when it is first needed.
var flowTexts = sync.OnceValue(func() (texts struct {
	Flow map[string]struct {
		Name string `toml:"name"`
		What string `toml:"what"`
	} `toml:"flow"`
	Row []flowRowText `toml:"row"`
},
) {
	if err := toml.Unmarshal(assets.Flows, &texts); err != nil {
		panic("inspect: assets/flows.toml: " + err.Error())
	}
	return texts
})

type flowRowText struct {
	Name      string            `toml:"name"`
	Fact      string            `toml:"fact"`
	Web       string            `toml:"authorization-code"`
	Native    string            `toml:"interactive-browser"`
	Device    string            `toml:"device-code"`
	Yes       map[string]string `toml:"yes"`
	No        map[string]string `toml:"no"`
	Documents map[string]string `toml:"documents"`
	Corrected map[string]string `toml:"corrected"`
}

// CompareFlows lays flows that were carried out side by side.
func CompareFlows(runs []lab.FlowRun) FlowComparison {
	out := FlowComparison{Flows: []ComparedFlow{}, Corrections: []FlowCorrection{}}
	texts := flowTexts()
	for _, r := range runs {
		out.Flows = append(out.Flows, ComparedFlow{
			ID: r.ID, Name: texts.Flow[r.ID].Name, What: texts.Flow[r.ID].What,
			Facts: r.Facts, Phisher: r.Phish, Cells: map[string]string{},
		})
	}
	for _, row := range texts.Row {
		line := FlowRow{Name: row.Name}
		for i, r := range runs {
			cell := row.cell(r)
			line.Cells = append(line.Cells, cell)
			out.Flows[i].Cells[strings.ReplaceAll(strings.ToLower(row.Name), " ", "_")] = cell
			if said := row.Documents[r.ID]; said != "" {
				out.Corrections = append(out.Corrections, FlowCorrection{
					Flow: texts.Flow[r.ID].Name, Row: row.Name, Said: said, Right: row.Corrected[r.ID],
				})
			}
		}
		out.Rows = append(out.Rows, line)
	}
	return out
}

// cell is what a row says of a flow. Where a fact decides, it is the fact of
// this run.
func (row flowRowText) cell(r lab.FlowRun) string {
	var is bool
	switch row.Fact {
	case "":
		return map[string]string{lab.FlowWeb: row.Web, lab.FlowInteractive: row.Native, lab.FlowDevice: row.Device}[r.ID]
	case "secret":
		is = r.Facts.Secret
	case "redirect_uri":
		is = r.Facts.RedirectURI
	case "pkce":
		is = r.Facts.PKCE
	case "refresh_token":
		is = r.Facts.RefreshToken
	case "phished":
		is = r.Phish.Won
	}
	text := row.No[r.ID]
	if is {
		text = row.Yes[r.ID]
	}
	if text == "" {
		// The run came out as the texts did not foresee: say what was seen.
		return map[bool]string{true: "yes", false: "no"}[is]
	}
	return text
}

// JSON returns the comparison as one JSON document, indented.
func (c FlowComparison) JSON() ([]byte, error) { return encode(c) }

// Text returns the comparison for people as plain text, laid out for width
// columns; 0 means 80.
func (c FlowComparison) Text(width int) string {
	p := newPrinter(width)
	const names = 16
	room := (p.width-names)/max(len(c.Flows), 1) - 2
	side := func(name string, cells func(i int) string) {
		lines := make([][]string, len(c.Flows))
		height := 1
		for i := range c.Flows {
			lines[i] = wrapWords(cells(i), room)
			height = max(height, len(lines[i]))
		}
		for n := range height {
			line := pad(name, names-1)
			name = ""
			for i := range c.Flows {
				cell := ""
				if n < len(lines[i]) {
					cell = lines[i][n]
				}
				line += pad(cell, room+1)
			}
			p.line(line)
		}
	}
	side("", func(i int) string { return c.Flows[i].Name })
	side("", func(i int) string { return "(" + c.Flows[i].What + ")" })
	for _, r := range c.Rows {
		p.line("")
		side(r.Name, func(i int) string { return r.Cells[i] })
	}
	p.line("")
	p.line("Seen in this run")
	for _, f := range c.Flows {
		p.hang("  "+pad(f.Name, 20), strings.Repeat(" ", 23), f.Seen())
	}
	if len(c.Corrections) > 0 {
		p.line("")
		p.line("What a widely read page says otherwise")
		for _, x := range c.Corrections {
			p.hang("  ", "    ", fmt.Sprintf("%s: %q. %s", x.Flow, x.Said, x.Right))
		}
	}
	return p.String()
}

// Seen says what the run of a flow showed, in a sentence or two.
func (f ComparedFlow) Seen() string {
	var out []string
	if f.Facts.Completed {
		out = append(out, "It came to its tokens after "+count(f.Facts.Polls, "token request")+".")
	} else {
		out = append(out, "It did not come to tokens.")
	}
	if f.Facts.WithoutSecret != "" {
		out = append(out, "Without the secret: "+sentence(Clean(short(f.Facts.WithoutSecret, 240))))
	}
	switch {
	case f.Phisher.Won:
		out = append(out, "The phisher, who began the flow and sent the user the code, got tokens for the user's account.")
	case f.Phisher.Answer != "":
		out = append(out, "The phisher's link: "+sentence(Clean(short(f.Phisher.Answer, 240))))
	}
	return strings.Join(out, " ")
}
