package tui

import (
	"strings"

	"github.com/pkcescope/pkcescope/inspect"
)

// The texts of the bench: characters of which some are marked, one under the
// other, and octets.

// benchLabel is the width of a name that stands beside its text, not over it.
const benchLabel = 11

// benchBeside says whether names stand beside: where 64 characters fit as well.
func (m *Model) benchBeside(w int) bool { return w >= benchLabel+64 }

// benchRoom is what is left for the text.
func (m *Model) benchRoom(w int) int { return choose(m.benchBeside(w), w-benchLabel, w) }

// benchNamed puts a name over lines, or beside them where there is room. The
// note follows the name, or stands at the end of the last line it fits on.
func (m *Model) benchNamed(name, note string, lines []line, w int) []line {
	if !m.benchBeside(w) {
		return append([]line{heading(name, note)}, lines...)
	}
	for i := range lines {
		label := span{fill(m, choose(i == 0, name, ""), benchLabel), toneTitle}
		lines[i].spans = append([]span{label}, lines[i].spans...)
	}
	last := &lines[len(lines)-1]
	used := max(m.ruler.StringWidth(last.text()), m.ruler.StringWidth(lines[0].text()))
	if note != "" && used+2+m.ruler.StringWidth(note) <= w {
		gap := used - m.ruler.StringWidth(last.text()) + 2
		last.spans = append(last.spans, span{strings.Repeat(" ", gap) + note, toneFaint})
	}
	return lines
}

// seen is text as it may be seen.
func (b *bench) seen(all []inspect.Character) []inspect.Character {
	if !b.masked() {
		return all
	}
	dots := make([]inspect.Character, len(all))
	for i := range dots {
		dots[i].Text = "●"
	}
	return dots
}

// benchText is the text of a field, with the cursor's place if it is typed in.
func (m *Model) benchText(f int, all []inspect.Character, w int, mark string, t tone) []line {
	b := &m.bench
	if b.typing != f {
		if len(all) == 0 {
			return []line{plain(toneFaint, "none")}
		}
		return m.markedLines(all, w, mark, t)
	}
	// One more for the cursor behind the last character.
	all = append(all[:len(all):len(all)], inspect.Character{Text: " "})
	lines, rows, cols := m.layMarked(all, w, mark, t, toneField)
	at := min(b.fields[f].input.Position(), len(all)-1)
	b.cursor.pane = int(choose(f == fieldVerifier, benchVerifier, benchMatch))
	b.cursor.row, b.cursor.col = rows[at], cols[at]
	return lines
}

// markedLines breaks characters into rows, with a row of marks under each that
// has a marked one.
func (m *Model) markedLines(all []inspect.Character, w int, mark string, t tone) []line {
	lines, _, _ := m.layMarked(all, w, mark, t, toneText)
	return lines
}

// layMarked is markedLines for text of any tone; it also returns the row and
// the column of each character.
func (m *Model) layMarked(all []inspect.Character, w int, mark string, marked, normal tone) (lines []line, rows, cols []int) {
	var text line
	var marks strings.Builder
	col, standsOut := 0, false
	flush := func() {
		lines = append(lines, text)
		if standsOut && mark != "" {
			lines = append(lines, plain(markTone(marked), strings.TrimRight(marks.String(), " ")))
		}
		text, col, standsOut = line{}, 0, false
		marks.Reset()
	}
	for _, c := range all {
		n := m.ruler.StringWidth(c.Text)
		if col+n > w && col > 0 {
			flush()
		}
		t := choose(c.Marked, marked, normal)
		if k := len(text.spans); k > 0 && text.spans[k-1].tone == t {
			text.spans[k-1].text += c.Text
		} else {
			text.spans = append(text.spans, span{c.Text, t})
		}
		rows, cols = append(rows, len(lines)), append(cols, col)
		marks.WriteString(strings.Repeat(choose(c.Marked, mark, " "), n))
		standsOut = standsOut || c.Marked
		col += n
	}
	flush()
	return lines, rows, cols
}

// markTone is the tone of the marks under characters of that tone: a background
// is for text.
func markTone(t tone) tone { return choose(t == toneHit, toneWarn, t) }

// octetLines lays octets in hex out, as many in a row as there is room for: 8,
// 16 or 32, for counting.
func octetLines(hex string, w int) []line {
	n := 8
	for n < 32 && n*2*3-1 <= w {
		n *= 2
	}
	var lines []line
	all := strings.Fields(hex)
	for len(all) > 0 {
		k := min(n, len(all))
		lines = append(lines, plain(toneText, strings.Join(all[:k], " ")))
		all = all[k:]
	}
	return lines
}

// pairs puts a blank between octets.
func pairs(hex string) string {
	var b strings.Builder
	for i := 0; i+1 < len(hex); i += 2 {
		b.WriteString(hex[i:i+2] + " ")
	}
	return b.String()
}
