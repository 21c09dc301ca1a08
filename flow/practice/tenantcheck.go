package practice

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// Limits on redirect URIs, from
// https://learn.microsoft.com/entra/identity-platform/reply-url
const (
	maxRedirects         = 256
	maxRedirectsPersonal = 100
	maxRedirectLength    = 256
	badRedirectChars     = "!$'(),;"
)

// check refuses settings that the portal would not save. The error is a
// [*FieldError].
func (t Tenant) check() error {
	if len(t.Registrations) == 0 {
		return &FieldError{Field: "registrations", Why: "there must be at least one app registration"}
	}
	if len(t.Accounts) == 0 {
		return &FieldError{Field: "accounts", Why: "there must be at least one account"}
	}
	ids := map[string]bool{}
	for i, r := range t.Registrations {
		at := fmt.Sprintf("registrations[%d]", i)
		if ids[strings.ToLower(r.ClientID)] {
			return &FieldError{Field: at + ".client_id", Why: "another registration has the same client id", value: r.ClientID}
		}
		ids[strings.ToLower(r.ClientID)] = true
		if e := r.check(at); e != nil {
			return e
		}
	}
	for i, a := range t.Accounts {
		if e := a.check(fmt.Sprintf("accounts[%d]", i)); e != nil {
			return e
		}
	}
	for i, p := range t.Circumstances.ConditionalAccess {
		controls := []Control{"", ControlBlock, ControlMFA, ControlCompliantDevice, ControlDomainJoined, ControlApprovedApp}
		if !slices.Contains(controls, p.Grant) {
			return &FieldError{
				Field: fmt.Sprintf("circumstances.conditional_access[%d].grant", i), value: string(p.Grant),
				Why: fmt.Sprintf("%q is no grant control; use block, mfa, compliantDevice, domainJoinedDevice or approvedApplication", p.Grant),
			}
		}
	}
	for i, f := range t.Faults {
		if f.Does() == "" {
			return &FieldError{
				Field: fmt.Sprintf("faults[%d]", i), value: string(f),
				Why: fmt.Sprintf("there is no fault called %q; the faults are %s", f, faultNames()),
			}
		}
	}
	return nil
}

func (r Registration) check(at string) error {
	audiences := []Audience{MyOrg, MultipleOrgs, Everyone, PersonalOnly}
	switch {
	case r.Name == "":
		return &FieldError{Field: at + ".name", Why: "a registration needs a name"}
	case !guidPattern.MatchString(r.ClientID):
		return &FieldError{Field: at + ".client_id", Why: fmt.Sprintf("%q is not a GUID", r.ClientID), value: r.ClientID}
	case !slices.Contains(audiences, r.SupportedAccounts):
		return &FieldError{
			Field: at + ".supported_accounts", value: string(r.SupportedAccounts),
			Why: fmt.Sprintf("%q is none of AzureADMyOrg, AzureADMultipleOrgs, AzureADandPersonalMicrosoftAccount, PersonalMicrosoftAccount", r.SupportedAccounts),
		}
	}
	limit := maxRedirects
	if r.SupportedAccounts == Everyone || r.SupportedAccounts == PersonalOnly {
		limit = maxRedirectsPersonal
	}
	if n := len(r.Web) + len(r.SPA) + len(r.Native); n > limit {
		return &FieldError{Field: at, Why: fmt.Sprintf("%d redirect URIs; an app of these account types can have %d", n, limit)}
	}
	for _, p := range r.redirects() {
		for i, uri := range p.uris {
			if why := redirectProblem(p.platform, r.SupportedAccounts, uri); why != "" {
				return &FieldError{Field: fmt.Sprintf("%s.%s[%d]", at, p.platform, i), Why: why, value: uri}
			}
		}
	}
	for i, s := range r.Secrets {
		if s.Value == "" || !guidPattern.MatchString(s.ID) {
			return &FieldError{Field: fmt.Sprintf("%s.secrets[%d]", at, i), Why: "a secret has a value, and an id that is a GUID", value: s.ID}
		}
	}
	for i, c := range r.Certificates {
		if _, err := c.parse(); err != nil {
			return &FieldError{Field: fmt.Sprintf("%s.certificates[%d].pem", at, i), Why: err.Error()}
		}
	}
	if v := r.AccessTokenAcceptedVersion; v < 0 || v > 2 {
		return &FieldError{Field: at + ".access_token_accepted_version", Why: "it is 1 or 2, or left out, which means 1"}
	}
	if r.Expose != nil && len(r.Expose.IdentifierURIs) == 0 {
		return &FieldError{Field: at + ".expose.identifier_uris", Why: "an API needs at least one identifier URI"}
	}
	return nil
}

// redirectProblem says why the portal would not save a redirect URI, or "".
func redirectProblem(p flow.Platform, audience Audience, uri string) string {
	u, err := url.Parse(uri)
	switch {
	case err != nil:
		return err.Error()
	case !u.IsAbs():
		return "a redirect URI is absolute: it begins with a scheme"
	case len(uri) > maxRedirectLength:
		return fmt.Sprintf("it has %d characters; %d are allowed", len(uri), maxRedirectLength)
	case u.Fragment != "" || strings.HasSuffix(uri, "#"):
		return "it must not have a fragment (RFC 6749 section 3.1.2)"
	case strings.ContainsAny(uri, badRedirectChars):
		return "it must not have one of the characters " + strings.Join(strings.Split(badRedirectChars, ""), " ")
	case strings.Contains(uri, "*") && !wildcards(audience):
		return "wildcards work only for apps that sign in work or school accounts"
	case u.RawQuery != "" && !wildcards(audience):
		return "a query works only for apps that sign in work or school accounts"
	case u.Hostname() == "::1":
		return "the IPv6 loopback address [::1] is not supported; use http://localhost"
	case u.Scheme == "http" && u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1":
		return "http is for localhost only; use https"
	case u.Scheme == "https" || u.Scheme == "http":
		if u.Host == "" {
			return "it has no host"
		}
	case p != flow.PlatformNative:
		return "it must begin with https, or http://localhost"
	}
	return ""
}

func (a Account) check(at string) error {
	switch {
	case !strings.Contains(a.Username, "@"):
		return &FieldError{Field: at + ".username", Why: "a user name looks like name@domain", value: a.Username}
	case a.Password == "":
		return &FieldError{Field: at + ".password", Why: "an account needs a password"}
	case !guidPattern.MatchString(a.ObjectID):
		return &FieldError{Field: at + ".object_id", Why: fmt.Sprintf("%q is not a GUID", a.ObjectID), value: a.ObjectID}
	case !slices.Contains([]MFA{MFANone, MFARegistered, MFAEnforced}, a.MFA):
		return &FieldError{Field: at + ".mfa", Why: fmt.Sprintf("%q is neither registered nor enforced, nor left out", a.MFA), value: string(a.MFA)}
	}
	return nil
}

// revoked says whether tokens issued at that time are dead for the account.
func (a Account) revoked(issued time.Time) bool {
	return !a.TokensValidFrom.IsZero() && issued.Before(a.TokensValidFrom)
}
