package flow

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestParseEdit(t *testing.T) {
	for _, row := range []struct {
		text  string
		unset bool
		want  Edit
	}{
		{"token.redirect_uri=http://localhost/a?b=c", false, Edit{Step: StepToken, Name: "redirect_uri", Value: "http://localhost/a?b=c"}},
		{"token.header.Origin=https://app.example", false, Edit{Step: StepToken, Name: "header.Origin", Value: "https://app.example"}},
		{"authorize.prompt=", false, Edit{Step: StepAuthorize, Name: "prompt"}},
		{"authorize.url=https://idp.example/?x=1", false, Edit{Step: StepAuthorize, Name: "url", Value: "https://idp.example/?x=1"}},
		{"token.code_verifier", true, Edit{Step: StepToken, Name: "code_verifier", Unset: true}},
	} {
		got, err := ParseEdit(row.text, row.unset)
		if err != nil || got != row.want {
			t.Errorf("ParseEdit(%q, %t) = %+v, %v, want %+v", row.text, row.unset, got, err, row.want)
		}
	}
}

func TestEditsThatCannotWorkAreRefusedWithTheWayOut(t *testing.T) {
	for text, hint := range map[string]string{
		"tokn.code=x":                   "discovery, device, verifier, challenge, par, authorize, callback",
		"token=x":                       "authorize.prompt=login",
		"token.code":                    "STEP.NAME=VALUE",
		".code=x":                       "discovery",
		"token.=x":                      "STEP.NAME",
		"token.header.=x":               "STEP.NAME",
		"callback.code=x":               "paste",
		"challenge.code_challenge=x":    "authorize.code_challenge",
		"verifier.length=50":            "code_verifier",
		"authorize.header.User-Agent=x": "browser",
	} {
		_, err := ParseEdit(text, false)
		var e *Error
		if !errors.As(err, &e) || e.Kind != KindRefused || !strings.Contains(e.What+e.Why+e.Try, hint) {
			t.Errorf("ParseEdit(%q): %#v, want a refusal that mentions %q", text, err, hint)
		}
	}
	if _, err := ParseEdit("token.url", true); err == nil {
		t.Error("unsetting a URL was accepted")
	}
}

func TestRequestIsSentAsItWasSeenAndEdited(t *testing.T) {
	p := newProvider(t)
	c := p.config()
	c.Edits = []Edit{{Step: StepToken, Name: "extra", Value: "a b&c"}}
	w := newWalk(t, c, Options{Browser: &player{}})
	runTo(t, w, StepToken)
	for _, e := range []Edit{
		{Step: StepToken, Name: "redirect_uri", Value: "http://localhost/other"},
		{Step: StepToken, Name: "code_verifier", Value: "first try"},
		{Step: StepToken, Name: "code_verifier", Value: "replaced"},
		{Step: StepToken, Name: "header.X-Test", Value: "yes"},
		{Step: StepToken, Name: "client_id", Unset: true},
	} {
		if err := w.Edit(e); err != nil {
			t.Fatal(err)
		}
	}
	pending, _ := w.Pending()
	_ = w.Next(t.Context()) // the provider refuses the verifier
	sent := w.Transcript().Step(StepToken).Exchanges[0].Request
	if string(sent.Body) != string(pending.Request.Body) || sent.URL != pending.Request.URL {
		t.Errorf("seen %s, sent %s", pending.Request.Body, sent.Body)
	}
	got := p.forms[0]
	for name, want := range map[string]string{
		"redirect_uri": "http://localhost/other", "code_verifier": "replaced", "client_id": "", "extra": "a b&c",
		"grant_type": "authorization_code",
	} {
		if got.Get(name) != want || got.Has(name) != (want != "") {
			t.Errorf("%s arrived as %q, want %q", name, got[name], want)
		}
	}
	if p.heads[0].Get("X-Test") != "yes" {
		t.Error("the header did not arrive")
	}
	for _, v := range pending.Values {
		edited := v.Name == "redirect_uri" || v.Name == "code_verifier" || v.Name == "extra" || v.Name == "header.X-Test"
		if (v.Problem != "") != (v.Name == "code_verifier") {
			t.Errorf("%s: problem %q; the verifier that was typed in is too short", v.Name, v.Problem)
		}
		if v.Edited != edited || edited && v.By != ByYou {
			t.Errorf("%s: edited %t by %s", v.Name, v.Edited, v.By)
		}
	}
}

func TestAuthorizeParametersRememberWhoChoseThem(t *testing.T) {
	p := newProvider(t)
	c := p.config()
	c.Prompt, c.Method = "login", MethodS256
	c.Edits = []Edit{{Step: StepAuthorize, Name: "state", Value: "mine"}, {Step: StepAuthorize, Name: "nonce", Unset: true}}
	w := newWalk(t, c, Options{})
	runTo(t, w, StepAuthorize)
	pending, _ := w.Pending()
	u, _ := url.Parse(pending.Request.URL)
	if q := u.Query(); q.Get("state") != "mine" || q.Has("nonce") {
		t.Errorf("URL %s, want the edits in it", u)
	}
	want := map[string]Chooser{
		"response_type": ByFlow, "client_id": ByYou, "prompt": ByYou, "state": ByYou, "scope": ByProgram,
		"code_challenge": ByProgram, "code_challenge_method": ByYou, "redirect_uri": ByProgram,
	}
	for _, v := range pending.Values {
		if by, ok := want[v.Name]; ok && v.By != by {
			t.Errorf("%s by %s, want %s", v.Name, v.By, by)
		}
		if v.PKCE != strings.HasPrefix(v.Name, "code_challenge") {
			t.Errorf("%s: PKCE = %t", v.Name, v.PKCE)
		}
		delete(want, v.Name)
	}
	if len(want) > 0 {
		t.Errorf("parameters missing: %v", want)
	}
}

func TestWholeURLCanBeEdited(t *testing.T) {
	p := newProvider(t)
	w := newWalk(t, p.config(), Options{Browser: &player{}})
	runTo(t, w, StepKeys)
	if err := w.Edit(Edit{Step: StepKeys, Name: "url", Value: p.URL + "/keys?appid=1"}); err != nil {
		t.Fatal(err)
	}
	if err := w.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.Transcript().Step(StepKeys).Exchanges[0].Request.URL; got != p.URL+"/keys?appid=1" {
		t.Errorf("sent to %s", got)
	}
}

// What an edit may do to an address ends where a code or a token would cross
// the network in the clear.
func TestNothingIsSentInTheClearHoweverTheAddressCameThere(t *testing.T) {
	p := newProvider(t)
	sent := 0
	w := newWalk(t, p.config(), Options{Browser: &player{}, Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.URL.Host == "idp.example" {
			sent++
		}
		return http.DefaultTransport.RoundTrip(r)
	})})
	for _, id := range []StepID{StepToken, StepUserInfo} {
		runTo(t, w, id)
		if err := w.Edit(Edit{Step: id, Name: "url", Value: "http://idp.example/x"}); err != nil {
			t.Fatal(err)
		}
		e, ok := errors.AsType[*Error](w.Next(t.Context()))
		if !ok || e.Kind != KindRefused || !strings.Contains(e.What, "TLS") || sent > 0 {
			t.Errorf("%s: %v, sent %d times", id, e, sent)
		}
		w.Revert(id)
	}
}

func TestDoneStepCannotBeEditedUntilItIsRewound(t *testing.T) {
	p := newProvider(t)
	w := newWalk(t, p.config(), Options{Browser: &player{}})
	runTo(t, w, StepToken)
	e := Edit{Step: StepAuthorize, Name: "prompt", Value: "login"}
	if err := w.Edit(e); err == nil {
		t.Fatal("a request that was sent could be changed")
	}
	if err := w.Rewind(StepAuthorize); err != nil {
		t.Fatal(err)
	}
	if err := w.Edit(e); err != nil {
		t.Fatal(err)
	}
	w.Revert(StepAuthorize)
	if edits := w.Transcript().Config.Edits; len(edits) != 0 {
		t.Errorf("edits %v after Revert", edits)
	}
}

func TestQueryIsEditedInPlace(t *testing.T) {
	for _, row := range []struct{ before, name, value, after string }{
		{"https://a/?x=1&y=2", "x", "3", "https://a/?x=3&y=2"},
		{"https://a/?x=1&x=2&y", "x", "3", "https://a/?x=3&y"},
		{"https://a/", "x", "a b", "https://a/?x=a+b"},
		{"https://a/?%zz=1#f", "x", "1", "https://a/?%zz=1&x=1#f"},
	} {
		if got := setQuery(row.before, row.name, row.value, false); got != row.after {
			t.Errorf("setQuery(%q, %s=%s) = %q, want %q", row.before, row.name, row.value, got, row.after)
		}
	}
	if got := setQuery("https://a/?x=1&y=2#f", "x", "", true); got != "https://a/?y=2#f" {
		t.Errorf("unset: %q", got)
	}
}

// runTo carries out the steps before id.
func runTo(t testing.TB, w *Walk, id StepID) {
	t.Helper()
	for {
		p, ok := w.Pending()
		if !ok || p.Step == id {
			return
		}
		if err := w.Next(t.Context()); err != nil {
			t.Fatalf("step %s: %v", p.Step, err)
		}
	}
}
