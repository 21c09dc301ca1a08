package lab

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/practice"
)

// stage is where one play happens. Hosts that end in .example exist on the
// stage alone: requests to them are answered by handlers of this process and
// never leave it.
type stage struct {
	ctx      context.Context
	lab      *Lab
	play     Play
	defended bool

	hosts map[string]http.Handler
	now   *Beat // exchanges are recorded into it
	walk  *flow.Walk
	// config is what the transcript of a play without a walk says about the
	// app.
	config flow.Config
}

func newStage(ctx context.Context, l *Lab, id string, defended bool) *stage {
	return &stage{
		ctx: ctx, lab: l, defended: defended, hosts: map[string]http.Handler{},
		play: Play{Scenario: id, Defended: defended, Beats: []Beat{}}, config: l.home.Config(),
	}
}

func (s *stage) close() {
	if s.walk != nil {
		_ = s.walk.Close()
	}
}

// faults sets what the provider does wrong in this play.
func (s *stage) faults(f ...practice.Fault) {
	s.lab.home.SetFaults(append(slices.Clone(s.lab.o.Faults), f...)...)
}

// beat begins the next beat.
func (s *stage) beat(id string, from, to Role, step flow.StepID) {
	s.play.Beats = append(s.play.Beats, Beat{
		ID: id, From: from, To: to, Step: step, Exchanges: []flow.Exchange{}, Learned: []Knowledge{},
	})
	s.now = &s.play.Beats[len(s.play.Beats)-1]
}

// learn notes that somebody came to know values, given as pairs of name and
// value. Empty values are nothing to know.
func (s *stage) learn(who Role, pairs ...string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			s.now.Learned = append(s.now.Learned, know(who, pairs[i], pairs[i+1]))
		}
	}
}

// decide says that this beat decided the play.
func (s *stage) decide(thiefWon bool, answer string) {
	s.play.Decisive, s.play.ThiefWon, s.play.Answer = len(s.play.Beats)-1, thiefWon, answer
}

func (s *stage) record(x flow.Exchange) { s.now.Exchanges = append(s.now.Exchanges, x) }

// end returns the play with its transcript: the app's own, with the requests
// that the app did not see put where they belong in time.
func (s *stage) end() Play {
	var t flow.Transcript
	if s.walk != nil {
		t = s.walk.Transcript()
	} else {
		t = flow.Transcript{
			Format: flow.Format, Version: flow.Version, Outcome: flow.OutcomeOK,
			Made: time.Now(), Config: s.config,
		}
		for _, id := range flow.StepIDs() {
			t.Steps = append(t.Steps, flow.Step{
				ID: id, Status: flow.StatusSkipped, Values: []flow.Value{}, Exchanges: []flow.Exchange{},
			})
		}
	}
	for _, b := range s.play.Beats {
		// What an app sends while it answers is recorded before its answer.
		slices.SortStableFunc(b.Exchanges, byStart)
		i := slices.IndexFunc(t.Steps, func(x flow.Step) bool { return x.ID == b.Step })
		if i < 0 {
			continue
		}
		step := &t.Steps[i]
		for _, x := range b.Exchanges {
			if s.walk == nil || x.Actor == flow.ActorAttacker {
				step.Exchanges = append(step.Exchanges, x)
			}
		}
		if s.walk == nil {
			step.Status = flow.StatusOK
			for _, k := range b.Learned {
				if k.Who == RoleApp {
					step.Values = append(step.Values, flow.Value{Name: k.Name, Value: k.Value, Secret: k.Secret, In: flow.InLocal, By: flow.ByProgram})
				}
			}
		}
		slices.SortStableFunc(step.Exchanges, byStart)
	}
	s.play.Transcript = t
	return s.play
}

func byStart(a, b flow.Exchange) int { return a.Timing.Start.Compare(b.Timing.Start) }

// RoundTrip implements [http.RoundTripper]: hosts of the stage are answered by
// their handlers, loopback by the network, and nothing else is there.
func (s *stage) RoundTrip(r *http.Request) (*http.Response, error) {
	if h, ok := s.hosts[r.URL.Host]; ok {
		in := r.Clone(r.Context())
		in.RequestURI, in.Host = r.URL.RequestURI(), r.URL.Host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, in)
		res := w.Result()
		res.Request = r
		return res, nil
	}
	if !s.tenants(r.URL) {
		return nil, fmt.Errorf("lab: %s is not on this stage", r.URL.Host)
	}
	return stageTransport.RoundTrip(r)
}

// stageTransport carries requests to the tenants.
var stageTransport = func() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // documented type
	t.Proxy = nil                                        // loopback only
	t.DisableCompression = true
	return t
}()

// tenants says whether an address belongs to one of the two tenants.
func (s *stage) tenants(u *url.URL) bool {
	address := u.Scheme + "://" + u.Host
	return address == s.lab.home.URL || address == s.lab.evil.URL
}

// send sends a request in somebody's name and records it in the present beat.
func (s *stage) send(actor flow.Actor, channel flow.Channel, req *http.Request) (flow.Exchange, error) {
	var seen flow.Exchange
	t := flow.Record(s, func(x flow.Exchange) {
		seen = x
		seen.Actor, seen.Channel = actor, channel
	})
	res, err := t.RoundTrip(req)
	if err != nil {
		return seen, err
	}
	_ = res.Body.Close()
	s.record(seen)
	return seen, nil
}

// post sends a form over the back channel.
func (s *stage) post(actor flow.Actor, address string, form url.Values, header ...string) (flow.Exchange, error) {
	req, err := http.NewRequestWithContext(s.ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return flow.Exchange{}, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return s.send(actor, flow.ChannelBack, req)
}

// steal is the thief's token request. What it gives decides the play.
func (s *stage) steal(form url.Values, header ...string) error {
	form.Set("grant_type", "authorization_code")
	x, err := s.post(flow.ActorAttacker, s.endpoint("token"), form, header...)
	if err != nil {
		return err
	}
	redeemed, said := verdict(x)
	s.decide(redeemed, said)
	if redeemed {
		s.learn(RoleThief, "access_token", member(x, "access_token"), "refresh_token", member(x, "refresh_token"))
	}
	return nil
}

// endpoint is an address of the provider.
func (s *stage) endpoint(name string) string {
	return strings.TrimSuffix(s.lab.home.Issuer(), "/v2.0") + "/oauth2/v2.0/" + name
}
