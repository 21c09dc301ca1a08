package assets

import "embed"

// lessons/ID.toml is a lesson: title, aim, the body before the question, the
// question with its choices, and what is said of the choice that the run has
// shown. Which that is stands nowhere in here.
//
//go:embed lessons/*.toml
var lessons embed.FS

// Lesson returns a lesson by its id, or nil if there is none.
func Lesson(id string) []byte {
	b, err := lessons.ReadFile("lessons/" + id + ".toml")
	if err != nil {
		return nil
	}
	return b
}
