package inspect

import (
	"encoding/json"
	"hash/maphash"
	"strconv"
	"sync"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// views is what a reading of one transcript gives whatever the time is: the
// redacted copy, the facts, the laid-out exchanges and the findings of the
// rules. It is kept for as long as that transcript is being looked at: laying
// out a response of 10 MB takes a moment, and Read is called for every key.
type views struct {
	once sync.Once
	// redactor is nil when secrets are shown.
	redactor *flow.Redactor
	// shown is the transcript as it may be shown, with the pending request, if
	// there is one, as the last exchange of its step.
	shown    flow.Transcript
	run      run
	findings map[flow.StepID][]Finding
	repairs  map[flow.StepID]*Repair

	mu        sync.Mutex
	exchanges map[viewKey]Exchange
	// last is the reading that was made last.
	last *Report
	at   time.Time
}

type viewKey struct {
	step flow.StepID
	i    int
}

// fill does the work of views, once.
func (v *views) fill(t flow.Transcript, p *flow.Pending, reveal bool) {
	v.once.Do(func() {
		v.exchanges = map[viewKey]Exchange{}
		v.shown = withPending(t, p)
		if !reveal {
			v.redactor = flow.NewRedactor(v.shown)
			v.shown = v.redactor.Redacted(v.shown)
		}
		v.run = newRun(t, p, providerOf(t))
		v.findings = findingsOf(&v.run)
		v.repairs = map[flow.StepID]*Repair{}
		for _, s := range t.Steps {
			if r, ok := RepairOf(t, s.ID); ok {
				v.repairs[s.ID] = &r
			}
		}
	})
}

// exchange returns an exchange as it was laid out before, or lays it out.
func (v *views) exchange(step flow.StepID, i int, lay func() Exchange) Exchange {
	v.mu.Lock()
	defer v.mu.Unlock()
	k := viewKey{step, i}
	ex, ok := v.exchanges[k]
	if !ok {
		ex = lay()
		v.exchanges[k] = ex
	}
	return ex
}

// report returns the reading that was made last, if it was made at that time.
func (v *views) report(at time.Time) (Report, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.last == nil || !v.at.Equal(at) {
		return Report{}, false
	}
	return *v.last, true
}

func (v *views) keep(rep Report, at time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.last, v.at = &rep, at
}

// withPending returns t with the pending request as an exchange, so that it is
// masked with everything else.
func withPending(t flow.Transcript, p *flow.Pending) flow.Transcript {
	if p == nil || p.Request == nil {
		return t
	}
	ex := flow.Exchange{Actor: flow.ActorApp, Channel: flow.ChannelBack, Request: *p.Request}
	if p.Step == flow.StepAuthorize {
		ex.Actor, ex.Channel = flow.ActorBrowser, flow.ChannelFront
	}
	t.Steps = append([]flow.Step{}, t.Steps...)
	for i := range t.Steps {
		if t.Steps[i].ID == p.Step {
			t.Steps[i].Exchanges = append(append([]flow.Exchange{}, t.Steps[i].Exchanges...), ex)
			return t
		}
	}
	t.Steps = append(t.Steps, flow.Step{ID: p.Step, Status: flow.StatusPending, Exchanges: []flow.Exchange{ex}})
	return t
}

// withoutPending takes the pending request out again.
func withoutPending(t flow.Transcript, p *flow.Pending) flow.Transcript {
	if p == nil || p.Request == nil {
		return t
	}
	t.Steps = append([]flow.Step{}, t.Steps...)
	for i := range t.Steps {
		if s := &t.Steps[i]; s.ID == p.Step {
			s.Exchanges = s.Exchanges[: len(s.Exchanges)-1 : len(s.Exchanges)-1]
			return t
		}
	}
	return t
}

// recent holds the views of the last few transcripts by their content.
var recent struct {
	sync.Mutex
	seed maphash.Seed
	ring []recentViews
}

type recentViews struct {
	hash   uint64
	reveal bool
	views  *views
}

// kept is how many transcripts are remembered: both of a comparison, each
// masked and revealed.
const kept = 4

// viewsOf returns the views of t, those that were kept if it is the same.
func viewsOf(t flow.Transcript, p *flow.Pending, reveal bool) *views {
	v := recentOf(t, p, reveal)
	v.fill(t, p, reveal)
	return v
}

func recentOf(t flow.Transcript, p *flow.Pending, reveal bool) *views {
	recent.Lock()
	defer recent.Unlock()
	if recent.ring == nil {
		recent.seed = maphash.MakeSeed()
	}
	hash := hashOf(t, p, recent.seed)
	for i, e := range recent.ring {
		if e.hash == hash && e.reveal == reveal {
			copy(recent.ring[1:i+1], recent.ring[:i])
			recent.ring[0] = e
			return e.views
		}
	}
	e := recentViews{hash, reveal, &views{}}
	recent.ring = append([]recentViews{e}, recent.ring...)
	if len(recent.ring) > kept {
		recent.ring = recent.ring[:kept]
	}
	return e.views
}

// hashOf covers everything in t and p.
func hashOf(t flow.Transcript, p *flow.Pending, seed maphash.Seed) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	str := func(parts ...string) {
		for _, s := range parts {
			_, _ = h.WriteString(s)
			_ = h.WriteByte(0)
		}
	}
	flag := func(b bool) {
		if b {
			_ = h.WriteByte(1)
		} else {
			_ = h.WriteByte(2)
		}
	}
	header := func(m map[string][]string) {
		for _, k := range sortedKeys(m) {
			str(k)
			str(m[k]...)
		}
	}
	values := func(list []flow.Value) {
		for _, v := range list {
			str(v.Name, v.Value, string(v.By), string(v.In), v.Problem)
			flag(v.Secret)
			flag(v.PKCE)
			flag(v.Edited)
		}
		_ = h.WriteByte(3)
	}
	errs := func(e *flow.Error) {
		if e != nil {
			str(string(e.Kind), e.What, e.Why, e.Try)
		}
	}
	config, _ := json.Marshal(t.Config) // strings, numbers and lists: it cannot fail
	_, _ = h.Write(config)
	str(t.Config.ClientSecret, t.Config.Verifier, t.Format, string(t.Outcome), t.Salt, t.FingerprintKey, t.Made.String(), strconv.Itoa(t.Version))
	for _, id := range t.Instead {
		str(string(id))
	}
	if t.Capture != nil {
		from, _ := json.Marshal(t.Capture) // likewise
		_, _ = h.Write(from)
	}
	for _, s := range t.Steps {
		str(string(s.ID), string(s.Status), s.Started.String(), s.Ended.String())
		flag(s.Optional)
		errs(s.Error)
		values(s.Values)
		for _, ex := range s.Exchanges {
			str(string(ex.Actor), string(ex.Channel), string(ex.Verdict), ex.Request.Method, ex.Request.URL)
			maphash.WriteComparable(&h, ex.Timing)
			if ex.TLS != nil {
				maphash.WriteComparable(&h, *ex.TLS)
			}
			header(ex.Request.Header)
			_, _ = h.Write(ex.Request.Body)
			errs(ex.Error)
			if res := ex.Response; res != nil {
				str(res.Proto, strconv.Itoa(res.Status), strconv.FormatInt(res.Size, 10))
				header(res.Header)
				_, _ = h.Write(res.Body)
				_ = h.WriteByte(0)
				flag(res.Truncated)
			}
		}
	}
	if p != nil {
		str(string(p.Step))
		flag(p.Waiting)
		values(p.Values)
		if p.Request != nil {
			str(p.Request.Method, p.Request.URL)
			header(p.Request.Header)
			_, _ = h.Write(p.Request.Body)
		}
	}
	return h.Sum64()
}
