package flow

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strings"
	"syscall"
)

// transportError says in words why no usable answer came from u. partial is
// what arrived of one, if anything did.
func transportError(err error, u *url.URL, partial *Response) *Error {
	e := Error{Kind: KindTransport, Why: err.Error()}
	host := u.Hostname()
	var (
		dns      *net.DNSError
		op       *net.OpError
		unknown  x509.UnknownAuthorityError
		hostname x509.HostnameError
		invalid  x509.CertificateInvalidError
		verify   *tls.CertificateVerificationError
		record   tls.RecordHeaderError
		alert    tls.AlertError
	)
	switch {
	case partial != nil:
		e.What = fmt.Sprintf("The answer from %s broke off after %d octets.", host, partial.Size)
		e.Try = "Try again. If it happens each time, something between here and there cuts the connection."
		if errors.Is(err, io.ErrUnexpectedEOF) {
			e.Why = "The connection was closed before the announced length had arrived."
		}
		if isTimeout(err) {
			e.Why = fmt.Sprintf("The rest did not come within %s.", requestTimeout)
		}
	case errors.As(err, &dns):
		e.What = fmt.Sprintf("The name %s could not be found.", dns.Name)
		e.Try = "Check the spelling of the host, and that this machine is connected (a VPN may be needed)."
		if dns.IsTimeout {
			e.What = fmt.Sprintf("Looking up the name %s took too long.", dns.Name)
		}
		if dns.IsNotFound {
			e.Why = "The name service knows no such host."
		}
	case strings.HasSuffix(err.Error(), http.StatusText(http.StatusProxyAuthRequired)):
		// net/http has no error of its own for it (transport.go, dialConn).
		e.What = "The proxy wants to know who asks, and let nothing through."
		e.Try = "Put name and password into HTTPS_PROXY (http://NAME:PASSWORD@HOST:PORT), or name the provider's host in NO_PROXY."
	case errors.As(err, &op) && op.Op == "proxyconnect":
		e.What = "The proxy did not let the connection through."
		e.Try = "Check the proxy settings in HTTPS_PROXY, HTTP_PROXY and NO_PROXY."
	case isErrno(err, syscall.ECONNREFUSED, 10061):
		e.What = fmt.Sprintf("Nothing answers at %s.", u.Host)
		e.Why = "The host is there, and refuses connections on that port."
		e.Try = "Check the port, and that the server is running."
	case errors.As(err, &unknown):
		e.What = fmt.Sprintf("The certificate of %s was not issued by an authority that this machine trusts.", host)
		e.Why = certificateStory(unknown.Cert, err)
		e.Try = "On a company network that inspects TLS, install the company's root certificate on this machine; for a test server, its own."
		if runtime.GOOS != "windows" && runtime.GOOS != "darwin" { // crypto/x509 reads it elsewhere only
			e.Try += " SSL_CERT_FILE can name another file of root certificates."
		}
	case errors.As(err, &hostname):
		e.What = fmt.Sprintf("The certificate that was shown is not for %s.", host)
		e.Why = certificateStory(hostname.Certificate, err)
		e.Try = "Check the host in the URL. A proxy or captive portal may be answering in its place."
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		e.What = fmt.Sprintf("The certificate of %s is out of date, or not valid yet.", host)
		e.Try = "Check this machine's clock. If it is right, the server needs a new certificate."
	case errors.As(err, &invalid), errors.As(err, &verify):
		e.What = fmt.Sprintf("The certificate of %s is not acceptable.", host)
		e.Try = "Look at the certificate, and at who issued it."
	case errors.As(err, &record):
		e.What = fmt.Sprintf("%s does not speak TLS on that port.", u.Host)
		e.Try = "Check the port, and whether the URL should begin with http://."
	case strings.HasSuffix(err.Error(), "tls: protocol version not supported"):
		e.What = fmt.Sprintf("%s speaks an obsolete TLS only.", u.Host)
		e.Why = "TLS 1.0 and 1.1 must not be used (RFC 8996); this program, like every current client, asks for TLS 1.2 or 1.3."
		e.Try = "Have TLS 1.2 or 1.3 switched on at the server, or at the proxy in front of it."
	case overClientCertificate(err):
		e.What = fmt.Sprintf("%s broke off the TLS handshake over the client's certificate.", u.Host)
		e.Try = "Authenticate with tls_client_auth or self_signed_tls_client_auth and the certificate that the provider knows. If it was shown: it may be out of date, or its issuer may be none that the server trusts."
	// Over TCP net/tls reports an alert as an operation of that name.
	case errors.As(err, &alert), errors.As(err, &op) && op.Op == "remote error":
		e.What = fmt.Sprintf("%s broke off the TLS handshake.", u.Host)
		e.Try = "The server may ask for a client certificate, or for another TLS version."
	case isTimeout(err):
		e.What = fmt.Sprintf("%s did not answer in time.", u.Host)
		e.Why = fmt.Sprintf("A request may take %s.", requestTimeout)
		e.Try = "Try again; check the connection, the proxy and the firewall."
	case isErrno(err, syscall.ECONNRESET, 10054), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		e.What = fmt.Sprintf("%s closed the connection without an answer.", u.Host)
		e.Try = "Try again. A proxy, or http spoken to an https port, can have that effect."
	case isErrno(err, syscall.ENETUNREACH, 10051), isErrno(err, syscall.EHOSTUNREACH, 10065):
		e.What = fmt.Sprintf("%s cannot be reached from this network.", host)
		e.Try = "Check that this machine is connected (a VPN may be needed)."
	default:
		e.What = fmt.Sprintf("The request to %s failed.", u.Host)
		e.Try = "Try again; check the URL and the connection."
	}
	return e.Wrap(err)
}

// isErrno compares with the number that Windows has for the same thing, too:
// there package syscall's own names stand for something else.
func isErrno(err error, unix, windows syscall.Errno) bool {
	return errors.Is(err, unix) || runtime.GOOS == "windows" && errors.Is(err, windows)
}

// LacksAddress says whether listening failed because this machine does not have
// the address: it may have only one of 127.0.0.1 and ::1, or none.
func LacksAddress(err error) bool {
	return isErrno(err, syscall.EADDRNOTAVAIL, 10049) || isErrno(err, syscall.EAFNOSUPPORT, 10047)
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) ||
		errors.As(err, &n) && n.Timeout()
}

// overClientCertificate recognises the alerts with which a server refuses the
// client's certificate, or the lack of one (RFC 8446 section 6.2).
func overClientCertificate(err error) bool {
	_, alert, _ := strings.Cut(err.Error(), "remote error: tls: ")
	switch alert {
	case "certificate required", "bad certificate", "unsupported certificate", "revoked certificate",
		"expired certificate", "unknown certificate", "unknown certificate authority":
		return true
	}
	return false
}

// certificateStory names the certificate in question.
func certificateStory(c *x509.Certificate, err error) string {
	if c == nil {
		return err.Error()
	}
	return fmt.Sprintf("The certificate names %q and was issued by %q: %s.", c.Subject, c.Issuer, err)
}
