package tui

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
	"github.com/pkcescope/pkcescope/inspect/report"
)

// shownText is what y takes along: the selected value, or else all that the
// pane shows. It is masked where the screen is.
func (m *Model) shownText() (what, text string) {
	p := &m.panes[m.focus]
	if s, ok := p.subject(); ok && m.focus != paneSteps && !m.diagram && s.value != "" {
		return s.name, s.value
	}
	if p.doc == nil {
		return "", ""
	}
	var b strings.Builder
	for i := range p.doc.len() {
		b.WriteString(strings.TrimRight(p.doc.line(i).text(), " "))
		b.WriteByte('\n')
	}
	return p.title, b.String()
}

func (m *Model) whyNoCopy() string {
	if d := m.panes[m.focus].doc; d == nil || d.len() == 0 {
		return "There is nothing in this pane to copy."
	}
	return ""
}

// copyShown sends the text to the terminal's clipboard. The terminal does not
// say whether it took it, so neither do we.
func (m *Model) copyShown() tea.Cmd {
	what, text := m.shownText()
	masked := ""
	if strings.Contains(text, "●●●●") {
		masked = " Secrets in it are masked; x reveals them."
	}
	m.say(toneGood, fmt.Sprintf("Sent to the clipboard: %s.%s If it did not arrive, Y writes a file.", what, masked))
	return tea.SetClipboard(text)
}

func (m *Model) askCopyFile() tea.Cmd {
	what, text := m.shownText()
	f := &form{
		title: "Write to a file", action: "write",
		intro:  what + ", " + size(len(text)) + ".",
		fields: []*field{textField("file", "File", fileName(what)+".txt", "A file that exists already is left alone.")},
		check:  wantFile,
		submit: func(m *Model, f *form) tea.Cmd {
			m.shut()
			return writeFile(what, m.path(expandHome(f.get("file"))), func(w io.Writer) error {
				_, err := io.WriteString(w, text)
				return err
			})
		},
	}
	m.open(f.start())
	return nil
}

func wantFile(_ *form, id, value string) string {
	return choose(id == "file" && value == "", "Which file?", "")
}

// fileName makes a file name of what a thing is called.
func fileName(what string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, what)
}

func size(n int) string {
	switch {
	case n < 10_000:
		return fmt.Sprintf("%d octets", n)
	case n < 10_000_000:
		return fmt.Sprintf("%d kB", n/1000)
	}
	return fmt.Sprintf("%d MB", n/1_000_000)
}

func (m *Model) whyNoSave() string {
	if m.visit.reading.number == 0 {
		return "There is nothing to save yet."
	}
	return ""
}

// askSave asks where the transcript goes, and whether with its secrets.
func (m *Model) askSave() tea.Cmd {
	t := m.visit.reading.transcript
	name := "pkcescope-" + t.Made.Format("2006-01-02-1504") + ".json"
	f := &form{
		title: "Save the transcript", action: "save",
		fields: []*field{
			textField("file", "File", name, "A file that exists already is left alone."),
			choiceField("secrets", "Secrets", "", "", option{"", "masked"}, option{"yes", "in clear"}),
		},
		check: wantFile,
		note: func(f *form) string {
			if f.get("secrets") == "" {
				return "Secrets become a length and a fingerprint, by which you can compare two of your files; nobody can get back to the secret. " +
					"Names and claims of the signed-in account are kept."
			}
			if notice := inspect.RevealNotice(t); notice != "" {
				return notice
			}
			return "There is no secret in it that could be shown."
		},
	}
	f.submit = func(m *Model, f *form) tea.Cmd {
		m.shut()
		reveal := f.get("secrets") != ""
		what := choose(reveal, "Transcript with all secrets", "Transcript, secrets masked,")
		return writeFile(what, m.path(expandHome(f.get("file"))), func(w io.Writer) error {
			data, err := inspect.Read(t, inspect.Options{Reveal: reveal}).JSON()
			if err == nil {
				_, err = w.Write(data)
			}
			return err
		})
	}
	m.open(f.start())
	return nil
}

// askReport asks where the report goes. The file's name says which form it has.
func (m *Model) askReport() tea.Cmd {
	t := m.visit.reading.transcript
	f := &form{
		title: "Save a report", action: "save",
		intro: "One file for people who do not have this program: the flow as a picture, each step with its messages, what they mean, " +
			"the findings, and for a failed run the diagnosis and a ticket.",
		fields: []*field{textField("file", "File", "pkcescope-"+t.Made.Format("2006-01-02-1504")+".html",
			"A page if it ends in .html, Markdown if in .md. A file that exists already is left alone.")},
		check: func(f *form, id, value string) string {
			if why := wantFile(f, id, value); why != "" {
				return why
			}
			return choose(reportForm(value) == nil, "Which form? End it in .html or .md.", "")
		},
		note: func(*form) string {
			return "Secrets are masked, whatever the screen shows. Names and claims of the signed-in account are kept."
		},
		submit: func(m *Model, f *form) tea.Cmd {
			m.shut()
			file := f.get("file")
			return writeFile("Report, secrets masked,", m.path(expandHome(file)), func(w io.Writer) error {
				return reportForm(file)(w, t)
			})
		},
	}
	m.open(f.start())
	return nil
}

// reportForm is the form of a report that a file's name asks for.
func reportForm(file string) func(io.Writer, flow.Transcript) error {
	switch strings.ToLower(filepath.Ext(file)) {
	case ".html", ".htm":
		return report.HTML
	case ".md", ".markdown":
		return report.Markdown
	}
	return nil
}
