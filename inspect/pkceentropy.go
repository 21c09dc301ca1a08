package inspect

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Entropy is an estimate of how hard a verifier is to guess. It is an upper
// bound: it shows what the text could hold at most, never that it was drawn
// well. RFC 7636 section 7.1 asks for 256 bits from a good generator.
type Entropy struct {
	Bits   int    `json:"bits"`
	Reason string `json:"reason"`
	// weak is set when the reason is one that only a poor generator, or a
	// person, gives. It is the detail of the weak-generator mistake.
	weak string
}

// EntropyAsked is what RFC 7636 section 7.1 asks for, in bits.
const EntropyAsked = 256

// estimateEntropy takes the smallest of several estimates. Each weak sign is
// one that a good generator gives less than once in ten million verifiers.
func estimateEntropy(v string) Entropy {
	if v == "" {
		return Entropy{Reason: "there is nothing to guess"}
	}
	e := alphabetEntropy(v)
	if v == ExampleVerifier {
		return Entropy{Bits: 0, Reason: "it is printed in RFC 7636 appendix B, so nobody has to guess it"}
	}
	if len(v) > longest {
		return e
	}
	for _, sign := range []func(string) (Entropy, bool){repeats, runs, fewCharacters, words, distinct} {
		if s, ok := sign(v); ok && (s.Bits < e.Bits || s.weak != "" && e.weak == "") {
			s.Bits = min(s.Bits, e.Bits)
			e = s
		}
	}
	return e
}

// alphabetEntropy is length times bits per character, for the smallest usual
// alphabet that holds the text.
func alphabetEntropy(v string) Entropy {
	n := len([]rune(v))
	name, size := alphabetOf(v)
	bits := float64(n) * math.Log2(float64(size))
	e := Entropy{Bits: int(bits), Reason: fmt.Sprintf("%s out of %d (%s)", countOf(n, "character"), size, name)}
	switch {
	case n == 64 && size == 62:
		e.Reason += "; those of smallstep's step have this shape"
	case n == ChallengeLength && size == 64 && wholeOctets(v):
		e.Bits = 256
		e.Reason += "; so are 32 random octets in base64url"
	case e.Bits > EntropyAsked:
		e.Reason += "; an S256 challenge keeps 256 of them"
	case n == 44 && size == 16:
		e.Reason += "; Bruno's verifiers have this shape"
	case size == 10 && n >= 30:
		e.weak = "It is made of digits alone."
	}
	return e
}

var alphabets = []struct {
	name, set string
}{
	{"digits", digitSet},
	{"hex digits", digitSet + "abcdef"},
	{"hex digits", digitSet + "ABCDEF"},
	{"lower-case letters", lowerSet},
	{"capital letters", upperSet},
	{"lower-case letters and digits", lowerSet + digitSet},
	{"capital letters and digits", upperSet + digitSet},
	{"letters", lowerSet + upperSet},
	{"letters and digits", lowerSet + upperSet + digitSet},
	{"the base64url alphabet", lowerSet + upperSet + digitSet + "-_"},
	{"the unreserved alphabet", lowerSet + upperSet + digitSet + "-._~"},
}

const (
	digitSet = "0123456789"
	lowerSet = "abcdefghijklmnopqrstuvwxyz"
	upperSet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

func alphabetOf(v string) (name string, size int) {
	for _, a := range alphabets {
		if onlyFrom(v, a.set) {
			return a.name, len(a.set)
		}
	}
	return "printable characters", 95
}

func onlyFrom(v, set string) bool {
	return !strings.ContainsFunc(v, func(c rune) bool { return !strings.ContainsRune(set, c) })
}

// repeats finds a text that is one piece over and over.
func repeats(v string) (Entropy, bool) {
	for n := 1; n <= len(v)/2; n++ {
		if strings.Repeat(v[:n], len(v)/n+1)[:len(v)] != v {
			continue
		}
		piece := alphabetEntropy(v[:n])
		text := fmt.Sprintf("the same %s over and over", countOf(n, "character"))
		return Entropy{Bits: piece.Bits, Reason: text, weak: "It is " + text + "."}, true
	}
	return Entropy{}, false
}

// runs finds a text made mostly of neighbours: abcdef, 98765, 00000, or keys
// beside each other.
func runs(v string) (Entropy, bool) {
	const rows = "qwertyuiop asdfghjkl zxcvbnm"
	steps := 0
	lower := strings.ToLower(v)
	for i := 1; i < len(v); i++ {
		switch d := int(v[i]) - int(v[i-1]); {
		case d == 0, d == 1, d == -1, strings.Contains(rows, lower[i-1:i+1]):
			steps++
		}
	}
	// By chance about one pair in twenty are neighbours.
	if len(v) < 8 || steps*2 < len(v) {
		return Entropy{}, false
	}
	free := len(v) - steps
	return Entropy{
		Bits:   free * 6,
		Reason: fmt.Sprintf("%d of its %d characters follow from the one before", steps, len(v)),
		weak:   "Most of its characters repeat the one before or are its neighbour, in the alphabet or on the keyboard.",
	}, true
}

// fewCharacters finds a text that uses far fewer different characters than its
// alphabet has.
func fewCharacters(v string) (Entropy, bool) {
	_, size := alphabetOf(v)
	counts := map[rune]int{}
	n := 0
	for _, c := range v {
		counts[c]++
		n++
	}
	if n < 24 || size < 26 || len(counts) > 10 {
		return Entropy{}, false
	}
	bits := 0.0
	for _, k := range counts {
		p := float64(k) / float64(n)
		bits -= float64(k) * math.Log2(p)
	}
	text := fmt.Sprintf("only %d different characters", len(counts))
	return Entropy{Bits: int(bits), Reason: text, weak: "It has " + text + "."}, true
}

// words finds a text that a person wrote. The list holds what people write
// when asked for a long secret; chance does not cover half of a text with it.
func words(v string) (Entropy, bool) {
	lower := strings.ToLower(v)
	covered, found := 0, 0
	for i := 0; i < len(lower); {
		n := wordAt(lower[i:])
		if n == 0 {
			i++
			continue
		}
		covered += n
		found++
		i += n
	}
	if covered*2 < len(v) || covered < 12 {
		return Entropy{}, false
	}
	text := fmt.Sprintf("%s in it, about 11 bits each", countOf(found, "common word"))
	return Entropy{
		Bits:   found*11 + (len(v)-covered)*4,
		Reason: text,
		weak:   "It reads like words: " + countOf(found, "common word") + " in it.",
	}, true
}

func wordAt(s string) int {
	longest := 0
	for _, w := range wordsByLetter[s[0]] {
		if len(w) > longest && strings.HasPrefix(s, w) {
			longest = len(w)
		}
	}
	return longest
}

var commonWords = strings.Fields(`
	able about access account admin after again allow alpha also application
	auth authorization authorize been before being best beta between both
	build call callback case challenge change char characters check client
	code common company correct could data default demo develop different
	does done down each enough enter entra even every example exchange fifth
	first flow foobar four from generate generated good grant great hash have
	hello here home horse identity into issuer just keep know known last least
	length letter letters life like local localhost login long longer made
	make many master maybe microsoft minimum more most much must name need
	needs never next nine number oauth only open openid other over owner pass
	passphrase password people phrase pixie pkce place plain please private
	project proof public random randomly really redirect request response
	right sample same scope second secret secure security seed server session
	seven should sign simple some something staple state still string super
	take tenant test testing text than that their them then there these they
	thing think this three time token true user using value verifier verify
	very want week well were what when where which while will with without
	word words work world would write year your zero fox dog quick brown jumps
	lazy the and for isnt dont not
`)

var wordsByLetter = func() (by [256][]string) {
	for _, w := range commonWords {
		by[w[0]] = append(by[w[0]], w)
	}
	return by
}()

// distinct finds 43 different characters, which a draw with replacement gives
// once in eighty million verifiers, and a draw without always.
func distinct(v string) (Entropy, bool) {
	if len(v) != ChallengeLength || !onlyFrom(v, lowerSet+upperSet+digitSet+"-._~") {
		return Entropy{}, false
	}
	sorted := []byte(v)
	slices.Sort(sorted)
	if len(slices.Compact(sorted)) != len(v) {
		return Entropy{}, false
	}
	bits := 0.0
	for i := range len(v) {
		bits += math.Log2(float64(66 - i))
	}
	return Entropy{
		Bits:   int(bits),
		Reason: "43 characters drawn from 66 without replacement: no character occurs twice",
		weak: "Its 43 characters are all different, which happens once in eighty million times by chance. MSAL Python drew its verifiers " +
			"without replacement, from a generator that is not meant for secrets, until pull request 898 of April 2026.",
	}, true
}
