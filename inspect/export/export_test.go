package export

import (
	"encoding/json"
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

// webClient is the name of a seeded registration that has a secret.
func webClient(t *testing.T) string {
	t.Helper()
	for _, r := range walked.Tenant().Registrations() {
		if len(r.Web) > 0 && len(r.Secrets) > 0 {
			return r.Name
		}
	}
	t.Fatal("no registration has a secret")
	return ""
}

func spaClient(t *testing.T) string {
	t.Helper()
	for _, r := range walked.Tenant().Registrations() {
		if len(r.SPA) > 0 {
			return r.Name
		}
	}
	t.Fatal("no registration is a single-page app")
	return ""
}

func written(t *testing.T) func(Export, error) string {
	return func(e Export, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return string(e.Text)
	}
}

// formsWithout are the forms without some.
func formsWithout(except ...Form) []Form {
	return slices.DeleteFunc(Forms(), func(f Form) bool { return slices.Contains(except, f) })
}

func TestEveryFormHasWhatTheFlowNeeds(t *testing.T) {
	for _, client := range []string{"", webClient(t)} {
		tr := walked.Walk(t, client, nil)
		for _, form := range formsWithout(HAR, MSALGo, MSALNode, MSALPython, MSALJS) {
			text := written(t)(Flow(tr, form))
			for _, want := range []string{tr.Config.ClientID, "code_verifier", "code_challenge", "state", "nonce", "authorization_code", "/oauth2/v2.0/token", "/oauth2/v2.0/authorize"} {
				if form == Go && strings.Contains("code_verifier code_challenge authorization_code", want) {
					continue // x/oauth2 knows these
				}
				if !strings.Contains(text, want) {
					t.Errorf("%s lacks %s:\n%s", form, want, text)
				}
			}
			if has := strings.Contains(strings.ToUpper(text), "CLIENT_SECRET"); has != (client != "") {
				t.Errorf("%s reads a client secret: %t", form, has)
			}
		}
		for _, form := range []Form{MSALGo, MSALNode, MSALPython, MSALJS} {
			text := written(t)(Flow(tr, form))
			if strings.Contains(text, `"openid"`) || !strings.Contains(text, `"User.Read"`) {
				t.Errorf("%s asks for scopes that MSAL adds by itself, or not for ours:\n%s", form, text)
			}
		}
	}
}

// An answer from another provider is how a mix-up begins (RFC 9207): whatever
// can compare the issuer does, and the HTTP file asks the person to.
func TestEveryFormLooksAtTheIssuer(t *testing.T) {
	tr := walked.Walk(t, "", nil)
	for _, form := range formsWithout(HAR, MSALGo, MSALNode, MSALPython, MSALJS) {
		text := written(t)(Flow(tr, form))
		if !strings.Contains(text, "RFC 9207") || !strings.Contains(text, tr.Config.Provider.Issuer) {
			t.Errorf("%s does not:\n%s", form, text)
		}
	}
	tr.Config.Provider.Issuer, tr.Config.Issuer = "https://login.microsoftonline.com/{tenantid}/v2.0", ""
	for _, form := range formsWithout(HAR, MSALGo, MSALNode, MSALPython, MSALJS) {
		if text := written(t)(Flow(tr, form)); strings.Contains(text, "RFC 9207") {
			t.Errorf("%s compares with an issuer that only the answer names", form)
		}
	}
}

func TestGoAndJSONAreWellFormed(t *testing.T) {
	for _, change := range []func(*flow.Config){nil, func(c *flow.Config) { c.Method = flow.MethodNone; c.Scopes = []string{"User.Read"} }} {
		for _, client := range []string{"", spaClient(t)} {
			tr := walked.Walk(t, client, change)
			for _, text := range []string{written(t)(Flow(tr, Go)), written(t)(Step(tr, flow.StepToken, Go)), written(t)(Flow(tr, MSALGo))} {
				if _, err := parser.ParseFile(token.NewFileSet(), "main.go", text, parser.AllErrors); err != nil {
					t.Errorf("%v\n%s", err, text)
				}
			}
			for _, text := range []string{written(t)(Flow(tr, Postman)), written(t)(Step(tr, flow.StepToken, Postman))} {
				var c postmanCollection
				if err := json.Unmarshal([]byte(text), &c); err != nil || c.Info.Schema != postmanSchema || len(c.Items) == 0 {
					t.Errorf("%v: %s", err, text)
				}
			}
		}
	}
}

func TestASinglePageAppSendsItsOrigin(t *testing.T) {
	tr := walked.Walk(t, spaClient(t), nil)
	for _, form := range formsWithout(HAR, MSALGo, MSALNode, MSALPython, MSALJS) {
		if text := written(t)(Flow(tr, form)); !strings.Contains(text, "Origin") || !strings.Contains(text, "http://localhost") {
			t.Errorf("%s sends no Origin, and Entra would refuse it:\n%s", form, text)
		}
	}
}

func TestTheRedirectURIIsTheRegisteredOne(t *testing.T) {
	tr := walked.Walk(t, "", nil)
	sent, _ := tr.Step(flow.StepAuthorize).Value("redirect_uri")
	u, _ := url.Parse(sent)
	if u.Port() == "" {
		t.Fatal("the run took no free port")
	}
	if text := written(t)(Flow(tr, Python)); strings.Contains(text, ":"+u.Port()) || !strings.Contains(text, `"http://localhost"`) {
		t.Errorf("the port of the run is in the export:\n%s", text)
	}
	if text := written(t)(Step(tr, flow.StepToken, Python)); !strings.Contains(text, sent) {
		t.Error("a step does not send what was sent")
	}
}

// pushing is a run of a client with a certificate that pushed its authorization
// request.
func pushing(t *testing.T) flow.Transcript {
	t.Helper()
	tr := walked.Walk(t, "", nil)
	_, request, _ := strings.Cut(tr.Step(flow.StepAuthorize).Exchanges[0].Request.URL, "?")
	tr.Config.Protection.PAR, tr.Config.AuthMethod = true, flow.AuthTLS
	tr.Steps = append(slices.Clone(tr.Steps), flow.Step{ID: flow.StepPAR, Status: flow.StatusOK, Exchanges: []flow.Exchange{{Request: flow.Request{
		Method: "POST", URL: "https://op.example/par", Body: flow.Body(request),
		Header: map[string][]string{"Content-Type": {"application/x-www-form-urlencoded"}},
	}}}})
	for i, s := range tr.Steps {
		if s.ID == flow.StepAuthorize {
			s.Exchanges = []flow.Exchange{{Request: flow.Request{Method: "GET", URL: "https://op.example/auth?client_id=x&request_uri=urn%3Aof-the-run"}}}
			tr.Steps[i] = s
		}
	}
	return tr
}

func TestAScriptPushesItsRequestAndShowsItsCertificate(t *testing.T) {
	tr := pushing(t)
	e, err := Flow(tr, Curl)
	text := written(t)(e, err)
	for _, want := range []string{"--url 'https://op.example/par'", `request_uri=$(`, `--cert "$CLIENT_CERTIFICATE" --key "$CLIENT_KEY"`, `&code_challenge=$code_challenge`} {
		if !strings.Contains(text, want) {
			t.Errorf("the script lacks %s:\n%s", want, text)
		}
	}
	if strings.Contains(text, "of-the-run") {
		t.Error("the script uses the reference that the run got")
	}
	if !slices.ContainsFunc(e.Environment, func(v Variable) bool { return v.Name == "CLIENT_KEY" }) {
		t.Errorf("nobody is told of the key: %v", e.Environment)
	}
	for _, form := range formsWithout(HAR, Curl) {
		_, err := Flow(tr, form)
		if refused, ok := errors.AsType[*flow.Error](err); !ok || !strings.Contains(refused.Try, "curl") {
			t.Errorf("%s: %v", form, err)
		}
	}
	if e, err := Step(tr, flow.StepToken, Python); err != nil || len(e.Notes) == 0 {
		t.Errorf("a step without its certificate, of which nothing is said: %v, %v", e.Notes, err)
	}
}

func TestWhatCannotBeWrittenIsRefusedWithAWayOut(t *testing.T) {
	tr := walked.Walk(t, "", nil)
	dpop := tr
	dpop.Config.Protection.DPoP = true
	elsewhere := tr
	elsewhere.Steps = slices.Clone(tr.Steps)
	for i, s := range elsewhere.Steps {
		if s.ID == flow.StepAuthorize {
			s.Exchanges = []flow.Exchange{{Request: flow.Request{Method: "GET", URL: "https://op.example/auth?client_id=x&state=s&code_challenge=c"}}}
			elsewhere.Steps[i] = s
		}
	}
	for name, make := range map[string]func() (Export, error){
		"DPoP":                        func() (Export, error) { return Flow(dpop, PowerShell) },
		"MSAL at another provider":    func() (Export, error) { return Flow(elsewhere, MSALGo) },
		"MSAL for one step":           func() (Export, error) { return Step(tr, flow.StepToken, MSALNode) },
		"a step that sends nothing":   func() (Export, error) { return Step(tr, flow.StepVerifier, Curl) },
		"a run that came nowhere":     func() (Export, error) { return Flow(flow.Transcript{}, Curl) },
		"a step that is not there":    func() (Export, error) { return Step(flow.Transcript{}, flow.StepToken, HTTP) },
		"a value that is not UTF-8":   func() (Export, error) { return Step(tokenStep("a", "\xff"), flow.StepToken, Python) },
		"the flow of nothing as .htm": func() (Export, error) { return Flow(flow.Transcript{}, MSALJS) },
	} {
		_, err := make()
		e, ok := errors.AsType[*flow.Error](err)
		if !ok || e.Kind != flow.KindRefused || e.What == "" || e.Try == "" {
			t.Errorf("%s: %#v", name, err)
		}
	}
}

// tokenStep is a run with one token request that has those parameters.
func tokenStep(pairs ...string) flow.Transcript {
	var body []string
	for i := 0; i+1 < len(pairs); i += 2 {
		body = append(body, url.QueryEscape(pairs[i])+"="+url.QueryEscape(pairs[i+1]))
	}
	return flow.Transcript{Steps: []flow.Step{{ID: flow.StepToken, Status: flow.StatusOK, Exchanges: []flow.Exchange{{
		Actor: flow.ActorApp,
		Request: flow.Request{
			Method: "POST", URL: "https://login.example/token", Header: map[string][]string{"Content-Type": {"application/x-www-form-urlencoded"}},
			Body: flow.Body(strings.Join(body, "&")),
		},
	}}}}}
}
