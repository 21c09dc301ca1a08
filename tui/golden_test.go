package tui

import (
	"fmt"
	"sync/atomic"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"github.com/pkcescope/pkcescope/flow"
)

func newCount() *atomic.Int64 { return new(atomic.Int64) }

// sized is a model after some keys, in a window of w by h. Commands are not
// carried out: a golden is a picture of a moment.
func sized(m Model, w, h int, keys ...string) Model {
	var t tea.Model = m
	t, _ = t.Update(tea.WindowSizeMsg{Width: w, Height: h})
	for _, k := range keys {
		t, _ = t.Update(keyPress(k))
	}
	return t.(Model)
}

var pictures = map[string]func() (Model, []string){
	"home":           func() (Model, []string) { return New(Options{Theme: "dark", Version: "1.0.0"}), nil },
	"tenant form":    func() (Model, []string) { return New(Options{Theme: "dark"}), []string{"j", "enter", "c"} },
	"authorize next": func() (Model, []string) { m, _ := fixture("dark", flow.StepAuthorize, false); return m, nil },
	"a parameter": func() (Model, []string) {
		m, _ := fixture("dark", flow.StepAuthorize, false)
		return m, []string{"2", "down"}
	},
	"challenge done": func() (Model, []string) {
		m, _ := fixture("dark", flow.StepAuthorize, false)
		return m, []string{"left"}
	},
	"token done": func() (Model, []string) { m, _ := fixture("dark", flow.StepKeys, false); return m, []string{"left"} },
	"raw": func() (Model, []string) {
		m, _ := fixture("dark", flow.StepKeys, false)
		return m, []string{"left", "3", "v", "v"}
	},
	"tokens":  func() (Model, []string) { m, _ := fixture("dark", flow.StepKeys, false); return m, []string{"t"} },
	"diagram": func() (Model, []string) { m, _ := fixture("dark", flow.StepKeys, false); return m, []string{"d"} },
	"hidden": func() (Model, []string) {
		m, _ := fixture("dark", flow.StepKeys, false)
		return m, []string{"left", "p"}
	},
	"failed": func() (Model, []string) { m, _ := fixture("dark", flow.StepToken, true); return m, nil },
	"help":   func() (Model, []string) { m, _ := fixture("dark", flow.StepAuthorize, false); return m, []string{"?"} },
	"find": func() (Model, []string) {
		m, _ := fixture("dark", flow.StepAuthorize, false)
		return m, []string{"2", "/", "c", "o", "d", "e"}
	},
	"save":   func() (Model, []string) { m, _ := fixture("dark", flow.StepKeys, false); return m, []string{"s"} },
	"report": func() (Model, []string) { m, _ := fixture("dark", flow.StepKeys, false); return m, []string{"R"} },
	"export": func() (Model, []string) {
		m, _ := fixture("dark", flow.StepKeys, false)
		return m, []string{"E", "right"}
	},
	"settings": func() (Model, []string) { m, _ := fixture("dark", flow.StepAuthorize, false); return m, []string{","} },
	"edit":     func() (Model, []string) { m := editable(); return m, []string{"e", "down"} },
	"waiting":  func() (Model, []string) { return waitingModel(), nil },

	"waiting for a device": func() (Model, []string) { return deviceModel(), nil },
}

// editable stands before a request with parameters.
func editable() Model {
	m, w := fixture("dark", flow.StepAuthorize, false)
	w.pending.Request = &flow.Request{Method: "GET", URL: "https://login.example/authorize?client_id=6731de76"}
	w.pending.Values = []flow.Value{
		{Name: "client_id", Value: "6731de76-14a6-49ae-97bc-6eba6914391e", In: flow.InQuery},
		{Name: "code_challenge", Value: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", In: flow.InQuery, PKCE: true},
	}
	m.visit.reading.pending = w.pending
	return m
}

// waitingModel waits for a person's own browser.
func waitingModel() Model {
	m, w := fixture("dark", flow.StepCallback, false)
	w.pending.Waiting, w.pending.Listening, w.waits = true, []string{"127.0.0.1:8400", "[::1]:8400"}, true
	m.visit.reading.pending = w.pending
	m.visit.cancel, m.visit.since = func() {}, noon
	m.visit.reading.transcript.Steps = []flow.Step{{ID: flow.StepAuthorize, Values: []flow.Value{{Name: "url", Value: "https://login.example/tenant/oauth2/v2.0/authorize?client_id=6731de76&state=k3Zq"}}}}
	return m
}

// deviceModel waits for a person to type a code on another device.
func deviceModel() Model {
	m, w := fixture("dark", flow.StepToken, false)
	w.pending.Request, w.waits = &flow.Request{Method: "POST", URL: "https://login.example/token"}, true
	m.visit.reading.pending = w.pending
	m.visit.cancel, m.visit.since = func() {}, noon
	m.visit.reading.transcript.Config.Device = true
	m.visit.reading.transcript.Steps = []flow.Step{
		{ID: flow.StepDevice, Values: []flow.Value{
			{Name: "user_code", Value: "WDJB-MJHT"},
			{Name: "verification_uri", Value: "https://login.example/device"},
			{Name: "verification_uri_complete", Value: "https://login.example/device?user_code=WDJB-MJHT"},
		}},
		{ID: flow.StepToken, Exchanges: make([]flow.Exchange, 3)},
	}
	return m
}

func TestScreens(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
		for name, make := range pictures {
			t.Run(fmt.Sprintf("%s %dx%d", name, size[0], size[1]), func(t *testing.T) {
				m, keys := make()
				m = sized(m, size[0], size[1], keys...)
				checkScreen(t, m)
				golden.RequireEqual(t, ansi.Strip(m.View().Content))
			})
		}
	}
}

// The colours of each theme, once.
func TestThemes(t *testing.T) {
	for _, theme := range []string{"dark", "light"} {
		t.Run(theme, func(t *testing.T) {
			m, _ := fixture(theme, flow.StepAuthorize, false)
			m = sized(m, 80, 24, "2", "down")
			golden.RequireEqual(t, m.View().Content)
		})
	}
}
