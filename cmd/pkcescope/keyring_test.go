package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zalando/go-keyring"

	"github.com/pkcescope/pkcescope/flow"
)

func TestSecretIsKeptInTheKeyringAndNowhereElse(t *testing.T) {
	keyring.MockInit()
	dir := t.TempDir()
	t.Setenv(configDirEnv, dir)
	t.Setenv(secretEnv, "")
	file, err := openProfiles()
	if err != nil {
		t.Fatal(err)
	}
	path, err := file.Save("contoso", flow.Config{
		Issuer: "https://issuer.example", ClientID: "c", Platform: flow.PlatformWeb, AuthMethod: flow.AuthPost,
	})
	if err != nil {
		t.Fatal(err)
	}
	do := func(stdin string, args ...string) string {
		t.Helper()
		root := newRoot()
		var out bytes.Buffer
		root.SetArgs(args)
		root.SetIn(strings.NewReader(stdin))
		root.SetOut(&out)
		root.SetErr(&out)
		if err := root.ExecuteContext(t.Context()); err != nil {
			t.Fatalf("%v: %v", args, err)
		}
		return out.String()
	}
	if said := do("hunter2-hunter2\n", "profile", "secret", "contoso"); strings.Contains(said, "hunter2") {
		t.Errorf("%q shows the secret", said)
	}
	if got := keptSecret("contoso"); got != "hunter2-hunter2" {
		t.Errorf("kept: %q", got)
	}
	text, err := os.ReadFile(filepath.Clean(path))
	if err != nil || bytes.Contains(text, []byte("hunter2")) {
		t.Errorf("the profiles file: %v\n%s", err, text)
	}
	if said := do("", "platforms", "--profile", "contoso"); strings.Contains(said, "hunter2") {
		t.Errorf("%q shows the secret", said)
	}
	do("", "profile", "secret", "contoso", "--forget")
	if got := keptSecret("contoso"); got != "" {
		t.Errorf("still kept: %q", got)
	}
}
