package tui

import (
	"fmt"
	"slices"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
)

// search is what is sought, in which pane, and where it was found.
type search struct {
	typing  bool
	pane    pane
	input   field
	text    string
	hits    []hit
	current int
	// from is where the pane was scrolled to when the search began.
	from int
}

func (m *Model) startFind() tea.Cmd {
	in := textinput.New()
	in.Prompt = ""
	in.SetVirtualCursor(false)
	in.SetWidth(4096)
	in.Focus()
	m.search = search{typing: true, pane: m.focus, input: field{input: in}, from: m.panes[m.focus].offset}
	return nil
}

func (m *Model) onFindKey(msg tea.Msg) tea.Cmd {
	s := &m.search
	if k, ok := msg.(tea.KeyPressMsg); ok {
		switch k.String() {
		case "esc":
			m.panes[s.pane].offset = s.from
			m.search = search{}
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
		m.panes[s.pane].offset = s.from
		m.refind(s.pane)
		m.nearestHit()
	}
	return nil
}

// refind looks again in a pane whose content has changed.
func (m *Model) refind(p pane) {
	s := &m.search
	if p != s.pane || s.text == "" || m.panes[p].doc == nil {
		if p == s.pane {
			s.hits = nil
		}
		return
	}
	s.hits = m.panes[p].doc.find(s.text)
	s.current = max(min(s.current, len(s.hits)-1), 0)
}

// nearestHit goes to the first place at or below what is in sight.
func (m *Model) nearestHit() {
	s, p := &m.search, &m.panes[m.search.pane]
	if len(s.hits) == 0 {
		return
	}
	s.current = max(slices.IndexFunc(s.hits, func(h hit) bool { return p.doc.rowOf(h.line, h.from) >= p.offset }), 0)
	m.showHit()
}

func (m *Model) showHit() {
	s, p := &m.search, &m.panes[m.search.pane]
	h := s.hits[s.current]
	row := p.doc.rowOf(h.line, h.from)
	// With some rows around it, so that it is read in its place.
	p.reveal(max(row-2, 0), min(row+3, p.doc.rows()))
	if item := p.doc.line(h.line).item; item > 0 && s.pane != paneSteps {
		p.item = item
	}
}

func (m *Model) whyNoHit() string {
	if len(m.search.hits) == 0 {
		return "Nothing is being sought. / finds text in the pane."
	}
	return ""
}

func (m *Model) nextHit(by int) {
	s := &m.search
	if len(s.hits) == 0 {
		return
	}
	m.focus = s.pane
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
