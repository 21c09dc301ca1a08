package tui

import (
	"fmt"
	"strings"
	"time"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// requestContent is the request of the shown exchange.
func (m *Model) requestContent(w, h int) content {
	e, ok := m.exchange()
	if !ok {
		return content{title: "Request", doc: &doc{}}
	}
	v := m.fitView(paneRequest, &e.Request)
	c := m.messageContent(&e.Request, v, w, h)
	c.title = "Request"
	c.note = viewNames[v]
	s, _ := m.step()
	switch {
	case len(s.Exchanges) > 1:
		c.note = fmt.Sprintf("[%d of %d] · %s", m.visit.exchange+1, len(s.Exchanges), c.note)
	case e.Pending && m.isRunning():
		c.note = "being sent · " + c.note
	case e.Pending:
		c.note = "will be sent · " + c.note
	}
	return c
}

// responseContent is the response of the shown exchange.
func (m *Model) responseContent(w, h int) content {
	e, ok := m.exchange()
	c := content{title: "Response", doc: &doc{}}
	switch {
	case !ok:
	case e.Response != nil:
		v := m.fitView(paneResponse, e.Response)
		c = m.messageContent(e.Response, v, w, h)
		c.title = "Response"
		c.note = viewNames[v]
		if e.Duration > 0 {
			c.note = roundTime(e.Duration) + " · " + c.note
		}
		if e.Error != nil {
			c.doc.lines = append(append(errorLines(e.Error), line{}), c.doc.lines...)
		}
	case e.Error != nil:
		// Why, and what to try, is said by the findings.
		c.doc.lines = errorLines(&flow.Error{Kind: e.Error.Kind, What: e.Error.What})
	case e.Pending && m.isRunning():
		c.doc.lines = []line{prose(toneFaint, 0, "On its way…")}
	case e.Pending && !m.live():
		c.doc.lines = []line{prose(toneFaint, 0, "Not sent in this run.")}
	case e.Pending:
		c.doc.lines = []line{prose(toneFaint, 0, "Nothing yet: enter sends the request.")}
	default:
		c.doc.lines = []line{prose(toneFaint, 0, "None was seen.")}
	}
	return c
}

func roundTime(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	case d < time.Second:
		return d.Round(100 * time.Microsecond).String()
	}
	return d.Round(10 * time.Millisecond).String()
}

// valuesContent is what a step that sends nothing makes.
func (m *Model) valuesContent(w, h int) content {
	s, _ := m.step()
	c := content{title: "Values", doc: &doc{}}
	switch {
	case m.atPending() && m.visit.reading.pending.Waiting:
		c.title = "Answer"
	case !done(s.Status):
		c.note = "will be made"
	}
	m.rows(&c, s.Values, w, h)
	if len(c.subjects) == 0 {
		text := "This step sends nothing, and has made nothing yet."
		switch {
		case s.Instead:
			text = "This step is offered in place of others, and the walk goes on without it. b takes it, and shows the request before it is sent."
			c.note = ""
		case s.Status == flow.StatusUnseen:
			text = "This step is not in the capture."
		case m.canTake(s):
			text = "This step is optional, and was passed over. b takes it, and shows the request before it is sent."
		case done(s.Status):
			text = "This step sent nothing."
		case m.atPending() && m.isRunning():
			text = "Working…"
		case m.atPending() && m.visit.reading.pending.Waiting:
			text = "Nothing has arrived yet. Enter waits for the browser."
		}
		c.doc.lines = append(c.doc.lines, prose(toneFaint, 0, text))
	}
	return c
}

// messageContent shows a message in one view.
func (m *Model) messageContent(msg *inspect.Message, v view, w, h int) content {
	d := &doc{}
	c := content{doc: d}
	switch v {
	case viewRaw:
		d.raw, d.rawTone = msg.Raw, toneText
		return c
	case viewBody:
		d.raw, d.rawTone = msg.Pretty, toneText
		return c
	case viewHeaders:
		d.lines = append(d.lines, startLine(msg), line{})
		m.rows(&c, msg.Headers, w, h-2)
		return c
	default:
	}
	d.lines = append(d.lines, startLine(msg))
	if msg.Note != "" {
		d.lines = append(d.lines, prose(toneWarn, 0, msg.Note))
	}
	d.lines = append(d.lines, line{})
	m.rows(&c, msg.Rows, w, h-len(d.lines))
	if len(msg.Rows) == 0 {
		d.raw, d.rawTone = msg.Pretty, toneText
		if len(msg.Pretty) == 0 {
			d.lines = append(d.lines, prose(toneFaint, 0, "No parameters and no body."))
		}
	}
	return c
}

// startLine is the request or status line without its parameters, which stand
// below it.
func startLine(msg *inspect.Message) line {
	if msg.URL == "" {
		return plain(toneStrong, msg.Line)
	}
	method, _, _ := strings.Cut(msg.Line, " ")
	url := msg.URL
	if i := strings.IndexAny(url, "?#"); i >= 0 && len(msg.Rows) > 0 {
		url = url[:i]
	}
	return line{spans: []span{{method + " ", toneStrong}, {url, toneLink}}, hang: len(method) + 1, most: 3}
}

// rows appends named values. Where there is room for it, each is followed by
// what it is.
func (m *Model) rows(c *content, rows []inspect.Row, w, h int) {
	name, shown := 0, make([]inspect.Row, 0, len(rows))
	for _, r := range rows {
		if m.hide && r.PKCE {
			continue
		}
		shown = append(shown, r)
		name = max(name, m.ruler.StringWidth(r.Name))
	}
	name = nameWidth(name, w)
	lines := make([][]line, len(shown))
	height, noted := 0, 0
	for i, r := range shown {
		lines[i] = m.row(r, name, i+1)
		n := (&doc{lines: lines[i], ruler: m.ruler, width: w}).count()
		height += n
		if what := r.What; what != "" {
			noted += (&doc{lines: []line{prose(toneFaint, 2, what)}, ruler: m.ruler, width: w}).count()
		}
	}
	annotate := w >= 40 && height+noted+len(shown)-1 <= h
	for i, r := range shown {
		c.subjects = append(c.subjects, rowSubject(r))
		if annotate && r.What != "" {
			l := prose(toneFaint, 4, r.What)
			l.item = i + 1
			lines[i] = append(lines[i], l)
		}
		if annotate && i > 0 {
			c.doc.lines = append(c.doc.lines, line{})
		}
		c.doc.lines = append(c.doc.lines, lines[i]...)
	}
	c.doc.items = len(c.subjects)
	if m.hide && len(shown) < len(rows) {
		c.doc.lines = append(c.doc.lines, line{}, prose(toneFaint, 2, fmt.Sprintf("%d hidden: p shows what PKCE adds.", len(rows)-len(shown))))
	}
}

// nameWidth is how wide the column of names is: a long name must not push all
// values to the right.
func nameWidth(widest, w int) int {
	switch most := max(w*2/5, min(w/2, 22)); {
	case widest <= most:
		return widest
	case w < 70:
		return 2 // each name in a row of its own, its value below it
	default:
		return min(most, 22)
	}
}

// count is the number of rows that the lines take.
func (d *doc) count() int {
	n := 0
	for i := range d.lines {
		n += d.countRows(i)
	}
	return n
}

// row is one named value: a mark, the name, the value. A name that is wider
// than its column has a row of its own, because half a name helps nobody.
func (m *Model) row(r inspect.Row, width, item int) []line {
	mark, markTone, nameTone, valueTone := "  ", toneText, toneName, toneText
	if r.PKCE {
		mark, markTone, nameTone = "+ ", tonePKCE, tonePKCE
	}
	if r.Edited {
		mark, markTone = "~ ", toneWarn
	}
	if r.Problem != "" {
		mark, markTone, valueTone = "! ", toneBad, toneBad
	}
	if r.Secret && !m.visit.reveal {
		valueTone = toneFaint
	}
	value := r.Value
	if value == "" {
		value, valueTone = "(empty)", toneFaint
	}
	most := 4
	if !r.Secret && strings.ContainsRune(value, ' ') {
		most = 12 // a sentence, which is there to be read
	}
	lines := m.named(span{mark, markTone}, span{r.Name, nameTone}, width, most, span{value, valueTone})
	if r.Problem != "" {
		lines = append(lines, prose(toneBad, 4, r.Problem))
	}
	for i := range lines {
		lines[i].item = item
	}
	return lines
}

// named is a name in a column of its own and what belongs to it, in at most so
// many rows.
func (m *Model) named(mark, name span, width, most int, value ...span) []line {
	l := line{hang: 2 + width + 2, most: most, prose: true}
	var lines []line
	if m.ruler.StringWidth(name.text) > width {
		lines = append(lines, line{spans: []span{mark, name}, hang: 2})
		l.spans = []span{{blanks[:min(l.hang, len(blanks))], toneText}}
	} else {
		l.spans = []span{mark, {fill(m, name.text, width), name.tone}, {"  ", toneText}}
	}
	l.spans = append(l.spans, value...)
	return append(lines, l)
}

func rowSubject(r inspect.Row) subject {
	return subject{
		name: r.Name, value: r.Value, what: r.What, who: r.Who, without: r.Without,
		source: r.Source.Text, link: r.Source.URL, problem: r.Problem, secret: r.Secret, pkce: r.PKCE,
	}
}

// message is the message that a pane shows, nil for none.
func (m *Model) message(p pane) *inspect.Message {
	e, ok := m.exchange()
	switch {
	case !ok || m.tokens:
		return nil
	case p == paneResponse:
		return e.Response
	}
	return &e.Request
}

// hasView says whether there is anything to show in a view.
func hasView(msg *inspect.Message, v view) bool {
	switch v {
	case viewHeaders:
		return len(msg.Headers) > 0
	case viewBody:
		return len(msg.Pretty) > 0 && len(msg.Rows) > 0
	case viewRaw:
		return len(msg.Raw) > 0
	default:
		return true
	}
}

// fitView is the pane's view, or the first where the message has none such.
func (m *Model) fitView(p pane, msg *inspect.Message) view {
	if hasView(msg, m.views[p]) {
		return m.views[p]
	}
	return viewRows
}

// errorLines is an error in words: what happened, why, what to try.
func errorLines(e *flow.Error) []line {
	head := "Failed"
	switch e.Kind {
	case flow.KindTransport:
		head = "No usable answer"
	case flow.KindServer:
		head = "The server said no"
	case flow.KindRefused:
		head = "Refused by this program"
	case flow.KindBug:
		head = "A fault in this program"
	}
	lines := []line{{spans: []span{{"✗ ", toneBad}, {head, toneBad}}}, prose(toneStrong, 2, e.What)}
	if e.Why != "" {
		lines = append(lines, prose(toneText, 2, e.Why))
	}
	if e.Try != "" {
		lines = append(lines, tryLine(e.Try))
	}
	return lines
}

func tryLine(text string) line {
	return line{spans: []span{{"  ", toneText}, {"Try: ", toneGood}, {text, toneText}}, hang: 2, prose: true}
}
