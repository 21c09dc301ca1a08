package inspect_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// found returns the difference of that kind and name at a step.
func found(d inspect.RunDiff, step flow.StepID, kind, name string) (inspect.RunDifference, bool) {
	i := slices.IndexFunc(d.Differences, func(x inspect.RunDifference) bool { return x.Step == step && x.Kind == kind && x.Name == name })
	if i < 0 {
		return inspect.RunDifference{}, false
	}
	return d.Differences[i], true
}

func TestTwoRunsOfOneClientAreTheSameInWhatMatters(t *testing.T) {
	d := inspect.DiffRuns(walk(t, nil), walk(t, nil), inspect.Options{})
	if !d.Same {
		t.Errorf("they differ:\n%s", d.Text("a", "b", 0))
	}
	for _, name := range []string{"state", "nonce", "code_challenge"} {
		if x, ok := found(d, flow.StepAuthorize, "parameter", name); !ok || x.Weight != inspect.WeightFresh {
			t.Errorf("%s: %+v", name, x)
		}
	}
	tr := walk(t, nil)
	if d := inspect.DiffRuns(tr, tr, inspect.Options{}); len(d.Differences) != 0 || !d.Same {
		t.Errorf("a run differs from itself: %+v", d.Differences)
	}
}

func TestWhatMadeARunFailComesFirst(t *testing.T) {
	works := walk(t, nil)
	for name, c := range map[string]struct {
		change func(*flow.Config)
		step   flow.StepID
		kind   string
		row    string
	}{
		"another run's verifier": {func(c *flow.Config) {
			c.Edits = []flow.Edit{{Step: flow.StepToken, Name: "code_verifier", Value: inspect.ExampleVerifier}}
		}, flow.StepToken, "finding", "verifier-mismatch"},
		"a scope that is missing": {func(c *flow.Config) { c.Scopes = []string{"openid", "User.Read"} }, flow.StepAuthorize, "scope", "scope"},
		"plain":                   {func(c *flow.Config) { c.Method = flow.MethodPlain }, flow.StepAuthorize, "parameter", "code_challenge_method"},
		"no nonce": {func(c *flow.Config) {
			c.Edits = []flow.Edit{{Step: flow.StepAuthorize, Name: "nonce", Unset: true}}
		}, flow.StepAuthorize, "parameter", "nonce"},
		"an Origin header": {func(c *flow.Config) {
			c.Edits = []flow.Edit{{Step: flow.StepToken, Name: "header.Origin", Value: "http://localhost"}}
		}, flow.StepToken, "header", "Origin"},
		"another redirect URI": {func(c *flow.Config) {
			c.Edits = []flow.Edit{{Step: flow.StepToken, Name: "redirect_uri", Value: "http://localhost/other"}}
		}, flow.StepToken, "parameter", "redirect_uri"},
	} {
		t.Run(name, func(t *testing.T) {
			d := inspect.DiffRuns(works, walk(t, c.change), inspect.Options{})
			x, ok := found(d, c.step, c.kind, c.row)
			if !ok || x.Weight != inspect.WeightMatters || d.Same {
				t.Fatalf("%+v, %t\n%s", x, ok, d.Text("a", "b", 0))
			}
			seen := inspect.WeightMatters
			for _, x := range d.Differences {
				if x.Weight == inspect.WeightMatters && seen != inspect.WeightMatters || x.Weight == inspect.WeightDetail && seen == inspect.WeightFresh {
					t.Errorf("%s %s stands below what matters less", x.Kind, x.Name)
				}
				seen = x.Weight
			}
		})
	}
}

func TestTheOrderOfScopesIsNoDifference(t *testing.T) {
	a := walk(t, func(c *flow.Config) { c.Scopes = []string{"openid", "profile", "User.Read"} })
	b := walk(t, func(c *flow.Config) { c.Scopes = []string{"User.Read", "openid", "profile"} })
	if d := inspect.DiffRuns(a, b, inspect.Options{}); !d.Same {
		t.Errorf("%s", d.Text("a", "b", 0))
	}
}

func TestAClockThatIsOffMatters(t *testing.T) {
	a, b := walk(t, nil), walk(t, nil)
	b.Steps = slices.Clone(b.Steps)
	for i := range b.Steps {
		b.Steps[i].Exchanges = slices.Clone(b.Steps[i].Exchanges)
		for j := range b.Steps[i].Exchanges {
			x := &b.Steps[i].Exchanges[j]
			x.Timing.Start = x.Timing.Start.Add(10 * time.Minute)
		}
	}
	d := inspect.DiffRuns(a, b, inspect.Options{})
	x, ok := found(d, "", "clock", "clock")
	if !ok || x.Weight != inspect.WeightMatters || !strings.Contains(x.B, "10m0s ahead") || x.A != "as the provider's" {
		t.Errorf("%+v, %t", x, ok)
	}
}

// withSecret is a token request with a client secret, saved without it.
func withSecret(key, secret string) flow.Transcript {
	return flow.Transcript{Salt: key, Steps: []flow.Step{{ID: flow.StepToken, Status: flow.StatusOK, Exchanges: []flow.Exchange{{
		Request: flow.Request{
			Method: "POST", URL: "https://login.example/token", Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
			Body: flow.Body("client_id=x&client_secret=" + secret),
		},
	}}}}}.Redacted()
}

func TestSecretsAreComparedWithoutBeingThere(t *testing.T) {
	const one, other, long = "first-secret-0123", "other-secret-0123", "a-longer-secret-0123"
	for name, c := range map[string]struct {
		a, b flow.Transcript
		same bool
		note bool
	}{
		"the same secret, one key":         {withSecret("key", one), withSecret("key", one), true, false},
		"another secret, one key":          {withSecret("key", one), withSecret("key", other), false, false},
		"two keys, the same length":        {withSecret("key", one), withSecret("other key", one), true, true},
		"two keys, and another length too": {withSecret("key", one), withSecret("other key", long), false, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := inspect.DiffRuns(c.a, c.b, inspect.Options{})
			_, differs := found(d, flow.StepToken, "parameter", "client_secret")
			if differs == c.same || d.Same != c.same || (len(d.Notes) > 0) != c.note {
				t.Errorf("differs %t, notes %q\n%s", differs, d.Notes, d.Text("a", "b", 0))
			}
		})
	}
}

func TestADiffShowsNoSecretAndNothingHostile(t *testing.T) {
	a := walk(t, nil)
	b := walk(t, func(c *flow.Config) {
		c.Edits = []flow.Edit{{Step: flow.StepToken, Name: "code_verifier", Value: inspect.ExampleVerifier}}
	})
	d := inspect.DiffRuns(a, b, inspect.Options{})
	secrets := secretsOf(t, a)
	secrets["verifier that was sent"] = inspect.ExampleVerifier
	check := func(path, s string) {
		for name, secret := range secrets {
			for way, text := range disguises(secret) {
				if strings.Contains(s, text) {
					t.Errorf("%s shows the %s, %s", path, name, way)
				}
			}
		}
	}
	eachString(reflect.ValueOf(d), "diff", check)
	check("text", d.Text("a", "b", 0))
	for _, x := range hostileTranscripts() {
		for _, line := range strings.Split(inspect.DiffRuns(a, x, inspect.Options{}).Text(hostile, hostile, 0), "\n") {
			if line != inspect.Clean(line) {
				t.Errorf("the text holds %q", line)
			}
		}
	}
	out, err := d.JSON()
	if err != nil || !json.Valid(out) {
		t.Error(err)
	}
}
