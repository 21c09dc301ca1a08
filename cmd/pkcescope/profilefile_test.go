package main

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/tui"
)

var _ tui.Profiles = profileFile{}

func fullConfig() flow.Config {
	return flow.Config{
		Issuer: "https://login.microsoftonline.com/contoso.com/v2.0", ClientID: "6731de76-14a6-49ae-97bc-6eba6914391e",
		Platform: flow.PlatformWeb, AuthMethod: flow.AuthPost, RedirectURI: "http://localhost:8400/cb",
		Scopes: []string{"openid", "offline_access"}, Method: flow.MethodPlain, VerifierLength: 64,
		AllowBadVerifier: true, ResponseMode: flow.ModeFormPost, Prompt: "login", LoginHint: "ada@contoso.com",
		DomainHint: "contoso.com", Paste: true, UserInfo: true, Refresh: true,
	}
}

func TestProfileComesBackAsItWasSaved(t *testing.T) {
	p := profileFile{filepath.Join(t.TempDir(), "new", "profiles.toml")}
	want := fullConfig()
	byHand := flow.Config{ClientID: "a", Provider: flow.Provider{
		AuthorizationEndpoint: "https://as.example/authorize", TokenEndpoint: "https://as.example/token",
		UserInfoEndpoint: "https://as.example/me", JWKSURI: "https://as.example/keys",
	}}
	for name, c := range map[string]flow.Config{"contoso": want, "by hand, with blanks": byHand} {
		if _, err := p.Save(name, c); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]flow.Config{"contoso": want, "by hand, with blanks": byHand} {
		want.Name = name
		if got, err := p.Load(name); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("Load(%q) = %+v, %v, want %+v", name, got, err, want)
		}
	}
}

// The file is for its owner, and never holds a secret, whatever the
// configuration had.
func TestProfileFileIsPrivateAndHoldsNoSecret(t *testing.T) {
	p := profileFile{filepath.Join(t.TempDir(), "profiles.toml")}
	c := fullConfig()
	c.ClientSecret, c.Verifier = "the-client-secret", "the-verifier"
	c.Edits = []flow.Edit{{Step: flow.StepToken, Name: "client_secret", Value: "an-edited-secret"}}
	path, err := p.Save("contoso", c)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("mode = %o, want 600", got)
	}
	text, _ := os.ReadFile(path)
	for _, secret := range []string{"the-client-secret", "the-verifier", "an-edited-secret"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("the file holds %q:\n%s", secret, text)
		}
	}
}

// A person's comments and the order of their tables outlive the program's
// saving.
func TestSavingKeepsWhatAPersonWrote(t *testing.T) {
	p := profileFile{filepath.Join(t.TempDir(), "profiles.toml")}
	write(t, p.path, `# Ours, keep in order.

# the old one
[profile.old]
client_id = "1" # do not use

[profile."in the middle"]
client_id = "2"
[profile."in the middle".provider]
token_endpoint = "https://as.example/token"

# the new one
[profile.new]
client_id = "3"
`)
	if _, err := p.Save("in the middle", flow.Config{Issuer: "https://as.example", ClientID: "4"}); err != nil {
		t.Fatal(err)
	}
	text, _ := os.ReadFile(p.path)
	got := string(text)
	for _, kept := range []string{"# Ours, keep in order.", "# the old one\n[profile.old]\nclient_id = \"1\" # do not use", "[profile.new]\nclient_id = \"3\""} {
		if !strings.Contains(got, kept) {
			t.Errorf("%q is lost:\n%s", kept, got)
		}
	}
	if strings.Contains(got, `"2"`) || strings.Contains(got, "token_endpoint") || !strings.Contains(got, `"4"`) {
		t.Errorf("the profile was not replaced:\n%s", got)
	}
	if strings.Index(got, "[profile.old]") > strings.Index(got, `client_id = "4"`) || strings.Index(got, "[profile.new]") < strings.Index(got, `client_id = "4"`) {
		t.Errorf("the order changed:\n%s", got)
	}
}

// A table that a line by line reading does not see, or sees where there is
// none, must not be damaged.
func TestSavingIsRightEvenWhereLinesMislead(t *testing.T) {
	p := profileFile{filepath.Join(t.TempDir(), "profiles.toml")}
	write(t, p.path, "profile.inline = {client_id = \"1\"}\n[profile.tricky]\nclient_id = \"2\"\nprompt = \"\"\"\n[profile.inline]\n\"\"\"\n")
	if _, err := p.Save("inline", flow.Config{Issuer: "https://as.example", ClientID: "3"}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"inline": "3", "tricky": "2"} {
		if c, err := p.Load(name); err != nil || c.ClientID != want {
			t.Errorf("Load(%q) = %q, %v, want %q", name, c.ClientID, err, want)
		}
	}
	if c, _ := p.Load("tricky"); c.Prompt != "[profile.inline]\n" {
		t.Errorf("prompt = %q", c.Prompt)
	}
}

// What cannot be read is never written over.
func TestSavingRefusesABrokenFile(t *testing.T) {
	p := profileFile{filepath.Join(t.TempDir(), "profiles.toml")}
	const broken = "[profile.a]\nclient_id = \n"
	write(t, p.path, broken)
	if _, err := p.Save("b", fullConfig()); err == nil {
		t.Error("a broken file was saved over")
	}
	if text, _ := os.ReadFile(p.path); string(text) != broken {
		t.Errorf("the file changed:\n%s", text)
	}
}

func TestProfileNamesThatCannotBeTypedAreRefused(t *testing.T) {
	p := profileFile{filepath.Join(t.TempDir(), "profiles.toml")}
	for _, name := range []string{"", "  ", "-x", "a\nb", "a\x1bb"} {
		if _, err := p.Save(name, fullConfig()); err == nil {
			t.Errorf("%q was taken", name)
		}
	}
}

// FuzzProfiles asserts that no text makes the reader panic, and that a profile
// saved into any text that can be read is there afterwards.
func FuzzProfiles(f *testing.F) {
	f.Add("[profile.a]\nclient_id = \"1\"\n", "b")
	f.Add("# c\n[profile.\"a b\"]\nclient_id='1'\n[profile.\"a b\".provider]\n", "a b")
	f.Add("profile = {}\n", "x")
	f.Fuzz(func(t *testing.T, text, name string) {
		p := profileFile{filepath.Join(t.TempDir(), "profiles.toml")}
		write(t, p.path, text)
		before, err := p.Names()
		if err != nil || validProfileName(name) != nil {
			return
		}
		if _, err := p.Save(name, fullConfig()); err != nil {
			return // refused is fine; see below for what was there
		}
		c, err := p.Load(name)
		if err != nil || c.ClientID != fullConfig().ClientID {
			t.Fatalf("saved %q into %q, and Load gives %v", name, text, err)
		}
		after, err := p.Names()
		if err != nil || len(after) < len(before) {
			t.Fatalf("before %q, after %q: %v", before, after, err)
		}
	})
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// The screen shows a fault of the file like every other refusal, with its hint.
func TestFaultOfTheProfilesFileHasItsHintOnTheScreen(t *testing.T) {
	_, err := profileFile{"profiles.toml"}.parse([]byte("[profile.x]\nclient_id = \"a\"\nredirect_url = \"http://localhost\"\n"))
	refused, ok := errors.AsType[*flow.Error](err)
	if !ok || !strings.Contains(refused.What, "line 3") || !strings.Contains(refused.Try, "redirect_uri") {
		t.Errorf("it says %+v", err)
	}
}

func TestValueOfAnotherKindIsToldWithItsLineAndWhatToWrite(t *testing.T) {
	for text, says := range map[string][3]string{
		"client_id = 3":                                 {"line 2, profile.x.client_id", "a text in quotes", `client_id = "…"`},
		"client_id = \"a\"\nscopes = \"openid\"":        {"line 3, profile.x.scopes", "a list in brackets", `scopes = ["…", "…"]`},
		"client_id = \"a\"\npaste = \"yes\"":            {"line 3, profile.x.paste", "true or false", "paste = true"},
		"client_id = \"a\"\nverifier_length = \"43\"":   {"line 3, profile.x.verifier_length", "a number", "verifier_length = 43"},
		"client_id = \"a\"\nplatform = [\"web\"]":       {"line 3, profile.x.platform", "a text in quotes", `platform = "…"`},
		"client_id = \"a\"\nprovider = \"https://a.b\"": {"line 3, profile.x.provider", "is a table", "[profile.x.provider]"},
	} {
		_, err := profileFile{"profiles.toml"}.parse([]byte("[profile.x]\n" + text + "\n"))
		refused, ok := errors.AsType[*usageError](err)
		if !ok || !strings.Contains(refused.what, says[0]) || !strings.Contains(refused.what, says[1]) || !strings.Contains(refused.try, says[2]) {
			t.Errorf("%s: it says %+v", text, refused)
		}
	}
}
