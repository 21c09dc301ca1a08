package flow

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
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
	r, got, err := w.deliver(ctx, StepCall, never)
	if err != nil {
		return err
	}
	members := readMembers(got)
	w.note(StepCall, append(r.values, responseValues(members, InResponse)...))
	if got.Status/100 == 2 {
		return nil
	}
	e := unexpected("API", got, members)
	if said := got.Header.Get("WWW-Authenticate"); said != "" {
		e.Why = "It says: " + said
	}
	e.Try = "Check the token's audience and scopes against what the API wants; 401 is about the token, 403 about what it allows."
	return e
}

// aboutToken is a request of the client's own about one of its tokens.
func (w *Walk) aboutToken(id StepID, name, endpoint, token, hint string) (prepared, error) {
	endpoint = w.t.Config.endpoint(name, endpoint)
	if endpoint == "" {
		return prepared{}, missingEndpoint(name)
	}
	r := prepared{
		Request: Request{
			Method: http.MethodPost, URL: endpoint, Header: http.Header{"Content-Type": {formType}},
			Body: Body(url.Values{"token": {token}, "token_type_hint": {hint}}.Encode()),
		},
		values: []Value{
			{Name: "token", Value: token, By: ByProvider, Secret: true},
			{Name: "token_type_hint", Value: hint, By: ByProgram},
			{Name: "url", Value: endpoint, By: ByProvider, In: InURL},
		},
	}
	return r, w.authenticate(&r, id)
}

// introspectRequest is that of RFC 7662 section 2.1.
func (w *Walk) introspectRequest() (prepared, error) {
	token, _ := w.accessToken()
	return w.aboutToken(StepIntrospect, "introspection_endpoint", w.t.Config.Provider.IntrospectionEndpoint, token, "access_token")
}

func (w *Walk) introspect(ctx context.Context) error {
	r, got, err := w.deliver(ctx, StepIntrospect, never)
	if err != nil {
		return err
	}
	members := readMembers(got)
	w.note(StepIntrospect, append(r.values, responseValues(members, InResponse)...))
	switch {
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
	token, hint := w.refreshToken(), "refresh_token"
	if token == "" {
		token, _ = w.accessToken()
		hint = "access_token"
	}
	return w.aboutToken(StepRevoke, "revocation_endpoint", w.t.Config.Provider.RevocationEndpoint, token, hint)
}

// revoke takes a token back. The answer is 200 also for a token that is not
// known (RFC 7009 section 2.2).
func (w *Walk) revoke(ctx context.Context) error {
	r, got, err := w.deliver(ctx, StepRevoke, never)
	if err != nil {
		return err
	}
	members := readMembers(got)
	w.note(StepRevoke, append(r.values, responseValues(members, InResponse)...))
	switch {
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
	hint := ""
	for _, id := range []StepID{StepToken, StepRefresh} {
		for _, v := range w.t.Step(id).Values {
			if v.Name == "id_token" && v.In == InResponse {
				hint = v.Value
			}
		}
	}
	set("id_token_hint", hint, ByProvider)
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
