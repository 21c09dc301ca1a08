package report

import (
	"fmt"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// The measures of the diagram, in units of its own.
const (
	diagramWidth = 760
	laneFirst    = 60
	laneLast     = 690
	headRoom     = 46
	rowHeight    = 34
	groupGap     = 12
)

// diagram is the flow as a picture: lanes from top to bottom, and an arrow for
// each message.
type diagram struct {
	Width, Height, Foot int
	Lanes               []lane
	Arrows              []arrow
}

type lane struct {
	Name string
	X    int
}

// arrow is a message, or what a party does by itself (Self).
type arrow struct {
	Text string
	// X1 and X2 are its ends, Y its height; the text stands at TextX.
	X1, X2, Y, TextX, TextY int
	Anchor                  string // of the text: "start", "middle" or "end"
	Head                    string // the points of its head
	Self                    bool
	Classes                 string // for the style sheet: "is-pkce is-todo"
}

// sequence lays out the arrows of a report.
func sequence(arrows []inspect.Arrow) diagram {
	d := diagram{Width: diagramWidth}
	names := inspect.Lanes(arrows)
	at := map[inspect.Lane]int{}
	for i, l := range names {
		x := laneFirst
		if len(names) > 1 {
			x += (laneLast - laneFirst) * i / (len(names) - 1)
		}
		at[l] = x
		d.Lanes = append(d.Lanes, lane{string(l), x})
	}
	y := headRoom
	var last flow.StepID
	for i, a := range arrows {
		if i > 0 && a.Step != last {
			y += groupGap
		}
		last = a.Step
		y += rowHeight
		d.Arrows = append(d.Arrows, newArrow(a, at[a.From], at[a.To], y))
	}
	d.Foot = y + 22
	d.Height = d.Foot + 6
	return d
}

func newArrow(a inspect.Arrow, from, to, y int) arrow {
	out := arrow{Text: a.Text, X1: from, X2: to, Y: y, TextX: (from + to) / 2, TextY: y - 7, Anchor: "middle", Self: from == to}
	switch {
	case a.Failed:
		out.Classes = "is-failed"
	case a.PKCE:
		out.Classes = "is-pkce"
	}
	if !a.Done && !a.Failed {
		out.Classes += " is-todo"
	}
	if out.Self {
		out.TextX, out.TextY, out.Anchor = from+13, y+4, "start"
		if from > diagramWidth/2 {
			out.TextX, out.Anchor = from-13, "end"
		}
		return out
	}
	back := 8
	if to < from {
		back = -8
	}
	out.Head = points(to, y, to-back, y-4, to-back, y+4)
	out.X2 = to - back/2
	return out
}

// points writes pairs of numbers as SVG wants them.
func points(n ...int) string {
	var b strings.Builder
	for i := 0; i+1 < len(n); i += 2 {
		fmt.Fprintf(&b, "%d,%d ", n[i], n[i+1])
	}
	return strings.TrimSpace(b.String())
}
