package practice

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// skew is how far Entra sets iat and nbf back, against clocks that are slow.
const skew = 5 * time.Minute

const idTokenLifetime = time.Hour

// Limits on groups in a token; above them there is a link instead.
// https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
const (
	maxGroups         = 200
	maxGroupsImplicit = 6
)

// hashed is what an ID token vouches for, and whether it travels through the
// browser.
type hashed struct {
	code, access string
	front        bool
	v1           bool // it comes from the older endpoint
}

// idToken makes an ID token, OpenID Connect Core section 2 with the claims of
// https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference
func (c *call) idToken(app Registration, a Account, g grant, of hashed) string {
	begin := c.now.Add(-skew)
	claims := map[string]any{
		"ver": "2.0", "iss": c.issuer(g.tenant), "sub": pairwise(a, app.ClientID), "aud": app.ClientID,
		"exp": c.now.Add(idTokenLifetime).Unix(), "iat": begin.Unix(), "nbf": begin.Unix(),
		"aio": randomText(36), "rh": "1." + randomText(18), "uti": randomText(16),
		"tid": g.tenant, "oid": a.objectIn(g.tenant),
		"practice": practiceMark,
	}
	if of.v1 {
		// The endpoint chooses the version of an ID token, unlike an access
		// token's, and the older one is sent without being asked for a profile.
		claims["ver"], claims["iss"], claims["amr"] = "1.0", c.stsIssuer(g.tenant), g.amr
		claims["upn"], claims["unique_name"] = a.Username, a.Username
		claims["name"], claims["given_name"], claims["family_name"] = a.Name, a.GivenName, a.FamilyName
	} else if slices.Contains(g.scopes, "profile") {
		claims["name"], claims["preferred_username"] = a.Name, a.Username
	}
	if slices.Contains(g.scopes, "email") {
		claims["email"] = a.Username
	}
	if g.nonce != "" {
		claims["nonce"] = g.nonce
	}
	if a.home() != g.tenant {
		claims["idp"] = a.idp(c.Server)
	}
	if of.code != "" {
		claims["c_hash"] = halfHash(of.code)
	}
	if of.access != "" {
		claims["at_hash"] = halfHash(of.access)
	}
	if g.maxAge {
		claims["auth_time"] = g.authTime.Unix()
	}
	c.addOptional(claims, app, a, g)
	c.addGroups(claims, app, a, g, of.front)
	return c.spoilIDToken(claims)
}

// spoilIDToken signs an ID token with the faults that are switched on.
func (c *call) spoilIDToken(claims map[string]any) string {
	if c.has(FaultTokenIssuer) {
		claims["iss"] = "https://attacker.example/"
	}
	if c.has(FaultWrongAudience) {
		claims["aud"] = guidFrom("another client")
	}
	if c.has(FaultWrongNonce) {
		claims["nonce"] = randomText(16)
	}
	if c.has(FaultNoNonce) {
		delete(claims, "nonce")
	}
	if c.has(FaultExpired) {
		claims["iat"], claims["nbf"] = c.now.Add(-2*time.Hour).Unix(), c.now.Add(-2*time.Hour).Unix()
		claims["exp"] = c.now.Add(-time.Hour).Unix()
	}
	if c.has(FaultFuture) {
		claims["iat"], claims["nbf"] = c.now.Add(time.Hour).Unix(), c.now.Add(time.Hour).Unix()
		claims["exp"] = c.now.Add(2 * time.Hour).Unix()
	}
	if c.has(FaultUnsigned) {
		body, err := json.Marshal(claims)
		if err != nil {
			panic("practice: claims: " + err.Error())
		}
		return base64.RawURLEncoding.EncodeToString([]byte(`{"typ":"JWT","alg":"none"}`)) + "." +
			base64.RawURLEncoding.EncodeToString(body) + "."
	}
	token := c.sign(claims, nil)
	if c.has(FaultTruncated) {
		return token[:len(token)*2/3]
	}
	return token
}

// addOptional adds the claims of the blade "Token configuration".
func (c *call) addOptional(claims map[string]any, app Registration, a Account, g grant) {
	for _, name := range app.OptionalClaims {
		switch name {
		case "auth_time":
			claims[name] = g.authTime.Unix()
		case "email", "upn", "verified_primary_email", "login_hint":
			claims[name] = a.Username
		case "sid":
			claims[name] = sessionState(g.session)
		case "ipaddr":
			claims[name] = "127.0.0.1"
		case "acct":
			claims[name] = 0
			if a.home() != g.tenant {
				claims[name] = 1
			}
		case "tenant_ctry":
			claims[name] = "ZZ"
		}
	}
}

// addGroups adds groups and app roles. Of too many groups there is only a link
// to Graph ("overage"), and through the browser only the word that there are
// some.
func (c *call) addGroups(claims map[string]any, app Registration, a Account, g grant, front bool) {
	if roles := app.rolesOf(a.Username); len(roles) > 0 {
		claims["roles"] = roles
	}
	if !app.GroupClaims || a.Groups == 0 {
		return
	}
	switch {
	case front && a.Groups >= maxGroupsImplicit:
		claims["hasgroups"] = true
	case a.Groups > maxGroups:
		claims["_claim_names"] = map[string]string{"groups": "src1"}
		claims["_claim_sources"] = map[string]any{"src1": map[string]string{
			"endpoint": c.URL + "/v1.0/users/" + a.objectIn(g.tenant) + "/getMemberObjects",
		}}
	default:
		claims["groups"] = a.groupIDs()
	}
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
		"sub": pairwise(a, set.api.ClientID), "oid": a.objectIn(g.tenant), "tid": g.tenant,
		"scp": strings.Join(shortScopes(set), " "), "name": a.Name,
		"xms_ftd": randomText(32), "practice": practiceMark,
	}
	c.addGroups(claims, set.api, a, g, false)
	acr := g.by
	if acr == "" {
		acr = "0"
	}
	if set.api.AccessTokenAcceptedVersion == 2 {
		claims["ver"], claims["iss"], claims["aud"] = "2.0", c.issuer(g.tenant), set.api.ClientID
		claims["azp"], claims["azpacr"] = app.ClientID, acr
		claims["preferred_username"] = a.Username
		c.addOptional(claims, set.api, a, g)
		return c.sign(claims, nil), seconds
	}
	claims["ver"], claims["iss"] = "1.0", c.stsIssuer(g.tenant)
	claims["aud"] = set.api.Expose.IdentifierURIs[0]
	claims["appid"], claims["appidacr"], claims["acr"] = app.ClientID, acr, "1"
	claims["amr"], claims["upn"], claims["unique_name"] = g.amr, a.Username, a.Username
	claims["family_name"], claims["given_name"] = a.FamilyName, a.GivenName
	claims["ipaddr"], claims["xms_idrel"] = "127.0.0.1", "1 2"
	c.addOptional(claims, set.api, a, g)
	header := map[string]string{"x5t": ""}
	if set.api.ClientID == graphID {
		claims["app_displayname"], claims["idtyp"], claims["platf"] = app.Name, "user", "8"
		claims["xms_st"] = map[string]string{"sub": pairwise(a, app.ClientID)}
		claims["xms_tcdt"], claims["tenant_region_scope"] = tenantCreated.Unix(), regionScope
		if !c.has(FaultGraphVerifies) {
			header["nonce"] = randomText(32)
		}
	}
	return c.sign(claims, header), seconds
}

// tenantCreated is when the practice tenant says that it was set up.
var tenantCreated = time.Date(2024, 4, 8, 9, 0, 0, 0, time.UTC)

// shortScopes is the scp claim: permissions without the resource, and for Graph
// with the OpenID scopes.
func shortScopes(set scopeSet) []string {
	out := slices.Clone(set.wanted)
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
// (npm package azure-ad-verify-token, issue 5).
func (c *call) sign(claims map[string]any, header map[string]string) string {
	key := c.keys.newest()
	if c.has(FaultStaleKey) {
		key = unpublishedKey()
	}
	opts := (&jose.SignerOptions{}).WithType("JWT")
	if _, ok := header["x5t"]; ok {
		opts.WithHeader("x5t", key.id)
	}
	nonce := header["nonce"]
	if nonce != "" {
		opts.WithHeader("nonce", hashedNonce(nonce))
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
	if nonce != "" {
		return replaceInHeader(token, hashedNonce(nonce), nonce)
	}
	return token
}

func hashedNonce(nonce string) string {
	sum := sha256.Sum256([]byte(nonce))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// hideNonce puts the nonce's hash back, as Graph itself does before it
// verifies.
func hideNonce(token string) string {
	head, _, _ := strings.Cut(token, ".")
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
	return replaceInHeader(token, h.Nonce, hashedNonce(h.Nonce))
}

// replaceInHeader changes a text in a token's header and nothing else.
func replaceInHeader(token, from, to string) string {
	head, rest, _ := strings.Cut(token, ".")
	raw, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil {
		return token
	}
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(raw), from, to, 1))) + "." + rest
}

// clientInfo is what MSAL asks for to name the account.
func clientInfo(a Account) string {
	b, err := json.Marshal(map[string]string{"uid": a.ObjectID, "utid": a.home()})
	if err != nil {
		panic("practice: client_info: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(b)
}
