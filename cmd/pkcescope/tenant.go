package main

import (
	"sync"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/practice"
)

// tenant is the practice tenant of this process. It starts when it is first
// asked for, because most commands need none.
type tenant struct {
	mu     sync.Mutex
	server *practice.Server
}

// start returns the first native client that is registered there, and a
// browser that signs in by itself.
func (t *tenant) start() (flow.Config, flow.Browser, error) { return t.startAs("") }

// startAs is start for the registration with that client id. An id that is not
// registered goes with the first registration's other settings: what the
// tenant says to it is worth seeing.
func (t *tenant) startAs(clientID string) (flow.Config, flow.Browser, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.server == nil {
		server, err := practice.Start(practice.Options{})
		if err != nil {
			return flow.Config{}, nil, err
		}
		t.server = server
	}
	c, err := t.server.ConfigFor(clientID)
	if err != nil {
		c = t.server.Config()
		c.ClientID = clientID
	}
	return c, t.server.Browser(), nil
}

// close ends the tenant, if there is one.
func (t *tenant) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.server != nil {
		_ = t.server.Close()
	}
}
