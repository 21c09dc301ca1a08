package tui

import (
	"net/http"
	"regexp"
	"testing"
	"time"
	"unicode"

	"github.com/pkcescope/pkcescope/flow"
)

// sgr is what we write that a terminal obeys: colours, and the link to the
// address that the browser has to open.
var sgr = regexp.MustCompile("\x1b\\[[0-9;:]*m|\x1b\\]8;id=pkcescope;https?://[!-~]+\x07|\x1b\\]8;;\x07")

// hostile says whether a terminal would obey a character, or a reader not see
// it.
func hostile(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r)
}

// nasty holds what a server may send to take over a terminal.
const nasty = "a\x1b]8;;http://evil\x1b\\b\x1b[8mhidden\x1b[2J\r\b\x07\u009b31m\u202eright\u2066\u200b\x00\xff漢字👩‍👩‍👧end\nnext\tline"

// hostileTranscript has it in every place that text can come from.
func hostileTranscript() flow.Transcript {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	t := flow.Transcript{Format: flow.Format, Version: flow.Version, Outcome: flow.OutcomeFailed, Salt: "salt", Made: now}
	t.Config = flow.Config{Name: nasty, Issuer: "https://" + nasty, ClientID: nasty, RedirectURI: nasty, Method: flow.Method(nasty), Platform: flow.Platform(nasty), Scopes: []string{nasty}}
	for _, id := range flow.StepIDs() {
		e := flow.Exchange{
			Actor: flow.Actor(nasty), Channel: flow.Channel(nasty), Timing: flow.Timing{Start: now, Total: time.Second},
			Request:  flow.Request{Method: "POST", URL: "https://idp.example/" + nasty + "?x=" + nasty + "&state=1", Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, nasty: {nasty}}, Body: flow.Body("code=" + nasty + "&" + nasty + "=1")},
			Response: &flow.Response{Status: 400, Header: http.Header{"Content-Type": {"application/json"}, "X": {nasty}}, Body: flow.Body(`{"error":"invalid_grant","error_description":"\u001b[2J\u202e","` + nasty + `":1,"id_token":"eyJhbGciOiJub25lIiwia2lkIjoiXHUwMDFiWzJKIn0.eyJzdWIiOiJcdTAwMWJbMkoiLCJuYW1lIjoi4oCuIn0."}`)},
		}
		s := flow.Step{
			ID: id, Status: flow.StatusFailed, Started: now, Ended: now,
			Error:     &flow.Error{Kind: flow.KindServer, What: nasty, Why: nasty, Try: nasty},
			Values:    []flow.Value{{Name: nasty, Value: nasty, In: flow.InLocal, Problem: nasty}, {Name: "url", Value: "https://" + nasty, In: flow.InLocal}},
			Exchanges: []flow.Exchange{e, e},
		}
		t.Steps = append(t.Steps, s)
	}
	return t
}

// Nothing that comes from outside may move the cursor, hide text or leave its
// place, in any view at any size.
func TestHostileTextStaysInItsPlace(t *testing.T) {
	for _, size := range [][2]int{{40, 12}, {57, 13}, {80, 24}, {120, 40}, {131, 31}} {
		d := NewDriver(t, New(Options{Theme: "dark"}), size[0], size[1])
		d.Send(openedMsg{transcript: hostileTranscript(), file: nasty})
		d.until("a reading", func() bool { m := d.Model.(Model); return m.visit.reading.number > 0 })
		d.Press("x")
		for range flow.StepIDs() {
			d.Press("2", "v", "down", "v", "v", "v", "3", "v", "v", "v", "v", "]", "4", "end", "5", "end", "1", "right")
		}
		d.Press("left", "left", "left", "t", "down", "down", "pgdown", "end", "t", "d", "end", "d", "p", "p", "s", "esc", "?", "esc", "y")
		d.Send(savedMsg{what: nasty, path: nasty})
		d.Press("esc", "esc")
		m := d.Model.(Model)
		m.home.entries = append(m.home.entries, entry{entryProfile, nasty, nasty})
		m.home.problem = nasty
		checkScreen(t, m)
		m.open(newMessage(nasty, &flow.Error{What: nasty, Why: nasty, Try: nasty}))
		checkScreen(t, m)
	}
}
