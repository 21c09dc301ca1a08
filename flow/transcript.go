package flow

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Format and Version name the file format of a transcript. Load refuses a
// higher version.
const (
	Format  = "pkcescope-transcript"
	Version = 1
)

// Transcript is everything that a run sent, received, computed or refused.
// Every pane, the JSON output, each export and each diagnosis only read it.
// Nothing in it is cleaned or masked: see [Redactor].
type Transcript struct {
	Format  string  `json:"format"`
	Version int     `json:"version"`
	Outcome Outcome `json:"outcome"`
	// Salt, if set, is the key of this transcript's fingerprints, so that a test
	// knows them. It is never saved.
	Salt string `json:"-"`
	// FingerprintKey names the key with which the masks of this transcript were
	// made, or is empty if nothing was masked. Equal secrets have equal
	// fingerprints in all files that name the same key.
	FingerprintKey string    `json:"fingerprint_key,omitempty"`
	Made           time.Time `json:"made"`
	Config         Config    `json:"config"`
	Steps          []Step    `json:"steps"`
	// Instead are the steps that the person may take in place of others of this
	// walk: see [Options]. They are no part of what happened, and never saved.
	Instead []StepID `json:"-"`
	// Capture says where the run was recorded, if not by this program.
	Capture *Capture `json:"capture,omitempty"`
}

// Step is one step of the flow, done or to be done.
type Step struct {
	ID StepID `json:"id"`
	// Optional steps may be skipped; the run is complete without them.
	Optional  bool       `json:"optional,omitempty"`
	Status    Status     `json:"status"`
	Started   time.Time  `json:"started,omitzero"`
	Ended     time.Time  `json:"ended,omitzero"`
	Error     *Error     `json:"error,omitempty"`
	Values    []Value    `json:"values"`
	Exchanges []Exchange `json:"exchanges"`
	// Unrecorded counts the requests to the callback listener that came after
	// it had recorded as many unfitting ones as it keeps.
	Unrecorded int `json:"unrecorded,omitempty"`
}

// Value returns the last value of that name in the step, or "" and false.
func (s Step) Value(name string) (string, bool) {
	for i := len(s.Values) - 1; i >= 0; i-- {
		if s.Values[i].Name == name {
			return s.Values[i].Value, true
		}
	}
	return "", false
}

// Landing is the address in which a browser's address bar ends: where the last
// recorded answer of the authorize step redirects to, if that is the redirect
// URI. It is empty if the browser did not come back, or cannot be seen.
func (t Transcript) Landing() string {
	s := t.Step(StepAuthorize)
	target, _ := s.Value("redirect_uri")
	if len(s.Exchanges) == 0 || target == "" {
		return ""
	}
	r := s.Exchanges[len(s.Exchanges)-1].Response
	if r == nil {
		return ""
	}
	at := r.Header.Get("Location")
	if rest, ok := strings.CutPrefix(at, target); ok && strings.ContainsAny(rest, "?#") {
		return at
	}
	return ""
}

// Step returns the step of that id, or a pending one if the transcript has
// none.
func (t Transcript) Step(id StepID) Step {
	for _, s := range t.Steps {
		if s.ID == id {
			return s
		}
	}
	return Step{ID: id, Status: StatusPending}
}

// Value is a named value made, sent or read in a step: the verifier, a
// parameter of a request, a member of a response.
type Value struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	// Secret values are masked unless the person asks to see them.
	Secret bool `json:"secret"`
	// PKCE is true for what RFC 7636 adds to the plain code flow.
	PKCE bool `json:"pkce"`
	// By says who chose the value.
	By Chooser `json:"by,omitempty"`
	// In says where in the exchange the value stands.
	In Place `json:"in,omitempty"`
	// Edited is true when the person changed the value before it was sent.
	Edited bool `json:"edited,omitempty"`
	// Problem says what is wrong with a value that was let through on purpose
	// (an illegal verifier), as a short phrase. Empty for sound values.
	Problem string `json:"problem,omitempty"`
}

// Chooser says who chose a value.
type Chooser string

// Those who choose values.
const (
	ByYou      Chooser = "you"       // typed or set by the person, or in the profile
	ByProgram  Chooser = "pkcescope" // made or defaulted by this program
	ByFlow     Chooser = "flow"      // fixed by the specification (response_type=code)
	ByProvider Chooser = "provider"  // read from the provider's metadata or answer
	ByClient   Chooser = "client"    // sent by the client of a capture
)

// Place says where in an exchange a value stands.
type Place string

// The places.
const (
	InQuery    Place = "query"
	InForm     Place = "form"
	InFragment Place = "fragment"
	InHeader   Place = "header"
	InURL      Place = "url"      // the request's whole URL (discovery, keys)
	InResponse Place = "response" // a member of a JSON response
	InLocal    Place = "local"    // never leaves this process
)

// Actor says who sent a request.
type Actor string

// The actors.
const (
	ActorApp      Actor = "app"
	ActorBrowser  Actor = "browser"
	ActorAttacker Actor = "attacker"
)

// Channel is where an exchange travels: the front channel passes through the
// browser, where others can see it; the back channel is the app's own
// connection.
type Channel string

// The channels.
const (
	ChannelFront Channel = "front"
	ChannelBack  Channel = "back"
)

// Verdict says what the callback listener made of a request it received.
type Verdict string

// The verdicts. Only one request of a run is accepted.
const (
	VerdictAccepted        Verdict = "accepted"
	VerdictStray           Verdict = "stray"            // favicon, probe, other path, a page of ours
	VerdictWrongHost       Verdict = "wrong-host"       // Host is not loopback
	VerdictWrongState      Verdict = "wrong-state"      // state differs
	VerdictMissingState    Verdict = "missing-state"    // code without state
	VerdictUnverifiedError Verdict = "unverified-error" // error without a matching state
	VerdictRefused         Verdict = "refused"          // state matches, and something else is not acceptable (iss)
	VerdictDuplicate       Verdict = "duplicate"        // a second response after the accepted one
	VerdictNoTrust         Verdict = "no-trust"         // the browser did not take our certificate; nothing was sent
)

// Exchange is one HTTP request and its response, as they crossed the wire.
type Exchange struct {
	Actor    Actor     `json:"actor"`
	Channel  Channel   `json:"channel"`
	Request  Request   `json:"request"`
	Response *Response `json:"response"` // nil when none arrived, or none can be seen
	Timing   Timing    `json:"timing"`
	TLS      *TLS      `json:"tls,omitempty"`
	// Verdict is set on requests that our callback listener received.
	Verdict Verdict `json:"verdict,omitempty"`
	// Error is set when the exchange itself broke; a response with an error
	// status is an ordinary response.
	Error *Error `json:"error,omitempty"`
}

// Request is a request as sent. The URL carries the fragment where one was
// handed to us by our own page.
type Request struct {
	Method string      `json:"method"`
	URL    string      `json:"url"`
	Header http.Header `json:"header"`
	Body   Body        `json:"body"`
}

// Response is a response as received.
type Response struct {
	Status int         `json:"status"` // for example 200
	Proto  string      `json:"proto,omitempty"`
	Header http.Header `json:"header"`
	Body   Body        `json:"body"`
	// Size is the number of octets received. It exceeds the length of Body
	// when the body was longer than the recorder keeps.
	Size int64 `json:"size,omitempty"`
	// Truncated is true when the rest of the body was not read, or when the
	// connection broke inside it.
	Truncated bool `json:"truncated,omitempty"`
}

// Timing holds when an exchange began and how long its parts took. Parts that
// did not happen (a reused connection has no TLS handshake) are zero.
type Timing struct {
	Start     time.Time     `json:"start"`
	DNS       time.Duration `json:"dns_ns,omitempty"`
	Connect   time.Duration `json:"connect_ns,omitempty"`
	TLS       time.Duration `json:"tls_ns,omitempty"`
	FirstByte time.Duration `json:"first_byte_ns,omitempty"` // from Start
	Total     time.Duration `json:"total_ns,omitempty"`
}

// TLS says what protected the connection.
type TLS struct {
	Version string `json:"version"` // "TLS 1.3"
	Cipher  string `json:"cipher"`
	Server  string `json:"server"` // name the certificate was checked against
	Issuer  string `json:"issuer"` // issuer of the leaf certificate
	// ClientCertificate is the fingerprint of the certificate that the server
	// asked for and this program showed, in the form of x5t#S256 (RFC 8705
	// section 3.1); empty if it was not asked for.
	ClientCertificate string `json:"client_certificate,omitempty"`
}

// outcome says how the run stands, from its steps alone.
func (t Transcript) outcome() Outcome {
	done := t.Step(StepToken).Status == StatusOK
	for _, s := range t.Steps {
		switch s.Status {
		case StatusFailed:
			return OutcomeFailed
		case StatusCancelled:
			return OutcomeCancelled
		case StatusPending, StatusOK, StatusSkipped, StatusUnseen:
		}
	}
	if done {
		return OutcomeOK
	}
	return OutcomeUnfinished
}

// clone copies what a walk may still change. Headers and bodies are shared:
// nobody writes to them once they are recorded.
func (t Transcript) clone() Transcript {
	t.Config.Edits = slices.Clone(t.Config.Edits)
	t.Config.Scopes = slices.Clone(t.Config.Scopes)
	t.Config.Ask.Resources = slices.Clone(t.Config.Ask.Resources)
	t.Steps = slices.Clone(t.Steps)
	for i := range t.Steps {
		s := &t.Steps[i]
		s.Values = append([]Value{}, s.Values...)
		s.Exchanges = append([]Exchange{}, s.Exchanges...)
	}
	return t
}
