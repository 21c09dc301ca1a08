package flow

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"strings"
	"time"
)

// callbackLife is how long the callback's certificate is good for: longer than
// anybody waits for a sign-in, and no longer than a day.
const callbackLife = 24 * time.Hour

// NewLeaf makes a certificate for this machine's own names, localhost and the
// loopback addresses, and a key for it that exists in memory alone. It is
// signed by itself and is no authority (CA:FALSE): whoever gets hold of the key
// can sign nothing that a browser which trusts it would believe. It holds from
// an hour before now, because clocks differ, for life altogether.
func NewLeaf(name string, now time.Time, life time.Duration) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             now.Add(-time.Hour),
		NotAfter:              now.Add(-time.Hour).Add(life),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, // CA:FALSE is written out
		DNSNames:              []string{"localhost"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf, err := x509.ParseCertificate(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, err
}

// Fingerprint is the SHA-256 of a certificate as browsers show it: 32 octets in
// hexadecimal, separated by colons.
func Fingerprint(certificate []byte) string {
	sum := sha256.Sum256(certificate)
	return strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":")
}

// callbackCertificate is that of the https callback. One walk has one, so that
// a browser warns of it once. The walk must be locked.
func (w *Walk) callbackCertificate() (tls.Certificate, error) {
	if len(w.leaf.Certificate) > 0 {
		return w.leaf, nil
	}
	leaf, err := NewLeaf("pkcescope callback", w.now(), callbackLife)
	if err != nil {
		return tls.Certificate{}, err
	}
	w.leaf = leaf
	return leaf, nil
}

// showCertificate adds the fingerprint of the certificate to an authorization
// request whose response is awaited on https, so that it is known before the
// browser opens. The walk must be locked.
func (w *Walk) showCertificate(r *prepared) error {
	at := listenTarget(w.draft.redirectURI, r.values)
	if at == nil || at.Scheme != "https" {
		return nil
	}
	leaf, err := w.callbackCertificate()
	if err != nil {
		return err
	}
	r.values = append(r.values, Value{
		Name: CertificateValue, Value: Fingerprint(leaf.Certificate[0]), By: ByProgram, In: InLocal,
	})
	return nil
}

// CertificateValue names the value of the authorize step that holds the
// [Fingerprint] of the callback's certificate, where the callback is awaited on
// https.
const CertificateValue = "callback_certificate_sha256"
