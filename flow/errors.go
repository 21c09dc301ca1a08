package flow

import "strings"

// ErrorKind separates the four ways in which a step can fail. They are never
// mixed: a server that says no is not a broken connection, and neither is our
// own refusal.
type ErrorKind string

// The four kinds.
const (
	// KindTransport: no usable HTTP answer arrived (DNS, TCP, TLS, time-out).
	KindTransport ErrorKind = "transport"
	// KindServer: the server answered, and its answer was no.
	KindServer ErrorKind = "server"
	// KindRefused: an answer arrived and we do not accept it (state, issuer),
	// or we decline to send what was asked for.
	KindRefused ErrorKind = "refused"
	// KindBug: the fault is in this program.
	KindBug ErrorKind = "bug"
)

// Error is why a step failed, in words for a person: what happened, why, and
// what to try. Texts quoted from outside are kept as they came; they are
// cleaned where they are shown. A cancelled step is not an error.
type Error struct {
	Kind ErrorKind `json:"kind"`
	What string    `json:"what"`
	Why  string    `json:"why,omitempty"`
	Try  string    `json:"try,omitempty"`

	cause error
}

// Wrap returns a copy of e that unwraps to cause.
func (e Error) Wrap(cause error) *Error {
	e.cause = cause
	return &e
}

// Error returns what happened and why, in one line: "The port is taken: …" where
// the former is a statement, two sentences where it is a question or the like.
func (e *Error) Error() string {
	what, stated := strings.CutSuffix(e.What, ".")
	switch {
	case e.Why == "":
		return e.What
	case stated && !strings.HasSuffix(what, ".") || what != "" && !strings.ContainsAny(what[len(what)-1:], ".?!:"):
		return what + ": " + e.Why
	default:
		return e.What + " " + e.Why
	}
}

// Unwrap returns the underlying error, if there is one in this process. It is
// not kept in files.
func (e *Error) Unwrap() error { return e.cause }
