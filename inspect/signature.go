package inspect

import (
	"slices"
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

func checkAlg(j *jwt, g given) Check {
	c := Check{ID: "alg", Actual: claimText(j.header["alg"]), Expected: "an algorithm with a public key, such as RS256"}
	alg, _ := j.header["alg"].(string)
	if len(g.algs) > 0 {
		c.Expected = strings.Join(g.algs, " or ") + " (from the metadata)"
	}
	switch {
	case alg == "":
		c.Result, c.Actual, c.Why = Fail, "missing", "Without alg nobody can say how the token is signed (RFC 7515 section 4.1.1)."
	case strings.EqualFold(alg, "none"):
		c.Result, c.Why = Fail, "An unsigned token can be written by anyone."
	case len(g.algs) > 0 && !slices.Contains(g.algs, alg) && strings.HasPrefix(alg, "HS"):
		c.Result, c.Why = Fail, "The provider does not promise HMAC. A token that is signed with the public key as if it were a shared secret looks like this: it must be refused."
	case len(g.algs) > 0 && !slices.Contains(g.algs, alg):
		c.Result, c.Why = Fail, "The provider's metadata does not promise this algorithm."
	case strings.HasPrefix(alg, "HS"):
		c.Result, c.Why = Unknown, "HMAC is signed with the client secret: fine only for a confidential client that asked for it, and forged if the public key was used as the secret."
	case len(signatureAlgorithm(alg)) == 0:
		c.Result, c.Why = Unknown, "This algorithm is not known here."
	default:
		c.Result, c.Why = Pass, "The client decides which algorithms it takes; the token only says which one it used."
	}
	if c.Result != Fail {
		if why := unfitKey(j, g, alg); why != "" {
			c.Result, c.Why = Fail, upper(why)+": the two do not go together, and the token must be refused."
		}
	}
	return c
}

// unfitKey says why the published key that the token names cannot have signed
// with alg.
func unfitKey(j *jwt, g given, alg string) string {
	kid, named := j.header["kid"].(string)
	if !named || g.jwks == nil {
		return ""
	}
	keys, _ := publicKeys(g.jwks)
	for _, k := range keys {
		if k.kid == kid && k.problem == "" {
			return k.unfit(alg)
		}
	}
	return ""
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
	signed, mended, err := j.parseSigned(algs)
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
			if mended {
				c.Actual = "valid once mended"
				c.Why += " That holds for the token in base64url without padding; as it stands here a library refuses it."
			}
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
	case mended:
		c.Result, c.Actual, c.Why = Fail, "not valid", "As it stands no library accepts its form, and in base64url without padding the signature does not match either. An issuer that signs the form that stands here is not checked."
	case !signatureFits(alg, j.parts[2]):
		octets, _ := decodeBase64(j.parts[2])
		c.Result, c.Actual, c.Why = Fail, "not valid", "The signature has "+count(len(octets), "octet")+", and "+alg+" makes none of that length: it was cut off, or something was added."
	default:
		c.Result, c.Actual, c.Why = Fail, "not valid", "Header or payload were changed after signing, or another key signed them."
	}
	if c.Result == Fail && name == "access_token" && c.Actual == "no key" {
		c.Result, c.Why = Unknown, "The keys of this provider do not include the one the token names; the API knows where its issuer's keys are."
	}
	return c
}

// parseSigned reads the token for go-jose. What it refuses because of padding
// or of standard base64 is given to it in base64url, and then mended is true.
func (j *jwt) parseSigned(algs []jose.SignatureAlgorithm) (signed *jose.JSONWebSignature, mended bool, err error) {
	if len(j.loose) > 0 {
		signed, err = jose.ParseSignedJSON(j.flattened(), algs)
		return signed, false, err
	}
	text := strings.Join(j.parts[:3], ".")
	if signed, err = jose.ParseSignedCompact(text, algs); err == nil {
		return signed, false, nil
	}
	plain := strings.NewReplacer("=", "", "+", "-", "/", "_").Replace(text)
	if plain == text {
		return nil, false, err
	}
	signed, err = jose.ParseSignedCompact(plain, algs)
	return signed, true, err
}

// afterMending says what a result means for a token that was mended before: it
// is about what was read, not about what was pasted.
func afterMending(c *Check) {
	switch c.Result {
	case Pass:
		c.Why += " It was checked over what was read, after mending; that it holds shows that the mending gave back what was signed."
	case Fail:
		c.Why += " It was checked over what was read, after mending: the copy may be at fault, not the token."
	case Unknown:
	}
}

func orUnnamed(s string) string {
	if s == "" {
		return "(no kid)"
	}
	return s
}
