package broken

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// begin starts a lab for one test.
func begin(t *testing.T, lab Lab) *Session {
	t.Helper()
	s, err := Start(lab)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// run walks a lab as it is set up now.
func run(t *testing.T, s *Session) flow.Transcript {
	t.Helper()
	w, err := s.Walk()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := w.Run(ctx); err != nil {
		t.Log(err)
	}
	return w.Transcript()
}

var (
	aadsts      = regexp.MustCompile(`AADSTS(\d+)`)
	settingName = regexp.MustCompile(`\b(client|registration|tenant)\.[a-z]`)
)

// symptom reads how a run failed off its transcript.
func symptom(t *testing.T, tr flow.Transcript) Symptom {
	t.Helper()
	for _, step := range tr.Steps {
		if step.Status != flow.StatusFailed {
			continue
		}
		texts := []string{step.Error.What, step.Error.Why}
		for _, x := range step.Exchanges {
			if x.Response != nil {
				texts = append(texts, string(x.Response.Body), x.Response.Header.Get("Location"), x.Request.URL)
			}
		}
		for _, text := range texts {
			if m := aadsts.FindStringSubmatch(text); m != nil {
				n, err := strconv.Atoi(m[1])
				if err != nil {
					t.Fatal(err)
				}
				return Symptom{Code: n, Step: step.ID}
			}
		}
		t.Fatalf("step %s failed without a number: %v", step.ID, step.Error)
	}
	return Symptom{Step: flow.StepToken}
}

// Every lab shows its symptom and is not solved by running it again; by the
// changes that a learner can make it is.
func TestEveryLabIsBrokenAndCanBeSolved(t *testing.T) {
	t.Parallel()
	labs := Labs()
	if len(labs) < 20 {
		t.Errorf("%d labs, want 20 at least", len(labs))
	}
	for _, lab := range labs {
		t.Run(lab.ID, func(t *testing.T) {
			t.Parallel()
			s := begin(t, lab)
			before := run(t, s)
			if got := symptom(t, before); got != lab.Symptom {
				t.Errorf("symptom = %+v, want %+v", got, lab.Symptom)
			}
			if v := s.Judge(before); v.Solved || v.Why == "" {
				t.Errorf("the broken run is judged %+v", v)
			}
			for _, c := range s.Lab.Solution {
				if err := s.Set(c.Setting, c.Value); err != nil {
					t.Fatal(err)
				}
			}
			after := run(t, s)
			if v := s.Judge(after); !v.Solved || v.Why != s.Lab.Why {
				t.Errorf("the repaired run is judged %+v", v)
			}
		})
	}
}

// A lab's texts are complete, and no hint but the last gives the setting away.
func TestEveryLabIsTold(t *testing.T) {
	ids := map[string]bool{}
	for _, lab := range Labs() {
		if ids[lab.ID] {
			t.Errorf("two labs are called %s", lab.ID)
		}
		ids[lab.ID] = true
		if lab.Title == "" || lab.Story == "" || lab.Why == "" || len(lab.Hints) < 2 {
			t.Errorf("%s: a text is missing", lab.ID)
		}
		for i, hint := range lab.Hints {
			if last := i == len(lab.Hints)-1; settingName.MatchString(hint) != last {
				t.Errorf("%s, hint %d of %d: %s", lab.ID, i+1, len(lab.Hints), hint)
			}
		}
		if aadsts.MatchString(lab.Story) {
			t.Errorf("%s: the story gives the number away", lab.ID)
		}
		for name := range lab.Locked {
			if !slices.ContainsFunc(settings, func(s setting) bool { return s.name == name }) {
				t.Errorf("%s locks %s, which is no setting", lab.ID, name)
			}
		}
	}
}

func TestHintsComeOneAtATime(t *testing.T) {
	lab, err := Find("trailing-slash")
	if err != nil {
		t.Fatal(err)
	}
	s := begin(t, lab)
	for _, want := range s.Lab.Hints {
		if got, ok := s.Hint(); !ok || got != want {
			t.Errorf("Hint = %q, %v, want %q", got, ok, want)
		}
	}
	if got, ok := s.Hint(); ok {
		t.Errorf("one hint too many: %q", got)
	}
}

func TestWhatThePortalWouldNotSaveIsRefused(t *testing.T) {
	lab, err := Find("trailing-slash")
	if err != nil {
		t.Fatal(err)
	}
	s := begin(t, lab)
	for _, change := range []Change{
		{"registration.native", "http://app.contoso.example/"},
		{"registration.native", "http://[::1]/"},
		{"registration.supported_accounts", "Friends"},
		{"registration.secrets", "hunter2"},
		{"client.clock", "soon"},
		{"client.colour", "blue"},
	} {
		if err := s.Set(change.Setting, change.Value); err == nil {
			t.Errorf("%s = %q was saved", change.Setting, change.Value)
		}
	}
	for _, setting := range s.Settings() {
		if setting.Name == "registration.native" && setting.Value != "http://localhost/auth/" {
			t.Errorf("a refused change left %q", setting.Value)
		}
	}
}

// What a lab locks stays as it is: a desktop app does not become a web app to
// get round the question.
func TestLockedSettingsSayWhy(t *testing.T) {
	lab, err := Find("desktop-under-web")
	if err != nil {
		t.Fatal(err)
	}
	s := begin(t, lab)
	if err := s.Set("client.secret", "x"); err == nil || !strings.Contains(err.Error(), lab.Locked["client.secret"]) {
		t.Errorf("Set = %v", err)
	}
}

// Leaving PKCE out makes the error go away and does not solve a lab about it.
func TestLeavingPKCEOutIsNoSolution(t *testing.T) {
	lab, err := Find("hex-digest")
	if err != nil {
		t.Fatal(err)
	}
	s := begin(t, lab)
	for _, c := range []Change{{"client.edits", ""}, {"client.method", "none"}} {
		if err := s.Set(c.Setting, c.Value); err != nil {
			t.Fatal(err)
		}
	}
	tr := run(t, s)
	if tr.Outcome != flow.OutcomeOK {
		t.Fatalf("outcome = %s", tr.Outcome)
	}
	if v := s.Judge(tr); v.Solved {
		t.Error("solved without PKCE")
	}
}
