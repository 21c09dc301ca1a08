package tui

import (
	"fmt"
	"strings"

	"github.com/pkcescope/pkcescope/inspect"
)

// syncMicroscope lays the microscope out and makes what its panes show, unless
// it is there already: a key in a token of a megabyte costs no more than in a
// small one.
func (m *Model) syncMicroscope() {
	s := &m.micro
	s.rects = [numMicroPanes]rect{}
	if m.w < leastWidth || m.h < leastHeight {
		return
	}
	if clock := m.microscopeClock(); clock != s.clock {
		s.clock = clock
		s.panes[microClaims].doc = nil
	}
	body := rect{0, 1, m.w, m.h - 2}
	switch {
	case len(s.specimens) == 0 || s.comparing:
		s.focus = microClaims
		s.rects[microClaims] = body
	case m.w >= 120 && body.h >= 24:
		m.microscopeWide(body)
	case m.w >= 80 && body.h >= 20:
		m.microscopeStacked(body)
	default:
		s.rects[s.focus] = body
	}
	for i := range microPane(numMicroPanes) {
		m.microscopeFill(i)
	}
}

// microscopeWide has the parts side by side, claims and checks below.
//
//	┌header┐┌payload───┐┌signature┐
//	└──────┘└──────────┘└─────────┘
//	┌claims──────────┐┌checks─────┐
//	└────────────────┘└───────────┘
func (m *Model) microscopeWide(body rect) {
	s := &m.micro
	top, bottom := body.top(max(body.h/3, 8))
	s.rects[microHeader], top = top.left(body.w / 3)
	s.rects[microPayload], s.rects[microSignature] = top.left(body.w / 3)
	s.rects[microClaims], s.rects[microChecks] = bottom.left(body.w * 11 / 20)
}

// microscopeStacked has the panes under each other: of those that have not the
// keys the first row is seen.
func (m *Model) microscopeStacked(body rect) {
	s := &m.micro
	const least = 3
	for i := range microPane(numMicroPanes) {
		h := choose(i == s.focus, body.h-least*(numMicroPanes-1), least)
		s.rects[i] = rect{body.x, body.y, body.w, h}
		body.y += h
	}
}

func (m *Model) microscopeFill(i microPane) {
	s := &m.micro
	p, r := &s.panes[i], s.rects[i].inner()
	if r.empty() {
		return
	}
	w := max(r.w-2, 1)
	p.height = r.h
	if p.doc == nil || p.doc.width != w {
		p.content = m.microscopeContent(i, w)
		p.doc.wrap(m.ruler, w)
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

// microscopePart shows one or more parts of the token, with the octets.
func (m *Model) microscopePart(i microPane, w int) content {
	s := &m.micro
	parts := s.token.Parts
	title := [...]string{"Header", "Payload", "Signature"}[i]
	switch {
	case s.token.Kind == "jwe" && i == microPayload:
		title, parts = "Key, IV and ciphertext", parts[min(1, len(parts)):min(4, len(parts))]
	case s.token.Kind == "jwe" && i == microSignature:
		title, parts = "Tag", parts[min(4, len(parts)):]
	default:
		parts = parts[min(int(i), len(parts)):min(int(i)+1, len(parts))]
	}
	d := &doc{}
	c := content{title: title, doc: d}
	switch {
	case s.token.Kind != "jwt" && s.token.Kind != "jwe":
		d.lines = append(d.lines, prose(toneFaint, 0, "An opaque token has no parts: only the provider can say what it means."))
		return c
	case len(parts) == 0:
		d.lines = append(d.lines, prose(toneBad, 0, "There is none: the token is cut off."))
		return c
	}
	if len(parts) == 1 {
		c.note = counted(parts[0].Octets, "octet")
	}
	if len(parts) == 1 && s.readable && parts[0].Text != "" {
		d.raw, d.rawTone = parts[0].Pretty(), toneText
		return c
	}
	if len(parts) == 1 && parts[0].Rows(1) == 0 {
		switch p := parts[0]; {
		case p.Encoded == "":
			d.lines = append(d.lines, prose(toneBad, 0, "It is empty."))
		default:
			d.lines = append(d.lines, plain(toneText, p.Encoded), prose(toneFaint, 0, "It is masked. x reveals it."))
		}
		return c
	}
	m.octetRows(d, parts, w)
	return c
}

// octetRows are made when they are drawn: four characters of base64url stand
// for three octets.
func (m *Model) octetRows(d *doc, parts []inspect.TokenPart, w int) {
	n := max((w-3)/16, 1) // groups of three octets in a row: 4 + 9 + 3 cells each
	type stretch struct {
		part  inspect.TokenPart
		first int
		named bool
	}
	var all []stretch
	for _, p := range parts {
		named := len(parts) > 1
		all = append(all, stretch{p, d.many, named})
		d.many += max(p.Rows(n), 1)
		if named {
			d.many++
		}
	}
	d.lazy = func(i int) line {
		at := len(all) - 1
		for at > 0 && all[at].first > i {
			at--
		}
		x := all[at]
		i -= x.first
		if x.named {
			if i--; i < 0 {
				return heading(m.ruler.Truncate(x.part.Name+"  "+counted(x.part.Octets, "octet"), w, ""), "")
			}
		}
		if x.part.Rows(n) == 0 {
			return plain(toneFaint, m.ruler.Truncate(x.part.Encoded, w, "…"))
		}
		r := x.part.Row(i, n)
		return line{spans: []span{
			{fmt.Sprintf("%-*s  ", 4*n, r.Encoded), toneFaint},
			{fmt.Sprintf("%-*s  ", 9*n-1, r.Hex), toneName},
			{r.Text, toneText},
		}}
	}
}

// Folding: a list beyond this, or a text of more rows, shows its beginning.
const (
	foldItems = 6
	foldRows  = 3
)

// microscopeClaims says whose token it is and what it says.
func (m *Model) microscopeClaims(w int) content {
	s := &m.micro
	t := &s.token
	d := &doc{}
	c := content{title: "Claims", doc: d, note: fmt.Sprint(len(t.Claims))}
	if t.Problem != "" {
		d.lines = append(d.lines, prose(toneBad, 0, t.Problem))
	}
	d.lines = append(d.lines, prose(toneStrong, 0, t.Whose))
	if t.Curiosity != "" {
		d.lines = append(d.lines, prose(toneWarn, 0, t.Curiosity))
	}
	for _, k := range t.Claims {
		c.subjects = append(c.subjects, subject{name: k.Name, value: k.Text})
		from := len(d.lines)
		d.lines = append(d.lines, m.claimLines(k, w)...)
		for i := range d.lines[from:] {
			d.lines[from+i].item = len(c.subjects)
		}
	}
	d.items = len(c.subjects)
	if len(t.Scopes) > 0 {
		d.lines = append(d.lines, line{}, heading("Scopes", "requested against granted"))
	}
	for _, x := range t.Scopes {
		mark, tone := "✓ ", toneGood
		switch {
		case !x.Granted:
			mark, tone = "✗ ", toneWarn
		case x.Requested != nil && !*x.Requested:
			mark = "+ "
		}
		l := line{spans: []span{{mark, tone}, {x.Name, toneName}, {"  " + x.State(), toneText}}, hang: 2, prose: true}
		if x.Note != "" {
			l.spans = append(l.spans, span{". " + x.Note, toneFaint})
		}
		d.lines = append(d.lines, l)
	}
	if len(t.Missing) > 0 {
		d.lines = append(d.lines, line{}, heading("Not in it", "and what that usually means"))
	}
	for _, x := range t.Missing {
		d.lines = append(d.lines, line{spans: []span{{x.Name + "  ", toneName}, {x.Meaning, toneFaint}}, hang: 2, prose: true})
	}
	return c
}

// claimLines are a claim's name and value, folded where it is long, and its
// meaning.
func (m *Model) claimLines(k inspect.Claim, w int) []line {
	const hang = 4
	room := max(w-hang, 8)
	open := m.micro.unfolded[k.Name]
	name := span{k.Name + "  ", toneName}
	var lines []line
	items := k.Items()
	switch text := k.Text; {
	case !k.Time.IsZero() && m.micro.live:
		lines = append(lines, line{spans: []span{name, {k.Time.UTC().Format("2006-01-02 15:04:05 UTC"), toneText}, {"  " + m.fromNow(k.Time), toneFaint}}, hang: hang})
	case len(items) > foldItems:
		lines = append(lines, line{spans: []span{name, {fmt.Sprintf("%d values, ", len(items)), toneText}, {choose(open, "enter folds them", "enter unfolds them"), toneFaint}}, hang: hang})
		if !open {
			items = items[:foldItems-2]
		}
		for i, x := range items {
			// An item may be long itself.
			part := choose(open, m.pieces(x, room-6, 0), m.pieces(x, room-6, 1))
			for j, piece := range part {
				no := choose(j == 0, fmt.Sprintf("%9d ", i+1), strings.Repeat(" ", 10))
				lines = append(lines, line{spans: []span{{no, toneFaint}, {piece, toneText}}})
			}
		}
		if !open {
			lines = append(lines, plain(toneFaint, "        …"))
		}
	case len(text) > foldRows*room:
		lines = append(lines, line{spans: []span{name, {size(len(text)) + ", ", toneText}, {choose(open, "enter folds it", "enter unfolds it"), toneFaint}}, hang: hang})
		for _, piece := range m.pieces(text, room, choose(open, 0, foldRows-1)) {
			lines = append(lines, line{spans: []span{{"    ", toneText}, {piece, toneText}}})
		}
	default:
		lines = append(lines, line{spans: []span{name, {text, toneText}}, hang: hang})
	}
	if k.Meaning != "" {
		source, _, _ := strings.Cut(k.Source, " <")
		text := k.Meaning
		if source != "" {
			text += " [" + source + "]"
		}
		lines = append(lines, prose(toneFaint, hang, text))
	}
	return lines
}

// pieces breaks text into stretches of at most w cells, at most so many of
// them if most is not 0; the last then ends in "…".
func (m *Model) pieces(text string, w, most int) []string {
	w = max(w, 2)
	if most > 0 && len(text) > 16*w*most {
		text = strings.ToValidUTF8(text[:16*w*most], "") // no more than this can be in sight
	}
	at := breakText(m.ruler, text, w, w, -1)
	var out []string
	for i, from := range at {
		to := len(text)
		if i+1 < len(at) {
			to = at[i+1]
		}
		out = append(out, text[from:to])
		if most > 0 && i+1 == most && to < len(text) {
			out[i] = m.ruler.Truncate(out[i], w-1, "") + "…"
			break
		}
	}
	return out
}

// microscopeChecks has every check with what was expected, where that is from,
// and what was found; of a changed token also what noticed the change.
func (m *Model) microscopeChecks() content {
	s := &m.micro
	d := &doc{}
	c := content{title: "Checks", doc: d, note: checkSummary(s.token.Checks)}
	before := map[string]inspect.Result{}
	for _, k := range s.whole.Checks {
		before[k.ID] = k.Result
	}
	if s.change != "" {
		var noticed []string
		for _, k := range s.token.Checks {
			if k.Result != inspect.Pass && k.Result != before[k.ID] {
				noticed = append(noticed, k.ID)
			}
		}
		d.lines = append(d.lines, line{spans: []span{{"Changed: ", toneWarn}, {s.change + ".", toneStrong}}, prose: true})
		if s.tampered > 0 {
			d.lines = append(d.lines, prose(toneText, 0, inspect.Tamperings()[s.tampered-1].Lesson()))
		}
		if len(noticed) > 0 {
			d.lines = append(d.lines, line{spans: []span{{"Noticed by: ", toneGood}, {strings.Join(noticed, ", "), toneStrong}}, prose: true})
		} else {
			d.lines = append(d.lines, prose(toneBad, 0, "No check that could be made noticed it."))
		}
		d.lines = append(d.lines, line{})
	}
	if len(s.token.Checks) == 0 {
		d.lines = append(d.lines, prose(toneFaint, 0, "There is nothing to check here: "+s.token.Whose))
	}
	for _, k := range s.token.Checks {
		mark, tone := "? ", toneWarn
		switch k.Result {
		case inspect.Pass:
			mark, tone = "✓ ", toneGood
		case inspect.Fail:
			mark, tone = "✗ ", toneBad
		case inspect.Unknown:
		}
		head := line{spans: []span{{mark, tone}, {k.ID, toneStrong}, {"  " + resultWord(k.Result), tone}}}
		if was, ok := before[k.ID]; ok && was != k.Result {
			head.spans = append(head.spans, span{"  ", toneText}, span{"before: " + resultWord(was), toneHit})
		}
		d.lines = append(d.lines, head)
		for _, row := range [][2]string{{"expected  ", k.Expected}, {"from      ", k.Provenance}, {"actual    ", k.Actual}} {
			if row[1] == "" || row[1] == "not known" {
				continue
			}
			d.lines = append(d.lines, line{spans: []span{{"  " + row[0], toneFaint}, {row[1], toneText}}, hang: 12, prose: true, most: 4})
		}
		d.lines = append(d.lines, prose(toneFaint, 2, k.Why))
	}
	return c
}

func resultWord(r inspect.Result) string {
	switch r {
	case inspect.Pass:
		return "passed"
	case inspect.Fail:
		return "failed"
	default:
		return "cannot tell"
	}
}

// microscopeRows draws the microscope.
func (m *Model) microscopeRows(p *painter) []string {
	s := &m.micro
	rows := make([]string, m.h)
	rows[0] = m.microscopeHead(p)
	for y := 1; y < m.h-1; y++ {
		x := 0
		for i := range microPane(numMicroPanes) {
			if r := s.rects[i]; y >= r.y && y < r.y+r.h && !r.empty() {
				p.pad(r.x-x, false)
				m.microscopePaneRow(p, i, y-r.y)
				x = r.x + r.w
			}
		}
		p.pad(m.w-x, false)
		rows[y] = p.row()
	}
	rows[m.h-1] = m.footRow(p)
	return rows
}

func (m *Model) microscopeHead(p *painter) string {
	s := &m.micro
	room := m.w
	room -= p.put(" pkcescope", toneHere, false, room)
	room -= p.put("  Token microscope", toneBar, false, room)
	if len(s.specimens) > 0 {
		room -= p.put("  "+s.token.Name, toneStrong, false, room)
		if n := len(s.specimens); n > 1 {
			room -= p.put(fmt.Sprintf(" (%d of %d)", s.at+1, n), toneBar, false, room)
		}
		room -= p.put(choose(s.pasted, "  pasted", "  of the run"), toneBar, false, room)
	}
	if s.change != "" {
		room -= p.put("  changed", toneWarn, false, room)
	}
	if s.revealed {
		room -= p.put("  secrets shown", toneWarn, false, room)
	}
	right := "nothing is sent "
	if room > len(right)+1 {
		p.pad(room-len(right), false)
		room -= room - len(right)
		room -= p.put(right, toneBar, false, room)
	}
	p.pad(room, false)
	return m.clip(p.row())
}

func (m *Model) microscopePaneRow(p *painter, i microPane, y int) {
	s := &m.micro
	r, pane := s.rects[i], &s.panes[i]
	on := s.focus == i && m.top() == nil
	border := choose(on, toneFocus, toneBorder)
	switch y {
	case 0:
		room := r.w - 2
		p.put(light.nw+light.flat, border, false, 2)
		room--
		room -= m.title(p, m.ruler.Truncate(pane.title, max(room-3, 0), "…"), on, room)
		note := choose(pane.note != "" && len(pane.note)+4 <= room, " "+pane.note+" ", "")
		p.put(strings.Repeat(light.flat, max(room-m.ruler.StringWidth(note)-1, 0)), border, false, r.w)
		p.put(note, toneFaint, false, r.w)
		p.put(light.flat+light.ne, border, false, choose(room > 0, 2, 1))
	case r.h - 1:
		m.bottomRow(p, pane, r.w, border)
	default:
		k := look{current: -1}
		row := pane.offset + y - 1
		if pane.doc != nil && on && row < pane.doc.rows() {
			n, _ := pane.doc.at(row)
			item := pane.doc.line(n).item
			k.selected = item > 0 && item == pane.item
		}
		p.put(light.side, border, false, 1)
		p.mark(k)
		if pane.doc != nil {
			pane.doc.draw(p, row, k)
		} else {
			p.pad(r.w-4, false)
		}
		p.pad(1, k.selected)
		p.put(light.side, border, false, 1)
	}
}
