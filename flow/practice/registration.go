package practice

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"slices"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// Registration is an app registration, in the words of the Entra portal and
// its manifest.
type Registration struct {
	Name     string `json:"name"`
	ClientID string `json:"client_id"` // "Application (client) ID"
	// Tenant is the GUID of the tenant in which the app is registered. Empty:
	// the home tenant.
	Tenant            string   `json:"tenant,omitempty"`
	SupportedAccounts Audience `json:"supported_accounts"`

	// The redirect URIs of the three platforms on the Authentication blade.
	Web    []string `json:"web,omitempty"`
	SPA    []string `json:"spa,omitempty"`
	Native []string `json:"native,omitempty"` // "Mobile and desktop applications"

	Secrets      []Secret      `json:"secrets,omitempty"`
	Certificates []Certificate `json:"certificates,omitempty"`
	// AllowPublicClientFlows is the switch on the Authentication blade; flows
	// without a redirect URI (device code) need it.
	AllowPublicClientFlows bool `json:"allow_public_client_flows,omitempty"`
	// ImplicitIDTokens and ImplicitAccessTokens are the two boxes "Implicit
	// grant and hybrid flows".
	ImplicitIDTokens     bool `json:"implicit_id_tokens,omitempty"`
	ImplicitAccessTokens bool `json:"implicit_access_tokens,omitempty"`

	// Permissions are the configured API permissions; AdminConsent says that
	// an administrator granted them for everybody.
	Permissions  []Permission `json:"permissions,omitempty"`
	AdminConsent bool         `json:"admin_consent,omitempty"`
	// Consents are what single users agreed to.
	Consents []Consent `json:"consents,omitempty"`

	// Expose is what the blade "Expose an API" offers to other apps.
	Expose *API `json:"expose,omitempty"`
	// AccessTokenAcceptedVersion is the manifest's
	// requestedAccessTokenVersion: 2 for v2.0 tokens, else v1.0.
	AccessTokenAcceptedVersion int `json:"access_token_accepted_version,omitempty"`

	// OptionalClaims are added to both tokens: auth_time, email, upn,
	// login_hint, sid, ipaddr, acct, tenant_ctry, verified_primary_email.
	OptionalClaims []string  `json:"optional_claims,omitempty"`
	GroupClaims    bool      `json:"group_claims,omitempty"`
	AppRoles       []AppRole `json:"app_roles,omitempty"`
	// AssignmentRequired is the enterprise application's property; Assigned
	// are its users.
	AssignmentRequired bool     `json:"assignment_required,omitempty"`
	Assigned           []string `json:"assigned,omitempty"`
	// CustomSigningKey says that claims are mapped, for which the app would
	// need a signing key of its own.
	CustomSigningKey bool `json:"custom_signing_key,omitempty"`
	Disabled         bool `json:"disabled,omitempty"`
	// Broken says what is wrong on purpose. Empty for a healthy registration.
	Broken string `json:"broken,omitempty"`
}

// Audience is the manifest's signInAudience, "supported account types".
type Audience string

// The supported account types.
const (
	MyOrg        Audience = "AzureADMyOrg"
	MultipleOrgs Audience = "AzureADMultipleOrgs"
	Everyone     Audience = "AzureADandPersonalMicrosoftAccount"
	PersonalOnly Audience = "PersonalMicrosoftAccount"
)

// Secret is a client secret. Its ID and its Value are the two columns of the
// portal that people mistake for each other.
type Secret struct {
	ID          string    `json:"id"`
	Description string    `json:"description,omitempty"`
	Value       string    `json:"value"`
	Expires     time.Time `json:"expires"`
}

// Certificate is a client certificate for private_key_jwt.
type Certificate struct {
	Description string `json:"description,omitempty"`
	PEM         string `json:"pem"` // the certificate, without its key
}

func (c Certificate) parse() (*x509.Certificate, error) {
	block, _ := pem.Decode([]byte(c.PEM))
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, errors.New("it is not a certificate in PEM")
	}
	return x509.ParseCertificate(block.Bytes)
}

// Permission lists the delegated permissions configured for one resource, by
// the resource's app id.
type Permission struct {
	Resource string   `json:"resource"`
	Scopes   []string `json:"scopes"`
}

// Consent is what one user allowed the app to do with one resource.
type Consent struct {
	Account  string   `json:"account"`
	Resource string   `json:"resource"`
	Scopes   []string `json:"scopes"`
}

// API is what a registration exposes.
type API struct {
	IdentifierURIs []string `json:"identifier_uris"`
	Scopes         []Scope  `json:"scopes"`
	// Disabled says that the service principal is switched off; Missing, that
	// the home tenant has none.
	Disabled bool `json:"disabled,omitempty"`
	Missing  bool `json:"missing,omitempty"`
}

// Scope is a delegated permission that an API offers.
type Scope struct {
	Value string `json:"value"`
	// AdminOnly permissions can be consented to by administrators only.
	AdminOnly bool   `json:"admin_only,omitempty"`
	Meaning   string `json:"meaning,omitempty"` // shown on the consent page
}

// AppRole is a role of the app and who has it.
type AppRole struct {
	Value   string   `json:"value"`
	Members []string `json:"members,omitempty"` // user names
}

// home is the GUID of the tenant in which the app is registered.
func (r Registration) home() string {
	if r.Tenant == "" {
		return homeDirectory.ID
	}
	return r.Tenant
}

type platformRedirects struct {
	platform flow.Platform
	uris     []string
}

// redirects returns the platforms with their redirect URIs, in the portal's
// order.
func (r Registration) redirects() []platformRedirects {
	return []platformRedirects{
		{flow.PlatformWeb, r.Web}, {flow.PlatformSPA, r.SPA}, {flow.PlatformNative, r.Native},
	}
}

// permissionsOn returns the configured permissions on a resource, without the
// OpenID scopes.
func (r Registration) permissionsOn(resource string) []string {
	for _, p := range r.Permissions {
		if p.Resource == resource {
			return slices.DeleteFunc(slices.Clone(p.Scopes), func(s string) bool { return slices.Contains(oidcScopes, s) })
		}
	}
	return nil
}

// consented says whether a permission was granted, by an administrator for
// everybody or by the user.
func (r Registration) consented(account, resource, scope string) bool {
	if r.AdminConsent && (slices.Contains(oidcScopes, scope) || contains(r.permissionsOn(resource), scope)) {
		return true
	}
	for _, c := range r.Consents {
		if c.Account == account && c.Resource == resource && contains(c.Scopes, scope) {
			return true
		}
	}
	return false
}

// consent adds what a user agreed to.
func (r *Registration) consent(account, resource string, scopes []string) {
	for i, c := range r.Consents {
		if c.Account == account && c.Resource == resource {
			for _, s := range scopes {
				if !contains(c.Scopes, s) {
					r.Consents[i].Scopes = append(r.Consents[i].Scopes, s)
				}
			}
			return
		}
	}
	r.Consents = append(r.Consents, Consent{Account: account, Resource: resource, Scopes: scopes})
}

// rolesOf returns the app roles of a user.
func (r Registration) rolesOf(username string) []string {
	var out []string
	for _, role := range r.AppRoles {
		if contains(role.Members, username) {
			out = append(out, role.Value)
		}
	}
	return out
}
