package flow

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// The JWT Secured Authorization Response Mode for OAuth 2.0 (JARM): the
// parameters of the response are the claims of a signed JWT.
// https://openid.net/specs/oauth-v2-jarm-final.html

// jwt reports whether the mode wraps the response into a JWT.
func (m ResponseMode) jwt() bool { return m == ModeJWT || strings.HasSuffix(string(m), ".jwt") }

// jarmSkew is how far the provider's clock and ours may be apart.
const jarmSkew = 5 * time.Minute

// jarm is a response that came as a JWT.
type jarm struct {
	text string
	aud  jwt.Audience
	exp  *jwt.NumericDate
}

// unwrap takes the parameters out of a response that is a JWT. Its signature
// is not looked at here: see [Walk.verifySigned].
func (r response) unwrap() (response, *Error) {
	text := r.params.Get("response")
	if text == "" {
		return r, nil
	}
	broken := func(why string) (response, *Error) {
		return r, &Error{
			Kind: KindRefused, What: "A response came as a JWT that cannot be read.", Why: why,
			Try: "Report it to the provider. An encrypted response (of five parts) is not taken here; ask it to sign only.",
		}
	}
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return broken(fmt.Sprintf("It has %d parts, where a signed JWT has 3.", len(parts)))
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return broken("Its payload is not base64url.")
	}
	var registered jwt.Claims
	members := readMembers(&Response{Body: payload})
	if members == nil || json.Unmarshal(payload, &registered) != nil {
		return broken("Its payload is not a JSON object of claims.")
	}
	r.jarm = &jarm{text: text, aud: registered.Audience, exp: registered.Expiry}
	r.params = url.Values{}
	for name, value := range members {
		if name != "aud" && name != "exp" {
			r.params.Set(name, value)
		}
	}
	return r, nil
}

// judgeJARM makes the checks of JARM section 2.4 that need no key.
func (t *wait) judgeJARM(r response, now time.Time) *Error {
	refuse := func(what, why string) *Error {
		return &Error{Kind: KindRefused, What: what, Why: why, Try: "Report it to the provider."}
	}
	switch {
	case r.jarm == nil && t.jarm:
		return refuse("The response is not signed.",
			"A response mode with a JWT was asked for, and plain parameters came; anyone on the way could have taken the signature off.")
	case r.jarm == nil:
		return nil
	case !r.params.Has("iss"):
		return refuse("The signed response has no iss.", "JARM section 2.1 requires it.")
	case !slices.Contains(r.jarm.aud, t.clientID):
		return refuse("The signed response is for another client.",
			fmt.Sprintf("Its aud is %q and this client is %q (JARM section 2.4).", strings.Join(r.jarm.aud, " "), t.clientID))
	case r.jarm.exp == nil || now.After(r.jarm.exp.Time().Add(jarmSkew)):
		return refuse("The signed response has expired, or does not say when it does.", "JARM section 2.4 forbids to take it.")
	}
	return nil
}

// unverifiedIssuer is the iss of a JWT, whoever has signed it.
func unverifiedIssuer(text string) string {
	token, err := jwt.ParseSigned(text, signatureAlgs)
	var claims jwt.Claims
	if err != nil || token.UnsafeClaimsWithoutVerification(&claims) != nil {
		return ""
	}
	return claims.Issuer
}

// signatureAlgs are the algorithms that a provider may sign with.
var signatureAlgs = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512,
	jose.ES256, jose.ES384, jose.ES512, jose.EdDSA, jose.HS256,
}

// verifySigned verifies the signature of a JWT that came through the browser,
// a whole response (JARM) or the ID token of the hybrid flow, before anything
// of the response is used.
func (w *Walk) verifySigned(ctx context.Context, text string) error {
	bad := func(err error, why string) error {
		return Error{
			Kind: KindRefused, What: "The signature of the response is not the provider's.", Why: why,
			Try: "Nothing of the response may be used. Check the provider's keys, or report it.",
		}.Wrap(err)
	}
	// Only the signature is looked at: Keycloak 26.0 repeats iss in its signed
	// responses, which RFC 7519 section 4 allows a reader to take, and go-jose's
	// reader of claims does not.
	token, err := jose.ParseSignedCompact(text, signatureAlgs)
	if err != nil {
		return bad(err, err.Error())
	}
	signs := func(key any) bool {
		_, err := token.Verify(key)
		return err == nil
	}
	header := token.Signatures[0].Header
	if header.Algorithm == string(jose.HS256) {
		if secret := w.config().ClientSecret; secret == "" || !signs([]byte(secret)) {
			return bad(nil, "It is signed with HS256, and not with this client's secret.")
		}
		return nil
	}
	keys, err := w.fetchKeySet(ctx, StepCallback)
	if err != nil {
		return err
	}
	for _, k := range keys.Keys {
		if (header.KeyID == "" || k.KeyID == header.KeyID) && k.Use != "enc" && signs(k.Key) {
			return nil
		}
	}
	return bad(nil, fmt.Sprintf("None of the %d keys that the provider publishes verifies it; it names the key %q.", len(keys.Keys), header.KeyID))
}
