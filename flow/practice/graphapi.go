package practice

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// graphClaims is what the Graph stand-in reads from an access token.
type graphClaims struct {
	Audience string `json:"aud"`
	ObjectID string `json:"oid"`
	Subject  string `json:"sub"`
	Tenant   string `json:"tid"`
	Scopes   string `json:"scp"`
	Expires  int64  `json:"exp"`
	SignIn   struct {
		Subject string `json:"sub"` // the client's, where Subject is Graph's
	} `json:"xms_st"`
}

// userInfo is https://graph.microsoft.com/oidc/userinfo, OpenID Connect Core
// section 5.3. It wants a token for Graph, and tells the values of the ID token
// (https://learn.microsoft.com/entra/identity-platform/userinfo): its sub is in
// the access token's xms_st, as people report
// (https://github.com/AzureAD/microsoft-authentication-library-for-java/issues/835).
func (c *call) userInfo() {
	c.allowAnyOrigin()
	if c.r.Method == http.MethodOptions {
		c.preflightAny()
		return
	}
	claims, account, ok := c.graphToken("openid")
	if !ok {
		return
	}
	c.json(http.StatusOK, map[string]any{
		"sub": cmp.Or(claims.SignIn.Subject, claims.Subject), "name": account.Name, "family_name": account.FamilyName,
		"given_name": account.GivenName, "email": account.Username,
		"picture": c.URL + "/v1.0/me/photo/$value",
	})
}

// me is Graph's GET /v1.0/me.
func (c *call) me() {
	c.allowAnyOrigin()
	_, account, ok := c.graphToken("User.Read")
	if !ok {
		return
	}
	c.json(http.StatusOK, map[string]any{
		"@odata.context": c.URL + "/v1.0/$metadata#users/$entity",
		"displayName":    account.Name, "givenName": account.GivenName, "surname": account.FamilyName,
		"userPrincipalName": account.Username, "mail": account.Username, "id": account.ObjectID,
	})
}

// memberObjects is where the link in a token with too many groups leads:
// https://learn.microsoft.com/graph/api/directoryobject-getmemberobjects
func (c *call) memberObjects() {
	c.allowAnyOrigin()
	claims, account, ok := c.graphToken("User.Read")
	if !ok {
		return
	}
	if c.r.PathValue("id") != claims.ObjectID {
		c.refuseGraph(http.StatusForbidden, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
		return
	}
	c.json(http.StatusOK, map[string]any{
		"@odata.context": c.URL + "/v1.0/$metadata#Collection(Edm.String)", "value": account.groupIDs(),
	})
}

// preflightAny lets a script of any page ask, with any header: the bearer token
// is one.
func (c *call) preflightAny() {
	c.allowAnyOrigin()
	h := c.w.Header()
	h.Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
	if asked := c.r.Header.Get("Access-Control-Request-Headers"); asked != "" {
		h.Set("Access-Control-Allow-Headers", asked)
	}
	c.event.Status = http.StatusNoContent
	c.w.WriteHeader(http.StatusNoContent)
}

// refuseGraph is an error as Microsoft Graph writes it.
func (c *call) refuseGraph(status int, code, text string) {
	c.event.Reason = text
	if status == http.StatusUnauthorized {
		c.w.Header().Set("Www-Authenticate", `Bearer realm="", authorization_uri="`+c.URL+`/common/oauth2/authorize", client_id="`+graphID+`"`)
	}
	c.json(status, map[string]any{"error": map[string]any{
		"code": code, "message": text,
		"innerError": map[string]string{
			"date": c.now.UTC().Format("2006-01-02T15:04:05"), "request-id": c.trace, "client-request-id": c.correlation,
		},
	}})
}

// graphToken checks the bearer token as Graph does, which knows its own trick
// with the nonce, and answers by itself if it is not good enough.
func (c *call) graphToken(scope string) (graphClaims, Account, bool) {
	refuse := func(status int, code, text string) (graphClaims, Account, bool) {
		c.refuseGraph(status, code, text)
		return graphClaims{}, Account{}, false
	}
	token, ok := strings.CutPrefix(c.r.Header.Get("Authorization"), "Bearer ")
	if !ok || token == "" {
		return refuse(http.StatusUnauthorized, "InvalidAuthenticationToken", "Access token is empty.")
	}
	var claims graphClaims
	if !c.verifyOwn(token, &claims) {
		return refuse(http.StatusUnauthorized, "InvalidAuthenticationToken", "Access token validation failure. Invalid signature.")
	}
	if claims.Audience != graph.Expose.IdentifierURIs[0] && claims.Audience != graphID {
		return refuse(http.StatusUnauthorized, "InvalidAuthenticationToken", "Access token validation failure. Invalid audience.")
	}
	if c.now.After(time.Unix(claims.Expires, 0)) {
		return refuse(http.StatusUnauthorized, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.")
	}
	if !slices.Contains(strings.Fields(claims.Scopes), scope) {
		return refuse(http.StatusForbidden, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
	}
	for _, a := range c.conf.Accounts {
		if a.ObjectID == claims.ObjectID || a.objectIn(claims.Tenant) == claims.ObjectID {
			return claims, a, true
		}
	}
	return refuse(http.StatusNotFound, "Request_ResourceNotFound", "Resource '"+claims.ObjectID+"' does not exist.")
}

// verifyOwn reads a token that this tenant signed.
func (s *Server) verifyOwn(token string, claims any) bool {
	parsed, err := jwt.ParseSigned(hideNonce(token), []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return false
	}
	for _, k := range s.keys.all() {
		if parsed.Claims(k.private.Public(), claims) == nil {
			return true
		}
	}
	return false
}
