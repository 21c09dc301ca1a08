package flow

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

const (
	wellKnownOpenID = "/.well-known/openid-configuration"
	wellKnownOAuth  = "/.well-known/oauth-authorization-server"
)

// discoveryURLs are the places where an issuer's metadata may be, in the order
// in which they are tried: behind the issuer (OpenID Connect Discovery section
// 4.1), then between host and path (RFC 8414 section 3.1).
func discoveryURLs(issuer string) []string {
	issuer = strings.TrimSuffix(issuer, "/")
	urls := []string{issuer + wellKnownOpenID}
	u, err := url.Parse(issuer)
	if err != nil {
		return urls
	}
	origin, path := u.Scheme+"://"+u.Host, u.EscapedPath()
	for _, at := range []string{origin + wellKnownOAuth + path, origin + wellKnownOpenID + path} {
		if !slices.Contains(urls, at) {
			urls = append(urls, at)
		}
	}
	return urls
}

// secureRedirects follows a few redirects, none of them to plain http.
func secureRedirects(req *http.Request, via []*http.Request) error {
	if len(via) >= 5 {
		return &Error{
			Kind: KindServer, What: "The server keeps redirecting.", Why: "Five redirects were followed.",
			Try: "Check the URL.",
		}
	}
	return requireHTTPS(req.URL, "The redirect's target")
}

// discover reads the provider's metadata into the configuration.
func (w *Walk) discover(ctx context.Context) error {
	c := w.config()
	var first error // the story of the first place is the one to tell
	for i, at := range discoveryURLs(c.Issuer) {
		r := get(at, ByYou)
		r.apply(c.Edits, StepDiscovery)
		if i > 0 && slices.ContainsFunc(c.Edits, func(e Edit) bool { return e.Step == StepDiscovery && e.Name == "url" }) {
			break
		}
		w.note(StepDiscovery, r.values)
		got, err := w.send(ctx, StepDiscovery, r, secureRedirects)
		if err != nil {
			return err
		}
		members := readMembers(got)
		if got.Status/100 != 2 || members["issuer"] == "" && members["token_endpoint"] == "" {
			if first == nil {
				first = notMetadata(c.Issuer, got, members)
			}
			continue
		}
		w.note(StepDiscovery, append(r.values, responseValues(members, InResponse)...))
		if err := w.adopt(c, got.Body); err != nil || c.Protection.JAR != JAREncrypted {
			return err
		}
		_, err = w.fetchKeySet(ctx, StepDiscovery)
		return err
	}
	return first
}

// notMetadata says why an answer is of no use as metadata.
func notMetadata(issuer string, got *Response, members map[string]string) error {
	var e *Error
	switch {
	case members["error"] != "":
		e = serverSaid("metadata endpoint", got, members)
	case got.Status == http.StatusNotFound:
		e = unexpected("metadata endpoint", got, members)
		e.Why = "There is no metadata at that address."
	default:
		e = unexpected("metadata endpoint", got, members)
		if wantsTLS(got) || compressed(got) != "" {
			return e
		}
	}
	e.Try = fmt.Sprintf("Check the issuer %s. If the provider publishes no metadata, give both endpoints by hand and no issuer.", issuer)
	return e
}

// readMetadata reads the members of the metadata that are known here (OpenID
// Connect Discovery section 3, RFC 8414 section 2). The error is about one of a
// wrong type; the others are read all the same.
func readMetadata(body []byte) (Provider, error) {
	var p struct {
		*Provider
		// A wrong type in a list that only informs is no reason to stop.
		ScopesSupported    tolerantList `json:"scopes_supported"`
		CodeChallenge      tolerantList `json:"code_challenge_methods_supported"`
		AuthMethods        tolerantList `json:"token_endpoint_auth_methods_supported"`
		ResponseModes      tolerantList `json:"response_modes_supported"`
		IDTokenSigningAlgs tolerantList `json:"id_token_signing_alg_values_supported"`
		AuthAlgs           tolerantList `json:"token_endpoint_auth_signing_alg_values_supported"`
		RequestObjectAlgs  tolerantList `json:"request_object_signing_alg_values_supported"`
		MTLS               tolerantMap  `json:"mtls_endpoint_aliases"`
	}
	var m Provider
	p.Provider = &m
	err := json.Unmarshal(bytes.TrimPrefix(bytes.TrimSpace(body), []byte("\ufeff")), &p)
	m.ScopesSupported, m.CodeChallengeMethods = p.ScopesSupported, p.CodeChallenge
	m.TokenEndpointAuthMethods, m.ResponseModes, m.IDTokenSigningAlgs = p.AuthMethods, p.ResponseModes, p.IDTokenSigningAlgs
	m.RequestObjectAlgs = p.RequestObjectAlgs
	m.TokenEndpointAuthAlgs, m.MTLSEndpointAliases = p.AuthAlgs, p.MTLS
	return m, err
}

// endpoints are the addresses in p with the names that they have in the
// metadata, in the order of the flow.
func (p *Provider) endpoints() []endpoint {
	return []endpoint{
		{"authorization_endpoint", &p.AuthorizationEndpoint},
		{"pushed_authorization_request_endpoint", &p.PAREndpoint},
		{"device_authorization_endpoint", &p.DeviceEndpoint},
		{"token_endpoint", &p.TokenEndpoint},
		{"jwks_uri", &p.JWKSURI},
		{"userinfo_endpoint", &p.UserInfoEndpoint},
		{"introspection_endpoint", &p.IntrospectionEndpoint},
		{"revocation_endpoint", &p.RevocationEndpoint},
		{"end_session_endpoint", &p.EndSessionEndpoint},
	}
}

type endpoint struct {
	name string
	url  *string
}

// check refuses endpoints to which nothing may be sent.
func (p Provider) check() error {
	for _, e := range p.endpoints() {
		if err := checkEndpoint(e.name, *e.url); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.MTLSEndpointAliases)) {
		if err := checkEndpoint(name+" for certificates", p.MTLSEndpointAliases[name]); err != nil {
			return err
		}
	}
	return nil
}

// adopt checks the metadata and puts it into the configuration. What was set
// by hand is kept.
func (w *Walk) adopt(c Config, body []byte) error {
	m, err := readMetadata(body)
	if err != nil {
		why := "It is not JSON: " + brokenJSON(err, body) + "."
		if other := jsonKind(err); other != "" {
			why = "There is " + other + " where a text or a yes or no belongs."
			if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
				why = fmt.Sprintf("%s is %s, where a text or a yes or no belongs.", kind.Field[strings.LastIndex(kind.Field, ".")+1:], other)
			}
		}
		return Error{
			Kind: KindServer, What: "The metadata has a member of the wrong type.", Why: why,
			Try: "Report it to the provider, or give both endpoints by hand and no issuer.",
		}.Wrap(err)
	}
	// "The issuer value returned MUST be identical to the Issuer URL that was
	// used as the prefix" (OpenID Connect Discovery section 4.3, RFC 8414
	// section 3.3).
	if m.Issuer != c.Issuer && !entraIssuer(c.Issuer, m.Issuer, c.Practice) && !b2cIssuer(c.Issuer, m.Issuer) {
		return &Error{
			Kind: KindRefused, What: "The metadata is of another issuer.",
			Why: fmt.Sprintf("Asked for was %q, and the metadata says %q. The two must be identical, or anyone could pose as the provider (RFC 8414 section 3.3, OpenID Connect Discovery section 4.3).", c.Issuer, m.Issuer),
			Try: "If the second is the provider you mean, use it exactly as it is written there, slashes included.",
		}
	}
	if err := m.check(); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	to := &w.t.Config.Provider
	set := to.endpoints()
	for i, found := range m.endpoints() {
		*found.url = defaultTo(*set[i].url, *found.url)
	}
	*to = m
	if to.AuthorizationEndpoint == "" && !c.Device {
		return missingEndpoint("authorization_endpoint")
	}
	if to.TokenEndpoint == "" {
		return missingEndpoint("token_endpoint")
	}
	return nil
}

// tolerantList is a list of strings that takes anything else for none.
type tolerantList []string

// UnmarshalJSON implements [json.Unmarshaler].
func (l *tolerantList) UnmarshalJSON(data []byte) error {
	var s []string
	if json.Unmarshal(data, &s) == nil {
		*l = s
	}
	return nil
}

// tolerantMap is a map of strings that leaves out anything else.
type tolerantMap map[string]string

// UnmarshalJSON implements [json.Unmarshaler].
func (m *tolerantMap) UnmarshalJSON(data []byte) error {
	var all map[string]any
	if json.Unmarshal(data, &all) != nil {
		return nil //nolint:nilerr // what is no object says nothing
	}
	for name, value := range all {
		if s, ok := value.(string); ok {
			if *m == nil {
				*m = tolerantMap{}
			}
			(*m)[name] = s
		}
	}
	return nil
}

var guid = regexp.MustCompile(`^(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// entraIssuer reports whether got is what Entra ID answers when asked for the
// issuer asked. For common and organizations it is the literal text
// {tenantid}; for a tenant by its domain name it is the tenant's GUID; version
// 1 names sts.windows.net; External ID puts the GUID into the host as well.
// Elsewhere none of this is accepted.
//
// https://learn.microsoft.com/entra/identity-platform/access-tokens
func entraIssuer(asked, got string, practice bool) bool {
	a, errA := splitIssuer(asked)
	g, errG := splitIssuer(got)
	if errA != nil || errG != nil || a.scheme != g.scheme || a.rest != g.rest {
		return false
	}
	switch {
	case practice && IsLoopback(hostname(a.host)) && a.host == g.host:
	case practice || !isEntra(hostname(a.host)) || !isEntra(hostname(g.host)):
		return false
	case a.host == g.host:
	case g.host == "sts.windows.net" && a.rest == "":
	case strings.HasSuffix(a.host, ".ciamlogin.com") && strings.EqualFold(g.host, g.tenant+".ciamlogin.com"):
	default:
		return false
	}
	switch {
	case guid.MatchString(a.tenant):
		return strings.EqualFold(a.tenant, g.tenant)
	case g.tenant == "{tenantid}":
		return slices.Contains([]string{"common", "organizations", "consumers"}, a.tenant)
	default:
		return guid.MatchString(g.tenant)
	}
}

// b2cIssuer reports whether got is what a B2C tenant answers when its metadata
// are asked for below a policy's address: the tenant's GUID without a policy,
// or, by the policy's token compatibility settings, with it below tfp. Host and
// TLS say whose it is.
//
// https://learn.microsoft.com/azure/active-directory-b2c/configure-tokens
func b2cIssuer(asked, got string) bool {
	a, errA := splitIssuer(asked)
	g, errG := splitIssuer(got)
	if errA != nil || errG != nil || a.scheme != g.scheme || a.host != g.host || !strings.HasSuffix(hostname(a.host), ".b2clogin.com") {
		return false
	}
	if g.tenant == "tfp" {
		g.tenant, g.rest, _ = strings.Cut(g.rest, "/")
		policy, version, _ := strings.Cut(g.rest, "/")
		return guid.MatchString(g.tenant) && policy != "" && version == "v2.0"
	}
	return guid.MatchString(g.tenant) && g.rest == "v2.0"
}

type issuerParts struct{ scheme, host, tenant, rest string }

func splitIssuer(raw string) (issuerParts, error) {
	scheme, after, ok := strings.Cut(raw, "://")
	if !ok {
		return issuerParts{}, errors.New("flow: not a URL")
	}
	host, path, _ := strings.Cut(after, "/")
	tenant, rest, _ := strings.Cut(strings.TrimSuffix(path, "/"), "/")
	return issuerParts{scheme, host, tenant, rest}, nil
}

func hostname(hostport string) string {
	u := url.URL{Host: hostport}
	return u.Hostname()
}
