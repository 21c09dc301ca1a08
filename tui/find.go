package tui

import (
	"fmt"
	"maps"
	"slices"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
)

// search is what is sought, in which pane, and where it was found.
type search struct {
	typing bool
	// screen and pane say where: a search on one screen is none on another.
	screen  screen
	pane    int
	input   field
	text    string
	hits    []hit
	current int
	// from is where the pane was scrolled to when the search began, and folded
	// what was unfolded then.
	from   int
	folded map[string]bool
}

// sought is the pane that is searched, nil if it is on another screen.
func (m *Model) sought() *paneState {
	switch s := &m.search; {
	case s.screen != m.screen:
		return nil
	case s.screen == screenMicroscope:
		return &m.micro.panes[s.pane].paneState
	default:
		return &m.panes[s.pane]
	}
}

func (m *Model) startFind() tea.Cmd {
	s := search{typing: true, screen: m.screen, pane: int(m.focus)}
	if m.screen == screenMicroscope {
		s.pane, s.folded = int(m.micro.focus), maps.Clone(m.micro.unfolded)
		m.microscopeReadable()
	}
	in := textinput.New()
	in.Prompt = ""
	in.SetVirtualCursor(false)
	in.SetWidth(4096)
	in.Focus()
	s.input = field{input: in}
	m.search = s
	m.search.from = m.sought().offset
	return nil
}

func (m *Model) onFindKey(msg tea.Msg) tea.Cmd {
	s := &m.search
	if k, ok := msg.(tea.KeyPressMsg); ok {
		switch k.String() {
		case "esc":
			m.sought().offset = s.from
			m.endFind()
			return nil
		case "enter":
			s.typing = false
			if len(s.hits) == 0 {
				m.say(toneWarn, fmt.Sprintf("%q is not in this pane.", s.text))
				m.search = search{}
			}
			return nil
		case "down", "ctrl+n":
			m.nextHit(1)
			return nil
		case "up", "ctrl+p":
			m.nextHit(-1)
			return nil
		}
	}
	s.input.input, _ = s.input.input.Update(msg)
	if text := s.input.input.Value(); text != s.text {
		s.text = text
		m.sought().offset = s.from
		if s.screen == screenMicroscope {
			m.microscopeUnfoldFound(text)
		}
		m.refind(m.sought())
		m.nearestHit()
	}
	return nil
}

// endFind ends the search; what it unfolded is folded again.
func (m *Model) endFind() {
	if m.search.screen == screenMicroscope && m.screen == screenMicroscope && m.search.typing {
		m.micro.unfolded = m.search.folded
		m.micro.panes[microClaims].doc = nil
	}
	m.search = search{}
}

// refind looks again in a pane whose content has changed.
func (m *Model) refind(p *paneState) {
	s := &m.search
	if p != m.sought() {
		return
	}
	if s.hits = nil; s.text == "" || p.doc == nil {
		return
	}
	s.hits = p.doc.find(s.text)
	s.current = max(min(s.current, len(s.hits)-1), 0)
}

// nearestHit goes to the first place at or below what is in sight.
func (m *Model) nearestHit() {
	s, p := &m.search, m.sought()
	if len(s.hits) == 0 {
		return
	}
	s.current = max(slices.IndexFunc(s.hits, func(h hit) bool { return p.doc.rowOf(h.line, h.from) >= p.offset }), 0)
	m.showHit()
}

func (m *Model) showHit() {
	s, p := &m.search, m.sought()
	h := s.hits[s.current]
	row := p.doc.rowOf(h.line, h.from)
	// With some rows around it, so that it is read in its place.
	p.reveal(max(row-2, 0), min(row+3, p.doc.rows()))
	if item := p.doc.line(h.line).item; item > 0 && p != &m.panes[paneSteps] {
		p.item = item
	}
}

func (m *Model) whyNoHit() string {
	if len(m.search.hits) == 0 || m.sought() == nil {
		return "Nothing is being sought. / finds text in the pane."
	}
	return ""
}

func (m *Model) nextHit(by int) {
	s := &m.search
	if len(s.hits) == 0 {
		return
	}
	if s.screen == screenMicroscope {
		m.micro.focus = microPane(s.pane)
	} else {
		m.focus = pane(s.pane)
	}
	s.current = (s.current + by + len(s.hits)) % len(s.hits)
	m.showHit()
	if !s.typing {
		m.say(toneText, s.place())
	}
}

// place says which of the places found is the current one.
func (s *search) place() string {
	switch n := len(s.hits); {
	case s.text == "":
		return ""
	case n == 0:
		return "not found"
	case n == mostHits:
		return fmt.Sprintf("%d of %d or more", s.current+1, n)
	default:
		return fmt.Sprintf("%d of %d", s.current+1, n)
	}
}
