package inspect

import (
	"encoding/base64"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// disguise is a way in which tokens are met that is no part of them: what a URL,
// a mail, a page, a program's text or a terminal's window has done to them. It
// takes it off, and says in words what that was; text that does not wear it
// comes back as it is.
type disguise func(text string) (plain, remark string)

// disguises are those that can be taken off, the outer ones first.
func disguises() []disguise {
	return []disguise{
		offUnseen, offQuotedPrintable, offEntities, offBackslashes, offPercent,
		offQuoteMarks, offBrokenStrings, offWrapping, offBlanks, offBase64,
	}
}

// deepestDisguise is how many disguises over each other are looked through.
const deepestDisguise = 4

// unveil takes off what stands between the text and its tokens. A disguise is
// only taken for one if more of a token can be read without it, or if that
// is so after the next one is off as well.
func unveil(text string) (found string, all []sighted) {
	found, all = lookFor(text)
	if found != foundText && len(all) == 1 && all[0].mends == nil && all[0].flawless() {
		return found, all
	}
	best := legible(all)
	var remarks []string
	plain := text
	for range deepestDisguise {
		next, said := "", []string(nil)
		try := func(candidate string, how ...string) {
			if f, a := lookFor(candidate); legible(a) > best {
				found, all, best, next, said = f, a, legible(a), candidate, how
			}
		}
		type layer struct{ text, remark string }
		var outer []layer
		for _, d := range disguises() {
			if without, remark := d(plain); without != plain {
				outer = append(outer, layer{without, remark})
				try(without, remark)
			}
		}
		if said == nil && len(text) < 1<<20 && (strings.Contains(text, "ey") || strings.Contains(text, "%65")) {
			for _, o := range outer {
				for _, d := range disguises() {
					if without, remark := d(o.text); without != o.text {
						try(without, o.remark, remark)
					}
				}
			}
		}
		if said == nil {
			break
		}
		plain, remarks = next, append(remarks, said...)
	}
	for i := range all {
		if !strings.Contains(text, all[i].value) {
			all[i].mends = append(all[i].mends, remarks...)
		}
	}
	return found, all
}

// flawless reports whether there is nothing left to mend.
func (s sighted) flawless() bool {
	j := s.takeApart()
	alg, _ := j.header["alg"].(string)
	return j.kind == "jwt" && len(j.parts) == 3 && len(j.problems) == 0 && signatureFits(alg, j.parts[2])
}

// legible says how much of tokens can be read; more is better.
func legible(all []sighted) int {
	sum := 0
	for _, s := range all {
		j := s.takeApart()
		if s.name != "" {
			sum += 2
		}
		if j.kind == "opaque" {
			continue
		}
		sum += 2
		if len(j.header) > 0 {
			sum += 6
		}
		if len(j.claims) > 0 {
			sum += 6
		}
		if j.kind == "jwe" && len(j.parts) == 5 {
			sum += 6
		}
		if len(j.parts) > 2 && j.kind == "jwt" {
			sum += 2
			if alg, _ := j.header["alg"].(string); signatureFits(alg, j.parts[2]) {
				sum += 4
			}
		}
		sum -= len(j.problems)
	}
	return sum
}

// signatureFits reports whether a signature of alg has that many octets (RFC
// 7518 section 3, RFC 8037 section 3.1). RSA keys may have any size, and do
// have these.
func signatureFits(alg, encoded string) bool {
	octets, problem := decodeBase64(encoded)
	if problem != "" {
		return false
	}
	n := len(octets)
	switch alg {
	case "HS256":
		return n == 32
	case "HS384":
		return n == 48
	case "HS512", "ES256", "EdDSA":
		return n == 64
	case "ES384":
		return n == 96
	case "ES512":
		return n == 132
	}
	return n == 256 || n == 384 || n == 512
}

// pattern compiles a regular expression when it is first used.
func pattern(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}

// offUnseen takes characters out that are not seen and come along when text
// is copied from a page: zero-width ones, soft hyphens, no-break spaces.
func offUnseen(text string) (plain, remark string) {
	plain = strings.NewReplacer(
		"\u200b", "", "\u200c", "", "\u200d", "", "\u2060", "", "\u00ad", "", "\ufeff", "", "\u00a0", " ",
	).Replace(text)
	return plain, "characters that are not seen (zero-width, soft hyphens) were taken out"
}

// again applies undo until nothing changes, and counts how often it did.
func again(text string, undo func(string) string) (plain string, times int) {
	plain = text
	for range deepestDisguise {
		next := undo(plain)
		if next == plain {
			break
		}
		plain, times = next, times+1
	}
	return plain, times
}

var percentCoded = pattern(`%(?:25)*(?:2[BDEFbdef]|3[Dd]|5[Ff]|7[Ee])`)

// offPercent undoes percent-encoding (RFC 3986 section 2.1), also where it was
// done more than once.
func offPercent(text string) (plain, remark string) {
	plain, times := again(text, undoPercent)
	var order []string
	for _, coded := range percentCoded().FindAllString(text, -1) {
		read, _ := again(coded, undoPercent)
		if says := coded + " as " + read; !slices.Contains(order, says) {
			if order = append(order, says); len(order) > 4 {
				break
			}
		}
	}
	remark = "it was percent-encoded"
	switch {
	case len(order) == 1 && strings.HasSuffix(order[0], " as ."):
		remark = "points were " + strings.TrimSuffix(order[0], " as .") + "; read as ."
	case len(order) > 0:
		remark += "; read " + strings.Join(order, ", ")
	}
	if times > 1 {
		remark += fmt.Sprintf(" (it was encoded %d times)", times)
	}
	return plain, remark
}

var (
	softBreak  = pattern(`(?m)^(.{40,76})=[ \t]*\r?\n`)
	quotedByte = pattern(`=(2E|3D|2D|5F|7E|2e|3d|2d|5f|7e)`)
)

// offQuotedPrintable joins the lines of a mail that end in a soft break (RFC
// 2045 section 6.7), and undoes what else that encoding has done.
func offQuotedPrintable(text string) (plain, remark string) {
	if !softBreak().MatchString(text) && !strings.Contains(text, "=2E") {
		return text, ""
	}
	plain = softBreak().ReplaceAllString(text, "$1")
	plain = quotedByte().ReplaceAllStringFunc(plain, func(coded string) string {
		return undoPercent("%" + coded[1:])
	})
	return plain, "it stood in a mail (quoted-printable): lines that ended in = were joined, =2E was read as ."
}

var entity = pattern(`&(?:#[0-9]+|#[xX][0-9a-fA-F]+|period|lowbar|quot|apos|amp|lt|gt|equals|hyphen|plus|sol);`)

// offEntities undoes the entities of HTML.
func offEntities(text string) (plain, remark string) {
	var first string
	plain = entity().ReplaceAllStringFunc(text, func(coded string) string {
		c := html.UnescapeString(coded)
		if first == "" && strings.ContainsAny(c, "._-=+/") {
			first = coded + " as " + c
		}
		return c
	})
	remark = "it was written with the entities of HTML"
	if first != "" {
		remark += "; read " + first
	}
	return plain, remark
}

var jsonEscape = pattern(`\\+u00(?:2[bdefBDEF]|3[dD]|5[fF]|7[eE])`)

// offBackslashes undoes the escapes of a string in JSON or a programming
// language (RFC 8259 section 7), however many backslashes there are.
func offBackslashes(text string) (plain, remark string) {
	plain, _ = again(text, undoBackslashes)
	remark = "it stood in a string with backslashes, which were undone"
	if first := jsonEscape().FindString(text); first != "" {
		read, _ := again(first, undoBackslashes)
		remark = "it was escaped as in JSON; read " + first + " as " + read
	}
	return plain, remark
}

var quoteMark = pattern(`(?m)^[ \t]*(?:>[ \t]?)+`)

// offQuoteMarks takes away the marks of a mail that is answered.
func offQuoteMarks(text string) (plain, remark string) {
	return quoteMark().ReplaceAllString(text, ""), "the marks > at the beginning of lines were taken away"
}

var brokenString = pattern(`(?:["'][ \t]*[+.&]?[ \t]*\\?\r?\n[ \t]*[+.&]?[ \t]*["'])|\\\r?\n[ \t]*`)

// offBrokenStrings joins a string that a program or a shell has over several
// lines.
func offBrokenStrings(text string) (plain, remark string) {
	return brokenString().ReplaceAllString(text, ""), "it was a string over several lines, which were joined"
}

var (
	tokenEnd  = pattern(`(?:^|[^A-Za-z0-9_.~+/=-])ey[A-Za-z0-9_.~+/=-]*$`)
	tokenOnly = pattern(`^[A-Za-z0-9_.~+/=-]+$`)
)

// offWrapping joins lines that a window or a mail has broken a token into: all
// but the last are equally long but for what stands in front of them.
func offWrapping(text string) (plain, remark string) {
	lines := strings.Split(text, "\n")
	var out []string
	for i := 0; i < len(lines); i++ {
		line := strings.TrimRight(lines[i], "\r \t")
		if !tokenEnd().MatchString(line) {
			out = append(out, line)
			continue
		}
		joined := []string{line}
		for width := 0; i+1 < len(lines); i++ {
			next := strings.TrimSpace(lines[i+1])
			if !tokenOnly().MatchString(next) || width > 0 && len(next) > width {
				break
			}
			joined = append(joined, next)
			if len(next) < width { // the last one
				i++
				break
			}
			width = len(next)
		}
		out = append(out, strings.Join(joined, ""))
	}
	return strings.Join(out, "\n"), "it was broken over several lines, which were joined"
}

var tokenAndBlanks = pattern(`^\s*["'` + "`" + `]?ey[A-Za-z0-9_.~+/=\s-]+["'` + "`" + `]?\s*$`)

// offBlanks joins a token that has blanks in it, as a mail or a chat leaves
// it.
func offBlanks(text string) (plain, remark string) {
	if tokenAndBlanks().MatchString(text) {
		plain = strings.Join(strings.Fields(text), "")
		return plain, "there were blanks in it, which were taken out"
	}
	return text, ""
}

var encodedToken = pattern(`\bZXlK[A-Za-z0-9+/_-]{16,}={0,2}`)

// offBase64 undoes base64 around the whole token, as a Kubernetes secret has
// it.
func offBase64(text string) (plain, remark string) {
	plain = encodedToken().ReplaceAllStringFunc(text, func(coded string) string {
		s := strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(coded, "="))
		if b, err := base64.RawURLEncoding.DecodeString(s); err == nil {
			return string(b)
		}
		return coded
	})
	return plain, "the whole token was in base64 once more"
}
