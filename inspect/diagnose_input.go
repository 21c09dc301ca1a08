package inspect

import (
	"context"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/capture"
)

// InputFrom returns the input of a diagnosis for whatever was pasted: a saved
// run or a HAR is diagnosed from its transcript, anything else is an error as it
// was met.
func InputFrom(text string) Input {
	head := text[:min(len(text), 4096)] // the format's name stands at the beginning of a file
	if strings.Contains(head, flow.Format) {
		if t, err := flow.Load(strings.NewReader(text)); err == nil {
			return Input{Transcript: &t}
		}
	}
	// Of the formats of captures only a HAR is tried: an error may hold a URL,
	// and is read whole.
	if strings.HasPrefix(strings.TrimLeft(head, "\ufeff \t\r\n"), "{") && strings.Contains(head, `"log"`) {
		found, err := capture.Read(context.Background(), []capture.Source{{Data: strings.NewReader(text)}}, capture.Options{})
		if best := found.Best(); err == nil && best >= 0 {
			return Input{Transcript: &found.Flows[best]}
		}
	}
	return Input{Raw: text}
}
