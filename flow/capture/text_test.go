package capture_test

import (
	"strings"
	"testing"

	"github.com/pkcescope/pkcescope/flow"
)

const (
	authorizeURL = "https://login.microsoftonline.com/72a5f9c1-0d3e-4b68-8f27-6c1e94d0b35a/oauth2/v2.0/authorize?client_id=6731de76-14a6-49ae-97bc-6eba6914391e&response_type=code&redirect_uri=http%3A%2F%2Flocalhost%3A8400%2Fcallback&scope=openid%20profile&state=af0ifjsldkj&nonce=n-0S6_WzA2Mj&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
	callbackURL  = "http://localhost:8400/callback?code=SplxlOBeZQQYbYS6WxSbIA&state=af0ifjsldkj"
	verifier     = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636 appendix B
	tokenForm    = "grant_type=authorization_code&client_id=6731de76-14a6-49ae-97bc-6eba6914391e&code=SplxlOBeZQQYbYS6WxSbIA&redirect_uri=http%3A%2F%2Flocalhost%3A8400%2Fcallback&code_verifier=" + verifier
	tokenURL     = "https://login.microsoftonline.com/72a5f9c1-0d3e-4b68-8f27-6c1e94d0b35a/oauth2/v2.0/token"
	tokenAnswer  = `{"token_type":"Bearer","expires_in":3600,"access_token":"2YotnFZFEjr1zCsicMWpAA","refresh_token":"tGzv3JOkF0XG5Qx2TlKWIA"}`
)

// states are the statuses of the steps that a text is laid on, those that are
// not seen left out.
func states(t flow.Transcript) string {
	var out []string
	for _, s := range t.Steps {
		if s.Status != flow.StatusUnseen && s.Status != flow.StatusSkipped {
			out = append(out, string(s.ID)+" "+string(s.Status))
		}
	}
	return strings.Join(out, ", ")
}

func TestEveryFormOfPastedEvidenceIsLaidOnItsSteps(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"an authorize URL": {authorizeURL, "challenge ok, authorize ok"},
		"an authorize URL broken over lines as documents do": {
			strings.NewReplacer("?", "?\n", "&", "\n&").Replace(authorizeURL), "challenge ok, authorize ok",
		},
		"an authorize URL broken at the width of a terminal": {
			authorizeURL[:80] + "\n" + authorizeURL[80:160] + "\n" + authorizeURL[160:240] + "\n" + authorizeURL[240:], "challenge ok, authorize ok",
		},
		"a URL inside a sentence":      {"It hangs at " + callbackURL + ", what now?", "callback ok"},
		"a callback URL, query":        {callbackURL, "callback ok"},
		"a callback URL, fragment":     {strings.Replace(callbackURL, "?", "#", 1), "callback ok"},
		"a callback of a native app":   {"msauth.com.contoso://auth?code=SplxlOBeZQQYbYS6WxSbIA&state=x", "callback ok"},
		"the query of a callback":      {"?code=SplxlOBeZQQYbYS6WxSbIA&state=af0ifjsldkj", "callback ok"},
		"the fragment of a callback":   {"#code=SplxlOBeZQQYbYS6WxSbIA&state=af0ifjsldkj", "callback ok"},
		"the body of a form_post":      {"code=SplxlOBeZQQYbYS6WxSbIA&state=af0ifjsldkj&session_state=1", "callback ok"},
		"a callback with an error":     {"http://localhost/?error=access_denied&error_description=AADSTS65004%3A+declined&state=x", "callback failed"},
		"a token response":             {tokenAnswer, "token ok"},
		"a refused token request":      {`{"error":"invalid_grant","error_description":"AADSTS70008: The code has expired."}`, "token failed"},
		"the body of a token request":  {tokenForm, "verifier ok, challenge ok"},
		"authorize URL and callback":   {authorizeURL + "\n\n" + callbackURL, "challenge ok, authorize ok, callback ok"},
		"all three, the last one JSON": {authorizeURL + "\n" + callbackURL + "\n" + tokenAnswer, "challenge ok, authorize ok, callback ok, token ok"},
		"curl": {
			"curl '" + tokenURL + "' \\\n  -H 'Content-Type: application/x-www-form-urlencoded' \\\n  --data-raw '" + tokenForm + "'\n" + tokenAnswer,
			"verifier ok, challenge ok, token ok",
		},
		"curl with an answer that is laid out": {
			"$ curl -s " + tokenURL + " -d '" + tokenForm + "'\n{\n  \"error\": \"invalid_client\"\n}\n", "verifier ok, challenge ok, token failed",
		},
		"curl for cmd.exe": {
			"curl ^\"" + tokenURL + "^\" ^\n  -H ^\"Content-Type: application/x-www-form-urlencoded^\" ^\n  --data-raw ^\"" +
				strings.NewReplacer("&", "^&", "%", "^%^").Replace(tokenForm) + "^\"\n" + tokenAnswer,
			"verifier ok, challenge ok, token ok",
		},
		"an HTTP exchange": {
			"POST /t/oauth2/v2.0/token HTTP/1.1\r\nHost: login.microsoftonline.com\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n" + tokenForm +
				"\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + tokenAnswer,
			"verifier ok, challenge ok, token ok",
		},
		"what curl -v says": {
			"*   Trying 20.190.1.1:443...\n> POST /t/oauth2/v2.0/token HTTP/1.1\n> Host: login.microsoftonline.com\n> Content-Type: application/x-www-form-urlencoded\n> \n" +
				"* upload completely sent off\n< HTTP/1.1 401 Unauthorized\n< Content-Type: application/json\n< \n" + `{"error":"invalid_client"}` + "\n* Connection left intact",
			"token failed",
		},
		"a request to the callback as a server logs it": {
			"GET /callback?code=SplxlOBeZQQYbYS6WxSbIA&state=af0ifjsldkj HTTP/1.1\nHost: localhost:8400\n", "callback ok",
		},
		"the whole flow from several places": {
			authorizeURL + "\n\nGET /callback?code=SplxlOBeZQQYbYS6WxSbIA&state=af0ifjsldkj HTTP/1.1\nHost: localhost:8400\n\ncurl -d '" + tokenForm + "' " + tokenURL + "\n" + tokenAnswer,
			"verifier ok, challenge ok, authorize ok, callback ok, token ok",
		},
	} {
		t.Run(name, func(t *testing.T) {
			found := open(t, []byte(test.text))
			if len(found.Flows) != 1 {
				t.Fatalf("%d flows found, want 1", len(found.Flows))
			}
			if got := states(found.Flows[0]); got != test.want {
				t.Errorf("laid on %q, want %q", got, test.want)
			}
		})
	}
}

func TestAChallengeAndItsVerifierMeetAcrossSources(t *testing.T) {
	found := open(t, []byte(authorizeURL), []byte("curl -d '"+strings.Replace(tokenForm, "SplxlOBeZQQYbYS6WxSbIA", "another", 1)+"' "+tokenURL))
	if len(found.Flows) != 1 {
		t.Fatalf("%d flows found, want one: the verifier's hash is the challenge", len(found.Flows))
	}
	if got, _ := found.Flows[0].Step(flow.StepVerifier).Value("code_verifier"); got != verifier {
		t.Errorf("verifier %q", got)
	}
}
