package inspect_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

func TestADeviceRunIsReadAsOne(t *testing.T) {
	rep := inspect.Read(walk(t, func(c *flow.Config) { c.Device = true }), inspect.Options{})
	var steps, labels []string
	for _, s := range rep.Steps {
		if s.Status != flow.StatusSkipped {
			steps = append(steps, string(s.ID))
		}
		if s.ID == flow.StepDevice || s.ID == flow.StepToken {
			for _, ex := range s.Exchanges {
				labels = append(labels, ex.Label)
			}
		}
		if s.PKCE || strings.Contains(strings.Join(s.Body, " "), "verifier") {
			t.Errorf("the step %s speaks of PKCE: %v", s.ID, s.Body)
		}
	}
	if got := strings.Join(steps, " "); got != "discovery device token keys userinfo refresh" {
		t.Errorf("steps = %s", got)
	}
	if got := strings.Join(labels, ", "); got != "Device request, Page, Form sent, Form sent, Form sent, Form sent, Poll 1" {
		t.Errorf("exchanges = %s", got)
	}
	if want := "The person signed in on the other device; 1 check of the ID token could not be made."; rep.Summary != want {
		t.Errorf("summary = %q, want %q", rep.Summary, want)
	}
	for _, a := range rep.Arrows {
		if a.PKCE || a.Step == flow.StepAuthorize || a.Step == flow.StepCallback {
			t.Errorf("the diagram has the arrow %q", a.Text)
		}
	}
}

func TestWhatADeviceFlowCannotPreventAndAProviderSaysIsFound(t *testing.T) {
	answer := func(status int, body string) *flow.Response {
		return &flow.Response{Status: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: flow.Body(body)}
	}
	poll := func(body string) flow.Exchange {
		return flow.Exchange{
			Actor: flow.ActorApp, Channel: flow.ChannelBack, Response: answer(400, body),
			Request: flow.Request{
				Method: http.MethodPost, URL: "https://op.example/token",
				Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
				Body:   flow.Body("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=x"),
			},
		}
	}
	began := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	tr := flow.Transcript{
		Config: flow.Config{Issuer: "https://op.example", ClientID: "tv", Device: true},
		Steps: []flow.Step{
			{
				ID: flow.StepDevice, Status: flow.StatusOK, Started: began,
				Values: []flow.Value{
					{Name: "verification_uri", Value: "https://op.example/device", In: flow.InResponse},
					{Name: "verification_uri_complete", Value: "https://evil.example/device?c=1", In: flow.InResponse},
					{Name: "expires_in", Value: "600", In: flow.InResponse},
				},
				Exchanges: []flow.Exchange{{
					Actor: flow.ActorApp, Channel: flow.ChannelBack, Response: answer(200, `{"user_code":"A"}`),
					Request: flow.Request{Method: http.MethodPost, URL: "https://op.example/code"},
				}},
			},
			{
				ID: flow.StepToken, Status: flow.StatusFailed,
				Error: &flow.Error{Kind: flow.KindServer, What: "The token endpoint refused the request: access_denied."},
				Exchanges: []flow.Exchange{
					poll(`{"error":"authorization_pending"}`), poll(`{"error":"slow_down"}`), poll(`{"error":"access_denied"}`),
				},
			},
		},
	}
	rep := inspect.Read(tr, inspect.Options{Now: began})
	found := map[flow.StepID]string{}
	for _, s := range rep.Steps {
		found[s.ID] = codes(s.Findings)
	}
	if got := found[flow.StepDevice]; got != "verification-page-elsewhere device-code-phishing" {
		t.Errorf("findings of the device step = %s", got)
	}
	if got := strings.Fields(found[flow.StepToken]); !slices.Contains(got, "device-sign-in-declined") && !slices.Contains(got, "access_denied") || !slices.Contains(got, "device-slow-down") {
		t.Errorf("findings of the token step = %s", got)
	}
	i := slices.IndexFunc(rep.Clocks, func(c inspect.Clock) bool { return c.Name == "User code" })
	if i < 0 || !rep.Clocks[i].Ends.Equal(began.Add(10*time.Minute)) {
		t.Errorf("clocks = %+v", rep.Clocks)
	}
}
