package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// authorizeURL is the address that the browser has to open, as it is.
func (m *Model) authorizeURL() string {
	if m.visit.reading.transcript.Config.Device {
		return m.devicePage()
	}
	u, _ := m.visit.reading.transcript.Step(flow.StepAuthorize).Value("url")
	return u
}

// waitSheet is what is shown while the walk waits for a browser.
func (m *Model) waitSheet() sheet {
	if m.awaitsDevice() {
		return m.deviceSheet()
	}
	v := &m.visit
	s := sheet{title: "Waiting for the browser", width: min(84, m.w-8), offset: v.scrolled}
	keys := []string{"y", "copy address", "Q", "QR code", "p", "paste answer", "esc", "cancel", "?", "help"}
	if m.whyNoBrowser() == "" {
		keys = append([]string{"o", "open"}, keys...)
	}
	s.foot = keys
	switch {
	case m.landing() != "":
		s.lines = append(s.lines, prose(toneText, 0, "The played browser has signed in, and ended on an address where nobody listens. p takes it out of its address bar and hands it over."), line{})
	case len(v.reading.pending.Listening) == 0 && inspect.HandOver(v.config) != "":
		s.lines = append(s.lines, prose(toneText, 0, inspect.HandOver(v.config)), line{})
	default:
		s.lines = append(s.lines, prose(toneText, 0, "Sign in there; this goes on by itself when the answer arrives."), line{})
	}
	if v.browsers != nil {
		if err := v.browsers.problem(); err != nil {
			s.lines = append(s.lines,
				prose(toneWarn, 0, "No browser was opened: "+strings.TrimSuffix(inspect.Clean(explainError(err)), ".")+". Open the address below in any browser; if that is on another machine, paste the answer with p."), line{})
		}
	}
	if hint := m.remoteHint(); hint != "" {
		s.lines = append(s.lines, prose(toneText, 0, hint), line{})
	}
	listening := "nobody; p takes the answer"
	if l := v.reading.pending.Listening; len(l) > 0 {
		listening = "on " + strings.Join(l, " and ")
	}
	s.lines = append(s.lines,
		line{spans: []span{{"Listening  ", toneFaint}, {inspect.Clean(listening), toneText}}, hang: 11, prose: true},
		line{spans: []span{{"Elapsed    ", toneFaint}, {elapsed(int(m.now().Sub(v.since).Seconds())), toneText}}})
	if f := m.certificate(); f != "" {
		half := len(f) / 2 // in two lines of the same length, to be compared
		s.lines = append(s.lines,
			line{spans: []span{{"SHA-256    ", toneFaint}, {f[:half], toneText}}, hang: 11},
			line{spans: []span{{blanks[:11], toneFaint}, {f[half+1:], toneText}}, hang: 11},
			prose(toneWarn, 0, "The browser will warn of this certificate: it was made for this run. Compare the fingerprint, then go on to localhost, or paste the address that the warning stands at."))
	}
	for _, e := range m.strays() {
		s.lines = append(s.lines, line{spans: []span{{"Arrived    ", toneFaint}, {e.Label, toneWarn}, {"; still waiting", toneText}}, hang: 11, prose: true})
	}
	if u := m.authorizeURL(); u != "" {
		// Whole, because people copy it by hand; even a masked challenge would
		// make it useless.
		address := plain(toneLink, inspect.Clean(u))
		if isASCII(u) && address.text() == u { // else it holds what a terminal could obey
			address.link = u
		}
		s.lines = append(s.lines, line{}, address)
	}
	if next := m.inBrowser(); len(next) > 0 && m.h >= 36 {
		s.lines = append(s.lines, line{}, heading("You will see in the browser", ""))
		for _, t := range next {
			s.lines = append(s.lines, line{spans: []span{{"· ", toneFaint}, {t, toneText}}, hang: 2, prose: true})
		}
	}
	if s.hidden(m) > 0 {
		s.foot = append([]string{"↑↓", "scroll"}, s.foot...)
	}
	return s
}

// scrollWait moves in what is said while waiting, if the window does not hold
// all of it.
func (m *Model) scrollWait(by int) bool {
	if !m.waiting() {
		return false
	}
	s := m.waitSheet()
	most := s.hidden(m)
	if most <= 0 {
		return false
	}
	m.visit.scrolled = max(min(m.visit.scrolled+by, most), 0)
	return true
}

// inBrowser is what the person meets in the browser: the authorize step knows,
// while the callback is waited for.
func (m *Model) inBrowser() []string {
	for _, s := range m.visit.reading.report.Steps {
		if s.ID == flow.StepAuthorize {
			return m.seenNext(s)
		}
	}
	return nil
}

// seenNext is what the person will see after a step, whose browser may be
// played.
func (m *Model) seenNext(s inspect.Step) []string {
	if b := m.visit.browsers; s.Played == "" || b == nil || !b.Played() {
		return s.Next
	}
	return append([]string{s.Played}, s.Next...)
}

// remoteHint says how the answer gets here when the terminal is at another
// machine: its browser's localhost is not this one.
func (m *Model) remoteHint() string {
	l := m.visit.reading.pending.Listening
	if m.options.SSH == "" || len(l) == 0 {
		return ""
	}
	port := l[0][strings.LastIndex(l[0], ":")+1:]
	return "You are here over SSH, so the browser's localhost is another machine. Sign in where you sit and paste with p the address that it ends on; or forward the port first, there: ssh -L " +
		port + ":localhost:" + port + " " + inspect.Clean(m.options.SSH)
}

// certificate is the fingerprint of the https callback's certificate, or "".
func (m *Model) certificate() string {
	f, _ := m.visit.reading.transcript.Step(flow.StepAuthorize).Value(flow.CertificateValue)
	return inspect.Clean(f)
}

// strays are requests that arrived and were not what is waited for.
func (m *Model) strays() []inspect.Exchange {
	s, ok := m.step()
	if !ok {
		return nil
	}
	var out []inspect.Exchange
	for _, e := range s.Exchanges {
		if e.Verdict != "" && e.Verdict != flow.VerdictAccepted {
			out = append(out, e)
		}
	}
	return out[max(len(out)-3, 0):]
}

func elapsed(s int) string { return fmt.Sprintf("%d:%02d", s/60, s%60) }

func (m *Model) whyNoBrowser() string {
	switch {
	case m.options.Browser == nil:
		return "There is no browser to open here. y copies the address."
	case m.authorizeURL() == "":
		return "There is no address yet."
	}
	return ""
}

// openBrowser opens the address in the person's own browser, again if need be.
func (m *Model) openBrowser() tea.Cmd {
	b, u := m.options.Browser, m.authorizeURL()
	m.say(toneGood, "Opening the browser…")
	return func() tea.Msg {
		if err := b.Open(ctxBackground, u, func(flow.Exchange) {}); err != nil {
			return saidMsg{"The browser did not open: " + inspect.Clean(explainError(err)), toneBad}
		}
		return nil
	}
}

func (m *Model) copyURL() tea.Cmd {
	m.say(toneGood, "Sent to the clipboard: the address. If it did not arrive, select it on the screen.")
	return tea.SetClipboard(m.authorizeURL())
}

// askPaste takes a redirect URL or a code by hand.
func (m *Model) askPaste(text string) tea.Cmd {
	f := &form{
		title: "Paste the answer", action: "hand over",
		intro:  "The whole address that the browser ended on, even if its page says that it cannot be reached; or the code alone.",
		fields: []*field{textField("answer", "Answer", strings.TrimSpace(text), "")},
		check: func(_ *form, _, value string) string {
			return choose(value == "", "Paste the address from the browser's address bar.", "")
		},
		submit: func(m *Model, f *form) tea.Cmd {
			m.shut()
			return m.paste(f.get("answer"))
		},
	}
	m.open(f.start())
	return nil
}
