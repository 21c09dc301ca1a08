package tui

import (
	"fmt"

	"github.com/pkcescope/pkcescope/inspect"
)

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
