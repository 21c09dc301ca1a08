package inspect

import (
	"math"
	"net/http"
	"slices"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// The clock of a machine that is off by more than this makes fresh tokens look
// expired, or not valid yet; durations that differ by less are noise.
const (
	clockTolerance = time.Minute
	slowStep       = time.Second
)

// clocks compares the machines' clocks with the provider's, and how long the
// steps took.
func (d *runDiffer) clocks() {
	a, okA := skew(d.ta)
	b, okB := skew(d.tb)
	if okA && okB && (a-b).Abs() > clockTolerance {
		d.add(sideBySide{
			kind: "clock", name: "clock", inA: true, inB: true, a: skewText(a), b: skewText(b), weight: WeightMatters,
			meaning: "The machine's clock beside the provider's, by the Date of its answers. Tokens are judged by the machine's clock.",
		})
	}
	for _, sa := range d.a.Steps {
		xa, okA := mainExchange(sa)
		xb, okB := mainExchange(reportStep(d.b, sa.ID))
		if !okA || !okB || max(xa.Duration, xb.Duration) < slowStep {
			continue
		}
		if r := float64(xa.Duration+1) / float64(xb.Duration+1); math.Abs(math.Log2(r)) > 1 {
			d.add(sideBySide{kind: "time", name: "duration", step: sa.ID, inA: true, inB: true, a: xa.Duration.Round(time.Millisecond).String(), b: xb.Duration.Round(time.Millisecond).String(), weight: WeightDetail})
		}
	}
}

// skew is how far the provider's clock is ahead of the machine's.
func skew(t flow.Transcript) (time.Duration, bool) {
	for _, s := range slices.Backward(t.Steps) {
		for _, x := range slices.Backward(s.Exchanges) {
			if x.Response == nil || x.Timing.Start.IsZero() || x.Verdict != "" {
				continue
			}
			if date, err := http.ParseTime(x.Response.Header.Get("Date")); err == nil {
				return date.Sub(x.Timing.Start.Truncate(time.Second)), true
			}
		}
	}
	return 0, false
}

func skewText(d time.Duration) string {
	switch {
	case d.Abs() <= 2*time.Second:
		return "as the provider's"
	case d > 0:
		return d.Round(time.Second).String() + " behind the provider's"
	}
	return (-d).Round(time.Second).String() + " ahead of the provider's"
}
