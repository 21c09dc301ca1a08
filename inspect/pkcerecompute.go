package inspect

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // Recognised when a client uses it; never used to protect anything.
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"net/url"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A mistake is proved by making it again: the verifier is spoilt in each known
// way, hashed in each known way and encoded in each known way, and the result
// compared with what was sent. Of several explanations the one with the fewest
// mistakes counts.

// variant is a text with the mistakes that led to it.
type variant struct {
	ids  []MistakeID
	text string
	// one of many: it is tried with SHA-256 alone, to bound the work.
	many bool
}

func spoilt(text string, ids ...MistakeID) variant { return variant{ids: ids, text: text} }

// least is the shortest cut that is taken for a proof: 22 characters of
// base64url are 132 bits, which do not agree by chance.
const least = 22

// longest is the most octets of a verifier or a challenge that are tried:
// nothing real comes near it, and the work grows with the length.
const longest = 4096

// recompute returns the mistakes that lead from the verifier to the challenge,
// or nil if no known ones do.
func recompute(in PKCEInput) []MistakeID {
	if len(in.Verifier) > longest || len(in.Challenge) > longest {
		return nil
	}
	best := explain(in, in.Verifier, nil)
	for _, other := range in.OtherVerifiers {
		if other == "" || other == in.Verifier || len(other) > longest {
			continue
		}
		if in.expected(other) == in.Challenge {
			// One of the two cut off is a mistake of its own.
			if len(in.Verifier) >= least && (strings.HasPrefix(other, in.Verifier) || strings.HasPrefix(in.Verifier, other)) {
				best = fewer(best, []MistakeID{MistakeTruncated})
			}
			best = fewer(best, []MistakeID{MistakeOtherVerifier})
			continue
		}
		best = fewer(best, explain(in, other, []MistakeID{MistakeOtherVerifier}))
	}
	// The two may have changed places.
	if !in.plain() && s256(in.Challenge) == in.Verifier {
		best = fewer(best, []MistakeID{MistakeHashOfChallenge})
	}
	return best
}

// explain looks for the fewest mistakes from verifier to the challenge, on top
// of those in before.
func explain(in PKCEInput, verifier string, before []MistakeID) []MistakeID {
	var best []MistakeID
	hashed, asIs := []MistakeID{}, []MistakeID{}
	if in.plain() {
		hashed = append(hashed, in.wrongWay())
	} else {
		asIs = append(asIs, in.wrongWay())
	}
	sources := append(spoiltVerifiers(verifier), cutVerifiers(verifier)...)
	for _, sent := range sentForms(in.Challenge) {
		start := startOf(sent.text)
		for _, source := range sources {
			base := join(before, sent.ids, source.ids)
			if source.text == sent.text {
				best = fewer(best, join(base, asIs))
			}
			// Whatever follows only adds to what is here.
			if best != nil && len(best) <= len(base)+len(hashed) {
				continue
			}
			for _, d := range digests(source) {
				if !start.fits(d.text) {
					continue
				}
				for _, e := range encodings(d.text) {
					ids := join(base, hashed, d.ids, e.ids)
					switch {
					case e.text == sent.text:
						best = fewer(best, ids)
					case len(sent.text) >= least && strings.HasPrefix(e.text, sent.text):
						best = fewer(best, join(ids, []MistakeID{MistakeTruncated}))
					}
				}
			}
		}
	}
	return best
}

// fewer returns the better explanation; the first if they are equally good.
func fewer(best, ids []MistakeID) []MistakeID {
	if len(ids) == 0 || best != nil && len(best) <= len(ids) {
		return best
	}
	return ids
}

func join(parts ...[]MistakeID) []MistakeID {
	var all []MistakeID
	seen := map[MistakeID]bool{}
	for _, part := range parts {
		for _, id := range part {
			if !seen[id] {
				seen[id] = true
				all = append(all, id)
			}
		}
	}
	return all
}

// sentForms undoes what may have happened to a challenge after it was made.
func sentForms(challenge string) []variant {
	forms := []variant{{text: challenge}}
	add := func(id MistakeID, text string) {
		if text != challenge && text != "" {
			forms = append(forms, spoilt(text, id))
		}
	}
	add(newlineAtEnd(challenge), strings.TrimRight(challenge, "\r\n"))
	add(MistakeEmbeddedNewline, withoutNewlines(challenge))
	if decoded, err := url.PathUnescape(challenge); err == nil {
		add(MistakeURLEncoded, decoded)
	}
	// "+" in a query that was not encoded arrives as a space.
	add(MistakeStandardBase64, strings.ReplaceAll(challenge, " ", "+"))
	return forms
}

// spoiltVerifiers are the texts that a client hashes when it means to hash the
// verifier, and the verifiers that were hashed when another form of them was
// sent.
func spoiltVerifiers(v string) []variant {
	all := []variant{{text: v}}
	seen := map[string]bool{v: true, "": true}
	add := func(id MistakeID, text string) {
		if !seen[text] {
			seen[text] = true
			all = append(all, spoilt(text, id))
		}
	}
	add(MistakeTrailingNewline, v+"\n")
	add(MistakeTrailingCRLF, v+"\r\n")
	add(newlineAtEnd(v), strings.TrimRight(v, "\r\n"))
	add(MistakeEmbeddedNewline, withoutNewlines(v))
	for _, width := range []int{64, 76} { // openssl and coreutils base64 wrap here
		for _, end := range []string{"\n", "\r\n"} {
			add(MistakeEmbeddedNewline, wrap(v, width, end))
			add(MistakeEmbeddedNewline, wrap(v, width, end)+end)
		}
	}
	for _, text := range inUTF16(v) {
		add(MistakeUTF16, text)
	}
	if text, ok := fromUTF16(v); ok {
		add(MistakeUTF16, text)
	}
	for _, text := range inURLEncoding(v) {
		add(MistakeURLEncoded, text)
	}
	if decoded, err := url.PathUnescape(v); err == nil {
		add(MistakeURLEncoded, decoded)
	}
	add(MistakePadded, strings.TrimRight(v, "="))
	add(MistakeStandardBase64, toURL.Replace(v))
	add(MistakeStandardBase64, toStandard.Replace(v))
	add(MistakeStandardBase64, strings.ReplaceAll(v, "+", " "))
	add(MistakeStandardBase64, strings.ReplaceAll(v, " ", "+"))
	return all
}

// cutVerifiers are the verifier cut off at every place, and with a line end at
// every place. Nothing longer than a few times the longest verifier is cut:
// each costs a hash.
func cutVerifiers(v string) []variant {
	if len(v) > 4*VerifierMax {
		return nil
	}
	var all []variant
	for n := len(v) - 1; n >= 1; n-- {
		all = append(all,
			variant{[]MistakeID{MistakeTruncated}, v[:n], true},
			variant{[]MistakeID{MistakeEmbeddedNewline}, v[:n] + "\n" + v[n:], true},
			variant{[]MistakeID{MistakeEmbeddedNewline}, v[:n] + "\r\n" + v[n:], true})
	}
	return all
}

var (
	toURL      = strings.NewReplacer("+", "-", "/", "_", "=", "")
	toStandard = strings.NewReplacer("-", "+", "_", "/")
	noSymbols  = strings.NewReplacer("+", "", "/", "")
	noURLMarks = strings.NewReplacer("-", "", "_", "")
)

// digests are the octets that a client encodes when it means the SHA-256 of
// text.
func digests(source variant) []variant {
	text := source.text
	sum := sha256.Sum256([]byte(text))
	if source.many {
		return []variant{{text: string(sum[:])}}
	}
	twice := func(inner string) string {
		again := sha256.Sum256([]byte(inner))
		return string(again[:])
	}
	one := sha1.Sum([]byte(text)) //nolint:gosec // See the import.
	three := sha512.Sum384([]byte(text))
	five := sha512.Sum512([]byte(text))
	inHex := hex.EncodeToString(sum[:])
	return []variant{
		{text: string(sum[:])},
		spoilt(string(one[:]), MistakeSHA1),
		spoilt(string(three[:]), MistakeSHA384),
		spoilt(string(five[:]), MistakeSHA512),
		spoilt(twice(string(sum[:])), MistakeDoubleHashed),
		spoilt(twice(inHex), MistakeDoubleHashed),
		spoilt(twice(strings.ToUpper(inHex)), MistakeDoubleHashed),
		spoilt(twice(base64.RawURLEncoding.EncodeToString(sum[:])), MistakeHashOfChallenge),
		spoilt(twice(base64.StdEncoding.EncodeToString(sum[:])), MistakeHashOfChallenge),
		spoilt(twice(base64.URLEncoding.EncodeToString(sum[:])), MistakeHashOfChallenge),
	}
}

// start is the beginning of what was sent, in the forms in which it shows
// whether any encoding of a digest can lead there: encoding each digest in
// every way is most of the work otherwise.
type start struct{ text, lower, letters string }

func startOf(sent string) start {
	return start{sent, strings.ToLower(sent), noMarks.Replace(sent)}
}

var noMarks = strings.NewReplacer("+", "", "/", "", "-", "", "_", "")

// fits looks at the first octets of a digest: in base64 of either alphabet with
// the characters left out that differ or may have been deleted, in hex, and in
// base64 of hex.
func (s start) fits(digest string) bool {
	first := []byte(digest[:6])
	var letters, digits, capitals, inBase64 [8]byte
	base64.StdEncoding.Encode(inBase64[:], first)
	n := 0
	for _, c := range inBase64 {
		if c != '+' && c != '/' {
			letters[n] = c
			n++
		}
	}
	hex.Encode(digits[:6], first[:3])
	if strings.HasPrefix(s.letters, string(letters[:n])) || strings.HasPrefix(s.lower, string(digits[:6])) {
		return true
	}
	for _, c := range [][]byte{digits[:6], append(capitals[:0], bytes.ToUpper(digits[:6])...)} {
		base64.StdEncoding.Encode(inBase64[:], c)
		if strings.HasPrefix(s.text, string(inBase64[:])) {
			return true
		}
	}
	return false
}

// encodings are the texts that a client sends when it means base64url without
// padding.
func encodings(digest string) []variant {
	octets := []byte(digest)
	standard := base64.StdEncoding.EncodeToString(octets)
	raw := strings.TrimRight(standard, "=")
	padded := base64.URLEncoding.EncodeToString(octets)
	bare := strings.TrimRight(padded, "=")
	inHex := hex.EncodeToString(octets)
	upper := strings.ToUpper(inHex)
	all := []variant{
		{text: bare},
		spoilt(padded, MistakePadded),
		spoilt(raw, MistakeStandardBase64),
		spoilt(standard, MistakeStandardBase64, MistakePadded),
		spoilt(noSymbols.Replace(raw), MistakeDeletedPlusSlash),
		spoilt(noURLMarks.Replace(bare), MistakeDeletedPlusSlash),
		spoilt(noSymbols.Replace(standard), MistakeDeletedPlusSlash, MistakePadded),
		spoilt(inHex, MistakeHexDigest),
		spoilt(upper, MistakeHexDigest),
	}
	// The tools that print a digest in hex end the line, and sha256sum names the
	// file before that.
	for _, end := range []string{"", "\n", "  -\n"} {
		for _, digits := range []string{inHex, upper} {
			line := []byte(digits + end)
			all = append(all,
				spoilt(base64.StdEncoding.EncodeToString(line), MistakeBase64OfHex),
				spoilt(base64.RawStdEncoding.EncodeToString(line), MistakeBase64OfHex),
				spoilt(base64.RawURLEncoding.EncodeToString(line), MistakeBase64OfHex))
		}
	}
	return all
}

// newlineAtEnd says which of the two line ends closes s. Without either the
// answer does not matter: trimming then changes nothing.
func newlineAtEnd(s string) MistakeID {
	if strings.HasSuffix(s, "\r\n") {
		return MistakeTrailingCRLF
	}
	return MistakeTrailingNewline
}

// newlines names the line ends in s.
func newlines(s string) []MistakeID {
	var ids []MistakeID
	body := strings.TrimRight(s, "\r\n")
	if body != s {
		ids = append(ids, newlineAtEnd(s))
	}
	if strings.ContainsAny(body, "\r\n") {
		ids = append(ids, MistakeEmbeddedNewline)
	}
	return ids
}

func withoutNewlines(s string) string {
	return strings.NewReplacer("\r", "", "\n", "").Replace(s)
}

func wrap(s string, width int, end string) string {
	var b strings.Builder
	for len(s) > width {
		b.WriteString(s[:width])
		b.WriteString(end)
		s = s[width:]
	}
	b.WriteString(s)
	return b.String()
}

// inUTF16 is the text in UTF-16 of both orders, with and without a byte order
// mark. A text that is not UTF-8 has none.
func inUTF16(s string) []string {
	if !utf8.ValidString(s) {
		return nil
	}
	var little, big []byte
	for _, unit := range utf16.Encode([]rune(s)) {
		little = binary.LittleEndian.AppendUint16(little, unit)
		big = binary.BigEndian.AppendUint16(big, unit)
	}
	return []string{string(little), string(big), "\xff\xfe" + string(little), "\xfe\xff" + string(big)}
}

// fromUTF16 reads text whose every other octet is zero.
func fromUTF16(s string) (string, bool) {
	s = strings.TrimPrefix(strings.TrimPrefix(s, "\xff\xfe"), "\xfe\xff")
	if len(s) < 2 || len(s)%2 != 0 {
		return "", false
	}
	var b strings.Builder
	for i := 0; i < len(s); i += 2 {
		switch {
		case s[i+1] == 0:
			b.WriteByte(s[i])
		case s[i] == 0:
			b.WriteByte(s[i+1])
		default:
			return "", false
		}
	}
	return b.String(), true
}

// inURLEncoding is s as the encoders in use write it. They differ over "~",
// the space, and the case of the digits (RFC 3986 section 2.3 leaves "~"
// alone; older ones do not).
func inURLEncoding(s string) []string {
	form := url.QueryEscape(s)
	path := strings.ReplaceAll(form, "+", "%20")
	var all []string
	for _, text := range []string{form, path} {
		tilde := strings.ReplaceAll(text, "~", "%7E")
		all = append(all, text, tilde, lowerEscapes(text), lowerEscapes(tilde))
	}
	return append(all, everyMark(s))
}

// everyMark encodes all but letters and digits, as hand-written encoders do.
func everyMark(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' {
			b.WriteByte(c)
			continue
		}
		b.WriteString("%" + strings.ToUpper(hex.EncodeToString([]byte{c})))
	}
	return b.String()
}

func lowerEscapes(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:i+3], strings.ToLower(string(b[i+1:i+3])))
		}
	}
	return string(b)
}

// percentEncoded reports whether s holds a percent sign with two hex digits.
func percentEncoded(s string) bool {
	for i := 0; i+2 < len(s); i++ {
		if s[i] == '%' {
			if _, err := hex.DecodeString(s[i+1 : i+3]); err == nil {
				return true
			}
		}
	}
	return false
}
