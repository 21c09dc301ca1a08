package flow

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
)

// send sends the request of a step and returns the answer.
func (w *Walk) send(ctx context.Context, id StepID, r prepared, redirect func(*http.Request, []*http.Request) error) (*Response, error) {
	req, err := r.httpRequest(ctx)
	if err != nil {
		return nil, err
	}
	recorder := w.recorder(id)
	resp, err := (&http.Client{Transport: recorder, CheckRedirect: redirect}).Do(req)
	if err != nil {
		return nil, exchangeError(err)
	}
	return recorder.last, resp.Body.Close()
}

// fetchKeys gets the provider's key set, RFC 7517 section 5.
func (w *Walk) fetchKeys(ctx context.Context) error {
	r, err := w.ready(StepKeys)
	if err != nil {
		return err
	}
	w.note(StepKeys, r.values)
	got, err := w.send(ctx, StepKeys, r, secureRedirects)
	if err != nil {
		return err
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if got.Status/100 != 2 || json.Unmarshal(got.Body, &set) != nil || set.Keys == nil {
		return unexpected("key set's address", got, readMembers(got))
	}
	return nil
}

// userInfoRequest is the UserInfo request, OpenID Connect Core section 5.3.1.
func (w *Walk) userInfoRequest() (prepared, error) {
	endpoint := w.t.Config.Provider.UserInfoEndpoint
	if endpoint == "" {
		return prepared{}, missingEndpoint("userinfo_endpoint")
	}
	r := get(endpoint, ByProvider)
	return r, w.present(&r, StepUserInfo)
}

// accessToken is the newest access token, and its type.
func (w *Walk) accessToken() (token, kind string) {
	for _, id := range []StepID{StepToken, StepRefresh} {
		if v, ok := w.t.Step(id).Value("access_token"); ok {
			token = v
			kind, _ = w.t.Step(id).Value("token_type")
		}
	}
	return token, kind
}

// present shows the access token in a request: as a bearer token (RFC 6750
// section 2.1), or with a proof if it is bound to a key (RFC 9449 section 7.1).
func (w *Walk) present(r *prepared, id StepID) error {
	token, kind := w.accessToken()
	scheme := "Bearer"
	if w.dpop != nil && strings.EqualFold(kind, "DPoP") {
		scheme = "DPoP"
		if err := w.prove(r, id, token); err != nil {
			return err
		}
	}
	r.Header.Set("Authorization", scheme+" "+token)
	r.values = append(r.values, Value{Name: "header.Authorization", Value: scheme + " " + token, By: ByProgram})
	return nil
}

func (w *Walk) fetchUserInfo(ctx context.Context) error {
	r, got, err := w.deliver(ctx, StepUserInfo, never)
	if err != nil {
		return err
	}
	members := readMembers(got)
	w.note(StepUserInfo, append(r.values, responseValues(members, InResponse)...))
	switch {
	case members["error"] != "":
		return serverSaid("UserInfo endpoint", got, members)
	case got.Status/100 != 2:
		return unexpected("UserInfo endpoint", got, members)
	case members == nil && got.Header.Get("Content-Type") != "application/jwt":
		// A signed answer is a JWT, OpenID Connect Core section 5.3.2.
		return unexpected("UserInfo endpoint", got, members)
	}
	return nil
}
