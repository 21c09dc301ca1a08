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
	"slices"
	"strings"
	"syscall"
	"time"
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
		if strings.Contains(err.Error(), "chunk") {
			e.Why = "The chunks that it was sent in do not fit together (" + err.Error() + ")."
		}
	case errors.As(err, &op) && op.Op == "proxyconnect":
		e.What = fmt.Sprintf("The proxy%s cannot be used.", proxyFor(u))
		if p, err := proxyOf(u); p != nil && err == nil && p.Host == "" {
			e.Why = "It names no host: a proxy is written http://HOST:PORT."
		} else if p != nil && err == nil {
			it := transportError(op.Err, p, nil)
			e.Why = it.What + " " + it.Why
		}
		e.Try = "Check " + proxySettings + ", or name the provider's host in NO_PROXY."
	case errors.As(err, &dns):
		e.What = fmt.Sprintf("The name %s could not be found.", dns.Name)
		e.Try = "Check the spelling of the host, and that this machine is connected (a VPN may be needed)."
		if dns.IsTimeout {
			e.What = fmt.Sprintf("Looking up the name %s took too long.", dns.Name)
		}
		if dns.IsNotFound {
			e.Why = "The name service knows no such host."
		}
	case refusedByProxy(err) == http.StatusProxyAuthRequired:
		e.What = fmt.Sprintf("The proxy%s wants to know who asks, and let nothing through.", proxyFor(u))
		e.Why = "It answered 407 " + http.StatusText(http.StatusProxyAuthRequired) + "."
		e.Try = "Put name and password into HTTPS_PROXY (http://NAME:PASSWORD@HOST:PORT), or name the provider's host in NO_PROXY."
	case refusedByProxy(err) != 0:
		e.What = fmt.Sprintf("The proxy%s did not let the connection to %s through.", proxyFor(u), u.Host)
		e.Why = fmt.Sprintf("It answered %d %s.", refusedByProxy(err), http.StatusText(refusedByProxy(err)))
		e.Try = "Ask who runs it whether that host is allowed, and name it in NO_PROXY if it can be reached without. The settings are " + proxySettings + "."
	case isErrno(err, syscall.ECONNREFUSED, 10061):
		e.What = fmt.Sprintf("Nothing answers at %s.", u.Host)
		e.Why = "The host is there, and refuses connections on that port."
		e.Try = "Check the port, and that the server is running."
	case errors.As(err, &unknown):
		e.What = fmt.Sprintf("The certificate of %s was not issued by an authority that this machine trusts.", host)
		e.Why = certificateStory(unknown.Cert)
		e.Try = "On a company network that inspects TLS, install the company's root certificate on this machine; for a test server, its own."
		if runtime.GOOS != "windows" && runtime.GOOS != "darwin" { // crypto/x509 reads it elsewhere only
			e.Try += " SSL_CERT_FILE can name another file of root certificates."
		}
	case errors.As(err, &hostname):
		e.What = fmt.Sprintf("The certificate that was shown is not for %s.", host)
		e.Why = strings.TrimSpace(certificateStory(hostname.Certificate) + " " + certificateHosts(hostname.Certificate))
		e.Try = "Check the host in the URL. A proxy or captive portal may be answering in its place."
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		e.What = fmt.Sprintf("The certificate of %s is out of date, or not valid yet.", host)
		e.Why = validity(invalid.Cert, time.Now())
		e.Try = "Check this machine's clock. If it is right, the server needs a new certificate."
	case errors.As(err, &invalid), errors.As(err, &verify):
		e.What = fmt.Sprintf("The certificate of %s is not acceptable.", host)
		e.Try = "Look at the certificate, and at who issued it."
	case errors.As(err, &record):
		e.What = fmt.Sprintf("%s does not speak TLS on that port.", u.Host)
		e.Why = "What it answered to the beginning of a handshake is something else."
		e.Try = "Check the port, and whether the URL should begin with http://."
	case strings.HasSuffix(err.Error(), "tls: protocol version not supported"):
		e.What = fmt.Sprintf("%s speaks an obsolete TLS only.", u.Host)
		e.Why = "TLS 1.0 and 1.1 must not be used (RFC 8996); this program, like every current client, asks for TLS 1.2 or 1.3."
		e.Try = "Have TLS 1.2 or 1.3 switched on at the server, or at the proxy in front of it."
	case overClientCertificate(err):
		e.What = fmt.Sprintf("%s broke off the TLS handshake over the client's certificate.", u.Host)
		e.Why = alertOf(err)
		e.Try = "Authenticate with tls_client_auth or self_signed_tls_client_auth and the certificate that the provider knows. If it was shown: it may be out of date, or its issuer may be none that the server trusts."
	// Over TCP net/tls reports an alert as an operation of that name.
	case errors.As(err, &alert), errors.As(err, &op) && op.Op == "remote error":
		e.What = fmt.Sprintf("%s broke off the TLS handshake.", u.Host)
		e.Why = alertOf(err)
		e.Try = "The server may ask for a client certificate, or for another TLS version."
	case isTimeout(err):
		e.What = fmt.Sprintf("%s did not answer in time.", u.Host)
		e.Why = fmt.Sprintf("A request may take %s.", requestTimeout)
		e.Try = "Try again; check the connection, the proxy and the firewall."
	case isErrno(err, syscall.ECONNRESET, 10054), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		e.What = fmt.Sprintf("%s closed the connection without an answer.", u.Host)
		e.Why = "Nothing of an answer had arrived by then."
		e.Try = "Try again. A proxy, or http spoken to an https port, can have that effect."
	case isErrno(err, syscall.ENETUNREACH, 10051), isErrno(err, syscall.EHOSTUNREACH, 10065):
		e.What = fmt.Sprintf("%s cannot be reached from this network.", host)
		e.Try = "Check that this machine is connected (a VPN may be needed)."
	case notHTTP(err) != "":
		e.What = fmt.Sprintf("The answer of %s cannot be read as HTTP.", u.Host)
		e.Why = "There is a " + notHTTP(err) + "."
		e.Try = "Check the port: a server of another kind may be there. If it is the right one, tell whoever runs it, or the proxy in front of it."
	default:
		e.What = fmt.Sprintf("The request to %s failed.", u.Host)
		e.Try = "Try again; check the URL and the connection."
	}
	return e.Wrap(err)
}

// proxySettings are where net/http finds its proxies.
const proxySettings = "HTTPS_PROXY, HTTP_PROXY and NO_PROXY"

// proxyOf is the proxy that the environment has for u, or nil.
func proxyOf(u *url.URL) (*url.URL, error) {
	return http.ProxyFromEnvironment(&http.Request{URL: u})
}

// proxyFor is the address of that proxy after a blank, or "". Who asks there is
// nobody else's business.
func proxyFor(u *url.URL) string {
	p, err := proxyOf(u)
	if p == nil || err != nil {
		return ""
	}
	return " " + unnamed(*p)
}

// unnamed is an address without name and password.
func unnamed(u url.URL) string {
	u.User = nil
	return u.String()
}

// refusedByProxy is the status with which a proxy refused a connection, or 0.
// net/http has no error of its own for that, only one that says the status's
// text (transport.go, dialConn).
func refusedByProxy(err error) int {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	for status := http.StatusBadRequest; status < 600; status++ {
		if text := http.StatusText(status); text != "" && err.Error() == text {
			return status
		}
	}
	return 0
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
	switch _, alert, _ := strings.Cut(err.Error(), alerted); alert {
	case "certificate required", "bad certificate", "unsupported certificate", "revoked certificate",
		"expired certificate", "unknown certificate", "unknown certificate authority":
		return true
	}
	return false
}

// alerted stands before the name of an alert in what crypto/tls says of one.
const alerted = "remote error: tls: "

// alertOf quotes the alert with which the server ended the handshake.
func alertOf(err error) string {
	if _, alert, ok := strings.Cut(err.Error(), alerted); ok {
		return fmt.Sprintf("It sent the alert %q (RFC 8446 section 6).", alert)
	}
	return "It sent an alert: " + err.Error() + "."
}

// certificateStory names the certificate in question, and who issued it.
func certificateStory(c *x509.Certificate) string {
	if c == nil {
		return "No more is known of it."
	}
	issuer := fmt.Sprintf("was issued by %q", c.Issuer)
	if c.Subject.String() == c.Issuer.String() {
		issuer = "was issued by itself (a self-signed certificate)"
	}
	return fmt.Sprintf("The certificate names %q and %s.", c.Subject, issuer)
}

// certificateHosts says whom a certificate is for.
func certificateHosts(c *x509.Certificate) string {
	if c == nil {
		return ""
	}
	names := slices.Clone(c.DNSNames)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	valid := "no host at all"
	if len(names) > 0 {
		const most = 5
		valid = strings.Join(names[:min(len(names), most)], ", ")
		if more := len(names) - most; more > 0 {
			valid += fmt.Sprintf(" and %d more", more)
		}
	}
	return "The certificate is valid for " + valid + "."
}

// validity says how the time stands to that of a certificate.
func validity(c *x509.Certificate, now time.Time) string {
	const form = "2 January 2006 15:04 MST"
	clock := fmt.Sprintf("this machine's clock says %s.", now.UTC().Format(form))
	if now.Before(c.NotBefore) {
		return fmt.Sprintf("The certificate is not valid before %s, and %s", c.NotBefore.UTC().Format(form), clock)
	}
	return fmt.Sprintf("The certificate expired on %s, and %s", c.NotAfter.UTC().Format(form), clock)
}

// notHTTP is what net/http found in an answer that is none, or "". It has no
// error of its own for that.
func notHTTP(err error) string {
	_, found, ok := strings.Cut(err.Error(), "transport connection broken: ")
	if !ok {
		return ""
	}
	found = strings.TrimPrefix(found, "net/http: ")
	if strings.Contains(found, "headers exceeded") {
		return "header of more octets than any answer has"
	}
	return found
}
