package inspect_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
	"github.com/pkcescope/pkcescope/inspect/internal/walked"
)

func walk(t *testing.T, change func(*flow.Config)) flow.Transcript {
	t.Helper()
	return walked.Walk(t, "", change)
}

func edit(step flow.StepID, name, value string) func(*flow.Config) {
	return func(c *flow.Config) {
		c.Edits = append(c.Edits, flow.Edit{Step: step, Name: name, Value: value})
	}
}

func unset(step flow.StepID, name string) func(*flow.Config) {
	return func(c *flow.Config) {
		c.Edits = append(c.Edits, flow.Edit{Step: step, Name: name, Unset: true})
	}
}

func method(m flow.Method) func(*flow.Config) {
	return func(c *flow.Config) { c.Method = m }
}

// runs are walks that end well and badly, and between them send and receive
// everything that the practice tenant knows.
var runs = []struct {
	name   string
	change func(*flow.Config)
}{
	{"S256", nil},
	{"plain", method(flow.MethodPlain)},
	{"method omitted", method(flow.MethodOmitted)},
	{"no PKCE", method(flow.MethodNone)},
	{"form_post", func(c *flow.Config) { c.ResponseMode = flow.ModeFormPost }},
	{"every hint", func(c *flow.Config) {
		c.Prompt, c.LoginHint, c.DomainHint = "login", "alex@contoso.onmicrosoft.com", "contoso.onmicrosoft.com"
	}},
	{"wrong verifier", edit(flow.StepToken, "code_verifier", strings.Repeat("x", 43))},
	{"verifier left out", unset(flow.StepToken, "code_verifier")},
	{"other redirect URI", edit(flow.StepToken, "redirect_uri", "http://localhost:1/other")},
	{"redirect URI not registered", edit(flow.StepAuthorize, "redirect_uri", "http://localhost/not-registered")},
	{"scope left out", unset(flow.StepAuthorize, "scope")},
	{"unknown client", edit(flow.StepAuthorize, "client_id", "00000000-0000-0000-0000-00000000dead")},
	{"prompt none", edit(flow.StepAuthorize, "prompt", "none")},
	{"device code", func(c *flow.Config) { c.Device = true }},
	{"device code of a client that may not", func(c *flow.Config) {
		c.Device, c.Edits = true, []flow.Edit{{Step: flow.StepToken, Name: "device_code", Value: "another"}}
	}},
	{"unknown parameter", edit(flow.StepToken, "grant_type", "password")},
}

func TestNothingInAnyRunIsUnexplained(t *testing.T) {
	for _, run := range runs {
		t.Run(run.name, func(t *testing.T) {
			rep := inspect.Read(walk(t, run.change), inspect.Options{})
			rows := 0
			for _, s := range rep.Steps {
				if s.Title == "" || s.Lead == "" || len(s.Body) == 0 {
					t.Errorf("the step %s has title %q, lead %q and %d paragraphs", s.ID, s.Title, s.Lead, len(s.Body))
				}
				eachRow(s, func(where string, row inspect.Row) {
					rows++
					if row.What == "" || row.Who == "" || row.Without == "" || row.Source.Text == "" {
						t.Errorf("%s: %s %q is not explained: %q", s.ID, where, row.Name, row.What)
					}
				})
				for _, tok := range s.Tokens {
					for _, c := range tok.Claims {
						rows++
						if c.Source == "" {
							t.Errorf("%s: claim %q of the %s is not explained", s.ID, c.Name, tok.Name)
						}
					}
				}
			}
			if rows < 40 {
				t.Errorf("only %d rows were looked at", rows)
			}
		})
	}
}

func eachRow(s inspect.Step, f func(where string, row inspect.Row)) {
	for _, row := range s.Values {
		f("value", row)
	}
	for _, ex := range s.Exchanges {
		for _, row := range ex.Request.Rows {
			f("parameter", row)
		}
		for _, row := range ex.Request.Headers {
			f("request header", row)
		}
		if ex.Response == nil {
			continue
		}
		for _, row := range ex.Response.Rows {
			f("member", row)
		}
		for _, row := range ex.Response.Headers {
			f("response header", row)
		}
	}
}

func TestEveryCheckOfAHealthyIDTokenPasses(t *testing.T) {
	rep := inspect.Read(walk(t, nil), inspect.Options{})
	if rep.Outcome != flow.OutcomeOK {
		t.Fatalf("outcome = %s", rep.Outcome)
	}
	tok := rep.Steps[5].Tokens[0]
	want := "alg kid signature iss aud azp exp nbf iat nonce at_hash tid"
	var got []string
	for _, c := range tok.Checks {
		got = append(got, c.ID)
		if c.Result != inspect.Pass {
			t.Errorf("%s: %s, expected %q, actual %q: %s", c.ID, c.Result, c.Expected, c.Actual, c.Why)
		}
	}
	if tok.Name != "id_token" || strings.Join(got, " ") != want {
		t.Errorf("%s has the checks %q, want %q", tok.Name, got, want)
	}
}

func TestAGraphTokenIsNeverCalledInvalid(t *testing.T) {
	rep := inspect.Read(walk(t, nil), inspect.Options{})
	for _, s := range rep.Steps {
		for _, tok := range s.Tokens {
			if tok.Name != "access_token" {
				continue
			}
			for _, c := range tok.Checks {
				if c.Result == inspect.Fail {
					t.Errorf("%s: the access token fails %s: %s", s.ID, c.ID, c.Why)
				}
			}
			if !strings.Contains(tok.Whose, "Graph") {
				t.Errorf("whose = %q", tok.Whose)
			}
		}
	}
}

func TestTheJSONOutputHasTheShapeOfTheContractAndLoadsAgain(t *testing.T) {
	for _, run := range runs[:7] {
		t.Run(run.name, func(t *testing.T) {
			tr := walk(t, run.change)
			rep := inspect.Read(tr, inspect.Options{})
			out, err := rep.JSON()
			if err != nil {
				t.Fatal(err)
			}
			var doc map[string]any
			if err := json.Unmarshal(out, &doc); err != nil {
				t.Fatal(err)
			}
			noNullLists(t, "", doc)
			if doc["format"] != "pkcescope-transcript" || doc["version"] != 1.0 || doc["outcome"] != string(tr.Outcome) {
				t.Errorf("format, version, outcome = %v, %v, %v", doc["format"], doc["version"], doc["outcome"])
			}
			steps := doc["steps"].([]any)
			if len(steps) != len(flow.StepIDs()) {
				t.Fatalf("%d steps", len(steps))
			}
			for _, s := range steps {
				for _, member := range []string{"id", "status", "values", "exchanges", "tokens", "findings"} {
					if s.(map[string]any)[member] == nil {
						t.Errorf("the step %v has no %s", s.(map[string]any)["id"], member)
					}
				}
			}
			again, err := flow.Load(bytes.NewReader(out))
			if err != nil {
				t.Fatalf("loading the output: %v", err)
			}
			if again.Outcome != tr.Outcome || len(again.Steps) != len(tr.Steps) {
				t.Errorf("loaded: outcome %s, %d steps", again.Outcome, len(again.Steps))
			}
			// What was loaded is read as what was saved was, except that a
			// masked signature cannot be checked.
			twice := inspect.Read(again, inspect.Options{})
			for i, s := range rep.Steps {
				if got, want := codes(twice.Steps[i].Findings), codes(s.Findings); got != want {
					if s.ID == flow.StepToken && strings.Contains(want, "pkce-") || strings.Contains(want, "verifier-mismatch") {
						continue // proofs need the verifier itself
					}
					t.Errorf("%s: findings after loading %q, before %q", s.ID, got, want)
				}
			}
		})
	}
}

// noNullLists fails for a null where the contract has a list or an object.
// Only what may be missing altogether may be null.
func noNullLists(t *testing.T, path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			if x == nil && k != "response" && k != "value" {
				t.Errorf("%s/%s is null", path, k)
			}
			noNullLists(t, path+"/"+k, x)
		}
	case []any:
		for i, x := range v {
			noNullLists(t, fmt.Sprintf("%s[%d]", path, i), x)
		}
	}
}

func codes(list []inspect.Finding) string {
	var out []string
	for _, f := range list {
		out = append(out, f.Code)
	}
	return strings.Join(out, " ")
}

func TestInPlainModeTheSameMaskStandsForChallengeAndVerifier(t *testing.T) {
	rep := inspect.Read(walk(t, method(flow.MethodPlain)), inspect.Options{})
	find := func(step int, name string) string {
		var out string
		eachRow(rep.Steps[step], func(_ string, row inspect.Row) {
			if row.Name == name {
				out = row.Value
			}
		})
		return out
	}
	verifier, challenge, sent := find(1, "code_verifier"), find(3, "code_challenge"), find(5, "code_verifier")
	if !strings.Contains(verifier, "43 chars #") || verifier != challenge || verifier != sent {
		t.Errorf("verifier %q, challenge in the authorize request %q, verifier in the token request %q", verifier, challenge, sent)
	}
}

func TestWithoutPKCEThereIsNoPKCEValueAtAll(t *testing.T) {
	rep := inspect.Read(walk(t, method(flow.MethodNone)), inspect.Options{})
	for _, s := range rep.Steps {
		eachRow(s, func(where string, row inspect.Row) {
			if row.PKCE && row.Name != "code_challenge_methods_supported" {
				t.Errorf("%s: %s %s", s.ID, where, row.Name)
			}
		})
	}
	for _, a := range rep.Arrows {
		if a.PKCE {
			t.Errorf("arrow %q", a.Text)
		}
	}
}
