package practice

import (
	_ "embed"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

//go:embed seed/aadsts.json
var aadstsJSON []byte

// aadstsText is what Entra says with an AADSTS code. The texts are facts, as
// Entra was seen to emit them; {name} stands for what varies.
type aadstsText struct {
	Error string `json:"error"` // the OAuth error code
	Text  string `json:"text"`
	// Page is true when the authorization endpoint shows a page instead of
	// redirecting to the client.
	Page bool `json:"page"`
}

var aadsts = sync.OnceValue(func() map[string]aadstsText { return mustRead[map[string]aadstsText](aadstsJSON) })

// refusal is an error as Entra reports it.
type refusal struct {
	Code     int
	OAuth    string
	Text     string // without the AADSTS prefix
	Page     bool
	Suberror string
	Claims   string // a claims challenge
}

// deny makes the refusal with that key of aadsts.json: an AADSTS number, and
// for numbers that have several texts a point and a word. The pairs fill in
// what varies.
func deny(key string, pairs ...string) *refusal {
	t, ok := aadsts()[key]
	if !ok {
		panic("practice: no text for AADSTS" + key)
	}
	number, _, _ := strings.Cut(key, ".")
	code, err := strconv.Atoi(number)
	if err != nil {
		panic("practice: not an AADSTS number: " + key)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		pairs[i] = "{" + pairs[i] + "}"
	}
	return &refusal{Code: code, OAuth: t.Error, Text: strings.NewReplacer(pairs...).Replace(t.Text), Page: t.Page}
}

// as returns the refusal with another OAuth error code: some AADSTS codes are
// seen with more than one.
func (e *refusal) as(oauth string) *refusal {
	e.OAuth = oauth
	return e
}

// onPage returns the refusal for a place where there is no address yet that
// could be trusted with a redirect.
func (e *refusal) onPage() *refusal {
	if e != nil {
		e.Page = true
	}
	return e
}

// with returns the refusal with a suberror, and a claims challenge if there is
// one.
func (e *refusal) with(suberror, claims string) *refusal {
	e.Suberror, e.Claims = suberror, claims
	return e
}

// status is the HTTP status at the token endpoint: RFC 6749 section 5.2, 401
// for a client that could not authenticate.
func (e *refusal) status() int {
	if e.OAuth == "invalid_client" {
		return http.StatusUnauthorized
	}
	return http.StatusBadRequest
}

// short is the text with its number.
func (e *refusal) short() string { return fmt.Sprintf("AADSTS%d: %s", e.Code, e.Text) }

// describe is the error_description. Entra has written its three last parts
// with line ends and, since about 2024, with spaces and in this order.
func (e *refusal) describe(trace, correlation string, now time.Time) string {
	return fmt.Sprintf("%s Trace ID: %s Correlation ID: %s Timestamp: %s",
		e.short(), trace, correlation, now.UTC().Format(timestampFormat))
}

// timestampFormat is Entra's, RFC 3339 with a space.
const timestampFormat = "2006-01-02 15:04:05Z"

// errorBody is the JSON of an error response.
type errorBody struct {
	Error         string `json:"error"`
	Description   string `json:"error_description"`
	Codes         []int  `json:"error_codes"`
	Timestamp     string `json:"timestamp"`
	TraceID       string `json:"trace_id"`
	CorrelationID string `json:"correlation_id"`
	ErrorURI      string `json:"error_uri,omitempty"`
	Suberror      string `json:"suberror,omitempty"`
	Claims        string `json:"claims,omitempty"`
}
