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

// start returns the client that is registered first, and a browser that signs
// in by itself.
func (t *tenant) start() (flow.Config, flow.Browser, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.server == nil {
		server, err := practice.Start(practice.Options{})
		if err != nil {
			return flow.Config{}, nil, err
		}
		t.server = server
	}
	return t.server.Config(), t.server.Browser(), nil
}

// close ends the tenant, if there is one.
func (t *tenant) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.server != nil {
		_ = t.server.Close()
	}
}
