//go:build interop

// Package interop drives the built binary against identity providers that
// nobody here wrote, with a real browser signing in. It needs what .ci/interop
// installs and is run by it; what is missing is a failure.
package interop

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"
)

// patience is how long anything may take that happens at once on a machine
// that is not busy.
const patience = 60 * time.Second

// TestInterop has a subtest for each provider, by the name that .ci/interop
// takes.
func TestInterop(t *testing.T) {
	t.Run("oidc-provider", testOIDCProvider)
	t.Run("keycloak", testKeycloak)
	t.Run("emulate", testEmulate)
	t.Run("mock-server", testMockServer)
	t.Run("callback", testCallback)
}

// document is as much of run --json as is asserted here.
type document struct {
	Outcome string
	Steps   []step
}

type step struct {
	ID, Status string
	Error      *struct{ Kind, What, Why, Try string }
	Values     []struct {
		Name, Value string
		PKCE        bool
	}
	Exchanges []struct {
		Request  struct{ Method, URL string }
		Response *struct {
			Status int
			Body   any
		}
	}
	Tokens []struct {
		Name, Kind string
		Claims     []struct {
			Name  string
			Value any
		}
		Checks []struct{ ID, Result, Why string }
	}
	Findings []struct{ Code, Severity, What string }
}

func (d document) step(id string) step {
	for _, s := range d.Steps {
		if s.ID == id {
			return s
		}
	}
	return step{}
}

func (s step) value(name string) string {
	for _, v := range s.Values {
		if v.Name == name {
			return v.Value
		}
	}
	return ""
}

// found says whether any step has a finding of that code.
func (d document) found(code string) bool {
	return slices.ContainsFunc(d.Steps, func(s step) bool {
		for _, f := range s.Findings {
			if f.Code == code {
				return true
			}
		}
		return false
	})
}

// done asserts that steps ended well.
func (d document) done(t *testing.T, steps ...string) {
	t.Helper()
	for _, id := range steps {
		if got := d.step(id); got.Status != "ok" {
			t.Errorf("step %s = %s, %+v", id, got.Status, got.Error)
		}
	}
}

// refused asserts that the server said no in a step, and returns its words.
func (d document) refused(t *testing.T, id string) string {
	t.Helper()
	s := d.step(id)
	if s.Status != "failed" || s.Error == nil || s.Error.Kind != "server" {
		t.Fatalf("%s = %s, %+v, want the server's refusal", id, s.Status, s.Error)
	}
	return s.Error.What + " " + s.Error.Why
}

// checksPass asserts that the ID token was checked in every way, and that
// nothing failed.
func (d document) checksPass(t *testing.T) {
	d.checked(t, "signature", "iss", "aud", "exp", "iat", "nonce")
}

// checked asserts that those checks of the ID token passed, and none failed.
func (d document) checked(t *testing.T, ids ...string) {
	t.Helper()
	for _, token := range d.step("token").Tokens {
		if token.Name != "id_token" {
			continue
		}
		passed := map[string]bool{}
		for _, c := range token.Checks {
			passed[c.ID] = c.Result == "pass"
			if c.Result == "fail" {
				t.Errorf("the check %s of the ID token failed: %s", c.ID, c.Why)
			}
		}
		for _, id := range ids {
			if !passed[id] {
				t.Errorf("the check %s of the ID token did not pass", id)
			}
		}
		return
	}
	t.Error("there is no ID token")
}

// run is a pkcescope run --json under way.
type run struct {
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer
}

// start starts pkcescope run --json with that browser.
func start(t *testing.T, b *browser, args ...string) *run {
	t.Helper()
	r := &run{}
	r.cmd = exec.Command(required(t, "PKCESCOPE_BINARY"),
		append([]string{"run", "--json", "--timeout", "2m", "--browser", b.command}, args...)...)
	r.cmd.Env = append(os.Environ(), b.environment...)
	r.cmd.Stdout, r.cmd.Stderr = &r.stdout, &r.stderr
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if r.cmd.ProcessState == nil {
			_ = r.cmd.Process.Kill()
			_ = r.cmd.Wait()
		}
	})
	return r
}

// finish waits for the end, and asserts the exit status and the outcome.
func (r *run) finish(t *testing.T, status int, outcome string) document {
	t.Helper()
	_ = r.cmd.Wait()
	t.Logf("pkcescope said:\n%s", &r.stderr)
	if got := r.cmd.ProcessState.ExitCode(); got != status {
		t.Fatalf("exit status = %d, want %d\n%s", got, status, &r.stdout)
	}
	var d document
	if err := json.Unmarshal(r.stdout.Bytes(), &d); err != nil {
		t.Fatalf("standard output is not one JSON document: %v\n%s", err, &r.stdout)
	}
	if d.Outcome != outcome {
		t.Fatalf("outcome = %s, want %s\n%s", d.Outcome, outcome, &r.stdout)
	}
	return d
}

// cancel sends Ctrl-C.
func (r *run) cancel(t *testing.T) {
	t.Helper()
	if err := r.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
}
