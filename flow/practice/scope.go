package practice

import (
	"net/url"
	"slices"
	"strings"
)

// graphID is Microsoft Graph's application id, the same in every tenant.
const graphID = "00000003-0000-0000-c000-000000000000"

// graph is the stand-in for Microsoft Graph. Its access tokens are v1.0 and
// not meant to be read by anyone else.
var graph = Registration{
	Name:     "Microsoft Graph",
	ClientID: graphID,
	Expose: &API{
		IdentifierURIs: []string{"https://graph.microsoft.com", "https://graph.microsoft.com/"},
		Scopes: []Scope{
			{Value: "openid", Meaning: "Sign you in"},
			{Value: "profile", Meaning: "View your basic profile"},
			{Value: "email", Meaning: "View your email address"},
			{Value: "offline_access", Meaning: "Maintain access to data you have given it access to"},
			{Value: "User.Read", Meaning: "Sign you in and read your profile"},
			{Value: "User.ReadBasic.All", Meaning: "Read all users' basic profiles"},
			{Value: "User.Read.All", AdminOnly: true, Meaning: "Read all users' full profiles"},
			{Value: "Directory.Read.All", AdminOnly: true, Meaning: "Read directory data"},
			{Value: "Mail.Read", Meaning: "Read your mail"},
			{Value: "Calendars.Read", Meaning: "Read your calendars"},
			{Value: "Files.Read", Meaning: "Read your files"},
		},
	},
}

// oidcScopes are those of OpenID Connect; they belong to no resource.
var oidcScopes = []string{"openid", "profile", "email", "offline_access"}

// scopeSet is a scope parameter, understood.
type scopeSet struct {
	oidc     []string
	api      Registration // the one resource; Graph if none is named
	wanted   []string     // permissions on it, without the resource's name
	dotted   bool         // {resource}/.default
	explicit bool         // the resource was named
}

// has says whether an OpenID scope was asked for.
func (s scopeSet) has(name string) bool { return slices.Contains(s.oidc, name) }

// all is every permission by its short name, OpenID ones first.
func (s scopeSet) all() []string { return append(slices.Clone(s.oidc), s.wanted...) }

// readScopes understands a scope parameter for an app in a directory. A scope
// without a resource's name falls to Microsoft Graph, whatever was meant.
func (s *Server) readScopes(app Registration, in tenant, scope string) (scopeSet, *refusal) {
	set := scopeSet{api: graph}
	named := ""
	for _, one := range strings.Fields(scope) {
		if slices.Contains(oidcScopes, one) {
			set.oidc = append(set.oidc, one)
			continue
		}
		resource, permission := splitScope(one)
		if permission == "" {
			return set, deny("70011", "scope", scope)
		}
		api, ok := s.api(resource)
		if !ok {
			return set, deny("500011", "resource", resource, "tenant", in.Name)
		}
		if named != "" && named != api.ClientID {
			return set, deny("28000", "scope", scope)
		}
		named, set.api = api.ClientID, api
		if permission == ".default" {
			set.dotted = true
			continue
		}
		if !slices.ContainsFunc(api.Expose.Scopes, func(o Scope) bool { return strings.EqualFold(o.Value, permission) }) {
			return set, deny("650053", "name", app.Name, "scope", permission, "resource", api.ClientID)
		}
		set.wanted = append(set.wanted, permission)
	}
	if set.dotted {
		set.wanted = app.permissionsOn(set.api.ClientID)
		if len(set.wanted) == 0 {
			return set, deny("650056", "resourceName", set.api.Name, "app", app.ClientID)
		}
	}
	set.explicit = named != ""
	return set, nil
}

// splitScope takes a scope apart: "api://x/read" is the permission "read" on
// the resource "api://x". A double slash before .default is how v1.0 clients
// keep a resource's own trailing slash.
func splitScope(scope string) (resource, permission string) {
	if !strings.Contains(scope, "/") {
		return graphID, scope
	}
	i := strings.LastIndexByte(scope, '/')
	resource, permission = scope[:i], scope[i+1:]
	if u, err := url.Parse(resource); guidPattern.MatchString(resource) || err == nil && u.Scheme != "" && u.Host+u.Opaque != "" {
		return resource, permission
	}
	return resource, ""
}

// api finds a resource by application id or identifier URI.
func (s *Server) api(name string) (Registration, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, r := range append([]Registration{graph}, s.registrations...) {
		if r.Expose == nil {
			continue
		}
		if strings.EqualFold(r.ClientID, name) || slices.Contains(r.Expose.IdentifierURIs, name) {
			return r, true
		}
	}
	return Registration{}, false
}

func (r Registration) permissionsOn(resource string) []string {
	for _, p := range r.Permissions {
		if p.Resource == resource {
			return slices.DeleteFunc(slices.Clone(p.Scopes), func(s string) bool { return slices.Contains(oidcScopes, s) })
		}
	}
	return nil
}

// consentKey names one user's consent to one app's use of one resource.
type consentKey struct{ app, account, resource string }

// missingConsent returns what the user still has to agree to.
func (s *Server) missingConsent(app Registration, account string, set scopeSet) []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	given := s.consents[consentKey{app.ClientID, account, set.api.ClientID}]
	var missing []string
	for _, want := range set.all() {
		if slices.Contains(given, want) || app.AdminConsent && app.listed(set.api.ClientID, want) {
			continue
		}
		missing = append(missing, want)
	}
	return missing
}

// listed says whether a permission is among the configured ones.
func (r Registration) listed(resource, scope string) bool {
	if slices.Contains(oidcScopes, scope) {
		return true
	}
	return slices.Contains(r.permissionsOn(resource), scope)
}

// addConsent remembers that the user agreed.
func (s *Server) addConsent(app Registration, account string, set scopeSet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := consentKey{app.ClientID, account, set.api.ClientID}
	for _, scope := range set.all() {
		if !slices.Contains(s.consents[key], scope) {
			s.consents[key] = append(s.consents[key], scope)
		}
	}
}
