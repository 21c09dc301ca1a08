package tui

import (
	"context"
	"errors"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/inspect"
)

// theatre is the interception theatre: the board, on which every play stands
// with its result, and the stage, on which one is played step by step.
type theatre struct {
	number int // results that carry another number are dropped
	back   screen
	heads  []string
	rows   []inspect.BoardRow // the matrix first
	matrix int                // how many of the rows are the matrix's
	row    int
	column int

	// played are the plays that were staged, and queue those that are to be.
	played map[inspect.PlayRef]func(reveal bool) inspect.Theatre
	lost   map[inspect.PlayRef]bool // whether the thief lost
	queue  []inspect.PlayRef
	// running is the play being staged; cancel ends it, nil when none is.
	running inspect.PlayRef
	cancel  context.CancelFunc
	bar     string // of a search under way
	wanted  *inspect.PlayRef

	// on is the play on the stage; onStage says that the stage is shown.
	onStage bool
	on      inspect.PlayRef
	play    inspect.Theatre
	scene   int
	focus   int
	panes   [5]labPane // board or rail, app, thief, provider, wire
	shown   stageKey
	reveal  bool
}

// The panes of the theatre.
const (
	theatreRail = iota
	theatreApp
	theatreThief
	theatreProvider
	theatreWire
)

// stageKey is what the panes of the theatre were made for.
type stageKey struct {
	onStage     bool
	on          inspect.PlayRef
	scene       int
	row, column int
	done        int
	bar         string
	running     bool
	reveal      bool
	w, h        int
}

type (
	// stagedMsg brings a play that took place.
	stagedMsg struct {
		number int
		ref    inspect.PlayRef
		read   func(reveal bool) inspect.Theatre
		lost   bool
		err    error
	}
	// searchMsg says how far a search has come.
	searchMsg struct {
		number int
		bar    string
		more   <-chan string
	}
)

// openTheatre shows the board, and fills its matrix the first time.
func (m *Model) openTheatre() tea.Cmd {
	t := &m.theatre
	if m.screen != screenTheatre {
		t.back = m.screen
	}
	m.screen = screenTheatre
	m.notice = notice{}
	t.onStage = false
	if t.rows != nil {
		return nil
	}
	heads, matrix, scenarios := inspect.Board()
	t.heads, t.rows, t.matrix = heads, append(slices.Clone(matrix), scenarios...), len(matrix)
	t.played = map[inspect.PlayRef]func(bool) inspect.Theatre{}
	t.lost = map[inspect.PlayRef]bool{}
	for _, row := range matrix {
		t.queue = append(t.queue, row.Plays...)
	}
	return m.stageNext()
}

// stageNext stages the first play of the queue, unless one is being staged.
func (m *Model) stageNext() tea.Cmd {
	t := &m.theatre
	if t.cancel != nil || len(t.queue) == 0 {
		return nil
	}
	ref := t.queue[0]
	t.queue = t.queue[1:]
	ctx, cancel := context.WithCancel(context.Background())
	t.number++
	t.running, t.cancel, t.bar = ref, cancel, ""
	number, lab := t.number, m.options.Lab
	bars := make(chan string, 1)
	stage := func() tea.Msg {
		read, err := lab.Play(ctx, ref, 16, func(bar string) {
			select {
			case bars <- bar:
			default: // the screen is behind; the next one will do
			}
		})
		cancel()
		close(bars)
		if err != nil {
			return stagedMsg{number: number, ref: ref, err: err}
		}
		return stagedMsg{number: number, ref: ref, read: read, lost: !read(false).ThiefWon}
	}
	return tea.Batch(stage, awaitBar(number, bars))
}

func awaitBar(number int, bars <-chan string) tea.Cmd {
	return func() tea.Msg {
		bar, ok := <-bars
		if !ok {
			return nil
		}
		return searchMsg{number, bar, bars}
	}
}

func (msg searchMsg) apply(m *Model) tea.Cmd {
	if msg.number == m.theatre.number && m.theatre.cancel != nil {
		m.theatre.bar = msg.bar
	}
	return awaitBar(msg.number, msg.more)
}

func (msg stagedMsg) apply(m *Model) tea.Cmd {
	t := &m.theatre
	if msg.number != t.number {
		return nil
	}
	t.cancel, t.bar = nil, ""
	switch {
	case errors.Is(msg.err, context.Canceled):
		m.say(toneWarn, "Cancelled.")
		t.queue, t.wanted = nil, nil
		return nil
	case msg.err != nil:
		t.queue, t.wanted = nil, nil
		m.open(newMessage("This play could not be staged", msg.err))
		return nil
	}
	t.played[msg.ref], t.lost[msg.ref] = msg.read, msg.lost
	if t.wanted != nil && *t.wanted == msg.ref {
		t.wanted = nil
		m.raise(msg.ref)
	}
	return m.stageNext()
}

// raise puts a play on the stage.
func (m *Model) raise(ref inspect.PlayRef) {
	t := &m.theatre
	again := t.onStage && t.on != ref
	t.onStage, t.on = true, ref
	t.play = t.played[ref](t.reveal)
	t.scene, t.focus = 0, theatreWire
	if again {
		// What was flipped is seen where it is decided.
		t.scene = t.play.Decisive
	}
}

// choosePlay puts the selected play on the stage, staging it first if need be.
func (m *Model) choosePlay() tea.Cmd { return m.want(m.theatre.selected(), false) }

func (m *Model) want(ref inspect.PlayRef, afresh bool) tea.Cmd {
	t := &m.theatre
	if _, ok := t.played[ref]; ok && !afresh {
		m.raise(ref)
		return nil
	}
	t.wanted = &ref
	t.queue = append([]inspect.PlayRef{ref}, slices.DeleteFunc(t.queue, func(r inspect.PlayRef) bool { return r == ref })...)
	return m.stageNext()
}

func (t *theatre) selected() inspect.PlayRef {
	plays := t.rows[t.row].Plays
	return plays[min(t.column, len(plays)-1)]
}

// boardMove moves the selection on the board.
func (m *Model) boardMove(down, right int) tea.Cmd {
	t := &m.theatre
	t.row = min(max(t.row+down, 0), len(t.rows)-1)
	t.column = min(max(min(t.column, len(t.rows[t.row].Plays)-1)+right, 0), len(t.rows[t.row].Plays)-1)
	return nil
}

// playAll stages every play that was not staged yet.
func (m *Model) playAll() tea.Cmd {
	t := &m.theatre
	for _, row := range t.rows {
		for _, r := range row.Plays {
			if t.played[r] == nil && !slices.Contains(t.queue, r) && (t.cancel == nil || t.running != r) {
				t.queue = append(t.queue, r)
			}
		}
	}
	if len(t.queue) == 0 && t.cancel == nil {
		m.say(toneFaint, "Every play has been staged.")
	}
	return m.stageNext()
}

// nextScene goes on by so many scenes.
func (m *Model) nextScene(by int) tea.Cmd {
	t := &m.theatre
	t.scene = min(max(t.scene+by, 0), len(t.play.Scenes)-1)
	return nil
}

// flip makes the one change that turns the result round, and runs again.
func (m *Model) flip() tea.Cmd { return m.want(m.theatre.on.Flip(), true) }

// playAgain stages the play on the stage afresh.
func (m *Model) playAgain() tea.Cmd { return m.want(m.theatre.on, true) }

// openPlayTranscript opens the run of the play as any transcript.
func (m *Model) openPlayTranscript() tea.Cmd {
	cmd := m.onOpened(openedMsg{transcript: m.theatre.play.Transcript, file: m.theatre.play.Title})
	m.visit.back = screenTheatre
	return cmd
}

func (m *Model) theatreReveal() tea.Cmd {
	t := &m.theatre
	t.reveal = !t.reveal
	t.play = t.played[t.on](t.reveal)
	return nil
}

// end cancels what is being staged.
func (t *theatre) end() {
	if t.cancel != nil {
		t.cancel()
	}
}

// leaveTheatre ends what is running, else leaves the stage, else the board.
func (m *Model) leaveTheatre() tea.Cmd {
	t := &m.theatre
	switch {
	case t.cancel != nil:
		t.cancel()
	case t.onStage:
		t.onStage = false
	default:
		m.screen = t.back
	}
	return nil
}

func (m *Model) whyNoPlayMoves(by int) string {
	t := &m.theatre
	switch {
	case by < 0 && t.scene == 0:
		return "This is the first scene."
	case by > 0 && t.scene >= len(t.play.Scenes)-1:
		return "This is the last scene. f flips the result and runs again; esc goes back to the board."
	}
	return ""
}

// theatreCommands are the keys of the board and of the stage.
func newTheatreCommands() (board, stage []command) {
	move := func(down, right int) func(*Model) tea.Cmd {
		return func(m *Model) tea.Cmd { return m.boardMove(down, right) }
	}
	leave := command{
		Binding: bind("esc ctrl+x", "esc", "back"), group: "Program", foot: 88,
		label: func(m *Model) string { return choose(m.theatre.cancel != nil, "cancel", "back") },
		long:  "Cancel what is running; else go back.",
		do:    (*Model).leaveTheatre,
	}
	board = []command{
		{Binding: bind("enter", "enter", "play"), group: "Theatre", foot: 1, long: "Play the selected attack, step by step.", do: (*Model).choosePlay},
		{Binding: bind("down j tab", "↑↓←→", "choose"), group: "Theatre", foot: 2, long: "Choose another.", do: move(1, 0)},
		{Binding: bind("up k shift+tab", "↑", "choose"), do: move(-1, 0)},
		{Binding: bind("right l", "→", "choose"), do: move(0, 1)},
		{Binding: bind("left h", "←", "choose"), do: move(0, -1)},
		{Binding: bind("a", "a", "run all"), group: "Theatre", foot: 3, long: "Run every attack, with its defence and without.", do: (*Model).playAll},
		leave,
	}
	scroll := func(by int) func(*Model) tea.Cmd {
		return func(m *Model) tea.Cmd {
			l := &m.theatre.panes[m.theatre.focus]
			l.scroll(by)
			return nil
		}
	}
	stage = []command{
		{
			Binding: bind("enter right l space", "enter", "next"), group: "Theatre", foot: 1, long: "The next scene.",
			why: func(m *Model) string { return m.whyNoPlayMoves(1) },
			do:  func(m *Model) tea.Cmd { return m.nextScene(1) },
		},
		{
			Binding: bind("left h b backspace", "←", "back"), group: "Theatre", foot: 2, long: "The scene before.",
			why: func(m *Model) string { return m.whyNoPlayMoves(-1) },
			do:  func(m *Model) tea.Cmd { return m.nextScene(-1) },
		},
		{Binding: bind("end G", "G", "end"), group: "Theatre", long: "The last scene, where it is said who won.", do: func(m *Model) tea.Cmd { return m.nextScene(1 << 10) }},
		{Binding: bind("home g", "g", "start"), group: "Theatre", long: "The first scene.", do: func(m *Model) tea.Cmd { return m.nextScene(-1 << 10) }},
		{Binding: bind("f", "f", "flip"), group: "Theatre", foot: 3, long: "Make the one change that turns the result round, and run again.", do: (*Model).flip},
		{Binding: bind("r", "r", "again"), group: "Theatre", foot: 4, long: "Run the same play afresh.", do: (*Model).playAgain},
		{Binding: bind("t", "t", "transcript"), group: "Theatre", foot: 5, long: "Open the run with every request, the thief's too.", do: (*Model).openPlayTranscript},
		{
			Binding: bind("x", "x", "reveal"), group: "Look", foot: 6, long: "Show secrets in clear, and mask them again.",
			label: func(m *Model) string { return choose(m.theatre.reveal, "mask", "reveal") },
			do:    (*Model).theatreReveal,
		},
		{Binding: bind("tab", "tab", "pane"), group: "Look", foot: 7, long: "Go to the next pane, to scroll it.", do: func(m *Model) tea.Cmd { return m.theatreCycle(1) }},
		{Binding: bind("shift+tab", "shift+tab", "pane"), do: func(m *Model) tea.Cmd { return m.theatreCycle(-1) }},
		{Binding: bind("down j", "↑↓", "scroll"), group: "Look", long: "Scroll the pane.", do: scroll(1)},
		{Binding: bind("up k", "↑", "scroll"), do: scroll(-1)},
		{Binding: bind("pgdown", "pgup/pgdn", "page"), group: "Look", long: "A page up or down.", do: scroll(8)},
		{Binding: bind("pgup", "pgup", "page"), do: scroll(-8)},
		leave,
	}
	return board, stage
}

func (m *Model) theatreCycle(by int) tea.Cmd {
	t := &m.theatre
	for range t.panes {
		t.focus = (t.focus + by + len(t.panes)) % len(t.panes)
		if !t.panes[t.focus].r.empty() {
			break
		}
	}
	return nil
}

func (m *Model) theatreClick(x, y int) tea.Cmd {
	t := &m.theatre
	i, row := labClick(m.theatrePanes(), x, y)
	if i < 0 {
		return nil
	}
	item := 0
	if d := t.panes[i].doc; d != nil && row >= 0 && row < d.rows() {
		n, _ := d.at(row)
		item = d.line(n).item
	}
	switch {
	case !t.onStage && item > 0:
		if t.row == item-1 {
			return m.choosePlay()
		}
		t.row = item - 1
	case t.onStage && i == theatreRail && item > 0:
		t.scene = item - 1
	case t.onStage:
		t.focus = i
	}
	return nil
}
