package inspect_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pkcescope/pkcescope/assets"
	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

func TestTheGlossariesAreWholeAndLargeEnough(t *testing.T) {
	for name, book := range map[string]struct {
		glossary *inspect.Glossary
		atLeast  int
	}{
		"parameters": {inspect.Parameters(), 90},
		"claims":     {inspect.Claims(), 120},
		"headers":    {inspect.Headers(), 60},
		"metadata":   {inspect.Metadata(), 50},
		"keys":       {inspect.Keys(), 20},
	} {
		t.Run(name, func(t *testing.T) {
			names := map[string]bool{}
			seen := map[string]bool{}
			for _, e := range book.glossary.Entries {
				names[e.Name] = true
				if e.What == "" || e.Who == "" || e.Without == "" || e.When == "" || e.Source.Text == "" {
					t.Errorf("%s is not explained in full: %+v", e.Name, e)
				}
				if e.Source.URL == "" && !strings.Contains(e.Source.Text, "No standard") && !strings.Contains(e.Source.Text, "not documented") {
					t.Errorf("%s: the source %q has no link", e.Name, e.Source.Text)
				}
				for _, text := range []string{e.What, e.Who, e.Without} {
					if !strings.HasSuffix(text, ".") {
						t.Errorf("%s: %q is not a sentence", e.Name, text)
					}
				}
				for provider, text := range e.By {
					if !slices.Contains([]string{"entra", "entra-v1", "entra-graph", "entra-b2c", "entra-ciam", "google", "keycloak", "auth0", "okta"}, provider) || !strings.HasSuffix(text, ".") {
						t.Errorf("%s: what it means at %q: %q", e.Name, provider, text)
					}
				}
				for _, at := range append(e.At, "") {
					if len(e.At) > 0 && at == "" {
						continue
					}
					if seen[e.Name+" "+at] {
						t.Errorf("%s is explained twice at %q", e.Name, at)
					}
					seen[e.Name+" "+at] = true
				}
			}
			if len(names) < book.atLeast {
				t.Errorf("%d names, want at least %d", len(names), book.atLeast)
			}
			t.Logf("%d names", len(names))
		})
	}
}

func TestANameIsExplainedByItsPlace(t *testing.T) {
	asked, _ := inspect.Parameters().Find("scope", "authorize")
	granted, _ := inspect.Parameters().Find("scope", "response")
	if asked.What == granted.What || !strings.Contains(granted.What, "granted") {
		t.Errorf("asked: %q, granted: %q", asked.What, granted.What)
	}
	if _, ok := inspect.Parameters().Find("no-such-thing", ""); ok {
		t.Error("a name that is not there was found")
	}
	if e, ok := inspect.Headers().Find("CONTENT-TYPE", "request"); !ok || e.Name != "Content-Type" {
		t.Error("headers are found in any spelling")
	}
}

func TestAClaimIsExplainedInItsProvidersTerms(t *testing.T) {
	sub, _ := inspect.Claims().Find("sub", "")
	if general, entra := sub.Meaning(""), sub.Meaning("entra"); general == entra || !strings.Contains(entra, "pairwise") {
		t.Errorf("general %q, Entra %q", general, entra)
	}
	if sub.Meaning("entra-v1") != sub.Meaning("entra") || sub.Meaning("somebody") != sub.Meaning("") {
		t.Error("a provider without a meaning of its own has its family's, or the general one")
	}
	iss, _ := inspect.Claims().Find("iss", "")
	said := map[string]string{}
	for _, p := range []string{"", "entra", "entra-v1", "entra-b2c", "entra-ciam", "keycloak", "auth0", "okta", "google"} {
		if other, twice := said[iss.Meaning(p)]; twice {
			t.Errorf("iss means the same at %q and %q", p, other)
		}
		said[iss.Meaning(p)] = p
	}
}

func TestEveryStepIsExplainedForEveryMethod(t *testing.T) {
	for _, m := range []flow.Method{flow.MethodS256, flow.MethodPlain, flow.MethodOmitted, flow.MethodNone} {
		for _, platform := range []flow.Platform{flow.PlatformNative, flow.PlatformSPA, flow.PlatformWeb} {
			tr := flow.Transcript{Config: flow.Config{Method: m, Platform: platform}}
			for _, s := range inspect.Read(tr, inspect.Options{}).Steps {
				if s.Title == "" || s.Lead == "" || len(s.Body) == 0 || len(s.Refs) == 0 {
					t.Errorf("%s, %s, %s: title %q, lead %q, %d paragraphs, %d references", m, platform, s.ID, s.Title, s.Lead, len(s.Body), len(s.Refs))
				}
				for _, text := range append(append([]string{s.Lead}, s.Body...), s.Next...) {
					if strings.ContainsAny(text, "$") || !strings.ContainsAny(text[len(text)-1:], ".") {
						t.Errorf("%s: %q", s.ID, text)
					}
				}
			}
		}
	}
	for _, id := range flow.StepIDs() {
		if assets.Step(string(id)) == "" {
			t.Errorf("there is no text for the step %s", id)
		}
	}
}
