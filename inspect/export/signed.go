package export

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// signed is a JSON Web Token of the client's own, which a program makes and
// signs anew for each request: a client assertion (RFC 7523 section 3) or a
// request object (RFC 9101 section 4).
type signed struct {
	// Alg signs it, "ES256". Those of [algorithms] are known.
	Alg string
	// Header is its header in JSON. It names the key and its certificate, which
	// anybody may see.
	Header string
	// Claims are the claims that are the same each time, by name, in JSON.
	Claims []claim
	// Makes are those that the program makes, besides jti and the times.
	Makes []pair
}

// claim is a claim with its value in JSON.
type claim struct{ Name, JSON string }

// Claim is the object of the claims that are the same each time.
func (s signed) Object() string {
	var parts []string
	for _, c := range s.Claims {
		parts = append(parts, encoded(c.Name)+":"+c.JSON)
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// Beginning is the object of the claims up to its last brace.
func (s signed) Beginning() string { return strings.TrimSuffix(s.Object(), "}") }

// Others are the members of the header besides alg and typ.
func (s signed) Others() []claim {
	return slices.DeleteFunc(members(s.Header), func(c claim) bool { return c.Name == "alg" })
}

// HMAC reports whether it is signed with the client secret.
func (s signed) HMAC() bool { return s.Alg == "HS256" }

// algorithms are those that each form signs with ("" stands for the others).
// openssl takes the key of an HMAC as an argument only, and signs with Ed25519
// from a file only.
var algorithms = map[Form][]string{
	Curl:   {"RS256", "PS256", "ES256", "ES384", "ES512"},
	Go:     {"RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA", "HS256"},
	Python: {"RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA", "HS256"},
	Node:   {"RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA", "HS256"},
}

// signs reports whether a form makes what the client signs.
func signs(form Form) bool { return algorithms[form] != nil }

// each are the claims that every token has of its own.
var each = []string{"jti", "iat", "nbf", "exp"}

// readSigned reads a token that the run signed, whose signature may be masked.
// It reports false for what is none, or has a masked claim.
func readSigned(text string) (signed, bool) {
	parts := strings.SplitN(text, ".", 3)
	if len(parts) != 3 {
		return signed{}, false
	}
	header, err := base64.RawURLEncoding.DecodeString(parts[0])
	payload, err2 := base64.RawURLEncoding.DecodeString(parts[1])
	var named struct {
		Alg string `json:"alg"`
	}
	if err != nil || err2 != nil || json.Unmarshal(header, &named) != nil || !json.Valid(payload) {
		return signed{}, false
	}
	s := signed{Alg: named.Alg, Header: string(header), Claims: members(string(payload))}
	s.Claims = slices.DeleteFunc(s.Claims, func(c claim) bool { return slices.Contains(each, c.Name) })
	return s, true
}

// members reads an object of JSON, by name.
func members(object string) []claim {
	var all map[string]json.RawMessage
	if json.Unmarshal([]byte(object), &all) != nil {
		return nil
	}
	var out []claim
	for _, name := range slices.Sorted(maps.Keys(all)) {
		out = append(out, claim{name, string(all[name])})
	}
	return out
}

// encoded is a text in JSON.
func encoded(text string) string {
	out, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string is always JSON
	}
	return string(out)
}

// Text is the claim's value, if it is a string.
func (c claim) Text() string {
	var s string
	if json.Unmarshal([]byte(c.JSON), &s) != nil {
		return ""
	}
	return s
}

// wrap reads the request object of the run. What is in it is what the browser
// would have carried.
func (p *plan) wrap(object string, c flow.Config) error {
	s, ok := readSigned(object)
	if !ok {
		return refuse("The whole flow of this run cannot be exported.", "Its request object (JAR) cannot be read: it is encrypted, or something in it is masked.",
			"Export a run whose request object is signed only and holds no secret; or export a single step.")
	}
	claims := s.Claims
	s.Claims = nil
	for _, x := range claims {
		switch {
		case slices.Contains(made, x.Name):
			s.Makes = append(s.Makes, pair{x.Name, value{Var: x.Name}})
			continue
		case x.Name == "redirect_uri":
			p.RedirectURI = registered(x.Text(), c.RedirectURI)
			x.JSON = encoded(p.RedirectURI)
		case x.Name == "client_id":
			p.ClientID = x.Text()
		case x.Name == "scope":
			p.Scopes = strings.Fields(x.Text())
		case x.Name == "response_mode" && unread(x.Text()):
			p.noteMode(x.Text())
			continue
		}
		s.Claims = append(s.Claims, x)
	}
	p.Object = &s
	return nil
}

// assert reads the client assertion of the run.
func (p *plan) assert(list []pair, sent string) {
	if !slices.ContainsFunc(list, func(x pair) bool { return x.Name == "client_assertion" }) {
		return
	}
	for i, x := range list {
		if x.Name == "client_assertion" {
			list[i].value = value{Var: x.Name}
		}
	}
	if s, ok := readSigned(sent); ok {
		p.Assertion = &s
	}
}

// Algorithms are those of the tokens that it signs, each once.
func (p plan) Algorithms() []string {
	var out []string
	for _, s := range []*signed{p.Assertion, p.Object} {
		if s != nil {
			out = append(out, s.Alg)
		}
	}
	if p.DPoP {
		out = append(out, "ES256")
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Uses reports whether it signs with that algorithm.
func (p plan) Uses(alg string) bool { return slices.Contains(p.Algorithms(), alg) }

// Hashed reports whether it signs anything with the client secret.
func (p plan) Hashed() bool { return p.Uses("HS256") }

// Elliptic reports whether it signs with a key on a curve.
func (p plan) Elliptic() bool { return p.Uses("ES256") || p.Uses("ES384") || p.Uses("ES512") }

// Pushed reports whether it pushes its request with Basic credentials.
func (p plan) Pushed() bool { return p.Push != nil && p.Push.Basic != nil }

// ProvenURL is the token endpoint as a proof names it, without query and
// fragment (RFC 9449 section 4.2).
func (p plan) ProvenURL() string {
	before, _, _ := strings.Cut(p.TokenURL, "#")
	before, _, _ = strings.Cut(before, "?")
	return before
}

// Keyed reports whether it signs something with the client's key.
func (p plan) Keyed() bool {
	return p.Assertion != nil && !p.Assertion.HMAC() || p.Object != nil && !p.Object.HMAC()
}

// Signs reports whether it signs anything.
func (p plan) Signs() bool { return p.Assertion != nil || p.Object != nil || p.DPoP }
