package main

import (
	"context"
	"maps"
	"slices"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/lesson"
	"github.com/pkcescope/pkcescope/flow/practice/broken"
	"github.com/pkcescope/pkcescope/inspect"
	"github.com/pkcescope/pkcescope/tui"
)

// labShelf is the labs for the terminal program. What is solved there and on
// the command line is kept in one place.
type labShelf struct{ progress learned }

// List implements [tui.Labs].
func (l labShelf) List() ([]tui.LabEntry, error) {
	done, err := l.progress.read()
	if err != nil {
		return nil, err
	}
	var entries []tui.LabEntry
	for _, lab := range broken.Labs() {
		_, solved := done.Labs[lab.ID]
		entries = append(entries, tui.LabEntry{ID: lab.ID, Title: lab.Title, Story: lab.Story, Solved: solved})
	}
	return entries, nil
}

// Start implements [tui.Labs].
func (l labShelf) Start(id string) (tui.LabSession, error) {
	lab, err := broken.Find(id)
	if err != nil {
		return nil, err
	}
	s, err := broken.Start(lab)
	if err != nil {
		return nil, err
	}
	return openLab{s, l.progress}, nil
}

// openLab is [tui.LabSession].
type openLab struct {
	*broken.Session
	progress learned
}

// Browser implements [tui.LabSession].
func (o openLab) Browser() flow.Browser { return o.Server().Browser() }

// Walk implements [tui.LabSession].
func (o openLab) Walk(b flow.Browser, changed func()) (tui.Walker, flow.Config, error) {
	c, err := o.Config()
	if err != nil {
		return nil, c, err
	}
	options := o.Options()
	options.Browser, options.Changed = b, changed
	w, err := flow.New(c, options)
	if err != nil {
		return nil, c, err
	}
	return w, c, nil
}

// Settings implements [tui.LabSession].
func (o openLab) Settings() []tui.LabSetting {
	var out []tui.LabSetting
	for _, s := range o.Session.Settings() {
		out = append(out, tui.LabSetting(s))
	}
	return out
}

// Judge implements [tui.LabSession].
func (o openLab) Judge(t flow.Transcript) (solved bool, why string, err error) {
	v := o.Session.Judge(t)
	if v.Solved {
		err = o.progress.labSolved(o.Lab.ID)
	}
	return v.Solved, v.Why, err
}

// lessonShelf is the lessons for the terminal program.
type lessonShelf struct{ progress learned }

// Done implements [tui.Lessons].
func (l lessonShelf) Done() ([]string, error) {
	done, err := l.progress.read()
	return slices.Sorted(maps.Keys(done.Lessons)), err
}

// Start implements [tui.Lessons].
func (l lessonShelf) Start(ctx context.Context, id string) (tui.LessonRun, error) {
	s, err := lesson.Start(id)
	if err != nil {
		return nil, err
	}
	if err := s.Prepare(ctx); err != nil {
		_ = s.Close()
		return nil, err
	}
	return openLesson{s, l.progress}, nil
}

// openLesson is [tui.LessonRun].
type openLesson struct {
	*lesson.Session
	progress learned
}

// Send implements [tui.LessonRun].
func (o openLesson) Send(ctx context.Context) (inspect.LessonAnswer, error) {
	if err := o.Session.Send(ctx); err != nil {
		return inspect.LessonAnswer{}, err
	}
	l, _ := inspect.FindLesson(o.ID)
	return inspect.ReadLesson(l, o.Transcripts()), nil
}

// Keep implements [tui.LessonRun].
func (o openLesson) Keep() error { return o.progress.lessonDone(o.ID) }

// Transcript implements [tui.LessonRun].
func (o openLesson) Transcript() flow.Transcript {
	runs := o.Transcripts()
	if len(runs) == 0 {
		return flow.Transcript{}
	}
	return runs[len(runs)-1]
}
