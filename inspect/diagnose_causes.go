package inspect

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"

	"github.com/pkcescope/pkcescope/assets"
)

// cause is an entry of the knowledge base: why something failed, and how to
// put it right. Its fields are the keys in the files of assets/causes. The
// README shows how to add one.
type cause struct {
	ID    string   `toml:"-"`
	Title string   `toml:"title"`
	Means string   `toml:"means"`
	Who   Who      `toml:"who"`
	Fix   []string `toml:"fix"`
	// At holds the fix where a provider's own words help, by provider.
	At    map[string][]string `toml:"at"`
	Prove string              `toml:"prove"`
	// Or holds what it could be instead: the other cause's id and the test that
	// tells them apart.
	Or   map[string]string `toml:"or"`
	Refs []string          `toml:"refs"`
}

// fixAt returns the fix in the provider's terms, or the general one.
func (c cause) fixAt(provider string) []string {
	if provider == "external-id" && c.At[provider] == nil {
		provider = "entra" // the same portal
	}
	if fix := c.At[provider]; fix != nil {
		return fix
	}
	return c.Fix
}

// others returns the ids of Or, sorted.
func (c cause) others() []string {
	ids := make([]string, 0, len(c.Or))
	for id := range c.Or {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// refs resolves the references: a clause of an RFC, or the name of a page.
func (c cause) refs() []Ref {
	refs := []Ref{}
	for _, r := range c.Refs {
		refs = append(refs, resolveRef(r))
	}
	return refs
}

func resolveRef(name string) Ref {
	if strings.HasPrefix(name, "RFC ") {
		return parseRef(name)
	}
	page := pages()[name]
	return Ref{Text: page.Text, URL: page.URL}
}

// pages are the documents that causes refer to by name.
var pages = sync.OnceValue(func() map[string]Ref {
	var pages map[string]Ref
	mustParse("pages", &pages)
	return pages
})

// NamedCauses is a family of the knowledge base.
type NamedCauses struct {
	Family string // what they have to do with: "client", "redirect", …
	Causes []Alternative
}

// KnownCauses are the causes that [Diagnose] can name, by family, each by its
// id and its title. It reads the whole knowledge base, once.
var KnownCauses = sync.OnceValue(func() []NamedCauses {
	var all []NamedCauses
	for _, family := range assets.CauseFamilies() {
		n := NamedCauses{Family: family}
		causes := causesIn(family)
		for _, id := range slices.Sorted(maps.Keys(causes)) {
			n.Causes = append(n.Causes, Alternative{ID: id, Title: causes[id].Title})
		}
		all = append(all, n)
	}
	return all
})

// causeByID returns an entry of the knowledge base. Only the file it stands in
// is parsed: a diagnosis names a handful of causes, and it has to be quick.
func causeByID(id string) (cause, bool) {
	family, ok := familyOf()[id]
	if !ok {
		return cause{}, false
	}
	c, ok := causesIn(family)[id]
	return c, ok
}

// familyOf says in which file each cause stands, by the headings alone.
var familyOf = sync.OnceValue(func() map[string]string {
	families := map[string]string{}
	for _, family := range assets.CauseFamilies() {
		for _, part := range strings.Split(assets.Causes(family), "\n[")[1:] {
			if id, _, ok := strings.Cut(part, "]\n"); ok {
				families[id] = family
			}
		}
	}
	return families
})

var (
	causesMu     sync.Mutex
	causesParsed = map[string]map[string]cause{}
)

// causesIn returns the causes of a family.
func causesIn(family string) map[string]cause {
	causesMu.Lock()
	defer causesMu.Unlock()
	if m := causesParsed[family]; m != nil {
		return m
	}
	m := map[string]cause{}
	mustParse(family, &m)
	for id, c := range m {
		c.ID = id
		m[id] = c
	}
	causesParsed[family] = m
	return m
}

// mustParse reads a file of assets/causes. The files are part of the program
// and tested: one that cannot be read is a bug.
func mustParse(name string, into any) {
	if _, err := toml.Decode(assets.Causes(name), into); err != nil {
		panic(fmt.Sprintf("inspect: assets/causes/%s.toml: %v", name, err))
	}
}
