package capture

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// word is a word of a command line, or an operator between commands.
type word struct {
	text     string
	operator bool // ; & && | || or the end of a line
}

// shellWords cuts a command line as a POSIX shell does, with the $'…' of bash
// and zsh. It expands nothing: "$CODE" stays as it is written. It returns the
// words up to the end of the first line that is complete, and the rest.
func shellWords(s string) (words []word, rest string) {
	var b strings.Builder
	in := false
	end := func() {
		if in {
			words = append(words, word{text: b.String()})
		}
		b.Reset()
		in = false
	}
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '\\' && i+1 < len(s):
			// A line that ends in a backslash goes on.
			if n := lineEnd(s[i+1:]); n > 0 {
				i += 1 + n
				continue
			}
			in = true
			b.WriteByte(s[i+1])
			i += 2
		case c == '`' && lineEnd(s[min(i+1, len(s)):]) > 0: // PowerShell
			i += 1 + lineEnd(s[i+1:])
		case c == '\'':
			in = true
			n := strings.IndexByte(s[i+1:], '\'')
			if n < 0 {
				b.WriteString(s[i+1:])
				i = len(s)
				continue
			}
			b.WriteString(s[i+1 : i+1+n])
			i += n + 2
		case c == '$' && i+1 < len(s) && s[i+1] == '\'':
			in = true
			text, n := ansiQuoted(s[i+2:])
			b.WriteString(text)
			i += 2 + n
		case c == '"':
			in = true
			text, n := doubleQuoted(s[i+1:])
			b.WriteString(text)
			i += 1 + n
		case c == '\n' || c == '\r':
			end()
			return words, s[i+1:]
		case c == ' ' || c == '\t':
			end()
			i++
		case c == ';' || c == '|' || c == '&':
			end()
			n := 1
			if i+1 < len(s) && s[i+1] == c {
				n = 2
			}
			words = append(words, word{s[i : i+n], true})
			i += n
		default:
			in = true
			b.WriteByte(c)
			i++
		}
	}
	end()
	return words, ""
}

// lineEnd is how long the line end at the start of s is; 0 if there is none.
func lineEnd(s string) int {
	switch {
	case strings.HasPrefix(s, "\r\n"):
		return 2
	case strings.HasPrefix(s, "\n"):
		return 1
	}
	return 0
}

// doubleQuoted reads up to the closing quote and past it.
func doubleQuoted(s string) (text string, n int) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), i + 1
		case s[i] == '\\' && i+1 < len(s):
			if n := lineEnd(s[i+1:]); n > 0 {
				i += n
				continue
			}
			if strings.IndexByte("\\\"$`!", s[i+1]) < 0 {
				b.WriteByte('\\')
			}
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), len(s)
}

// ansiQuoted reads the inside of $'…' up to the closing quote and past it. Its
// escapes are those of ANSI C, with \u for characters.
func ansiQuoted(s string) (text string, n int) {
	var b strings.Builder
	number := func(from, most, base int) (uint64, int) {
		end := from
		for end < len(s) && end-from < most && isDigit(s[end], base) {
			end++
		}
		v, err := strconv.ParseUint(s[from:end], base, 32)
		if err != nil {
			return 0, 0
		}
		return v, end - from
	}
	for i := 0; i < len(s); i++ {
		if s[i] == '\'' {
			return b.String(), i + 1
		}
		if s[i] != '\\' || i+1 >= len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch c := s[i]; c {
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		case 'r':
			b.WriteByte('\r')
		case 'a':
			b.WriteByte(7)
		case 'b':
			b.WriteByte(8)
		case 'e', 'E':
			b.WriteByte(0x1b)
		case 'f':
			b.WriteByte('\f')
		case 'v':
			b.WriteByte('\v')
		case 'x', 'u', 'U':
			most := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
			v, n := number(i+1, most, 16)
			switch {
			case n == 0:
				b.WriteByte('\\')
				b.WriteByte(c)
			case c == 'x':
				b.WriteByte(byte(v & 0xff))
			case v <= utf8.MaxRune:
				b.WriteRune(rune(v))
			}
			i += n
		case '0', '1', '2', '3', '4', '5', '6', '7':
			v, n := number(i, 3, 8)
			b.WriteByte(byte(v & 0xff))
			i += n - 1
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), len(s)
}

func isDigit(c byte, base int) bool {
	switch {
	case c >= '0' && c <= '7':
		return true
	case c == '8' || c == '9':
		return base > 8
	}
	return base == 16 && (c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F')
}

// isWindows reports whether a command line is written for cmd.exe.
func isWindows(s string) bool {
	return strings.Contains(s, `^"`) || strings.Contains(s, "^\n") || strings.Contains(s, "^\r\n")
}

// windowsWords cuts a command line as cmd.exe and then a C program on Windows
// do: a caret outside of quotes takes what follows as it is, at the end of a
// line it joins the next, and a backslash matters before a quote only.
func windowsWords(s string) (words []word, rest string) {
	plain, operators, rest := caretsUndone(s)
	var b strings.Builder
	in, quoted := false, false
	end := func() {
		if in {
			words = append(words, word{text: b.String()})
		}
		b.Reset()
		in = false
	}
	for i := 0; i < len(plain); i++ {
		c := plain[i]
		if _, ok := operators[i]; ok {
			end()
			words = append(words, word{string(c), true})
			continue
		}
		switch {
		case c == '\\':
			n := 1
			for i+n < len(plain) && plain[i+n] == '\\' {
				n++
			}
			in = true
			if i+n < len(plain) && plain[i+n] == '"' {
				b.WriteString(strings.Repeat(`\`, n/2))
				if n%2 == 1 {
					b.WriteByte('"')
					n++
				}
			} else {
				b.WriteString(strings.Repeat(`\`, n))
			}
			i += n - 1
		case c == '"' && quoted && i+1 < len(plain) && plain[i+1] == '"':
			b.WriteByte('"')
			i++
		case c == '"':
			quoted, in = !quoted, true
		case (c == ' ' || c == '\t') && !quoted:
			end()
		default:
			in = true
			b.WriteByte(c)
		}
	}
	end()
	return words, rest
}

// caretsUndone undoes what cmd.exe does to a line before the program sees it.
// operators are the places of & and | that part commands.
func caretsUndone(s string) (plain string, operators map[int]bool, rest string) {
	var b strings.Builder
	operators = map[int]bool{}
	quoted := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '^' && !quoted && i+1 < len(s):
			if n := lineEnd(s[i+1:]); n > 0 {
				i += n
				// An empty line after it stands for a line end in the text.
				if n := lineEnd(s[i+1:]); n > 0 {
					b.WriteByte('\n')
					i += n
				}
				continue
			}
			i++
			b.WriteByte(s[i])
		case c == '"':
			quoted = !quoted
			b.WriteByte(c)
		case (c == '\n' || c == '\r') && !quoted:
			return b.String(), operators, s[i+1:]
		case (c == '&' || c == '|') && !quoted:
			operators[b.Len()] = true
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), operators, ""
}
