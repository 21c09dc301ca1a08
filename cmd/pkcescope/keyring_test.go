package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
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
	if got, err := keptSecret(t.Context(), "contoso"); got != "hunter2-hunter2" || err != nil {
		t.Errorf("kept: %q, %v", got, err)
	}
	text, err := os.ReadFile(filepath.Clean(path))
	if err != nil || bytes.Contains(text, []byte("hunter2")) {
		t.Errorf("the profiles file: %v\n%s", err, text)
	}
	if said := do("", "platforms", "--profile", "contoso"); strings.Contains(said, "hunter2") {
		t.Errorf("%q shows the secret", said)
	}
	do("", "profile", "secret", "contoso", "--forget")
	if got, err := keptSecret(t.Context(), "contoso"); got != "" || err != nil {
		t.Errorf("still kept: %q, %v", got, err)
	}
}

func TestKeyringIsThereForTheTerminalProgramToo(t *testing.T) {
	keyring.MockInit()
	t.Setenv(configDirEnv, t.TempDir())
	if err := keyring.Set(keyringService, "contoso", "hunter2-hunter2"); err != nil {
		t.Fatal(err)
	}
	o, err := terminalOptions(&tenant{}, "dark")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"contoso": "hunter2-hunter2", "fabrikam": ""} {
		if got, err := o.Kept(t.Context(), name); got != want || err != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestKeyringThatFailsSaysWhyAndWhatToTry(t *testing.T) {
	for name, row := range map[string]struct {
		err  error
		said string
	}{
		"dismissed":               {errors.New("the prompt was dismissed"), "the prompt was dismissed"},
		"on a machine without it": {&exec.Error{Name: "dbus-launch", Err: exec.ErrNotFound}, ""},
		"of an unknown system":    {keyring.ErrUnsupportedPlatform, ""},
	} {
		t.Run(name, func(t *testing.T) {
			keyring.MockInitWithError(row.err)
			t.Cleanup(keyring.MockInit)
			secret, err := keptSecret(t.Context(), "contoso")
			if secret != "" {
				t.Errorf("secret = %q", secret)
			}
			failed, ok := errors.AsType[*flow.Error](err)
			if row.said == "" {
				if err != nil {
					t.Errorf("it fails: %v", err)
				}
				return
			}
			if !ok || !strings.Contains(failed.Why, row.said) || !strings.Contains(failed.What, "contoso") || !strings.Contains(failed.Try, secretEnv) {
				t.Errorf("it says %v", err)
			}
		})
	}
}
