package lab

// Every step of the generator is a subtraction modulo 2^31-1, so each of its
// numbers is a linear function of the seed:
//
//	number k of seed s  =  start[k] + slope[k]·s   (mod 2^31-1)
//
// A search that knows the two needs neither the 55 numbers of state nor the
// four rounds of stirring, which are three quarters of its work otherwise.
//
// One thing disturbs this. A seed above 161803398 (a machine up for more than
// 45 hours) puts a negative number in the state, and two subtractions of the
// first round can then leave the 32 bits. 2^32 is 2 modulo 2^31-1, so each of
// them shifts what follows by a constant; there are four cases, each with a
// start of its own. The few seeds at the very edge of a case, where the state
// leaves the range 0 to 2^31-2, are left to the generator itself.

// mostNumbers is one for the length and one for each character of the longest
// verifier that Random.Next(43, 128) gives.
const mostNumbers = 1 + 127

// seedJump holds the linear functions.
type seedJump struct {
	slope [mostNumbers]uint64
	start [4][mostNumbers]uint64
	// tail and head are the numbers whose difference to the negative one can
	// leave 32 bits: places 24 and 31 of the state in the first round.
	tail, head line
}

// line is a linear function of the seed modulo 2^31-1.
type line struct{ start, slope uint64 }

func (l line) at(seed uint64) int64 { return int64(reduce(l.start + l.slope*seed)) }

// The two ways in which the first round can leave 32 bits.
const (
	overTail = 1 << iota // place 24, 2 too few
	overHead             // place 55, 2 too many
)

var jump = newSeedJump()

func newSeedJump() *seedJump {
	j := &seedJump{}
	zero, zeroTail, zeroHead := modular(0, 0)
	one, oneTail, oneHead := modular(1, 0)
	for k := range zero {
		j.slope[k] = reduce(one[k] + systemMax - zero[k])
	}
	j.tail = line{zeroTail, reduce(oneTail + systemMax - zeroTail)}
	j.head = line{zeroHead, reduce(oneHead + systemMax - zeroHead)}
	for over := range j.start {
		j.start[over], _, _ = modular(0, over)
	}
	return j
}

// overflow says which of the four cases a seed is, and false if it is too near
// to the edge of one to be told by lines.
func (j *seedJump) overflow(seed uint32) (over int, ok bool) {
	last := systemSeed - int64(seed)
	if last >= 0 {
		return 0, true
	}
	const edge = 8
	const limit = 1 << 31
	tail := j.tail.at(uint64(seed)) - last // stays below 2^31 unless it leaves 32 bits
	head := last - j.head.at(uint64(seed)) // stays at or above -2^31
	if tail > limit-edge && tail < limit+edge || head > -limit-edge && head < -limit+edge {
		return 0, false
	}
	if tail >= limit {
		over |= overTail
	}
	if head < -limit {
		over |= overHead
	}
	return over, true
}

// modular carries the generator out modulo 2^31-1, with the shifts of a case.
// It also returns what tail and head are for that seed.
func modular(seed uint64, over int) (numbers [mostNumbers]uint64, tail, head uint64) {
	var s [56]uint64
	last, sum := systemSeed-seed, uint64(1)
	s[55] = last
	for i := 1; i < 55; i++ {
		at := 21 * i % 55
		s[at] = sum
		sum = reduce(last + systemMax - sum)
		last = s[at]
	}
	for round := range 4 {
		for i := 1; i <= 55; i++ {
			from := 1 + (i+30)%55
			if round == 0 && i == 24 {
				tail = s[24]
			}
			if round == 0 && i == 55 {
				head = s[from]
			}
			s[i] = reduce(s[i] + systemMax - s[from])
			if round == 0 && i == 24 && over&overTail != 0 {
				s[i] = reduce(s[i] + systemMax - 2)
			}
			if round == 0 && i == 55 && over&overHead != 0 {
				s[i] = reduce(s[i] + 2)
			}
		}
	}
	next, back := 0, 21
	for k := range numbers {
		next, back = next%55+1, back%55+1
		s[next] = reduce(s[next] + systemMax - s[back])
		numbers[k] = s[next]
	}
	return numbers, tail, head
}

// reduce brings n below 2^31-1. As 2^31 is 1 modulo that, the bits above the
// lowest 31 are added to them; twice is enough for 64 bits.
func reduce(n uint64) uint64 {
	n = n&systemMax + n>>31
	n = n&systemMax + n>>31
	if n >= systemMax {
		n -= systemMax
	}
	return n
}
