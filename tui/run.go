package tui

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// Run shows the program on the terminal until the person leaves it or ctx is
// done. Whatever the walk had open is closed when it returns, and the terminal
// is as it was. The error is [context.Canceled] when Ctrl-C ended the program
// while a step was under way, or the terminal is gone.
func Run(ctx context.Context, o Options) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	keys, err := openKeyboard(func() { cancel(errGone) })
	if err != nil {
		return err
	}
	// Bubble Tea must not listen for signals as well: with two listeners its
	// shutdown can wait forever (v2.0.9). The caller's ctx ends on a signal.
	//
	// The renderer draws on its own clock; at 120 frames a second half as much
	// time is lost waiting for it, and an idle program draws nothing anyway.
	p := tea.NewProgram(New(o), tea.WithContext(ctx), tea.WithInput(keys), tea.WithoutSignalHandler(), tea.WithFPS(120))
	last, err := p.Run()
	if m, ok := last.(Model); ok {
		m.close()
	}
	if errors.Is(err, tea.ErrInterrupted) {
		return context.Canceled
	}
	if cause := context.Cause(ctx); errors.Is(cause, errGone) {
		return cause
	}
	if errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil {
		return nil // It ended because it was told to.
	}
	return err
}

// close ends whatever is open.
func (m Model) close() {
	m.visit.end()
	m.compare.end()
	m.checkup.end()
	m.theatre.end()
	m.labs.end()
	m.lessons.end()
	m.present.live.end()
}

// Walker is a walk, as far as the program uses one. [*flow.Walk] is one.
type Walker interface {
	Pending() (flow.Pending, bool)
	Edit(flow.Edit) error
	Revert(flow.StepID)
	Next(context.Context) error
	Run(context.Context) error
	Skip() error
	Rewind(flow.StepID) error
	Reconfigure(flow.Config, flow.StepID) error
	Paste(string) error
	Transcript() flow.Transcript
	Close() error
}

var _ Walker = (*flow.Walk)(nil)

// browsers passes the authorize URL to a browser that is played or to the
// person's own, as they choose. It is used by the walk while the person may be
// changing their mind.
type browsers struct {
	played, own flow.Browser
	useOwn      atomic.Bool
	failed      atomic.Pointer[error]
}

var errNoBrowser = errors.New("none can be opened from here")

// Open implements [flow.Browser]. That a person's own browser did not start is
// no reason to end the walk: the URL is on the screen, and any browser will do.
func (b *browsers) Open(ctx context.Context, url string, record func(flow.Exchange)) error {
	if b.Played() {
		return b.played.Open(ctx, url, record)
	}
	var err error
	if b.own == nil {
		err = errNoBrowser
	} else {
		err = b.own.Open(ctx, url, record)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	b.failed.Store(&err)
	return nil
}

// Played implements [flow.Browser].
func (b *browsers) Played() bool { return b.played != nil && !b.useOwn.Load() }

// problem is why the person's own browser did not open, or nil.
func (b *browsers) problem() error {
	if err := b.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// The messages of the commands below.
type (
	// configuredMsg asks for a walk with this configuration.
	configuredMsg struct{ config flow.Config }
	// startedMsg brings a walk that stands before its first step.
	startedMsg struct {
		number   int
		walk     Walker
		browsers *browsers
		config   flow.Config
		changed  chan struct{}
		ended    chan struct{}
		err      error
		lab      bool   // it is a walk of the lab that is open
		run      bool   // and is to be run to its end
		said     notice // stands in the foot when it is on the screen
	}
	// openedMsg brings a saved transcript.
	openedMsg struct {
		transcript flow.Transcript
		file       string
		err        error
	}
	// readMsg brings a reading of the walk.
	readMsg struct {
		visit   int
		reading reading
		news    bool // it answers a change, and the next one is to be awaited
	}
	// doneMsg says that what was asked of the walk is done.
	doneMsg struct {
		visit   int
		reading reading
		err     error
	}
	// pastedMsg says whether a pasted response was taken.
	pastedMsg struct {
		visit int
		err   error
	}
	// savedMsg says where a file was written.
	savedMsg struct {
		what, path string
		err        error
	}
	// saidMsg is a sentence for the foot.
	saidMsg notice
	tickMsg time.Time
)

// startPractice starts the practice tenant and a walk of it.
func (m *Model) startPractice() tea.Cmd {
	number, o := m.nextVisit(), m.options
	if o.Practice == nil {
		m.say(toneWarn, "There is no practice tenant in this program.")
		return nil
	}
	m.say(toneHere, "Starting the practice tenant…")
	return func() tea.Msg {
		c, b, err := o.Practice()
		if err != nil {
			return startedMsg{number: number, err: err}
		}
		return begin(number, c, &browsers{played: b, own: o.Browser})
	}
}

// withSecret is c with the secret of the environment, where c authenticates by
// one, or may, and has none of its own.
func (m *Model) withSecret(c flow.Config) flow.Config {
	if c.ClientSecret == "" && !c.Practice && (c.AuthMethod == "" || c.AuthMethod.NeedsSecret()) {
		c.ClientSecret = m.options.Secret
	}
	return c
}

// startWalk starts a walk of the person's own client. Where the configuration
// is that of the practice tenant, the practice tenant's browser is at hand.
func (m *Model) startWalk(c flow.Config) tea.Cmd {
	number := m.nextVisit()
	b := &browsers{own: m.options.Browser}
	if c.Practice && m.visit.browsers != nil {
		b.played = m.visit.browsers.played
		b.useOwn.Store(m.visit.browsers.useOwn.Load())
	}
	c = m.withSecret(c)
	practice := m.options.Practice
	return func() tea.Msg {
		if c.Practice && b.played == nil && practice != nil {
			// A walk that was asked for on the command line.
			if _, played, err := practice(); err == nil {
				b.played = played
			}
		}
		return begin(number, c, b)
	}
}

// saying starts a walk with a sentence in the foot.
func saying(start tea.Cmd, n notice) tea.Cmd {
	return func() tea.Msg {
		msg := start()
		if s, ok := msg.(startedMsg); ok {
			s.said = n
			return s
		}
		return msg
	}
}

// nextVisit ends what is on the screen; results of it are strangers from now on.
func (m *Model) nextVisit() int {
	m.visit.end()
	m.visit.cancel = nil
	m.visit.number++
	return m.visit.number
}

func begin(number int, c flow.Config, b *browsers) startedMsg {
	changed := make(chan struct{}, 1)
	w, err := flow.New(c, flow.Options{
		Browser: b, Offered: true,
		// One signal is enough for any number of changes, and the walk must
		// not be held up.
		Changed: func() {
			select {
			case changed <- struct{}{}:
			default:
			}
		},
	})
	if err != nil {
		return startedMsg{number: number, config: c, browsers: b, err: err}
	}
	return startedMsg{number: number, walk: w, browsers: b, config: c, changed: changed, ended: make(chan struct{})}
}

// end closes the walk. What is still running ends with it.
func (v *visit) end() {
	if v.cancel != nil {
		v.cancel()
	}
	if v.walk != nil {
		_ = v.walk.Close()
		close(v.ended)
	}
	v.walk = nil
}

// reader takes readings. Their numbers are given as they are taken, so that of
// two the later is known whichever message arrives first.
type reader struct {
	walk   Walker // nil for a file
	count  *atomic.Int64
	reveal bool
	hide   bool
	now    func() time.Time
}

func (m *Model) reader() reader {
	return reader{m.visit.walk, m.visit.count, m.visit.reveal, m.hide, m.now}
}

// read takes a reading of the walk, as of now.
func (r reader) read() reading {
	out := reading{number: r.count.Add(1), reveal: r.reveal, hide: r.hide}
	out.transcript = r.walk.Transcript()
	out.pending, out.more = r.walk.Pending()
	o := inspect.Options{Reveal: r.reveal, WithoutPKCE: r.hide, Now: r.now()}
	if out.more {
		out.report = inspect.ReadPending(out.transcript, out.pending, o)
	} else {
		out.report = inspect.Read(out.transcript, o)
	}
	return out
}

// readFile reads a saved transcript, as of the time when it was made.
func (r reader) readFile(t flow.Transcript) reading {
	return reading{
		number: r.count.Add(1), reveal: r.reveal, hide: r.hide,
		transcript: t, report: inspect.Read(t, inspect.Options{Reveal: r.reveal, WithoutPKCE: r.hide}),
	}
}

// reread is a command that takes a new reading, or nil while a file or a walk
// that was asked for is still being opened.
func (m *Model) reread() tea.Cmd {
	if m.visit.count == nil {
		return nil
	}
	visit, r, t := m.visit.number, m.reader(), m.visit.reading.transcript
	return func() tea.Msg {
		if r.walk == nil {
			return readMsg{visit: visit, reading: r.readFile(t)}
		}
		return readMsg{visit: visit, reading: r.read()}
	}
}

// awaitNews waits for the next change of the walk and reads it.
func (m *Model) awaitNews() tea.Cmd {
	visit, r, changed, ended := m.visit.number, m.reader(), m.visit.changed, m.visit.ended
	return func() tea.Msg {
		select {
		case <-changed:
			return readMsg{visit: visit, reading: r.read(), news: true}
		case <-ended:
			return nil
		}
	}
}

// work has the walk do something that may take long, and reads it afterwards.
func (m *Model) work(do func(context.Context, Walker) error) tea.Cmd {
	v := &m.visit
	if v.walk == nil || m.isRunning() {
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	v.cancel = cancel
	v.since = m.now()
	v.scrolled = 0
	v.running = v.reading.pending.Step
	v.follow = true
	visit, r := v.number, m.reader()
	return func() tea.Msg {
		err := do(ctx, r.walk)
		cancel()
		return doneMsg{visit: visit, reading: r.read(), err: err}
	}
}

// next carries out the pending step; or, if that is hidden, all hidden ones up
// to the next that is seen, which is shown before it is sent like any other.
func (m *Model) next() tea.Cmd {
	hidden := m.hiddenSteps()
	if !hidden[m.visit.reading.pending.Step] {
		return m.work(func(ctx context.Context, w Walker) error { return w.Next(ctx) })
	}
	return m.work(func(ctx context.Context, w Walker) error {
		for {
			if p, more := w.Pending(); !more || !hidden[p.Step] {
				return nil
			}
			if err := w.Next(ctx); err != nil {
				return err
			}
		}
	})
}

// runAll carries out all steps that are left.
func (m *Model) runAll() tea.Cmd {
	return m.work(func(ctx context.Context, w Walker) error { return w.Run(ctx) })
}

// rewind makes step the pending one again.
func (m *Model) rewind(step flow.StepID) tea.Cmd {
	return m.work(func(_ context.Context, w Walker) error { return w.Rewind(step) })
}

// runAgain starts over from the first step and carries out all of them.
func (m *Model) runAgain() tea.Cmd {
	if len(m.visit.reading.report.Steps) == 0 {
		return nil
	}
	first := m.visit.reading.report.Steps[0].ID
	return m.work(func(ctx context.Context, w Walker) error {
		if err := w.Rewind(first); err != nil {
			return err
		}
		return w.Run(ctx)
	})
}

// hiddenSteps are those that exist only because of PKCE, while it is hidden.
func (m *Model) hiddenSteps() map[flow.StepID]bool {
	hidden := map[flow.StepID]bool{}
	for _, s := range m.visit.reading.report.Steps {
		if m.hide && s.PKCE {
			hidden[s.ID] = true
		}
	}
	return hidden
}

// paste hands over an authorization response by hand.
func (m *Model) paste(text string) tea.Cmd {
	w, visit := m.visit.walk, m.visit.number
	if w == nil {
		return nil
	}
	return func() tea.Msg { return pastedMsg{visit, w.Paste(text)} }
}

// writeFile writes a file that only its owner can read. A file that is there
// already is not touched.
func writeFile(what, path string, write func(io.Writer) error) tea.Cmd {
	return func() tea.Msg {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return savedMsg{what: what, path: path, err: err}
		}
		err = write(f)
		return savedMsg{what: what, path: path, err: errors.Join(err, f.Close())}
	}
}

// tick asks for the next second while something on the screen counts it.
func (m *Model) tick() tea.Cmd {
	if m.ticking || !m.counting() {
		return nil
	}
	m.ticking = true
	return tea.Tick(time.Second, func(t time.Time) tea.Msg { return tickMsg(t) })
}

// counting says whether something on the screen changes with time alone.
func (m *Model) counting() bool {
	f := m.shown().counts
	return f != nil && f(m)
}

// walkCounts says whether a clock of the walk is in sight.
func (m *Model) walkCounts() bool {
	if m.waiting() {
		return true
	}
	if m.layout.panes[paneSteps].empty() && !m.tokens {
		return false
	}
	for _, c := range m.visit.reading.report.Clocks {
		if m.live() && c.Ends.After(m.now()) {
			return true
		}
	}
	return false
}

// explainError puts an error into words for the foot.
func explainError(err error) string {
	var fe *flow.Error
	if !errors.As(err, &fe) {
		return err.Error()
	}
	var parts []string
	for _, p := range []string{fe.What, fe.Why, fe.Try} {
		if p = strings.TrimSpace(p); p != "" {
			if !strings.HasSuffix(p, ".") && !strings.HasSuffix(p, "?") {
				p += "."
			}
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, " ")
}
