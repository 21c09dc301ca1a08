package tui

import (
	"context"
	"errors"
	"testing"

	"github.com/pkcescope/pkcescope/flow"
)

// oneProfile is a store of one profile.
type oneProfile struct{ config flow.Config }

func (p oneProfile) Names() ([]string, error)                 { return []string{p.config.Name}, nil }
func (p oneProfile) Load(string) (flow.Config, error)         { return p.config, nil }
func (p oneProfile) Save(string, flow.Config) (string, error) { return "profiles.toml", nil }

// keyring is what the system keeps. With a channel it is locked until that is
// closed.
type keyring struct {
	secret string
	err    error
	locked chan struct{}
	asked  []string
}

func (k *keyring) kept(ctx context.Context, profile string) (string, error) {
	k.asked = append(k.asked, profile)
	if k.locked != nil {
		select {
		case <-k.locked:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	return k.secret, k.err
}

// atProfile is the home screen with the profile selected.
func atProfile(t *testing.T, c flow.Config, k *keyring) *Driver {
	t.Helper()
	c.Name, c.ClientID = "portal", "6731de76-14a6-49ae-97bc-6eba6914391e"
	c.RedirectURI = "http://localhost:18999/"
	c.Provider = flow.Provider{AuthorizationEndpoint: "https://login.example/authorize", TokenEndpoint: "https://login.example/token"}
	d := NewDriver(t, New(Options{Profiles: oneProfile{c}, Kept: k.kept, Theme: "dark"}), 100, 30)
	d.Press("down", "down")
	return d
}

func (d *Driver) walked() flow.Config { return d.Model.(Model).visit.config }

func TestProfileIsWalkedWithTheSecretThatTheKeyringKeeps(t *testing.T) {
	for name, c := range map[string]flow.Config{
		"authenticating by it":     {AuthMethod: flow.AuthBasic},
		"a web app":                {Platform: flow.PlatformWeb},
		"of which nothing is said": {},
	} {
		t.Run(name, func(t *testing.T) {
			k := &keyring{secret: "hunter2-hunter2"}
			d := atProfile(t, c, k)
			d.Press("enter")
			d.Until("What is happening")
			if got := d.walked().ClientSecret; got != "hunter2-hunter2" {
				t.Errorf("the secret is %q", got)
			}
			if len(k.asked) != 1 || k.asked[0] != "portal" {
				t.Errorf("the keyring was asked for %q", k.asked)
			}
			d.Hides("hunter2")
		})
	}
}

func TestKeyringIsNotAskedForWhatIsNotSent(t *testing.T) {
	for name, c := range map[string]flow.Config{
		"a public client":              {AuthMethod: flow.AuthNone},
		"a desktop app":                {Platform: flow.PlatformNative},
		"a single-page app":            {Platform: flow.PlatformSPA},
		"a client with a given secret": {AuthMethod: flow.AuthPost, ClientSecret: "s"},
	} {
		t.Run(name, func(t *testing.T) {
			k := &keyring{err: errors.New("it is locked")}
			d := atProfile(t, c, k)
			d.Press("enter")
			d.Until("What is happening")
			if len(k.asked) > 0 {
				t.Errorf("the keyring was asked for %q", k.asked)
			}
		})
	}
}

func TestLockedKeyringDoesNotFreezeTheScreen(t *testing.T) {
	k := &keyring{secret: "s", locked: make(chan struct{})}
	d := atProfile(t, flow.Config{AuthMethod: flow.AuthPost}, k)
	d.Press("enter")
	d.Until("It may want to be unlocked")
	d.Press("esc")
	d.Shows("Stopped", "Practice tenant")

	d.Press("enter")
	d.Until("It may want to be unlocked")
	d.Press("?")
	d.Shows("Keys") // whatever else is pressed goes on without it
	d.Press("esc")

	d.Press("enter")
	d.Until("It may want to be unlocked")
	close(k.locked)
	d.Until("What is happening")
	if got := d.walked().ClientSecret; got != "s" {
		t.Errorf("the secret is %q", got)
	}
}

func TestKeyringThatGivesNothingIsNamed(t *testing.T) {
	failed := &flow.Error{Kind: flow.KindTransport, What: "The system's keyring did not give the secret.", Why: "It was dismissed.", Try: "Unlock it."}

	d := atProfile(t, flow.Config{AuthMethod: flow.AuthPost}, &keyring{err: failed})
	d.Press("enter")
	d.Until("No secret from the keyring")
	d.Shows("did not give the secret", "It was dismissed", "Unlock it")
	d.Press("esc")
	d.GoTo("secret") // the form, where it can be typed
	d.Type("typed")
	d.Press("enter")
	d.Until("What is happening")
	if got := d.walked().ClientSecret; got != "typed" {
		t.Errorf("the secret is %q", got)
	}

	d = atProfile(t, flow.Config{AuthMethod: flow.AuthPost}, &keyring{err: failed})
	d.Press("e", "enter")
	d.Until("This client cannot be walked")
	d.Shows("did not give the secret", "It was dismissed")

	// A client that may be public is walked as one, and it is said.
	d = atProfile(t, flow.Config{}, &keyring{err: failed})
	d.Press("enter")
	d.Until("What is happening")
	d.Shows("No client secret is sent", "It was dismissed")
}

func TestWebAppWithoutASecretIsAskedForOne(t *testing.T) {
	d := atProfile(t, flow.Config{Platform: flow.PlatformWeb}, &keyring{})
	d.Press("enter")
	d.Until("jwks_uri")
	d.GoTo("secret")
	d.Type("typed")
	d.Press("enter")
	d.Until("What is happening")
	if got := d.walked().ClientSecret; got != "typed" {
		t.Errorf("the secret is %q", got)
	}
}

func TestFormIsStartedWithTheSecretThatTheKeyringKeeps(t *testing.T) {
	d := atProfile(t, flow.Config{AuthMethod: flow.AuthPost}, &keyring{secret: "hunter2-hunter2"})
	d.Press("e", "enter")
	d.Until("What is happening")
	if got := d.walked().ClientSecret; got != "hunter2-hunter2" {
		t.Errorf("the secret is %q", got)
	}
	d.Hides("hunter2")
}

// unreadableProfiles is a store that somebody's editor broke.
type unreadableProfiles struct{ oneProfile }

func (unreadableProfiles) Names() ([]string, error) {
	return nil, &flow.Error{Kind: flow.KindRefused, What: "profiles.toml, line 4: There is no field.", Try: "Did you mean another?"}
}

func TestProfilesThatCannotBeReadAreToldInSight(t *testing.T) {
	d := NewDriver(t, New(Options{Profiles: unreadableProfiles{}, Theme: "dark"}), 80, 24)
	d.Shows("The saved profiles could not be read", "line 4", "Did you mean another?", "Practice tenant")
}
