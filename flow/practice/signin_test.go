package practice

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestSecondFactors(t *testing.T) {
	p := newPlay(t, Options{})
	at := p.signIn("sam@contoso.onmicrosoft.com", p.asking())
	if !strings.Contains(at.body, "Approve sign-in request") {
		t.Fatalf("no second factor is asked for: %s", at.body)
	}
	if at = p.press(p.press(at, nil), nil); at.left == nil || at.left.Query().Get("code") == "" {
		t.Fatal("no code after the second factor and consent")
	}
	r := p.redeem(p.redemption(at.left.Query().Get("code")))
	if amr := toText(claimsOf(t, r.AccessToken)["amr"]); amr != `["pwd","mfa"]` {
		t.Errorf("amr = %s", amr)
	}
	// One that was never set up is set up.
	q := newPlay(t, Options{})
	q.policy(Policy{Name: "everybody", Grant: ControlMFA})
	at = q.signIn("alex@contoso.onmicrosoft.com", q.asking())
	if !strings.Contains(at.body, "More information required") {
		t.Fatalf("nothing is set up: %s", at.body)
	}
	q.press(at, nil)
	if a := q.s.Accounts()[0]; a.MFA != MFARegistered {
		t.Errorf("mfa = %q", a.MFA)
	}
}

func TestPromptsShowTheirPages(t *testing.T) {
	p := newPlay(t, Options{})
	p.tokens()
	for prompt, want := range map[string]string{
		"": "", "login": "<h1>Sign in</h1>", "select_account": "<h1>Pick an account</h1>", "consent": "<h1>Permissions requested</h1>", "none": "",
	} {
		at := p.asking("prompt", prompt)
		if want == "" {
			if at.left == nil || at.left.Query().Get("code") == "" {
				t.Errorf("prompt=%s: no code", prompt)
			}
			continue
		}
		if !strings.Contains(at.body, want) {
			t.Errorf("prompt=%s: no page %s", prompt, want)
		}
		if at = p.press(at, nil); at.left == nil || at.left.Query().Get("code") == "" {
			t.Errorf("prompt=%s: no code behind the page: %s", prompt, at.body)
		}
	}
}

// max_age has an older sign-in repeated, and auth_time tell when it was.
func TestMaxAgeRepeatsAnOldSignIn(t *testing.T) {
	p := newPlay(t, Options{})
	p.tokens()
	signedIn := p.clock.now()
	if c := claimsOf(t, p.tokens().IDToken); c["auth_time"] != nil {
		t.Errorf("nobody asked for auth_time = %v", c["auth_time"])
	}
	authTime := func(at page) time.Time {
		t.Helper()
		if at.left == nil {
			t.Fatalf("no answer: %s", at.body)
		}
		seconds, _ := claimsOf(t, p.redeem(p.redemption(at.left.Query().Get("code"))).IDToken)["auth_time"].(float64)
		return time.Unix(int64(seconds), 0)
	}
	p.clock.forward(10 * time.Minute)
	if got := authTime(p.asking("max_age", "900")); signedIn.Sub(got).Abs() > time.Minute {
		t.Errorf("of a sign-in that is recent enough, at %s, auth_time is %s", signedIn, got)
	}
	for _, age := range []string{"300", "0"} {
		for _, prompt := range []string{"", "consent", "select_account"} {
			at := p.asking("max_age", age, "prompt", prompt)
			if prompt == "select_account" {
				at = p.press(at, nil)
			}
			if !strings.Contains(at.body, "<h1>Sign in</h1>") {
				t.Fatalf("max_age=%s, prompt=%s: no sign-in page: %s", age, prompt, at.body)
			}
			if at = p.press(at, nil); prompt == "consent" {
				at = p.press(at, nil)
			}
			if got, now := authTime(at), p.clock.now(); now.Sub(got) > time.Minute {
				t.Errorf("max_age=%s, prompt=%s: at %s auth_time is %s", age, prompt, now, got)
			}
			p.clock.forward(10 * time.Minute)
		}
		if got := p.asked("max_age", age, "prompt", "none"); got != 50058 {
			t.Errorf("max_age=%s, prompt=none: AADSTS%d, want AADSTS50058", age, got)
		}
	}
}

func TestSigningOutEndsTheSession(t *testing.T) {
	p := newPlay(t, Options{})
	p.tokens()
	at := p.browse(p.get(p.s.URL + "/" + p.authority + "/oauth2/v2.0/logout"))
	if !strings.Contains(at.body, "You signed out") || p.asked("prompt", "none") != 50058 {
		t.Error("still signed in")
	}
	at = p.browse(p.get(p.s.URL + "/" + p.authority + "/oauth2/v2.0/logout?state=a+b&post_logout_redirect_uri=http://localhost:8400/"))
	if at.left == nil || at.left.String() != "http://localhost:8400/?state=a+b" {
		t.Errorf("after the logout the browser is at %v", at.left)
	}
	if at = p.browse(p.get(p.s.URL + "/" + p.authority + "/oauth2/v2.0/logout?post_logout_redirect_uri=https://attacker.example/")); at.left != nil {
		t.Errorf("sent to %s", at.left)
	}
}

// On sign-in and consent pages the task's form is the only one, its
// affirmative button comes first, and every page says that it is practice.
func TestPagesCanBeUsedByProgramsAndSayWhatTheyAre(t *testing.T) {
	p := newPlay(t, Options{})
	signIn := p.asking()
	consent := p.press(signIn, nil)
	refused := p.asking("redirect_uri", "https://attacker.example/")
	for name, at := range map[string]page{"sign-in": signIn, "consent": consent, "error": refused} {
		want := 1
		if name == "error" {
			want = 0
		}
		if got := strings.Count(at.body, "<form"); got != want {
			t.Errorf("%s: %d forms, want %d", name, got, want)
		}
		if !strings.Contains(at.body, "practice") {
			t.Errorf("%s does not say that it is practice", name)
		}
		if strings.Contains(at.body, "<script") {
			t.Errorf("%s has a script", name)
		}
	}
	if i, j := strings.Index(consent.body, "Accept</button>"), strings.Index(consent.body, "Cancel</button>"); i < 0 || i > j {
		t.Error("Accept does not come first")
	}
	body := refused.body[strings.Index(refused.body, "<body>"):]
	if i := strings.Index(body, "AADSTS50011: The redirect URI &#39;https://attacker.example/&#39;"); i < 0 || i > 80 {
		t.Errorf("the error's text does not stand at the top: %s", body)
	}
}

// What changes anything needs a form of this start's own pages.
func TestForeignFormsAreRefused(t *testing.T) {
	p := newPlay(t, Options{})
	f, _ := findForm(p.asking().body)
	good := edit(f.values(), []string{"loginfmt", p.s.Accounts()[0].Username, "passwd", p.s.Accounts()[0].Password})
	for name, change := range map[string]func(*http.Request, url.Values){
		"another origin":         func(r *http.Request, _ url.Values) { r.Header.Set("Origin", "https://attacker.example") },
		"no origin to speak of":  func(r *http.Request, _ url.Values) { r.Header.Set("Origin", "null") },
		"another site":           func(r *http.Request, _ url.Values) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"another start's canary": func(_ *http.Request, v url.Values) { v.Set("canary", randomText(18)) },
		"no canary":              func(_ *http.Request, v url.Values) { v.Del("canary") },
	} {
		v := edit(url.Values{}, nil)
		for k := range good {
			v.Set(k, good.Get(k))
		}
		probe := p.post(p.s.URL, nil)
		change(probe, v)
		req := p.post(p.s.URL+f.action, v)
		for k := range probe.Header {
			req.Header.Set(k, probe.Header.Get(k))
		}
		if got := p.codeOf(p.browse(req)); got != 9002313 {
			t.Errorf("%s: AADSTS%d, want AADSTS9002313", name, got)
		}
	}
	req := p.post(p.s.URL+f.action, good)
	req.Header.Set("Origin", p.s.URL)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	if at := p.browse(req); !strings.Contains(at.body, "Permissions requested") {
		t.Error("our own form is refused too")
	}
}
