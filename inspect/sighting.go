package inspect

import (
	"net/url"
	"slices"
	"strings"
)

// sighted is a token that was found in a text.
type sighted struct {
	name  string // what it goes by; empty where the text does not tell
	value string // in the compact form
	// loose are the members of its header that no signature protects: only the
	// JSON serialization has them.
	loose map[string]any
	// form says that it is in the JSON serialization, and which of its
	// signatures this is; empty for the compact form.
	form string
	// mends say what was undone, or joined, to read it.
	mends []string
}

func (s sighted) takeApart() jwt { return takeApartWith(s.value, s.loose) }

// tokenNames are the members and parameters whose values are tokens.
var tokenNames = []string{"id_token", "access_token", "refresh_token", "client_assertion", "logout_token", "id_token_hint", "assertion", "request"}

// foundResponse is where the tokens of a token response stand.
const foundResponse = "a token response"

// foundText is where tokens stand among other words, perhaps not all alike.
const foundText = "tokens in a text"

// findTokens finds tokens in a text, in whatever disguise they stand there, and
// says where they stood.
func findTokens(text string) (found string, all []sighted) { return unveil(text) }

// lookFor finds tokens in a text as it is.
func lookFor(text string) (found string, all []sighted) {
	trimmed := strings.TrimSpace(strings.TrimPrefix(text, "\ufeff"))
	pick := func(pairs []field) []sighted {
		var named []sighted
		for _, p := range pairs {
			name := p.Name[strings.LastIndexByte(p.Name, '.')+1:]
			if name == "request" && !strings.HasPrefix(p.Value, "eyJ") {
				continue // JSON has many a request that is no request object (RFC 9101)
			}
			if strings.ContainsAny(p.Value, "{ ") { // a nested document, not a token
				continue
			}
			if p.Value != "" && (slices.Contains(tokenNames, name) || name == "code" && len(pairs) > 1) {
				named = append(named, sighted{name: name, value: p.Value})
			}
		}
		if !slices.ContainsFunc(named, func(s sighted) bool { return s.name != "code" }) {
			return nil
		}
		return named
	}
	if doc := strings.Trim(trimmed, quotes); strings.HasPrefix(doc, "{") || strings.HasPrefix(doc, "[") {
		pairs, _ := jsonPairs([]byte(doc))
		if named := pick(pairs); named != nil {
			return foundResponse, named
		}
		if all := serialized(pairs); all != nil {
			return "a token in JSON serialization", all
		}
	}
	if bare := strings.TrimLeft(trimmed, "#?"); strings.Contains(bare, "=") && !strings.ContainsAny(bare, " \n\"<{") {
		query := bare
		if u, err := url.Parse(trimmed); err == nil && (u.Scheme != "" || u.Host != "") {
			query = u.RawQuery + "&" + u.EscapedFragment()
		}
		if named := pick(formPairs(query)); named != nil {
			return "a URL or form", named
		}
	}
	if found, value := header(trimmed); found != "" {
		return found, []sighted{alone(value)}
	}
	if whole(trimmed) && !strings.Contains(trimmed, "=ey") {
		return "a bare token", []sighted{alone(trimmed)}
	}
	seen := map[string]bool{}
	for _, tok := range tokenInText().FindAllString(trimmed, maxTokens) {
		if !seen[tok] {
			seen[tok] = true
			all = append(all, sighted{value: tok})
		}
	}
	if all == nil {
		return "no token", nil
	}
	return foundText, all
}

// header reads a token that stands alone in a header of HTTP, with or without
// the header's name: "Authorization: DPoP …" (RFC 6750 section 2.1, RFC 9449
// section 7.1), or the proof itself.
func header(text string) (found, value string) {
	name, rest, named := strings.Cut(text, ":")
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "authorization", "proxy-authorization", "x-forwarded-authorization":
		text, found = strings.TrimSpace(rest), "an Authorization header"
	default: // a DPoP proof, or what a proxy in front of the application adds
		if value = strings.TrimSpace(rest); named && headerName().MatchString(name) && strings.HasPrefix(value, "ey") && whole(value) {
			return "the header " + name, value
		}
	}
	scheme, rest, ok := strings.Cut(text, " ")
	rest = strings.TrimSpace(rest)
	if !ok || !whole(rest) {
		return "", ""
	}
	switch strings.ToLower(scheme) {
	case "bearer":
		if found == "" {
			found = "a Bearer token"
		}
	case "dpop":
		if found == "" {
			found = "a DPoP token"
		}
	default:
		return "", ""
	}
	return found, rest
}

// whole reports whether text is one word and nothing else.
func whole(text string) bool { return text != "" && !strings.ContainsAny(text, " \t\r\n{<") }

// quotes are the marks that a copied token stands in.
const quotes = "\"'`“”‘’"

// alone takes away what is around a token that stands alone.
func alone(text string) sighted {
	s := sighted{value: text}
	if bare := strings.Trim(s.value, quotes+",;"); bare != s.value && bare != "" {
		s.value = bare
		s.mends = append(s.mends, "it stood in quotation marks, or with a comma")
	}
	return s
}

// maxTokens bounds how many tokens are read out of a text.
const maxTokens = 64

// A JWT begins with {" in base64url: eyJ, or ewo and the like where it is laid
// out over several lines. Only the first is looked for inside other text.
var (
	tokenInText = pattern(`eyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*){1,4}(?:~redacted\.[0-9a-f]+\.[0-9]+~)?`)
	headerName  = pattern(`^[A-Za-z][A-Za-z0-9-]*$`)
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
