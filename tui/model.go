package tui

import (
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// Model is the program's state. Init, Update and View have value receivers, so
// that drawing cannot change it; what Update calls has pointer receivers.
type Model struct {
	options Options
	now     func() time.Time
	theme   *theme
	ruler   ansi.Method

	w, h    int
	layout  layout
	screen  screen
	focus   pane
	about   pane // had the focus before a pane that explains it
	dialogs []dialog
	notice  notice
	ticking bool

	home  home
	visit visit
	bench bench
	micro microscope

	compare compare
	theatre theatre
	labs    labs
	lessons lessons
	flows   flowList
	opening *fileRead // the file that is being read; nil for none
	asking  *keptAsk  // what the keyring was asked for; nil for nothing
	present present

	diagnosis diagnosis
	runDiff   runDiff
	platforms platformsView
	checkup   checkup

	views   [numPanes]view
	panes   [numPanes]paneState
	tokens  bool // the middle shows the decoded tokens
	diagram bool
	hide    bool // PKCE is hidden
	search  search
}

// visit is one walk on the screen, or one saved transcript. The walk itself is
// used by at most one command at a time; the model holds readings of it.
type visit struct {
	number int // results that carry another number are dropped
	walk   Walker
	// browsers is the choice between the played browser and the person's own;
	// nil for a file.
	browsers *browsers
	config   flow.Config
	file     string
	back     screen // where esc leads
	lab      bool   // it is a walk of the lab that is open
	// changed is signalled by the walk, and ended is closed with it.
	changed chan struct{}
	ended   chan struct{}

	scrolled int    // first row shown of what is said while waiting
	cancel   func() // ends the step that is running; nil when none is
	since    time.Time
	running  flow.StepID

	count   *atomic.Int64 // of the readings taken
	reading reading
	reveal  bool

	step     int // index in the report of the step that is shown
	exchange int
	failed   bool // the last step did
	follow   bool // the shown step is the one that is worked on
}

// reading is what inspect said of the walk at one moment.
type reading struct {
	number     int64
	reveal     bool
	hide       bool
	transcript flow.Transcript
	report     inspect.Report
	pending    flow.Pending
	more       bool // there is a pending step
}

// notice is a sentence in the foot of the screen. It goes with the next key.
type notice struct {
	text string
	tone tone
}

// New returns the program's model.
func New(o Options) Model {
	m := Model{
		options: o,
		now:     time.Now,
		theme:   newTheme(o.Theme != "light"),
		ruler:   ansi.WcWidth,
	}
	m.home.load(o.Profiles)
	switch {
	case o.Talk != nil:
		m.screen = screenPresent
	case o.Transcript != nil:
		m.screen = screenWalk
	case o.Config != nil:
		m.screen = screenWalk
	}
	return m
}

// Init implements [tea.Model].
func (m Model) Init() tea.Cmd {
	cmds := []tea.Cmd{}
	if m.options.Theme == "" || m.options.Theme == "auto" {
		cmds = append(cmds, tea.RequestBackgroundColor)
	}
	// What was asked for on the command line comes in as a message, because
	// Init cannot change the model.
	switch {
	case m.options.Talk != nil:
		cmds = append(cmds, func() tea.Msg { return presentMsg{} })
	case m.options.Found != nil:
		found, file := *m.options.Found, m.options.File
		cmds = append(cmds, func() tea.Msg { return foundMsg{found: found, file: file} })
	case m.options.Transcript != nil:
		t, file := *m.options.Transcript, m.options.File
		cmds = append(cmds, func() tea.Msg { return openedMsg{transcript: t, file: file} })
	case m.options.Config != nil:
		c := *m.options.Config
		cmds = append(cmds, func() tea.Msg { return configuredMsg{c} })
	}
	return tea.Batch(cmds...)
}

// Update implements [tea.Model].
func (m Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	cmd := m.update(msg)
	m.sync()
	return m, tea.Batch(cmd, m.tick())
}

// sync brings what is derived up to date. It runs after every message and is
// cheap when nothing changed.
func (m *Model) sync() {
	m.layout = newLayout(m.arrangement())
	if f := m.shown().sync; f != nil {
		f(m)
	}
}

// arrangement is what the layout of the walk depends on.
func (m *Model) arrangement() arrangement {
	a := arrangement{w: m.w, h: m.h, focus: m.focus, whole: m.whole(), answered: m.answered(), about: m.hasAbout(), single: m.diagram}
	if a.about {
		a.answered = m.readOf() == paneResponse // what is read about stays in sight
	}
	return a
}

// syncWalk lays the panes of the walk out.
func (m *Model) syncWalk() {
	a := m.arrangement()
	// Two panes get the height that they need; what they hold depends on
	// their width alone.
	m.syncPane(paneRequest)
	if m.w < wideWidth {
		m.syncPane(paneResponse)
	}
	m.syncPane(paneFindings)
	if d := m.panes[paneRequest].doc; d != nil && !a.whole {
		a.request = d.rows()
	}
	a.upper = m.upperRows()
	if d := m.panes[paneFindings].doc; d != nil {
		a.findings = d.rows()
	}
	m.place(a)
	if about := m.hasAbout(); about != a.about {
		// The response has its rows only now.
		if !about && m.focus == paneAbout {
			m.focus = m.about
		}
		b := m.arrangement()
		b.request, b.findings, b.upper = a.request, a.findings, m.upperRows()
		m.place(b)
	}
	m.syncRail()
}

// upperRows is how many rows the message has that is shown, of the two that
// share a place.
func (m *Model) upperRows() int {
	for _, p := range []pane{paneRequest, paneResponse} {
		if d := m.panes[p].doc; d != nil && !m.layout.panes[p].empty() {
			return d.rows()
		}
	}
	return 0
}

// place gives the panes their places, and makes what they show.
func (m *Model) place(a arrangement) {
	m.layout = newLayout(a)
	for p := range pane(numPanes) {
		m.syncPane(p)
	}
}

// step is the step that is shown.
func (m *Model) step() (inspect.Step, bool) {
	steps := m.visit.reading.report.Steps
	if m.visit.step < 0 || m.visit.step >= len(steps) {
		return inspect.Step{}, false
	}
	return steps[m.visit.step], true
}

// exchange is the exchange that is shown.
func (m *Model) exchange() (inspect.Exchange, bool) {
	s, _ := m.step()
	if m.visit.exchange < 0 || m.visit.exchange >= len(s.Exchanges) {
		return inspect.Exchange{}, false
	}
	return s.Exchanges[m.visit.exchange], true
}

// whole says whether the middle is one pane: there is no response to show.
func (m *Model) whole() bool {
	s, ok := m.step()
	return m.tokens || ok && len(s.Exchanges) == 0
}

// answered says whether the answer is what the shown exchange is about: on the
// back channel it is, once it is there; what passes through the browser says
// most in the request.
func (m *Model) answered() bool {
	e, ok := m.exchange()
	return ok && (e.Response != nil && e.Channel == flow.ChannelBack || e.Error != nil)
}

// atPending says whether the shown step is the one that comes next.
func (m *Model) atPending() bool {
	s, ok := m.step()
	return ok && m.visit.reading.more && s.ID == m.visit.reading.pending.Step
}

// live says whether there is a walk, as opposed to a saved transcript.
func (m *Model) live() bool { return m.visit.walk != nil }

// isRunning says whether a step is being carried out.
func (m *Model) isRunning() bool { return m.visit.cancel != nil }

// waiting says whether a person has to do something in a browser now, or has
// to paste what the played one ended on.
func (m *Model) waiting() bool {
	v := &m.visit
	return m.screen == screenWalk && m.isRunning() && v.reading.more && (v.reading.pending.Waiting || m.awaitsDevice()) &&
		(v.browsers == nil || !v.browsers.Played() || m.landing() != "")
}

// landing is the address that a played browser ended on where nobody listens,
// so that it has to be pasted.
func (m *Model) landing() string {
	r := m.visit.reading
	if len(r.pending.Listening) > 0 {
		return ""
	}
	return r.transcript.Landing()
}

// say puts a sentence in the foot.
func (m *Model) say(t tone, text string) { m.notice = notice{inspect.Clean(text), t} }

// open puts a dialog on top.
func (m *Model) open(d dialog) { m.dialogs = append(m.dialogs, d) }

// shut takes the top dialog away.
func (m *Model) shut() {
	if n := len(m.dialogs); n > 0 {
		m.dialogs = m.dialogs[:n-1]
	}
}

// top is the dialog that has the keys, nil for none.
func (m *Model) top() dialog {
	if n := len(m.dialogs); n > 0 {
		return m.dialogs[n-1]
	}
	return nil
}
