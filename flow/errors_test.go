package flow

import "testing"

func TestAnErrorReadsAsSentences(t *testing.T) {
	for _, row := range []struct{ name, what, why, want string }{
		{"a statement and its reason", "The port is taken.", "Another program listens.", "The port is taken: Another program listens."},
		{"a clause and its reason", "the port is taken", "another program listens", "the port is taken: another program listens"},
		{"a statement alone", "The port is taken.", "", "The port is taken."},
		{"a question", "Is it running?", "Nobody answers.", "Is it running? Nobody answers."},
		{"an ellipsis", "It says no...", "Nobody knows why.", "It says no... Nobody knows why."},
		{"a colon of its own", "The server said:", "no", "The server said: no"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := (&Error{What: row.what, Why: row.why}).Error(); got != row.want {
				t.Errorf("%q", got)
			}
		})
	}
}
