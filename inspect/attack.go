package inspect

import (
	"context"
	"fmt"
	"strings"
	"time"

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
		return "authorize URL too"
	}
	return "redirect only"
}

func clientName(m flow.Method) string {
	switch m {
	case flow.MethodNone:
		return "no PKCE"
	case flow.MethodOmitted:
		return "omitted"
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

// PlayRef names a play: a scenario with its defence or without, or a cell of
// the matrix.
type PlayRef struct {
	Scenario    string
	Saw, Client string // of a cell
	Defended    bool   // of a scenario
}

// Cell says whether the play is a cell of the matrix.
func (r PlayRef) Cell() bool { return r.Scenario == lab.StolenCode }

// Title is what the play is called before it is staged.
func (r PlayRef) Title() string {
	if r.Cell() {
		return sawName(lab.Saw(r.Saw)) + ", " + clientName(flow.Method(r.Client))
	}
	return ScenarioTitle(r.Scenario)
}

// Aim is what the thief of the play is after.
func (r PlayRef) Aim() string { return theatreTexts().Scenario[r.Scenario].Aim.pick(nil) }

// Defence is what stops him, or would; "" for the stolen code, whose defence
// is the method.
func (r PlayRef) Defence() string {
	if r.Cell() {
		return ""
	}
	return theatreTexts().Scenario[r.Scenario].Defence
}

// Flip is the play in which the one change is made that turns the result
// round.
func (r PlayRef) Flip() PlayRef {
	switch {
	case !r.Cell():
		r.Defended = !r.Defended
	case r.Client == string(flow.MethodS256):
		r.Client = string(flow.MethodNone)
	case r.Client != string(flow.MethodNone) && r.Saw == string(lab.SawRedirect):
		r.Saw = string(lab.SawAuthorize)
	default:
		r.Client = string(flow.MethodS256)
	}
	return r
}

// BoardRow is a row of the matrix, or a scenario without its defence and with
// it.
type BoardRow struct {
	Title string
	Plays []PlayRef
}

// Board is every play there is: the matrix with the heads of its columns, and
// the scenarios.
func Board() (heads []string, matrix, scenarios []BoardRow) {
	for _, m := range lab.Clients() {
		heads = append(heads, clientName(m))
	}
	for _, saw := range lab.Sights() {
		row := BoardRow{Title: sawName(saw)}
		for _, m := range lab.Clients() {
			row.Plays = append(row.Plays, PlayRef{Scenario: lab.StolenCode, Saw: string(saw), Client: string(m)})
		}
		matrix = append(matrix, row)
	}
	for _, id := range lab.Scenarios() {
		scenarios = append(scenarios, BoardRow{Title: ScenarioTitle(id), Plays: []PlayRef{{Scenario: id}, {Scenario: id, Defended: true}}})
	}
	return heads, matrix, scenarios
}

// Stage plays a reference in a lab. The function it returns reads the play
// anew, with secrets or without.
func Stage(ctx context.Context, l *lab.Lab, r PlayRef) (func(reveal bool) Theatre, error) {
	var p lab.Play
	var err error
	if r.Cell() {
		p, err = l.Steal(ctx, lab.Saw(r.Saw), flow.Method(r.Client))
	} else {
		p, err = l.Play(ctx, r.Scenario, r.Defended)
	}
	if err != nil {
		return nil, err
	}
	return func(reveal bool) Theatre { return ReadPlay(p, Options{Reveal: reveal}) }, nil
}

// SearchBar says how far a search has come, as a bar of so many cells: how
// much is done, how fast, how long it will take.
func SearchBar(p lab.Progress, cells int) string {
	if p.Total == 0 || p.Rate <= 0 || cells <= 0 {
		return ""
	}
	filled := int(min(uint64(cells)*p.Tried/p.Total, uint64(cells))) //nolint:gosec // At most cells.
	left := time.Duration(float64(p.Total-min(p.Tried, p.Total)) / p.Rate * float64(time.Second)).Round(time.Second)
	return fmt.Sprintf("%s%s %3d%%  %.1f M guesses/s  %s left",
		strings.Repeat("█", filled), strings.Repeat("░", cells-filled), 100*p.Tried/p.Total, p.Rate/1e6, left)
}
