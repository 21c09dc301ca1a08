package inspect

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// entraIssuer is an issuer at which Entra's rules for what is copied from the
// portal hold; the practice tenant's own does not look like one.
const entraIssuer = "https://login.microsoftonline.com/common/v2.0"

// NoClient stands for a client id that was not given: a provider can be looked
// at without one.
const NoClient = "00000000-0000-0000-0000-000000000000"

// client looks at the client's own settings: what they say decides a good part
// of what a provider will answer.
func (d *doctor) client() {
	issuer := d.c.Issuer
	if d.c.Practice {
		issuer = entraIssuer
	}
	if d.c.ClientID == NoClient {
		d.ok("client-id", "No client id was given, so it is the provider that was looked at.")
	} else if why := flow.ClientIDProblem(issuer, d.c.ClientID); why != "" {
		d.fail("client-id", "client-id-unknown", "The client id will not be known.", why, "Copy the Application (client) ID from the app's Overview page.")
	} else {
		d.ok("client-id", "The client id has the form of one.")
	}
	d.secret(issuer)
	if d.c.Device {
		d.device()
		d.scope()
		d.tenant()
		d.tokenEndpoint()
		return
	}
	d.platform()
	d.redirect()
	d.port()
	d.scope()
	d.tenant()
	d.pkce()
	d.response()
	d.tokenEndpoint()
	d.requests()
}

func (d *doctor) secret(issuer string) {
	if why := flow.SecretProblem(issuer, d.c.ClientSecret); why != "" {
		d.fail("secret", "client-secret-id-instead-of-value", "The client secret looks like a secret's id.", why, "Certificates & secrets: make a new secret and copy its Value at once.")
		return
	}
	if s := d.c.ClientSecret; s != strings.TrimSpace(s) {
		d.fail("secret", "", "The client secret begins or ends with a blank or a line end.", "It was copied along, and is sent.", "Copy the Value alone.")
		return
	}
	if d.c.ClientSecret != "" {
		d.ok("secret", "The client secret does not look like a secret's id. Whether it is right and still valid, only the token endpoint knows.")
	}
}

// platform: what Entra's token endpoint expects of each.
func (d *doctor) platform() {
	if !d.entra() {
		return
	}
	origin, edited := d.edited(flow.StepToken, "header.Origin")
	switch {
	case d.c.Platform != flow.PlatformWeb && d.c.Platform != "" && d.auth() != flow.AuthNone:
		d.fail("platform", "public-platform-but-secret-sent", "A client on the platform "+string(d.c.Platform)+" sends a secret.",
			"What runs on a person's machine or in a page is a public client there; Entra refuses its secret (AADSTS700025, AADSTS90023).",
			"Leave the secret out (--auth none), or register the redirect URI under Web if this is a server.")
	case d.c.Platform == flow.PlatformWeb && d.auth() == flow.AuthNone:
		d.fail("platform", "web-platform-but-public-client", "A client on the platform web authenticates by nothing.",
			"Entra wants a secret or a certificate there (AADSTS7000218).", "Give the secret, or register the redirect URI under Mobile and desktop applications.")
	case d.c.Platform == flow.PlatformSPA && (d.c.Origin == flow.OriginNone || edited && (origin.Unset || origin.Value == "")):
		d.fail("platform", "spa-platform-redeemed-by-server", "A single-page app sends no Origin.",
			"Entra redeems its codes for cross-origin requests only (AADSTS9002327).", "Send the page's Origin, or register another platform.")
	default:
		d.ok("platform", "How the client authenticates fits its platform.")
	}
}

// Entra's rules for redirect URIs:
// https://learn.microsoft.com/entra/identity-platform/reply-url
const badInRedirect = "!$'(),;"

func (d *doctor) redirect() {
	uri := d.c.RedirectURI
	cause := "redirect-uri-not-registered"
	u, err := url.Parse(uri)
	switch why := flow.RedirectProblem(uri); {
	case why != "":
		d.fail("redirect-uri", cause, "The redirect URI cannot be registered.", why, "Take another one, in the client and at the provider.")
	case err != nil || uri == "":
	case !d.entra():
		d.ok("redirect-uri", "The redirect URI has the form of one. It must be registered exactly as it is: "+uri)
	case len(uri) > 256 || strings.ContainsAny(uri, badInRedirect):
		d.fail("redirect-uri", cause, "The portal does not save this redirect URI.", "It may have 256 characters, and none of "+badInRedirect+".", "Take a simpler one.")
	case u.Hostname() == "::1":
		d.fail("redirect-uri", "redirect-uri-loopback-address", "Entra does not support [::1].", "IPv6 loopback addresses cannot be registered.", "Use http://localhost.")
	case u.Scheme == "http" && u.Hostname() == "127.0.0.1":
		d.warn("redirect-uri", "redirect-uri-loopback-address", "The redirect URI names 127.0.0.1.",
			"Of http://localhost Entra ignores the port; that it does so for 127.0.0.1 is not documented, and the portal takes that address only in the manifest.",
			"Use http://localhost, in the client and in the registration.")
	case u.Scheme != "https" && u.Scheme != "http" && d.c.Platform != flow.PlatformNative && d.c.Platform != "":
		d.fail("redirect-uri", cause, "A custom scheme under "+portalName(d.c.Platform)+".", "Only Mobile and desktop applications can have one.", "Use https, or the platform native.")
	default:
		under := ""
		if d.c.Platform != "" {
			under = " under " + portalName(d.c.Platform)
		}
		d.ok("redirect-uri", "The redirect URI keeps Entra's rules. It must be registered"+under+", with the same path and the same slash at the end: "+uri)
	}
}

func (d *doctor) port() {
	switch {
	case d.p.Port != nil && !d.c.Paste:
		d.refused("port", d.p.Port)
	case d.p.Listens:
		d.ok("port", "The callback can be awaited on this machine.")
	default:
		d.ok("port", "Nothing listens here for this redirect URI: the answer has to be pasted.")
	}
}

// openIDScopes belong to no resource.
var openIDScopes = []string{"openid", "profile", "email", "offline_access", "address", "phone"}

// resourceOf is the resource of an Entra scope: what stands before its last
// slash, and Microsoft Graph where there is none.
func resourceOf(scope string) string {
	if i := strings.LastIndexByte(scope, '/'); i > 0 && strings.Contains(scope, ":") {
		return strings.TrimSuffix(scope[:i], "/")
	}
	return graphResource
}

const graphResource = "https://graph.microsoft.com"

func (d *doctor) scope() {
	scopes := d.scopes()
	if len(scopes) == 0 {
		d.ok("scopes", "The default scopes for the provider are asked for.")
		return
	}
	before := len(d.lines)
	if d.entra() {
		d.entraScopes(scopes)
	}
	if !slices.Contains(scopes, "openid") {
		d.warn("scopes", "", "The scope openid is not asked for.", "Then there is no ID token, and nothing that says who signed in.", "Add openid if this is a sign-in.")
	}
	if !slices.Contains(scopes, "offline_access") && d.entra() {
		d.warn("scopes", "refresh-token-missing", "The scope offline_access is not asked for.", "Then there is no refresh token, and the session ends with the access token, after about an hour.", "Add offline_access if the client works longer than that.")
	}
	if len(d.lines) == before {
		d.ok("scopes", "The scopes can be asked for together.")
	}
}

func (d *doctor) entraScopes(scopes []string) {
	var resources, whole []string
	for _, s := range scopes {
		if slices.Contains(openIDScopes, s) {
			continue
		}
		if r := resourceOf(s); !slices.Contains(resources, r) {
			resources = append(resources, r)
		}
		if strings.HasSuffix(s, "/.default") {
			whole = append(whole, s)
		} else if !strings.ContainsAny(s, ":/.") {
			d.warn("scopes", "scope-not-on-resource", "The scope "+s+" names no resource.", "Entra then takes it for one of Microsoft Graph, which has none of that form.", "Write it with its resource: api://CLIENT-ID/"+s)
		}
	}
	if len(resources) > 1 {
		d.fail("scopes", "scope-multiple-resources", "The scopes belong to "+strings.Join(resources, " and ")+".",
			"An access token is for one resource; Entra refuses the request (AADSTS28000, AADSTS70011).", "Ask for one now, and for the other with the refresh token.")
	}
	if len(whole) > 0 && len(resources) == 1 && slices.ContainsFunc(scopes, func(s string) bool {
		return !slices.Contains(openIDScopes, s) && !strings.HasSuffix(s, "/.default")
	}) {
		d.fail("scopes", "", "The scope "+whole[0]+" stands beside single scopes.", ".default means everything that was granted, and cannot be combined (AADSTS70011).", "Ask for either.")
	}
	d.resourceParameter()
}

func (d *doctor) tenant() {
	if !d.entra() || d.c.Issuer == "" {
		return
	}
	switch a := d.authority(); a {
	case "common", "organizations", "consumers":
		d.warn("authority", "single-tenant-app-on-common", "The authority is "+a+", not a tenant.",
			"An app for one tenant only is refused there (AADSTS50194), and iss in tokens differs from the metadata's issuer, which must be compared with care.",
			"Use the tenant's id unless the app is registered for several tenants.")
	default:
		d.ok("authority", "The authority is one tenant: "+a+".")
	}
}

// A challenge of S256 is 43 characters of base64url; of sixty-four hexadecimal
// digits it was made with the wrong encoding.
var hexDigest = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)

func (d *doctor) pkce() {
	before := len(d.lines)
	if e, ok := d.edited(flow.StepAuthorize, "code_challenge"); ok && !e.Unset {
		switch {
		case strings.ContainsAny(e.Value, "=+/"):
			d.fail("pkce", "pkce-challenge-malformed", "The code_challenge is not base64url without padding.", `"=", "+" and "/" are of another base64 (RFC 7636 appendix A).`, "Use base64url, and leave the padding out.")
		case hexDigest.MatchString(e.Value):
			d.fail("pkce", "pkce-challenge-hex-digest", "The code_challenge is a hexadecimal digest.", "The digest's octets are what is encoded, not their hexadecimal text (RFC 7636 section 4.2).", "Encode the 32 octets as base64url: 43 characters.")
		}
	}
	if e, ok := d.edited(flow.StepToken, "code_verifier"); ok {
		if e.Unset {
			d.fail("pkce", "pkce-verifier-missing-at-token", "The token request has no code_verifier.", "A code that was asked for with a challenge is redeemed with its verifier only (RFC 7636 section 4.6).", "Send it.")
		} else {
			d.fail("pkce", "pkce-verifier-mismatch", "The code_verifier is a fixed one.", "The challenge is made from another, so the two do not match.", "Send the verifier that the challenge was made from; keep one for each sign-in.")
		}
	}
	method := d.c.Method
	if e, ok := d.edited(flow.StepAuthorize, "code_challenge_method"); ok && e.Unset && method != flow.MethodPlain {
		d.fail("pkce", "pkce-method-omitted", "The challenge is sent without its method.", "Without code_challenge_method it counts as plain (RFC 7636 section 4.3), and the verifier does not equal it.", "Send code_challenge_method=S256.")
	}
	methods := d.c.Provider.CodeChallengeMethods
	asked := method
	if method == flow.MethodOmitted {
		asked = flow.MethodPlain
	}
	switch {
	case method == flow.MethodNone && d.entra() && d.c.Platform == flow.PlatformSPA:
		d.fail("pkce", "", "A single-page app without PKCE.", "Entra wants a challenge of it (AADSTS9002325).", "Use S256.")
	case method == flow.MethodNone:
		d.warn("pkce", "", "The client uses no PKCE.", "A stolen code can be redeemed by whoever has it (RFC 9700 section 2.1.1 asks for PKCE).", "Use S256.")
	case len(methods) > 0 && asked != "" && !slices.Contains(methods, string(asked)):
		d.fail("pkce", "", "The method "+string(asked)+" is not supported.", "The metadata lists "+strings.Join(methods, ", ")+".", "Use one of them.")
	case asked == flow.MethodPlain:
		d.warn("pkce", "", "The method is plain.", "Whoever sees the authorize URL has the verifier (RFC 7636 section 7.2).", "Use S256.")
	case len(d.lines) == before:
		d.ok("pkce", "The challenge is made with S256.")
	}
}

func (d *doctor) response() {
	p := d.c.Provider
	if mode := d.c.ResponseMode; mode != flow.ModeDefault && len(p.ResponseModes) > 0 && !slices.Contains(p.ResponseModes, string(mode)) {
		d.fail("response", "", "The response mode "+string(mode)+" is not supported.", "The metadata lists "+strings.Join(p.ResponseModes, ", ")+".", "Use one of them.")
	}
	if e, ok := d.edited(flow.StepAuthorize, "response_type"); ok && strings.Contains(e.Value, "token") {
		d.warn("response", "response-type-not-enabled", "The response type is "+e.Value+".", "Tokens through the browser have to be switched on for the app at Entra (AADSTS700054), and are not needed with a code.", "Use response_type=code.")
	}
	if d.c.Prompt == "none" {
		d.warn("response", "login-required-silent", "The prompt is none.", "Without a session the provider answers login_required, and shows no page to sign in.", "Leave it out for the first sign-in, and fall back when it is refused.")
	}
}

func (d *doctor) tokenEndpoint() {
	methods := d.c.Provider.TokenEndpointAuthMethods
	auth := d.auth()
	switch {
	case len(methods) == 0: // nothing was read, or nothing is said about it
	case slices.Contains(methods, string(auth)):
		d.ok("token-endpoint", "The metadata lists how the client authenticates: "+string(auth)+".")
	case auth == flow.AuthNone:
		// Many that serve public clients, Entra among them, do not list none.
		d.ok("token-endpoint", "The client authenticates by nothing, as a public client does.")
	default:
		d.fail("token-endpoint", "", "The token endpoint does not take "+string(auth)+".", "The metadata lists "+strings.Join(methods, ", ")+".", "Use one of them.")
	}
}

// requests are the edits that change what a request is about.
func (d *doctor) requests() {
	if e, ok := d.edited(flow.StepAuthorize, "client_id"); ok && e.Value != d.c.ClientID {
		d.fail("requests", "client-id-unknown", "The authorize request names another client than the token request.", "A code is bound to the client that asked for it (RFC 6749 section 4.1.3).", "Use one client id.")
	}
	e, ok := d.edited(flow.StepToken, "redirect_uri")
	_, both := d.edited(flow.StepAuthorize, "redirect_uri")
	switch {
	case ok && e.Unset:
		d.warn("requests", "redirect-uri-differs-at-token", "The token request has no redirect_uri.", "It must repeat that of the authorize request, if there was one (RFC 6749 section 4.1.3); with several registered, leaving out both is no way either.", "Send the same in both.")
	case ok && !both && e.Value != d.c.RedirectURI:
		d.fail("requests", "redirect-uri-differs-at-token", "The token request has another redirect_uri than the authorize request.", "They must be identical (RFC 6749 section 4.1.3).", "Send the same in both, character by character.")
	}
}
