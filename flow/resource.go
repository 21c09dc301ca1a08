package flow

import (
	"context"
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

// userInfoRequest is the UserInfo request, OpenID Connect Core section 5.3.1.
func (w *Walk) userInfoRequest() (prepared, error) {
	endpoint := w.t.Config.Provider.UserInfoEndpoint
	if endpoint == "" {
		return prepared{}, missingEndpoint("userinfo_endpoint")
	}
	r := get(endpoint, ByProvider)
	return r, w.present(&r, StepUserInfo)
}

// newest is what the token endpoint answered last under that name, or "". A
// provider may hand out another token with each refresh, and the older may be
// dead by then (RFC 6749 section 6).
func (w *Walk) newest(name string) string {
	for _, id := range []StepID{StepRefresh, StepToken} {
		for _, v := range w.t.Step(id).Values {
			if v.Name == name && v.In == InResponse && v.Value != "" {
				return v.Value
			}
		}
	}
	return ""
}

// present shows the access token in a request: as a bearer token (RFC 6750
// section 2.1), or with a proof if it is bound to a key (RFC 9449 section 7.1).
func (w *Walk) present(r *prepared, id StepID) error {
	token, scheme := w.newest("access_token"), "Bearer"
	if w.dpop != nil && strings.EqualFold(w.newest("token_type"), "DPoP") {
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
	got, members, err := w.answered(ctx, StepUserInfo)
	switch {
	case err != nil:
		return err
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
