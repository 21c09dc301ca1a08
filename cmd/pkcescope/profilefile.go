package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/pelletier/go-toml/v2"

	"github.com/pkcescope/pkcescope/flow"
)

// configDirEnv names the directory that holds the profiles, if it is not the
// user's own.
const configDirEnv = "PKCESCOPE_CONFIG_DIR"

// profileFile is the store of saved clients: one TOML file that a person can
// edit, with a table for each profile. It holds no secrets, because
// [savedProfile] has no field for one, and is readable by its owner only
// because client and tenant ids are nobody else's business.
type profileFile struct{ path string }

// savedProfile is a [profile.NAME] table. Its keys are the names that the
// JSON output has for the same things.
type savedProfile struct {
	Issuer           string            `toml:"issuer,omitempty"`
	ClientID         string            `toml:"client_id"`
	Platform         flow.Platform     `toml:"platform,omitempty" comment:"web, spa or native"`
	AuthMethod       flow.AuthMethod   `toml:"auth_method,omitempty" comment:"none, client_secret_post or client_secret_basic"`
	RedirectURI      string            `toml:"redirect_uri,omitempty"`
	Scopes           []string          `toml:"scopes,omitempty"`
	Method           flow.Method       `toml:"method,omitempty" comment:"S256, plain, none or omitted"`
	VerifierLength   int               `toml:"verifier_length,omitempty"`
	AllowBadVerifier bool              `toml:"allow_bad_verifier,omitempty"`
	ResponseMode     flow.ResponseMode `toml:"response_mode,omitempty"`
	Prompt           string            `toml:"prompt,omitempty"`
	LoginHint        string            `toml:"login_hint,omitempty"`
	DomainHint       string            `toml:"domain_hint,omitempty"`
	Paste            bool              `toml:"paste,omitempty"`
	UserInfo         bool              `toml:"userinfo,omitempty"`
	Refresh          bool              `toml:"refresh,omitempty"`
	Provider         *savedProvider    `toml:"provider,omitempty"`
}

// savedProvider holds endpoints that were set by hand, for a provider without
// metadata. What discovery finds is not saved: it is asked for again.
type savedProvider struct {
	AuthorizationEndpoint string `toml:"authorization_endpoint,omitempty"`
	TokenEndpoint         string `toml:"token_endpoint,omitempty"`
	UserInfoEndpoint      string `toml:"userinfo_endpoint,omitempty"`
	JWKSURI               string `toml:"jwks_uri,omitempty"`
}

// profileDocument is the whole file.
type profileDocument struct {
	Profile map[string]savedProfile `toml:"profile"`
}

// openProfiles finds the file. It need not exist.
func openProfiles() (profileFile, error) {
	dir := os.Getenv(configDirEnv)
	if dir == "" {
		user, err := os.UserConfigDir()
		if err != nil {
			return profileFile{}, fmt.Errorf("no place for profiles: %w (set %s)", err, configDirEnv)
		}
		dir = filepath.Join(user, "pkcescope")
	}
	return profileFile{filepath.Join(dir, "profiles.toml")}, nil
}

// Names implements [tui.Profiles].
func (p profileFile) Names() ([]string, error) {
	doc, _, err := p.read()
	return slices.Sorted(maps.Keys(doc.Profile)), err
}

// Load implements [tui.Profiles].
func (p profileFile) Load(name string) (flow.Config, error) {
	doc, _, err := p.read()
	if err != nil {
		return flow.Config{}, err
	}
	saved, ok := doc.Profile[name]
	if !ok {
		have := "There are no profiles in " + p.path + " yet."
		if len(doc.Profile) > 0 {
			have = "There are: " + strings.Join(slices.Sorted(maps.Keys(doc.Profile)), ", ") + "."
		}
		return flow.Config{}, wrongUsage(have, "No profile is called %q.", name)
	}
	return saved.config(name), nil
}

// Save implements [tui.Profiles]. Comments and the order of the other tables
// are kept.
func (p profileFile) Save(name string, c flow.Config) (string, error) {
	if err := validProfileName(name); err != nil {
		return "", err
	}
	doc, old, err := p.read()
	if err != nil {
		return "", err // never write over what could not be read
	}
	saved := saveable(c)
	table, err := toml.Marshal(saved.document(name))
	if err != nil {
		return "", err
	}
	// The encoder announces the enclosing table, which the file has already.
	table = bytes.TrimPrefix(table, []byte("[profile]\n"))

	if doc.Profile == nil {
		doc.Profile = map[string]savedProfile{}
	}
	doc.Profile[name] = saved
	text := replaceTable(old, name, table)
	if got, err := p.parse(text); err != nil || !reflect.DeepEqual(got, doc) {
		// A table was hidden where a line by line reading does not find it.
		if text, err = toml.Marshal(doc); err != nil {
			return "", err
		}
	}
	if err := os.MkdirAll(filepath.Dir(p.path), 0o700); err != nil {
		return "", err
	}
	return p.path, replaceFile(p.path, text)
}

// read returns the profiles and the text they stand in.
func (p profileFile) read() (profileDocument, []byte, error) {
	text, err := os.ReadFile(p.path)
	if errors.Is(err, fs.ErrNotExist) {
		return profileDocument{}, nil, nil
	}
	if err != nil {
		return profileDocument{}, nil, err
	}
	doc, err := p.parse(text)
	return doc, text, err
}

// parse reads the file's text. The error names the line and the field.
func (p profileFile) parse(text []byte) (profileDocument, error) {
	var doc profileDocument
	err := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(&doc)
	if err == nil {
		return doc, p.check(doc, text)
	}
	what, line, key := err.Error(), 0, toml.Key(nil)
	if unknown, ok := errors.AsType[*toml.StrictMissingError](err); ok && len(unknown.Errors) > 0 {
		line, _ = unknown.Errors[0].Position()
		key = unknown.Errors[0].Key()
		what = fmt.Sprintf("unknown field %q", key[len(key)-1])
		if secretField(key[len(key)-1]) {
			return profileDocument{}, p.fault(line, key, what+": secrets are not kept in profiles",
				"Take it out and set "+secretEnv+" instead.")
		}
	} else if bad, ok := errors.AsType[*toml.DecodeError](err); ok {
		line, _ = bad.Position()
		key = bad.Key()
		what = strings.TrimPrefix(bad.Error(), "toml: ")
	}
	return profileDocument{}, p.fault(line, key, what, "Fields are named as in `pkcescope profile show NAME`.")
}

// check looks at what TOML's types do not.
func (p profileFile) check(doc profileDocument, text []byte) error {
	for _, name := range slices.Sorted(maps.Keys(doc.Profile)) {
		s := doc.Profile[name]
		for _, e := range []struct {
			field string
			err   error
		}{
			{"platform", known(s.Platform, platforms)},
			{"auth_method", known(s.AuthMethod, authMethods)},
			{"method", known(s.Method, methods)},
			{"response_mode", known(s.ResponseMode, responseModes)},
		} {
			if e.err != nil {
				return p.fault(lineOf(text, name, e.field), toml.Key{"profile", name, e.field}, e.err.Error(), "")
			}
		}
		if s.ClientID == "" {
			return p.fault(lineOf(text, name, ""), toml.Key{"profile", name, "client_id"},
				"the client id is missing", `Add client_id = "…".`)
		}
	}
	return nil
}

// fault is an error in the file.
func (p profileFile) fault(line int, key toml.Key, what, try string) error {
	where := p.path
	if line > 0 {
		where += fmt.Sprintf(", line %d", line)
	}
	if len(key) > 0 {
		where += ", " + strings.Join(key, ".")
	}
	return wrongUsage(try, "%s: %s.", where, what)
}

// secretField says whether someone tried to keep a secret here.
func secretField(name string) bool {
	name = strings.ToLower(name)
	return strings.Contains(name, "secret") || strings.Contains(name, "password")
}

// validProfileName refuses names that cannot be typed after --profile.
func validProfileName(name string) error {
	if strings.TrimSpace(name) == "" || strings.HasPrefix(name, "-") || strings.ContainsFunc(name, unicode.IsControl) {
		return wrongUsage("Use letters, digits, blanks, - and _.", "%q cannot be a profile's name.", name)
	}
	return nil
}

// saveable returns what is kept of c.
func saveable(c flow.Config) savedProfile {
	s := savedProfile{
		Issuer: c.Issuer, ClientID: c.ClientID, Platform: c.Platform, AuthMethod: c.AuthMethod,
		RedirectURI: c.RedirectURI, Scopes: c.Scopes, Method: c.Method, VerifierLength: c.VerifierLength,
		AllowBadVerifier: c.AllowBadVerifier, ResponseMode: c.ResponseMode, Prompt: c.Prompt,
		LoginHint: c.LoginHint, DomainHint: c.DomainHint, Paste: c.Paste, UserInfo: c.UserInfo, Refresh: c.Refresh,
	}
	if p := c.Provider; c.Issuer == "" {
		s.Provider = &savedProvider{p.AuthorizationEndpoint, p.TokenEndpoint, p.UserInfoEndpoint, p.JWKSURI}
	}
	return s
}

// config is the reverse of [saveable].
func (s savedProfile) config(name string) flow.Config {
	c := flow.Config{
		Name: name, Issuer: s.Issuer, ClientID: s.ClientID, Platform: s.Platform, AuthMethod: s.AuthMethod,
		RedirectURI: s.RedirectURI, Scopes: s.Scopes, Method: s.Method, VerifierLength: s.VerifierLength,
		AllowBadVerifier: s.AllowBadVerifier, ResponseMode: s.ResponseMode, Prompt: s.Prompt,
		LoginHint: s.LoginHint, DomainHint: s.DomainHint, Paste: s.Paste, UserInfo: s.UserInfo, Refresh: s.Refresh,
	}
	if p := s.Provider; p != nil {
		c.Provider = flow.Provider{
			AuthorizationEndpoint: p.AuthorizationEndpoint, TokenEndpoint: p.TokenEndpoint,
			UserInfoEndpoint: p.UserInfoEndpoint, JWKSURI: p.JWKSURI,
		}
	}
	return c
}

// replaceTable returns text with the tables of the profile replaced by table,
// or with table at the end if there were none.
func replaceTable(text []byte, name string, table []byte) []byte {
	var before, after bytes.Buffer
	out, found := &before, false
	for line := range bytes.Lines(text) {
		if key, ok := header(line); ok {
			if len(key) >= 2 && key[0] == "profile" && key[1] == name {
				out, found = nil, true
			} else if found {
				out = &after
			}
		}
		if out != nil {
			out.Write(line)
		}
	}
	if before.Len() > 0 && !bytes.HasSuffix(before.Bytes(), []byte("\n\n")) {
		before.WriteString("\n")
	}
	before.Write(table)
	if after.Len() > 0 {
		before.WriteString("\n")
	}
	before.Write(after.Bytes())
	return before.Bytes()
}

// header returns the key of a line that is a table's header.
func header(line []byte) (key []string, ok bool) {
	if !bytes.HasPrefix(bytes.TrimLeft(line, " \t"), []byte("[")) {
		return nil, false
	}
	var tree map[string]any
	if toml.Unmarshal(line, &tree) != nil {
		return nil, false
	}
	for len(tree) == 1 {
		for k, v := range tree {
			key = append(key, k)
			tree, _ = v.(map[string]any)
		}
	}
	return key, len(key) > 0
}

// lineOf returns the number of the line that sets field in the profile, or of
// the profile's header, or 0.
func lineOf(text []byte, name, field string) int {
	n, at, inside := 0, 0, false
	for line := range bytes.Lines(text) {
		n++
		if key, ok := header(line); ok {
			inside = slices.Equal(key, []string{"profile", name})
			if inside {
				at = n
			}
		}
		k, _, assigns := strings.Cut(string(line), "=")
		if inside && assigns && field != "" && strings.Trim(k, " \t\"") == field {
			return n
		}
	}
	return at
}

// document returns a file that holds the profile alone.
func (s savedProfile) document(name string) profileDocument {
	return profileDocument{map[string]savedProfile{name: s}}
}
