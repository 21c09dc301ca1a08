package inspect

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/go-jose/go-jose/v4"
)

// publicKey is a key of a JWKS, as far as it can be read.
type publicKey struct {
	kid, use, alg string
	key           jose.JSONWebKey
	problem       string
}

// publicKeys reads a JSON Web Key Set (RFC 7517 section 5) key by key, so that
// one broken key does not hide the others. A single key is taken as well, in
// JSON or as PEM: a public key or a certificate.
func publicKeys(jwks []byte) ([]publicKey, string) {
	if bytes.Contains(jwks, []byte("-----BEGIN ")) {
		return pemKeys(jwks)
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(jwks, &set); err != nil {
		return nil, "the document of the keys is not a JSON Web Key Set"
	}
	if set.Keys == nil {
		var one struct {
			Kty string `json:"kty"`
		}
		if json.Unmarshal(jwks, &one) == nil && one.Kty != "" {
			set.Keys = []json.RawMessage{jwks}
		}
	}
	if len(set.Keys) == 0 {
		return nil, "the document holds no keys"
	}
	var keys []publicKey
	for _, raw := range set.Keys {
		var k publicKey
		var named struct {
			Kid string `json:"kid"`
			Use string `json:"use"`
			Alg string `json:"alg"`
		}
		_ = json.Unmarshal(raw, &named)
		k.kid, k.use, k.alg = named.Kid, named.Use, named.Alg
		switch err := json.Unmarshal(raw, &k.key); {
		case err != nil:
			k.problem = "the key cannot be read"
		case !k.key.IsPublic():
			k.problem = "the key is not a public key"
		}
		keys = append(keys, k)
	}
	return keys, ""
}

// pemBlock is one block of a PEM text (RFC 7468). Its lines may have been run
// together, as they are in a field of one line.
var pemBlock = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]*)-----END`)
})

// pemKeys reads the public keys and certificates of a PEM text. They have no
// kid.
func pemKeys(text []byte) ([]publicKey, string) {
	var keys []publicKey
	for _, block := range pemBlock().FindAllSubmatch(text, -1) {
		var k publicKey
		der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(block[2])), ""))
		if err == nil {
			k.key.Key, err = publicOf(string(block[1]), der)
		}
		if err != nil {
			k.problem = "the key cannot be read"
		} else if k.key.Key == nil {
			k.problem = "the key is not a public key"
		}
		keys = append(keys, k)
	}
	if len(keys) == 0 {
		return nil, "the PEM text holds no key that can be read"
	}
	return keys, ""
}

// publicOf reads the public key in a PEM block of that kind; nil if the kind
// holds none.
func publicOf(kind string, der []byte) (any, error) {
	switch kind {
	case "PUBLIC KEY":
		return x509.ParsePKIXPublicKey(der)
	case "RSA PUBLIC KEY":
		return x509.ParsePKCS1PublicKey(der)
	case "CERTIFICATE":
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		return c.PublicKey, nil
	}
	return nil, nil
}

func keyNames(keys []publicKey) string {
	var names []string
	for _, k := range keys {
		if k.kid != "" {
			names = append(names, k.kid)
		}
	}
	if len(names) > 4 {
		return strings.Join(names[:4], ", ") + fmt.Sprintf(" and %d more", len(names)-4)
	}
	if len(names) == 0 {
		return "keys without a kid"
	}
	return strings.Join(names, ", ")
}

// nameless reports whether no key has a name, so that no kid can be looked up.
func nameless(keys []publicKey) bool {
	for _, k := range keys {
		if k.kid != "" {
			return false
		}
	}
	return true
}

// unfit says why the key cannot have made a signature with alg; "" if it can,
// or if that is not known.
func (k publicKey) unfit(alg string) string {
	if k.alg != "" && k.alg != alg {
		return "the key is for " + k.alg + ", and the token says " + alg
	}
	kind, fits := "", true
	switch key := k.key.Key.(type) {
	case *rsa.PublicKey:
		kind, fits = "an RSA key", strings.HasPrefix(alg, "RS") || strings.HasPrefix(alg, "PS")
	case *ecdsa.PublicKey:
		curve := key.Curve.Params().Name
		kind, fits = "a key on the curve "+curve, alg == map[string]string{"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}[curve]
	case ed25519.PublicKey:
		kind, fits = "an Ed25519 key", alg == "EdDSA" || alg == "Ed25519"
	}
	if fits {
		return ""
	}
	return "the key is " + kind + ", and the token says " + alg
}

// secretForms are the texts that a library may take for a shared secret when it
// is given this public key: the usual PEM and DER forms, with and without the
// line end.
func (k publicKey) secretForms() [][]byte {
	var forms [][]byte
	add := func(kind string, der []byte) {
		text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
		forms = append(forms, text, bytes.TrimSpace(text), der)
	}
	if der, err := x509.MarshalPKIXPublicKey(k.key.Key); err == nil {
		add("PUBLIC KEY", der)
	}
	if key, ok := k.key.Key.(*rsa.PublicKey); ok {
		add("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(key))
	}
	return forms
}

// forgedWith returns the name of the published key that was used as the secret
// of an HMAC (RFC 8725 section 2.1), if one was.
func forgedWith(keys []publicKey, alg string, signed, signature []byte) (kid string, forged bool) {
	h, known := hashFor(alg)
	if !known {
		return "", false
	}
	for _, k := range keys {
		for _, secret := range k.secretForms() {
			mac := hmac.New(h.New, secret)
			mac.Write(signed)
			if hmac.Equal(mac.Sum(nil), signature) {
				return k.kid, true
			}
		}
	}
	return "", false
}
