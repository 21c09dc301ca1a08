package inspect

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
)

// jwt is a token taken apart as far as that is possible. Nothing is refused:
// what is broken is said in problems, and the rest is read all the same.
type jwt struct {
	// text is the token without what stood around it.
	text string
	// kind is "jwt", "jwe" or "opaque".
	kind  string
	parts []string // as they came
	// header and payload are the decoded octets of the first two parts.
	headerJSON, payloadJSON []byte
	header                  map[string]any
	claims                  []member
	// Whether the two are JSON objects from end to end.
	headerWhole, payloadWhole bool
	problems                  []string
	// loose are the members of the header that no signature protects; header has
	// them too.
	loose map[string]any
	// sealed is true when the signature is masked: it cannot be checked here.
	sealed bool
}

// member is a member of a JSON object, in the order of the text.
type member struct {
	name  string
	value any
}

// takeApart decodes a token in the compact form of RFC 7515 section 3.1 or RFC
// 7516 section 3.1. A library refuses exactly the broken tokens that a debugger
// must show, so this is done by hand.
func takeApart(token string) jwt { return takeApartWith(token, nil) }

// takeApartWith is takeApart for a token that has an unprotected header beside
// the compact form.
func takeApartWith(token string, loose map[string]any) jwt {
	t := jwt{kind: "opaque", loose: loose}
	text := strings.TrimSpace(token)
	if scheme, rest, ok := strings.Cut(text, " "); ok && strings.EqualFold(scheme, "Bearer") {
		text = strings.TrimSpace(rest)
	}
	if unquoted := strings.Trim(text, `"'`); unquoted != text {
		text = unquoted
		t.problem("it stood in quotation marks")
	}
	if joined := strings.Join(strings.Fields(text), ""); joined != text && strings.HasPrefix(joined, "ey") {
		text = joined
		t.problem("it was broken over several lines or held spaces")
	}
	t.text = text
	t.parts = tokenParts(text)
	header, problem := decodeBase64(t.parts[0])
	object, _, jsonErr := decodeObject(header)
	if t.parts[0] == "" && len(loose) > 0 { // nothing of the header is protected
		problem, jsonErr = "", ""
	}
	for k, v := range loose {
		if _, own := object[k]; !own {
			object[k] = v
		}
	}
	_, hasAlg := object["alg"]
	_, hasTyp := object["typ"]
	looksLike := strings.HasPrefix(t.parts[0], "ey") && len(t.parts) > 1
	if !looksLike && !hasAlg && !hasTyp && !headerLost(t.parts) {
		return t // opaque
	}
	t.kind = "jwt"
	t.headerJSON, t.header = header, object
	t.headerWhole = jsonErr == ""
	t.problem(prefixed("the header ", problem))
	if jsonErr != "" {
		t.problem("the header " + jsonErr)
	}
	t.criticals()
	if _, enc := object["enc"]; enc || len(t.parts) == 5 {
		t.kind = "jwe"
		if len(t.parts) != 5 {
			t.problem(fmt.Sprintf("an encrypted token has 5 parts, this one has %d", len(t.parts)))
		}
		return t
	}
	if len(t.parts) > 1 {
		t.payload()
	}
	switch {
	case len(t.parts) < 2:
		t.problem("it is cut off after the header: payload and signature are missing")
	case len(t.parts) == 2:
		t.problem("it is cut off: the signature is missing")
	case len(t.parts) > 3:
		t.problem(fmt.Sprintf("a signed token has 3 parts, this one has %d; the rest is ignored", len(t.parts)))
	}
	if len(t.parts) > 2 {
		switch sig := t.parts[2]; {
		case masked(sig):
			t.sealed = true
		case sig == "" && object["alg"] != "none":
			t.problem("the signature is empty")
		default:
			_, problem := decodeBase64(sig)
			t.problem(prefixed("the signature ", problem))
		}
	}
	return t
}

// headerLost recognises a token whose header cannot be read, by the claims in
// its payload.
func headerLost(parts []string) bool {
	if len(parts) != 3 {
		return false
	}
	payload, _ := decodeBase64(parts[1])
	_, members, _ := decodeObject(payload)
	return len(members) > 0
}

// tokenParts splits a token at its points, but not at those inside a mask.
func tokenParts(text string) []string {
	i := strings.Index(text, maskStart)
	if i < 0 {
		return strings.SplitN(text, ".", 12)
	}
	parts := strings.SplitN(text[:i], ".", 12)
	parts[len(parts)-1] += text[i:]
	return parts
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

func (t *jwt) problem(s string) {
	if s != "" {
		t.problems = append(t.problems, s)
	}
}

func (t *jwt) payload() {
	payload, problem := decodeBase64(t.parts[1])
	t.payloadJSON = payload
	t.problem(prefixed("the payload ", problem))
	_, members, jsonErr := decodeObject(payload)
	t.claims, t.payloadWhole = members, jsonErr == ""
	if jsonErr != "" {
		t.problem("the payload " + jsonErr)
	}
}

// criticals names what the header marks as critical: who does not know it must
// refuse the token (RFC 7515 section 4.1.11).
func (t *jwt) criticals() {
	if b64, ok := t.header["b64"].(bool); ok && !b64 {
		t.problem("the header says that the payload is not encoded (b64), which a JWT must not (RFC 7797 section 7)")
	}
	crit, has := t.header["crit"]
	if !has {
		return
	}
	names, ok := crit.([]any)
	if !ok || len(names) == 0 {
		t.problem("crit must be a list that is not empty (RFC 7515 section 4.1.11)")
		return
	}
	for _, n := range names {
		if name := claimText(n); name != "b64" {
			t.problem("the header marks " + name + " as critical: who does not know it must refuse the token (RFC 7515 section 4.1.11)")
		}
	}
}

// claim returns the value of a claim, and whether the token has it.
func (t *jwt) claim(name string) (any, bool) {
	for _, m := range t.claims {
		if m.name == name {
			return m.value, true
		}
	}
	return nil, false
}

// text returns a claim that is a string.
func (t *jwt) str(name string) string {
	v, _ := t.claim(name)
	s, _ := v.(string)
	return s
}

// decodeBase64 decodes base64url without padding (RFC 7515 section 2), and
// also what is often seen in its place; problem says what that was.
func decodeBase64(s string) (octets []byte, problem string) {
	if b, err := base64.RawURLEncoding.DecodeString(s); err == nil {
		return b, ""
	}
	var problems []string
	if trimmed := strings.TrimRight(s, "="); trimmed != s {
		problems = append(problems, "is padded with =, which a JWT must not be")
		s = trimmed
	}
	if strings.ContainsAny(s, "+/") {
		problems = append(problems, "is in standard base64 (+ and /) instead of base64url")
		s = strings.NewReplacer("+", "-", "/", "_").Replace(s)
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		// Keep what stands before the first octet that cannot be decoded.
		good := strings.IndexFunc(s, func(r rune) bool {
			return (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_'
		})
		if good < 0 {
			problems = append(problems, "is not whole base64url: characters are missing at its end")
			good = len(s)
		} else {
			problems = append(problems, fmt.Sprintf("holds a character at position %d that is not base64url", good+1))
		}
		if good%4 == 1 {
			good--
		}
		b, _ = base64.RawURLEncoding.DecodeString(s[:good])
	}
	return b, strings.Join(problems, ", and ")
}

// decodeObject reads a JSON object, in order, as far as it goes.
func decodeObject(data []byte) (object map[string]any, members []member, problem string) {
	object = map[string]any{}
	if rest, marked := bytes.CutPrefix(data, []byte("\ufeff")); marked {
		object, members, problem = decodeObject(rest)
		if problem == "" {
			problem = "begins with a byte order mark, which JSON must not (RFC 8259 section 8.1)"
		}
		return object, members, problem
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	tok, err := dec.Token()
	if err != nil || tok != json.Delim('{') {
		return object, nil, "is not a JSON object"
	}
	twice := map[string]bool{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return object, members, "is JSON that ends in the middle or is broken"
		}
		name, _ := key.(string)
		var v any
		if err := dec.Decode(&v); err != nil {
			return object, members, "is JSON that ends in the middle or is broken"
		}
		if _, dup := object[name]; dup && !twice[name] {
			twice[name] = true
			problem = "has a member twice: " + name
		}
		if n, ok := v.(json.Number); ok && dec.InputOffset() == int64(len(data)) {
			v = n.String() + "…" // the end is missing, and perhaps some of its digits
		}
		object[name] = v
		members = append(members, member{name, v})
	}
	if _, err := dec.Token(); err != nil {
		return object, members, "is JSON that ends in the middle or is broken"
	}
	if dec.More() {
		return object, members, "has more text after the JSON object"
	}
	return object, members, problem
}
