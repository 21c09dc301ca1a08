package tui

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/lab"
	"github.com/pkcescope/pkcescope/inspect"
)

// realDoctor is the doctor itself, as the command hands it over.
func realDoctor(ctx context.Context, c flow.Config, probe bool) (inspect.Checkup, error) {
	seen, err := lab.Examine(ctx, c, lab.ExamineOptions{Probe: probe})
	return inspect.Examine(seen), err
}

func withDoctor(t *testing.T) Options {
	t.Helper()
	o := atPractice(t)
	o.Examine = realDoctor
	return o
}

func TestTheDoctorLooksFirstAndAsksTheProviderOnlyWhenConfirmed(t *testing.T) {
	d := NewDriver(t, New(withDoctor(t)), 80, 24)
	d.Press("C")
	d.Until("Nothing speaks against a sign-in")
	d.Shows("Before anybody signs in", "0 fail", "✓ ok", "The provider was not asked", "p ask the provider")
	if m := d.Model.(Model); m.checkup.read.Found("probe-client") || m.checkup.probed {
		t.Error("the provider was asked")
	}
	d.Press("p")
	// Both are named before anything is sent.
	m := d.Model.(Model)
	d.Shows("Ask the provider about this client?", "false on purpose")
	tenant := strings.Split(m.checkup.config.Issuer, "/")[3]
	for _, id := range []string{m.checkup.config.ClientID, tenant} {
		if !strings.Contains(d.Screen(), id) {
			t.Errorf("%s is not named:\n%s", id, d.Screen())
		}
	}
	d.Press("esc")
	if m := d.Model.(Model); m.checkup.cancel != nil {
		t.Fatal("it asked though nobody agreed")
	}
	d.Press("p", "enter")
	d.Until("as far as it can be known before one")
	if m := d.Model.(Model); !m.checkup.probed {
		t.Error("it does not say that the provider was asked")
	}
	d.Press("esc")
	d.Shows("Practice tenant")
}

func TestTheClientOfTheTenantFormIsCheckedBeforeSigningIn(t *testing.T) {
	o := withDoctor(t)
	c, _, err := o.Practice()
	if err != nil {
		t.Fatal(err)
	}
	for name, open := range map[string]func(*Driver){
		"from the tenant form":   func(d *Driver) { d.Press("down", "enter") },
		"from the home screen's": func(d *Driver) { d.Press("down", "down", "down", "down", "enter") },
	} {
		t.Run(name, func(t *testing.T) {
			d := NewDriver(t, New(o), 120, 40)
			open(d)
			d.Press("left", "left") // any issuer
			d.GoTo("oidc issuer")
			d.Type(c.Issuer)
			d.GoTo("client")
			d.Type(c.ClientID)
			if name == "from the tenant form" {
				d.Shows("ctrl+d")
				d.Press("ctrl+d")
			} else {
				d.Shows("Check before signing in")
				d.Press("enter")
			}
			d.Until("A sign-in may go wrong") // by that address it is not known as Entra, whose list of methods is always missing
			d.Shows("▲ warn", "code_challenge_methods_supported", "✓ ok    issuer")
		})
	}
}

func TestWhatFailsComesFirstAndSaysWhatToTry(t *testing.T) {
	o := withDoctor(t)
	c, _, err := o.Practice()
	if err != nil {
		t.Fatal(err)
	}
	c.RedirectURI = "http://localhost/other"
	d := NewDriver(t, New(o), 80, 24)
	m := d.Model.(Model)
	cmd := m.openDoctor(c)
	d.Model = m
	d.start(cmd)
	d.Until("Nothing speaks against")
	d.Press("p", "enter")
	d.Until("A sign-in will likely fail")
	d.Shows("✗ fail  probe-redirect-uri", "AADSTS50011", "Try: ")
}

func TestALookThatTakesLongCanBeStopped(t *testing.T) {
	o := withDoctor(t)
	o.Examine = func(ctx context.Context, _ flow.Config, _ bool) (inspect.Checkup, error) {
		<-ctx.Done()
		return inspect.Checkup{}, ctx.Err()
	}
	d := NewDriver(t, New(o), 80, 24)
	d.Press("C")
	d.Until("looking…")
	d.Press("p")
	d.Shows("esc stops that")
	d.Press("esc")
	d.Until("Cancelled.")
	d.Press("esc")
	d.Shows("Practice tenant")
}

func TestWhatIsCheckedCanBeWalked(t *testing.T) {
	d := NewDriver(t, New(withDoctor(t)), 80, 24)
	d.Press("C")
	d.Until("Nothing speaks against a sign-in")
	d.Press("enter")
	d.Until("Discovery")
	d.Press("C")
	d.Until("Nothing speaks against a sign-in")
	d.Press("esc")
	d.Shows("Discovery")
	d.Model.(Model).close()
}

func TestGoldenDoctor(t *testing.T) {
	checkup := inspect.Checkup{Verdict: inspect.VerdictFail, Lines: []inspect.CheckupLine{
		{ID: "discovery", Verdict: inspect.VerdictOK, What: "The metadata was read from https://login.microsoftonline.com/contoso.com/v2.0/.well-known/openid-configuration."},
		{ID: "keys", Verdict: inspect.VerdictOK, What: "Keys that can verify signatures: 5."},
		{ID: "clock", Verdict: inspect.VerdictWarn, Cause: "clock-skew", What: "This machine's clock is 42s behind the server's.", Why: "What is behind takes a fresh token for one from the future.", Try: "Switch on time synchronisation."},
		{ID: "probe-tenant", Verdict: inspect.VerdictOK, What: "The provider likely knows the tenant.", Confidence: inspect.Likely},
		{
			ID: "probe-redirect-uri", Verdict: inspect.VerdictFail, Cause: "redirect-uri-not-registered", Codes: []string{"AADSTS50011"}, Confidence: inspect.Likely,
			What: "The redirect URI that was sent is not registered (likely).", Why: "It answered AADSTS50011. The provider compares redirect_uri with its list and found no equal.", Try: "Add exactly that URI to the client's registration.",
		},
	}}
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			m := sized(New(Options{Theme: "dark"}), size[0], size[1])
			m.screen = screenDoctor
			m.checkup.config = flow.Config{Issuer: "https://login.microsoftonline.com/contoso.com/v2.0", ClientID: "6731de76-14a6-49ae-97bc-6eba6914391e"}
			m.checkup.read, m.checkup.probed = &checkup, true
			m.checkup.state++
			m.sync()
			checkScreen(t, m)
			golden.RequireEqual(t, ansi.Strip(m.View().Content))
		})
	}
}
