package tui

import (
	"fmt"
	"strings"
)

// syncMicroscope lays the microscope out and makes what its panes show, unless
// it is there already: a key in a token of a megabyte costs no more than in a
// small one.
func (m *Model) syncMicroscope() {
	s := &m.micro
	for _, p := range s.all() {
		p.r = rect{}
	}
	if m.w < leastWidth || m.h < leastHeight {
		return
	}
	if clock := m.microscopeClock(); clock != s.clock {
		s.clock = clock
		s.panes[microClaims].doc = nil
	}
	body := rect{0, 1, m.w, m.h - 2}
	switch {
	case len(s.specimens) == 0 || s.comparing || s.token.Kind == "opaque":
		s.focus = microClaims
		s.panes[microClaims].r = body
	case m.w >= 120 && body.h >= 24:
		m.microscopeWide(body)
	case m.w >= 80 && body.h >= 20:
		m.microscopeStacked(body)
	default:
		s.panes[s.focus].r = body
	}
	for i := range microPane(numMicroPanes) {
		m.microscopeFill(i)
	}
}

// partWidth is what a pane needs for nine octets in a row, and partsWidth how
// wide a window has to be for eighteen in a row of the payload.
const (
	partWidth  = 3*16 + 3 + 4
	partsWidth = 190
)

// microscopeWide has the parts side by side, claims and checks below.
//
//	┌header┐┌payload───┐┌signature┐
//	└──────┘└──────────┘└─────────┘
//	┌claims──────────┐┌checks─────┐
//	└────────────────┘└───────────┘
func (m *Model) microscopeWide(body rect) {
	s := &m.micro
	top, bottom := body.top(max(body.h/3, 8))
	// Nine octets in a row are what the header needs; the payload is longer.
	header := body.w / 3
	if body.w >= partsWidth {
		header = partWidth
	}
	s.panes[microHeader].r, top = top.left(header)
	s.panes[microPayload].r, s.panes[microSignature].r = top.left(choose(body.w >= partsWidth, 2*partWidth, header))
	s.panes[microClaims].r, s.panes[microChecks].r = bottom.left(body.w * 11 / 20)
}

// microscopeStacked has the panes under each other: of those that have not the
// keys the first row is seen.
func (m *Model) microscopeStacked(body rect) {
	s := &m.micro
	const least = 3
	for i := range microPane(numMicroPanes) {
		h := choose(i == s.focus, body.h-least*(numMicroPanes-1), least)
		s.panes[i].r = rect{body.x, body.y, body.w, h}
		body.y += h
	}
}

func (m *Model) microscopeFill(i microPane) {
	s := &m.micro
	p := &s.panes[i]
	r := p.r.inner()
	if r.empty() {
		return
	}
	w := max(r.w-2, 1)
	p.height = r.h
	if p.doc == nil || p.doc.width != w {
		p.content = m.microscopeContent(i, w)
		p.doc.wrap(m.ruler, w)
		m.refind(&p.paneState)
	}
	if p.item == 0 && i == s.focus && len(p.subjects) > 0 {
		p.item = 1
	}
	p.clamp()
}

// microscopeClock is what the countdowns say.
func (m *Model) microscopeClock() string {
	if !m.micro.live || m.micro.comparing {
		return ""
	}
	var b strings.Builder
	for _, c := range m.micro.token.Claims {
		if !c.Time.IsZero() {
			b.WriteString(m.fromNow(c.Time) + " ")
		}
	}
	return b.String()
}

func (m *Model) microscopeContent(i microPane, w int) content {
	s := &m.micro
	switch {
	case len(s.specimens) == 0:
		return microscopeWelcome()
	case s.comparing:
		return m.microscopeComparison(w)
	case s.token.Kind == "opaque":
		return m.microscopeOpaque()
	case i == microClaims:
		return m.microscopeClaims(w)
	case i == microChecks:
		return m.microscopeChecks()
	}
	return m.microscopePart(i, w)
}

func microscopeWelcome() content {
	d := &doc{lines: []line{
		prose(toneStrong, 0, "Paste a token here."),
		{},
		prose(toneText, 0, "A bare token, \"Bearer …\", a JSON token response, a URL with tokens in it, or any text that holds some. Broken ones are read as far as they go. p opens a field, for a terminal that cannot paste by itself."),
		{},
		prose(toneFaint, 0, "Nothing is sent anywhere and nothing is kept. The signature is masked, so that the screen can be shown; the claims are not."),
	}}
	return content{title: "Token microscope", doc: d}
}

// microscopeRows draws the microscope.
func (m *Model) microscopeRows(p *painter) []string {
	s := &m.micro
	var tags []span
	if n := len(s.specimens); n > 0 {
		which := choose(n > 1, fmt.Sprintf(" (%d of %d)", s.at+1, n), "")
		tags = append(tags, span{s.token.Name + which, toneStrong}, span{choose(s.pasted, choose(s.against.Run != nil, "pasted, beside the run", "pasted"), "of the run"), toneBar})
	}
	if s.change != "" {
		tags = append(tags, span{"changed", toneWarn})
	}
	if s.revealed {
		tags = append(tags, span{"secrets shown", toneWarn})
	}
	tags = append(tags, span{"nothing is sent", toneFaint})
	return m.labRows(p, "Token microscope", tags, s.all(), int(s.focus))
}
