package inspect

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// TokenPart is a part of a token beside the octets that it stands for.
type TokenPart struct {
	Name string // "header", "payload", "signature"; of a JWE also "key", "iv", "ciphertext", "tag"
	// Encoded is the part as it stands in the token, in base64url.
	Encoded string
	// Octets is how many octets it stands for.
	Octets int
	// Text is what the octets say, where they are text; Hex are the octets
	// themselves, where they are not.
	Text, Hex string

	sealed bool // the octets may not be seen
}

// OctetRow is a stretch of a part: characters of base64url, the octets that
// they stand for in hexadecimal, and what those are in ASCII, with a point for
// what is not.
type OctetRow struct{ Encoded, Hex, Text string }

// Rows is how many rows of 3n octets the part has.
func (p TokenPart) Rows(n int) int {
	if p.sealed {
		return 0
	}
	return (len(p.Encoded) + 4*n - 1) / (4 * n)
}

// Row returns the i-th row of 3n octets beside the 4n characters that they
// were written as (RFC 4648 section 4).
func (p TokenPart) Row(i, n int) OctetRow {
	encoded := p.Encoded[min(i*4*n, len(p.Encoded)):min((i+1)*4*n, len(p.Encoded))]
	octets, _ := decodeBase64(encoded)
	text := make([]byte, len(octets))
	for k, c := range octets {
		text[k] = c
		if c < ' ' || c > '~' {
			text[k] = '.'
		}
	}
	return OctetRow{Encoded: encoded, Hex: fmt.Sprintf("% x", octets), Text: string(text)}
}

// partsOf takes a token's parts apart. What is masked stays masked.
func partsOf(j *jwt) []TokenPart {
	var names []string
	switch j.kind {
	case "jwt":
		names = []string{"header", "payload", "signature"}
	case "jwe": // RFC 7516 section 3.1
		names = []string{"header", "key", "iv", "ciphertext", "tag"}
	}
	var parts []TokenPart
	for i, encoded := range j.parts {
		if i == len(names) {
			break
		}
		p := TokenPart{Name: names[i], Encoded: encoded, sealed: masked(encoded)}
		if !masked(encoded) {
			octets, _ := decodeBase64(encoded)
			p.Octets = len(octets)
			if i == 0 || i == 1 && j.kind == "jwt" {
				p.Text = string(octets)
			} else {
				p.Hex = hex.EncodeToString(octets)
			}
		}
		parts = append(parts, p)
	}
	return parts
}

// mapPart applies f to what came from outside. The octets of the signature are
// the signature: they are shown only where that is.
func mapPart(p TokenPart, f func(string) string) TokenPart {
	encoded, text := f(p.Encoded), f(p.Text)
	if encoded != p.Encoded || text != p.Text && text != Clean(p.Text) {
		p.Hex, p.sealed = "", true
	}
	p.Encoded, p.Text = encoded, text
	return p
}

// TokenDifference is a member of the header or a claim in which two tokens
// differ. An empty text means that the token does not have it.
type TokenDifference struct {
	Part string `json:"part"` // "header" or "claim"
	Name string `json:"name"`
	A    string `json:"a"`
	B    string `json:"b"`
	// Meaning is what the claim means, in the first token's terms.
	Meaning string `json:"meaning,omitempty"`
	// Same is true for what [AlignTokens] lists though it does not differ.
	Same bool `json:"-"`
}

// DiffTokens lists what differs between two tokens: the header's members by
// name, then the claims in the order of the first token.
func DiffTokens(a, b Token) []TokenDifference {
	return slices.DeleteFunc(AlignTokens(a, b), func(d TokenDifference) bool { return d.Same })
}

// AlignTokens puts all members and claims of two tokens beside each other, in
// the order of [DiffTokens].
func AlignTokens(a, b Token) []TokenDifference {
	diff := []TokenDifference{}
	add := func(part, name, meaning string, inA, inB bool, x, y any, textA, textB string) {
		same := inA && inB && equalJSON(x, y)
		diff = append(diff, TokenDifference{Part: part, Name: name, A: textA, B: textB, Meaning: meaning, Same: same})
	}
	all := map[string]any{}
	for k := range a.Header {
		all[k] = nil
	}
	for k := range b.Header {
		all[k] = nil
	}
	for _, k := range sortedKeys(all) {
		x, inA := a.Header[k]
		y, inB := b.Header[k]
		add("header", k, "", inA, inB, x, y, present(inA, x), present(inB, y))
	}
	find := func(t Token, name string) (Claim, bool) {
		for _, c := range t.Claims {
			if c.Name == name {
				return c, true
			}
		}
		return Claim{}, false
	}
	for _, c := range a.Claims {
		other, inB := find(b, c.Name)
		add("claim", c.Name, c.Meaning, true, inB, c.Value, other.Value, c.Text, other.Text)
	}
	for _, c := range b.Claims {
		if _, inA := find(a, c.Name); !inA {
			add("claim", c.Name, c.Meaning, false, true, nil, c.Value, "", c.Text)
		}
	}
	return diff
}

func present(in bool, v any) string {
	if !in {
		return ""
	}
	return claimText(v)
}

func equalJSON(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// DiffText lists differences for people, wrapped to width columns; 0 means 80.
func DiffText(diff []TokenDifference, width int) string {
	p := newPrinter(width)
	if len(diff) == 0 {
		p.line("Header and claims are the same.")
		return p.String()
	}
	for _, d := range diff {
		p.line(d.Part + " " + d.Name)
		p.hang("  - ", "    ", orAbsent(d.A))
		p.hang("  + ", "    ", orAbsent(d.B))
	}
	return p.String()
}

func orAbsent(s string) string {
	if s == "" {
		return "(absent)"
	}
	return s
}

// Tampering is a way to change a token, to see which checks notice.
type Tampering string

// The ways to tamper with a token.
const (
	TamperFlipBit  Tampering = "flip-bit"       // one bit of the signature
	TamperClaim    Tampering = "claim"          // sub becomes another person
	TamperExpiry   Tampering = "expiry"         // exp becomes ten years later
	TamperAlgNone  Tampering = "alg-none"       // no signature, and it says so
	TamperAlgHMAC  Tampering = "alg-hs256"      // says that it is signed with a shared secret
	TamperUnsigned Tampering = "drop-signature" // the signature is cut off
	TamperAudience Tampering = "audience"       // aud becomes another client
)

// Tamperings lists the ways, in the order of a lesson.
func Tamperings() []Tampering {
	return []Tampering{TamperFlipBit, TamperClaim, TamperExpiry, TamperAudience, TamperAlgNone, TamperAlgHMAC, TamperUnsigned}
}

// Title says what a tampering does, in a few words.
func (t Tampering) Title() string {
	switch t {
	case TamperFlipBit:
		return "one bit of the signature flipped"
	case TamperClaim:
		return "sub changed to another person"
	case TamperExpiry:
		return "exp moved ten years on"
	case TamperAudience:
		return "aud changed to another client"
	case TamperAlgNone:
		return "alg set to none, the signature taken away"
	case TamperAlgHMAC:
		return "alg set to HS256"
	case TamperUnsigned:
		return "the signature taken away"
	}
	return string(t)
}

// Lesson says why somebody would do it, and what has to notice.
func (t Tampering) Lesson() string {
	switch t {
	case TamperFlipBit:
		return "A signature is right or wrong; there is no nearly. Nothing else in the token changed, so only the signature can notice."
	case TamperClaim:
		return "Who reads the claims without checking the signature lets this person in."
	case TamperExpiry:
		return "The check of exp is content, because the token says so itself. Only the signature knows that nobody but the provider may say it."
	case TamperAudience:
		return "This is how a token for one app looks to another. A signature alone is not enough where a token really is for somebody else: aud has to be checked too."
	case TamperAlgNone:
		return "A library that believes the header takes this token for a good one (RFC 8725 section 3.1). The client decides which algorithms it takes, not the token."
	case TamperAlgHMAC:
		return "A library that believes the header takes the provider's public key, which everybody has, for the shared secret of an HMAC (RFC 8725 section 2.1)."
	case TamperUnsigned:
		return "The header still promises a signature, and there is none. A missing signature must count as a wrong one."
	}
	return ""
}

// Tamper changes a JWT. It is false for what is no whole JWT.
func Tamper(token string, how Tampering) (string, bool) {
	j := takeApart(token)
	if j.kind != "jwt" || len(j.parts) < 3 || j.sealed {
		return "", false
	}
	header, payload, signature := j.parts[0], j.parts[1], j.parts[2]
	set := func(part, name string, value any) string {
		octets, _ := decodeBase64(part)
		changed, ok := setMember(octets, name, value)
		if !ok {
			return part
		}
		return base64.RawURLEncoding.EncodeToString(changed)
	}
	switch how {
	case TamperFlipBit:
		octets, _ := decodeBase64(signature)
		if len(octets) == 0 {
			return "", false
		}
		octets[len(octets)/2] ^= 1
		signature = base64.RawURLEncoding.EncodeToString(octets)
	case TamperClaim:
		payload = set(payload, "sub", "somebody-else")
	case TamperExpiry:
		exp := numericDate(&j, "exp")
		if !exp.ok {
			return "", false
		}
		payload = set(payload, "exp", exp.at.AddDate(10, 0, 0).Unix())
	case TamperAudience:
		payload = set(payload, "aud", "another-client")
	case TamperAlgNone:
		header, signature = set(header, "alg", "none"), ""
	case TamperAlgHMAC:
		header = set(header, "alg", "HS256")
	case TamperUnsigned:
		signature = ""
	default:
		return "", false
	}
	return strings.Join([]string{header, payload, signature}, "."), true
}

// setInToken changes or adds a member of the header, or a claim.
func setInToken(token, name string, value any, claim bool) (string, bool) {
	j := takeApart(token)
	if j.kind != "jwt" || len(j.parts) < 3 {
		return "", false
	}
	parts := slices.Clone(j.parts[:3])
	i := 0
	if claim {
		i = 1
	}
	octets, _ := decodeBase64(parts[i])
	changed, ok := setMember(octets, name, value)
	if !ok {
		return "", false
	}
	parts[i] = base64.RawURLEncoding.EncodeToString(changed)
	return strings.Join(parts, "."), true
}

// setMember changes or adds a member of a JSON object and keeps the others in
// their order.
func setMember(object []byte, name string, value any) ([]byte, bool) {
	_, members, problem := decodeObject(object)
	if problem != "" {
		return nil, false
	}
	var b bytes.Buffer
	b.WriteByte('{')
	write := func(k string, v any) {
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		key, _ := json.Marshal(k)
		val, err := json.Marshal(v)
		if err != nil { // it was read from JSON, or is a string or a number
			val = []byte("null")
		}
		fmt.Fprintf(&b, "%s:%s", key, val)
	}
	found := false
	for _, m := range members {
		if m.name == name {
			m.value, found = value, true
		}
		write(m.name, m.value)
	}
	if !found {
		write(name, value)
	}
	b.WriteByte('}')
	return b.Bytes(), true
}

// Pretty lays the text of a part out for reading, in lines.
func (p TokenPart) Pretty() []string {
	var b bytes.Buffer
	if json.Indent(&b, []byte(p.Text), "", "  ") != nil {
		return []string{p.Text}
	}
	return strings.Split(b.String(), "\n")
}

// Items are the values of a claim that is a list, a line each; nil for others.
func (c Claim) Items() []string {
	list, ok := c.Value.([]any)
	if !ok {
		return nil
	}
	items := make([]string, len(list))
	for i, v := range list {
		items[i] = claimText(v)
	}
	return items
}
