package inspect

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// dateClaim is a claim that is a time: a NumericDate, the seconds since 1970
// (RFC 7519 section 2), or what stands in its place.
type dateClaim struct {
	at time.Time
	// has says that the claim is there, ok that it is a time.
	has, ok bool
	// text is the value as it stands.
	text string
	// why says what it is where it is no time; note what is odd about it where
	// it is one. Both are sentences, and begin with a blank.
	why, note string
}

func numericDate(j *jwt, name string) dateClaim {
	v, has := j.claim(name)
	if !has {
		return dateClaim{}
	}
	d := readDate(v)
	d.has, d.text = true, claimText(v)
	return d
}

// readDate reads a time from whatever stands where one belongs.
func readDate(v any) dateClaim {
	switch v := v.(type) {
	case json.Number:
		return readSeconds(v.String())
	case string:
		return readDateText(strings.TrimSpace(v))
	case nil:
		return dateClaim{why: " It is null, where a number of seconds belongs."}
	}
	return dateClaim{why: " It is no number of seconds since 1970 (RFC 7519 section 2)."}
}

func readDateText(text string) dateClaim {
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		d := readSeconds(text)
		d.note += " It is written as a string; RFC 7519 section 2 wants a number, and a strict library refuses it."
		return d
	}
	if strings.HasSuffix(text, "…") {
		return dateClaim{why: " The token ends inside this number, so that it cannot be read as a time."}
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", time.RFC1123, time.RFC1123Z, "2006-01-02 15:04:05", time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return dateClaim{why: fmt.Sprintf(" It is a date in words; RFC 7519 section 2 wants seconds since 1970, here %d.", at.Unix())}
		}
	}
	return dateClaim{why: " It is a text that is no time; RFC 7519 section 2 wants seconds since 1970."}
}

// Bounds of what is taken for a time that somebody meant, in seconds since
// 1970: the years 2000 and 2100. A smaller number is often a duration.
const (
	from2000   = 946684800
	until2100  = 4102444800
	aYear      = 365 * 24 * 3600
	longerThan = 10 * aYear
)

func readSeconds(text string) dateClaim {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return dateClaim{why: " The number is greater than any time."}
	}
	for _, unit := range []struct {
		name string
		per  float64
	}{{"milliseconds", 1e3}, {"microseconds", 1e6}, {"nanoseconds", 1e9}} {
		if s := f / unit.per; f > 1e11 && s > from2000 && s < until2100 {
			return dateClaim{why: fmt.Sprintf(" It is in %s: %s if it is read so. RFC 7519 section 2 wants seconds, and as seconds it would lie tens of thousands of years ahead: a library that does not notice takes it so.",
				unit.name, time.Unix(int64(s), 0).UTC().Format(timeLayout))}
		}
	}
	at, ok := unixTime(text)
	if !ok {
		return dateClaim{why: " Read as seconds since 1970 it lies beyond any calendar."}
	}
	d := dateClaim{at: at, ok: true}
	switch {
	case f < 0:
		d.note = " The number is negative, so the time lies before 1970: a sign or an overflow."
	case f == 0:
		d.note = " 0 is the beginning of 1970: a value that was never set."
	case f < longerThan:
		d.note = fmt.Sprintf(" It lies in the years after 1970, and looks like a duration (%s): the claim is a point in time, seconds since 1970.", span(time.Duration(f)*time.Second))
	}
	if strings.ContainsAny(text, "eE") {
		d.note += " It is written with an exponent, which JSON allows and some libraries cannot read as a time."
	} else if strings.Contains(text, ".") {
		d.note += " It has a fraction, which RFC 7519 section 2 allows and some libraries cannot read."
	}
	return d
}

// farAhead notes an end that is no end.
func farAhead(at, now time.Time) string {
	if at.Sub(now) > longerThan*time.Second {
		return fmt.Sprintf(" It lies in the year %d: a token without an end, or an error.", at.UTC().Year())
	}
	return ""
}
