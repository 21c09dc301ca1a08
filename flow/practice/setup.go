package practice

import "github.com/pkcescope/pkcescope/flow"

// Setup is what another client has to be told to use the tenant. Its JSON is
// what "pkcescope practice --json" prints.
type Setup struct {
	Issuer        string              `json:"issuer"`
	Authorize     string              `json:"authorize"`
	Token         string              `json:"token"`
	JWKS          string              `json:"jwks"`
	Discovery     string              `json:"discovery"`
	Device        string              `json:"device"`
	Registrations []SetupRegistration `json:"registrations"`
	Accounts      []SetupAccount      `json:"accounts"`
}

// SetupRegistration is a registration as its client sees it.
type SetupRegistration struct {
	Name         string        `json:"name"`
	ClientID     string        `json:"client_id"`
	Platform     flow.Platform `json:"platform"`
	RedirectURIs []string      `json:"redirect_uris"`
	Secret       *string       `json:"secret"` // null where there is none
}

// SetupAccount is somebody who can sign in.
type SetupAccount struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

// Setup returns what to configure. The endpoints are those of the home tenant,
// by its GUID; healthy registrations come first. APIs, which nobody signs in
// to, are left out.
func (s *Server) Setup() Setup {
	home := s.URL + "/" + homeDirectory.ID
	out := Setup{
		Issuer:        s.Issuer(),
		Authorize:     home + "/oauth2/v2.0/authorize",
		Token:         home + "/oauth2/v2.0/token",
		JWKS:          home + "/discovery/v2.0/keys",
		Discovery:     home + "/v2.0/.well-known/openid-configuration",
		Device:        home + "/oauth2/v2.0/devicecode",
		Registrations: []SetupRegistration{},
		Accounts:      []SetupAccount{},
	}
	t := s.Tenant()
	for _, r := range t.Registrations {
		if r.Expose != nil && len(r.Web)+len(r.SPA)+len(r.Native) == 0 {
			continue
		}
		c := s.config(r)
		one := SetupRegistration{Name: r.Name, ClientID: r.ClientID, Platform: c.Platform, RedirectURIs: []string{}}
		if one.Platform == "" {
			one.Platform = flow.PlatformWeb
		}
		for _, p := range r.redirects() {
			if p.platform == one.Platform {
				one.RedirectURIs = append(one.RedirectURIs, p.uris...)
			}
		}
		if len(r.Secrets) > 0 {
			one.Secret = &r.Secrets[0].Value
		}
		out.Registrations = append(out.Registrations, one)
	}
	for _, a := range t.Accounts {
		out.Accounts = append(out.Accounts, SetupAccount{a.Username, a.Password})
	}
	return out
}
