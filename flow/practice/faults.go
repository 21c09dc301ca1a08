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

// The faults. [Fault.Does] says what each one is.
const (
	FaultIgnorePKCE            Fault = "ignore-pkce"
	FaultIgnoreUnaskedVerifier Fault = "ignore-unasked-verifier"
	FaultRequirePKCE           Fault = "require-pkce"
	FaultSkipLengthCheck       Fault = "skip-length-check"
	FaultRefusePlain           Fault = "refuse-plain"
	FaultRefuseS256            Fault = "refuse-s256"
	FaultPKCEOptionalSPA       Fault = "spa-without-pkce"
	FaultAdvertisePKCE         Fault = "advertise-pkce"
	FaultAnyRedirect           Fault = "any-redirect"
	FaultLooseRedirect         Fault = "loose-redirect"
	FaultExactPort             Fault = "exact-port"
	FaultAnyReply              Fault = "any-reply-address"
	FaultAnyOrigin             Fault = "any-origin"
	FaultNoCORS                Fault = "no-cors"
	FaultAnySecret             Fault = "any-secret"
	FaultAnyClient             Fault = "code-for-any-client"
	FaultAnyTenant             Fault = "code-for-any-tenant"
	FaultAnyAuthority          Fault = "any-authority"
	FaultReusableCode          Fault = "reusable-code"
	FaultRevokeOnReplay        Fault = "revoke-on-replay"
	FaultShortCodes            Fault = "short-codes"
	FaultEternalCodes          Fault = "eternal-codes"
	FaultStrictRotation        Fault = "strict-rotation"
	FaultNoRotation            Fault = "no-rotation"
	FaultShortRefresh          Fault = "short-refresh-tokens"
	FaultEternalRefresh        Fault = "eternal-refresh-tokens"
	FaultNoRefresh             Fault = "no-refresh-token"
	FaultAlwaysRefresh         Fault = "always-refresh-token"
	FaultNoState               Fault = "no-state"
	FaultWrongState            Fault = "wrong-state"
	FaultHTMLState             Fault = "html-in-state"
	FaultTokensInQuery         Fault = "tokens-in-query"
	FaultSendIssuer            Fault = "send-iss"
	FaultSendWrongIssuer       Fault = "send-wrong-iss"
	FaultMetadataIssuer        Fault = "wrong-metadata-issuer"
	FaultTokenIssuer           Fault = "wrong-token-issuer"
	FaultWrongAudience         Fault = "wrong-audience"
	FaultWrongNonce            Fault = "wrong-nonce"
	FaultNoNonce               Fault = "no-nonce"
	FaultExpired               Fault = "expired-id-token"
	FaultFuture                Fault = "future-id-token"
	FaultStaleKey              Fault = "stale-key"
	FaultUnsigned              Fault = "unsigned-id-token"
	FaultTruncated             Fault = "truncated-id-token"
	FaultGraphVerifies         Fault = "plain-graph-token"
	FaultEndpointVersion       Fault = "endpoint-chooses-version"
	FaultStringExpiry          Fault = "expires-in-string"
	FaultHTML                  Fault = "html-instead-of-json"
	FaultOKError               Fault = "error-with-status-200"
	FaultCutJSON               Fault = "cut-json"
	FaultHuge                  Fault = "huge-body"
	FaultUnavailable           Fault = "unavailable"
	FaultSlow                  Fault = "slow"
	FaultLate                  Fault = "late"
	FaultDrop                  Fault = "drop-connection"
	FaultNoConsent             Fault = "no-consent-page"
	FaultIgnorePrompt          Fault = "ignore-prompt"
	FaultIgnoreMaxAge          Fault = "ignore-max-age"
	FaultAnyScope              Fault = "any-scope"
	FaultResourceIgnored       Fault = "ignore-resource"
	FaultRepeatedParameters    Fault = "repeated-parameters"
)

// faults says of each what the server then does, in the order in which they
// are listed.
var faults = []struct {
	fault Fault
	does  string
}{
	{FaultIgnorePKCE, "the token endpoint does not compare verifier and challenge: a stolen code is enough"},
	{FaultIgnoreUnaskedVerifier, "a verifier is passed over when the authorization request had no challenge, which RFC 9700 section 4.8.2 forbids"},
	{FaultRequirePKCE, "the authorization endpoint wants a challenge of every client, which Entra wants of single-page apps alone"},
	{FaultSkipLengthCheck, "verifiers and challenges of any length and alphabet are taken"},
	{FaultRefusePlain, "the method plain is refused, as OAuth 2.1 drafts want it"},
	{FaultRefuseS256, "the method S256 is refused"},
	{FaultPKCEOptionalSPA, "a single-page app may redeem a code without PKCE"},
	{FaultAdvertisePKCE, "the metadata lists code_challenge_methods_supported, which Entra's does not"},
	{FaultAnyRedirect, "codes are sent to any address, registered or not"},
	{FaultLooseRedirect, "neither a trailing slash nor the case of a redirect URI's path counts"},
	{FaultExactPort, "the port of http://localhost counts"},
	{FaultAnyReply, "the token endpoint does not compare redirect_uri"},
	{FaultAnyOrigin, "the Origin header is not looked at"},
	{FaultNoCORS, "the token endpoint sends no CORS headers"},
	{FaultAnySecret, "client secrets are neither required nor compared"},
	{FaultAnyClient, "a code may be redeemed by another client"},
	{FaultAnyTenant, "a code or a refresh token may be redeemed at another tenant's endpoint"},
	{FaultAnyAuthority, "an app of a single tenant may sign in at common and organizations"},
	{FaultReusableCode, "a code may be redeemed many times"},
	{FaultRevokeOnReplay, "a second redemption revokes what the first one gave (RFC 6749 section 4.1.2)"},
	{FaultShortCodes, "codes expire at once"},
	{FaultEternalCodes, "codes do not expire"},
	{FaultStrictRotation, "a refresh token is dead once it was used"},
	{FaultNoRotation, "a refresh gives no new refresh token"},
	{FaultShortRefresh, "refresh tokens expire at once"},
	{FaultEternalRefresh, "refresh tokens do not expire, not even a single-page app's"},
	{FaultNoRefresh, "no refresh token is issued, whatever the scope"},
	{FaultAlwaysRefresh, "a refresh token is issued without offline_access"},
	{FaultNoState, "the response has no state"},
	{FaultWrongState, "the response has another state"},
	{FaultHTMLState, "HTML in the state comes back as it was sent"},
	{FaultTokensInQuery, "an ID token may be sent in the query, where logs keep it"},
	{FaultSendIssuer, "the response has an iss parameter (RFC 9207), and the metadata says so"},
	{FaultSendWrongIssuer, "the response has another server's iss parameter"},
	{FaultMetadataIssuer, "the metadata names another issuer"},
	{FaultTokenIssuer, "the ID token names another issuer"},
	{FaultWrongAudience, "the ID token is for another client"},
	{FaultWrongNonce, "the ID token has another nonce"},
	{FaultNoNonce, "the ID token has no nonce"},
	{FaultExpired, "the ID token has expired"},
	{FaultFuture, "the ID token is not valid yet"},
	{FaultStaleKey, "tokens are signed with a key that is not published"},
	{FaultUnsigned, `the ID token is unsigned (alg "none")`},
	{FaultTruncated, "the ID token is cut off"},
	{FaultGraphVerifies, "the access token for Graph has no nonce header and verifies"},
	{FaultEndpointVersion, "the endpoint chooses an access token's version, not the resource"},
	{FaultStringExpiry, "the v2.0 endpoint writes expires_in as a string"},
	{FaultHTML, "the token endpoint answers with an HTML page"},
	{FaultOKError, "the token endpoint refuses with status 200"},
	{FaultCutJSON, "the token endpoint's JSON ends in the middle"},
	{FaultHuge, "the token endpoint answers with 50 MB"},
	{FaultUnavailable, "the token endpoint answers with status 503"},
	{FaultSlow, "every answer takes two seconds"},
	{FaultLate, "the token endpoint takes a minute to answer"},
	{FaultDrop, "the token endpoint drops the connection in the middle of its answer"},
	{FaultNoConsent, "no consent is asked for"},
	{FaultIgnorePrompt, "the parameter prompt is passed over"},
	{FaultIgnoreMaxAge, "the parameter max_age is passed over: an old sign-in will do, and the ID token does not say when it was"},
	{FaultAnyScope, "a scope that the resource does not have is granted"},
	{FaultResourceIgnored, "the resource parameter is not compared with scope"},
	{FaultRepeatedParameters, "a parameter may be sent twice; the first counts"},
}

// Faults returns every fault there is.
func Faults() []Fault {
	out := make([]Fault, len(faults))
	for i, f := range faults {
		out[i] = f.fault
	}
	return out
}

// Does says in a sentence what a server with the fault does.
func (f Fault) Does() string {
	for _, known := range faults {
		if known.fault == f {
			return known.does
		}
	}
	return ""
}

// ParseFault finds a fault by name. The error lists the names.
func ParseFault(name string) (Fault, error) {
	if Fault(name).Does() != "" {
		return Fault(name), nil
	}
	return "", &flow.Error{
		Kind: flow.KindRefused, What: fmt.Sprintf("There is no fault %q.", name),
		Try: "Use one of " + faultNames() + ".",
	}
}

func faultNames() string {
	names := make([]string, len(faults))
	for i, f := range faults {
		names[i] = string(f.fault)
	}
	return strings.Join(names, ", ")
}

// SetFaults makes these the tenant's faults, from the next request on. It
// passes over names that are none.
func (s *Server) SetFaults(on ...Fault) {
	known := slices.DeleteFunc(slices.Clone(on), func(f Fault) bool { return f.Does() == "" })
	if err := s.Update(func(t *Tenant) { t.Faults = known }); err != nil {
		panic("practice: known faults are refused: " + err.Error())
	}
}

// has says whether the tenant has a fault.
func (c *call) has(f Fault) bool { return slices.Contains(c.conf.Faults, f) }

// huge is how many octets the fault "huge-body" sends.
const huge = 50 << 20

// hugeBody is JSON of about that size.
func hugeBody() []byte { return []byte(`{"padding":"` + strings.Repeat("x", huge) + `"}`) }
