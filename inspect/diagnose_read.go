package inspect

import (
	"html"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// How much is read. People paste whole pages and logs; the error is a few
// lines of them. Both bounds keep the time linear and small.
const (
	mostRead = 128 << 10 // octets taken in, from both ends and around codes
	mostText = 24 << 10  // octets that rules look at, around what smells of an error
	rounds   = 4         // encodings undone, one inside the other
)

// reading is what could be read out of a pasted error.
type reading struct {
	// plain is the text freed of its wrappings: tags, entities, percent- and
	// backslash-escapes, however many of them lie inside each other.
	plain string
	// match is plain made uniform for comparison: lower case, one kind of
	// quote, single spaces.
	match string
	// loose is match without what writers differ in: see [loose].
	loose string
	// codes are the vendor's codes in order of appearance, once each.
	codes []string
	// inferred are codes that were not read but are known by their sentence.
	inferred []string
}

// known are the codes that rules may rest on.
func (a reading) known() []string { return append(a.codes[:len(a.codes):len(a.codes)], a.inferred...) }

// readAnswer unwraps raw.
func readAnswer(raw string) reading {
	s := strings.ToValidUTF8(shortened(raw), "\uFFFD")
	for range rounds {
		was := s
		s = undoBackslashes(undoPercent(html.UnescapeString(stripTags(s))))
		if s == was {
			break
		}
	}
	a := reading{plain: excerpt(s)}
	a.match = withoutBoilerplate(uniform(a.plain))
	a.loose = loose(a.match)
	a.codes = readCodes(a.match)
	return a
}

// stripTags replaces HTML tags by spaces. What merely looks like one
// ("<https://example/scope>", "a < b") is left alone.
func stripTags(s string) string {
	if !strings.Contains(s, "<") {
		return s
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		s = s[i:]
		n := tagLength(s)
		if n == 0 {
			b.WriteByte('<')
			s = s[1:]
			continue
		}
		b.WriteByte(' ')
		s = s[n:]
	}
}

// tagLength returns how long the tag at the start of s is, 0 if there is none.
// A tag ends before the next "<", so that the work stays linear.
func tagLength(s string) int {
	i := 1
	if i < len(s) && (s[i] == '/' || s[i] == '!') {
		i++
	}
	name := i
	for i < len(s) && (isLetter(s[i]) || isDigit(s[i])) {
		i++
	}
	if i == name && !strings.HasPrefix(s, "<!--") {
		return 0
	}
	if i < len(s) && !strings.ContainsRune(" \t\r\n/>-", rune(s[i])) {
		return 0
	}
	end := strings.IndexAny(s[1:], "<>")
	if end < 0 || s[1+end] == '<' {
		return 0
	}
	return end + 2
}

// undoPercent undoes percent-encoding. Unlike net/url it leaves what is
// not an escape as it is. A plus becomes a space later, in uniform.
func undoPercent(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if c, ok := unhex(s[i+1 : i+3]); ok {
				b = append(b, byte(c)) //nolint:gosec // Two hex digits are an octet.
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}

// undoBackslashes undoes the escapes of JSON and of string literals.
func undoBackslashes(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b = append(b, s[i])
			continue
		}
		i++
		switch s[i] {
		case 'n', 'r', 't':
			b = append(b, ' ')
		case 'u', 'x':
			n := map[byte]int{'u': 4, 'x': 2}[s[i]]
			if i+n < len(s) {
				if c, ok := unhex(s[i+1 : i+1+n]); ok {
					b = utf8.AppendRune(b, c)
					i += n
					continue
				}
			}
			b = append(b, '\\', s[i])
		case '"', '\'', '\\', '/', '\r', '\n':
			b = append(b, s[i])
		default: // a Windows path, a regular expression: not an escape
			b = append(b, '\\', s[i])
		}
	}
	return string(b)
}

func unhex(s string) (rune, bool) {
	n, err := strconv.ParseInt(s, 16, 32)
	return rune(n), err == nil
}

func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// shortened keeps the two ends of a very long text, and of what lies between
// them what is around codes that name themselves, as they are written in logs.
func shortened(s string) string {
	if len(s) <= mostRead {
		return s
	}
	begin, end := mostRead/2, len(s)-mostRead/4
	middle := s[begin:end]
	return s[:begin] + "\n" + around(middle, middle, []string{"AADSTS", "AADB2C"}, mostRead/4) + s[end:]
}

// excerpt shortens a long text to the parts around what smells of an error,
// codes before mere words.
func excerpt(s string) string {
	if len(s) <= mostText {
		return s
	}
	lower := strings.ToLower(s)
	if len(lower) != len(s) { // a few letters change length with their case
		lower = s
	}
	parts := around(s, lower, codePrefixes, mostText/2)
	parts += around(s, lower, []string{"error", "exception", "invalid_"}, mostText-len(parts))
	if parts == "" {
		return s[:mostText/2] + "\n" + s[len(s)-mostText/2:]
	}
	return parts
}

// around returns the parts of s that lie around words, a line each and no more
// than most octets of them. The words are looked for in folded, which is s in
// their case.
func around(s, folded string, words []string, most int) string {
	const before, after = 1 << 10, 3 << 10
	var b strings.Builder
	for i := 0; i < len(s) && b.Len()+before+after < most; {
		at := -1
		for _, word := range words {
			// Each search is bounded, or a text without one of the words would
			// be searched to its end once for every part.
			window := folded[i:min(i+mostText, len(s))]
			if n := strings.Index(window, word); n >= 0 && (at < 0 || i+n < at) {
				at = i + n
			}
		}
		if at < 0 {
			// A word may lie across the end of the window.
			i += mostText - len("exception")
			continue
		}
		from, to := max(i, at-before), min(len(s), at+after)
		b.WriteString(s[from:to])
		b.WriteByte('\n')
		i = to
	}
	return b.String()
}

// uniform makes a text fit for comparison: lower case, straight quotes, no
// invisible characters, a plus as the space it stands for in a query.
func uniform(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	space := true // leading space is dropped
	for _, r := range strings.ToLower(s) {
		switch {
		case r == '+' || r <= ' ' || r == '\u00a0' || r == '\u3000' || r == utf8.RuneError:
			if !space {
				b.WriteByte(' ')
			}
			space = true
			continue
		case strings.ContainsRune("\"`´‘’‚“”„«»‹›「」", r):
			r = '\''
		case 0x7f <= r && r < 0xa0, 0x200b <= r && r <= 0x200f, 0x202a <= r && r <= 0x202e,
			0x2060 <= r && r <= 0x206f, r == 0xfeff:
			continue
		case 0xff01 <= r && r <= 0xff5e: // full-width forms
			r -= 0xff01 - '!'
		case r == '\\' || r == '*':
			continue // left-over escapes and Markdown emphasis
		}
		b.WriteRune(r)
		space = false
	}
	return strings.TrimSuffix(b.String(), " ")
}

// loose makes quotes and underscores not count, in texts and phrases alike.
func loose(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for i := range len(s) {
		switch c := s[i]; c {
		case '\'':
		case ' ', '_':
			if !space {
				b.WriteByte(' ')
			}
			space = true
		default:
			b.WriteByte(c)
			space = false
		}
	}
	return b.String()
}

// boilerplate are the sentences by which RFC 6749 defines its error codes.
// Servers send them along whatever happened, so they say what the code says and
// nothing more, though they name a dozen reasons.
var boilerplate = []struct{ sentence, code string }{
	{"the provided authorization grant (e.g., authorization code, resource owner credentials) or refresh token is invalid, expired, revoked, does not match the redirection uri used in the authorization request, or was issued to another client", "invalid_grant"},
	{"the provided authorization grant is invalid, expired, revoked, does not match the redirection uri used in the authorization request, or was issued to another client", "invalid_grant"},
	{"the provided authorization grant or refresh token is invalid, expired, revoked, does not match the redirection uri used in the authorization request, or was issued to another client", "invalid_grant"},
	{"the request is missing a required parameter, includes an unsupported parameter value (other than grant type), repeats a parameter, includes multiple credentials, utilizes more than one mechanism for authenticating the client, or is otherwise malformed", "invalid_request"},
	{"the request is missing a required parameter, includes an invalid parameter value, includes a parameter more than once, or is otherwise malformed", "invalid_request"},
	{"the request is missing a required parameter, includes an unsupported parameter value, or is otherwise malformed", "invalid_request"},
	{"client authentication failed (e.g., unknown client, no client authentication included, or unsupported authentication method)", "invalid_client"},
	{"client authentication failed due to unknown client, no client authentication included, or unsupported authentication method", "invalid_client"},
	{"client authentication failed (unknown client, no client authentication included, or unsupported authentication method)", "invalid_client"},
	{"the authenticated client is not authorized to use this authorization grant type", "unauthorized_client"},
	{"the client is not authorized to request an authorization code using this method", "unauthorized_client"},
	{"the client is not authorized to request a token using this method", "unauthorized_client"},
	{"the authorization grant type is not supported by the authorization server", "unsupported_grant_type"},
	{"the authorization server does not support obtaining an authorization code using this method", "unsupported_response_type"},
	{"the authorization server does not support obtaining a token using this method", "unsupported_response_type"},
	{"the requested scope is invalid, unknown, malformed, or exceeds the scope granted by the resource owner", "invalid_scope"},
	{"the requested scope is invalid, unknown, or malformed", "invalid_scope"},
	{"the resource owner or authorization server denied the request", "access_denied"},
	{"the authorization server encountered an unexpected condition that prevented it from fulfilling the request", "server_error"},
	{"the authorization server is currently unable to handle the request due to a temporary overloading or maintenance of the server", "temporarily_unavailable"},
}

// withoutBoilerplate puts the code in the place of the sentence that defines
// it.
func withoutBoilerplate(match string) string {
	for _, b := range boilerplate {
		match = strings.ReplaceAll(match, b.sentence, b.code)
	}
	return match
}

// codePrefixes are those of codes that name themselves.
var codePrefixes = []string{"aadsts", "aadb2c"}

// numberPlaces are the words after which Entra puts a code without its prefix.
var numberPlaces = []string{
	"error_codes':", "error_codes:", "error?code=", "errorcode:", "errorcode':", "errorcode=", "error code:",
	"error code", "error_codes=", "msal: ",
}

// readCodes finds vendor codes in a uniform text.
func readCodes(match string) []string {
	var codes []string
	add := func(code string) {
		if !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	for _, prefix := range codePrefixes {
		for rest := match; ; {
			i := strings.Index(rest, prefix)
			if i < 0 {
				break
			}
			rest = rest[i+len(prefix):]
			if n := leadingNumber(strings.TrimLeft(rest[:min(len(rest), 16)], " :#-_=")); len(n) >= 4 {
				add(strings.ToUpper(prefix) + n)
			}
		}
	}
	// A number alone counts only where Entra puts one, and only if it is known.
	known := func(n string) {
		if len(n) < 5 {
			return
		}
		if _, ok := LookupCode("AADSTS" + n); ok {
			add("AADSTS" + n)
		}
	}
	for _, place := range numberPlaces {
		for rest := match; ; {
			i := strings.Index(rest, place)
			if i < 0 {
				break
			}
			rest = rest[i+len(place):]
			for list := rest[:min(len(rest), 80)]; ; {
				list = strings.TrimLeft(list, " :[,'")
				n := leadingNumber(list)
				if n == "" {
					break
				}
				known(n)
				list = list[len(n):]
			}
		}
	}
	if n := leadingNumber(match); n != "" {
		if rest := match[len(n):]; rest == "" || strings.HasPrefix(rest, " - [") || strings.HasPrefix(rest, ":") {
			known(n)
		}
	}
	return codes
}

// leadingNumber returns the digits at the start of s, at most eight.
func leadingNumber(s string) string {
	n := 0
	for n < len(s) && n < 8 && isDigit(s[n]) {
		n++
	}
	return s[:n]
}
