package tui

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// The PKCE bench: a verifier, the stations on the way to its challenge, and,
// with a challenge beside it, why the two do not match. It sends nothing. Every
// character typed is derived anew.

// benchPane names a pane of the bench.
type benchPane int

// The panes, in the order of the focus ring.
const (
	benchVerifier benchPane = iota
	benchStages
	benchPlain
	benchMatch
	numBenchPanes = iota
)

// bench is what stands on the bench.
type bench struct {
	// fields are the verifier and the challenge, as they are typed.
	fields [2]*field
	// typing is the field that has the keys; fieldNone while keys are commands.
	typing int
	// Line ends cannot be typed into a field; a verifier that was read from a
	// run is kept as it was sent until it is edited.
	input    inspect.PKCEInput
	report   inspect.PKCEReport
	language int
	tall     bool // there is room for the code of every language

	// secret is true for the verifier of a run, which is masked until it is
	// revealed; revealed says that it was.
	secret, revealed bool

	number int    // of the pair; what was traced for another one is dropped
	back   screen // where esc leads
	focus  benchPane
	panes  [numBenchPanes]labPane
	cursor struct{ pane, row, col int } // of the field that is typed in
}

const (
	fieldVerifier = iota
	fieldChallenge
	fieldNone
)

// openBench puts a pair on the bench and shows it.
func (m *Model) openBench(in inspect.PKCEInput, secret bool) {
	if m.screen != screenBench {
		m.bench.back = m.screen
	}
	b := &m.bench
	b.fields[fieldVerifier] = textField("verifier", "Verifier", in.Verifier, "")
	b.fields[fieldChallenge] = textField("challenge", "Challenge", in.Challenge, "")
	b.typing, b.focus = fieldNone, benchVerifier
	b.secret = secret && in.Verifier != ""
	b.revealed = m.visit.reveal && b.secret
	b.take(in)
	m.screen = screenBench
	m.notice = notice{}
}

// take reads the pair anew.
func (b *bench) take(in inspect.PKCEInput) {
	b.number++
	b.input = in
	b.report = inspect.ReadPKCE(in)
	b.redraw()
}

// redraw has the panes made anew.
func (b *bench) redraw() {
	for i := range b.panes {
		b.panes[i].doc = nil
	}
}

// settledMsg comes when the pair has not changed for a moment; tracedMsg when
// its verifier has been held against a generator that can be guessed.
type (
	settledMsg struct{ number int }
	tracedMsg  struct {
		number int
		report inspect.PKCEReport
	}
)

// settle is how long typing must rest before the verifier is traced.
const settle = 250 * time.Millisecond

// benchTrace looks for the seed of the verifier, once typing has come to rest:
// that takes longer than a key may.
func (m *Model) benchTrace() tea.Cmd {
	number := m.bench.number
	return tea.Tick(settle, func(time.Time) tea.Msg { return settledMsg{number} })
}

func (m *Model) onSettled(msg settledMsg) tea.Cmd {
	if msg.number != m.bench.number {
		return nil
	}
	report := m.bench.report
	return func() tea.Msg { return tracedMsg{msg.number, inspect.TraceSeed(report)} }
}

func (m *Model) onTraced(msg tracedMsg) {
	if b := &m.bench; msg.number == b.number {
		b.report = msg.report
		b.redraw()
	}
}

// benchFresh is the bench from the home screen: a fresh verifier.
func (m *Model) benchFresh() tea.Cmd {
	m.openBench(inspect.PKCEInput{
		Verifier: flow.RandomVerifier(flow.MinVerifierLength), HasVerifier: true, Method: string(flow.MethodS256),
	}, false)
	return nil
}

// benchOfWalk is the bench with what the shown run made or sent.
func (m *Model) benchOfWalk() tea.Cmd {
	m.openBench(inspect.PKCEOfTranscript(m.visit.reading.transcript), true)
	return m.benchTrace()
}

// benchExample is the example of RFC 7636 appendix B.
func (m *Model) benchExample() tea.Cmd {
	m.openBench(inspect.PKCEInput{
		Verifier: inspect.ExampleVerifier, HasVerifier: true,
		Challenge: inspect.ExampleChallenge, HasChallenge: true,
		Method: string(flow.MethodS256),
	}, false)
	return nil
}

// benchNew puts a fresh verifier in, as long as the one before if that was
// allowed. The challenge is kept: it then belongs to another verifier.
func (m *Model) benchNew(by int) tea.Cmd {
	b := &m.bench
	n := min(max(b.report.Verifier.Length+by, flow.MinVerifierLength), flow.MaxVerifierLength)
	in := b.input
	in.Verifier, in.HasVerifier = flow.RandomVerifier(n), true
	in.SentAs, in.OtherVerifiers = "", nil
	if in.Challenge == "" {
		in.HasChallenge = false
	}
	if in.Method == string(flow.MethodNone) {
		in.Method = string(flow.MethodS256)
	}
	b.secret = false
	b.fields[fieldVerifier] = textField("verifier", "Verifier", in.Verifier, "")
	b.take(in)
	return nil
}

// benchMethod goes on to the next method.
func (m *Model) benchMethod() tea.Cmd {
	in := m.bench.input
	switch flow.Method(in.Method) {
	case flow.MethodS256, "":
		in.Method = string(flow.MethodPlain)
	case flow.MethodPlain:
		in.Method = string(flow.MethodOmitted)
	default:
		in.Method = string(flow.MethodS256)
	}
	m.bench.take(in)
	return m.benchTrace()
}

func (m *Model) benchLanguage() tea.Cmd {
	m.bench.language++
	m.bench.panes[benchMatch].doc = nil
	return nil
}

func (m *Model) whyNoLanguage() string {
	switch {
	case len(m.bench.report.Mistakes) == 0:
		return "There is no mistake to show code for."
	case m.bench.tall:
		return "All languages are shown."
	}
	return ""
}

func (m *Model) benchLeave() tea.Cmd {
	m.screen = m.bench.back
	return nil
}

func (m *Model) benchReveal() tea.Cmd {
	b := &m.bench
	b.revealed = !b.revealed
	b.redraw()
	return nil
}

func (m *Model) whyNoBenchReveal() string {
	return choose(m.bench.secret, "", "Nothing is masked here: only the verifier of a run is.")
}

// masked says whether the verifier may not be seen.
func (b *bench) masked() bool { return b.secret && !b.revealed }

// benchCopy sends the challenge to the clipboard, which is no secret unless it
// is the verifier itself.
func (m *Model) benchCopy() tea.Cmd {
	m.say(toneGood, "Sent to the clipboard: the S256 challenge.")
	return tea.SetClipboard(m.bench.report.Challenge.S256)
}

// benchType begins to type into a field.
func (m *Model) benchType(n int) tea.Cmd {
	b := &m.bench
	if n == fieldVerifier && b.masked() {
		m.say(toneWarn, "The verifier of the run is masked. x reveals it, n puts a fresh one here.")
		return nil
	}
	if b.typing != fieldNone {
		b.fields[b.typing].input.Blur()
	}
	b.typing = n
	b.focus = choose(n == fieldVerifier, benchVerifier, benchMatch)
	b.fields[n].input.Focus()
	b.panes[b.focus].offset = 0
	b.redraw()
	return nil
}

// typed ends typing.
func (b *bench) typed() {
	b.fields[b.typing].input.Blur()
	b.panes[b.focus].offset = 0
	b.typing = fieldNone
	b.redraw()
}

// onBenchKey gives a key or a paste to the field that is typed in, and derives
// anew.
func (m *Model) onBenchKey(msg tea.Msg) tea.Cmd {
	b := &m.bench
	f := b.fields[b.typing]
	if k, ok := msg.(tea.KeyPressMsg); ok {
		switch k.String() {
		case "enter", "esc":
			b.typed()
			return nil
		case "tab", "shift+tab":
			return m.benchType(choose(b.typing == fieldVerifier, fieldChallenge, fieldVerifier))
		}
	}
	if p, ok := msg.(tea.PasteMsg); ok {
		// What was copied from a terminal often brings the end of its line.
		p.Content = strings.TrimRight(p.Content, "\r\n")
		msg = p
	}
	before := f.input.Value()
	f.input, _ = f.input.Update(msg)
	text := f.input.Value()
	if text == before {
		b.redraw()
		return nil
	}
	in := b.input
	if b.typing == fieldVerifier {
		in.Verifier, in.HasVerifier = text, true
		in.SentAs, in.OtherVerifiers = "", nil
		b.secret = false
	} else {
		in.Challenge, in.HasChallenge = text, text != ""
	}
	if in.Method == string(flow.MethodNone) {
		in.Method = string(flow.MethodS256)
	}
	b.take(in)
	return m.benchTrace()
}

// all are the panes, in their order.
func (b *bench) all() []*labPane {
	all := make([]*labPane, 0, numBenchPanes)
	for i := range b.panes {
		all = append(all, &b.panes[i])
	}
	return all
}

// benchCycle goes round the focus ring.
func (m *Model) benchCycle(by int) tea.Cmd {
	b := &m.bench
	for range numBenchPanes {
		b.focus = benchPane((int(b.focus) + by + numBenchPanes) % numBenchPanes)
		// In the stacked form a pane that is hidden comes forth by its focus.
		if m.w < 120 || !b.panes[b.focus].r.empty() {
			break
		}
	}
	return nil
}

func (m *Model) benchScroll(by int) tea.Cmd {
	m.bench.panes[m.bench.focus].scroll(by)
	return nil
}

func (m *Model) benchClick(x, y int) tea.Cmd {
	if i, _ := labClick(m.bench.all(), x, y); i >= 0 {
		m.bench.focus = benchPane(i)
	}
	return nil
}

// benchCommands are the keys of the bench, while nothing is typed.
func newBenchCommands() []command {
	scroll := func(by int) func(*Model) tea.Cmd {
		return func(m *Model) tea.Cmd { return m.benchScroll(by) }
	}
	return []command{
		{
			Binding: bind("e enter", "e", "edit verifier"), group: "Bench", foot: 1,
			long: "Type or paste a verifier. Every character is derived at once.",
			do:   func(m *Model) tea.Cmd { return m.benchType(fieldVerifier) },
		},
		{
			Binding: bind("c", "c", "challenge"), group: "Bench", foot: 2,
			long: "Type or paste the challenge that was sent, and see why it does not match.",
			do:   func(m *Model) tea.Cmd { return m.benchType(fieldChallenge) },
		},
		{
			Binding: bind("m", "m", "method"), group: "Bench", foot: 4,
			long: "Compare as the server does for S256, plain, or an omitted method.",
			do:   (*Model).benchMethod,
		},
		{
			Binding: bind("r", "r", "RFC example"), group: "Bench", foot: 3,
			long: "The example of RFC 7636 appendix B, which proves the derivation.",
			do:   (*Model).benchExample,
		},
		{
			Binding: bind("n", "n", "new verifier"), group: "Bench", foot: 5,
			long: "A fresh verifier of the same length.",
			do:   func(m *Model) tea.Cmd { return m.benchNew(0) },
		},
		{
			Binding: bind("+ =", "+/-", "longer or shorter"), group: "Bench",
			long: "A fresh verifier that is one character longer or shorter, 43 to 128.",
			do:   func(m *Model) tea.Cmd { return m.benchNew(1) },
		},
		{Binding: bind("-", "-", "shorter"), do: func(m *Model) tea.Cmd { return m.benchNew(-1) }},
		{
			Binding: bind("l", "l", "language"), group: "Bench", foot: 6,
			long: "Show the line of code in another programming language.",
			why:  (*Model).whyNoLanguage,
			do:   (*Model).benchLanguage,
		},
		{
			Binding: bind("x", "x", "reveal"), group: "Bench", foot: 7,
			label: func(m *Model) string { return choose(m.bench.revealed, "mask", "reveal") },
			long:  "Show the verifier of the run in clear, and mask it again.",
			why:   (*Model).whyNoBenchReveal, do: (*Model).benchReveal,
		},
		{
			Binding: bind("y", "y", "copy"), group: "Bench", foot: 8,
			long: "Copy the S256 challenge to the clipboard (OSC 52).",
			why: func(m *Model) string {
				return choose(m.bench.report.Challenge.S256 != "", "", "There is no verifier to make a challenge from.")
			},
			do: (*Model).benchCopy,
		},
		{
			Binding: bind("tab", "tab", "pane"), group: "Look", foot: 9, long: "Go to the next pane.",
			do: func(m *Model) tea.Cmd { return m.benchCycle(1) },
		},
		{Binding: bind("shift+tab", "shift+tab", "pane before"), do: func(m *Model) tea.Cmd { return m.benchCycle(-1) }},
		{Binding: bind("down j", "↑↓", "scroll"), group: "Look", long: "Scroll the pane.", do: scroll(1)},
		{Binding: bind("up k", "↑", "scroll"), do: scroll(-1)},
		{Binding: bind("pgdown space", "pgup/pgdn", "page"), group: "Look", long: "A page up or down.", do: scroll(10)},
		{Binding: bind("pgup", "pgup", "page"), do: scroll(-10)},
		{
			Binding: bind("esc", "esc", "back"), group: "Program", foot: 88,
			long: "Leave the bench. What stands on it is not kept.",
			do:   (*Model).benchLeave,
		},
	}
}

// onBenchPaste pastes into the field that is typed in, or else where there is
// nothing yet: a challenge beside a verifier, or a new verifier.
func (m *Model) onBenchPaste(text string) tea.Cmd {
	b := &m.bench
	if b.typing == fieldNone {
		into := choose(b.focus == benchMatch, fieldChallenge, fieldVerifier)
		if cmd := m.benchType(into); b.typing != into {
			return cmd
		}
		b.fields[into].input.SetValue("")
	}
	return m.onBenchKey(tea.PasteMsg{Content: text})
}
