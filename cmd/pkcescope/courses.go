package main

import (
	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/practice/broken"
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
