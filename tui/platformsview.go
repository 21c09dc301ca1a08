package tui

import (
	"slices"

	"github.com/pkcescope/pkcescope/inspect"
)

func (m *Model) syncPlatforms() {
	d := &m.platforms
	now := struct{ number, w, h int }{d.number, m.w, m.h}
	if d.pane.doc != nil && d.drawn == now {
		return
	}
	keep := d.pane.doc != nil // also over a change between masked and clear
	d.drawn = now
	body := rect{0, 1, m.w, max(m.h-2, 0)}
	d.pane.set(m, body, content{title: "Token request", note: "nothing is sent", doc: &doc{lines: m.platformLines(body.w - 4)}}, keep)
}

func (m *Model) platformsRows(p *painter) []string {
	d := &m.platforms
	var tags []span
	if c := d.transcript.Config; c.Name != "" || c.ClientID != "" {
		tags = append(tags, span{inspect.Clean(choose(c.Name != "", c.Name, c.ClientID)), toneHere})
	}
	if d.reveal {
		tags = append(tags, span{"secrets shown", toneWarn})
	}
	return m.labRows(p, "platforms · web, SPA, native", tags, []*labPane{&d.pane}, 0)
}

// platformLines lay the three requests side by side: what differs, what is the
// same, and what comes of the wrong one.
func (m *Model) platformLines(w int) []line {
	d := &m.platforms
	own := slices.Index(d.read.Names, string(d.transcript.Config.Platform))
	names := 0
	for _, row := range slices.Concat(d.read.Differ, d.read.Same) {
		names = max(names, m.ruler.StringWidth("≠ "+row.Name)+1)
	}
	names = min(names, w/3)
	room := max((w-names)/max(len(d.read.Names), 1)-2, 4)
	side := func(name span, cell func(i int) span) []line {
		cells := make([]span, len(d.read.Names))
		for i := range cells {
			cells[i] = cell(i)
		}
		return m.sideBySide(name, names, cells, room)
	}
	lines := []line{
		prose(toneText, 0, "The same client on each platform. A value that is not made yet stands as its name: <code>."),
		{},
		heading("Different", ""),
	}
	lines = append(lines, side(span{"", toneText}, func(i int) span {
		return span{d.read.Names[i] + choose(i == own, ", as set", ""), choose(i == own, toneHere, toneTitle)}
	})...)
	for _, row := range d.read.Differ {
		lines = append(lines, side(span{"≠ " + row.Name, toneStrong}, func(i int) span {
			switch v := row.Values[i]; {
			case v != "":
				return span{v, toneText}
			case d.read.Refused[i] != "":
				return span{"?", toneFaint}
			default:
				return span{"not sent", toneFaint}
			}
		})...)
	}
	if len(d.read.Differ) == 0 {
		lines = append(lines, prose(toneFaint, 2, "Nothing: all three send the same."))
	}
	for i, why := range d.read.Refused {
		if why != "" {
			lines = append(lines, prose(toneWarn, 2, d.read.Names[i]+": no request can be made. "+why))
		}
	}
	if len(d.read.Same) > 0 {
		lines = append(lines, line{}, heading("The same", ""))
	}
	for _, row := range d.read.Same {
		lines = append(lines, line{
			spans: []span{{fill(m, "  "+row.Name, names), toneFaint}, {row.Same(), toneText}},
			hang:  names,
		})
	}
	lines = append(lines, line{}, heading("On the wrong platform", choose(own >= 0, "what Entra ID answers; ▸ to this client", "what Entra ID answers")))
	return append(lines, m.platformAnswerLines()...)
}

// platformAnswerLines say what comes of each wrong pair; those that this client
// would meet stand out.
func (m *Model) platformAnswerLines() []line {
	d := &m.platforms
	row := func(mark, registered, sent, code, why string, t, codeTone tone) line {
		const platform, codes = 12, 15
		spans := []span{
			{mark, toneHere},
			{fill(m, registered, platform), t},
			{fill(m, sent, platform-3), t},
			{fill(m, code, codes), codeTone},
			{why, t},
		}
		return line{spans: spans, hang: m.ruler.StringWidth(mark) + 2*platform - 3 + codes, prose: true}
	}
	lines := []line{row("  ", "registered", "sent as", "", "", toneFaint, toneFaint)}
	for _, a := range d.read.Answers {
		own := a.Sent == d.transcript.Config.Platform
		lines = append(lines, row(choose(own, "▸ ", "  "), string(a.Registered), string(a.Sent), a.Code, a.Why,
			choose(own, toneText, toneFaint), choose(own, toneBad, toneFaint)))
	}
	return lines
}
