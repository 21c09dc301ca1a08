package tui

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pkcescope/pkcescope/inspect"
)

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
	for _, r := range t.Remarks {
		d.lines = append(d.lines, prose(toneWarn, 0, r))
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
	if t.Kind == "jwe" {
		c.title, c.note = "Not encrypted", ""
		for _, name := range slices.Sorted(maps.Keys(t.Header)) {
			value := inspect.ValueText(t.Header[name])
			c.subjects = append(c.subjects, subject{name: name, value: value})
			d.lines = append(d.lines, line{spans: []span{{name + "  ", toneName}, {value, toneText}}, hang: 4, item: len(c.subjects)})
		}
	}
	d.items = len(c.subjects)
	m.rightsLines(d)
	return c
}

// microscopeOpaque has what can be said of a token without parts.
func (m *Model) microscopeOpaque() content {
	s := &m.micro
	d := &doc{lines: []line{prose(toneStrong, 0, s.token.Whose), {}, plain(toneText, s.token.Value)}}
	if !s.revealed {
		d.lines = append(d.lines, prose(toneFaint, 0, "It is masked. x reveals it."))
	}
	d.lines = append(d.lines, line{}, prose(toneText, 0, "It has no parts that could be taken apart. A provider with an introspection endpoint says there what it means, to those who may ask (RFC 7662)."))
	m.rightsLines(d)
	return content{title: "Opaque token", doc: d, note: counted(len(s.specimen.Raw()), "character")}
}

// rightsLines are what was asked for and granted, and what is missing.
func (m *Model) rightsLines(d *doc) {
	t := &m.micro.token
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
			lines = append(lines, line{spans: []span{{fmt.Sprintf("%9d ", i+1), toneFaint}, {x, toneText}}, hang: 10, most: choose(open, 0, 1)})
		}
		if !open {
			lines = append(lines, plain(toneFaint, "        …"))
		}
	case len(text) > foldRows*room:
		lines = append(lines, line{spans: []span{name, {size(len(text)) + ", ", toneText}, {choose(open, "enter folds it", "enter unfolds it"), toneFaint}}, hang: hang})
		lines = append(lines, line{spans: []span{{"    ", toneText}, {m.folded(text, room, open), toneText}}, hang: hang, most: choose(open, 0, foldRows-1)})
	default:
		lines = append(lines, line{spans: []span{name, {text, toneText}}, hang: hang})
	}
	if k.Meaning != "" {
		source, _ := sourceAndLink(k.Source)
		text := k.Meaning
		if source != "" {
			text += " [" + source + "]"
		}
		lines = append(lines, prose(toneFaint, hang, text))
	}
	return lines
}

// folded is as much of a text as is needed to fill its rows.
func (m *Model) folded(text string, room int, open bool) string {
	if most := 16 * room * foldRows; !open && len(text) > most {
		return strings.ToValidUTF8(text[:most], "")
	}
	return text
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
