package main

import (
	"context"
	"maps"
	"strings"

	"github.com/spf13/pflag"

	"github.com/pkcescope/pkcescope/flow"
)

// extensionFlags are those of the extensions of the code flow: what the
// authorization request asks for beyond it, what guards it, and what is done
// with the tokens afterwards.
type extensionFlags struct {
	device bool
	hybrid bool
	maxAge int
	hint   string
	params []string
	ask    flow.Ask
	guard  flow.Protection
	after  flow.Afterwards
}

func (f *extensionFlags) add(s *pflag.FlagSet) {
	s.BoolVar(&f.device, "device", false, "sign in on another device, with a code that is typed there, in place of a redirect and PKCE (RFC 8628)")
	s.BoolVar(&f.hybrid, "hybrid", false, "ask for an ID token with the code (response_type code id_token)")
	s.StringArrayVar(&f.ask.Resources, "resource", nil, "the `URI` of the API that the token is for (RFC 8707); may be repeated")
	s.StringVar(&f.ask.Claims, "claims", "", "the claims to ask for, as the `JSON` of OpenID Connect Core section 5.5")
	s.StringVar(&f.ask.ACRValues, "acr-values", "", "the `LEVELS` of authentication to ask for, separated by spaces")
	s.IntVar(&f.maxAge, "max-age", 0, "how many `SECONDS` ago the person may have signed in; 0 asks for a fresh sign-in")
	s.StringVar(&f.hint, "id-token-hint", "", "an ID token of the person: `-` asks for it, env:NAME reads it")
	s.StringVar(&f.ask.AuthorizationDetails, "rar", "", "the authorization details, as the `JSON` array of RFC 9396")
	s.StringArrayVar(&f.params, "parameter", nil, "a further parameter `NAME=VALUE` of the authorization request, such as audience at Auth0; may be repeated")
	s.BoolVar(&f.guard.PAR, "par", false, "push the authorization request to the provider first (RFC 9126)")
	s.Var(&choice[flow.JAR]{&f.guard.JAR, []flow.JAR{flow.JARSigned, flow.JAREncrypted}},
		"jar", "put the authorization request into a request object (RFC 9101), signed with the client's key or secret")
	s.BoolVar(&f.guard.DPoP, "dpop", false, "bind the tokens to a key made for the run (RFC 9449)")
	s.StringVar(&f.after.Call, "call", "", "also ask the API at `URL` with the access token")
	s.BoolVar(&f.after.Introspect, "introspect", false, "also ask the provider about the access token (RFC 7662)")
	s.BoolVar(&f.after.Revoke, "revoke", false, "also take the refresh token back (RFC 7009)")
	s.BoolVar(&f.after.Logout, "logout", false, "also end the session at the provider, in the browser")
	s.StringVar(&f.after.PostLogoutRedirectURI, "post-logout-redirect-uri", "", "where the browser goes after --logout: a registered `URI`")
}

// apply puts what was given on top of a configuration.
func (f *extensionFlags) apply(set *pflag.FlagSet, c *flow.Config) error {
	if set.Changed("hybrid") {
		c.Ask.ResponseType = map[bool]string{true: flow.ResponseHybrid, false: flow.ResponseCode}[f.hybrid]
	}
	override(set, "device", &c.Device, f.device)
	override(set, "resource", &c.Ask.Resources, f.ask.Resources)
	override(set, "claims", &c.Ask.Claims, f.ask.Claims)
	override(set, "acr-values", &c.Ask.ACRValues, f.ask.ACRValues)
	if set.Changed("max-age") {
		c.Ask.MaxAge = &f.maxAge
	}
	override(set, "rar", &c.Ask.AuthorizationDetails, f.ask.AuthorizationDetails)
	override(set, "par", &c.Protection.PAR, f.guard.PAR)
	override(set, "jar", &c.Protection.JAR, f.guard.JAR)
	override(set, "dpop", &c.Protection.DPoP, f.guard.DPoP)
	override(set, "call", &c.Afterwards.Call, f.after.Call)
	override(set, "introspect", &c.Afterwards.Introspect, f.after.Introspect)
	override(set, "revoke", &c.Afterwards.Revoke, f.after.Revoke)
	override(set, "logout", &c.Afterwards.Logout, f.after.Logout)
	override(set, "post-logout-redirect-uri", &c.Afterwards.PostLogoutRedirectURI, f.after.PostLogoutRedirectURI)
	for _, text := range f.params {
		name, value, ok := strings.Cut(text, "=")
		if !ok {
			return wrongUsage("For example --parameter audience=https://api.example.com.", "%q is not of the form NAME=VALUE.", text)
		}
		parameters := maps.Clone(c.Ask.Parameters)
		if parameters == nil {
			parameters = map[string]string{}
		}
		parameters[name] = value
		c.Ask.Parameters = parameters
	}
	return nil
}

// readHint reads the ID token that is to be sent as a hint. It may ask for it.
func (f *extensionFlags) readHint(ctx context.Context, set *pflag.FlagSet, c *flow.Config, in *input) error {
	if !set.Changed("id-token-hint") {
		return nil
	}
	hint, err := in.resolve(ctx, f.hint, "ID token")
	if err == nil && hint == f.hint && hint != "" {
		return wrongUsage("Write --id-token-hint - to be asked for it, or env:NAME to take it from the environment.",
			"An ID token is a secret, and an argument is seen by every process and kept in the shell's history.")
	}
	c.Ask.IDTokenHint = hint
	return err
}
