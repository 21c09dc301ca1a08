package inspect

import (
	"fmt"
	"slices"
	"time"

	"github.com/pkcescope/pkcescope/flow/lab"
)

// SeedBits is what a seed of System.Random holds.
const SeedBits = 31

// TraceSeed looks for the seed from which .NET's System.Random made the
// report's verifier, and returns the report with what that means. A seed that
// is found is proved: it makes this verifier. The search takes up to a tenth
// of a second, so it is not part of [ReadPKCE].
func TraceSeed(r PKCEReport) PKCEReport {
	c, ok := lab.RecoverClockSeed(r.Verifier.Value)
	if !ok {
		return r
	}
	made := fmt.Sprintf("System.Random of .NET makes this verifier from the seed %d", c.Seed)
	r.Entropy = Entropy{Bits: min(r.Entropy.Bits, SeedBits), Reason: made + ", and has 2^31 seeds in all", weak: made}
	m := found{
		MistakeWeakGenerator, Certain,
		fmt.Sprintf("%s. On .NET Framework new Random() takes the seed from the clock: the machine had then been up for %s.",
			made, uptime(time.Duration(c.Seed)*time.Millisecond)),
	}.mistake()
	r.Mistakes = slices.DeleteFunc(slices.Clone(r.Mistakes), func(m Mistake) bool { return m.ID == MistakeWeakGenerator })
	r.Mistakes = append(r.Mistakes, m)
	return r
}

// uptime writes a time as people do: the two largest units.
func uptime(d time.Duration) string {
	days, hours := int(d/(24*time.Hour)), int(d/time.Hour)%24
	minutes, seconds := int(d/time.Minute)%60, int(d/time.Second)%60
	switch {
	case days > 0:
		return countOf(days, "day") + " and " + countOf(hours, "hour")
	case hours > 0:
		return countOf(hours, "hour") + " and " + countOf(minutes, "minute")
	case minutes > 0:
		return countOf(minutes, "minute") + " and " + countOf(seconds, "second")
	}
	return fmt.Sprintf("%d ms", d.Milliseconds())
}
