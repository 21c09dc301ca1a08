package inspect

import (
	"encoding/json"
	"hash/maphash"
	"strconv"
	"sync"

	"github.com/pkcescope/pkcescope/flow"
)

// views are the laid-out exchanges of one transcript, and its redacted copy.
// They depend on nothing but the transcript and on whether secrets are shown,
// so they are kept for as long as that transcript is being looked at: laying
// out a response of 10 MB takes a moment, and Read is called for every key.
type views struct {
	mu        sync.Mutex
	exchanges map[viewKey]Exchange
	safe      *flow.Transcript
}

type viewKey struct {
	step flow.StepID
	i    int
}

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

func (v *views) redacted(t flow.Transcript) flow.Transcript {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.safe == nil {
		s := t
		func() {
			defer func() { _ = recover() }()
			s = t.Redacted()
		}()
		v.safe = &s
	}
	return *v.safe
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

// keep is how many transcripts are remembered: both of a comparison, each
// masked and revealed.
const keep = 4

func viewsOf(t flow.Transcript, reveal bool) *views {
	recent.Lock()
	defer recent.Unlock()
	if recent.ring == nil {
		recent.seed = maphash.MakeSeed()
	}
	hash := hashOf(t, recent.seed)
	for i, e := range recent.ring {
		if e.hash == hash && e.reveal == reveal {
			copy(recent.ring[1:i+1], recent.ring[:i])
			recent.ring[0] = e
			return e.views
		}
	}
	e := recentViews{hash, reveal, &views{exchanges: map[viewKey]Exchange{}}}
	recent.ring = append([]recentViews{e}, recent.ring...)
	if len(recent.ring) > keep {
		recent.ring = recent.ring[:keep]
	}
	return e.views
}

// hashOf covers everything in t.
func hashOf(t flow.Transcript, seed maphash.Seed) uint64 {
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
	errs := func(e *flow.Error) {
		if e != nil {
			str(string(e.Kind), e.What, e.Why, e.Try)
		}
	}
	config, _ := json.Marshal(t.Config) // strings, numbers and lists: it cannot fail
	_, _ = h.Write(config)
	str(t.Config.ClientSecret, t.Config.Verifier, t.Format, string(t.Outcome), t.Salt, t.Made.String(), strconv.Itoa(t.Version))
	for _, s := range t.Steps {
		str(string(s.ID), string(s.Status), s.Started.String(), s.Ended.String())
		flag(s.Optional)
		errs(s.Error)
		for _, v := range s.Values {
			str(v.Name, v.Value, string(v.By), string(v.In), v.Problem)
			flag(v.Secret)
			flag(v.PKCE)
			flag(v.Edited)
		}
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
	return h.Sum64()
}
