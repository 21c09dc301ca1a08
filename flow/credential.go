package flow

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/go-jose/go-jose/v4"
	"software.sslmate.com/src/go-pkcs12"
)

// Credential is what a client proves itself with in place of a secret: a
// private key, and for some providers a certificate of it. It is never saved.
type Credential struct {
	// KeyFile is a private key in PEM, a PFX (PKCS #12) or a private JSON Web
	// Key (RFC 7517); CertificateFile a certificate in PEM, where the key's
	// file has none. They are read by [New].
	KeyFile, CertificateFile string
	// Password opens a PFX.
	Password string
	// KeyID is the kid under which the provider knows the key; empty leaves it
	// to what the file says.
	KeyID string

	key          crypto.Signer
	certificates []*x509.Certificate // the key's own first
}

// given reports whether there is a credential at all.
func (k Credential) given() bool { return k.KeyFile != "" || k.key != nil }

// refuseKey words what is wrong with a credential.
func refuseKey(err error, what, why, try string) error {
	return Error{Kind: KindRefused, What: what, Why: why, Try: try}.Wrap(err)
}

// load reads the files of k and checks that key and certificate belong
// together and hold at this time.
func (k *Credential) load(now time.Time) error {
	if k.key != nil {
		return nil
	}
	data, err := os.ReadFile(k.KeyFile)
	if err != nil {
		return refuseKey(err, "The client's key cannot be read.", err.Error(), "Check the path and the permissions of the file.")
	}
	if err := k.parse(data); err != nil {
		return err
	}
	if k.CertificateFile != "" {
		data, err := os.ReadFile(k.CertificateFile)
		if err != nil {
			return refuseKey(err, "The client's certificate cannot be read.", err.Error(), "Check the path and the permissions of the file.")
		}
		if err := k.parsePEM(data); err != nil {
			return err
		}
	}
	return k.check(now)
}

// parse reads a key of whichever form.
func (k *Credential) parse(data []byte) error {
	var jwk jose.JSONWebKey
	switch {
	case bytes.Contains(data, []byte("-----BEGIN ")):
		return k.parsePEM(data)
	case bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")):
		if err := jwk.UnmarshalJSON(data); err != nil {
			return refuseKey(err, "The client's key is not a JSON Web Key.", err.Error(), "It is one key with its private members, not a set (RFC 7517).")
		}
		k.certificates = append(k.certificates, jwk.Certificates...)
		k.KeyID = defaultTo(k.KeyID, jwk.KeyID)
		return k.use(jwk.Key)
	default:
		return k.parsePFX(data)
	}
}

// parsePEM takes the private key and the certificates of a PEM file.
func (k *Credential) parsePEM(data []byte) error {
	found := false
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			break
		}
		found = true
		var key any
		var err error
		switch block.Type {
		case "CERTIFICATE":
			cert, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return refuseKey(err, "The certificate cannot be read.", err.Error(), "Export it anew, in PEM.")
			}
			k.certificates = append(k.certificates, cert)
			continue
		case "PRIVATE KEY":
			key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
		case "RSA PRIVATE KEY":
			key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
		case "EC PRIVATE KEY":
			key, err = x509.ParseECPrivateKey(block.Bytes)
		case "ENCRYPTED PRIVATE KEY":
			return refuseKey(nil, "The private key is encrypted.", "An encrypted key in PEM is not read; a PFX is.",
				"Make a PFX of it: openssl pkcs12 -export -inkey key.pem -in cert.pem -out client.pfx")
		default:
			continue // EC PARAMETERS and the like
		}
		if err == nil && block.Headers["DEK-Info"] != "" {
			err = errors.New("it is encrypted")
		}
		if err != nil {
			return refuseKey(err, "The private key cannot be read.", err.Error(), "Export it anew, unencrypted in PEM or as a PFX.")
		}
		if err := k.use(key); err != nil {
			return err
		}
	}
	if !found {
		return refuseKey(nil, "There is neither key nor certificate in the file.", "It is not PEM.", "Check that it is the right file.")
	}
	return nil
}

// parsePFX takes the key and the chain of a PKCS #12 file, RFC 7292.
func (k *Credential) parsePFX(data []byte) error {
	key, cert, chain, err := pkcs12.DecodeChain(data, k.Password)
	switch {
	case errors.Is(err, pkcs12.ErrIncorrectPassword) && k.Password == "":
		return refuseKey(err, "The PFX needs a password.", "None was given, and it does not open without one.", "Give the password it was exported with.")
	case errors.Is(err, pkcs12.ErrIncorrectPassword):
		return refuseKey(err, "The password does not open the PFX.", "Its checksum does not agree with the password that was given.",
			"Give the password that was typed when the file was exported; it has nothing to do with the client secret.")
	case err != nil:
		return refuseKey(err, "The client's key is neither PEM nor a PFX nor a JSON Web Key.", err.Error(), "Check that it is the right file.")
	}
	k.certificates = append([]*x509.Certificate{cert}, chain...)
	return k.use(key)
}

// use takes a key that can sign.
func (k *Credential) use(key any) error {
	switch key := key.(type) {
	case *rsa.PrivateKey:
		k.key = key
	case *ecdsa.PrivateKey:
		k.key = key
	case ed25519.PrivateKey:
		k.key = key
	default:
		return refuseKey(nil, "The client's key cannot sign.", fmt.Sprintf("It is of the type %T.", key),
			"Give a private key: RSA, an elliptic curve or Ed25519.")
	}
	return nil
}

// check says what a provider would refuse only after the sign-in.
func (k *Credential) check(now time.Time) error {
	if k.key == nil {
		return refuseKey(nil, "There is no private key in the file.", "A certificate alone proves nothing: everybody may have it.",
			"Give the private key as well, or a PFX, which holds both.")
	}
	if len(k.certificates) == 0 {
		return nil
	}
	cert := k.certificates[0]
	public, ok := k.key.Public().(interface{ Equal(crypto.PublicKey) bool })
	switch {
	case !ok || !public.Equal(cert.PublicKey):
		return refuseKey(nil, "The certificate is not for this key.",
			fmt.Sprintf("It is for %q, and holds another public key than the private key's.", cert.Subject),
			"Give the certificate and the key that were made together.")
	case now.After(cert.NotAfter):
		return refuseKey(nil, "The client's certificate has expired.",
			fmt.Sprintf("%q ended on %s.", cert.Subject, cert.NotAfter.UTC().Format(time.RFC1123)),
			"Make a new one, upload it at the provider, and use it here. If the date is wrong, check this machine's clock.")
	case now.Before(cert.NotBefore):
		return refuseKey(nil, "The client's certificate is not valid yet.",
			fmt.Sprintf("%q begins on %s.", cert.Subject, cert.NotBefore.UTC().Format(time.RFC1123)),
			"Check this machine's clock.")
	}
	return nil
}

// fingerprint is the x5t#S256 of the certificate (RFC 7515 section 4.1.8).
func (k Credential) fingerprint() string {
	sum := sha256.Sum256(k.certificates[0].Raw)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// tls is the credential for a TLS handshake.
func (k Credential) tls() tls.Certificate {
	c := tls.Certificate{PrivateKey: k.key, Leaf: k.certificates[0]}
	for _, cert := range k.certificates {
		c.Certificate = append(c.Certificate, cert.Raw)
	}
	return c
}
