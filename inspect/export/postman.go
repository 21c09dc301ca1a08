package export

import (
	"encoding/json"
	"fmt"
	"strings"
)

// The parts of a Postman collection, schema version 2.1
// (https://schema.getpostman.com/json/collection/v2.1.0/docs/index.html).
type (
	postmanCollection struct {
		Info      postmanInfo       `json:"info"`
		Auth      *postmanAuth      `json:"auth,omitempty"`
		Items     []postmanItem     `json:"item"`
		Variables []postmanVariable `json:"variable"`
	}
	postmanInfo struct {
		Name        string `json:"name"`
		Description string `json:"description"`
		Schema      string `json:"schema"`
	}
	postmanItem struct {
		Name    string         `json:"name"`
		Event   []postmanEvent `json:"event,omitempty"`
		Request postmanRequest `json:"request"`
	}
	postmanEvent struct {
		Listen string        `json:"listen"`
		Script postmanScript `json:"script"`
	}
	postmanScript struct {
		Type string   `json:"type"`
		Exec []string `json:"exec"`
	}
	postmanRequest struct {
		Description string        `json:"description,omitempty"`
		Method      string        `json:"method"`
		URL         postmanURL    `json:"url"`
		Header      []postmanPair `json:"header"`
		Auth        *postmanAuth  `json:"auth"`
		Body        *postmanBody  `json:"body,omitempty"`
	}
	postmanURL struct {
		Raw   string        `json:"raw"`
		Query []postmanPair `json:"query,omitempty"`
	}
	postmanBody struct {
		Mode       string        `json:"mode"`
		URLEncoded []postmanPair `json:"urlencoded,omitempty"`
		Raw        string        `json:"raw,omitempty"`
	}
	postmanPair struct {
		Key   string `json:"key"`
		Value string `json:"value"`
	}
	postmanAuth struct {
		Type   string           `json:"type"`
		OAuth2 []postmanSetting `json:"oauth2,omitempty"`
		Basic  []postmanSetting `json:"basic,omitempty"`
		Bearer []postmanSetting `json:"bearer,omitempty"`
	}
	postmanSetting struct {
		Key   string `json:"key"`
		Value any    `json:"value"`
		Type  string `json:"type"`
	}
	postmanVariable struct {
		Key         string `json:"key"`
		Value       string `json:"value"`
		Type        string `json:"type"`
		Description string `json:"description,omitempty"`
	}
)

const postmanSchema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"

// postmanText is a text for a field in which {{name}} is a variable: what is
// not ours must not name one.
func postmanText(s string) string { return strings.ReplaceAll(s, "{{", "{{brace}}{{brace}}") }

func postmanVar(name string) string { return "{{" + strings.ToLower(name) + "}}" }

func postmanValue(v value) string {
	switch {
	case v.Env != "":
		return postmanVar(v.Env)
	case v.Var != "":
		return postmanVar(v.Var)
	}
	return postmanText(v.Text)
}

func postmanPairs(list []pair) []postmanPair {
	out := []postmanPair{}
	for _, p := range list {
		out = append(out, postmanPair{postmanText(p.Name), postmanValue(p.value)})
	}
	return out
}

func setting(key string, v any) postmanSetting {
	kind := "string"
	if _, ok := v.(bool); ok {
		kind = "boolean"
	}
	return postmanSetting{key, v, kind}
}

// secretVariables are the collection's variables for what is not in it.
func secretVariables(list []Variable) []postmanVariable {
	out := []postmanVariable{{"brace", "{", "string", "a brace in a value, so that nothing in it is taken for a variable"}}
	for _, v := range list {
		out = append(out, postmanVariable{strings.ToLower(v.Name), "", "secret", v.What})
	}
	return out
}

func postmanStep(r request) (Export, error) {
	item := postmanItem{Name: r.Title, Request: postmanRequest{
		Method: r.Method, URL: postmanURL{Raw: postmanText(r.URL)}, Header: postmanPairs(r.Headers), Auth: &postmanAuth{Type: "noauth"},
	}}
	if len(r.Query) > 0 {
		item.Request.URL = postmanAddress(r.URL, r.Query)
	}
	switch {
	case r.Form != nil:
		item.Request.Body = &postmanBody{Mode: "urlencoded", URLEncoded: postmanPairs(r.Form)}
	case r.Body != "":
		item.Request.Body = &postmanBody{Mode: "raw", Raw: postmanText(r.Body)}
	}
	if r.Basic != nil {
		item.Request.Auth = postmanBasic(r.Basic)
	}
	if r.Bearer != nil {
		item.Request.Auth = &postmanAuth{Type: "bearer", Bearer: []postmanSetting{setting("token", postmanValue(*r.Bearer))}}
	}
	return postmanDocument(postmanCollection{
		Info:  postmanInfo{r.Title, "One request of a recorded run. Secrets are variables of the collection: set their current values.", postmanSchema},
		Items: []postmanItem{item}, Variables: secretVariables(r.Environment()),
	}, r.Environment(), nil)
}

func postmanBasic(b *basic) *postmanAuth {
	// Postman does not form-encode the two, as RFC 6749 section 2.3.1 asks.
	return &postmanAuth{Type: "basic", Basic: []postmanSetting{
		setting("username", postmanText(escapeQuery(b.ID))), setting("password", postmanValue(b.Secret)),
	}}
}

// postmanAddress writes a URL with parameters. Postman sends Raw's query as it
// stands, with the variables put in.
func postmanAddress(base string, query []pair) postmanURL {
	u := postmanURL{Raw: postmanText(base), Query: postmanPairs(query)}
	for i, p := range query {
		sep := "&"
		if i == 0 && !strings.Contains(base, "?") {
			sep = "?"
		}
		text := postmanValue(p.value)
		if p.Env == "" && p.Var == "" {
			text = postmanText(escapeQuery(p.Text))
		}
		u.Raw += sep + postmanText(escapeQuery(p.Name)) + "=" + text
	}
	return u
}

// verifierScript makes what is fresh in each flow, before the address is made.
// CryptoJS is part of Postman's sandbox.
const verifierScript = `// 32 random octets in base64url.
const random = () => CryptoJS.lib.WordArray.random(32).toString(CryptoJS.enc.Base64).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '')
pm.collectionVariables.set('state', random())
pm.collectionVariables.set('nonce', random())`

const challengeScript = `pm.collectionVariables.set('code_verifier', random())
const hash = CryptoJS.SHA256(pm.collectionVariables.get('code_verifier'))
pm.collectionVariables.set('code_challenge', hash.toString(CryptoJS.enc.Base64).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, ''))`

const plainScript = `pm.collectionVariables.set('code_verifier', random())
pm.collectionVariables.set('code_challenge', pm.collectionVariables.get('code_verifier'))`

// addressScript shows the address, which is for a browser and not for Postman.
const addressScript = `console.log('Open this address in a browser:', pm.variables.replaceIn(pm.request.url.toString()))`

// The code is taken out of the address that the browser ended on, once it is
// known to be the answer to our request, from the provider that was asked.
const answerScript = `const answer = Object.fromEntries((pm.collectionVariables.get('redirect') || '').split(/[?#]/).slice(1).join('&').split('&').map(p => p.split('=').map(decodeURIComponent)))
if (answer.state !== pm.collectionVariables.get('state')) throw new Error('The state is not the one that was sent: set the variable redirect to the address that the browser ended on.')`

const issuerScript = `if (answer.iss !== undefined && answer.iss !== %s) throw new Error('The answer comes from another issuer (RFC 9207).')`

const promisedScript = `if (answer.iss === undefined) throw new Error('The answer lacks the iss that this provider promises (RFC 9207 section 2.4).')`

const codeScript = `pm.collectionVariables.set('code', answer.code)`

func script(listen string, texts ...string) postmanEvent {
	return postmanEvent{listen, postmanScript{"text/javascript", strings.Split(strings.Join(texts, "\n"), "\n")}}
}

func postmanFlow(p plan) (Export, error) {
	makes := []string{verifierScript}
	switch {
	case p.PKCE() && p.S256():
		makes = append(makes, challengeScript)
	case p.PKCE():
		makes = append(makes, plainScript)
	}
	authorize := postmanItem{Name: "1. Authorize (open in a browser)", Event: []postmanEvent{script("prerequest", append(makes, addressScript)...)}, Request: postmanRequest{
		Description: "Send it once: that makes state, nonce and verifier and writes the address to Postman's console. Open it in a browser, sign in, and put the address that the browser ends on into the collection's variable redirect.",
		Method:      "GET", URL: postmanAddress(p.AuthorizeURL, p.Authorize), Header: []postmanPair{}, Auth: &postmanAuth{Type: "noauth"},
	}}
	takes := []string{answerScript}
	if p.Promised {
		takes = append(takes, promisedScript)
	}
	if p.Issuer != "" {
		takes = append(takes, fmt.Sprintf(issuerScript, quoteJS(p.Issuer)))
	}
	token := postmanItem{Name: "2. Token", Event: []postmanEvent{script("prerequest", append(takes, codeScript)...)}, Request: postmanRequest{
		Description: "Checks state and issuer and redeems the code.",
		Method:      "POST", URL: postmanURL{Raw: postmanText(p.TokenURL)}, Header: postmanPairs(p.Headers), Auth: &postmanAuth{Type: "noauth"},
		Body: &postmanBody{Mode: "urlencoded", URLEncoded: postmanPairs(p.Token)},
	}}
	if p.Basic != nil {
		token.Request.Auth = postmanBasic(p.Basic)
	}
	variables := secretVariables(p.Environment())
	for _, name := range []string{"redirect", "state", "nonce", "code", "code_verifier", "code_challenge"} {
		variables = append(variables, postmanVariable{Key: name, Type: "string"})
	}
	c := postmanCollection{
		Info:  postmanInfo{"Authorization code flow", "The flow of a recorded run: by Postman itself (the collection's Authorization tab, Get New Access Token), and request by request.", postmanSchema},
		Auth:  postmanOAuth(p),
		Items: []postmanItem{authorize, token}, Variables: variables,
	}
	return postmanDocument(c, p.Environment(), p.notes)
}

// postmanOAuth are the settings of Postman's own OAuth 2.0 authorization, by
// which it walks the flow itself.
func postmanOAuth(p plan) *postmanAuth {
	grant := "authorization_code"
	settings := []postmanSetting{}
	if p.PKCE() {
		grant = "authorization_code_with_pkce"
		algorithm := "S256"
		if !p.S256() {
			algorithm = "plain"
		}
		settings = append(settings, setting("challengeAlgorithm", algorithm))
	}
	where := "body"
	if p.Basic != nil {
		where = "header"
	}
	settings = append(settings,
		setting("grant_type", grant), setting("authUrl", postmanText(p.AuthorizeURL)), setting("accessTokenUrl", postmanText(p.TokenURL)),
		setting("clientId", postmanText(p.ClientID)), setting("redirect_uri", postmanText(p.RedirectURI)),
		setting("scope", postmanText(strings.Join(p.Scopes, " "))), setting("client_authentication", where),
		setting("useBrowser", false), setting("addTokenTo", "header"),
	)
	if p.Secret {
		settings = append(settings, setting("clientSecret", postmanVar("CLIENT_SECRET")))
	}
	return &postmanAuth{Type: "oauth2", OAuth2: settings}
}

func postmanDocument(c postmanCollection, env []Variable, notes []string) (Export, error) {
	text, err := json.MarshalIndent(c, "", "  ")
	return Export{Text: append(text, '\n'), Environment: env, Notes: notes}, err
}
