package practice

import (
	"slices"
	"strings"
	"testing"

	"github.com/pkcescope/pkcescope/flow"
)

func TestRegistrationFiles(t *testing.T) {
	const app = `{"name":"Mine","client_id":"11111111-2222-4333-8444-555555555555","supported_accounts":"AzureADMyOrg","native":["http://localhost"]}`
	for _, row := range []struct {
		name, file, text string
		want             string // part of the error; empty: it is read
	}{
		{"JSON", "a.json", `{"registrations":[` + app + `]}`, ""},
		{"TOML", "a.toml", "[[registrations]]\nname=\"Mine\"\nclient_id=\"11111111-2222-4333-8444-555555555555\"\nsupported_accounts=\"AzureADMyOrg\"\nnative=[\"http://localhost\"]\n", ""},
		{"an unknown name", "a.json", "{\n\"registrations\":[\n{\"colour\":\"x\"}]}", "line 3, colour"},
		{"a wrong type", "a.json", "{\"registrations\":[\n{\"name\":\"x\",\n\"native\":\"http://localhost\"}]}", "line 3, registrations.native: a string stands where a list belongs"},
		{"broken JSON", "a.json", "{\n\"registrations\":[\n}", "line 3"},
		{"cut off", "a.json", "{\"registrations\":", "line 1"},
		{"text behind the end", "a.json", `{"registrations":[` + app + `]} {}`, "line 1"},
		{"a redirect URI that is not allowed", "a.json", "{\"registrations\":[" + strings.Replace(app, `"http://localhost"`, "\n\"http://app.example/\"", 1) + "]}", "line 2, registrations[0].native[0]"},
		{"a client id that is no GUID", "a.json", `{"registrations":[` + strings.Replace(app, "11111111-", "", 1) + `]}`, "registrations[0].client_id"},
		{"twice the same id", "a.json", `{"registrations":[` + app + "," + app + `]}`, "registrations[1].client_id"},
		{"an unknown fault", "a.json", `{"faults":["no-such"]}`, "faults[0]"},
		{"broken TOML", "a.toml", "[[registrations]]\nname = \n", "line 2"},
		{"an unknown name in TOML", "a.toml", "[[registrations]]\n\ncolour = \"x\"\n", "line 3, colour"},
		{"not text", "a.json", "\xff\xfe", "UTF-8"},
	} {
		t.Run(row.name, func(t *testing.T) {
			tenant, err := ParseTenant(row.file, []byte(row.text))
			if row.want == "" {
				if err != nil || tenant.Registrations[0].Name != "Mine" || len(tenant.Accounts) == 0 {
					t.Fatalf("%v, %+v", err, tenant.Registrations)
				}
				s := start(t, Options{Tenant: &tenant})
				if got := s.Config().ClientID; got != tenant.Registrations[0].ClientID {
					t.Errorf("client id = %s", got)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("err = %v, want %q in it", err, row.want)
			}
		})
	}
}

func TestSetupListsWhatAClientNeeds(t *testing.T) {
	s := start(t, Options{})
	setup := s.Setup()
	var platforms []flow.Platform
	for _, r := range setup.Registrations[:3] {
		platforms = append(platforms, r.Platform)
		if (r.Secret != nil) != (r.Platform == flow.PlatformWeb) || len(r.RedirectURIs) == 0 {
			t.Errorf("%+v", r)
		}
	}
	if !slices.Equal(platforms, []flow.Platform{flow.PlatformNative, flow.PlatformWeb, flow.PlatformSPA}) ||
		!strings.HasSuffix(setup.Device, "/devicecode") || setup.Accounts[0].Password == "" {
		t.Errorf("setup = %+v", setup)
	}
}

// An update that the portal would not save changes nothing.
func TestUnsoundUpdatesAreRefused(t *testing.T) {
	s := start(t, Options{})
	err := s.Update(func(t *Tenant) { t.Registrations[0].Web = []string{"http://app.example/"} })
	if err == nil || !strings.Contains(err.Error(), "registrations[0].web[0]") || len(s.Registrations()[0].Web) != 0 {
		t.Errorf("err = %v, web = %v", err, s.Registrations()[0].Web)
	}
	s.Registrations()[0].Native[0] = "changed"
	if s.Registrations()[0].Native[0] == "changed" {
		t.Error("a copy shares its memory with the tenant")
	}
}
