package flow

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// blockedTransport answers like http.DefaultTransport until a path is asked
// for, and then not at all.
type blockedTransport struct{ path string }

func (b blockedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == b.path {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return http.DefaultTransport.RoundTrip(r)
}

func TestCancelInEachStepEndsItAndLeavesNothingListening(t *testing.T) {
	blocked := func(path string) Options {
		return Options{Transport: blockedTransport{path}, Browser: &player{}}
	}
	stuck := Options{Browser: browserFunc(func(ctx context.Context, _ string, _ func(Exchange)) error {
		<-ctx.Done()
		return ctx.Err()
	})}
	for _, row := range []struct {
		step StepID
		o    Options
	}{
		{StepDiscovery, blocked("/.well-known/openid-configuration")},
		{StepAuthorize, stuck},
		{StepCallback, Options{}},
		{StepToken, blocked("/token")},
		{StepKeys, blocked("/keys")},
		{StepUserInfo, blocked("/userinfo")},
		{StepRefresh, Options{Browser: &player{}}},
	} {
		for _, how := range []string{"the context", "Cancel", "Close"} {
			t.Run(string(row.step)+" by "+how, func(t *testing.T) {
				p := newProvider(t)
				w := newWalk(t, p.config(), row.o)
				runTo(t, w, row.step)
				if row.step == StepRefresh {
					p.token = func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
				}
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan error, 1)
				go func() { ended <- w.Next(ctx) }()
				time.Sleep(20 * time.Millisecond)
				switch how {
				case "Cancel":
					w.Cancel()
				case "Close":
					_ = w.Close()
				}
				if how == "the context" {
					cancel()
				}
				select {
				case err := <-ended:
					if !errors.Is(err, context.Canceled) {
						t.Errorf("Next = %v, want the context's error", err)
					}
				case <-time.After(5 * time.Second):
					t.Fatal("Next hangs")
				}
				cancel()
				tr := w.Transcript()
				if s := tr.Step(row.step); s.Status != StatusCancelled || s.Error != nil || s.Ended.IsZero() {
					t.Errorf("step is %s with error %v, want cancelled and no error", s.Status, s.Error)
				}
				if tr.Outcome != OutcomeCancelled {
					t.Errorf("outcome %s", tr.Outcome)
				}
				if at, ok := tr.Step(StepAuthorize).Value("redirect_uri"); ok {
					assertFree(t, at)
				}
			})
		}
	}
}

func TestCancelBetweenStepsCancelsThePendingOne(t *testing.T) {
	p := newProvider(t)
	w := newWalk(t, p.config(), Options{})
	runTo(t, w, StepCallback)
	at, _ := w.Transcript().Step(StepAuthorize).Value("redirect_uri")
	w.Cancel()
	tr := w.Transcript()
	if tr.Outcome != OutcomeCancelled || tr.Step(StepCallback).Status != StatusCancelled {
		t.Errorf("outcome %s, step %s", tr.Outcome, tr.Step(StepCallback).Status)
	}
	assertFree(t, at)
}

func TestCancelledWaitCanBeTakenUpAgain(t *testing.T) {
	x := startWaiting(t, newProvider(t), nil)
	time.Sleep(10 * time.Millisecond)
	x.Cancel()
	if err := x.end(); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	go func() { x.ended <- x.Next(t.Context()) }()
	for range 100 { // until it listens again
		if p, _ := x.Pending(); len(p.Listening) > 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	x.goesOn()
}

func TestRewindToAuthorizeDrawsAfreshAndFreesThePort(t *testing.T) {
	p := newProvider(t)
	w := newWalk(t, p.config(), Options{Browser: &player{}})
	if err := w.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := w.Transcript()
	if err := w.Rewind(StepVerifier); err != nil {
		t.Fatal(err)
	}
	if tr := w.Transcript(); tr.Outcome != OutcomeUnfinished || len(tr.Step(StepToken).Exchanges) != 0 || tr.Step(StepDiscovery).Status != StatusOK {
		t.Errorf("after rewinding: %s, token exchanges %d", tr.Outcome, len(tr.Step(StepToken).Exchanges))
	}
	if err := w.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	after := w.Transcript()
	for _, v := range []struct {
		id   StepID
		name string
	}{{StepVerifier, "code_verifier"}, {StepAuthorize, "state"}, {StepAuthorize, "nonce"}, {StepCallback, "code"}} {
		a, _ := before.Step(v.id).Value(v.name)
		b, _ := after.Step(v.id).Value(v.name)
		if a == b {
			t.Errorf("%s is %q both times", v.name, a)
		}
	}
}

func TestRewindIsRefusedWhileAStepIsUnderWay(t *testing.T) {
	x := startWaiting(t, newProvider(t), nil)
	time.Sleep(10 * time.Millisecond)
	if err := x.Rewind(StepAuthorize); err == nil {
		t.Error("rewound under a running step")
	}
	if err := x.Rewind(StepRefresh); err == nil {
		t.Error("rewound forwards")
	}
	if err := x.Rewind("nonsense"); err == nil {
		t.Error("rewound to a step that does not exist")
	}
	x.goesOn()
}

func TestServerThatNeverAnswersTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, err := New(Config{ClientID: "c", Issuer: "https://idp.example", RedirectURI: "app://cb"},
			Options{Transport: blockedTransport{"/.well-known/openid-configuration"}})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		err = w.Next(t.Context())
		var e *Error
		if !errors.As(err, &e) || e.Kind != KindTransport || e.What != "idp.example did not answer in time." {
			t.Errorf("error %#v", err)
		}
		if d := time.Since(start); d != requestTimeout {
			t.Errorf("it took %s, want %s", d, requestTimeout)
		}
		if x := w.Transcript().Step(StepDiscovery).Exchanges; len(x) != 1 || x[0].Error == nil || x[0].Response != nil {
			t.Errorf("exchanges %+v, want the one that timed out", x)
		}
	})
}

func TestTranscriptCanBeReadWhileAStepRuns(t *testing.T) {
	p := newProvider(t)
	c := p.config()
	c.Refresh, c.UserInfo = true, true
	var w *Walk
	changed := make(chan struct{}, 1)
	w = newWalk(t, c, Options{Browser: &player{}, Changed: func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}})
	ended := make(chan error, 1)
	go func() { ended <- w.Run(t.Context()) }()
	for reads := 0; ; reads++ {
		select {
		case <-changed:
			_ = w.Transcript().Redacted()
			_, _ = w.Pending()
		case err := <-ended:
			if err != nil || reads == 0 {
				t.Errorf("Run = %v, after %d reads", err, reads)
			}
			return
		}
	}
}

func TestPanicInsideAStepIsABugAndNotACrash(t *testing.T) {
	p := newProvider(t)
	w := newWalk(t, p.config(), Options{Browser: browserFunc(func(context.Context, string, func(Exchange)) error { panic("boom") })})
	runTo(t, w, StepAuthorize)
	var e *Error
	if err := w.Next(t.Context()); !errors.As(err, &e) || e.Kind != KindBug || e.Why != "boom" {
		t.Errorf("error %v, want kind bug", err)
	}
	if got := w.Transcript().Step(StepDiscovery).Status; got != StatusOK {
		t.Errorf("discovery is %s: what was recorded must stay", got)
	}
	at, _ := w.Transcript().Step(StepAuthorize).Value("redirect_uri")
	assertFree(t, at)
}

func TestOnlyOptionalStepsCanBeSkipped(t *testing.T) {
	p := newProvider(t)
	w := newWalk(t, p.config(), Options{Browser: &player{}})
	if err := w.Skip(); err == nil {
		t.Error("discovery was skipped")
	}
	runTo(t, w, StepKeys)
	for _, id := range []StepID{StepKeys, StepUserInfo, StepRefresh} {
		if p, ok := w.Pending(); !ok || p.Step != id || !p.Optional {
			t.Errorf("pending %s (optional %t), want %s", p.Step, p.Optional, id)
		}
		if err := w.Skip(); err != nil {
			t.Fatal(err)
		}
	}
	if _, ok := w.Pending(); ok || w.Transcript().Outcome != OutcomeOK {
		t.Errorf("the walk must be over and ok, it is %s", w.Transcript().Outcome)
	}
	if err := w.Next(t.Context()); err == nil {
		t.Error("there was a step after the last")
	}
}

func TestRunSkipsWhatWasNotAskedFor(t *testing.T) {
	p := newProvider(t)
	w := newWalk(t, p.config(), Options{Browser: &player{}})
	if err := w.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := map[StepID]Status{StepKeys: StatusOK, StepUserInfo: StatusSkipped, StepRefresh: StatusSkipped}
	for id, status := range want {
		if got := w.Transcript().Step(id).Status; got != status {
			t.Errorf("%s is %s, want %s", id, got, status)
		}
	}
}

func TestReconfigureKeepsWhatWasDiscoveredAndWhatCameBefore(t *testing.T) {
	p := newProvider(t)
	w := newWalk(t, p.config(), Options{Browser: &player{}})
	if err := w.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := w.Transcript()
	c := p.config()
	c.Scopes = []string{"openid"}
	if err := w.Reconfigure(c, StepAuthorize); err != nil {
		t.Fatal(err)
	}
	if next, _ := w.Pending(); next.Step != StepAuthorize {
		t.Errorf("the next step is %s", next.Step)
	}
	if err := w.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	after := w.Transcript()
	verifier, _ := before.Step(StepVerifier).Value("code_verifier")
	if v, _ := after.Step(StepVerifier).Value("code_verifier"); v != verifier {
		t.Error("the verifier is another one")
	}
	if got, _ := after.Step(StepAuthorize).Value("scope"); got != "openid" {
		t.Errorf("the scope is %q", got)
	}
	if after.Config.Provider.TokenEndpoint != before.Config.Provider.TokenEndpoint {
		t.Error("what was discovered is gone")
	}
}

func TestReconfigureRefusesWhatCannotBeWalkedAndChangesNothing(t *testing.T) {
	p := newProvider(t)
	w := newWalk(t, p.config(), Options{Browser: &player{}})
	if err := w.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	bad := p.config()
	bad.ClientID = ""
	if err := w.Reconfigure(bad, StepAuthorize); err == nil {
		t.Error("a client without an id was taken")
	}
	good := p.config()
	good.Scopes = []string{"other"}
	if err := w.Reconfigure(good, "nonsense"); err == nil {
		t.Error("a step that does not exist was taken")
	}
	if tr := w.Transcript(); tr.Outcome != OutcomeOK || tr.Config.ClientID == "" || len(tr.Config.Scopes) == 1 {
		t.Errorf("it was changed: %s, %v", tr.Outcome, tr.Config.Scopes)
	}
}

func TestAnotherIssuerBeginsAtDiscovery(t *testing.T) {
	p, other := newProvider(t), newProvider(t)
	w := newWalk(t, p.config(), Options{Browser: &player{}})
	if err := w.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.Reconfigure(other.config(), StepToken); err != nil {
		t.Fatal(err)
	}
	if next, _ := w.Pending(); next.Step != StepDiscovery {
		t.Errorf("the next step is %s", next.Step)
	}
	if err := w.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A key of the former issuer must not vouch for what the next one says.
func TestKeysOfAnotherIssuerAreForgotten(t *testing.T) {
	g, other := newGuarded(t), newGuarded(t)
	c := g.config()
	c.ResponseMode = ModeJWT
	w := newWalk(t, c, Options{Browser: &player{}})
	if err := w.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	c = other.config()
	c.ResponseMode = ModeJWT
	other.respond = func(map[string]any) { other.key = g.key }
	other.publish(t, jose.JSONWebKey{Key: other.key.Public(), KeyID: "k-1"})
	if err := w.Reconfigure(c, StepDiscovery); err != nil {
		t.Fatal(err)
	}
	if err := w.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "not the provider's") {
		t.Errorf("Run = %v, with a response that the former issuer signed", err)
	}
}
