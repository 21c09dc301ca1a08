package inspect_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/practice/broken"
	"github.com/pkcescope/pkcescope/inspect"
)

// repairedFrom says of each lab from which step its client's own repair walks
// again; labs that are not here have none, because the fix is somebody else's.
var repairedFrom = map[string]flow.StepID{
	"port-of-an-address":      flow.StepAuthorize,
	"no-such-client":          flow.StepAuthorize,
	"secret-in-an-app":        flow.StepAuthorize,
	"public-client-switch":    flow.StepAuthorize,
	"verifier-of-another-tab": flow.StepAuthorize,
	"verifier-forgotten":      flow.StepAuthorize,
	"padded-challenge":        flow.StepAuthorize,
	"hex-digest":              flow.StepAuthorize,
	"method-left-out":         flow.StepAuthorize,
	"redirect-differs":        flow.StepAuthorize,
	"two-resources":           flow.StepAuthorize,
	"resource-beside-scope":   flow.StepAuthorize,
	"silent-without-session":  flow.StepAuthorize,
	"id-token-in-front":       flow.StepAuthorize,
	"hour-later":              flow.StepAuthorize,
}

// A repair changes what the lab's solution changes in the client, and with it
// the run ends well.
func TestTheClientsOwnFaultsAreRepairedAndTheOthersLeftAlone(t *testing.T) {
	for _, l := range broken.Labs() {
		t.Run(l.ID, func(t *testing.T) {
			tr := walkLab(t, l)
			at := flow.StepToken
			if i := slices.IndexFunc(tr.Steps, func(s flow.Step) bool { return s.Status == flow.StatusFailed }); i >= 0 {
				at = tr.Steps[i].ID
			}
			r, ok := inspect.RepairOf(tr, at)
			if want, due := repairedFrom[l.ID]; ok != due || r.From != want {
				t.Fatalf("a repair %v from %q (%s), want %v from %q", ok, r.From, r.What, due, want)
			}
			if !ok {
				return
			}
			if r.What == "" || r.Title == "" || len(r.Changes) == 0 {
				t.Errorf("it does not say what it does: %+v", r)
			}
			again := r.Apply(tr.Config)
			if slices.Equal(again.Edits, tr.Config.Edits) && again.Prompt == tr.Config.Prompt && again.RedirectURI == tr.Config.RedirectURI &&
				again.AuthMethod == tr.Config.AuthMethod && slices.Equal(again.Scopes, tr.Config.Scopes) {
				t.Error("it changes nothing")
			}
		})
	}
}

// A repair never writes a secret down, and the JSON has it under its step.
func TestARepairIsDataWithoutSecrets(t *testing.T) {
	lab, err := broken.Find("secret-in-an-app")
	if err != nil {
		t.Fatal(err)
	}
	tr := walkLab(t, lab)
	doc, err := inspect.Read(tr, inspect.Options{}).JSON()
	if err != nil {
		t.Fatal(err)
	}
	var parsed struct {
		Steps []struct {
			ID     string
			Repair *struct {
				Cause, What, From string
				Changes           []struct{ Setting, From, To string }
			}
		}
	}
	if err := json.Unmarshal(doc, &parsed); err != nil {
		t.Fatal(err)
	}
	for _, s := range parsed.Steps {
		if (s.Repair != nil) != (s.ID == "token") {
			t.Errorf("the step %s has the repair %+v", s.ID, s.Repair)
		}
		if s.Repair != nil && (s.Repair.Cause != "public-platform-but-secret-sent" || s.Repair.Changes[0].Setting != "secret") {
			t.Errorf("%+v", s.Repair)
		}
	}
	if strings.Contains(string(doc), tr.Config.ClientSecret) {
		t.Error("the secret is in the document")
	}
}

func TestAnIssuerThatLacksItsSlashIsWrittenAsTheMetadataDoes(t *testing.T) {
	s := newStandIn(t, goesBack("login_required", ""), refuses(400, "invalid_grant", ""))
	for given, want := range map[string]bool{s.URL + "/": true, s.URL + "/other": false} {
		c := s.client(false, flow.PlatformNative)
		c.Issuer, s.metadata = given, nil
		if !want {
			s.metadata = map[string]any{"issuer": "https://evil.example"}
			c.Issuer = s.URL
		}
		w, err := flow.New(c, flow.Options{})
		if err != nil {
			t.Fatal(err)
		}
		_ = w.Next(t.Context())
		r, ok := inspect.RepairOf(w.Transcript(), flow.StepDiscovery)
		if ok != want || ok && r.Apply(c).Issuer != s.URL {
			t.Errorf("%s: %v, %+v", given, ok, r)
		}
		_ = w.Close()
	}
}
