package practice

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// Fault names a rule that a tenant can be told not to keep, or one that other
// providers have and Entra has not. A lesson switches one to show what the
// rule is for, and a test to show that it is looked at.
type Fault string

// The faults.
const (
	// FaultIgnorePKCE: the token endpoint neither asks for a verifier nor
	// compares it.
	FaultIgnorePKCE Fault = "ignore-pkce"
	// FaultIgnoreUnaskedVerifier: a verifier is passed over when the
	// authorization request had no challenge. RFC 9700 section 4.8.2 says that
	// it must be refused, because it means that somebody took the challenge
	// out.
	FaultIgnoreUnaskedVerifier Fault = "ignore-unasked-verifier"
	// FaultSkipLengthCheck: verifiers and challenges of any length are taken.
	FaultSkipLengthCheck Fault = "skip-length-check"
	// FaultRequirePKCE: the authorization endpoint wants a challenge of every
	// client. Entra wants one of single-page apps alone.
	FaultRequirePKCE Fault = "require-pkce"
	// FaultReusableCode: a code can be redeemed any number of times.
	FaultReusableCode Fault = "reusable-code"
	// FaultRevokeOnReplay: a second redemption of a code revokes the refresh
	// tokens that came of the first. RFC 6749 section 4.1.2 says that a server
	// should; Entra does not document that it does.
	FaultRevokeOnReplay Fault = "revoke-on-replay"
	// FaultSendIssuer: authorization responses carry iss, RFC 9207, and the
	// metadata promises it. Entra sends none.
	FaultSendIssuer Fault = "send-iss"
)

// Faults returns every fault there is.
func Faults() []Fault {
	return []Fault{
		FaultIgnorePKCE, FaultIgnoreUnaskedVerifier, FaultSkipLengthCheck, FaultRequirePKCE,
		FaultReusableCode, FaultRevokeOnReplay, FaultSendIssuer,
	}
}

// ParseFault finds a fault by name. The error lists the names.
func ParseFault(name string) (Fault, error) {
	if slices.Contains(Faults(), Fault(name)) {
		return Fault(name), nil
	}
	var names []string
	for _, f := range Faults() {
		names = append(names, string(f))
	}
	return "", &flow.Error{
		Kind: flow.KindRefused, What: fmt.Sprintf("there is no fault %q", name),
		Try: "use one of " + strings.Join(names, ", "),
	}
}

// SetFaults makes these the tenant's faults, from the next request on.
func (s *Server) SetFaults(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = slices.Clone(faults)
}

// has says whether the tenant has a fault.
func (s *Server) has(f Fault) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Contains(s.faults, f)
}
