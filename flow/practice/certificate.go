package practice

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// certificateLifetime is how long a certificate of ours is good for.
const certificateLifetime = 30 * 24 * time.Hour

// Names of the files in [Options.TLSDir].
const (
	CertificateFile = "practice-certificate.pem"
	keyFile         = "practice-key.pem"
)

// serverCertificate returns the certificate for HTTPS: the one in dir if it is
// still good for a day, else a new one, which is kept in dir if that is set.
// We never install it anywhere; whoever wants to trust it does so by hand.
func serverCertificate(dir string, now time.Time) (tls.Certificate, error) {
	if dir != "" {
		cert, err := tls.LoadX509KeyPair(filepath.Join(dir, CertificateFile), filepath.Join(dir, keyFile))
		if err == nil && now.Add(24*time.Hour).Before(cert.Leaf.NotAfter) && !cert.Leaf.IsCA && ownersAlone(filepath.Join(dir, keyFile)) {
			return cert, nil
		}
	}
	certPEM, keyPEM, err := newCertificate(now)
	if err != nil {
		return tls.Certificate{}, err
	}
	if dir != "" {
		if err := keepCertificate(dir, certPEM, keyPEM); err != nil {
			return tls.Certificate{}, flow.Error{
				Kind: flow.KindRefused, What: "The practice tenant's certificate cannot be kept in " + dir + ".",
				Why: err.Error(), Try: "Choose a configuration directory that can be written to (XDG_CONFIG_HOME), or leave HTTPS out.",
			}.Wrap(err)
		}
	}
	return tls.X509KeyPair(certPEM, keyPEM)
}

// ownersAlone says whether nobody but its owner can read a file. A key that
// others could have read is not used again.
func ownersAlone(name string) bool {
	info, err := os.Stat(name)
	return err == nil && (runtime.GOOS == "windows" || info.Mode().Perm()&0o077 == 0)
}

// newCertificate makes a leaf certificate for this machine's own names.
func newCertificate(now time.Time) (certPEM, keyPEM []byte, err error) {
	leaf, err := flow.NewLeaf("pkcescope practice tenant", now, certificateLifetime)
	if err != nil {
		return nil, nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(leaf.PrivateKey)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Leaf.Raw}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), nil
}

// keepCertificate writes both files, the key readable by its owner alone.
func keepCertificate(dir string, certPEM, keyPEM []byte) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	// A file that is there already keeps its mode when it is written to, so it
	// goes first.
	if err := os.Remove(filepath.Join(dir, keyFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, keyFile), keyPEM, 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, CertificateFile), certPEM, 0o644) //nolint:gosec // A certificate is public.
}

// Certificate returns the tenant's HTTPS certificate in PEM, for a client to
// trust; nil without TLS.
func (s *Server) Certificate() []byte {
	if s.cert == nil {
		return nil
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.cert.Raw})
}

// baseURL is the tenant's address. With TLS it names localhost, which clients
// accept in a certificate more readily than an address.
func baseURL(addr net.Addr, secure bool) string {
	if !secure {
		return "http://" + addr.String()
	}
	_, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return "https://" + addr.String()
	}
	return fmt.Sprintf("https://%s", net.JoinHostPort("localhost", port))
}
