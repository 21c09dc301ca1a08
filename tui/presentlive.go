package tui

import (
	"context"
	"errors"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// liveSource is what a talk is about: a saved run, a client of one's own, or,
// with neither, the practice tenant.
type liveSource struct {
	transcript *flow.Transcript
	file       string
	config     *flow.Config
}

// liveRun is the run behind a talk, with the thefts and the twins beside it.
// Where one of them fails, the recorded one takes its place, and only the
// presenter is told.
type liveRun struct {
	number     int // results that carry another number are dropped
	source     liveSource
	walk       Walker
	transcript flow.Transcript
	step       context.CancelFunc // nil when no step is under way
	aside      context.CancelFunc // nil when neither thefts nor twins are under way
	own        bool               // the person signs in in their own browser
	plays      map[inspect.PlayRef]func(reveal bool) inspect.Theatre
	twins      func(reveal bool) inspect.Comparison
	// recorded says that the run is the recorded one, and trouble what went
	// wrong, for the presenter.
	recorded bool
	trouble  []string
}

// patience is how long a talk waits for a step of the practice tenant. People
// in a room wait less long than people at a desk.
const patience = 10 * time.Second

type (
	presentStartedMsg struct {
		number int
		walk   Walker
		own    bool
		err    error
	}
	presentWalkedMsg struct {
		number     int
		transcript flow.Transcript
		err        error
	}
	presentPlayedMsg struct {
		number int
		ref    inspect.PlayRef
		read   func(reveal bool) inspect.Theatre
		err    error
	}
	presentTwinsMsg struct {
		number int
		read   func(reveal bool) inspect.Comparison
		err    error
	}
)

func (l *liveRun) running() bool  { return l.step != nil || l.aside != nil }
func (l *liveRun) practice() bool { return l.transcript.Config.Practice }

// end ends what is under way and closes the walk.
func (l *liveRun) end() {
	for _, cancel := range []context.CancelFunc{l.step, l.aside} {
		if cancel != nil {
			cancel()
		}
	}
	if l.walk != nil {
		_ = l.walk.Close()
	}
	l.walk, l.step, l.aside = nil, nil, nil
}

// start begins the walk, and beside it what the later scenes need.
func (l *liveRun) start(m *Model) tea.Cmd {
	l.number++
	l.plays = map[inspect.PlayRef]func(bool) inspect.Theatre{}
	number, o, source := l.number, m.options, l.source
	aside := l.nextAside(m)
	if t := source.transcript; t != nil {
		l.transcript = *t
		m.present.refresh(m)
		return aside
	}
	begin := func() tea.Msg {
		var c flow.Config
		b := &browsers{own: o.Browser}
		if source.config != nil {
			c = *source.config
			if c.ClientSecret == "" && c.AuthMethod.NeedsSecret() && !c.Practice {
				c.ClientSecret = o.Secret
			}
		}
		if source.config == nil || c.Practice {
			if o.Practice == nil {
				return presentStartedMsg{number: number, err: refused("There is no practice tenant in this program.")}
			}
			p, played, err := o.Practice()
			if err != nil {
				return presentStartedMsg{number: number, err: err}
			}
			if source.config == nil {
				c = p
			}
			b.played = played
		}
		w, err := flow.New(c, flow.Options{Browser: b})
		if err != nil {
			return presentStartedMsg{number: number, err: err}
		}
		return presentStartedMsg{number: number, walk: w, own: !b.Played()}
	}
	return tea.Batch(begin, aside)
}

func (msg presentStartedMsg) apply(m *Model) tea.Cmd {
	l := &m.present.live
	if msg.number != l.number {
		if msg.walk != nil {
			_ = msg.walk.Close()
		}
		return nil
	}
	if msg.err != nil {
		l.fail("The live run could not start.", msg.err)
		m.present.refresh(m)
		return nil
	}
	l.walk, l.own = msg.walk, msg.own
	l.transcript = msg.walk.Transcript()
	m.present.refresh(m)
	return l.follow(m)
}

// follow carries the walk on to the step that the slide shows.
func (l *liveRun) follow(m *Model) tea.Cmd {
	s, _ := m.present.slide()
	if l.walk == nil || l.step != nil || s.Step == "" || !l.behind(s.Step) {
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	if !l.own {
		ctx, cancel = context.WithTimeout(context.Background(), patience)
	}
	l.step = cancel
	number, w, until := l.number, l.walk, s.Step
	return func() tea.Msg {
		defer cancel()
		for {
			p, more := w.Pending()
			if !more || stepOrder(p.Step) > stepOrder(until) {
				return presentWalkedMsg{number: number, transcript: w.Transcript()}
			}
			if err := w.Next(ctx); err != nil {
				return presentWalkedMsg{number: number, transcript: w.Transcript(), err: err}
			}
		}
	}
}

// behind says whether the walk has not come as far as the step.
func (l *liveRun) behind(id flow.StepID) bool {
	p, more := l.walk.Pending()
	return more && stepOrder(p.Step) <= stepOrder(id)
}

func stepOrder(id flow.StepID) int { return slices.Index(flow.AllStepIDs(), id) }

func (msg presentWalkedMsg) apply(m *Model) tea.Cmd {
	l := &m.present.live
	if msg.number != l.number {
		return nil
	}
	l.step = nil
	if msg.err != nil && l.walk == nil {
		return nil // it was ended
	}
	l.transcript = msg.transcript
	if msg.err != nil {
		l.fail("The live run failed.", msg.err)
	}
	m.present.refresh(m)
	return l.follow(m)
}

// fail has the recorded run take over.
func (l *liveRun) fail(what string, err error) {
	if l.walk != nil {
		_ = l.walk.Close()
	}
	l.walk, l.recorded = nil, true
	l.transcript = inspect.RecordedRun()
	l.note(0, what, err)
}

// note keeps what went wrong for the presenter. What happened to the run comes
// before what happened beside it.
func (l *liveRun) note(at int, what string, err error) {
	why := explainError(err)
	if errors.Is(err, context.DeadlineExceeded) {
		why = "It took longer than " + patience.String() + "."
	}
	if text := inspect.Clean(what + " " + why); !slices.Contains(l.trouble, text) {
		l.trouble = slices.Insert(l.trouble, at, text)
	}
}

func refused(what string) error { return &flow.Error{Kind: flow.KindRefused, What: what} }

// nextAside stages the first theft that was not staged yet, then the twins.
func (l *liveRun) nextAside(m *Model) tea.Cmd {
	l.aside = nil
	lab, practice, number := m.options.Lab, m.options.Practice, l.number
	for _, s := range m.present.talk.Scenes {
		ref := s.Play()
		if _, done := l.plays[ref]; ref.Scenario == "" || done {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
		l.aside = cancel
		return func() tea.Msg {
			defer cancel()
			if lab == nil {
				return presentPlayedMsg{number: number, ref: ref, err: refused("There are no experiments in this program.")}
			}
			read, err := lab.Play(ctx, ref, 0, func(string) {})
			return presentPlayedMsg{number: number, ref: ref, read: read, err: err}
		}
	}
	if l.twins != nil || !slices.ContainsFunc(m.present.talk.Scenes, func(s inspect.TalkScene) bool { return s.Show == inspect.SlideTwins }) {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
	l.aside = cancel
	return func() tea.Msg {
		defer cancel()
		if lab == nil || practice == nil {
			return presentTwinsMsg{number: number, err: refused("There are no experiments in this program.")}
		}
		read, err := runTwins(ctx, lab, practice)
		return presentTwinsMsg{number: number, read: read, err: err}
	}
}

// runTwins compares the methods at the practice tenant.
func runTwins(ctx context.Context, lab Lab, practice func() (flow.Config, flow.Browser, error)) (func(bool) inspect.Comparison, error) {
	c, b, err := practice()
	if err != nil {
		return nil, err
	}
	twins, err := lab.Compare(c, b, CompareOptions{Plain: true}, func() {})
	if err != nil {
		return nil, err
	}
	defer func() { _ = twins.Close() }()
	for {
		if _, more := twins.Pending(); !more {
			return twins.Read, nil
		}
		if err := twins.Next(ctx); err != nil {
			return nil, err
		}
	}
}

func (msg presentPlayedMsg) apply(m *Model) tea.Cmd {
	l := &m.present.live
	if msg.number != l.number {
		return nil
	}
	read := msg.read
	if msg.err != nil {
		l.note(len(l.trouble), "A theft could not be staged, so its recording is shown.", msg.err)
		read = func(reveal bool) inspect.Theatre {
			t, _ := inspect.RecordedPlay(msg.ref, inspect.Options{Reveal: reveal})
			return t
		}
	}
	l.plays[msg.ref] = read
	m.present.refresh(m)
	return l.nextAside(m)
}

func (msg presentTwinsMsg) apply(m *Model) tea.Cmd {
	l := &m.present.live
	if msg.number != l.number {
		return nil
	}
	l.twins = msg.read
	if msg.err != nil {
		l.note(len(l.trouble), "plain and S256 could not be run side by side, so their recording is shown.", msg.err)
		l.twins = func(reveal bool) inspect.Comparison { return inspect.RecordedTwins(inspect.Options{Reveal: reveal}) }
	}
	m.present.refresh(m)
	return l.nextAside(m)
}

// evidence is what the slides are read off.
func (l *liveRun) evidence(m *Model, hide, reveal bool) inspect.TalkSources {
	o := inspect.Options{Reveal: reveal, WithoutPKCE: hide}
	if l.source.transcript == nil && !l.recorded {
		o.Now = m.now()
	}
	e := inspect.TalkSources{Report: inspect.Read(l.transcript, o), Over: l.source.transcript != nil}
	if l.twins != nil {
		c := l.twins(reveal)
		e.Twins = &c
	}
	e.Play = func(ref inspect.PlayRef) (inspect.Theatre, bool) {
		read, ok := l.plays[ref]
		if !ok {
			return inspect.Theatre{}, false
		}
		return read(reveal), true
	}
	return e
}
