package tui

import (
	"strings"

	"github.com/pkcescope/pkcescope/inspect"
)

// microscopeChecks has every check with what was expected, where that is from,
// and what was found; of a changed token also what noticed the change.
func (m *Model) microscopeChecks() content {
	s := &m.micro
	d := &doc{}
	c := content{title: "Checks", doc: d, note: checkSummary(s.token.Checks)}
	before := map[string]inspect.Result{}
	for _, k := range s.whole.Checks {
		before[k.ID] = k.Result
	}
	if s.change != "" {
		var noticed []string
		for _, k := range s.token.Checks {
			if k.Result != inspect.Pass && k.Result != before[k.ID] {
				noticed = append(noticed, k.ID)
			}
		}
		d.lines = append(d.lines, line{spans: []span{{"Changed: ", toneWarn}, {s.change + ".", toneStrong}}, prose: true})
		if s.tampered > 0 {
			d.lines = append(d.lines, prose(toneText, 0, inspect.Tamperings()[s.tampered-1].Lesson()))
		}
		if len(noticed) > 0 {
			d.lines = append(d.lines, line{spans: []span{{"Noticed by: ", toneGood}, {strings.Join(noticed, ", "), toneStrong}}, prose: true})
		} else {
			d.lines = append(d.lines, prose(toneBad, 0, "No check that could be made noticed it."))
		}
		d.lines = append(d.lines, line{})
	}
	if len(s.token.Checks) == 0 {
		c.note = ""
		d.lines = append(d.lines, prose(toneFaint, 0, "There is nothing that could be checked here."))
	}
	for _, k := range s.token.Checks {
		mark, tone := "? ", toneWarn
		switch k.Result {
		case inspect.Pass:
			mark, tone = "✓ ", toneGood
		case inspect.Fail:
			mark, tone = "✗ ", toneBad
		case inspect.Unknown:
		}
		head := line{spans: []span{{mark, tone}, {k.ID, toneStrong}, {"  " + resultWord(k.Result), tone}}}
		if was, ok := before[k.ID]; ok && was != k.Result {
			head.spans = append(head.spans, span{"  ", toneText}, span{"before: " + resultWord(was), toneHit})
		}
		d.lines = append(d.lines, head)
		for _, row := range [][2]string{{"expected  ", k.Expected}, {"from      ", k.Provenance}, {"actual    ", k.Actual}} {
			if row[1] == "" || row[1] == "not known" {
				continue
			}
			d.lines = append(d.lines, line{spans: []span{{"  " + row[0], toneFaint}, {row[1], toneText}}, hang: 12, prose: true, most: 4})
		}
		d.lines = append(d.lines, prose(toneFaint, 2, k.Why))
	}
	return c
}

func resultWord(r inspect.Result) string {
	switch r {
	case inspect.Pass:
		return "passed"
	case inspect.Fail:
		return "failed"
	default:
		return "cannot tell"
	}
}
