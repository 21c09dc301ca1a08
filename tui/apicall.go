package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/flow"
)

func (m *Model) whyNoCall() string {
	if why := m.whyNotLive(); why != "" {
		return why
	}
	switch {
	case m.visit.lab:
		return "In a broken tenant the app has no API."
	case m.visit.reading.transcript.Step(flow.StepToken).Status != flow.StatusOK:
		return "There is no access token yet."
	}
	return ""
}

// askCall asks for the address of an API, and makes the call the next step.
func (m *Model) askCall() tea.Cmd {
	m.open((&form{
		title: "Call an API with the access token", action: "see the request",
		fields: []*field{textField("call", "Address", m.visit.config.Afterwards.Call,
			"Its https address, or http on this machine. The request is shown before it is sent; e changes it.")},
		check: func(f *form, id, value string) string {
			return choose(value == "", "Give the API's address.", checkExtension(f, id, value))
		},
		submit: func(m *Model, f *form) tea.Cmd {
			m.shut()
			return m.toCall(f.get("call"))
		},
	}).start())
	return nil
}

// toCall makes the call the next step, past optional ones that nobody asked for.
func (m *Model) toCall(address string) tea.Cmd {
	c := m.config()
	c.Afterwards.Call = address
	m.visit.config = c
	return m.work(func(_ context.Context, w Walker) error {
		step := flow.StepCall
		if p, more := w.Pending(); more && stepOrder(p.Step) < stepOrder(step) {
			step = p.Step
		}
		if err := w.Reconfigure(c, step); err != nil {
			return err
		}
		for {
			p, _ := w.Pending()
			if p.Step == flow.StepCall || !p.Optional || c.Asks(p.Step) {
				return nil
			}
			if err := w.Skip(); err != nil {
				return err
			}
		}
	})
}

// config is what the walk was started with, and what was changed in it since.
func (m *Model) config() flow.Config {
	c, now := m.visit.config, m.visit.reading.transcript.Config
	c.Edits, c.Device = now.Edits, now.Device
	return c
}
