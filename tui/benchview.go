package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/inspect"
)

// syncBench lays the bench out and makes what its panes show. What a pane
// wants in height depends on its width, so the widths come first.
func (m *Model) syncBench() {
	b := &m.bench
	for _, p := range b.all() {
		p.r = rect{}
	}
	if m.w < leastWidth || m.h < leastHeight {
		return
	}
	if tall := m.h >= 50; tall != b.tall {
		b.tall = tall
		b.panes[benchMatch].doc = nil
	}
	body := rect{0, 1, m.w, m.h - 2}
	switch {
	case m.w >= 120:
		m.benchWide(body)
	case m.w >= 80 && m.h >= 20:
		m.benchStacked(body)
	default:
		b.panes[b.focus].r = body
		m.benchFill(b.focus)
	}
}

// benchWide has three panes side by side, and the comparison below.
//
//	┌verifier┐┌S256──────┐┌plain──┐
//	└────────┘└──────────┘└───────┘
//	┌why did it not match?────────┐
//	└─────────────────────────────┘
func (m *Model) benchWide(body rect) {
	b := &m.bench
	stages := min(max(body.w*2/5, 54), 84)
	left, rest := body.left((body.w - stages) * 11 / 20)
	middle, right := rest.left(stages)
	b.panes[benchVerifier].r, b.panes[benchStages].r, b.panes[benchPlain].r = left, middle, right
	want := 0
	for _, i := range []benchPane{benchVerifier, benchStages, benchPlain} {
		m.benchFill(i)
		want = max(want, b.panes[i].doc.rows())
	}
	h := min(max(want+2, 8), max(body.h*3/5, 8))
	for _, i := range []benchPane{benchVerifier, benchStages, benchPlain} {
		b.panes[i].r.h = h
		m.benchFill(i)
	}
	_, b.panes[benchMatch].r = body.top(h)
	m.benchFill(benchMatch)
}

// benchStacked has the panes under each other, each as high as it needs to be
// while there is room. Plain is seen when it has the keys; so are the stages
// once there is a mistake to explain and no room for both.
func (m *Model) benchStacked(body rect) {
	b := &m.bench
	middle := choose(b.focus == benchPlain, benchPlain, benchStages)
	order := []benchPane{benchVerifier, middle, benchMatch}
	if b.focus == benchMatch && len(b.report.Mistakes) > 0 && body.h < 36 {
		order = []benchPane{benchVerifier, benchMatch}
	}
	const least = 5
	room := body.h
	for i, p := range order {
		b.panes[p].r = rect{body.x, 0, body.w, body.h}
		m.benchFill(p)
		h := room
		if others := len(order) - 1 - i; others > 0 {
			h = max(min(b.panes[p].doc.rows()+2, room-least*others), least)
		}
		b.panes[p].r = rect{body.x, body.y + body.h - room, body.w, h}
		room -= h
		m.benchFill(p)
	}
}

// benchFill makes the content of a pane for the width of its rectangle, unless
// that is there already.
func (m *Model) benchFill(i benchPane) {
	b := &m.bench
	s := &b.panes[i]
	r := s.r.inner()
	w := max(r.w-2, 1)
	s.height = r.h
	if s.doc == nil || s.doc.width != w {
		s.content = m.benchContent(i, w)
		s.doc.wrap(m.ruler, w)
	}
	s.clamp()
	if b.typing != fieldNone && b.cursor.pane == int(i) && s.height > 0 {
		s.reveal(b.cursor.row, b.cursor.row+1)
	}
}

func (m *Model) benchContent(i benchPane, w int) content {
	switch i {
	case benchVerifier:
		return m.benchVerifierContent(w)
	case benchStages:
		return m.benchStagesContent(w)
	case benchPlain:
		return m.benchPlainContent(w)
	default:
		return m.benchMatchContent(w)
	}
}

func (m *Model) benchVerifierContent(w int) content {
	b, v := &m.bench, m.bench.report.Verifier
	d := &doc{}
	c := content{title: "Verifier", doc: d, note: choose(b.masked(), "of the run, masked", "")}
	if !b.input.HasVerifier && b.typing != fieldVerifier {
		d.lines = append(d.lines, prose(toneFaint, 0, "There is no verifier yet. e takes one, n makes one."))
		return c
	}
	d.lines = append(d.lines, m.benchText(fieldVerifier, b.seen(v.Characters()), w, "!", toneBad)...)
	if b.input.HasVerifier {
		if !m.benchBeside(w) {
			d.lines = append(d.lines, line{})
		}
		d.lines = append(d.lines, m.benchBar(v, w))
		for _, p := range v.Problems {
			d.lines = append(d.lines, prose(toneBad, 2, "! "+p)) //nolint:perfsprint // It reads as one.
		}
	}
	bits, reason := fmt.Sprintf("%d bits at most", b.report.Entropy.Bits), b.report.Entropy.Reason
	if m.benchBeside(w) {
		d.lines = append(d.lines, line{spans: []span{{"Entropy  ", toneTitle}, {bits + ": " + reason, toneFaint}}, hang: 9, prose: true})
		return c
	}
	d.lines = append(d.lines, line{}, heading("Entropy", bits), prose(toneFaint, 0, sentenceCase(reason)+"."))
	return c
}

// benchBar is the length on a scale: what is there, what must be, what may be.
func (m *Model) benchBar(v inspect.PKCEVerifier, w int) line {
	bar := v.LengthBar(43)
	if room := w - 6 - len(bar.Text); room < 43 {
		// Beside the words if that leaves enough to see, or else above them.
		bar = v.LengthBar(min(choose(room < 20, w-4, room), 43))
	}
	t := choose(v.Length < inspect.VerifierMin || bar.Over, toneBad, toneGood)
	spans := []span{{fmt.Sprintf("%-4d", v.Length), toneStrong}, {strings.Repeat("█", bar.Filled), t}}
	if bar.Filled < bar.Least {
		spans = append(spans, span{strings.Repeat("·", bar.Least-bar.Filled), toneBad})
	}
	spans = append(spans, span{strings.Repeat("░", bar.Cells-max(bar.Filled, bar.Least)), toneFaint})
	if bar.Over {
		spans = append(spans, span{"▶", toneBad})
	}
	return line{spans: append(spans, span{"  " + bar.Text, toneFaint}), hang: 4, prose: true}
}

func (m *Model) benchStagesContent(w int) content {
	b, s := &m.bench, m.bench.report.Stages
	d := &doc{}
	c := content{title: "S256", doc: d, note: "RFC 7636 section 4.2"}
	if !b.input.HasVerifier {
		d.lines = append(d.lines, prose(toneFaint, 0, "Without a verifier there is nothing to derive."))
		return c
	}
	ascii := s.ASCII
	if b.masked() {
		ascii = strings.Repeat("●● ", len(b.input.Verifier))
	}
	base64, base64url := s.Characters()
	width := m.benchRoom(w)
	for _, stage := range []struct {
		name, note string
		lines      []line
	}{
		{"ASCII", counted(len(b.input.Verifier), "octet"), octetLines(ascii, width)},
		{"SHA-256", "32 octets", octetLines(pairs(s.SHA256Hex), width)},
		{"base64", changesOf(s), m.markedLines(base64, width, "^", toneHit)},
		{"base64url", "the challenge", m.markedLines(base64url, width, "", tonePKCE)},
	} {
		d.lines = append(d.lines, m.benchNamed(stage.name, stage.note, stage.lines, w)...)
	}
	return c
}

func (m *Model) benchPlainContent(w int) content {
	b := &m.bench
	d := &doc{}
	c := content{title: "plain", doc: d}
	if !b.input.HasVerifier {
		d.lines = append(d.lines, prose(toneFaint, 0, "The challenge would be the verifier itself."))
		return c
	}
	d.lines = append(d.lines, heading("the challenge", ""))
	d.lines = append(d.lines, m.markedLines(b.seen(b.report.Verifier.Characters()), w, "", toneText)...)
	d.lines = append(d.lines, line{},
		prose(toneFaint, 0, "It is the verifier itself. Whoever sees the authorize request has what the token request will ask for."),
		line{},
		prose(toneFaint, 0, "A method that is left out means plain."))
	return c
}

func (m *Model) benchMatchContent(w int) content {
	b, r := &m.bench, m.bench.report
	d := &doc{}
	c := content{title: "Does it match?", doc: d, note: "method " + methodOf(b.input.Method)}
	expected := r.Challenge.S256
	if b.plain() {
		expected = r.Challenge.Plain
	}
	sent, computed, first := inspect.Compare(b.input.Challenge, expected)
	cut := r.Match != nil && len(sent) > 0 && first == len(sent) // the marks are then on what is missing
	if r.Match != nil {
		d.lines = append(d.lines, b.verdict(first, len(sent), len(computed), m.h >= 30))
	}
	switch {
	case !b.input.HasChallenge && b.typing != fieldChallenge:
		d.lines = append(d.lines, prose(toneFaint, 0, "Press c and paste the code_challenge that was sent. It is compared with what this verifier gives; where they differ, the mistake is named."))
	default:
		if b.plain() {
			computed = b.seen(computed)
		}
		if b.tells(b.input.Challenge) {
			sent = b.seen(sent)
		}
		if b.input.HasVerifier && expected != "" {
			d.lines = append(d.lines, m.benchNamed("computed", "", m.markedLines(computed, m.benchRoom(w), choose(cut, "^", ""), choose(cut, toneHit, toneText)), w)...)
		}
		before := len(d.lines)
		d.lines = append(d.lines, m.benchNamed("sent", "", m.benchText(fieldChallenge, sent, m.benchRoom(w), choose(r.Match != nil && !*r.Match, "^", ""), toneHit), w)...)
		if b.typing == fieldChallenge {
			b.cursor.row += before + choose(m.benchBeside(w), 0, 1)
			b.cursor.col += choose(m.benchBeside(w), benchLabel, 0)
		}
	}
	for i, k := range r.Mistakes {
		if i > 0 || m.h >= 30 { // in a low window the explanation follows at once
			d.lines = append(d.lines, line{})
		}
		d.lines = append(d.lines, m.benchMistake(k)...)
	}
	if b.tall && len(r.Mistakes) == 0 {
		d.lines = append(d.lines, knownMistakes()...)
	}
	return c
}

// knownMistakes are what the bench looks for, while it has found nothing.
func knownMistakes() []line {
	all := inspect.KnownMistakes()
	name := 0
	for _, k := range all {
		name = max(name, len(k.ID))
	}
	lines := []line{{}, heading("What is looked for", "each by making the mistake again, or by its shape")}
	for _, k := range all {
		lines = append(lines, line{spans: []span{{fmt.Sprintf("%-*s  ", name, k.ID), toneName}, {k.What, toneFaint}}, hang: name + 2, prose: true})
	}
	return lines
}

// verdict says in a line whether the pair matches, and what the mistake is. It
// stands first, so that it is seen while something is typed in a low window;
// where the first difference is, the marks say there.
func (b *bench) verdict(first, sent, computed int, where bool) line {
	switch mistakes := b.report.Mistakes; {
	case *b.report.Match && b.isExample():
		return prose(toneGood, 0, "✓ They match: this is the challenge that RFC 7636 appendix B prints.")
	case *b.report.Match:
		return plain(toneGood, "✓ They match.")
	default:
		l := line{spans: []span{{"✗ They do not match: ", toneBad}, {string(mistakes[0].ID), toneStrong}, {", " + string(mistakes[0].Confidence) + ".", toneBad}}, prose: true}
		if where && first >= 0 && b.input.Challenge != "" && b.input.Verifier != "" {
			l.spans = append(l.spans, span{" " + inspect.WhereDifferent(first, sent, computed), toneFaint})
		}
		return l
	}
}

func (m *Model) benchMistake(k inspect.Mistake) []line {
	mark, t := "✗ ", toneBad
	if k.Confidence == inspect.Likely {
		mark, t = "? ", toneWarn
	}
	lines := []line{
		{spans: []span{{mark, t}, {string(k.ID), toneStrong}, {"  " + string(k.Confidence), t}}},
		prose(toneText, 2, k.What),
		prose(toneFaint, 2, k.Why),
		{spans: []span{{"  ", toneText}, {"Try: ", toneGood}, {k.Try, toneText}}, hang: 2, prose: true},
	}
	all, hint := k.Code, ""
	if !m.bench.tall {
		n := m.bench.language % len(k.Code)
		all, hint = k.Code[n:n+1], "   l shows another language"
	}
	for _, code := range all {
		lines = append(lines,
			line{spans: []span{{"  " + code.Language, toneName}, {hint, toneFaint}}},
			line{spans: []span{{"  - ", toneBad}, {code.Wrong, toneText}}, hang: 4},
			line{spans: []span{{"  + ", toneGood}, {code.Right, toneText}}, hang: 4})
	}
	return lines
}

// plain says whether the server compares the two as they are.
func (b *bench) plain() bool { return b.input.Method == "plain" || b.input.Method == "omitted" }

func (b *bench) isExample() bool {
	return b.input.Verifier == inspect.ExampleVerifier && b.input.Challenge == inspect.ExampleChallenge
}

// tells says whether a challenge gives the verifier away: it is the verifier,
// or a part of it.
func (b *bench) tells(challenge string) bool {
	v := b.input.Verifier
	return b.plain() || v != "" && challenge != "" && (strings.Contains(challenge, v[:min(len(v), 8)]) || strings.Contains(v, challenge))
}

// changesOf says what the marks under the base64 show.
func changesOf(s inspect.PKCEStages) string {
	var all []string
	if strings.Contains(s.Base64, "+") {
		all = append(all, "+ → -")
	}
	if strings.Contains(s.Base64, "/") {
		all = append(all, "/ → _")
	}
	return strings.Join(append(all, "no ="), ", ")
}

func methodOf(method string) string {
	switch method {
	case "":
		return "S256"
	case "omitted":
		return "omitted (plain)"
	}
	return inspect.Clean(method)
}

func counted(n int, noun string) string {
	return choose(n == 1, "1 "+noun, fmt.Sprintf("%d %ss", n, noun))
}

func sentenceCase(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// benchRows draws the bench.
func (m *Model) benchRows(p *painter) []string {
	b := &m.bench
	var tags []span
	if b.isExample() {
		tags = append(tags, span{"RFC 7636 appendix B", tonePKCE})
	}
	if b.secret && b.revealed {
		tags = append(tags, span{"secrets shown", toneWarn})
	}
	tags = append(tags, span{"nothing is sent", toneFaint})
	rows := m.labRows(p, "PKCE bench", tags, b.all(), int(b.focus))
	if b.typing != fieldNone && m.notice.text == "" {
		rows[m.h-1] = m.benchFoot(p)
	}
	return rows
}

// benchFoot has the keys of the field that is typed in.
func (m *Model) benchFoot(p *painter) string {
	room := m.w
	room -= p.put(" ", toneText, false, room)
	for _, k := range [][2]string{{"enter", "done"}, {"tab", "verifier or challenge"}, {"ctrl+u", "clear"}} {
		room -= p.put(k[0], toneKey, false, room)
		room -= p.put(" "+k[1]+"  ", toneBar, false, room)
	}
	p.pad(room, false)
	return m.clip(p.row())
}

// benchCursor is where the cursor stands while something is typed.
func (m *Model) benchCursor() *tea.Cursor {
	b := &m.bench
	if b.typing == fieldNone || m.top() != nil {
		return nil
	}
	i := benchPane(b.cursor.pane)
	s := &b.panes[i]
	r := s.r.inner()
	y := b.cursor.row - s.offset
	if r.empty() || y < 0 || y >= r.h {
		return nil
	}
	return tea.NewCursor(r.x+1+b.cursor.col, r.y+y)
}
