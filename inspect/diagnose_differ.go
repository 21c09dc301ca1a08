package inspect

import (
	"net/url"
	"strings"
)

// Difference is two values that should be the same and are not.
type Difference struct {
	// Row is the parameter: "redirect_uri".
	Row string
	// Sent and Expected are the two values, and ExpectedBy says whose the
	// second is: "registered", "authorize request".
	Sent, Expected, ExpectedBy string
	// At is where they part, in characters from the start.
	At int
	// What says it in words: "a trailing slash".
	What string
}

// differences finds the values that should be equal: in the facts, and where a
// server quotes both sides.
func (p *problem) differences() []Difference {
	var found []Difference
	add := func(sent, expected, by string) {
		if d, ok := differ(sent, expected); ok {
			d.Row, d.ExpectedBy = "redirect_uri", by
			found = append(found, d)
		}
	}
	sent := p.redirectURI()
	add(p.verbatim("redirect_uri_token"), p.verbatim("redirect_uri"), "authorize request")
	add(sent, p.verbatim("redirect_uri_registered"), "registered")
	for _, q := range quotedPairs {
		a, ok1 := between(p.plain, q.sent[0], q.sent[1])
		b, ok2 := between(p.plain, q.expected[0], q.expected[1])
		if ok1 && ok2 {
			add(a, b, q.by)
		}
	}
	return found
}

// quotedPairs are the messages that name both what was sent and what was
// expected: what stands before and after each.
var quotedPairs = []struct {
	sent, expected [2]string
	by             string
}{
	// IdentityServer: Invalid redirect_uri{ redirectUri = A, expectedRedirectUri = B }
	{[2]string{"redirectUri = ", ","}, [2]string{"expectedRedirectUri = ", " }"}, "authorize request"},
	// Auth0: The url "A" is not in the list of allowed callback URLs: B.
	{[2]string{"The url \"", "\""}, [2]string{"allowed callback URLs: ", "."}, "registered"},
	// Entra 500112: The reply address 'A' does not match the reply address 'B' provided …
	{[2]string{"The reply address '", "'"}, [2]string{"match the reply address '", "'"}, "authorize request"},
	// Auth0: The redirect URI is wrong. You sent A, and we expected B
	{[2]string{"You sent ", ", and"}, [2]string{"we expected ", "\n"}, "authorize request"},
}

// between returns what stands after a lead and before an end.
func between(text, lead, end string) (string, bool) {
	_, rest, ok := strings.Cut(text, lead)
	if !ok {
		return "", false
	}
	rest = rest[:min(len(rest), 2048)]
	// A "." ends a sentence only when nothing of the URL follows it.
	for at := 0; ; {
		i := strings.Index(rest[at:], end)
		if i < 0 {
			return strings.TrimSpace(rest), true
		}
		at += i
		if after := rest[at+len(end):]; end != "." || after == "" || after[0] <= ' ' {
			return strings.TrimSpace(rest[:at]), true
		}
		at += len(end)
	}
}

// differ compares two URIs and says in words where they part.
func differ(sent, expected string) (Difference, bool) {
	if sent == "" || expected == "" || sent == expected {
		return Difference{}, false
	}
	a, b := []rune(sent), []rune(expected)
	at := 0
	for at < len(a) && at < len(b) && a[at] == b[at] {
		at++
	}
	return Difference{Sent: Clean(sent), Expected: Clean(expected), At: at, What: inWords(sent, expected)}, true
}

// inWords names the first difference a reader would look for.
func inWords(sent, expected string) string {
	switch {
	case sent == expected+"/":
		return "a trailing slash was sent"
	case sent+"/" == expected:
		return "the trailing slash was not sent"
	case strings.EqualFold(sent, expected):
		return "upper and lower case differ"
	}
	a, errA := url.Parse(sent)
	b, errB := url.Parse(expected)
	if errA != nil || errB != nil {
		return "the values differ"
	}
	switch {
	case a.Scheme != b.Scheme:
		return "the scheme is " + a.Scheme + " instead of " + b.Scheme
	case a.Hostname() != b.Hostname():
		return "the host is " + a.Hostname() + " instead of " + b.Hostname()
	case a.Port() != b.Port():
		return "the ports differ"
	case a.RawQuery != b.RawQuery:
		return "the query differs"
	case a.Path != b.Path:
		return "the paths differ"
	}
	return "the values differ"
}
