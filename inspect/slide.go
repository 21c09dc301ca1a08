package inspect

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// Slide is what is on the screen at one moment of a talk.
type Slide struct {
	// Scene is the index of the talk's scene, and Beat that of the moment in
	// it: a theft has several.
	Scene, Beat, Beats int
	Kind               SlideKind
	Step               flow.StepID // "" for what is not about a step
	Title              string
	Text               []string // a paragraph each
	Notes              []string // for the presenter
	Seconds            int
	// PKCE says that the slide is there because of PKCE alone.
	PKCE bool

	// Line says what was sent and to whom, or what came back.
	Line string
	// Rows are the values to be seen, Spotlight the one to begin with (-1:
	// none), and Left how many the scene leaves out.
	Rows      []Row
	Spotlight int
	Left      int
	// Arrows are the sequence diagram.
	Arrows []Arrow
	// Twins are plain and S256 side by side.
	Twins []TwinRow
	// Play is a theft, of which this slide shows the Beat-th scene.
	Play *Theatre
	// Waits says that what the slide shows has not happened yet.
	Waits bool
	// Failed says that the slide shows a refusal.
	Failed bool
}

// TwinRow is a value under both methods.
type TwinRow struct {
	Name        string
	Plain, S256 string
	// Differ says that the two differ in more than that each is fresh.
	Differ bool
}

// TalkSources is what a talk is read off: what has happened so far.
type TalkSources struct {
	Report Report
	Twins  *Comparison // nil: not yet
	// Play returns a theft that took place.
	Play func(PlayRef) (Theatre, bool)
	// Over says that no step will follow: what has not happened never will.
	Over bool
}

// Slides puts a talk and the evidence together. A scene for which this run has
// nothing to show is left out, and a step that failed gets a scene about it.
func (t Talk) Slides(e TalkSources) []Slide {
	var out []Slide
	for i, s := range t.Scenes {
		slide := Slide{
			Scene: i, Beats: 1, Kind: s.Show, Title: s.Title, Text: s.Text, Notes: s.Notes, Seconds: s.Seconds, Spotlight: -1,
		}
		switch {
		case s.Show.ofStep():
			step, ok := e.Report.step(s.Step)
			if ok && step.Status != flow.StatusSkipped {
				slide.ofStep(s, step, e.Report)
				if !slide.Waits || !e.Over {
					out = append(out, slide)
				}
			}
		case s.Show == SlideTwins:
			slide.twins(s, e.Twins)
			out = append(out, slide)
		case s.Show == SlideTheft:
			out = append(out, theft(slide, s, e.Play)...)
		default:
			out = append(out, slide)
		}
	}
	for i := len(out) - 1; i >= 0; i-- {
		step, ok := e.Report.step(out[i].Step)
		if ok && step.Status == flow.StatusFailed && out[i].Kind != SlideDiagram {
			return slices.Insert(out, i+1, whyFailed(out[i], step))
		}
	}
	return out
}

// step finds a step of the report.
func (r Report) step(id flow.StepID) (Step, bool) {
	i := slices.IndexFunc(r.Steps, func(s Step) bool { return s.ID == id })
	if i < 0 {
		return Step{}, false
	}
	return r.Steps[i], true
}

// ofStep fills in what the scene shows of its step.
func (s *Slide) ofStep(scene TalkScene, step Step, r Report) {
	s.Step, s.PKCE = step.ID, step.PKCE && scene.Show != SlideDiagram
	if s.Title == "" {
		s.Title = step.Title
	}
	if len(s.Text) == 0 && !scene.silent {
		s.Text = []string{step.Lead}
	}
	s.Waits = step.Status == flow.StatusPending || step.Status == flow.StatusCancelled
	switch scene.Show {
	case SlideDiagram:
		s.Arrows, s.Waits = r.Arrows, false
	case SlideValues:
		s.only(scene, step.Values)
	case SlideRequest, SlideResponse:
		s.message(scene, step)
	case SlideToken:
		s.token(scene, r)
	case SlideChecks:
		s.checks(scene, r)
	case SlideTitle, SlideThought, SlideTwins, SlideTheft:
	}
}

// only takes the rows that the scene names, in the scene's order, or all.
func (s *Slide) only(scene TalkScene, rows []Row) {
	s.Rows = rows
	if len(scene.Only) > 0 {
		s.Rows = nil
		for _, name := range scene.Only {
			for _, r := range rows {
				if r.Name == name {
					s.Rows = append(s.Rows, r)
				}
			}
		}
		s.Left = len(rows) - len(s.Rows)
	}
	s.Spotlight = slices.IndexFunc(s.Rows, func(r Row) bool { return r.Name == scene.Spotlight })
}

// message shows what a step sent, or what came back.
func (s *Slide) message(scene TalkScene, step Step) {
	if len(step.Exchanges) == 0 {
		return
	}
	x := telling(step)
	if x.Pending {
		s.Waits = true
	}
	m := x.Request
	s.Line = m.Line
	if scene.Show == SlideResponse {
		if x.Response == nil {
			s.Waits = s.Waits || x.Error == nil
			return
		}
		m = *x.Response
		s.Line = m.Line
		s.Failed = step.Status == flow.StatusFailed
	} else if m.URL != "" {
		method, _, _ := strings.Cut(m.Line, " ")
		target, _, _ := strings.Cut(m.URL, "?")
		target, _, _ = strings.Cut(target, "#")
		s.Line = method + " " + target
	}
	if s.Failed {
		scene.Only = nil // a refusal has members of its own
	}
	s.only(scene, m.Rows)
}

// telling is the exchange that a step is named after: the accepted response of
// a callback, else the first.
func telling(step Step) Exchange {
	for _, x := range step.Exchanges {
		if x.Verdict == flow.VerdictAccepted {
			return x
		}
	}
	if step.Status == flow.StatusFailed {
		return step.Exchanges[len(step.Exchanges)-1]
	}
	return step.Exchanges[0]
}

// idToken is the run's first ID token, or else its first token that could be
// decoded.
func (r Report) idToken() (Token, bool) {
	var first *Token
	for _, s := range r.Steps {
		for i, t := range s.Tokens {
			if t.Name == "id_token" {
				return t, true
			}
			if first == nil && len(t.Claims) > 0 {
				first = &s.Tokens[i]
			}
		}
	}
	if first == nil {
		return Token{}, false
	}
	return *first, true
}

func (s *Slide) token(scene TalkScene, r Report) {
	t, ok := r.idToken()
	if !ok {
		s.Waits = true
		return
	}
	s.Line = t.Name
	var rows []Row
	for _, c := range t.Claims {
		value := c.Text
		if value == "" {
			value = fmt.Sprint(c.Value)
		}
		rows = append(rows, Row{Name: c.Name, Value: value, What: c.Meaning, Source: Ref{Text: c.Source}})
	}
	s.only(scene, rows)
}

func (s *Slide) checks(scene TalkScene, r Report) {
	t, ok := r.idToken()
	if !ok {
		s.Waits = true
		return
	}
	s.Line = t.Name
	var rows []Row
	for _, c := range t.Checks {
		r := Row{Name: c.ID, Value: string(c.Result), What: c.Why}
		if c.Result == Fail {
			r.Problem = "expected " + c.Expected + ", found " + c.Actual
		}
		rows = append(rows, r)
	}
	s.only(scene, rows)
}

// whyFailed says why a step failed, and what to do, behind its last slide.
func whyFailed(after Slide, step Step) Slide {
	s := Slide{
		Scene: after.Scene, Beat: 1, Beats: 2, Kind: SlideThought, Step: step.ID, Title: "Why it failed",
		Seconds: after.Seconds, Spotlight: -1, Failed: true,
	}
	for _, f := range step.Findings {
		if f.Severity == SeverityError {
			s.Text = []string{f.What, f.Why, f.Try}
			return s
		}
	}
	if e := step.Error; e != nil {
		s.Text = []string{e.What, e.Why, e.Try}
	}
	s.Text = slices.DeleteFunc(s.Text, func(t string) bool { return t == "" })
	return s
}

// twins lays plain beside S256.
func (s *Slide) twins(scene TalkScene, c *Comparison) {
	if c == nil {
		s.Waits = true
		return
	}
	column := func(method flow.Method) int {
		return slices.IndexFunc(c.Runs, func(r ComparedRun) bool { return r.Method == string(method) })
	}
	plain, s256 := column(flow.MethodPlain), column(flow.MethodS256)
	if plain < 0 || s256 < 0 {
		s.Waits = true
		return
	}
	for _, step := range c.Steps {
		for _, r := range step.Sent {
			if !r.PKCE || len(scene.Only) > 0 && !slices.Contains(scene.Only, r.Name) ||
				!slices.Contains([]string{"code_verifier", "code_challenge", "code_challenge_method"}, r.Name) ||
				slices.ContainsFunc(s.Twins, func(t TwinRow) bool { return t.Name == r.Name }) {
				continue
			}
			if r.Name == scene.Spotlight {
				s.Spotlight = len(s.Twins)
			}
			s.Twins = append(s.Twins, TwinRow{
				Name: r.Name, Plain: r.Cells[plain].String(), S256: r.Cells[s256].String(), Differ: r.Differs(plain, s256),
			})
			s.Rows = append(s.Rows, Row{Name: r.Name, What: r.What, PKCE: true})
		}
	}
}

// theft makes a slide of every scene of a play.
func theft(slide Slide, scene TalkScene, play func(PlayRef) (Theatre, bool)) []Slide {
	t, ok := Theatre{}, false
	if play != nil {
		t, ok = play(scene.play)
	}
	if slide.Title == "" {
		slide.Title = scene.play.Title()
	}
	if !ok || len(t.Scenes) == 0 {
		slide.Waits = true
		return []Slide{slide}
	}
	var out []Slide
	for i := range t.Scenes {
		slide.Beat, slide.Beats, slide.Play = i, len(t.Scenes), &t
		slide.Failed = i == len(t.Scenes)-1 && !t.ThiefWon
		out = append(out, slide)
	}
	return out
}
