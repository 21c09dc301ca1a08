package inspect

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/lab"
)

// Verdict of a line of a [Checkup].
type Verdict string

// The verdicts. A warning will not stop every client; a failure stops this one.
const (
	VerdictOK   Verdict = "ok"
	VerdictWarn Verdict = "warn"
	VerdictFail Verdict = "fail"
)

// CheckupLine is one thing that was looked at before anybody signs in.
type CheckupLine struct {
	// ID is stable: client (it cannot be walked), discovery, issuer, metadata,
	// endpoints, tls, keys, clock, client-id, secret, platform, redirect-uri,
	// port, device, scopes, authority, pkce, response, token-endpoint, requests;
	// of a probe probe-tenant, probe-client, probe-redirect-uri, probe-request,
	// probe-device, probe-platform, probe-credentials, probe-token,
	// probe-response; of a
	// resource resource, resource-metadata, resource-server, resource-scopes; of
	// a sign-in sign-in and claim.
	ID      string  `json:"id"`
	Verdict Verdict `json:"verdict"`
	What    string  `json:"what"`
	Why     string  `json:"why,omitempty"`
	Try     string  `json:"try,omitempty"`
	// Cause is the entry of the knowledge base that a sign-in would end in, as
	// `pkcescope explain` names it.
	Cause string `json:"cause,omitempty"`
	// Codes are the vendor's codes that the provider answered with.
	Codes []string `json:"codes,omitempty"`
	// Confidence is [Likely] for what was concluded from the answers to a probe,
	// and empty for what was seen.
	Confidence Confidence `json:"confidence,omitempty"`
}

// Checkup is everything that can be known of a client and its provider before
// anybody signs in.
type Checkup struct {
	Verdict Verdict       `json:"verdict"` // the worst of the lines
	Lines   []CheckupLine `json:"lines"`
}

// Found reports whether a line that is not ok has that id, cause or code
// ("AADSTS50011", or its number), or a cause that the code stands for.
func (c Checkup) Found(what string) bool {
	code := CodeNote{Code: what}
	if n, ok := LookupCode(what); ok {
		code = n
	}
	return slices.ContainsFunc(c.Lines, func(l CheckupLine) bool {
		return l.Verdict != VerdictOK && (strings.EqualFold(l.ID, what) || strings.EqualFold(l.Cause, what) ||
			slices.Contains(l.Codes, code.Code) || l.Cause != "" && slices.Contains(code.causes, l.Cause))
	})
}

// Examine judges what was seen. Every text from outside is cleaned.
func Examine(p lab.Preflight) Checkup {
	d := &doctor{p: p, c: p.Config}
	if p.Refused != nil {
		d.refused("client", p.Refused)
	} else {
		d.provider()
	}
	d.client()
	d.probe()
	d.resource()
	c := Checkup{Verdict: VerdictOK}
	c.add(d.lines...)
	return c
}

// Conclusion says what the lines come to.
func (c Checkup) Conclusion() string {
	probed := slices.ContainsFunc(c.Lines, func(l CheckupLine) bool { return strings.HasPrefix(l.ID, "probe-") })
	switch {
	case c.Verdict == VerdictFail && !slices.ContainsFunc(c.Lines, func(l CheckupLine) bool { return l.Verdict == VerdictFail && l.Confidence != Likely }):
		return "A sign-in will likely fail."
	case c.Verdict == VerdictFail:
		return "A sign-in will fail."
	case c.Verdict == VerdictWarn:
		return "A sign-in may go wrong."
	case slices.ContainsFunc(c.Lines, func(l CheckupLine) bool { return l.ID == "sign-in" }):
		return "Nothing is wrong."
	case probed:
		return "Nothing speaks against a sign-in, as far as it can be known before one."
	}
	return "Nothing speaks against a sign-in. The provider was not asked what its registration says."
}

// NameClient names a client and its tenant, or provider, for a question to a
// person: "client 6731…, tenant contoso.com".
func NameClient(c flow.Config) string {
	d := &doctor{c: c}
	if tenant := d.authority(); d.entra() && tenant != "" {
		return Clean("client " + c.ClientID + ", tenant " + tenant)
	}
	return Clean("client " + c.ClientID + " at " + cmp.Or(c.Issuer, c.Provider.AuthorizationEndpoint))
}

// add puts lines under the others, cleaned.
func (c *Checkup) add(lines ...CheckupLine) {
	for _, l := range lines {
		l.What, l.Why, l.Try = Clean(l.What), Clean(l.Why), Clean(l.Try)
		c.Lines = append(c.Lines, l)
		if l.Verdict == VerdictFail || l.Verdict == VerdictWarn && c.Verdict == VerdictOK {
			c.Verdict = l.Verdict
		}
	}
}

// doctor writes the lines.
type doctor struct {
	p     lab.Preflight
	c     flow.Config
	lines []CheckupLine
}

func (d *doctor) ok(id, what string) {
	d.lines = append(d.lines, CheckupLine{ID: id, Verdict: VerdictOK, What: what})
}

func (d *doctor) add(v Verdict, id, cause, what, why, try string) {
	d.lines = append(d.lines, CheckupLine{ID: id, Verdict: v, What: what, Why: why, Try: try, Cause: cause})
}

func (d *doctor) warn(id, cause, what, why, try string) {
	d.add(VerdictWarn, id, cause, what, why, try)
}

func (d *doctor) fail(id, cause, what, why, try string) {
	d.add(VerdictFail, id, cause, what, why, try)
}

// refused adds a line for what an exchange ended with, and the cause that its
// words stand for.
func (d *doctor) refused(id string, e *flow.Error) {
	cause := ""
	if e.Kind == flow.KindTransport {
		if causes := Diagnose(Input{Raw: e.Error(), Where: "discovery"}).Causes; len(causes) > 0 && causes[0].Confidence != Possible {
			cause = causes[0].ID
		}
	}
	d.fail(id, cause, e.What, e.Why, e.Try)
}

// entra says whether Entra ID's rules hold: the practice tenant keeps them too.
func (d *doctor) entra() bool {
	v := vendorOf(d.c)
	return v == "entra" || v == "external-id"
}

// metadata is the answer that the metadata was read from.
func (d *doctor) metadata() (flow.Exchange, map[string]any) {
	for _, e := range slices.Backward(d.p.Discovery.Exchanges) {
		var m map[string]any
		if e.Response != nil && e.Response.Status == http.StatusOK && json.Unmarshal(bytes.TrimPrefix(e.Response.Body, []byte("\ufeff")), &m) == nil {
			return e, m
		}
	}
	return flow.Exchange{}, nil
}

func (d *doctor) provider() {
	step := d.p.Discovery
	if d.c.Issuer == "" && len(step.Exchanges) == 0 {
		d.warn("discovery", "", "No issuer is set, so no metadata was read.",
			"The endpoints were given by hand. The ID token's iss cannot be compared with anything.", "Give the issuer if the provider publishes metadata.")
		d.keys()
		return
	}
	e, m := d.metadata()
	if m == nil {
		if step.Error != nil {
			d.refused("discovery", step.Error)
		} else {
			d.fail("discovery", "", "The metadata could not be read.", "No answer was recorded.", "Check the issuer.")
		}
		return
	}
	const slow = 2 * time.Second
	if took := e.Timing.Total; took >= slow {
		d.warn("discovery", "", fmt.Sprintf("The metadata came after %.1f s.", took.Seconds()),
			"Clients that fetch it at every start, or with a short timeout, feel that.", "Look for a proxy or a name server that is slow; keep the metadata for a day.")
	} else {
		d.ok("discovery", "The metadata was read from "+e.Request.URL+".")
	}
	d.issuer(m)
	d.fields(m)
	d.endpoints(m)
	d.tls(e)
	d.keys()
	d.clock(e)
}

// issuer: OpenID Connect Discovery section 4.3, RFC 8414 section 3.3.
func (d *doctor) issuer(m map[string]any) {
	got, _ := m["issuer"].(string)
	if e := d.p.Discovery.Error; e != nil {
		d.refused("issuer", e)
		return
	}
	if got == d.c.Issuer {
		d.ok("issuer", "The metadata names the issuer that was asked for.")
		return
	}
	d.ok("issuer", fmt.Sprintf("The metadata names %s, which is how Entra answers for %s; tokens carry the tenant's own.", got, d.c.Issuer))
}

// needed is a member of the metadata, and what it means that it is not there.
type needed struct {
	name, cause, why, try string
	verdict               Verdict
}

// The members that clients need, those of either flow and those of one.
var (
	commonFields = []needed{
		{"token_endpoint", "", "Without it no client can redeem a code.", "Give it by hand.", VerdictFail},
		{"jwks_uri", "", "Without keys no client can verify an ID token; most refuse to start.", "Ask the provider for its JWKS.", VerdictWarn},
	}
	codeFields = []needed{
		{"authorization_endpoint", "", "Without it no client knows where to send the browser.", "Give it by hand.", VerdictFail},
		{"response_types_supported", "", "It is required (OpenID Connect Discovery section 3); strict clients refuse the document.", "Report it to the provider.", VerdictWarn},
	}
	deviceFields = []needed{
		{"device_authorization_endpoint", "device-flow-not-enabled", "Without it no device knows where to ask for a code (RFC 8628 section 4).", "Give it by hand if the provider documents one; else it has no device flow.", VerdictFail},
	}
)

// require says which of the fields are missing from the metadata.
func (d *doctor) require(m map[string]any, fields []needed) {
	for _, f := range fields {
		if s, isText := m[f.name].(string); m[f.name] == nil || isText && s == "" {
			d.add(f.verdict, "metadata", f.cause, "The metadata has no "+f.name+".", f.why, f.try)
		}
	}
}

// fields says what is missing from the metadata, and what clients do then.
func (d *doctor) fields(m map[string]any) {
	before := len(d.lines)
	d.require(m, commonFields)
	if d.c.Device {
		d.require(m, deviceFields)
		if d.deviceGrant(m); len(d.lines) == before {
			d.ok("metadata", "The metadata has what a device's client needs.")
		}
		return
	}
	d.require(m, codeFields)
	methods := d.c.Provider.CodeChallengeMethods
	switch {
	case len(methods) > 0:
	case d.entra():
		d.ok("metadata", "The metadata does not list code_challenge_methods_supported; Entra's never does, and takes S256 and plain all the same. Clients that go by the list, such as those of the Model Context Protocol, refuse to go on.")
	default:
		d.warn("metadata", "", "The metadata does not list code_challenge_methods_supported.",
			"By RFC 8414 section 2 that means the server does not support PKCE. Some servers support it and do not say so; clients that go by the list refuse or leave PKCE out.",
			"Walk the flow with S256 and see whether a wrong verifier is refused.")
	}
	if len(d.lines) == before {
		d.ok("metadata", "The metadata has what clients need, code_challenge_methods_supported included: "+strings.Join(methods, ", ")+".")
	}
}

// alien are hosts that a provider's metadata is known to name beside its own.
var alien = map[string][]string{
	"entra":   {"graph.microsoft.com", "graph.microsoft.us", "microsoftgraph.chinacloudapi.cn", "login.microsoftonline.com"},
	"google":  {"oauth2.googleapis.com", "openidconnect.googleapis.com", "www.googleapis.com"},
	"cognito": {"amazoncognito.com"},
	"b2c":     {"b2clogin.com"},
}

// endpoints are expected on the issuer's host: metadata that sends a client
// elsewhere is how a mix-up begins (RFC 9700 section 4.4).
func (d *doctor) endpoints(m map[string]any) {
	home := hostOf(d.c.Issuer)
	known := alien[vendorOf(d.c)]
	good := true
	front := "authorization_endpoint"
	if d.c.Device {
		front = "device_authorization_endpoint"
	}
	for _, name := range []string{front, "token_endpoint", "userinfo_endpoint", "jwks_uri"} {
		raw, _ := m[name].(string)
		host := hostOf(raw)
		if host == "" || strings.EqualFold(host, home) || slices.ContainsFunc(known, func(k string) bool { return host == k || strings.HasSuffix(host, "."+k) }) {
			continue
		}
		good = false
		d.warn("endpoints", "", fmt.Sprintf("The %s is on %s, the issuer on %s.", name, host, home),
			"That may be meant (a custom domain, a content network). It may also be metadata that somebody else wrote.", "Ask the provider's operator whether that host is theirs.")
	}
	if good {
		d.ok("endpoints", "The endpoints are on the hosts that this provider is known by.")
	}
}

func (d *doctor) tls(e flow.Exchange) {
	switch {
	case e.TLS == nil:
		d.ok("tls", "No TLS: the provider is on this machine, where plain http is accepted.")
	case e.TLS.Version != "TLS 1.2" && e.TLS.Version != "TLS 1.3":
		d.fail("tls", "", "The connection used "+e.TLS.Version+".", "It is obsolete (RFC 8996), and clients refuse it.", "Have TLS 1.2 or 1.3 switched on at the server, or at the proxy in front of it.")
	default:
		d.ok("tls", fmt.Sprintf("%s to %s; the certificate is from %s. If that is your company's proxy, every client needs its root.", e.TLS.Version, e.TLS.Server, e.TLS.Issuer))
	}
}

func (d *doctor) keys() {
	x := d.p.Keys
	switch {
	case x == nil:
		d.warn("keys", "", "There is no address of signing keys.", "ID tokens cannot be verified.", "Give the provider's issuer, or its jwks_uri.")
		return
	case x.Error != nil:
		d.refused("keys", x.Error)
		return
	case x.Response == nil || x.Response.Status != http.StatusOK:
		status := 0
		if x.Response != nil {
			status = x.Response.Status
		}
		d.fail("keys", "", fmt.Sprintf("The keys at %s were answered with status %d.", x.Request.URL, status), "Without them no ID token can be verified.", "Check jwks_uri, and whether a proxy answers in the server's place.")
		return
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(x.Response.Body, &set); err != nil {
		d.fail("keys", "", "The keys are not JSON.", err.Error(), "Check whether a proxy or a sign-in page answers in the server's place.")
		return
	}
	usable, nameless := 0, 0
	for _, raw := range set.Keys {
		var k jose.JSONWebKey
		if json.Unmarshal(raw, &k) == nil && k.Valid() && k.Use != "enc" {
			usable++
			if k.KeyID == "" {
				nameless++
			}
		}
	}
	switch {
	case usable == 0:
		d.fail("keys", "", "None of the keys can verify a signature.", fmt.Sprintf("The set holds %d keys.", len(set.Keys)), "Report it to the provider.")
	case nameless > 0 && usable > 1:
		d.warn("keys", "", "Some keys have no kid.", "A client cannot tell which of several keys signed a token (RFC 7517 section 4.5).", "Report it to the provider.")
	default:
		d.ok("keys", fmt.Sprintf("Keys that can verify signatures: %d.", usable))
	}
}

// clock compares this machine's clock with the server's Date. Clients commonly
// allow five minutes, or none.
func (d *doctor) clock(e flow.Exchange) {
	at, err := http.ParseTime(e.Response.Header.Get("Date"))
	if err != nil {
		d.ok("clock", "The server did not say what time it is there.")
		return
	}
	skew := e.Timing.Start.Add(e.Timing.Total / 2).Sub(at)
	ahead := "ahead of"
	if skew < 0 {
		ahead, skew = "behind", -skew
	}
	what := fmt.Sprintf("This machine's clock is %s %s the server's.", skew.Round(time.Second), ahead)
	why := "The times in tokens are compared with it: what is behind takes a fresh token for one from the future, what is ahead takes it for expired."
	switch {
	case skew >= 5*time.Minute:
		d.fail("clock", "clock-skew", what, why, "Set the clock, and switch on time synchronisation.")
	case skew >= 30*time.Second:
		d.warn("clock", "clock-skew", what, why+" Clients that allow no tolerance fail already.", "Switch on time synchronisation.")
	default:
		d.ok("clock", "The clocks agree.")
	}
}

// authority is the tenant's segment of an Entra issuer.
func (d *doctor) authority() string {
	u, err := url.Parse(d.c.Issuer)
	if err != nil {
		return ""
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	return strings.ToLower(first)
}

// edited returns the value that an edit gives to a value of a step.
func (d *doctor) edited(step flow.StepID, name string) (flow.Edit, bool) {
	for _, e := range slices.Backward(d.c.Edits) {
		if e.Step == step && strings.EqualFold(e.Name, name) {
			return e, true
		}
	}
	return flow.Edit{}, false
}

// scopes are those that will be asked for.
func (d *doctor) scopes() []string {
	front := flow.StepAuthorize
	if d.c.Device {
		front = flow.StepDevice
	}
	if e, ok := d.edited(front, "scope"); ok {
		return strings.Fields(e.Value)
	}
	return d.c.Scopes
}

// auth is how the client authenticates.
func (d *doctor) auth() flow.AuthMethod { return cmp.Or(d.c.AuthMethod, d.c.DefaultAuth()) }
