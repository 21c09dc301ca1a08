// Package practice is the embedded practice tenant: an authorization server on
// loopback that behaves as Microsoft Entra ID does, as far as that is
// documented or was seen, so that a first run needs no account and no network,
// and every lesson and test has something real to talk to.
//
// It says on every page and in every token that it is for practice. It binds
// to loopback addresses only.
//
// Where the comments say "unproven", nobody has tried the rule on a live
// tenant: the practice tenant then does what Microsoft's documentation says.
package practice

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// Options configure a practice tenant. The zero value is a healthy tenant on a
// free port.
type Options struct {
	// Listen is a loopback address such as "127.0.0.1:8400". Empty: a free
	// port. Without an address, or with localhost, it is that of 127.0.0.1, or of
	// ::1 where there is no other.
	Listen string
	// Now is the tenant's clock. Nil: [time.Now].
	Now func() time.Time
	// ClockOffset puts the tenant's clock forward, or back if it is negative:
	// the skew that makes tokens expired on arrival or not valid yet.
	ClockOffset time.Duration
	// TLS serves HTTPS, with a certificate of the tenant's own
	// ([Server.Certificate]). TLSDir, if set, is a folder in which certificate
	// and key are kept for the next start.
	TLS    bool
	TLSDir string
	// Tenant is what the tenant is like. Nil: [Seeded].
	Tenant *Tenant
	// Faults are rules that are not kept, besides the tenant's own. See
	// [Server.SetFaults].
	Faults []Fault
	// Log, if set, receives one event for each request, after it was answered.
	// It is called from many goroutines.
	Log func(Event)
}

// Server is a running practice tenant. Its methods may be called from many
// goroutines.
type Server struct {
	// URL is the tenant's own base address, without a path:
	// "http://127.0.0.1:8400".
	URL string

	now    func() time.Time
	log    func(Event)
	http   *http.Server
	served chan struct{}
	keys   *keyring
	cert   *x509.Certificate // of HTTPS; nil without
	grants *grants
	recent *recent
	// canary is the per-start token in every form that changes anything.
	canary string

	tenant  atomic.Pointer[Tenant] // never changed in place
	updates sync.Mutex             // held while it is replaced
}

// Start starts a practice tenant. Close ends it. The error says what to do
// about it: an address that is not loopback is refused, and so is a port that
// is taken.
func Start(o Options) (*Server, error) {
	if err := CheckListen(o.Listen); err != nil {
		return nil, err
	}
	tenant, err := o.tenant()
	if err != nil {
		return nil, err
	}
	l, err := o.listen()
	if err != nil {
		return nil, err
	}
	s := &Server{
		URL:    baseURL(l.Addr(), o.TLS),
		now:    o.clock(),
		log:    o.Log,
		served: make(chan struct{}),
		keys:   newKeyring(),
		grants: newGrants(),
		recent: &recent{},
		canary: randomText(18),
	}
	s.tenant.Store(&tenant)
	s.http = &http.Server{
		Handler:           s.routes(),
		ReadHeaderTimeout: 10 * time.Second,
		MaxHeaderBytes:    maxHeader,
		// Broken handshakes are the client's affair, and it says so itself.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	if o.TLS {
		cert, err := serverCertificate(o.TLSDir, time.Now())
		if err != nil {
			_ = l.Close()
			return nil, err
		}
		s.cert = cert.Leaf
		l = tls.NewListener(l, &tls.Config{
			Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		})
	}
	go func() {
		defer close(s.served)
		_ = s.http.Serve(l) // always http.ErrServerClosed, after Close
	}()
	return s, nil
}

// tenant is what the options say about the tenant, checked.
func (o Options) tenant() (Tenant, error) {
	t := Seeded()
	if o.Tenant != nil {
		t = o.Tenant.clone()
	}
	t.Faults = append(t.Faults, o.Faults...)
	if err := t.check(); err != nil {
		return t, flow.Error{
			Kind: flow.KindRefused, What: "The practice tenant cannot start with these settings.", Why: err.Error(),
			Try: "Correct that field; the other settings were not looked at.",
		}.Wrap(err)
	}
	return t, nil
}

func (o Options) clock() func() time.Time {
	now := o.Now
	if now == nil {
		now = time.Now
	}
	if o.ClockOffset == 0 {
		return now
	}
	return func() time.Time { return now().Add(o.ClockOffset) }
}

// Issuer returns the issuer of the home tenant, by its GUID.
func (s *Server) Issuer() string { return s.issuer(homeDirectory.ID) }

// Config returns a client configuration for the first native registration,
// ready to be walked.
func (s *Server) Config() flow.Config {
	c, err := s.ConfigFor("")
	if err != nil {
		// Only a registrations file without any native client leads here.
		return flow.Config{Practice: true, Issuer: s.Issuer(), AuthMethod: flow.AuthNone, Platform: flow.PlatformNative}
	}
	return c
}

// ConfigFor returns a client configuration for the registration of that name
// or client id; "" is the first native one.
func (s *Server) ConfigFor(name string) (flow.Config, error) {
	for _, r := range s.Registrations() {
		if name == r.Name || name == r.ClientID || name == "" && len(r.Native) > 0 {
			return s.config(r), nil
		}
	}
	return flow.Config{}, fmt.Errorf("practice: no registration is called %q", name)
}

// config is what the owner of r would write into a client.
func (s *Server) config(r Registration) flow.Config {
	c := flow.Config{
		Name:       r.Name,
		Practice:   true,
		Issuer:     s.Issuer(),
		ClientID:   r.ClientID,
		AuthMethod: flow.AuthNone,
		Scopes:     []string{"openid", "profile", "offline_access", "User.Read"},
		Method:     flow.MethodS256,
	}
	switch {
	case len(r.Native) > 0:
		c.Platform, c.RedirectURI = flow.PlatformNative, r.Native[0]
	case len(r.SPA) > 0:
		c.Platform, c.RedirectURI = flow.PlatformSPA, r.SPA[0]
	case len(r.Web) > 0:
		c.Platform, c.RedirectURI = flow.PlatformWeb, r.Web[0]
		c.AuthMethod = flow.AuthPost
		if len(r.Secrets) > 0 {
			c.ClientSecret = r.Secrets[0].Value
		}
	}
	return c
}

// RotateKey adds a signing key, which signs from now on. The old ones stay
// published.
func (s *Server) RotateKey() { s.keys.rotate() }

// Close ends the tenant and frees its port.
func (s *Server) Close() error {
	err := s.http.Close()
	<-s.served
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
