package lab

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func TestSystemRandomGivesTheNumbersOfDotNet(t *testing.T) {
	r := NewSystemRandom(42)
	for i, want := range []int32{1434747710, 302596119, 269548474} {
		if got := r.Next(); got != want {
			t.Errorf("number %d of seed 42 = %d, want %d", i, got, want)
		}
	}
	if a, b := NewSystemRandom(-42).Next(), NewSystemRandom(42).Next(); a != b {
		t.Errorf("seed -42 gives %d, want %d as for 42", a, b)
	}
	if a, b := NewSystemRandom(math.MinInt32).Next(), NewSystemRandom(math.MaxInt32).Next(); a != b {
		t.Errorf("the least seed gives %d, want %d as for the largest", a, b)
	}
}

func TestTheLengthIsNever128(t *testing.T) {
	least, most := 200, 0
	for seed := range int32(20000) {
		n := len(ClockSeededVerifier(seed, ClockAlphabet))
		least, most = min(least, n), max(most, n)
	}
	if least != 43 || most != 127 {
		t.Errorf("lengths from %d to %d, want 43 to 127", least, most)
	}
}

// The search does not carry the generator out; it must come to the same
// verifiers all the same, above all where 32 bits overflow.
func TestTheJumpGivesWhatTheGeneratorGives(t *testing.T) {
	seeds := []uint32{0, 1, 42, systemSeed - 1, systemSeed, systemSeed + 1, math.MaxInt32 - 1, math.MaxInt32}
	r := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		seeds = append(seeds, r.Uint32()>>1)
	}
	var cases [4]int
	try := newClockTry(ClockAlphabet)
	for _, seed := range seeds {
		over, ok := jump.overflow(seed)
		cases[over]++
		if got, want := string(try.make(seed)), ClockSeededVerifier(int32(seed), ClockAlphabet); got != want {
			t.Fatalf("seed %d (case %d): %q, want %q", seed, over, got, want)
		}
		// A character hides small differences; the numbers do not.
		generator := NewSystemRandom(int32(seed))
		for k := range mostNumbers {
			if got, want := int32(reduce(jump.start[over][k]+jump.slope[k]*uint64(seed))), generator.Next(); ok && got != want {
				t.Fatalf("seed %d (case %d): number %d is %d, want %d", seed, over, k, got, want)
			}
		}
	}
	for over, n := range cases {
		if n < 100 {
			t.Errorf("case %d came up %d times only", over, n)
		}
	}
}

// At the edge of a case the lines do not hold, and the generator is asked.
func TestTheJumpLeavesTheEdgesToTheGenerator(t *testing.T) {
	var edges int
	try := newClockTry(ClockAlphabet)
	for seed := uint32(systemSeed); edges < 1 && seed < systemSeed+1<<28; seed++ {
		if _, ok := jump.overflow(seed); ok {
			continue
		}
		edges++
		if got, want := string(try.make(seed)), ClockSeededVerifier(int32(seed), ClockAlphabet); got != want {
			t.Fatalf("seed %d: %q, want %q", seed, got, want)
		}
	}
	if edges == 0 {
		t.Error("no seed at an edge was met")
	}
}

func TestTheSearchFindsTheVerifierFromTheChallengeAlone(t *testing.T) {
	up := 5*24*time.Hour + 1234567*time.Millisecond
	verifier := ClockSeededVerifier(int32(up.Milliseconds()), ClockAlphabet)
	var calls int
	w := ClockWindow{From: up - 200*time.Second, To: up + 200*time.Second}
	got, err := SearchClockSeeded(t.Context(), challengeOf(verifier), w, func(p ClockProgress) {
		calls++
		if p.Tried > p.Total || p.Total != 400000 {
			t.Errorf("progress = %+v", p)
		}
	})
	if err != nil || !got.Found || got.Verifier != verifier || got.Uptime != up {
		t.Errorf("found = %+v, %v, want %q", got, err, verifier)
	}
	if got.Tried == 0 || got.Tried > got.Total {
		t.Errorf("tried %d of %d", got.Tried, got.Total)
	}
}

func TestTheSearchDoesNotFindAVerifierThatWasDrawnWell(t *testing.T) {
	w := ClockWindow{From: 3 * time.Hour, To: 3*time.Hour + 100*time.Second}
	got, err := SearchClockSeeded(t.Context(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", w, nil)
	if err != nil || got.Found || got.Verifier != "" || got.Tried != 100000 {
		t.Errorf("found = %+v, %v, want nothing after 100000 tries", got, err)
	}
}

func TestTheSearchStopsWhenItIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	got, err := SearchClockSeeded(ctx, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", ClockWindow{To: MaxUptime}, func(ClockProgress) { cancel() })
	if !errors.Is(err, context.Canceled) || got.Found || got.Tried == 0 || got.Tried >= got.Total {
		t.Errorf("found = %+v, %v, want a search that was cut short", got, err)
	}
}

func TestTheSearchRefusesWhatIsNoChallenge(t *testing.T) {
	for _, c := range []string{"", "abc", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM=", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cN"} {
		if _, err := SearchClockSeeded(t.Context(), c, ClockWindow{To: MaxUptime}, nil); !errors.Is(err, ErrNoChallenge) {
			t.Errorf("%q: err = %v, want %v", c, err, ErrNoChallenge)
		}
	}
	got, err := SearchClockSeeded(t.Context(), challengeOf("x"), ClockWindow{From: time.Hour, To: time.Minute}, nil)
	if err != nil || got.Tried != 0 {
		t.Errorf("an empty window: %+v, %v", got, err)
	}
}

// The rate of a search on one core: making the verifier and hashing it,
// beside the generator carried out in full, and beside hashing alone.
func BenchmarkClockSeeded(b *testing.B) {
	perSecond := func(b *testing.B) { b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tries/s") }
	const first = 432_000_000 // up for five days
	b.Run("search", func(b *testing.B) {
		try := newClockTry(ClockAlphabet)
		seed := uint32(first)
		for b.Loop() {
			try.sum(seed)
			seed++
		}
		perSecond(b)
	})
	b.Run("generator in full", func(b *testing.B) {
		var r SystemRandom
		var v [mostNumbers]byte
		seed := int32(first)
		for b.Loop() {
			sha256.Sum256(clockSeeded(&r, seed, ClockAlphabet, &v))
			seed++
		}
		perSecond(b)
	})
	b.Run("plain loop over crypto/sha256", func(b *testing.B) {
		// 85 characters is the middle of 43 to 127.
		v := []byte(ClockSeededVerifier(first, ClockAlphabet) + ClockAlphabet + ClockAlphabet)[:85]
		for b.Loop() {
			v[0]++
			sha256.Sum256(v)
		}
		perSecond(b)
	})
	b.Run("search on every core", func(b *testing.B) {
		w := ClockWindow{From: first * time.Millisecond, To: (first + 1<<20) * time.Millisecond}
		for b.Loop() {
			if _, err := SearchClockSeeded(b.Context(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", w, nil); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)*(1<<20)/b.Elapsed().Seconds(), "tries/s")
	})
}
