package inspect

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Tests that several rules share, and those that need more than a word.

// anyRedirectMismatch holds for a refusal of the redirect URI at the
// authorization endpoint, in the words of any provider.
var anyRedirectMismatch = test{weight: 4, words: true, holds: func(p *problem) (Evidence, bool) {
	if redirectURIMissing().said(p) {
		return Evidence{}, false
	}
	for _, code := range []string{"AADSTS50011", "AADSTS700042", "AADB2C90006"} {
		if slices.Contains(p.known(), code) {
			return Evidence{p.carries(code), "redirect_uri"}, true
		}
	}
	if p.where == "token" {
		return Evidence{}, false // there it means that the two requests differ
	}
	return redirectURIRefused().holds(p)
}}

// The phrases are prepared once: several rules share them.
var (
	redirectURIMissing = sync.OnceValue(func() test {
		return says(
			"no reply address", "no redirect uri", "missing parameter: redirect_uri",
			"missing required parameter: redirect_uri",
		)
	})
	redirectURIRefused = sync.OnceValue(func() test {
		return says(
			"redirect_uri_mismatch", "redirect_mismatch", "mismatching_redirect_uri",
			"invalid parameter: redirect_uri", "callback url mismatch", "is not in the list of allowed callback urls",
			"unregistered redirect_uri", "'redirect_uri' is not valid", "'redirect_uri' parameter must be",
			"redirect_uri' parameter does not match", "redirect_uri did not match any", "redirect uri mismatch",
			"invalid redirect_uri", "invalid redirect uri", "redirect_uri must match",
			"redirect uri included is not valid",
			"redirect_uri is not associated", "the redirect_uri must match the registered",
			"redirect uri … does not match", "reply url … does not match", "reply address … does not match",
			"redirect_uri … not whitelisted", "redirect_uri … not registered", "redirect uri … not registered",
			"redirect_uri … not valid for this client", "redirect_uri … not allowed", "redirect uri … not allowed",
			"redirect_uri … doesn't match", "redirect uri … malformed or doesn't match", "invalid_redirect_uri",
			"redirect_uri … is invalid", "redirect_uri … mismatch", "callback url … not", "redirect uri is not valid",
			"unauthorized redirect", "redirect_uri … does not match", "redirect uri … not … authorized",
		)
	})
)

// anyKeyProblem holds when a client did not find the key of a signature.
var anyKeyProblem = test{weight: 4, words: true, holds: func(p *problem) (Evidence, bool) {
	return keyNotFound().holds(p)
}}

var keyNotFound = sync.OnceValue(func() test {
	return says(
		"idx10501", "idx10500", "idx10503", "idx10516", "idx10517", "unable to match key", "no applicable key",
		"no matching key", "unable to find a signing key", "signing key … not found", "kid … not found",
		"no key … kid", "key id … not found", "failed to find … key", "no keys found",
		"unable to find a matching", "unknown kid", "key not found", "keys … do not contain", "no matching jwk",
		"could not find … key", "jwk … not found", "no jwk", "key with id", "signing keys … not", "jwks … no",
		"public key … not found", "no suitable key",
	)
})

// anyNetworkFailure holds when no answer came at all.
var anyNetworkFailure = test{weight: 3, words: true, holds: func(p *problem) (Evidence, bool) {
	return noAnswer().holds(p)
}}

var noAnswer = sync.OnceValue(func() test {
	return says(
		"econnrefused", "connection refused", "enotfound", "getaddrinfo", "no such host", "etimedout", "i/o timeout",
		"deadline exceeded", "timed out after", "connection timed out", "econnreset", "connection reset",
		"network error", "name or service not known", "could not resolve host", "temporary failure in name resolution",
		"failed to fetch", "network_error",
		"unknownhostexception", "socket hang up", "no route to host", "network is unreachable", "read timed out",
		"connect timed out", "name resolution", "an error occurred while sending the request", "nodename nor servname",
		"fetch failed", "ehostunreach", "connect timeout", "outgoing request timed out", "timeout awaiting",
		"connection aborted", "wsarecv", "unable to connect to the remote server",
	)
})

// said is holds without the evidence.
func (t test) said(p *problem) bool {
	_, ok := t.holds(p)
	return ok
}

// challengeIsHex recognises the hex digits of a SHA-256 where its octets should
// be, as they are (64 characters) or in base64url (86): an old favourite.
func (p *problem) challengeIsHex() bool {
	challenge, verifier := p.verbatim("code_challenge"), p.verbatim("code_verifier")
	digits := []byte(challenge)
	if len(challenge) != 2*sha256.Size {
		var err error
		digits, err = base64.RawURLEncoding.DecodeString(strings.TrimRight(challenge, "="))
		if err != nil || len(digits) != 2*sha256.Size {
			return false
		}
	}
	if verifier == "" {
		_, err := hex.DecodeString(string(digits))
		return err == nil
	}
	sum := sha256.Sum256([]byte(verifier))
	return strings.EqualFold(string(digits), hex.EncodeToString(sum[:]))
}

// methodOmitted is true when the challenge is the S256 of the verifier and was
// sent without its method.
func (p *problem) methodOmitted() bool {
	verifier := p.verbatim("code_verifier")
	return verifier != "" && p.word("method") == "" && p.verbatim("code_challenge") == s256(verifier)
}

// pairDiffers is true when both values are known, both are of the right form,
// and they do not belong together.
func (p *problem) pairDiffers() bool {
	verifier, challenge := p.verbatim("code_verifier"), p.verbatim("code_challenge")
	if verifier == "" || challenge == "" || p.verifierIllegal() || p.challengeLengthWrong() || p.challengeIsHex() || p.methodOmitted() {
		return false
	}
	if p.word("method") == "s256" {
		return challenge != s256(verifier)
	}
	return challenge != verifier
}

// challengeLengthWrong is true when the challenge is known and cannot be a
// SHA-256 (RFC 7636 section 4.2: 43 characters).
func (p *problem) challengeLengthWrong() bool {
	if m := p.word("method"); m != "" && m != "s256" {
		return false
	}
	n := len(p.verbatim("code_challenge"))
	if v := p.word("code_challenge_length"); v != "" {
		n, _ = strconv.Atoi(v)
	}
	return n != 0 && n != 43
}

// verifierIllegal is true when the verifier is known and breaks RFC 7636
// section 4.1.
func (p *problem) verifierIllegal() bool {
	v := p.verbatim("code_verifier")
	n := len(v)
	if s := p.word("code_verifier_length"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	if n == 0 {
		return false
	}
	return n < 43 || n > 128 || strings.Trim(v, verifierAlphabet) != ""
}

const verifierAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

// clientIDNoGUID is true when the client id that was sent is known and cannot
// be one of Entra's.
func (p *problem) clientIDNoGUID() bool {
	id := p.verbatim("client_id")
	if id == "" {
		_, rest, ok := strings.Cut(p.match, "application with identifier '")
		if !ok {
			return false
		}
		id, _, ok = strings.Cut(rest, "'")
		if !ok || strings.ContainsAny(id, "x*<{[") { // blotted out by whoever pasted it
			return false
		}
	}
	// An application may also be named by its identifier URI.
	return !isGUID(id) && !strings.Contains(id, "://") && !strings.ContainsAny(id, "*")
}

// endedWell holds for a run in which no step failed.
var endedWell = test{holds: func(p *problem) (Evidence, bool) { return Evidence{}, p.context["ended_well"] == true }}

// noRedirectSent is true when a recorded authorization request had no
// redirect_uri.
func (p *problem) noRedirectSent() bool { return p.context["redirect_uri_sent"] == false }

// redirectsDiffer is true when both requests are known and carried different
// redirect URIs (RFC 6749 section 4.1.3 wants them identical).
func (p *problem) redirectsDiffer() bool {
	a, b := p.verbatim("redirect_uri"), p.verbatim("redirect_uri_token")
	return a != "" && b != "" && a != b
}

// scopeNamesResources is true when the scope asks for more than one resource.
func (p *problem) scopeNamesResources() bool {
	resources := map[string]bool{}
	for _, s := range strings.Fields(p.verbatim("scope")) {
		switch s {
		case "openid", "profile", "email", "offline_access":
			continue
		}
		resource := graphResource // where unqualified scopes go
		if i := strings.LastIndex(s, "/"); i > 0 && (strings.Contains(s, "://") || isGUID(s[:i])) {
			resource = strings.ToLower(strings.TrimRight(s[:i], "/"))
		}
		resources[resource] = true
	}
	return len(resources) > 1
}

// authorityNamesTenant is true when the authority is known and is not one of
// the shared endpoints.
func (p *problem) authorityNamesTenant() bool {
	a := p.word("authority")
	if !strings.Contains(a, "://") {
		return false
	}
	for _, shared := range []string{"/common", "/organizations", "/consumers"} {
		if strings.Contains(a, shared) {
			return false
		}
	}
	return strings.Count(strings.TrimRight(a, "/"), "/") >= 3
}

// entraTexts are Entra's sentences by which its codes are known when the code
// itself was cut off: by a thread's title, a library, a screenshot.
var entraTexts = []struct {
	code   int
	phrase string
}{
	{9002327, "may only be redeemed via cross-origin requests"},
	{9002326, "cross-origin token redemption is permitted only for"},
	{9002325, "proof key for code exchange is required for cross-origin"},
	{7000218, "request body must contain the following parameter: 'client_assertion' or 'client_secret'"},
	{700025, "client is public so neither 'client_assertion' nor 'client_secret'"},
	{7000215, "ensure the secret being sent in the request is the client secret value"},
	{7000222, "the provided client secret keys … are expired"},
	{700016, "application with identifier … was not found in the directory"},
	{50194, "is not configured as a multi-tenant application"},
	{900561, "the endpoint only accepts post"},
	{900144, "request body must contain the following parameter: '"},
	{9002313, "request is malformed or invalid"},
	{54005, "oauth2 authorization code was already redeemed"},
	{50011, "does not match the redirect uris configured for the application"},
	{50011, "does not match the reply urls configured for the application"},
	{50011, "does not match the reply addresses configured for the application"},
	{500113, "no reply address is registered for the application"},
	{500112, "provided when requesting authorization code"},
	{900971, "no reply address provided"},
	{50020, "account needs to be added as an external user"},
	{500200, "personal microsoft accounts are not supported for this application"},
	{500201, "unable to issue tokens from this api version"},
	{51004, "does not exist in the … directory. to sign into this application"},
	{65001, "the user or administrator has not consented to use the application"},
	{65004, "user declined to consent to access the app"},
	{90094, "needs permission to access resources in your organization that only an admin can grant"},
	{90093, "consent for application permissions can only be performed by an administrator"},
	{90008, "it must require access to microsoft graph by specifying at least"},
	{90009, "is requesting a token for itself"},
	{90002, "check to make sure you have the correct tenant id"},
	{50059, "no tenant-identifying information found"},
	{50105, "to block users unless they are specifically granted"},
	{53003, "blocked by conditional access policies"},
	{530003, "your device is required to be managed"},
	{530002, "your device is required to be compliant"},
	{50076, "you must use multi-factor authentication to access"},
	{50079, "you must enroll in multi-factor authentication to access"},
	{50058, "session information is not sufficient for single-sign-on"},
	{50126, "due to invalid username or password"},
	{50173, "the provided grant has expired due to it being revoked"},
	{700082, "refresh token has expired due to inactivity"},
	{700084, "refresh token was issued to a single page app"},
	{700081, "refresh token has expired due to maximum lifetime"},
	{650053, "that doesn't exist on the resource"},
	{650052, "lacks a service principal for"},
	{650057, "not listed in the requested permissions in the client's application registration"},
	{650056, "misconfigured application. this could be due to"},
	{500011, "the resource principal named"},
	{700051, "response_type 'token' is not enabled"},
	{700054, "response_type 'id_token' is not enabled"},
	{700027, "client assertion failed signature validation"},
	{700024, "client assertion is not within its valid time range"},
	{700030, "invalid certificate - subject name in certificate is not authorized"},
	{50146, "application-specific signing key"},
	{501461, "acceptmappedclaims is only supported"},
	{501491, "invalid size of code_challenge"},
	{50148, "the code_verifier does not match the code_challenge supplied in the authorization request"},
	{70011, "input parameter 'scope' is not valid"},
	{28000, "scope is not valid because it contains more than one resource"},
	{9010010, "the resource parameter provided in the request doesn't match with the requested scopes"},
	{901002, "the 'resource' request parameter isn't supported"},
	{500208, "not a valid login domain for the account type"},
	{90130, "not supported over the /common or /consumers endpoints"},
	{70016, "pending end-user authorization"},
	{70043, "due to sign-in frequency checks by conditional access"},
	{500212, "outbound access policy that does not allow"},
	{500213, "cross-tenant access policy does not allow"},
	{65002, "must be configured via preauthorization"},
	{50196, "encountered a client request loop"},
}

// codesFromText looks for the sentences of entraTexts. What it finds is
// believed for causes, not listed among the codes that were read.
func (p *problem) codesFromText() {
	if p.provider != "" && p.provider != "generic" && !p.microsoft() {
		return
	}
	for _, t := range entraTexts {
		if find(p.loose, loose(t.phrase)) {
			p.inferred = append(p.inferred, "AADSTS"+strconv.Itoa(t.code))
			return
		}
	}
}
