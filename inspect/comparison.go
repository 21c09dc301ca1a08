package inspect

import (
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

// reached says whether a run came as far as a step. One that did not has no
// value to differ in.
func (c comparer) reached(i int, id flow.StepID) bool {
	s := c.results[i].Transcript.Step(id).Status
	return s == flow.StatusOK || s == flow.StatusFailed || s == flow.StatusSkipped
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
