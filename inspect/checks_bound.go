package inspect

import (
	"crypto"
	"encoding/base64"
	"encoding/json"

	"github.com/go-jose/go-jose/v4"

	"github.com/pkcescope/pkcescope/flow"
)

// possession is what a client proved to have when it asked for a token, and to which
// the token may be bound. What is empty is not known.
type possession struct {
	certificate string // x5t#S256 of the certificate that was shown (RFC 8705 section 3.1)
	proof       string // jkt of the key of the DPoP proof (RFC 9449 section 6.1)
}

// possessionOf reads it off a step that asked for tokens.
func possessionOf(s flow.Step) possession {
	var k possession
	if ex := lastAnswered(s); ex != nil && ex.TLS != nil {
		k.certificate = ex.TLS.ClientCertificate
	}
	proof := takeApart(sentJWT(s, "dpop"))
	text, _ := json.Marshal(proof.header["jwk"]) // it was JSON before
	var jwk jose.JSONWebKey
	if jwk.UnmarshalJSON(text) == nil {
		if sum, err := jwk.Thumbprint(crypto.SHA256); err == nil {
			k.proof = base64.RawURLEncoding.EncodeToString(sum)
		}
	}
	return k
}

// checkBound checks whether an access token is bound to what the client proved
// to have; ok is false where there is nothing to say.
func checkBound(j *jwt, g given) (c Check, ok bool) {
	v, has := j.claim("cnf")
	c = Check{ID: "cnf", Actual: claimText(v), Result: Unknown}
	members, _ := v.(map[string]any)
	var known, by string
	switch {
	case !has && g.bound.certificate != "":
		c.Expected, c.Actual = "x5t#S256: "+g.bound.certificate, "absent"
		c.Why = "The client showed its certificate, and the token is not bound to it: whoever has the token can use it. A provider need not bind it (RFC 8705 section 3); at many it is a setting of the client."
		return c, true
	case !has:
		return c, false
	case members["x5t#S256"] != nil:
		c.Actual, known, by = claimText(members["x5t#S256"]), g.bound.certificate, "certificate that the client showed"
	case members["jkt"] != nil:
		c.Actual, known, by = claimText(members["jkt"]), g.bound.proof, "key of the client's DPoP proof"
	default:
		c.Expected, c.Why = "x5t#S256 or jkt", "The token is bound in another way than to a certificate or a DPoP key."
		return c, true
	}
	switch c.Expected = known; {
	case known == "":
		c.Expected, c.Why = "the fingerprint of the "+by, "It is not known here. The token is of use only together with it."
	case same(known, c.Actual):
		c.Result, c.Why = Pass, "It is the fingerprint of the "+by+". Whoever has the token alone can do nothing with it, at an API that compares the two."
	default:
		c.Result, c.Why = Fail, "The token is bound to something else than the "+by+": an API that compares the two refuses it."
	}
	return c, true
}
