package tui

import "slices"

// rect is a rectangle of the screen, in cells.
type rect struct{ x, y, w, h int }

func (r rect) empty() bool { return r.w <= 0 || r.h <= 0 }

func (r rect) holds(x, y int) bool {
	return x >= r.x && x < r.x+r.w && y >= r.y && y < r.y+r.h
}

// inner is what is left inside the frame.
func (r rect) inner() rect {
	return rect{r.x + 1, r.y + 1, max(r.w-2, 0), max(r.h-2, 0)}
}

// pane names one of the panes of the walk.
type pane int

// The panes, in the order of the focus ring.
const (
	paneSteps pane = iota
	paneRequest
	paneResponse
	paneExplain
	paneAbout
	paneFindings
	numPanes = iota
)

// The smallest window in which anything can be read.
const (
	leastWidth  = 40
	leastHeight = 12
)

// How wide a window has to be for two panes to be seen beside the steps, and
// for all of them.
const (
	pairWidth = 80
	wideWidth = 120
)

// besideWidth is how wide a window has to be for something to be read beside
// what else has the window to itself.
const besideWidth = 160

// bothHeight is how high a column has to be to explain the step and the
// selected row one above the other.
const bothHeight = 20

// aboutText is how many characters are room enough for what is said about a
// row. Seldom is it more, and then it scrolls.
const aboutText = 600

// arrangement is what the layout of a walk depends on.
type arrangement struct {
	w, h  int
	focus pane
	// whole gives the middle to the request pane alone: for steps that send
	// nothing, and for decoded tokens.
	whole bool
	// answered prefers the response where the request and it share a place and
	// neither has the focus.
	answered bool
	// about says that something is selected which has a pane of its own.
	about bool
	// single shows the focused pane alone (the diagram), or in a wide window
	// with the story of the step beside it.
	single bool
	// request and findings are how many rows these panes would like to have,
	// where they share a column; 0: as they come.
	request, findings int
	// upper is how many rows what stands above the explanation has, where there
	// is one column beside the steps; 0 while that is not known.
	upper int
}

// layout says where everything is. A pane without room has an empty rectangle.
type layout struct {
	fits       bool
	head, foot rect
	panes      [numPanes]rect
	// joined says that what is selected is told below the story of the step: its
	// upper edge is the lower one of the story's pane, which has none itself.
	joined bool
}

// inner is what is left of a pane inside its frame.
func (l *layout) inner(p pane) rect {
	r := l.panes[p]
	in := r.inner()
	if p == paneExplain && l.joined {
		in.h = max(r.h-1, 0)
	}
	return in
}

// across is the panes from left to right.
func (l *layout) across() []pane {
	var all []pane
	for p := range pane(numPanes) {
		all = append(all, p)
	}
	slices.SortStableFunc(all, func(a, b pane) int { return l.panes[a].x - l.panes[b].x })
	return all
}

// newLayout arranges the screen.
//
//	≥ 120 columns                  ≥ 80 columns              less
//	┌steps┐┌request─┐┌explain─┐    ┌steps┐┌request───────┐   ┌focused─┐
//	│     ││        │├about───┤    │     ││ or response  │   │        │
//	│     │├response┤│        │    │     │├explain, about┤   │        │
//	│     ││        │├findings┤    │     ││ or findings  │   │        │
//	└─────┘└────────┘└────────┘    └─────┘└──────────────┘   └────────┘
//
// What is happening keeps its place while the selection moves: only what is
// said about the selected row changes. Panes that share a place show the one
// that has the focus, or else the one that is more telling; in the narrow form
// the focus ring is the way to move about.
func newLayout(a arrangement) layout {
	var l layout
	if a.w < leastWidth || a.h < leastHeight {
		return l
	}
	l.fits = true
	l.head = rect{0, 0, a.w, 1}
	l.foot = rect{0, a.h - 1, a.w, 1}
	body := rect{0, 1, a.w, a.h - 2}
	if a.whole {
		a.answered = false
		if a.focus == paneResponse {
			a.focus = paneRequest
		}
	}
	switch {
	case a.single && a.w >= besideWidth:
		l.panes[a.focus], l.panes[storyBeside(a.focus)] = body.left(a.w * 13 / 20)
	case a.single || a.w < pairWidth:
		l.panes[a.focus] = body
	case a.w < wideWidth:
		rail, rest := body.left(23)
		l.panes[paneSteps] = rail
		h := upperHeight(rest.h)
		// Who reads below wants room there, and what is above may need little.
		// The border has two places only, so that it does not wander.
		if less := rest.h - h; reads(a.focus) || a.upper > 0 && a.upper+2 <= less {
			h = less
		}
		upper, lower := rest.top(h)
		l.panes[choose(a.focus == paneResponse || a.answered && a.focus != paneRequest, paneResponse, paneRequest)] = upper
		l.panes[choose(a.focus == paneFindings, paneFindings, a.explaining())] = lower
	default:
		rail, rest := body.left(railWidth(a.w))
		l.panes[paneSteps] = rail
		middle, right := rest.left(rest.w * 11 / 20)
		if a.whole {
			l.panes[paneRequest] = middle
		} else {
			l.panes[paneRequest], l.panes[paneResponse] = middle.top(share(a.request, middle.h))
		}
		right, l.panes[paneFindings] = right.top(right.h - share(a.findings, right.h))
		if a.about && right.h >= bothHeight {
			about := min(aboutText/max(right.w-4, 1)+3, right.h*3/5)
			l.panes[paneExplain], l.panes[paneAbout] = right.top(right.h - about)
			l.joined = true
		} else {
			l.panes[a.explaining()] = right
		}
	}
	return l
}

// storyBeside is the pane that tells the story of the step beside the diagram,
// which stands where the focus is.
func storyBeside(focus pane) pane { return choose(focus == paneExplain, paneAbout, paneExplain) }

// tellsBeside says whether a pane is the one that tells the story beside the
// diagram.
func (m *Model) tellsBeside(p pane) bool {
	return m.diagram && m.w >= besideWidth && p == storyBeside(m.focus)
}

// upperHeight is how high a message is that stands above its explanation.
func upperHeight(h int) int { return h*11/20 + 1 }

// explaining is the pane that explains where there is room for one only.
func (a arrangement) explaining() pane {
	return choose(a.focus == paneAbout || a.about && a.focus != paneExplain, paneAbout, paneExplain)
}

// share is the height of a pane that would like to have so many rows: with its
// frame, at least a fifth and at most three fifths of the column.
func share(rows, h int) int {
	if rows == 0 {
		return h / 2
	}
	return max(min(rows+2, h*3/5), h/5, 5)
}

// railWidth grows a little with the window: the rail holds short words.
func railWidth(w int) int { return min(25+(w-wideWidth)/20, 30) }

func (r rect) left(w int) (left, right rect) {
	return rect{r.x, r.y, w, r.h}, rect{r.x + w, r.y, r.w - w, r.h}
}

func (r rect) top(h int) (top, bottom rect) {
	return rect{r.x, r.y, r.w, h}, rect{r.x, r.y + h, r.w, r.h - h}
}

// centred is a rectangle of at most w by h in the middle of the window.
func centred(width, height, w, h int) rect {
	w, h = min(w, width), min(h, height)
	return rect{(width - w) / 2, (height - h) / 2, w, h}
}

func choose[T any](yes bool, a, b T) T {
	if yes {
		return a
	}
	return b
}
