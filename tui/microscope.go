package tui

import (
	"context"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/inspect"
)

// The token microscope: the parts of a token beside the octets that they come
// from, its claims, and every check. A token can be changed, to see which
// checks notice, and laid beside another one. It sends nothing.

// microPane names a pane of the microscope.
type microPane int

// The panes, in the order of the focus ring.
const (
	microHeader microPane = iota
	microPayload
	microSignature
	microClaims
	microChecks
	numMicroPanes = iota
)

// microscope is what lies under the microscope.
type microscope struct {
	specimens []inspect.Specimen
	at        int
	// specimen is the one that is shown, with what was changed in it; whole is
	// how it was read before the change.
	specimen inspect.Specimen
	token    inspect.Token
	whole    inspect.Token
	tampered int    // of inspect.Tamperings, from 1; 0 is none of them
	change   string // what was changed, in words

	// A token of a run is checked against that run, a pasted one against what
	// the person says.
	pasted  bool
	against inspect.DecodeOptions
	keys    string // where the keys of against are from, as it was typed
	text    string
	number  int // of what is shown; keys that come for another one are dropped

	revealed bool
	readable bool // the parts are shown as text, not as octets
	unfolded map[string]bool

	// beside is the specimen that the shown one is compared with.
	comparing bool
	beside    *inspect.Specimen

	back  screen
	focus microPane
	panes [numMicroPanes]paneState
	rects [numMicroPanes]rect
	// clock is what the countdowns say; empty when nothing counts.
	clock string
	live  bool
}

// keysMsg brings the keys that a pasted token is checked with.
type keysMsg struct {
	number int
	keys   []byte
	err    error
}

func (m *Model) openMicroscope(back screen) {
	s := &m.micro
	*s = microscope{back: s.back, number: s.number + 1}
	if m.screen != screenMicroscope {
		s.back = back
	}
	m.screen = screenMicroscope
	m.notice = notice{}
}

// microscopeEmpty waits for a token to be pasted.
func (m *Model) microscopeEmpty() tea.Cmd {
	m.openMicroscope(m.screen)
	m.micro.pasted, m.micro.live, m.micro.focus = true, true, microClaims
	return nil
}

// microscopeOfWalk puts the tokens of the shown run under the microscope, the
// selected one first.
func (m *Model) microscopeOfWalk() tea.Cmd {
	name := ""
	if m.tokens {
		if c, ok := m.panes[paneRequest].subject(); ok {
			name = c.name
		}
	}
	o := inspect.Options{}
	if m.live() {
		o.Now = m.now()
	}
	all := inspect.SpecimensOf(m.visit.reading.transcript, o)
	if len(all) == 0 {
		m.say(toneWarn, "This run has no token that could be taken apart.")
		return nil
	}
	reveal := m.visit.reveal
	m.openMicroscope(m.screen)
	s := &m.micro
	s.specimens, s.revealed, s.live = all, reveal, m.live()
	s.focus = microClaims
	for i, x := range all {
		if x.Name() == name {
			s.at = i
		}
	}
	s.take(all[s.at])
	return nil
}

// microscopePaste takes a token from what was pasted: the first one, or the
// second of a comparison.
func (m *Model) microscopePaste(text string) tea.Cmd {
	s := &m.micro
	o := s.against
	o.Now = m.now()
	found, all := inspect.FindSpecimens(text, o)
	switch {
	case len(all) == 0:
		m.say(toneWarn, "There is no token in what was pasted. A token is a long word in three parts with points between them, or a member such as id_token of a token response.")
		return nil
	case s.comparing && len(s.specimens) > 0:
		s.beside = &all[0]
		s.redraw()
	default:
		// A run that was looked at is left; esc still leads back to it.
		back, keys, against := s.back, s.keys, s.against
		m.openMicroscope(back)
		s.pasted, s.live, s.text = true, true, text
		s.keys, s.against = keys, against
		s.specimens, s.focus = all, microClaims
		s.take(all[0])
	}
	m.say(toneGood, fmt.Sprintf("Read from %s.", found))
	return nil
}

// take shows a specimen as it is.
func (s *microscope) take(x inspect.Specimen) {
	s.change, s.tampered = "", 0
	s.see(x)
	s.whole = s.token
	s.unfolded = map[string]bool{}
	for i := range s.panes {
		s.panes[i].offset, s.panes[i].item = 0, 0
	}
}

// see reads a specimen anew.
func (s *microscope) see(x inspect.Specimen) {
	s.specimen, s.token = x, x.Read(s.revealed)
	s.redraw()
}

// redraw has the panes made anew.
func (s *microscope) redraw() {
	for i := range s.panes {
		s.panes[i].doc = nil
	}
}

func (m *Model) whyNoSpecimen() string {
	return choose(len(m.micro.specimens) > 0, "", "There is no token yet: paste one.")
}

func (m *Model) whyNoChange() string {
	s := &m.micro
	switch {
	case len(s.specimens) == 0:
		return m.whyNoSpecimen()
	case s.comparing:
		return "Leave the comparison first."
	}
	return choose(s.token.Kind == "jwt", "", "Only a signed token can be changed to see who notices.")
}

func (m *Model) microscopeTamper(by int) tea.Cmd {
	s := &m.micro
	ways := inspect.Tamperings()
	for range ways {
		s.tampered = (s.tampered + by + len(ways) + 1) % (len(ways) + 1)
		if s.tampered == 0 {
			return m.microscopeOriginal()
		}
		way := ways[s.tampered-1]
		if x, ok := s.specimens[s.at].Tamper(way); ok {
			s.change = way.Title()
			s.see(x)
			s.panes[microChecks].offset = 0
			return nil
		}
	}
	s.tampered = 0
	m.say(toneWarn, "This token is not whole, or is masked in the file, so it cannot be changed.")
	return nil
}

func (m *Model) microscopeOriginal() tea.Cmd {
	s := &m.micro
	s.change, s.tampered = "", 0
	s.see(s.specimens[s.at])
	return nil
}

// microscopeEdit asks for another value of the selected claim, or of alg.
func (m *Model) microscopeEdit() tea.Cmd {
	s := &m.micro
	name, value, claim := "alg", "none", true
	if c, ok := s.panes[microClaims].subject(); ok && s.focus == microClaims {
		name, value = c.name, c.value
	} else {
		claim = false
	}
	f := &form{
		title: "Change the token", action: "change",
		intro:  choose(claim, "The claim ", "The member of the header ") + name + ". The signature stays as it is: nobody but the provider can make another.",
		fields: []*field{textField("value", "Value", value, "JSON, or a text as it is.")},
		submit: func(m *Model, f *form) tea.Cmd {
			m.shut()
			x, ok := m.micro.specimen.Set(name, f.get("value"), claim)
			if !ok {
				m.say(toneWarn, "This token is not whole, or is masked in the file, so it cannot be changed.")
				return nil
			}
			m.micro.tampered, m.micro.change = 0, name+" changed"
			m.micro.see(x)
			m.micro.panes[microChecks].offset = 0
			return nil
		},
	}
	m.open(f.start())
	return nil
}

// microscopeType asks for the token in a form, for terminals that cannot
// paste by themselves.
func (m *Model) microscopeType() tea.Cmd {
	f := &form{
		title: "A token", action: "read",
		intro:  "A bare token, \"Bearer …\", a JSON token response, a URL, or any text with tokens in it. Nothing is sent anywhere.",
		fields: []*field{secretField("token", "Token", "It is masked while it is typed.")},
		submit: func(m *Model, f *form) tea.Cmd {
			m.shut()
			return m.microscopePaste(f.get("token"))
		},
	}
	m.open(f.start())
	return nil
}

func (m *Model) whyNoAgainst() string {
	return choose(m.micro.pasted, "", "The run itself says what is expected of its tokens.")
}

// microscopeAgainst asks what a pasted token is to be checked against.
func (m *Model) microscopeAgainst() tea.Cmd {
	s := &m.micro
	f := &form{
		title: "What is expected", action: "check",
		intro: "What is left empty is not known, and the checks that need it say so.",
		fields: []*field{
			textField("issuer", "Issuer", s.against.Issuer, "As in the provider's metadata."),
			textField("client", "Client ID", s.against.ClientID, "The audience of an ID token."),
			textField("nonce", "Nonce", s.against.Nonce, "What the request had."),
			textField("keys", "Keys", s.keys, "A file, an address, or a key set itself."),
		},
		submit: func(m *Model, f *form) tea.Cmd {
			m.shut()
			s := &m.micro
			s.against.Issuer, s.against.ClientID, s.against.Nonce = f.get("issuer"), f.get("client"), f.get("nonce")
			keys := f.get("keys")
			if keys != s.keys {
				s.keys, s.against.JWKS = keys, nil
			}
			if strings.HasPrefix(keys, "{") || strings.HasPrefix(keys, "-----BEGIN ") {
				s.against.JWKS = []byte(keys)
			}
			s.reread(m.now())
			read, number := m.options.ReadKeys, s.number
			if keys == "" || s.against.JWKS != nil || read == nil {
				return nil
			}
			m.say(toneHere, "Reading the keys…")
			return func() tea.Msg {
				b, err := read(context.Background(), keys)
				return keysMsg{number, b, err}
			}
		},
	}
	m.open(f.start())
	return nil
}

func (m *Model) onKeys(msg keysMsg) {
	s := &m.micro
	switch {
	case msg.number != s.number || m.screen != screenMicroscope:
	case msg.err != nil:
		m.say(toneBad, explainError(msg.err))
	default:
		s.against.JWKS = msg.keys
		s.reread(m.now())
		m.say(toneGood, "The keys were read.")
	}
}

// reread checks what was pasted against other expectations.
func (s *microscope) reread(now time.Time) {
	if s.text == "" {
		return
	}
	o := s.against
	o.Now = now
	_, s.specimens = inspect.FindSpecimens(s.text, o)
	unfolded := s.unfolded
	s.take(s.specimens[s.at])
	s.unfolded = unfolded
}

func (m *Model) whyNoOtherToken() string {
	s := &m.micro
	if len(s.specimens) < 2 {
		return "There is no other token here."
	}
	return ""
}

// microscopeNext goes to another token; in a comparison to another one beside.
func (m *Model) microscopeNext(by int) tea.Cmd {
	s := &m.micro
	n := len(s.specimens)
	if s.comparing {
		at := 0
		for i := range s.specimens {
			if s.beside != nil && s.specimens[i].Raw() == s.beside.Raw() {
				at = i
			}
		}
		s.beside = &s.specimens[(at+by+n)%n]
		s.redraw()
		return nil
	}
	s.at = (s.at + by + n) % n
	s.take(s.specimens[s.at])
	return nil
}

// microscopeCompare lays the token beside another one: what it was before the
// change, the next of the run, or one that is pasted now.
func (m *Model) microscopeCompare() tea.Cmd {
	s := &m.micro
	s.comparing = !s.comparing
	s.beside = nil
	s.unfolded = map[string]bool{}
	s.focus = microClaims
	s.panes[microClaims].offset, s.panes[microClaims].item = 0, 0
	s.redraw()
	switch {
	case !s.comparing:
	case s.change != "":
		s.beside = &s.specimens[s.at]
	case len(s.specimens) > 1:
		s.beside = &s.specimens[(s.at+1)%len(s.specimens)]
	}
	return nil
}

func (m *Model) microscopeReveal() tea.Cmd {
	s := &m.micro
	s.revealed = !s.revealed
	s.see(s.specimen)
	s.whole = s.token
	if s.change != "" {
		s.whole = s.specimens[s.at].Read(s.revealed)
	}
	return nil
}

func (m *Model) microscopeView() tea.Cmd {
	s := &m.micro
	s.readable = !s.readable
	for _, i := range []microPane{microHeader, microPayload, microSignature} {
		s.panes[i].doc, s.panes[i].offset = nil, 0
	}
	return nil
}

// microscopeUnfold shows all of the selected value, or again its beginning.
func (m *Model) microscopeUnfold() tea.Cmd {
	s := &m.micro
	p := &s.panes[microClaims]
	c, ok := p.subject()
	if !ok || s.focus != microClaims {
		m.say(toneFaint, "Select a claim first: tab goes to the claims, ↑ and ↓ choose one.")
		return nil
	}
	s.unfolded[c.name] = !s.unfolded[c.name]
	p.doc = nil
	return nil
}

func (m *Model) microscopeCopy() tea.Cmd {
	s := &m.micro
	what, text := s.token.Name, s.token.Value
	if c, ok := s.panes[microClaims].subject(); ok && s.focus == microClaims {
		what, text = c.name, c.value
	}
	masked := ""
	if strings.Contains(text, "●●●●") {
		masked = " Secrets in it are masked; x reveals them."
	}
	m.say(toneGood, fmt.Sprintf("Sent to the clipboard: %s.%s", what, masked))
	return tea.SetClipboard(text)
}

func (m *Model) microscopeLeave() tea.Cmd {
	s := &m.micro
	if s.comparing {
		return m.microscopeCompare()
	}
	m.screen = s.back
	m.micro = microscope{number: s.number + 1} // what was pasted is not kept
	return nil
}

func (m *Model) microscopeCycle(by int) tea.Cmd {
	s := &m.micro
	if !s.comparing && len(s.specimens) > 0 {
		s.focus = microPane((int(s.focus) + by + numMicroPanes) % numMicroPanes)
	}
	return nil
}

func (m *Model) microscopeMove(by int) tea.Cmd {
	m.micro.panes[m.micro.focus].move(by)
	return nil
}

func (m *Model) microscopePage(by int) tea.Cmd {
	p := &m.micro.panes[m.micro.focus]
	p.scroll(by * max(p.height-1, 1))
	p.follow()
	return nil
}

func (m *Model) microscopeEnd(by int) tea.Cmd {
	p := &m.micro.panes[m.micro.focus]
	if p.doc != nil {
		p.scroll(by * p.doc.rows())
		p.follow()
	}
	return nil
}

func (m *Model) microscopeClick(x, y int) {
	s := &m.micro
	for i := range s.rects {
		if r := s.rects[i]; r.holds(x, y) {
			s.focus = microPane(i)
			p := &s.panes[i]
			if row := p.offset + y - r.y - 1; p.doc != nil && row >= p.offset && row < p.doc.rows() {
				n, _ := p.doc.at(row)
				if item := p.doc.line(n).item; item > 0 {
					p.item = item
				}
			}
		}
	}
}

func (m *Model) microscopeWheel(x, y, by int) {
	for i := range m.micro.rects {
		if m.micro.rects[i].holds(x, y) {
			m.micro.panes[i].scroll(by)
		}
	}
}
