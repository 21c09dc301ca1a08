package inspect

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/lab"
	"github.com/pkcescope/pkcescope/flow/practice"
)

// twins runs cases at a practice tenant with those faults.
func twins(t *testing.T, cases []lab.Case, faults ...practice.Fault) []lab.Result {
	t.Helper()
	s, err := practice.Start(practice.Options{Faults: faults})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	tw, err := lab.NewTwins(s.Config(), cases, lab.TwinOptions{Browser: s.Browser()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tw.Close() }()
	if err := tw.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return tw.Results()
}

func is(b *bool) string {
	switch {
	case b == nil:
		return "unknown"
	case *b:
		return "yes"
	}
	return "no"
}

// Each trait is read off the runs: with the fault of a server it turns.
func TestTraitsAreReadOffTheServer(t *testing.T) {
	everything := lab.Cases(lab.KindMethod, lab.KindTrap, lab.KindProbe)
	healthy := CompareRuns(twins(t, everything), Options{}).Server
	for _, test := range []struct {
		fault  practice.Fault
		trait  func(ServerTraits) *bool
		sound  string
		faulty string
	}{
		{practice.FaultRequirePKCE, func(s ServerTraits) *bool { return s.EnforcesPKCE }, "no", "yes"},
		{practice.FaultRefusePlain, func(s ServerTraits) *bool { return s.AcceptsPlain }, "yes", "no"},
		{practice.FaultRefusePlain, func(s ServerTraits) *bool { return s.OmittedMeansPlain }, "yes", "no"},
		{practice.FaultSkipLengthCheck, func(s ServerTraits) *bool { return s.EnforcesLength }, "yes", "no"},
		{practice.FaultIgnorePKCE, func(s ServerTraits) *bool { return s.ChecksVerifier }, "yes", "no"},
		{practice.FaultIgnoreUnaskedVerifier, func(s ServerTraits) *bool { return s.RefusesUnaskedVerifier }, "yes", "no"},
		{practice.FaultReusableCode, func(s ServerTraits) *bool { return s.SingleUseCodes }, "yes", "no"},
		// A server that refuses everything says nothing about PKCE.
		{practice.FaultUnavailable, func(s ServerTraits) *bool { return s.EnforcesPKCE }, "no", "unknown"},
	} {
		t.Run(string(test.fault), func(t *testing.T) {
			if got := is(test.trait(healthy)); got != test.sound {
				t.Errorf("on a sound tenant: %s, want %s", got, test.sound)
			}
			if got := is(test.trait(CompareRuns(twins(t, everything, test.fault), Options{}).Server)); got != test.faulty {
				t.Errorf("with the fault: %s, want %s", got, test.faulty)
			}
		})
	}
}

func TestWhatWasNotAskedIsNotKnown(t *testing.T) {
	cases, err := lab.ParseCases([]string{"S256"})
	if err != nil {
		t.Fatal(err)
	}
	c := CompareRuns(twins(t, cases), Options{})
	for _, n := range c.Server.named() {
		if n.value != nil {
			t.Errorf("%s = %v from a single sound run", n.name, *n.value)
		}
	}
}

// What is fresh in each run is no difference; what the method changes is.
func TestDifferencesAreThoseOfTheMethod(t *testing.T) {
	c := CompareRuns(twins(t, lab.Cases(lab.KindMethod)), Options{})
	var got []string
	for _, d := range c.Differences {
		got = append(got, string(d.Step)+"."+d.Name)
	}
	want := []string{
		"verifier.code_verifier",
		"challenge.sha256_hex", "challenge.base64", "challenge.base64url",
		"challenge.code_challenge", "challenge.code_challenge_method",
		"authorize.code_challenge", "authorize.code_challenge_method",
		"token.code_verifier",
	}
	if !slices.Equal(got, want) {
		t.Errorf("differences = %v\nwant %v", got, want)
	}
}

// The first sign-in at a real provider may ask for consent, and the later ones
// are tried silently. That is the comparison's doing, and no difference.
func TestThePromptOfASignInIsNoDifference(t *testing.T) {
	results := twins(t, lab.Cases(lab.KindMethod))
	for i, r := range results {
		v := flow.Value{Name: "prompt", Value: "consent", In: flow.InQuery}
		if i > 0 {
			v.Value, v.Edited = "none", true
		}
		at := slices.IndexFunc(r.Transcript.Steps, func(s flow.Step) bool { return s.ID == flow.StepAuthorize })
		r.Transcript.Steps[at].Values = append(r.Transcript.Steps[at].Values, v)
	}
	c := CompareRuns(results, Options{})
	for _, d := range c.Differences {
		if d.Name == "prompt" {
			t.Errorf("prompt is told as a difference: %v", d.Values)
		}
	}
	if got := c.Runs[0].Sent["prompt"]; got != "consent" {
		t.Errorf("sent.prompt = %q, want consent: it was sent all the same", got)
	}
}

func TestTheCharactersThatDifferAreMarked(t *testing.T) {
	cells := []ComparedCell{{}, {}, {Absent: true}}
	got := markMiddle([]string{"abXYef", "abZef", ""}, cells, false)
	marked := func(chars []Character) (s string) {
		for _, c := range chars {
			if c.Marked {
				s += c.Text
			}
		}
		return s
	}
	if marked(got[0]) != "XY" || marked(got[1]) != "Z" || marked(got[2]) != "" {
		t.Errorf("marked %q, %q and %q", marked(got[0]), marked(got[1]), marked(got[2]))
	}
	for _, chars := range markMiddle([]string{"fresh1", "fresh2"}, cells[:2], true) {
		if marked(chars) != "" {
			t.Errorf("a fresh value has %q marked", marked(chars))
		}
	}
}

// No secret of any run is in the text or in the JSON, unless it was asked for.
func TestAComparisonShowsNoSecret(t *testing.T) {
	results := twins(t, lab.Cases(lab.KindMethod, lab.KindTrap, lab.KindProbe))
	c := CompareRuns(results, Options{})
	b, err := c.JSON()
	if err != nil {
		t.Fatal(err)
	}
	shown := string(b) + c.Text(100) + c.Text(200)
	secrets := 0
	for _, r := range results {
		for _, s := range r.Transcript.Steps {
			for _, v := range s.Values {
				if !v.Secret || strings.HasSuffix(v.Name, "token") {
					continue
				}
				secrets++
				if strings.Contains(shown, v.Value) {
					t.Errorf("%s: %s of step %s is shown", r.Case.Name, v.Name, s.ID)
				}
			}
		}
	}
	if secrets < 20 {
		t.Errorf("only %d secrets were looked for", secrets)
	}
	revealed := CompareRuns(results, Options{Reveal: true}).Text(200)
	verifier, _ := results[1].Transcript.Step(flow.StepVerifier).Value("code_verifier")
	if !strings.Contains(revealed, verifier) {
		t.Error("revealed, the verifier is not shown")
	}
}

func TestTheTextFitsItsWidth(t *testing.T) {
	c := CompareRuns(twins(t, lab.Cases(lab.KindMethod, lab.KindTrap)), Options{})
	for _, width := range []int{80, 100, 160} {
		for line := range strings.SplitSeq(c.Text(width), "\n") {
			if n := len([]rune(line)); n > width {
				t.Errorf("width %d: %d characters: %q", width, n, line)
			}
		}
	}
}

// The names are promised to programs.
func TestTheJSONHasThePromisedMembers(t *testing.T) {
	c := CompareRuns(twins(t, lab.Cases(lab.KindMethod)), Options{})
	b, err := c.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Runs        []map[string]any `json:"runs"`
		Differences []struct {
			Step, Name string
			Values     map[string]any
		} `json:"differences"`
		Server map[string]any `json:"server"`
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	for _, r := range doc.Runs {
		for _, name := range []string{"method", "outcome", "sent", "step", "error"} {
			if _, ok := r[name]; !ok {
				t.Errorf("a run has no %q", name)
			}
		}
	}
	for _, d := range doc.Differences {
		if len(d.Values) != len(doc.Runs) {
			t.Errorf("%s.%s has %d values for %d runs", d.Step, d.Name, len(d.Values), len(doc.Runs))
		}
	}
	for _, name := range []string{"enforces_pkce", "accepts_plain", "enforces_length"} {
		if _, ok := doc.Server[name]; !ok {
			t.Errorf("the server has no %q", name)
		}
	}
}

func TestEveryCaseAndTraitHasItsWords(t *testing.T) {
	for _, name := range lab.CaseNames() {
		if c := caseTexts()[name]; c.What == "" || c.Accepted == "" || c.Refused == "" {
			t.Errorf("case %s lacks words: %+v", name, c)
		}
	}
	for _, n := range (ServerTraits{}).named() {
		if x := compareTexts().Trait[n.name]; x.Name == "" || x.Yes == "" || x.No == "" || x.Unknown == "" || parseRef(x.Clause).URL == "" {
			t.Errorf("trait %s lacks words: %+v", n.name, x)
		}
	}
}

func TestAFreshValueIsShownWholeWhereItFits(t *testing.T) {
	address := "https://idp.example/" + strings.Repeat("a", 80)
	cell := ComparedCell{Fresh: true}
	for _, r := range address {
		cell.Text = append(cell.Text, Character{Text: string(r)})
	}
	if l := cell.Lines(120, false); len(l) != 1 || l[0].Text != address {
		t.Errorf("in 120 characters: %+v", l)
	}
	if l := cell.Lines(40, false); len(l) != 2 || !strings.HasSuffix(l[0].Text, "…") {
		t.Errorf("in 40 characters: %+v", l)
	}
}
