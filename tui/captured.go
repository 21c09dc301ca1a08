package tui

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/capture"
	"github.com/pkcescope/pkcescope/inspect"
)

// What another program recorded: opened from a file or pasted, its flows listed
// where there are several.

// flowList is the screen of the flows that were found together.
type flowList struct {
	course
	found capture.Found
	rows  []inspect.CapturedFlow
	file  string
	state int
}

// fileRead is a file that is being read.
type fileRead struct {
	read, of atomic.Int64
	cancel   context.CancelFunc
}

type (
	// foundMsg brings what was found in a file.
	foundMsg struct {
		opening *fileRead
		found   capture.Found
		file    string
		err     error
	}
	// readingMsg says that a file is still being read.
	readingMsg struct{ opening *fileRead }
)

// How long reading may take before anything is said about it, and how often it
// is said from then on.
const (
	quietly  = 300 * time.Millisecond
	sayEvery = 200 * time.Millisecond
)

// openFile reads a file, whatever it is. It goes on in the background; esc ends
// it.
func (m *Model) openFile(path string) tea.Cmd {
	m.stopOpening()
	ctx, cancel := context.WithCancel(context.Background())
	o := &fileRead{cancel: cancel}
	m.opening = o
	read := func() tea.Msg {
		defer cancel()
		msg := foundMsg{opening: o, file: path}
		f, err := os.Open(path)
		if err != nil {
			msg.err = noFile(path, err)
			return msg
		}
		defer func() { _ = f.Close() }()
		s := capture.Source{Name: filepath.Base(path), Data: f}
		if info, err := f.Stat(); err == nil {
			s.Size = info.Size()
		}
		msg.found, msg.err = capture.Read(ctx, []capture.Source{s}, capture.Options{Progress: func(read, of int64) {
			o.read.Store(read)
			o.of.Store(of)
		}})
		return msg
	}
	return tea.Batch(read, tea.Tick(quietly, func(time.Time) tea.Msg { return readingMsg{o} }))
}

// noFile says in a sentence why a file could not be opened.
func noFile(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e := &flow.Error{Kind: flow.KindRefused, What: "There is no file " + path + ".", Try: "Check the path."}
		if dir, err := os.Getwd(); err == nil && !filepath.IsAbs(path) {
			e.Try = "Check the path. It begins in the directory where the program was started, " + dir + "."
		}
		return e
	case errors.Is(err, fs.ErrPermission):
		return &flow.Error{Kind: flow.KindRefused, What: "The file " + path + " may not be read.", Try: "Look at who owns it, and what its mode is."}
	}
	return err
}

// droppedFile is the path in text, if that is all there is: what a terminal
// types when a file is dropped on it, in quotes or with its blanks escaped.
func droppedFile(text string) (string, bool) {
	text = strings.TrimSpace(text)
	if text == "" || len(text) > 4096 || strings.ContainsAny(text, "\n\r") {
		return "", false
	}
	for _, path := range []string{
		text, strings.Trim(text, `'`), strings.Trim(text, `"`), strings.ReplaceAll(text, `\ `, " "), strings.TrimPrefix(text, "file://"),
	} {
		path = expandHome(path)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, true
		}
	}
	return "", false
}

// stopOpening ends the reading of a file, and says whether there was one.
func (m *Model) stopOpening() bool {
	if m.opening == nil {
		return false
	}
	m.opening.cancel()
	m.opening = nil
	return true
}

func (msg readingMsg) apply(m *Model) tea.Cmd {
	if msg.opening != m.opening {
		return nil
	}
	m.say(toneHere, inspect.ReadingText(msg.opening.read.Load(), msg.opening.of.Load())+"  esc stops")
	return tea.Tick(sayEvery, func(time.Time) tea.Msg { return msg })
}

func (msg foundMsg) apply(m *Model) tea.Cmd {
	if msg.opening != m.opening {
		return nil // it was stopped
	}
	m.opening = nil
	m.notice = notice{}
	if msg.err != nil {
		m.open(newMessage("This file cannot be shown", msg.err))
		return nil
	}
	return m.showFound(msg.found, msg.file)
}

// showFound shows what was found: the flow, if there is one, or the list.
func (m *Model) showFound(found capture.Found, file string) tea.Cmd {
	switch len(found.Flows) {
	case 0:
		m.open(newMessage("No flow in it", inspect.NothingFound(found)))
		return nil
	case 1:
		return m.onOpened(openedMsg{transcript: found.Flows[0], file: file})
	}
	l := &m.flows
	l.found, l.file, l.rows = found, file, inspect.CapturedFlows(found.Flows)
	l.at = found.Best()
	l.state++
	l.back = screenHome
	m.dialogs = nil
	m.screen = screenFlows
	return nil
}

// openPasted opens what was pasted on the home screen, if it is part of a flow. An
// error by itself is for the diagnosis, which reads it in any shape.
func (m *Model) openPasted(text string) (tea.Cmd, bool) {
	found, err := capture.Read(context.Background(), []capture.Source{{Name: "pasted", Data: strings.NewReader(text)}}, capture.Options{})
	if err != nil || len(found.Flows) == 0 {
		return nil, false
	}
	if len(found.Flows) == 1 {
		t := found.Flows[0]
		if c := t.Capture; c != nil && c.Kind == flow.KindPiece && t.Outcome == flow.OutcomeFailed || c == nil {
			return nil, false
		}
	}
	return m.showFound(found, "what was pasted"), true
}

// chooseFlow opens the selected flow.
func (m *Model) chooseFlow() tea.Cmd {
	l := &m.flows
	cmd := m.onOpened(openedMsg{transcript: l.found.Flows[l.at], file: fmt.Sprintf("%s, flow %d", l.file, l.at+1)})
	m.visit.back = screenFlows
	return cmd
}

func (m *Model) syncFlows() {
	l := &m.flows
	var rows []courseEntry
	for _, r := range l.rows {
		rows = append(rows, courseEntry{
			number: r.Number, title: r.Kind + clockOf(r.Began), done: r.Outcome == flow.OutcomeOK, failed: r.Outcome == flow.OutcomeFailed,
		})
	}
	if l.sync(m, l.state, "Flows", rows, m.flowContent) {
		l.panes[0].note = fmt.Sprintf("%d found", len(rows))
	}
}

func clockOf(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return "  " + at.UTC().Format("15:04:05")
}

// outcomeTone is how an outcome looks.
func outcomeTone(o flow.Outcome) tone {
	switch o {
	case flow.OutcomeOK:
		return toneGood
	case flow.OutcomeFailed:
		return toneBad
	default:
		return toneWarn
	}
}

// flowContent is what is known of the selected flow.
func (m *Model) flowContent() content {
	l := &m.flows
	r := l.rows[l.at]
	d := &doc{}
	d.lines = append(d.lines, prose(outcomeTone(r.Outcome), 0, r.Summary), line{})
	add := func(name, value string) {
		if value != "" {
			d.lines = append(d.lines, line{spans: []span{{fmt.Sprintf("%-13s", name), toneKey}, {value, toneText}}, hang: 13, prose: true})
		}
	}
	add("client", r.Client)
	add("provider", r.Provider)
	add("redirect URI", r.Redirect)
	if !r.Began.IsZero() {
		add("began", r.Began.UTC().Format("2006-01-02 15:04:05 UTC"))
	}
	add("seen", stepNames(r.Seen))
	add("not seen", stepNames(r.Unseen))
	n, kept := l.found.Requests(), 0
	for _, s := range l.found.Flows[l.at].Steps {
		kept += len(s.Exchanges)
	}
	if n > 0 {
		d.lines = append(d.lines, line{}, prose(toneFaint, 0, fmt.Sprintf("%d of %d requests belong to this flow. Enter opens it; esc comes back to this list.", kept, n)))
	}
	return content{title: "Flow " + itoa(r.Number), note: r.Kind, doc: d}
}

func stepNames(ids []flow.StepID) string {
	var names []string
	for _, id := range ids {
		names = append(names, string(id))
	}
	return strings.Join(names, ", ")
}

func (m *Model) flowsRows(p *painter) []string {
	return m.labRows(p, "capture · "+inspect.Clean(m.flows.file), nil, m.flows.both(), 0)
}

func newFlowsCommands() []command {
	move := func(by int) func(*Model) tea.Cmd {
		return func(m *Model) tea.Cmd { m.flows.move(by, len(m.flows.rows)); return nil }
	}
	scroll := func(by int) func(*Model) tea.Cmd {
		return func(m *Model) tea.Cmd { return m.flows.scroll(by) }
	}
	return []command{
		{Binding: bind("enter", "enter", "open"), group: "Flows", foot: 1, long: "Open the selected flow.", do: (*Model).chooseFlow},
		{Binding: bind("down j tab", "↑↓", "choose"), group: "Flows", foot: 2, long: "Choose another.", do: move(1)},
		{Binding: bind("up k shift+tab", "↑", "choose"), do: move(-1)},
		{Binding: bind("pgdown space", "pgup/pgdn", "scroll"), group: "Flows", long: "Scroll the text.", do: scroll(5)},
		{Binding: bind("pgup", "pgup", "scroll"), do: scroll(-5)},
		{Binding: bind("home g", "g/G", "ends"), group: "Flows", long: "To the first or the last.", do: move(-1 << 10)},
		{Binding: bind("end G", "G", "ends"), do: move(1 << 10)},
		{Binding: bind("esc", "esc", "home"), group: "Program", foot: 88, long: "Go to the home screen.", do: func(m *Model) tea.Cmd { m.screen = m.flows.back; return nil }},
	}
}

func (m *Model) flowsClick(x, y int) tea.Cmd {
	switch i := m.flows.click(x, y); {
	case i < 0:
		return nil
	case i == m.flows.at:
		return m.chooseFlow()
	default:
		m.flows.at = i
		return nil
	}
}
