package inspect_test

import (
	"context"
	"net"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/lab"
	"github.com/pkcescope/pkcescope/flow/practice"
	"github.com/pkcescope/pkcescope/inspect"
)

func TestAHealthyClientHasNothingButOK(t *testing.T) {
	checkup := examine(t, startTenant(t).Config(), lab.ExamineOptions{Probe: true})
	ids := map[string]bool{}
	for _, l := range checkup.Lines {
		ids[l.ID] = true
		if l.Verdict != inspect.VerdictOK {
			t.Errorf("%+v", l)
		}
	}
	for _, id := range []string{
		"discovery", "issuer", "metadata", "endpoints", "tls", "keys", "clock", "client-id", "platform", "redirect-uri", "port", "scopes", "authority", "pkce", "token-endpoint",
		"probe-tenant", "probe-client", "probe-redirect-uri", "probe-request", "probe-platform",
	} {
		if !ids[id] {
			t.Errorf("there is no line %s", id)
		}
	}
}

func TestAPortThatIsTakenFailsAndSaysWhatToTry(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	c := startTenant(t).Config()
	c.RedirectURI = (&url.URL{Scheme: "http", Host: l.Addr().String(), Path: "/"}).String()
	checkup := examine(t, c, lab.ExamineOptions{})
	i := slices.IndexFunc(checkup.Lines, func(l inspect.CheckupLine) bool { return l.ID == "port" })
	if i < 0 || checkup.Lines[i].Verdict != inspect.VerdictFail || checkup.Lines[i].Try == "" {
		t.Errorf("the taken port is not found: %+v", checkup.Lines)
	}
}

// Whoever reads the line goes to the portal with it.
func TestWhatMustBeRegisteredIsNamedAsInThePortal(t *testing.T) {
	line := lineOf(examine(t, startTenant(t).Config(), lab.ExamineOptions{}), "redirect-uri")
	if !strings.Contains(line.What, "under Mobile and desktop applications") || !strings.HasSuffix(line.What, ": http://localhost") {
		t.Errorf("%q", line.What)
	}
}

func TestAProviderThatCannotBeReachedFails(t *testing.T) {
	c := startTenant(t).Config()
	c.Issuer = "http://127.0.0.1:1/tenant/v2.0"
	checkup := examine(t, c, lab.ExamineOptions{})
	if checkup.Verdict != inspect.VerdictFail || !checkup.Found("discovery") {
		t.Errorf("%+v", checkup)
	}
	for _, l := range checkup.Lines {
		if l.ID == "token-endpoint" {
			t.Errorf("no metadata was read, and it says of it: %s", l.What)
		}
	}
}

func startTenant(t *testing.T, faults ...practice.Fault) *practice.Server {
	t.Helper()
	s, err := practice.Start(practice.Options{Faults: faults})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func examine(t *testing.T, c flow.Config, o lab.ExamineOptions) inspect.Checkup {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	seen, err := lab.Examine(ctx, c, o)
	if err != nil {
		t.Fatal(err)
	}
	return inspect.Examine(seen)
}

// lineOf is the line with that id that is not ok, else the first of that id.
func lineOf(c inspect.Checkup, id string) (line inspect.CheckupLine) {
	for _, l := range c.Lines {
		if l.ID == id && (line.ID == "" || l.Verdict != inspect.VerdictOK) {
			line = l
		}
	}
	return line
}
