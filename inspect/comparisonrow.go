package inspect

import (
	"net/url"
	"slices"
	"strings"

	"golang.org/x/oauth2"

	"github.com/pkcescope/pkcescope/flow"
)

// ComparedRow is a named value in all runs.
type ComparedRow struct {
	Name  string
	What  string
	PKCE  bool
	Cells []ComparedCell
}

// Differs says whether the row is a difference between those runs, all if none
// is named.
func (r ComparedRow) Differs(columns ...int) bool {
	first := ""
	for i, c := range r.Cells {
		if !c.counts || len(columns) > 0 && !slices.Contains(columns, i) {
			continue
		}
		if first == "" {
			first = c.key
		}
		if c.key != first {
			return true
		}
	}
	return false
}

// Empty says whether none of those runs has the value.
func (r ComparedRow) Empty(columns ...int) bool {
	for _, i := range columns {
		if !r.Cells[i].Absent {
			return false
		}
	}
	return true
}

// Fresh says whether every run that has the value has one of its own, as it
// should, and that is all there is to it. What single sign-on kept the same for
// all runs is not fresh.
func (r ComparedRow) Fresh() bool {
	texts := map[string]bool{}
	present := 0
	for _, c := range r.Cells {
		if !c.Absent {
			texts[c.String()] = true
			present++
		}
	}
	if present > 1 && len(texts) == 1 {
		return false
	}
	return !slices.ContainsFunc(r.Cells, func(c ComparedCell) bool { return !c.Absent && (!c.Fresh || c.Note != "") })
}

// ComparedCell is one value of a row.
type ComparedCell struct {
	// Text is the value with the characters marked that differ from the other
	// cells of the row. It is empty when Absent.
	Text   []Character
	Absent bool
	// Fresh values are new in every run by design.
	Fresh bool
	// Note says what the value is, where that is the difference: "the verifier
	// itself".
	Note string

	// counts is true when the cell is to be compared: its run came as far, and
	// the value is not missing only because the run was refused. Cells with the
	// same key are no difference.
	counts bool
	key    string
	words  bool // Text is for people, and breaks between its words
}

// freshNames are values that are new in every run, by design or by chance. Of
// these only their absence can be a difference.
var freshNames = []string{
	"code_verifier", "code_challenge", "verifier_ascii", "sha256_hex", "base64", "base64url",
	"state", "nonce", "code", "session_state", "access_token", "refresh_token", "id_token", "client_info",
	"expires_in", "ext_expires_in", "refresh_token_expires_in", "timestamp", "trace_id", "correlation_id",
}

// isAnswer says on which side of a step a value stands.
func isAnswer(id flow.StepID, v flow.Value) bool {
	return v.In == flow.InResponse || id == flow.StepCallback
}

// compared says whether a value is laid side by side. Headers and whole URLs
// say the same again.
func compared(id flow.StepID, v flow.Value) bool {
	switch {
	case v.Name == "url" || strings.HasPrefix(v.Name, "header."):
		return v.Name == "header.Origin"
	case id == flow.StepDiscovery:
		return false // the same document each time
	case v.Name == "prompt":
		return false // the comparison's own: later sign-ins are tried silently, without it or with none
	case v.Name == "verifier_ascii":
		return false // the verifier again
	}
	return v.Name != "error_uri" && v.Name != "error_codes"
}

// names lists the values of a step, in the order in which they stand in the
// runs.
func (c comparer) names(id flow.StepID, answers bool) []string {
	var names []string
	for _, r := range c.results {
		after := -1
		for _, v := range r.Transcript.Step(id).Values {
			if isAnswer(id, v) != answers || !compared(id, v) {
				continue
			}
			if i := slices.Index(names, v.Name); i >= 0 {
				after = i
				continue
			}
			after++
			names = slices.Insert(names, min(after, len(names)), v.Name)
		}
	}
	return names
}

// row lays one value side by side.
func (c comparer) row(id flow.StepID, name string, answers bool) ComparedRow {
	at := string(id)
	row := ComparedRow{Name: name}
	if e, ok := Parameters().Find(name, at); ok {
		row.What = e.What
	}
	values := make([]string, len(c.results))
	fresh := slices.Contains(freshNames, name)
	for i, r := range c.results {
		v, ok := valueOf(r.Transcript.Step(id), name, answers)
		cell := ComparedCell{Absent: !ok, Fresh: fresh && ok}
		if ok {
			row.PKCE = row.PKCE || v.PKCE
			values[i] = c.shown[i].text(withoutTrailer(v.Value))
			if v.Secret {
				values[i] = c.shown[i].secret(v.Value)
				cell.words = !c.shown[i].reveal
			}
			cell.Note = c.note(i, name, v.Value)
		}
		row.Cells = append(row.Cells, cell)
	}
	if name == "redirect_uri" && samePlace(values) {
		for i := range row.Cells {
			row.Cells[i].Fresh = !row.Cells[i].Absent
		}
		fresh = true
	}
	texts := markMiddle(values, row.Cells, fresh)
	for i, r := range c.results {
		cell := &row.Cells[i]
		cell.Text = texts[i]
		cell.counts = c.reached(i, id) && (!answers || isRefusal(name) || r.Transcript.Step(id).Status == flow.StatusOK)
		switch {
		case cell.Absent:
			cell.key = "absent"
		case fresh:
			cell.key = "fresh " + cell.Note
		default:
			cell.key = "value " + cell.Note + " " + values[i]
		}
	}
	return row
}

// isRefusal says whether a member of an answer is there only in a refusal.
func isRefusal(name string) bool {
	return strings.HasPrefix(name, "error") || name == "suberror" || name == "claims"
}

func valueOf(s flow.Step, name string, answers bool) (flow.Value, bool) {
	for _, v := range s.Values {
		if v.Name == name && isAnswer(s.ID, v) == answers {
			return v, true
		}
	}
	return flow.Value{}, false
}

// note says how a challenge stands to the verifier of its run, and a verifier
// to the challenge.
func (c comparer) note(i int, name, value string) string {
	t := c.results[i].Transcript
	verifier, _ := t.Step(flow.StepVerifier).Value("code_verifier")
	switch {
	case name == "code_challenge" && value == verifier:
		return "the verifier itself"
	case name == "code_challenge" && value == oauth2.S256ChallengeFromVerifier(verifier):
		return "the hash of the verifier"
	case name == "code_verifier" && verifier != "" && value != verifier:
		return "not the verifier of this run"
	}
	return ""
}

// samePlace says whether all are one http redirect URI on loopback but for the
// port, which every run takes anew.
func samePlace(values []string) bool {
	var first string
	for _, v := range values {
		if v == "" {
			continue
		}
		u, err := url.Parse(v)
		if err != nil || u.Scheme != "http" || u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1" && u.Hostname() != "::1" {
			return false
		}
		place := u.Hostname() + u.Path
		if first == "" {
			first = place
		}
		if place != first {
			return false
		}
	}
	return first != ""
}

// markMiddle marks in each text what stands between the beginning and the end
// that all have in common.
func markMiddle(values []string, cells []ComparedCell, fresh bool) [][]Character {
	split := make([][]string, len(values))
	var there [][]string
	for i, v := range values {
		split[i] = characters(v)
		if !cells[i].Absent {
			there = append(there, split[i])
		}
	}
	head, tail := commonEnds(there)
	out := make([][]Character, len(values))
	for i, chars := range split {
		for j, ch := range chars {
			marked := !fresh && len(there) > 1 && j >= head && j < len(chars)-tail
			out[i] = append(out[i], Character{Text: ch, Marked: marked})
		}
	}
	return out
}

func commonEnds(texts [][]string) (head, tail int) {
	if len(texts) == 0 {
		return 0, 0
	}
	least := len(texts[0])
	for _, t := range texts {
		least = min(least, len(t))
	}
	same := func(at func(t []string) string) bool {
		return !slices.ContainsFunc(texts, func(t []string) bool { return at(t) != at(texts[0]) })
	}
	for head < least && same(func(t []string) string { return t[head] }) {
		head++
	}
	for tail < least-head && same(func(t []string) string { return t[len(t)-1-tail] }) {
		tail++
	}
	return head, tail
}
