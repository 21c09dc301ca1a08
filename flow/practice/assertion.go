package practice

import (
	"crypto/sha1" //nolint:gosec // x5t is by definition a SHA-1 (RFC 7515 section 4.1.7).
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// checkAssertion authenticates a client by certificate (RFC 7523 section 2.2;
// https://learn.microsoft.com/entra/identity-platform/certificate-credentials).
func (c *call) checkAssertion(req tokenRequest) *refusal {
	if req.form.Get("client_assertion_type") != assertionType {
		return deny("900144", "name", "client_assertion_type")
	}
	token, err := jwt.ParseSigned(req.form.Get("client_assertion"), []jose.SignatureAlgorithm{jose.RS256, jose.PS256})
	if err != nil || len(token.Headers) != 1 {
		return deny("50027")
	}
	var claims jwt.Claims
	if err := token.UnsafeClaimsWithoutVerification(&claims); err != nil {
		return deny("50027")
	}
	if !strings.EqualFold(claims.Issuer, req.app.ClientID) || !strings.EqualFold(claims.Subject, req.app.ClientID) {
		return deny("700021")
	}
	if len(req.app.Certificates) == 0 {
		return deny("700026")
	}
	if e := c.checkAssertionSignature(token, req.app); e != nil {
		return e
	}
	if !slices.ContainsFunc(claims.Audience, c.ownAudience) {
		return deny("700023")
	}
	if claims.Expiry == nil || c.now.After(claims.Expiry.Time().Add(skew)) ||
		claims.NotBefore != nil && c.now.Add(skew).Before(claims.NotBefore.Time()) {
		until, from := "missing", "missing"
		if claims.Expiry != nil {
			until = dotNetTime(claims.Expiry.Time())
		}
		if claims.NotBefore != nil {
			from = dotNetTime(claims.NotBefore.Time())
		}
		return deny("700024", "now", dotNetTime(c.now), "from", from, "until", until)
	}
	return nil
}

// ownAudience: the assertion is for this token endpoint, or for the issuer.
func (c *call) ownAudience(aud string) bool {
	rest, ok := strings.CutPrefix(aud, c.URL+"/")
	if !ok {
		return false
	}
	named, rest, _ := strings.Cut(rest, "/")
	_, e := findAuthority(named)
	return e == nil && (rest == "oauth2/v2.0/token" || rest == "oauth2/token" || rest == "v2.0")
}

// checkAssertionSignature finds the certificate by its thumbprint in the
// header, and verifies with it.
func (c *call) checkAssertionSignature(token *jwt.JSONWebToken, app Registration) *refusal {
	header := token.Headers[0].ExtraHeaders
	sent := fmt.Sprint(first(header["x5t#S256"], header["x5t"], token.Headers[0].KeyID))
	bad := func(reason string) *refusal {
		return deny("700027", "reason", reason, "thumbprint", sent, "app", app.ClientID)
	}
	for _, registered := range app.Certificates {
		cert, err := registered.parse()
		if err != nil || !thumbprints(cert)[sent] {
			continue
		}
		if c.now.After(cert.NotAfter) {
			return bad("The key used is expired.")
		}
		var claims map[string]any
		if token.Claims(cert.PublicKey, &claims) != nil {
			return bad("The key was found, but use of the key to verify the signature failed.")
		}
		return nil
	}
	return bad("The key was not found.")
}

func first(values ...any) any {
	for _, v := range values {
		if v != nil && v != "" {
			return v
		}
	}
	return ""
}

// thumbprints are the ways in which clients name a certificate.
func thumbprints(cert *x509.Certificate) map[string]bool {
	s1, s256 := sha1.Sum(cert.Raw), sha256.Sum256(cert.Raw) //nolint:gosec // see the import
	return map[string]bool{
		base64.RawURLEncoding.EncodeToString(s1[:]):   true,
		base64.StdEncoding.EncodeToString(s1[:]):      true,
		fmt.Sprintf("%X", s1):                         true,
		base64.RawURLEncoding.EncodeToString(s256[:]): true,
		base64.StdEncoding.EncodeToString(s256[:]):    true, // MSAL Go, although RFC 7515 says base64url
		base64.URLEncoding.EncodeToString(s1[:]):      true, // MSAL Python, which keeps the padding
		base64.URLEncoding.EncodeToString(s256[:]):    true,
	}
}
