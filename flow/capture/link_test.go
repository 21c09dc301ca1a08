package capture_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// tape is a HAR that a test writes entry by entry, a second apart.
type tape struct {
	entries []map[string]any
	at      time.Time
}

func newTape() *tape { return &tape{at: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }

// add adds an exchange. More are headers of the answer, name and value in turn.
func (h *tape) add(kind, method, address, post string, status int, answer string, more ...string) {
	h.at = h.at.Add(time.Second)
	headers := []map[string]string{}
	mime, redirect := "application/json", ""
	for i := 0; i+1 < len(more); i += 2 {
		headers = append(headers, map[string]string{"name": more[i], "value": more[i+1]})
		if more[i] == "Location" {
			redirect = more[i+1]
		}
	}
	if strings.HasPrefix(answer, "<") {
		mime = "text/html"
	}
	request := map[string]any{"method": method, "url": address, "headers": []any{}}
	if post != "" {
		request["postData"] = map[string]any{"mimeType": "application/x-www-form-urlencoded", "text": post}
	}
	h.entries = append(h.entries, map[string]any{
		"_resourceType": kind, "startedDateTime": h.at.Format(time.RFC3339Nano), "time": 10, "request": request,
		"response": map[string]any{
			"status": status, "headers": headers, "redirectURL": redirect,
			"content": map[string]any{"size": len(answer), "mimeType": mime, "text": answer},
		},
	})
}

// noise adds requests that look a little like some of a flow.
func (h *tape) noise(n int) {
	for i := range n {
		switch i % 5 {
		case 0:
			h.add("xhr", "GET", fmt.Sprintf("https://shop.example/api?code=GB&state=open&i=%d", i), "", 200, `{"error":"none"}`)
		case 1:
			h.add("xhr", "POST", "https://stats.example/collect?client_id=1", fmt.Sprintf("error=x&i=%d", i), 204, "")
		case 2:
			h.add("document", "GET", fmt.Sprintf("https://news.example/%d", i), "", 200, "<html>nothing</html>")
		case 3:
			h.add("xhr", "GET", "https://idp.example/assets/keys.json", "", 200, `{"keyboard":1}`)
		case 4:
			h.add("xhr", "POST", "https://api.example/token", `{"grant":"no"}`, 200, `{"token":"csrf"}`)
		}
	}
}

func (h *tape) file(t *testing.T) []byte {
	t.Helper()
	b, err := json.Marshal(map[string]any{"log": map[string]any{"version": "1.2", "creator": map[string]string{"name": "WebInspector"}, "entries": h.entries}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const idp = "https://idp.example/"

// ask adds an authorize request and what it is answered with.
func (h *tape) ask(state string, status int, answer string, more ...string) {
	q := url.Values{
		"client_id": {"app"}, "response_type": {"code"}, "redirect_uri": {"https://app.example/cb"}, "scope": {"openid"},
		"state": {state}, "nonce": {"n-" + state}, "code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, "code_challenge_method": {"S256"},
	}
	if name, ok := strings.CutPrefix(state, "silent"); ok {
		q.Set("prompt", "none")
		q.Set("code_challenge", "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuF"+name)
	}
	h.add("document", "GET", idp+"authorize?"+q.Encode(), "", status, answer, more...)
}

func (h *tape) back(state, code string) {
	h.add("document", "GET", "https://app.example/cb?"+url.Values{"code": {code}, "state": {state}}.Encode(), "", 200, "<html>app</html>")
}

func (h *tape) redeem(code, answer string, status int) {
	h.add("fetch", "POST", idp+"token", url.Values{
		"grant_type": {"authorization_code"}, "client_id": {"app"}, "code": {code}, "redirect_uri": {"https://app.example/cb"}, "code_verifier": {verifier},
	}.Encode(), status, answer)
}

func (h *tape) refresh(token, answer string) {
	h.add("fetch", "POST", idp+"token", url.Values{"grant_type": {"refresh_token"}, "client_id": {"app"}, "refresh_token": {token}}.Encode(), 200, answer)
}

// kinds are the kinds of the flows, each with the flow that it is of.
func kinds(flows []flow.Transcript) []string {
	var out []string
	for _, f := range flows {
		out = append(out, fmt.Sprintf("%s/%d", f.Capture.Kind, f.Capture.Of))
	}
	return out
}

const (
	codeA = "AAAAAAAAAAAAAAAAAAAAAA"
	codeB = "BBBBBBBBBBBBBBBBBBBBBB"
	codeC = "CCCCCCCCCCCCCCCCCCCCCC"
)

func TestFlowsAmongThousandsOfRequestsAreToldApart(t *testing.T) {
	h := newTape()
	h.noise(1000)
	h.ask("one", 200, "<form>sign in</form>")
	h.add("document", "POST", idp+"login", "username=ada&password=lovelace", 302, "", "Location", "https://app.example/cb?code="+codeA+"&state=one")
	h.noise(500)
	h.back("one", codeA)
	h.redeem(codeA, `{"access_token":"a1-xxxxxxxxxxxx","token_type":"Bearer","refresh_token":"r1-xxxxxxxxxxxx"}`, 200)
	h.noise(1000)
	h.refresh("r1-xxxxxxxxxxxx", `{"access_token":"a2-xxxxxxxxxxxx","token_type":"Bearer","refresh_token":"r2-xxxxxxxxxxxx"}`)
	h.refresh("r2-xxxxxxxxxxxx", `{"access_token":"a3-xxxxxxxxxxxx","token_type":"Bearer"}`)
	h.ask("silentX", 302, "", "Location", "https://app.example/cb?error=login_required&state=silentX")
	h.add("document", "GET", "https://app.example/cb?error=login_required&state=silentX", "", 200, "<html>app</html>")
	h.noise(500)
	h.ask("two", 200, "<form>sign in</form>")
	h.ask("two", 200, "<form>sign in</form>") // reloaded
	h.back("two", codeB)
	found := open(t, h.file(t))
	want := []string{"sign-in/0", "silent/1", "again/1"}
	if got := kinds(found.Flows); !slices.Equal(got, want) {
		t.Fatalf("found %q, want %q", got, want)
	}
	first := found.Flows[0]
	if got := len(first.Step(flow.StepAuthorize).Exchanges); got != 2 {
		t.Errorf("the authorize step has %d exchanges, want the request and the form", got)
	}
	if got := len(first.Step(flow.StepRefresh).Exchanges); got != 2 {
		t.Errorf("%d refreshes, want 2", got)
	}
	if got := found.Flows[1].Step(flow.StepCallback); got.Status != flow.StatusFailed {
		t.Errorf("the silent renewal's callback is %s, want failed", got.Status)
	}
	if got := len(found.Flows[2].Step(flow.StepAuthorize).Exchanges); got != 2 {
		t.Errorf("the reloaded request is not with the first: %d exchanges", got)
	}
	for _, f := range found.Flows {
		for _, s := range f.Steps {
			for _, x := range s.Exchanges {
				if !strings.HasPrefix(x.Request.URL, idp) && !strings.HasPrefix(x.Request.URL, "https://app.example/cb") {
					t.Errorf("%s has an unrelated request: %s", s.ID, x.Request.URL)
				}
			}
		}
	}
}

func TestWhatIsTypedIntoTheProvidersPagesIsLeftOut(t *testing.T) {
	h := newTape()
	h.ask("one", 200, "<form>sign in</form>")
	h.add("document", "POST", idp+"login", "username=ada&pin=lovelace-1815", 302, "", "Location", "https://app.example/cb?code="+codeA+"&state=one")
	h.back("one", codeA)
	found := open(t, h.file(t))
	b, err := json.Marshal(found.Flows)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), "lovelace") {
		t.Error("what was typed is in the transcript")
	}
	if !slices.ContainsFunc(found.Flows[0].Capture.Lost, func(l flow.Loss) bool { return l.What == flow.LostInput }) {
		t.Error("nothing says that it was left out")
	}
}

func TestACodeThatIsRedeemedTwiceStaysOneFlow(t *testing.T) {
	h := newTape()
	h.ask("one", 302, "", "Location", "https://app.example/cb?code="+codeA+"&state=one")
	h.back("one", codeA)
	h.redeem(codeA, `{"access_token":"a1-xxxxxxxxxxxx","token_type":"Bearer"}`, 200)
	h.redeem(codeA, `{"error":"invalid_grant","error_description":"The code was used before."}`, 400)
	found := open(t, h.file(t))
	if len(found.Flows) != 1 || len(found.Flows[0].Step(flow.StepToken).Exchanges) != 2 {
		t.Fatalf("found %d flows", len(found.Flows))
	}
	if got := found.Flows[0].Step(flow.StepToken).Status; got != flow.StatusFailed {
		t.Errorf("the token step is %s, want what the app heard last", got)
	}
}

func TestAResponseWithAnotherStateIsNotAccepted(t *testing.T) {
	h := newTape()
	h.ask("one", 200, "<form>sign in</form>")
	h.back("other", codeC)
	found := open(t, h.file(t))
	if len(found.Flows) != 1 {
		t.Fatalf("found %q", kinds(found.Flows))
	}
	s := found.Flows[0].Step(flow.StepCallback)
	if s.Status != flow.StatusFailed || s.Exchanges[0].Verdict != flow.VerdictWrongState {
		t.Errorf("the callback is %s, %s", s.Status, s.Exchanges[0].Verdict)
	}
}

func TestAResponseInAFragmentOrAFormIsReadFromWhatLeadsThere(t *testing.T) {
	for name, ask := range map[string]func(h *tape){
		"a fragment": func(h *tape) {
			h.ask("one", 302, "", "Location", "https://app.example/cb#code="+codeA+"&state=one")
			h.add("document", "GET", "https://app.example/cb", "", 200, "<html>app</html>")
		},
		"a fragment that opens an app": func(h *tape) {
			h.ask("one", 302, "", "Location", "https://app.example/cb#code="+codeA+"&state=one")
		},
		"a form, posted": func(h *tape) {
			h.ask("one", 200, `<form method=post action="https://app.example/cb"><input name="code" value="`+codeA+`"><input name="state" value="one"></form>`)
			h.add("document", "POST", "https://app.example/cb", "code="+codeA+"&state=one", 302, "", "Location", "/home")
		},
		"a form, not seen posted": func(h *tape) {
			h.ask("one", 200, `<form method='post' action='https://app.example/cb'><input type="hidden" name="code" value="`+codeA+`"/><input name="state" value="one"/></form>`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newTape()
			h.noise(20)
			ask(h)
			h.noise(20)
			found := open(t, h.file(t))
			if len(found.Flows) != 1 {
				t.Fatalf("found %q", kinds(found.Flows))
			}
			if got, _ := found.Flows[0].Step(flow.StepCallback).Value("code"); got != codeA {
				t.Errorf("the code is %q; the steps are %s", got, states(found.Flows[0]))
			}
		})
	}
}

func TestAProvidersOwnSignInElsewhereIsToldFromTheAppsOwn(t *testing.T) {
	h := newTape()
	h.ask("one", 302, "", "Location", "https://upstream.example/authorize?client_id=idp&response_type=code&redirect_uri=https%3A%2F%2Fidp.example%2Fbroker&state=inner")
	h.add("document", "GET", "https://upstream.example/authorize?client_id=idp&response_type=code&redirect_uri=https%3A%2F%2Fidp.example%2Fbroker&state=inner", "", 302, "", "Location", idp+"broker?code="+codeC+"&state=inner")
	h.add("document", "GET", idp+"broker?code="+codeC+"&state=inner", "", 302, "", "Location", "https://app.example/cb?code="+codeA+"&state=one")
	h.back("one", codeA)
	found := open(t, h.file(t))
	if got := kinds(found.Flows); !slices.Equal(got, []string{"sign-in/0", "federated/1"}) {
		t.Fatalf("found %q", got)
	}
	if found.Best() != 0 {
		t.Error("the app's own flow is not the one to look at first")
	}
}

func TestAPageWithAnErrorEndsTheAuthorizeStep(t *testing.T) {
	h := newTape()
	h.ask("one", 200, "<html>AADSTS50011: The redirect URI 'https://app.example/cb' specified in the request does not match the redirect URIs configured for the application.</html>")
	h.noise(10)
	found := open(t, h.file(t))
	if got := states(found.Flows[0]); got != "challenge ok, authorize failed" {
		t.Errorf("laid on %q", got)
	}
}

func TestOtherGrantsAreCountedAndNotTakenForAFlow(t *testing.T) {
	h := newTape()
	h.noise(50)
	for range 3 {
		h.add("xhr", "POST", idp+"token", "grant_type=client_credentials&client_id=x&client_secret=s", 200, `{"access_token":"x"}`)
	}
	found := open(t, h.file(t))
	if len(found.Flows) != 0 || found.Others["client_credentials"] != 3 {
		t.Errorf("%d flows, others %v", len(found.Flows), found.Others)
	}
}

func TestARecordingThatWasStrippedOfItsCookiesSaysSo(t *testing.T) {
	for name, test := range map[string]struct {
		headers []string
		want    bool
	}{
		"without cookies": {nil, true},
		"with cookies":    {[]string{"Set-Cookie", "session=1"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := newTape()
			h.ask("one", 200, "<form>sign in</form>", test.headers...)
			h.back("one", codeA)
			found := open(t, h.file(t))
			got := slices.ContainsFunc(found.Flows[0].Capture.Lost, func(l flow.Loss) bool { return l.What == flow.LostHeaders })
			if got != test.want {
				t.Errorf("said: %v, want %v", got, test.want)
			}
		})
	}
}

// call adds a request that shows a token to an API.
func (h *tape) call(address, authorization string, status int, answer string, more ...string) {
	h.add("fetch", "GET", address, "", status, answer, more...)
	h.entries[len(h.entries)-1]["request"].(map[string]any)["headers"] = []map[string]string{{"name": "authorization", "value": authorization}}
}

func TestTheFirstCallWithTheAccessTokenIsOfItsFlow(t *testing.T) {
	const token = "a1-xxxxxxxxxxxx"
	signedIn := func() *tape {
		h := newTape()
		h.ask("one", 302, "", "Location", "https://app.example/cb?code="+codeA+"&state=one")
		h.back("one", codeA)
		h.redeem(codeA, `{"access_token":"`+token+`","token_type":"Bearer","id_token":"e.e.e"}`, 200)
		return h
	}
	for name, row := range map[string]struct {
		calls  func(h *tape)
		want   string // the address in the step; empty: no step
		status flow.Status
	}{
		"the first of many": {func(h *tape) {
			h.call("https://api.example/notes?after=1", "Bearer "+token, 200, `{"notes":[]}`)
			h.call("https://api.example/others", "Bearer "+token, 401, "")
			h.noise(20)
		}, "https://api.example/notes?after=1", flow.StatusOK},
		"one that is refused": {func(h *tape) {
			h.call("https://api.example/notes", "bearer "+token, 401, "", "WWW-Authenticate", `Bearer error="invalid_token"`)
		}, "https://api.example/notes", flow.StatusFailed},
		"what is not found says nothing of the token": {func(h *tape) {
			h.call("https://api.example/photo", "Bearer "+token, 404, `{"error":{"code":"NotFound"}}`)
		}, "https://api.example/photo", flow.StatusOK},
		"the provider itself":          {func(h *tape) { h.call(idp+"account", "Bearer "+token, 200, `{}`) }, "", ""},
		"a token of another flow":      {func(h *tape) { h.call("https://api.example/notes", "Bearer another", 200, `{}`) }, "", ""},
		"an ID token is no such token": {func(h *tape) { h.call("https://api.example/notes", "Bearer e.e.e", 200, `{}`) }, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := signedIn()
			row.calls(h)
			got := open(t, h.file(t)).Flows[0]
			s := got.Step(flow.StepCall)
			if row.want == "" {
				if len(s.Exchanges) > 0 {
					t.Errorf("the step has %s", s.Exchanges[0].Request.URL)
				}
				return
			}
			if len(s.Exchanges) != 1 || s.Exchanges[0].Request.URL != row.want || s.Exchanges[0].Response == nil || s.Status != row.status {
				t.Fatalf("the step is %s with %+v", s.Status, s.Exchanges)
			}
			if row.status == flow.StatusOK && len(s.Exchanges[0].Response.Body) == 0 {
				t.Error("the answer has lost its body")
			}
		})
	}
}
