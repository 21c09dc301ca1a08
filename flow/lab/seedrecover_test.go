package lab

import (
	"math/rand/v2"
	"testing"
)

func TestTheSeedIsRecoveredFromTheVerifier(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	seeds := []int32{0, 1, 42, 432_000_000, systemSeed, systemSeed + 1, systemMax - 1}
	for range 14 {
		seeds = append(seeds, int32(r.Uint32()>>1)%systemMax)
	}
	for i, seed := range seeds {
		want := ClockSeed{Seed: seed, Alphabet: clockAlphabets[i%len(clockAlphabets)], LengthDrawn: i%3 != 0}
		if _, ok := jump.overflow(uint32(seed)); !ok {
			continue
		}
		verifier := want.Verifier(43 + i)
		got, ok := RecoverClockSeed(verifier)
		if !ok || got.Seed != seed || got.Verifier(len(verifier)) != verifier {
			t.Errorf("seed %d of %q: got %+v, %v", seed, verifier, got, ok)
		}
	}
}

func TestNoSeedIsFoundForAVerifierThatWasDrawnWell(t *testing.T) {
	r := rand.New(rand.NewChaCha8([32]byte{7, 6, 3, 6}))
	for i := range 12 {
		v := make([]byte, 43+i*7)
		for j := range v {
			v[j] = ClockAlphabet[r.IntN(len(ClockAlphabet))]
		}
		if got, ok := RecoverClockSeed(string(v)); ok {
			t.Errorf("%q: got %+v", v, got)
		}
	}
	for _, v := range []string{"", "short", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM=", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"} {
		if got, ok := RecoverClockSeed(v); ok {
			t.Errorf("%q: got %+v", v, got)
		}
	}
}

// The lattice must miss no point of a rectangle: it is held against walking
// over all of them.
func TestThePlaneHasEveryPoint(t *testing.T) {
	p := newPlane(1_234_567_891)
	x, y := span{-40_000, 60_000}, span{500_000_000, 540_000_000}
	want := map[int64]bool{}
	for n := x.low; n <= x.high; n++ {
		if m := (n*1_234_567_891%systemMax + systemMax) % systemMax; y.holds(m) {
			want[n] = true
		}
	}
	got := map[int64]bool{}
	p.each(x, y, func(n int64) bool { got[n] = true; return false })
	if len(got) != len(want) || len(want) < 1000 {
		t.Errorf("%d points, want %d", len(got), len(want))
	}
	for n := range want {
		if !got[n] {
			t.Errorf("the point at %d is missing", n)
			break
		}
	}
}

func BenchmarkRecoverClockSeed(b *testing.B) {
	b.Run("weak", func(b *testing.B) {
		v := ClockSeededVerifier(432_000_000, ClockAlphabet)
		for b.Loop() {
			RecoverClockSeed(v)
		}
	})
	b.Run("well drawn", func(b *testing.B) {
		for b.Loop() {
			RecoverClockSeed("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
		}
	})
}
