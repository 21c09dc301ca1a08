package inspect

import (
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// InputFrom returns the input of a diagnosis for whatever was pasted: a saved
// run is diagnosed from its transcript, anything else is an error as it was
// met.
func InputFrom(text string) Input {
	const head = 4096 // the format's name stands at the beginning of a file
	if strings.Contains(text[:min(len(text), head)], flow.Format) {
		if t, err := flow.Load(strings.NewReader(text)); err == nil {
			return Input{Transcript: &t}
		}
	}
	return Input{Raw: text}
}
