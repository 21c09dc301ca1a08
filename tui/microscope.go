package tui

import (
	"fmt"
	"strings"

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
	panes [numMicroPanes]labPane
	// clock is what the countdowns say; empty when nothing counts.
	clock string
	live  bool
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

// microscopeReadable shows a part as text, where it has one: what is sought is
// text, and rows of octets would cut it.
func (m *Model) microscopeReadable() {
	if s := &m.micro; !s.readable && !s.comparing && (s.focus == microHeader || s.focus == microPayload) {
		m.microscopeView()
		m.syncMicroscope()
	}
}

// microscopeUnfoldFound unfolds the values that hold a text, so that it is
// found in them too. A letter or two stand in every one.
func (m *Model) microscopeUnfoldFound(text string) {
	s := &m.micro
	if s.focus != microClaims || s.comparing || len(text) < 3 {
		return
	}
	index, before := indexFold(strings.ToLower(text)), len(s.unfolded)
	for _, c := range s.token.Claims {
		if !s.unfolded[c.Name] && len(c.Text) > foldRows && index(c.Text) >= 0 {
			s.unfolded[c.Name] = true
		}
	}
	if len(s.unfolded) != before {
		s.panes[microClaims].doc = nil
		m.syncMicroscope()
	}
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
	switch {
	case m.search.text != "" && m.sought() != nil:
		m.endFind()
		return nil
	case s.comparing:
		return m.microscopeCompare()
	}
	m.screen = s.back
	m.micro = microscope{number: s.number + 1} // what was pasted is not kept
	return nil
}

func (m *Model) microscopeCycle(by int) tea.Cmd {
	s := &m.micro
	if !s.comparing && len(s.specimens) > 0 && s.token.Kind != "opaque" {
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

// all are the panes, in their order.
func (s *microscope) all() []*labPane {
	all := make([]*labPane, 0, numMicroPanes)
	for i := range s.panes {
		all = append(all, &s.panes[i])
	}
	return all
}

func (m *Model) microscopeClick(x, y int) tea.Cmd {
	s := &m.micro
	i, row := labClick(s.all(), x, y)
	if i < 0 {
		return nil
	}
	s.focus = microPane(i)
	p := &s.panes[i]
	if p.doc == nil || row < p.offset || row >= p.doc.rows() {
		return nil
	}
	n, _ := p.doc.at(row)
	if item := p.doc.line(n).item; item > 0 {
		p.item = item
	}
	return nil
}
