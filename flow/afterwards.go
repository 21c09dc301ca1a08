package flow

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
)

// Afterwards is what is done with the tokens once they are there. Nothing of
// it is done unless it is asked for.
type Afterwards struct {
	// Call is the URL of an API that is asked with the access token.
	Call string `json:"call,omitempty"`
	// Introspect asks the provider what it knows of the access token.
	Introspect bool `json:"introspect,omitempty"`
	// Revoke takes back the refresh token, or the access token where there is
	// no other.
	Revoke bool `json:"revoke,omitempty"`
	// Logout ends the session at the provider, in the browser.
	Logout bool `json:"logout,omitempty"`
	// PostLogoutRedirectURI is where the browser goes after that; it has to be
	// registered. Empty: it stays at the provider.
	PostLogoutRedirectURI string `json:"post_logout_redirect_uri,omitempty"`
}

// callRequest shows the access token to an API.
func (w *Walk) callRequest() (prepared, error) {
	r := get(w.t.Config.Afterwards.Call, ByYou)
	r.Header.Set("Accept", "application/json, */*;q=0.5")
	return r, w.present(&r, StepCall)
}

// call asks the API. Whatever it answers with a good status is an answer.
func (w *Walk) call(ctx context.Context) error {
	got, members, err := w.answered(ctx, StepCall)
	if err != nil || got.Status/100 == 2 {
		return err
	}
	return apiSaid(got, members)
}

// apiSaid words an API's refusal. What is about the token stands in the
// WWW-Authenticate header (RFC 6750 section 3), if anywhere.
func apiSaid(got *Response, members map[string]string) *Error {
	e := &Error{Kind: KindServer, What: fmt.Sprintf("The API answered %s.", statusText(got.Status))}
	switch said := strings.Join(got.Header.Values("WWW-Authenticate"), ", "); {
	case members["error"] != "":
		body := serverSaid("API", got, members)
		e.What = fmt.Sprintf("%s %s", e.What, body.What)
		e.Why = body.Why
	case said != "":
		e.Why = "It says: " + said
	case members != nil:
		e.Why = "It is JSON, and holds " + memberNames(responseValues(members, InResponse)) + "."
	case looksLikeHTML(got):
		e.Why = "It sent a web page (HTML)."
	}
	switch {
	case got.Status == http.StatusUnauthorized:
		e.Try = "The token is not accepted: compare its audience, issuer and expiry with what the API wants, and look whether something on the way takes the Authorization header away."
	case got.Status == http.StatusForbidden:
		e.Try = "The token does not allow this: compare its scopes and roles with what the API wants."
	case got.Status/100 == 3:
		e.Why = fmt.Sprintf("It points to %q. It was not followed: the token is meant for this address alone.", got.Header.Get("Location"))
		e.Try = "Call the address that it points to, if that is the API's own."
	case got.Status/100 == 5:
		e.Try = "It failed at the API and not by the token. Try again later, and look at the API's log."
	default:
		e.Try = "It is about the request and not about the token: check the API's address and what it wants besides."
	}
	return e
}

// aboutToken is a request of the client's own about one of its tokens.
func (w *Walk) aboutToken(id StepID, name, endpoint, token, hint string) (prepared, error) {
	endpoint = w.t.Config.endpoint(name, endpoint)
	if endpoint == "" {
		return prepared{}, missingEndpoint(name)
	}
	r := post(endpoint,
		Value{Name: "token", Value: token, By: ByProvider, Secret: true},
		Value{Name: "token_type_hint", Value: hint, By: ByProgram})
	return r, w.authenticate(&r, id)
}

// introspectRequest is that of RFC 7662 section 2.1.
func (w *Walk) introspectRequest() (prepared, error) {
	return w.aboutToken(StepIntrospect, "introspection_endpoint", w.t.Config.Provider.IntrospectionEndpoint, w.newest("access_token"), "access_token")
}

func (w *Walk) introspect(ctx context.Context) error {
	got, members, err := w.answered(ctx, StepIntrospect)
	switch {
	case err != nil:
		return err
	case members["error"] != "":
		return serverSaid("introspection endpoint", got, members)
	case got.Status/100 != 2 || members["active"] == "":
		return unexpected("introspection endpoint", got, members)
	}
	return nil
}

// revokeRequest is that of RFC 7009 section 2.1. With the refresh token most
// providers take back what came of it as well.
func (w *Walk) revokeRequest() (prepared, error) {
	hint := "refresh_token"
	token := w.newest(hint)
	if token == "" {
		hint = "access_token"
		token = w.newest(hint)
	}
	return w.aboutToken(StepRevoke, "revocation_endpoint", w.t.Config.Provider.RevocationEndpoint, token, hint)
}

// revoke takes a token back. The answer is 200 also for a token that is not
// known (RFC 7009 section 2.2).
func (w *Walk) revoke(ctx context.Context) error {
	got, members, err := w.answered(ctx, StepRevoke)
	switch {
	case err != nil:
		return err
	case members["error"] != "":
		return serverSaid("revocation endpoint", got, members)
	case got.Status/100 != 2:
		return unexpected("revocation endpoint", got, members)
	}
	return nil
}

// logoutRequest is that of OpenID Connect RP-Initiated Logout 1.0 section 2.
func (w *Walk) logoutRequest() (prepared, error) {
	c := w.t.Config
	if c.Provider.EndSessionEndpoint == "" {
		return prepared{}, missingEndpoint("end_session_endpoint")
	}
	r := get(c.Provider.EndSessionEndpoint, ByProgram)
	r.values = []Value{{Name: "url", By: ByProgram, In: InLocal}}
	set := func(name, value string, by Chooser) {
		if value == "" {
			return
		}
		r.URL = setQuery(r.URL, name, value, false)
		r.values = append(r.values, Value{Name: name, Value: value, By: by})
	}
	set("id_token_hint", w.newest("id_token"), ByProvider)
	set("client_id", c.ClientID, ByYou)
	if c.Afterwards.PostLogoutRedirectURI != "" {
		set("post_logout_redirect_uri", c.Afterwards.PostLogoutRedirectURI, ByYou)
		state, err := w.once(StepLogout, "state", func() (string, error) { return rand.Text(), nil })
		if err != nil {
			return prepared{}, err
		}
		set("state", state, ByProgram)
	}
	return r, nil
}

// logout sends the browser to the provider, which asks the person there.
// Nothing comes back that could be waited for.
func (w *Walk) logout(ctx context.Context) error {
	r, err := w.ready(StepLogout)
	if err != nil {
		return err
	}
	w.note(StepLogout, r.values)
	w.sent(StepLogout)
	return w.openBrowser(ctx, StepLogout, r)
}
