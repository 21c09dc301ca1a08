package inspect_test

import (
	"strings"
	"testing"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/capture"
	"github.com/pkcescope/pkcescope/inspect"
	"github.com/pkcescope/pkcescope/inspect/export"
	"github.com/pkcescope/pkcescope/inspect/report"
)

// outputs is everything that leaves the program about a run, by what it is.
func outputs(t *testing.T, tr flow.Transcript) map[string]string {
	t.Helper()
	out := map[string]string{}
	var page, text, archive strings.Builder
	if err := report.HTML(&page, tr); err != nil {
		t.Fatal(err)
	}
	if err := report.Markdown(&text, tr); err != nil {
		t.Fatal(err)
	}
	if err := capture.WriteHAR(&archive, tr.Redacted(), "test"); err != nil {
		t.Fatal(err)
	}
	out["report, HTML"], out["report, Markdown"], out["HAR"] = page.String(), text.String(), archive.String()
	for _, form := range export.Forms() {
		if e, err := export.Flow(tr, form); err == nil {
			out["export of the flow, "+string(form)] = string(e.Text) + strings.Join(e.Notes, "\n")
		}
		for _, id := range flow.AllStepIDs() {
			if e, err := export.Step(tr, id, form); err == nil {
				out["export of "+string(id)+", "+string(form)] = string(e.Text)
			}
		}
	}
	d := inspect.DiffRuns(tr, flow.Transcript{}, inspect.Options{})
	json, err := d.JSON()
	if err != nil {
		t.Fatal(err)
	}
	out["diff"], out["diff, JSON"] = d.Text("a", "b", 0), string(json)
	return out
}

func TestNoOutputOfARunHoldsASecretInAnyDisguise(t *testing.T) {
	for run, change := range map[string]func(*flow.Config){
		"S256": nil, "plain": method(flow.MethodPlain), "no PKCE": method(flow.MethodNone),
		"form_post": func(c *flow.Config) { c.ResponseMode = flow.ModeFormPost },
		"refused": func(c *flow.Config) {
			c.Edits = []flow.Edit{
				{Step: flow.StepToken, Name: "code_verifier", Value: inspect.ExampleVerifier},
				{Step: flow.StepToken, Name: "client_secret", Value: "Abc8Q~pM.x_-y3R+t/e= w&o\"r<d>%25"},
			}
		},
	} {
		t.Run(run, func(t *testing.T) {
			tr := walk(t, change)
			secrets := map[string]string{"password": "practice-Alex-1"}
			for _, s := range tr.Steps {
				for _, v := range s.Values {
					switch v.Name {
					case "code", "code_verifier", "client_secret", "refresh_token":
						secrets[string(s.ID)+" "+v.Name] = v.Value
					case "access_token", "id_token":
						secrets[string(s.ID)+" "+v.Name] = v.Value[strings.LastIndexByte(v.Value, '.')+1:]
					}
				}
			}
			if len(secrets) < 3 {
				t.Fatalf("only %d secrets were found in the run", len(secrets))
			}
			all := outputs(t, tr)
			if len(all) < 40 {
				t.Fatalf("only %d outputs were made", len(all))
			}
			for what, text := range all {
				for name, secret := range secrets {
					for way, disguised := range disguises(secret) {
						if strings.Contains(text, disguised) {
							t.Errorf("%s holds the %s, %s", what, name, way)
						}
					}
				}
			}
		})
	}
}

// What was sent and answered survives the way through an archive: the run that
// is read from it differs from the recorded one in nothing that matters.
func TestARunSurvivesItsArchive(t *testing.T) {
	for name, change := range map[string]func(*flow.Config){
		"completed": nil,
		"refused": func(c *flow.Config) {
			c.Edits = []flow.Edit{{Step: flow.StepToken, Name: "code_verifier", Value: inspect.ExampleVerifier}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			tr := walk(t, change)
			var archive strings.Builder
			if err := capture.WriteHAR(&archive, tr.Redacted(), "test"); err != nil {
				t.Fatal(err)
			}
			found, err := capture.Read(t.Context(), []capture.Source{{Name: "run.har", Data: strings.NewReader(archive.String())}}, capture.Options{})
			if err != nil || len(found.Flows) != 1 {
				t.Fatalf("%d flows, %v", len(found.Flows), err)
			}
			back := found.Flows[0]
			for _, id := range []flow.StepID{flow.StepAuthorize, flow.StepCallback, flow.StepToken} {
				a, b := tr.Redacted().Step(id), back.Step(id)
				if a.Status != b.Status || len(a.Exchanges) == 0 || len(b.Exchanges) == 0 {
					t.Errorf("%s: %s became %s, %d exchanges %d", id, a.Status, b.Status, len(a.Exchanges), len(b.Exchanges))
					continue
				}
				if d := inspect.DiffRuns(flow.Transcript{Config: tr.Config, Steps: []flow.Step{a}}, flow.Transcript{Config: tr.Config, Steps: []flow.Step{b}}, inspect.Options{}); !d.Same {
					t.Errorf("%s: %s", id, d.Text("recorded", "archive", 0))
				}
			}
		})
	}
}
