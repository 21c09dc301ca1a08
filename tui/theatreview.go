package tui

import (
	"fmt"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// theatrePanes are the panes in sight, in the order of the focus ring.
func (m *Model) theatrePanes() []*labPane {
	var out []*labPane
	for i := range m.theatre.panes {
		out = append(out, &m.theatre.panes[i])
	}
	return out
}

// syncTheatre lays the theatre out, if anything changed.
//
//	board               stage, ≥ 110 columns             less
//	┌every play──────┐  ┌scenes┐┌app──┐┌thief┐┌provid┐   ┌app──┐┌thief┐┌provid┐
//	│                │  │      ││     ││     ││      │   │     ││     ││      │
//	│                │  │      │├what happens────────┤   ├what happens────────┤
//	└────────────────┘  └──────┘└────────────────────┘   └────────────────────┘
func (m *Model) syncTheatre() {
	t := &m.theatre
	key := stageKey{
		onStage: t.onStage, on: t.on, scene: t.scene, row: t.row, column: t.column, done: len(t.played),
		bar: t.bar, running: t.cancel != nil, reveal: t.reveal, w: m.w, h: m.h,
	}
	if key == t.shown || m.w < leastWidth || m.h < leastHeight {
		return
	}
	same := key.onStage == t.shown.onStage && key.on == t.shown.on && key.scene == t.shown.scene
	t.shown = key
	for i := range t.panes {
		t.panes[i].r = rect{}
	}
	body := rect{0, 1, m.w, m.h - 2}
	if !t.onStage {
		if m.w >= besideWidth {
			var side rect
			body, side = body.left(m.w * 12 / 20)
			t.panes[theatreWire].set(m, side, m.playContent(t.selected()), true)
		}
		t.panes[theatreRail].set(m, body, m.boardContent(body.w-4), true)
		t.panes[theatreRail].item = 0
		if from, to := t.panes[theatreRail].doc.itemRows(t.row + 1); to > 0 {
			t.panes[theatreRail].bring(from, to)
		}
		return
	}
	if m.w >= 110 {
		var rail rect
		rail, body = body.left(min(34+(m.w-110)/6, 44))
		t.panes[theatreRail].set(m, rail, m.scenesContent(), true)
		t.panes[theatreRail].item = t.scene + 1
		t.panes[theatreRail].bring(t.panes[theatreRail].doc.itemRows(t.scene + 1))
	}
	s := t.play.Scenes[t.scene]
	lanes := 0
	for _, who := range []inspect.Lane{inspect.LaneApp, inspect.LaneThief, inspect.LaneProvider} {
		d := m.laneContent(s, who, body.w/3-4).doc
		d.wrap(m.ruler, max(body.w/3-4, 1))
		lanes = max(lanes, d.rows()+2)
	}
	top, wire := body.top(min(max(lanes, 8), body.h/2))
	third := top.w / 3
	for i, who := range []inspect.Lane{inspect.LaneApp, inspect.LaneThief, inspect.LaneProvider} {
		r := rect{top.x + i*third, top.y, third, top.h}
		if i == 2 {
			r.w = top.w - 2*third
		}
		t.panes[theatreApp+i].set(m, r, m.laneContent(s, who, r.w-4), same)
	}
	t.panes[theatreWire].set(m, wire, m.wireContent(s, wire.w-4), same)
}

// bring scrolls as little as possible to bring rows from..to into sight.
func (l *labPane) bring(from, to int) {
	if to > l.offset+l.height {
		l.offset = to - l.height
	}
	if from < l.offset {
		l.offset = from
	}
	l.clampTo()
}

func (m *Model) theatreRows(p *painter) []string {
	t := &m.theatre
	head, tags := "interception theatre", []span{}
	if t.onStage {
		head = choose(t.on.Cell(), "stolen code · "+t.on.Title(), t.play.Title)
		tags = append(tags, span{fmt.Sprintf("scene %d of %d", t.scene+1, len(t.play.Scenes)), toneFaint})
		if !t.on.Cell() {
			with := choose(t.play.Defended, "with ", "without ")
			tags = append(tags, span{with + t.play.Defence, choose(t.play.Defended, toneGood, toneBad)})
		}
	}
	if t.reveal {
		tags = append(tags, span{"secrets shown", toneWarn})
	}
	if t.cancel != nil {
		tags = append(tags, span{"running " + t.running.Title() + "…", toneHere})
	}
	focus := choose(t.onStage, t.focus, theatreRail)
	return m.labRows(p, head, tags, m.theatrePanes(), focus)
}

// boardContent is the board: the matrix, then the scenarios.
func (m *Model) boardContent(w int) content {
	t := &m.theatre
	d := &doc{}
	c := content{title: "What a thief can do", note: "each result is the answer to a real request", doc: d}
	name := min(max(w-4*13, 14), 34)
	cell := min(max((w-name)/4, 6), 18)
	d.lines = append(d.lines, prose(toneFaint, 0, "The code was stolen from the redirect. What did the thief see, and what did the app do?"))
	if m.h >= 24 {
		d.lines = append(d.lines, line{})
	}
	head := []span{{"  " + fill(m, "he saw", name-2), toneTitle}}
	for _, h := range t.heads {
		head = append(head, span{fill(m, " "+h, cell), toneTitle})
	}
	d.lines = append(d.lines, line{spans: head, most: 1})
	for i := range t.matrix {
		d.lines = append(d.lines, m.boardLine(i, name, cell))
	}
	d.lines = append(d.lines, line{})
	name = min(max(w-2*15, 14), 56)
	cell = min(max((w-name)/2, 6), 18)
	d.lines = append(d.lines, line{spans: []span{
		{fill(m, "  other attacks", name), toneTitle}, {fill(m, " undefended", cell), toneTitle}, {" defended", toneTitle},
	}, most: 1})
	for i := t.matrix; i < len(t.rows); i++ {
		d.lines = append(d.lines, m.boardLine(i, name, cell))
	}
	if t.bar != "" {
		if m.h >= 30 {
			d.lines = append(d.lines, line{})
		}
		d.lines = append(d.lines, plain(toneHere, t.bar))
	}
	if m.h >= 30 && m.w < besideWidth { // below that the board is all that fits
		d.lines = append(d.lines, line{})
		d.lines = append(d.lines, aimLines(t.selected())...)
	}
	return c
}

// playContent is the selected play beside the board: what it is about and, once
// it was played, who won, why, and how it went.
func (m *Model) playContent(r inspect.PlayRef) content {
	t := &m.theatre
	d := &doc{lines: aimLines(r)[1:]}
	read := t.played[r]
	if read == nil {
		d.lines = append(d.lines, line{}, prose(toneFaint, 0, "Not played yet. enter plays it, scene by scene."))
		return content{title: r.Title(), doc: d}
	}
	p := read(t.reveal)
	d.lines = append(append(d.lines, line{}), verdictLines(p)...)
	d.lines = append(d.lines, line{}, heading("How it went", ""))
	for i, s := range p.Scenes {
		d.lines = append(d.lines, line{spans: []span{{fmt.Sprintf("%d. ", i+1), toneFaint}, {s.Title, toneText}}, hang: 3, prose: true})
	}
	return content{title: r.Title(), doc: d}
}

// aimLines say what a play is about before it is played.
func aimLines(r inspect.PlayRef) []line {
	lines := []line{heading(r.Title(), ""), prose(toneText, 0, r.Aim())}
	if defence := r.Defence(); defence != "" {
		lines = append(lines, line{spans: []span{{"What stops him: ", toneFaint}, {defence, toneText}}, prose: true})
	}
	return lines
}

// boardLine is a row of the board. The selected play stands between marks.
func (m *Model) boardLine(i, name, cell int) line {
	t := &m.theatre
	row := t.rows[i]
	on := i == t.row
	l := line{item: i + 1, most: 1, spans: []span{
		{choose(on, "▸ ", "  "), toneHere}, {fill(m, row.Title, name-3) + " ", choose(on, toneStrong, toneText)},
	}}
	for j, ref := range row.Plays {
		text, tone := "·", toneFaint
		lost, done := t.lost[ref]
		won := choose(ref.Cell(), "redeemed", "thief wins")
		kept := choose(ref.Cell(), "refused", "thief loses")
		switch {
		case done && lost:
			text, tone = "✓ "+kept, toneGood
		case done:
			text, tone = "✗ "+won, toneBad
		case t.cancel != nil && t.running == ref:
			text, tone = "running…", toneHere
		}
		if on && j == min(t.column, len(row.Plays)-1) {
			text, tone = "["+text+"]", choose(done, tone, toneHere)
		} else {
			text = " " + text
		}
		l.spans = append(l.spans, span{fill(m, text, cell), tone})
	}
	return l
}

// scenesContent is the timeline.
func (m *Model) scenesContent() content {
	t := &m.theatre
	d := &doc{}
	for i, s := range t.play.Scenes {
		mark, tone := "○ ", toneFaint
		switch {
		case i == t.scene:
			mark, tone = "▸ ", toneStrong
		case i < t.scene:
			mark, tone = "● ", toneText
		}
		if i == t.play.Decisive && i <= t.scene {
			mark = choose(t.play.ThiefWon, "✗ ", "✓ ")
		}
		d.lines = append(d.lines, line{spans: []span{{mark, tone}, {s.Title, tone}}, hang: 2, prose: true, item: i + 1})
	}
	return content{title: "Scenes", doc: d}
}

// laneContent is what goes through somebody's head, and what is in their hands.
func (m *Model) laneContent(s inspect.Scene, who inspect.Lane, w int) content {
	said := map[inspect.Lane]string{inspect.LaneApp: s.App, inspect.LaneThief: s.Thief, inspect.LaneProvider: s.Provider}[who]
	// Where nothing is sent the thief takes, and nobody gives.
	taken := len(s.Exchanges) == 0 && s.To == inspect.LaneThief
	acts := m.acts(choose(taken, s.To, s.From), who)
	d := &doc{lines: []line{prose(choose(acts, toneStrong, toneText), 0, said)}}
	c := content{title: string(who), doc: d}
	switch {
	case acts:
		c.note = "acts"
	case m.acts(s.To, who):
		c.note = choose(s.From == inspect.LaneThief || who != inspect.LaneThief, "answers", "looks on")
	}
	var held []line
	name := 15
	for _, k := range s.Known {
		name = max(name, min(m.ruler.StringWidth(k.Name), w/2))
	}
	for _, k := range s.Known {
		has := map[inspect.Lane]bool{inspect.LaneApp: k.App, inspect.LaneThief: k.Thief, inspect.LaneProvider: k.Provider}[who]
		if !has {
			continue
		}
		tone := choose(who == inspect.LaneThief, toneWarn, toneName)
		if w < 30 {
			held = append(held, line{spans: []span{{k.Name, tone}}, most: 1})
			continue
		}
		held = append(held, line{spans: []span{{fill(m, k.Name, name) + " ", tone}, {shortMask(k.Value), toneFaint}}, most: 1})
	}
	if len(held) > 0 {
		d.lines = append(d.lines, line{}, plain(toneTitle, "holds"))
		d.lines = append(d.lines, held...)
	}
	return c
}

// shortMask leaves of a mask what matters, the fingerprint: it is the same
// wherever the secret is the same.
func shortMask(value string) string {
	if i := strings.LastIndex(value, " #"); i >= 0 && strings.HasPrefix(value, "●") {
		return "●●●● " + value[i+1:]
	}
	return value
}

// acts says whether a lane of the stage is that of somebody; what the user
// does is drawn with the app.
func (m *Model) acts(l, who inspect.Lane) bool {
	return l == who || l == inspect.LaneUser && who == inspect.LaneApp
}

// wireContent is what crossed the wire in a scene, and at the end who won.
func (m *Model) wireContent(s inspect.Scene, w int) content {
	t := &m.theatre
	d := &doc{}
	c := content{title: s.Title, note: fmt.Sprintf("%s → %s", s.From, s.To), doc: d}
	if s.From == s.To {
		c.note = string(s.From)
	}
	if t.bar != "" {
		d.lines = append(d.lines, plain(toneHere, t.bar), line{})
	}
	if t.scene == 0 {
		d.lines = append(d.lines, prose(toneText, 0, t.play.Aim), line{})
	}
	if t.scene == len(t.play.Scenes)-1 {
		d.lines = append(d.lines, verdictLines(t.play)...)
		d.lines = append(d.lines, line{spans: []span{{"  f ", toneKey}, {t.play.Flip, toneText}}, hang: 4, prose: true}, line{})
	}
	if t.play.Search != "" && s.Step == flow.StepChallenge && s.From == inspect.LaneThief {
		d.lines = append(d.lines, prose(toneText, 0, t.play.Search), line{})
	}
	if len(s.Exchanges) == 0 {
		d.lines = append(d.lines, prose(toneFaint, 0, "Nothing crosses the wire here."))
		d.lines = append(d.lines, m.takenLines(s)...)
	}
	for i, x := range s.Exchanges {
		if i > 0 {
			d.lines = append(d.lines, line{})
		}
		d.lines = append(d.lines, m.wireLines(x, w)...)
	}
	return c
}

// takenLines are what the thief comes to hold in a scene.
func (m *Model) takenLines(s inspect.Scene) []line {
	var lines []line
	for _, k := range s.Known {
		if k.New && k.Thief {
			lines = append(lines, line{spans: []span{{"  " + fill(m, k.Name, 21) + "  ", toneWarn}, {k.Value, toneText}}, hang: 25})
		}
	}
	if len(lines) > 0 {
		lines = append([]line{{}, plain(toneTitle, "The thief holds now")}, lines...)
	}
	return lines
}

// verdictLines say who won, why, what stopped the thief or would have, and
// which clause.
func verdictLines(p inspect.Theatre) []line {
	tone := choose(p.ThiefWon, toneBad, toneGood)
	var clauses []string
	for _, r := range p.Refs {
		clauses = append(clauses, r.Text)
	}
	lines := []line{
		{spans: []span{{choose(p.ThiefWon, "✗ ", "✓ ") + p.Verdict + " ", tone}, {p.Why, toneText}}, hang: 2, prose: true},
	}
	if p.Answer != "" {
		lines = append(lines, line{spans: []span{{"  The answer: ", toneFaint}, {p.Answer, toneText}}, hang: 4, prose: true})
	}
	stopped := choose(p.ThiefWon, "  What would stop him: ", "  What stopped him: ")
	return append(lines,
		line{spans: []span{{stopped, toneFaint}, {p.StoppedBy, toneName}, {"  ", toneText}, {strings.Join(clauses, ", "), toneLink}}, hang: 4, prose: true})
}

// wireLines are an exchange in a few lines: what was sent, and what came back.
func (m *Model) wireLines(x inspect.Exchange, w int) []line {
	who := map[flow.Actor]string{flow.ActorApp: "the app", flow.ActorBrowser: "the browser", flow.ActorAttacker: "the thief"}[x.Actor]
	by := "by " + who + "  "
	address := m.shortAddress(x.Request.URL, w-m.ruler.StringWidth(x.Label+by)-1)
	lines := []line{{spans: []span{
		{x.Label + " ", toneTitle}, {by, choose(x.Actor == flow.ActorAttacker, toneWarn, toneFaint)}, {address, toneFaint},
	}, most: 1}}
	for _, r := range x.Request.Rows {
		lines = append(lines, line{spans: []span{{choose(r.PKCE, "+ ", "  "), tonePKCE}, {fill(m, r.Name, 22) + " ", choose(r.PKCE, tonePKCE, toneName)}, {r.Value, toneText}}, most: 1, hang: 25})
	}
	if x.Response == nil {
		return append(lines, plain(toneFaint, "  (no answer seen)"))
	}
	lines = append(lines, plain(choose(x.Refused(), toneBad, toneGood), "  "+x.Response.Line))
	_, came := x.Gist()
	for _, r := range came {
		sentence := r.Name == "error_description"
		lines = append(lines, line{spans: []span{{"  " + fill(m, r.Name, 22) + " ", toneName}, {r.Value, toneText}}, most: choose(sentence, 3, 1), hang: 25, prose: sentence})
	}
	if len(x.Response.Rows) == 0 && len(x.Response.Pretty) > 0 && x.Response.Kind == "text" {
		lines = append(lines, prose(toneText, 2, x.Response.Pretty[0]))
	}
	return lines
}

// shortAddress is a URL without its parameters, in so much room.
func (m *Model) shortAddress(u string, room int) string {
	if i := strings.IndexAny(u, "?#"); i >= 0 {
		u = u[:i] + "?…"
	}
	return m.withoutMiddle(u, room)
}

// withoutMiddle takes the middle out of a URL that there is no room for: the
// host says who is asked, and the end for what. Other texts stay as they are.
func (m *Model) withoutMiddle(u string, room int) string {
	scheme, rest, ok := strings.Cut(u, "://")
	host, path, deep := strings.Cut(rest, "/")
	if !ok || !deep {
		return u
	}
	for m.ruler.StringWidth(u) > room {
		_, path, deep = strings.Cut(path, "/")
		if !deep {
			break
		}
		u = scheme + "://" + host + "/…/" + path
	}
	return u
}
