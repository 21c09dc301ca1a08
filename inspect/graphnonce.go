package inspect

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// graphNonce explains why nobody but Graph can validate a Graph token, and
// shows what was seen to be behind it. It is reported by people who tried
// (github.com/AzureAD, azure-ad-verify-token issue 5), and documented nowhere:
// the header that is signed has the nonce's SHA-256 in the nonce's place.
func graphNonce(j *jwt, g given) string {
	nonce, ok := j.header["nonce"].(string)
	if !ok || len(j.parts) < 3 {
		return ""
	}
	sum := sha256.Sum256([]byte(nonce))
	hashed := base64.RawURLEncoding.EncodeToString(sum[:])
	said := "Unsupported, a curiosity: people report that the header that was signed has the SHA-256 of the nonce in its place, here " + hashed + "."
	if g.jwks == nil || j.sealed {
		return said + " Microsoft may change that on any day; build nothing on it."
	}
	verified := " With that in its place the signature still does not match the known keys."
	alg, _ := j.header["alg"].(string)
	algs := signatureAlgorithm(alg)
	// The octets of the header count, so that only the nonce is exchanged.
	header := strings.Replace(string(j.headerJSON), `"`+nonce+`"`, `"`+hashed+`"`, 1)
	text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + j.parts[1] + "." + j.parts[2]
	if signed, err := jose.ParseSignedCompact(text, algs); err == nil && len(algs) > 0 {
		keys, _ := publicKeys(g.jwks)
		for _, k := range keys {
			if k.problem != "" {
				continue
			}
			if _, err := signed.Verify(k.key); err == nil {
				verified = " With that in its place the signature matches the key " + orUnnamed(k.kid) + "."
			}
		}
	}
	return said + verified + " Microsoft may change that on any day; build nothing on it."
}
