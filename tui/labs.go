package tui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// Labs are the broken tenants, as far as the program uses them.
type Labs interface {
	// List returns all labs, with what was solved so far.
	List() ([]LabEntry, error)
	// Start starts the tenant of a lab.
	Start(id string) (LabSession, error)
}

// LabEntry is a lab in the list. Its story does not say what is wrong.
type LabEntry struct {
	ID, Title, Story string
	Solved           bool
}

// LabSession is a lab being worked on.
type LabSession interface {
	// Browser signs in by itself.
	Browser() flow.Browser
	// Walk returns a walk of the client as it is set up now.
	Walk(b flow.Browser, changed func()) (Walker, flow.Config, error)
	Settings() []LabSetting
	Set(name, value string) error
	// Hint returns the next hint, and false when there is none left.
	Hint() (string, bool)
	// Judge says whether a run solves the lab, keeps it if it does, and says
	// why, or what is still missing.
	Judge(flow.Transcript) (solved bool, why string, err error)
	Close() error
}

// LabSetting is something in the client, in its registration or in the tenant
// that can be looked at, and changed unless it is locked.
type LabSetting struct {
	Name, Label, Value string
	List               bool     // Value has any number of lines
	Choices            []string // the only values; of a list, its only entries
	New                string   // the value that adds an entry, where none can be written
	Locked             string   // why it cannot be changed
}

// labs is the screen of the broken tenants.
type labs struct {
	course
	number  int // results that carry another number are dropped
	entries []LabEntry
	state   int
	// session is the lab being worked on, and entry its place in the list.
	session LabSession
	entry   int
	hints   []string
	tried   bool // it was run since it was opened
}

type (
	// labStartedMsg brings a lab whose tenant is there.
	labStartedMsg struct {
		number  int
		session LabSession
		err     error
	}
	// judgedMsg says what became of a run of a lab.
	judgedMsg struct {
		number int
		solved bool
		why    string
		err    error
	}
)

// openLabs shows the list.
func (m *Model) openLabs() tea.Cmd {
	entries, err := m.options.Labs.List()
	if err != nil {
		m.open(newMessage("The progress cannot be read", err))
		return nil
	}
	l := &m.labs
	if m.screen != screenLabs {
		l.back = m.screen
	}
	l.entries = entries
	l.state++
	m.screen = screenLabs
	return nil
}

func (m *Model) whyNoLabs() string {
	return choose(m.options.Labs != nil, "", "There are no broken tenants in this program.")
}

// chooseLab starts the selected lab, or goes back to it if it is open.
func (m *Model) chooseLab() tea.Cmd {
	l := &m.labs
	if l.session != nil && l.entry == l.at && m.visit.lab {
		m.screen = screenWalk
		return nil
	}
	if m.visit.lab {
		m.visit.end()
	}
	l.end()
	l.number++
	l.entry, l.hints, l.tried = l.at, nil, false
	l.state++
	m.say(toneHere, "Starting the tenant…")
	number, id, all := l.number, l.entries[l.at].ID, m.options.Labs
	return func() tea.Msg {
		s, err := all.Start(id)
		return labStartedMsg{number, s, err}
	}
}

func (msg labStartedMsg) apply(m *Model) tea.Cmd {
	switch {
	case msg.number != m.labs.number:
		if msg.session != nil {
			_ = msg.session.Close()
		}
		return nil
	case msg.err != nil:
		m.open(newMessage("This lab cannot start", msg.err))
		return nil
	}
	m.labs.session = msg.session
	m.labs.state++
	return m.walkLab(false)
}

// walkLab starts a walk of the lab as it is set up now, and runs it if run is
// set.
func (m *Model) walkLab(run bool) tea.Cmd {
	number, s := m.nextVisit(), m.labs.session
	b := &browsers{played: s.Browser(), own: m.options.Browser}
	return func() tea.Msg {
		changed := make(chan struct{}, 1)
		w, c, err := s.Walk(b, func() {
			select {
			case changed <- struct{}{}:
			default:
			}
		})
		msg := startedMsg{number: number, config: c, browsers: b, err: err, lab: true, run: run}
		if err == nil {
			msg.walk, msg.changed, msg.ended = w, changed, make(chan struct{})
		}
		return msg
	}
}

// judgeLab has a run judged that has come to its end, or failed.
func (m *Model) judgeLab() tea.Cmd {
	l, v := &m.labs, &m.visit
	if !v.lab || l.session == nil || v.reading.more && !v.failed {
		return nil
	}
	number, s, t := l.number, l.session, v.reading.transcript
	return func() tea.Msg {
		solved, why, err := s.Judge(t)
		return judgedMsg{number, solved, why, err}
	}
}

func (msg judgedMsg) apply(m *Model) tea.Cmd { //nolint:unparam // The signature is labMsg's.
	l := &m.labs
	if msg.number != l.number {
		return nil
	}
	l.tried = true
	l.state++
	switch {
	case msg.err != nil:
		m.open(newMessage("Solved, but that could not be kept", msg.err))
	case msg.solved:
		l.entries[l.entry].Solved = true
		m.open(&message{title: "Solved", lines: []line{prose(toneGood, 0, inspect.Clean(msg.why))}})
	default:
		m.say(toneWarn, "Not solved. "+inspect.Clean(msg.why)+" The comma key changes the client or its registration; H gives a hint.")
	}
	return nil
}

func (m *Model) whyNoHint() string {
	return choose(m.visit.lab, "", "Hints are for broken tenants.")
}

// labHint shows the hints so far, and one more.
func (m *Model) labHint() tea.Cmd {
	l := &m.labs
	d := &message{title: "Hints"}
	hint, ok := l.session.Hint()
	if ok {
		l.hints = append(l.hints, hint)
	}
	l.state++
	for i, h := range l.hints {
		d.lines = append(d.lines, line{
			spans: []span{{itoa(i+1) + "  ", toneFaint}, {inspect.Clean(h), choose(ok && i == len(l.hints)-1, toneStrong, toneText)}},
			hang:  3, prose: true,
		})
	}
	if !ok {
		d.lines = append(d.lines, line{}, prose(toneFaint, 0, "There are no more."))
	}
	m.open(d)
	return nil
}

// isOpen says whether the selected lab is the one being worked on.
func (l *labs) isOpen() bool { return l.session != nil && l.entry == l.at }

// end closes the lab that is open.
func (l *labs) end() {
	if l.session != nil {
		_ = l.session.Close()
	}
	l.session = nil
}

func (m *Model) syncLabs() {
	l := &m.labs
	var rows []courseEntry
	for _, e := range l.entries {
		rows = append(rows, courseEntry{number: 0, title: e.Title, done: e.Solved})
	}
	l.sync(m, l.state, "Broken tenants", rows, m.labContent)
}

// labContent is what is known of the selected lab.
func (m *Model) labContent() content {
	l := &m.labs
	e := l.entries[l.at]
	d := &doc{lines: paragraphs(e.Story)}
	if e.Solved {
		d.lines = append(d.lines, plain(toneGood, "✓ Solved."), line{})
	}
	if l.isOpen() {
		if l.tried && !e.Solved {
			d.lines = append(d.lines, plain(toneWarn, "Not solved yet."), line{})
		}
		for _, h := range l.hints {
			d.lines = append(d.lines, line{spans: []span{{"Hint  ", toneFaint}, {inspect.Clean(h), toneText}}, hang: 6, prose: true}, line{})
		}
		d.lines = append(d.lines, prose(toneFaint, 0, "This lab is open: enter goes back to it."))
		return content{title: e.Title, note: e.ID, doc: d}
	}
	d.lines = append(d.lines, prose(toneFaint, 0,
		"Enter starts the tenant. Run the flow, and look for the cause as you would in your own. There the comma key changes the client or its registration and runs it again, and H gives a hint."))
	return content{title: e.Title, note: e.ID, doc: d}
}

func (m *Model) labsRows(p *painter) []string {
	return m.labRows(p, "broken tenants", nil, m.labs.both(), 0)
}

func newLabsCommands() []command {
	move := func(by int) func(*Model) tea.Cmd {
		return func(m *Model) tea.Cmd { m.labs.move(by, len(m.labs.entries)); return nil }
	}
	scroll := func(by int) func(*Model) tea.Cmd {
		return func(m *Model) tea.Cmd { return m.labs.scroll(by) }
	}
	return []command{
		{
			Binding: bind("enter", "enter", "start"), group: "Broken tenants", foot: 1, long: "Start the tenant of the selected lab, or go back to it.",
			label: func(m *Model) string { return choose(m.labs.isOpen(), "go on", "start") },
			do:    (*Model).chooseLab,
		},
		{Binding: bind("down j tab", "↑↓", "choose"), group: "Broken tenants", foot: 2, long: "Choose another.", do: move(1)},
		{Binding: bind("up k shift+tab", "↑", "choose"), do: move(-1)},
		{Binding: bind("pgdown space", "pgup/pgdn", "scroll"), group: "Broken tenants", long: "Scroll the text.", do: scroll(5)},
		{Binding: bind("pgup", "pgup", "scroll"), do: scroll(-5)},
		{Binding: bind("home g", "g/G", "ends"), group: "Broken tenants", long: "To the first or the last.", do: move(-1 << 10)},
		{Binding: bind("end G", "G", "ends"), do: move(1 << 10)},
		{Binding: bind("esc", "esc", "back"), group: "Program", foot: 88, long: "Go back. An open lab is kept.", do: func(m *Model) tea.Cmd { m.screen = m.labs.back; return nil }},
	}
}

func (m *Model) labsClick(x, y int) tea.Cmd {
	switch i := m.labs.click(x, y); {
	case i < 0:
		return nil
	case i == m.labs.at:
		return m.chooseLab()
	default:
		m.labs.at = i
		return nil
	}
}
