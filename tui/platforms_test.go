package tui

import (
	"fmt"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// webClient is a confidential client of Entra ID.
func webClient() flow.Config {
	return flow.Config{
		Name: "Contoso Reports", Issuer: "https://login.microsoftonline.com/contoso.example/v2.0",
		ClientID: "2b5ff5d1-3c04-4d0c-8f3b-0a4c5d6e7f80", ClientSecret: "a-secret-of-some-length",
		Platform: flow.PlatformWeb, AuthMethod: flow.AuthPost, RedirectURI: "https://reports.contoso.example/signin",
	}
}

// withClient is a walk of that client before its token step.
func withClient(c flow.Config) Model {
	m, _ := fixture("dark", flow.StepToken, false)
	m.visit.reading.transcript = diffRun("one-state", inspect.ExampleVerifier)
	m.visit.reading.transcript.Config = c
	return m
}

func TestPlatformScreens(t *testing.T) {
	keyed := webClient()
	keyed.ClientSecret, keyed.AuthMethod = "", flow.AuthKeyJWT
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
		for name, c := range map[string]flow.Config{
			"native client":           {ClientID: "6731de76-14a6-49ae-97bc-6eba6914391e", Platform: flow.PlatformNative, RedirectURI: "http://localhost"},
			"secret masked":           webClient(),
			"no request for the web":  keyed,
			"platform is not written": {ClientID: "6731de76"},
		} {
			t.Run(fmt.Sprintf("%s %dx%d", name, size[0], size[1]), func(t *testing.T) {
				m := sized(withClient(c), size[0], size[1], "W")
				checkScreen(t, m)
				golden.RequireEqual(t, ansi.Strip(m.View().Content))
			})
		}
	}
}

// From the walk W shows the client on each platform, x shows its secret, and
// esc leads back and leaves nothing in clear.
func TestPlatformsAreReachedFromTheWalk(t *testing.T) {
	d := NewDriver(t, withClient(webClient()), 120, 40)
	d.Press("W")
	d.Shows("web, as set", "client_secret", "header.Origin", "not sent", "https://reports.contoso", "AADSTS9002327", "AADSTS700025")
	d.Hides("a-secret-of-some-length")
	d.Press("x")
	d.Shows("secrets shown", "a-secret-of-some-length")
	d.Press("x")
	d.Hides("secrets shown")
	d.Hides("a-secret-of-some-length")
	d.Press("x", "esc")
	d.Shows("Steps")
	d.Press("W")
	d.Hides("a-secret-of-some-length")

	// Without a client the key says why it does nothing.
	m := New(Options{Theme: "dark"})
	if m.whyNoPlatforms() == "" {
		t.Error("there is no client, and the platforms can be compared")
	}
}

// The form's client is compared as it is filled in so far, and esc leads back
// to the form with all that was typed.
func TestPlatformsAreReachedFromTheForm(t *testing.T) {
	d, _ := startTenantForm(t, 120, 40)
	d.GoTo("client")
	d.Press("f4")
	d.Shows("platforms ·", "<client_id>")
	d.Press("esc")
	d.Type("typed-before")
	d.Press("f4")
	d.Shows("typed-before")
	d.Hides("<client_id>")
	d.Press("esc")
	d.Shows("My tenant", "typed-before")
}

// Nothing that a client holds leaves its place, whatever the size.
func TestPlatformsOfAHostileFileStayInTheirPlace(t *testing.T) {
	for _, size := range [][2]int{{40, 12}, {57, 13}, {80, 24}, {131, 31}} {
		d := NewDriver(t, New(Options{Theme: "dark"}), size[0], size[1])
		d.Send(openedMsg{transcript: hostileTranscript(), file: nasty})
		d.until("a reading", func() bool { m := d.Model.(Model); return m.visit.reading.number > 0 })
		d.Press("W", "x", "pgdown", "x")
		for _, r := range sgr.ReplaceAllString(d.Model.View().Content, "") {
			if r != '\n' && hostile(r) {
				t.Fatalf("%v: %q came to the screen:\n%q", size, r, d.Screen())
			}
		}
	}
}
