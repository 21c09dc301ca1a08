package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/inspect"
)

// restsOn is the name of the parameter, header or member that the selected
// finding rests on; without a selection, that of the first finding that names
// one.
func (m *Model) restsOn() string {
	s, _ := m.step()
	if i := m.panes[paneFindings].item; m.focus == paneFindings && i >= 1 && i <= len(s.Findings) && s.Findings[i-1].Row != "" {
		return s.Findings[i-1].Row
	}
	for _, f := range s.Findings {
		if f.Row != "" {
			return f.Row
		}
	}
	return ""
}

func (m *Model) whyNoEvidence() string {
	return choose(m.restsOn() != "", "", "No finding of this step points at a parameter or a header.")
}

// placed is a row of some message: where it is to be seen.
type placed struct {
	step, exchange int
	pane           pane
	view           view
}

// toEvidence goes to the row that the finding rests on: in the request that is
// shown if it is there, else in another one of the step, else in a step before.
func (m *Model) toEvidence() tea.Cmd {
	name := m.restsOn()
	at, ok := m.findRow(name)
	if !ok {
		m.say(toneWarn, name+" is in none of the messages up to this step. That it is missing is what the finding is about.")
		return nil
	}
	m.tokens, m.diagram = false, false
	m.visit.step, m.visit.exchange = at.step, at.exchange
	m.visit.follow = false
	m.views[at.pane] = at.view
	m.focusOn(at.pane)
	m.sync() // so that the pane has its rows
	p := &m.panes[at.pane]
	for i, s := range p.subjects {
		if strings.EqualFold(s.name, name) {
			p.item = i + 1
			p.reveal(p.doc.itemRows(i + 1))
			break
		}
	}
	return nil
}

// findRow looks for a row by name, in what was sent before what was answered.
func (m *Model) findRow(name string) (placed, bool) {
	steps := m.visit.reading.report.Steps
	for step := m.visit.step; step >= 0 && step < len(steps); step-- {
		order := []int{}
		if step == m.visit.step && m.visit.exchange < len(steps[step].Exchanges) {
			order = append(order, m.visit.exchange)
		}
		for i := len(steps[step].Exchanges) - 1; i >= 0; i-- {
			order = append(order, i)
		}
		for _, i := range order {
			e := &steps[step].Exchanges[i]
			for _, in := range []struct {
				message *inspect.Message
				pane    pane
			}{{&e.Request, paneRequest}, {e.Response, paneResponse}} {
				switch {
				case in.message == nil:
				case hasRow(in.message.Rows, name):
					return placed{step, i, in.pane, viewRows}, true
				case hasRow(in.message.Headers, name):
					return placed{step, i, in.pane, viewHeaders}, true
				}
			}
		}
	}
	return placed{}, false
}

func hasRow(rows []inspect.Row, name string) bool {
	for _, r := range rows {
		if strings.EqualFold(r.Name, name) {
			return true
		}
	}
	return false
}

func (m *Model) whyNoTicket() string {
	if s, ok := m.step(); ok && s.Error != nil {
		return ""
	}
	return "This step did not fail."
}

// copyTicket sends the failed step to the clipboard, for whoever can put it
// right.
func (m *Model) copyTicket() tea.Cmd {
	s, _ := m.step()
	text, ok := inspect.Ticket(m.visit.reading.transcript, s.ID)
	if !ok {
		m.say(toneWarn, "This step did not fail.")
		return nil
	}
	m.say(toneGood, "Sent to the clipboard: a ticket in Markdown, secrets masked. A saved run gives the same: pkcescope explain FILE --ticket.")
	return tea.SetClipboard(text)
}
