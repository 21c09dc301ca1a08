package flow

// Platform is the kind of client, in the words of the Entra portal's
// Authentication blade. It decides what the token endpoint expects.
type Platform string

// The platforms. PlatformNative is the portal's "Mobile and desktop
// applications".
const (
	PlatformWeb    Platform = "web"
	PlatformSPA    Platform = "spa"
	PlatformNative Platform = "native"
)

// Method is how the challenge is made from the verifier, RFC 7636 section 4.2.
type Method string

// The methods. MethodOmitted sends a challenge without a
// code_challenge_method, which means plain (RFC 7636 section 4.3); MethodNone
// is the code flow without PKCE.
const (
	MethodS256    Method = "S256"
	MethodPlain   Method = "plain"
	MethodOmitted Method = "omitted"
	MethodNone    Method = "none"
)

// AuthMethod is how the client authenticates at the token endpoint, in the
// words of OpenID Connect Core section 9.
type AuthMethod string

// The methods of client authentication.
const (
	AuthNone  AuthMethod = "none"
	AuthPost  AuthMethod = "client_secret_post"
	AuthBasic AuthMethod = "client_secret_basic"
	// AuthSecretJWT and AuthKeyJWT show a signed assertion in place of the
	// secret or key (RFC 7523 section 2.2, OpenID Connect Core section 9).
	AuthSecretJWT AuthMethod = "client_secret_jwt"
	AuthKeyJWT    AuthMethod = "private_key_jwt"
	// AuthTLS and AuthSelfSignedTLS show the certificate in the TLS handshake
	// (RFC 8705 section 2). They differ in what the provider compares it with.
	AuthTLS           AuthMethod = "tls_client_auth"
	AuthSelfSignedTLS AuthMethod = "self_signed_tls_client_auth"
)

// ResponseMode is how the authorization response travels (OAuth 2.0 Multiple
// Response Type Encoding Practices section 2.1, OAuth 2.0 Form Post Response
// Mode). Empty leaves the choice to the provider, which means query for a code.
type ResponseMode string

// The response modes.
const (
	ModeDefault  ResponseMode = ""
	ModeQuery    ResponseMode = "query"
	ModeFragment ResponseMode = "fragment"
	ModeFormPost ResponseMode = "form_post"
	// The modes of JARM wrap the response into a signed JWT. ModeJWT leaves
	// the way to the provider.
	ModeJWT         ResponseMode = "jwt"
	ModeQueryJWT    ResponseMode = "query.jwt"
	ModeFragmentJWT ResponseMode = "fragment.jwt"
	ModeFormPostJWT ResponseMode = "form_post.jwt"
)

// ResponseModes returns the response modes. The slice is the caller's.
func ResponseModes() []ResponseMode {
	return []ResponseMode{ModeQuery, ModeFragment, ModeFormPost, ModeJWT, ModeQueryJWT, ModeFragmentJWT, ModeFormPostJWT}
}

// Posted reports whether the response is the form of a POST to the redirect URI
// (OAuth 2.0 Form Post Response Mode section 2).
func (m ResponseMode) Posted() bool { return m == ModeFormPost || m == ModeFormPostJWT }

// Config is what the client is and wants. It is complete enough to run the
// flow, and it never holds a secret in a form that is saved.
type Config struct {
	// Name is the profile's name, for the screen. It may be empty.
	Name string `json:"name,omitempty"`
	// Practice marks the embedded practice tenant.
	Practice bool `json:"practice,omitempty"`

	// Issuer is the issuer identifier; its metadata is discovered. It may be
	// empty when Provider has the endpoints.
	Issuer string `json:"issuer,omitempty"`
	// Provider holds the endpoints and promises. What is set by hand is kept;
	// discovery fills the rest.
	Provider Provider `json:"provider"`

	ClientID string `json:"client_id"`
	// ClientSecret comes from the environment or a prompt and is never saved.
	ClientSecret string `json:"-"`
	// Credential is the key or certificate of the methods that need one.
	Credential Credential `json:"-"`
	AuthMethod AuthMethod `json:"auth_method"`
	Platform   Platform   `json:"platform"`
	// Origin is the Origin header of the token requests. Empty: what the
	// platform's client sends. OriginNone: none.
	Origin string `json:"origin,omitempty"`

	// RedirectURI is the registered redirect URI. For http on a loopback host
	// without a port, or with port 0, a free port is taken and put in
	// (RFC 8252 section 7.3; Entra ignores the port of localhost). For https
	// on a loopback host a certificate is made on the spot; it has its port, or
	// 443, and a free one only if it says port 0.
	RedirectURI string   `json:"redirect_uri"`
	Scopes      []string `json:"scopes"` // empty: the default for the provider

	Method Method `json:"method"`
	// Verifier, if set, is used instead of a fresh one.
	Verifier string `json:"-"`
	// VerifierLength is 43 to 128; 0 means 43, x/oauth2's own.
	VerifierLength int `json:"verifier_length,omitempty"`
	// AllowBadVerifier lets a verifier through that RFC 7636 section 4.1 does
	// not allow. It is flagged all the same.
	AllowBadVerifier bool `json:"allow_bad_verifier,omitempty"`

	ResponseMode ResponseMode `json:"response_mode,omitempty"`
	Prompt       string       `json:"prompt,omitempty"`
	LoginHint    string       `json:"login_hint,omitempty"`
	DomainHint   string       `json:"domain_hint,omitempty"`

	Ask        Ask        `json:"ask,omitzero"`
	Protection Protection `json:"protection,omitzero"`
	Afterwards Afterwards `json:"afterwards,omitzero"`

	// Paste says that no listener is wanted: the person hands over the
	// redirect URL. It is implied by a redirect URI that cannot be listened to
	// (a custom scheme, a host that is not loopback).
	Paste bool `json:"paste,omitempty"`
	// Device signs in on another device, with a code that is typed there (RFC
	// 8628), in place of a redirect and PKCE: see [Config.Has].
	Device bool `json:"device,omitempty"`
	// UserInfo and Refresh include these optional steps in [Walk.Run].
	UserInfo bool `json:"userinfo,omitempty"`
	Refresh  bool `json:"refresh,omitempty"`

	// Edits change requests before they are sent.
	Edits []Edit `json:"edits,omitempty"`
}

// Provider is the authorization server as this run knows it. The names are
// those of OpenID Connect Discovery section 3 and RFC 8414 section 2.
type Provider struct {
	AuthorizationEndpoint string `json:"authorization_endpoint,omitempty"`
	TokenEndpoint         string `json:"token_endpoint,omitempty"`
	UserInfoEndpoint      string `json:"userinfo_endpoint,omitempty"`
	JWKSURI               string `json:"jwks_uri,omitempty"`
	// Issuer is the metadata's own issuer, which for Entra's common and
	// organizations holds the literal text {tenantid}.
	Issuer string `json:"issuer,omitempty"`

	PAREndpoint           string `json:"pushed_authorization_request_endpoint,omitempty"`
	DeviceEndpoint        string `json:"device_authorization_endpoint,omitempty"`
	IntrospectionEndpoint string `json:"introspection_endpoint,omitempty"`
	RevocationEndpoint    string `json:"revocation_endpoint,omitempty"`
	EndSessionEndpoint    string `json:"end_session_endpoint,omitempty"`
	PARRequired           bool   `json:"require_pushed_authorization_requests,omitempty"`

	ScopesSupported          []string `json:"scopes_supported,omitempty"`
	CodeChallengeMethods     []string `json:"code_challenge_methods_supported,omitempty"`
	TokenEndpointAuthMethods []string `json:"token_endpoint_auth_methods_supported,omitempty"`
	// TokenEndpointAuthAlgs are the algorithms for client assertions.
	TokenEndpointAuthAlgs []string `json:"token_endpoint_auth_signing_alg_values_supported,omitempty"`
	// MTLSEndpointAliases are the endpoints to use with a client certificate,
	// by the names that they have in the metadata (RFC 8705 section 5).
	MTLSEndpointAliases      map[string]string `json:"mtls_endpoint_aliases,omitempty"`
	ResponseModes            []string          `json:"response_modes_supported,omitempty"`
	AuthorizationResponseIss bool              `json:"authorization_response_iss_parameter_supported,omitempty"`
	IDTokenSigningAlgs       []string          `json:"id_token_signing_alg_values_supported,omitempty"`
	RequestObjectAlgs        []string          `json:"request_object_signing_alg_values_supported,omitempty"`
}
