package flow

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/oauth2"
)

// The length of a verifier, RFC 7636 section 4.1: "with a minimum length of 43
// characters and a maximum length of 128 characters".
const (
	MinVerifierLength = 43
	MaxVerifierLength = 128
)

// unreserved is the alphabet of a verifier, RFC 7636 section 4.1 (which takes
// it from RFC 3986 section 2.3).
const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

// VerifierProblem says as a short phrase why v is not a code verifier that RFC
// 7636 section 4.1 allows, and "" if it is one.
func VerifierProblem(v string) string {
	for _, r := range v {
		if !strings.ContainsRune(unreserved, r) {
			return fmt.Sprintf("the character %q is not allowed; a verifier is made of A-Z a-z 0-9 - . _ ~ (RFC 7636 section 4.1)", r)
		}
	}
	switch n := len(v); {
	case n < MinVerifierLength:
		return fmt.Sprintf("%d characters, fewer than the %d that RFC 7636 section 4.1 asks for", n, MinVerifierLength)
	case n > MaxVerifierLength:
		return fmt.Sprintf("%d characters, more than the %d that RFC 7636 section 4.1 allows", n, MaxVerifierLength)
	}
	return ""
}

// randomVerifier returns n characters of the unreserved alphabet, each equally
// likely.
func randomVerifier(n int) string {
	// 256 is not a multiple of 66: octets from 198 on are thrown away, or the
	// first letters would come up more often than the rest.
	const even = 256 - 256%len(unreserved)
	v := make([]byte, 0, n)
	var pool [2 * MaxVerifierLength]byte
	for len(v) < n {
		_, _ = rand.Read(pool[:]) // never fails, see its documentation
		for _, b := range pool {
			if int(b) < even && len(v) < n {
				v = append(v, unreserved[int(b)%len(unreserved)])
			}
		}
	}
	return string(v)
}

// RandomVerifier returns a fresh verifier of n characters, 43 to 128: of 43
// x/oauth2's own, of more from the whole alphabet. It panics on another n.
func RandomVerifier(n int) string {
	switch {
	case n < MinVerifierLength || n > MaxVerifierLength:
		panic(fmt.Sprintf("flow: no verifier has %d characters", n))
	case n == MinVerifierLength:
		return oauth2.GenerateVerifier()
	}
	return randomVerifier(n)
}

// newVerifier returns the verifier for the next run: the person's own, or a
// fresh one.
func (w *Walk) newVerifier() string {
	if c := w.t.Config; c.Verifier == "" {
		return RandomVerifier(c.VerifierLength)
	}
	return w.t.Config.Verifier
}

// verifierValue is the verifier that the verifier step will make.
func (w *Walk) verifierValue() Value {
	v := Value{Name: "code_verifier", Value: w.draft.verifier, Secret: true, PKCE: true, By: ByProgram, In: InLocal}
	if w.t.Config.Verifier != "" {
		v.By = ByYou
	}
	for _, e := range w.t.Config.Edits {
		if e.Step == StepVerifier {
			v.Value, v.By, v.Edited = e.Value, ByYou, true
		}
	}
	v.Problem = VerifierProblem(v.Value)
	return v
}

// compute carries out a step that sends nothing: what it makes is what was seen
// before.
func (w *Walk) compute(id StepID) error {
	p, _ := w.Pending()
	w.note(id, p.Values)
	return nil
}

// challengeValues are the stages from the verifier to the challenge, RFC 7636
// section 4.2:
//
//	plain  code_challenge = code_verifier
//	S256   code_challenge = BASE64URL-ENCODE(SHA256(ASCII(code_verifier)))
func (w *Walk) challengeValues() []Value {
	verifier, _ := w.t.Step(StepVerifier).Value("code_verifier")
	stage := func(name, value string, secret bool) Value {
		return Value{Name: name, Value: value, Secret: secret, PKCE: true, By: ByProgram, In: InLocal}
	}
	values := []Value{stage("verifier_ascii", octets([]byte(verifier)), true)}
	switch w.t.Config.Method {
	case MethodS256:
		sum := sha256.Sum256([]byte(verifier))
		values = append(values,
			stage("sha256_hex", fmt.Sprintf("%x", sum), false),
			stage("base64", base64.StdEncoding.EncodeToString(sum[:]), false),
			stage("base64url", base64.RawURLEncoding.EncodeToString(sum[:]), false),
			stage("code_challenge", oauth2.S256ChallengeFromVerifier(verifier), false),
			stage("code_challenge_method", string(MethodS256), false))
	case MethodPlain:
		values = append(values,
			stage("code_challenge", verifier, true),
			stage("code_challenge_method", string(MethodPlain), false))
	case MethodOmitted:
		values = append(values, stage("code_challenge", verifier, true))
	case MethodNone:
		return nil
	}
	return values
}

// octets writes b as two-digit hexadecimal numbers with spaces between them.
func octets(b []byte) string { return fmt.Sprintf("% x", b) }
