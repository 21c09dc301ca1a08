package inspect

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// Imported is a client that was read from what somebody had at hand.
type Imported struct {
	// Config is the client, as far as it could be read. It holds no secret.
	Config flow.Config
	// From says what it was: "an authorize URL", "a Postman collection".
	From string
	// Secrets are those that stood in it, by name and place. Their values are
	// not kept.
	Secrets []FoundSecret
	// Notes are sentences about what could not be taken as it stood.
	Notes []string
}

// FoundSecret is a secret that stood in a text: what it is, and where.
type FoundSecret struct{ What, Where string }

// maxImport bounds what is read for a client.
const maxImport = 4 << 20

// ImportClient reads a client from an authorize URL, a Postman collection or
// environment, an appsettings.json, a configuration of MSAL, or the lines of a
// .env file. A secret in it is never taken: it is named, with its place. The
// error is an [*flow.Error].
func ImportClient(text string) (Imported, error) {
	text = strings.TrimSpace(strings.TrimPrefix(text, "\ufeff"))
	refuse := func(what, why string) (Imported, error) {
		return Imported{}, &flow.Error{
			Kind: flow.KindRefused, What: what, Why: why,
			Try: "Give an authorize URL, a Postman collection or environment, an appsettings.json, or the lines of a .env file.",
		}
	}
	switch {
	case text == "":
		return refuse("There is nothing to read a client from.", "")
	case len(text) > maxImport:
		return refuse("That is too long to be a client.", fmt.Sprintf("It has %d octets.", len(text)))
	}
	var in Imported
	var err error
	switch {
	case strings.HasPrefix(text, "{") || strings.HasPrefix(text, "["):
		in, err = importJSON(text)
	case isAuthorizeURL(text):
		in, err = importURL(text)
	default:
		in, err = importLines(text)
	}
	if err != nil {
		return Imported{}, err
	}
	if in.Config.ClientID == "" && in.Config.Issuer == "" && in.Config.Provider.AuthorizationEndpoint == "" {
		return refuse("No client was found in it.", "It names neither a client id nor a provider.")
	}
	if in.Config.ClientID == "" {
		in.note("It names no client id.")
	}
	if in.Config.Issuer == "" && in.Config.Provider.TokenEndpoint == "" {
		in.note("It does not say where the provider's token endpoint is: give the issuer, or the endpoint.")
	}
	return in, nil
}

func (in *Imported) note(format string, a ...any) {
	if s := fmt.Sprintf(format, a...); !slices.Contains(in.Notes, s) {
		in.Notes = append(in.Notes, s)
	}
}

func (in *Imported) secret(what, where string) {
	if s := (FoundSecret{what, where}); !slices.Contains(in.Secrets, s) {
		in.Secrets = append(in.Secrets, s)
	}
}

// isAuthorizeURL says whether a text is an address with a client in it. A
// terminal may have broken it over lines.
func isAuthorizeURL(text string) bool {
	first, _, _ := strings.Cut(text, "?")
	return (strings.HasPrefix(first, "https://") || strings.HasPrefix(first, "http://")) && !strings.ContainsAny(first, " \n=")
}

// importURL reads an authorization request (RFC 6749 section 4.1.1).
func importURL(text string) (Imported, error) {
	text = strings.NewReplacer("\r", "", "\n", "", "\t", "", " ", "").Replace(strings.Trim(text, `"'<>`))
	refuse := func(what, why string) (Imported, error) {
		return Imported{}, &flow.Error{
			Kind: flow.KindRefused, What: what, Why: why,
			Try: "Copy the whole address that the browser is sent to when it is to sign in.",
		}
	}
	u, err := url.Parse(text)
	if err != nil {
		return refuse("That is not an address.", err.Error()+".")
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return refuse("The address's query is not well-formed.", err.Error()+".")
	}
	if !q.Has("client_id") {
		why := "It has no client_id."
		if q.Has("code") || q.Has("error") {
			why = "It is the response, which comes back to the app; the request has a client_id."
		}
		return refuse("That is no authorization request.", why)
	}
	in := Imported{From: "an authorize URL"}
	at := u.Scheme + "://" + u.Host + u.Path
	if policy := q.Get("p"); policy != "" && strings.HasSuffix(u.Hostname(), ".b2clogin.com") {
		// The older form of B2C names the policy in the query.
		at = strings.Replace(at, "/oauth2/", "/"+policy+"/oauth2/", 1)
		q.Del("p")
	}
	if err := in.provider(at); err != nil {
		return Imported{}, err
	}
	in.unwrap(q)
	in.request(q)
	return in, nil
}

// provider finds out whose authorization endpoint that is.
func (in *Imported) provider(endpoint string) error {
	if p, filled, ok := presetAt(endpoint); ok {
		c, err := p.Apply(flow.Config{}, filled)
		// Its scopes are what was asked for, not what is usual.
		c.Scopes = nil
		in.Config = c
		return err
	}
	if u, err := url.Parse(endpoint); err == nil && strings.HasSuffix(u.Hostname(), ".amazoncognito.com") {
		// https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints.html
		base := u.Scheme + "://" + u.Host
		in.Config.Provider = flow.Provider{
			AuthorizationEndpoint: endpoint, TokenEndpoint: base + "/oauth2/token", UserInfoEndpoint: base + "/oauth2/userInfo",
		}
		in.note("Its domain does not say which user pool it is, so there are no keys: the preset cognito has them.")
		return nil
	}
	in.Config.Provider.AuthorizationEndpoint = endpoint
	return nil
}

// unwrap adds the parameters inside a request object (RFC 9101), if it can be
// read, to those beside it.
func (in *Imported) unwrap(q url.Values) {
	if q.Has("request_uri") {
		in.Config.Protection.PAR = true
		in.note("The request was pushed (RFC 9126), so only its reference stands in the address: redirect URI and scopes have to be given.")
	}
	object := q.Get("request")
	if object == "" {
		return
	}
	in.Config.Protection.JAR = flow.JARSigned
	parts := strings.Split(object, ".")
	if len(parts) == 5 {
		in.Config.Protection.JAR = flow.JAREncrypted
		in.note("The request object is encrypted to the provider, so what is in it has to be given.")
		return
	}
	var claims map[string]any
	payload, err := base64.RawURLEncoding.DecodeString(slices.Concat(parts, []string{"", ""})[1])
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		in.note("The request object could not be read.")
		return
	}
	for name, value := range claims {
		if slices.Contains([]string{"iss", "aud", "exp", "nbf", "iat", "jti"}, name) || q.Has(name) {
			continue
		}
		switch v := value.(type) {
		case string:
			q.Set(name, v)
		default:
			if b, err := json.Marshal(v); err == nil {
				q.Set(name, string(b))
			}
		}
	}
}

// request takes the parameters of an authorization request.
func (in *Imported) request(q url.Values) {
	c := &in.Config
	c.ClientID, c.RedirectURI = q.Get("client_id"), q.Get("redirect_uri")
	c.Scopes = strings.Fields(q.Get("scope"))
	c.ResponseMode = flow.ResponseMode(q.Get("response_mode"))
	if !slices.Contains(append(flow.ResponseModes(), ""), c.ResponseMode) {
		in.note("The response mode %q is not known here, and was left out.", c.ResponseMode)
		c.ResponseMode = ""
	}
	c.Prompt, c.LoginHint, c.DomainHint = q.Get("prompt"), q.Get("login_hint"), q.Get("domain_hint")
	c.Ask.Claims, c.Ask.ACRValues = q.Get("claims"), q.Get("acr_values")
	c.Ask.AuthorizationDetails, c.Ask.Resources = q.Get("authorization_details"), q["resource"]
	if n, err := strconv.Atoi(q.Get("max_age")); err == nil && n >= 0 {
		c.Ask.MaxAge = &n
	}
	c.Protection.DPoP = q.Has("dpop_jkt")
	switch types := strings.Fields(q.Get("response_type")); {
	case len(types) == 0 || slices.Equal(types, []string{"code"}):
	case slices.Contains(types, "code") && slices.Contains(types, "id_token") && len(types) == 2:
		c.Ask.ResponseType = flow.ResponseHybrid
	default:
		in.note("It asks for the response type %q; here it becomes code.", q.Get("response_type"))
	}
	switch method := q.Get("code_challenge_method"); {
	case q.Has("request_uri"):
	case !q.Has("code_challenge"):
		c.Method = flow.MethodNone
		in.note("It has no code_challenge: the client does without PKCE, and so does this profile.")
	case method == "":
		c.Method = flow.MethodOmitted
		in.note("It has a code_challenge and names no method, which means plain.")
	case method == string(flow.MethodS256), method == string(flow.MethodPlain):
		c.Method = flow.Method(method)
	default:
		in.note("The method %q is not one (RFC 7636 section 4.2): S256 is used.", method)
		c.Method = flow.MethodS256
	}
	if u, err := url.Parse(c.RedirectURI); err == nil && u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https" {
		c.Platform = flow.PlatformNative
	}
	known := []string{
		"client_id", "redirect_uri", "scope", "response_type", "response_mode", "prompt", "login_hint", "domain_hint", "claims",
		"acr_values", "authorization_details", "resource", "max_age", "dpop_jkt", "code_challenge", "code_challenge_method",
		"state", "nonce", "request", "request_uri",
	}
	for name := range q {
		switch {
		case slices.Contains(known, name) || q.Get(name) == "":
		case secretParameter(name):
			in.secret(name, "the address's query")
		case telemetry(name):
		default:
			if c.Ask.Parameters == nil {
				c.Ask.Parameters = map[string]string{}
			}
			c.Ask.Parameters[name] = q.Get(name)
		}
	}
	slices.SortFunc(in.Secrets, func(a, b FoundSecret) int { return strings.Compare(a.What, b.What) })
}

// secretParameter says whether a parameter of that name is a secret.
func secretParameter(name string) bool {
	e, ok := Parameters().Find(name, "authorize")
	return ok && e.Secret || strings.Contains(strings.ToLower(name), "secret") || strings.Contains(strings.ToLower(name), "password")
}

// telemetry says whether a parameter is of the library that made the request,
// and belongs to that one request.
func telemetry(name string) bool {
	lower := strings.ToLower(name)
	return strings.HasPrefix(lower, "x-client-") || strings.HasPrefix(lower, "x-app-") ||
		slices.Contains([]string{"client-request-id", "client_info", "sso_reload", "return-client-request-id"}, lower)
}
