package practice

import (
	"slices"
	"strconv"
	"strings"
)

// tokenResponse is RFC 6749 section 5.1 with Entra's members. The v1.0
// endpoint writes its numbers as strings.
type tokenResponse struct {
	TokenType    string `json:"token_type"`
	Scope        string `json:"scope"`
	ExpiresIn    any    `json:"expires_in"`
	ExtExpiresIn any    `json:"ext_expires_in"`
	ExpiresOn    string `json:"expires_on,omitempty"`
	NotBefore    string `json:"not_before,omitempty"`
	Resource     string `json:"resource,omitempty"`
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token,omitempty"`
	IDToken      string `json:"id_token,omitempty"`
	ClientInfo   string `json:"client_info,omitempty"`
}

// issue makes the tokens for a grant, if the account may still have them.
func (c *call) issue(req tokenRequest, g grant) (any, *refusal) {
	account, ok := c.conf.account(g.account)
	if !ok {
		return nil, deny("50034", "user", g.account, "tenant", directoryByID(g.tenant).Name)
	}
	set, e := c.scopesToIssue(req, g)
	if e != nil {
		return nil, e
	}
	if e := c.stillAllowed(req, g, account, set); e != nil {
		return nil, e
	}
	permissions := slices.DeleteFunc(slices.Clone(g.scopes), func(s string) bool { return slices.Contains(oidcScopes, s) })
	g.scopes = append(slices.Clone(set.oidc), permissions...)
	g.by = "0"
	if req.form.Get("client_assertion") != "" {
		g.by = "2"
	} else if req.secret != "" {
		g.by = "1"
	}
	if c.has(FaultEndpointVersion) {
		set.api.AccessTokenAcceptedVersion = 2
		if req.v1 {
			set.api.AccessTokenAcceptedVersion = 1
		}
	}
	access, lifetime := c.accessToken(req.app, account, g, set)
	answer := tokenResponse{
		TokenType: "Bearer", Scope: strings.Join(grantedScopes(set), " "),
		ExpiresIn: lifetime, ExtExpiresIn: lifetime, AccessToken: access,
	}
	if req.v1 || c.has(FaultStringExpiry) {
		answer.ExpiresIn, answer.ExtExpiresIn = strconv.Itoa(lifetime), strconv.Itoa(lifetime)
	}
	if req.v1 {
		answer.NotBefore, answer.ExpiresOn = strconv.Itoa(int(c.now.Add(-skew).Unix())), strconv.Itoa(int(c.now.Unix())+lifetime)
		answer.Resource, answer.Scope = req.form.Get("resource"), strings.Join(set.wanted, " ")
	}
	if set.has("openid") {
		answer.IDToken = c.idToken(req.app, account, g, hashed{v1: req.v1})
	}
	if (set.has("offline_access") || c.has(FaultAlwaysRefresh)) && !c.has(FaultNoRefresh) &&
		(!c.has(FaultNoRotation) || req.form.Get("refresh_token") == "") {
		next := g
		next.issued = c.now
		answer.RefreshToken = c.grants.addRefresh(next)
	}
	if req.form.Get("client_info") != "" {
		answer.ClientInfo = clientInfo(account)
	}
	return answer, nil
}

// stillAllowed asks again what may have changed since the sign-in.
func (c *call) stillAllowed(req tokenRequest, g grant, a Account, set scopeSet) *refusal {
	policies := c.conf.policies(req.app.ClientID, set.api.ClientID, a.Username)
	switch {
	case a.Disabled:
		return deny("50057")
	case c.missingConsent(req.app, a.Username, scopeSet{api: set.api, wanted: set.wanted}) != nil:
		return deny("65001", "app", req.app.ClientID, "name", req.app.Name).with("consent_required", "")
	case (demands(policies, ControlMFA) || a.MFA == MFAEnforced) && !slices.Contains(g.amr, "mfa"):
		return secondFactor(a, set.api).as("invalid_grant")
	case checkDevice(policies) != nil:
		return checkDevice(policies).as("invalid_grant").with("message_only", "")
	}
	return nil
}

// scopesToIssue decides what the tokens are for. scope is optional at Entra's
// token endpoint; there it may name one resource and the OpenID scopes.
func (c *call) scopesToIssue(req tokenRequest, g grant) (scopeSet, *refusal) {
	in := directoryByID(g.tenant)
	scope := req.form.Get("scope")
	if req.v1 && req.form.Get("resource") != "" {
		scope = scopeOfV1(req.form.Get("resource"))
	}
	if req.form.Has("scope") && strings.TrimSpace(scope) == "" {
		return scopeSet{}, deny("28003")
	}
	if scope == "" {
		scope = g.scopeText()
	}
	set, e := c.readScopes(req.app, in, scope)
	if e != nil {
		return set, e
	}
	if !req.v1 {
		if e := c.checkResource(req.form.Get("resource"), set); e != nil {
			return set, e
		}
	}
	// The OpenID scopes of the sign-in stay, and others can be added here: MSAL
	// Go asks for them at this endpoint only.
	asked := set.oidc
	set.oidc = slices.DeleteFunc(slices.Clone(g.scopes), func(s string) bool { return !slices.Contains(oidcScopes, s) })
	for _, s := range asked {
		if !set.has(s) {
			set.oidc = append(set.oidc, s)
		}
	}
	return set, nil
}

// resourceName is the resource as the client wrote it, or its id.
func (g grant) resourceName() string {
	if g.named != "" {
		return g.named
	}
	return g.resource
}

// scopeText is the grant's scopes as a scope parameter.
func (g grant) scopeText() string {
	var out []string
	for _, s := range g.scopes {
		if slices.Contains(oidcScopes, s) || g.named == "" {
			out = append(out, s)
		} else {
			out = append(out, g.named+"/"+s)
		}
	}
	return strings.Join(out, " ")
}

// grantedScopes is the scope of the answer. offline_access is not in it, and
// the resource is named as the client named it: MSAL takes a scope that comes
// back in another form for declined.
func grantedScopes(set scopeSet) []string {
	var out []string
	for _, s := range set.oidc {
		if s != "offline_access" {
			out = append(out, s)
		}
	}
	for _, s := range set.wanted {
		if set.named != "" {
			s = set.named + "/" + s
		}
		out = append(out, s)
	}
	return out
}
