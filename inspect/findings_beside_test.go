package inspect_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// What a provider will not look at is told before anybody wonders why it had no
// effect: beside a pushed request or a request object only what names it counts.
func TestWhatStandsBesideAPushedRequestIsTold(t *testing.T) {
	inside := []flow.Value{{Name: "prompt", Value: "none", In: flow.InLocal}, {Name: "scope", Value: "openid", In: flow.InLocal}}
	for name, row := range map[string]struct {
		query    string
		inside   []flow.Value
		endpoint string
		code     string
		says     []string
	}{
		"the reference alone":                      {"client_id=client&request_uri=urn%3Ax", inside, "", "", nil},
		"another value":                            {"client_id=client&request_uri=urn%3Ax&prompt=login", inside, "", "beside-pushed-request", []string{"ignored: prompt.", "prompt has another value inside", "step par"}},
		"what was not pushed":                      {"client_id=client&request_uri=urn%3Ax&max_age=0&prompt=none", inside, "", "beside-pushed-request", []string{"ignored: max_age.", "max_age is not inside"}},
		"a capture of a browser":                   {"client_id=client&request_uri=urn%3Ax&ui_locales=de", nil, "", "beside-pushed-request", []string{"ignored: ui_locales."}},
		"what OpenID Connect wants":                {"client_id=client&request_uri=urn%3Ax&response_type=code&scope=openid", nil, "", "", nil},
		"the endpoint's own":                       {"client_id=client&request_uri=urn%3Ax&p=policy", nil, "https://op.example/auth?p=policy", "", nil},
		"a request object with what it repeats":    {"client_id=client&request=a.b.c&scope=openid", inside, "", "", nil},
		"a request object and another scope":       {"client_id=client&request=a.b.c&scope=openid+email", inside, "", "beside-request-object", []string{"ignored: scope.", "before that is signed"}},
		"neither a reference nor an object at all": {"client_id=client&prompt=login", nil, "", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			tr := handmade(flow.MethodS256)
			if row.endpoint != "" {
				tr.Config.Provider.AuthorizationEndpoint = row.endpoint
			}
			s := step(&tr, flow.StepAuthorize)
			s.Exchanges = []flow.Exchange{{Actor: flow.ActorBrowser, Channel: flow.ChannelFront, Request: flow.Request{Method: "GET", URL: "https://op.example/auth?" + row.query}}}
			s.Values = row.inside
			for _, s := range inspect.Read(tr, inspect.Options{Now: now}).Steps {
				if s.ID != flow.StepAuthorize {
					continue
				}
				i := slices.IndexFunc(s.Findings, func(f inspect.Finding) bool { return strings.HasPrefix(f.Code, "beside-") })
				switch {
				case i < 0 && row.code != "":
					t.Fatalf("nothing is said: %s", codes(s.Findings))
				case i >= 0 && s.Findings[i].Code != row.code:
					t.Fatalf("it says %s: %s", s.Findings[i].Code, s.Findings[i].What)
				}
				for _, want := range row.says {
					if f := s.Findings[i]; !strings.Contains(f.What+f.Why+f.Try, want) {
						t.Errorf("%q is not said: %s %s %s", want, f.What, f.Why, f.Try)
					}
				}
			}
		})
	}
}
