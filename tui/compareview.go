package tui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// compareColumn is the width of the narrowest column.
const compareColumn = 17

// compareNames is the width of the names, marks included: in a wide window most
// of the names of metadata fit.
func (m *Model) compareNames() int { return choose(m.w >= besideWidth, 30, 24) }

// syncCompare makes the pane anew if anything changed.
func (m *Model) syncCompare() {
	s := &m.compare
	key := compareKey{s.number, s.reads, s.tab, s.group, s.page, m.w, m.h, s.cancel != nil, s.onFlows, s.flows != nil}
	if key == s.shown || m.w < leastWidth || m.h < leastHeight {
		return
	}
	keep := key.tab == s.shown.tab && key.group == s.shown.group && key.page == s.shown.page && key.number == s.shown.number && key.onFlows == s.shown.onFlows
	s.shown = key
	body := rect{0, 1, m.w, m.h - 2}
	s.panes[0].set(m, body, m.compareContent(body.w-4), keep)
}

func (m *Model) compareRows(p *painter) []string {
	s := &m.compare
	var names []string
	for _, r := range s.read.Runs {
		if r.Group() == m.compareGroups()[0] {
			names = append(names, r.Method)
		}
	}
	who := choose(s.config.Practice, "practice tenant", inspect.Clean(strings.TrimPrefix(s.config.Issuer, "https://")))
	head := "compare · " + who + " · one difference"
	tags := []span{{strings.Join(names, " │ "), toneHere}}
	if s.onFlows {
		head, tags = "compare · other flows at the practice tenant", nil
	}
	if s.reveal {
		tags = append(tags, span{"secrets shown", toneWarn})
	}
	if s.cancel != nil {
		tags = append(tags, span{"running…", toneHere})
	}
	return m.labRows(p, head, tags, []*labPane{&s.panes[0]}, 0)
}

// comparePages are the columns of the group, as many on a page as fit.
func (m *Model) comparePages() [][]int {
	groups := m.compareGroups()
	group := groups[min(m.compare.group, len(groups)-1)]
	var all []int
	for i, r := range m.compare.read.Runs {
		if r.Group() == group {
			all = append(all, i)
		}
	}
	fit := max((m.w-4-m.compareNames())/compareColumn, 1)
	var pages [][]int
	for chunk := range slices.Chunk(all, fit) {
		pages = append(pages, chunk)
	}
	if len(pages) == 0 {
		return [][]int{nil}
	}
	return pages
}

func (m *Model) compareContent(w int) content {
	s := &m.compare
	if s.onFlows {
		return m.flowsContent(w)
	}
	steps := m.compareSteps()
	d := &doc{}
	pages := m.comparePages()
	columns := pages[min(s.page, len(pages)-1)]
	groups := m.compareGroups()
	c := content{title: "Result", note: groups[min(s.group, len(groups)-1)], doc: d}
	if len(pages) > 1 {
		c.note += fmt.Sprintf(" %d/%d", s.page+1, len(pages))
	}
	// The way through the steps, with the one that is shown.
	var way []span
	for i, st := range steps {
		way = append(way, span{choose(i == s.tab, "▸"+st.Title+" ", " "+st.Title+" "), choose(i == s.tab, toneHere, toneFaint)})
	}
	way = append(way, span{choose(s.tab == len(steps), "▸Result", " Result"), choose(s.tab == len(steps), toneHere, toneFaint)})
	d.lines = append(d.lines, line{spans: way, most: 1})
	if len(columns) == 0 {
		d.lines = append(d.lines, line{}, prose(toneFaint, 0, "Starting…"))
		return c
	}
	room := (w-m.compareNames())/len(columns) - 1
	if s.tab >= len(steps) {
		m.compareResult(d, w)
		return c
	}
	st := steps[s.tab]
	c.title = st.Title
	each := func(f func(i int) span) line {
		l := line{spans: []span{{strings.Repeat(" ", m.compareNames()), toneText}}, most: 1}
		for _, i := range columns {
			x := f(i)
			l.spans = append(l.spans, span{fill(m, x.text, room) + " ", x.tone})
		}
		return l
	}
	d.lines = append(d.lines, line{},
		each(func(i int) span { return span{s.read.Runs[i].Method, toneTitle} }))
	if slices.ContainsFunc(columns, func(i int) bool { return len(s.read.Runs[i].Method) > room }) {
		// A name that is too long goes on below.
		d.lines[len(d.lines)-1] = each(func(i int) span { head, _ := splitName(s.read.Runs[i].Method, room); return span{head, toneTitle} })
		d.lines = append(d.lines, each(func(i int) span { _, rest := splitName(s.read.Runs[i].Method, room); return span{rest, toneTitle} }))
	}
	d.lines = append(d.lines, each(func(i int) span { return statusSpan(st.Statuses[i]) }))
	heads := len(d.lines)
	for _, row := range st.Sent {
		d.lines = append(d.lines, m.compareLines(row, columns, room)...)
	}
	if slices.ContainsFunc(st.Answers, func(r inspect.ComparedRow) bool { return !r.Empty(columns...) }) {
		d.lines = append(d.lines, line{}, plain(toneTitle, "  the server's answer"))
	}
	for _, row := range st.Answers {
		d.lines = append(d.lines, m.compareLines(row, columns, room)...)
	}
	if len(d.lines) == heads {
		d.lines = append(d.lines, line{}, prose(toneFaint, 0, "Not reached yet. enter carries out the next step in every run."),
			line{}, prose(toneText, 0, "Each column is a run of the same client, and one thing about it is different. A row in which the runs differ is marked ≠; what is only fresh, such as the state, is not. The last tab says what was accepted and refused, and what that says about the server."))
	}
	return c
}

// splitName breaks the name of a run before a hyphen, if it is too long for its
// column.
func splitName(name string, room int) (head, rest string) {
	if len(name) <= room {
		return name, ""
	}
	if i := strings.LastIndex(name[:max(room, 0)+1], "-"); i > 0 {
		return name[:i], name[i:]
	}
	return name, ""
}

func statusSpan(s flow.Status) span {
	switch s {
	case flow.StatusOK:
		return span{"✓ done", toneGood}
	case flow.StatusFailed:
		return span{"✗ refused", toneBad}
	case flow.StatusSkipped:
		return span{"– nothing to do", toneFaint}
	case flow.StatusCancelled:
		return span{"cancelled", toneWarn}
	case flow.StatusUnseen:
		return span{"· not seen", toneFaint}
	case flow.StatusPending:
	}
	return span{"·", toneFaint}
}

// compareLines lays a row side by side. What differs has a sign before its name
// and marks under its characters.
func (m *Model) compareLines(row inspect.ComparedRow, columns []int, room int) []line {
	if row.Empty(columns...) {
		return nil
	}
	differs := row.Differs(columns...)
	name := row.Name
	sign, tone := "  ", toneFaint
	switch {
	case differs:
		sign, tone = "≠ ", toneStrong
	case row.Fresh():
		name += " (fresh)"
	default:
		for _, i := range columns {
			if !row.Cells[i].Absent {
				return []line{{spans: []span{{sign + fill(m, name, m.compareNames()-3) + " ", tone}, {row.Cells[i].String(), toneFaint}}, hang: m.compareNames(), most: 2}}
			}
		}
	}
	if row.PKCE && differs {
		tone = tonePKCE
	}
	cells := make([][]inspect.CellLine, len(columns))
	height := 1
	for k, i := range columns {
		cells[k] = row.Cells[i].Lines(room, differs)
		height = max(height, len(cells[k]))
	}
	var lines []line
	for n := range height {
		l := line{spans: []span{{sign + fill(m, name, m.compareNames()-3) + " ", tone}}, most: 1}
		sign, name = "  ", ""
		for k, i := range columns {
			text, t := "", toneText
			if n < len(cells[k]) {
				text = cells[k][n].Text
				switch cells[k][n].Kind {
				case inspect.CellMarks:
					t = toneWarn
				case inspect.CellNote:
					t = tonePKCE
				case inspect.CellValue:
					t = choose(row.Cells[i].Fresh && !differs, toneFaint, toneText)
				}
			}
			l.spans = append(l.spans, span{fill(m, text, room) + " ", t})
		}
		lines = append(lines, l)
	}
	return lines
}

// compareResult is the table at the end: what became of each run, and what that
// says about the server.
func (m *Model) compareResult(d *doc, w int) {
	s := &m.compare
	d.lines = append(d.lines, line{})
	for _, r := range s.read.Runs {
		mark := span{"·", toneFaint}
		switch r.Outcome {
		case flow.OutcomeOK:
			mark = span{"✓ accepted", toneText}
		case flow.OutcomeFailed:
			mark = span{"✗ refused ", toneText}
		case flow.OutcomeCancelled:
			mark = span{"cancelled", toneWarn}
		case flow.OutcomeUnfinished:
		}
		name := choose(w >= 70, 27, w/3)
		spans := []span{{fill(m, r.Method, name) + " ", toneName}, {fill(m, mark.text, 11) + " ", mark.tone}, {r.Means, toneText}}
		if r.Outcome == flow.OutcomeFailed && r.Means == "" {
			spans = append(spans, span{r.Answer, toneFaint})
		}
		d.lines = append(d.lines, line{spans: spans, hang: name + 13, prose: true})
	}
	d.lines = append(d.lines, line{}, heading("What this says about the server", ""))
	for _, t := range s.read.Traits {
		mark, tone := "?   ", toneFaint
		if t.Known != nil {
			mark, tone = choose(*t.Known, "yes ", "no  "), toneStrong
		}
		d.lines = append(d.lines, line{spans: []span{
			{mark, tone}, {fill(m, t.Name, min(29, w/3)) + " ", toneName}, {t.Text, toneText}, {"  ", toneText}, {unbroken(t.Clause.Text), toneLink},
		}, hang: min(29, w/3) + 5, prose: true})
	}
	for _, f := range s.read.Findings {
		tone := choose(f.Severity == inspect.SeverityError, toneBad, choose(f.Severity == inspect.SeverityWarning, toneWarn, toneFaint))
		d.lines = append(d.lines, line{}, prose(tone, 0, choose(f.Severity == inspect.SeverityInfo, "● ", "▲ ")+f.What), prose(toneText, 2, f.Why), line{spans: []span{{"  Try: ", toneGood}, {f.Try, toneText}}, hang: 2, prose: true})
	}
	x := s.read.Derivation
	left, right := x.Characters()
	d.lines = append(d.lines, line{}, heading("One verifier under both methods", "worked out here, never sent"),
		plain(toneFaint, "code_verifier         "+x.Verifier),
		plain(toneText, "challenge with plain  "+textOf(left)),
		plain(toneText, "challenge with S256   "+textOf(right)),
		plain(toneWarn, "                      "+marksOf(right)))
}

func textOf(chars []inspect.Character) string {
	var b strings.Builder
	for _, c := range chars {
		b.WriteString(c.Text)
	}
	return b.String()
}

func marksOf(chars []inspect.Character) string {
	var b strings.Builder
	for _, c := range chars {
		b.WriteString(choose(c.Marked, "^", " "))
	}
	return b.String()
}

// flowsContent is the flows side by side: what each needs and gives, what was
// seen, and where a widely read page says otherwise.
func (m *Model) flowsContent(w int) content {
	d := &doc{}
	c := content{title: "Flows", note: choose(m.compare.flows == nil, "", "each carried out just now"), doc: d}
	f := m.compare.flows
	if f == nil || len(f.Flows) == 0 {
		d.lines = append(d.lines, prose(toneFaint, 0, "Running the flows…"))
		return c
	}
	const names = 15
	room := (w-names)/len(f.Flows) - 2
	side := func(name string, tone tone, cell func(i int) string) {
		cells := make([]span, len(f.Flows))
		for i := range cells {
			cells[i] = span{cell(i), tone}
		}
		d.lines = append(d.lines, m.sideBySide(span{name, toneName}, names, cells, room)...)
	}
	side("", toneTitle, func(i int) string { return f.Flows[i].Name })
	side("", toneFaint, func(i int) string { return f.Flows[i].What })
	for _, row := range f.Rows {
		if m.h >= 40 {
			d.lines = append(d.lines, line{})
		}
		side(row.Name, toneText, func(i int) string { return row.Cells[i] })
	}
	d.lines = append(d.lines, line{}, heading("Seen in this run", ""))
	for _, x := range f.Flows {
		d.lines = append(d.lines, line{spans: []span{{fill(m, x.Name, 20) + " ", toneName}, {x.Seen(), toneText}}, hang: 21, prose: true})
	}
	d.lines = append(d.lines, line{}, heading("What a widely read page says otherwise", ""))
	for _, x := range f.Corrections {
		d.lines = append(d.lines, line{spans: []span{{"✗ ", toneBad}, {x.Flow + ": “" + x.Said + "”. ", toneFaint}, {x.Right, toneText}}, hang: 2, prose: true})
	}
	return c
}

// sideBySide lays cells into columns of room cells each, behind a name, and
// breaks each in its own column.
func (m *Model) sideBySide(name span, names int, cells []span, room int) []line {
	columns := make([]*doc, len(cells))
	height := 1
	for i, c := range cells {
		columns[i] = &doc{lines: []line{prose(c.tone, 0, c.text)}}
		columns[i].wrap(m.ruler, max(room, 1))
		height = max(height, columns[i].rows())
	}
	var lines []line
	for n := range height {
		l := line{spans: []span{{fill(m, name.text, names), name.tone}}, most: 1}
		name.text = ""
		for i, column := range columns {
			l.spans = append(l.spans, span{fill(m, column.rowText(n), room) + "  ", cells[i].tone})
		}
		lines = append(lines, l)
	}
	return lines
}

// rowText is a row of a doc as text, "" behind its end.
func (d *doc) rowText(row int) string {
	if row >= d.rows() {
		return ""
	}
	i, sub := d.at(row)
	l := d.line(i)
	text := l.text()
	from, to := d.extent(i, sub, l, text)
	return strings.TrimRight(text[from:to], " ")
}
