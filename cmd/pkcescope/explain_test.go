package main

import (
	"strings"
	"testing"
)

func TestWhatExplainLeavesUnreadIsSaid(t *testing.T) {
	for _, row := range []struct {
		name string
		size int
		said bool
	}{
		{"a text of the greatest size", mostError, false},
		{"a longer text", mostError + 1, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			var stderr strings.Builder
			text, err := bounded(strings.NewReader(strings.Repeat("a", row.size)), &stderr)
			if err != nil || len(text) != mostError {
				t.Fatalf("%d octets were read, %v", len(text), err)
			}
			if got := strings.Contains(stderr.String(), "only the first 4 MiB"); got != row.said {
				t.Errorf("standard error has %q", stderr.String())
			}
		})
	}
}

// A saved run is no use without its end, where it failed.
func TestALongSavedRunIsReadToItsEnd(t *testing.T) {
	var stderr strings.Builder
	run := `{"format": "pkcescope-transcript", "note": "` + strings.Repeat("a", mostError) + `", "end": true}`
	text, err := bounded(strings.NewReader(run), &stderr)
	if err != nil || text != run || stderr.String() != "" {
		t.Errorf("%d of %d octets were read (%v), and said was %q", len(text), len(run), err, &stderr)
	}
}
