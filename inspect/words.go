package inspect

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// timeLayout is how times are shown: UTC, to the second.
const timeLayout = "2006-01-02 15:04:05 UTC"

// unixTime reads seconds since 1970 (the NumericDate of RFC 7519 section 2).
// Times that no calendar can show are not times.
func unixTime(s string) (time.Time, bool) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != f || f < -62135596800 || f > 253402300799 {
		return time.Time{}, false
	}
	sec := int64(f)
	return time.Unix(sec, int64((f-float64(sec))*1e9)), true
}

// span says a duration roughly, in two units at most: "2 h 5 min".
func span(d time.Duration) string {
	if d < 0 {
		d = -d
	}
	d = d.Round(time.Second)
	day, hour := 24*time.Hour, time.Hour
	switch {
	case d >= 2*365*day:
		return fmt.Sprintf("%d years", d/(365*day))
	case d >= 2*day:
		return fmt.Sprintf("%d days", d/day)
	case d >= hour:
		if m := d % hour / time.Minute; m > 0 {
			return fmt.Sprintf("%d h %d min", d/hour, m)
		}
		return fmt.Sprintf("%d h", d/hour)
	case d >= time.Minute:
		if s := d % time.Minute / time.Second; s > 0 && d < 10*time.Minute {
			return fmt.Sprintf("%d min %d s", d/time.Minute, s)
		}
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return fmt.Sprintf("%d s", d/time.Second)
}

// age says how far t lies from now: "in 59 min", "12 s ago".
func age(t, now time.Time) string {
	switch d := t.Sub(now); {
	case d == math.MaxInt64: // more than a duration can hold
		return fmt.Sprintf("in %d years", t.Year()-now.Year())
	case d == math.MinInt64:
		return fmt.Sprintf("%d years ago", now.Year()-t.Year())
	case d > 0:
		return "in " + span(d)
	case d > -time.Second:
		return "now"
	default:
		return span(d) + " ago"
	}
}

// count says a number of things: "1 check", "3 checks".
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}

// list joins words: "a", "a and b", "a, b and c".
func list(words []string) string {
	switch len(words) {
	case 0:
		return "nothing"
	case 1:
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// sentence ends s with a full stop.
func sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" || strings.HasSuffix(s, ".") || strings.HasSuffix(s, "…") || strings.HasSuffix(s, "!") || strings.HasSuffix(s, "?") {
		return s
	}
	return s + "."
}

// short cuts a text that is only quoted in a sentence.
func short(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}
