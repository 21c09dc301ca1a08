package flow

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// deviceProvider answers in this process, so that time can be played.
type deviceProvider struct {
	device  map[string]any        // the device authorization response
	answers []string              // of the token endpoint, one a poll: an error, or "" for tokens
	asked   []url.Values          // the device authorization requests
	polls   []url.Values          // the polls
	at      []time.Duration       // when each poll came, since the first
	extra   func(r *http.Request) // looks at every request
}

func newDeviceProvider(answers ...string) *deviceProvider {
	return &deviceProvider{answers: answers, device: map[string]any{
		"device_code": "a-device-code-of-some-length", "user_code": "WDJB-MJHT", "verification_uri": "https://op.example/device",
		"expires_in": 600,
	}}
}

func (p *deviceProvider) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	if p.extra != nil {
		p.extra(r)
	}
	if r.Body != nil {
		_ = r.ParseForm()
	}
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		writeJSON(w, 200, map[string]any{
			"issuer": "https://op.example", "token_endpoint": "https://op.example/token",
			"device_authorization_endpoint": "https://op.example/code",
		})
	case "/code":
		p.asked = append(p.asked, r.PostForm)
		if p.device["error"] != nil {
			writeJSON(w, 400, p.device)
			break
		}
		writeJSON(w, 200, p.device)
	case "/token":
		if r.PostForm.Get("grant_type") == "refresh_token" {
			writeJSON(w, 200, map[string]any{"access_token": "another-access-token", "token_type": "Bearer"})
			break
		}
		p.polls = append(p.polls, r.PostForm)
		p.at = append(p.at, time.Duration(time.Now().UnixNano()))
		answer := ""
		if len(p.answers) > 0 {
			answer, p.answers = p.answers[0], p.answers[1:]
		}
		if answer != "" {
			writeJSON(w, 400, map[string]any{"error": answer})
			break
		}
		writeJSON(w, 200, map[string]any{"access_token": "an-access-token", "token_type": "Bearer", "refresh_token": "a-refresh-token"})
	}
	return w.Result(), nil
}

// waits are the seconds between the polls.
func (p *deviceProvider) waits() []int {
	waits := []int{}
	for i := 1; i < len(p.at); i++ {
		waits = append(waits, int((p.at[i] - p.at[i-1]).Seconds()))
	}
	return waits
}

func (p *deviceProvider) config() Config {
	return Config{Issuer: "https://op.example", ClientID: "client-1", Device: true}
}

func TestADeviceIsPolledAtTheProvidersPaceUntilThePersonIsDone(t *testing.T) {
	for name, test := range map[string]struct {
		interval any
		answers  []string
		waits    []int
	}{
		"at once, as after a played sign-in":    {nil, nil, []int{}},
		"without an interval":                   {nil, []string{"authorization_pending", "authorization_pending"}, []int{5, 5}},
		"with one":                              {2, []string{"authorization_pending", "authorization_pending"}, []int{2, 2}},
		"with one that would not let it rest":   {0, []string{"authorization_pending"}, []int{5}},
		"slower from each slow_down on":         {1, []string{"slow_down", "authorization_pending", "slow_down", "authorization_pending"}, []int{6, 6, 11, 11}},
		"with an interval that is a string":     {"3", []string{"authorization_pending"}, []int{3}},
		"with one that is no number, as if not": {"soon", []string{"authorization_pending"}, []int{5}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newDeviceProvider(test.answers...)
				if test.interval != nil {
					p.device["interval"] = test.interval
				}
				w := newWalk(t, p.config(), Options{Transport: p})
				if err := w.Run(t.Context()); err != nil {
					t.Fatal(err)
				}
				if got := p.waits(); !slices.Equal(got, test.waits) {
					t.Errorf("waited %v seconds between the polls, want %v", got, test.waits)
				}
				tr := w.Transcript()
				if got := len(tr.Step(StepToken).Exchanges); got != len(test.answers)+1 {
					t.Errorf("%d polls are recorded, want %d", got, len(test.answers)+1)
				}
				if got, _ := tr.Step(StepToken).Value("access_token"); got != "an-access-token" || tr.Outcome != OutcomeOK {
					t.Errorf("access_token = %q, outcome = %s", got, tr.Outcome)
				}
			})
		})
	}
}

func TestADeviceRunHasNeitherRedirectNorPKCE(t *testing.T) {
	p := newDeviceProvider()
	c := p.config()
	c.Refresh, c.Scopes = true, []string{"openid", "offline_access"}
	c.ClientSecret, c.AuthMethod = "s e+cret", AuthBasic
	age := 60
	c.Ask.MaxAge = &age
	var paths []string
	p.extra = func(r *http.Request) {
		paths = append(paths, r.URL.Path)
		if _, secret, _ := r.BasicAuth(); r.Method == http.MethodPost && secret != "s+e%2Bcret" {
			t.Errorf("%s: the client did not authenticate: %q", r.URL.Path, secret)
		}
	}
	w := newWalk(t, c, Options{Transport: p})
	if err := w.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	var steps []string
	for _, s := range w.Transcript().Steps {
		if s.Status != StatusSkipped {
			steps = append(steps, string(s.ID))
		}
	}
	if got := strings.Join(steps, " "); got != "discovery device token refresh" {
		t.Errorf("steps = %s", got)
	}
	if got := strings.Join(paths, " "); got != "/.well-known/openid-configuration /code /token /token" {
		t.Errorf("asked for %s", got)
	}
	if got := p.asked[0].Encode(); got != "max_age=60&scope=openid+offline_access" {
		t.Errorf("the device authorization request is %s", got)
	}
	if got := p.polls[0].Encode(); got != "device_code=a-device-code-of-some-length&grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code" {
		t.Errorf("the poll is %s", got)
	}
}

func TestADeviceRunEndsWithTheServersRefusal(t *testing.T) {
	for _, code := range []string{"access_denied", "expired_token", "authorization_declined", "invalid_grant"} {
		t.Run(code, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newDeviceProvider("authorization_pending", code)
				w := newWalk(t, p.config(), Options{Transport: p})
				err := w.Run(t.Context())
				if e, ok := errors.AsType[*Error](err); !ok || e.Kind != KindServer || !strings.Contains(e.What, code) {
					t.Errorf("Run = %v", err)
				}
				if got := w.Transcript().Step(StepToken); got.Status != StatusFailed || len(got.Exchanges) != 2 {
					t.Errorf("token = %s after %d polls", got.Status, len(got.Exchanges))
				}
			})
		})
	}
}

func TestAnExpiredDeviceCodeIsNotPolledAnyMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newDeviceProvider(slices.Repeat([]string{"authorization_pending"}, 99)...)
		p.device["expires_in"] = 12
		w := newWalk(t, p.config(), Options{Transport: p})
		err := w.Run(t.Context())
		if e, ok := errors.AsType[*Error](err); !ok || e.Kind != KindRefused || !strings.Contains(e.What, "expired") {
			t.Errorf("Run = %v", err)
		}
		if len(p.polls) != 3 { // after 0, 5 and 10 seconds
			t.Errorf("%d polls", len(p.polls))
		}
		// A step back there is another code.
		if err := w.Rewind(StepDevice); err != nil {
			t.Fatal(err)
		}
		p.answers = nil
		if err := w.Run(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// A figure that no time.Duration can hold does not overflow.
func TestADeviceCodeMayLiveForAgesAndBePolledOnceAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newDeviceProvider("authorization_pending")
		p.device["expires_in"], p.device["interval"] = 99_999_999_999, 99_999_999_999
		if err := newWalk(t, p.config(), Options{Transport: p}).Run(t.Context()); err != nil {
			t.Error(err)
		}
		if got := p.waits(); !slices.Equal(got, []int{3600}) {
			t.Errorf("waited %v seconds between the polls", got)
		}
	})
}

func TestACancelledWaitForADeviceCanBeginAgainAndIsNotHurried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newDeviceProvider("authorization_pending")
		w := newWalk(t, p.config(), Options{Transport: p})
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		if err := w.Run(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("Run = %v", err)
		}
		if got := w.Transcript(); got.Outcome != OutcomeCancelled || got.Step(StepToken).Status != StatusCancelled {
			t.Fatalf("outcome = %s, token = %s", got.Outcome, got.Step(StepToken).Status)
		}
		if err := w.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := p.waits(); !slices.Equal(got, []int{5}) {
			t.Errorf("waited %v seconds", got)
		}
	})
}

func TestWhatIsNoDeviceAuthorizationIsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		change func(map[string]any)
		kind   ErrorKind
		says   string
	}{
		"an error":                  {func(d map[string]any) { d["error"] = "unauthorized_client" }, KindServer, "unauthorized_client"},
		"no device code":            {func(d map[string]any) { delete(d, "device_code") }, KindServer, "has no device_code"},
		"no user code":              {func(d map[string]any) { delete(d, "user_code") }, KindServer, "has no user_code"},
		"no page":                   {func(d map[string]any) { delete(d, "verification_uri") }, KindServer, "has no verification_uri"},
		"a page that is a script":   {func(d map[string]any) { d["verification_uri"] = "javascript:alert(1)" }, KindRefused, "not a URL"},
		"a page in the open":        {func(d map[string]any) { d["verification_uri"] = "http://op.example/" }, KindRefused, "not protected by TLS"},
		"another page, as a script": {func(d map[string]any) { d["verification_uri_complete"] = "file:///etc/passwd" }, KindRefused, "not a URL"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newDeviceProvider()
			test.change(p.device)
			opened := &opening{}
			w := newWalk(t, p.config(), Options{Transport: p, Browser: opened})
			e, ok := errors.AsType[*Error](w.Run(t.Context()))
			if !ok || e.Kind != test.kind || !strings.Contains(e.What, test.says) {
				t.Errorf("Run = %v", e)
			}
			if opened.url != "" {
				t.Errorf("the browser was sent to %s", opened.url)
			}
		})
	}
}

// opening is a browser that only keeps what it was told to open.
type opening struct {
	url    string
	played bool
}

func (o *opening) Open(_ context.Context, url string, _ func(Exchange)) error {
	o.url = url
	return nil
}
func (o *opening) Played() bool { return o.played }

func TestTheBrowserIsShownThePageThatFillsInMost(t *testing.T) {
	const complete = "https://op.example/device?user_code=WDJB-MJHT"
	for name, test := range map[string]struct {
		change func(map[string]any)
		played bool
		want   string
	}{
		"the page alone":                   {func(map[string]any) {}, false, "https://op.example/device"},
		"with the code filled in":          {func(d map[string]any) { d["verification_uri_complete"] = complete }, false, complete},
		"by the name that Google gives it": {func(d map[string]any) { d["verification_url"] = d["verification_uri"]; delete(d, "verification_uri") }, false, "https://op.example/device"},
		"a played one, which types":        {func(d map[string]any) { d["verification_uri_complete"] = complete }, true, "https://op.example/device#WDJB-MJHT"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newDeviceProvider()
			test.change(p.device)
			b := &opening{played: test.played}
			if err := newWalk(t, p.config(), Options{Transport: p, Browser: b}).Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if b.url != test.want {
				t.Errorf("opened %s, want %s", b.url, test.want)
			}
		})
	}
}

func TestWhatTheDeviceFlowCannotHaveIsRefused(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"PAR":    func(c *Config) { c.Protection.PAR = true },
		"JAR":    func(c *Config) { c.Protection.JAR, c.ClientSecret = JARSigned, strings.Repeat("s", 40) },
		"hybrid": func(c *Config) { c.Ask.ResponseType = ResponseHybrid },
	} {
		t.Run(name, func(t *testing.T) {
			c := newDeviceProvider().config()
			change(&c)
			_, err := New(c, Options{})
			if e, ok := errors.AsType[*Error](err); !ok || !strings.Contains(e.What, "device flow") {
				t.Errorf("New = %v", err)
			}
		})
	}
}

func TestAPollIsSeenAndCanBeEditedBeforeItIsSent(t *testing.T) {
	p := newDeviceProvider()
	c := p.config()
	c.Edits = []Edit{
		{Step: StepDevice, Name: "scope", Value: "other"},
		{Step: StepToken, Name: "device_code", Value: "another"},
		{Step: StepToken, Name: "header.X-Test", Value: "1"},
	}
	w := newWalk(t, c, Options{Transport: p})
	for range 2 {
		if err := w.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	pending, _ := w.Pending()
	if pending.Step != StepToken || !strings.Contains(string(pending.Request.Body), "device_code=another") {
		t.Errorf("pending = %+v", pending)
	}
	if err := w.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p.asked[0].Get("scope") != "other" || p.polls[0].Get("device_code") != "another" {
		t.Errorf("sent %v and %v", p.asked, p.polls)
	}
	if x := w.Transcript().Step(StepToken).Exchanges[0]; x.Request.Header.Get("X-Test") != "1" {
		t.Error("the header of the edit was not sent")
	}
}

func TestADeviceCodeIsNotInASavedTranscript(t *testing.T) {
	p := newDeviceProvider()
	w := newWalk(t, p.config(), Options{Transport: p})
	if err := w.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := w.Transcript().Redacted().Encode(&b); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"a-device-code-of-some-length", "an-access-token"} {
		if strings.Contains(b.String(), secret) {
			t.Errorf("the file holds %s", secret)
		}
	}
	if !strings.Contains(b.String(), "WDJB-MJHT") {
		t.Error("the user code, which is no secret once it is spent, is not in the file")
	}
}
