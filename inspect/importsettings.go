package inspect

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// appSetting is a setting of an application as it was found: many names mean the
// same, and each framework has its own beginning for them.
type appSetting struct{ name, value, where string }

// settingNames are the ends of names, without signs and capitals, of the
// settings that a client is made of. The first that fits counts.
var settingNames = []struct{ end, what string }{
	{"clientsecret", "secret"},
	{"secretvalue", "secret"},
	{"secretkey", "secret"},
	{"certificatepassword", "secret"},
	{"password", "secret"},
	{"accesstoken", "secret"},
	{"refreshtoken", "secret"},
	{"idtoken", "secret"},
	{"privatekey", "secret"},
	{"postlogoutredirecturi", "logout"},
	{"clientid", "client"},
	{"applicationid", "client"},
	{"appid", "client"},
	{"consumerkey", "client"},
	{"tenantid", "tenant"},
	{"directoryid", "tenant"},
	{"tenantname", "tenant"},
	{"tenant", "tenant"},
	{"authority", "authority"},
	{"issuer", "authority"},
	{"issueruri", "authority"},
	{"issuerurl", "authority"},
	{"cloudinstance", "instance"},
	{"instance", "instance"},
	{"signupsigninpolicyid", "policy"},
	{"policy", "policy"},
	{"userflow", "policy"},
	{"auth0domain", "auth0"},
	{"oktadomain", "okta"},
	{"domain", "domain"},
	{"authurl", "authorize"},
	{"authorizeurl", "authorize"},
	{"authorizationurl", "authorize"},
	{"authorizationendpoint", "authorize"},
	{"accesstokenurl", "token"},
	{"tokenurl", "token"},
	{"tokenendpoint", "token"},
	{"callbackpath", "path"},
	{"redirecturi", "redirect"},
	{"redirecturl", "redirect"},
	{"callbackurl", "redirect"},
	{"replyurl", "redirect"},
	{"scope", "scopes"},
	{"scopes", "scopes"},
	{"audience", "audience"},
	{"secret", "secret"},
}

var signs = regexp.MustCompile(`[^a-z0-9]`)

// settingName says what a name of a setting means, or "".
func settingName(name string) string {
	plain := signs.ReplaceAllString(strings.ToLower(name), "")
	for _, n := range settingNames {
		if strings.HasSuffix(plain, n.end) {
			return n.what
		}
	}
	return ""
}

// placeholder says whether a value is one that is still to be filled in.
func placeholder(v string) bool {
	lower := strings.ToLower(v)
	return strings.HasPrefix(lower, "enter") && strings.Contains(lower, "here") || strings.HasPrefix(lower, "your") ||
		strings.HasPrefix(v, "<") || strings.HasPrefix(v, "[Enter") || strings.Contains(v, "{{") || strings.HasPrefix(v, "${") || strings.HasPrefix(v, "%")
}

// take makes a client of settings.
func (in *Imported) take(settings []appSetting) error {
	got := map[string]appSetting{}
	for _, s := range settings {
		what := settingName(s.name)
		s.value = strings.TrimSpace(s.value)
		switch _, before := got[what]; {
		case what == "" || s.value == "":
		case what == "secret":
			if !placeholder(s.value) {
				in.secret(s.name, s.where)
			}
		case placeholder(s.value):
			in.note("%s is still to be filled in: it says %q.", s.name, short(s.value, 60))
		case before && got[what].value != s.value:
			in.note("%s (%s) is left out: %s stands there too.", s.name, s.where, got[what].name)
		default:
			got[what] = s
		}
	}
	value := func(what string) string { return got[what].value }
	c := &in.Config
	c.ClientID, c.RedirectURI = value("client"), value("redirect")
	c.Scopes = strings.FieldsFunc(strings.Trim(value("scopes"), "[]"), func(r rune) bool { return strings.ContainsRune(" ,;\"'", r) })
	c.Afterwards.PostLogoutRedirectURI = value("logout")
	if p := value("path"); p != "" && c.RedirectURI == "" {
		in.note("The callback path is %q: the redirect URI is the app's own address with it.", short(p, 60))
		c.Platform = flow.PlatformWeb
	}
	if len(in.Secrets) > 0 {
		c.Platform = flow.PlatformWeb
	}
	if !slices.Contains(c.Scopes, "openid") && len(c.Scopes) > 0 {
		in.note("The scopes are those of an API; without openid there is no ID token.")
	}
	return in.settle(value)
}

// settle finds out which provider settings mean.
func (in *Imported) settle(value func(string) string) error {
	c := &in.Config
	apply := func(preset string, filled map[string]string) error {
		p, err := FindPreset(preset)
		if err != nil {
			return err
		}
		scopes := c.Scopes
		applied, err := p.Apply(*c, filled)
		if err == nil {
			applied.Scopes = scopes
			*c = applied
		}
		return err
	}
	authority, instance, tenant := value("authority"), value("instance"), value("tenant")
	if authority == "" && instance != "" {
		authority = strings.TrimSuffix(instance, "/")
		switch b2c := strings.Contains(instance, ".b2clogin.com"); {
		case b2c && value("domain") != "" && value("policy") != "":
			authority += "/" + value("domain") + "/" + value("policy")
		case tenant != "":
			authority += "/" + tenant
		}
	}
	switch {
	case authority != "":
		issuer, err := issuerOfAuthority(authority, tenant)
		if err != nil {
			in.note("%q cannot be an issuer: %s", short(authority, 80), err)
			return nil
		}
		c.Issuer = issuer
	case value("authorize") != "":
		if err := in.endpoints(value("authorize"), value("token")); err != nil {
			return err
		}
	case value("auth0") != "" || strings.HasSuffix(value("domain"), ".auth0.com"):
		return apply("auth0", map[string]string{"domain": value("auth0") + map[bool]string{true: value("domain")}[value("auth0") == ""], "audience": value("audience")})
	case value("okta") != "" || strings.HasSuffix(value("domain"), ".okta.com"):
		return apply("okta", map[string]string{"domain": value("okta") + map[bool]string{true: value("domain")}[value("okta") == ""]})
	case tenant != "":
		return apply("entra", map[string]string{"tenant": tenant})
	}
	return nil
}

// endpoints takes endpoints, and the issuer instead where they are a known
// provider's.
func (in *Imported) endpoints(authorize, token string) error {
	kept := in.Config
	if err := in.provider(authorize); err != nil {
		return err
	}
	c := in.Config
	in.Config = kept
	in.Config.Issuer, in.Config.Provider, in.Config.AuthMethod = c.Issuer, c.Provider, c.AuthMethod
	if c.Issuer == "" && token != "" {
		in.Config.Provider.TokenEndpoint = token
	}
	return nil
}

// issuerOfAuthority is the issuer that MSAL's authority, or an issuer as it is,
// stands for: MSAL leaves the version out.
// https://learn.microsoft.com/entra/identity-platform/msal-client-application-configuration#authority
func issuerOfAuthority(authority, tenant string) (string, error) {
	u, err := url.Parse(authority)
	if err != nil || u.Host == "" {
		return flow.IssuerFrom(authority)
	}
	host, path := u.Hostname(), strings.Trim(u.Path, "/")
	parts := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	base := u.Scheme + "://" + u.Host
	switch {
	case strings.HasSuffix(host, ".ciamlogin.com") && len(parts) < 2:
		name, _, _ := strings.Cut(host, ".")
		return base + "/" + name + ".onmicrosoft.com/v2.0", nil
	case strings.HasSuffix(host, ".b2clogin.com") && len(parts) > 1 && parts[len(parts)-1] != "v2.0":
		return base + "/" + strings.Join(parts[max(len(parts)-2, 0):], "/") + "/v2.0", nil
	case providerOfURL(authority).microsoft && len(parts) == 0 && tenant != "":
		return base + "/" + tenant + "/v2.0", nil
	case providerOfURL(authority).microsoft && len(parts) == 1 && host != "sts.windows.net":
		return base + "/" + parts[0] + "/v2.0", nil
	}
	return flow.IssuerFrom(authority)
}

// importLines reads the lines of a .env file: NAME=VALUE, perhaps quoted, with
// export before it or a remark behind.
func importLines(text string) (Imported, error) {
	in := Imported{From: "a .env file"}
	var settings []appSetting
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "export "))
		if line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "[") {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok {
			if name, value, ok = strings.Cut(line, ":"); !ok {
				continue
			}
		}
		settings = append(settings, appSetting{strings.Trim(strings.TrimSpace(name), `"'`), unquote(value), fmt.Sprintf("line %d", n)})
	}
	if !slices.ContainsFunc(settings, func(s appSetting) bool { return settingName(s.name) != "" }) {
		return in, &flow.Error{
			Kind: flow.KindRefused, What: "No client was found in it.", Why: "It is neither an address nor JSON, and no line of it is a setting of a client.",
			Try: "Give an authorize URL, a Postman collection or environment, an appsettings.json, or the lines of a .env file.",
		}
	}
	return in, in.take(settings)
}

// unquote takes the quotes from a value, or the remark behind one that has
// none.
func unquote(v string) string {
	v = strings.TrimSuffix(strings.TrimSpace(v), ",")
	if len(v) > 1 && (v[0] == '"' || v[0] == '\'') {
		if end := strings.IndexByte(v[1:], v[0]); end >= 0 {
			return v[1 : 1+end]
		}
	}
	if value, _, remark := strings.Cut(v, " #"); remark {
		v = value
	}
	return strings.TrimSpace(v)
}

// importJSON reads a JSON document of one of the known kinds.
func importJSON(text string) (Imported, error) {
	var document any
	if err := json.Unmarshal(withoutRemarks([]byte(text)), &document); err != nil {
		return Imported{}, &flow.Error{
			Kind: flow.KindRefused, What: "That begins like JSON and is none.", Why: err.Error() + ".",
			Try: "Copy the whole document.",
		}
	}
	if object, ok := document.(map[string]any); ok {
		_, info := object["info"]
		_, items := object["item"]
		if info && items {
			return importPostman(object)
		}
		if values, ok := object["values"].([]any); ok {
			return importEnvironment(values)
		}
	}
	return importSections(document)
}

// section is an object of a document, and the path to it.
type section struct {
	path   string
	values map[string]any
}

// importSections reads the object of a document that names a client id:
// AzureAd of an appsettings.json, auth of a configuration of MSAL.
func importSections(document any) (Imported, error) {
	in := Imported{From: "a JSON configuration"}
	var found []section
	visit(document, "", func(path string, object map[string]any) {
		for name := range object {
			if settingName(name) == "client" {
				found = append(found, section{path, object})
				return
			}
		}
	})
	if len(found) == 0 {
		return in, &flow.Error{
			Kind: flow.KindRefused, What: "No client was found in it.", Why: "No object of the document names a client id.",
			Try: "Give the part of it that configures the sign-in.",
		}
	}
	slices.SortFunc(found, func(a, b section) int { return strings.Compare(a.path, b.path) })
	s := found[0]
	for _, other := range found[1:] {
		in.note("%s names a client too, and was left out.", pathOr(other.path))
	}
	switch {
	case strings.HasPrefix(strings.ToLower(s.path), "azuread"), s.values["Instance"] != nil:
		in.From = "an appsettings.json"
	case strings.HasSuffix(s.path, "auth"):
		in.From = "a configuration of MSAL"
		in.Config.Platform = flow.PlatformSPA
	}
	var settings []appSetting
	visit(s.values, s.path, func(path string, object map[string]any) {
		for name, value := range object {
			where := strings.TrimPrefix(path+"."+name, ".")
			switch v := value.(type) {
			case string:
				settings = append(settings, appSetting{name, v, where})
			case []any:
				var words []string
				for _, x := range v {
					if w, ok := x.(string); ok {
						words = append(words, w)
					}
				}
				if len(words) > 0 {
					settings = append(settings, appSetting{name, strings.Join(words, " "), where})
				}
			}
		}
	})
	// What stands further out counts first: a nested object may describe
	// another thing.
	slices.SortFunc(settings, func(a, b appSetting) int {
		if d := strings.Count(a.where, ".") - strings.Count(b.where, "."); d != 0 {
			return d
		}
		return strings.Compare(a.where, b.where)
	})
	platform := in.Config.Platform
	err := in.take(settings)
	if platform != "" && len(in.Secrets) == 0 {
		in.Config.Platform = platform
	}
	return in, err
}

func pathOr(path string) string {
	if path == "" {
		return "The document itself"
	}
	return path
}

// visit calls f with every object of a document, outer ones first, and the
// path to it.
func visit(v any, path string, f func(string, map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		f(path, v)
		for name, x := range v {
			visit(x, strings.TrimPrefix(path+"."+name, "."), f)
		}
	case []any:
		for i, x := range v {
			visit(x, fmt.Sprintf("%s[%d]", path, i), f)
		}
	}
}

// withoutRemarks takes out of a JSON document what .NET's reader of
// appsettings.json lets pass: remarks, and commas before a closing bracket.
func withoutRemarks(text []byte) []byte {
	var out []byte
	inString := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case inString:
			out = append(out, c)
			if c == '\\' && i+1 < len(text) {
				i++
				out = append(out, text[i])
			} else if c == '"' {
				inString = false
			}
		case c == '"':
			inString = true
			out = append(out, c)
		case c == '/' && i+1 < len(text) && text[i+1] == '/':
			for i < len(text) && text[i] != '\n' {
				i++
			}
		case c == '/' && i+1 < len(text) && text[i+1] == '*':
			for i += 2; i+1 < len(text) && (text[i] != '*' || text[i+1] != '/'); i++ {
			}
			i++
		case c == '}' || c == ']':
			end := len(out)
			for end > 0 && strings.IndexByte(" \t\r\n", out[end-1]) >= 0 {
				end--
			}
			if end > 0 && out[end-1] == ',' {
				out = append(out[:end-1], out[end:]...)
			}
			out = append(out, c)
		default:
			out = append(out, c)
		}
	}
	return out
}
