package inspect

import (
	"crypto"
	"crypto/subtle"
	"encoding/base64"
	"slices"
	"strings"

	// The hashes that at_hash and c_hash can be made with.
	_ "crypto/sha256"
	_ "crypto/sha512"
)

// Checks of what ties a token to the request that it answers, and to what came
// with it.

func checkNonce(j *jwt, g given) Check {
	v, has := j.claim("nonce")
	c := Check{ID: "nonce", Actual: claimText(v), Expected: g.nonce}
	if !has {
		c.Actual = "absent"
	}
	switch {
	case g.refreshed && !has:
		// OpenID Connect Core section 12.2.
		c.Result, c.Expected, c.Why = Pass, "absent, or "+orUnknown(g.nonce), "An ID token that came for a refresh token need not repeat the nonce."
	case !g.nonceKnown:
		c.Result, c.Expected, c.Why = Unknown, "not known", "It is not known which nonce was sent, if any."
	case g.nonce == "" && !has:
		c.Result, c.Expected, c.Why = Unknown, "none was sent", "None was sent, so nothing ties this token to this request: an ID token from elsewhere could be put in its place."
	case g.nonce == "":
		c.Result, c.Expected, c.Why = Fail, "none was sent", "The token answers a request that had a nonce, and ours had none: it was made for another request."
	case !has:
		c.Result, c.Why = Fail, "A nonce was sent, and the token must repeat it (OpenID Connect Core section 3.1.3.7)."
	case same(claimText(v), g.nonce):
		c.Result, c.Why = Pass, "The token repeats the nonce that was sent: it was made for this request."
	default:
		c.Result, c.Why = Fail, "The token was made for another request: refuse it."
	}
	return c
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// checkHash checks at_hash or c_hash: the left half of the hash of what came
// along (OpenID Connect Core section 3.1.3.6). In the code flow both claims are
// optional, and absence is no news.
func checkHash(id, of string, j *jwt, value string) (Check, bool) {
	v, has := j.claim(id)
	c := Check{ID: id, Actual: claimText(v)}
	if !has {
		if id != "at_hash" {
			return c, false
		}
		c.Result, c.Expected, c.Actual, c.Why = Pass, "absent, or the hash of the access token", "absent", "In the code flow the claim is optional: both tokens came over the same protected connection."
		return c, true
	}
	alg, _ := j.header["alg"].(string)
	h, known := hashFor(alg)
	switch {
	case value == "":
		c.Result, c.Expected, c.Why = Unknown, "the hash of the "+of, "The "+of+" that it goes with is not known here."
	case masked(value):
		c.Result, c.Expected, c.Why = Unknown, "the hash of the "+of, "The "+of+" is masked in this file, so its hash cannot be made."
	case !known:
		c.Result, c.Expected, c.Why = Unknown, "the hash of the "+of, "It is not known which hash goes with this alg."
	default:
		d := h.New()
		d.Write([]byte(value))
		sum := d.Sum(nil)
		c.Expected = base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
		if same(c.Expected, claimText(v)) {
			c.Result, c.Why = Pass, "The left half of the "+of+"'s hash, in base64url: the two belong together."
		} else {
			c.Result, c.Why = Fail, "The token does not belong to this "+of+": one of the two was exchanged."
		}
	}
	return c, true
}

func hashFor(alg string) (crypto.Hash, bool) {
	switch {
	case strings.HasSuffix(alg, "256"):
		return crypto.SHA256, true
	case strings.HasSuffix(alg, "384"):
		return crypto.SHA384, true
	case strings.HasSuffix(alg, "512"), alg == "EdDSA":
		return crypto.SHA512, true
	}
	return 0, false
}

// checkAcr is made when acr_values was asked for. It is a wish, which the
// provider may leave unfulfilled.
func checkAcr(j *jwt, g given) (Check, bool) {
	asked := strings.Fields(g.authorize.get("acr_values"))
	if len(asked) == 0 {
		return Check{}, false
	}
	v, has := j.claim("acr")
	c := Check{ID: "acr", Expected: strings.Join(asked, " or "), Actual: claimText(v)}
	switch {
	case !has:
		c.Result, c.Actual, c.Why = Unknown, "absent", "acr_values is a wish: the provider need not say what it did."
	case slices.Contains(asked, claimText(v)):
		c.Result, c.Why = Pass, "The person signed in as was asked."
	default:
		c.Result, c.Why = Fail, "The person signed in in another way than was asked."
	}
	return c, true
}
