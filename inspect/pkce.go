package inspect

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/pkcescope/pkcescope/flow"
)

// The lengths of a verifier, in characters, and of an S256 challenge, which is
// 32 octets in base64url without padding (RFC 7636 sections 4.1 and 4.2).
const (
	VerifierMin     = 43
	VerifierMax     = 128
	ChallengeLength = 43
)

// The example of RFC 7636 appendix B.
const (
	ExampleVerifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	ExampleChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// PKCEInput is what is known of a verifier and a challenge. Either may be
// unknown: that is not the same as known to be empty.
type PKCEInput struct {
	// Verifier is the verifier as it was sent, octet by octet. With
	// HasVerifier and an empty value, none was sent.
	Verifier    string
	HasVerifier bool
	// Challenge is the challenge as it was sent. With HasChallenge and an
	// empty value, none was sent.
	Challenge    string
	HasChallenge bool
	// Method is the code_challenge_method as it was sent, in its own spelling,
	// or [flow.MethodOmitted] or [flow.MethodNone]. Empty: not known, and read
	// as S256.
	Method string
	// OtherVerifiers are verifiers that may have been meant: of another run,
	// another tab, or the one this run made before another was sent.
	OtherVerifiers []string
	// SentAs is the name of the parameter that carried the verifier. Empty:
	// code_verifier.
	SentAs string
}

// PKCEReport is everything there is to show of a verifier and a challenge. Its
// JSON is the output of "pkcescope pkce --json".
type PKCEReport struct {
	Verifier  PKCEVerifier  `json:"verifier"`
	Challenge PKCEChallenge `json:"challenge"`
	Stages    PKCEStages    `json:"stages"`
	// Match is nil when one of the two is not known.
	Match    *bool     `json:"match"`
	Mistakes []Mistake `json:"mistakes"`
	// Sent is what was compared with the derivation.
	Sent PKCESent `json:"sent"`
	// Entropy is an estimate, and only that.
	Entropy Entropy `json:"entropy"`
}

// PKCEVerifier is a verifier held against RFC 7636 section 4.1.
type PKCEVerifier struct {
	Value string `json:"value"`
	// Length is in characters; an octet that is no UTF-8 counts as one.
	Length int  `json:"length"`
	Legal  bool `json:"legal"`
	// Problems are short phrases, one for each rule that is broken.
	Problems []string           `json:"problems"`
	Illegal  []IllegalCharacter `json:"illegal"`
}

// IllegalCharacter is a character that a verifier may not hold.
type IllegalCharacter struct {
	// Index counts characters from 0.
	Index int `json:"index"`
	// Name is the character in quotation marks if it can be printed, or its
	// code point: "'+'", "U+000A line feed".
	Name string `json:"name"`
}

// PKCEChallenge holds what the verifier becomes under each method.
type PKCEChallenge struct {
	S256  string `json:"S256"`
	Plain string `json:"plain"`
}

// PKCEStages are the stations of the S256 derivation (RFC 7636 section 4.2).
type PKCEStages struct {
	ASCII     string `json:"ascii"`      // the octets of the verifier in hex, apart: "64 42 6a"
	SHA256Hex string `json:"sha256_hex"` // 64 hex digits
	Base64    string `json:"base64"`     // 44 characters, with padding
	Base64URL string `json:"base64url"`  // 43 characters: the challenge
	// Changed are the places in Base64 that differ in Base64URL: "+" became
	// "-", "/" became "_", and "=" is gone.
	Changed []int `json:"changed"`
}

// PKCESent is what was sent, as far as it is known.
type PKCESent struct {
	Challenge string `json:"challenge"`
	Method    string `json:"method"`
}

// OK reports whether nothing speaks against the pair: a known pair matches,
// and of a verifier or a challenge alone nothing is known that a server would
// refuse. A weak generator alone does not count.
func (r PKCEReport) OK() bool {
	if r.Match != nil {
		return *r.Match
	}
	for _, m := range r.Mistakes {
		if m.ID != MistakeWeakGenerator {
			return false
		}
	}
	return true
}

// ReadPKCE derives the challenge from the verifier stage by stage, compares it
// with the challenge that was sent, and names the mistake where they differ.
// It never fails, whatever the input.
func ReadPKCE(in PKCEInput) PKCEReport {
	r := PKCEReport{
		Verifier: readVerifier(in.Verifier, in.HasVerifier),
		Stages:   PKCEStages{Changed: []int{}},
		Mistakes: []Mistake{},
		Sent:     PKCESent{Challenge: in.Challenge, Method: in.Method},
		Entropy:  Entropy{Reason: "the verifier is not known"},
	}
	if in.HasVerifier {
		r.Stages = derive(in.Verifier)
		r.Challenge = PKCEChallenge{S256: r.Stages.Base64URL, Plain: in.Verifier}
		r.Entropy = estimateEntropy(in.Verifier)
	}
	r.Match = matches(in)
	for _, f := range findMistakes(in, r) {
		r.Mistakes = append(r.Mistakes, f.mistake())
	}
	return r
}

// derive carries out RFC 7636 section 4.2:
//
//	code_challenge = BASE64URL-ENCODE(SHA256(ASCII(code_verifier)))
func derive(verifier string) PKCEStages {
	sum := sha256.Sum256([]byte(verifier))
	s := PKCEStages{
		ASCII:     fmt.Sprintf("% x", verifier),
		SHA256Hex: hex.EncodeToString(sum[:]),
		Base64:    base64.StdEncoding.EncodeToString(sum[:]),
		Base64URL: base64.RawURLEncoding.EncodeToString(sum[:]),
		Changed:   []int{},
	}
	for i := range len(s.Base64) {
		if i >= len(s.Base64URL) || s.Base64[i] != s.Base64URL[i] {
			s.Changed = append(s.Changed, i)
		}
	}
	return s
}

// s256 is the challenge of a verifier.
func s256(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// matches says whether a server would find the pair equal (RFC 7636 section
// 4.6), and nil if one of the two is not known.
func matches(in PKCEInput) *bool {
	var ok bool
	switch {
	case in.noChallenge() && in.HasVerifier:
		// Without a challenge there is nothing a verifier could match; without
		// either there was no PKCE, and nothing to compare.
		if in.Verifier == "" {
			return nil
		}
	case in.HasChallenge && in.HasVerifier:
		ok = in.Verifier != "" && in.expected(in.Verifier) == in.Challenge &&
			properMethod(in.Method) && in.sentRight()
	default:
		return nil
	}
	return &ok
}

// noChallenge reports that it is known that no challenge was sent.
func (in PKCEInput) noChallenge() bool {
	return in.Method == string(flow.MethodNone) || in.HasChallenge && in.Challenge == ""
}

// sentRight reports whether the verifier travelled under its own name.
func (in PKCEInput) sentRight() bool {
	return in.SentAs == "" || in.SentAs == "code_verifier"
}

// plain reports whether the server compares the two as they are. A method that
// was left out means plain (RFC 7636 section 4.3).
func (in PKCEInput) plain() bool {
	return strings.EqualFold(in.Method, string(flow.MethodPlain)) ||
		in.Method == string(flow.MethodOmitted)
}

// expected is the challenge that the server computes from a verifier.
func (in PKCEInput) expected(verifier string) string {
	if in.plain() {
		return verifier
	}
	return s256(verifier)
}

// properMethod reports whether a method is spelled as registered; the names
// are case-sensitive (RFC 7636 section 6.2).
func properMethod(method string) bool {
	switch flow.Method(method) {
	case "", flow.MethodS256, flow.MethodPlain, flow.MethodOmitted, flow.MethodNone:
		return true
	}
	return false
}

// readVerifier holds a verifier against RFC 7636 section 4.1.
func readVerifier(verifier string, known bool) PKCEVerifier {
	v := PKCEVerifier{
		Value:    verifier,
		Length:   utf8.RuneCountInString(verifier),
		Problems: []string{},
		Illegal:  illegalCharacters(verifier),
	}
	if !known {
		return v
	}
	switch {
	case v.Length < VerifierMin:
		v.Problems = append(v.Problems, fmt.Sprintf("%s, %d fewer than the least", countOf(v.Length, "character"), VerifierMin-v.Length))
	case v.Length > VerifierMax:
		v.Problems = append(v.Problems, fmt.Sprintf("%d characters, %d more than the most", v.Length, v.Length-VerifierMax))
	}
	if n := len(v.Illegal); n > 0 {
		first := v.Illegal[0]
		text := fmt.Sprintf("%s that may not stand in a verifier: %s as character %d", countOf(n, "character"), first.Name, first.Index+1)
		if n > 1 {
			text += fmt.Sprintf(" and %d more", n-1)
		}
		v.Problems = append(v.Problems, text)
	}
	v.Legal = len(v.Problems) == 0
	return v
}

// Unreserved reports whether c may stand in a verifier: A-Z a-z 0-9 - . _ ~
// (RFC 7636 section 4.1, RFC 3986 section 2.3).
func Unreserved(c rune) bool {
	return 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' ||
		c == '-' || c == '.' || c == '_' || c == '~'
}

func illegalCharacters(s string) []IllegalCharacter {
	found := []IllegalCharacter{}
	index := 0
	for rest := s; rest != ""; index++ {
		c, size := utf8.DecodeRuneInString(rest)
		if !Unreserved(c) {
			found = append(found, IllegalCharacter{Index: index, Name: characterName(c, rest[:size])})
		}
		rest = rest[size:]
	}
	return found
}

// characterName names a character without printing one that could do harm.
func characterName(c rune, octets string) string {
	switch {
	case c == utf8.RuneError && len(octets) == 1:
		return fmt.Sprintf("octet %02x, which is not UTF-8", octets[0])
	case c > ' ' && c < 0x7f:
		return "'" + string(c) + "'"
	}
	name := fmt.Sprintf("U+%04X", c)
	switch c {
	case ' ':
		name += " space"
	case '\n':
		name += " line feed"
	case '\r':
		name += " carriage return"
	case '\t':
		name += " tab"
	case 0:
		name += " null"
	case 0xFEFF:
		name += " byte order mark"
	}
	return name
}

func countOf(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
