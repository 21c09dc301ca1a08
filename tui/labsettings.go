package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/inspect"
)

// labField is a setting of a lab in its form: one field, or for a list one for
// each entry.
type labField struct {
	setting LabSetting
	fields  []*field
	was     string
}

// The values of the choices that are no setting's own.
const (
	keepEntries = ""
	switchedOn  = "on"
	switchedOff = "off"
)

func newLabField(x LabSetting) *labField {
	l := &labField{setting: x}
	hint := "On the command line: --set " + x.Name + "=…"
	if x.Locked != "" {
		hint = "Cannot be changed: " + inspect.Clean(x.Locked)
	}
	entries := strings.Split(x.Value, "\n")
	if x.Value == "" {
		entries = nil
	}
	add := func(f *field) {
		f.more = len(l.fields) > 0
		l.fields = append(l.fields, f)
	}
	switch {
	case x.New != "":
		f := choiceField(x.Name, x.Label, keepEntries, hint, option{keepEntries, "as it is"}, option{x.New, "add one"})
		for _, e := range entries {
			f.notes = append(f.notes, inspect.Clean(e))
		}
		add(f)
	case x.List && len(x.Choices) > 0:
		for _, c := range x.Choices {
			f := choiceField(x.Name, x.Label, choose(slices.Contains(entries, c), switchedOn, switchedOff), hint,
				option{switchedOn, "on"}, option{switchedOff, "off"})
			f.notes = []string{inspect.Clean(c)}
			add(f)
		}
	case x.List && x.Locked == "":
		// The last one is empty: what is written there is added.
		for _, e := range append(entries, "") {
			add(textField(x.Name, x.Label, inspect.Clean(e), hint))
		}
	case x.List:
		add(textField(x.Name, x.Label, inspect.Clean(strings.Join(entries, " ")), hint))
	case len(x.Choices) > 0:
		var options []option
		for _, c := range x.Choices {
			options = append(options, option{c, choose(c == "", "not sent", c)})
		}
		add(choiceField(x.Name, x.Label, x.Value, hint, options...))
	default:
		add(textField(x.Name, x.Label, inspect.Clean(x.Value), hint))
	}
	l.was = l.value()
	return l
}

// value is what the fields hold, as the setting takes it.
func (l *labField) value() string {
	var entries []string
	for i, f := range l.fields {
		switch v := f.value(); {
		case l.setting.List && len(l.setting.Choices) > 0:
			if v == switchedOn {
				entries = append(entries, l.setting.Choices[i])
			}
		case v != "" || !l.setting.List:
			entries = append(entries, v)
		}
	}
	return strings.Join(entries, "\n")
}

func (l *labField) ofClient() bool { return strings.HasPrefix(l.setting.Name, labGroups[0].prefix) }

// labGroups are the parts of the form, by the beginning of a setting's name.
var labGroups = []struct{ prefix, heading string }{
	{"client.", "The client"},
	{"registration.", "Its app registration"},
	{"tenant.", "The tenant"},
}

// startLabSettings shows everything that can be looked at in the portal and in
// the client, and runs again with what was changed.
func (m *Model) startLabSettings() tea.Cmd {
	s := m.labs.session
	var all []*labField
	f := &form{
		title: "The client and its registration", action: "run again",
		intro: "An entry of a list goes when its field is emptied. {new secret} as the client's secret stands for the one that was added last.",
	}
	for _, g := range labGroups {
		heading := g.heading
		for _, x := range s.Settings() {
			if !strings.HasPrefix(x.Name, g.prefix) {
				continue
			}
			l := newLabField(x)
			if len(l.fields) == 0 {
				continue // no policy that could be switched
			}
			l.fields[0].heading, heading = heading, ""
			all = append(all, l)
			f.fields = append(f.fields, l.fields...)
		}
	}
	f.submit = func(m *Model, f *form) tea.Cmd {
		// The client comes last: its secret may be one that the registration is
		// about to get.
		inOrder := slices.SortedStableFunc(slices.Values(all), func(a, b *labField) int {
			return choose(a.ofClient(), 1, 0) - choose(b.ofClient(), 1, 0)
		})
		for _, l := range inOrder {
			value := l.value()
			if value == l.was {
				continue
			}
			if err := s.Set(l.setting.Name, value); err != nil {
				l.fields[0].problem = explainError(err)
				f.step(slices.Index(f.fields, l.fields[0]) - f.at)
				return nil
			}
			l.was = value
		}
		m.shut()
		return m.walkLab(true)
	}
	m.open(f.start())
	return nil
}
