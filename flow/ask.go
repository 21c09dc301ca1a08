package flow

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// The response types of the flows that bring a code.
const (
	ResponseCode = "code"
	// ResponseHybrid brings an ID token with the code (OpenID Connect Core
	// section 3.3).
	ResponseHybrid = "code id_token"
)

// Ask is what the authorization request asks for beyond the plain code flow.
// What is empty is not sent.
type Ask struct {
	// ResponseType is ResponseCode or ResponseHybrid; empty: ResponseCode.
	ResponseType string `json:"response_type,omitempty"`
	// Resources are the URIs of the APIs that the access token is for (RFC
	// 8707). They are repeated in the token requests.
	Resources []string `json:"resources,omitempty"`
	// Claims is the JSON object of OpenID Connect Core section 5.5.
	Claims    string `json:"claims,omitempty"`
	ACRValues string `json:"acr_values,omitempty"`
	// MaxAge is how many seconds ago the person may have signed in; nil leaves
	// it open, and 0 asks for a fresh sign-in.
	MaxAge *int `json:"max_age,omitempty"`
	// IDTokenHint is an ID token of the person who is expected.
	IDTokenHint string `json:"-"`
	// AuthorizationDetails is the JSON array of RFC 9396 section 2.
	AuthorizationDetails string `json:"authorization_details,omitempty"`
	// Parameters are further ones, of a provider's own making: audience at
	// Auth0, access_type at Google.
	Parameters map[string]string `json:"parameters,omitempty"`
}

// check refuses what no provider could read.
func (a Ask) check() error {
	refuse := func(what, why, try string) error {
		return &Error{Kind: KindRefused, What: what, Why: why, Try: try}
	}
	if !slices.Contains([]string{"", ResponseCode, ResponseHybrid}, a.ResponseType) {
		return refuse(fmt.Sprintf("There is no response type %q here.", a.ResponseType), "Every flow of this program brings a code.",
			fmt.Sprintf("Choose %q or %q.", ResponseCode, ResponseHybrid))
	}
	for _, r := range a.Resources {
		if u, err := url.Parse(r); err != nil || u.Scheme == "" || strings.Contains(r, "#") {
			return refuse(fmt.Sprintf("%q cannot be a resource.", r), "It must be an absolute URI without a fragment (RFC 8707 section 2).",
				"For example https://api.example.com.")
		}
	}
	var claims map[string]json.RawMessage
	if err := json.Unmarshal([]byte(a.Claims), &claims); a.Claims != "" && (err != nil || claims == nil) {
		return refuse("The claims request is not a JSON object.", jsonProblem([]byte(a.Claims))+".",
			`For example {"id_token":{"acr":{"essential":true}}} (OpenID Connect Core section 5.5).`)
	}
	for name := range a.Parameters {
		if err := checkParameter(name); err != nil {
			return err
		}
	}
	var details []struct {
		Type string `json:"type"`
	}
	if a.AuthorizationDetails == "" {
		return a.checkAge()
	}
	example := `For example [{"type":"payment_initiation","actions":["initiate"]}] (RFC 9396 section 2).`
	if err := json.Unmarshal([]byte(a.AuthorizationDetails), &details); err != nil {
		why := "It is not JSON: " + brokenJSON(err, []byte(a.AuthorizationDetails)) + "."
		if other := jsonKind(err); other != "" {
			why = "There is " + other + " in the wrong place."
		}
		return refuse("The authorization details are not a JSON array of objects.", why, example)
	}
	for i, d := range details {
		if d.Type == "" {
			return refuse(fmt.Sprintf("The authorization detail number %d has no type.", i+1), "RFC 9396 section 2 requires it.", example)
		}
	}
	return a.checkAge()
}

// checkParameter refuses parameters that the flow makes itself.
func checkParameter(name string) error {
	switch name {
	case "":
		return &Error{Kind: KindRefused, What: "A further parameter has no name.", Try: "For example audience = https://api.example.com."}
	case "response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method",
		"request", "request_uri", "response_mode", "prompt", "login_hint", "domain_hint", "claims", "acr_values", "max_age",
		"authorization_details", "resource", "dpop_jkt":
		return &Error{
			Kind: KindRefused, What: fmt.Sprintf("The parameter %q is not a further one: the flow makes it.", name),
			Try: "Say it in its own setting, or change the request before it is sent: authorize." + name + ".",
		}
	}
	if isSecretName(name) {
		return &Error{
			Kind: KindRefused, What: fmt.Sprintf("%q is a secret, and the authorization request is seen by the browser.", name),
			Try: "Leave it out.",
		}
	}
	return nil
}

func (a Ask) checkAge() error {
	if a.MaxAge != nil && *a.MaxAge < 0 {
		return &Error{
			Kind: KindRefused, What: "A maximum age cannot be negative.",
			Try: "Give seconds; 0 asks for a fresh sign-in.",
		}
	}
	return nil
}

// parameters are the values that a adds to the authorization request.
func (a Ask) parameters() []Value {
	var values []Value
	add := func(name, value string) {
		if value != "" {
			values = append(values, Value{Name: name, Value: value, By: ByYou, Secret: isSecretName(name)})
		}
	}
	add("claims", a.Claims)
	add("acr_values", a.ACRValues)
	if a.MaxAge != nil {
		add("max_age", strconv.Itoa(*a.MaxAge))
	}
	add("id_token_hint", a.IDTokenHint)
	add("authorization_details", a.AuthorizationDetails)
	for _, r := range a.Resources {
		add("resource", r)
	}
	for _, name := range slices.Sorted(maps.Keys(a.Parameters)) {
		add(name, a.Parameters[name])
	}
	return values
}

// addPair adds a parameter to a query or form, also where one of its name is
// there already.
func addPair(encoded, name, value string) string {
	pair := url.QueryEscape(name) + "=" + url.QueryEscape(value)
	if encoded == "" {
		return pair
	}
	return encoded + "&" + pair
}
