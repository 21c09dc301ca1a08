package inspect

import (
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// signatureAlgorithm returns the algorithms that go-jose may use for an alg:
// that one only, and only if its key is public.
func signatureAlgorithm(alg string) []jose.SignatureAlgorithm {
	switch a := jose.SignatureAlgorithm(alg); a {
	case jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512,
		jose.ES256, jose.ES384, jose.ES512, jose.EdDSA:
		return []jose.SignatureAlgorithm{a}
	default:
		return nil
	}
}

func checkKid(j *jwt, g given) Check {
	kid, has := j.header["kid"].(string)
	c := Check{ID: "kid", Expected: "one of the provider's keys", Actual: kid}
	if !has {
		c.Actual = "absent"
	}
	if g.jwks == nil {
		c.Result, c.Why = Unknown, upper(g.noKeys)+"."
		return c
	}
	keys, problem := publicKeys(g.jwks)
	if problem != "" {
		c.Result, c.Why = Unknown, upper(problem)+"."
		return c
	}
	c.Expected = keyNames(keys)
	if !has {
		if len(keys) == 1 {
			c.Result, c.Why = Pass, "The token does not name its key, but the provider has only one."
		} else {
			c.Result, c.Why = Unknown, "The token does not name its key, so each one has to be tried."
		}
		return c
	}
	if nameless(keys) {
		c.Result, c.Why = Unknown, "The keys that were given have no names, so each one is tried."
		if len(keys) == 1 {
			c.Result, c.Why = Pass, "The key that was given has no name, and it is the only one."
		}
		return c
	}
	for _, k := range keys {
		if k.kid == kid {
			c.Result, c.Why = Pass, "The key that the token names is published."
			return c
		}
	}
	c.Result, c.Why = Fail, "No published key has this name. Keys are changed now and then: fetch them again before refusing the token. Or the token is not from this provider."
	return c
}

func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// checkSignature verifies the signature with the provider's published keys.
// "Pass" is said only after go-jose has verified it.
func checkSignature(name string, j *jwt, g given) Check {
	alg, _ := j.header["alg"].(string)
	kid, _ := j.header["kid"].(string)
	c := Check{ID: "signature", Expected: "made with the provider's key", Actual: "not checked", Result: Unknown}
	if name == "access_token" && isGraph(j) {
		c.Expected, c.Why = "only Microsoft Graph can check it", "A Graph token is signed over another form of its header (its nonce is replaced by a hash), so the signature does not match for anyone else. That is by design and no fault."
		return c
	}
	algs := signatureAlgorithm(alg)
	switch {
	case len(j.parts) < 3 || j.parts[2] == "":
		c.Result, c.Actual, c.Why = Fail, "missing", "There is no signature: anyone could have written this token."
		return c
	case j.sealed:
		c.Actual, c.Why = "masked", "The signature is masked in this file, so it cannot be checked here."
		return c
	case strings.HasPrefix(alg, "HS"):
		c.Why = "An HMAC is checked with the client secret, which is not used for that here."
		keys, _ := publicKeys(g.jwks)
		signature, _ := decodeBase64(j.parts[2])
		if name, forged := forgedWith(keys, alg, []byte(j.parts[0]+"."+j.parts[1]), signature); forged {
			c.Result, c.Actual = Fail, "forged"
			c.Why = "It was made with the public key " + orUnnamed(name) + " as if that were a shared secret. The key is published, so anyone could have written this token (RFC 8725 section 2.1)."
		}
		return c
	case len(algs) == 0:
		c.Why = "No published key can check this alg."
		return c
	case g.jwks == nil:
		c.Why = upper(g.noKeys) + "."
		return c
	}
	keys, problem := publicKeys(g.jwks)
	if problem != "" {
		c.Why = upper(problem) + "."
		return c
	}
	signed, err := jose.ParseSignedCompact(strings.Join(j.parts[:3], "."), algs)
	if err != nil {
		c.Result, c.Actual, c.Why = Fail, "cannot be read", "The token's form is broken, so no library would accept it."
		return c
	}
	var tried int
	var broken string
	for _, k := range keys {
		if kid != "" && k.kid != kid && !nameless(keys) {
			continue
		}
		if k.problem != "" {
			broken = k.problem
			continue
		}
		tried++
		if k.use != "" && k.use != "sig" {
			broken = "the key is published for another use than signatures (" + k.use + ")"
			continue
		}
		if why := k.unfit(alg); why != "" {
			broken = why
			continue
		}
		if _, err := signed.Verify(k.key); err == nil {
			c.Result, c.Actual, c.Why = Pass, "valid", "Header and payload are as the provider signed them with the key "+orUnnamed(k.kid)+"."
			c.Expected = alg + " with the provider's key"
			return c
		}
	}
	switch {
	case tried == 0 && broken != "":
		c.Why = upper(broken) + "."
	case tried == 0:
		c.Why = "No published key has the kid that the token names."
		c.Result, c.Actual = Fail, "no key"
	case broken != "":
		c.Result, c.Actual, c.Why = Fail, "not valid", upper(broken)+"."
	default:
		c.Result, c.Actual, c.Why = Fail, "not valid", "Header or payload were changed after signing, or another key signed them."
	}
	if c.Result == Fail && name == "access_token" && c.Actual == "no key" {
		c.Result, c.Why = Unknown, "The keys of this provider do not include the one the token names; the API knows where its issuer's keys are."
	}
	return c
}

func orUnnamed(s string) string {
	if s == "" {
		return "(no kid)"
	}
	return s
}
