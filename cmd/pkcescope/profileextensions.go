package main

import "github.com/pkcescope/pkcescope/flow"

// savedExtensions is a [profile.NAME.extensions] table: what a client asks for
// beyond the plain code flow. Its keys are the flags' names with underscores.
type savedExtensions struct {
	Device                bool     `toml:"device,omitempty"`
	ResponseType          string   `toml:"response_type,omitempty"`
	Resources             []string `toml:"resources,omitempty"`
	Claims                string   `toml:"claims,omitempty"`
	ACRValues             string   `toml:"acr_values,omitempty"`
	MaxAge                *int     `toml:"max_age,omitempty"`
	AuthorizationDetails  string   `toml:"rar,omitempty"`
	PAR                   bool     `toml:"par,omitempty"`
	JAR                   flow.JAR `toml:"jar,omitempty"`
	DPoP                  bool     `toml:"dpop,omitempty"`
	Call                  string   `toml:"call,omitempty"`
	Introspect            bool     `toml:"introspect,omitempty"`
	Revoke                bool     `toml:"revoke,omitempty"`
	Logout                bool     `toml:"logout,omitempty"`
	PostLogoutRedirectURI string   `toml:"post_logout_redirect_uri,omitempty"`
	// Parameters are further ones of the authorization request.
	Parameters map[string]string `toml:"parameters,omitempty"`
}

// saveableExtensions returns what is kept of c's extensions; nil if it has
// none.
func saveableExtensions(c flow.Config) *savedExtensions {
	a, p, l := c.Ask, c.Protection, c.Afterwards
	if !c.Device && a.ResponseType == "" && len(a.Resources) == 0 && a.Claims == "" && a.ACRValues == "" && a.MaxAge == nil &&
		a.AuthorizationDetails == "" && len(a.Parameters) == 0 && p == (flow.Protection{}) && l == (flow.Afterwards{}) {
		return nil
	}
	return &savedExtensions{
		Device: c.Device, ResponseType: a.ResponseType, Resources: a.Resources, Claims: a.Claims, ACRValues: a.ACRValues, MaxAge: a.MaxAge,
		AuthorizationDetails: a.AuthorizationDetails, Parameters: a.Parameters, PAR: p.PAR, JAR: p.JAR, DPoP: p.DPoP,
		Call: l.Call, Introspect: l.Introspect, Revoke: l.Revoke, Logout: l.Logout, PostLogoutRedirectURI: l.PostLogoutRedirectURI,
	}
}

// apply is the reverse of [saveableExtensions].
func (s *savedExtensions) apply(c *flow.Config) {
	if s == nil {
		return
	}
	c.Device = s.Device
	c.Ask = flow.Ask{
		ResponseType: s.ResponseType, Resources: s.Resources, Claims: s.Claims, ACRValues: s.ACRValues, MaxAge: s.MaxAge,
		AuthorizationDetails: s.AuthorizationDetails, Parameters: s.Parameters,
	}
	c.Protection = flow.Protection{PAR: s.PAR, JAR: s.JAR, DPoP: s.DPoP}
	c.Afterwards = flow.Afterwards{
		Call: s.Call, Introspect: s.Introspect, Revoke: s.Revoke, Logout: s.Logout, PostLogoutRedirectURI: s.PostLogoutRedirectURI,
	}
}
