package practice

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // x5t is by definition the SHA-1 of the certificate (RFC 7517 section 4.8).
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"math/big"
	"sync"
	"time"
)

// keyring holds the tenant's signing keys, newest last. The first is made in
// the background: RSA takes long enough to be seen at start.
type keyring struct {
	first func() *signingKey
	mu    sync.Mutex
	more  []*signingKey
}

type signingKey struct {
	id      string // kid and x5t: base64url of the certificate's SHA-1
	private *rsa.PrivateKey
	cert    []byte // DER, self-signed, for x5c
}

// testOnlyKey, if set, makes the first key of every tenant: a test starts
// hundreds of them.
var testOnlyKey func() *signingKey

func newKeyring() *keyring {
	k := &keyring{first: sync.OnceValue(newSigningKey)}
	if testOnlyKey != nil {
		k.first = testOnlyKey
	}
	go k.first()
	return k
}

// newest waits for the key that signs.
func (k *keyring) newest() *signingKey {
	all := k.all()
	return all[len(all)-1]
}

func (k *keyring) all() []*signingKey {
	first := k.first()
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]*signingKey{first}, k.more...)
}

// rotate adds a key, which signs from now on. The old ones stay published.
func (k *keyring) rotate() {
	key := newSigningKey()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.more = append(k.more, key)
}

// unpublishedKey signs for the fault "stale-key".
var unpublishedKey = sync.OnceValue(newSigningKey)

func newSigningKey() *signingKey {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic("practice: no random numbers: " + err.Error())
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "pkcescope practice tenant, token signing"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().AddDate(1, 0, 0),
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		panic("practice: signing certificate: " + err.Error())
	}
	sum := sha1.Sum(cert) //nolint:gosec // see the import
	return &signingKey{id: base64.RawURLEncoding.EncodeToString(sum[:]), private: private, cert: cert}
}
