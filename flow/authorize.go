package flow

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/oauth2"
)

// authorizeRequest is the authorization request, RFC 6749 section 4.1.1, with
// what RFC 7636 section 4.3 and OpenID Connect Core section 3.1.2.1 add.
func (w *Walk) authorizeRequest() (prepared, error) {
	if w.t.Config.Provider.AuthorizationEndpoint == "" {
		return prepared{}, missingEndpoint("authorization_endpoint")
	}
	if par, ok := w.pushed(); ok {
		return w.byReference(par)
	}
	return w.wrapped(StepAuthorize)
}

// plainAuthorizeRequest is the request with all its parameters in the open.
func (w *Walk) plainAuthorizeRequest() prepared {
	c := w.t.Config
	var options []oauth2.AuthCodeOption
	origin := []Value{
		{Name: "response_type", By: ByFlow, Value: "code"},
		{Name: "client_id", By: ByYou, Value: c.ClientID},
		{Name: "redirect_uri", By: chosen(w.given.RedirectURI == w.draft.redirectURI), Value: w.draft.redirectURI},
		{Name: "state", By: ByProgram, Value: w.draft.state},
		{Name: "url", By: ByProgram, In: InLocal},
	}
	set := func(name, value string, by Chooser, secret bool) {
		if value == "" {
			return
		}
		options = append(options, oauth2.SetAuthURLParam(name, value))
		origin = append(origin, Value{Name: name, Value: value, By: by, Secret: secret, PKCE: pkceNames[name]})
	}
	scopes := w.scopes()
	origin = append(origin, Value{Name: "scope", By: chosen(len(c.Scopes) > 0), Value: strings.Join(scopes, " ")})
	if slices.Contains(scopes, "openid") {
		set("nonce", w.draft.nonce, ByProgram, false)
	}
	set("response_mode", string(c.ResponseMode), ByYou, false)
	set("prompt", w.prompt(), chosen(c.Prompt != ""), false)
	set("login_hint", c.LoginHint, ByYou, false)
	set("domain_hint", c.DomainHint, ByYou, false)
	for _, v := range w.t.Step(StepChallenge).Values {
		switch v.Name {
		case "code_challenge":
			set(v.Name, v.Value, ByProgram, v.Secret)
		case "code_challenge_method":
			set(v.Name, v.Value, chosen(w.given.Method != ""), false)
		}
	}
	if c.Ask.ResponseType != "" {
		options = append(options, oauth2.SetAuthURLParam("response_type", c.Ask.ResponseType))
		origin[0].Value = c.Ask.ResponseType
		origin[0].By = chosen(c.Ask.ResponseType != ResponseCode)
	}
	if w.dpop != nil {
		set("dpop_jkt", w.dpop.thumbprint(), ByProgram, false)
	}
	at := w.oauth(w.draft.redirectURI).AuthCodeURL(w.draft.state, options...)
	for _, v := range c.Ask.parameters() {
		at = addPair(at, v.Name, v.Value)
		origin = append(origin, v)
	}
	return prepared{Request: Request{Method: http.MethodGet, Header: http.Header{}, URL: at}, values: origin}
}

// chosen says who chose a value that has a default.
func chosen(byPerson bool) Chooser {
	if byPerson {
		return ByYou
	}
	return ByProgram
}

func missingEndpoint(name string) error {
	return &Error{
		Kind: KindRefused, What: "The provider's " + name + " is not known.",
		Why: "The metadata does not name it, and the configuration does not either.",
		Try: "Give it by hand, or check the issuer.",
	}
}

// beginWait makes the authorization request and starts to listen for the
// response to it. A free port may be lost to another program between the two;
// then it is another one.
func (w *Walk) beginWait() (prepared, *wait, error) {
	for tries := 0; ; tries++ {
		r, err := w.ready(StepAuthorize)
		if err != nil {
			return prepared{}, nil, err
		}
		w.mu.Lock()
		old := w.wait
		w.wait = w.newWait(r)
		wait, c := w.wait, w.t.Config
		w.mu.Unlock()
		old.close()
		if c.Paste {
			return r, wait, nil
		}
		err = wait.listen(w)
		if err == nil {
			return r, wait, nil
		}
		another := withFreePort(c.RedirectURI)
		w.mu.Lock()
		_, pushed := w.pushed()
		w.draft.made = nil
		w.mu.Unlock()
		if another == c.RedirectURI || tries == 4 || pushed {
			return prepared{}, nil, err
		}
		w.mu.Lock()
		w.draft.redirectURI = another
		w.mu.Unlock()
	}
}

// authorize sends the browser to the authorization endpoint. The listener is
// there before the browser is.
func (w *Walk) authorize(ctx context.Context) error {
	r, wait, err := w.beginWait()
	if err != nil {
		return err
	}
	w.note(StepAuthorize, r.values)
	w.sent(StepAuthorize)
	err = w.openBrowser(ctx, StepAuthorize, r)
	if browser := w.o.Browser; browser == nil || !browser.Played() {
		return err
	}
	t := w.Transcript()
	unheard := t.Config.Paste || wait.target == nil
	if unheard && t.Landing() != "" && ctx.Err() == nil {
		return nil // the address is there to be pasted
	}
	wait.browserDone()
	if err != nil && unheard && wait.posted && ctx.Err() == nil {
		return unheardForm().Wrap(err)
	}
	return err
}

// unheardForm says that the answer went to nobody.
func unheardForm() Error {
	return Error{
		Kind: KindRefused, What: "The browser posts the answer to an address where nobody listens.",
		Why: "With response_mode=form_post the answer is the form of a POST (OAuth 2.0 Form Post Response Mode section 2), and not in the address.",
		Try: "Leave response_mode out, or listen at a redirect URI on localhost, without paste mode. Or copy the form from the browser's developer tools (Network, the POST to the redirect URI, its payload as source) and paste that: code=…&state=…",
	}
}

// openBrowser shows the URL of a step to whoever is the browser.
func (w *Walk) openBrowser(ctx context.Context, id StepID, r prepared) error {
	browser := w.o.Browser
	if browser == nil || !browser.Played() {
		w.record(id, Exchange{
			Actor: ActorBrowser, Channel: ChannelFront, Request: r.Request, Timing: Timing{Start: w.now()},
		})
	}
	if browser == nil {
		return nil
	}
	err := browser.Open(ctx, r.URL, func(x Exchange) { w.record(id, x) })
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return Error{
		Kind: KindTransport, What: "The browser could not be opened.", Why: err.Error(),
		Try: "Open the URL yourself, in any browser on this machine, and choose no browser here.",
	}.Wrap(err)
}
