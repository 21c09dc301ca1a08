package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// editor changes the pending request before it is sent.
type editor struct {
	step   flow.StepID
	title  string
	at     int
	offset int
}

// editRow is one thing that can be changed.
type editRow struct {
	name   string // as in a [flow.Edit]
	shown  string // name on the screen
	value  string
	masked string
	place  string
	edited bool
	unset  bool
	pkce   bool
}

func (m *Model) startEdit() tea.Cmd {
	s, _ := m.step()
	m.open(&editor{step: s.ID, title: s.Title})
	return nil
}

// rows lists what the pending request holds, and what was taken out of it.
func (d *editor) rows(m *Model) []editRow {
	p := m.visit.reading.pending
	s, _ := m.step()
	var rows []editRow
	for _, v := range p.Values {
		r := editRow{name: v.Name, shown: v.Name, value: v.Value, place: string(v.In), edited: v.Edited, pkce: v.PKCE}
		r.masked = inspect.Clean(v.Value)
		if v.Secret && !m.visit.reveal {
			r.masked = maskedRow(s, v.Name)
		}
		switch {
		case v.In == flow.InURL:
			r.name = "url"
		case v.In == flow.InHeader:
			continue // shown with the headers below
		case v.In == flow.InLocal && p.Request != nil:
			// Of what does not travel by itself only the inside of a request
			// object can be changed, before it is signed.
			if !m.inObject(p, v.Name) {
				continue
			}
			r.place = "in the request object"
		}
		r.shown = inspect.Clean(r.name)
		rows = append(rows, r)
	}
	if p.Request != nil {
		if !slices.ContainsFunc(rows, func(r editRow) bool { return r.name == "url" }) {
			rows = append(rows, editRow{name: "url", shown: "url", value: p.Request.URL, masked: pendingRequest(s).URL, place: "url"})
		}
		for _, h := range pendingRequest(s).Headers {
			name := "header." + h.Name
			rows = append(rows, editRow{
				name: name, shown: inspect.Clean(name), value: p.Request.Header.Get(h.Name), masked: h.Value, place: "header",
				edited: slices.ContainsFunc(m.edits(d.step), func(e flow.Edit) bool { return strings.EqualFold(e.Name, name) }),
			})
		}
	}
	for _, e := range m.edits(d.step) {
		if e.Unset {
			rows = append(rows, editRow{name: e.Name, shown: inspect.Clean(e.Name), masked: "(left out)", place: "taken out", edited: true, unset: true})
		}
	}
	return rows
}

// inObject says whether a value of the pending request is inside a request
// object that is still to be signed.
func (m *Model) inObject(p flow.Pending, name string) bool {
	has := func(name string) bool {
		return slices.ContainsFunc(p.Values, func(v flow.Value) bool { return v.Name == name && v.In != flow.InLocal })
	}
	return has("request") && !has(name) && name != "url" && name != flow.CertificateValue && name != flow.ClientCertificateValue
}

// edits are the changes made to a step so far.
func (m *Model) edits(step flow.StepID) []flow.Edit {
	var out []flow.Edit
	for _, e := range m.visit.reading.transcript.Config.Edits {
		if e.Step == step {
			out = append(out, e)
		}
	}
	return out
}

// pendingRequest is the request of a step that is not sent yet.
func pendingRequest(s inspect.Step) inspect.Message {
	for _, e := range s.Exchanges {
		if e.Pending {
			return e.Request
		}
	}
	return inspect.Message{}
}

// maskedRow is what the explanation shows of a secret value.
func maskedRow(s inspect.Step, name string) string {
	for _, rows := range [][]inspect.Row{pendingRequest(s).Rows, s.Values} {
		for _, r := range rows {
			if r.Name == name {
				return r.Value
			}
		}
	}
	return "●●●●●●●●"
}

func (d *editor) update(m *Model, msg tea.Msg) tea.Cmd {
	k, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil
	}
	rows := d.rows(m)
	d.at = max(min(d.at, len(rows)-1), 0)
	switch k.String() {
	case "esc", "q":
		m.shut()
	case "down", "j", "tab":
		d.at = min(d.at+1, max(len(rows)-1, 0))
	case "up", "k", "shift+tab":
		d.at = max(d.at-1, 0)
	case "home", "g":
		d.at = 0
	case "end", "G":
		d.at = max(len(rows)-1, 0)
	case "a":
		m.open(newAddForm(d.step))
	case "r":
		if len(m.edits(d.step)) == 0 {
			m.say(toneFaint, "Nothing was changed in this step.")
			return nil
		}
		m.visit.walk.Revert(d.step)
		m.say(toneGood, "The request is as it was.")
		return m.reread()
	case "enter", "e":
		if len(rows) > 0 {
			m.open(newValueForm(d.step, rows[d.at]))
		}
	case "d", "delete", "backspace":
		if len(rows) > 0 {
			return m.edit(flow.Edit{Step: d.step, Name: rows[d.at].name, Unset: true}, rows[d.at].shown+" is left out.")
		}
	default:
		m.say(toneFaint, k.String()+" does nothing here.")
	}
	return nil
}

// edit passes a change to the walk.
func (m *Model) edit(e flow.Edit, done string) tea.Cmd {
	if err := m.visit.walk.Edit(e); err != nil {
		m.say(toneBad, explainError(err))
		return nil
	}
	m.say(toneGood, done)
	return m.reread()
}

func (d *editor) sheet(m *Model) sheet {
	rows := d.rows(m)
	s := sheet{
		title: "Edit before sending · " + d.title, width: min(96, m.w-8), offset: d.offset, selected: min(d.at, len(rows)-1) + 1,
		foot: []string{"enter", "change", "a", "add", "d", "take out", "r", "revert all", "esc", "close"},
	}
	name := 0
	for _, r := range rows {
		name = max(name, m.ruler.StringWidth(r.shown))
	}
	name = min(name, s.width/3)
	place := ""
	for i, r := range rows {
		if place != "" && r.place != place {
			s.lines = append(s.lines, line{})
		}
		place = r.place
		mark, mt, nt := "  ", toneText, toneName
		if r.pkce && !m.hide {
			mark, mt, nt = "+ ", tonePKCE, tonePKCE
		}
		if r.edited {
			mark, mt = "~ ", toneWarn
		}
		value, vt := r.masked, toneText
		if r.unset || value == "" {
			value, vt = choose(r.unset, "(left out)", "(empty)"), toneFaint
		}
		if i == d.at {
			s.cursor = len(s.lines)
		}
		s.lines = append(s.lines, line{
			spans: []span{{mark, mt}, {fill(m, r.shown, name), nt}, {"  ", toneText}, {value, vt}},
			hang:  name + 4, most: 3, item: i + 1,
		})
	}
	if len(rows) == 0 {
		s.lines = append(s.lines, prose(toneFaint, 0, "This request has no parameters. a adds one."))
	}
	return s
}

func (d *editor) click(m *Model, x, y int) {
	if item := m.sheetItem(d.sheet(m), x, y); item > 0 {
		d.at = item - 1
	}
}

// newValueForm changes one value. What is masked starts empty, unless secrets
// are revealed.
func newValueForm(step flow.StepID, r editRow) *form {
	value, hint := r.value, ""
	if inspect.Clean(r.value) != r.masked {
		value, hint = "", "The value is masked. Type another one, or close this and press x to reveal."
	}
	if r.unset {
		hint = "It was left out; what you type is sent again."
	}
	f := &form{
		title: "Change " + r.shown, action: "change",
		fields: []*field{textField("value", "Value", value, hint)},
		submit: func(m *Model, f *form) tea.Cmd {
			m.shut()
			return m.edit(flow.Edit{Step: step, Name: r.name, Value: f.fields[0].input.Value()}, r.shown+" is changed.")
		},
	}
	return f.start()
}

// newAddForm adds a parameter or a header.
func newAddForm(step flow.StepID) *form {
	f := &form{
		title: "Add to the request", action: "add",
		fields: []*field{
			choiceField("kind", "What", "", "", option{"", "parameter"}, option{"header.", "header"}),
			textField("name", "Name", "", ""),
			textField("value", "Value", "", ""),
		},
		check: func(_ *form, id, value string) string {
			return choose(id == "name" && value == "", "What is it called?", "")
		},
		submit: func(m *Model, f *form) tea.Cmd {
			m.shut()
			return m.edit(flow.Edit{Step: step, Name: f.get("kind") + f.get("name"), Value: f.get("value")}, f.get("name")+" is added.")
		},
	}
	f.at = 1
	return f.start()
}
