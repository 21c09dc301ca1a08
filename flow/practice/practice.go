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
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// Options configure a practice tenant. The zero value is a healthy tenant on a
// free port.
type Options struct {
	// Listen is a loopback address such as "127.0.0.1:8400". Empty: a free
	// port on 127.0.0.1.
	Listen string
	// Now is the tenant's clock. Nil: [time.Now].
	Now func() time.Time
	// Log, if set, receives one event for each request, after it was answered.
	// It is called from many goroutines.
	Log func(Event)
	// Faults are rules that are not kept. See [Server.SetFaults].
	Faults []Fault
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
	grants *grants
	// canary is the per-start token in every form that changes anything.
	canary string

	mu            sync.RWMutex // guards what follows
	registrations []Registration
	accounts      []Account
	consents      map[consentKey][]string
	faults        []Fault
}

// Start starts a practice tenant. Close ends it. The error says what to do
// about it: an address that is not loopback is refused, and so is a port that
// is taken.
func Start(o Options) (*Server, error) {
	addr := o.Listen
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	if err := checkLoopback(addr); err != nil {
		return nil, err
	}
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return nil, flow.Error{
			Kind: flow.KindTransport,
			What: fmt.Sprintf("the practice tenant cannot listen on %s", addr),
			Why:  err.Error(),
			Try:  "choose another port, or leave the port out and a free one is taken",
		}.Wrap(err)
	}
	s := &Server{
		URL:           "http://" + l.Addr().String(),
		now:           o.Now,
		log:           o.Log,
		served:        make(chan struct{}),
		keys:          newKeyring(),
		canary:        randomText(18),
		registrations: seededRegistrations(),
		accounts:      seededAccounts(),
		consents:      map[consentKey][]string{},
		faults:        slices.Clone(o.Faults),
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.grants = newGrants()
	s.http = &http.Server{
		Handler:           s.routes(),
		ReadHeaderTimeout: 10 * time.Second,
		MaxHeaderBytes:    maxHeader,
	}
	go func() {
		defer close(s.served)
		_ = s.http.Serve(l) // always http.ErrServerClosed, after Close
	}()
	return s, nil
}

// checkLoopback refuses every address that other machines could reach. The
// practice tenant hands out tokens to whoever knows a password that is printed
// on its sign-in page.
func checkLoopback(addr string) error {
	refused := func(why string) error {
		return &flow.Error{
			Kind: flow.KindRefused,
			What: fmt.Sprintf("the practice tenant does not listen on %q", addr),
			Why:  why,
			Try:  "use a loopback address, for example 127.0.0.1:8400 or [::1]:8400",
		}
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return refused(err.Error())
	}
	if host == "localhost" {
		return nil
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return refused("it would be reachable from other machines, and it gives tokens to anyone who asks")
	}
	return nil
}

// Issuer returns the issuer of the home tenant, by its GUID.
func (s *Server) Issuer() string { return s.issuer(homeTenant.ID) }

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

// Registrations returns a copy of the app registrations, healthy ones first.
func (s *Server) Registrations() []Registration {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := make([]Registration, len(s.registrations))
	for i, r := range s.registrations {
		out[i] = r.clone()
	}
	return out
}

// Register adds an app registration, or replaces the one of the same client
// id. The new one is listed last.
func (s *Server) Register(r Registration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.registrations = slices.DeleteFunc(s.registrations, func(old Registration) bool {
		return strings.EqualFold(old.ClientID, r.ClientID)
	})
	s.registrations = append(s.registrations, r.clone())
}

// Accounts returns a copy of the accounts. The first signs in to the healthy
// registrations without a second factor.
func (s *Server) Accounts() []Account {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(s.accounts)
}

// Close ends the tenant and frees its port.
func (s *Server) Close() error {
	err := s.http.Close()
	<-s.served
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
