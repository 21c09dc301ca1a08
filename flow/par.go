package flow

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// parRequest pushes the authorization request, RFC 9126 section 2.1: the same
// parameters, in a form, and the client authenticates.
func (w *Walk) parRequest() (prepared, error) {
	c := w.t.Config
	endpoint := c.endpoint("pushed_authorization_request_endpoint", c.Provider.PAREndpoint)
	if endpoint == "" {
		return prepared{}, missingEndpoint("pushed_authorization_request_endpoint")
	}
	r, err := w.wrapped(StepPAR)
	if err != nil {
		return prepared{}, err
	}
	_, query, _ := cutQuery(r.URL)
	r.Method, r.URL, r.Body = http.MethodPost, endpoint, Body(query)
	r.Header.Set("Content-Type", formType)
	r.values = slices.DeleteFunc(r.values, func(v Value) bool { return v.Name == "url" })
	r.values = append(r.values, Value{Name: "url", Value: endpoint, By: ByProvider, In: InURL})
	return r, w.authenticate(&r, StepPAR)
}

// push sends the authorization request ahead.
func (w *Walk) push(ctx context.Context) error {
	got, members, err := w.answered(ctx, StepPAR)
	switch {
	case err != nil:
		return err
	case members["error"] != "":
		return serverSaid("pushed authorization request endpoint", got, members)
	case got.Status/100 != 2 || members["request_uri"] == "":
		return unexpected("pushed authorization request endpoint", got, members)
	}
	return nil
}

// pushed is the step in which the authorization request was pushed, if it was.
func (w *Walk) pushed() (Step, bool) {
	s := w.t.Step(StepPAR)
	return s, s.Status == StatusOK
}

// byReference is the authorization request that only refers to the pushed one,
// RFC 9126 section 4.
func (w *Walk) byReference(par Step) (prepared, error) {
	c := w.t.Config
	var uri, expires string
	var inside []Value
	for _, v := range par.Values {
		switch {
		case v.In == InResponse && v.Name == "request_uri":
			uri = v.Value
		case v.In == InResponse && v.Name == "expires_in":
			expires = v.Value
		case v.In == InForm && !isClientAuth(v.Name), v.In == InLocal && v.Name != "url" && v.Name != ClientCertificateValue:
			v.In = InLocal
			inside = append(inside, v)
		}
	}
	if life, err := lifetime(expires); err == nil && !par.Ended.IsZero() {
		if end := par.Ended.Add(life); !w.now().Before(end) {
			return prepared{}, &Error{
				Kind: KindRefused, What: "The pushed request has expired before the browser was opened.",
				Why: fmt.Sprintf("The provider keeps it for %s seconds, which ended at %s.", expires, end.Format(time.TimeOnly)),
				Try: "Go back to the pushed request (the step par), send it again, and open the browser before that time is over.",
			}
		}
	}
	r := get(setQuery(setQuery(c.Provider.AuthorizationEndpoint, "client_id", c.ClientID, false), "request_uri", uri, false), ByProgram)
	r.values = []Value{
		{Name: "client_id", By: ByYou, Value: c.ClientID},
		{Name: "request_uri", By: ByProvider, Value: uri},
		{Name: "url", By: ByProgram, In: InLocal},
	}
	r.inside = inside
	return r, nil
}

// isClientAuth reports whether a parameter only says who the client is.
func isClientAuth(name string) bool {
	switch name {
	case "client_id", "client_secret", "client_assertion", "client_assertion_type":
		return true
	}
	return false
}
