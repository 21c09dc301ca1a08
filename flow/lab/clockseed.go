package lab

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// ClockAlphabet is the alphabet of the published C# sample that draws a
// verifier from System.Random, A-Za-z0-9-._~ in this order.
const ClockAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

// ClockSeededVerifier is the verifier that this C# makes on .NET Framework,
// when Environment.TickCount, the milliseconds since the machine started, is
// seed:
//
//	var random = new Random();
//	var length = random.Next(43, 128);
//	// length times:
//	alphabet[random.Next(alphabet.Length)]
//
// The upper bound is exclusive: 128 characters never come out. The alphabet
// has 1 to 255 characters of ASCII.
func ClockSeededVerifier(seed int32, alphabet string) string {
	var r SystemRandom
	var v [mostNumbers]byte
	return string(clockSeeded(&r, seed, alphabet, &v))
}

func clockSeeded(r *SystemRandom, seed int32, alphabet string, v *[mostNumbers]byte) []byte {
	r.Seed(seed)
	n := int(r.Between(43, 128))
	for i := range n {
		v[i] = alphabet[r.Between(0, int32(len(alphabet)))]
	}
	return v[:n]
}

// ClockWindow says where to search: the uptimes of the machine that made the
// verifier. A machine that has been up for 24.9 days begins to count backwards
// from the largest number, so MaxUptime covers them all.
type ClockWindow struct {
	From, To time.Duration // To is not included; both are rounded to milliseconds
	// Alphabet is [ClockAlphabet] if empty.
	Alphabet string
}

// MaxUptime ends the whole space of seeds: 2^31 milliseconds.
const MaxUptime = (math.MaxInt32 + 1) * time.Millisecond

// ClockProgress says how far a search has come.
type ClockProgress struct {
	Tried, Total uint64
	Elapsed      time.Duration
}

// Rate is in tries per second.
func (p ClockProgress) Rate() float64 {
	if p.Elapsed <= 0 {
		return 0
	}
	return float64(p.Tried) / p.Elapsed.Seconds()
}

// ClockResult is what a search found.
type ClockResult struct {
	ClockProgress
	Found bool
	// Uptime is how long the machine had been up, which is the seed; Verifier
	// is what it made. Both are empty if nothing was found.
	Uptime   time.Duration
	Verifier string
}

// ErrNoChallenge is returned for a text that is no S256 challenge.
var ErrNoChallenge = errors.New("lab: the challenge is not 32 octets in base64url without padding")

// chunk is how many seeds a worker takes at a time: a few milliseconds of work.
const chunk = 1 << 14

// SearchClockSeeded looks for the verifier behind an S256 challenge among
// those that a clock-seeded System.Random makes, on every core. It needs
// nothing but the challenge, which the front channel shows to everyone.
//
// progress, if not nil, is called about ten times a second, from one
// goroutine. When ctx ends the search stops and returns its error with the
// progress so far.
func SearchClockSeeded(ctx context.Context, challenge string, w ClockWindow, progress func(ClockProgress)) (ClockResult, error) {
	var want [sha256.Size]byte
	octets, err := base64.RawURLEncoding.Strict().DecodeString(challenge)
	if err != nil || len(octets) != len(want) {
		return ClockResult{}, ErrNoChallenge
	}
	copy(want[:], octets)
	if w.Alphabet == "" {
		w.Alphabet = ClockAlphabet
	}
	from := max(w.From, 0).Milliseconds()
	to := max(min(w.To, MaxUptime).Milliseconds(), from)

	s := clockSearch{want: want, alphabet: w.Alphabet, to: to, started: time.Now()}
	s.next.Store(from)
	s.found.Store(-1)
	total := uint64(to - from)
	report := func() ClockProgress {
		return ClockProgress{Tried: min(s.tried.Load(), total), Total: total, Elapsed: time.Since(s.started)}
	}

	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() { s.work(ctx) })
	}
	await(&workers, func() {
		if progress != nil {
			progress(report())
		}
	})

	result := ClockResult{ClockProgress: report()}
	if seed := s.found.Load(); seed >= 0 {
		result.Found = true
		result.Uptime = time.Duration(seed) * time.Millisecond
		result.Verifier = ClockSeededVerifier(int32(seed), w.Alphabet)
		return result, nil
	}
	return result, ctx.Err()
}

// await waits for the workers of a search, and reports ten times a second until
// they are done.
func await(workers *sync.WaitGroup, report func()) {
	done := make(chan struct{})
	go func() {
		workers.Wait()
		close(done)
	}()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			report()
		}
	}
}

type clockSearch struct {
	want     [sha256.Size]byte
	alphabet string
	to       int64
	started  time.Time

	next  atomic.Int64 // the first seed that no worker has taken
	tried atomic.Uint64
	found atomic.Int64 // the seed, or -1
}

// work takes chunks until they run out, the verifier is found or ctx ends.
func (s *clockSearch) work(ctx context.Context) {
	t := newClockTry(s.alphabet)
	for ctx.Err() == nil && s.found.Load() < 0 {
		from := s.next.Add(chunk) - chunk
		to := min(from+chunk, s.to)
		if from >= to {
			return
		}
		for seed := from; seed < to; seed++ {
			if t.sum(uint32(seed)) == s.want {
				s.found.Store(seed)
				s.tried.Add(uint64(seed - from + 1))
				return
			}
		}
		s.tried.Add(uint64(to - from))
	}
}

// clockTry makes and hashes the verifier of one seed after another.
type clockTry struct {
	random   SystemRandom
	alphabet string
	letters  [256]byte
	size     float64
	verifier [mostNumbers]byte
}

func newClockTry(alphabet string) *clockTry {
	t := &clockTry{alphabet: alphabet, size: float64(len(alphabet))}
	copy(t.letters[:], alphabet)
	return t
}

// make returns what clockSeeded does, without seeding the generator.
func (t *clockTry) make(seed uint32) []byte {
	over, ok := jump.overflow(seed)
	if !ok {
		return clockSeeded(&t.random, int32(seed), t.alphabet, &t.verifier)
	}
	start, slope, s := &jump.start[over], &jump.slope, uint64(seed)
	n := 43 + int(scaled(int32(reduce(start[0]+slope[0]*s)), 128-43))
	v := t.verifier[:n]
	for i := range v {
		number := reduce(start[i+1] + slope[i+1]*s)
		v[i] = t.letters[uint8(int32(float64(int32(number))*(1.0/systemMax)*t.size))]
	}
	return v
}

func (t *clockTry) sum(seed uint32) [sha256.Size]byte { return sha256.Sum256(t.make(seed)) }
