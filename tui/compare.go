package tui

import (
	"context"
	"errors"

	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// compare is the screen of the twin runs: the same client, walked in lock-step
// with one difference.
type compare struct {
	number  int // results that carry another number are dropped
	back    screen
	config  flow.Config
	browser flow.Browser
	options CompareOptions
	twins   Twins
	changed chan struct{}
	ended   chan struct{}
	cancel  context.CancelFunc // nil when nothing is running
	runAll  bool

	read   inspect.Comparison
	reads  int
	more   bool // there is a step left
	reveal bool
	// flows are the other flows beside this one, once they were carried out;
	// onFlows says that they are shown.
	flows   *inspect.FlowComparison
	onFlows bool
	// awaits is the run whose browser is awaited.
	awaits struct {
		name, url string
		listening []string
	}

	tab   int // a step, or the result behind the last of them
	group int
	page  int
	panes [1]labPane
	shown compareKey
}

// compareKey is what the pane was made for.
type compareKey struct {
	number, reads, tab, group, page, w, h int
	running, onFlows, flows               bool
}

// CompareOptions say which runs a comparison has.
type CompareOptions struct {
	// Plain allows runs that send the verifier in the open, Probes the wrong
	// requests. Both are asked about before a real tenant sees them.
	Plain, Probes bool
}

type (
	comparedMsg struct {
		number int
		twins  Twins
		err    error
	}
	// comparisonMsg brings a reading; done says that a step ended with it.
	comparisonMsg struct {
		number int
		read   inspect.Comparison
		more   bool
		done   bool
		err    error
		awaits struct {
			name, url string
			listening []string
		}
	}
)

// comparePractice compares the runs of the practice tenant's client.
func (m *Model) comparePractice() tea.Cmd {
	c, b, err := m.options.Practice()
	if err != nil {
		m.open(newMessage("The practice tenant cannot start", err))
		return nil
	}
	return m.startCompare(c, b, CompareOptions{Plain: true, Probes: true})
}

// compareWalk compares the runs of the client that is on the screen. On a real
// tenant the person is asked first.
func (m *Model) compareWalk() tea.Cmd {
	v := &m.visit
	if v.config.Practice || v.walk == nil {
		return m.comparePractice()
	}
	c := m.withSecret(v.config)
	m.open(&question{
		title: "Compare on this tenant?",
		lines: []line{
			prose(toneText, 0, "Your own client is run several times, each with a sign-in; single sign-on usually makes the later ones silent."),
			{},
			prose(toneWarn, 0, "plain sends the verifier itself through the browser: whoever sees the address has it (RFC 7636 sections 4.2 and 7.2)."),
			{},
			prose(toneText, 0, "The probes send a wrong verifier, none, and a code twice, with your own client and account. They harm nobody; a tenant that watches its logs may ask about them."),
		},
		answers: []answer{
			{"y", "with plain", func(m *Model) tea.Cmd { return m.startCompare(c, m.options.Browser, CompareOptions{Plain: true}) }},
			{"n", "without plain", func(m *Model) tea.Cmd { return m.startCompare(c, m.options.Browser, CompareOptions{}) }},
			{"p", "with plain and probes", func(m *Model) tea.Cmd {
				return m.startCompare(c, m.options.Browser, CompareOptions{Plain: true, Probes: true})
			}},
		},
	})
	return nil
}

// startCompare begins a comparison and shows it.
func (m *Model) startCompare(c flow.Config, b flow.Browser, o CompareOptions) tea.Cmd {
	s := &m.compare
	back := s.back
	if m.screen != screenCompare {
		back = m.screen
	}
	s.end()
	*s = compare{
		number: s.number + 1, back: back, config: c, browser: b, options: o, reveal: s.reveal,
		changed: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	m.screen = screenCompare
	number, lab, changed := s.number, m.options.Lab, s.changed
	return func() tea.Msg {
		twins, err := lab.Compare(c, b, o, func() {
			select {
			case changed <- struct{}{}:
			default:
			}
		})
		return comparedMsg{number, twins, err}
	}
}

// end cancels and closes what is open.
func (s *compare) end() {
	if s.cancel != nil {
		s.cancel()
	}
	if s.twins != nil {
		_ = s.twins.Close()
		close(s.ended)
	}
	s.twins, s.cancel = nil, nil
}

func (msg comparedMsg) apply(m *Model) tea.Cmd {
	s := &m.compare
	if msg.number != s.number {
		if msg.twins != nil {
			_ = msg.twins.Close()
		}
		return nil
	}
	if msg.err != nil {
		m.screen = s.back
		m.open(newMessage("This comparison cannot start", msg.err))
		return nil
	}
	s.twins, s.more = msg.twins, true
	return tea.Batch(s.reread(false, nil), s.awaitNews())
}

// reread is a command that reads the comparison anew.
func (s *compare) reread(done bool, err error) tea.Cmd {
	number, twins, reveal := s.number, s.twins, s.reveal
	return func() tea.Msg { return readComparison(number, twins, reveal, done, err) }
}

func readComparison(number int, twins Twins, reveal, done bool, err error) comparisonMsg {
	msg := comparisonMsg{number: number, read: twins.Read(reveal), done: done, err: err}
	_, msg.more = twins.Pending()
	if name, url, listening, ok := twins.Waiting(); ok {
		msg.awaits.name, msg.awaits.url, msg.awaits.listening = name, url, listening
	}
	return msg
}

func (s *compare) awaitNews() tea.Cmd {
	number, twins, reveal, changed, ended := s.number, s.twins, s.reveal, s.changed, s.ended
	return func() tea.Msg {
		select {
		case <-changed:
			return readComparison(number, twins, reveal, false, nil)
		case <-ended:
			return nil
		}
	}
}

func (msg comparisonMsg) apply(m *Model) tea.Cmd {
	s := &m.compare
	if msg.number != s.number || s.twins == nil {
		return nil
	}
	if !msg.done && s.cancel == nil && s.reads > 0 && !s.more {
		return nil // news of a comparison that is over
	}
	s.read, s.more = msg.read, msg.more
	s.reads++
	s.awaits = msg.awaits
	if !msg.done {
		return s.awaitNews()
	}
	s.cancel = nil
	if msg.err != nil {
		s.runAll = false
		m.say(toneWarn, "Cancelled. Nothing is left listening; r starts over.")
		return nil
	}
	s.tab = m.doneTab()
	if s.runAll && s.more {
		return m.compareNext()
	}
	if !s.more {
		s.tab = m.resultTab()
		m.say(toneGood, "All runs are over.")
	}
	return nil
}

// tabs are the steps that are shown, the metadata left out: they are the same
// in all runs.
func (m *Model) compareSteps() []inspect.ComparedStep {
	var out []inspect.ComparedStep
	for _, s := range m.compare.read.Steps {
		if s.ID != flow.StepDiscovery {
			out = append(out, s)
		}
	}
	return out
}

func (m *Model) resultTab() int { return len(m.compareSteps()) }

// doneTab is the last step that any run has come through.
func (m *Model) doneTab() int {
	at := 0
	for i, s := range m.compareSteps() {
		for _, status := range s.Statuses {
			if status == flow.StatusOK || status == flow.StatusFailed {
				at = i
			}
		}
	}
	return at
}

// compareNext carries out the next step in every run.
func (m *Model) compareNext() tea.Cmd {
	s := &m.compare
	if s.twins == nil || s.cancel != nil || !s.more {
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	number, twins, reveal := s.number, s.twins, s.reveal
	return func() tea.Msg {
		err := twins.Next(ctx)
		cancel()
		return readComparison(number, twins, reveal, true, err)
	}
}

// compareEnter goes on: the next step of the runs, or of what is shown.
func (m *Model) compareEnter() tea.Cmd {
	s := &m.compare
	if s.onFlows {
		s.onFlows = false
		return nil
	}
	if s.more && s.tab >= m.doneTab() {
		return m.compareNext()
	}
	s.tab = min(s.tab+1, m.resultTab())
	return nil
}

func (m *Model) compareAll() tea.Cmd {
	m.compare.runAll = true
	return m.compareNext()
}

func (m *Model) compareAgain() tea.Cmd {
	s := &m.compare
	return m.startCompare(s.config, s.browser, s.options)
}

func (m *Model) compareReveal() tea.Cmd {
	s := &m.compare
	s.reveal = !s.reveal
	s.read = s.twins.Read(s.reveal)
	s.reads++
	return nil
}

// flowsMsg brings the flows side by side.
type flowsMsg struct {
	number int
	flows  inspect.FlowComparison
	err    error
}

// compareFlows shows the other flows beside this one, and the runs again.
func (m *Model) compareFlows() tea.Cmd {
	s := &m.compare
	s.onFlows = !s.onFlows
	if !s.onFlows || s.flows != nil || s.cancel != nil {
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	number, lab := s.number, m.options.Lab
	return func() tea.Msg {
		flows, err := lab.Flows(ctx)
		cancel()
		return flowsMsg{number, flows, err}
	}
}

func (msg flowsMsg) apply(m *Model) tea.Cmd { //nolint:unparam // The signature is labMsg's.
	s := &m.compare
	if msg.number != s.number {
		return nil
	}
	s.cancel = nil
	switch {
	case errors.Is(msg.err, context.Canceled):
		s.onFlows = false
		m.say(toneWarn, "Cancelled.")
	case msg.err != nil:
		s.onFlows = false
		m.open(newMessage("The flows could not be compared", msg.err))
	default:
		s.flows = &msg.flows
	}
	return nil
}

// compareGroup shows the methods, the traps or the probes.
func (m *Model) compareGroup() tea.Cmd {
	s := &m.compare
	s.group, s.page = (s.group+1)%len(m.compareGroups()), 0
	return nil
}

// compareGroups are the groups of columns that there are.
func (m *Model) compareGroups() []string {
	var out []string
	for _, r := range m.compare.read.Runs {
		if len(out) == 0 || out[len(out)-1] != r.Group() {
			out = append(out, r.Group())
		}
	}
	if len(out) == 0 {
		return []string{""}
	}
	return out
}

func (m *Model) comparePage(by int) tea.Cmd {
	s := &m.compare
	pages := len(m.comparePages())
	s.page = (s.page + by + pages) % pages
	return nil
}

func (m *Model) leaveCompare() tea.Cmd {
	s := &m.compare
	switch {
	case s.cancel != nil:
		s.runAll = false
		s.cancel()
		return nil
	case s.onFlows:
		s.onFlows = false
		return nil
	}
	s.end()
	m.screen = s.back
	return nil
}

// onComparePaste hands a pasted address to the run that waits for it.
func (m *Model) onComparePaste(text string) tea.Cmd {
	twins := m.compare.twins
	if twins == nil || m.compare.awaits.name == "" {
		m.say(toneFaint, "There is nothing to paste into here.")
		return nil
	}
	return func() tea.Msg {
		if err := twins.Paste(text); err != nil {
			return saidMsg{explainError(err), toneBad}
		}
		return saidMsg{"Taken.", toneGood}
	}
}

// compareWaitSheet is shown while a run waits for a person's own browser.
func (m *Model) compareWaitSheet() sheet {
	s := &m.compare
	out := sheet{title: "Waiting for the browser", width: min(84, m.w-8), foot: []string{"y", "copy address", "esc", "cancel", "?", "help"}}
	out.lines = []line{
		{spans: []span{{"Run  ", toneFaint}, {s.awaits.name, toneStrong}}},
		{},
		prose(toneText, 0, "Sign in there; this goes on by itself when the answer arrives. An address that the browser ends on can be pasted here."),
		{},
		plain(toneLink, inspect.Clean(s.awaits.url)),
	}
	for _, l := range s.awaits.listening {
		out.lines = append(out.lines, plain(toneFaint, "on "+inspect.Clean(l)))
	}
	return out
}

// compareWaiting says whether a person has to do something in a browser now.
func (m *Model) compareWaiting() bool {
	s := &m.compare
	return m.screen == screenCompare && s.cancel != nil && s.awaits.url != "" && (s.browser == nil || !s.browser.Played())
}
