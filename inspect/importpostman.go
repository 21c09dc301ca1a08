package inspect

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// importPostman reads the first OAuth 2.0 configuration of a collection, in the
// format 2.0 or 2.1: https://schema.postman.com/
func importPostman(collection map[string]any) (Imported, error) {
	in := Imported{From: "a Postman collection"}
	type config struct {
		path string
		auth map[string]any
	}
	var found []config
	variables := map[string]string{}
	visit(collection, "", func(path string, object map[string]any) {
		if auth, ok := object["oauth2"]; ok && object["type"] == "oauth2" {
			found = append(found, config{path, postmanPairs(auth)})
		}
	})
	for _, v := range postmanList(collection["variable"]) {
		if s, ok := v["value"].(string); ok {
			variables[textOf(v["key"])] = s
		}
	}
	if len(found) == 0 {
		return in, &flow.Error{
			Kind: flow.KindRefused, What: "The collection has no OAuth 2.0 configuration.",
			Why: "No Authorization of it, or of a request in it, is of the type OAuth 2.0.",
			Try: "Export the collection whose requests ask for the token.",
		}
	}
	// The collection's own comes before that of a request in it.
	slices.SortFunc(found, func(a, b config) int {
		if d := len(a.path) - len(b.path); d != 0 {
			return d
		}
		return strings.Compare(a.path, b.path)
	})
	for _, other := range found[1:] {
		if !maps.EqualFunc(other.auth, found[0].auth, func(a, b any) bool { return fmt.Sprint(a) == fmt.Sprint(b) }) {
			in.note("The collection has %d OAuth 2.0 configurations; the first was taken.", len(found))
			break
		}
	}
	auth, where := found[0].auth, strings.TrimPrefix(found[0].path+".oauth2", ".")
	get := func(name string) string {
		s, ok := auth[name].(string)
		if !ok {
			return ""
		}
		return in.fill(s, variables)
	}
	for _, name := range slices.Sorted(maps.Keys(auth)) {
		if s, ok := auth[name].(string); ok && s != "" && settingName(name) == "secret" {
			in.secret(name, where+"."+name)
		}
	}
	c := &in.Config
	c.ClientID, c.RedirectURI = get("clientId"), get("redirect_uri")
	c.Scopes = strings.Fields(get("scope"))
	if authorize := get("authUrl"); authorize != "" {
		if err := in.endpoints(authorize, get("accessTokenUrl")); err != nil {
			return in, err
		}
	}
	c = &in.Config
	in.postmanGrant(get("grant_type"), get("challengeAlgorithm"))
	switch {
	case get("clientSecret") == "" && len(in.Secrets) == 0:
		c.AuthMethod = ""
	case get("client_authentication") == "body":
		c.AuthMethod, c.Platform = flow.AuthPost, flow.PlatformWeb
	default: // Postman's own
		c.AuthMethod, c.Platform = flow.AuthBasic, flow.PlatformWeb
	}
	for _, p := range postmanList(auth["authRequestParams"]) {
		name, value := textOf(p["key"]), in.fill(textOf(p["value"]), variables)
		switch {
		case name == "" || p["enabled"] == false || p["disabled"] == true:
		case name == "resource":
			c.Ask.Resources = append(c.Ask.Resources, value)
		case name == "prompt":
			c.Prompt = value
		case secretParameter(name):
			in.secret(name, where+".authRequestParams")
		default:
			if c.Ask.Parameters == nil {
				c.Ask.Parameters = map[string]string{}
			}
			c.Ask.Parameters[name] = value
		}
	}
	return in, nil
}

// postmanGrant takes the grant, which decides about PKCE.
func (in *Imported) postmanGrant(grant, algorithm string) {
	switch grant {
	case "authorization_code_with_pkce":
		in.Config.Method = flow.MethodS256
		if algorithm == string(flow.MethodPlain) {
			in.Config.Method = flow.MethodPlain
		}
	case "", "authorization_code": // the default
		in.Config.Method = flow.MethodNone
		in.note("Postman's grant is Authorization Code without PKCE, and so is this profile.")
	default:
		in.note("Postman's grant is %q; this program walks the authorization code flow, with PKCE.", short(grant, 60))
	}
}

// postmanPairs reads an object, or the list of keys and values that the format
// 2.1 has in its place.
func postmanPairs(v any) map[string]any {
	if object, ok := v.(map[string]any); ok {
		return object
	}
	pairs := map[string]any{}
	for _, p := range postmanList(v) {
		pairs[textOf(p["key"])] = p["value"]
	}
	return pairs
}

func postmanList(v any) []map[string]any {
	list, _ := v.([]any)
	var objects []map[string]any
	for _, x := range list {
		if o, ok := x.(map[string]any); ok {
			objects = append(objects, o)
		}
	}
	return objects
}

func textOf(v any) string { s, _ := v.(string); return s }

var postmanVariable = regexp.MustCompile(`\{\{\s*([^{}]+?)\s*\}\}`)

// fill puts the collection's variables in. One that it does not know is left
// out, and told.
func (in *Imported) fill(s string, variables map[string]string) string {
	return postmanVariable.ReplaceAllStringFunc(s, func(m string) string {
		name := postmanVariable.FindStringSubmatch(m)[1]
		v, ok := variables[name]
		if !ok || v == "" {
			in.note("The variable {{%s}} stands in an environment of Postman, and not in the collection.", short(name, 60))
			return ""
		}
		return v
	})
}

// importEnvironment reads the variables of a Postman environment. Those of the
// type secret are secrets whatever they are called.
func importEnvironment(values []any) (Imported, error) {
	in := Imported{From: "a Postman environment"}
	var settings []appSetting
	for _, v := range postmanList(values) {
		name, value := textOf(v["key"]), textOf(v["value"])
		if v["enabled"] == false || value == "" {
			continue
		}
		if v["type"] == "secret" && settingName(name) != "client" {
			in.secret(name, "the variable "+name)
			continue
		}
		settings = append(settings, appSetting{name, value, "the variable " + name})
	}
	return in, in.take(settings)
}
