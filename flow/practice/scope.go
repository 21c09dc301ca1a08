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
	oidc   []string
	api    Registration // the one resource; Graph if none is named
	wanted []string     // permissions on it, without the resource's name
	dotted bool         // {resource}/.default
	named  string       // the resource as the client wrote it; "" if it did not
}

// has says whether an OpenID scope was asked for.
func (s scopeSet) has(name string) bool { return slices.Contains(s.oidc, name) }

// all is every permission by its short name, OpenID ones first.
func (s scopeSet) all() []string { return append(slices.Clone(s.oidc), s.wanted...) }

// readScopes understands a scope parameter for an app in a directory. A scope
// without a resource's name falls to Microsoft Graph, whatever was meant.
func (c *call) readScopes(app Registration, in directory, scope string) (scopeSet, *refusal) {
	set := scopeSet{api: graph}
	id := ""
	for _, one := range strings.Fields(scope) {
		if slices.Contains(oidcScopes, one) {
			set.oidc = append(set.oidc, one)
			continue
		}
		resource, permission := splitScope(one)
		if permission == "" {
			return set, deny("70011", "scope", scope)
		}
		api, e := c.findAPI(resource, in)
		if e != nil {
			return set, e
		}
		if id != "" && id != api.ClientID {
			return set, deny("28000", "scope", scope)
		}
		id, set.api = api.ClientID, api
		if resource != graphID || strings.Contains(one, "/") {
			set.named = resource
		}
		if permission == ".default" {
			set.dotted = true
			continue
		}
		if !c.has(FaultAnyScope) && !slices.ContainsFunc(api.Expose.Scopes, func(o Scope) bool { return strings.EqualFold(o.Value, permission) }) {
			return set, deny("650053", "name", app.Name, "scope", permission, "resource", api.ClientID)
		}
		set.wanted = append(set.wanted, permission)
	}
	if set.dotted {
		return c.everything(set, app)
	}
	return set, nil
}

// everything fills in what {resource}/.default stands for: all that is
// configured for the resource, in the app's registration.
func (c *call) everything(set scopeSet, app Registration) (scopeSet, *refusal) {
	if strings.EqualFold(set.api.ClientID, app.ClientID) {
		switch {
		case !guidPattern.MatchString(set.named):
			return set, deny("90009", "app", app.ClientID, "name", app.Name)
		case len(app.permissionsOn(graphID)) == 0:
			return set, deny("90008", "app", app.ClientID, "name", app.Name)
		}
		return set, nil
	}
	set.wanted = app.permissionsOn(set.api.ClientID)
	switch {
	case len(set.wanted) > 0:
		return set, nil
	case len(app.Permissions) > 0:
		return set, deny("650057", "app", app.ClientID, "name", app.Name, "resource", set.named,
			"resourceID", set.api.ClientID, "list", app.resources())
	}
	return set, deny("650056", "resourceName", set.api.Name, "app", app.ClientID)
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

// findAPI finds a resource that the directory has a service principal for.
func (c *call) findAPI(name string, in directory) (Registration, *refusal) {
	api, ok := c.conf.api(name)
	switch {
	case !ok:
		return api, deny("500011", "resource", name, "tenant", in.Name)
	case api.Expose.Missing:
		return api, deny("650052", "resource", api.ClientID, "resourceName", api.Name, "tenant", in.ID)
	case api.Expose.Disabled:
		return api, deny("500014", "resource", api.ClientID)
	}
	return api, nil
}

// missingConsent returns what the user still has to agree to.
func (c *call) missingConsent(app Registration, account string, set scopeSet) []string {
	if c.has(FaultNoConsent) {
		return nil
	}
	var missing []string
	for _, want := range set.all() {
		if !app.consented(account, set.api.ClientID, want) {
			missing = append(missing, want)
		}
	}
	return missing
}

// resources lists the resources of the configured permissions.
func (r Registration) resources() string {
	var out []string
	for _, p := range r.Permissions {
		out = append(out, p.Resource)
	}
	return strings.Join(out, ", ")
}
