package assets

import "embed"

// Talk is the talk that present gives unless another is named. It explains its
// own form, for people who change it.
//
//go:embed talk.toml
var Talk []byte

// recorded/ holds what stands in for a live run that fails in front of people:
// a run of the practice tenant, the comparison of plain with S256, and the
// thefts. They were recorded by the test of inspect, and every secret in them
// was made for it.
//
//go:embed recorded/*.json
var recorded embed.FS

// Recorded returns a recording by its name, or nil if there is none.
func Recorded(name string) []byte {
	b, err := recorded.ReadFile("recorded/" + name + ".json")
	if err != nil {
		return nil
	}
	return b
}
