package inspect

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/endpoints"

	"github.com/pkcescope/pkcescope/assets"
	"github.com/pkcescope/pkcescope/flow"
)

// Preset is what is known of a provider beforehand: how its issuer is made, and
// where its console keeps each setting.
type Preset struct {
	ID    string
	Name  string
	About string
	// Blanks are what is left to say. With Choices one of them is chosen.
	Blanks []Blank
	// Console says where a setting lives, by the field of a profile that it
	// goes into; "users" is who may sign in.
	Console map[string]string
	// Names are what the provider's console calls such a field, where that is
	// not what everybody calls it.
	Names  map[string]string
	Quirks []string
	Refs   []Ref

	templates map[string]string // of an issuer or endpoint, by its field
	authorize []string          // of an authorization endpoint, to know it by
	library   string            // name in golang.org/x/oauth2/endpoints
	hosts     []string          // domains that are the provider's own, where the template would take any
	scopes    []string
	auth      flow.AuthMethod
	platform  flow.Platform
}

// Blank is what a preset leaves to say.
type Blank struct {
	ID, Label, Hint, Example, Default string
	Optional                          bool
	// Choices are the words it may be; empty: any text.
	Choices []BlankChoice

	parameter string // the parameter of the authorization request that it is
}

// BlankChoice is a word of a blank: the word, what stands for it in the
// issuer, and its name for people.
type BlankChoice struct{ Word, Value, Label string }

// presetFile is the form of assets/presets.toml.
type presetFile struct {
	Preset []struct {
		ID          string            `toml:"id"`
		Name        string            `toml:"name"`
		About       string            `toml:"about"`
		Issuer      string            `toml:"issuer"`
		Authorize   string            `toml:"authorization_endpoint"`
		Token       string            `toml:"token_endpoint"`
		UserInfo    string            `toml:"userinfo_endpoint"`
		Keys        string            `toml:"jwks_uri"`
		At          []string          `toml:"authorize"`
		Endpoints   string            `toml:"endpoints"`
		Hosts       []string          `toml:"hosts"`
		Scopes      []string          `toml:"scopes"`
		Auth        flow.AuthMethod   `toml:"auth_method"`
		Platform    flow.Platform     `toml:"platform"`
		Console     map[string]string `toml:"console"`
		Names       map[string]string `toml:"names"`
		Quirks      []string          `toml:"quirks"`
		Refs        []string          `toml:"refs"`
		BlankTables []struct {
			ID        string     `toml:"id"`
			Label     string     `toml:"label"`
			Hint      string     `toml:"hint"`
			Example   string     `toml:"example"`
			Default   string     `toml:"default"`
			Optional  bool       `toml:"optional"`
			Parameter string     `toml:"parameter"`
			Choices   [][]string `toml:"choices"`
		} `toml:"blank"`
	} `toml:"preset"`
}

// libraryEndpoints are those that golang.org/x/oauth2 knows of providers
// without metadata.
var libraryEndpoints = map[string]oauth2.Endpoint{"github": endpoints.GitHub}

var presets = sync.OnceValue(func() []Preset {
	var file presetFile
	if _, err := toml.Decode(assets.Presets, &file); err != nil {
		panic(err) // it is embedded
	}
	var all []Preset
	for _, f := range file.Preset {
		p := Preset{
			ID: f.ID, Name: f.Name, About: f.About, Console: f.Console, Names: f.Names, Quirks: f.Quirks,
			authorize: f.At, library: f.Endpoints, hosts: f.Hosts, scopes: f.Scopes, auth: f.Auth, platform: f.Platform,
			templates: map[string]string{},
		}
		for field, template := range map[string]string{
			"issuer": f.Issuer, "authorization_endpoint": f.Authorize, "token_endpoint": f.Token,
			"userinfo_endpoint": f.UserInfo, "jwks_uri": f.Keys,
		} {
			if template != "" {
				p.templates[field] = template
			}
		}
		for _, r := range f.Refs {
			p.Refs = append(p.Refs, parseRef(r))
		}
		for _, b := range f.BlankTables {
			blank := Blank{ID: b.ID, Label: b.Label, Hint: b.Hint, Example: b.Example, Default: b.Default, Optional: b.Optional, parameter: b.Parameter}
			for _, c := range b.Choices {
				blank.Choices = append(blank.Choices, BlankChoice{c[0], c[1], c[2]})
			}
			p.Blanks = append(p.Blanks, blank)
		}
		all = append(all, p)
	}
	return all
})

// Presets returns the presets in the order in which they are offered. The
// slice is the caller's, what it holds is not.
func Presets() []Preset { return slices.Clone(presets()) }

// FindPreset returns the preset of that id. The error is an [*flow.Error] that
// names what there is.
func FindPreset(id string) (Preset, error) {
	var names []string
	for _, p := range presets() {
		if p.ID == strings.ToLower(id) {
			return p, nil
		}
		names = append(names, p.ID)
	}
	return Preset{}, &flow.Error{
		Kind: flow.KindRefused, What: fmt.Sprintf("There is no preset %q.", id),
		Try: "The presets are " + strings.Join(names, ", ") + ".",
	}
}

// Blank returns the blank of that id.
func (p Preset) Blank(id string) (Blank, bool) {
	i := slices.IndexFunc(p.Blanks, func(b Blank) bool { return b.ID == id })
	if i < 0 {
		return Blank{}, false
	}
	return p.Blanks[i], true
}

// value is what stands for a filled blank.
func (b Blank) value(given string) (string, error) {
	given = strings.TrimSpace(given)
	refuse := func(what, try string) (string, error) {
		return "", &flow.Error{Kind: flow.KindRefused, What: what, Why: b.Hint, Try: try}
	}
	if len(b.Choices) > 0 {
		var words []string
		for i, c := range b.Choices {
			if strings.EqualFold(given, c.Word) || given == "" && i == 0 {
				return c.Value, nil
			}
			words = append(words, c.Word)
		}
		return refuse(fmt.Sprintf("%s cannot be %q.", b.Label, given), "Choose "+strings.Join(words, ", ")+".")
	}
	if given == "" {
		given = b.Default
	}
	switch {
	case given == "" && !b.Optional:
		return refuse(b.Label+" is not filled in.", fmt.Sprintf("For example %s=%s.", b.ID, b.Example))
	case strings.ContainsAny(given, " \t\r\n\"<>{}"):
		return refuse(fmt.Sprintf("%s cannot be %q: it holds blanks or brackets.", b.Label, given), fmt.Sprintf("For example %s=%s.", b.ID, b.Example))
	}
	return given, nil
}

// Read returns what stands in the issuer for a blank that was filled in. The
// error is an [*flow.Error] that says what is wrong with it.
func (p Preset) Read(b Blank, given string) (string, error) {
	v, err := b.value(given)
	switch {
	case err != nil || b.parameter != "" || len(b.Choices) > 0 || v == "":
		return v, err
	case p.ID == "oidc":
		return flow.IssuerFrom(v)
	case p.whole(b.ID):
		return strings.TrimSuffix(v, "/"), nil
	}
	// People copy the address where only its host is meant.
	v = strings.TrimSuffix(strings.TrimPrefix(v, "https://"), "/")
	if p.ID == "entra" && b.ID == "tenant" { // it has one of three forms
		_, err = flow.IssuerFrom(v)
	}
	return v, err
}

// whole says whether a blank stands for a whole address.
func (p Preset) whole(id string) bool {
	for _, t := range p.templates {
		if strings.HasPrefix(t, "{"+id+"}") {
			return true
		}
	}
	return false
}

// Apply returns c as a client of the preset, its blanks filled in by their ids.
// What the person set already is kept, but not another provider's endpoints.
// The error is an [*flow.Error] that names the blank.
func (p Preset) Apply(c flow.Config, filled map[string]string) (flow.Config, error) {
	for _, id := range slices.Sorted(maps.Keys(filled)) {
		if _, ok := p.Blank(id); !ok {
			var names []string
			for _, b := range p.Blanks {
				names = append(names, b.ID)
			}
			try := "It has none."
			if len(names) > 0 {
				try = "It has " + strings.Join(names, ", ") + "."
			}
			return c, &flow.Error{Kind: flow.KindRefused, What: fmt.Sprintf("The preset %s has no blank %q.", p.ID, id), Try: try}
		}
	}
	filled = p.unpacked(filled)
	values := map[string]string{}
	parameters := maps.Clone(c.Ask.Parameters)
	if former, _, ok := PresetOf(c); ok && former.ID != p.ID {
		for _, b := range former.Blanks {
			delete(parameters, b.parameter)
		}
	}
	for _, b := range p.Blanks {
		v, err := p.Read(b, filled[b.ID])
		if err != nil {
			return c, err
		}
		if b.parameter != "" {
			delete(parameters, b.parameter)
			if v != "" {
				if parameters == nil {
					parameters = map[string]string{}
				}
				parameters[b.parameter] = v
			}
			continue
		}
		values[b.ID] = v
	}
	fill := func(template string) string {
		return braces.ReplaceAllStringFunc(template, func(s string) string { return values[s[1:len(s)-1]] })
	}
	issuer := fill(p.templates["issuer"])
	provider := flow.Provider{
		AuthorizationEndpoint: fill(p.templates["authorization_endpoint"]), TokenEndpoint: fill(p.templates["token_endpoint"]),
		UserInfoEndpoint: fill(p.templates["userinfo_endpoint"]), JWKSURI: fill(p.templates["jwks_uri"]),
	}
	if e, ok := libraryEndpoints[p.library]; ok {
		provider.AuthorizationEndpoint, provider.TokenEndpoint = e.AuthURL, e.TokenURL
	}
	if issuer == "" || issuer != c.Issuer {
		c.Provider = provider
	}
	c.Issuer, c.Ask.Parameters = issuer, parameters
	if len(c.Scopes) == 0 {
		c.Scopes = slices.Clone(p.scopes)
	}
	if c.AuthMethod == "" {
		c.AuthMethod = p.auth
	}
	if c.Platform == "" {
		c.Platform = p.platform
	}
	return c, nil
}

// unpacked takes apart a whole issuer that was given for one of its blanks.
func (p Preset) unpacked(filled map[string]string) map[string]string {
	for id, given := range filled {
		whole := map[string]string{}
		if !p.whole(id) && strings.Contains(given, "://") && p.read(p.templates["issuer"], strings.TrimSpace(given), whole) {
			out := maps.Clone(filled)
			maps.Copy(out, whole)
			return out
		}
	}
	return filled
}

var braces = regexp.MustCompile(`\{[a-z]+\}`)

// PresetOf returns the preset that a client is of, and how its blanks are
// filled: read off its issuer and endpoints, so that it need not be kept. A
// client without an issuer or endpoints is of none.
func PresetOf(c flow.Config) (Preset, map[string]string, bool) {
	for _, p := range presets() {
		if filled, ok := p.match(c); ok {
			return p, filled, true
		}
	}
	return Preset{}, nil, false
}

// match reads the blanks off a configuration, and says whether it is of p.
func (p Preset) match(c flow.Config) (map[string]string, bool) {
	if c.Issuer == "" && c.Provider.AuthorizationEndpoint == "" || c.Practice {
		return nil, false
	}
	filled := map[string]string{}
	if e, ok := libraryEndpoints[p.library]; ok {
		return filled, c.Issuer == "" && c.Provider.AuthorizationEndpoint == e.AuthURL
	}
	fields := map[string]string{"issuer": c.Issuer}
	if p.templates["issuer"] != "" && c.Issuer == "" {
		return nil, false
	}
	if p.templates["issuer"] == "" {
		if c.Issuer != "" {
			return nil, false
		}
		fields = map[string]string{
			"authorization_endpoint": c.Provider.AuthorizationEndpoint, "token_endpoint": c.Provider.TokenEndpoint,
			"userinfo_endpoint": c.Provider.UserInfoEndpoint, "jwks_uri": c.Provider.JWKSURI,
		}
	}
	for field, value := range fields {
		if !p.read(p.templates[field], value, filled) {
			return nil, false
		}
	}
	for _, b := range p.Blanks {
		if b.parameter == "" {
			continue
		}
		v := c.Ask.Parameters[b.parameter]
		for _, choice := range b.Choices {
			if choice.Value == v {
				v = choice.Word
			}
		}
		filled[b.ID] = v
	}
	return filled, p.own(c.Issuer)
}

// presetAt returns the preset whose authorization endpoint that is, with its
// blanks.
func presetAt(endpoint string) (Preset, map[string]string, bool) {
	for _, p := range presets() {
		if e, ok := libraryEndpoints[p.library]; ok && endpoint == e.AuthURL {
			return p, nil, true
		}
		for _, template := range p.authorize {
			filled := map[string]string{}
			if p.own(endpoint) && p.read(template, endpoint, filled) {
				return p, filled, true
			}
		}
	}
	return Preset{}, nil, false
}

// own says whether an issuer is surely the preset's, where its template would
// take any.
func (p Preset) own(issuer string) bool {
	if len(p.hosts) == 0 {
		return true
	}
	u, err := url.Parse(issuer)
	return err == nil && slices.ContainsFunc(p.hosts, func(domain string) bool {
		return u.Hostname() == domain || strings.HasSuffix(u.Hostname(), "."+domain)
	})
}

// read fills the blanks of a template from a text that was made with it.
func (p Preset) read(template, text string, filled map[string]string) bool {
	pattern := "^" + regexp.QuoteMeta(template) + "$"
	var ids []string
	pattern = regexp.MustCompile(`\\\{[a-z]+\\\}`).ReplaceAllStringFunc(pattern, func(s string) string {
		ids = append(ids, s[2:len(s)-2])
		if p.whole(ids[len(ids)-1]) {
			return "(.*)"
		}
		return "([^/]+)"
	})
	m := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if m == nil {
		return false
	}
	for i, id := range ids {
		v := m[i+1]
		b, ok := p.Blank(id)
		if !ok {
			continue
		}
		if len(b.Choices) > 0 {
			at := slices.IndexFunc(b.Choices, func(c BlankChoice) bool { return c.Value == v })
			if at < 0 {
				return false
			}
			v = b.Choices[at].Word
		}
		if before, seen := filled[id]; seen && before != v {
			return false
		}
		filled[id] = v
	}
	return true
}
