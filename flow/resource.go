package flow

import (
	"context"
	"encoding/json"
	"net/http"
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
	token := ""
	for _, id := range []StepID{StepToken, StepRefresh} {
		if v, ok := w.t.Step(id).Value("access_token"); ok {
			token = v
		}
	}
	r := get(endpoint, ByProvider)
	r.Header.Set("Authorization", "Bearer "+token)
	r.values = append(r.values, Value{Name: "header.Authorization", Value: "Bearer " + token, By: ByProgram})
	return r, nil
}

func (w *Walk) fetchUserInfo(ctx context.Context) error {
	r, err := w.ready(StepUserInfo)
	if err != nil {
		return err
	}
	w.note(StepUserInfo, r.values)
	got, err := w.send(ctx, StepUserInfo, r, never)
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
