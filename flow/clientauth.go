package flow

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const (
	// assertionType is the client_assertion_type of RFC 7523 section 2.2.
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	// assertionLife is how long an assertion is good for.
	assertionLife = 5 * time.Minute
)

// AuthMethods returns the methods of client authentication. The slice is the
// caller's.
func AuthMethods() []AuthMethod {
	return []AuthMethod{AuthNone, AuthPost, AuthBasic, AuthSecretJWT, AuthKeyJWT, AuthTLS, AuthSelfSignedTLS}
}

// NeedsSecret reports whether the method is made with the client secret.
func (m AuthMethod) NeedsSecret() bool {
	return m == AuthPost || m == AuthBasic || m == AuthSecretJWT
}

// TakesSecret reports whether the client authenticates with its secret, or
// would if it had one: which of the two is not said where neither the method nor
// the platform is set.
func (c Config) TakesSecret() bool {
	return c.AuthMethod.NeedsSecret() || c.AuthMethod == "" && (c.Platform == "" || c.Platform == PlatformWeb)
}

// NeedsKey reports whether the method is made with a private key.
func (m AuthMethod) NeedsKey() bool { return m == AuthKeyJWT || m.overTLS() }

func (m AuthMethod) overTLS() bool { return m == AuthTLS || m == AuthSelfSignedTLS }

// checkAuth refuses a client that lacks what its method needs, and reads its
// key.
func (c *Config) checkAuth(now time.Time) error {
	switch {
	case c.AuthMethod.NeedsSecret() && c.ClientSecret == "":
		return &Error{
			Kind: KindRefused, What: "The client secret is missing.",
			Why: fmt.Sprintf("Client authentication is %s, which needs it.", c.AuthMethod),
			Try: "Give the secret, or choose none for a public client.",
		}
	case c.AuthMethod.NeedsKey() && !c.Credential.given():
		return &Error{
			Kind: KindRefused, What: "The client's private key is missing.",
			Why: fmt.Sprintf("Client authentication is %s, which needs it.", c.AuthMethod),
			Try: "Give the file of the key (PEM, PFX or a JSON Web Key), or choose another method.",
		}
	}
	if !c.Credential.given() {
		return nil
	}
	if err := c.Credential.load(now); err != nil {
		return err
	}
	if c.AuthMethod.overTLS() && len(c.Credential.certificates) == 0 {
		return &Error{
			Kind: KindRefused, What: "The client's certificate is missing.",
			Why: fmt.Sprintf("Client authentication is %s, which shows it in the TLS handshake.", c.AuthMethod),
			Try: "Give the file of the certificate too, or a PFX, which holds both.",
		}
	}
	return nil
}

// ClientCertificateValue names the value of a step that holds the fingerprint
// of the certificate that will be shown in the handshake, in the form of
// x5t#S256 (RFC 8705 section 3.1).
const ClientCertificateValue = "client_certificate_x5t#S256"

// withCertificate returns a transport that shows the client's certificate
// where a server asks for one, whatever authorities it says that it knows: its
// refusal tells more than a handshake without.
func withCertificate(t http.RoundTripper, c Config) http.RoundTripper {
	base, ok := t.(*http.Transport)
	if !ok || !c.AuthMethod.overTLS() {
		return t
	}
	base = base.Clone()
	if base.TLSClientConfig == nil {
		base.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	shown := c.Credential.tls()
	base.TLSClientConfig.GetClientCertificate = func(asked *tls.CertificateRequestInfo) (*tls.Certificate, error) {
		if t, ok := asked.Context().Value(traceKey{}).(*trace); ok {
			t.showed(c.Credential.fingerprint())
		}
		return &shown, nil
	}
	return base
}

// endpoint is the provider's endpoint of that metadata name, the one for
// certificates if that is how the client authenticates.
func (c Config) endpoint(name, plain string) string {
	if c.AuthMethod.overTLS() {
		return defaultTo(c.Provider.MTLSEndpointAliases[name], plain)
	}
	return plain
}

// authenticate adds client authentication to a request of the app's own to the
// authorization server. The walk must be locked.
func (w *Walk) authenticate(r *prepared, id StepID) error {
	c := w.t.Config
	form := func(name, value string, by Chooser) {
		r.Body = Body(setPair(string(r.Body), name, value, false))
		r.values = append(r.values, Value{Name: name, Value: value, By: by})
	}
	switch c.AuthMethod {
	case AuthBasic:
		r.Header.Set("Authorization", basic(c.ClientID, c.ClientSecret))
		r.values = append(r.values, Value{Name: "header.Authorization", Value: r.Header.Get("Authorization"), By: ByProgram})
	case AuthPost:
		form("client_id", c.ClientID, ByYou)
		form("client_secret", c.ClientSecret, ByYou)
	case AuthSecretJWT, AuthKeyJWT:
		assertion, err := w.assertion(id)
		if err != nil {
			return err
		}
		form("client_id", c.ClientID, ByYou)
		form("client_assertion_type", assertionType, ByFlow)
		form("client_assertion", assertion, ByProgram)
	case AuthTLS, AuthSelfSignedTLS:
		form("client_id", c.ClientID, ByYou)
		r.certificate = c.Credential.fingerprint()
	default:
		form("client_id", c.ClientID, ByYou)
	}
	return nil
}

// assertion is the client assertion of a step, RFC 7523 section 3 and OpenID
// Connect Core section 9. Each request has one of its own.
func (w *Walk) assertion(id StepID) (string, error) {
	return w.once(id, "assertion", func() (string, error) { return w.t.Config.newAssertion(w.now()) })
}

func (c Config) newAssertion(now time.Time) (string, error) {
	var signer jose.Signer
	var err error
	if c.AuthMethod == AuthSecretJWT {
		signer, err = secretSigner(c.ClientSecret, "JWT")
	} else {
		signer, err = c.keySigner("JWT", c.Provider.TokenEndpointAuthAlgs)
	}
	if err != nil {
		return "", err
	}
	return jwt.Signed(signer).Claims(jwt.Claims{
		Issuer: c.ClientID, Subject: c.ClientID, Audience: jwt.Audience{c.Provider.TokenEndpoint}, ID: rand.Text(),
		IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(assertionLife)),
	}).Serialize()
}

// secretSigner signs with the client secret, whose octets are the key of HS256
// (OpenID Connect Core section 10.1).
func secretSigner(secret, kind string) (jose.Signer, error) {
	if len(secret) < sha256.Size {
		return nil, &Error{
			Kind: KindRefused, What: "The client secret is too short to sign with.",
			Why: fmt.Sprintf("HS256 needs %d octets and it has %d (RFC 7518 section 3.2).", sha256.Size, len(secret)),
			Try: "Use client_secret_post or client_secret_basic, or a longer secret.",
		}
	}
	return jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: []byte(secret)},
		(&jose.SignerOptions{}).WithType(jose.ContentType(kind)))
}

// keySigner signs with the client's key. The header names the certificate if
// there is one, as Entra ID wants it
// (https://learn.microsoft.com/entra/identity-platform/certificate-credentials).
func (c Config) keySigner(kind string, algs []string) (jose.Signer, error) {
	k := c.Credential
	if k.key == nil {
		return nil, &Error{
			Kind: KindRefused, What: "There is no private key to sign with.",
			Try: "Give the file of the client's key (PEM, PFX or a JSON Web Key).",
		}
	}
	options := (&jose.SignerOptions{}).WithType(jose.ContentType(kind))
	if k.KeyID != "" {
		options = options.WithHeader(jose.HeaderKey("kid"), k.KeyID)
	}
	if len(k.certificates) > 0 {
		options = options.WithHeader("x5t#S256", k.fingerprint())
	}
	return jose.NewSigner(jose.SigningKey{Algorithm: signingAlg(k.key, algs, c.entra()), Key: k.key}, options)
}

// signingAlg is the algorithm for a key. An RSA key has several; PS256 is what
// Entra ID documents, and RS256 what every other provider takes unless it says
// otherwise.
func signingAlg(key crypto.Signer, supported []string, entra bool) jose.SignatureAlgorithm {
	switch key := key.(type) {
	case *ecdsa.PrivateKey:
		switch key.Curve.Params().BitSize {
		case 384:
			return jose.ES384
		case 521:
			return jose.ES512
		}
		return jose.ES256
	case ed25519.PrivateKey:
		return jose.EdDSA
	}
	if entra || len(supported) > 0 && !slices.Contains(supported, string(jose.RS256)) && slices.Contains(supported, string(jose.PS256)) {
		return jose.PS256
	}
	return jose.RS256
}
