package export

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Each language's literal for a text. What these return is that text again when
// the language reads it, whatever is in it.

// quoteSh is a word of the POSIX shell: between single quotes nothing has a
// meaning but the quote.
func quoteSh(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// quotePowerShell is a verbatim string. PowerShell takes typographic quotes for
// quotes too (about_Quoting_Rules); each is doubled.
func quotePowerShell(s string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for _, r := range s {
		if strings.ContainsRune("'\u2018\u2019\u201a\u201b", r) {
			b.WriteRune(r)
		}
		b.WriteRune(r)
	}
	b.WriteByte('\'')
	return b.String()
}

// quoteGo is an interpreted string literal.
func quoteGo(s string) string { return strconv.Quote(s) }

// quoteUnicode writes a string in double quotes with \uXXXX for everything
// that is not printable ASCII. Escapes beyond the first plane are wide's.
func quoteUnicode(s string, wide func(rune) string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r >= ' ' && r < 0x7f:
			b.WriteRune(r)
		case r > 0xffff:
			b.WriteString(wide(r))
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// quotePython and quoteCSharp name a character by its number.
func quotePython(s string) string {
	return quoteUnicode(s, func(r rune) string { return fmt.Sprintf(`\U%08x`, r) })
}

func quoteCSharp(s string) string { return quotePython(s) }

// quoteJS writes characters beyond the first plane as the two units of UTF-16.
// < is escaped as well: the literal may stand in a page.
func quoteJS(s string) string {
	q := quoteUnicode(s, func(r rune) string {
		r -= 0x10000
		return fmt.Sprintf(`\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
	})
	return strings.ReplaceAll(q, "<", `\u003c`)
}

// escapeOctets writes every octet as %XX: a form that needs no other quoting
// anywhere.
func escapeOctets(s string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, "%%%02X", s[i])
	}
	return b.String()
}

// escapeQuery is percent-encoding as in RFC 3986: a blank is %20.
func escapeQuery(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// awkward reports whether a shell or curl cannot take s as an argument, or a
// person could not read it there.
func awkward(s string) bool {
	return !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f })
}
