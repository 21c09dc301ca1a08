package flow

import (
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Redactor masks secrets by value: every known secret of a transcript is
// replaced wherever it occurs, raw, percent-, form-, JSON- or HTML-escaped, in
// hexadecimal, in Basic credentials and inside base64.
//
// A mask reads "~redacted.FINGERPRINT.LENGTH~": 8 hex digits that depend on the
// secret and on a key that is in no file ([FingerprintKeyFrom]), and the number
// of octets. It is made of unreserved URL
// characters, so that it survives in every place where a secret can stand, and
// equal secrets have equal masks. Of a signed JWT only the signature is masked
// ("header.payload.~redacted…~"): without it the token is of no use to a
// thief, and what remains can still be explained.
//
// A secret of fewer than 8 octets is masked where it stands alone, so that a
// word that happens to contain it is not torn apart. Masks are never masked
// again. A Redactor is safe for concurrent use.
type Redactor struct {
	key      []byte
	patterns []pattern
	byByte   [256][]int           // patterns by their first octet
	byPair   map[uint16][]int     // and by their first two
	pairs    [1 << 16 / 64]uint64 // set of these
	single   [256]bool            // octets that are a whole pattern
	known    map[string]bool
}

// NewRedactor collects the secrets of t.
func NewRedactor(t Transcript) *Redactor {
	r := &Redactor{key: t.key(), byPair: map[uint16][]int{}, known: map[string]bool{}}
	collectSecrets(t, r.add)
	return r
}

const (
	maskStart = "~redacted."
	// shortSecret is the length from which on a secret is masked inside words
	// too.
	shortSecret = 8
)

func (r *Redactor) mask(secret string) string {
	return fmt.Sprintf("%s%x.%d~", maskStart, keyed(r.key, secret)[:4], len(secret))
}

// ParseMask reads a mask at the start of s and returns its fingerprint, the
// secret's length in octets, and how long the mask is; 0 if there is none.
func ParseMask(s string) (fingerprint string, length, n int) {
	rest, ok := strings.CutPrefix(s, maskStart)
	if !ok || len(rest) < 8 {
		return "", 0, 0
	}
	fingerprint, rest = rest[:8], rest[8:]
	if _, err := hex.DecodeString(fingerprint); err != nil || !strings.HasPrefix(rest, ".") {
		return "", 0, 0
	}
	digits, _, ok := strings.Cut(rest[1:min(len(rest), 12)], "~")
	length, err := strconv.Atoi(digits)
	if !ok || err != nil || length < 0 {
		return "", 0, 0
	}
	return fingerprint, length, len(maskStart) + 8 + 1 + len(digits) + 1
}

func hasMask(s string) bool {
	for i := strings.Index(s, maskStart); i >= 0; {
		if _, _, n := ParseMask(s[i:]); n > 0 {
			return true
		}
		next := strings.Index(s[i+1:], maskStart)
		if next < 0 {
			return false
		}
		i += 1 + next
	}
	return false
}

// Mask returns s with every known secret masked.
func (r *Redactor) Mask(s string) string {
	var out strings.Builder
	from := 0 // what stands before has been written
	for i := 0; i < len(s); {
		if s[i] == '~' {
			if _, _, n := ParseMask(s[i:]); n > 0 {
				i += n
				continue
			}
		}
		p, end, mask := r.match(s, i)
		if p == nil {
			i++
			continue
		}
		// The characters of base64 at the edges hold bits of the secret too.
		start := i
		if p.before && start > from && isBase64(s[start-1]) {
			start--
		}
		if p.after && end < len(s) && isBase64(s[end]) {
			end++
		}
		out.WriteString(s[from:start])
		out.WriteString(mask)
		from, i = end, end
	}
	if from == 0 {
		return s
	}
	out.WriteString(s[from:])
	return out.String()
}

// match returns the longest pattern at s[i:], where it ends, and its mask.
func (r *Redactor) match(s string, i int) (*pattern, int, string) {
	if escapes[s[i]] {
		return r.matchEscaped(s, i)
	}
	if i+1 < len(s) && !escapes[s[i+1]] && !r.single[s[i]] {
		// Nothing begins with these two: by far the most frequent case.
		pair := uint16(s[i])<<8 | uint16(s[i+1])
		if r.pairs[pair/64]>>(pair%64)&1 == 0 {
			return nil, 0, ""
		}
		return r.longest(s, i, r.byPair[pair])
	}
	return r.longest(s, i, r.byByte[s[i]])
}

// matchEscaped is match where the first octet may be an escape.
func (r *Redactor) matchEscaped(s string, i int) (*pattern, int, string) {
	best, end, mask := r.longest(s, i, r.byByte[s[i]])
	tried := s[i : i+1]
	for octets := range unescapings(s[i:]) {
		if strings.IndexByte(tried, octets[0]) >= 0 {
			continue
		}
		tried += octets[:1]
		if p, e, m := r.longest(s, i, r.byByte[octets[0]]); e > end {
			best, end, mask = p, e, m
		}
	}
	return best, end, mask
}

func (r *Redactor) longest(s string, i int, candidates []int) (best *pattern, end int, mask string) {
	for _, at := range candidates {
		p := &r.patterns[at]
		if e, m := r.ends(p, s, i); e > end && (!p.alone || standsAlone(s, i, e)) && !cutsMask(s, i, e) {
			best, end, mask = p, e, m
		}
	}
	return best, end, mask
}

// Redacted returns a copy of t without its secrets.
func (t Transcript) Redacted() Transcript { return NewRedactor(t).Redacted(t) }

// Redacted returns a copy of t without the secrets that r knows: of the
// transcript that r was made for, all of them.
func (r *Redactor) Redacted(t Transcript) Transcript {
	t = t.clone()
	if t.FingerprintKey == "" {
		t.FingerprintKey = keyName(r.key)
	}
	c := &t.Config
	c.ClientSecret, c.Verifier, c.Credential, c.Ask.IDTokenHint = "", "", Credential{}, ""
	for _, s := range []*string{
		&c.Name, &c.Issuer, &c.ClientID, &c.RedirectURI, &c.Prompt, &c.LoginHint, &c.DomainHint,
		&c.Provider.Issuer, &c.Afterwards.Call, &c.Afterwards.PostLogoutRedirectURI,
		&c.Origin, &c.Ask.ResponseType, &c.Ask.Claims, &c.Ask.ACRValues, &c.Ask.AuthorizationDetails,
	} {
		*s = r.Mask(*s)
	}
	for _, e := range c.Provider.endpoints() {
		*e.url = r.Mask(*e.url)
	}
	c.Provider.MTLSEndpointAliases, c.Ask.Parameters = r.maskMap(c.Provider.MTLSEndpointAliases), r.maskMap(c.Ask.Parameters)
	c.Ask.Resources, c.Scopes = r.maskAll(c.Ask.Resources), r.maskAll(c.Scopes)
	if t.Capture != nil {
		from := *t.Capture
		from.Tool = r.Mask(from.Tool)
		t.Capture = &from
	}
	for i := range c.Edits {
		e := &c.Edits[i]
		if isSecretName(e.Name) {
			e.Value = r.maskWhole(e.Value)
		} else {
			e.Value = r.Mask(e.Value)
		}
	}
	for i := range t.Steps {
		s := &t.Steps[i]
		s.Error = r.maskError(s.Error)
		for j := range s.Values {
			v := &s.Values[j]
			v.Problem = r.Mask(v.Problem)
			if v.Secret {
				v.Value = r.maskWhole(v.Value)
			} else {
				v.Value = r.Mask(v.Value)
			}
		}
		for j := range s.Exchanges {
			x := &s.Exchanges[j]
			x.Request.URL = r.Mask(x.Request.URL)
			x.Request.Header = r.maskHeader(x.Request.Header)
			x.Request.Body = r.maskBody(x.Request.Body)
			x.Error = r.maskError(x.Error)
			if x.Response != nil {
				response := *x.Response
				response.Header = r.maskHeader(response.Header)
				response.Body = r.maskBody(response.Body)
				x.Response = &response
			}
		}
	}
	return t
}

// maskWhole masks a value that stands in a secret's own place: if nothing in
// it is known, all of it goes.
func (r *Redactor) maskWhole(s string) string {
	masked := r.Mask(s)
	if s == "" || hasMask(masked) {
		return masked
	}
	return r.mask(s)
}

func (r *Redactor) maskAll(texts []string) []string {
	texts = slices.Clone(texts)
	for i, s := range texts {
		texts[i] = r.Mask(s)
	}
	return texts
}

func (r *Redactor) maskMap(texts map[string]string) map[string]string {
	texts = maps.Clone(texts)
	for name, s := range texts {
		texts[name] = r.Mask(s)
	}
	return texts
}

func (r *Redactor) maskBody(b Body) Body {
	if b == nil {
		return nil
	}
	return Body(r.Mask(string(b)))
}

func (r *Redactor) maskError(e *Error) *Error {
	if e == nil {
		return nil
	}
	return &Error{Kind: e.Kind, What: r.Mask(e.What), Why: r.Mask(e.Why), Try: r.Mask(e.Try)}
}

func (r *Redactor) maskHeader(h http.Header) http.Header {
	if h == nil {
		return nil
	}
	masked := http.Header{}
	for name, values := range h {
		values = slices.Clone(values)
		for i, v := range values {
			switch http.CanonicalHeaderKey(name) {
			case "Authorization", "Proxy-Authorization":
				scheme, credentials, _ := strings.Cut(v, " ")
				values[i] = scheme + " " + r.maskWhole(credentials)
			case "Cookie":
				values[i] = r.maskCookies(v, len(strings.Split(v, ";")))
			case "Set-Cookie":
				values[i] = r.maskCookies(v, 1) // the rest are attributes
			default:
				values[i] = r.Mask(v)
			}
		}
		masked[name] = values
	}
	return masked
}

// maskCookies masks the values of the first n pairs.
func (r *Redactor) maskCookies(s string, n int) string {
	parts := strings.Split(s, ";")
	for i, p := range parts {
		if name, value, ok := strings.Cut(p, "="); ok && i < n {
			parts[i] = name + "=" + r.maskWhole(value)
		} else {
			parts[i] = r.Mask(p)
		}
	}
	return strings.Join(parts, ";")
}
