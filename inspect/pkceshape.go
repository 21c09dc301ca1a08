package inspect

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// challengeShape says what the form of a challenge suggests when there is
// nothing to recompute it from, or when no recomputation gives it. All of it
// is likely at most.
func challengeShape(in PKCEInput) []found {
	if in.Challenge == "" {
		return nil
	}
	var all []found
	suggest := func(id MistakeID, detail string) {
		all = append(all, found{id, Likely, detail})
	}
	c := in.Challenge
	for _, id := range newlines(c) {
		suggest(id, "The challenge holds a line end.")
	}
	c = withoutNewlines(c)
	if percentEncoded(c) {
		suggest(MistakeURLEncoded, "The challenge holds percent signs with hex digits.")
		c = unescapePercent(c)
	}
	if in.plain() {
		return append(all, plainShape(c)...)
	}
	if name, ok := hexDigests[len(c)]; ok && isHex(c) {
		suggest(MistakeHexDigest, fmt.Sprintf("It is %d hex digits, as many as a %s digest has.", len(c), name.text))
		if name.id != "" {
			suggest(name.id, "")
		}
		return all
	}
	bare := strings.TrimRight(c, "=")
	if digits, ok := decodesToHex(bare); ok {
		detail := fmt.Sprintf("It decodes to %d hex digits", digits)
		if name, ok := hexDigests[digits]; ok {
			detail += ", as many as a " + name.text + " digest has."
		} else {
			detail += ", which is no digest in use; a published sample of 80 characters has this shape."
		}
		suggest(MistakeBase64OfHex, detail)
		return all
	}
	if bare != c {
		suggest(MistakePadded, `It ends in "=".`)
	}
	if strings.ContainsAny(bare, "+/") {
		suggest(MistakeStandardBase64, `It holds "+" or "/".`)
	}
	if strings.Contains(bare, " ") {
		suggest(MistakeStandardBase64, `It holds a space, which is what becomes of "+" in a query that was not encoded.`)
	}
	return append(all, lengthShape(bare)...)
}

// lengthShape reads the length of a challenge in base64 without padding.
func lengthShape(bare string) []found {
	n := utf8.RuneCountInString(bare)
	likely := func(id MistakeID, detail string) []found { return []found{{id, Likely, detail}} }
	switch {
	case n > VerifierMax:
		return nil // neither a digest nor a verifier
	case strings.ContainsAny(bare, ".~"):
		return likely(MistakePlainAsS256, `It holds "." or "~", which a verifier may and a digest cannot.`)
	case n == ChallengeLength:
		if !wholeOctets(bare) && inBase64URL(bare) {
			return likely(MistakePlainAsS256, "It has 43 characters, but its last one cannot end 32 octets: it is no digest.")
		}
		return nil
	case n == 27 && wholeOctets(bare):
		return likely(MistakeSHA1, "27 characters are 20 octets, the size of a SHA-1 digest.")
	case n == 64 && wholeOctets(bare):
		return likely(MistakeSHA384, "64 characters are 48 octets, the size of a SHA-384 digest.")
	case n == 86 && wholeOctets(bare):
		return likely(MistakeSHA512, "86 characters are 64 octets, the size of a SHA-512 digest.")
	case n >= 30 && n < ChallengeLength:
		return likely(MistakeDeletedPlusSlash, fmt.Sprintf("It is %s short of 43.", countOf(ChallengeLength-n, "character")))
	case n < ChallengeLength:
		return likely(MistakeTruncated, fmt.Sprintf("It is %s short of 43.", countOf(ChallengeLength-n, "character")))
	}
	return likely(MistakePlainAsS256, fmt.Sprintf("It has %d characters: the size of a verifier, not of a digest.", n))
}

// plainShape reads a challenge that is compared as it is: it must be a
// verifier.
func plainShape(c string) []found {
	var all []found
	n := utf8.RuneCountInString(c)
	switch {
	case n < VerifierMin:
		all = append(all, found{MistakeVerifierTooShort, Certain, "The challenge is the verifier here, and has " + countOf(n, "character") + "."})
	case n > VerifierMax:
		all = append(all, found{MistakeVerifierTooLong, Certain, "The challenge is the verifier here, and has " + countOf(n, "character") + "."})
	}
	if illegal := illegalCharacters(c); len(illegal) > 0 {
		all = append(all, found{MistakeIllegalCharacters, Certain, "The challenge is the verifier here. " + listIllegal(illegal)})
	}
	return all
}

type digestName struct {
	id   MistakeID
	text string
}

var hexDigests = map[int]digestName{
	40:  {MistakeSHA1, "SHA-1"},
	64:  {"", "SHA-256"},
	96:  {MistakeSHA384, "SHA-384"},
	128: {MistakeSHA512, "SHA-512"},
}

func isHex(s string) bool {
	_, err := hex.DecodeString(s)
	return err == nil && s != ""
}

// decodesToHex reports whether s is base64 of at least 40 hex digits, and of
// how many. The end of the line that a tool printed may follow them.
func decodesToHex(s string) (digits int, ok bool) {
	octets, err := base64.RawURLEncoding.DecodeString(toURL.Replace(s))
	octets = bytes.TrimRight(octets, " -\r\n")
	if err != nil || len(octets) < 40 {
		return 0, false
	}
	for _, c := range octets {
		if !strings.ContainsRune("0123456789abcdefABCDEF", rune(c)) {
			return 0, false
		}
	}
	return len(octets), true
}

// wholeOctets reports whether s can be the base64url of whole octets: the bits
// of the last character that stand for nothing are zero.
func wholeOctets(s string) bool {
	_, err := base64.RawURLEncoding.Strict().DecodeString(toURL.Replace(s))
	return err == nil
}

func inBase64URL(s string) bool {
	for _, c := range s {
		if !Unreserved(c) || c == '.' || c == '~' {
			return false
		}
	}
	return true
}

var percentEscape = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)

func unescapePercent(s string) string {
	return percentEscape.ReplaceAllStringFunc(s, func(escape string) string {
		octets, _ := hex.DecodeString(escape[1:])
		return string(octets)
	})
}

// listIllegal names up to three characters with their places.
func listIllegal(all []IllegalCharacter) string {
	var parts []string
	for i, c := range all {
		if i == 3 && len(all) > 4 {
			parts = append(parts, fmt.Sprintf("and %d more", len(all)-i))
			break
		}
		parts = append(parts, fmt.Sprintf("%s as character %d", c.Name, c.Index+1))
	}
	return "Not allowed: " + strings.Join(parts, ", ") + "."
}

// misspelled says what is wrong with the name of a method.
func misspelled(method string) string {
	for _, right := range []string{"S256", "plain"} {
		if strings.EqualFold(method, right) {
			return fmt.Sprintf("It was sent as %s; the registered name is %q.", quoteName(method), right)
		}
	}
	return fmt.Sprintf("It was sent as %s, which is not registered; the names are \"S256\" and \"plain\".", quoteName(method))
}

// quoteName quotes a name that came from outside, and shortens one that cannot
// be meant as a name.
func quoteName(name string) string {
	if r := []rune(name); len(r) > 40 {
		name = string(r[:40]) + "…"
	}
	return fmt.Sprintf("%+q", name)
}
