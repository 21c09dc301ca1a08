package flow

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// pattern is one form in which a secret can stand in a text. Escapes need no
// patterns of their own: matchAt sees through them.
type pattern struct {
	text string
	// rest writes out what follows, if the form is longer. It is asked for where
	// the beginning was found.
	rest  func() string
	mask  string
	alone bool // only where it stands alone
	// before and after say that the neighbouring character of base64 holds
	// bits of the secret as well.
	before, after bool
}

// add makes the patterns of a secret.
func (r *Redactor) add(secret string) {
	if signature, ok := jwtSignature(secret); ok {
		secret = signature
	}
	if secret == "" || r.known[secret] || hasMask(secret) {
		return
	}
	r.known[secret] = true
	p := pattern{mask: r.mask(secret), alone: len(secret) < shortSecret}
	if p.alone {
		p.text = secret
		r.addPattern(p)
		return
	}
	seen := map[string]bool{}
	add := func(p pattern, form string, write func(form string) string) {
		p.text = write(form[:wholeRunes(form, beginning)])
		if wholeRunes(form, beginning) < len(form) {
			p.rest = sync.OnceValue(func() string { return write(form)[len(p.text):] })
		}
		if !seen[p.text] {
			seen[p.text] = true
			r.addPattern(p)
		}
	}
	add(p, secret, func(s string) string { return s })
	for _, form := range writtenForms(secret) {
		for _, write := range hexadecimal {
			add(pattern{mask: p.mask}, form, write)
		}
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			for shift := range 3 {
				// Three octets become four characters, so where the secret
				// begins within a group of three decides how it looks. Only
				// characters that hold nothing but its bits are certain.
				add(pattern{mask: p.mask, before: shift != 0, after: 8*(shift+len(form))%6 != 0}, form, func(form string) string {
					encoded := encoding.EncodeToString(append(make([]byte, shift), form...))
					return encoded[(8*shift+5)/6 : 8*(shift+len(form))/6]
				})
			}
		}
	}
}

// beginning is how much of a secret is looked for, in octets. Where it stands,
// what follows is masked for as long as it is the secret: also one that was cut
// off is. A token of 16 MB would otherwise take thirty times its length in
// patterns, and one that repeats itself be compared without end.
const beginning = 256

// hexadecimal are the ways in which octets are written in it.
var hexadecimal = []func(string) string{
	func(s string) string { return hex.EncodeToString([]byte(s)) },
	func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) },
	func(s string) string { return octets([]byte(s)) },
	func(s string) string { return strings.ToUpper(octets([]byte(s))) },
}

// writtenForms are the ways in which a secret may have been written before it
// was put into base64 or hexadecimal: Basic credentials are form-encoded first
// (RFC 6749 section 2.3.1).
func writtenForms(secret string) []string {
	forms := []string{secret, url.QueryEscape(secret), url.PathEscape(secret)}
	if !strings.ContainsFunc(secret, jsonEscapes) {
		// As it is, JSON has it too.
	} else if quoted, err := json.Marshal(secret); err == nil {
		forms = append(forms, string(quoted[1:len(quoted)-1]))
	}
	slices.Sort(forms)
	return slices.Compact(forms)
}

// jsonEscapes reports whether encoding/json may write r in another way.
func jsonEscapes(r rune) bool {
	return r < ' ' || r > '~' || strings.ContainsRune(`"\<>&`, r)
}

func (r *Redactor) addPattern(p pattern) {
	at := len(r.patterns)
	r.patterns = append(r.patterns, p)
	first := p.text[0]
	r.byByte[first] = append(r.byByte[first], at)
	if len(p.text) == 1 {
		r.single[first] = true
		return
	}
	pair := uint16(first)<<8 | uint16(p.text[1])
	r.byPair[pair] = append(r.byPair[pair], at)
	r.pairs[pair/64] |= 1 << (pair % 64)
}

// escapes are the octets with which an escape begins.
var escapes = [256]bool{'%': true, '\\': true, '&': true, '+': true}

// ends returns where p ends if it stands at s[i:], and its mask; 0 if it does not
// stand there.
func (r *Redactor) ends(p *pattern, s string, i int) (int, string) {
	end := matchAt(s, i, p.text)
	if end == 0 || p.rest == nil {
		return end, p.mask
	}
	rest := p.rest()
	more, whole := matchFrom(s, end, rest)
	if !whole {
		return more, r.mask(s[i:more])
	}
	return more, p.mask
}

// matchFrom reports where s[i:] stops to be text as matchAt reads it, and
// whether all of text was there.
func matchFrom(s string, i int, text string) (end int, whole bool) {
	for text != "" {
		n := wholeRunes(text, beginning)
		next := matchAt(s, i, text[:n])
		if next == 0 {
			for { // as far as it goes
				n = wholeRunes(text, 1)
				if next = matchAt(s, i, text[:n]); next == 0 {
					return i, false
				}
				i, text = next, text[n:]
			}
		}
		i, text = next, text[n:]
	}
	return i, true
}

// wholeRunes is the length of the part of text of about n octets that breaks no
// character: an escape stands for a whole one.
func wholeRunes(text string, n int) int {
	for n < len(text) && !utf8.RuneStart(text[n]) {
		n++
	}
	return min(n, len(text))
}

// matchAt reports where text ends if it stands at s[i:], each of its octets
// either as it is or escaped, and 0 if it does not.
func matchAt(s string, i int, text string) int { return matchQuoted(s, i, text, anyDepth) }

const (
	// deepest is how many JSON strings may be inside each other.
	deepest  = 3
	anyDepth = -1
)

// matchQuoted is matchAt inside that many JSON strings. A backslash is escaped
// by another, so that a row of them could be read in as many ways as there are
// sums: whatever wrote the text wrote all of it alike, and the depth is chosen
// at the first.
func matchQuoted(s string, i int, text string, depth int) int {
	for text != "" {
		if i >= len(s) {
			return 0
		}
		if !escapes[s[i]] {
			if s[i] != text[0] {
				return 0
			}
			i, text = i+1, text[1:]
			continue
		}
		if s[i] == '\\' {
			if depth == anyDepth {
				for depth := range deepest + 1 {
					if end := matchQuoted(s, i, text, depth); end > 0 {
						return end
					}
				}
				return 0
			}
			octets, n := unquote(s[i:], depth)
			rest, ok := strings.CutPrefix(text, octets)
			if !ok {
				return 0
			}
			i, text = i+n, rest
			continue
		}
		if s[i] == text[0] {
			if end := matchQuoted(s, i+1, text[1:], depth); end > 0 {
				return end
			}
		}
		for octets, n := range unescapings(s[i:]) {
			if rest, ok := strings.CutPrefix(text, octets); ok {
				if end := matchQuoted(s, i+n, rest, depth); end > 0 {
					return end
				}
			}
		}
		return 0
	}
	return i
}

// unescapings yields what the escape at the start of s may stand for, and how
// long it is.
func unescapings(s string) func(yield func(octets string, n int) bool) {
	return func(yield func(string, int) bool) {
		switch s[0] {
		case '+':
			yield(" ", 1)
		case '%':
			// An URL inside a URL is escaped twice: %7E becomes %257E.
			for n := 1; n <= 5; n += 2 {
				b, ok := hexOctet(s, n)
				if !ok || !yield(string([]byte{b}), n+2) || b == '+' && !yield(" ", n+2) || s[n:n+2] != "25" {
					return
				}
			}
		case '\\':
			for depth := 1; depth <= deepest; depth++ {
				if !yield(unquote(s, depth)) {
					return
				}
			}
		case '&':
			end := strings.IndexByte(s[:min(len(s), 12)], ';')
			if end < 0 {
				return
			}
			if octets := html.UnescapeString(s[:end+1]); octets != s[:end+1] && octets != "" {
				yield(octets, end+1)
			}
		}
	}
}

// unquote returns what s, which is not empty, begins with inside that many JSON
// strings, and how long that is. Each string doubles the backslashes of the one
// inside it, so that 2^depth of them are one, and fewer begin an escape. A
// backslash that begins none stands for itself.
func unquote(s string, depth int) (octets string, n int) {
	row := 0
	for row < len(s) && row < 1<<depth && s[row] == '\\' {
		row++
	}
	if row == 1<<depth {
		return `\`, row
	}
	if row == 0 {
		return s[:1], 1
	}
	if octets, n := unescapeJSON(s[row-1:]); n > 0 {
		return octets, row - 1 + n
	}
	// The halves of a surrogate pair have a row of backslashes each.
	const half = len("u0000")
	if end := 2 * (row + half); len(s) >= end {
		if octets, n := unescapeJSON(`\` + s[row:row+half] + `\` + s[end-half:end]); n > half+1 {
			return octets, end
		}
	}
	return `\`, 1
}

func hexOctet(s string, at int) (byte, bool) {
	if len(s) < at+2 {
		return 0, false
	}
	b, err := strconv.ParseUint(s[at:at+2], 16, 8)
	return byte(b), err == nil
}

func unescapeJSON(s string) (string, int) {
	if len(s) < 2 {
		return "", 0
	}
	switch s[1] {
	case '"', '\\', '/', '\'':
		return s[1:2], 2
	case 'b':
		return "\b", 2
	case 'f':
		return "\f", 2
	case 'n':
		return "\n", 2
	case 'r':
		return "\r", 2
	case 't':
		return "\t", 2
	case 'u':
		// One escape may be half of a surrogate pair.
		for _, n := range []int{12, 6} {
			var octets string
			if len(s) >= n && json.Unmarshal([]byte(`"`+s[:n]+`"`), &octets) == nil &&
				utf8.RuneCountInString(octets) == 1 && octets != "\ufffd" {
				return octets, n
			}
		}
	}
	return "", 0
}

func isBase64(c byte) bool { return isAlphanumeric(c) || strings.IndexByte("+/-_", c) >= 0 }

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

// cutsMask reports whether a mask begins inside s[i:end].
func cutsMask(s string, i, end int) bool {
	for at := i + 1; at < end; at++ {
		if s[at] == '~' {
			if _, _, n := ParseMask(s[at:]); n > 0 {
				return true
			}
		}
	}
	return false
}

// standsAlone reports whether s[i:end] is not part of a longer word. A mask
// counts as one: it stands where a word was.
func standsAlone(s string, i, end int) bool {
	if _, _, n := ParseMask(s[end:]); n > 0 || end < len(s) && isAlphanumeric(s[end]) && isAlphanumeric(s[end-1]) {
		return false
	}
	if start := strings.LastIndex(s[max(0, i-40):i], maskStart); start >= 0 {
		start += max(0, i-40)
		if _, _, n := ParseMask(s[start:]); start+n == i {
			return false
		}
	}
	if i == 0 || !isAlphanumeric(s[i-1]) || !isAlphanumeric(s[i]) {
		return true
	}
	// The letter before may be the end of an escape: %20, \n, \u0026.
	for _, escape := range []struct {
		start  byte
		length int
	}{{'%', 3}, {'\\', 2}, {'\\', 6}} {
		if i >= escape.length && s[i-escape.length] == escape.start {
			return true
		}
	}
	return false
}

// jwtSignature returns the signature of a signed JWT in its compact form.
func jwtSignature(s string) (string, bool) {
	parts := strings.Split(s, ".")
	if len(parts) != 3 || parts[2] == "" || hasMask(parts[2]) {
		return "", false
	}
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[0], "="))
	var header map[string]json.RawMessage
	if err != nil || json.Unmarshal(raw, &header) != nil || header == nil {
		return "", false
	}
	return parts[2], true
}
