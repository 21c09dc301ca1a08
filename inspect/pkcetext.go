package inspect

import (
	"strings"
	"sync"

	"github.com/BurntSushi/toml"

	"github.com/pkcescope/pkcescope/assets"
)

// pkceTexts is assets.PKCE. It is read when a mistake is first put into words.
var pkceTexts = sync.OnceValue(func() (texts struct {
	Right   map[string]codeLines   `toml:"right"`
	Mistake map[string]mistakeText `toml:"mistake"`
},
) {
	if err := toml.Unmarshal(assets.PKCE, &texts); err != nil {
		panic("inspect: assets/pkce.toml: " + err.Error())
	}
	return texts
})

type codeLines struct {
	Shell      string `toml:"shell"`
	CSharp     string `toml:"csharp"`
	JavaScript string `toml:"javascript"`
	Python     string `toml:"python"`
	Go         string `toml:"go"`
}

type mistakeText struct {
	What  string `toml:"what"`
	Why   string `toml:"why"`
	Try   string `toml:"try"`
	Right string `toml:"right"`
	codeLines
}

// KnownMistakes are the mistakes that [PKCE] can name, in the order of
// [MistakeIDs], with what each is in a sentence.
func KnownMistakes() []Mistake {
	var all []Mistake
	for _, id := range MistakeIDs() {
		all = append(all, found{id, Certain, ""}.mistake())
	}
	return all
}

// mistake puts f into words.
func (f found) mistake() Mistake {
	texts := pkceTexts()
	t := texts.Mistake[string(f.id)]
	right := texts.Right[t.Right]
	m := Mistake{
		ID: f.id, Confidence: f.confidence, What: t.What, Why: t.Why, Try: t.Try,
		Code: []CodeLine{
			{"Shell", t.Shell, right.Shell},
			{"C#", t.CSharp, right.CSharp},
			{"JavaScript", t.JavaScript, right.JavaScript},
			{"Python", t.Python, right.Python},
			{"Go", t.Go, right.Go},
		},
	}
	switch {
	case f.confidence == Likely:
		// A guess must not read like a fact, whatever it is cut down to.
		m.What = strings.TrimSpace("Likely, not proved: " + strings.ToLower(m.What[:1]) + m.What[1:] + " " + f.detail)
	case f.detail != "":
		m.What = f.detail + " " + m.What
	}
	return m
}
