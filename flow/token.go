package flow

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"

	"golang.org/x/oauth2"
)

// roundTripper lets a function be a transport.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// errDryRun stops x/oauth2 once its request has been seen.
var errDryRun = errors.New("flow: dry run")

// tokenRequest is the token request (RFC 6749 section 4.1.3, RFC 7636 section
// 4.5) or the refresh request (RFC 6749 section 6) as x/oauth2 makes it.
func (w *Walk) tokenRequest(id StepID) (prepared, error) {
	if id == StepToken && w.t.Config.Device {
		return w.pollRequest()
	}
	if w.t.Config.Provider.TokenEndpoint == "" {
		return prepared{}, missingEndpoint("token_endpoint")
	}
	if id == StepRefresh && w.newest("refresh_token") == "" {
		return prepared{}, &Error{
			Kind: KindRefused, What: "There is no refresh token.",
			Why: "The provider gave none with the tokens.",
			Try: "Ask for the scope offline_access (some providers also want prompt=consent), and check that the client may have refresh tokens.",
		}
	}
	var r prepared
	err := w.exchange(context.Background(), id, roundTripper(func(req *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		r.Request = Request{Method: req.Method, URL: req.URL.String(), Header: cloneHeader(req.Header), Body: body}
		return nil, errDryRun
	}))
	if !errors.Is(err, errDryRun) {
		return prepared{}, err
	}
	if origin := w.origin(); origin != "" {
		r.Header.Set("Origin", origin)
	}
	for _, resource := range w.t.Config.Ask.Resources {
		r.Body = Body(addPair(string(r.Body), "resource", resource))
		r.values = append(r.values, Value{Name: "resource", Value: resource, By: ByYou})
	}
	if err := w.prove(&r, id, ""); err != nil {
		return prepared{}, err
	}
	switch w.t.Config.AuthMethod {
	case AuthSecretJWT, AuthKeyJWT: // x/oauth2 knows the other methods
		if err := w.authenticate(&r, id); err != nil {
			return prepared{}, err
		}
	case AuthTLS, AuthSelfSignedTLS:
		r.certificate = w.t.Config.Credential.fingerprint()
	default:
	}
	for name, value := range pairs(string(r.Body)) {
		v := Value{Name: name, Value: value, By: ByProgram}
		switch name {
		case "grant_type":
			v.By = ByFlow
		case "code", "refresh_token":
			v.By = ByProvider
		case "client_id", "client_secret":
			v.By = ByYou
		case "redirect_uri":
			v.By = chosen(w.given.RedirectURI == value)
		case "code_verifier":
			if i := slices.IndexFunc(w.t.Step(StepVerifier).Values, func(v Value) bool { return v.Name == name }); i >= 0 {
				v = w.t.Step(StepVerifier).Values[i]
				v.Edited = false
			}
		}
		r.values = append(r.values, v)
	}
	for name := range r.Header {
		r.values = append(r.values, Value{Name: "header." + name, Value: r.Header.Get(name), By: ByProgram})
	}
	r.values = append(r.values, Value{Name: "url", Value: r.URL, By: ByProvider, In: InURL})
	return r, nil
}

// exchange has x/oauth2 redeem the code or the refresh token through t.
func (w *Walk) exchange(ctx context.Context, id StepID, t http.RoundTripper) error {
	redirectURI, _ := w.t.Step(StepAuthorize).Value("redirect_uri")
	config := w.oauth(redirectURI)
	ctx = context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: t, CheckRedirect: never})
	if id == StepRefresh {
		_, err := config.TokenSource(ctx, &oauth2.Token{RefreshToken: w.newest("refresh_token")}).Token()
		return err
	}
	var options []oauth2.AuthCodeOption
	if verifier, ok := w.t.Step(StepVerifier).Value("code_verifier"); ok {
		options = append(options, oauth2.VerifierOption(verifier))
	}
	code, _ := w.t.Step(StepCallback).Value("code")
	_, err := config.Exchange(ctx, code, options...)
	return err
}

// origin is the Origin header of the token requests.
func (w *Walk) origin() string {
	raw, ok := w.t.Step(StepAuthorize).Value("redirect_uri")
	if !ok {
		raw = w.draft.redirectURI
	}
	return w.t.Config.originFor(raw)
}

// redeem sends the token request or the refresh request.
func (w *Walk) redeem(ctx context.Context, id StepID) error {
	if id == StepToken && w.config().Device {
		return w.poll(ctx)
	}
	r, err := w.ready(id)
	if err != nil {
		return err
	}
	seen := &Walk{t: w.Transcript()} // x/oauth2 runs without the lock
	w.note(id, r.values)
	defer w.sent(id)

	// x/oauth2 makes the request again; what goes out in its place is the one
	// that was seen and edited.
	recorder := w.recorder(id)
	send := func() (*http.Response, error) {
		req, err := r.httpRequest(ctx)
		if err != nil {
			return nil, err
		}
		return recorder.RoundTrip(req)
	}
	err = seen.exchange(ctx, id, roundTripper(func(*http.Request) (*http.Response, error) {
		resp, err := send()
		if err != nil || !w.nonceWanted(r, recorder.last) {
			return resp, err
		}
		// The same again, with the nonce: nothing of it has been used up.
		_ = resp.Body.Close()
		w.sent(id)
		if r, err = w.ready(id); err != nil {
			return nil, err
		}
		w.note(id, r.values)
		return send()
	}))
	if recorder.last == nil || errors.Is(err, context.Canceled) {
		return exchangeError(err)
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e // the answer broke off
	}
	// What x/oauth2 made of the answer is less than what there is to see: it
	// keeps neither unknown members nor its own reading of a broken one.
	values, failure := readTokenResponse(recorder.last)
	w.note(id, append(r.values, values...))
	if failure != nil {
		return failure.Wrap(err)
	}
	return nil
}
