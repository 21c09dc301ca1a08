package inspect

import (
	"strconv"
	"strings"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// clocks are the things of a run that expire, and when.
func (r *reader) clocks() []Clock {
	var out []Clock
	token := r.t.Step(flow.StepToken)
	if cb := r.t.Step(flow.StepCallback); r.run.callback.has("code") && !cb.Ended.IsZero() && token.Status != flow.StatusOK {
		c := Clock{Name: "Code", Ends: cb.Ended.Add(10 * time.Minute)}
		switch {
		case r.prov.microsoft:
			c.Note = "Entra's codes are documented to live about 10 minutes, and work once."
		default:
			c.Note = "Codes are short-lived and work once; RFC 6749 recommends at most 10 minutes, and many providers allow less."
		}
		out = append(out, c)
	}
	if c, ok := r.pushedClock(); ok {
		out = append(out, c)
	}
	if c, ok := r.userCodeClock(); ok {
		out = append(out, c)
	}
	answer, step := r.run.tokenResponse, token
	if s := r.t.Step(flow.StepRefresh); s.Status == flow.StatusOK && r.run.refreshResponse.has("access_token") {
		answer, step = r.run.refreshResponse, s
	}
	got := step.Ended
	if ex := lastAnswered(step); ex != nil && !ex.Timing.Start.IsZero() {
		got = ex.Timing.Start.Add(ex.Timing.Total)
	}
	if step.Status != flow.StatusOK || got.IsZero() {
		return out
	}
	if answer.has("access_token") {
		if seconds, err := strconv.ParseInt(strings.TrimSpace(answer.get("expires_in")), 10, 64); err == nil && seconds >= 0 && seconds < 1<<32 {
			out = append(out, Clock{Name: "Access token", Ends: got.Add(time.Duration(seconds) * time.Second), Note: "expires_in of the token response."})
		}
	}
	if r.run.tokenResponse.has("refresh_token") || r.run.refreshResponse.has("refresh_token") {
		issued := got
		switch {
		case r.prov.microsoft && r.t.Config.Platform == flow.PlatformSPA:
			// A refreshed token of a SPA does not live longer than the first.
			if !token.Ended.IsZero() {
				issued = token.Ended
			}
			out = append(out, Clock{Name: "Refresh token", Ends: issued.Add(24 * time.Hour), Note: "Documented: 24 hours for a single-page app, counted from the sign-in; refreshing does not lengthen it."})
		case r.prov.microsoft:
			out = append(out, Clock{Name: "Refresh token", Ends: issued.Add(90 * 24 * time.Hour), Note: "Documented: 90 days by default; it may be revoked earlier."})
		case answer.has("refresh_expires_in"):
			if seconds, err := strconv.ParseInt(answer.get("refresh_expires_in"), 10, 64); err == nil && seconds > 0 && seconds < 1<<32 {
				out = append(out, Clock{Name: "Refresh token", Ends: got.Add(time.Duration(seconds) * time.Second), Note: "refresh_expires_in of the token response."})
			}
		}
	}
	return out
}

// userCodeClock counts down for the person who has to type a code.
func (r *reader) userCodeClock() (Clock, bool) {
	d := r.t.Step(flow.StepDevice)
	text, _ := d.Value("expires_in")
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seconds < 0 || seconds >= 1<<32 || d.Started.IsZero() || r.t.Step(flow.StepToken).Status == flow.StatusOK {
		return Clock{}, false
	}
	return Clock{Name: "User code", Ends: d.Started.Add(time.Duration(seconds) * time.Second), Note: "expires_in of the device code's answer."}, true
}

// pushedClock counts down until the pushed request is forgotten, while the
// browser is still to be opened.
func (r *reader) pushedClock() (Clock, bool) {
	s := r.t.Step(flow.StepPAR)
	text, _ := s.Value("expires_in")
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seconds < 0 || seconds >= 1<<32 || s.Status != flow.StatusOK || s.Ended.IsZero() || r.t.Step(flow.StepAuthorize).Status == flow.StatusOK {
		return Clock{}, false
	}
	return Clock{Name: "Request URI", Ends: s.Ended.Add(time.Duration(seconds) * time.Second), Note: "expires_in of the pushed request's answer."}, true
}
