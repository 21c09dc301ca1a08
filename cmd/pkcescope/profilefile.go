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
	"unicode/utf8"

	"github.com/BurntSushi/toml"

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
	Platform         flow.Platform     `toml:"platform,omitempty"`
	AuthMethod       flow.AuthMethod   `toml:"auth_method,omitempty"`
	KeyFile          string            `toml:"key_file,omitempty"`
	CertificateFile  string            `toml:"certificate_file,omitempty"`
	KeyID            string            `toml:"key_id,omitempty"`
	Origin           string            `toml:"origin,omitempty"`
	RedirectURI      string            `toml:"redirect_uri,omitempty"`
	Scopes           []string          `toml:"scopes,omitempty"`
	Method           flow.Method       `toml:"method,omitempty"`
	VerifierLength   int               `toml:"verifier_length,omitzero"`
	AllowBadVerifier bool              `toml:"allow_bad_verifier,omitempty"`
	ResponseMode     flow.ResponseMode `toml:"response_mode,omitempty"`
	Prompt           string            `toml:"prompt,omitempty"`
	LoginHint        string            `toml:"login_hint,omitempty"`
	DomainHint       string            `toml:"domain_hint,omitempty"`
	Paste            bool              `toml:"paste,omitempty"`
	UserInfo         bool              `toml:"userinfo,omitempty"`
	Refresh          bool              `toml:"refresh,omitempty"`
	Provider         *savedProvider    `toml:"provider,omitempty"`
	Extensions       *savedExtensions  `toml:"extensions,omitempty"`
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

// configDir is the directory of what this program keeps. It need not exist.
func configDir() (string, error) {
	if dir := os.Getenv(configDirEnv); dir != "" {
		return dir, nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", wrongUsage("Set "+configDirEnv+" to a directory.", "There is no place for profiles: %s.", err)
	}
	return filepath.Join(dir, "pkcescope"), nil
}

// openProfiles finds the file. It need not exist.
func openProfiles() (profileFile, error) {
	dir, err := configDir()
	return profileFile{filepath.Join(dir, "profiles.toml")}, err
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
		have := "There are no profiles in " + p.path + " yet; pkcescope profile add NAME makes one."
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
	text, err := p.put(old, doc, name, saveable(c))
	if err != nil {
		return "", err
	}
	return p.path, p.write(text)
}

// write replaces the file. Nobody but its owner can read it.
func (p profileFile) write(text []byte) error {
	if err := os.MkdirAll(filepath.Dir(p.path), 0o700); err != nil {
		return err
	}
	return replaceFile(p.path, text)
}

// profileFileHead stands at the top of a new file.
const profileFileHead = `# Clients of pkcescope. Secrets are never kept here.
`

// encodeTOML writes a file's text. The encoder announces the enclosing table,
// which says nothing.
func encodeTOML(doc profileDocument) ([]byte, error) {
	var b bytes.Buffer
	e := toml.NewEncoder(&b)
	e.Indent = ""
	err := e.Encode(doc)
	return bytes.TrimLeft(bytes.TrimPrefix(b.Bytes(), []byte("[profile]\n")), "\n"), err
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
	read, err := toml.Decode(string(text), &doc)
	if bad, ok := errors.AsType[toml.ParseError](err); ok {
		return profileDocument{}, p.fault(bad.Position.Line, nil, bad.Message,
			"A profile looks like this: [profile.NAME], and below it lines of FIELD = VALUE.")
	}
	if err != nil {
		if fault := p.kindFault(err); fault != nil {
			return profileDocument{}, fault
		}
		return profileDocument{}, p.fault(0, nil, strings.TrimPrefix(err.Error(), "toml: "), "")
	}
	if unknown := read.Undecoded(); len(unknown) > 0 {
		key := unknown[0]
		field := key[len(key)-1]
		if secretField(field) {
			return profileDocument{}, p.fault(lineOf(text, key), key, "Secrets are not kept in profiles",
				"Take it out and set "+secretEnv+" instead.")
		}
		fields := fieldsOf(key)
		try := "The fields are " + strings.Join(fields, ", ") + "."
		if near := nearest(field, fields); near != "" {
			try = fmt.Sprintf("Did you mean %s? %s", near, try)
		}
		return profileDocument{}, p.fault(lineOf(text, key), key, fmt.Sprintf("There is no field %q", field), try)
	}
	return doc, p.check(doc, text)
}

// profileFields are the names of a profile's fields.
func profileFields() []string { return tagsOf(reflect.TypeFor[savedProfile]()) }

// fieldsOf are the names that the last part of a key may have: the fields of
// the table that it stands in.
func fieldsOf(key toml.Key) []string {
	switch {
	case len(key) == 1:
		return []string{"profile"}
	case len(key) > 3 && key[2] == "provider":
		return tagsOf(reflect.TypeFor[savedProvider]())
	case len(key) > 3 && key[2] == "extensions":
		return tagsOf(reflect.TypeFor[savedExtensions]())
	}
	return profileFields()
}

func tagsOf(t reflect.Type) []string {
	var names []string
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("toml"), ",")
		names = append(names, name)
	}
	return names
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
				key := toml.Key{"profile", name, e.field}
				return p.fault(lineOf(text, key), key, e.err.Error(), "")
			}
		}
		if s.ClientID == "" {
			return p.fault(lineOf(text, toml.Key{"profile", name}), toml.Key{"profile", name},
				"The client id is missing", `Add client_id = "…".`)
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
	if strings.TrimSpace(name) == "" || strings.HasPrefix(name, "-") || !utf8.ValidString(name) ||
		strings.ContainsFunc(name, unicode.IsControl) {
		return wrongUsage("Use letters, digits, blanks, - and _.", "%q cannot be a profile's name.", name)
	}
	return nil
}

// saveable returns what is kept of c.
func saveable(c flow.Config) savedProfile {
	s := savedProfile{
		Issuer: c.Issuer, ClientID: c.ClientID, Platform: c.Platform, AuthMethod: c.AuthMethod,
		KeyFile: c.Credential.KeyFile, CertificateFile: c.Credential.CertificateFile, KeyID: c.Credential.KeyID, Origin: c.Origin,
		RedirectURI: c.RedirectURI, Scopes: c.Scopes, Method: c.Method, VerifierLength: c.VerifierLength,
		AllowBadVerifier: c.AllowBadVerifier, ResponseMode: c.ResponseMode, Prompt: c.Prompt,
		LoginHint: c.LoginHint, DomainHint: c.DomainHint, Paste: c.Paste, UserInfo: c.UserInfo, Refresh: c.Refresh,
		Extensions: saveableExtensions(c),
	}
	if p := c.Provider; c.Issuer == "" {
		s.Provider = &savedProvider{p.AuthorizationEndpoint, p.TokenEndpoint, p.UserInfoEndpoint, p.JWKSURI}
	}
	return s
}

// config is the reverse of [saveable].
func (s savedProfile) config(name string) flow.Config {
	c := flow.Config{
		Name: name, Issuer: s.Issuer, ClientID: s.ClientID, Platform: s.Platform, AuthMethod: s.AuthMethod, Origin: s.Origin,
		Credential: flow.Credential{
			KeyFile: s.KeyFile, CertificateFile: s.CertificateFile, KeyID: s.KeyID, Password: os.Getenv(passwordEnv),
		},
		RedirectURI: s.RedirectURI, Scopes: s.Scopes, Method: s.Method, VerifierLength: s.VerifierLength,
		AllowBadVerifier: s.AllowBadVerifier, ResponseMode: s.ResponseMode, Prompt: s.Prompt,
		LoginHint: s.LoginHint, DomainHint: s.DomainHint, Paste: s.Paste, UserInfo: s.UserInfo, Refresh: s.Refresh,
	}
	s.Extensions.apply(&c)
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
func header(line []byte) (toml.Key, bool) {
	if !bytes.HasPrefix(bytes.TrimLeft(line, " \t"), []byte("[")) {
		return nil, false
	}
	var tree map[string]any
	read, err := toml.Decode(string(line), &tree)
	if err != nil || len(read.Keys()) == 0 {
		return nil, false
	}
	keys := read.Keys()
	return keys[len(keys)-1], true
}

// lineOf returns the number of the line that sets key, or else of the header
// of the table that holds it, or 0.
func lineOf(text []byte, key toml.Key) int {
	table, field := key[:len(key)-1], key[len(key)-1]
	n, at, inside := 0, 0, false
	for line := range bytes.Lines(text) {
		n++
		if h, ok := header(line); ok {
			inside = slices.Equal(h, table)
			if inside || slices.Equal(h, key) {
				at = n
			}
		}
		k, _, assigns := strings.Cut(string(line), "=")
		if inside && assigns && strings.Trim(k, " \t\"'") == field {
			return n
		}
	}
	return at
}

// document returns a file that holds the profile alone.
func (s savedProfile) document(name string) profileDocument {
	return profileDocument{map[string]savedProfile{name: s}}
}
