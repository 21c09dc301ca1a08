package tui

import (
	"fmt"
	"io"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
	"github.com/pkcescope/pkcescope/inspect/export"
)

// askExport asks as what the run is written, all of it or the shown step, and
// where to.
func (m *Model) askExport() tea.Cmd {
	t, version := m.visit.reading.transcript, m.options.Version
	var forms []option
	for _, f := range export.Forms() {
		forms = append(forms, option{string(f), string(f)})
	}
	wholes := []option{{"", "the whole flow"}}
	if s, ok := m.step(); ok && len(s.Exchanges) > 0 {
		wholes = append(wholes, option{string(s.ID), "the step " + s.Title})
	}
	written := func(f *form) (export.Export, error) {
		return export.Of(t, flow.StepID(f.get("what")), export.Form(f.get("as")), version)
	}
	name := func(f *form) string {
		file, ending := f.get("file"), export.Form(f.get("as")).Ending()
		return choose(strings.HasSuffix(file, ending), file, file+ending)
	}
	as := choiceField("as", "As", "", "", forms...).oneAtATime()
	as.help = func(f *form) string { return export.Form(f.get("as")).What() + "." }
	m.open((&form{
		title: "Export", action: "write",
		intro: "A program that does what this run did, and makes itself what is fresh in each flow. No secret is in it: it reads them from the environment; an archive has them masked.",
		fields: []*field{
			as,
			choiceField("what", "What", "", "", wholes...),
			textField("file", "File", "pkcescope-"+t.Made.Format("2006-01-02-1504"), "The form's ending is put behind it. A file that exists already is left alone."),
		},
		check: func(f *form, id, value string) string {
			if id != "as" {
				return wantFile(f, id, value)
			}
			if _, err := written(f); err != nil {
				return inspect.Clean(explainError(err))
			}
			return ""
		},
		note: func(f *form) string { return "It is written to " + name(f) + "." },
		submit: func(m *Model, f *form) tea.Cmd {
			m.shut()
			e, err := written(f)
			if err != nil {
				m.open(newMessage("It cannot be exported", err))
				return nil
			}
			what := "Export as " + f.get("as")
			if len(e.Environment) > 0 {
				var names []string
				for _, v := range e.Environment {
					names = append(names, v.Name)
				}
				what += fmt.Sprintf(" (set %s before it runs)", strings.Join(names, ", "))
			}
			return writeFile(what, m.path(expandHome(name(f))), func(w io.Writer) error {
				_, err := w.Write(e.Text)
				return err
			})
		},
	}).start())
	return nil
}
