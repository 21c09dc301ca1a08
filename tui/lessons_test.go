package tui

import (
	"context"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/lesson"
	"github.com/pkcescope/pkcescope/inspect"
)

// school is the lessons themselves, as the command hands them over.
type school struct{ done map[string]bool }

func (s school) Done() ([]string, error) {
	var out []string
	for id := range s.done {
		out = append(out, id)
	}
	return out, nil
}

func (s school) Start(ctx context.Context, id string) (LessonRun, error) {
	x, err := lesson.Start(id)
	if err != nil {
		return nil, err
	}
	return class{x, s}, x.Prepare(ctx)
}

type class struct {
	*lesson.Session
	school school
}

func (c class) Send(ctx context.Context) (inspect.LessonAnswer, error) {
	err := c.Session.Send(ctx)
	l, _ := inspect.FindLesson(c.ID)
	return inspect.ReadLesson(l, c.Transcripts()), err
}

func (c class) Keep() error { c.school.done[c.ID] = true; return nil }

func (c class) Transcript() flow.Transcript {
	runs := c.Transcripts()
	if len(runs) == 0 {
		return flow.Transcript{}
	}
	return runs[len(runs)-1]
}

// A learner opens the first lesson, is asked before anything is sent, is told
// whether the prediction came true, and goes on to the next lesson.
func TestALessonAsksBeforeItSends(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}} {
		done := map[string]bool{}
		d := NewDriver(t, New(Options{Theme: "dark", Lessons: school{done}}), size[0], size[1])
		d.Press("l")
		d.Shows("0 of 13", "What is a code verifier?")
		d.Press("enter")
		d.Until("What will the authorization request")
		d.Hides("predicted")
		if n := len(d.Model.(Model).lessons.run.Transcript().Step(flow.StepAuthorize).Exchanges); n != 0 {
			t.Errorf("%d requests were sent before the prediction", n)
		}
		d.Press("down") // the challenge
		d.Shows("▸ The challenge")
		d.Press("enter")
		d.Until("That is what you predicted.")
		d.Shows("✓ The challenge", "1 of 13")
		d.Press("pgup", "pgup", "pgup", "pgup", "pgup")
		d.Shows("Aim  Know the two values") // the text can be read again
		if !done["verifier"] {
			t.Error("it was not kept")
		}

		// The run opens like any other, and leads back.
		d.Press("t")
		d.Until("Authorize")
		d.Press("esc")
		d.Shows("1 of 13")

		// A wrong prediction is told as well.
		d.Press("enter")
		d.Until("What will the token endpoint")
		d.Press("enter")
		d.Until("You predicted something else.")
		d.Shows("✗ Tokens")
		d.Press("esc", "esc")
		d.Shows("Practice tenant")
		d.Model.(Model).close()
	}
}

func TestTheLessonsGoOnWhereTheyWereLeft(t *testing.T) {
	d := NewDriver(t, New(Options{Theme: "dark", Lessons: school{map[string]bool{"verifier": true, "challenge": true}}}), 120, 40)
	d.Press("l")
	d.Shows("2 of 13", "Know what a provider assumes")
}

func TestGoldenLessons(t *testing.T) {
	for _, w := range []struct {
		name string
		w, h int
	}{{"80x24", 80, 24}, {"120x40", 120, 40}} {
		t.Run(w.name, func(t *testing.T) {
			d := NewDriver(t, New(Options{Theme: "dark", Lessons: school{map[string]bool{"verifier": true}}}), w.w, w.h)
			d.Press("l", "enter")
			d.Until("▸ Tokens")
			d.Press("down", "enter")
			d.Until("predicted")
			golden.RequireEqual(t, ansi.Strip(d.Model.(Model).View().Content))
			d.Model.(Model).close()
		})
	}
}
