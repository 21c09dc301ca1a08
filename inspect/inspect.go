// Package inspect explains, checks and diagnoses what flow recorded. It only
// reads: a [flow.Transcript] goes in, plain data comes out, and the screen,
// the JSON output and a saved file all show that same data.
//
//	Transcript ──► Read ──► Report ──► tui, --json, report, export
//
// Two promises hold for every string in a [Report]: text that came from the
// network is cleaned ([Clean]), and secrets are masked unless they were asked
// for. Nothing here draws, sends or listens.
package inspect

import (
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// Options say how to read a transcript.
type Options struct {
	// Now is the time against which exp, nbf and the clocks are checked. Zero:
	// the time at which the transcript's last step ended.
	Now time.Time
	// Reveal shows secrets.
	Reveal bool
	// WithoutPKCE explains and draws the run as the plain code flow would be.
	// What PKCE added to it keeps its mark, so that it can be left out.
	WithoutPKCE bool
}

// Report is everything there is to show of a transcript.
type Report struct {
	// Transcript is cleaned of nothing but secrets (unless revealed): what a
	// file holds.
	Transcript flow.Transcript
	Outcome    flow.Outcome
	// Summary says in a sentence where the run stands.
	Summary string
	Steps   []Step // in the order of the walk
	Arrows  []Arrow
	Clocks  []Clock

	// plain is what the JSON output adds to the transcript: the same tokens
	// and findings, with masks as a file has them.
	plain map[flow.StepID]stepData
}

// Read reads t. It is pure, and it never fails: of a transcript that is half
// filled, or was loaded from a hostile file, it shows what there is.
func Read(t flow.Transcript, o Options) Report { return explained(t, nil, o) }

// ReadPending is Read for the request that would be sent next: the report's
// step of p.Step has its Request taken from p.
func ReadPending(t flow.Transcript, p flow.Pending, o Options) Report {
	return explained(t, &p, o)
}

// Step is one step, ready to be shown.
type Step struct {
	ID       flow.StepID
	Title    string // "Authorize"
	PKCE     bool   // the step exists only because of PKCE
	Optional bool
	// Offered: it is there only because the provider's metadata names an
	// endpoint for it, and was not carried out.
	Offered bool
	// Instead: it is offered in place of other steps, which the walk takes
	// unless the person goes to this one.
	Instead bool
	Status  flow.Status
	Error   *flow.Error // cleaned and masked

	// Lead is what happens here, in one sentence; Body the explanation, a
	// paragraph each, for a tired reader. Both know the run: with plain they
	// say something else than with S256.
	Lead string
	Body []string
	// Next says what the person will see or do next (the sign-in page, MFA,
	// consent), and is empty where nothing is expected of them.
	Next []string
	// Played comes before Next for a person whose browser is played
	// ([flow.Browser]); "" where that makes no difference.
	Played string
	Refs   []Ref

	// Values are those made locally: verifier, challenge and the stages
	// between them.
	Values    []Row
	Exchanges []Exchange
	Tokens    []Token
	Findings  []Finding
	// Repair is the change to the client's settings that puts a failed step
	// right; nil if there is none.
	Repair *Repair
}

// Ref points to a clause or a vendor's page.
type Ref struct {
	Text string `json:"text"` // "RFC 7636 section 4.1"
	URL  string `json:"url"`
}

// Row is a named value with its explanation.
type Row struct {
	Name  string
	Value string // masked if secret and not revealed
	// What it is, in one sentence; Who made it; Without says what breaks
	// without it; Source is the clause.
	What, Who, Without string
	Source             Ref
	PKCE, Secret       bool
	Edited             bool
	Problem            string
}

// Exchange is a request and its response, ready to be shown.
type Exchange struct {
	// Label says what it is: "Sign-in page", "Token request", "Stray request".
	Label    string
	Actor    flow.Actor
	Channel  flow.Channel
	Verdict  flow.Verdict
	Pending  bool // not sent yet
	Request  Message
	Response *Message
	Error    *flow.Error
	Duration time.Duration
}

// Message is a request or a response in two views: annotated and raw.
type Message struct {
	// Line is the request or status line: "POST /token HTTP/1.1", "200 OK".
	Line string
	URL  string // of a request, whole
	// Rows are the parameters (query, form, or JSON members), explained.
	Rows []Row
	// Headers are explained too.
	Headers []Row
	// Kind says what the body is: "form", "json", "html", "jwks", "text",
	// "binary" or "".
	Kind string
	// Note says what a reader must know about the body: truncated, not UTF-8,
	// another type than it says.
	Note string
	// Raw is the message as it crossed the wire, cleaned and masked, one line
	// each. JSON bodies are not re-formatted here.
	Raw []string
	// Pretty is the body laid out for reading (JSON indented), one line each.
	Pretty []string
}

// Token is a decoded token. Names and shapes are those of the JSON output.
type Token struct {
	Name string `json:"name"` // "id_token", "access_token", "refresh_token"
	Kind string `json:"kind"` // "jwt", "jwe" or "opaque"
	// Value is the token, masked unless revealed.
	Value string `json:"value,omitempty"`
	// Header holds the members as they are; a broken header gives what can be
	// read.
	Header map[string]any `json:"header"`
	Claims []Claim        `json:"claims"`
	Checks []Check        `json:"checks"`
	// HeaderText and PayloadText are what the two parts say where they are no
	// JSON objects, or only the beginning of one.
	HeaderText  string `json:"header_text,omitempty"`
	PayloadText string `json:"payload_text,omitempty"`
	// Problem says what is broken about the token's form; the rest is what
	// could be read all the same.
	Problem string `json:"problem,omitempty"`
	// Remarks say how the token was met, where that was not as a bare word, and
	// what was undone to read it: "Points were %2E; read as .". They are no
	// faults of the token.
	Remarks []string `json:"remarks,omitempty"`
	// Whose says whose token it is and who may read it, in a sentence.
	Whose string `json:"whose,omitempty"`
	// Scopes are what was asked for beside what was granted; only an access
	// token has them.
	Scopes []Scope `json:"scopes,omitempty"`
	// Missing is what a reader may look for in it in vain.
	Missing []Missing `json:"missing,omitempty"`
	// Curiosity is worth knowing about the token and nothing to build on.
	Curiosity string `json:"curiosity,omitempty"`
	// Parts are the pieces of the token with the octets that they stand for.
	Parts []TokenPart `json:"-"`
}

// Claim is a claim of a token.
type Claim struct {
	Name    string `json:"name"`
	Value   any    `json:"value"`
	Meaning string `json:"meaning"`
	Source  string `json:"source"`
	// Text is the value for the screen: times as dates, lists in one line.
	Text string `json:"text,omitempty"`
	// Time is set for claims that are times.
	Time time.Time `json:"-"`
}

// Check is one check of a token. All are made; none stops the others.
type Check struct {
	// ID is signature, alg, iss, aud, azp, exp, nbf, iat, nonce or at_hash.
	ID       string `json:"id"`
	Result   Result `json:"result"`
	Expected string `json:"expected"`
	Actual   string `json:"actual"`
	// Why says how to read the result, in a sentence.
	Why string `json:"why,omitempty"`
	// Provenance says where the expected value is from.
	Provenance string `json:"provenance,omitempty"`
}

// Scope is a scope that was asked for or granted.
type Scope struct {
	Name string `json:"name"`
	// Requested is nil when it is not known what was asked for.
	Requested *bool `json:"requested"`
	Granted   bool  `json:"granted"`
	// Note says how to read the two.
	Note string `json:"note,omitempty"`
}

// Missing is a claim or a token that is not there, and what that usually means.
type Missing struct {
	Name    string `json:"name"`
	Meaning string `json:"meaning"`
}

// Result of a check.
type Result string

// The results. Unknown means that the check could not be made, and Why says
// what is missing.
const (
	Pass    Result = "pass"
	Fail    Result = "fail"
	Unknown Result = "unknown"
)

// Severity of a finding.
type Severity string

// The severities.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
	SeverityInfo    Severity = "info"
)

// Finding is something the person should know: what, why, and what to try.
type Finding struct {
	// Code is stable and in kebab case ("no-nonce", "plain-challenge"), or a
	// server's own code in lower case ("aadsts50011").
	Code     string   `json:"code"`
	Severity Severity `json:"severity"`
	What     string   `json:"what"`
	Why      string   `json:"why"`
	Try      string   `json:"try"`
	Refs     []Ref    `json:"refs,omitempty"`
	// Row is the name of the parameter, header or claim it is about, if any.
	Row string `json:"about,omitempty"`
}

// Lane is a column of the sequence diagram.
type Lane string

// The lanes, left to right.
const (
	LaneUser     Lane = "You"
	LaneBrowser  Lane = "Browser"
	LaneApp      Lane = "App"
	LaneProvider Lane = "Identity provider"
	LaneAPI      Lane = "API" // that the access token is for
)

// Arrow is one message of the sequence diagram. From equals To for something
// done in place (the verifier is made).
type Arrow struct {
	Step     flow.StepID
	From, To Lane
	Text     string
	PKCE     bool
	Done     bool // false: still to come
	Failed   bool
}

// Clock is something that expires.
type Clock struct {
	Name string // "Code", "Access token", "Refresh token"
	Ends time.Time
	// Note says where the time comes from: "expires_in", or what is documented.
	Note string
}
