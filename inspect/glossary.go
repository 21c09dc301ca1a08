package inspect

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/pkcescope/pkcescope/assets"
)

// Entry is an entry of a glossary: a parameter, a header, a member of a
// document or a claim.
type Entry struct {
	Name string
	// At says where the entry holds: "authorize", "callback", "token", … for
	// parameters; nothing means everywhere.
	At []string
	// What it is, Who makes it, Without: what breaks without it, When it is
	// required.
	What, Who, Without, When string
	Source                   Ref
	// Secret is true for what must not be seen by others; PKCE for what RFC
	// 7636 adds; Time for times in seconds since 1970.
	Secret, PKCE, Time bool
	// By holds what a provider of that name means by it, where it differs:
	// "entra", "entra-v1", "entra-graph", "entra-b2c", "entra-ciam",
	// "google", "keycloak", "auth0", "okta".
	By map[string]string
}

// Meaning returns what the entry means in a provider's terms: the provider's
// own meaning where it has one, and the general one otherwise.
func (e Entry) Meaning(provider string) string {
	if own := e.By[provider]; own != "" {
		return own
	}
	if provider == "entra-graph" && e.By["entra-v1"] != "" { // Graph asks for version 1.0
		return e.By["entra-v1"]
	}
	if family, _, ok := strings.Cut(provider, "-"); ok && e.By[family] != "" {
		return e.By[family]
	}
	return e.What
}

// Glossary is the entries of one of the glossaries, in the order of the file.
type Glossary struct {
	Entries []Entry
	byName  map[string][]int
}

// Find returns the entry of that name, one that holds at the place if there is
// one, and otherwise the first.
func (g *Glossary) Find(name, at string) (Entry, bool) {
	if e, ok := g.holds(name, at); ok {
		return e, true
	}
	hits := g.byName[strings.ToLower(name)]
	for _, i := range hits {
		if len(g.Entries[i].At) == 0 || at == "" {
			return g.Entries[i], true
		}
	}
	if len(hits) > 0 {
		return g.Entries[hits[0]], true
	}
	return Entry{}, false
}

// holds returns the entry of that name that holds at the place, if there is one.
func (g *Glossary) holds(name, at string) (Entry, bool) {
	for _, i := range g.byName[strings.ToLower(name)] {
		if slices.Contains(g.Entries[i].At, at) {
			return g.Entries[i], true
		}
	}
	return Entry{}, false
}

// The glossaries are read when first asked for, never at start-up.
var (
	// Parameters are those of requests and of answers, RFC 6749 and its kin.
	Parameters = glossary("parameters")
	// Claims are those of ID tokens, access tokens and UserInfo.
	Claims = glossary("claims")
	// Headers are those of HTTP and of JOSE ("jose").
	Headers = glossary("headers")
	// Metadata are the members of a provider's metadata.
	Metadata = glossary("metadata")
	// Keys are the members of a JSON Web Key and of its set.
	Keys = glossary("keys")
)

func glossary(name string) func() *Glossary {
	return sync.OnceValue(func() *Glossary { return parseGlossary(assets.Glossary(name)) })
}

// parseGlossary reads stanzas of "key: value" lines, set apart by empty lines.
// A line that begins with a space goes on with the value before it; one that
// begins with # is a remark.
func parseGlossary(text string) *Glossary {
	g := &Glossary{byName: map[string][]int{}}
	var e Entry
	var last *string
	var own string // provider whose meaning is being read
	flush := func() {
		if e.Name != "" {
			for n := range strings.SplitSeq(e.Name, ",") {
				one := e
				one.Name = strings.TrimSpace(n)
				key := strings.ToLower(one.Name)
				g.byName[key] = append(g.byName[key], len(g.Entries))
				g.Entries = append(g.Entries, one)
			}
		}
		e, last, own = Entry{}, nil, ""
	}
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSuffix(line, "\r")
		if line == "" {
			flush()
			continue
		}
		if line[0] == '#' {
			continue
		}
		if line[0] == ' ' {
			switch {
			case own != "":
				e.By[own] += " " + strings.TrimSpace(line)
			case last != nil:
				*last += " " + strings.TrimSpace(line)
			}
			continue
		}
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		last, own = nil, ""
		switch key {
		case "name":
			e.Name, last = value, &e.Name
		case "at":
			e.At = strings.Fields(value)
		case "what":
			e.What, last = value, &e.What
		case "who":
			e.Who, last = value, &e.Who
		case "without":
			e.Without, last = value, &e.Without
		case "when":
			e.When, last = value, &e.When
		case "source":
			e.Source = parseRef(value)
		case "is":
			for f := range strings.FieldsSeq(value) {
				e.Secret = e.Secret || f == "secret"
				e.PKCE = e.PKCE || f == "pkce"
				e.Time = e.Time || f == "time"
			}
		default:
			if e.By == nil {
				e.By = map[string]string{}
			}
			e.By[key], own = value, key
		}
	}
	flush()
	return g
}

// rfcClause is compiled when first needed: nothing runs at start-up.
var rfcClause = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^RFC (\d+)(?: (section|appendix) ([0-9A-Z.]+))?`)
})

// parseRef reads a reference: "RFC 7636 section 4.3", whose link is known, or
// "text <link>".
func parseRef(s string) Ref {
	if text, link, ok := strings.Cut(s, " <"); ok {
		return Ref{Text: strings.TrimSpace(text), URL: strings.TrimSuffix(link, ">")}
	}
	ref := Ref{Text: s}
	if m := rfcClause().FindStringSubmatch(s); m != nil {
		ref.URL = "https://www.rfc-editor.org/rfc/rfc" + m[1]
		switch clause := strings.TrimSuffix(m[3], "."); m[2] {
		case "section":
			ref.URL += "#section-" + clause
		case "appendix":
			ref.URL += "#appendix-" + clause
		}
	}
	return ref
}
