package practice

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// RFC 7636 section 4.1: 43 to 128 characters of the unreserved alphabet; the
// challenge has the same syntax (section 4.2).
const (
	minVerifier = 43
	maxVerifier = 128
)

// checkChallenge is the authorization endpoint's part of RFC 7636. Which of
// its numbers Entra uses for a challenge of illegal characters is unproven.
func (c *call) checkChallenge(challenge, method string) *refusal {
	switch {
	case challenge == "" && (method != "" || c.has(FaultRequirePKCE)):
		return deny("501471")
	case challenge == "":
		return nil
	case method != "" && method != string(flow.MethodS256) && method != string(flow.MethodPlain):
		return deny("50149")
	case c.has(FaultRefuseS256) && method == string(flow.MethodS256),
		c.has(FaultRefusePlain) && method != string(flow.MethodS256):
		return deny("50149")
	case c.has(FaultSkipLengthCheck):
		return nil
	case len(challenge) < minVerifier || len(challenge) > maxVerifier || !unreserved(challenge):
		return deny("501491")
	}
	return nil
}

// checkVerifier is the token endpoint's part. Entra was seen to answer a
// missing verifier with 50148 and with 501481, and a verifier that nobody
// asked for with 501481; we keep them apart.
func (c *call) checkVerifier(challenge, method, verifier string) *refusal {
	skip := c.has(FaultSkipLengthCheck)
	switch {
	case c.has(FaultIgnorePKCE), challenge == "" && verifier == "":
		return nil
	case challenge == "" && c.has(FaultIgnoreUnaskedVerifier):
		return nil
	case challenge == "":
		return deny("501481")
	case verifier == "":
		return deny("50148")
	case len(verifier) < minVerifier && !skip:
		return deny("501482")
	case (len(verifier) > maxVerifier || !unreserved(verifier)) && !skip:
		return deny("501481")
	}
	derived := verifier // RFC 7636 section 4.3: no method means plain.
	if method == string(flow.MethodS256) {
		sum := sha256.Sum256([]byte(verifier))
		derived = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	if subtle.ConstantTimeCompare([]byte(derived), []byte(challenge)) != 1 {
		return deny("501481")
	}
	return nil
}

// unreserved says whether s is made of RFC 3986's unreserved characters.
func unreserved(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-._~", r))
	})
}
