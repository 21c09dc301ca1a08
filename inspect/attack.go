package inspect

import (
	"fmt"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/lab"
)

// Attack is the result of the attacks. Its JSON is the output of the command
// attack.
type Attack struct {
	Matrix    []AttackCell     `json:"matrix"`
	Scenarios []AttackScenario `json:"scenarios"`
}

// AttackCell is a cell of the matrix of what the thief saw against what the
// client did.
type AttackCell struct {
	Saw    string `json:"saw"`
	Client string `json:"client"`
	// Result is "redeemed" or "refused", read off the answer to the thief's
	// token request.
	Result string `json:"result"`
	// Error is what the provider said, nil if it gave tokens.
	Error *string `json:"error"`
	Why   string  `json:"why"`

	Theatre Theatre `json:"-"`
}

// AttackScenario is a scenario, played with its defence and without. "won"
// means that the thief won.
type AttackScenario struct {
	ID         string `json:"id"`
	Title      string `json:"title"`
	Defended   string `json:"defended"`
	Undefended string `json:"undefended"`
	StoppedBy  string `json:"stopped_by"`
	Clause     string `json:"clause"`
	// Defence is what is switched, and Flip the change that stops the thief.
	Defence string `json:"defence"`
	Flip    string `json:"flip"`
	// Answer is what stopped the thief, in the words of whoever did.
	Answer string `json:"answer"`
	Search string `json:"search,omitempty"`

	With    Theatre `json:"-"`
	Without Theatre `json:"-"`
}

// ReadCell puts a cell into words.
func ReadCell(c lab.Cell, o Options) AttackCell {
	t := ReadPlay(c.Play, o)
	out := AttackCell{Saw: string(c.Saw), Client: string(c.Client), Result: "redeemed", Why: t.Why, Theatre: t}
	if !t.ThiefWon {
		out.Result, out.Error = "refused", &t.Answer
	}
	return out
}

// ReadScenario puts the two plays of a scenario side by side.
func ReadScenario(with, without lab.Play, o Options) AttackScenario {
	d, u := ReadPlay(with, o), ReadPlay(without, o)
	out := AttackScenario{
		ID: d.ID, Title: d.Title, Defended: outcomeOf(d), Undefended: outcomeOf(u),
		StoppedBy: d.StoppedBy, Defence: d.Defence, Flip: u.Flip, Answer: d.Answer, Search: u.Search,
		With: d, Without: u,
	}
	if len(d.Refs) > 0 {
		out.Clause = d.Refs[0].Text
	}
	return out
}

func outcomeOf(t Theatre) string {
	if t.ThiefWon {
		return "won"
	}
	return "lost"
}

// JSON returns the attacks as one JSON document, indented.
func (a Attack) JSON() ([]byte, error) {
	if a.Matrix == nil {
		a.Matrix = []AttackCell{}
	}
	if a.Scenarios == nil {
		a.Scenarios = []AttackScenario{}
	}
	return encode(a)
}

// Text returns the attacks for people as plain text, wrapped to width columns;
// 0 means 80.
func (a Attack) Text(width int) string {
	p := newPrinter(width)
	if len(a.Matrix) > 0 {
		p.matrix(a.Matrix)
	}
	for i, s := range a.Scenarios {
		if i > 0 || len(a.Matrix) > 0 {
			p.line("")
		}
		p.scenario(s)
	}
	return p.String()
}

// matrix draws the cells: rows are what the thief saw, columns what the client
// did.
func (p *printer) matrix(cells []AttackCell) {
	p.line("What a thief can do with a stolen code")
	p.line("")
	head := "  " + pad("he saw", 24)
	for _, m := range lab.Clients() {
		head += pad(clientName(m), 15)
	}
	p.line(head)
	for _, saw := range lab.Sights() {
		line := "  " + pad(sawName(saw), 24)
		for _, m := range lab.Clients() {
			for _, c := range cells {
				if c.Saw == string(saw) && c.Client == string(m) {
					line += pad(resultSign(c.Result)+" "+c.Result, 15)
				}
			}
		}
		p.line(line)
	}
	p.line("")
	p.para("  ", "Each cell is the answer to a token request that the thief really sent. ✗ redeemed: he has the tokens. ✓ refused: he has not.")
	for _, c := range cells {
		answer := "tokens"
		if c.Error != nil {
			answer = *c.Error
		}
		p.line("")
		p.line(fmt.Sprintf("  %s %s, %s", resultSign(c.Result), sawName(lab.Saw(c.Saw)), clientName(flow.Method(c.Client))))
		p.para("    ", c.Why)
		p.para("    ", "The answer: "+sentence(answer))
	}
}

func resultSign(result string) string {
	if result == "redeemed" {
		return "✗"
	}
	return "✓"
}

func sawName(s lab.Saw) string {
	if s == lab.SawAuthorize {
		return "the authorize URL too"
	}
	return "the redirect only"
}

func clientName(m flow.Method) string {
	switch m {
	case flow.MethodNone:
		return "no PKCE"
	case flow.MethodOmitted:
		return "method omitted"
	case flow.MethodPlain, flow.MethodS256:
	}
	return string(m)
}

// scenario writes how a scenario ended both ways.
func (p *printer) scenario(s AttackScenario) {
	p.line(s.Title + " [" + s.ID + "]")
	p.para("  ", s.Without.Aim)
	for _, t := range []Theatre{s.Without, s.With} {
		sign := "✗"
		if !t.ThiefWon {
			sign = "✓"
		}
		with := "without "
		if t.Defended {
			with = "with "
		}
		p.hang("  "+sign+" ", "    ", with+t.Defence+":")
		p.para("    ", t.Verdict+" "+t.Why)
		if t.Answer != "" {
			p.para("    ", "The answer: "+sentence(t.Answer))
		}
		if t.Search != "" {
			p.para("    ", t.Search)
		}
	}
	var clauses []string
	for _, r := range s.With.Refs {
		clauses = append(clauses, r.Text)
	}
	p.para("  ", "Stopped by "+s.StoppedBy+" ("+strings.Join(clauses, ", ")+").")
	p.para("  ", "To flip it: "+s.Flip)
}
