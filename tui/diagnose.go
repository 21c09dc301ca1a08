package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/inspect"
)

// The diagnose screen: an error from anywhere, pasted, with its causes, what
// they rest on, and who can put it right. It sends nothing, and it does not
// repeat what was pasted, in which there may be a code or a token.

// diagnosis is what stands on the diagnose screen.
type diagnosis struct {
	input inspect.Input
	read  inspect.Diagnosis
	size  int // of what was pasted, in octets; 0 when nothing was
	back  screen
	// panes are the diagnosis and, in a wide window, what else there is to say.
	panes [2]labPane
	// drawn is the pane as it was laid out: it is made anew when that changes.
	drawn struct{ number, w, h int }
	// number goes up with every error.
	number int
}

// openDiagnose shows the diagnose screen, with the error that was pasted last.
func (m *Model) openDiagnose() tea.Cmd {
	if m.screen != screenDiagnose {
		m.diagnosis.back = m.screen
	}
	m.screen = screenDiagnose
	m.notice = notice{}
	return nil
}

// diagnose reads an error. It takes a few milliseconds whatever the text is.
func (m *Model) diagnose(text string) {
	d := &m.diagnosis
	d.number++
	if strings.TrimSpace(text) == "" {
		m.say(toneWarn, "What was pasted is empty.")
		return
	}
	provider := d.read.Provider
	d.input, d.size = inspect.InputFrom(text), len(text)
	if _, ok := inspect.NamedCause(text); ok { // one that the last answer named
		d.input.Provider = provider
	}
	d.read = inspect.Diagnose(d.input)
}

// diagnosePaste reads an error that was pasted.
func (m *Model) diagnosePaste(text string) tea.Cmd {
	m.diagnose(text)
	return nil
}

// homePaste opens what was pasted: a recording of some kind, or else an error.
func (m *Model) homePaste(text string) tea.Cmd {
	if path, ok := droppedFile(text); ok {
		m.say(toneHere, "Opening…")
		return m.openFile(path)
	}
	if cmd, ok := m.openPasted(text); ok {
		return cmd
	}
	m.openDiagnose()
	return m.diagnosePaste(text)
}

// askError asks for an error to be typed, for terminals that cannot paste.
func (m *Model) askError() tea.Cmd {
	f := &form{
		title: "Diagnose", action: "diagnose",
		intro:  "A code such as AADSTS50011 or invalid_grant, the address that the browser ended on, or a sentence of the error.",
		fields: []*field{textField("error", "Error", "", "The more of it, the surer the answer.")},
		check: func(_ *form, _, value string) string {
			return choose(value == "", "Which error?", "")
		},
		submit: func(m *Model, f *form) tea.Cmd {
			m.shut()
			m.diagnose(f.get("error"))
			return nil
		},
	}
	m.open(f.start())
	return nil
}

func (m *Model) syncDiagnose() {
	d := &m.diagnosis
	body := rect{0, 1, m.w, max(m.h-2, 0)}
	now := struct{ number, w, h int }{d.number, m.w, m.h}
	if d.panes[0].doc != nil && d.drawn == now {
		return
	}
	keep := d.drawn.number == d.number && d.panes[0].doc != nil
	d.drawn = now
	lines, more := m.diagnoseLines(), content{title: "What else", doc: &doc{lines: moreLines(d.read)}}
	d.panes[1].r = rect{}
	switch {
	case m.w < besideWidth:
		if d.size > 0 {
			lines = append(lines, more.doc.lines...)
		}
	default:
		if d.size == 0 || d.read.Unknown {
			lines, more = append(lines, more.doc.lines...), knownCauses()
		}
		var side rect
		body, side = body.left(m.w * 11 / 20)
		more.doc.lines = trimmed(more.doc.lines)
		d.panes[1].set(m, side, more, keep)
	}
	d.panes[0].set(m, body, content{title: "Diagnosis", doc: &doc{lines: lines}}, keep)
}

// both are the panes of the screen.
func (d *diagnosis) both() []*labPane { return []*labPane{&d.panes[0], &d.panes[1]} }

func (m *Model) diagnoseRows(p *painter) []string {
	d := &m.diagnosis
	return m.labRows(p, "diagnose · what an error means", nil, d.both(), scrolled(d.both()))
}

// knownCauses are all that can be recognised, each with the name that e takes.
func knownCauses() content {
	d, n := &doc{}, 0
	for _, family := range inspect.KnownCauses() {
		if n > 0 {
			d.lines = append(d.lines, line{})
		}
		d.lines = append(d.lines, heading(family.Family, choose(n == 0, "e takes a name, and explains it.", "")))
		for _, c := range family.Causes {
			n++
			d.lines = append(d.lines, line{spans: []span{{c.Title, toneText}, {"  " + c.ID, toneFaint}}, hang: 2, prose: true})
		}
	}
	return content{title: "What is recognised", note: fmt.Sprintf("%d causes", n), doc: d}
}

// trimmed is lines without an empty one before them.
func trimmed(lines []line) []line {
	if len(lines) > 0 && len(lines[0].spans) == 0 {
		return lines[1:]
	}
	return lines
}

func (m *Model) diagnoseLines() []line {
	d := &m.diagnosis
	if d.size == 0 {
		return []line{
			prose(toneStrong, 0, "Paste an error here, in whatever shape you have it."),
			{},
			prose(toneText, 0, "A JSON answer, the address that the browser ended on, the text of an error page, a library's exception, the text of a screenshot, a saved run: all of them are read. e asks for one to be typed, a bare code for example."),
			{},
			prose(toneFaint, 0, "Nothing is sent anywhere, and what is pasted is not shown again: there may be a code or a token in it."),
		}
	}
	lines := []line{prose(toneFaint, 0, "Read: "+d.readText()), {}}
	return append(lines, diagnosisLines(d.read)...)
}

// readText says what was made of the pasted text.
func (d *diagnosis) readText() string {
	if d.input.Transcript != nil {
		return "a saved run; its failed step is what is diagnosed."
	}
	text := size(d.size)
	if len(d.read.Codes) > 0 {
		text += ", " + strings.Join(d.read.Codes, ", ")
	}
	if d.read.Provider != "" {
		name := d.read.Provider
		if p, err := inspect.FindPreset(name); err == nil {
			name = p.Name
		}
		text += ", taken for an error of " + name
	}
	return text + "."
}

// diagnosisLines lay out a diagnosis: the cause first, then what it rests on,
// and what to do.
func diagnosisLines(d inspect.Diagnosis) []line {
	if d.Unknown {
		return []line{
			prose(toneWarn, 0, "No cause is known for this. That is an honest answer, not a fault of yours."),
			{},
			prose(toneText, 0, "What helps: the whole text with its code, and a saved run, which has the requests."),
		}
	}
	first := d.Causes[0]
	lines := []line{
		{spans: []span{{first.Title, toneBad}, {"  " + string(first.Confidence), toneFaint}}, prose: true},
		prose(toneText, 0, first.Means),
		{},
		heading("Because", ""),
	}
	for _, e := range first.Evidence {
		lines = append(lines, pointLine("· ", e.Text))
	}
	for _, x := range d.Differences {
		lines = append(lines, differenceLines(x)...)
	}
	lines = append(lines, line{}, heading("To fix it", first.Who.InWords()))
	for i, step := range first.Fix {
		lines = append(lines, pointLine(fmt.Sprintf("%d. ", i+1), step))
	}
	if first.Prove != "" {
		lines = append(lines, line{}, line{spans: []span{{"It is fixed when: ", toneGood}, {first.Prove, toneText}}, prose: true})
	}
	return lines
}

// moreLines are what else there is to a diagnosis: what it could be instead,
// what its codes mean, and what to read.
func moreLines(d inspect.Diagnosis) []line {
	if d.Unknown || len(d.Causes) == 0 {
		return codeLines(d)
	}
	lines := append(otherLines(d), codeLines(d)...)
	if refs := d.Causes[0].Refs; len(refs) > 0 {
		lines = append(lines, line{}, heading("Read more", ""))
		for _, r := range refs {
			lines = append(lines, refLines(r)...)
		}
	}
	return lines
}

// pointLine is one of several, after its mark.
func pointLine(mark, text string) line {
	return line{spans: []span{{mark, toneFaint}, {text, toneText}}, hang: len([]rune(mark)), prose: true}
}

// otherLines say what else it could be, what it cannot be, and what decides.
func otherLines(d inspect.Diagnosis) (lines []line) {
	const byName = "e takes its name, and explains it."
	if first := d.Causes[0]; len(d.Causes) > 1 {
		lines = append(lines, line{}, heading("It could also be", byName))
		for _, c := range d.Causes[1:] {
			lines = append(lines, pointLine("· ", c.Title+" ("+string(c.Confidence)+", "+c.ID+")"))
		}
	} else if len(first.Else) > 0 && first.Confidence != inspect.Certain {
		lines = append(lines, line{}, heading("If it is not that", byName))
		for _, e := range first.Else {
			lines = append(lines, pointLine("· ", e.Title+" ("+e.ID+"). "+e.Test))
		}
	}
	if d.Next != "" {
		lines = append(lines, line{}, heading("To decide between them", ""), prose(toneText, 0, d.Next))
	}
	if len(d.RuledOut) > 0 {
		lines = append(lines, line{}, heading("Ruled out", ""))
		for _, r := range d.RuledOut {
			lines = append(lines, pointLine("· ", r.Title+": "+r.Why.Text+"."))
		}
	}
	return lines
}

func codeLines(d inspect.Diagnosis) (lines []line) {
	if len(d.Notes) == 0 {
		return nil
	}
	lines = append(lines, line{}, heading("The codes", ""))
	for _, n := range d.Notes {
		lines = append(lines, line{spans: []span{{n.Code + "  ", toneKey}, {n.Meaning, toneText}}, hang: 2, prose: true})
	}
	return lines
}

// differenceLines point at the character at which two values part.
func differenceLines(x inspect.Difference) []line {
	sent, expected := []rune(x.Sent), []rune(x.Expected)
	at := func(r []rune) []span {
		i := min(max(x.At, 0), len(r))
		j := min(i+1, len(r))
		return []span{{string(r[:i]), toneText}, {string(r[i:j]), toneHit}, {string(r[j:]), toneText}}
	}
	label := func(name string, r []rune) line {
		return line{spans: append([]span{{"  " + fmt.Sprintf("%-20s", name), toneFaint}}, at(r)...), hang: 22}
	}
	return []line{
		{},
		heading("Difference in "+x.Row, x.What),
		label("sent", sent), label(x.ExpectedBy, expected),
	}
}

func (m *Model) copyDiagnosisTicket() tea.Cmd {
	m.say(toneGood, "Sent to the clipboard: the ticket, in Markdown.")
	return tea.SetClipboard(inspect.TicketOf(m.diagnosis.input))
}

func newDiagnoseCommands() []command {
	read := readCommands(3, 0, func(m *Model) *labPane { all := m.diagnosis.both(); return all[scrolled(all)] })
	commands := append([]command{
		{
			Binding: bind("e enter", "e", "type an error"), group: "Diagnose", foot: 1,
			long: "Type an error or a code. An error that is pasted is read at once.",
			do:   (*Model).askError,
		},
		{
			Binding: bind("T", "T", "copy ticket"), group: "Diagnose", foot: 2,
			long: "Copy a ticket in Markdown: the cause, what to do, trace id, correlation id and time.",
			why: func(m *Model) string {
				return choose(m.diagnosis.size > 0, "", "There is no error yet. Paste one.")
			},
			do: (*Model).copyDiagnosisTicket,
		},
	}, read...)
	return append(commands, []command{
		{
			Binding: bind("esc", "esc", "back"), group: "Program", foot: 88,
			long: "Leave this screen. The diagnosis is kept until another error is pasted.",
			do:   func(m *Model) tea.Cmd { m.screen = m.diagnosis.back; return nil },
		},
	}...)
}
