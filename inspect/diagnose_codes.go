package inspect

import (
	"sort"
	"strings"

	"github.com/pkcescope/pkcescope/assets"
)

// CodeNote is what the catalogue says of a vendor's error code.
type CodeNote struct {
	Code    string // "AADSTS50148"
	Name    string // the vendor's name for it, "" if it has none
	Family  string // what kind of problem it is, "pkce", "redirect"
	Meaning string // in our words

	causes     []string
	confidence Confidence
	wrapper    bool // it only says that another code follows
}

// String returns the code with its meaning, for the middle of a sentence.
func (n CodeNote) String() string {
	return n.Code + " (" + strings.TrimSuffix(strings.ToLower(n.Meaning[:1])+n.Meaning[1:], ".") + ")"
}

// LookupCode returns what is known of a code: "AADSTS50148", "50148",
// "AADB2C90118". The catalogues are sorted by number, one code a line, and are
// searched as they are: nothing is parsed but the line that is asked for.
func LookupCode(code string) (CodeNote, bool) {
	code = strings.ToUpper(strings.TrimSpace(code))
	catalogue, prefix := assets.AADSTS, "AADSTS"
	if rest, ok := strings.CutPrefix(code, "AADB2C"); ok {
		catalogue, prefix, code = assets.AADB2C, "AADB2C", rest
	}
	number := strings.TrimPrefix(code, "AADSTS")
	if number == "" || strings.Trim(number, "0123456789") != "" {
		return CodeNote{}, false
	}
	// The search is over octets: at each probe, back up to the line's start.
	line := func(at int) (start int, text string) {
		start = strings.LastIndexByte(catalogue[:at], '\n') + 1
		text, _, _ = strings.Cut(catalogue[start:], "\n")
		return start, text
	}
	at := sort.Search(len(catalogue), func(i int) bool {
		_, text := line(i)
		n, _, _ := strings.Cut(text, "\t")
		return len(n) > len(number) || len(n) == len(number) && n >= number
	})
	if at == len(catalogue) {
		return CodeNote{}, false
	}
	_, text := line(at)
	fields := strings.Split(text, "\t")
	if len(fields) != 5 || fields[0] != number {
		return CodeNote{}, false
	}
	n := CodeNote{Code: prefix + number, Name: fields[1], Family: fields[2], Meaning: fields[4], confidence: Likely}
	causes := fields[3]
	switch {
	case strings.HasPrefix(causes, "="):
		n.confidence = Certain
	case strings.HasPrefix(causes, "?"):
		n.confidence = Possible
	case strings.HasPrefix(causes, "~"):
		n.confidence, n.wrapper = Possible, true
	}
	n.causes = strings.Fields(strings.TrimLeft(causes, "=?~"))
	return n, true
}
