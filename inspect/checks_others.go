package inspect

import (
	"fmt"
	"strings"
)

// Checks of tokens that are for somebody else: an access token is for its API,
// a client assertion for the provider. What only they can know is told here,
// and not judged.

// accessIssuer is only told: which issuer an API trusts is the API's affair.
func accessIssuer(j *jwt, g given) Check {
	c := checkIssuer(j, g)
	iss := j.str("iss")
	switch {
	case c.Result == Pass:
	case g.isV1Issuer(iss):
		c.Result = Unknown
		c.Why = "A version 1.0 token: Entra writes the version that the API's registration asks for (accessTokenAcceptedVersion, today requestedAccessTokenVersion), whatever endpoint was used. Whether it is right is for the API to check."
	case c.Result == Fail && c.Actual != "missing":
		c.Result = Unknown
		c.Why = "It differs from the issuer of the metadata. Whether that is right is for the API to check, not for this client."
	default:
		c.Result, c.Why = Unknown, "Which issuer is right is for the API to check, not for this client."
	}
	return c
}

func accessAudience(j *jwt) Check {
	auds := audiences(j)
	c := Check{
		ID: "aud", Result: Unknown, Expected: "the API that the token is sent to", Actual: list(auds),
		Why: "Which audience is right is for the API to check, not for this client.",
	}
	if len(auds) == 0 {
		c.Actual = "missing"
	}
	return c
}

// assertionIssuer checks a client assertion (RFC 7523 section 3): iss and sub
// are the client.
func assertionIssuer(j *jwt, g given) Check {
	iss, sub := j.str("iss"), j.str("sub")
	c := Check{
		ID: "iss", Expected: "iss and sub: " + orUnknown(g.clientID), Actual: fmt.Sprintf("iss %s, sub %s", iss, sub),
		Why: "A client assertion is issued by the client about itself (RFC 7523 section 3).",
	}
	switch {
	case iss == "" || sub == "" || iss != sub:
		c.Result = Fail
	case g.clientID == "":
		c.Result = Unknown
	case iss == g.clientID:
		c.Result = Pass
	default:
		c.Result = Fail
	}
	return c
}

// assertionAlg: a client may sign with its secret (client_secret_jwt) or with a
// key, but it must sign (RFC 7523 section 3).
func assertionAlg(j *jwt) Check {
	c := checkAlg(j, given{})
	c.Expected = "any but none"
	if alg, _ := j.header["alg"].(string); strings.HasPrefix(alg, "HS") {
		c.Result, c.Why = Pass, "An HMAC with the client secret: client_secret_jwt (OpenID Connect Core section 9)."
	} else if c.Result == Pass {
		c.Why = "Signed with the client's private key: private_key_jwt (OpenID Connect Core section 9)."
	}
	return c
}

// assertionSignature is made with the client's own key, which the provider's
// key set does not hold. Keys that were given may be that key all the same.
func assertionSignature(j *jwt, g given) Check {
	if g.jwks == nil {
		g.noKeys = "the client's public key is registered with the provider, and is not known here"
	}
	c := checkSignature("client_assertion", j, g)
	if c.Result == Pass {
		c.Why = "Header and payload are as they were signed with the key that was given."
	}
	if c.Result == Fail && (c.Actual == "no key" || c.Actual == "not valid" && j.header["kid"] == nil) {
		c.Result, c.Why = Unknown, "None of the keys that were given has signed it. It is the client's own key that has, and the provider's key set does not hold that."
	}
	c.Expected = "made with the client's key"
	return c
}

// assertionAudience: which name the provider goes by, its issuer or its token
// endpoint, is for the provider to check.
func assertionAudience(j *jwt) Check {
	c := Check{
		ID: "aud", Result: Unknown, Expected: "the issuer or the token endpoint", Actual: list(audiences(j)),
		Why: "It must name the provider (RFC 7523 section 3). Which of its names it takes is for the provider to check.",
	}
	if len(audiences(j)) == 0 {
		c.Result, c.Actual = Fail, "missing"
	}
	return c
}
