package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// home is the first screen: where to go.
type home struct {
	entries []entry
	at      int
	// steps are those that every run has, for the picture under the title.
	steps []inspect.Step
	// problem is why the profiles could not be read.
	problem string
}

// entry is one thing to start.
type entry struct {
	kind       entryKind
	name, note string
}

type entryKind int

const (
	entryPractice entryKind = iota
	entryTenant
	entryProfile
	entryFile
	entryBench
	entryCompare
	entryTheatre
	entryMicroscope
	entryDiagnose
	entryDoctor
	entryLabs
	entryLessons
	entryPresent
)

// load lists what can be started.
func (h *home) load(p Profiles) {
	h.steps = nil
	for _, s := range inspect.Read(flow.Transcript{}, inspect.Options{}).Steps {
		if !s.Optional {
			h.steps = append(h.steps, s)
		}
	}
	h.entries = []entry{
		{entryPractice, "Practice tenant", "on this machine: no account, no network"},
		{entryTenant, "My tenant", "Microsoft Entra ID or any OpenID provider"},
	}
	if p != nil {
		names, err := p.Names()
		if err != nil {
			h.problem = explainError(err)
		}
		for _, n := range names {
			note := ""
			if c, err := p.Load(n); err != nil {
				note = "cannot be read: " + explainError(err)
			} else {
				note = describe(c)
			}
			h.entries = append(h.entries, entry{entryProfile, n, note})
		}
	}
	h.entries = append(h.entries, entry{entryFile, "Open a file", "a saved run or a HAR; a URL or curl: paste it here"},
		entry{entryDiagnose, "Diagnose", "paste an error: its cause, and who can fix it"},
		entry{entryDoctor, "Doctor", "what would go wrong, found before anybody signs in"},
		entry{entryCompare, "Compare", "none, plain and S256, side by side"},
		entry{entryTheatre, "Interception", "a stolen code redeemed, or refused, step by step"},
		entry{entryPresent, "Present", "a talk for a room: the flow, live, scene by scene"},
		entry{entryLessons, "Lessons", "predict what a request will get, send it, and see"},
		entry{entryLabs, "Broken tenants", "one thing is wrong in each: find it and repair it"},
		entry{entryBench, "PKCE bench", "a verifier, its challenge, and why two do not match"},
		entry{entryMicroscope, "Token microscope", "what a pasted token says, and what it is worth"})
	h.at = min(h.at, len(h.entries)-1)
}

// describe says in a few words whose client a configuration is.
func describe(c flow.Config) string {
	parts := []string{}
	for _, s := range []string{choose(c.Issuer == "", c.Provider.AuthorizationEndpoint, c.Issuer), string(c.Platform)} {
		if s != "" {
			parts = append(parts, strings.TrimPrefix(s, "https://"))
		}
	}
	return strings.Join(parts, " · ")
}

func (h *home) move(_ *Model, by int) {
	h.at = (h.at + by + len(h.entries)) % len(h.entries)
}

// hasVisit says whether a walk or a file is open.
func (m *Model) hasVisit() bool { return m.visit.reading.number > 0 }

func (m *Model) chooseHome() tea.Cmd {
	e := m.home.entries[m.home.at]
	switch e.kind {
	case entryPractice:
		return m.startPractice()
	case entryTenant:
		m.open(newTenantForm(m, flow.Config{}, ""))
	case entryProfile:
		c, err := m.options.Profiles.Load(e.name)
		if err != nil {
			m.open(newMessage("This profile cannot be read", err))
			return nil
		}
		if c.Name == "" {
			c.Name = e.name
		}
		return m.withKept(c, (*Model).startProfile)
	case entryFile:
		m.open(newOpenForm(m))
	case entryLessons:
		if why := m.whyNoLessons(); why != "" {
			m.say(toneWarn, why)
			return nil
		}
		return m.openLessons()
	case entryLabs:
		if why := m.whyNoLabs(); why != "" {
			m.say(toneWarn, why)
			return nil
		}
		return m.openLabs()
	case entryPresent:
		return m.openPresent()
	case entryBench:
		return m.benchFresh()
	case entryMicroscope:
		return m.microscopeEmpty()
	case entryDiagnose:
		return m.openDiagnose()
	case entryDoctor:
		if why := m.whyNoDoctor(); why != "" {
			m.say(toneWarn, why)
			return nil
		}
		m.open(newCheckForm(m))
	case entryCompare, entryTheatre:
		if why := m.whyNoLab(); why != "" {
			m.say(toneWarn, why)
			return nil
		}
		return choose(e.kind == entryCompare, (*Model).comparePractice, (*Model).openTheatre)(m)
	}
	return nil
}

func (m *Model) whyNoProfile() string {
	if m.home.entries[m.home.at].kind != entryProfile {
		return "Choose a saved profile first; this entry has nothing to edit."
	}
	return ""
}

func (m *Model) editProfile() tea.Cmd {
	e := m.home.entries[m.home.at]
	c, err := m.options.Profiles.Load(e.name)
	if err != nil {
		m.open(newMessage("This profile cannot be read", err))
		return nil
	}
	m.open(newTenantForm(m, c, e.name))
	return nil
}

// homeLines are the lines of the home screen for a width: what it says of the
// program first, and then where one can go.
func (m *Model) homeLines(w int) []line {
	head := m.homeHead()
	list := m.homeList(w)
	// Where there is no room for both, the list goes before the words: first
	// what is said last.
	for len(head) > 1 {
		d := &doc{ruler: m.ruler, width: w}
		for _, part := range head {
			d.lines = append(d.lines, part...)
		}
		d.lines = append(d.lines, list...)
		if d.count() <= m.h-2 {
			break
		}
		head = head[:len(head)-1]
	}
	var lines []line
	for _, part := range head {
		lines = append(lines, part...)
	}
	return append(lines, list...)
}

// homeHead is what the home screen says of the program, in parts of which the
// later ones can be left out.
func (m *Model) homeHead() [][]line {
	h := &m.home
	title := []span{{"pkcescope", toneHere}}
	if v := m.options.Version; v != "" {
		title = append(title, span{"  " + v, toneFaint})
	}
	var chain []span
	for i, s := range h.steps {
		if i > 0 {
			chain = append(chain, span{" → ", toneFaint})
		}
		if s.PKCE {
			chain = append(chain, span{"+ ", tonePKCE})
		}
		chain = append(chain, span{s.Title, choose(s.PKCE, tonePKCE, toneText)})
	}
	chain = append(chain, span{"   + added by PKCE", toneFaint})
	return [][]line{
		{{spans: title}, {}},
		{{spans: chain, prose: true}, {}},
		{prose(toneStrong, 0, "See the authorization code flow with PKCE, one request at a time, and find out why it fails."), {}},
		{prose(toneFaint, 0, "Every request, response and claim is shown and explained. Nothing is sent before you say so."), {}},
	}
}

// homeList is where one can go.
func (m *Model) homeList(w int) []line {
	h := &m.home
	var lines []line
	if h.problem != "" {
		// Before the entries: what is below them is out of sight in a low window.
		lines = append(lines, prose(toneWarn, 0, "The saved profiles could not be read: "+inspect.Clean(h.problem)), line{})
	}
	// The profiles have columns of their own: a long name must not cut what is
	// said of everything else.
	own, name := 0, 0
	for _, e := range h.entries {
		if n := m.ruler.StringWidth(e.name); e.kind == entryProfile {
			own = max(own, n)
		} else {
			name = max(name, n)
		}
	}
	own = max(min(own, max(24, m.w/5)), name)
	notes := w >= 56 // below that half a note is all that fits
	for i, e := range h.entries {
		if i > 0 && e.kind != h.entries[i-1].kind && (e.kind == entryProfile || h.entries[i-1].kind == entryProfile) {
			lines = append(lines, line{})
		}
		mark, t := "   ", toneText
		if i == h.at {
			mark, t = " ▸ ", toneHere
		}
		l := line{spans: []span{{mark, toneHere}, {fill(m, inspect.Clean(e.name), choose(e.kind == entryProfile, own, name)), t}}, item: i + 1, most: 1}
		if notes {
			l.spans = append(l.spans, span{"   " + inspect.Clean(e.note), toneFaint})
		}
		lines = append(lines, l)
	}
	if m.hasVisit() {
		l := plain(toneFaint, "esc goes back to the open walk: "+m.whose())
		l.most = 1
		lines = append(lines, line{}, l)
	}
	return lines
}

// homePlace is where the lines of the home screen stand.
func (m *Model) homePlace() (rect, *doc) {
	w := min(m.grown(92, m.w*2/3, m.homeList(m.w)), m.w-4)
	d := &doc{lines: m.homeLines(w)}
	d.wrap(m.ruler, w)
	h := min(d.rows(), m.h-2)
	return rect{(m.w - w) / 2, max((m.h-1-h)*2/5, 0), w, h}, d
}

func (h *home) click(m *Model, x, y int) tea.Cmd {
	r, d := m.homePlace()
	if !r.holds(x, y) {
		return nil
	}
	i, _ := d.at(y - r.y + m.homeOffset(r, d))
	item := d.line(i).item
	switch {
	case item == 0:
		return nil
	case item-1 == h.at:
		return m.chooseHome()
	}
	h.at = item - 1
	return nil
}

// homeOffset keeps the chosen entry in sight in a low window.
func (m *Model) homeOffset(r rect, d *doc) int {
	_, to := d.itemRows(m.home.at + 1)
	return max(to-r.h, 0)
}

// newOpenForm asks for the file to open.
func newOpenForm(*Model) *form {
	f := &form{
		title: "Open a file", action: "open",
		intro:  "A saved transcript, or a capture: a HAR, Fiddler's SAZ, curl commands, HTTP as text. It is recognised by its content.",
		fields: []*field{textField("file", "File", "", "Its path, from the directory where the program was started.")},
		check: func(_ *form, _, value string) string {
			return choose(value == "", "Which file?", "")
		},
		submit: func(m *Model, f *form) tea.Cmd {
			m.shut()
			m.say(toneHere, "Opening…")
			path := f.get("file")
			if dropped, ok := droppedFile(path); ok {
				return m.openFile(dropped)
			}
			return m.openFile(expandHome(path))
		},
	}
	return f.start()
}
