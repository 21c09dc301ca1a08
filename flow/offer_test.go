package flow

import (
	"net/url"
	"slices"
	"testing"
)

// With Offered, what the metadata names is an optional step: it can be taken,
// and a run of all steps passes over it without a request.
func TestWhatDiscoveryOffersIsAStepThatCanBeTaken(t *testing.T) {
	offered := []StepID{StepIntrospect, StepRevoke, StepLogout}
	start := func(t *testing.T) (*Walk, *later) {
		p := newProvider(t)
		l := newLater(t, p)
		return newWalk(t, p.config(), Options{Browser: &player{}, Offered: true}), l
	}
	t.Run("unknown before discovery", func(t *testing.T) {
		w, _ := start(t)
		for _, id := range offered {
			if hasStep(w.Transcript(), id) {
				t.Errorf("%s is there before it is offered", id)
			}
		}
		if err := w.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, id := range offered {
			if s := w.Transcript().Step(id); !hasStep(w.Transcript(), id) || s.Status != StatusPending || !s.Optional {
				t.Errorf("%s after discovery: %+v", id, s)
			}
		}
	})
	t.Run("passed over by a run", func(t *testing.T) {
		w, l := start(t)
		if err := w.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(l.asked) != 0 {
			t.Errorf("asked %v", l.asked)
		}
		for _, id := range offered {
			if s := w.Transcript().Step(id); s.Status != StatusSkipped {
				t.Errorf("%s is %s", id, s.Status)
			}
		}
		if got := w.Transcript().Outcome; got != OutcomeOK {
			t.Errorf("the run is %s", got)
		}
		// One that was passed over can be gone back to.
		if err := w.Rewind(StepIntrospect); err != nil {
			t.Fatal(err)
		}
		if p, more := w.Pending(); !more || p.Step != StepIntrospect || p.Request == nil {
			t.Errorf("pending %+v", p)
		}
	})
	t.Run("taken one by one", func(t *testing.T) {
		w, l := start(t)
		for {
			p, more := w.Pending()
			if !more {
				break
			}
			if p.Step == StepRevoke {
				if err := w.Skip(); err != nil {
					t.Fatal(err)
				}
				continue
			}
			if err := w.Next(t.Context()); err != nil {
				t.Fatal(p.Step, err)
			}
		}
		if l.asked["/introspect"].Get("token") == "" || l.asked["/end"].Get("id_token_hint") == "" || l.asked["/revoke"] != nil {
			t.Errorf("asked %v", l.asked)
		}
	})
}

func hasStep(t Transcript, id StepID) bool {
	return slices.ContainsFunc(t.Steps, func(s Step) bool { return s.ID == id })
}

// PAR and the device flow shape the sign-in: taken, they are settings of the
// walk, until they are passed over.
func TestAnOfferedPushIsSentOnlyWhenItIsTaken(t *testing.T) {
	start := func(t *testing.T) (*Walk, *guarded) {
		g := newGuarded(t)
		w := newWalk(t, g.config(), Options{Browser: &player{}, Offered: true})
		for p, _ := w.Pending(); p.Step != StepPAR; p, _ = w.Pending() {
			if err := w.Next(t.Context()); err != nil {
				t.Fatal(p.Step, err)
			}
		}
		return w, g
	}
	t.Run("passed over, the request is as without it", func(t *testing.T) {
		w, g := start(t)
		if err := w.Skip(); err != nil {
			t.Fatal(err)
		}
		if err := w.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(g.pushed) != 0 || g.browser[0].Get("code_challenge") == "" || g.browser[0].Has("request_uri") {
			t.Errorf("pushed %v, and the browser brought %v", g.pushed, g.browser)
		}
	})
	t.Run("a run of all steps passes over it", func(t *testing.T) {
		w, g := start(t)
		if err := w.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(g.pushed) != 0 || w.Transcript().Step(StepPAR).Status != StatusSkipped {
			t.Errorf("pushed %v", g.pushed)
		}
	})
	t.Run("taken, the browser carries the reference, in the next run too", func(t *testing.T) {
		w, g := start(t)
		if err := w.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := w.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if last := g.browser[len(g.browser)-1]; last.Get("request_uri") == "" || last.Has("code_challenge") {
				t.Errorf("the browser brought %v", last)
			}
			if got := w.Transcript(); !got.Config.Protection.PAR || got.Outcome != OutcomeOK {
				t.Errorf("PAR is a setting: %t, the run is %s", got.Config.Protection.PAR, got.Outcome)
			}
			if err := w.Rewind(StepDiscovery); err != nil {
				t.Fatal(err)
			}
		}
		if len(g.pushed) != 2 {
			t.Errorf("pushed %d times", len(g.pushed))
		}
	})
	t.Run("taken and then passed over after all", func(t *testing.T) {
		w, g := start(t)
		if err := w.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := w.Rewind(StepPAR); err != nil {
			t.Fatal(err)
		}
		if err := w.Skip(); err != nil {
			t.Fatal(err)
		}
		if err := w.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if g.browser[0].Has("request_uri") || w.Transcript().Config.Protection.PAR {
			t.Errorf("the browser brought %v", g.browser)
		}
	})
	t.Run("not offered to a walk that was not told to", func(t *testing.T) {
		g := newGuarded(t)
		w := newWalk(t, g.config(), Options{Browser: &player{}})
		if err := w.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if hasStep(w.Transcript(), StepPAR) || len(g.pushed) != 0 {
			t.Error("there is a step for it")
		}
	})
}

func TestAnOfferedDeviceCodeTakesThePlaceOfTheRedirect(t *testing.T) {
	redirect := []StepID{StepVerifier, StepChallenge, StepAuthorize, StepCallback}
	start := func(t *testing.T, change func(*Config)) *Walk {
		l := newProvider(t)
		l.metadata = func(m map[string]any) { m["device_authorization_endpoint"] = l.URL + "/device" }
		l.device = map[string]any{"device_code": "a-device-code-of-some-length", "user_code": "WDJB-MJHT", "verification_uri": l.URL + "/page"}
		l.codes[""] = url.Values{} // a poll has neither code nor verifier
		c := l.config()
		if change != nil {
			change(&c)
		}
		w := newWalk(t, c, Options{Browser: &player{}, Offered: true})
		if err := w.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		return w
	}
	at := func(t *testing.T, w *Walk, want StepID, optional bool) {
		t.Helper()
		if p, more := w.Pending(); !more || p.Step != want || p.Optional != optional {
			t.Fatalf("pending %+v, want %s", p, want)
		}
	}
	has := func(t *testing.T, w *Walk, want bool, ids ...StepID) {
		t.Helper()
		for _, id := range ids {
			if hasStep(w.Transcript(), id) != want {
				t.Errorf("the step %s is there: %t", id, !want)
			}
		}
	}
	instead := func(t *testing.T, w *Walk, want ...StepID) {
		t.Helper()
		if got := w.Transcript().Instead; !slices.Equal(got, want) {
			t.Errorf("in place of others: %v, want %v", got, want)
		}
	}
	t.Run("the walk goes on without it", func(t *testing.T) {
		w := start(t, nil)
		at(t, w, StepVerifier, false)
		has(t, w, true, redirect...)
		instead(t, w, StepDevice)
		if err := w.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		has(t, w, false, StepDevice)
		instead(t, w, StepDevice)
	})
	t.Run("gone to, it is the way of this walk", func(t *testing.T) {
		w := start(t, nil)
		if err := w.Rewind(StepDevice); err != nil {
			t.Fatal(err)
		}
		at(t, w, StepDevice, true)
		has(t, w, false, redirect...)
		instead(t, w)
		if err := w.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := w.Transcript(); !got.Config.Device || got.Outcome != OutcomeOK || got.Step(StepDevice).Status != StatusOK {
			t.Errorf("device %t, %s", got.Config.Device, got.Outcome)
		}
		// Another run is the same one again.
		if err := w.Rewind(StepDiscovery); err != nil {
			t.Fatal(err)
		}
		if err := w.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		at(t, w, StepDevice, true)
	})
	t.Run("passed over, the redirect is back", func(t *testing.T) {
		w := start(t, nil)
		for range 2 {
			if err := w.Rewind(StepDevice); err != nil {
				t.Fatal(err)
			}
			if err := w.Skip(); err != nil {
				t.Fatal(err)
			}
			at(t, w, StepVerifier, false)
			has(t, w, true, redirect...)
		}
		if err := w.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := w.Transcript(); got.Config.Device || got.Step(StepCallback).Status != StatusOK {
			t.Errorf("device %t", got.Config.Device)
		}
	})
	t.Run("a setting that was changed does not make it the only way", func(t *testing.T) {
		w := start(t, nil)
		if err := w.Rewind(StepDevice); err != nil {
			t.Fatal(err)
		}
		c := w.Transcript().Config
		c.Scopes = []string{"openid"}
		if err := w.Reconfigure(c, StepDevice); err != nil {
			t.Fatal(err)
		}
		at(t, w, StepDevice, true)
	})
	t.Run("asked for, it cannot be passed over", func(t *testing.T) {
		at(t, start(t, func(c *Config) { c.Device = true }), StepDevice, false)
	})
	t.Run("not offered beside what needs the redirect", func(t *testing.T) {
		instead(t, start(t, func(c *Config) { c.Ask.ResponseType = ResponseHybrid }))
	})
}
