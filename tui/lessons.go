package tui

import (
	"context"
	"errors"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// Lessons are the lessons, as far as the program uses them.
type Lessons interface {
	// Done returns the ids of the lessons that were done.
	Done() ([]string, error)
	// Start runs a lesson as far as its question.
	Start(ctx context.Context, id string) (LessonRun, error)
}

// LessonRun is a lesson that stands before its question, or behind it.
type LessonRun interface {
	// Send sends the request that was asked about.
	Send(context.Context) (inspect.LessonAnswer, error)
	// Keep notes that the lesson was done.
	Keep() error
	// Transcript is the last of its runs, as far as it has come.
	Transcript() flow.Transcript
	Close() error
}

// lessons is the screen of the lessons.
type lessons struct {
	course
	number int // results that carry another number are dropped
	all    []inspect.Lesson
	done   map[string]bool
	state  int
	// run is the lesson under way, and entry its place in the list.
	run    LessonRun
	entry  int
	steps  []inspect.Step // what has happened before the question
	choice int
	answer *inspect.LessonAnswer // nil before the request was sent
	cancel context.CancelFunc    // nil when nothing is running
}

type (
	// lessonAskedMsg brings a lesson that stands before its question.
	lessonAskedMsg struct {
		number int
		run    LessonRun
		steps  []inspect.Step
		err    error
	}
	// lessonShownMsg brings what the run has shown.
	lessonShownMsg struct {
		number int
		answer inspect.LessonAnswer
		err    error
		kept   error
	}
)

// openLessons shows the list, at the first lesson that was not done yet.
func (m *Model) openLessons() tea.Cmd {
	done, err := m.options.Lessons.Done()
	if err != nil {
		m.open(newMessage("The progress cannot be read", err))
		return nil
	}
	l := &m.lessons
	if m.screen != screenLessons {
		l.back = m.screen
	}
	first := l.all == nil
	l.all, l.done = inspect.Lessons(), map[string]bool{}
	for _, id := range done {
		l.done[id] = true
	}
	if i := slices.IndexFunc(l.all, func(x inspect.Lesson) bool { return !l.done[x.ID] }); first && i >= 0 {
		l.at = i
	}
	l.state++
	m.screen = screenLessons
	return nil
}

func (m *Model) whyNoLessons() string {
	return choose(m.options.Lessons != nil, "", "There are no lessons in this program.")
}

// asking says whether the question is on the screen and not answered.
func (l *lessons) asking() bool { return l.run != nil && l.entry == l.at && l.answer == nil }

// lessonEnter goes on: to the question, to the answer, to the next lesson.
func (m *Model) lessonEnter() tea.Cmd {
	l := &m.lessons
	switch {
	case l.asking():
		return m.sendLesson()
	case l.run != nil && l.entry == l.at && l.at+1 < len(l.all):
		l.at++
	}
	return m.startLesson()
}

func (m *Model) startLesson() tea.Cmd {
	l := &m.lessons
	l.end()
	ctx, cancel := context.WithCancel(context.Background())
	l.number++
	l.entry, l.choice, l.answer, l.cancel = l.at, 0, nil, cancel
	l.state++
	number, id, all := l.number, l.all[l.at].ID, m.options.Lessons
	return func() tea.Msg {
		run, err := all.Start(ctx, id)
		cancel()
		if err != nil {
			return lessonAskedMsg{number: number, err: err}
		}
		var steps []inspect.Step
		for _, s := range inspect.Read(run.Transcript(), inspect.Options{}).Steps {
			if s.Status == flow.StatusOK {
				steps = append(steps, s)
			}
		}
		return lessonAskedMsg{number: number, run: run, steps: steps}
	}
}

func (msg lessonAskedMsg) apply(m *Model) tea.Cmd { //nolint:unparam // The signature is labMsg's.
	l := &m.lessons
	if msg.number != l.number {
		if msg.run != nil {
			_ = msg.run.Close()
		}
		return nil
	}
	l.cancel = nil
	l.state++
	if msg.err != nil {
		m.lessonFailed(msg.err)
		return nil
	}
	l.run, l.steps = msg.run, msg.steps
	return nil
}

func (m *Model) lessonFailed(err error) {
	if errors.Is(err, context.Canceled) {
		m.say(toneWarn, "Cancelled.")
		return
	}
	m.open(newMessage("This lesson did not come to its end", err))
}

// sendLesson sends what was asked about, the prediction having been made.
func (m *Model) sendLesson() tea.Cmd {
	l := &m.lessons
	ctx, cancel := context.WithCancel(context.Background())
	l.cancel = cancel
	l.state++
	number, run := l.number, l.run
	return func() tea.Msg {
		answer, err := run.Send(ctx)
		cancel()
		if err != nil {
			return lessonShownMsg{number: number, err: err}
		}
		return lessonShownMsg{number: number, answer: answer, kept: run.Keep()}
	}
}

func (msg lessonShownMsg) apply(m *Model) tea.Cmd { //nolint:unparam // The signature is labMsg's.
	l := &m.lessons
	if msg.number != l.number {
		return nil
	}
	l.cancel = nil
	l.state++
	if msg.err != nil {
		l.end()
		m.lessonFailed(msg.err)
		return nil
	}
	l.answer = &msg.answer
	l.done[l.all[l.entry].ID] = true
	if msg.kept != nil {
		m.say(toneWarn, "The progress was not kept: "+explainError(msg.kept))
	}
	return nil
}

// lessonMove chooses an answer while one is asked for, else a lesson.
func (m *Model) lessonMove(by int) tea.Cmd {
	l := &m.lessons
	if !l.asking() {
		l.move(by, len(l.all))
		return nil
	}
	l.choice = min(max(l.choice+by, 0), len(l.all[l.at].Choices)-1)
	l.state++
	return nil
}

// openLessonTranscript opens the run of the lesson as any transcript.
func (m *Model) openLessonTranscript() tea.Cmd {
	l := &m.lessons
	cmd := m.onOpened(openedMsg{transcript: l.run.Transcript(), file: l.all[l.entry].Title})
	m.visit.back = screenLessons
	return cmd
}

func (l *lessons) end() {
	if l.cancel != nil {
		l.cancel()
	}
	if l.run != nil {
		_ = l.run.Close()
	}
	l.run, l.cancel = nil, nil
}

// leaveLessons cancels what is running, else closes the lesson, else goes
// back.
func (m *Model) leaveLessons() tea.Cmd {
	l := &m.lessons
	switch {
	case l.cancel != nil:
		l.cancel()
	case l.run != nil && l.entry == l.at:
		l.end()
		l.state++
	default:
		m.screen = l.back
		m.home.load(m.options.Profiles)
	}
	return nil
}

func (m *Model) syncLessons() {
	l := &m.lessons
	var rows []courseEntry
	for i, x := range l.all {
		rows = append(rows, courseEntry{number: i + 1, title: x.Title, done: l.done[x.ID]})
	}
	anew := l.sync(m, l.state, "Lessons", rows, m.lessonContent)
	if anew && (l.asking() || l.answer != nil && l.entry == l.at) {
		p := &l.panes[1]
		if l.answer == nil {
			// The question with all its answers and what comes after them, if
			// they fit.
			from, _ := p.doc.itemRows(questionItem)
			p.bring(from, p.doc.rows())
		}
		// The choice, or what was shown, is kept in sight.
		if from, to := p.doc.itemRows(l.choice + 1); to > 0 {
			p.bring(from, min(to+choose(l.answer != nil, p.height-2, 0), p.doc.rows()))
		}
	}
}

// questionItem marks the question; its answers are the items from 1 on.
const questionItem = 1 << 10

// lessonContent is the selected lesson, as far as it was taken.
func (m *Model) lessonContent() content {
	l := &m.lessons
	x := l.all[l.at]
	d := &doc{lines: []line{{spans: []span{{"Aim  ", toneFaint}, {x.Aim, toneText}}, hang: 5, prose: true}, {}}}
	c := content{title: x.Title, note: x.ID, doc: d}
	add := func(lines ...line) { d.lines = append(d.lines, lines...) }
	if l.entry != l.at || l.run == nil {
		add(paragraphs(x.Body...)...)
		running := l.cancel != nil && l.entry == l.at
		add(prose(toneFaint, 0, choose(running, "Running as far as the question…", "Enter runs it as far as the question.")))
		return c
	}
	add(paragraphs(x.Body...)...)
	for _, s := range l.steps {
		add(line{spans: []span{{"✓ ", toneGood}, {s.Title, choose(s.PKCE, tonePKCE, toneText)}}})
	}
	if len(l.steps) > 0 {
		add(line{})
	}
	question := prose(toneStrong, 0, x.Question)
	question.item = questionItem
	add(question)
	for i, o := range x.Choices {
		sign, tone := choose(i == l.choice, "▸ ", "  "), choose(i == l.choice, toneHere, toneText)
		if l.answer != nil && o.ID == l.answer.Choice {
			sign, tone = "✓ ", toneGood
		} else if l.answer != nil && i == l.choice {
			sign, tone = "✗ ", toneBad
		}
		add(line{spans: []span{{sign, tone}, {o.Text, tone}}, hang: 2, prose: true, item: i + 1})
	}
	add(line{})
	switch {
	case l.answer == nil && l.cancel != nil:
		add(prose(toneHere, 0, "Sending…"))
	case l.answer == nil:
		add(prose(toneFaint, 0, "Nothing of this was sent yet. Choose what you expect; enter sends it."))
	default:
		right := x.Choices[l.choice].ID == l.answer.Choice
		add(prose(choose(right, toneGood, toneWarn), 0, choose(right, "That is what you predicted.", "You predicted something else.")), line{})
		for _, s := range l.answer.Shown {
			add(line{spans: []span{{"→ ", toneFaint}, {s, toneStrong}}, hang: 2, prose: true})
		}
		add(line{})
		add(paragraphs(l.answer.Why...)...)
		for _, r := range x.Refs {
			add(plain(toneLink, r.Text))
		}
	}
	return c
}

func (m *Model) lessonsRows(p *painter) []string {
	return m.labRows(p, "lessons", nil, m.lessons.both(), choose(m.lessons.run != nil && m.lessons.entry == m.lessons.at, 1, 0))
}

func (m *Model) whyLessonBusy() string {
	return choose(m.lessons.cancel == nil, "", "The lesson is running; esc cancels it.")
}

func newLessonsCommands() []command {
	move := func(by int) func(*Model) tea.Cmd {
		return func(m *Model) tea.Cmd { return m.lessonMove(by) }
	}
	scroll := func(by int) func(*Model) tea.Cmd {
		return func(m *Model) tea.Cmd { return m.lessons.scroll(by) }
	}
	whole := func(m *Model) string { return m.lessons.panes[1].whyNoScroll() }
	return []command{
		{
			Binding: bind("enter", "enter", "start"), group: "Lessons", foot: 1,
			long: "Run the lesson as far as its question; send what was asked about; go on to the next lesson.",
			label: func(m *Model) string {
				l := &m.lessons
				switch {
				case l.asking():
					return "send"
				case l.run != nil && l.entry == l.at:
					return "next lesson"
				}
				return "start"
			},
			why: (*Model).whyLessonBusy, do: (*Model).lessonEnter,
		},
		{Binding: bind("down j tab", "↑↓", "choose"), group: "Lessons", foot: 2, long: "Choose an answer, or a lesson.", why: (*Model).whyLessonBusy, do: move(1)},
		{Binding: bind("up k shift+tab", "↑", "choose"), why: (*Model).whyLessonBusy, do: move(-1)},
		{Binding: bind("pgdown space", "pgup/pgdn", "scroll"), group: "Lessons", foot: 4, long: "Scroll the text.", why: whole, do: scroll(5)},
		{Binding: bind("pgup", "pgup", "scroll"), why: whole, do: scroll(-5)},
		{
			Binding: bind("t", "t", "transcript"), group: "Lessons", foot: 3,
			long: "Open the run with every request; the last one, where there were several.",
			why: func(m *Model) string {
				l := &m.lessons
				return choose(l.answer != nil && l.run != nil && l.entry == l.at, "", "There is no run to look at yet.")
			},
			do: (*Model).openLessonTranscript,
		},
		{
			Binding: bind("esc ctrl+x", "esc", "back"), group: "Program", foot: 88, long: "Cancel what is running; else close the lesson; else go back.",
			label: func(m *Model) string { return choose(m.lessons.cancel != nil, "cancel", "back") },
			do:    (*Model).leaveLessons,
		},
	}
}

func (m *Model) lessonsClick(x, y int) tea.Cmd {
	l := &m.lessons
	if l.cancel != nil {
		return nil
	}
	if i, row := labClick(l.both(), x, y); i == 1 && l.asking() && row >= 0 && row < l.panes[1].doc.rows() {
		n, _ := l.panes[1].doc.at(row)
		if item := l.panes[1].doc.line(n).item; item > 0 && item < questionItem {
			l.choice = item - 1
			l.state++
		}
		return nil
	}
	if i := l.click(x, y); i >= 0 {
		l.at = i
	}
	return nil
}
