package inspect_test

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
	"testing"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/capture"
	"github.com/pkcescope/pkcescope/inspect"
)

// seen opens a text as a capture and reads its first flow.
func seen(t *testing.T, texts ...string) (flow.Transcript, inspect.Report) {
	t.Helper()
	var sources []capture.Source
	for _, s := range texts {
		sources = append(sources, capture.Source{Data: strings.NewReader(s)})
	}
	found, err := capture.Read(t.Context(), sources, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Flows) != 1 {
		t.Fatalf("%d flows found, want 1", len(found.Flows))
	}
	return found.Flows[0], inspect.Read(found.Flows[0], inspect.Options{})
}

const (
	captureAsk = "https://login.microsoftonline.com/72a5f9c1-0d3e-4b68-8f27-6c1e94d0b35a/oauth2/v2.0/authorize?client_id=6731de76-14a6-49ae-97bc-6eba6914391e&response_type=code&scope=openid&state=s1&nonce=n1" +
		"&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256&redirect_uri="
	captureCode   = "SplxlOBeZQQYbYS6WxSbIA"
	captureSecret = "7Qk8Q~top/secret+value"
)

func codeOf(rep inspect.Report, code string) (inspect.Finding, bool) {
	for _, s := range rep.Steps {
		for _, f := range s.Findings {
			if f.Code == code {
				return f, true
			}
		}
	}
	return inspect.Finding{}, false
}

func TestAMissingTokenRequestIsExplainedByWhoSendsIt(t *testing.T) {
	for name, test := range map[string]struct {
		redirect, more, why string
		severity            inspect.Severity
	}{
		"a web application":                   {"https%3A%2F%2Fapp.example%2Fcb", "", "server sends it from its own machine", inspect.SeverityInfo},
		"an app with its own scheme":          {"msauth%3A%2F%2Fapp", "", "The app on the device sends it", inspect.SeverityInfo},
		"an app that listens on this machine": {"http%3A%2F%2Flocalhost%3A8400%2F", "", "The app on the device sends it", inspect.SeverityInfo},
	} {
		t.Run(name, func(t *testing.T) {
			back, _ := url.QueryUnescape(test.redirect)
			_, rep := seen(t, captureAsk+test.redirect+test.more+"\n"+back+"?code="+captureCode+"&state=s1")
			f, ok := codeOf(rep, "capture-no-token-request")
			if !ok || !strings.Contains(f.Why, test.why) || f.Severity != test.severity {
				t.Errorf("got %+v", f)
			}
			if rep.Summary != "The browser came back with a code; the token request is not in the capture." {
				t.Errorf("summary: %s", rep.Summary)
			}
		})
	}
}

func TestACapturedVerifierIsComparedWithItsChallenge(t *testing.T) {
	const redirect = "https%3A%2F%2Fapp.example%2Fcb"
	ask := captureAsk + redirect + "\nhttps://app.example/cb?code=" + captureCode + "&state=s1\n"
	token := "grant_type=authorization_code&code=" + captureCode + "&redirect_uri=" + redirect + "&client_id=6731de76-14a6-49ae-97bc-6eba6914391e&code_verifier="
	_, rep := seen(t, ask+token+"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
	if _, ok := codeOf(rep, "verifier-mismatch"); ok {
		t.Error("a verifier is said not to match its own challenge")
	}
	_, rep = seen(t, ask+token+"another-verifier-that-is-long-enough-for-the-rule"+"\n"+`{"error":"invalid_grant","error_description":"AADSTS501481: The Code_Verifier does not match the code_challenge supplied in the authorization request."}`)
	if _, ok := codeOf(rep, "verifier-mismatch"); !ok {
		t.Error("a verifier of another challenge is not noticed")
	}
}

func TestNoSecretOfACaptureIsInAnyOutputInAnyEncoding(t *testing.T) {
	const (
		redirect = "https%3A%2F%2Fapp.example%2Fcb"
		verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
		refresh  = "0.AXkA-refresh-token-value"
		access   = "opaque-access-token-value"
	)
	ask := captureAsk + redirect + "\nhttps://app.example/cb?code=" + captureCode + "&state=s1\n"
	body := "grant_type=authorization_code&code=" + captureCode + "&redirect_uri=" + redirect + "&code_verifier=" + verifier
	for name, text := range map[string]string{
		"the secret in the form": ask + "curl https://login.microsoftonline.com/t/oauth2/v2.0/token -d '" + body + "&client_id=6731de76-14a6-49ae-97bc-6eba6914391e&client_secret=" + url.QueryEscape(captureSecret) + "'",
		"the secret in Basic":    ask + "curl -u '6731de76-14a6-49ae-97bc-6eba6914391e:" + url.QueryEscape(captureSecret) + "' https://login.microsoftonline.com/t/oauth2/v2.0/token -d '" + body + "'",
	} {
		t.Run(name, func(t *testing.T) {
			run, rep := seen(t, text+"\n"+`{"token_type":"Bearer","expires_in":3600,"access_token":"`+access+`","refresh_token":"`+refresh+`"}`)
			document, err := rep.JSON()
			if err != nil {
				t.Fatal(err)
			}
			var har strings.Builder
			if err := capture.WriteHAR(&har, run.Redacted(), "test"); err != nil {
				t.Fatal(err)
			}
			outputs := map[string]string{"JSON": string(document), "text": rep.Text(0), "HAR": har.String()}
			for _, secret := range []string{captureCode, captureSecret, verifier, refresh, access} {
				for _, form := range []string{
					secret, url.QueryEscape(secret), url.PathEscape(secret), hex.EncodeToString([]byte(secret)),
					base64.StdEncoding.EncodeToString([]byte(secret))[:len(secret)], base64.RawURLEncoding.EncodeToString([]byte(secret))[:len(secret)],
				} {
					for where, output := range outputs {
						if strings.Contains(output, form) {
							t.Errorf("the %s has %q", where, form)
						}
					}
				}
			}
		})
	}
}

func TestACodeThatIsSentTwiceIsSaidToBe(t *testing.T) {
	curl := "curl https://idp.example/token -d 'grant_type=authorization_code&client_id=a&code=" + captureCode + "'\n"
	_, rep := seen(t, curl+`{"access_token":"a-first-token","token_type":"Bearer"}`+"\n"+curl+`{"error":"invalid_grant"}`)
	f, ok := codeOf(rep, "code-redeemed-twice")
	if !ok || !strings.Contains(f.What, "2 times. The first time it was redeemed") {
		t.Errorf("got %+v", f)
	}
}
