package tui

import (
	"maps"
	"slices"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// ownHint is the choice of an ID token of one's own as a hint. An ID token is a
// secret: it is masked, kept for the walk alone, and in no profile.
const ownHint = "own"

// hintField chooses the ID token that says who is expected: here is that of the
// walk whose settings these are, if there is one.
func hintField(c flow.Config, here string) *field {
	choices := []option{{"", "none"}}
	if here != "" {
		choices = append(choices, option{here, "that of this walk"})
	}
	if given := c.Ask.IDTokenHint; given != "" && given != here {
		choices = append(choices, option{given, "as before"})
	}
	return choiceField("hint", "ID token hint", c.Ask.IDTokenHint,
		"An ID token of the person who is expected, for this walk alone: it is a secret, and never in the profile.", append(choices, option{ownHint, "one to paste"})...)
}

// extensionFields are those of what a client asks for beyond the plain code
// flow. They are folded away until they are asked for, or in use. here is the ID
// token of the walk whose settings these are, or "".
func extensionFields(c flow.Config, here string) []*field {
	a, p, l := c.Ask, c.Protection, c.Afterwards
	age := ""
	if a.MaxAge != nil {
		age = itoa(*a.MaxAge)
	}
	var parameters []string
	for _, name := range slices.Sorted(maps.Keys(a.Parameters)) {
		parameters = append(parameters, name+"="+a.Parameters[name])
	}
	yes := func(b bool) string { return choose(b, "yes", "") }
	off := func(on string) []option { return []option{{"", "off"}, {"yes", on}} }
	fields := []*field{
		choiceField("par", "Push the request", yes(p.PAR), "PAR, RFC 9126: the request goes to the provider first, and the browser carries a reference.", off("PAR")...),
		choiceField("jar", "Request object", string(p.JAR), "JAR, RFC 9101: the request is a JWT, signed with the client's key or secret.",
			option{"", "none"}, option{string(flow.JARSigned), "signed"}, option{string(flow.JAREncrypted), "signed and encrypted"}),
		choiceField("dpop", "Bind the tokens", yes(p.DPoP), "DPoP, RFC 9449: the tokens are good only with a key that is made for the walk.", off("DPoP")...),
		textField("resource", "Resource", strings.Join(a.Resources, " "), "RFC 8707: the URIs of the APIs that the token is for, separated by blanks."),
		textField("age", "Max age", age, "How many seconds ago the person may have signed in; 0 asks for a fresh sign-in."),
		textField("acr", "ACR values", a.ACRValues, "The levels of authentication to ask for, separated by blanks."),
		hintField(c, here),
		secretField("hinttoken", "ID token", "It is masked."),
		textField("claims", "Claims", a.Claims, `The JSON object of OpenID Connect Core section 5.5, for example {"id_token":{"acr":null}}.`),
		textField("rar", "Authorization details", a.AuthorizationDetails, `RAR: the JSON array of RFC 9396, for example [{"type":"payment_initiation"}].`),
		choiceField("hybrid", "Response type", a.ResponseType, "Hybrid brings an ID token with the code.", option{"", "code"}, option{flow.ResponseHybrid, "code id_token (hybrid)"}),
		textField("parameters", "Further parameters", strings.Join(parameters, " "), "NAME=VALUE of the authorize request, separated by blanks: audience=… at Auth0."),
		textField("keyfile", "Key file", c.Credential.KeyFile, "For a JWT by a key, a TLS certificate or a request object: PEM, PFX or JWK. Its path is kept, never the key."),
		textField("certfile", "Certificate file", c.Credential.CertificateFile, "PEM, if the key's file has none."),
		textField("keyid", "Key ID", c.Credential.KeyID, "The kid under which the provider knows the key. Empty: what the file says."),
		secretField("keypassword", "Key password", "That of a PFX. Empty: as in PKCESCOPE_KEY_PASSWORD, or none."),
		choiceField("userinfo", "UserInfo", yes(c.UserInfo), "In a run of all steps, also ask the UserInfo endpoint.", off("ask")...),
		textField("call", "Call an API", l.Call, "Its https address: a step after the token calls it with the access token."),
		choiceField("introspect", "Introspection", yes(l.Introspect), "RFC 7662: ask the provider about the access token.", off("ask")...),
		choiceField("revoke", "Revocation", yes(l.Revoke), "RFC 7009: take the refresh token back at the end.", off("revoke")...),
		choiceField("logout", "Logout", yes(l.Logout), "End the session at the provider, in the browser.", off("log out")...),
		textField("postlogout", "Logout leads to", l.PostLogoutRedirectURI, "A registered URI. Empty: the provider's own page."),
	}
	used := c.Credential.KeyFile != "" || c.AuthMethod.NeedsKey()
	for _, x := range fields {
		used = used || x.value() != "" && x.id != "userinfo"
		x.only = func(f *form) bool {
			return f.get("extensions") != "" && (x.id != "hinttoken" || f.get("hint") == ownHint)
		}
	}
	return append([]*field{
		choiceField("extensions", "Extensions", yes(used), "PAR, JAR, DPoP, RAR, resource, claims, JARM, hybrid, keys, and what is done with the tokens.",
			option{"", "folded"}, option{"yes", "shown"}),
	}, fields...)
}

// checkExtension says what is wrong with a field of the extensions.
func checkExtension(f *form, id, value string) string {
	switch id {
	case "age":
		if n, ok := atoi(value); value != "" && (!ok || n < 0) {
			return "It is a number of seconds."
		}
		return ""
	case "hinttoken":
		return choose(f.get("hint") == ownHint && strings.Count(value, ".") < 2, "Paste an ID token: three parts with points between them, or five if it is encrypted.", "")
	case "parameters":
		for _, p := range strings.Fields(value) {
			if name, _, ok := strings.Cut(p, "="); !ok || name == "" {
				return "Write NAME=VALUE; " + p + " is not."
			}
		}
	case "claims", "rar", "resource", "call", "postlogout":
	default:
		return ""
	}
	if value == "" {
		return ""
	}
	// The engine knows what it takes; everything else here is sound.
	c := extensionsFrom(f, flow.Config{ClientID: "x", Issuer: "https://issuer.example"})
	c = flow.Config{
		ClientID: "x", Issuer: c.Issuer, Afterwards: c.Afterwards,
		Ask: flow.Ask{
			Claims: choose(id == "claims", c.Ask.Claims, ""), AuthorizationDetails: choose(id == "rar", c.Ask.AuthorizationDetails, ""),
		},
	}
	if id == "resource" {
		c.Ask.Resources = strings.Fields(value)
	}
	if id == "parameters" {
		c.Ask.Parameters = parametersFrom(value)
	}
	if id != "call" {
		c.Afterwards = flow.Afterwards{}
	}
	if err := c.Check(); err != nil {
		return explainError(err)
	}
	return ""
}

// parametersFrom reads NAME=VALUE, separated by blanks.
func parametersFrom(text string) map[string]string {
	var all map[string]string
	for _, p := range strings.Fields(text) {
		if name, value, ok := strings.Cut(p, "="); ok {
			if all == nil {
				all = map[string]string{}
			}
			all[name] = value
		}
	}
	return all
}

// extensionsFrom puts the extensions of a form into a configuration.
func extensionsFrom(f *form, c flow.Config) flow.Config {
	c.ResponseMode = flow.ResponseMode(f.get("mode"))
	c.Protection = flow.Protection{PAR: f.get("par") != "", JAR: flow.JAR(f.get("jar")), DPoP: f.get("dpop") != ""}
	hint := f.get("hint")
	if hint == ownHint {
		hint = strings.TrimSpace(f.get("hinttoken"))
	}
	c.Ask = flow.Ask{
		ResponseType: f.get("hybrid"), Claims: f.get("claims"), ACRValues: f.get("acr"), AuthorizationDetails: f.get("rar"),
		IDTokenHint: hint, Parameters: parametersFrom(f.get("parameters")),
	}
	if r := strings.Fields(f.get("resource")); len(r) > 0 {
		c.Ask.Resources = r
	}
	if n, ok := atoi(f.get("age")); ok && f.get("age") != "" {
		c.Ask.MaxAge = &n
	}
	c.Afterwards = flow.Afterwards{
		Call: f.get("call"), Introspect: f.get("introspect") != "", Revoke: f.get("revoke") != "", Logout: f.get("logout") != "",
		PostLogoutRedirectURI: f.get("postlogout"),
	}
	c.UserInfo = f.get("userinfo") != ""
	if path := expandHome(f.get("keyfile")); path != c.Credential.KeyFile || f.get("certfile") != c.Credential.CertificateFile ||
		f.get("keyid") != c.Credential.KeyID || f.get("keypassword") != "" {
		password := c.Credential.Password
		if s := f.get("keypassword"); s != "" {
			password = s
		}
		c.Credential = flow.Credential{KeyFile: path, CertificateFile: expandHome(f.get("certfile")), KeyID: f.get("keyid"), Password: password}
	}
	return c
}
