package practice

import (
	_ "embed"
	"encoding/json"
	"slices"
	"strings"
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

	Secrets []Secret `json:"secrets,omitempty"`
	// AllowPublicClientFlows is the switch at the foot of the Authentication
	// blade; flows without a redirect URI (device code) need it.
	AllowPublicClientFlows bool `json:"allow_public_client_flows,omitempty"`
	// ImplicitIDTokens and ImplicitAccessTokens are the two boxes "Implicit
	// grant and hybrid flows".
	ImplicitIDTokens     bool `json:"implicit_id_tokens,omitempty"`
	ImplicitAccessTokens bool `json:"implicit_access_tokens,omitempty"`

	// Permissions are the configured API permissions; AdminConsent says that
	// an administrator granted them for everybody.
	Permissions  []Permission `json:"permissions,omitempty"`
	AdminConsent bool         `json:"admin_consent,omitempty"`

	// Expose is what the blade "Expose an API" offers to other apps.
	Expose *API `json:"expose,omitempty"`
	// AccessTokenAcceptedVersion is the manifest's
	// requestedAccessTokenVersion: 2 for v2.0 tokens, else v1.0.
	AccessTokenAcceptedVersion int `json:"access_token_accepted_version,omitempty"`

	AssignmentRequired bool     `json:"assignment_required,omitempty"`
	Assigned           []string `json:"assigned,omitempty"` // user names
	Disabled           bool     `json:"disabled,omitempty"`
	// Lesson says what is broken on purpose. Empty for a healthy registration.
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

// Permission lists the delegated permissions configured for one resource, by
// the resource's app id.
type Permission struct {
	Resource string   `json:"resource"`
	Scopes   []string `json:"scopes"`
}

// API is what a registration exposes.
type API struct {
	IdentifierURIs []string `json:"identifier_uris"`
	Scopes         []Scope  `json:"scopes"`
}

// Scope is a delegated permission that an API offers.
type Scope struct {
	Value string `json:"value"`
	// AdminOnly permissions can be consented to by administrators only.
	AdminOnly bool   `json:"admin_only,omitempty"`
	Meaning   string `json:"meaning,omitempty"` // shown on the consent page
}

// Account is a user of a practice tenant.
type Account struct {
	Username   string `json:"username"`
	Password   string `json:"password"`
	Name       string `json:"name"`
	GivenName  string `json:"given_name"`
	FamilyName string `json:"family_name"`
	ObjectID   string `json:"object_id"`
	// Tenant is the GUID of the account's tenant. Empty: the home tenant.
	Tenant string `json:"tenant,omitempty"`
	Admin  bool   `json:"admin,omitempty"`
}

var (
	//go:embed seed/registrations.json
	registrationsJSON []byte
	//go:embed seed/accounts.json
	accountsJSON []byte
)

// seededRegistrations returns the registrations of a fresh tenant, healthy
// ones first.
func seededRegistrations() []Registration { return mustRead[[]Registration](registrationsJSON) }

// seededAccounts returns the accounts of a fresh tenant.
func seededAccounts() []Account { return mustRead[[]Account](accountsJSON) }

// mustRead reads data that is compiled in; a test reads all of it.
func mustRead[T any](data []byte) T {
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		panic("practice: embedded data: " + err.Error())
	}
	return v
}

func (r Registration) clone() Registration {
	r.Web, r.SPA, r.Native = slices.Clone(r.Web), slices.Clone(r.SPA), slices.Clone(r.Native)
	r.Secrets, r.Permissions = slices.Clone(r.Secrets), slices.Clone(r.Permissions)
	r.Assigned = slices.Clone(r.Assigned)
	return r
}

// home is the GUID of the tenant in which the app is registered.
func (r Registration) home() string {
	if r.Tenant == "" {
		return homeTenant.ID
	}
	return r.Tenant
}

// redirects returns the platforms with their redirect URIs, in the portal's
// order.
func (r Registration) redirects() []platformRedirects {
	return []platformRedirects{
		{flow.PlatformWeb, r.Web}, {flow.PlatformSPA, r.SPA}, {flow.PlatformNative, r.Native},
	}
}

type platformRedirects struct {
	platform flow.Platform
	uris     []string
}

// registration finds an app by its client id, which is a GUID and so compared
// without regard to case.
func (s *Server) registration(clientID string) (Registration, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, r := range s.registrations {
		if strings.EqualFold(r.ClientID, clientID) {
			return r, true
		}
	}
	return Registration{}, false
}

// account finds a user by name.
func (s *Server) account(username string) (Account, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, a := range s.accounts {
		if strings.EqualFold(a.Username, username) {
			return a, true
		}
	}
	return Account{}, false
}

func (a Account) home() string {
	if a.Tenant == "" {
		return homeTenant.ID
	}
	return a.Tenant
}
