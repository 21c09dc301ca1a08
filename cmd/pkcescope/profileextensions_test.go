package main

import (
	"reflect"
	"testing"

	"github.com/pkcescope/pkcescope/flow"
)

func TestProfileKeepsTheWholeClientAndNoSecret(t *testing.T) {
	t.Setenv(configDirEnv, t.TempDir())
	t.Setenv(passwordEnv, "")
	file, err := openProfiles()
	if err != nil {
		t.Fatal(err)
	}
	age := 0
	want := flow.Config{
		Name: "whole", Issuer: "https://issuer.example", ClientID: "c", AuthMethod: flow.AuthKeyJWT, Platform: flow.PlatformWeb,
		Origin: flow.OriginNone, Credential: flow.Credential{KeyFile: "client.pfx", KeyID: "k-1"},
		Ask: flow.Ask{
			ResponseType: flow.ResponseHybrid, Resources: []string{"https://api.example"}, Claims: "{}", ACRValues: "a b", MaxAge: &age,
			AuthorizationDetails: `[{"type":"x"}]`, Parameters: map[string]string{"audience": "https://api.example"},
		},
		Protection: flow.Protection{PAR: true, JAR: flow.JARSigned, DPoP: true},
		Afterwards: flow.Afterwards{Call: "https://api.example/me", Introspect: true, Revoke: true, Logout: true, PostLogoutRedirectURI: "https://a.example"},
	}
	given := want
	given.ClientSecret, given.Credential.Password, given.Ask.IDTokenHint = "secret", "secret", "secret"
	if _, err := file.Save("whole", given); err != nil {
		t.Fatal(err)
	}
	// Saved a second time, its tables take the place of the old ones.
	if _, err := file.Save("whole", given); err != nil {
		t.Fatal(err)
	}
	got, err := file.Load("whole")
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}
