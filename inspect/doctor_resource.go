package inspect

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// What a protected resource says of itself (RFC 9728): the way in which clients
// of the Model Context Protocol find out whom to ask for a token.

// resourceMetadata are the members of the metadata that decide something (RFC
// 9728 section 2).
type resourceMetadata struct {
	Resource string   `json:"resource"`
	Servers  []string `json:"authorization_servers"`
	Scopes   []string `json:"scopes_supported"`
	Methods  []string `json:"bearer_methods_supported"`
}

func (d *doctor) resource() {
	r := d.p.Resource
	if r == nil {
		return
	}
	switch x := r.Refusal; {
	case x.Error != nil:
		d.refused("resource", x.Error)
		return
	case x.Response == nil:
		d.warn("resource", "", "The resource "+r.URL+" cannot be asked: it is not an address.", "Its metadata could not be looked for.", "Give the address of the resource.")
		return
	case r.Pointed != "":
		d.ok("resource", fmt.Sprintf("The resource refuses a request without a token (status %d) and says where its metadata is.", x.Response.Status))
	case x.Response.Status == http.StatusUnauthorized:
		d.warn("resource", "", "The resource refuses a request without a token, and does not say where its metadata is.",
			"Its WWW-Authenticate has no resource_metadata (RFC 9728 section 5.1). Clients of the Model Context Protocol then guess the well-known address; others stop.",
			`Have it answer WWW-Authenticate: Bearer resource_metadata="…".`)
	default:
		d.warn("resource", "", fmt.Sprintf("The resource answers a request without a token with status %d.", x.Response.Status),
			"A client learns that it needs a token from status 401 (RFC 6750 section 3, RFC 9728 section 5).", "Check the address, and that the resource wants a token there.")
	}
	m, at, ok := d.resourceDocument()
	if !ok {
		return
	}
	if !sameResource(m.Resource, r.URL) {
		d.fail("resource-metadata", "", "The metadata is of another resource.",
			fmt.Sprintf("Asked for was %s, and the metadata says %q. They must be identical, or anyone could point a client to a server of their own (RFC 9728 section 3.3).", r.URL, m.Resource),
			"Use the resource's name as the metadata writes it, or have the metadata corrected.")
	} else {
		d.ok("resource-metadata", "The metadata of the resource was read from "+at+", and is of this resource.")
	}
	d.resourceServer(m)
	d.resourceScopes(m)
}

// resourceDocument reads the metadata, or says why there is none.
func (d *doctor) resourceDocument() (m resourceMetadata, at string, ok bool) {
	const id = "resource-metadata"
	all := d.p.Resource.Metadata
	if len(all) == 0 {
		return m, "", false
	}
	x := all[len(all)-1]
	switch {
	case x.Error != nil:
		d.refused(id, x.Error)
	case x.Response.Status != http.StatusOK:
		d.fail(id, "", fmt.Sprintf("There is no metadata of the resource at %s (status %d).", x.Request.URL, x.Response.Status),
			"Clients that find their authorization server by it (RFC 9728; the Model Context Protocol requires it) cannot sign in.", "Have it served there as JSON.")
	case json.Unmarshal(x.Response.Body, &m) != nil:
		d.fail(id, "", "The metadata of the resource at "+x.Request.URL+" is not a JSON object of the right form.", "A proxy or a page of the application may answer in its place.", "Have it served there as JSON.")
	default:
		return m, x.Request.URL, true
	}
	return m, "", false
}

// sameResource compares two names of a resource. RFC 9728 wants them identical;
// a slash after the bare host is the same address (RFC 3986 section 6.2.3).
func sameResource(a, b string) bool {
	bare := func(s string) string {
		if u, err := url.Parse(s); err == nil && u.Path == "/" && u.RawQuery == "" {
			return strings.TrimSuffix(s, "/")
		}
		return s
	}
	return bare(a) == bare(b)
}

// resourceServer: does the resource take tokens of this provider?
func (d *doctor) resourceServer(m resourceMetadata) {
	const id = "resource-server"
	switch {
	case len(m.Servers) == 0:
		d.warn(id, "", "The metadata of the resource names no authorization server.", "A client cannot know whom to ask; the Model Context Protocol wants at least one.", "Have authorization_servers added.")
	case d.c.Issuer == "" || slices.ContainsFunc(m.Servers, func(s string) bool {
		return strings.TrimSuffix(s, "/") == strings.TrimSuffix(d.c.Issuer, "/") || s == d.c.Provider.Issuer
	}):
		d.ok(id, "The resource names this provider as its authorization server.")
	default:
		d.fail(id, "authorization-server-wrong", "The resource takes tokens of another provider.",
			fmt.Sprintf("It names %s, and this client asks %s.", strings.Join(m.Servers, ", "), d.c.Issuer), "Use that provider as the issuer, or have this one added to the resource.")
	}
}

// resourceScopes: do resource and scope fit, at this provider?
func (d *doctor) resourceScopes(m resourceMetadata) {
	const id = "resource-scopes"
	var missing []string
	for _, s := range d.scopes() {
		if len(m.Scopes) > 0 && !slices.Contains(openIDScopes, s) && !slices.Contains(m.Scopes, s) {
			missing = append(missing, s)
		}
	}
	if len(missing) > 0 {
		d.warn(id, "scope-not-on-resource", "The resource does not list the scope "+strings.Join(missing, ", ")+".",
			"It lists "+strings.Join(m.Scopes, ", ")+".", "Ask for one of those.")
		return
	}
	if len(m.Methods) > 0 && !slices.Contains(m.Methods, "header") {
		d.warn(id, "", "The resource does not take the token in the Authorization header.", "It lists "+strings.Join(m.Methods, ", ")+", and this program, like most clients, sends the header.", "Ask the resource's owner.")
		return
	}
	d.ok(id, "The scopes that are asked for are none that the resource does not know.")
}

// resourceParameter: Entra compares the parameter resource with the scope.
// Clients of the Model Context Protocol send it always.
func (d *doctor) resourceParameter() {
	resources := d.c.Ask.Resources
	for _, step := range []flow.StepID{flow.StepAuthorize, flow.StepToken} {
		if e, ok := d.edited(step, "resource"); ok && !e.Unset {
			resources = append(slices.Clone(resources), e.Value)
		}
	}
	if len(resources) == 0 {
		return
	}
	asked := ""
	for _, s := range d.scopes() {
		if !slices.Contains(openIDScopes, s) {
			asked = resourceOf(s)
			break
		}
	}
	if asked != "" && !slices.ContainsFunc(resources, func(r string) bool { return !strings.EqualFold(strings.TrimSuffix(r, "/"), asked) }) {
		d.ok("scopes", "The parameter resource names the resource of the scopes.")
		return
	}
	d.fail("scopes", "resource-parameter-on-v2", "The parameter resource is sent to the v2.0 endpoint, and is not the resource of the scopes.",
		fmt.Sprintf("Sent is %s, and the scopes are for %s; Entra refuses that (AADSTS9010010, AADSTS901002).", strings.Join(resources, ", "), cmp.Or(asked, "no resource")),
		"Leave resource out, or ask for scopes of that resource.")
}
