package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// awaitsDevice says whether the step that comes next asks, again and again,
// whether the person is done on another device.
func (m *Model) awaitsDevice() bool {
	r := m.visit.reading
	return r.transcript.Config.Device && r.more && r.pending.Step == flow.StepToken
}

// userCode is the code that the person types there, as it is.
func (m *Model) userCode() string {
	code, _ := m.visit.reading.transcript.Step(flow.StepDevice).Value("user_code")
	return code
}

// devicePage is the address of the page where it is typed.
func (m *Model) devicePage() string {
	s := m.visit.reading.transcript.Step(flow.StepDevice)
	page, ok := s.Value("verification_uri_complete")
	if !ok {
		page, _ = s.Value("verification_uri")
	}
	return page
}

// deviceSheet is what is shown while the walk waits for another device.
func (m *Model) deviceSheet() sheet {
	v := &m.visit
	s := sheet{title: "Waiting for the other device", width: min(84, m.w-8), offset: v.scrolled}
	keys := []string{"y", "copy address", "c", "copy code", "Q", "QR code", "esc", "cancel", "?", "help"}
	if m.whyNoBrowser() == "" {
		keys = append([]string{"o", "open"}, keys...)
	}
	s.foot = keys
	row := func(name, value string, t tone) {
		s.lines = append(s.lines, line{spans: []span{{fill(m, name, 12), toneFaint}, {value, t}}, hang: 12, prose: true})
	}
	s.lines = append(s.lines,
		prose(toneText, 0, "Open the page in any browser, on any device, type the code, and sign in; this goes on by itself."), line{})
	row("Code", inspect.Clean(m.userCode()), toneStrong)
	page := m.devicePage()
	address := line{spans: []span{{fill(m, "Page", 12), toneFaint}, {inspect.Clean(page), toneLink}}, hang: 12}
	if isASCII(page) && inspect.Clean(page) == page {
		address.link = page
	}
	s.lines = append(s.lines, address, line{})
	polls := len(v.reading.transcript.Step(flow.StepToken).Exchanges)
	row("Asked", choose(polls == 0, "not yet", choose(polls == 1, "once", itoa(polls)+" times")+"; nobody has signed in yet"), toneText)
	row("Elapsed", elapsed(int(m.now().Sub(v.since).Seconds())), toneText)
	for _, k := range v.reading.report.Clocks {
		if left, t := timeLeft(k.Ends.Sub(m.now())); strings.HasPrefix(k.Name, "User") {
			row("Expires in", left, t)
		}
	}
	if v.browsers != nil {
		if err := v.browsers.problem(); err != nil {
			s.lines = append(s.lines, line{},
				prose(toneWarn, 0, "No browser was opened: "+strings.TrimSuffix(inspect.Clean(explainError(err)), ".")+". Any other browser will do."))
		}
	}
	return s
}

func (m *Model) whyNoUserCode() string {
	if !m.awaitsDevice() || m.userCode() == "" {
		return "There is no code to type in this walk."
	}
	return ""
}

func (m *Model) copyUserCode() tea.Cmd {
	m.say(toneGood, "Sent to the clipboard: the code. If it did not arrive, select it on the screen.")
	return tea.SetClipboard(m.userCode())
}
