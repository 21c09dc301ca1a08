package tui

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/pkcescope/pkcescope/flow"
)

// What is drawn of a model, without its colours.
func drawn(m Model) string { return ansi.Strip(m.View().Content) }

// The words of a screen, as they are read: without the frames between them.
func words(screen string) map[string]bool {
	all := map[string]bool{}
	for _, w := range strings.FieldsFunc(screen, func(r rune) bool { return strings.ContainsRune(" \n│─╭╮╰╯├┤▐▌", r) }) {
		all[w] = true
	}
	return all
}

func TestAWideWindowTellsTheStepBesideTheDiagramWhereverTheKeysAre(t *testing.T) {
	for _, key := range []string{"1", "2", "3", "4", "5", "6"} {
		m, _ := fixture("dark", flow.StepKeys, false)
		wide := drawn(sized(m, 200, 60, "left", key, "d"))
		at := strings.Split(wide, "\n")[1]
		diagram, story := strings.Index(at, "Sequence diagram"), strings.Index(at, "What is happening")
		if diagram < 0 || story < diagram {
			t.Errorf("after %s the diagram is not followed by the story: %q", key, at)
		}
		for _, part := range []string{"Discovery request", "what happens in the step Token"} {
			if !strings.Contains(wide, part) {
				t.Errorf("after %s the screen lacks %q", key, part)
			}
		}
		if n := strings.Count(wide, "Sequence diagram"); n != 1 {
			t.Errorf("after %s the diagram is shown %d times", key, n)
		}
	}
	m, _ := fixture("dark", flow.StepKeys, false)
	if s := drawn(sized(m, 120, 40, "left", "d")); strings.Contains(s, "What is happening") {
		t.Error("in a narrow window the diagram has to share it")
	}
}

// A story that is longer than the window can be read on without a mouse when
// there is nothing more to see of the diagram.
func TestPagesOfTheStoryAreTurnedBesideADiagramThatIsInSight(t *testing.T) {
	turned := 0
	for h := 20; h <= 60; h++ {
		m, _ := fixture("dark", flow.StepToken, true)
		m = sized(m, 200, h, "d")
		diagram, story := &m.panes[m.focus], &m.panes[storyBeside(m.focus)]
		if diagram.doc.rows() > diagram.height || story.doc.rows() <= story.height {
			continue
		}
		turned++
		next, _ := m.Update(keyPress("pgdown"))
		m = next.(Model)
		if m.panes[storyBeside(m.focus)].offset == 0 {
			t.Errorf("at a height of %d the story stays where it is", h)
		}
	}
	if turned == 0 {
		t.Error("at no height is the story longer than its pane and the diagram not")
	}
}

func TestHelpNamesTheKeysThatScrollOnlyWhereThereIsMore(t *testing.T) {
	for _, tt := range []struct {
		w, h  int
		moves bool
	}{{200, 60, false}, {80, 24, true}} {
		s := drawn(sized(New(Options{Theme: "dark"}), tt.w, tt.h, "?"))
		if got := strings.Contains(s, "any other key close"); got != tt.moves {
			t.Errorf("at %d×%d the foot speaks of scrolling: %v", tt.w, tt.h, got)
		}
	}
}

// What stands beside a diagnosis stands below it in a narrow window.
func TestADiagnosisSaysTheSameInEveryWidth(t *testing.T) {
	pasted := func(w, h int) string {
		next, _ := sized(New(Options{Theme: "dark"}), w, h, "D").Update(tea.PasteMsg{Content: redirectError})
		return drawn(next.(Model))
	}
	narrow, wide := words(pasted(120, 60)), words(pasted(200, 60))
	for w := range narrow {
		if !wide[w] {
			t.Errorf("in a wide window %q is not said", w)
		}
	}
}

// Before an error is pasted, what can be recognised is listed, and the keys
// move in the list although the pane before it has nothing to scroll.
func TestWhatIsRecognisedCanBeLookedThrough(t *testing.T) {
	m := sized(New(Options{Theme: "dark"}), 200, 60, "D")
	before := drawn(m)
	after := drawn(sized(m, 200, 60, "pgdown"))
	if !strings.Contains(before, "What is recognised") || !strings.Contains(before, "client-id-unknown") {
		t.Fatalf("what is recognised is not listed:\n%s", before)
	}
	if strings.Contains(after, "client-id-unknown") || !strings.Contains(after, "Paste an error here") {
		t.Errorf("the list was not scrolled:\n%s", after)
	}
}

func TestALongNoticeHasTheWholeRow(t *testing.T) {
	m := sized(New(Options{Theme: "dark"}), 200, 60)
	text := strings.Repeat("word ", 30) + "end."
	m.say(toneGood, text)
	rows := strings.Split(drawn(m), "\n")
	if last := rows[len(rows)-1]; !strings.Contains(last, text) {
		t.Errorf("the notice is broken: %q", last)
	}
}

// A sheet grows for a row that is long, and for nothing else.
func TestASheetIsAsWideAsItsTextWants(t *testing.T) {
	short := []line{plain(toneText, "short")}
	long := []line{plain(toneText, strings.Repeat("x", 90))}
	for _, tt := range []struct {
		w     int
		lines []line
		want  int
	}{{120, short, 64}, {120, long, 64}, {160, long, 80}, {200, short, 64}, {200, long, 90}} {
		m := sized(New(Options{Theme: "dark"}), tt.w, 60)
		if got := (&message{lines: tt.lines}).sheet(&m).width; got != tt.want {
			t.Errorf("%s: %d cells, want %d", fmt.Sprint(tt.w, " ", len(tt.lines[0].text())), got, tt.want)
		}
	}
}
