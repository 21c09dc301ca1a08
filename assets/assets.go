// Package assets holds the embedded texts and data that inspect and the
// command read: explanations of the steps, the glossaries of parameters and
// claims, the catalogue of errors. It imports nothing of ours; inspect turns
// the bytes into types.
package assets

import "embed"

//go:embed steps/*.md glossary/*.txt
var files embed.FS

// Step returns the explanation of a step by its id, or "" if there is none.
// The format is described in steps/README.md.
func Step(id string) string { return read("steps/" + id + ".md") }

// Glossary returns a glossary: "parameters", "claims", "headers", "metadata"
// or "keys". The format is described in glossary/README.md.
func Glossary(name string) string { return read("glossary/" + name + ".txt") }

func read(name string) string {
	b, err := files.ReadFile(name)
	if err != nil {
		return ""
	}
	return string(b)
}
