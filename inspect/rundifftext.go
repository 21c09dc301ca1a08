package inspect

import (
	"cmp"

	"github.com/pkcescope/pkcescope/flow"
)

// Text returns the comparison for people, wrapped to width columns; 0 means 80.
func (d RunDiff) Text(nameA, nameB string, width int) string {
	p := newPrinter(width)
	room := (p.width-nameColumn)/2 - 2
	both := []int{0, 1}
	p.side("", "", room, [][]string{{short(Clean(nameA), room)}, {short(Clean(nameB), room)}})
	p.side("", "outcome", room, [][]string{wrapWords(string(d.A.Outcome), room), wrapWords(string(d.B.Outcome), room)})
	for _, section := range d.Sections() {
		p.line("")
		p.line(section.Title)
		step := flow.StepID("-")
		for _, x := range section.Differences {
			if x.Step != step {
				step = x.Step
				p.line("")
				p.line(section.StepTitle(step))
			}
			if x.Weight == WeightFresh {
				p.side("", x.Name, room, each(both, func(i int) []string { return x.Row.Cells[i].lines(room, false) }))
			} else {
				p.row(x.Row, both, room)
			}
			if x.Weight == WeightMatters && x.Meaning != "" {
				p.para("    ", x.Meaning)
			}
		}
	}
	p.line("")
	p.para("", d.Summary)
	for _, n := range d.Notes {
		p.para("", n)
	}
	return p.String()
}

// DiffSection is the differences of one weight.
type DiffSection struct {
	Title       string
	Weight      Weight
	Differences []RunDifference
}

// StepTitle is the heading under which the differences of a step stand.
func (DiffSection) StepTitle(id flow.StepID) string {
	if id == "" {
		return "The run"
	}
	return cmp.Or(stepText(id).title, Clean(string(id)))
}

// Sections are the differences by weight, those that matter first.
func (d RunDiff) Sections() []DiffSection {
	var out []DiffSection
	for _, s := range []DiffSection{
		{Title: "What matters", Weight: WeightMatters},
		{Title: "What differs besides", Weight: WeightDetail},
		{Title: "What is only fresh", Weight: WeightFresh},
	} {
		for _, x := range d.Differences {
			if x.Weight == s.Weight {
				s.Differences = append(s.Differences, x)
			}
		}
		if len(s.Differences) > 0 {
			out = append(out, s)
		}
	}
	return out
}
