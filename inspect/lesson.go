package inspect

import (
	"slices"
	"sync"

	"github.com/BurntSushi/toml"

	"github.com/pkcescope/pkcescope/assets"
	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/lesson"
)

// Lesson is what a learner is told before the request is sent: an aim, what
// has happened so far, and a question with its choices. Which choice is right
// is not in it; that is read off the run.
type Lesson struct {
	ID    string `json:"id"`
	Title string `json:"title" toml:"title"`
	// Aim is what one can do afterwards, in a sentence.
	Aim      string         `json:"aim" toml:"aim"`
	Body     []string       `json:"body" toml:"body"` // a paragraph each
	Question string         `json:"question" toml:"question"`
	Choices  []LessonChoice `json:"choices" toml:"choice"`
	Refs     []Ref          `json:"refs" toml:"-"`

	why map[string][]string
}

// LessonChoice is a possible answer.
type LessonChoice struct {
	ID   string `json:"id" toml:"id"`
	Text string `json:"text" toml:"text"`
}

// Choice returns the choice of that id.
func (l Lesson) Choice(id string) (LessonChoice, bool) {
	i := slices.IndexFunc(l.Choices, func(c LessonChoice) bool { return c.ID == id })
	if i < 0 {
		return LessonChoice{}, false
	}
	return l.Choices[i], true
}

// LessonAnswer is what a run has shown.
type LessonAnswer struct {
	// Choice is the id of the choice that came true, "" if none of them did.
	Choice string `json:"choice"`
	// Shown is where that is to be seen, a line each.
	Shown []string `json:"shown"`
	// Why explains it, a paragraph each.
	Why []string `json:"why"`
}

// Lessons returns all lessons, in the order in which they are taught.
func Lessons() []Lesson { return slices.Clone(lessonTexts()) }

// FindLesson returns the lesson of that id.
func FindLesson(id string) (Lesson, bool) {
	all := lessonTexts()
	i := slices.IndexFunc(all, func(l Lesson) bool { return l.ID == id })
	if i < 0 {
		return Lesson{}, false
	}
	return all[i], true
}

var lessonTexts = sync.OnceValue(func() []Lesson {
	var all []Lesson
	for _, id := range lesson.IDs() {
		file := struct {
			Lesson
			Refs []string            `toml:"refs"`
			Why  map[string][]string `toml:"why"`
		}{}
		if err := toml.Unmarshal(assets.Lesson(id), &file); err != nil {
			panic("inspect: assets/lessons/" + id + ".toml: " + err.Error())
		}
		l := file.Lesson
		l.ID, l.Refs, l.why = id, clauses(file.Refs...), file.Why
		all = append(all, l)
	}
	return all
})

// ReadLesson reads off a lesson's runs which choice came true. It looks at the
// transcripts alone, so it says something else when a provider does something
// else.
func ReadLesson(l Lesson, runs []flow.Transcript) LessonAnswer {
	none := LessonAnswer{Shown: []string{}, Why: []string{"The run has shown none of these. Look at it step by step."}}
	read := lessonReaders[l.ID]
	if read == nil || len(runs) == 0 {
		return none
	}
	a := LessonAnswer{}
	a.Choice, a.Shown = read(runs)
	for i := range a.Shown {
		a.Shown[i] = Clean(a.Shown[i])
	}
	if a.Why = l.why[a.Choice]; a.Why == nil {
		a.Why = none.Why
		if c, ok := l.Choice(a.Choice); ok {
			a.Why = []string{"This run has shown: " + c.Text + ". That is not what Entra documents, so look at it step by step."}
		}
	}
	return a
}
