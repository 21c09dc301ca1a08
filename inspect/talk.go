package inspect

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"

	"github.com/pkcescope/pkcescope/assets"
	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/lab"
)

// Talk is what is said in front of people: scenes in an order, with notes. It
// is read from a file that people edit; assets/talk.toml describes its form.
type Talk struct {
	Title   string      `toml:"title"`
	Seconds int         `toml:"seconds"` // of a scene that does not say
	Scenes  []TalkScene `toml:"scene"`
}

// TalkScene is one scene of a talk, as its author wrote it.
type TalkScene struct {
	Show      SlideKind   `toml:"show"`
	Step      flow.StepID `toml:"step"`
	Title     string      `toml:"title"`
	Text      []string    `toml:"text"`
	Only      []string    `toml:"only"`
	Spotlight string      `toml:"spotlight"`
	Theft     string      `toml:"theft"`
	Notes     []string    `toml:"notes"`
	Seconds   int         `toml:"seconds"`

	play   PlayRef
	silent bool // the author wants no text at all
}

// Play is the play of a theft scene.
func (s TalkScene) Play() PlayRef { return s.play }

// SlideKind says what a scene shows.
type SlideKind string

// The kinds, as they are written in a talk.
const (
	SlideTitle    SlideKind = "title"
	SlideThought  SlideKind = "thought"
	SlideDiagram  SlideKind = "diagram"
	SlideValues   SlideKind = "values"
	SlideRequest  SlideKind = "request"
	SlideResponse SlideKind = "response"
	SlideToken    SlideKind = "token"
	SlideChecks   SlideKind = "checks"
	SlideTwins    SlideKind = "twins"
	SlideTheft    SlideKind = "theft"
)

var slideKinds = []SlideKind{
	SlideTitle, SlideThought, SlideDiagram, SlideValues, SlideRequest, SlideResponse, SlideToken, SlideChecks, SlideTwins, SlideTheft,
}

// ofStep says whether the kind shows a step of the run.
func (k SlideKind) ofStep() bool {
	switch k {
	case SlideDiagram, SlideValues, SlideRequest, SlideResponse, SlideToken, SlideChecks:
		return true
	case SlideTitle, SlideThought, SlideTwins, SlideTheft:
	}
	return false
}

// DefaultTalk is the talk that is given unless another is named.
func DefaultTalk() Talk { return defaultTalk() }

var defaultTalk = sync.OnceValue(func() Talk {
	t, err := ParseTalk(assets.Talk)
	if err != nil {
		panic("inspect: assets/talk.toml: " + err.Error())
	}
	return t
})

// ParseTalk reads a talk. The error is a [*flow.Error] of kind refused that
// names the line.
func ParseTalk(data []byte) (Talk, error) {
	var t Talk
	meta, err := toml.Decode(string(data), &t)
	lines := talkLines(data)
	if err != nil {
		var at toml.ParseError
		if errors.As(err, &at) {
			return Talk{}, talkFault(at.Position.Line, Clean(at.Message)+".", "The file is TOML: texts stand in quotes, lists in square brackets.")
		}
		return Talk{}, talkFault(0, Clean(err.Error())+".", "Compare it with the talk that present --write-talk writes.")
	}
	for _, key := range meta.Undecoded() {
		name := key[len(key)-1]
		return Talk{}, talkFault(lines.of(name), fmt.Sprintf("There is no field %q.", Clean(name)),
			"The fields of a scene are show, step, title, text, only, spotlight, theft, notes and seconds.")
	}
	if len(t.Scenes) == 0 {
		return Talk{}, talkFault(0, "The talk has no scenes.", "Write at least one, beginning with [[scene]].")
	}
	if t.Seconds <= 0 {
		t.Seconds = 20
	}
	for i := range t.Scenes {
		s := &t.Scenes[i]
		if field, what, try := s.check(); what != "" {
			return Talk{}, talkFault(lines.scene(i, field), what, try)
		}
		if s.Seconds <= 0 {
			s.Seconds = t.Seconds
		}
		s.silent = s.Text != nil && len(s.Text) == 0
		for _, texts := range [][]string{s.Text, s.Notes} {
			for j := range texts {
				texts[j] = Clean(texts[j])
			}
		}
		s.Title = Clean(s.Title)
	}
	t.Title = Clean(t.Title)
	return t, nil
}

// check says which field is wrong, how, and what to write.
func (s *TalkScene) check() (field, what, try string) {
	if !slices.Contains(slideKinds, s.Show) {
		return "show", fmt.Sprintf("show is %q.", Clean(string(s.Show))), "Use " + joinKinds() + "."
	}
	if s.Show.ofStep() && !slices.Contains(flow.AllStepIDs(), s.Step) {
		return "step", fmt.Sprintf("step is %q, and %s shows a step.", Clean(string(s.Step)), s.Show), "Use " + joinSteps(flow.AllStepIDs()) + "."
	}
	if s.Show != SlideTheft {
		return "", "", ""
	}
	words := strings.Fields(s.Theft)
	if len(words) == 2 && slices.Contains(lab.Sights(), lab.Saw(words[0])) && slices.Contains(lab.Clients(), flow.Method(words[1])) {
		s.play = PlayRef{Scenario: lab.StolenCode, Saw: words[0], Client: words[1]}
		return "", "", ""
	}
	if len(words) > 0 && slices.Contains(lab.Scenarios(), words[0]) && (len(words) == 1 || len(words) == 2 && words[1] == "defended") {
		s.play = PlayRef{Scenario: words[0], Defended: len(words) == 2}
		return "", "", ""
	}
	return "theft", fmt.Sprintf("theft is %q.", Clean(s.Theft)),
		`Use what the thief saw and the method, such as "redirect S256", or ` + strings.Join(lab.Scenarios(), ", ") + `, with "defended" after it or not.`
}

func joinKinds() string {
	var names []string
	for _, k := range slideKinds {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

func talkFault(line int, what, try string) error {
	where := "This talk cannot be given."
	if line > 0 {
		where = fmt.Sprintf("This talk cannot be given: line %d.", line)
	}
	return &flow.Error{Kind: flow.KindRefused, What: where, Why: what, Try: try}
}

// talkText is the lines of a talk, to say where something stands.
type talkText []string

func talkLines(data []byte) talkText { return strings.Split(string(data), "\n") }

// of is the first line that sets a field, from 1, or 0.
func (t talkText) of(field string) int {
	for i, line := range t {
		if sets(line, field) {
			return i + 1
		}
	}
	return 0
}

// scene is the line that sets a field of the n-th scene, or the scene's first.
func (t talkText) scene(n int, field string) int {
	head := 0
	for i, line := range t {
		if strings.HasPrefix(strings.TrimSpace(line), "[[") {
			if n--; n < -1 {
				break
			}
			head = i + 1
		}
		if n == -1 && sets(line, field) {
			return i + 1
		}
	}
	return head
}

func sets(line, field string) bool {
	name, _, ok := strings.Cut(line, "=")
	return ok && strings.Trim(strings.TrimSpace(name), `"'`) == field
}
