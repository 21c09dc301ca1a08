package inspect

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
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

// tokenNames are the members and parameters whose values are tokens.
var tokenNames = []string{"id_token", "access_token", "refresh_token", "client_assertion", "logout_token", "id_token_hint", "assertion", "request"}

// foundResponse is where the tokens of a token response stand.
const foundResponse = "a token response"

// findTokens finds tokens and the names they go by; a name is empty where the
// text does not tell.
func findTokens(text string) (found string, named []field) {
	trimmed := strings.TrimSpace(strings.TrimPrefix(text, "\ufeff"))
	pick := func(pairs []field) {
		for _, p := range pairs {
			name := p.Name[strings.LastIndexByte(p.Name, '.')+1:]
			if name == "request" && !strings.HasPrefix(p.Value, "eyJ") {
				continue // JSON has many a request that is no request object (RFC 9101)
			}
			if strings.ContainsAny(p.Value, "{ ") { // a nested document, not a token
				continue
			}
			if p.Value != "" && (slices.Contains(tokenNames, name) || name == "code" && len(pairs) > 1) {
				named = append(named, field{Name: name, Value: p.Value})
			}
		}
		if !slices.ContainsFunc(named, func(f field) bool { return f.Name != "code" }) {
			named = nil
		}
	}
	if strings.HasPrefix(trimmed, "{") || strings.HasPrefix(trimmed, "[") {
		pairs, _ := jsonPairs([]byte(trimmed))
		if pick(pairs); named != nil {
			return foundResponse, named
		}
	}
	if bare := strings.TrimLeft(trimmed, "#?"); strings.Contains(bare, "=") && !strings.ContainsAny(bare, " \n\"<{") {
		query := bare
		if u, err := url.Parse(trimmed); err == nil && (u.Scheme != "" || u.Host != "") {
			query = u.RawQuery + "&" + u.EscapedFragment()
		}
		if pick(formPairs(query)); named != nil {
			return "a URL or form", named
		}
	}
	if scheme, rest, ok := strings.Cut(trimmed, " "); ok && strings.EqualFold(scheme, "Bearer") && !strings.ContainsAny(strings.TrimSpace(rest), " \n") {
		return "a Bearer token", []field{{Name: "", Value: strings.TrimSpace(rest)}}
	}
	if trimmed != "" && !strings.ContainsAny(trimmed, " \t\r\n{<") {
		return "a bare token", []field{{Value: trimmed}}
	}
	if wrappedToken().MatchString(trimmed) {
		return "a bare token", []field{{Value: trimmed}}
	}
	seen := map[string]bool{}
	for _, tok := range tokenInText().FindAllString(trimmed, maxTokens) {
		if !seen[tok] {
			seen[tok] = true
			named = append(named, field{Value: tok})
		}
	}
	if named == nil {
		return "no token", nil
	}
	return "tokens in a text", named
}

// maxTokens bounds how many tokens are read out of a text.
const maxTokens = 64

// A JWT begins with {" in base64url: eyJ, or ewo and the like where it is laid
// out over several lines. Only the first is looked for inside other text.
var (
	tokenInText = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`eyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*){1,4}(?:~redacted\.[0-9a-f]+\.[0-9]+~)?`)
	})
	// wrappedToken is one token broken over several lines.
	wrappedToken = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^ey[A-Za-z0-9_=+/.-]+(?:[ \t]*\r?\n[ \t]*[A-Za-z0-9_=+/.~-]+)+$`)
	})
)

// guessName says what kind of token a bare one is, by what only that kind has.
func guessName(j *jwt, clientID string) string {
	typ, _ := j.header["typ"].(string)
	has := func(names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { _, ok := j.claim(n); return ok })
	}
	switch {
	case j.kind == "opaque":
		return "token"
	case strings.EqualFold(typ, "at+jwt"), strings.EqualFold(typ, "application/at+jwt"), isGraph(j), has("scp", "scope", "appid", "appidacr", "azpacr", "idtyp", "cid"):
		return "access_token"
	case strings.EqualFold(typ, "logout+jwt"):
		return "logout_token"
	case has("nonce", "at_hash", "c_hash"), clientID != "" && slices.Contains(audiences(j), clientID):
		return "id_token"
	case j.str("iss") != "" && j.str("iss") == j.str("sub"):
		return "client_assertion"
	case has("roles"):
		return "access_token"
	case has("preferred_username", "email", "name", "auth_time"):
		return "id_token"
	}
	return "token"
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
