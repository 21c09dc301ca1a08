package practice

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"testing"
)

// Clients write the thumbprint in whichever alphabet of base64, and with or
// without its padding.
func TestACertificateIsFoundByEverySpellingOfItsThumbprint(t *testing.T) {
	for range 8 { // most thumbprints have a character in which the alphabets differ
		cert := newClientCertificate(t).cert
		s1, s256 := sha1.Sum(cert.Raw), sha256.Sum256(cert.Raw)
		for _, sum := range [][]byte{s1[:], s256[:]} {
			for _, e := range []*base64.Encoding{base64.RawURLEncoding, base64.URLEncoding, base64.StdEncoding} {
				if sent := e.EncodeToString(sum); !thumbprints(cert)[sent] {
					t.Errorf("%s is not found", sent)
				}
			}
		}
	}
}
