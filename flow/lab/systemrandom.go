package lab

import "math"

// SystemRandom is the pseudo-random generator behind System.Random of .NET
// Framework, and of every later .NET when it is given a seed: Knuth's
// subtractive method with 55 numbers of state. The mistakes of the original
// are kept (its second offset is 21 where Knuth has 31), because the point of
// it is to give the same numbers.
//
// It is here to show what it is not fit for. Nothing in this program draws a
// secret from it.
type SystemRandom struct {
	state      [56]int32 // from 1; [0] is not used
	next, back int
}

const (
	systemMax  = math.MaxInt32
	systemSeed = 161803398 // the golden ratio, in Knuth's digits
)

// NewSystemRandom returns the generator that new Random(seed) makes.
func NewSystemRandom(seed int32) *SystemRandom {
	r := &SystemRandom{}
	r.Seed(seed)
	return r
}

// Seed starts the generator anew. Negative seeds give the same numbers as
// positive ones.
func (r *SystemRandom) Seed(seed int32) {
	switch {
	case seed == math.MinInt32:
		seed = math.MaxInt32
	case seed < 0:
		seed = -seed
	}
	last, sum := systemSeed-seed, int32(1)
	r.state[55] = last
	at := 0
	for range 54 {
		if at += 21; at >= 55 {
			at -= 55
		}
		r.state[at] = sum
		if sum = last - sum; sum < 0 {
			sum += systemMax
		}
		last = r.state[at]
	}
	for range 4 {
		r.stir()
	}
	r.next, r.back = 0, 21
}

// stir subtracts from each number of the state the one 31 places on. The
// subtraction wraps at 32 bits, as in the original, where a seed above the
// constant leaves a negative number in the state.
func (r *SystemRandom) stir() {
	s := &r.state
	for i := 1; i <= 24; i++ {
		if s[i] -= s[i+31]; s[i] < 0 {
			s[i] += systemMax
		}
	}
	for i := 25; i <= 55; i++ {
		if s[i] -= s[i-24]; s[i] < 0 {
			s[i] += systemMax
		}
	}
}

// Next returns the next number, 0 to 2147483646: Random.Next().
func (r *SystemRandom) Next() int32 {
	if r.next++; r.next == 56 {
		r.next = 1
	}
	if r.back++; r.back == 56 {
		r.back = 1
	}
	n := r.state[r.next] - r.state[r.back]
	if n == systemMax {
		n--
	}
	if n < 0 {
		n += systemMax
	}
	r.state[r.next] = n
	return n
}

// Between returns a number from low up to but not including high:
// Random.Next(low, high).
func (r *SystemRandom) Between(low, high int32) int32 {
	return low + scaled(r.Next(), high-low)
}

// scaled brings a number of the generator into 0 up to but not including n, in
// the floating point of the original.
func scaled(number, n int32) int32 {
	return int32(float64(number) * (1.0 / systemMax) * float64(n))
}
