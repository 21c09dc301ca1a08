package tui

import (
	"context"
	"errors"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// The doctor's screen: what will go wrong with a client, looked for before
// anybody signs in. What it shows is what `pkcescope doctor --json` prints.

// Examiner looks at a client before anybody signs in. With probe, the provider
// is asked about it.
type Examiner func(ctx context.Context, c flow.Config, probe bool) (inspect.Checkup, error)

// checkup is what stands on the doctor's screen.
type checkup struct {
	number int // results that carry another number are dropped
	config flow.Config
	read   *inspect.Checkup // nil until it is there
	probed bool
	cancel func()
	back   screen
	// panes are the checkup and, in a wide window, whom it is about.
	panes [2]labPane
	// drawn is the pane as it was laid out: it is made anew when that changes.
	drawn struct{ state, w, h int }
	state int
}

// checkedMsg brings a checkup.
type checkedMsg struct {
	number  int
	checkup inspect.Checkup
	probed  bool
	err     error
}

func (m *Model) whyNoDoctor() string {
	return choose(m.options.Examine != nil, "", "There is no doctor in this program.")
}

// openDoctor looks at a client, without asking its provider about it.
func (m *Model) openDoctor(c flow.Config) tea.Cmd {
	d := &m.checkup
	if m.screen != screenDoctor {
		d.back = m.screen
	}
	m.screen = screenDoctor
	m.notice = notice{}
	c = m.withSecret(c)
	d.config, d.read, d.probed = c, nil, false
	return m.examine(false)
}

// examine carries a checkup out.
func (m *Model) examine(probe bool) tea.Cmd {
	d := &m.checkup
	d.end()
	ctx, cancel := context.WithCancel(context.Background())
	d.cancel = cancel
	d.number++
	d.state++
	number, c, examine := d.number, d.config, m.options.Examine
	return func() tea.Msg {
		checkup, err := examine(ctx, c, probe)
		cancel()
		return checkedMsg{number, checkup, probe, err}
	}
}

// end cancels what is under way.
func (d *checkup) end() {
	if d.cancel != nil {
		d.cancel()
	}
	d.cancel = nil
}

func (msg checkedMsg) apply(m *Model) tea.Cmd { //nolint:unparam // The signature is labMsg's.
	d := &m.checkup
	if msg.number != d.number {
		return nil
	}
	d.cancel = nil
	d.state++
	switch {
	case errors.Is(msg.err, context.Canceled):
		m.say(toneWarn, "Cancelled.")
	case msg.err != nil:
		m.open(newMessage("This client cannot be looked at", msg.err))
	default:
		d.read, d.probed = &msg.checkup, msg.probed
	}
	return nil
}

// practisedMsg brings the practice tenant's client, to be looked at.
type practisedMsg struct {
	config flow.Config
	err    error
}

// checkPractice looks at the practice tenant's client.
func (m *Model) checkPractice() tea.Cmd {
	m.say(toneHere, "Starting the practice tenant…")
	practice := m.options.Practice
	return func() tea.Msg {
		c, _, err := practice()
		return practisedMsg{c, err}
	}
}

func (msg practisedMsg) apply(m *Model) tea.Cmd {
	if msg.err != nil {
		m.open(newMessage("The practice tenant cannot start", msg.err))
		return nil
	}
	return m.openDoctor(msg.config)
}

// whyNoCheck says why the selected entry of the home screen cannot be checked.
func (m *Model) whyNoCheck() string {
	switch m.home.entries[m.home.at].kind {
	case entryProfile:
	case entryPractice:
		if m.options.Practice == nil {
			return "There is no practice tenant in this program."
		}
	default:
		return "Choose the practice tenant or a saved profile first."
	}
	return m.whyNoDoctor()
}

// checkChosen looks at the client of the selected entry.
func (m *Model) checkChosen() tea.Cmd {
	e := m.home.entries[m.home.at]
	if e.kind == entryPractice {
		return m.checkPractice()
	}
	c, err := m.options.Profiles.Load(e.name)
	if err != nil {
		m.open(newMessage("This profile cannot be read", err))
		return nil
	}
	return m.withKept(c, (*Model).checkWithout)
}

// checkWithout looks at a client, and says of a secret that the keyring did not
// give.
func (m *Model) checkWithout(c flow.Config, kept error) tea.Cmd {
	cmd := m.openDoctor(c)
	if kept != nil {
		m.say(toneWarn, "It is looked at without its secret. "+explainError(kept))
	}
	return cmd
}

func (m *Model) whyNoWalkCheck() string {
	if !m.live() {
		return "This is a saved transcript: its client cannot be looked at from here."
	}
	return m.whyNoDoctor()
}

// checkWalk looks at the client of the walk.
func (m *Model) checkWalk() tea.Cmd {
	c := m.visit.config
	c.Edits = m.visit.reading.transcript.Config.Edits
	return m.openDoctor(c)
}

// newCheckForm asks for the client that the doctor is to look at.
func newCheckForm(m *Model) *form {
	f := newTenantForm(m, flow.Config{}, "")
	f.title, f.action = "Check before signing in", "check"
	f.extra, f.extraFoot = nil, nil
	f.submit = func(m *Model, f *form) tea.Cmd {
		cmd, _ := m.examineTenant(f, flow.Config{})
		return cmd
	}
	return f
}

// askProbe asks before the provider is: it learns which client is meant.
func (m *Model) askProbe() tea.Cmd {
	c := m.checkup.config
	m.open(&question{
		title:   "Ask the provider about this client?",
		lines:   append([]line{prose(toneStrong, 0, "About the "+inspect.NameClient(c)+"."), {}}, probeLines(c)...),
		answers: []answer{{"enter", "ask", func(m *Model) tea.Cmd { return m.examine(true) }}},
	})
	return nil
}

// probeLines say what asking the provider sends, and what it is worth.
func probeLines(c flow.Config) []line {
	return []line{
		prose(toneText, 0, "This sends "+inspect.ProbeInWords(c)+". Nobody signs in, and nothing is tried in series. The provider's log will show what was sent."),
		{},
		prose(toneFaint, 0, "What is concluded from the answers is called likely: no provider documents the order of its checks."),
	}
}

func (m *Model) whyNotExamined() string {
	switch {
	case m.checkup.cancel != nil:
		return "It is being looked at; esc stops that."
	case m.checkup.config.ClientID == "":
		return "There is no client yet."
	}
	return ""
}

func (m *Model) leaveDoctor() tea.Cmd {
	if m.checkup.cancel != nil {
		m.checkup.cancel()
		return nil
	}
	m.screen = m.checkup.back
	return nil
}

func (m *Model) syncDoctor() {
	d := &m.checkup
	now := struct{ state, w, h int }{d.state, m.w, m.h}
	if d.panes[0].doc != nil && d.drawn == now {
		return
	}
	keep := d.drawn.state == d.state && d.panes[0].doc != nil
	d.drawn = now
	body := rect{0, 1, m.w, max(m.h-2, 0)}
	d.panes[1].r = rect{}
	if m.w >= besideWidth {
		var side rect
		body, side = body.left(m.w * 13 / 20)
		d.panes[1].set(m, side, d.client(), keep)
	}
	d.panes[0].set(m, body, content{title: "Before anybody signs in", note: d.note(), doc: &doc{lines: d.lines()}}, keep)
}

// both are the panes of the screen.
func (d *checkup) both() []*labPane { return []*labPane{&d.panes[0], &d.panes[1]} }

// client is what is looked at, as it was set, and what asking the provider
// would send.
func (d *checkup) client() content {
	c := d.config
	out := &doc{}
	for _, f := range [][2]string{
		{"Issuer", choose(c.Issuer != "", c.Issuer, c.Provider.AuthorizationEndpoint)},
		{"Client ID", c.ClientID},
		{"Platform", string(c.Platform)},
		{"Redirect URI", c.RedirectURI},
		{"Scopes", strings.Join(c.Scopes, " ")},
		{"PKCE method", string(c.Method)},
		{"Client authentication", string(c.AuthMethod)},
	} {
		if f[1] != "" {
			out.lines = append(out.lines, line{spans: []span{{fmt.Sprintf("%-23s", f[0]), toneName}, {inspect.Clean(f[1]), toneText}}, hang: 23})
		}
	}
	if !d.probed {
		out.lines = append(append(out.lines, line{}, heading("Asking the provider", "p")), probeLines(c)...)
	}
	return content{title: "The client", doc: out}
}

// note says in the frame how it stands.
func (d *checkup) note() string {
	if d.read == nil {
		return ""
	}
	fails, warns := 0, 0
	for _, l := range d.read.Lines {
		switch l.Verdict {
		case inspect.VerdictFail:
			fails++
		case inspect.VerdictWarn:
			warns++
		case inspect.VerdictOK:
		}
	}
	return fmt.Sprintf("%d fail · %d warn · %d ok", fails, warns, len(d.read.Lines)-fails-warns)
}

// lines lay a checkup out: what fails first, then what may, then the rest.
func (d *checkup) lines() []line {
	c := d.config
	head := prose(toneFaint, 0, "The "+inspect.NameClient(c)+".")
	if d.read == nil {
		return []line{head, {}, prose(toneText, 0, "Reading the metadata and the keys. Nothing else is sent.")}
	}
	end := map[inspect.Verdict]tone{inspect.VerdictOK: toneGood, inspect.VerdictWarn: toneWarn, inspect.VerdictFail: toneBad}[d.read.Verdict]
	lines := []line{prose(end, 0, d.read.Conclusion())}
	if !d.probed {
		lines = append(lines, prose(toneFaint, 0, choose(d.read.Verdict == inspect.VerdictOK, "", "The provider was not asked about this client. ")+"p asks it, without signing anybody in."))
	}
	lines = append(lines, head)
	name := 0
	for _, l := range d.read.Lines {
		name = max(name, len(l.ID))
	}
	for _, kind := range []struct {
		verdict inspect.Verdict
		mark    string
		tone    tone
	}{{inspect.VerdictFail, "✗ fail  ", toneBad}, {inspect.VerdictWarn, "▲ warn  ", toneWarn}, {inspect.VerdictOK, "✓ ok    ", toneGood}} {
		first := true
		for _, l := range d.read.Lines {
			if l.Verdict != kind.verdict {
				continue
			}
			if first || l.Verdict != inspect.VerdictOK {
				lines = append(lines, line{})
			}
			first = false
			hang := 8 + name + 2
			lines = append(lines, line{spans: []span{
				{kind.mark, kind.tone},
				{fmt.Sprintf("%-*s  ", name, l.ID), toneKey},
				{l.What, choose(l.Verdict == inspect.VerdictOK, toneText, toneStrong)},
			}, hang: hang, prose: true})
			if l.Why != "" {
				lines = append(lines, prose(toneText, 8, l.Why))
			}
			if l.Try != "" {
				lines = append(lines, line{spans: []span{{"        Try: ", toneGood}, {l.Try, toneText}}, hang: 8, prose: true})
			}
		}
	}
	return lines
}

func (m *Model) doctorRows(p *painter) []string {
	tags := []span{}
	if m.checkup.cancel != nil {
		tags = append(tags, span{"looking…", toneHere})
	}
	return m.labRows(p, "doctor · what will go wrong", tags, m.checkup.both(), scrolled(m.checkup.both()))
}

func newDoctorCommands() []command {
	read := readCommands(4, 0, func(m *Model) *labPane { all := m.checkup.both(); return all[scrolled(all)] })
	commands := append([]command{
		{
			Binding: bind("enter", "enter", "walk it"), group: "Doctor", foot: 1,
			long: "Walk the flow with this client.",
			why:  (*Model).whyNotExamined,
			do:   func(m *Model) tea.Cmd { return m.startWalk(m.checkup.config) },
		},
		{
			Binding: bind("p", "p", "ask the provider"), group: "Doctor", foot: 2,
			long: "Ask the provider whether it knows this client, its redirect URI and its tenant, without signing in. It is confirmed first.",
			why:  (*Model).whyNotExamined, do: (*Model).askProbe,
		},
		{
			Binding: bind("r", "r", "look again"), group: "Doctor", foot: 3,
			long: "Look again, in the same way.",
			why:  (*Model).whyNotExamined, do: func(m *Model) tea.Cmd { return m.examine(m.checkup.probed) },
		},
	}, read...)
	return append(commands, []command{
		{
			Binding: bind("esc ctrl+x", "esc", "back"), group: "Program", foot: 88,
			long:  "Stop looking; else leave this screen.",
			label: func(m *Model) string { return choose(m.checkup.cancel != nil, "cancel", "back") },
			do:    (*Model).leaveDoctor,
		},
	}...)
}
