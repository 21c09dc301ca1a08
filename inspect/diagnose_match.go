package inspect

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// clue says that what all of its tests find speaks for a cause. The rules are
// the files rules_*.go.
type clue struct {
	cause      string
	confidence Confidence
	tests      []test
}

// test looks at one thing about a problem. Weight says how much it tells:
// between two rules of equal confidence the one that knows more goes first.
type test struct {
	weight int
	holds  func(*problem) (Evidence, bool)
	// words is true for a test that looks at the text only. Where a code says
	// what happened, words alone say less.
	words bool
	// aside is true for a test of what the reader told us anyway, the step and
	// the provider. It is evidence only where there is little else.
	aside bool
}

// all makes the tests of a rule.
func all(tests ...test) []test { return tests }

// candidate is a cause for which a rule speaks.
type candidate struct {
	cause      string
	confidence Confidence
	weight     int
	evidence   []Evidence
}

// compare orders candidates by confidence, then by how much is known.
func (c candidate) compare(o candidate) int {
	return cmp.Or(cmp.Compare(c.confidence.rank(), o.confidence.rank()), cmp.Compare(c.weight, o.weight))
}

// rank orders confidences: the surer, the greater.
func (c Confidence) rank() int { return slices.Index([]Confidence{Possible, Likely, Certain}, c) }

// candidates collects what the rules and the catalogue of codes say, one
// candidate a cause in the order of the table, and what the exclusions forbid.
func (p *problem) candidates() ([]candidate, []RuledOut) {
	var found []candidate
	add := func(c candidate) {
		i := slices.IndexFunc(found, func(f candidate) bool { return f.cause == c.cause })
		if i < 0 {
			found = append(found, c)
			return
		}
		evidence := append(found[i].evidence, c.evidence...)
		if c.compare(found[i]) > 0 {
			evidence = append(c.evidence, found[i].evidence...)
			found[i] = c
		}
		found[i].evidence = unique(evidence)
	}
	coded := p.fromCodes()
	told := slices.ContainsFunc(coded, func(c candidate) bool { return c.confidence != Possible })
	for _, r := range clues() {
		c, ok := p.try(r)
		if !ok {
			continue
		}
		if told && r.wordsOnly() {
			c.confidence = Possible
		}
		add(c)
	}
	for _, c := range coded {
		add(c)
	}
	var out []RuledOut
	for _, x := range exclusions() {
		i := slices.IndexFunc(found, func(f candidate) bool { return f.cause == x.cause })
		if i < 0 {
			continue
		}
		if c, ok := p.try(x); ok {
			found = slices.Delete(found, i, i+1)
			out = append(out, RuledOut{ID: x.cause, Why: c.evidence[len(c.evidence)-1]})
		}
	}
	return found, out
}

// wordsOnly is true for a rule that rests on the text and on nothing else that
// tells much.
func (r clue) wordsOnly() bool {
	words := false
	for _, t := range r.tests {
		words = words || t.words && t.weight > 0
		if !t.words && t.weight > 1 {
			return false
		}
	}
	return words
}

// try applies a row: the tests that cost nothing first, the words last.
func (p *problem) try(r clue) (candidate, bool) {
	c := candidate{cause: r.cause, confidence: r.confidence}
	var aside []Evidence
	told := 0 // weight of the evidence
	for _, words := range []bool{false, true} {
		for _, t := range r.tests {
			if t.words != words {
				continue
			}
			e, ok := t.holds(p)
			if !ok {
				return candidate{}, false
			}
			c.weight += t.weight
			switch {
			case e.Text == "":
			case t.aside:
				aside = append(aside, e)
			default:
				told += t.weight
				c.evidence = append(c.evidence, e)
			}
		}
	}
	if told <= 1 {
		c.evidence = append(c.evidence, aside...)
	}
	return c, true
}

// fromCodes asks the catalogue what each code stands for. A code that only
// wraps another (70002, "error validating credentials") speaks when it is
// alone.
func (p *problem) fromCodes() []candidate {
	var found []candidate
	rank := 0 // of the codes that say something themselves
	for _, code := range p.known() {
		note, ok := LookupCode(code)
		if !ok {
			continue
		}
		i := rank
		if !note.wrapper {
			rank++
		}
		for j, id := range note.causes {
			c := candidate{cause: id, confidence: note.confidence, weight: 4, evidence: []Evidence{{
				Text: p.carries(code), Row: "error_description",
			}}}
			if j > 0 || i > 0 && note.confidence != Certain || note.wrapper && len(p.codes) > 1 {
				c.confidence, c.weight = Possible, 2-i-j
			}
			found = append(found, c)
		}
	}
	return found
}

// unique drops what is said already, in the same words or in more.
func unique(list []Evidence) []Evidence {
	var out []Evidence
	for _, e := range list {
		if !slices.ContainsFunc(out, func(o Evidence) bool { return strings.Contains(o.Text, e.Text) }) {
			out = append(out, e)
		}
	}
	return out
}

// The tests that rules are made of.

// aadsts holds when one of the AADSTS codes was read.
func aadsts(numbers ...int) test { return anyCode("AADSTS", numbers) }

// aadb2c is aadsts for B2C's codes.
func aadb2c(numbers ...int) test { return anyCode("AADB2C", numbers) }

func anyCode(prefix string, numbers []int) test {
	return test{weight: 4, holds: func(p *problem) (Evidence, bool) {
		for _, n := range numbers {
			code := prefix + strconv.Itoa(n)
			if slices.Contains(p.known(), code) {
				return Evidence{p.carries(code), "error_description"}, true
			}
		}
		return Evidence{}, false
	}}
}

// carries is the evidence of a code.
func (p *problem) carries(code string) string {
	verb := "the answer carries "
	if slices.Contains(p.inferred, code) {
		verb = "the answer has the sentence of "
	}
	if note, ok := LookupCode(code); ok {
		return verb + note.String()
	}
	return verb + code
}

// uncoded holds when no vendor code was read, so that only words count.
func uncoded() test {
	return test{holds: func(p *problem) (Evidence, bool) { return Evidence{}, len(p.known()) == 0 }}
}

// says holds when the text has one of the phrases, which are written in lower
// case. Quotes, and the difference between an underscore and a space, do not
// count: one server's 'code_verifier' is another's code verifier. An ellipsis
// stands for whatever is in between, up to a few hundred characters.
func says(phrases ...string) test {
	loosened := make([]string, len(phrases))
	for i, phrase := range phrases {
		loosened[i] = loose(phrase)
	}
	return test{weight: 5, words: true, holds: func(p *problem) (Evidence, bool) {
		for i, phrase := range loosened {
			if find(p.loose, phrase) {
				return Evidence{"the answer says “" + phrases[i] + "”", "error_description"}, true
			}
		}
		return Evidence{}, false
	}}
}

// oauth holds when one of the error codes of OAuth or OpenID Connect stands
// in the text as a word. It says little: invalid_grant has a dozen causes.
func oauth(codes ...string) test {
	return test{weight: 1, holds: func(p *problem) (Evidence, bool) {
		for _, code := range codes {
			if isWord(p.match, code) || p.word("error") == code {
				return Evidence{"the error is " + code, "error"}, true
			}
		}
		return Evidence{}, false
	}}
}

// at holds at the steps named.
func at(steps ...string) test {
	return test{weight: 1, aside: true, holds: func(p *problem) (Evidence, bool) {
		if p.where == "" {
			return Evidence{}, slices.Contains(steps, "")
		}
		return Evidence{"it failed at " + clip(Clean(p.where), 20), ""}, slices.Contains(steps, p.where)
	}}
}

// from holds for the providers named.
func from(providers ...string) test {
	return test{weight: 1, aside: true, holds: func(p *problem) (Evidence, bool) {
		return Evidence{"the provider is " + clip(Clean(p.provider), 20), ""}, slices.Contains(providers, p.provider)
	}}
}

// status holds for the HTTP statuses named.
func status(codes ...int) test {
	return test{weight: 1, holds: func(p *problem) (Evidence, bool) {
		return Evidence{fmt.Sprintf("the HTTP status is %d", p.status), ""}, slices.Contains(codes, p.status)
	}}
}

// client holds when the client is of one of the kinds: native, spa, web.
func client(kinds ...string) test {
	words := map[string]string{"native": "a native app", "spa": "a single-page app", "web": "a server-side web app"}
	return test{weight: 2, holds: func(p *problem) (Evidence, bool) {
		for _, k := range p.kinds() {
			if slices.Contains(kinds, k) {
				return Evidence{"the client is " + words[k], "client_id"}, true
			}
		}
		return Evidence{}, false
	}}
}

// parameters names, for each thing that may be sent, the facts that tell and
// the parameter or header it is about.
var parameters = map[string]struct {
	facts []string
	row   string
}{
	"client_secret":    {[]string{"client_secret_sent"}, "client_secret"},
	"client_assertion": {[]string{"client_assertion_sent"}, "client_assertion"},
	// The one in the TLS handshake.
	"client certificate": {[]string{"client_certificate_sent"}, "client_id"},
	"code_verifier":      {[]string{"code_verifier_sent"}, "code_verifier"},
	"code_challenge":     {[]string{"code_challenge_sent", "authorize_had_code_challenge"}, "code_challenge"},
	"Origin header":      {[]string{"origin_header"}, "Origin"},
}

// sent holds when the request is known to have carried it.
func sent(what string) test { return carried(what, true) }

// notSent holds when the request is known not to have carried it.
func notSent(what string) test { return carried(what, false) }

func carried(what string, want bool) test {
	param, ok := parameters[what]
	if !ok {
		panic("inspect: no parameter " + what)
	}
	return test{weight: 4, holds: func(p *problem) (Evidence, bool) {
		got, known := p.sent(param.facts...)
		if !known || got != want {
			return Evidence{}, false
		}
		article := "a "
		if what[0] == 'O' {
			article = "an "
		}
		if want {
			return Evidence{article + what + " was sent", param.row}, true
		}
		return Evidence{"no " + what + " was sent", param.row}, true
	}}
}

// fact holds when a fact of the context has one of the words, or, without
// words, when it is known at all.
func fact(name string, words ...string) test {
	return test{weight: 3, holds: func(p *problem) (Evidence, bool) {
		v := p.word(name)
		if v == "" {
			return Evidence{}, false
		}
		ok := len(words) == 0
		for _, w := range words {
			ok = ok || strings.Contains(v, w)
		}
		return Evidence{fmt.Sprintf("%s is %q", name, clip(p.shown(name), 80)), name}, ok
	}}
}

// told holds when any fact of the context has one of the words.
func told(words ...string) test {
	return test{weight: 3, holds: func(p *problem) (Evidence, bool) {
		for _, w := range words {
			if strings.Contains(p.told, w) {
				return Evidence{"the context speaks of “" + w + "”", ""}, true
			}
		}
		return Evidence{}, false
	}}
}

// where holds when f does; text is the evidence.
func where(weight int, text, row string, f func(*problem) bool) test {
	return test{weight: weight, holds: func(p *problem) (Evidence, bool) { return Evidence{text, row}, f(p) }}
}

// not holds when t does not. It is evidence of nothing.
func not(t test) test {
	return test{words: t.words, holds: func(p *problem) (Evidence, bool) {
		_, ok := t.holds(p)
		return Evidence{}, !ok
	}}
}

// secretFacts are facts whose value is a secret, or may be one.
var secretFacts = []string{"code_verifier", "code_challenge", "client_secret", "code", "refresh_token"}

// shown returns a fact as it may be shown.
func (p *problem) shown(name string) string {
	if slices.Contains(secretFacts, name) {
		return fmt.Sprintf("(%d characters)", len(p.verbatim(name)))
	}
	return Clean(fmt.Sprint(p.context[name]))
}

// find says whether text has a phrase, which begins where a word does: "id
// token" is not in "invalid token". It looks at each octet a fixed number of
// times, whatever the text repeats.
func find(text, phrase string) bool {
	const gap = 300 // what an ellipsis may stand for
	first, rest, open := strings.Cut(phrase, "…")
	for at := 0; ; {
		i := strings.Index(text[at:], first)
		if i < 0 {
			return false
		}
		i += at
		switch {
		case i > 0 && (isLetter(text[i-1]) && isLetter(first[0]) || isDigit(text[i-1]) && isDigit(first[0])):
			at = i + 1
			continue
		case !open:
			return true
		}
		text, at = text[i+len(first):], 0
		switch n := strings.Index(text, rest); {
		case n < 0:
			return false
		case n < gap:
			return true
		default: // too far from here: look for another beginning near it
			text = text[max(0, n-gap-len(first)):]
		}
	}
}

// isWord says whether word stands in text with nothing of a name around it.
func isWord(text, word string) bool {
	for at := 0; ; {
		i := strings.Index(text[at:], word)
		if i < 0 {
			return false
		}
		start, end := at+i, at+i+len(word)
		if (start == 0 || !inName(text[start-1])) && (end == len(text) || !inName(text[end])) {
			return true
		}
		at = end
	}
}

func inName(c byte) bool { return isLetter(c) || isDigit(c) || c == '_' }

// clip shortens a text for a sentence.
func clip(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n]) + "…"
}
