package tui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// The platforms screen: the token request of one client as a web app, a
// single-page app and a native app would send it. It sends nothing.

// platformsView is what stands on the platforms screen.
type platformsView struct {
	transcript flow.Transcript
	read       inspect.Platforms
	reveal     bool
	back       screen
	form       dialog // that it was opened from and leads back to; nil for none
	pane       labPane
	number     int // goes up with every reading
	// drawn is the pane as it was laid out: it is made anew when that changes.
	drawn struct{ number, w, h int }
}

// openPlatforms shows t's client on each platform. Where a dialog asked for it,
// esc leads back to that.
func (m *Model) openPlatforms(t flow.Transcript, form dialog) {
	d := &m.platforms
	*d = platformsView{transcript: t, back: m.screen, form: form, number: d.number}
	if form != nil {
		m.shut()
	}
	m.screen = screenPlatforms
	m.notice = notice{}
	m.readPlatforms()
}

func (m *Model) readPlatforms() {
	d := &m.platforms
	d.number++
	d.read = inspect.ReadPlatforms(d.transcript, d.reveal)
}

func (m *Model) whyNoPlatforms() string {
	return choose(m.hasVisit(), "", "There is no client yet.")
}

// platformsOfWalk compares the client of the walk, or of the file.
func (m *Model) platformsOfWalk() tea.Cmd {
	m.openPlatforms(m.visit.reading.transcript, nil)
	return nil
}

// platformsOfForm compares the client that a form describes so far. Where the
// provider is does not matter to it.
func (m *Model) platformsOfForm(f *form, given flow.Config) {
	m.openPlatforms(flow.Transcript{Config: m.withSecret(clientSettings(f, given))}, f)
}

func (m *Model) leavePlatforms() tea.Cmd {
	d := &m.platforms
	m.screen = d.back
	if d.form != nil {
		m.open(d.form)
	}
	*d = platformsView{number: d.number}
	return nil
}

func newPlatformsCommands() []command {
	read := readCommands(1, 2, func(m *Model) *labPane { return &m.platforms.pane })
	return append(read, []command{
		{
			Binding: bind("x", "x", "reveal"), group: "Look", foot: 3,
			label: func(m *Model) string { return choose(m.platforms.reveal, "mask", "reveal") },
			long:  "Show secrets in clear, and mask them again.",
			do: func(m *Model) tea.Cmd {
				m.platforms.reveal = !m.platforms.reveal
				m.readPlatforms()
				return nil
			},
		},
		{
			Binding: bind("esc W", "esc", "back"), group: "Program", foot: 88,
			long: "Go back to the walk or the form.",
			do:   (*Model).leavePlatforms,
		},
	}...)
}
