package inspect

import (
	"strings"
	"testing"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/practice"
)

func TestPracticeTenantGivesThePlatformAnswers(t *testing.T) {
	s, err := practice.Start(practice.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	registered := map[flow.Platform]flow.Config{}
	for i, p := range []flow.Platform{flow.PlatformNative, flow.PlatformWeb, flow.PlatformSPA} {
		if registered[p], err = s.ConfigFor(s.Registrations()[i].ClientID); err != nil {
			t.Fatal(err)
		}
	}
	for _, a := range platformAnswers {
		t.Run(string(a.Registered)+" sent as "+string(a.Sent), func(t *testing.T) {
			c := registered[a.Registered].On(a.Sent)
			if a.Sent == flow.PlatformWeb && c.ClientSecret == "" {
				c.ClientSecret = "a-secret-of-another-app"
			}
			if a.Sent == flow.PlatformWeb && a.Registered == flow.PlatformSPA {
				c.AuthMethod = flow.AuthNone // the platform's answer, not the secret's
			}
			w, err := flow.New(c, flow.Options{Browser: s.Browser()})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = w.Close() })
			if err := w.Run(t.Context()); err == nil {
				t.Fatal("the request was granted")
			}
			if why := w.Transcript().Step(flow.StepToken).Error.Why; !strings.HasPrefix(why, a.Code+":") {
				t.Errorf("the practice tenant says %q, and the table %s", why, a.Code)
			}
		})
	}
}

func TestPlatformsShowNoSecret(t *testing.T) {
	c := flow.Config{ClientID: "client-1", Platform: flow.PlatformWeb, ClientSecret: "a-long-client-secret"}
	for _, auth := range []flow.AuthMethod{flow.AuthPost, flow.AuthBasic} {
		c.AuthMethod = auth
		p := ReadPlatforms(flow.Transcript{Config: c}, false)
		found := false
		for _, row := range p.Differ {
			text := strings.Join(row.Values, " ")
			found = found || strings.Contains(text, "●●●")
			if strings.Contains(text, c.ClientSecret) {
				t.Errorf("%s: %s shows the secret", auth, row.Name)
			}
		}
		if !found {
			t.Errorf("%s: nothing stands for the secret", auth)
		}
	}
}
