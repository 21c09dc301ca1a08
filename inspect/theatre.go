package inspect

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"

	"github.com/pkcescope/pkcescope/assets"
	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/lab"
)

// Theatre is an attack that took place, ready to be played step by step to
// people.
type Theatre struct {
	ID       string
	Title    string
	Aim      string // what the thief is after
	Defended bool
	Defence  string // what the defence is, in a few words
	Scenes   []Scene
	// Decisive is the index of the scene that decided, Answer what was said
	// there; empty when the thief got what he wanted.
	Decisive int
	Answer   string
	ThiefWon bool
	// Verdict says who won, and Why.
	Verdict, Why string
	// StoppedBy is the parameter that stops the thief, and Refs the clauses
	// that say so, the first of all.
	StoppedBy string
	Refs      []Ref
	// Flip is the one change that turns the result round.
	Flip string
	// Search says what a thief who guesses had to do; empty for others.
	Search string
	// Transcript is the run with the thief's requests in it, as it was
	// recorded: a reader masks it like any other.
	Transcript flow.Transcript
}

// Scene is one moment of a play.
type Scene struct {
	Title string
	From  Lane
	To    Lane
	// App, Thief and Provider are what goes through the head of each.
	App, Thief, Provider string
	// Known is what each holds by now.
	Known []Known
	// Exchanges are what crossed the wire in it.
	Exchanges []Exchange
	Step      flow.StepID
}

// LaneThief is a column of the theatre beside the lanes of the diagram.
const LaneThief Lane = "Thief"

// Known is a value with who holds it.
type Known struct {
	Name                 string
	Value                string // masked if secret and not revealed
	App, Thief, Provider bool
	// New is true when somebody came to know it in this scene.
	New bool
}

// ReadPlay puts a play into words.
func ReadPlay(p lab.Play, o Options) Theatre {
	text := theatreTexts().Scenario[p.Scenario]
	facts := playFacts(p)
	v := shown{reveal: o.Reveal}
	if !o.Reveal {
		v.redactor = flow.NewRedactor(p.Transcript)
	}
	out := Theatre{
		ID: p.Scenario, Title: text.Title.pick(facts), Aim: text.Aim.pick(facts),
		Defended: p.Defended, Defence: text.Defence, Decisive: p.Decisive, Answer: v.text(withoutTrailer(p.Answer)),
		ThiefWon: p.ThiefWon, StoppedBy: text.StoppedBy, Flip: text.Flip.pick(facts), Transcript: p.Transcript,
		Verdict: "The app won.", Why: text.Lost.pick(facts),
	}
	if p.ThiefWon {
		out.Verdict, out.Why = "The thief won.", text.Won.pick(facts)
	}
	for _, r := range text.Refs {
		out.Refs = append(out.Refs, parseRef(r))
	}
	out.Search = searchText(p.Search)
	var known []Known
	for _, b := range p.Beats {
		words, ok := text.Beat[b.ID]
		if !ok {
			words = theatreTexts().Beat[b.ID]
		}
		known = learn(known, b.Learned, v)
		out.Scenes = append(out.Scenes, Scene{
			Title: words.Title.pick(facts), App: words.App.pick(facts), Thief: words.Thief.pick(facts), Provider: words.Provider.pick(facts),
			From: lane(b.From), To: lane(b.To), Known: slices.Clone(known), Step: b.Step,
			Exchanges: beatExchanges(p.Transcript, b, o),
		})
	}
	return out
}

// playFacts are the words that the texts may ask for.
func playFacts(p lab.Play) map[string]bool {
	method := p.Transcript.Config.Method
	if method == "" {
		method = flow.MethodS256
	}
	authorize := slices.ContainsFunc(p.Beats, func(b lab.Beat) bool { return b.ID == "thief-sees-authorize" })
	return map[string]bool{
		string(method): true, "defended": p.Defended, "undefended": !p.Defended,
		"won": p.ThiefWon, "lost": !p.ThiefWon, "saw-authorize": authorize, "saw-redirect": !authorize,
	}
}

func lane(r lab.Role) Lane {
	switch r {
	case lab.RoleUser:
		return LaneUser
	case lab.RoleApp:
		return LaneApp
	case lab.RoleThief:
		return LaneThief
	case lab.RoleProvider:
		return LaneProvider
	}
	return ""
}

// learn adds what was learned in a beat to what was known before it.
func learn(before []Known, learned []lab.Knowledge, v shown) []Known {
	known := slices.Clone(before)
	for i := range known {
		known[i].New = false
	}
	for _, l := range learned {
		value := v.text(l.Value)
		if l.Secret {
			value = v.secret(l.Value)
		}
		i := slices.IndexFunc(known, func(k Known) bool { return k.Name == l.Name && k.Value == value })
		if i < 0 {
			known = append(known, Known{Name: l.Name, Value: value})
			i = len(known) - 1
		}
		k := &known[i]
		k.New = true
		switch l.Who {
		case lab.RoleApp, lab.RoleUser:
			k.App = true
		case lab.RoleThief:
			k.Thief = true
		case lab.RoleProvider:
			k.Provider = true
		}
	}
	return known
}

// beatExchanges explains what crossed the wire in a beat, as it is explained
// anywhere else.
func beatExchanges(t flow.Transcript, b lab.Beat, o Options) []Exchange {
	if len(b.Exchanges) == 0 {
		return nil
	}
	t.Steps = slices.Clone(t.Steps)
	for i := range t.Steps {
		if t.Steps[i].ID == b.Step {
			t.Steps[i].Exchanges = b.Exchanges
		}
	}
	for _, s := range Read(t, o).Steps {
		if s.ID == b.Step {
			out := slices.Clone(s.Exchanges)
			for i := range out {
				nameHost(&out[i])
			}
			return out
		}
	}
	return nil
}

// nameHost says to whom a request went that did not go to a provider.
func nameHost(x *Exchange) {
	u, err := url.Parse(x.Request.URL)
	if err != nil {
		return
	}
	switch who, _ := lab.HostOf(u.Host); who {
	case lab.RoleApp:
		x.Label = "Request to the app"
	case lab.RoleThief:
		x.Label = "Request to the thief"
	case lab.RoleUser, lab.RoleProvider:
	default:
		// A beat may hold requests that belong to several steps.
		switch {
		case strings.HasSuffix(u.Path, "/oauth2/v2.0/token"):
			x.Label = "Token request"
		case strings.HasSuffix(u.Path, "/oauth2/v2.0/authorize"):
			x.Label = "Authorize request"
		}
	}
}

// searchText says what a search came to: "2,155,722 guesses in 0.2 s, …".
func searchText(s *lab.Search) string {
	if s == nil {
		return ""
	}
	what := "The thief tried words that people choose, brought to 43 characters and more"
	if s.Over == "clock" {
		what = fmt.Sprintf("The thief took the machine to have been started within %s of a moment that he guessed (--seed-window), and tried the milliseconds", span(s.Window))
	}
	found := "none fits"
	if s.Found {
		found = "one fits"
	}
	return fmt.Sprintf("%s: %s guesses, %s a second, %s.", what, grouped(s.Tried), grouped(uint64(s.Rate)), found)
}

// grouped writes a number with commas.
func grouped(n uint64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// theatreTexts is assets.Attacks, read when it is first needed.
var theatreTexts = sync.OnceValue(func() (texts struct {
	Scenario map[string]scenarioText `toml:"scenario"`
	Beat     map[string]beatText     `toml:"beat"`
},
) {
	if err := toml.Unmarshal(assets.Attacks, &texts); err != nil {
		panic("inspect: assets/attacks.toml: " + err.Error())
	}
	return texts
})

type scenarioText struct {
	Title     choices             `toml:"title"`
	Aim       choices             `toml:"aim"`
	Won       choices             `toml:"won"`
	Lost      choices             `toml:"lost"`
	StoppedBy string              `toml:"stopped_by"`
	Refs      []string            `toml:"refs"`
	Defence   string              `toml:"defence"`
	Flip      choices             `toml:"flip"`
	Beat      map[string]beatText `toml:"beat"`
}

type beatText struct {
	Title    choices `toml:"title"`
	App      choices `toml:"app"`
	Thief    choices `toml:"thief"`
	Provider choices `toml:"provider"`
}

// choices are texts with conditions: the first that holds is taken. In the
// file one text may stand alone.
type choices []paragraph

// UnmarshalTOML implements [toml.Unmarshaler].
func (c *choices) UnmarshalTOML(v any) error {
	switch v := v.(type) {
	case string:
		*c = choices{parseParagraph(v)}
		return nil
	case []any:
		for _, each := range v {
			s, ok := each.(string)
			if !ok {
				return fmt.Errorf("%v is not a text", each)
			}
			*c = append(*c, parseParagraph(s))
		}
		return nil
	}
	return fmt.Errorf("%v is neither a text nor a list of texts", v)
}

func (c choices) pick(facts map[string]bool) string {
	for _, p := range c {
		if p.holds(facts) {
			return p.text
		}
	}
	return ""
}

// ScenarioTitle is what a scenario is called before it is played.
func ScenarioTitle(id string) string {
	t := theatreTexts().Scenario[id].Title.pick(map[string]bool{"saw-redirect": true})
	if t == "" {
		return strings.ReplaceAll(id, "-", " ")
	}
	return t
}
