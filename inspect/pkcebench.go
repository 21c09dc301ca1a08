package inspect

import (
	"fmt"
	"slices"
	"unicode/utf8"
)

// Character is one character as it may be drawn, and whether it stands out: it
// is illegal, it was changed, or it differs from what stands beside it. Text
// is clean, and may be longer than one column.
type Character struct {
	Text   string
	Marked bool
}

// Characters returns the verifier with what may not stand in it marked.
func (v PKCEVerifier) Characters() []Character {
	var all []Character
	for _, piece := range characters(v.Value) {
		c, _ := utf8.DecodeRuneInString(piece)
		all = append(all, Character{Text: Clean(piece), Marked: !Unreserved(c)})
	}
	return all
}

// characters cuts s into its characters; an octet that is no UTF-8 is one.
func characters(s string) []string {
	var all []string
	for s != "" {
		_, size := utf8.DecodeRuneInString(s)
		all = append(all, s[:size])
		s = s[size:]
	}
	return all
}

// Characters returns base64 and base64url with the characters marked that the
// step from the one to the other changes. The padding is marked in the first
// and gone from the second.
func (s PKCEStages) Characters() (base64, base64url []Character) {
	changed := map[int]bool{}
	for _, i := range s.Changed {
		changed[i] = true
	}
	for i, c := range s.Base64 {
		base64 = append(base64, Character{Text: string(c), Marked: changed[i]})
	}
	for i, c := range s.Base64URL {
		base64url = append(base64url, Character{Text: string(c), Marked: changed[i]})
	}
	return base64, base64url
}

// Compare returns two texts with the characters marked that differ from what
// stands at the same place of the other, and the first such place, -1 if there
// is none. Where more than half differ only the first place is marked: the
// texts are then not the same with a change in it.
func Compare(a, b string) (left, right []Character, first int) {
	x, y := characters(a), characters(b)
	first = -1
	var differ []int
	for i := range max(len(x), len(y)) {
		if i >= len(x) || i >= len(y) || x[i] != y[i] {
			differ = append(differ, i)
		}
	}
	if len(differ) > 0 {
		first = differ[0]
	}
	if len(differ)*2 > max(len(x), len(y)) {
		differ = differ[:1]
	}
	draw := func(all []string) []Character {
		var out []Character
		for i, c := range all {
			_, marked := slices.BinarySearch(differ, i)
			out = append(out, Character{Text: Clean(c), Marked: marked})
		}
		return out
	}
	return draw(x), draw(y), first
}

// WhereDifferent says where what was sent differs from what was computed, given
// the first such place and both lengths.
func WhereDifferent(first, sent, computed int) string {
	if first == sent {
		return fmt.Sprintf("What was sent ends after %d of %s.", sent, countOf(computed, "character"))
	}
	return fmt.Sprintf("First difference: character %d of %d.", first+1, sent)
}

// LengthBar is the length of a verifier on a scale from 0 to 128, in cells.
type LengthBar struct {
	Filled int // cells that the verifier takes
	Least  int // cells that the shortest legal verifier takes
	Cells  int
	// Over is true when the verifier is longer than the scale.
	Over bool
	// Text says how the length stands to what is allowed.
	Text string
}

// LengthBar measures the verifier on a bar of so many cells, one at least.
func (v PKCEVerifier) LengthBar(cells int) LengthBar {
	cells = max(cells, 1)
	// Any part of a cell counts, so that one character more is seen at 42.
	scale := func(n int) int { return min(cells, (n*cells+VerifierMax-1)/VerifierMax) }
	b := LengthBar{Filled: scale(v.Length), Least: scale(VerifierMin), Cells: cells, Over: v.Length > VerifierMax}
	switch {
	case v.Length < VerifierMin:
		b.Text = fmt.Sprintf("%d too few for the %d that are asked for", VerifierMin-v.Length, VerifierMin)
		// A verifier that is too short must not look long enough.
		b.Filled = min(b.Filled, max(b.Least-1, 0))
	case v.Length == VerifierMin:
		b.Text = "the shortest allowed"
	case v.Length == VerifierMax:
		b.Text = "the longest allowed"
	case b.Over:
		b.Text = fmt.Sprintf("%d more than the %d that are allowed", v.Length-VerifierMax, VerifierMax)
	default:
		b.Text = fmt.Sprintf("within %d to %d", VerifierMin, VerifierMax)
	}
	return b
}
