// Package practice is the embedded practice tenant: an authorization server on
// loopback that behaves as Microsoft Entra ID does, as far as that is
// documented or was seen, so that a first run needs no account and no network,
// and every lesson and test has something real to talk to.
//
// It says on every page and in every token that it is for practice. It binds
// to loopback addresses only.
package practice

import (
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
}

// Server is a running practice tenant.
type Server struct{}

// Start starts a practice tenant. Close ends it.
func Start(o Options) (*Server, error) { panic("not built yet") }

// Issuer returns the issuer of the home tenant, by its GUID.
func (s *Server) Issuer() string { panic("not built yet") }

// Config returns a client configuration for the first native registration,
// ready to be walked.
func (s *Server) Config() flow.Config { panic("not built yet") }

// Browser returns a browser that signs in by itself with the first account,
// consents, and follows every redirect, passing each hop to the walk.
func (s *Server) Browser() flow.Browser { panic("not built yet") }

// Close ends the tenant and frees its port.
func (s *Server) Close() error { panic("not built yet") }
