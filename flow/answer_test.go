package flow

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// jargon are words of this program's libraries. A person who is told of them is
// told nothing about the provider.
var jargon = []string{
	"invalid character", "unexpected end", "looking for", "cannot unmarshal", "Go value", "Go struct", "max depth",
	"x509", "tls:", "net/http", "transport connection broken", "EOF", "read tcp", "dial tcp", "Provider.",
}

func withoutJargon(t *testing.T, e *Error) {
	t.Helper()
	for _, word := range jargon {
		if said := e.What + " " + e.Why + " " + e.Try; strings.Contains(said, word) {
			t.Errorf("it says %q:\n%s", word, said)
		}
	}
}

// What is wrong with an answer is said in words for a person: where it breaks,
// and what stands there.
func TestAnAnswerThatIsNoMetadataIsDescribed(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 10_001) + "1" + strings.Repeat("}", 10_001)
	for name, row := range map[string]struct {
		status         int
		header         string
		body, why, try string
	}{
		"cut in half":            {200, "", `{"issuer":"https`, "ends in the middle, after 16 octets", "Check the issuer"},
		"plain text":             {200, "", `Welcome`, "begins with the character W", ""},
		"octets":                 {200, "", "\x8b\x1f\x00", "begins with the octet 8b", ""},
		"UTF-16":                 {200, "", "\xff\xfe{\x00}\x00", "begins with the octet ff", ""},
		"a stray comma":          {200, "", `{"issuer":"x",}`, "breaks at octet 15, where the character } cannot stand", ""},
		"a control character":    {200, "", "{\"issuer\":\"\x1b[2J\"}", "breaks at octet 12, where the octet 1b cannot stand", ""},
		"two documents":          {200, "", `{}{}`, "more text follows its end, from octet 3 on", ""},
		"brackets without end":   {200, "", deep, "nested more than 10000 levels deep", ""},
		"null":                   {200, "", `null`, "the word null", ""},
		"an array":               {200, "", `[]`, "an array", ""},
		"an issuer that is 5":    {200, "", `{"issuer":5}`, "issuer is a number", "Report it"},
		"compressed unasked":     {200, "Content-Encoding: br", "\x8b\x02\x80{}\x03", "compressed (Content-Encoding: br)", "Accept-Encoding"},
		"http on a TLS port, Go": {400, "", "Client sent an HTTP request to an HTTPS server.\n", "expects TLS", "https://"},
		"http on a TLS port":     {400, "Content-Type: text/html", "<html><center>The plain HTTP request was sent to HTTPS port</center>", "expects TLS", "https://"},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
				rw.Header().Set("Content-Type", "application/json")
				if name, value, ok := strings.Cut(row.header, ": "); ok {
					rw.Header().Set(name, value)
				}
				rw.WriteHeader(row.status)
				_, _ = rw.Write([]byte(row.body))
			}))
			t.Cleanup(s.Close)
			w := newWalk(t, Config{ClientID: "c", Issuer: s.URL, RedirectURI: "app://cb"}, Options{})
			var e *Error
			if err := w.Next(t.Context()); !errors.As(err, &e) {
				t.Fatalf("error %#v", err)
			}
			if !strings.Contains(e.Why, row.why) || !strings.Contains(e.Try, row.try) {
				t.Errorf("why %q, try %q; want %q and %q", e.Why, e.Try, row.why, row.try)
			}
			withoutJargon(t, e)
		})
	}
}

// An answer with a hundred thousand members is not told one by one.
func TestTheMembersOfAStrangeAnswerAreToldInShort(t *testing.T) {
	var values []Value
	for i := range 400 {
		values = append(values, Value{Name: fmt.Sprintf("m%d", i)})
	}
	if got := memberNames(values); !strings.HasSuffix(got, "m19 and 380 more members") {
		t.Errorf("it says %q", got)
	}
}

// A file that is damaged is described in the same words.
func TestAFileThatIsNoTranscriptIsDescribed(t *testing.T) {
	for text, want := range map[string]string{
		"hello":     "begins with the character h",
		"{\"a\" 1}": "breaks at octet 6, where the character 1 cannot stand",
		`{"format":"pkcescope-transcript","version":1,"steps":[{"id":5}]}`: "there is a number in",
	} {
		var e *Error
		if _, err := Load(strings.NewReader(text)); !errors.As(err, &e) || !strings.Contains(e.Why, want) {
			t.Errorf("%s: %v", text, err)
			continue
		}
		withoutJargon(t, e)
	}
}
