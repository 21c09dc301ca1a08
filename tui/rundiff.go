package tui

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/capture"
	"github.com/pkcescope/pkcescope/inspect"
)

// The diff screen: the run that is open beside one from a file, what matters
// first.

// runDiff is what stands on the diff screen.
type runDiff struct {
	names  [2]string
	read   inspect.RunDiff
	pane   labPane
	number int // goes up with every comparison
	// drawn is the pane as it was laid out: it is made anew when that changes.
	drawn struct{ number, w, h int }
}

// diffedMsg brings the other run.
type diffedMsg struct {
	visit int // to which it is compared
	file  string
	other flow.Transcript
	err   error
}

func (m *Model) whyNoDiff() string {
	return choose(m.hasVisit(), "", "There is no run to compare yet.")
}

// askDiff asks for the file with the other run.
func (m *Model) askDiff() tea.Cmd {
	visit := m.visit.number
	f := &form{
		title: "Compare with another run", action: "compare",
		intro:  "This run beside a saved one, or one that another program recorded: parameters, headers, answers, claims, scopes and clocks. What matters comes first.",
		fields: []*field{textField("file", "File", "", "Its path, from the directory where the program was started.")},
		check:  wantFile,
		submit: func(m *Model, f *form) tea.Cmd {
			m.shut()
			m.say(toneHere, "Reading…")
			return readOther(visit, expandHome(f.get("file")))
		},
	}
	m.open(f.start())
	return nil
}

// readOther reads the best flow of a file.
func readOther(visit int, path string) tea.Cmd {
	return func() tea.Msg {
		msg := diffedMsg{visit: visit, file: filepath.Base(path)}
		f, err := os.Open(path)
		if err != nil {
			msg.err = noFile(path, err)
			return msg
		}
		defer func() { _ = f.Close() }()
		found, err := capture.Read(context.Background(), []capture.Source{{Name: msg.file, Data: f}}, capture.Options{})
		switch {
		case err != nil:
			msg.err = err
		case len(found.Flows) == 0:
			msg.err = inspect.NothingFound(found)
		default:
			msg.other = found.Flows[found.Best()]
		}
		return msg
	}
}

// onDiffed shows the two runs beside each other, unless the person has gone on
// to another run.
func (m *Model) onDiffed(msg diffedMsg) {
	if msg.visit != m.visit.number {
		return
	}
	m.notice = notice{}
	if msg.err != nil {
		m.open(newMessage("This file cannot be compared", msg.err))
		return
	}
	d := &m.runDiff
	d.number++
	d.names = [2]string{"this run", inspect.Clean(msg.file)}
	if m.visit.file != "" {
		d.names[0] = inspect.Clean(filepath.Base(m.visit.file))
	}
	d.read = inspect.DiffRuns(m.visit.reading.transcript, msg.other, inspect.Options{})
	m.screen = screenDiff
}

func (m *Model) syncDiff() {
	d := &m.runDiff
	now := struct{ number, w, h int }{d.number, m.w, m.h}
	if d.pane.doc != nil && d.drawn == now {
		return
	}
	keep := d.drawn.number == d.number && d.pane.doc != nil
	d.drawn = now
	body := rect{0, 1, m.w, max(m.h-2, 0)}
	d.pane.set(m, body, content{title: "Differences", note: choose(d.read.Same, "the same in what matters", "≠ matters"), doc: &doc{lines: m.diffLines(body.w - 4)}}, keep)
}

func (m *Model) diffRows(p *painter) []string {
	d := &m.runDiff
	return m.labRows(p, "diff · "+strings.Join(d.names[:], " │ "), nil, []*labPane{&d.pane}, 0)
}

// diffLines lay the two runs side by side, by weight and step.
func (m *Model) diffLines(w int) []line {
	d := &m.runDiff
	room := max((w-m.compareNames())/2-1, 8)
	columns := []int{0, 1}
	side := func(name string, a, b span) line {
		return line{spans: []span{{fill(m, "  "+name, m.compareNames()-1) + " ", toneFaint}, {fill(m, a.text, room) + " ", a.tone}, {fill(m, b.text, room), b.tone}}, most: 1}
	}
	lines := []line{prose(choose(d.read.Same, toneGood, toneStrong), 0, d.read.Summary)}
	for _, n := range d.read.Notes {
		lines = append(lines, prose(toneWarn, 0, n))
	}
	lines = append(lines, line{},
		side("", span{d.names[0], toneTitle}, span{d.names[1], toneTitle}),
		side("outcome", outcomeSpan(d.read.A.Outcome), outcomeSpan(d.read.B.Outcome)))
	for _, s := range d.read.Sections() {
		lines = append(lines, line{}, heading(s.Title, ""))
		step := flow.StepID("-")
		for _, x := range s.Differences {
			if x.Step != step {
				step = x.Step
				lines = append(lines, prose(toneFaint, 0, s.StepTitle(step)))
			}
			if x.Weight == inspect.WeightFresh {
				lines = append(lines, m.freshLines(x.Row, room)...)
			} else {
				lines = append(lines, m.compareLines(x.Row, columns, room)...)
			}
			if x.Weight == inspect.WeightMatters && x.Meaning != "" {
				lines = append(lines, prose(toneFaint, 2, x.Meaning))
			}
		}
	}
	return lines
}

// freshLines lay a value that is only fresh side by side, without marks.
func (m *Model) freshLines(row inspect.ComparedRow, room int) []line {
	a, b := row.Cells[0].Lines(room, false), row.Cells[1].Lines(room, false)
	var lines []line
	name := row.Name
	for i := range max(len(a), len(b)) {
		l := line{spans: []span{{fill(m, "  "+name, m.compareNames()-1) + " ", toneFaint}}, most: 1}
		name = ""
		for _, cell := range [][]inspect.CellLine{a, b} {
			text := ""
			if i < len(cell) {
				text = cell[i].Text
			}
			l.spans = append(l.spans, span{fill(m, text, room) + " ", toneFaint})
		}
		lines = append(lines, l)
	}
	return lines
}

func outcomeSpan(o flow.Outcome) span {
	switch o {
	case flow.OutcomeOK:
		return span{"✓ completed", toneGood}
	case flow.OutcomeFailed:
		return span{"✗ failed", toneBad}
	case flow.OutcomeCancelled:
		return span{"cancelled", toneWarn}
	default:
		return span{"· not finished", toneFaint}
	}
}

func newDiffCommands() []command {
	read := readCommands(3, 4, func(m *Model) *labPane { return &m.runDiff.pane })
	return append(read, []command{
		{
			Binding: bind("=", "=", "another"), group: "Look", foot: 5,
			long: "Compare with another file.",
			why:  (*Model).whyNoDiff, do: (*Model).askDiff,
		},
		{
			Binding: bind("esc", "esc", "back"), group: "Program", foot: 88,
			long: "Leave this screen.",
			do:   func(m *Model) tea.Cmd { m.screen = screenWalk; return nil },
		},
	}...)
}
