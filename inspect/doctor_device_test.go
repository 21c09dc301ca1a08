package inspect_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/lab"
	"github.com/pkcescope/pkcescope/flow/practice"
	"github.com/pkcescope/pkcescope/inspect"
)

// device is the practice tenant's first client of a platform, signing in with a
// code.
func device(t *testing.T, s *practice.Server, p flow.Platform) flow.Config {
	t.Helper()
	c := s.Config()
	for _, r := range s.Registrations() {
		if r.AllowPublicClientFlows == (p == flow.PlatformNative) && (p == flow.PlatformNative || len(r.Web) > 0) {
			c.ClientID = r.ClientID
			break
		}
	}
	c.Device, c.Platform = true, flow.PlatformNative
	return c
}

func TestADevicesClientIsNotAskedForWhatItDoesNotHave(t *testing.T) {
	c := device(t, startTenant(t), flow.PlatformNative)
	c.RedirectURI = "http://[::1]:1/nothing/of/this/is/sent"
	checkup := examine(t, c, lab.ExamineOptions{Probe: true})
	var ids []string
	for _, l := range checkup.Lines {
		ids = append(ids, l.ID)
		if l.Verdict != inspect.VerdictOK {
			t.Errorf("%+v", l)
		}
		for _, word := range []string{"code_challenge", "redirect URI keeps", "callback"} {
			if strings.Contains(l.What, word) {
				t.Errorf("%s speaks of a %s: %s", l.ID, word, l.What)
			}
		}
	}
	want := []string{"discovery", "issuer", "metadata", "endpoints", "tls", "keys", "clock", "client-id", "device", "scopes", "authority", "token-endpoint", "probe-device", "probe-platform"}
	if !slices.Equal(ids, want) {
		t.Errorf("the lines are %v, want %v", ids, want)
	}
}

func TestWhatADeviceNeedsAndLacksIsFound(t *testing.T) {
	at := startTenant(t)
	for _, row := range []struct {
		name      string
		config    func(t *testing.T) flow.Config
		id, cause string
		verdict   inspect.Verdict
	}{
		{"public client flows are not allowed", func(t *testing.T) flow.Config { return device(t, at, flow.PlatformWeb) }, "probe-platform", "public-client-flow-not-allowed", inspect.VerdictFail},
		{"the client is not known", func(t *testing.T) flow.Config {
			c := device(t, at, flow.PlatformNative)
			c.ClientID = "11111111-2222-3333-4444-555555555555"
			return c
		}, "probe-device", "app-not-found-in-tenant", inspect.VerdictFail},
		{"a secret is sent", func(t *testing.T) flow.Config {
			c := device(t, at, flow.PlatformNative)
			c.ClientSecret, c.AuthMethod = "a-secret-of-some-length~", flow.AuthPost
			return c
		}, "device", "public-platform-but-secret-sent", inspect.VerdictFail},
		{"the provider has no such endpoint", func(t *testing.T) flow.Config {
			s := newStandIn(t, http.NotFound, http.NotFound)
			c := s.client(false, flow.PlatformNative)
			c.Device = true
			return c
		}, "metadata", "device-flow-not-enabled", inspect.VerdictFail},
		{"the grant type is not listed", func(t *testing.T) flow.Config {
			s := newStandIn(t, http.NotFound, refuses(http.StatusBadRequest, "invalid_grant", "the device code is not known"))
			s.metadata = map[string]any{"device_authorization_endpoint": s.URL + "/keys", "grant_types_supported": []string{"authorization_code"}}
			c := s.client(false, flow.PlatformNative)
			c.Device = true
			return c
		}, "metadata", "device-flow-not-enabled", inspect.VerdictWarn},
	} {
		t.Run(row.name, func(t *testing.T) {
			l := lineOf(examine(t, row.config(t), lab.ExamineOptions{Probe: true}), row.id)
			if l.Verdict != row.verdict || l.Cause != row.cause || l.Why == "" || l.Try == "" {
				t.Errorf("%+v", l)
			}
		})
	}
}

func TestAProbeOfADeviceAsksTwiceAndTypesNoCode(t *testing.T) {
	s := newStandIn(t, http.NotFound, refuses(http.StatusBadRequest, "authorization_pending", "not yet"))
	s.metadata = map[string]any{"device_authorization_endpoint": s.URL + "/device"}
	s.device = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"device_code":"d","user_code":"U","verification_uri":"` + s.URL + `/page","expires_in":900,"interval":1}`))
	}
	c := s.client(false, flow.PlatformNative)
	c.Device = true
	checkup := examine(t, c, lab.ExamineOptions{Probe: true})
	if s.count("device") != 1 || s.count("token") != 1 || s.count("page") != 0 || s.form.Get("device_code") != lab.FalseCode {
		t.Errorf("asked %v, the code was %q", s.asked, s.form.Get("device_code"))
	}
	if l := lineOf(checkup, "probe-device"); l.Verdict != inspect.VerdictOK || l.Confidence != inspect.Likely {
		t.Errorf("%+v", l)
	}
}
