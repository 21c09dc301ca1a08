package inspect

import (
	"strings"
	"time"
)

// Checks of the times in a token.

// tolerance is what clocks may differ by. RFC 7519 section 4.1.4 allows "some
// small leeway, usually no more than a few minutes"; Microsoft's own libraries
// allow five.
const tolerance = 5 * time.Minute

func (g given) tolerated() string { return "clocks may differ by " + span(tolerance) }

func checkExp(j *jwt, g given) Check {
	d := numericDate(j, "exp")
	c := Check{ID: "exp", Expected: "after " + g.now.UTC().Format(timeLayout), Actual: shownTime(d.at, g.now)}
	switch {
	case !d.has:
		c.Result, c.Actual, c.Why = Fail, "missing", "A token without an end would be good for ever."
	case !d.ok:
		c.Result, c.Actual, c.Why = Fail, d.text, strings.TrimSpace(d.why+d.note)
	case g.now.Before(d.at):
		c.Result, c.Why = Pass, "The token has not expired."+d.note+farAhead(d.at, g.now)
	case g.now.Before(d.at.Add(tolerance)):
		c.Result, c.Why = Pass, "It has just expired, which is let through because "+g.tolerated()+"."+d.note
	default:
		c.Result, c.Why = Fail, "The token has expired."+d.note
	}
	return c
}

func checkNbf(j *jwt, g given) Check {
	d := numericDate(j, "nbf")
	c := Check{ID: "nbf", Expected: "not after " + g.now.UTC().Format(timeLayout), Actual: shownTime(d.at, g.now)}
	switch {
	case !d.has:
		c.Result, c.Expected, c.Actual, c.Why = Pass, "absent, or not after "+g.now.UTC().Format(timeLayout), "absent", "The claim is optional."
	case !d.ok:
		c.Result, c.Actual, c.Why = Fail, d.text, strings.TrimSpace(d.why+d.note)
	case !d.at.After(g.now.Add(tolerance)):
		c.Result, c.Why = Pass, "The token may be used already ("+g.tolerated()+")."+d.note
	default:
		c.Result, c.Why = Fail, "The token may not be used yet. If this machine's clock is slow, that is the reason."+d.note
	}
	return c
}

func checkIat(j *jwt, g given) Check {
	d := numericDate(j, "iat")
	c := Check{ID: "iat", Expected: "not after " + g.now.UTC().Format(timeLayout), Actual: shownTime(d.at, g.now)}
	switch {
	case !d.has:
		c.Result, c.Actual, c.Why = Fail, "missing", "The time of issue is missing (OpenID Connect Core section 2 requires it in an ID token)."
	case !d.ok:
		c.Result, c.Actual, c.Why = Fail, d.text, strings.TrimSpace(d.why+d.note)
	case !d.at.After(g.now.Add(tolerance)):
		c.Result, c.Why = Pass, "It was issued in the past ("+g.tolerated()+")."+d.note
	default:
		c.Result, c.Why = Fail, "It was issued in the future by this machine's clock, which is probably slow."+d.note
	}
	if g.skewKnown {
		switch {
		case g.skew.Abs() <= 2*time.Second:
			c.Why += " The Date header shows that the two clocks agree."
		case g.skew > 0:
			c.Why += " By the Date header the provider's clock is " + span(g.skew) + " ahead of this machine's."
		default:
			c.Why += " By the Date header the provider's clock is " + span(g.skew) + " behind this machine's."
		}
	}
	return c
}

func shownTime(at, now time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(timeLayout) + " (" + age(at, now) + ")"
}

// checkAuthTime is made when max_age was asked for (OpenID Connect Core section
// 3.1.2.1): the sign-in must not be older.
func checkAuthTime(j *jwt, g given) (Check, bool) {
	maxAge, asked := g.authorize.lookup("max_age")
	if !asked {
		return Check{}, false
	}
	c := Check{ID: "auth_time", Expected: "at most " + maxAge + " s before the token was issued"}
	signedIn, issued := numericDate(j, "auth_time"), numericDate(j, "iat")
	limit, err := time.ParseDuration(strings.TrimSpace(maxAge) + "s")
	switch {
	case !signedIn.has:
		c.Result, c.Actual, c.Why = Fail, "missing", "With max_age the ID token must say when the person signed in."
	case !signedIn.ok:
		c.Result, c.Actual, c.Why = Fail, signedIn.text, strings.TrimSpace(signedIn.why)
	case err != nil || !issued.ok:
		c.Result, c.Actual, c.Why = Unknown, shownTime(signedIn.at, g.now), "max_age or iat cannot be read."
	case issued.at.Sub(signedIn.at) <= limit+tolerance:
		c.Result, c.Actual, c.Why = Pass, shownTime(signedIn.at, g.now), "The sign-in is recent enough ("+g.tolerated()+")."
	default:
		c.Result, c.Actual, c.Why = Fail, shownTime(signedIn.at, g.now), "The sign-in is older than was asked for: ask the person to sign in again."
	}
	return c, true
}
