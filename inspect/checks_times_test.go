package inspect_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/pkcescope/pkcescope/inspect"
)

// A time that is no NumericDate is explained by what it is, not refused alone.
func TestATimeInAnotherFormIsExplained(t *testing.T) {
	in := now.Add(time.Hour)
	for _, row := range []struct {
		name  string
		value any
		want  string // the checks that do not pass
		why   string // of exp, and of the claim's meaning
	}{
		{"seconds", in.Unix(), "", ""},
		{"milliseconds", in.UnixMilli(), "exp:fail", "in milliseconds: " + in.UTC().Format("2006-01-02 15:04:05 UTC")},
		{"microseconds", in.UnixMicro(), "exp:fail", "in microseconds"},
		{"nanoseconds", in.UnixNano(), "exp:fail", "in nanoseconds"},
		{"milliseconds in a string", fmt.Sprint(in.UnixMilli()), "exp:fail", "in milliseconds"},
		{"seconds in a string", fmt.Sprint(in.Unix()), "", "written as a string"},
		{"a fraction", json.Number(fmt.Sprint(in.Unix()) + ".25"), "", "has a fraction"},
		{"an exponent", json.Number("1.8e9"), "", "with an exponent"},
		{"negative", -in.Unix(), "exp:fail", "negative"},
		{"zero", 0, "exp:fail", "never set"},
		{"a duration", 3600, "exp:fail", "looks like a duration (1 h)"},
		{"far ahead", 253402300799, "", "in the year 9999"},
		{"beyond any calendar", json.Number("9e99"), "exp:fail", "beyond any calendar"},
		{"greater than a number", json.Number("1e999"), "exp:fail", "greater than any time"},
		{"a date in words", in.UTC().Format(time.RFC3339), "exp:fail", fmt.Sprintf("here %d", in.Unix())},
		{"a text", "tomorrow", "exp:fail", "no time"},
		{"null", json.RawMessage("null"), "exp:fail", "null"},
		{"a list", []int{1}, "exp:fail", "no number of seconds"},
		{"a bool", true, "exp:fail", "no number of seconds"},
	} {
		t.Run(row.name, func(t *testing.T) {
			tok := inspect.DecodeToken(sign(t, jose.RS256, "rsa", healthy(map[string]any{"exp": row.value})), options(t)).Tokens[0]
			if got := results(tok); got != row.want {
				t.Errorf("checks = %q, want %q", got, row.want)
			}
			for _, c := range tok.Checks {
				if c.ID == "exp" && (!strings.Contains(c.Why, row.why) || c.Actual == "") {
					t.Errorf("exp: actual %q, why %q; want %q", c.Actual, c.Why, row.why)
				}
			}
			for _, c := range tok.Claims {
				if c.Name == "exp" && row.name != "far ahead" && !strings.Contains(c.Meaning, row.why) {
					t.Errorf("the claim says %q, want %q", c.Meaning, row.why)
				}
			}
		})
	}
}

func TestAYearBeyondADurationIsCounted(t *testing.T) {
	tok := inspect.DecodeToken(sign(t, jose.RS256, "rsa", healthy(map[string]any{"exp": 253402300799})), options(t)).Tokens[0]
	for _, c := range tok.Checks {
		if want := fmt.Sprintf("in %d years", 9999-now.Year()); c.ID == "exp" && !strings.Contains(c.Actual, want) {
			t.Errorf("exp = %q, want %q", c.Actual, want)
		}
	}
}

// What the request asked for is held against the token, whether a run says it
// or the person does, and it is said which.
func TestWhatWasAskedForIsHeldAgainstAPastedToken(t *testing.T) {
	token := func(change map[string]any) string { return sign(t, jose.RS256, "rsa", healthy(change)) }
	issued := now.Add(-time.Minute)
	for _, row := range []struct {
		name, token string
		ask         func(*inspect.DecodeOptions)
		want, from  string
	}{
		{"acr as asked", token(map[string]any{"acr": "c1"}), func(o *inspect.DecodeOptions) { o.ACRValues = "c1 c2" }, "", "acr: the acr_values that were given"},
		{"acr of the run", token(map[string]any{"acr": "c1"}), func(o *inspect.DecodeOptions) {
			o.ACRValues, o.Run = "c1", &inspect.DecodeOptions{ACRValues: "c1"}
		}, "", "acr: acr_values of the run that is open"},
		{"another acr", token(map[string]any{"acr": "0"}), func(o *inspect.DecodeOptions) { o.ACRValues = "c1" }, "acr:fail", ""},
		{"no acr", token(nil), func(o *inspect.DecodeOptions) { o.ACRValues = "c1" }, "acr:unknown", ""},
		{"acr not asked for", token(map[string]any{"acr": "0"}), nil, "", ""},
		{"signed in just before", token(map[string]any{"auth_time": issued.Add(-10 * time.Second).Unix()}), func(o *inspect.DecodeOptions) { o.MaxAge = "60" }, "", "auth_time: the max_age that was given"},
		{"signed in long before", token(map[string]any{"auth_time": issued.Add(-time.Hour).Unix()}), func(o *inspect.DecodeOptions) { o.MaxAge = "60" }, "auth_time:fail", ""},
		{"signed in in milliseconds", token(map[string]any{"auth_time": issued.UnixMilli()}), func(o *inspect.DecodeOptions) { o.MaxAge = "60" }, "auth_time:fail", ""},
		{"max_age and no auth_time", token(nil), func(o *inspect.DecodeOptions) { o.MaxAge = "60" }, "auth_time:fail", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := options(t)
			if row.ask != nil {
				row.ask(&o)
			}
			tok := inspect.DecodeToken(row.token, o).Tokens[0]
			if got := results(tok); got != row.want {
				t.Errorf("checks = %q, want %q", got, row.want)
			}
			var all []string
			for _, c := range tok.Checks {
				all = append(all, c.ID+": "+c.Provenance)
			}
			if !strings.Contains(strings.Join(all, "\n"), row.from) {
				t.Errorf("provenance = %q, want %q", all, row.from)
			}
		})
	}
	o := options(t)
	o.Scope = "openid Mail.Read"
	tok := inspect.DecodeToken(`{"access_token":"abcdef","scope":"openid"}`, o).Tokens[0]
	if len(tok.Scopes) != 2 || tok.Scopes[1].State() != "requested, not granted" {
		t.Errorf("scopes = %+v", tok.Scopes)
	}
}

// A run gives what it expects to a token that is pasted beside it.
func TestARunSaysWhatItExpectsOfAPastedToken(t *testing.T) {
	token := sign(t, jose.RS256, "rsa", healthy(nil))
	o := inspect.ExpectedOf(runWith(`{"access_token":"opaque-12345","id_token":"` + token + `"}`))
	o.Now = now
	tok := inspect.DecodeToken(token, o).Tokens[0]
	for _, c := range tok.Checks {
		switch c.ID {
		case "iss", "aud", "nonce":
			if c.Result != inspect.Pass || !strings.Contains(c.Provenance, "of the run that is open") {
				t.Errorf("%s: %s, from %q", c.ID, c.Result, c.Provenance)
			}
		}
	}
}
