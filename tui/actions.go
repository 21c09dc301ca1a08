package tui

import (
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// ctxBackground is for what outlives a step: opening a browser by hand.
var ctxBackground = context.Background()

// What the keys of the walk do, and why they sometimes do not.

func (m *Model) whyNotLive() string {
	switch {
	case !m.live():
		return "This is a saved transcript: it can be read, not run."
	case m.isRunning():
		return "A step is running; esc stops it."
	}
	return ""
}

func (m *Model) whyNoEnter() string {
	switch {
	case m.isRunning():
		return "A step is running; esc stops it."
	case m.visit.reading.number == 0:
		return "One moment."
	case m.atPending():
		return ""
	case m.lastStep() && !m.visit.reading.more:
		return choose(m.live(), "The walk is complete. r runs it again, s saves it, E exports it, esc goes home.", "This was the last step. ← goes back through them.")
	}
	return ""
}

func (m *Model) whyNoRunAll() string {
	if why := m.whyNotLive(); why != "" {
		return why
	}
	return choose(m.visit.reading.more, "", "Nothing is left to run. r runs it again.")
}

// lastStep says whether no step follows the shown one.
func (m *Model) lastStep() bool {
	steps := m.visit.reading.report.Steps
	for i := m.visit.step + 1; i < len(steps); i++ {
		if !m.hide || !steps[i].PKCE {
			return false
		}
	}
	return true
}

// enter carries out the pending step, or goes on to it when another is shown.
// Of a file it goes from step to step.
func (m *Model) enter() tea.Cmd {
	switch {
	case m.atPending() || m.live() && m.hide && m.hiddenSteps()[m.visit.reading.pending.Step]:
		return m.next()
	case !m.live():
		m.showStep(1)
	case m.visit.reading.more:
		m.showPending()
		m.tokens = false
		if m.focus == paneResponse || m.focus == paneFindings {
			m.focus = paneSteps
		}
	default:
		m.showStep(1)
	}
	return nil
}

// enterLabel is the word for enter: what it will do now.
func (m *Model) enterLabel() string {
	s, _ := m.step()
	switch {
	case !m.live():
		return "next step"
	case !m.atPending() && m.visit.reading.more:
		return "go on"
	case s.Status == flow.StatusFailed || s.Status == flow.StatusCancelled:
		return "try again"
	case m.visit.reading.pending.Waiting:
		return "receive"
	case m.awaitsDevice():
		return "ask for the tokens"
	case m.visit.reading.pending.Request != nil:
		return "send"
	case m.visit.reading.more:
		return "carry out"
	}
	return "next step"
}

func (m *Model) whyNoEdit() string {
	if why := m.whyNotLive(); why != "" {
		return why
	}
	p := m.visit.reading.pending
	switch {
	case !m.visit.reading.more:
		return "Nothing is left to send. b goes back to a step."
	case !m.atPending():
		return "This step is done or not reached yet. Only the next request can be edited; b makes this step the next one."
	case p.Request == nil && len(p.Values) == 0:
		return "This step sends nothing that could be edited."
	case p.Request == nil && p.Step != flow.StepVerifier:
		return "This step sends nothing; edit the request that carries its values."
	}
	return ""
}

func (m *Model) whyNoBack() string {
	if why := m.whyNotLive(); why != "" {
		return why
	}
	if m.backTo() < 0 {
		return "No step is done yet."
	}
	return ""
}

// backTo is the step to go back to: the shown one if it is done, else the last
// one that is. -1 if there is none.
func (m *Model) backTo() int {
	steps := m.visit.reading.report.Steps
	if s, ok := m.step(); ok && (done(s.Status) || s.Instead) && !m.atPending() {
		return m.sendable(m.visit.step)
	}
	last := -1
	for i, s := range steps {
		if m.visit.reading.more && s.ID == m.visit.reading.pending.Step {
			break
		}
		if s.Status == flow.StatusOK && !(m.hide && s.PKCE) {
			last = i
		}
	}
	return m.sendable(last)
}

// sendable is the step at i, or where that is the callback of a played browser
// the one before: the browser has gone, and has to be sent off again.
func (m *Model) sendable(i int) int {
	steps := m.visit.reading.report.Steps
	if i > 0 && steps[i].ID == flow.StepCallback && m.visit.browsers.Played() {
		return i - 1
	}
	return i
}

// backLabel is the word for going back: nobody has been yet to a step that was
// passed over, or is offered in place of others.
func (m *Model) backLabel() string {
	s, _ := m.step()
	switch {
	case s.Instead:
		return "take this step"
	case m.canTake(s):
		return "take it" // beside all that enter may be called, in 80 columns
	}
	return "back"
}

// canTake reports whether s was passed over and can still be carried out.
func (m *Model) canTake(s inspect.Step) bool {
	return s.Status == flow.StatusSkipped && s.Optional && m.whyNoBack() == ""
}

func (m *Model) back() tea.Cmd {
	m.tokens = false
	return m.rewind(m.visit.reading.report.Steps[m.backTo()].ID)
}

func (m *Model) whyNoSkip() string {
	if why := m.whyNotLive(); why != "" {
		return why
	}
	if !m.visit.reading.more || !m.visit.reading.pending.Optional {
		return "Only optional steps can be skipped."
	}
	return ""
}

func (m *Model) skip() tea.Cmd {
	return m.work(func(_ context.Context, w Walker) error { return w.Skip() })
}

func (m *Model) whyNoSettings() string {
	switch {
	case !m.live():
		return "This is a saved transcript: it has no settings to change."
	case m.isRunning():
		return "A step is running; esc stops it."
	}
	return ""
}

func (m *Model) whyNoSwitch() string {
	switch {
	case !m.live():
		return "This is a saved transcript: no browser is needed."
	case m.visit.browsers == nil || m.visit.browsers.played == nil:
		return "Your own browser is used already; the played one exists for the practice tenant only."
	case m.isRunning():
		return "A step is running; esc stops it."
	}
	return ""
}

// switchBrowser goes between the played browser and the person's own.
func (m *Model) switchBrowser() tea.Cmd {
	b := m.visit.browsers
	own := !b.useOwn.Load()
	b.useOwn.Store(own)
	m.say(toneGood, choose(own,
		choose(m.options.Browser != nil, "Your own browser will open for the sign-in.",
			"You will sign in yourself: the address will be shown, to open in any browser."),
		"The browser is played: the program signs in by itself and shows every hop."))
	return nil
}

func (m *Model) whyNoFocus(p pane) string {
	if p == paneResponse && m.whole() {
		return "This step has no response."
	}
	if p == paneAbout && !m.hasAbout() {
		return "Nothing is selected. tab goes to the request; what is selected there is explained."
	}
	return ""
}

func (m *Model) whyNoView() string {
	if m.diagram {
		return "The diagram has one view; esc closes it."
	}
	if m.tokens || m.message(paneRequest) == nil {
		return "There is no message here to look at in another way."
	}
	return ""
}

func (m *Model) whyNoExchange() string {
	if s, _ := m.step(); len(s.Exchanges) < 2 {
		return "This step has only one request."
	}
	return ""
}

func (m *Model) whyNoTokens() string {
	if !m.tokens && !m.hasTokens() {
		return choose(m.live(), "There are no tokens yet.", "There are no tokens in this run.")
	}
	return ""
}

func (m *Model) toggleReveal() tea.Cmd {
	m.visit.reveal = !m.visit.reveal
	m.say(choose(m.visit.reveal, toneWarn, toneGood),
		choose(m.visit.reveal, "Secrets are shown in clear. x masks them.", "Secrets are masked."))
	return m.reread()
}

func (m *Model) cancelStep() tea.Cmd {
	if m.visit.cancel != nil {
		m.visit.cancel()
		m.say(toneFaint, "Stopping…")
	}
	return nil
}

// escape undoes what is nearest.
func (m *Model) escape() tea.Cmd {
	switch {
	case m.isRunning():
		return m.cancelStep()
	case m.search.text != "":
		m.search = search{}
	case m.diagram:
		m.diagram = false
	case m.tokens:
		m.tokens = false
	default:
		m.screen = m.visit.back
		m.home.load(m.options.Profiles)
	}
	return nil
}

func (m *Model) escLabel() string {
	switch {
	case m.isRunning():
		return "cancel"
	case m.search.text != "":
		return "end search"
	case m.diagram, m.tokens:
		return "close"
	}
	return choose(m.visit.back == screenHome, "home", "back")
}

// whose says whose walk it is, what people tell apart first coming first.
func (m *Model) whose() string { return strings.Join(m.whoseParts(), " · ") }

func (m *Model) whoseParts() []string {
	v := &m.visit
	c := v.reading.transcript.Config
	if c.ClientID == "" {
		c = v.config
	}
	platform := string(c.Platform)
	if strings.Contains(c.Name, "("+platform+")") {
		platform = "" // the practice tenant's registrations say it
	}
	parts := []string{}
	for _, s := range []string{
		fileBase(v.file), choose(c.Practice, "practice tenant", ""), c.Name, choose(c.Device, "device code", methodName(c.Method)),
		hostOf(c.Issuer, c.Practice), platform, shortID(c.ClientID),
	} {
		if s != "" {
			parts = append(parts, inspect.Clean(s))
		}
	}
	return parts
}

// fileBase is the name of a file without its directory; of none it is "".
func fileBase(path string) string {
	if path == "" {
		return ""
	}
	return filepath.Base(path)
}

// shortID is enough of a GUID to tell it from another.
func shortID(id string) string {
	if len(id) == 36 {
		return id[:8] + "…"
	}
	return id
}

func methodName(m flow.Method) string {
	switch m {
	case flow.MethodOmitted:
		return "method omitted"
	case flow.MethodNone:
		return "no PKCE"
	default:
		return string(m)
	}
}

// hostOf is the part of an issuer that people know it by.
func hostOf(issuer string, practice bool) string {
	if practice {
		return ""
	}
	return strings.TrimPrefix(strings.TrimPrefix(issuer, "https://"), "http://")
}

func asFlowError(err error) (*flow.Error, bool) {
	var fe *flow.Error
	ok := errors.As(err, &fe)
	return fe, ok
}

func itoa(n int) string { return strconv.Itoa(n) }

func atoi(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil
}
