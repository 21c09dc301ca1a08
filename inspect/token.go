package inspect

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// given is what a token is checked against. What is empty is not known, and the
// checks that need it say so.
type given struct {
	now      time.Time
	prov     provider
	issuer   string
	clientID string
	// Where the values are from, in words.
	issFrom, clientFrom, nonceFrom, keysFrom, nowFrom string
	// Where max_age and acr_values are from, in words.
	maxAgeFrom, acrFrom string
	// nonceKnown says whether nonce is what was sent; an empty one was left out.
	nonce      string
	nonceKnown bool
	// refreshed is true for tokens that came for a refresh token.
	refreshed bool
	jwks      []byte
	// noKeys says why there are no keys.
	noKeys string
	// algs are the algorithms that the metadata promises for ID tokens.
	algs []string
	// The code and the access token that came with an ID token.
	code, accessToken string
	bound             possession
	// answered is true for tokens of a token response, and refreshable when a
	// refresh token came with them.
	answered, refreshable bool
	// granted is the scope of the response, which need not say it.
	granted     string
	grantedSaid bool
	// authorize is the request that the token goes back to, as far as it is
	// known; nil if it is not. scopeKnown says whether its scope is.
	authorize  *params
	scopeKnown bool
	// skew is how far the provider's clock is ahead of ours, by the Date header.
	skew      time.Duration
	skewKnown bool
}

// tokensOf decodes and checks every token of a run, by step, as they are: not
// masked, not cleaned.
func tokensOf(r *run, now time.Time) map[flow.StepID][]Token {
	out := map[flow.StepID][]Token{}
	for id, all := range specimensOf(r, now) {
		for _, s := range all {
			out[id] = append(out[id], s.read())
		}
	}
	return out
}

// specimensOf finds the tokens of a run, by step.
func specimensOf(r *run, now time.Time) map[flow.StepID][]Specimen {
	g := given{
		now: now, nowFrom: "the time at which the run is looked at", prov: r.prov, authorize: r.asked(),
		clientID: r.clientID(), clientFrom: "the client_id that was sent", nonceFrom: "the authorize request", keysFrom: "the step Keys",
	}
	g.issuer, g.issFrom = r.issuer()
	g.nonce, g.nonceKnown = r.authorize.get("nonce"), r.asked() != nil
	g.scopeKnown = r.asked() != nil
	g.maxAgeFrom, g.acrFrom = "max_age of the authorize request", "acr_values of the authorize request"
	g.jwks = r.jwks
	if g.jwks == nil {
		g.noKeys = "the provider's keys were not fetched: carry out the step Keys"
		if r.t.Step(flow.StepKeys).Status == flow.StatusFailed {
			g.noKeys = "the provider's keys could not be fetched: see the step Keys"
		}
	}
	g.algs = r.t.Config.Provider.IDTokenSigningAlgs
	g.code = r.callback.get("code")
	out := map[flow.StepID][]Specimen{}
	for _, a := range []struct {
		step   flow.StepID
		answer *params
	}{{flow.StepToken, r.tokenResponse}, {flow.StepRefresh, r.refreshResponse}} {
		g := g
		g.skew, g.skewKnown = skewOf(lastAnswered(r.t.Step(a.step)))
		if a.step == flow.StepRefresh {
			g.code, g.refreshed = "", true
		}
		g.answered, g.refreshable = true, a.answer.has("refresh_token")
		g.granted, g.grantedSaid = a.answer.lookup("scope")
		g.accessToken, g.bound = a.answer.get("access_token"), possessionOf(r.t.Step(a.step))
		for _, name := range []string{"id_token", "access_token", "refresh_token"} {
			if tok := a.answer.get(name); tok != "" {
				out[a.step] = append(out[a.step], Specimen{sighted: sighted{name: name, value: tok}, given: g, beside: r.t})
			}
		}
	}
	own := given{now: now, nowFrom: g.nowFrom, prov: r.prov, clientID: g.clientID, clientFrom: g.clientFrom}
	if tok := r.token.get("client_assertion"); tok != "" {
		out[flow.StepToken] = append(out[flow.StepToken], Specimen{sighted: sighted{name: "client_assertion", value: tok}, given: own, beside: r.t})
	}
	// Each request has an assertion of its own.
	for _, step := range []flow.StepID{flow.StepPAR, flow.StepDevice, flow.StepRefresh, flow.StepIntrospect, flow.StepRevoke} {
		if text := sentJWT(r.t.Step(step), "client_assertion"); text != "" {
			out[step] = append(out[step], Specimen{sighted: sighted{name: "client_assertion", value: text}, given: own, beside: r.t})
		}
	}
	for step, name := range map[flow.StepID]string{flow.StepPAR: "request", flow.StepAuthorize: "request", flow.StepToken: "dpop"} {
		if text := sentJWT(r.t.Step(step), name); text != "" {
			out[step] = append(out[step], Specimen{sighted: sighted{name: name, value: text}, given: own, beside: r.t})
		}
	}
	g.code = r.callback.get("code")
	for _, name := range []string{"response", "id_token"} { // JARM, and the hybrid flow
		if text := r.callback.get(name); text != "" {
			out[flow.StepCallback] = append(out[flow.StepCallback], Specimen{sighted: sighted{name: name, value: text}, given: g, beside: r.t})
		}
	}
	return out
}

// sentJWT returns a JWT of the client's own that a step has sent: a request
// object, or the proof of DPoP.
func sentJWT(s flow.Step, name string) string {
	if name == "dpop" {
		name = "header.Dpop"
	}
	for _, v := range s.Values {
		if v.Name == name && (v.In == flow.InQuery || v.In == flow.InForm || v.In == flow.InHeader) {
			return v.Value
		}
	}
	return ""
}

// skewOf measures the provider's clock by the Date header of its answer.
func skewOf(ex *flow.Exchange) (time.Duration, bool) {
	if ex == nil || ex.Timing.Start.IsZero() {
		return 0, false
	}
	date, err := time.Parse(time.RFC1123, ex.Response.Header.Get("Date"))
	if err != nil {
		return 0, false
	}
	return date.Sub(ex.Timing.Start.Add(ex.Timing.FirstByte)).Round(time.Second), true
}

// readToken decodes one token and makes every check that is to be made of it.
func readToken(s sighted, g given) Token {
	taken := s.takeApart()
	name, j := s.name, &taken
	tok := Token{Name: name, Kind: j.kind, Value: s.value, Header: j.header, Claims: []Claim{}, Checks: []Check{}}
	for _, r := range append([]string{s.form}, s.mends...) {
		if r != "" {
			tok.Remarks = append(tok.Remarks, upper(strings.TrimSuffix(r, "."))+".")
		}
	}
	if len(j.problems) > 0 {
		tok.Problem = "Its form is broken: " + strings.Join(j.problems, "; ") + "."
	}
	if !j.headerWhole {
		tok.HeaderText = string(j.headerJSON)
	}
	if j.kind == "jwt" && !j.payloadWhole {
		tok.PayloadText = string(j.payloadJSON)
	}
	if tok.Header == nil {
		tok.Header = map[string]any{}
	}
	words := g.prov.glossary
	if own := tokenProvider(j); own != "" {
		words = own
	}
	for _, m := range j.claims {
		tok.Claims = append(tok.Claims, readClaim(m, words, g.now))
	}
	tok.Whose, tok.Parts = whose(name, j, g)+origin(name, j), partsOf(j)
	if j.kind == "jwt" {
		tok.Checks = checksOf(name, j, g)
		for i := range tok.Checks {
			tok.Checks[i].Provenance = provenance(name, tok.Checks[i].ID, g)
			if tok.Checks[i].ID == "signature" && len(s.mends) > 0 {
				afterMending(&tok.Checks[i])
			}
		}
		tok.Missing = missingFrom(name, j, g)
		if name == "access_token" && isGraph(j) {
			tok.Curiosity = graphNonce(j, g)
		}
	}
	if name == "access_token" {
		tok.Scopes = scopesOf(j, g)
	}
	return tok
}

// tokenProvider says in whose terms a token's claims are meant, by the token
// itself; "" when it does not say.
func tokenProvider(j *jwt) string {
	p := providerOfURL(j.str("iss")).glossary
	switch {
	case isGraph(j):
		return "entra-graph"
	case p == "entra" && j.str("ver") == "1.0":
		return "entra-v1"
	}
	return p
}

func readClaim(m member, provider string, now time.Time) Claim {
	c := Claim{Name: m.name, Value: m.value}
	e, ok := ClaimEntry(m.name)
	if ok {
		c.Meaning, c.Source = e.Meaning(provider), sourceText(e.Source)
	} else {
		c.Meaning = "A claim of this provider's own, or one that was configured there: no standard describes it."
	}
	c.Text = claimText(m.value)
	n, isNumber := m.value.(json.Number)
	if !e.Time && !(isNumber && looksLikeTime(m.name, n)) {
		return c
	}
	d := readDate(m.value)
	if d.ok {
		c.Time, c.Text = d.at, shownTime(d.at, now)
	}
	// Others than those of RFC 7519 and OpenID Connect may be written as they
	// like.
	registered := slices.Contains([]string{"exp", "nbf", "iat", "auth_time", "updated_at"}, m.name)
	if odd := strings.TrimSpace(d.why + d.note); odd != "" && registered {
		c.Meaning = odd + " " + c.Meaning
	}
	return c
}

// ClaimEntry is what the glossary says of a claim, its name spelt out or one of
// a kind: a directory extension, a namespaced one.
func ClaimEntry(name string) (Entry, bool) {
	e, ok := Claims().Find(name, "")
	switch {
	case ok:
	case strings.HasPrefix(name, "extn.") || strings.HasPrefix(name, "extension_"):
		return Claims().Find("extn.*", "")
	case strings.HasPrefix(name, "http://") || strings.HasPrefix(name, "https://"):
		return Claims().Find("https://*", "")
	}
	return e, ok
}

// looksLikeTime takes numbers of an unknown claim for times only when the name
// and the size both say so.
func looksLikeTime(name string, n json.Number) bool {
	v, err := n.Int64()
	return err == nil && v > 1e9 && v < 1e10 && (strings.HasSuffix(name, "_at") || strings.HasSuffix(name, "time") || strings.HasSuffix(name, "exp"))
}

func sourceText(r Ref) string {
	if r.URL == "" {
		return r.Text
	}
	return r.Text + " <" + r.URL + ">"
}

// ValueText says a member of a header or a claim in one line.
func ValueText(v any) string { return claimText(v) }

// claimText says a value in one line.
func claimText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case nil:
		return "null"
	case []any:
		words := make([]string, len(v))
		for i, x := range v {
			words[i] = claimText(x)
		}
		return fmt.Sprintf("[%s]", strings.Join(words, ", "))
	case map[string]any:
		words := make([]string, 0, len(v))
		for _, k := range slices.Sorted(maps.Keys(v)) {
			words = append(words, k+": "+claimText(v[k]))
		}
		return "{" + strings.Join(words, ", ") + "}"
	}
	return fmt.Sprint(v)
}

// isGraph recognises an access token for Microsoft Graph, which only Graph can
// validate: by its audience, or by the nonce in its header.
func isGraph(j *jwt) bool {
	for _, aud := range audiences(j) {
		switch strings.TrimSuffix(aud, "/") {
		case "00000003-0000-0000-c000-000000000000", "https://graph.microsoft.com":
			return true
		}
	}
	_, nonce := j.header["nonce"]
	return nonce
}

func audiences(j *jwt) []string {
	v, _ := j.claim("aud")
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, x := range v {
			if s, ok := x.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

// whose says whose token it is, and who may read it.
func whose(name string, j *jwt, g given) string {
	aud := list(audiences(j))
	switch {
	case name == "refresh_token":
		return "It is the provider's own, in whatever form that likes: this client keeps it and sends it back, and nobody but the provider reads it."
	case j.kind == "jwe":
		return "It is encrypted: only the holder of the key can read more than the header."
	case name == "client_assertion":
		return "This client signed it to prove who it is; it is for the token endpoint."
	case name == "request":
		return "This client signed its authorize request, so that nobody on the way can change it; it is for the provider."
	case name == "dpop":
		return "This client signed it with the key that its tokens are bound to; it is good for this one request."
	case name == "response":
		return "The provider signed its authorize response, so that nobody on the way can change it; it is for this client."
	case name == "id_token":
		if g.clientID != "" && slices.Contains(audiences(j), g.clientID) {
			return "It is for this client: it says who signed in, and this client must check it. It is never sent to an API."
		}
		if len(audiences(j)) > 0 && g.clientID != "" {
			return "It is for " + aud + ", and this client is " + g.clientID + ": it must be refused."
		}
		return "An ID token is for the client that asked for it. It is never sent to an API."
	case j.kind == "opaque":
		return "It is opaque: only the provider can say what it means. The client passes it on to the API as it is."
	case isGraph(j):
		return "It is for Microsoft Graph and only Graph can validate it: Graph tokens are in a form of their own, and their signature does not verify for anyone else. The client passes it on unread."
	case slices.Contains(audiences(j), g.clientID) && g.clientID != "":
		return "It is for an API that is registered under this client's own id. " + delegated(j) + " The API must check it, not the client."
	}
	switch {
	case name == "token" && aud != "":
		return "It does not say what kind of token it is. It is for " + aud + ": an ID token for a client, an access token for an API, which must check it."
	case name == "token":
		return "It does not say what kind of token it is, nor for whom."
	case len(audiences(j)) == 0:
		return "It names no audience. An access token is for an API: the API must check it, not the client."
	}
	return "It is for the API " + aud + ". " + delegated(j) + " The API must check it; the client passes it on unread."
}

// origin says who issued a token, and in which version where it tells.
func origin(name string, j *jwt) string {
	iss := j.str("iss")
	if iss == "" || name == "client_assertion" {
		return ""
	}
	if ver, ok := j.claim("ver"); ok {
		return " It is from " + iss + ", version " + claimText(ver) + "."
	}
	return " It is from " + iss + "."
}

// delegated says for whom an access token acts.
func delegated(j *jwt) string {
	scp, hasScp := j.claim("scp")
	if !hasScp {
		scp, hasScp = j.claim("scope")
	}
	_, hasRoles := j.claim("roles")
	if words, ok := scp.([]any); ok { // Okta's is a list
		scp = strings.Trim(claimText(words), "[]")
		scp = strings.ReplaceAll(scp.(string), ", ", " ")
	}
	switch {
	case j.str("gty") == "client-credentials", strings.HasSuffix(j.str("sub"), "@clients"): // Auth0
		return "It lets the app act for itself, with no user."
	case hasScp:
		return "It lets the app act for the signed-in user, within: " + claimText(scp) + "."
	case hasRoles || j.str("idtyp") == "app":
		return "It lets the app act for itself, with no user."
	}
	return "It does not say whether it acts for a user or for the app itself."
}

// fileToken masks a token as a file is masked.
func (r *reader) fileToken(t Token) Token { return mapToken(t, r.mask) }

// screenToken masks and cleans a token for the screen.
func (r *reader) screenToken(t Token) Token {
	value := t.Value
	t = mapToken(t, r.text)
	t.Value = r.secret(value)
	return t
}

// mapToken applies f to every text in t that came from outside.
func mapToken(t Token, f func(string) string) Token {
	t.Value, t.Problem, t.Whose = f(t.Value), f(t.Problem), f(t.Whose)
	t.HeaderText, t.PayloadText = f(t.HeaderText), f(t.PayloadText)
	header := make(map[string]any, len(t.Header))
	for k, v := range t.Header {
		header[f(k)] = mapValue(v, f)
	}
	t.Header = header
	claims := make([]Claim, len(t.Claims))
	for i, c := range t.Claims {
		c.Name, c.Value, c.Text = f(c.Name), mapValue(c.Value, f), f(c.Text)
		claims[i] = c
	}
	t.Claims = claims
	checks := make([]Check, len(t.Checks))
	for i, c := range t.Checks {
		c.Expected, c.Actual, c.Why = f(c.Expected), f(c.Actual), f(c.Why)
		checks[i] = c
	}
	t.Checks = checks
	parts := make([]TokenPart, len(t.Parts))
	for i, p := range t.Parts {
		parts[i] = mapPart(p, f)
	}
	t.Parts = parts
	t.Curiosity = f(t.Curiosity)
	scopes := slices.Clone(t.Scopes)
	for i := range scopes {
		scopes[i].Name = f(scopes[i].Name)
	}
	t.Scopes = scopes
	return t
}

func mapValue(v any, f func(string) string) any {
	switch v := v.(type) {
	case string:
		return f(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = mapValue(v[i], f)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			out[f(k)] = mapValue(x, f)
		}
		return out
	}
	return v
}
