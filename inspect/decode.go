package inspect

import (
	"fmt"
	"strings"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// DecodeOptions say what pasted tokens are checked against. What is empty is
// not known, and the checks that need it say so.
type DecodeOptions struct {
	JWKS     []byte // a JSON Web Key Set, or a single key
	Issuer   string
	ClientID string
	Nonce    string
	// Scope, ACRValues and MaxAge are scope, acr_values and max_age of the
	// authorize request.
	Scope, ACRValues, MaxAge string
	// Run is what the run that is open expects, if there is one: a value that
	// is its own is said to be from there.
	Run *DecodeOptions
	// Now is the time against which exp, nbf and iat are checked. Zero: the
	// present.
	Now time.Time
	// Reveal shows the tokens themselves. Their claims are always shown.
	Reveal bool
}

// Decoded is what [DecodeToken] found.
type Decoded struct {
	// Found says where the tokens stood: "a bare token", "a token response".
	Found  string  `json:"found"`
	Tokens []Token `json:"tokens"`
	// Diff is set by [Decoded.Compare].
	Diff []TokenDifference `json:"diff,omitempty"`

	plain []Token // with masks as a file has them
}

// Compare notes in d how its first token differs from other's first. It is
// false when one of the two has none.
func (d *Decoded) Compare(other Decoded) bool {
	if len(d.plain) == 0 || len(other.plain) == 0 {
		return false
	}
	d.Diff = DiffTokens(d.Tokens[0], other.Tokens[0])
	return true
}

// DecodeToken finds the tokens in text and explains and checks them: a bare
// token, "Bearer …", a JSON token response, a redirect URL or its query or
// fragment, or any text with tokens in it. It refuses nothing; text without
// any token gives no tokens.
func DecodeToken(text string, o DecodeOptions) Decoded {
	found, all := FindSpecimens(text, o)
	d := Decoded{Found: found, Tokens: []Token{}, plain: []Token{}}
	r := reader{shown: shown{reveal: o.Reveal}}
	if !o.Reveal && len(all) > 0 {
		r.redactor = flow.NewRedactor(all[0].beside)
	}
	for _, s := range all {
		tok := s.read()
		d.plain = append(d.plain, r.fileToken(tok))
		d.Tokens = append(d.Tokens, r.screenToken(tok))
	}
	return d
}

// JSON returns the tokens as one JSON document, indented.
func (d Decoded) JSON() ([]byte, error) {
	return encode(Decoded{Found: d.Found, Tokens: d.plain, Diff: d.Diff})
}

// Worst returns the result that matters most of all checks: [Fail] if one
// failed, [Unknown] if one could not be made or there was none to make, and
// otherwise [Pass].
func Worst(tokens []Token) Result {
	worst, made := Pass, 0
	for _, t := range tokens {
		made += len(t.Checks)
		for _, c := range t.Checks {
			if c.Result == Fail {
				return Fail
			}
			if c.Result == Unknown {
				worst = Unknown
			}
		}
	}
	if made == 0 {
		return Unknown // an opaque or encrypted token alone
	}
	return worst
}

// Text returns the tokens for people, wrapped to width columns; 0 means 80.
func (d Decoded) Text(width int) string {
	p := newPrinter(width)
	if len(d.Tokens) == 0 {
		p.para("", "No token was found in the text. A token is a long word in three parts with points between them, or a member such as id_token of a token response.")
		return p.String()
	}
	for i, tok := range d.Tokens {
		if i > 0 {
			p.line("")
		}
		p.token(tok, true)
	}
	return p.String()
}

// verdictOf counts the results of checks in words.
func verdictOf(checks []Check) string {
	n := map[Result]int{}
	for _, c := range checks {
		n[c.Result]++
	}
	words := []string{fmt.Sprintf("%d passed", n[Pass])}
	if n[Fail] > 0 {
		words = append(words, fmt.Sprintf("%d failed", n[Fail]))
	}
	if n[Unknown] > 0 {
		words = append(words, fmt.Sprintf("%d could not be made", n[Unknown]))
	}
	return strings.Join(words, ", ")
}
