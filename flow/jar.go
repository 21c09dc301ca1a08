package flow

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// requestObjectType is the typ of a request object, RFC 9101 section 10.8.
const requestObjectType = "oauth-authz-req+jwt"

// wrapped is the authorization request, inside a request object if one is
// asked for.
func (w *Walk) wrapped(id StepID) (prepared, error) {
	plain := w.plainAuthorizeRequest()
	c := w.t.Config
	if c.Protection.JAR == JARNone {
		return plain, nil
	}
	// What is changed is changed inside, before it is signed: beside a request
	// object the provider ignores it (RFC 9101 section 6.3).
	changed := map[string]bool{}
	for _, e := range c.Edits {
		if e.Step == id && insideObject(e) {
			plain.URL = setQuery(plain.URL, e.Name, e.Value, e.Unset)
			changed[e.Name] = true
		}
	}
	_, query, _ := cutQuery(plain.URL)
	text, err := w.once(id, "request "+query, func() (string, error) { return w.requestObject(query) })
	if err != nil {
		return prepared{}, err
	}
	r := get(c.Provider.AuthorizationEndpoint, ByProgram)
	r.object = true
	r.values = []Value{{Name: "url", By: ByProgram, In: InLocal}}
	// RFC 9101 section 5 needs client_id alone outside; response_type and scope
	// are there for providers that go by OpenID Connect Core section 6.1.
	for name, value := range pairs(query) {
		by := ByYou
		if i := slices.IndexFunc(plain.values, func(v Value) bool { return v.Name == name }); i >= 0 {
			by = plain.values[i].By
		}
		switch name {
		case "client_id", "response_type", "scope":
			r.URL = setQuery(r.URL, name, value, false)
			r.values = append(r.values, Value{Name: name, Value: value, By: by})
		}
		v := Value{Name: name, Value: value, By: by, PKCE: pkceNames[name], Secret: isSecretName(name), In: InLocal, Edited: changed[name]}
		if v.Edited {
			v.By = ByYou
		}
		r.inside = append(r.inside, v)
	}
	r.URL = setQuery(r.URL, "request", text, false)
	r.values = append(r.values, Value{Name: "request", Value: text, By: ByProgram})
	return r, nil
}

// insideObject says whether an edit of the authorization request changes what
// is inside its request object: all do but those of the address, of headers, of
// the object itself and of how the client authenticates.
func insideObject(e Edit) bool {
	return e.Name != "url" && e.Name != "request" && !strings.HasPrefix(e.Name, "header.") &&
		(e.Name == "client_id" || !isClientAuth(e.Name))
}

// requestObject is the JWT of RFC 9101 section 4: the parameters as claims.
func (w *Walk) requestObject(query string) (string, error) {
	c, now := w.t.Config, w.now()
	claims := map[string]any{
		"iss": c.ClientID, "aud": defaultTo(c.Provider.Issuer, c.Issuer), "jti": rand.Text(),
		"iat": jwt.NewNumericDate(now), "nbf": jwt.NewNumericDate(now), "exp": jwt.NewNumericDate(now.Add(assertionLife)),
	}
	if claims["aud"] == "" {
		claims["aud"] = c.Provider.AuthorizationEndpoint
	}
	for name, value := range pairs(query) {
		switch name {
		case "claims", "authorization_details":
			claims[name] = json.RawMessage(value)
		case "max_age":
			if n, err := strconv.Atoi(value); err == nil {
				claims[name] = n
			}
		case "resource":
			list, _ := claims[name].([]string)
			claims[name] = append(list, value)
		default:
			claims[name] = value
		}
	}
	var signer jose.Signer
	var err error
	if c.Credential.given() {
		signer, err = c.keySigner(requestObjectType, c.Provider.RequestObjectAlgs)
	} else {
		signer, err = secretSigner(c.ClientSecret, requestObjectType)
	}
	if err != nil {
		return "", err
	}
	signed, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil || c.Protection.JAR != JAREncrypted {
		return signed, err
	}
	return w.encrypted(signed)
}

// encrypted encrypts a request object to the provider's key.
func (w *Walk) encrypted(signed string) (string, error) {
	var to *jose.JSONWebKey
	for i, k := range w.keys.Keys {
		if k.Use == "enc" && k.IsPublic() {
			to = &w.keys.Keys[i]
			break
		}
	}
	if to == nil {
		return "", &Error{
			Kind: KindRefused, What: "The provider publishes no key for encryption.",
			Why: fmt.Sprintf("None of its %d keys has the use enc (RFC 7517 section 4.2).", len(w.keys.Keys)),
			Try: "Sign the request object only.",
		}
	}
	alg := jose.KeyAlgorithm(to.Algorithm)
	switch to.Key.(type) {
	case *rsa.PublicKey:
		alg = defaultTo(alg, jose.RSA_OAEP)
	case *ecdsa.PublicKey:
		alg = defaultTo(alg, jose.ECDH_ES)
	}
	enc, err := jose.NewEncrypter(jose.A128CBC_HS256, jose.Recipient{Algorithm: alg, Key: to},
		(&jose.EncrypterOptions{}).WithContentType("JWT"))
	if err != nil {
		return "", Error{
			Kind: KindRefused, What: "The request object cannot be encrypted with the provider's key.", Why: err.Error(),
			Try: "Sign the request object only.",
		}.Wrap(err)
	}
	object, err := enc.Encrypt([]byte(signed))
	if err != nil {
		return "", err
	}
	return object.CompactSerialize()
}
