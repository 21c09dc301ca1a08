package inspect_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

func came(v flow.Verdict, url string) func(*flow.Transcript) {
	return func(t *flow.Transcript) {
		s := step(t, flow.StepCallback)
		s.Exchanges = append([]flow.Exchange{{Actor: flow.ActorBrowser, Channel: flow.ChannelFront, Verdict: v, Request: flow.Request{Method: "GET", URL: url}}}, s.Exchanges...)
	}
}

func config(change func(*flow.Config)) func(*flow.Transcript) {
	return func(t *flow.Transcript) { change(&t.Config) }
}

// introspected adds what the provider says of the access token.
func introspected(body string) func(*flow.Transcript) {
	return func(t *flow.Transcript) {
		t.Steps = append(t.Steps, flow.Step{ID: flow.StepIntrospect, Status: flow.StatusOK, Exchanges: []flow.Exchange{
			{Response: &flow.Response{Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: flow.Body(body)}},
		}})
	}
}

// Keycloak calls a good token inactive to whoever its aud does not name; the
// person is to read which of the two does not fit.
func TestKeycloaksSilenceAboutATokenIsTraced(t *testing.T) {
	read := func(change ...func(*flow.Transcript)) []inspect.Finding {
		tr := handmade(flow.MethodS256)
		tr.Config.Issuer = "https://sso.example/realms/contoso"
		replaceAnswer(flow.StepToken, "SlAV32hkKG-opaque", b64(`{"alg":"RS256"}`)+"."+b64(`{"aud":"account"}`)+"."+b64("signature"))(&tr)
		for _, c := range change {
			c(&tr)
		}
		steps := inspect.Read(tr, inspect.Options{Now: now}).Steps
		return steps[len(steps)-1].Findings
	}
	if got := read(introspected(`{"active":true}`)); len(got) > 0 {
		t.Errorf("an active token: %s", codes(got))
	}
	got := read(introspected(`{"active":false}`))
	if len(got) != 1 {
		t.Fatalf("findings %s", codes(got))
	}
	for _, want := range []string{"aud, which is account", "26.6.2", "mapper of the type Audience"} {
		if !strings.Contains(got[0].Why+got[0].Try, want) {
			t.Errorf("%q is not said: %s %s", want, got[0].Why, got[0].Try)
		}
	}
}

// At the pushed request Keycloak says no more than that authentication failed;
// what was sent decides.
func TestARefusedPushIsTracedByWhatWasSent(t *testing.T) {
	for sent, want := range map[string]string{
		"client_id=client&client_secret=s":    "client-secret-wrong",
		"client_id=client&client_assertion=a": "client-certificate-not-registered",
		"client_id=client":                    "client-secret-missing",
	} {
		tr := handmade(flow.MethodS256)
		tr.Config.Issuer, tr.Config.Platform = "https://sso.example/realms/contoso", flow.PlatformWeb
		tr.Steps = append(tr.Steps, flow.Step{ID: flow.StepPAR, Status: flow.StatusFailed, Exchanges: []flow.Exchange{{
			Actor: flow.ActorApp, Channel: flow.ChannelBack,
			Request:  flow.Request{Method: "POST", URL: issuer + "/par", Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, Body: flow.Body(sent)},
			Response: &flow.Response{Status: 401, Header: http.Header{"Content-Type": {"application/json"}}, Body: flow.Body(`{"error":"invalid_request","error_description":"Authentication failed."}`)},
		}}})
		d, ok := inspect.DiagnoseStep(tr, flow.StepPAR)
		if !ok || len(d.Causes) == 0 || d.Causes[0].ID != want {
			t.Errorf("%s: %+v, want %s", sent, d.Causes, want)
		}
	}
}

// Metadata lists what a provider can do in words that elsewhere tell of errors.
// Why it was refused is in what was found wrong with it, and in no word of it.
func TestARefusalOfOursIsNotTracedByTheWordsOfAHealthyAnswer(t *testing.T) {
	tr := handmade(flow.MethodS256)
	s := step(&tr, flow.StepDiscovery)
	s.Status = flow.StatusFailed
	s.Error = &flow.Error{
		Kind: flow.KindRefused, What: "The metadata is of another issuer.",
		Why: "Asked for was \"" + issuer + "/\", and the metadata says \"" + issuer + "\" (RFC 8414 section 3.3).",
		Try: "Use it exactly as it is written there.",
	}
	d, ok := inspect.DiagnoseStep(tr, flow.StepDiscovery)
	if !ok || len(d.Causes) != 1 || d.Causes[0].ID != "issuer-mismatch" || d.Causes[0].Confidence != inspect.Certain {
		t.Errorf("%+v", d.Causes)
	}
}

func TestAHealthyRunHasNoFindings(t *testing.T) {
	rep := inspect.Read(handmade(flow.MethodS256), inspect.Options{Now: now})
	for _, s := range rep.Steps {
		if len(s.Findings) > 0 {
			t.Errorf("%s: %s", s.ID, codes(s.Findings))
		}
	}
}

// Each row breaks one thing in a healthy run. The finding must be there, on its
// step and with its severity, and must say what, why and what to try.
func TestEachThingThatIsWrongIsFound(t *testing.T) {
	const (
		S256    = flow.MethodS256
		e, w, i = inspect.SeverityError, inspect.SeverityWarning, inspect.SeverityInfo
	)
	entra := func(t *flow.Transcript) {
		t.Config.Issuer = "https://login.microsoftonline.com/" + tid + "/v2.0"
	}
	for _, row := range []struct {
		name     string
		method   flow.Method
		change   func(*flow.Transcript)
		step     flow.StepID
		code     string
		severity inspect.Severity
	}{
		{"plain", flow.MethodPlain, nil, flow.StepAuthorize, "plain-challenge", w},
		{"method omitted", flow.MethodOmitted, nil, flow.StepAuthorize, "method-omitted", w},
		{"no PKCE, public client", flow.MethodNone, nil, flow.StepAuthorize, "no-pkce", e},
		{"no PKCE, confidential client", flow.MethodNone, config(func(c *flow.Config) { c.AuthMethod = flow.AuthPost }), flow.StepAuthorize, "no-pkce", w},
		{"callback with a certificate of our own", S256, func(t *flow.Transcript) {
			s := step(t, flow.StepAuthorize)
			s.Values = append(s.Values, flow.Value{Name: flow.CertificateValue, Value: "AB:CD", In: flow.InLocal, By: flow.ByProgram})
		}, flow.StepAuthorize, "own-certificate", i},
		{"form posted to nobody", S256, func(t *flow.Transcript) {
			t.Config.Paste, t.Config.ResponseMode = true, flow.ModeFormPost
			replace(flow.StepAuthorize, "response_type=code", "response_type=code&response_mode=form_post")(t)
		}, flow.StepAuthorize, "form-post-unheard", w},
		{"browser that refused that certificate", S256, came(flow.VerdictNoTrust, "https://localhost:8443"), flow.StepCallback, "certificate-not-taken", w},
		{"method in lower case", S256, replace(flow.StepAuthorize, "=S256", "=s256"), flow.StepAuthorize, "unknown-challenge-method", e},
		{"method that the metadata does not list", flow.MethodPlain, config(func(c *flow.Config) { c.Provider.CodeChallengeMethods = []string{"S256"} }), flow.StepAuthorize, "method-not-advertised", w},
		{"challenge changed", S256, replace(flow.StepAuthorize, "E9Mel", "E9Mem"), flow.StepAuthorize, "challenge-mismatch", e},
		{"challenge changed, seen when redeeming", S256, replace(flow.StepAuthorize, "E9Mel", "E9Mem"), flow.StepToken, "verifier-mismatch", e},
		{"verifier changed", S256, replace(flow.StepToken, "dBjft", "dBjfu"), flow.StepToken, "verifier-mismatch", e},
		{"verifier changed, plain", flow.MethodPlain, replace(flow.StepToken, "dBjft", "dBjfu"), flow.StepToken, "verifier-mismatch", e},
		{"verifier left out", S256, replace(flow.StepToken, "&code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", ""), flow.StepToken, "verifier-missing", e},
		{"verifier without a challenge", flow.MethodNone, replace(flow.StepToken, "&code=", "&code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk&code="), flow.StepToken, "verifier-unexpected", e},
		{"short verifier", S256, func(t *flow.Transcript) { step(t, flow.StepVerifier).Values[0].Value = "short" }, flow.StepVerifier, "pkce-verifier-too-short", e},
		{"PKCE not in the metadata", S256, replaceAnswer(flow.StepDiscovery, `,"code_challenge_methods_supported":["S256","plain"]`, ""), flow.StepDiscovery, "pkce-not-advertised", w},
		{"PKCE not in the metadata, and accepted", S256, replaceAnswer(flow.StepDiscovery, `,"code_challenge_methods_supported":["S256","plain"]`, ""), flow.StepToken, "pkce-accepted-though-not-advertised", i},
		{"no state", S256, replace(flow.StepAuthorize, "&state=af0ifjsldkj", ""), flow.StepAuthorize, "no-state", w},
		{"no nonce", S256, replace(flow.StepAuthorize, "&nonce=n-0S6_WzA2Mj", ""), flow.StepAuthorize, "no-nonce", w},
		{"redirect URI in the clear", S256, replace(flow.StepAuthorize, "http%3A%2F%2F127.0.0.1%3A8400", "http%3A%2F%2Fapp.example"), flow.StepAuthorize, "redirect-uri-http", e},
		{"redirect URI with a slash", S256, replace(flow.StepToken, "8400%2Fcb", "8400%2Fcb%2F"), flow.StepToken, "redirect-uri-differs", e},
		{"redirect URI left out", S256, replace(flow.StepToken, "&redirect_uri=http%3A%2F%2F127.0.0.1%3A8400%2Fcb", ""), flow.StepToken, "redirect-uri-differs", e},
		{"another client", S256, replace(flow.StepToken, "client_id=client", "client_id=other"), flow.StepToken, "client-id-differs", e},
		{"parameter twice", S256, replace(flow.StepAuthorize, "&state=", "&state=x&state="), flow.StepAuthorize, "repeated-parameter", e},
		{"endpoint in the clear", S256, config(func(c *flow.Config) { c.Provider.TokenEndpoint = "http://op.example/token" }), flow.StepToken, "http-endpoint", e},
		{"endpoint at a name like loopback", S256, config(func(c *flow.Config) { c.Provider.TokenEndpoint = "http://127.example.com/token" }), flow.StepToken, "http-endpoint", e},
		{"secret that is an id", S256, func(t *flow.Transcript) {
			entra(t)
			replace(flow.StepToken, "&code=", "&client_secret=1d2c3b4a-0000-4000-8000-123456789abc&code=")(t)
		}, flow.StepToken, "secret-is-an-id", e},
		{"secret of a public client", S256, replace(flow.StepToken, "&code=", "&client_secret=abc&code="), flow.StepToken, "secret-of-public-client", w},
		{"single-page app without Origin", S256, func(t *flow.Transcript) { entra(t); t.Config.Platform = flow.PlatformSPA }, flow.StepToken, "spa-without-origin", e},
		{"stray request", S256, came(flow.VerdictStray, "/favicon.ico"), flow.StepCallback, "stray-request", i},
		{"another state", S256, came(flow.VerdictWrongState, "/cb?code=x&state=y"), flow.StepCallback, "wrong-state", e},
		{"no state in the answer", S256, came(flow.VerdictMissingState, "/cb?code=x"), flow.StepCallback, "missing-state", e},
		{"error without state", S256, came(flow.VerdictUnverifiedError, "/cb?error=access_denied"), flow.StepCallback, "unverified-error", w},
		{"another host", S256, came(flow.VerdictWrongHost, "/cb?code=x"), flow.StepCallback, "wrong-host", w},
		{"second response", S256, came(flow.VerdictDuplicate, "/cb?code=x"), flow.StepCallback, "duplicate-response", w},
		{"iss of another", S256, replace(flow.StepCallback, "&state=", "&iss=https%3A%2F%2Fevil.example&state="), flow.StepCallback, "issuer-mismatch", e},
		{"iss promised and missing", S256, config(func(c *flow.Config) { c.Provider.AuthorizationResponseIss = true }), flow.StepCallback, "missing-iss", e},
		{"code pasted bare", S256, replace(flow.StepCallback, "&state=af0ifjsldkj", ""), flow.StepCallback, "pasted-code", i},
		{"expires_in a string", S256, replaceAnswer(flow.StepToken, "3600", `"3600"`), flow.StepToken, "expires-in-string", w},
		{"no refresh token", S256, replace(flow.StepAuthorize, "scope=openid+profile", "scope=openid+profile+offline_access"), flow.StepToken, "refresh-token-missing", w},
		{"refresh token not asked for", S256, replaceAnswer(flow.StepToken, `"scope"`, `"refresh_token":"r-12345678","scope"`), flow.StepToken, "refresh-token-not-asked", i},
		{"no offline_access at Entra", S256, entra, flow.StepToken, "no-offline-access", i},
		{"no ID token", S256, replaceAnswer(flow.StepToken, `"id_token"`, `"other"`), flow.StepToken, "id-token-missing", e},
		{"less granted", S256, replace(flow.StepAuthorize, "scope=openid+profile", "scope=openid+profile+read+write"), flow.StepToken, "scope-not-granted", w},
		{"more granted", S256, replaceAnswer(flow.StepToken, "openid profile", "openid profile write"), flow.StepToken, "scope-more-granted", i},
		{"authorization details not granted", S256, replace(flow.StepAuthorize, "scope=", "authorization_details=%5B%7B%22type%22%3A%22pay%22%7D%5D&scope="), flow.StepToken, "authorization-details-missing", w},
		{"authorization details granted in part", S256, func(t *flow.Transcript) {
			replace(flow.StepAuthorize, "scope=", "authorization_details=%5B%7B%22type%22%3A%22pay%22%7D%2C%7B%22type%22%3A%22read%22%7D%5D&scope=")(t)
			s := step(t, flow.StepToken)
			s.Values = append(s.Values, flow.Value{Name: "authorization_details", Value: `[{"type":"read","bank":"x"}]`, In: flow.InResponse})
		}, flow.StepToken, "authorization-details-not-granted", w},
		{"no token type", S256, replaceAnswer(flow.StepToken, `"token_type":"Bearer",`, ""), flow.StepToken, "token-type", w},
		{"unknown token type", S256, replaceAnswer(flow.StepToken, `Bearer`, "mac"), flow.StepToken, "token-type", w},
		{"tokens that may be cached", S256, func(t *flow.Transcript) {
			step(t, flow.StepToken).Exchanges[0].Response.Header.Del("Cache-Control")
		}, flow.StepToken, "tokens-cacheable", w},
		{"clock an hour off", S256, func(t *flow.Transcript) {
			ex := &step(t, flow.StepToken).Exchanges[0]
			ex.Timing.Start = now
			ex.Response.Header.Set("Date", now.Add(time.Hour).Format(http.TimeFormat))
		}, flow.StepToken, "clock-skew", e},
		{"error with status 200", S256, answers(flow.StepToken, 200, "application/json", `{"error":"bad_verification_code"}`), flow.StepToken, "error-in-200", e},
		{"page in place of JSON", S256, answers(flow.StepToken, 502, "text/html", "<html>Bad gateway"), flow.StepToken, "html-instead-of-json", e},
		{"text in place of JSON", S256, answers(flow.StepToken, 200, "text/plain", "hello"), flow.StepToken, "not-json", e},
		{"JSON cut in half", S256, answers(flow.StepToken, 200, "application/json", `{"access_token":"x`), flow.StepToken, "broken-json", e},
		{"answer of 5 MB", S256, answers(flow.StepToken, 200, "application/json", "["+strings.Repeat("1,", 5<<19)+"1]"), flow.StepToken, "oversized-answer", e},
		{"body cut off", S256, func(t *flow.Transcript) { step(t, flow.StepToken).Exchanges[0].Response.Truncated = true }, flow.StepToken, "truncated-body", e},
		{"page with a code of Entra's", S256, answers(flow.StepToken, 400, "text/html", "<p>AADSTS900144: The request body must contain 'scope'.</p>"), flow.StepToken, "aadsts900144", e},
		{"error in the redirect", S256, func(t *flow.Transcript) {
			replace(flow.StepCallback, "code=SplxlOBeZQQYbYS6WxSbIA", "error=login_required")(t)
			step(t, flow.StepCallback).Status = flow.StatusFailed
		}, flow.StepCallback, "login_required", e},
		{"refused with an unknown code", S256, answers(flow.StepToken, 400, "application/json", `{"error":"made_up"}`), flow.StepToken, "made_up", e},
		{"nonce of another", S256, replace(flow.StepAuthorize, "n-0S6_WzA2Mj", "n-other"), flow.StepToken, "id-token-nonce", e},
		{"audience of another", S256, func(t *flow.Transcript) {
			t.Config.ClientID = "other"
			replace(flow.StepAuthorize, "client_id=client", "client_id=other")(t)
			replace(flow.StepToken, "client_id=client", "client_id=other")(t)
		}, flow.StepToken, "id-token-aud", e},
		{"UserInfo of another person", S256, func(t *flow.Transcript) {
			s := step(t, flow.StepUserInfo)
			s.Status = flow.StatusOK
			s.Exchanges = []flow.Exchange{{Response: &flow.Response{Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: flow.Body(`{"sub":"other"}`)}}}
		}, flow.StepUserInfo, "userinfo-sub", e},
		{"token that the provider does not own to", S256, introspected(`{"active":false}`), flow.StepIntrospect, "token-not-active", w},
		{"certificate that nobody asked for", S256, func(t *flow.Transcript) {
			s := step(t, flow.StepToken)
			s.Values = append(s.Values, flow.Value{Name: flow.ClientCertificateValue, Value: "abc", In: flow.InLocal})
			s.Exchanges[0].TLS = &flow.TLS{Version: "TLS 1.3"}
		}, flow.StepToken, "client-certificate-not-asked", w},
		{"certificate that was shown", S256, func(t *flow.Transcript) {
			s := step(t, flow.StepToken)
			s.Values = append(s.Values, flow.Value{Name: flow.ClientCertificateValue, Value: "abc", In: flow.InLocal})
			s.Exchanges[0].TLS = &flow.TLS{Version: "TLS 1.3", ClientCertificate: "abc"}
		}, flow.StepToken, "client-certificate", i},
	} {
		t.Run(row.name, func(t *testing.T) {
			tr := handmade(row.method)
			if row.change != nil {
				row.change(&tr)
			}
			rep := inspect.Read(tr, inspect.Options{Now: now})
			for _, s := range rep.Steps {
				if s.ID != row.step {
					continue
				}
				i := slices.IndexFunc(s.Findings, func(f inspect.Finding) bool { return f.Code == row.code })
				if i < 0 {
					t.Fatalf("%s: findings = %q, want %q", s.ID, codes(s.Findings), row.code)
				}
				f := s.Findings[i]
				if f.Severity != row.severity {
					t.Errorf("severity = %s, want %s", f.Severity, row.severity)
				}
				for _, text := range []string{f.What, f.Why, f.Try} {
					if text == "" || !strings.ContainsAny(text[len(text)-1:], ".)") {
						t.Errorf("the finding says %q", text)
					}
				}
			}
		})
	}
}

func TestFindingsAreSortedByGravity(t *testing.T) {
	tr := handmade(flow.MethodNone)
	replace(flow.StepAuthorize, "&nonce=n-0S6_WzA2Mj", "")(&tr)
	replace(flow.StepAuthorize, "&state=af0ifjsldkj", "")(&tr)
	if got, want := codes(inspect.Read(tr, inspect.Options{Now: now}).Steps[3].Findings), "no-pkce no-state no-nonce"; got != want {
		t.Errorf("findings = %q, want %q", got, want)
	}
}

// What was found out about a refusal is told before what holds for every
// refusal of that code, and so is the first thing to try.
func TestTheCauseOfARefusalComesBeforeItsCode(t *testing.T) {
	tr := handmade(flow.MethodS256)
	answers(flow.StepToken, http.StatusUnauthorized, "application/json", `{"error":"unauthorized_client","error_description":"Invalid client or Invalid client credentials"}`)(&tr)
	for _, s := range inspect.Read(tr, inspect.Options{Now: now}).Steps {
		if s.ID != flow.StepToken {
			continue
		}
		cause, code := -1, -1
		for i, f := range s.Findings {
			switch f.Code {
			case "client-secret-missing":
				cause = i
			case "unauthorized_client":
				code = i
			}
		}
		if cause < 0 || code >= 0 && code < cause {
			t.Errorf("findings = %q, want client-secret-missing before unauthorized_client", codes(s.Findings))
		}
	}
}

// A file from which the secrets were taken cannot prove a mismatch, and so must
// not claim one.
func TestMaskedSecretsProveNothing(t *testing.T) {
	for _, m := range []flow.Method{flow.MethodS256, flow.MethodPlain} {
		tr := handmade(m).Redacted()
		for _, s := range inspect.Read(tr, inspect.Options{Now: now}).Steps {
			for _, f := range s.Findings {
				if f.Severity == inspect.SeverityError {
					t.Errorf("%s: %s: %s: %s", m, s.ID, f.Code, f.What)
				}
			}
			for _, tok := range s.Tokens {
				for _, c := range tok.Checks {
					if c.Result == inspect.Fail {
						t.Errorf("%s: %s fails %s: %s", m, tok.Name, c.ID, c.Why)
					}
				}
			}
		}
	}
	// Equal masks are equal secrets, and different ones are not.
	tr := handmade(flow.MethodPlain)
	replace(flow.StepToken, "dBjft", "dBjfu")(&tr)
	if got := codes(inspect.Read(tr.Redacted(), inspect.Options{Now: now}).Steps[5].Findings); !strings.Contains(got, "verifier-mismatch") {
		t.Errorf("findings = %q", got)
	}
}

// One mistake is one story: what is proved is said once, and neither guessed
// nor called by another name beside it.
func TestAWrongVerifierIsToldOnce(t *testing.T) {
	for name, c := range map[string]struct {
		verifier, want string
	}{
		"one of a proper form":  {"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl", "verifier-mismatch"},
		"one that is too short": {"wrong", "verifier-mismatch pkce-verifier-too-short"},
	} {
		t.Run(name, func(t *testing.T) {
			tr := handmade(flow.MethodS256)
			replace(flow.StepToken, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", c.verifier)(&tr)
			answers(flow.StepToken, 400, "application/json", `{"error":"invalid_grant","error_description":"AADSTS501481: The Code_Verifier does not match the code_challenge supplied in the authorization request."}`)(&tr)
			failed := step(&tr, flow.StepToken)
			failed.Status = flow.StatusFailed
			failed.Error = &flow.Error{Kind: flow.KindServer, What: "The token endpoint refused the request: invalid_grant."}
			got := inspect.Read(tr, inspect.Options{Now: now}).Steps[5].Findings
			if codes(got) != c.want {
				t.Errorf("findings %q, want %q", codes(got), c.want)
			}
			for _, f := range got {
				if strings.Contains(f.What, "another run") {
					t.Errorf("claimed without proof: %s", f.What)
				}
			}
		})
	}
}

// Whoever walks the practice tenant waits for a sign-in page that never shows.
func TestThePracticeTenantIsSaidToSignInByItself(t *testing.T) {
	t.Run("in the practice tenant", func(t *testing.T) {
		tr := flow.Transcript{Config: flow.Config{Practice: true}, Steps: []flow.Step{{ID: flow.StepAuthorize}}}
		s := shownStep(t, tr, flow.StepAuthorize)
		if !strings.HasPrefix(s.Played, "Nothing, unless you sign in with your own browser") || strings.Contains(strings.Join(s.Next, " "), "by itself") {
			t.Errorf("played: %q, next: %q", s.Played, s.Next)
		}
	})
	t.Run("elsewhere", func(t *testing.T) {
		tr := flow.Transcript{Steps: []flow.Step{{ID: flow.StepAuthorize}}}
		if s := shownStep(t, tr, flow.StepAuthorize); s.Played != "" || !strings.Contains(strings.Join(s.Next, " "), "sign-in page") {
			t.Errorf("played: %q, next: %q", s.Played, s.Next)
		}
	})
}

func TestWhatIsSaidToComeNextIsNotWhatHasCome(t *testing.T) {
	tr := handmade(flow.MethodS256)
	callback := step(&tr, flow.StepCallback)
	came := strings.Join(shownStep(t, tr, flow.StepCallback).Next, " ")
	callback.Exchanges = nil
	awaited := strings.Join(shownStep(t, tr, flow.StepCallback).Next, " ")
	if !strings.Contains(awaited, "Sign in with the browser") || strings.Contains(awaited, "the answer is here") {
		t.Errorf("while the answer is awaited: %s", awaited)
	}
	if strings.Contains(came, "Sign in") || !strings.Contains(came, "the answer is here") {
		t.Errorf("once it has come: %s", came)
	}
}

// The body is shown with its secrets masked, and a mask is short.
func TestWhatWasKeptOfABodyIsCountedAsItCame(t *testing.T) {
	body := `{"access_token":"` + strings.Repeat("a", 5000)
	tr := handmade(flow.MethodS256)
	answers(flow.StepToken, 200, "application/json", body)(&tr)
	res := step(&tr, flow.StepToken).Exchanges[0].Response
	res.Truncated, res.Size = true, 90000
	note := shownStep(t, tr, flow.StepToken).Exchanges[0].Response.Note
	if want := fmt.Sprintf("%d of 90000 octets were kept", len(body)); !strings.Contains(note, want) {
		t.Errorf("%q does not say %q", note, want)
	}
}

// shownStep is a step as it is shown.
func shownStep(t *testing.T, tr flow.Transcript, id flow.StepID) inspect.Step {
	t.Helper()
	for _, s := range inspect.Read(tr, inspect.Options{Now: now}).Steps {
		if s.ID == id {
			return s
		}
	}
	t.Fatalf("there is no step %s", id)
	return inspect.Step{}
}
