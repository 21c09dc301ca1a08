package practice

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Tenant is everything about a practice tenant that its administrator decides.
// It is data: it can be listed, edited while the tenant runs, and read from a
// file ([ParseTenant]).
type Tenant struct {
	// Registrations are the app registrations, healthy ones first.
	Registrations []Registration `json:"registrations"`
	// Accounts are the users. The first signs in to the healthy registrations
	// without a second factor.
	Accounts      []Account     `json:"accounts"`
	Circumstances Circumstances `json:"circumstances,omitzero"`
	// Faults are the rules that the server breaks.
	Faults []Fault `json:"faults,omitempty"`
}

// Circumstances are the tenant-wide settings that decide whether a sound
// request succeeds.
type Circumstances struct {
	// UserConsentDisabled is "Do not allow user consent" on the blade
	// Enterprise applications, Consent and permissions.
	UserConsentDisabled bool `json:"user_consent_disabled,omitempty"`
	// AdminConsentWorkflow lets users ask an administrator.
	AdminConsentWorkflow bool     `json:"admin_consent_workflow,omitempty"`
	ConditionalAccess    []Policy `json:"conditional_access,omitempty"`
}

// Policy is a Conditional Access policy.
type Policy struct {
	Name string `json:"name"`
	// Apps are client ids, of the app or of the resource it wants; empty means
	// all.
	Apps []string `json:"apps,omitempty"`
	// Users are user names; empty means all.
	Users []string `json:"users,omitempty"`
	Grant Control  `json:"grant,omitempty"`
	// SignInFrequencyHours is the session control of that name; 0 for none.
	SignInFrequencyHours int `json:"sign_in_frequency_hours,omitempty"`
}

// Control is a grant control of Conditional Access, named as in Microsoft
// Graph's conditionalAccessGrantControl.
type Control string

// The grant controls.
const (
	ControlBlock           Control = "block"
	ControlMFA             Control = "mfa"
	ControlCompliantDevice Control = "compliantDevice"
	ControlDomainJoined    Control = "domainJoinedDevice"
	ControlApprovedApp     Control = "approvedApplication"
)

//go:embed seed/tenant.json
var tenantJSON []byte

// Seeded returns the tenant as it is after a start without options: healthy
// registrations of each platform, broken ones, and accounts.
func Seeded() Tenant { return mustRead[Tenant](tenantJSON) }

// mustRead reads data that is compiled in; a test reads all of it.
func mustRead[T any](data []byte) T {
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		panic("practice: embedded data: " + err.Error())
	}
	return v
}

// clone returns a copy that shares nothing with t.
func (t Tenant) clone() Tenant {
	b, err := json.Marshal(t)
	if err != nil {
		panic("practice: tenant: " + err.Error())
	}
	return mustRead[Tenant](b)
}

// Tenant returns a copy of the tenant's settings as they are now.
func (s *Server) Tenant() Tenant { return s.tenant.Load().clone() }

// Update changes the tenant's settings while it runs. change gets a copy; what
// it leaves is checked, and if it is unsound the error names the field and
// nothing changes. Requests that are being answered finish as they began.
func (s *Server) Update(change func(*Tenant)) error {
	s.updates.Lock()
	defer s.updates.Unlock()
	next := s.Tenant()
	change(&next)
	if err := next.check(); err != nil {
		return err
	}
	s.tenant.Store(&next)
	return nil
}

// Registrations returns a copy of the app registrations, healthy ones first.
func (s *Server) Registrations() []Registration { return s.Tenant().Registrations }

// Accounts returns a copy of the accounts. The first signs in to the healthy
// registrations without a second factor.
func (s *Server) Accounts() []Account { return s.Tenant().Accounts }

// Register adds an app registration, or replaces the one of the same client
// id. A new one is listed last. An unsound one is refused, as by Update.
func (s *Server) Register(r Registration) error {
	return s.Update(func(t *Tenant) {
		t.Registrations = slices.DeleteFunc(t.Registrations, func(old Registration) bool {
			return strings.EqualFold(old.ClientID, r.ClientID)
		})
		t.Registrations = append(t.Registrations, r)
	})
}

// registration finds an app by its client id, which is a GUID and so compared
// without regard to case.
func (t *Tenant) registration(clientID string) (Registration, bool) {
	for _, r := range t.Registrations {
		if strings.EqualFold(r.ClientID, clientID) {
			return r, true
		}
	}
	return Registration{}, false
}

// account finds a user by name.
func (t *Tenant) account(username string) (Account, bool) {
	for _, a := range t.Accounts {
		if strings.EqualFold(a.Username, username) {
			return a, true
		}
	}
	return Account{}, false
}

// api finds a resource by application id or identifier URI.
func (t *Tenant) api(name string) (Registration, bool) {
	for _, r := range append([]Registration{graph}, t.Registrations...) {
		if r.Expose != nil && (strings.EqualFold(r.ClientID, name) || contains(r.Expose.IdentifierURIs, name)) {
			return r, true
		}
	}
	return Registration{}, false
}

// policies returns those that apply to a user of an app and a resource.
func (t *Tenant) policies(app, resource, username string) []Policy {
	var out []Policy
	for _, p := range t.Circumstances.ConditionalAccess {
		if (len(p.Apps) == 0 || contains(p.Apps, app) || contains(p.Apps, resource)) &&
			(len(p.Users) == 0 || contains(p.Users, username)) {
			out = append(out, p)
		}
	}
	return out
}

// frequency returns the strictest sign-in frequency among policies.
func frequency(policies []Policy) (time.Duration, bool) {
	strictest := 0
	for _, p := range policies {
		if h := p.SignInFrequencyHours; h > 0 && (strictest == 0 || h < strictest) {
			strictest = h
		}
	}
	return time.Duration(strictest) * time.Hour, strictest > 0
}

// demands says whether one of the policies has that control.
func demands(policies []Policy, control Control) bool {
	for _, p := range policies {
		if p.Grant == control {
			return true
		}
	}
	return false
}

func contains(list []string, s string) bool {
	for _, one := range list {
		if strings.EqualFold(one, s) {
			return true
		}
	}
	return false
}

// FieldError says which setting of a tenant is unsound.
type FieldError struct {
	Field string // "registrations[2].web[0]"
	Line  int    // in the file it was read from; 0 if there is none
	Why   string

	value string // what stands in the file, to find the line
}

// Error implements error.
func (e *FieldError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("line %d, %s: %s", e.Line, e.Field, e.Why)
	}
	return e.Field + ": " + e.Why
}
