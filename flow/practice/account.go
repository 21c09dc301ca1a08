package practice

import (
	"slices"
	"strconv"
	"time"
)

// Account is a user of a practice tenant.
type Account struct {
	Username   string `json:"username"`
	Password   string `json:"password"`
	Name       string `json:"name"`
	GivenName  string `json:"given_name,omitempty"`
	FamilyName string `json:"family_name,omitempty"`
	ObjectID   string `json:"object_id"`
	// Tenant is the GUID of the account's own tenant. Empty: the home tenant.
	Tenant string `json:"tenant,omitempty"`
	// GuestIn are the GUIDs of other tenants in which the account is a guest.
	GuestIn []string `json:"guest_in,omitempty"`
	Admin   bool     `json:"admin,omitempty"`
	MFA     MFA      `json:"mfa,omitempty"`
	// Groups is the number of groups the user is in.
	Groups          int  `json:"groups,omitempty"`
	Disabled        bool `json:"disabled,omitempty"`
	GuestDisabled   bool `json:"guest_disabled,omitempty"`
	PasswordExpired bool `json:"password_expired,omitempty"`
	// TokensValidFrom is when the sessions were last revoked: tokens from
	// before are dead.
	TokensValidFrom time.Time `json:"tokens_valid_from,omitzero"`
	// Note says what is special about the account, on the sign-in page.
	Note string `json:"note,omitempty"`
}

// MFA says whether the user has a second factor and must use it.
type MFA string

// The states of multifactor authentication. MFAEnforced is the old per-user
// setting; otherwise Conditional Access decides.
const (
	MFANone       MFA = ""
	MFARegistered MFA = "registered"
	MFAEnforced   MFA = "enforced"
)

func (a Account) home() string {
	if a.Tenant == "" {
		return homeDirectory.ID
	}
	return a.Tenant
}

// guestOf says whether the account is a guest in a directory.
func (a Account) guestOf(id string) bool { return slices.Contains(a.GuestIn, id) }

// personal says whether it is a personal Microsoft account.
func (a Account) personal() bool { return a.home() == consumersDirectory.ID }

// idp is the identity provider as Entra writes it in claims and texts.
func (a Account) idp(s *Server) string {
	if a.personal() {
		return "live.com"
	}
	return s.URL + "/" + a.home() + "/"
}

// groupIDs are the object ids of the groups that the user is in.
func (a Account) groupIDs() []string {
	ids := make([]string, a.Groups)
	for i := range ids {
		ids[i] = guidFrom("group " + strconv.Itoa(i))
	}
	return ids
}

// objectIn is the account's object id in a directory: a guest is another
// object there.
func (a Account) objectIn(id string) string {
	if id == a.home() {
		return a.ObjectID
	}
	return guidFrom("guest " + id + " " + a.ObjectID)
}
