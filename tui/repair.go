package tui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// The key that makes the fix where it is the client's to make.

// whyNoRepair says why there is nothing for the client to change.
func (m *Model) whyNoRepair() string {
	s, _ := m.step()
	switch {
	case s.Repair == nil && s.Error == nil:
		return "Nothing failed in this step."
	case s.Repair == nil:
		return "Nothing in the client's own settings would put this right; the findings say what would."
	}
	if why := m.whyNotLive(); why != "" {
		return why
	}
	if m.visit.lab {
		return m.whyNoLabRepair(*s.Repair)
	}
	return ""
}

// askRepair shows what would be changed, and from where it is walked again.
func (m *Model) askRepair() tea.Cmd {
	s, _ := m.step()
	r := *s.Repair
	q := &question{title: "Fix it in the client", lines: []line{
		prose(toneStrong, 0, r.Title), {}, prose(toneText, 0, r.What), {},
	}}
	for _, c := range r.Changes {
		q.lines = append(q.lines, plain(toneKey, c.Setting))
		if !c.Undone {
			q.lines = append(q.lines, line{spans: []span{{"  was  ", toneFaint}, {choose(c.From == "", "not set", c.From), toneBad}}, hang: 7})
		}
		q.lines = append(q.lines, line{spans: []span{{"  now  ", toneFaint}, {choose(c.To == "", "not sent", c.To), toneGood}}, hang: 7})
	}
	from := string(r.From)
	for _, s := range m.visit.reading.report.Steps {
		if s.ID == r.From {
			from = s.Title
		}
	}
	end := "The walk then goes on again from " + from + ". Neither the registration nor a saved profile is touched."
	if m.visit.lab {
		end = "The lab's client is then walked again from the beginning. The registration is not touched."
	}
	q.lines = append(q.lines, line{}, prose(toneFaint, 0, end))
	q.answers = []answer{{"enter", "change and walk again", func(m *Model) tea.Cmd { return m.repair(r) }}}
	m.open(q)
	return nil
}

// repair changes the client and walks again.
func (m *Model) repair(r inspect.Repair) tea.Cmd {
	if m.visit.lab {
		return m.repairLab(r)
	}
	v := &m.visit
	v.config = r.Apply(m.config())
	c := v.config
	return m.work(func(ctx context.Context, w Walker) error {
		if err := w.Reconfigure(c, r.From); err != nil {
			return err
		}
		return w.Run(ctx)
	})
}

// In a lab the settings are the lab's, which may have locked some.

// labEdits is the lab's setting that holds the edits, one on each line.
const labEdits = "client.edits"

func labSetting(c inspect.Change) string {
	if c.Undone {
		return labEdits
	}
	return "client." + c.Setting
}

func (m *Model) whyNoLabRepair(r inspect.Repair) string {
	settings := m.labs.session.Settings()
	for _, c := range r.Changes {
		found := false
		for _, s := range settings {
			if s.Name != labSetting(c) {
				continue
			}
			found = true
			if s.Locked != "" {
				return s.Label + " cannot be changed in this lab: " + s.Locked
			}
		}
		if !found {
			return "This lab has no setting for it."
		}
	}
	return ""
}

// repairLab changes the lab's client and runs it.
func (m *Model) repairLab(r inspect.Repair) tea.Cmd {
	s := m.labs.session
	for _, c := range r.Changes {
		name, value := labSetting(c), c.To
		if c.Undone {
			value = m.withoutEdit(c.Setting)
		}
		if err := s.Set(name, value); err != nil {
			m.open(newMessage("This cannot be changed", err))
			return nil
		}
	}
	return m.walkLab(true)
}

// withoutEdit is the lab's edits without the one of STEP.NAME.
func (m *Model) withoutEdit(target string) string {
	var kept []string
	for _, s := range m.labs.session.Settings() {
		if s.Name != labEdits {
			continue
		}
		for _, text := range strings.Split(s.Value, "\n") {
			bare, unset := strings.CutPrefix(text, "-")
			e, err := flow.ParseEdit(bare, unset)
			if err == nil && strings.EqualFold(string(e.Step)+"."+e.Name, target) {
				continue
			}
			if text != "" {
				kept = append(kept, text)
			}
		}
	}
	return strings.Join(kept, "\n")
}
