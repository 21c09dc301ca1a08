package inspect

import (
	"net/url"
	"slices"
	"strings"

	"golang.org/x/oauth2"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/lab"
)

// Comparison is several runs of one client laid side by side. Its JSON is the
// output of the command compare.
type Comparison struct {
	Runs        []ComparedRun    `json:"runs"`
	Differences []TwinDifference `json:"differences"`
	Server      ServerTraits     `json:"server"`
	Findings    []Finding        `json:"findings"`
	// Derivation is one verifier under both methods: worked out here, and never
	// sent.
	Derivation TwinDerivation `json:"derivation"`

	// Steps are the same for the screen: rows with a cell for each run.
	Steps []ComparedStep `json:"-"`
	// Traits is the server, in sentences.
	Traits []Trait `json:"-"`
}

// ComparedRun is one run: a column.
type ComparedRun struct {
	// Method is the method's name; for traps and probes a name of ours.
	Method  string       `json:"method"`
	Kind    lab.Kind     `json:"kind"`
	Outcome flow.Outcome `json:"outcome"`
	// Sent are the parameters of the authorization request and of the token
	// request. Secrets are masked.
	Sent map[string]string `json:"sent"`
	// Step is where the run ended.
	Step  flow.StepID `json:"step"`
	Error *flow.Error `json:"error"`
	// What says what this run is, and Means what its outcome says.
	What  string `json:"what"`
	Means string `json:"means"`
	// Answer is what the server said last, in a few words.
	Answer string `json:"answer"`
}

// Group is the name of the columns among which the run stands.
func (r ComparedRun) Group() string {
	switch r.Kind {
	case lab.KindTrap:
		return "traps"
	case lab.KindProbe:
		return "probes"
	case lab.KindMethod:
	}
	return "methods"
}

// TwinDifference is a value that is not the same in all runs. What is merely fresh
// in each run is no difference.
type TwinDifference struct {
	Step flow.StepID `json:"step"`
	Name string      `json:"name"`
	// Values are by run; nil where there is none.
	Values map[string]*string `json:"values"`
}

// TwinDerivation is what both methods make of one verifier, that of RFC 7636
// appendix B.
type TwinDerivation struct {
	Verifier string `json:"code_verifier"`
	Plain    string `json:"plain"`
	S256     string `json:"S256"`
}

// Characters returns the two challenges with the characters marked that differ.
func (d TwinDerivation) Characters() (plain, s256 []Character) {
	a, b := characters(d.Plain), characters(d.S256)
	for i := range min(len(a), len(b)) {
		plain = append(plain, Character{Text: a[i], Marked: a[i] != b[i]})
		s256 = append(s256, Character{Text: b[i], Marked: a[i] != b[i]})
	}
	return plain, s256
}

// ComparedStep is a step with the runs side by side.
type ComparedStep struct {
	ID    flow.StepID
	Title string
	// Statuses are by column, in the order of [Comparison.Runs].
	Statuses []flow.Status
	// Sent are the values made or sent, Answers those that came back.
	Sent, Answers []ComparedRow
}

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

// CompareRuns lays the runs of a comparison side by side, as far as they have
// come.
func CompareRuns(results []lab.Result, o Options) Comparison {
	c := comparer{results: results}
	for _, r := range results {
		v := shown{reveal: o.Reveal}
		if !o.Reveal {
			v.redactor = flow.NewRedactor(r.Transcript)
		}
		c.shown = append(c.shown, v)
	}
	out := Comparison{Runs: []ComparedRun{}, Differences: []TwinDifference{}, Findings: []Finding{}, Derivation: derivationOfBoth()}
	for i := range results {
		out.Runs = append(out.Runs, c.run(i))
	}
	for _, id := range comparedSteps() {
		s, differences := c.step(id)
		out.Steps = append(out.Steps, s)
		out.Differences = append(out.Differences, differences...)
	}
	out.Server = traitsOf(results)
	out.Traits = out.Server.sentences()
	out.Findings = append(out.Findings, out.Server.findings()...)
	return out
}

// JSON returns the comparison as one JSON document, indented.
func (c Comparison) JSON() ([]byte, error) { return encode(c) }

// exampleVerifier is RFC 7636 appendix B's.
const exampleVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

func derivationOfBoth() TwinDerivation {
	return TwinDerivation{
		Verifier: exampleVerifier, Plain: exampleVerifier, S256: oauth2.S256ChallengeFromVerifier(exampleVerifier),
	}
}

// comparedSteps are those that all runs go through.
func comparedSteps() []flow.StepID {
	return []flow.StepID{
		flow.StepDiscovery, flow.StepVerifier, flow.StepChallenge, flow.StepAuthorize, flow.StepCallback, flow.StepToken,
	}
}

// comparer is one comparison being made.
type comparer struct {
	results []lab.Result
	shown   []shown // by run
}

func (c comparer) run(i int) ComparedRun {
	t := c.results[i].Transcript
	r := ComparedRun{
		Method: c.results[i].Case.Name, Kind: c.results[i].Case.Kind, Outcome: t.Outcome,
		Sent: map[string]string{}, Step: flow.StepDiscovery,
	}
	for _, s := range t.Steps {
		if s.Status == flow.StatusOK || s.Status == flow.StatusFailed || s.Status == flow.StatusCancelled {
			r.Step = s.ID
		}
		for _, v := range s.Values {
			if s.ID == flow.StepAuthorize && v.In == flow.InQuery || s.ID == flow.StepToken && v.In == flow.InForm {
				r.Sent[v.Name] = c.shown[i].mask(v.Value)
			}
		}
		if s.Status == flow.StatusFailed {
			e := *s.Error
			e.What, e.Why, e.Try = c.shown[i].mask(e.What), c.shown[i].mask(e.Why), c.shown[i].mask(e.Try)
			r.Error = &e
			break
		}
	}
	r.Answer = c.shown[i].text(lastWords(t))
	text := caseTexts()[r.Method]
	r.What = text.What
	switch {
	case r.Outcome == flow.OutcomeOK:
		r.Means = text.Accepted
	case serverRefused(t):
		r.Means = text.Refused
	}
	return r
}

// lastWords is what the server said last: its error without the ids and the
// time that end it, or that it gave tokens.
func lastWords(t flow.Transcript) string {
	for _, id := range []flow.StepID{flow.StepToken, flow.StepCallback} {
		s := t.Step(id)
		if code, ok := s.Value("error"); ok {
			text, _ := s.Value("error_description")
			return strings.TrimSuffix(code+": "+withoutTrailer(text), ": ")
		}
	}
	if t.Step(flow.StepToken).Status == flow.StatusOK {
		return "tokens"
	}
	for _, s := range t.Steps {
		if s.Error != nil {
			return withoutTrailer(s.Error.What)
		}
	}
	return ""
}

// withoutTrailer cuts off what differs with every answer of Entra's.
func withoutTrailer(s string) string {
	for _, mark := range []string{" Trace ID:", "\r\nTrace ID:", "\nTrace ID:"} {
		s, _, _ = strings.Cut(s, mark)
	}
	return strings.TrimSpace(s)
}

// serverRefused says whether a run failed because the server said no to what
// this client sent. Its metadata are the same for all.
func serverRefused(t flow.Transcript) bool {
	return slices.ContainsFunc(t.Steps, func(s flow.Step) bool {
		return s.ID != flow.StepDiscovery && s.Status == flow.StatusFailed && s.Error != nil && s.Error.Kind == flow.KindServer
	})
}

// freshNames are values that are new in every run, by design or by chance. Of
// these only their absence can be a difference.
var freshNames = []string{
	"code_verifier", "code_challenge", "verifier_ascii", "sha256_hex", "base64", "base64url",
	"state", "nonce", "code", "session_state", "access_token", "refresh_token", "id_token", "client_info",
	"expires_in", "ext_expires_in", "refresh_token_expires_in", "timestamp", "trace_id", "correlation_id",
}

// step lays one step side by side.
func (c comparer) step(id flow.StepID) (ComparedStep, []TwinDifference) {
	out := ComparedStep{ID: id, Title: stepText(id).title}
	for _, r := range c.results {
		out.Statuses = append(out.Statuses, r.Transcript.Step(id).Status)
	}
	var differences []TwinDifference
	for _, answers := range []bool{false, true} {
		for _, name := range c.names(id, answers) {
			row := c.row(id, name, answers)
			if row.Differs() {
				differences = append(differences, c.difference(id, row, answers))
			}
			if answers {
				out.Answers = append(out.Answers, row)
			} else {
				out.Sent = append(out.Sent, row)
			}
		}
	}
	return out, differences
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

// reached says whether a run came as far as a step. One that did not has no
// value to differ in.
func (c comparer) reached(i int, id flow.StepID) bool {
	s := c.results[i].Transcript.Step(id).Status
	return s == flow.StatusOK || s == flow.StatusFailed || s == flow.StatusSkipped
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

// difference is a row as the JSON has it.
func (c comparer) difference(id flow.StepID, row ComparedRow, answers bool) TwinDifference {
	d := TwinDifference{Step: id, Name: row.Name, Values: map[string]*string{}}
	for i, r := range c.results {
		d.Values[r.Case.Name] = nil
		if v, ok := valueOf(r.Transcript.Step(id), row.Name, answers); ok {
			s := c.shown[i].mask(v.Value)
			d.Values[r.Case.Name] = &s
		}
	}
	return d
}
