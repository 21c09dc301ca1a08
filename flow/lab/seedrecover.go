package lab

import "strings"

// A verifier that is known gives its seed away at once. Each of its characters
// says in which part of the range a number of the generator lay, and each
// number is a linear function of the seed (see [seedJump]); so the first two
// characters leave only the points of a plane lattice that fall into a
// rectangle, about half a million of 2^31, and the third throws most of these
// out. It takes some milliseconds where trying every seed takes minutes.

// leastRecovered is the fewest characters that say more than a seed holds.
const leastRecovered = 12

// ClockSeed is a verifier traced back to its seed.
type ClockSeed struct {
	Seed     int32
	Alphabet string
	// LengthDrawn is true when the first number chose the length, 43 to 127,
	// as in the published sample; else the characters begin with it.
	LengthDrawn bool
}

// clockAlphabets are the orders in which samples in circulation write the
// alphabet.
var clockAlphabets = []string{
	ClockAlphabet,
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~",
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-._~",
	"abcdefghijklmnopqrstuvwxyz0123456789",
}

// RecoverClockSeed finds the seed of a verifier that System.Random made, as
// [ClockSeededVerifier] does or with a length that was fixed, out of one of the
// alphabets in circulation. The seed is proved: it makes that verifier. The few
// seeds at the edges of the linear functions are not found.
func RecoverClockSeed(verifier string) (ClockSeed, bool) {
	if len(verifier) < leastRecovered || len(verifier) >= mostNumbers {
		return ClockSeed{}, false
	}
	for _, alphabet := range clockAlphabets {
		if strings.Trim(verifier, alphabet) != "" || !madeOf(verifier, alphabet) {
			continue
		}
		for _, drawn := range []bool{true, false} {
			if drawn && (len(verifier) < 43 || len(verifier) > 127) {
				continue
			}
			c := ClockSeed{Alphabet: alphabet, LengthDrawn: drawn}
			if c.find(verifier) {
				return c, true
			}
		}
	}
	return ClockSeed{}, false
}

func madeOf(s, alphabet string) bool {
	for i := range len(s) {
		if strings.IndexByte(alphabet, s[i]) < 0 {
			return false
		}
	}
	return true
}

// Verifier is what the seed makes: n characters, or as many as it says itself
// if the length was drawn.
func (c ClockSeed) Verifier(n int) string {
	if c.LengthDrawn {
		return ClockSeededVerifier(c.Seed, c.Alphabet)
	}
	r := NewSystemRandom(c.Seed)
	v := make([]byte, n)
	for i := range v {
		v[i] = c.Alphabet[r.Between(0, int32(len(c.Alphabet)))]
	}
	return string(v)
}

// span is a range of numbers, both ends included.
type span struct{ low, high int64 }

func (s span) holds(n int64) bool { return n >= s.low && n <= s.high }

// spanOf is the numbers that give index at of n, and two on each side, where
// the floating point of the original may round either way.
func spanOf(at, n int) span {
	return span{int64(at)*systemMax/int64(n) - 2, int64(at+1)*systemMax/int64(n) + 2}
}

// find looks for the seed and sets it.
func (c *ClockSeed) find(verifier string) bool {
	first := 0
	if c.LengthDrawn {
		first = 1
	}
	n := len(c.Alphabet)
	var spans [5]span
	for i := range spans {
		spans[i] = spanOf(strings.IndexByte(c.Alphabet, verifier[i]), n)
	}
	// Coordinates are numbers first and first+1. As 2^31-1 is prime, the first
	// coordinate alone tells the seed.
	back := inverse(jump.slope[first])
	plane := newPlane(int64(reduce(jump.slope[first+1] * back)))
	for over := range jump.start {
		start := &jump.start[over]
		x0, y0 := int64(start[first]), int64(start[first+1])
		found := plane.each(
			span{spans[0].low - x0, spans[0].high - x0},
			span{spans[1].low - y0, spans[1].high - y0},
			func(x int64) bool {
				if x %= systemMax; x < 0 {
					x += systemMax
				}
				seed := reduce(uint64(x) * back)
				for i := 2; i < len(spans); i++ {
					if !spans[i].holds(int64(reduce(start[first+i] + jump.slope[first+i]*seed))) {
						return false
					}
				}
				c.Seed = int32(seed)
				return c.Verifier(len(verifier)) == verifier
			})
		if found {
			return true
		}
	}
	return false
}

// inverse is 1/n modulo 2^31-1, by Fermat's little theorem.
func inverse(n uint64) uint64 {
	out := uint64(1)
	for e := uint(systemMax - 2); e > 0; e >>= 1 {
		if e&1 != 0 {
			out = reduce(out * n)
		}
		n = reduce(n * n)
	}
	return out
}

// plane is the lattice of the points (x, q·x mod 2^31-1), by a reduced basis:
// two short vectors that are nearly at right angles.
type plane struct{ ux, uy, vx, vy int64 }

func newPlane(q int64) plane {
	p := plane{1, q, 0, systemMax}
	for { // Lagrange and Gauss
		uu, uv := p.ux*p.ux+p.uy*p.uy, p.ux*p.vx+p.uy*p.vy
		k := rounded(uv, uu)
		p.vx -= k * p.ux
		p.vy -= k * p.uy
		if p.vx*p.vx+p.vy*p.vy >= uu {
			return p
		}
		p.ux, p.uy, p.vx, p.vy = p.vx, p.vy, p.ux, p.uy
	}
}

// rounded is a/b to the nearest integer, for b > 0.
func rounded(a, b int64) int64 {
	half := b / 2
	if a < 0 {
		return (a - half) / b
	}
	return (a + half) / b
}

// each calls f with the x of every point in a rectangle, and stops when it
// returns true.
func (p plane) each(x, y span, f func(x int64) bool) bool {
	// i·u + j·v = (x, y), so i and j are linear in x and y.
	det := float64(p.ux)*float64(p.vy) - float64(p.uy)*float64(p.vx)
	least, most := 0.0, 0.0
	for n, corner := range [][2]int64{{x.low, y.low}, {x.low, y.high}, {x.high, y.low}, {x.high, y.high}} {
		i := (float64(corner[0])*float64(p.vy) - float64(corner[1])*float64(p.vx)) / det
		if n == 0 {
			least, most = i, i
		}
		least, most = min(least, i), max(most, i)
	}
	for i := int64(least) - 1; i <= int64(most)+1; i++ {
		low, high := int64(-1)<<40, int64(1)<<40
		low, high = p.cut(low, high, x.low-i*p.ux, x.high-i*p.ux, p.vx)
		low, high = p.cut(low, high, y.low-i*p.uy, y.high-i*p.uy, p.vy)
		for j := low; j <= high; j++ {
			if f(i*p.ux + j*p.vx) {
				return true
			}
		}
	}
	return false
}

// cut narrows low..high to the j for which from <= j·v <= to.
func (plane) cut(low, high, from, to, v int64) (int64, int64) {
	switch {
	case v == 0 && (from > 0 || to < 0):
		return 1, 0
	case v == 0:
		return low, high
	case v < 0:
		from, to, v = -to, -from, -v
	}
	return max(low, -floored(-from, v)), min(high, floored(to, v))
}

// floored is a/b towards minus infinity, for b > 0.
func floored(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
