package inspect

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
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
		p := TokenPart{Name: names[i], Encoded: encoded}
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
	encoded := f(p.Encoded)
	if encoded != p.Encoded && p.Hex != "" {
		p.Hex = ""
	}
	p.Encoded, p.Text = encoded, f(p.Text)
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
}

// DiffTokens lists what differs between two tokens: the header's members by
// name, then the claims in the order of the first token.
func DiffTokens(a, b Token) []TokenDifference {
	diff := []TokenDifference{}
	add := func(part, name, meaning string, inA, inB bool, x, y any, textA, textB string) {
		if inA && inB && equalJSON(x, y) {
			return
		}
		diff = append(diff, TokenDifference{Part: part, Name: name, A: textA, B: textB, Meaning: meaning})
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
		exp, _, ok, _ := numericDate(&j, "exp")
		if !ok {
			return "", false
		}
		payload = set(payload, "exp", exp.AddDate(10, 0, 0).Unix())
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
