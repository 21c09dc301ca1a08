package tui

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
)

// field is one field of a form: a text, or a choice where there are choices.
type field struct {
	id, label, hint string
	input           textinput.Model
	choices         []option
	choice          int
	secret          bool
	many            bool // so many choices that one is shown at a time
	problem         string
	// help is a hint, and named a label, that depends on what the form holds;
	// nil: hint and label.
	help, named func(*form) string
	// heading stands over the first field of a group, notes over the field
	// itself, under its label.
	heading string
	notes   []string
	// more says that the field is another entry of the list before it.
	more bool
	// only says whether the field applies to what the form holds; nil: always.
	only func(*form) bool
}

// option is one of the choices of a field.
type option struct{ value, label string }

// form is a dialog of fields. It does not know what they mean.
type form struct {
	title  string
	intro  string
	fields []*field
	at     int
	offset int
	action string // the word for enter
	// check looks at a field and returns what is wrong, in a sentence.
	check func(f *form, id, value string) string
	// note is a sentence below the fields that depends on what they hold.
	note func(f *form) string
	// submit is called when nothing is wrong. It closes the form itself.
	submit func(m *Model, f *form) tea.Cmd
	// extra are further keys, and extraFoot says what they do.
	extra     func(m *Model, f *form, key string) (tea.Cmd, bool)
	extraFoot func(f *form) []string
}

func textField(id, label, value, hint string) *field {
	in := textinput.New()
	in.Prompt = ""
	in.SetVirtualCursor(false)
	in.SetWidth(4096) // Scrolling sideways is done where it is drawn.
	in.SetValue(value)
	in.CursorEnd()
	return &field{id: id, label: label, hint: hint, input: in}
}

func secretField(id, label, hint string) *field {
	f := textField(id, label, "", hint)
	f.secret = true
	return f
}

func choiceField(id, label, value, hint string, choices ...option) *field {
	f := textField(id, label, "", hint)
	f.choices = choices
	for i, c := range choices {
		if c.value == value {
			f.choice = i
			return f
		}
	}
	if value != "" { // set elsewhere, by a flag or in the profile: it stays a choice
		f.choices = append(slices.Clone(choices), option{value, value})
		f.choice = len(choices)
	}
	return f
}

// oneAtATime shows the choice that is made, and not the others.
func (f *field) oneAtATime() *field {
	f.many = true
	return f
}

// value is what the field holds.
func (f *field) value() string {
	if len(f.choices) > 0 {
		return f.choices[f.choice].value
	}
	if f.secret {
		return f.input.Value()
	}
	return strings.TrimSpace(f.input.Value())
}

// get is the value of a field by its id.
func (f *form) get(id string) string {
	for _, x := range f.fields {
		if x.id == id {
			return x.value()
		}
	}
	return ""
}

// start puts the cursor into the first field.
func (f *form) start() *form {
	f.fields[f.at].input.Focus()
	return f
}

// shown says whether a field applies now.
func (f *form) shown(i int) bool {
	return f.fields[i].only == nil || f.fields[i].only(f)
}

func (f *form) step(by int) {
	f.fields[f.at].input.Blur()
	for range f.fields {
		f.at = (f.at + by + len(f.fields)) % len(f.fields)
		if f.shown(f.at) {
			break
		}
	}
	f.fields[f.at].input.Focus()
}

func (f *form) update(m *Model, msg tea.Msg) tea.Cmd {
	x := f.fields[f.at]
	k, ok := msg.(tea.KeyPressMsg)
	if !ok {
		if len(x.choices) == 0 {
			x.input, _ = x.input.Update(msg)
			x.problem = ""
		}
		return nil
	}
	if f.extra != nil {
		if cmd, ok := f.extra(m, f, k.String()); ok {
			return cmd
		}
	}
	switch k.String() {
	case "esc":
		m.shut()
	case "tab", "down":
		f.leave()
		f.step(1)
	case "shift+tab", "up":
		f.leave()
		f.step(-1)
	case "enter":
		return f.finish(m)
	default:
		if len(x.choices) == 0 {
			x.input, _ = x.input.Update(msg)
			x.problem = ""
			return nil
		}
		n := len(x.choices)
		switch k.String() {
		case "right", "space", "l":
			x.choice = (x.choice + 1) % n
		case "left", "h":
			x.choice = (x.choice + n - 1) % n
		default:
			m.say(toneFaint, "← and → choose here; tab goes to the next field.")
		}
	}
	return nil
}

// leave checks the field that is left, unless nothing was put in yet.
func (f *form) leave() {
	if x := f.fields[f.at]; f.check != nil && x.value() != "" {
		x.problem = f.check(f, x.id, x.value())
	}
}

// right checks everything, and goes to the first field that is not right.
func (f *form) right() bool {
	bad := -1
	for i, x := range f.fields {
		x.problem = ""
		if f.check != nil && f.shown(i) {
			x.problem = f.check(f, x.id, x.value())
		}
		if x.problem != "" && bad < 0 {
			bad = i
		}
	}
	if bad >= 0 {
		f.fields[f.at].input.Blur()
		f.at = bad
		f.fields[bad].input.Focus()
	}
	return bad < 0
}

// finish hands the form in, if everything in it is right.
func (f *form) finish(m *Model) tea.Cmd {
	if !f.right() {
		return nil
	}
	return f.submit(m, f)
}

func (f *form) sheet(m *Model) sheet {
	w := min(max(76, m.w/2), m.w-8)
	foot := []string{"enter", f.action, "esc", "close"}
	if len(f.fields) > 1 {
		foot = []string{"enter", f.action, "tab", choose(f.extraFoot == nil, "next field", "next"), "esc", "close"}
	}
	// Said of the form, not of the field: a foot that changes would jump.
	if slices.ContainsFunc(f.fields, func(x *field) bool { return len(x.choices) > 0 }) {
		foot = slices.Insert(foot, len(foot)-2, "←→", "choose")
	}
	if f.extraFoot != nil {
		foot = append(foot, f.extraFoot(f)...)
	}
	s := sheet{title: f.title, width: w, foot: foot, offset: f.offset, follow: true}
	if f.intro != "" {
		s.lines = append(s.lines, prose(toneFaint, 0, f.intro), line{})
	}
	label := 0
	for _, x := range f.fields {
		label = max(label, m.ruler.StringWidth(x.name(f)))
	}
	// In a narrow window the label stands over its field.
	over := w < label+30
	said, most := 0, 0 // rows of the explanation, and of the longest one
	for i, x := range f.fields {
		if !f.shown(i) {
			continue
		}
		if x.heading != "" {
			if i > 0 {
				s.lines = append(s.lines, line{})
			}
			s.lines = append(s.lines, line{spans: []span{{"─── ", toneFaint}, {x.heading, toneStrong}}})
		}
		lt := choose(i == f.at, toneHere, toneText)
		name := choose(x.more, "", x.name(f))
		var spans []span
		indent := label + 3
		if over {
			if !x.more {
				s.lines = append(s.lines, plain(lt, name))
			}
			spans, indent = []span{{choose(i == f.at, "▸ ", "  "), toneHere}}, 2
		} else {
			spans = []span{{fill(m, name, label), lt}, {choose(i == f.at, " ▸ ", "   "), toneHere}}
		}
		for _, n := range x.notes {
			s.lines = append(s.lines, prose(toneText, indent, n))
		}
		room := w - indent
		from := len(s.lines)
		if i == f.at {
			s.cursor = from
		}
		if len(x.choices) > 0 {
			spans = append(spans, x.choiceSpans(i == f.at)...)
		} else {
			text, cursor := x.window(m, room)
			if i == f.at {
				s.hasCursor, s.cursorX = true, indent+cursor
			}
			t := toneField
			if text == "" && i != f.at {
				text, t = choose(x.secret, "none", choose(x.more, "+", "–")), toneFaint
			}
			spans = append(spans, span{text, t})
			if i == f.at {
				spans = append(spans, span{blanks[:max(room-m.ruler.StringWidth(text), 0)], toneField})
			}
		}
		s.lines = append(s.lines, line{spans: spans, hang: indent, prose: len(x.choices) > 0})
		explained := 0
		if text := x.explains(f); text != "" {
			below := &doc{lines: []line{prose(toneFaint, indent, text)}}
			below.wrap(m.ruler, w)
			explained = below.rows()
			if i == f.at && x.problem == "" {
				s.lines, said = append(s.lines, below.lines...), explained
			}
		}
		most = max(most, explained)
		if x.problem != "" {
			s.lines = append(s.lines, prose(toneBad, indent, "! "+x.problem))
		}
		for j := from; j < len(s.lines); j++ {
			s.lines[j].item = i + 1
		}
	}
	if f.note != nil {
		if n := f.note(f); n != "" {
			s.lines = append(s.lines, line{}, prose(toneFaint, 0, n))
		}
	}
	s.spare = most - said
	return s
}

// click goes to the field under the pointer.
func (f *form) click(m *Model, x, y int) {
	if item := m.sheetItem(f.sheet(m), x, y); item > 0 {
		f.leave()
		f.step(item - 1 - f.at)
	}
}

// name is the field's label as the form stands.
func (f *field) name(of *form) string {
	if f.named != nil {
		return f.named(of)
	}
	return f.label
}

// explains is what is said below the field while it is filled in.
func (f *field) explains(of *form) string {
	if f.help != nil {
		return f.help(of)
	}
	return f.hint
}

func (f *field) choiceSpans(here bool) []span {
	var spans []span
	if f.many {
		return []span{
			{"‹ ", choose(here, toneHere, toneFaint)},
			{strings.ReplaceAll(f.choices[f.choice].label, " ", "\u00a0"), choose(here, toneHere, toneStrong)},
			{" ›", choose(here, toneHere, toneFaint)},
			{"  " + itoa(f.choice+1) + "\u00a0of\u00a0" + itoa(len(f.choices)), toneFaint},
		}
	}
	for i, c := range f.choices {
		if i > 0 {
			spans = append(spans, span{"  ", toneText})
		}
		// Mark and words stay together when the row breaks.
		label := strings.ReplaceAll(c.label, " ", "\u00a0")
		switch {
		case i == f.choice:
			spans = append(spans, span{"●\u00a0" + label, choose(here, toneHere, toneStrong)})
		default:
			spans = append(spans, span{"○\u00a0" + label, toneFaint})
		}
	}
	return spans
}

// window is the part of the text that is in sight, and where the cursor stands
// in it. A secret is a row of dots.
func (f *field) window(m *Model, room int) (string, int) {
	runes := []rune(f.input.Value())
	if f.secret {
		for i := range runes {
			runes[i] = '•'
		}
	}
	pos := min(f.input.Position(), len(runes))
	before := string(runes[:pos])
	for m.ruler.StringWidth(before) > room-1 {
		n, _ := nextCell(m.ruler, before)
		before = before[n:]
	}
	return m.ruler.Truncate(before+string(runes[pos:]), room, ""), m.ruler.StringWidth(before)
}
