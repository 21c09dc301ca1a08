package flow

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"sync"
)

// A mask names a secret by a fingerprint: the first 8 hex digits of its
// HMAC-SHA256 under a key that is in no file. Whoever has the key (one person,
// on all their runs) sees that the same client secret was used in two files, or
// another one; whoever has only the files can test no guess, not even of a code
// of six digits. With a salt that stands in the file, as is usual for
// passwords, a short secret would be found by trying them all.
var fingerprints struct {
	sync.Mutex
	load func() ([]byte, error)
	key  []byte
}

// leastFingerprintKey is the length of a key, in octets, below which it is not
// used.
const leastFingerprintKey = 16

// FingerprintKeyFrom says where the key of the fingerprints is. load is called
// once, before the first secret is masked. Without it, or if it fails or gives
// less than 16 octets, a key is made up that ends with the process.
func FingerprintKeyFrom(load func() ([]byte, error)) {
	fingerprints.Lock()
	defer fingerprints.Unlock()
	fingerprints.load, fingerprints.key = load, nil
}

func fingerprintKey() []byte {
	fingerprints.Lock()
	defer fingerprints.Unlock()
	if fingerprints.key == nil {
		if fingerprints.load != nil {
			if key, err := fingerprints.load(); err == nil && len(key) >= leastFingerprintKey {
				fingerprints.key = key
				return key
			}
		}
		fingerprints.key = make([]byte, 32)
		_, _ = rand.Read(fingerprints.key) // it never fails
	}
	return fingerprints.key
}

// key is what the fingerprints of t are made with.
func (t Transcript) key() []byte {
	if t.Salt != "" {
		return []byte(t.Salt)
	}
	return fingerprintKey()
}

// keyName names a key without telling it.
func keyName(key []byte) string {
	return hex.EncodeToString(keyed(key, "pkcescope: the name of a fingerprint key")[:8])
}

func keyed(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write([]byte(text))
	return h.Sum(nil)
}
