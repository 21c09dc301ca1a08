package inspect

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes text that came from outside safe to draw, log or save on one
// line. Whatever a terminal could obey, or a reader could not see, is written
// out: controls and octets that are not UTF-8 as \x1b, line ends and tabs as
// \n and \t, C1 controls, bidirectional overrides and zero-width characters as
// \u202e. Everything else stays as it is, so cleaning twice changes nothing.
func Clean(s string) string { return clean(s, false) }

// CleanLines is Clean for text of several lines: it splits s at its line ends
// and expands tabs, and cleans each line.
func CleanLines(s string) []string {
	if s == "" {
		return nil
	}
	var lines []string
	for line := range strings.SplitSeq(s, "\n") {
		line = strings.TrimSuffix(line, "\r")
		for {
			head, rest := fold(line)
			lines = append(lines, clean(head, true))
			if rest == "" {
				break
			}
			line = rest
		}
	}
	return lines
}

// maxLine bounds a line, in octets, so that a response of one long line can be
// laid out and scrolled piece by piece. Longer lines go on in the next.
const maxLine = 4096

func fold(line string) (head, rest string) {
	if len(line) <= maxLine {
		return line, ""
	}
	n := maxLine
	for n > maxLine-utf8.UTFMax && !utf8.RuneStart(line[n]) {
		n--
	}
	return line[:n], line[n:]
}

func clean(s string, expandTabs bool) string {
	n := plainPrefix(s)
	if n == len(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	for {
		b.WriteString(s[:n])
		s = s[n:]
		if s == "" {
			return b.String()
		}
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size <= 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case r == '\t' && expandTabs:
			b.WriteString("    ")
		case visible(r):
			b.WriteString(s[:size])
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < utf8.RuneSelf:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
		s = s[size:]
		n = plainPrefix(s)
	}
}

// plainPrefix returns how many octets at the start of s are printable ASCII,
// which is nearly all of them nearly always.
func plainPrefix(s string) int {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] >= 0x7f {
			return i
		}
	}
	return len(s)
}

// visible reports whether a terminal draws r as something a person can see, or
// as a space of its own width.
func visible(r rune) bool {
	if !unicode.IsGraphic(r) {
		return false // Cc, Cf (bidi, zero width, tags), Zl, Zp, Co, Cs, unassigned
	}
	switch {
	case r >= 0xfe00 && r <= 0xfe0f, r >= 0xe0100 && r <= 0xe01ef, // variation selectors
		r >= 0x180b && r <= 0x180d,
		r == 0x034f, r == 0x115f, r == 0x1160, r == 0x3164, r == 0xffa0, // joiner and fillers
		r == 0x2800: // blank Braille pattern
		return false
	}
	return true
}
