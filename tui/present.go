package tui

import (
	"fmt"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// present is a talk on the screen: one thought at a time, read off a run that
// takes place meanwhile.
type present struct {
	back   screen
	talk   inspect.Talk
	live   liveRun
	slides []inspect.Slide
	at     int
	// spot is the row in the spotlight, -1 for none; blank hides everything.
	spot          int
	notes, blank  bool
	hide, reveal  bool
	auto          bool
	since         time.Time // when the slide came up, while the talk plays by itself
	pace          int       // percent of the time that the talk gives each scene
	shown         presentKey
	doc           *doc
	place         rect
	offset, state int
}

// presentKey is what the slide was laid out for.
type presentKey struct{ at, spot, state, w, h int }

// The paces, in percent.
const (
	slowest, fastest = 400, 25
)

// presentMsg asks for the talk of the command line.
type presentMsg struct{}

// openPresent gives the talk that comes with the program, with a live run of
// the practice tenant.
func (m *Model) openPresent() tea.Cmd { return m.startPresent(inspect.DefaultTalk(), liveSource{}) }

// presentAsked gives the talk that was asked for on the command line.
func (m *Model) presentAsked() tea.Cmd {
	source := liveSource{config: m.options.Config}
	if t := m.options.Transcript; t != nil {
		source = liveSource{transcript: t, file: m.options.File}
	}
	cmd := m.startPresent(*m.options.Talk, source)
	m.present.auto, m.present.back = m.options.Autoplay, screenHome
	return cmd
}

// presentWalk gives the talk about the run that is open.
func (m *Model) presentWalk() tea.Cmd {
	t := m.visit.reading.transcript
	return m.startPresent(inspect.DefaultTalk(), liveSource{transcript: &t, file: choose(m.visit.file != "", m.visit.file, m.whose())})
}

func (m *Model) startPresent(talk inspect.Talk, source liveSource) tea.Cmd {
	p := &m.present
	p.live.end()
	back := p.back
	if m.screen != screenPresent {
		back = m.screen
	}
	*p = present{back: back, talk: talk, live: liveRun{number: p.live.number, source: source}, pace: 100, state: p.state, since: m.now()}
	m.screen, m.dialogs, m.notice = screenPresent, nil, notice{}
	p.refresh(m)
	p.arrive(m)
	return p.live.start(m)
}

func (m *Model) leavePresent() tea.Cmd {
	m.present.live.end()
	m.screen = m.present.back
	if m.screen == screenWalk && !m.hasVisit() {
		m.screen = screenHome
	}
	m.home.load(m.options.Profiles)
	return nil
}

// refresh reads the slides anew, and stays at the same moment of the talk.
func (p *present) refresh(m *Model) {
	p.state++
	was, had := p.slide()
	p.slides = p.talk.Slides(p.live.evidence(m, p.hide, p.reveal))
	if !had {
		p.at = 0
		return
	}
	p.at = max(slices.IndexFunc(p.slides, func(s inspect.Slide) bool {
		return s.Scene > was.Scene || s.Scene == was.Scene && s.Beat >= min(was.Beat, s.Beats-1)
	}), 0)
	if now, _ := p.slide(); p.spot < 0 || p.spot >= len(now.Rows) || was.Waits {
		p.spot = now.Spotlight
	}
}

// slide is what is shown.
func (p *present) slide() (inspect.Slide, bool) {
	if p.at < 0 || p.at >= len(p.slides) {
		return inspect.Slide{}, false
	}
	return p.slides[p.at], true
}

// arrive begins the slide that was gone to.
func (p *present) arrive(m *Model) {
	s, _ := p.slide()
	p.spot, p.since, p.blank = s.Spotlight, m.now(), false
}

// presentGo goes on by so many slides.
func (m *Model) presentGo(by int) tea.Cmd { return m.presentTo(m.present.at + by) }

func (m *Model) presentTo(at int) tea.Cmd {
	p := &m.present
	p.at = min(max(at, 0), len(p.slides)-1)
	p.arrive(m)
	return p.live.follow(m)
}

// presentStep goes to the first slide of the n-th step, from 1.
func (m *Model) presentStep(n int) tea.Cmd {
	p := &m.present
	for i, id := range p.steps() {
		if i == n-1 {
			return m.presentTo(slices.IndexFunc(p.slides, func(s inspect.Slide) bool { return s.Step == id && s.Kind != inspect.SlideDiagram }))
		}
	}
	m.say(toneFaint, "The talk has no step "+itoa(n)+". g lists the scenes.")
	return nil
}

// steps are the steps that have slides, in the order of the talk.
func (p *present) steps() []flow.StepID {
	var ids []flow.StepID
	for _, s := range p.slides {
		if s.Step != "" && s.Kind != inspect.SlideDiagram && !slices.Contains(ids, s.Step) {
			ids = append(ids, s.Step)
		}
	}
	return ids
}

// presentSpot moves the spotlight. From the last row on it goes out, and comes
// back at the first.
func (m *Model) presentSpot(by int) tea.Cmd {
	p := &m.present
	s, _ := p.slide()
	n := len(s.Rows) + 1
	p.spot = (p.spot+1+by+n)%n - 1
	p.since = m.now()
	return nil
}

func (m *Model) whyNoSpot() string {
	s, _ := m.present.slide()
	return choose(len(s.Rows) > 0, "", "There is nothing to put into the spotlight here.")
}

// presentReveal shows secrets only when it was said twice: it is done in front
// of people, and there may be a recording.
func (m *Model) presentReveal() tea.Cmd {
	p := &m.present
	set := func(m *Model, reveal bool) tea.Cmd {
		m.present.reveal = reveal
		m.present.refresh(m)
		return nil
	}
	if p.reveal {
		return set(m, false)
	}
	what := "The codes, the verifier and the tokens of this run will be readable on this screen, and in every picture and recording of it."
	m.open(&question{
		title:   "Show secrets to the room?",
		lines:   []line{prose(toneText, 0, what)},
		answers: []answer{{"y", "yes", func(m *Model) tea.Cmd { m.open(m.revealAgain(set)); return nil }}},
	})
	return nil
}

func (m *Model) revealAgain(set func(*Model, bool) tea.Cmd) *question {
	warn := "The run is one of the practice tenant. Its secrets are worth nothing outside this machine."
	if !m.present.live.practice() {
		warn = "They are those of a real tenant. Whoever reads a token can use it until it expires."
	}
	return &question{
		title:   "Really?",
		lines:   []line{prose(toneWarn, 0, warn), {}, prose(toneText, 0, "x masks them again at once.")},
		answers: []answer{{"s", "show them", func(m *Model) tea.Cmd { return set(m, true) }}},
	}
}

func (m *Model) presentHide() tea.Cmd {
	p := &m.present
	p.hide = !p.hide
	p.refresh(m)
	return nil
}

func (m *Model) presentAuto() tea.Cmd {
	p := &m.present
	p.auto, p.since = !p.auto, m.now()
	return nil
}

func (m *Model) presentPace(slower bool) tea.Cmd {
	p := &m.present
	p.pace = min(max(choose(slower, p.pace*5/4, p.pace*4/5), fastest), slowest)
	m.say(toneHere, "A scene of 20 seconds now stands "+itoa(20*p.pace/100)+".")
	return nil
}

// left is how long the slide still stands.
func (p *present) left(now time.Time) time.Duration {
	s, _ := p.slide()
	return max(time.Duration(s.Seconds)*time.Second*time.Duration(p.pace)/100-now.Sub(p.since), 0)
}

// presentTick goes on when the time of a slide is over. A slide that waits for
// the run is waited for, and the last one stays.
func (m *Model) presentTick() tea.Cmd {
	p := &m.present
	s, _ := p.slide()
	if !p.auto || p.left(m.now()) > 0 || s.Waits && p.live.running() || m.top() != nil {
		return nil
	}
	if p.at+1 >= len(p.slides) {
		p.auto = false
		return nil
	}
	return m.presentGo(1)
}

// presentAgain starts the live run anew.
func (m *Model) presentAgain() tea.Cmd {
	p := &m.present
	p.live.end()
	p.live = liveRun{number: p.live.number, source: p.live.source}
	p.refresh(m)
	m.say(toneHere, "A fresh run.")
	return p.live.start(m)
}

func (m *Model) whyNoFreshRun() string {
	return choose(m.present.live.source.transcript == nil, "", "This talk is about a saved run; there is nothing to run again.")
}

// presentTranscript opens the run in panes, for the question that the talk has
// no scene for.
func (m *Model) presentTranscript() tea.Cmd {
	t := m.present.live.transcript
	cmd := m.onOpened(openedMsg{transcript: t, file: "the run of the talk"})
	m.visit.back = screenPresent
	return cmd
}

func newPresentCommands() []command {
	goBy := func(n int) func(*Model) tea.Cmd { return func(m *Model) tea.Cmd { return m.presentGo(n) } }
	end := func(by int) func(*Model) string {
		return func(m *Model) string {
			switch p := &m.present; {
			case by > 0 && p.at+1 >= len(p.slides):
				return "This is the last scene. esc leaves the talk."
			case by < 0 && p.at == 0:
				return "This is the first scene."
			}
			return ""
		}
	}
	steps := make([]command, 9)
	for i := range steps {
		steps[i] = command{Binding: bind(itoa(i+1), itoa(i+1), "step"), do: func(m *Model) tea.Cmd { return m.presentStep(i + 1) }}
	}
	steps[0].Binding, steps[0].group = bind("1", "1…9", "step"), "Talk"
	steps[0].long = "Go to a step of the flow: 1 the first that the talk has, 2 the second."
	commands := []command{
		{Binding: bind("space right pgdown enter l", "space", "next"), group: "Talk", foot: 1, long: "The next scene. The keys of a clicker do as well.", why: end(1), do: goBy(1)},
		{Binding: bind("left pgup backspace h", "←", "back"), group: "Talk", foot: 2, long: "The scene before.", why: end(-1), do: goBy(-1)},
		{
			Binding: bind("g", "g", "scenes"), group: "Talk", foot: 5, long: "Every scene, to go to one.",
			do: func(m *Model) tea.Cmd { m.open(newSceneList(&m.present)); return nil },
		},
		{Binding: bind("home", "home/end", "ends"), group: "Talk", long: "The first scene, or the last.", do: goBy(-1 << 20)},
		{Binding: bind("end", "end", "ends"), do: goBy(1 << 20)},
		{Binding: bind("n", "n", "notes"), group: "Talk", foot: 3, long: "The presenter's notes of the scene, and why the live run failed if it did.", do: func(m *Model) tea.Cmd {
			m.present.notes = !m.present.notes
			m.present.state++
			return nil
		}},
		{
			Binding: bind("a", "a", "autoplay"), group: "Talk", foot: 6, long: "Let the talk play by itself, and stop it.",
			label: func(m *Model) string { return choose(m.present.auto, "pause", "autoplay") },
			do:    (*Model).presentAuto,
		},
		{Binding: bind("+", "+/-", "pace"), group: "Talk", long: "Play faster or slower.", do: func(m *Model) tea.Cmd { return m.presentPace(false) }},
		{Binding: bind("-", "-", "pace"), do: func(m *Model) tea.Cmd { return m.presentPace(true) }},
		{Binding: bind("r", "r", "fresh run"), group: "Talk", long: "Run everything again, live.", why: (*Model).whyNoFreshRun, do: (*Model).presentAgain},
		{Binding: bind("down j", "↑↓", "spotlight"), group: "Look", foot: 4, long: "Put the next parameter into the spotlight, and say what it is.", why: (*Model).whyNoSpot, do: func(m *Model) tea.Cmd { return m.presentSpot(1) }},
		{Binding: bind("up k", "↑", "spotlight"), why: (*Model).whyNoSpot, do: func(m *Model) tea.Cmd { return m.presentSpot(-1) }},
		{
			Binding: bind("p", "p", "hide PKCE"), group: "Look", foot: 7, long: "Take away what PKCE adds, and put it back.",
			label: func(m *Model) string { return choose(m.present.hide, "show PKCE", "hide PKCE") },
			do:    (*Model).presentHide,
		},
		{
			Binding: bind("x", "x", "reveal"), group: "Look", long: "Show secrets in clear, which is asked twice; and mask them again.",
			do: (*Model).presentReveal,
		},
		{
			Binding: bind("b .", "b", "blank"), group: "Look", long: "An empty screen, so that people look at you.",
			do: func(m *Model) tea.Cmd { m.present.blank = !m.present.blank; return nil },
		},
		{Binding: bind("t", "t", "transcript"), group: "Look", long: "Open the run in panes, for a question that has no scene. esc comes back.", do: (*Model).presentTranscript},
		{Binding: bind("esc ctrl+x", "esc", "leave"), group: "Program", foot: 88, long: "Leave the talk.", do: (*Model).leavePresent},
		{
			Binding: bind("? f1", "?", "help"), group: "Program", foot: 89, long: "Show every key.",
			do: func(m *Model) tea.Cmd { m.open(newHelp(m.table())); return nil },
		},
	}
	return append(steps, commands...)
}

// sceneList is the list of the scenes, of each the slide that it begins with.
type sceneList struct {
	first []int
	at    int
}

func newSceneList(p *present) *sceneList {
	d := &sceneList{}
	for i, s := range p.slides {
		if i == 0 || s.Scene != p.slides[i-1].Scene {
			d.first = append(d.first, i)
		}
		if i <= p.at {
			d.at = len(d.first) - 1
		}
	}
	return d
}

func (d *sceneList) update(m *Model, msg tea.Msg) tea.Cmd {
	k, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil
	}
	switch last := len(d.first) - 1; k.String() {
	case "down", "j", "tab":
		d.at = min(d.at+1, last)
	case "up", "k", "shift+tab":
		d.at = max(d.at-1, 0)
	case "pgdown":
		d.at = min(d.at+8, last)
	case "pgup":
		d.at = max(d.at-8, 0)
	case "home":
		d.at = 0
	case "end":
		d.at = last
	case "enter", "space":
		m.shut()
		return m.presentTo(d.first[d.at])
	case "esc", "q", "g":
		m.shut()
	}
	return nil
}

func (d *sceneList) sheet(m *Model) sheet {
	s := sheet{title: m.present.talk.Title, width: 56, foot: []string{"enter", "go there", "esc", "stay"}, selected: d.at + 1, cursor: d.at, offset: d.at}
	for i, at := range d.first {
		s.lines = append(s.lines, line{spans: []span{{fmt.Sprintf("%2d  ", i+1), toneFaint}, {m.present.slides[at].Title, choose(i == d.at, toneStrong, toneText)}}, item: i + 1, most: 1})
	}
	return s
}
