package tui

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// diffRun is a run up to the token request with that verifier.
func diffRun(state, verifier string) flow.Transcript {
	made := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	t := flow.Transcript{
		Format: flow.Format, Version: flow.Version, Outcome: flow.OutcomeOK, Salt: "salt", Made: made,
		Config: flow.Config{Issuer: "https://login.example/tenant", ClientID: "6731de76", Method: flow.MethodS256},
		Steps: []flow.Step{
			{ID: flow.StepAuthorize, Status: flow.StatusOK, Exchanges: []flow.Exchange{{Request: flow.Request{
				Method: "GET", URL: "https://login.example/authorize?client_id=6731de76&state=" + state + "&scope=openid+User.Read&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256",
			}}}},
			{ID: flow.StepToken, Status: flow.StatusOK, Exchanges: []flow.Exchange{{
				Request:  flow.Request{Method: "POST", URL: "https://login.example/token", Header: form, Body: flow.Body("grant_type=authorization_code&code=the-code-of-" + state + "&code_verifier=" + verifier)},
				Response: &flow.Response{Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: flow.Body(`{"token_type":"Bearer","scope":"openid User.Read"}`)},
			}}},
		},
	}
	if verifier != inspect.ExampleVerifier {
		t.Outcome = flow.OutcomeFailed
		t.Steps[1].Status = flow.StatusFailed
		t.Steps[1].Error = &flow.Error{Kind: flow.KindServer, What: "The token endpoint refused the request: invalid_grant."}
		t.Steps[1].Exchanges[0].Response = &flow.Response{Status: 400, Header: http.Header{"Content-Type": {"application/json"}}, Body: flow.Body(`{"error":"invalid_grant","error_description":"The code_verifier does not match the code_challenge."}`)}
	}
	return t
}

// diffed is the diff screen with a run beside one that failed.
func diffed() Model {
	m, _ := fixture("dark", flow.StepKeys, false)
	m.visit.reading.transcript = diffRun("one-state", inspect.ExampleVerifier)
	m.onDiffed(diffedMsg{visit: m.visit.number, file: "theirs.json", other: diffRun("another-state", "short")})
	return m
}

func TestDiffScreens(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
		for name, keys := range map[string][]string{"begin": nil, "end": {"pgdown", "pgdown", "pgdown"}} {
			t.Run(fmt.Sprintf("%s %dx%d", name, size[0], size[1]), func(t *testing.T) {
				m := sized(diffed(), size[0], size[1], keys...)
				checkScreen(t, m)
				golden.RequireEqual(t, ansi.Strip(m.View().Content))
			})
		}
	}
}

// From the walk a file is chosen, and esc leads back to the walk.
func TestARunIsComparedWithAFile(t *testing.T) {
	dir := t.TempDir()
	data, err := inspect.Read(diffRun("another-state", "short"), inspect.Options{}).JSON()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "theirs.json")
	if err := os.WriteFile(file, bytes.TrimSpace(data), 0o600); err != nil {
		t.Fatal(err)
	}
	m, _ := fixture("dark", flow.StepKeys, false)
	m.visit.reading.transcript = diffRun("one-state", inspect.ExampleVerifier)
	d := NewDriver(t, m, 120, 40)
	d.Press("=")
	d.Type(file)
	d.Press("enter")
	d.Until("What matters")
	d.Shows("theirs.json", "✗ failed", "things that matter")
	d.Press("esc")
	d.Shows("Steps")

	// A file that is not there, and one that came too late.
	d.Press("=")
	d.Type(filepath.Join(dir, "nothing.json"))
	d.Press("enter")
	d.Until("cannot be compared")
	late, _ := fixture("dark", flow.StepKeys, false)
	late.onDiffed(diffedMsg{visit: late.visit.number + 1})
	if late.screen == screenDiff {
		t.Error("a run that was left behind is compared")
	}
}
