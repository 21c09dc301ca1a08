package practice

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// skew is how far Entra sets iat and nbf back, against clocks that are slow.
const skew = 5 * time.Minute

const idTokenLifetime = time.Hour

// idToken makes an ID token, OpenID Connect Core section 2 with the claims of
// https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference
func (c *call) idToken(app Registration, a Account, g grant, withCode string) string {
	now := c.now.Add(-skew).Unix()
	claims := map[string]any{
		"ver": "2.0", "iss": c.issuer(g.tenant), "sub": pairwise(a, app.ClientID), "aud": app.ClientID,
		"exp": c.now.Add(idTokenLifetime).Unix(), "iat": now, "nbf": now,
		"aio": randomText(36), "rh": "1." + randomText(18), "uti": randomText(16),
		"tid": g.tenant, "oid": a.ObjectID,
		"practice": practiceMark,
	}
	if g.has("profile") {
		claims["name"], claims["preferred_username"] = a.Name, a.Username
	}
	if g.has("email") {
		claims["email"] = a.Username
	}
	if g.nonce != "" {
		claims["nonce"] = g.nonce
	}
	if g.session != "" {
		claims["sid"] = sessionState(g.session)
	}
	if withCode != "" {
		claims["c_hash"] = halfHash(withCode)
	}
	return c.sign(claims, nil)
}

// has says whether the grant has a scope.
func (g grant) has(scope string) bool {
	for _, s := range g.scopes {
		if s == scope {
			return true
		}
	}
	return false
}

// halfHash is OpenID Connect Core section 3.3.2.11: the left half of the
// SHA-256.
func halfHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// pairwise is the user's name towards one app.
func pairwise(a Account, clientID string) string {
	sum := sha256.Sum256([]byte(a.ObjectID + " " + clientID))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// accessToken makes an access token and says how many seconds it lives: 60 to
// 90 minutes, by chance. Its version is chosen by the resource, not by the
// endpoint: https://learn.microsoft.com/entra/identity-platform/access-tokens
func (c *call) accessToken(app Registration, a Account, g grant, set scopeSet) (token string, seconds int) {
	seconds = 3600 + rand.IntN(1800) //nolint:gosec // Not a secret.
	begin := c.now.Add(-skew).Unix()
	claims := map[string]any{
		"iat": begin, "nbf": begin, "exp": c.now.Unix() + int64(seconds),
		"aio": randomText(36), "rh": "1." + randomText(18), "uti": randomText(16),
		"sub": pairwise(a, set.api.ClientID), "oid": a.ObjectID, "tid": g.tenant,
		"scp": strings.Join(shortScopes(set), " "), "name": a.Name,
		"practice": practiceMark,
	}
	if set.api.AccessTokenAcceptedVersion == 2 {
		claims["ver"], claims["iss"], claims["aud"] = "2.0", c.issuer(g.tenant), set.api.ClientID
		claims["azp"], claims["azpacr"] = app.ClientID, acr(g)
		claims["preferred_username"] = a.Username
		return c.sign(claims, nil), seconds
	}
	claims["ver"], claims["iss"] = "1.0", c.URL+"/"+g.tenant+"/"
	claims["aud"] = set.api.Expose.IdentifierURIs[0]
	claims["appid"], claims["appidacr"], claims["acr"] = app.ClientID, acr(g), "1"
	claims["amr"], claims["upn"], claims["unique_name"] = g.amr, a.Username, a.Username
	claims["family_name"], claims["given_name"] = a.FamilyName, a.GivenName
	header := map[string]any{"x5t": ""}
	if set.api.ClientID == graphID {
		claims["app_displayname"], claims["idtyp"] = app.Name, "user"
		claims["xms_st"] = map[string]string{"sub": pairwise(a, app.ClientID)}
		header["nonce"] = randomText(32)
	}
	return c.sign(claims, header), seconds
}

// acr is the client's authentication: "0" for a public client, "1" for a
// secret, "2" for a certificate.
func acr(g grant) string {
	if g.platform == "web" {
		return "1"
	}
	return "0"
}

// shortScopes is the scp claim: permissions without the resource, and for Graph
// with the OpenID scopes.
func shortScopes(set scopeSet) []string {
	out := append([]string{}, set.wanted...)
	if set.api.ClientID == graphID {
		for _, s := range set.oidc {
			if s != "offline_access" {
				out = append(out, s)
			}
		}
	}
	return out
}

// sign makes a compact JWS, RS256. With a nonce in the header it is made as
// Graph's tokens are: the signature covers a header in which the nonce is
// replaced by the base64url of its SHA-256, so the token that the client sees
// does not verify. That was found by users of the tokens and is undocumented
// (node package azure-ad-verify-token, issue 5).
func (s *Server) sign(claims map[string]any, header map[string]any) string {
	key := s.keys.newest()
	opts := (&jose.SignerOptions{}).WithType("JWT")
	nonce := ""
	for name, value := range header {
		switch name {
		case "x5t":
			opts.WithHeader("x5t", key.id)
		case "nonce":
			nonce, _ = value.(string)
			sum := sha256.Sum256([]byte(nonce))
			opts.WithHeader("nonce", base64.RawURLEncoding.EncodeToString(sum[:]))
		}
	}
	signer, err := jose.NewSigner(jose.SigningKey{
		Algorithm: jose.RS256,
		Key:       jose.JSONWebKey{Key: key.private, KeyID: key.id},
	}, opts)
	if err != nil {
		panic("practice: signer: " + err.Error())
	}
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		panic("practice: sign: " + err.Error())
	}
	if nonce == "" {
		return token
	}
	return showNonce(token, nonce)
}

// showNonce puts the nonce itself into a header that was signed with its hash.
func showNonce(token, nonce string) string {
	head, rest, _ := strings.Cut(token, ".")
	raw, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil {
		panic("practice: own header: " + err.Error())
	}
	sum := sha256.Sum256([]byte(nonce))
	shown := strings.Replace(string(raw), base64.RawURLEncoding.EncodeToString(sum[:]), nonce, 1)
	return base64.RawURLEncoding.EncodeToString([]byte(shown)) + "." + rest
}

// clientInfo is what MSAL asks for to name the account.
func clientInfo(a Account) string {
	b, _ := json.Marshal(map[string]string{"uid": a.ObjectID, "utid": a.home()})
	return base64.RawURLEncoding.EncodeToString(b)
}

// hideNonce undoes showNonce, as Graph itself does before it verifies.
func hideNonce(token string) string {
	head, rest, _ := strings.Cut(token, ".")
	raw, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil {
		return token
	}
	var h struct {
		Nonce string `json:"nonce"`
	}
	if json.Unmarshal(raw, &h) != nil || h.Nonce == "" {
		return token
	}
	sum := sha256.Sum256([]byte(h.Nonce))
	hidden := strings.Replace(string(raw), h.Nonce, base64.RawURLEncoding.EncodeToString(sum[:]), 1)
	return base64.RawURLEncoding.EncodeToString([]byte(hidden)) + "." + rest
}
