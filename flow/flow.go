// Package flow is the engine of pkcescope: it carries out the OAuth 2.0
// authorization code flow with PKCE (RFC 6749 section 4.1, RFC 7636) one step
// at a time and records everything that was sent, received, computed or
// refused as data, in a [Transcript].
//
//	Config ──► Walk ──► Transcript
//
// A [Walk] is a run in progress. [Walk.Pending] is the next step with the
// request as it will be sent, open to editing; [Walk.Next] carries it out;
// [Walk.Rewind] starts again from an earlier step. The package draws nothing
// and explains nothing: that is the work of inspect, which only reads the
// transcript. It imports no other package of this module.
//
// The packages of this module may be imported by anyone, but their API is not
// stable.
package flow

import "slices"

// StepID names a step of the flow. The names are part of the file format.
type StepID string

// The steps, in the order in which they are walked. The five from the
// verifier to the token are the flow itself; the others are optional.
const (
	// StepDiscovery reads the provider's metadata (OpenID Connect Discovery
	// 1.0 section 4, RFC 8414 section 3).
	StepDiscovery StepID = "discovery"
	// StepDevice asks for a code that the person types into a browser on any
	// device, in place of the steps from the verifier to the callback (RFC 8628
	// section 3.1).
	StepDevice StepID = "device"
	// StepVerifier makes the code verifier (RFC 7636 section 4.1).
	StepVerifier StepID = "verifier"
	// StepChallenge derives the code challenge (RFC 7636 section 4.2).
	StepChallenge StepID = "challenge"
	// StepPAR pushes the authorization request to the provider ahead of the
	// browser (RFC 9126 section 2).
	StepPAR StepID = "par"
	// StepAuthorize sends the browser to the authorization endpoint
	// (RFC 6749 section 4.1.1, RFC 7636 section 4.3).
	StepAuthorize StepID = "authorize"
	// StepCallback receives the authorization response (RFC 6749 section
	// 4.1.2).
	StepCallback StepID = "callback"
	// StepToken redeems the code (RFC 6749 section 4.1.3, RFC 7636 section
	// 4.5), or asks until the person is done with it (RFC 8628 section 3.4).
	StepToken StepID = "token"
	// StepKeys fetches the provider's signing keys (RFC 7517 section 5).
	StepKeys StepID = "keys"
	// StepUserInfo asks who signed in (OpenID Connect Core section 5.3).
	StepUserInfo StepID = "userinfo"
	// StepRefresh redeems the refresh token (RFC 6749 section 6).
	StepRefresh StepID = "refresh"
	// StepCall asks an API with the access token (RFC 6750 section 2.1).
	StepCall StepID = "call"
	// StepIntrospect asks the provider what it knows of the access token (RFC
	// 7662).
	StepIntrospect StepID = "introspect"
	// StepRevoke takes back the refresh token, or else the access token (RFC
	// 7009).
	StepRevoke StepID = "revoke"
	// StepLogout sends the browser to the provider's end of session (OpenID
	// Connect RP-Initiated Logout 1.0).
	StepLogout StepID = "logout"
)

// StepIDs returns the steps of the code flow in the order of the walk. The
// slice is the caller's.
func StepIDs() []StepID {
	return slices.DeleteFunc(AllStepIDs(), StepID.Extension)
}

// AllStepIDs returns every step in the order of the walk, those of the
// extensions included. The slice is the caller's.
func AllStepIDs() []StepID {
	return []StepID{
		StepDiscovery, StepDevice, StepVerifier, StepChallenge, StepPAR, StepAuthorize, StepCallback,
		StepToken, StepKeys, StepUserInfo, StepRefresh,
		StepCall, StepIntrospect, StepRevoke, StepLogout,
	}
}

// Extension reports whether a step belongs to an extension of the code flow. A
// run that does not have the extension does not have the step.
func (id StepID) Extension() bool {
	switch id {
	case StepPAR, StepDevice, StepCall, StepIntrospect, StepRevoke, StepLogout:
		return true
	default:
		return false
	}
}

// Status says how far a step has come.
type Status string

// The states of a step.
const (
	StatusPending   Status = "pending"
	StatusOK        Status = "ok"
	StatusFailed    Status = "failed"
	StatusSkipped   Status = "skipped"
	StatusCancelled Status = "cancelled"
	// StatusUnseen: a capture does not show the step. It may have been carried
	// out where nothing was recorded, or not at all.
	StatusUnseen Status = "unseen"
)

// Outcome says how a run ended.
type Outcome string

// The outcomes of a run. A file saved in the middle of a walk is unfinished, and
// so is a capture that does not show the end.
const (
	OutcomeOK         Outcome = "ok"
	OutcomeFailed     Outcome = "failed"
	OutcomeCancelled  Outcome = "cancelled"
	OutcomeUnfinished Outcome = "unfinished"
)
