package flow

import (
	"cmp"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// defaultRedirectURI is that of a client of which none is said: on a free
// port, which Entra ignores for localhost.
const defaultRedirectURI = "http://localhost"

// complete checks a configuration and fills in its defaults. What depends on
// the provider's metadata (the scopes) is left until that is known.
func (c Config) complete(now time.Time) (Config, error) {
	refuse := func(what, why, try string) (Config, error) {
		return Config{}, &Error{Kind: KindRefused, What: what, Why: why, Try: try}
	}
	if c.ClientID == "" {
		return refuse("There is no client id.", "Every request of the flow carries it.",
			"Give the client id; in the Entra portal it is the Application (client) ID.")
	}
	// People copy the address of the metadata document; the issuer is what
	// stands before it.
	c.Issuer = strings.TrimSuffix(c.Issuer, wellKnownOpenID)
	front := c.Provider.AuthorizationEndpoint
	if c.Device {
		front = c.Provider.DeviceEndpoint
	}
	if c.Issuer == "" && (front == "" || c.Provider.TokenEndpoint == "") {
		return refuse("It is not said which provider to talk to.", "There is no issuer, nor both endpoints.",
			"Give the issuer, for example https://login.microsoftonline.com/TENANT/v2.0.")
	}
	if err := cmp.Or(checkEndpoint("issuer", c.Issuer), c.Provider.check(), checkEndpoint("API", c.Afterwards.Call)); err != nil {
		return Config{}, err
	}

	c.Platform = defaultTo(c.Platform, c.defaultPlatform())
	c.Method = defaultTo(c.Method, MethodS256)
	c.RedirectURI = defaultTo(c.RedirectURI, defaultRedirectURI)
	c.VerifierLength = defaultTo(c.VerifierLength, MinVerifierLength)
	c.AuthMethod = defaultTo(c.AuthMethod, c.platformAuth())
	for _, choice := range []struct{ what, value, options string }{
		{"platform", string(c.Platform), "web spa native"},
		{"method", string(c.Method), "S256 plain omitted none"},
		{"client authentication", string(c.AuthMethod), words(AuthMethods())},
		{"response mode", string(defaultTo(c.ResponseMode, ModeQuery)), words(ResponseModes())},
	} {
		if options := strings.Fields(choice.options); !slices.Contains(options, choice.value) {
			return refuse(fmt.Sprintf("There is no %s called %q.", choice.what, choice.value), "",
				"Choose "+strings.Join(options, ", ")+".")
		}
	}
	if err := c.checkAuth(now); err != nil {
		return Config{}, err
	}
	if err := c.Ask.check(); err != nil {
		return Config{}, err
	}
	if err := c.checkProtection(); err != nil {
		return Config{}, err
	}
	if err := c.checkDevice(); err != nil {
		return Config{}, err
	}
	if u, err := url.Parse(c.RedirectURI); err != nil || u.Scheme == "" || u.Fragment != "" {
		return refuse(fmt.Sprintf("%q cannot be a redirect URI.", c.RedirectURI),
			"It must be an absolute URI without a fragment (RFC 6749 section 3.1.2).",
			"For example http://localhost or myapp://callback.")
	}
	if n := c.VerifierLength; n < MinVerifierLength || n > MaxVerifierLength {
		return refuse(fmt.Sprintf("A verifier cannot have %d characters.", n),
			"RFC 7636 section 4.1 asks for 43 to 128.", "Choose a length from 43 to 128.")
	}
	if problem := VerifierProblem(c.Verifier); c.Verifier != "" && problem != "" && !c.AllowBadVerifier {
		return refuse("That is not a code verifier.", problem+".",
			"Correct it, or allow a bad verifier on purpose, to see what the provider says.")
	}
	for _, e := range c.Edits {
		if err := e.check(); err != nil {
			return Config{}, err
		}
	}
	c.Edits = slices.Clone(c.Edits)
	c.Scopes = append([]string{}, c.Scopes...)
	return c, nil
}

// words joins names with blanks.
func words[T ~string](names []T) string {
	texts := make([]string, len(names))
	for i, n := range names {
		texts[i] = string(n)
	}
	return strings.Join(texts, " ")
}

func defaultTo[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

// checkEndpoint refuses what is not an https URL. An empty one is not there,
// which is for others to judge.
func checkEndpoint(name, raw string) error {
	if raw == "" {
		return nil
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return &Error{
			Kind: KindRefused, What: fmt.Sprintf("The %s %q is not a URL.", name, raw),
			Try: "It should look like https://HOST/PATH.",
		}
	}
	return requireHTTPS(u, "The "+name)
}

// requireHTTPS refuses plain http except on this machine. RFC 6749 sections
// 3.1 and 3.2 ask for TLS at both endpoints.
func requireHTTPS(u *url.URL, name string) error {
	if u.Scheme == "https" || u.Scheme == "http" && IsLoopback(u.Hostname()) {
		return nil
	}
	if u.Scheme != "http" {
		return &Error{
			Kind: KindRefused, What: fmt.Sprintf("%s is at %s:, which is no address of a web server.", name, u.Scheme),
			Try: "Use https.",
		}
	}
	return &Error{
		Kind: KindRefused, What: fmt.Sprintf("%s is at %s://%s, which is not protected by TLS.", name, u.Scheme, u.Host),
		Why: "Codes, secrets and tokens would cross the network in the clear.",
		Try: "Use https. Plain http is accepted on this machine only (localhost, 127.0.0.1, [::1]).",
	}
}

// IsLoopback reports whether the host of a URL, without a port and brackets, is
// this machine: localhost, or a loopback address (127.0.0.0/8, ::1). A name that
// only looks like one, such as 127.example.com, may be anybody's.
func IsLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// microsoftHosts serve Entra ID: the worldwide and national clouds, the issuer
// of version 1 tokens, and External ID tenants.
var microsoftHosts = []string{
	"login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn", "sts.windows.net",
}

// isEntra reports whether a host serves Entra ID.
func isEntra(host string) bool {
	host = strings.ToLower(host)
	return slices.Contains(microsoftHosts, host) || strings.HasSuffix(host, ".ciamlogin.com")
}

// entra reports whether this client talks to Entra ID or to the practice
// tenant, which behaves like it.
func (c Config) entra() bool {
	raw := c.Issuer
	if raw == "" {
		raw = c.Provider.AuthorizationEndpoint
	}
	return c.Practice || issuerAtEntra(raw)
}

// scopes are those to ask for: the person's, or the default for the provider.
func (w *Walk) scopes() []string {
	c := w.t.Config
	switch {
	case len(c.Scopes) > 0:
		return c.Scopes
	case c.entra():
		return []string{"openid", "profile", "offline_access", "User.Read"}
	case slices.Contains(c.Provider.ScopesSupported, "offline_access"):
		return []string{"openid", "profile", "email", "offline_access"}
	default:
		return []string{"openid", "profile", "email"}
	}
}

// prompt is the person's, or consent where the default scopes include
// offline_access at a provider that follows OpenID Connect Core section 11
// ("the Authorization Server MUST ignore the offline_access request" without
// it).
func (w *Walk) prompt() string {
	c := w.t.Config
	if c.Prompt == "" && len(c.Scopes) == 0 && !c.entra() && slices.Contains(w.scopes(), "offline_access") {
		return "consent"
	}
	return c.Prompt
}

// withFreePort puts a free port into an http redirect URI on a loopback host
// that names none, as RFC 8252 section 7.3 lets a native app do, and into one
// of either scheme that names port 0.
func withFreePort(raw string) string {
	u := loopbackURL(raw)
	if u == nil || u.Port() != "0" && (u.Scheme == "https" || u.Port() != "") {
		return raw
	}
	host := u.Hostname()
	first := host
	if strings.EqualFold(host, "localhost") {
		first = "127.0.0.1"
	}
	l, err := listenTCP(first, "0")
	if err != nil && first != host { // this machine has IPv6 only
		l, err = listenTCP("::1", "0")
	}
	if err != nil {
		return raw
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	u.Host = host + ":" + strconv.Itoa(port)
	return u.String()
}
