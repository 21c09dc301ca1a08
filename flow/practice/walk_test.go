package practice_test

import (
	"context"
	"testing"
	"time"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/practice"
)

// The engine completes the flow for each healthy platform, with each method,
// and through each response mode; only a single-page app without PKCE does not
// get its tokens.
func TestEngineWalksThePracticeTenant(t *testing.T) {
	s, err := practice.Start(practice.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	walk := func(t *testing.T, c flow.Config) flow.Transcript {
		t.Helper()
		w, err := flow.New(c, flow.Options{Browser: s.Browser()})
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
	for i, platform := range []flow.Platform{flow.PlatformNative, flow.PlatformWeb, flow.PlatformSPA} {
		for _, method := range []flow.Method{flow.MethodS256, flow.MethodPlain, flow.MethodOmitted, flow.MethodNone} {
			for _, mode := range []flow.ResponseMode{flow.ModeDefault, flow.ModeFormPost, flow.ModeFragment} {
				if platform != flow.PlatformNative && mode != flow.ModeDefault {
					continue
				}
				t.Run(string(platform)+" "+string(method)+" "+string(mode), func(t *testing.T) {
					c, err := s.ConfigFor(s.Registrations()[i].ClientID)
					if err != nil {
						t.Fatal(err)
					}
					c.Method, c.ResponseMode, c.UserInfo, c.Refresh = method, mode, true, true
					want := flow.OutcomeOK
					if platform == flow.PlatformSPA && method == flow.MethodNone {
						want = flow.OutcomeFailed
					}
					if got := walk(t, c); got.Outcome != want {
						t.Errorf("outcome = %s, want %s", got.Outcome, want)
					}
				})
			}
		}
	}
}
