// Package walked makes runs for the tests of inspect and of what lies below it.
package walked

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/practice"
)

// Tenant is one practice tenant for all tests of a package: its keys take a
// moment to make.
var Tenant = sync.OnceValue(func() *practice.Server {
	s, err := practice.Start(practice.Options{})
	if err != nil {
		panic(err)
	}
	return s
})

// Walk walks the flow against [Tenant], as the registration of that name, ""
// for the first, changed by change. It returns what was recorded, also of a run
// that failed.
func Walk(t testing.TB, client string, change func(*flow.Config)) flow.Transcript {
	t.Helper()
	s := Tenant()
	c, err := s.ConfigFor(client)
	if err != nil {
		t.Fatal(err)
	}
	c.UserInfo, c.Refresh = true, true
	if change != nil {
		change(&c)
	}
	w, err := flow.New(c, flow.Options{Browser: s.Browser()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var failed *flow.Error
	if err := w.Run(ctx); err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return w.Transcript()
}
