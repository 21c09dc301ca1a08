package tui

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/pkcescope/pkcescope/flow"
)

func (m *Model) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.w, m.h = msg.Width, msg.Height
	case tea.BackgroundColorMsg:
		m.theme = newTheme(msg.IsDark())
	case tea.ModeReportMsg:
		// The renderer counts cells by grapheme where the terminal does; what
		// is laid out here must count as it does.
		if msg.Mode == ansi.ModeUnicodeCore && (msg.Value == ansi.ModeReset || msg.Value == ansi.ModeSet || msg.Value == ansi.ModePermanentlySet) {
			m.ruler = ansi.GraphemeWidth
		}
	case tickMsg:
		m.ticking = false
		if f := m.shown().tick; f != nil {
			return f(m)
		}
	case tea.KeyPressMsg:
		return m.onKey(msg)
	case tea.PasteMsg:
		return m.onPaste(msg)
	case tea.MouseClickMsg:
		return m.onClick(msg)
	case tea.MouseWheelMsg:
		m.onWheel(msg)
	case configuredMsg:
		return m.startWalk(msg.config)
	case startedMsg:
		return m.onStarted(msg)
	case openedMsg:
		return m.onOpened(msg)
	case importMsg:
		return m.onImport(msg)
	case readMsg:
		return m.onRead(msg)
	case doneMsg:
		return m.onDone(msg)
	case pastedMsg:
		if msg.visit == m.visit.number && msg.err != nil {
			m.say(toneBad, explainError(msg.err))
		}
	case savedMsg:
		m.onSaved(msg)
	case settledMsg:
		return m.onSettled(msg)
	case keysMsg:
		m.onKeys(msg)
	case tracedMsg:
		m.onTraced(msg)
	case presentMsg:
		return m.presentAsked()
	case saidMsg:
		m.notice = notice(msg)
	case diffedMsg:
		m.onDiffed(msg)
	case labMsg:
		return msg.apply(m)
	}
	return nil
}

func (m *Model) onKey(msg tea.KeyPressMsg) tea.Cmd {
	m.notice = notice{}
	if m.stopAsking() && msg.String() == "esc" {
		m.say(toneWarn, "Stopped: the keyring is not waited for.")
		return nil
	}
	if msg.String() == "ctrl+c" {
		if m.isRunning() {
			return tea.Interrupt // it is cancelled, not only left
		}
		return tea.Quit
	}
	if m.unreadable() {
		if msg.String() == "q" {
			return tea.Quit
		}
		return nil // nobody should send what cannot be seen
	}
	if d := m.top(); d != nil {
		return d.update(m, msg)
	}
	if m.search.typing {
		return m.onFindKey(msg)
	}
	if m.screen == screenBench && m.bench.typing != fieldNone {
		return m.onBenchKey(msg)
	}
	if cmd, ok := m.press(m.table(), msg); ok {
		return cmd
	}
	// While waiting one can still look about.
	if m.waiting() {
		cmd, ok := m.press(lookCommands(), msg)
		if ok {
			return cmd
		}
	}
	m.say(toneFaint, fmt.Sprintf("%s does nothing here. Press ? for every key.", msg.String()))
	return nil
}

func (m *Model) onPaste(msg tea.PasteMsg) tea.Cmd {
	m.notice = notice{}
	m.stopAsking()
	switch d := m.top(); {
	case m.unreadable():
		return nil
	case d != nil:
		return d.update(m, msg)
	case m.search.typing:
		return m.onFindKey(msg)
	case m.shown().paste != nil:
		return m.shown().paste(m, msg.Content)
	}
	return m.nothingToPaste()
}

func (m *Model) nothingToPaste() tea.Cmd {
	m.say(toneFaint, "There is nothing to paste into here.")
	return nil
}

func (m *Model) onStarted(msg startedMsg) tea.Cmd {
	if msg.number != m.visit.number {
		if msg.walk != nil {
			w := msg.walk
			return func() tea.Msg { _ = w.Close(); return nil }
		}
		return nil
	}
	if msg.err != nil {
		m.screen = choose(msg.lab, screenLabs, screenHome)
		m.visit = visit{number: m.visit.number}
		m.open(newMessage("This walk cannot start", msg.err))
		return nil
	}
	m.show(visit{
		number: msg.number, walk: msg.walk, browsers: msg.browsers, config: msg.config,
		changed: msg.changed, ended: msg.ended, count: new(atomic.Int64), reveal: m.visit.reveal,
		follow: true, lab: msg.lab, back: choose(msg.lab, screenLabs, screenHome),
	})
	if msg.said.text != "" {
		m.say(msg.said.tone, msg.said.text)
	}
	if msg.run {
		m.visit.reading = m.reader().read()
		return tea.Batch(m.awaitNews(), m.runAll())
	}
	return tea.Batch(m.reread(), m.awaitNews())
}

func (m *Model) onOpened(msg openedMsg) tea.Cmd {
	if msg.err != nil {
		m.notice = notice{}
		m.open(newMessage("This file cannot be shown", msg.err))
		return nil
	}
	number := m.nextVisit()
	m.show(visit{number: number, file: msg.file, config: msg.transcript.Config, count: new(atomic.Int64), follow: true})
	m.visit.reading.transcript = msg.transcript
	return m.reread()
}

// show puts a visit on the screen, as it is at its beginning.
func (m *Model) show(v visit) {
	m.visit = v
	m.screen = screenWalk
	m.focus = paneSteps
	m.tokens, m.diagram = false, false
	m.notice = notice{}
	m.dialogs = nil
	m.panes = [numPanes]paneState{}
	m.views = [numPanes]view{}
	m.search = search{}
}

// onRead takes in a reading, unless a later one has come already.
func (m *Model) onRead(msg readMsg) tea.Cmd {
	if msg.visit != m.visit.number {
		return nil
	}
	var cmd tea.Cmd
	if msg.news {
		cmd = m.awaitNews()
	}
	if !m.take(msg.reading) {
		return cmd
	}
	if msg.reading.reveal != m.visit.reveal || msg.reading.hide != m.hide {
		cmd = tea.Batch(cmd, m.reread())
	}
	if m.visit.follow && m.visit.reading.more {
		m.showPending()
	}
	return cmd
}

// take replaces the reading by a later one.
func (m *Model) take(r reading) bool {
	if r.number <= m.visit.reading.number {
		return false
	}
	first := m.visit.reading.number == 0
	m.visit.reading = r
	if first {
		m.visit.follow = true
		switch {
		case !r.more:
			m.visit.step = m.outcomeStep()
		default:
			m.showPending()
		}
		m.visit.exchange = m.telling()
		if s, ok := m.step(); ok && s.Error != nil {
			m.focusOn(paneFindings)
		}
	}
	if n := len(r.report.Steps); m.visit.step >= n {
		m.visit.step = max(n-1, 0)
	}
	return true
}

// onDone says how the step went, by showing it.
func (m *Model) onDone(msg doneMsg) tea.Cmd {
	if msg.visit != m.visit.number {
		return nil
	}
	v := &m.visit
	worked := v.running
	v.cancel, v.running = nil, ""
	m.take(msg.reading)
	var fe *flow.Error
	switch {
	case msg.err == nil:
		if v.failed && m.focus == paneFindings {
			m.focus = paneSteps
		}
		v.failed = false
		m.showWorked(worked)
	case errors.Is(msg.err, context.Canceled):
		m.showPending()
		m.say(toneWarn, "Cancelled. Nothing is left listening; enter tries again.")
	case errors.As(msg.err, &fe):
		m.showPending()
		m.tokens, m.diagram = false, false
		v.failed = true
		m.focusOn(paneFindings)
	default:
		m.showPending()
		m.say(toneBad, explainError(msg.err))
	}
	v.exchange = m.telling()
	v.follow = false
	if msg.reading.reveal != v.reveal || msg.reading.hide != m.hide {
		return tea.Batch(m.reread(), m.judgeLab())
	}
	return m.judgeLab()
}

// showWorked shows what was just done: the step itself, or, after a run of
// several, the last of them that every run has. After a rewind that is the
// pending one.
func (m *Model) showWorked(worked flow.StepID) {
	v := &m.visit
	if v.reading.more && m.hiddenSteps()[worked] {
		m.showPending()
		return
	}
	first, last, lastOwn := -1, -1, -1
	for i, s := range v.reading.report.Steps {
		if s.Status != flow.StatusOK || m.hide && s.PKCE {
			continue
		}
		if s.ID == worked {
			first = i
		}
		last = i
		if !s.Optional {
			lastOwn = i
		}
	}
	switch {
	case first < 0 && !v.reading.more && last >= 0:
		v.step = last
	case first < 0:
		m.showPending()
	case lastOwn > first:
		v.step = lastOwn
	default:
		v.step = last
	}
	if !v.reading.more {
		m.say(toneGood, v.reading.report.Summary)
	}
}

// showPending shows the step that comes next, or the last one.
func (m *Model) showPending() {
	v := &m.visit
	before := v.step
	for i, s := range v.reading.report.Steps {
		if v.reading.more && s.ID == v.reading.pending.Step {
			v.step = m.visible(i, 1)
			break
		}
		v.step = m.visible(i, -1)
	}
	if v.step != before {
		v.exchange = m.telling()
	}
}

// visible is the step nearest to i, looking in direction by first, that is not
// hidden.
func (m *Model) visible(i, by int) int {
	steps := m.visit.reading.report.Steps
	for _, d := range []int{by, -by} {
		for j := i; j >= 0 && j < len(steps); j += d {
			if !m.hide || !steps[j].PKCE {
				return j
			}
		}
	}
	return i
}

// outcomeStep is the step that a saved run is about: where it failed, else the
// first that there is something of.
func (m *Model) outcomeStep() int {
	first := -1
	for i, s := range m.visit.reading.report.Steps {
		if s.Status == flow.StatusFailed {
			return i
		}
		if first < 0 && s.Status != flow.StatusUnseen && s.Status != flow.StatusSkipped && len(s.Exchanges) > 0 {
			first = i
		}
	}
	if m.visit.reading.transcript.Capture == nil {
		return 0
	}
	return max(first, 0)
}

// telling is the exchange to open the shown step on.
func (m *Model) telling() int {
	s, _ := m.step()
	return s.Telling()
}

func (m *Model) onSaved(msg savedMsg) {
	switch {
	case errors.Is(msg.err, os.ErrExist):
		m.say(toneBad, fmt.Sprintf("%s is there already and was left alone. Choose another name.", msg.path))
	case msg.err != nil:
		m.say(toneBad, fmt.Sprintf("%s could not be written: %v", msg.path, msg.err))
	default:
		m.say(toneGood, fmt.Sprintf("%s written to %s, readable by you alone.", msg.what, msg.path))
	}
}

// onClick focuses the pane and selects what is under the pointer.
func (m *Model) onClick(msg tea.MouseClickMsg) tea.Cmd {
	if msg.Button != tea.MouseLeft {
		return nil
	}
	m.notice = notice{}
	m.stopAsking()
	if d := m.top(); d != nil {
		if c, ok := d.(clicker); ok {
			c.click(m, msg.X, msg.Y)
		}
		return nil
	}
	if f := m.shown().click; f != nil {
		return f(m, msg.X, msg.Y)
	}
	return nil
}

// walkClick focuses a pane of the walk and selects what was clicked.
func (m *Model) walkClick(x, y int) tea.Cmd {
	for p := range pane(numPanes) {
		if r := m.layout.panes[p]; r.holds(x, y) {
			m.focusOn(p)
			m.selectRow(p, y-r.y-1)
		}
	}
	return nil
}

// walkWheel scrolls the pane of the walk that is under the pointer.
func (m *Model) walkWheel(x, y, by int) {
	for p := range pane(numPanes) {
		if m.layout.panes[p].holds(x, y) {
			m.panes[p].scroll(by)
		}
	}
}

// walkPaste takes the answer that the walk waits for.
func (m *Model) walkPaste(text string) tea.Cmd {
	if m.live() && !m.awaitsDevice() && (m.waiting() || m.visit.reading.pending.Waiting) {
		return m.askPaste(text)
	}
	return m.nothingToPaste()
}

// onWheel scrolls the pane under the pointer, whichever has the focus.
func (m *Model) onWheel(msg tea.MouseWheelMsg) {
	by := 0
	switch msg.Button {
	case tea.MouseWheelUp:
		by = -3
	case tea.MouseWheelDown:
		by = 3
	default:
		return
	}
	if d := m.top(); d != nil {
		if s, ok := d.(scroller); ok {
			s.scroll(m, by)
		}
		return
	}
	if m.scrollWait(by) {
		return
	}
	if f := m.shown().wheel; f != nil {
		f(m, msg.X, msg.Y, by)
	}
}

// path puts a file name into the directory for copies, unless it says where it
// wants to be.
func (m *Model) path(name string) string {
	if filepath.IsAbs(name) || m.options.Dir == "" || filepath.Dir(name) != "." {
		return name
	}
	return filepath.Join(m.options.Dir, name)
}
