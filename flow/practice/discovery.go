package practice

import (
	"encoding/base64"
	"math/big"
	"net/http"
	"net/url"
	"strings"
)

// issuer is the v2.0 issuer of a directory.
func (s *Server) issuer(tenantID string) string { return s.URL + "/" + tenantID + "/v2.0" }

// stsIssuer is the v1.0 issuer of a directory: what https://sts.windows.net/ID/
// is at Entra.
func (s *Server) stsIssuer(tenantID string) string { return s.URL + "/" + tenantID + "/" }

// discoveryDocument is what Entra publishes, and only that: there is no
// code_challenge_methods_supported, although S256 and plain both work, and no
// introspection, revocation, PAR, DPoP or RFC 9207 member.
type discoveryDocument struct {
	TokenEndpoint        string   `json:"token_endpoint"`
	TokenAuthMethods     []string `json:"token_endpoint_auth_methods_supported"`
	JWKSURI              string   `json:"jwks_uri"`
	ResponseModes        []string `json:"response_modes_supported"`
	SubjectTypes         []string `json:"subject_types_supported"`
	IDTokenAlgs          []string `json:"id_token_signing_alg_values_supported"`
	ResponseTypes        []string `json:"response_types_supported"`
	Scopes               []string `json:"scopes_supported"`
	Issuer               string   `json:"issuer"`
	RequestURI           bool     `json:"request_uri_parameter_supported"`
	UserInfo             string   `json:"userinfo_endpoint"`
	Authorization        string   `json:"authorization_endpoint"`
	Device               string   `json:"device_authorization_endpoint"`
	HTTPLogout           bool     `json:"http_logout_supported"`
	FrontchannelLogout   bool     `json:"frontchannel_logout_supported"`
	EndSession           string   `json:"end_session_endpoint"`
	Claims               []string `json:"claims_supported"`
	Kerberos             string   `json:"kerberos_endpoint"` // published, and not served here
	TenantRegionScope    *string  `json:"tenant_region_scope"`
	CloudInstanceName    string   `json:"cloud_instance_name"`
	CloudGraphHostName   string   `json:"cloud_graph_host_name"`
	MSGraphHost          string   `json:"msgraph_host"`
	RBACURL              string   `json:"rbac_url"`
	PKCE                 []string `json:"code_challenge_methods_supported,omitempty"`               // a fault
	ResponseIss          bool     `json:"authorization_response_iss_parameter_supported,omitempty"` // a fault
	PracticeNotAProvider string   `json:"practice"`
}

// discovery answers OpenID Connect Discovery 1.0 section 4. For common and
// organizations Entra's issuer is the literal text {tenantid}; consumers
// publishes its GUID.
func (c *call) discovery() {
	a, e := c.authority()
	if e != nil {
		c.refuseJSON(e.as("invalid_tenant"))
		return
	}
	if c.v1() {
		c.discoveryV1(a)
		return
	}
	base := c.URL + "/" + a.segment()
	issuer := c.issuer(a.id())
	if a.alias != "" {
		issuer = c.issuer("{tenantid}")
	}
	var region *string // common and organizations have none
	if a.alias == "" {
		region = new(regionScope)
	}
	d := discoveryDocument{
		TokenEndpoint:        base + "/oauth2/v2.0/token",
		TokenAuthMethods:     []string{"client_secret_post", "private_key_jwt", "client_secret_basic"},
		JWKSURI:              base + "/discovery/v2.0/keys",
		ResponseModes:        []string{"query", "fragment", "form_post"},
		SubjectTypes:         []string{"pairwise"},
		IDTokenAlgs:          []string{"RS256"},
		ResponseTypes:        []string{"code", "id_token", "code id_token", "id_token token"},
		Scopes:               []string{"openid", "profile", "email", "offline_access"},
		Issuer:               issuer,
		UserInfo:             c.URL + "/oidc/userinfo",
		Authorization:        base + "/oauth2/v2.0/authorize",
		Device:               base + "/oauth2/v2.0/devicecode",
		HTTPLogout:           true,
		FrontchannelLogout:   true,
		EndSession:           base + "/oauth2/v2.0/logout",
		Claims:               []string{"sub", "iss", "cloud_instance_name", "cloud_instance_host_name", "cloud_graph_host_name", "msgraph_host", "aud", "exp", "iat", "auth_time", "acr", "nonce", "preferred_username", "name", "tid", "ver", "at_hash", "c_hash", "email"},
		Kerberos:             base + "/kerberos",
		TenantRegionScope:    region,
		CloudInstanceName:    "practice",
		CloudGraphHostName:   "practice",
		MSGraphHost:          "practice",
		RBACURL:              c.URL,
		PracticeNotAProvider: practiceMark,
	}
	if c.has(FaultAdvertisePKCE) {
		d.PKCE = []string{"plain", "S256"}
	}
	if c.has(FaultMetadataIssuer) {
		d.Issuer = "https://attacker.example/" + a.id() + "/v2.0"
	}
	d.ResponseIss = c.has(FaultSendIssuer) || c.has(FaultSendWrongIssuer)
	c.allowAnyOrigin()
	c.json(http.StatusOK, d)
}

// discoveryV1 is the older document, whose issuer is the security token
// service's.
func (c *call) discoveryV1(a authority) {
	base := c.URL + "/" + a.segment()
	issuer := c.stsIssuer(a.ID)
	if a.alias != "" {
		issuer = c.stsIssuer("{tenantid}")
	}
	c.allowAnyOrigin()
	c.json(http.StatusOK, map[string]any{
		"authorization_endpoint": base + "/oauth2/authorize", "token_endpoint": base + "/oauth2/token",
		"jwks_uri": base + "/discovery/keys", "issuer": issuer, "userinfo_endpoint": c.URL + "/oidc/userinfo",
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt", "client_secret_basic"},
		"response_modes_supported":              []string{"query", "fragment", "form_post"},
		"response_types_supported":              []string{"code", "id_token", "code id_token", "token id_token", "token"},
		"scopes_supported":                      []string{"openid"},
		"subject_types_supported":               []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"device_authorization_endpoint":         base + "/oauth2/devicecode", "end_session_endpoint": base + "/oauth2/logout",
		"microsoft_multi_refresh_token": true, "practice": practiceMark,
	})
}

// instance answers the instance discovery that Microsoft's own libraries do
// before anything else: which hosts are one cloud.
func (c *call) instance() {
	asked := c.form.Get("authorization_endpoint")
	u, err := url.Parse(asked)
	if err != nil || !loopbackHost(u.Host) {
		c.refuseJSON(deny("50049").as("invalid_instance"))
		return
	}
	named, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	if _, e := findAuthority(named); e != nil {
		c.refuseJSON(e.as("invalid_tenant"))
		return
	}
	c.allowAnyOrigin()
	c.json(http.StatusOK, map[string]any{
		"tenant_discovery_endpoint": c.URL + "/" + named + "/v2.0/.well-known/openid-configuration",
		"api-version":               "1.1",
		"metadata": []map[string]any{{
			"preferred_network": u.Host, "preferred_cache": u.Host, "aliases": []string{u.Host},
		}},
	})
}

// regionScope is the region of every directory of the practice cloud: Entra's
// word for the whole world.
const regionScope = "WW"

// practiceMark is in the discovery document and in every token.
const practiceMark = "pkcescope practice tenant: worthless outside it"

// jwk is a published key, RFC 7517, with the members that Entra adds.
type jwk struct {
	KeyType string   `json:"kty"`
	Use     string   `json:"use"`
	ID      string   `json:"kid"`
	X5t     string   `json:"x5t"`
	N       string   `json:"n"`
	E       string   `json:"e"`
	X5c     []string `json:"x5c"`
	Cloud   string   `json:"cloud_instance_name"`
	Issuer  string   `json:"issuer"`
}

func (c *call) jwks() {
	a, e := c.authority()
	if e != nil {
		c.refuseJSON(e.as("invalid_tenant"))
		return
	}
	// Each key says whose tokens it signs; {tenantid} is every tenant's.
	issuer := c.issuer("{tenantid}")
	if a.alias == "" {
		issuer = c.issuer(a.ID)
	}
	keys := []jwk{}
	for _, k := range c.keys.all() {
		keys = append(keys, jwk{
			KeyType: "RSA", Use: "sig", ID: k.id, X5t: k.id,
			N:      base64.RawURLEncoding.EncodeToString(k.private.N.Bytes()),
			E:      base64.RawURLEncoding.EncodeToString(big.NewInt(int64(k.private.E)).Bytes()),
			X5c:    []string{base64.StdEncoding.EncodeToString(k.cert)},
			Cloud:  "practice",
			Issuer: issuer,
		})
	}
	c.allowAnyOrigin()
	c.json(http.StatusOK, map[string]any{"keys": keys})
}

// allowAnyOrigin lets scripts of any page read the answer, as Entra does for
// public documents.
func (c *call) allowAnyOrigin() { c.w.Header().Set("Access-Control-Allow-Origin", "*") }
