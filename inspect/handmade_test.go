package inspect_test

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// handmade is a run that is the same each time: against a provider of no
// particular make, with the example of RFC 7636 appendix B as its verifier.
func handmade(m flow.Method) flow.Transcript {
	const (
		verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
		challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
	)
	c := flow.Config{
		Issuer: issuer, ClientID: clientID, AuthMethod: flow.AuthNone, Platform: flow.PlatformNative,
		RedirectURI: "http://127.0.0.1:8400/cb", Scopes: []string{"openid", "profile"}, Method: m,
		Provider: flow.Provider{
			Issuer: issuer, AuthorizationEndpoint: issuer + "/authorize", TokenEndpoint: issuer + "/token",
			CodeChallengeMethods: []string{"S256", "plain"}, IDTokenSigningAlgs: []string{"RS256"},
		},
	}
	authorize := url.Values{
		"response_type": {"code"}, "client_id": {clientID}, "redirect_uri": {c.RedirectURI}, "scope": {"openid profile"},
		"state": {"af0ifjsldkj"}, "nonce": {"n-0S6_WzA2Mj"},
	}
	token := url.Values{"grant_type": {"authorization_code"}, "client_id": {clientID}, "redirect_uri": {c.RedirectURI}, "code": {"SplxlOBeZQQYbYS6WxSbIA"}}
	local := func(name, value string, secret bool) flow.Value {
		return flow.Value{Name: name, Value: value, Secret: secret, PKCE: true, By: flow.ByProgram, In: flow.InLocal}
	}
	verifierStep := flow.Step{ID: flow.StepVerifier, Status: flow.StatusOK, Values: []flow.Value{local("code_verifier", verifier, true)}}
	challengeStep := flow.Step{ID: flow.StepChallenge, Status: flow.StatusOK, Values: []flow.Value{local("code_challenge", challenge, false)}}
	switch m {
	case flow.MethodNone:
		verifierStep = flow.Step{ID: flow.StepVerifier, Status: flow.StatusSkipped}
		challengeStep = flow.Step{ID: flow.StepChallenge, Status: flow.StatusSkipped}
	case flow.MethodS256:
		authorize.Set("code_challenge", challenge)
		authorize.Set("code_challenge_method", "S256")
	case flow.MethodPlain:
		authorize.Set("code_challenge", verifier)
		authorize.Set("code_challenge_method", "plain")
	case flow.MethodOmitted:
		authorize.Set("code_challenge", verifier)
	}
	if m == flow.MethodPlain || m == flow.MethodOmitted {
		challengeStep.Values = []flow.Value{local("code_challenge", verifier, true)}
	}
	if m != flow.MethodNone {
		token.Set("code_verifier", verifier)
	}
	idToken := b64(`{"alg":"RS256","kid":"1"}`) + "." + b64(`{"iss":"https://op.example","sub":"248289761001","aud":"client","exp":1787576400,"iat":1787572800,"nonce":"n-0S6_WzA2Mj","name":"Jane Doe"}`) + "." + b64("not a signature, but as long as one would be")
	jsonType := http.Header{"Content-Type": {"application/json"}, "Cache-Control": {"no-store"}}
	at := func(id flow.StepID, seconds int, exchanges ...flow.Exchange) flow.Step {
		start := now.Add(time.Duration(seconds) * time.Second)
		return flow.Step{ID: id, Status: flow.StatusOK, Started: start, Ended: start.Add(time.Second), Exchanges: exchanges}
	}
	return flow.Transcript{
		Format: flow.Format, Version: flow.Version, Outcome: flow.OutcomeOK, Salt: "salt", Made: now, Config: c,
		Steps: []flow.Step{
			at(flow.StepDiscovery, 0, flow.Exchange{
				Actor: flow.ActorApp, Channel: flow.ChannelBack, Request: flow.Request{Method: "GET", URL: issuer + "/.well-known/openid-configuration"},
				Response: &flow.Response{Status: 200, Proto: "HTTP/2.0", Header: jsonType, Body: flow.Body(`{"issuer":"` + issuer + `","code_challenge_methods_supported":["S256","plain"]}`)},
			}),
			verifierStep, challengeStep,
			at(flow.StepAuthorize, 1, flow.Exchange{Actor: flow.ActorBrowser, Channel: flow.ChannelFront, Request: flow.Request{Method: "GET", URL: issuer + "/authorize?" + authorize.Encode()}}),
			at(flow.StepCallback, 20, flow.Exchange{
				Actor: flow.ActorBrowser, Channel: flow.ChannelFront, Verdict: flow.VerdictAccepted,
				Request: flow.Request{Method: "GET", URL: c.RedirectURI + "?code=SplxlOBeZQQYbYS6WxSbIA&state=af0ifjsldkj"},
			}),
			at(flow.StepToken, 21, flow.Exchange{
				Actor: flow.ActorApp, Channel: flow.ChannelBack,
				Request: flow.Request{Method: "POST", URL: issuer + "/token", Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, Body: flow.Body(token.Encode())},
				Response: &flow.Response{Status: 200, Proto: "HTTP/2.0", Header: jsonType.Clone(), Body: flow.Body(
					`{"token_type":"Bearer","expires_in":3600,"access_token":"SlAV32hkKG-opaque","scope":"openid profile","id_token":"` + idToken + `"}`)},
			}),
			{ID: flow.StepKeys, Optional: true, Status: flow.StatusSkipped},
			{ID: flow.StepUserInfo, Optional: true, Status: flow.StatusSkipped},
			{ID: flow.StepRefresh, Optional: true, Status: flow.StatusSkipped},
		},
	}
}

// step returns a step of t, to be changed.
func step(t *flow.Transcript, id flow.StepID) *flow.Step {
	for i := range t.Steps {
		if t.Steps[i].ID == id {
			return &t.Steps[i]
		}
	}
	panic("no step " + id)
}

// replace changes a text in the URL and body of a step's first request.
func replace(id flow.StepID, was, is string) func(*flow.Transcript) {
	return func(t *flow.Transcript) {
		req := &step(t, id).Exchanges[0].Request
		url, body := strings.Replace(req.URL, was, is, 1), strings.Replace(string(req.Body), was, is, 1)
		if url == req.URL && body == string(req.Body) {
			panic("nothing was replaced: " + was)
		}
		req.URL, req.Body = url, flow.Body(body)
	}
}

// replaceAnswer changes a text in what a step was answered first.
func replaceAnswer(id flow.StepID, was, is string) func(*flow.Transcript) {
	return func(t *flow.Transcript) {
		res := step(t, id).Exchanges[0].Response
		body := strings.Replace(string(res.Body), was, is, 1)
		if body == string(res.Body) {
			panic("nothing was replaced: " + was)
		}
		res.Body = flow.Body(body)
	}
}

// answers changes what a step was answered, and with another status than 200
// makes it fail.
func answers(id flow.StepID, status int, contentType, body string) func(*flow.Transcript) {
	return func(t *flow.Transcript) {
		s := step(t, id)
		res := s.Exchanges[0].Response
		res.Status, res.Body = status, flow.Body(body)
		res.Header.Set("Content-Type", contentType)
		s.Status, t.Outcome = flow.StatusFailed, flow.OutcomeFailed
	}
}
