package lab

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/practice"
)

// compare runs cases against a practice tenant with those faults.
func compare(t *testing.T, cases []Case, faults ...practice.Fault) map[string]Result {
	t.Helper()
	s, err := practice.Start(practice.Options{Faults: faults})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	tw, err := NewTwins(s.Config(), cases, TwinOptions{Browser: s.Browser()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tw.Close() }()
	if err := tw.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	out := map[string]Result{}
	for _, r := range tw.Results() {
		out[r.Case.Name] = r
	}
	return out
}

func TestEachCaseEndsAsTheTenantDocuments(t *testing.T) {
	got := compare(t, Cases(KindMethod, KindTrap, KindProbe))
	for _, test := range []struct {
		name  string
		at    flow.StepID // where it failed; empty if it did not
		error string
	}{
		{"none", "", ""},
		{"plain", "", ""},
		{"S256", "", ""},
		{"omitted", "", ""},
		{CaseUnasked, flow.StepToken, "501481"},
		{CaseLowerCase, flow.StepCallback, "50149"},
		{CaseShort, flow.StepToken, "501482"},
		{CaseLong, flow.StepToken, "501481"},
		{CaseWrong, flow.StepToken, "501481"},
		{CaseMissing, flow.StepToken, "50148"},
		{CaseReplayedCode, flow.StepToken, "54005"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, ok := got[test.name]
			if !ok {
				t.Fatal("it was not run")
			}
			if test.at == "" {
				if r.Transcript.Outcome != flow.OutcomeOK {
					t.Errorf("outcome = %s, want ok", r.Transcript.Outcome)
				}
				return
			}
			s := r.Transcript.Step(test.at)
			said, _ := s.Value("error_description")
			if r.Transcript.Outcome != flow.OutcomeFailed || s.Status != flow.StatusFailed || !strings.Contains(said, test.error) {
				t.Errorf("outcome = %s, %s %s: %q; want failed with %s", r.Transcript.Outcome, test.at, s.Status, said, test.error)
			}
		})
	}
	if n := len(got[CaseReplayedCode].Transcript.Step(flow.StepToken).Exchanges); n != 2 {
		t.Errorf("the replayed code was sent %d times, want 2", n)
	}
}

func TestEachRunDrawsItsOwnVerifierStateAndNonce(t *testing.T) {
	seen := map[string]string{}
	for name, r := range compare(t, Cases(KindMethod, KindTrap)) {
		for _, v := range []struct {
			step flow.StepID
			name string
		}{{flow.StepVerifier, "code_verifier"}, {flow.StepAuthorize, "state"}, {flow.StepAuthorize, "nonce"}} {
			value, ok := r.Transcript.Step(v.step).Value(v.name)
			if !ok {
				continue
			}
			if other := seen[value]; other != "" {
				t.Errorf("%s and %s have the same %s", name, other, v.name)
			}
			seen[value] = name
		}
	}
}

// silent is a provider's single sign-on that can be told to want the person.
type silent struct {
	flow.Browser
	prompts []string
	refuse  bool
}

func (s *silent) Open(ctx context.Context, address string, record func(flow.Exchange)) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	q := u.Query()
	s.prompts = append(s.prompts, q.Get("prompt"))
	if q.Get("prompt") == "none" && s.refuse {
		// Nobody is signed in in this browser: the provider says login_required.
		return s.Browser.(interface {
			Fresh() flow.Browser
		}).Fresh().Open(ctx, address, record)
	}
	return s.Browser.Open(ctx, address, record)
}

// fresh is a played browser, and new ones that nobody has signed in with.
type fresh struct {
	flow.Browser
	server *practice.Server
}

func (f fresh) Fresh() flow.Browser { return f.server.Browser() }

func TestLaterRunsAreTriedSilentlyAtARealProvider(t *testing.T) {
	for _, test := range []struct {
		name   string
		refuse bool
		scopes []string
		want   string
	}{
		{"single sign-on works", false, scopes, ",none,none"},
		{"the provider wants the person", true, scopes, ",none,,none,"},
		{"the walk asks for consent by itself", false, nil, "consent,none,none"},
		{"it asks for consent, and the provider for the person", true, nil, "consent,none,consent,none,consent"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, err := practice.Start(practice.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			c := s.Config()
			c.Practice, c.Scopes = false, test.scopes
			b := &silent{Browser: fresh{s.Browser(), s}, refuse: test.refuse}
			tw, err := NewTwins(c, Cases(KindMethod), TwinOptions{Browser: b})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = tw.Close() }()
			if err := tw.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, r := range tw.Results() {
				if r.Transcript.Outcome != flow.OutcomeOK {
					t.Errorf("%s: %s", r.Case.Name, r.Transcript.Outcome)
				}
			}
			if got := strings.Join(b.prompts, ","); got != test.want {
				t.Errorf("prompts = %q, want %q", got, test.want)
			}
		})
	}
}

// A redirect URI with a fixed port is listened to by one run after the other.
func TestRunsWithAFixedPortDoNotGetInEachOthersWay(t *testing.T) {
	s, err := practice.Start(practice.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	c := s.Config()
	c.RedirectURI = "http://localhost:" + freePort(t)
	tw, err := NewTwins(c, Cases(KindMethod), TwinOptions{Browser: s.Browser()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tw.Close() }()
	if err := tw.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, r := range tw.Results() {
		if r.Transcript.Outcome != flow.OutcomeOK {
			t.Errorf("%s: %+v", r.Case.Name, r.Transcript.Step(flow.StepCallback).Error)
		}
	}
}

func TestACancelledComparisonSaysSo(t *testing.T) {
	s, err := practice.Start(practice.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	tw, err := NewTwins(s.Config(), Cases(KindMethod), TwinOptions{Browser: s.Browser()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tw.Close() }()
	ctx, cancel := context.WithCancel(t.Context())
	if err := tw.Next(ctx); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := tw.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v, want %v", err, context.Canceled)
	}
	for _, r := range tw.Results() {
		if r.Transcript.Outcome != flow.OutcomeCancelled {
			t.Errorf("%s: %s, want cancelled", r.Case.Name, r.Transcript.Outcome)
		}
	}
	if _, ok := tw.Pending(); ok {
		t.Error("a cancelled comparison has something left to do")
	}
}

func TestAnUnknownCaseIsRefusedWithTheNames(t *testing.T) {
	_, err := ParseCases([]string{"S256", "S512"})
	var e *flow.Error
	if !errors.As(err, &e) || !strings.Contains(e.Try, CaseUnasked) {
		t.Errorf("err = %v", err)
	}
	got, err := ParseCases([]string{"S256", "none", "S256"})
	if err != nil || len(got) != 2 || got[0].Name != "S256" {
		t.Errorf("cases = %v, %v", got, err)
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	var c net.ListenConfig
	l, err := c.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

func TestTheDeviceFlowHasNoMethodsToCompare(t *testing.T) {
	_, err := NewTwins(flow.Config{Device: true}, Cases(KindMethod), TwinOptions{})
	if e, ok := errors.AsType[*flow.Error](err); !ok || e.Kind != flow.KindRefused || !strings.Contains(e.What, "device flow") {
		t.Errorf("NewTwins = %v", err)
	}
}
