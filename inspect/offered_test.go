package inspect

import (
	"bytes"
	"strings"
	"testing"

	"github.com/pkcescope/pkcescope/flow"
)

// A step that stands there only because the metadata names an endpoint says so,
// until it was carried out or if the client asks for it.
func TestOfferedStepsSaySo(t *testing.T) {
	for name, row := range map[string]struct {
		asked  bool
		status flow.Status
		want   bool
	}{
		"to come":                 {false, flow.StatusPending, true},
		"passed over":             {false, flow.StatusSkipped, true},
		"taken":                   {false, flow.StatusOK, false},
		"refused":                 {false, flow.StatusFailed, false},
		"asked for by the client": {true, flow.StatusPending, false},
	} {
		t.Run(name, func(t *testing.T) {
			c := flow.Config{
				Afterwards: flow.Afterwards{Introspect: row.asked, Revoke: row.asked, Logout: row.asked},
				Protection: flow.Protection{PAR: row.asked},
			}
			run := flow.Transcript{Config: c}
			for _, id := range []flow.StepID{flow.StepPAR, flow.StepIntrospect, flow.StepRevoke, flow.StepLogout} {
				run.Steps = append(run.Steps, flow.Step{ID: id, Status: row.status})
			}
			for _, s := range Read(run, Options{}).Steps {
				told := strings.Contains(strings.Join(s.Body, " "), "is offered")
				want := row.want && s.ID.Extension()
				if s.Offered != want || told != want {
					t.Errorf("%s: offered %t, told %t, want %t", s.ID, s.Offered, told, want)
				}
			}
		})
	}
}

// A step that would take the place of others is shown with its own explanation
// where it can be taken, and is no part of what happened.
func TestAStepInPlaceOfOthersIsShownAndNotRecorded(t *testing.T) {
	run := flow.Transcript{Format: flow.Format, Version: flow.Version, Instead: []flow.StepID{flow.StepDevice}}
	rep := Read(run, Options{})
	if len(rep.Steps) < 2 || rep.Steps[1].ID != flow.StepDevice || !rep.Steps[1].Instead || !rep.Steps[1].Offered {
		t.Fatalf("the steps are %+v", rep.Steps)
	}
	if body := strings.Join(rep.Steps[1].Body, " "); !strings.Contains(body, "is offered") || !strings.Contains(body, "from the verifier to the callback") {
		t.Errorf("it does not say what it replaces: %s", body)
	}
	var saved bytes.Buffer
	if err := run.Encode(&saved); err != nil {
		t.Fatal(err)
	}
	opened, err := flow.Load(&saved)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range Read(opened, Options{}).Steps {
		if s.ID == flow.StepDevice {
			t.Error("a saved run has it too")
		}
	}
}

// Discovery says what else there is, and how it is asked for on the command
// line, which offers nothing.
func TestDiscoverySaysWhatElseIsOffered(t *testing.T) {
	body := func(c flow.Config) string {
		for _, s := range Read(flow.Transcript{Config: c}, Options{}).Steps {
			if s.ID == flow.StepDiscovery {
				return strings.Join(s.Body, " ")
			}
		}
		t.Fatal("there is no discovery")
		return ""
	}
	offers := flow.Provider{PAREndpoint: "https://idp.example/par", DeviceEndpoint: "https://idp.example/device"}
	for name, row := range map[string]struct {
		c           flow.Config
		par, device bool
	}{
		"nothing":                {flow.Config{}, false, false},
		"both":                   {flow.Config{Provider: offers}, true, true},
		"pushed already":         {flow.Config{Provider: offers, Protection: flow.Protection{PAR: true}}, false, true},
		"on another device, too": {flow.Config{Provider: offers, Device: true}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			text := body(row.c)
			if got := strings.Contains(text, "--par"); got != row.par {
				t.Errorf("PAR is told: %t", got)
			}
			if got := strings.Contains(text, "--device"); got != row.device {
				t.Errorf("the device flow is told: %t", got)
			}
		})
	}
}

func TestAPushThatTheProviderRequiresIsNotOptional(t *testing.T) {
	for _, required := range []bool{true, false} {
		run := flow.Transcript{
			Config: flow.Config{Provider: flow.Provider{PAREndpoint: "https://idp.example/par", PARRequired: required}},
			Steps:  []flow.Step{{ID: flow.StepPAR, Status: flow.StatusPending, Optional: true}},
		}
		for _, s := range Read(run, Options{}).Steps {
			if s.ID != flow.StepPAR {
				continue
			}
			if told := strings.Contains(strings.Join(s.Body, " "), "in no other way"); s.Optional == required || s.Offered == required || told != required {
				t.Errorf("required %t: optional %t, offered %t, told %t", required, s.Optional, s.Offered, told)
			}
		}
	}
}
