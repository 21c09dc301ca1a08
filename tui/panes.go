package tui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/flow"
)

// view is how a message is shown.
type view int

const (
	viewRows view = iota
	viewHeaders
	viewBody
	viewRaw
	numViews = iota
)

var viewNames = [numViews]string{"parameters", "headers", "body", "raw"}

// subject is what can be said about an item: it is what the explanation is
// about while the item is selected, and what is copied.
type subject struct {
	name, value        string
	what, who, without string
	expected           string // of a check
	source, link       string
	problem            string
	secret, pkce       bool
}

// content is what a pane shows.
type content struct {
	title string
	// note stands at the right end of the title.
	note     string
	doc      *doc
	subjects []subject // of the items, in order
}

// contentKey is what the content of the panes depends on. As long as it stays
// the same, nothing is made anew.
type contentKey struct {
	visit          int
	reading        int64
	step, exchange int
	view           view
	tokens, hide   bool
	diagram        bool
	live, running  bool
	w, h           int
	about          pane
	item           int
	// clock changes with what the clocks show.
	clock string
}

// paneState is a pane: what it shows and how far it is scrolled.
type paneState struct {
	content
	key    contentKey
	offset int
	item   int // selected item, from 1; 0 is none
	height int // rows in sight
}

// clamp keeps the offset inside the doc.
func (p *paneState) clamp() {
	if p.doc == nil {
		p.offset = 0
		return
	}
	p.offset = max(min(p.offset, p.doc.rows()-p.height), 0)
	p.item = min(p.item, len(p.subjects))
}

func (p *paneState) scroll(by int) {
	p.offset += by
	p.clamp()
}

// reveal scrolls as little as possible to bring rows from..to into sight.
func (p *paneState) reveal(from, to int) {
	if to > p.offset+p.height {
		p.offset = to - p.height
	}
	if from < p.offset {
		p.offset = from
	}
	p.clamp()
}

// bring is reveal for a selection that moves on: what it finds out of sight it
// puts a third of the way in, so that the next rows need no scrolling. A pane
// that is scrolled is sent whole.
func (p *paneState) bring(from, to int) {
	third := p.height / 3
	switch {
	case to > p.offset+p.height:
		p.offset = min(to-p.height+third, from)
	case from < p.offset:
		p.offset = max(from-third, to-p.height)
	}
	p.clamp()
}

// move goes to another item, or scrolls where there is none.
func (p *paneState) move(by int) {
	if p.doc == nil {
		return
	}
	next := p.item + by
	if p.item == 0 && by < 0 || next < 1 || next > len(p.subjects) {
		p.scroll(by)
		return
	}
	from, to := p.doc.itemRows(next)
	// An item that is far away is scrolled to a row at a time.
	if by > 0 && from >= p.offset+p.height || by < 0 && to <= p.offset {
		p.scroll(by)
		if from >= p.offset+p.height || to <= p.offset {
			return
		}
	}
	p.item = next
	p.bring(from, min(to, from+p.height))
	if next == 1 {
		p.offset = 0
	}
}

// subject is what the selected item is about.
func (p *paneState) subject() (subject, bool) {
	if p.item < 1 || p.item > len(p.subjects) {
		return subject{}, false
	}
	return p.subjects[p.item-1], true
}

// syncPane makes the content of a pane anew if it is in sight and its inputs
// changed.
func (m *Model) syncPane(p pane) {
	r := m.layout.inner(p)
	if r.empty() {
		return
	}
	s := &m.panes[p]
	s.height = r.h
	w := max(r.w-2, 1) // a column for the selection's mark, and one of air
	h := r.h
	switch {
	case p != paneRequest && p != paneResponse:
	case m.w < wideWidth && m.w >= pairWidth && !m.diagram:
		// Not what there is now: that depends on how many rows it makes of it.
		h = upperHeight(m.h - 2)
		h = choose(reads(m.focus), m.h-2-h, h) - 2
	case p == paneRequest && !m.whole():
		h = max(share(1<<16, m.h-2)-2, h)
	}
	key := m.contentKey(p, w, h)
	if key == s.key && s.doc != nil {
		s.clamp()
		return
	}
	other := key.step != s.key.step || key.exchange != s.key.exchange || key.visit != s.key.visit ||
		key.view != s.key.view || key.tokens != s.key.tokens || key.diagram != s.key.diagram ||
		key.item != s.key.item || key.about != s.key.about
	s.key = key
	s.content = m.content(p, w, h)
	s.doc.wrap(m.ruler, w)
	if other {
		s.offset, s.item = 0, 0
		if (p == m.focus || m.focus == paneAbout && p == m.about) && len(s.subjects) > 0 {
			s.item = 1
		}
		if m.diagram && !m.tellsBeside(p) {
			// A row of the lanes below the shown step says that it goes on.
			from, to := s.doc.itemRows(1)
			s.reveal(max(from-1, 0), to+1)
		}
	}
	s.clamp()
	m.refind(s)
}

// syncRail selects the step that is shown.
func (m *Model) syncRail() {
	if s := &m.panes[paneSteps]; s.doc != nil && !m.diagram {
		s.item = m.railItem()
		s.reveal(s.doc.itemRows(s.item))
	}
}

func (m *Model) contentKey(p pane, w, h int) contentKey {
	v := &m.visit
	k := contentKey{
		visit: v.number, reading: v.reading.number, step: v.step, exchange: v.exchange, hide: m.hide,
		diagram: m.diagram, live: m.live(), running: m.isRunning(), w: w, h: h,
	}
	switch p {
	case paneSteps:
		k.clock = m.clockText()
	case paneRequest, paneResponse:
		k.view, k.tokens = m.views[p], m.tokens
		if m.tokens {
			k.clock = m.tokenClockText()
		}
	case paneAbout:
		k.about, k.item = m.aboutItem()
		k.view, k.tokens = m.views[k.about], m.tokens // which change what the items are
	case paneExplain, paneFindings:
	}
	return k
}

// aboutItem is the item that has a pane of its own: the selected one of the
// message that has the focus, 0 for none. It stays while it is read about.
func (m *Model) aboutItem() (pane, int) {
	p := m.readOf()
	if p != paneRequest && p != paneResponse {
		return paneSteps, 0
	}
	s := &m.panes[p]
	now := m.contentKey(p, s.key.w, s.key.h)
	now.clock = s.key.clock
	if now != s.key {
		return paneSteps, 0 // it is a row of what was shown before
	}
	return p, s.item
}

// readOf is the pane that has the focus, or that had it before one that says
// something about it.
func (m *Model) readOf() pane { return choose(reads(m.focus), m.about, m.focus) }

// hasAbout says whether something is selected that can be read about.
func (m *Model) hasAbout() bool {
	_, item := m.aboutItem()
	return item > 0
}

// reads reports whether a pane says something about another one.
func reads(p pane) bool { return p == paneExplain || p == paneAbout || p == paneFindings }

func (m *Model) content(p pane, w, h int) content {
	if m.diagram {
		if m.tellsBeside(p) {
			return m.storyContent()
		}
		return m.diagramContent(w, h)
	}
	switch p {
	case paneSteps:
		return m.railContent(w)
	case paneRequest:
		switch {
		case m.tokens:
			return m.tokensContent(w)
		case m.whole():
			return m.valuesContent(w, h)
		}
		return m.requestContent(w, h)
	case paneResponse:
		return m.responseContent(w, h)
	case paneExplain:
		return m.explainContent()
	case paneAbout:
		return m.aboutContent()
	default:
		return m.findingsContent()
	}
}

// focusOn gives a pane the keys.
func (m *Model) focusOn(p pane) {
	if p == paneResponse && m.whole() {
		p = paneRequest
	}
	if reads(p) && !reads(m.focus) {
		m.about = m.focus
	}
	m.focus = p
	if s := &m.panes[p]; s.item == 0 && len(s.subjects) > 0 && p != paneSteps {
		s.item = 1
	}
}

// cycle goes round the focus ring.
func (m *Model) cycle(by int) {
	if m.diagram {
		m.diagram = false
		return
	}
	p := m.focus
	for range numPanes {
		p = pane((int(p) + by + numPanes) % numPanes)
		if (p != paneResponse || !m.whole()) && (p != paneAbout || m.hasAbout()) {
			break
		}
	}
	m.focusOn(p)
}

// move moves in the focused pane; in the rail it moves from step to step.
func (m *Model) move(by int) {
	if m.focus == paneSteps && !m.diagram {
		m.showStep(by)
		return
	}
	m.panes[m.focus].move(by)
}

// page turns the pages of the pane that has the keys, or of the story beside a
// diagram that is in sight as a whole.
func (m *Model) page(by int) {
	p := &m.panes[m.focus]
	if story := storyBeside(m.focus); m.tellsBeside(story) && p.doc != nil && p.doc.rows() <= p.height {
		p = &m.panes[story]
	}
	p.scroll(by * max(p.height-1, 1))
	p.follow()
}

func (m *Model) toEnd(end bool) {
	if m.focus == paneSteps && !m.diagram {
		m.showStep(choose(end, 1, -1) * len(m.visit.reading.report.Steps))
		return
	}
	p := &m.panes[m.focus]
	if p.doc == nil {
		return
	}
	p.scroll(choose(end, 1, -1) * p.doc.rows())
	p.follow()
}

// follow moves the selection into sight after scrolling.
func (p *paneState) follow() {
	if p.item == 0 || p.doc == nil {
		return
	}
	best := p.item
	for i := 1; i <= len(p.subjects); i++ {
		from, to := p.doc.itemRows(i)
		if to > p.offset && from < p.offset+p.height {
			best = i
			break
		}
	}
	if from, to := p.doc.itemRows(p.item); to <= p.offset || from >= p.offset+p.height {
		p.item = best
	}
}

// selectRow selects the item in a row of a pane.
func (m *Model) selectRow(p pane, row int) {
	s := &m.panes[p]
	if s.doc == nil || row < 0 || s.offset+row >= s.doc.rows() {
		return
	}
	i, _ := s.doc.at(s.offset + row)
	item := s.doc.line(i).item
	switch {
	case item == 0:
	case p == paneSteps:
		m.showStepAt(m.railStep(item))
	default:
		s.item = item
	}
}

// showStep looks at the step before or after, passing over hidden ones.
func (m *Model) showStep(by int) {
	steps := m.visit.reading.report.Steps
	at := m.visit.step
	for i, n := at, by; n != 0; {
		d := choose(n > 0, 1, -1)
		i += d
		if i < 0 || i >= len(steps) {
			break
		}
		if !m.hide || !steps[i].PKCE {
			at, n = i, n-d
		}
	}
	m.showStepAt(at)
}

func (m *Model) showStepAt(i int) {
	if i == m.visit.step || i < 0 {
		return
	}
	m.visit.step = i
	m.visit.follow = false
	m.visit.exchange = m.telling()
	if s, ok := m.step(); m.tokens && ok && len(s.Tokens) == 0 {
		m.tokens = false
	}
	if m.focus == paneResponse && m.whole() {
		m.focus = paneRequest
	}
}

// nextView changes the view of the message that has the focus, or of both.
func (m *Model) nextView() {
	p := m.focus
	if p != paneRequest && p != paneResponse {
		p = paneRequest
		if !m.whole() && !m.layout.panes[paneResponse].empty() {
			if e, ok := m.exchange(); ok && !e.Pending {
				p = paneResponse
			}
		}
	}
	msg := m.message(p)
	if msg == nil {
		return
	}
	for range numViews {
		m.views[p] = (m.views[p] + 1) % numViews
		if hasView(msg, m.views[p]) {
			return
		}
	}
}

func (m *Model) nextExchange(by int) {
	s, _ := m.step()
	n := len(s.Exchanges)
	m.visit.exchange = (m.visit.exchange + by + n) % n
}

func (m *Model) toggleTokens() {
	if m.tokens {
		m.tokens = false
		return
	}
	s, _ := m.step()
	if len(s.Tokens) == 0 {
		for i, s := range m.visit.reading.report.Steps {
			if len(s.Tokens) > 0 {
				m.showStepAt(i)
				break
			}
		}
	}
	m.tokens, m.diagram = true, false
	m.focus = paneRequest
}

func (m *Model) toggleDiagram() {
	m.diagram = !m.diagram
	if m.diagram {
		m.tokens = false
	}
}

func (m *Model) toggleHide() tea.Cmd {
	m.hide = !m.hide
	m.visit.step = m.visible(m.visit.step, 1)
	m.visit.exchange = m.telling()
	return m.reread()
}

// hasTokens says whether any step has decoded tokens.
func (m *Model) hasTokens() bool {
	for _, s := range m.visit.reading.report.Steps {
		if len(s.Tokens) > 0 {
			return true
		}
	}
	return false
}

// done says whether a step has been carried out.
func done(s flow.Status) bool { return s != flow.StatusPending && s != "" }
