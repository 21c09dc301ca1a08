package inspect_test

import (
	"context"
	"net"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/lab"
	"github.com/pkcescope/pkcescope/flow/practice"
	"github.com/pkcescope/pkcescope/flow/practice/broken"
	"github.com/pkcescope/pkcescope/inspect"
)

// notBeforeSignIn are the labs whose fault is in the registration, in the
// tenant, or in what the client does later. Nothing of it is to be seen before
// the provider was asked on behalf of a client.
var notBeforeSignIn = []string{
	"trailing-slash", "letter-case", "https-or-http", "wrong-tenant",
	"desktop-under-web", "page-under-web", "desktop-under-spa", "secret-expired", "code-twice",
	"bare-scope", "admin-consent", "user-consent-off", "assignment", "conditional-access", "foreign-token", "token-version",
}

func TestEveryFaultThatCanBeSeenBeforeSignInIsFound(t *testing.T) {
	found, all := 0, 0
	for _, l := range broken.Labs() {
		hidden := slices.Contains(notBeforeSignIn, l.ID)
		if !hidden {
			all++
		}
		t.Run(l.ID, func(t *testing.T) {
			s, err := broken.Start(l)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			c, err := s.Config()
			if err != nil {
				t.Fatal(err)
			}
			skew, _ := time.ParseDuration(l.Client.Clock) // most labs set none
			checkup := examine(t, c, func() time.Time { return time.Now().Add(skew) })
			if hidden {
				if checkup.Verdict == inspect.VerdictFail {
					t.Errorf("a failure is claimed that nobody can have seen: %+v", checkup.Lines)
				}
				return
			}
			for _, cause := range labCauses[l.ID] {
				if checkup.Found(cause) {
					found++
					return
				}
			}
			if l.ID == "public-client-switch" && checkup.Found("redirect-uri-differs-at-token") {
				found++
				return
			}
			t.Errorf("nothing points to %v: %+v", labCauses[l.ID], checkup.Lines)
		})
	}
	for fault, line := range map[practice.Fault]string{practice.FaultMetadataIssuer: "issuer", practice.FaultSlow: "discovery"} {
		all++
		t.Run(string(fault), func(t *testing.T) {
			s := startTenant(t, fault)
			if checkup := examine(t, s.Config(), nil); checkup.Found(line) {
				found++
			} else {
				t.Errorf("%s is not found: %+v", fault, checkup.Lines)
			}
		})
	}
	t.Logf("found %d of %d", found, all)
	if found != all || all < 20 {
		t.Errorf("found %d of %d faults, want all, and at least 20", found, all)
	}
}

func TestAHealthyClientHasNothingButOK(t *testing.T) {
	checkup := examine(t, startTenant(t).Config(), nil)
	ids := map[string]bool{}
	for _, l := range checkup.Lines {
		ids[l.ID] = true
		if l.Verdict != inspect.VerdictOK {
			t.Errorf("%+v", l)
		}
	}
	for _, id := range []string{"discovery", "issuer", "metadata", "endpoints", "tls", "keys", "clock", "client-id", "platform", "redirect-uri", "port", "scopes", "authority", "pkce", "token-endpoint"} {
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
	checkup := examine(t, c, nil)
	i := slices.IndexFunc(checkup.Lines, func(l inspect.CheckupLine) bool { return l.ID == "port" })
	if i < 0 || checkup.Lines[i].Verdict != inspect.VerdictFail || checkup.Lines[i].Try == "" {
		t.Errorf("the taken port is not found: %+v", checkup.Lines)
	}
}

func TestAProviderThatCannotBeReachedFails(t *testing.T) {
	c := startTenant(t).Config()
	c.Issuer = "http://127.0.0.1:1/tenant/v2.0"
	if checkup := examine(t, c, nil); checkup.Verdict != inspect.VerdictFail || !checkup.Found("discovery") {
		t.Errorf("%+v", checkup)
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

func examine(t *testing.T, c flow.Config, now func() time.Time) inspect.Checkup {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	seen, err := lab.Examine(ctx, c, now)
	if err != nil {
		t.Fatal(err)
	}
	return inspect.Examine(seen)
}
