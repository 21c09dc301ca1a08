package export

import (
	"encoding/base64"
	"errors"
	"go/parser"
	"go/token"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect/internal/walked"
)

// signers are the forms that sign.
var signers = []Form{Curl, Go, Python, Node}

// jws is a signed token, as the walk sends it.
func jws(header, claims string) string {
	part := base64.RawURLEncoding.EncodeToString
	return part([]byte(header)) + "." + part([]byte(claims)) + ".c2lnbmF0dXJlLW9mLXRoZS1ydW4"
}

// signing is a run of a client that signs with alg its assertion, and its
// request object, which has that claim.
func signing(t *testing.T, alg, claim string) flow.Transcript {
	t.Helper()
	tr := walked.Walk(t, "", nil)
	id := tr.Config.ClientID
	tr.Steps = slices.Clone(tr.Steps)
	assertion := jws(`{"alg":"`+alg+`","kid":"key-one","typ":"JWT"}`, `{"iss":"`+id+`","sub":"`+id+`","aud":"https://op.example/token","jti":"jti-of-the-run","exp":1}`)
	object := jws(`{"alg":"`+alg+`","kid":"key-one","typ":"oauth-authz-req+jwt"}`,
		`{"iss":"`+id+`","aud":"https://op.example","jti":"jti-of-the-run","exp":1,"client_id":"`+id+`","response_type":"code","redirect_uri":"http://localhost","scope":"openid","state":"state-of-the-run","nonce":"nonce-of-the-run","code_challenge":"challenge-of-the-run","code_challenge_method":"S256",`+claim+`}`)
	for i, s := range tr.Steps {
		form := map[string][]string{"Content-Type": {"application/x-www-form-urlencoded"}}
		switch s.ID {
		case flow.StepAuthorize:
			s.Exchanges = []flow.Exchange{{Request: flow.Request{Method: "GET", URL: "https://op.example/auth?client_id=" + id + "&response_type=code&scope=openid&request=" + object}}}
		case flow.StepToken:
			form["Dpop"] = []string{jws(`{"alg":"ES256"}`, `{"jti":"jti-of-the-run"}`)}
			s.Exchanges = []flow.Exchange{{Request: flow.Request{Method: "POST", URL: "https://op.example/token?x=1", Header: form, Body: flow.Body(
				"grant_type=authorization_code&code=c&client_id=" + id + "&client_assertion_type=" + url.QueryEscape(assertionType) + "&client_assertion=" + assertion)}}}
		}
		tr.Steps[i] = s
	}
	tr.Config.AuthMethod, tr.Config.Protection.JAR, tr.Config.Protection.DPoP = flow.AuthKeyJWT, flow.JARSigned, true
	return tr
}

func TestWhatTheClientSignsIsSignedAnewByTheFormsThatCan(t *testing.T) {
	tr := signing(t, "ES256", `"max_age":100`)
	for _, form := range signers {
		e, err := Flow(tr, form)
		text := written(t)(e, err)
		for _, want := range []string{"key-one", "max_age", "dpop+jwt", "https://op.example/token", "use_dpop_nonce", "code_challenge"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %s:\n%s", form, want, text)
			}
		}
		for _, old := range []string{"of-the-run", "c2lnbmF0dXJl", base64.RawURLEncoding.EncodeToString([]byte(`{"iss":`))} {
			if strings.Contains(text, old) {
				t.Errorf("%s has %s, which is of that run:\n%s", form, old, text)
			}
		}
		for _, name := range []string{"CLIENT_KEY", "DPOP_KEY"} {
			if !slices.ContainsFunc(e.Environment, func(v Variable) bool { return v.Name == name }) || !strings.Contains(text, name) {
				t.Errorf("%s: nobody is told of %s: %v", form, name, e.Environment)
			}
		}
		if form == Go {
			if _, err := parser.ParseFile(token.NewFileSet(), "main.go", text, parser.AllErrors); err != nil {
				t.Errorf("%v\n%s", err, text)
			}
		}
	}
	for _, form := range formsWithout(append(signers, HAR)...) {
		_, err := Flow(tr, form)
		if refused, ok := errors.AsType[*flow.Error](err); !ok || !strings.Contains(refused.Try, "python") {
			t.Errorf("%s: %v", form, err)
		}
	}
}

// What is signed with a key that the reader has is no use with an algorithm
// that the form has not.
func TestAFormRefusesWhatItCannotSign(t *testing.T) {
	unread := walked.Walk(t, "", nil)
	unread.Config.AuthMethod = flow.AuthKeyJWT
	unread.Steps = slices.DeleteFunc(slices.Clone(unread.Steps), func(s flow.Step) bool { return s.ID == flow.StepToken })
	encrypted := signing(t, "ES256", `"max_age":100`)
	encrypted.Config.Protection.JAR = flow.JAREncrypted
	for name, row := range map[string]struct {
		run   flow.Transcript
		forms []Form
		why   string
	}{
		"with the secret in a shell":        {signing(t, "HS256", `"max_age":1`), []Form{Curl}, "argument"},
		"with Ed25519 in a shell":           {signing(t, "EdDSA", `"max_age":1`), []Form{Curl}, "files only"},
		"with what nobody knows":            {signing(t, "XX1", `"max_age":1`), signers, "XX1"},
		"an object around a masked value":   {signing(t, "ES256", `"login_hint":"`), signers, "cannot be read"},
		"to a key of the provider's":        {encrypted, signers, "encrypts"},
		"a run that ended before the token": {unread, signers, "did not come so far"},
	} {
		for _, form := range row.forms {
			_, err := Flow(row.run, form)
			if refused, ok := errors.AsType[*flow.Error](err); !ok || !strings.Contains(refused.Why, row.why) || refused.Try == "" {
				t.Errorf("%s, %s: %v", name, form, err)
			}
		}
	}
}

// A provider that says that it sends iss, and does not, may be another one (RFC
// 9207 section 2.4).
func TestAPromisedIssuerHasToBeThere(t *testing.T) {
	tr := walked.Walk(t, "", nil)
	for _, promised := range []bool{true, false} {
		tr.Config.Provider.AuthorizationResponseIss = promised
		for _, form := range formsWithout(HAR, MSALGo, MSALNode, MSALPython, MSALJS) {
			if text := written(t)(Flow(tr, form)); strings.Contains(text, "RFC 9207 section 2.4") != promised {
				t.Errorf("%s, promised %t:\n%s", form, promised, text)
			}
		}
	}
}

// Entra's clients with a certificate are MSAL's too.
func TestMSALSignsWithTheCertificate(t *testing.T) {
	tr := walked.Walk(t, webClient(t), nil)
	tr.Config.AuthMethod = flow.AuthKeyJWT
	for _, form := range []Form{MSALGo, MSALNode, MSALPython} {
		e, err := Flow(tr, form)
		if text := written(t)(e, err); !strings.Contains(text, "CLIENT_CERTIFICATE") || !strings.Contains(text, "CLIENT_KEY") || strings.Contains(text, "CLIENT_SECRET") || len(e.Environment) != 2 {
			t.Errorf("%s: %v\n%s", form, e.Environment, text)
		}
	}
	if _, err := Flow(tr, MSALJS); err == nil {
		t.Error("a page is given a private key")
	}
}
