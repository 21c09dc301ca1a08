package inspect

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
)

// problem is what a rule looks at: the answer as read and the facts around it.
type problem struct {
	reading
	provider string // as in Input, inferred if it was not given; "" when open
	where    string // as in Input; "" when open
	status   int
	context  map[string]any
	// told holds every fact of the context as "name=value" in uniform text, a
	// line each: clients and libraries describe themselves in prose.
	told string
	// sentRedirect is the redirect URI that was sent, "" if it is not known.
	sentRedirect string
}

func newProblem(in Input) *problem {
	if in.Transcript != nil {
		in = in.withTranscript()
	}
	p := &problem{
		reading: readAnswer(in.Raw),
		status:  in.HTTPStatus,
		context: in.Context,
		where:   strings.ToLower(strings.TrimSpace(in.Where)),
	}
	names := make([]string, 0, len(in.Context))
	for name := range in.Context {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		p.told += uniform(name) + "=" + uniform(fmt.Sprint(in.Context[name])) + "\n"
	}
	if p.where == "" {
		p.where = stepOfGrant(p.word("grant"))
	}
	p.provider = p.whose(strings.ToLower(strings.TrimSpace(in.Provider)))
	if p.provider == "" && len(p.codes) > 0 {
		p.provider = vendorOfCode(p.codes[0])
	}
	p.sentRedirect = p.findRedirectURI()
	if len(p.codes) == 0 {
		p.codesFromText()
	}
	return p
}

// stepOfGrant is where a request with that grant_type goes.
func stepOfGrant(grant string) string {
	switch {
	case strings.Contains(grant, "refresh"):
		return "refresh"
	case strings.Contains(grant, "device"):
		return "device"
	}
	return ""
}

// hosts tell whose answer it is.
var hosts = []struct{ sign, provider string }{
	{"aadb2c", "b2c"},
	{"b2clogin.com", "b2c"},
	{"ciamlogin.com", "external-id"},
	{"aadsts", "entra"},
	{"login.microsoftonline.", "entra"},
	{"login.windows.net", "entra"},
	{"sts.windows.net", "entra"},
	{"login.live.com", "entra"},
	{"login.partner.microsoftonline.cn", "entra"},
	{"accounts.google.com", "google"},
	{"oauth2.googleapis.com", "google"},
	{"console.developers.google.com", "google"},
	{"googleusercontent.com", "google"},
	{".auth0.com", "auth0"},
	{".okta.com", "okta"},
	{".oktapreview.com", "okta"},
	{"amazoncognito.com", "cognito"},
	{"cognito-idp.", "cognito"},
	{"github.com/login/oauth", "github"},
	{"docs.github.com/apps", "github"},
	{"developer.github.com", "github"},
	{"gitlab.com/oauth", "gitlab"},
	{"/protocol/openid-connect/", "keycloak"},
	{"/realms/", "keycloak"},
	{"keycloak", "keycloak"},
	{"offline tokens not allowed for the user or client", "keycloak"}, // its TokenManager, and nobody else's words
	{".salesforce.com", "salesforce"},
	{"pingone.", "ping"},
	{"pingfederate", "ping"},
}

// whose names the provider: the one that was given, if it says anything, else
// the one whose marks the text or the context bears.
func (p *problem) whose(given string) string {
	switch given {
	case "", "generic", "unknown", "other":
	case "microsoft", "azure", "azuread", "aad", "entra-id", "entraid":
		return "entra"
	case "azure-b2c", "azureadb2c":
		return "b2c"
	case "ciam", "externalid", "entra-external-id":
		return "external-id"
	case "pingone", "pingfederate":
		return "ping"
	default:
		return given
	}
	for _, text := range []string{p.match, p.told} {
		for _, h := range hosts {
			if strings.Contains(text, h.sign) {
				return h.provider
			}
		}
	}
	for _, name := range []string{"keycloak", "auth0", "okta", "cognito", "gitlab", "salesforce", "google", "dex", "hydra", "pingone"} {
		if strings.Contains(p.word("provider_software")+" "+p.word("provider"), name) {
			return strings.TrimSuffix(name, "one")
		}
	}
	return given
}

// vendorOfCode names the provider whose codes look like that one: a number alone
// ("50105", "error_codes":[50105]) bears no other mark of its origin.
func vendorOfCode(code string) string {
	if strings.HasPrefix(code, "AADB2C") {
		return "b2c"
	}
	return "entra"
}

// microsoft is true for the providers that answer with AADSTS codes.
func (p *problem) microsoft() bool {
	return p.provider == "entra" || p.provider == "external-id" || p.provider == "b2c"
}

// word returns a fact as uniform text, "" if it is not known.
func (p *problem) word(name string) string {
	v, ok := p.context[name]
	if !ok || v == nil {
		return ""
	}
	return uniform(fmt.Sprint(v))
}

// verbatim returns a fact as it was given, "" if it is not known.
func (p *problem) verbatim(name string) string {
	if s, ok := p.context[name].(string); ok {
		return strings.TrimSpace(s)
	}
	return ""
}

// sent says whether the request carried something, and whether that is known.
// Facts come as true and false, as their names, or as the value that was sent.
func (p *problem) sent(names ...string) (sent, known bool) {
	for _, name := range names {
		v, ok := p.context[name]
		if !ok || v == nil {
			continue
		}
		switch v := v.(type) {
		case bool:
			return v, true
		case float64:
			return v != 0, true
		}
		w := p.word(name)
		switch w {
		case "", "false", "no", "none", "null", "0", "absent", "missing", "not sent", "omitted":
			return false, true
		}
		return !strings.HasPrefix(w, "missing") && !strings.HasPrefix(w, "no "), true
	}
	return false, false
}

// kinds are the kinds of client the context speaks of: native, spa, web.
func (p *problem) kinds() []string {
	text := p.word("client_kind")
	if text == "" || text == "unknown" {
		text = p.word("client_type")
	}
	var kinds []string
	for _, k := range []struct{ sign, kind string }{
		{"spa", "spa"},
		{"single-page", "spa"},
		{"browser app", "spa"},
		{"native", "native"},
		{"desktop", "native"},
		{"mobile", "native"},
		{"cli", "native"},
		{"console", "native"},
		{"web-server", "web"},
		{"server", "web"},
		{"confidential", "web"},
		{"web app", "web"},
	} {
		if hasWord(text, k.sign) && !slices.Contains(kinds, k.kind) {
			kinds = append(kinds, k.kind)
		}
	}
	return kinds
}

// redirectURI is the redirect URI that was sent: the context's, or the one
// that the answer quotes.
func (p *problem) redirectURI() string { return p.sentRedirect }

func (p *problem) findRedirectURI() string {
	if v := p.verbatim("redirect_uri"); v != "" {
		return v
	}
	lower := strings.ToLower(p.plain)
	if len(lower) != len(p.plain) { // a few letters change length with their case
		lower = p.plain
	}
	for _, lead := range []string{
		"redirect_uri=", "redirect uri '", "redirect uri \"", "redirect uri in the request, ", "reply url '", "reply url \"",
		"reply address '", "the url \"", "unregistered redirect_uri (\"",
	} {
		if i := strings.Index(lower, lead); i >= 0 {
			rest := p.plain[i+len(lead):]
			if end := strings.IndexAny(rest, "'\"& ,\r\n<>)"); end > 0 && strings.Contains(rest[:end], ":") {
				return rest[:end]
			}
		}
	}
	return ""
}

// publicHTTP says whether a URI is http on a host name that others can reach:
// the mark of an application that does not know that a proxy in front of it
// speaks https.
func publicHTTP(uri string) bool {
	if !strings.HasPrefix(strings.ToLower(uri), "http://") {
		return false
	}
	u, err := url.Parse(uri)
	if err != nil {
		return true // "http://<host>/": a placeholder in a pasted text
	}
	return !loopback(uri) && net.ParseIP(u.Hostname()) == nil && strings.Contains(u.Hostname()+".", ".")
}

// hasWord is strings.Contains at the start of a word.
func hasWord(text, word string) bool {
	for at := 0; ; {
		i := strings.Index(text[at:], word)
		if i < 0 {
			return false
		}
		at += i
		if at == 0 || !isLetter(text[at-1]) && !isDigit(text[at-1]) {
			return true
		}
		at += len(word)
	}
}
