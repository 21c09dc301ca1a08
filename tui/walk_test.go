package tui_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/practice"
	"github.com/pkcescope/pkcescope/inspect/export"
	"github.com/pkcescope/pkcescope/tui"
)

// onPractice is a program with a practice tenant of its own.
func onPractice(t *testing.T) tui.Options {
	t.Helper()
	s, err := practice.Start(practice.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return tui.Options{
		Theme: "dark", Dir: t.TempDir(), Browser: noBrowser{},
		Practice: func() (flow.Config, flow.Browser, error) { return s.Config(), s.Browser(), nil },
	}
}

// begun is a program at the first step of a walk.
func begun(t *testing.T, o tui.Options, w, h int) *tui.Driver {
	t.Helper()
	d := tui.NewDriver(t, tui.New(o), w, h)
	d.Press("enter")
	d.Until("step 1 of")
	return d
}

// walked is a program whose walk has run to its end.
func walked(t *testing.T, o tui.Options, w, h int) *tui.Driver {
	t.Helper()
	d := begun(t, o, w, h)
	d.Press("a")
	d.Settled()
	return d
}

type noBrowser struct{}

func (noBrowser) Open(context.Context, string, func(flow.Exchange)) error { return nil }
func (noBrowser) Played() bool                                            { return false }

// A person who presses nothing but enter walks the whole flow.
func TestEnterWalksTheWholeFlow(t *testing.T) {
	d := begun(t, onPractice(t), 120, 40)
	for _, step := range []string{"Discovery", "Verifier", "Challenge", "Authorize", "Callback", "Token", "Keys"} {
		d.Shows("▸ " + step)
		d.Press("enter")
		d.Settled()
		d.Shows("✓ " + step)
		d.Press("enter")
	}
	d.Press("t")
	d.Shows("id_token", "signature", "nonce")
	d.Hides("✗")
	d.Press("/")
	d.Type("preferred_username")
	d.Shows("1 of 1", "preferred_username")
	d.Press("enter", "q")
	d.Left()
}

// All at once, then saved without secrets, opened again, and walked through
// read-only.
func TestRunSaveAndOpenAgain(t *testing.T) {
	o := onPractice(t)
	d := walked(t, o, 120, 40)
	d.Shows("✓ Token", "Expires")
	d.Press("s")
	for range 60 {
		d.Press("backspace")
	}
	d.Type("run.json")
	d.Press("enter")
	d.Until("written to")

	path := filepath.Join(o.Dir, "run.json")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode = %v", info.Mode().Perm())
	}
	if !strings.Contains(string(data), "~redacted.") {
		t.Error("no secret is masked in the file")
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tr, err := flow.Load(f)
	if err != nil {
		t.Fatal(err)
	}
	d = tui.NewDriver(t, tui.New(tui.Options{Transcript: &tr, File: "run.json", Theme: "dark"}), 120, 40)
	d.Until("saved run")
	d.Press("enter", "enter", "enter", "enter", "enter")
	d.Shows("✓ Token", "token_type")
	d.Press("a")
	d.Shows("saved transcript")
}

// In every form, whole and one step of it: a file is named, it holds what the
// form says and no secret, and what cannot be written is said before.
func TestAWalkIsExportedFromTheScreen(t *testing.T) {
	o := onPractice(t)
	d := walked(t, o, 120, 40)
	for i, row := range []struct{ ending, holds string }{
		{".sh", "code_challenge_method=S256"},
		{".ps1", "Invoke-RestMethod"},
		{".http", "grant_type=authorization_code"},
		{".har", "~redacted."},
		{".postman_collection.json", "schema"},
		{".go", "oauth2"},
		{".cs", "HttpClient"},
		{".py", "urllib"},
		{".mjs", "fetch("},
		{".go", "public.New"},
		{".mjs", "PublicClientApplication"},
		{".py", "msal.PublicClientApplication"},
		{".html", "msal"},
	} {
		d.Press("E")
		d.Shows("Export", "‹ curl ›")
		for range i {
			d.Press("right")
		}
		d.Press("tab", "tab")
		for range 60 {
			d.Press("backspace")
		}
		file := "form" + strconv.Itoa(i)
		d.Type(file)
		d.Shows("written to " + file + row.ending)
		d.Press("enter")
		d.Until("Export as " + string(export.Forms()[i]) + " ")
		data, err := os.ReadFile(filepath.Join(o.Dir, file+row.ending))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(data), row.holds) {
			t.Errorf("%s does not hold %q", file+row.ending, row.holds)
		}
		if strings.Contains(string(data), "eyJ") && row.ending != ".har" {
			t.Errorf("%s holds a token", file+row.ending)
		}
	}

	// The last step of MSAL alone cannot be.
	d.Press("E")
	for range 12 {
		d.Press("right")
	}
	d.Press("tab", "right", "enter")
	d.Shows("cannot send a single step")
}

// A request that was changed is sent as changed, and the refusal is explained;
// going back and reverting mends it.
func TestEditFailGoBackAndSucceed(t *testing.T) {
	d := begun(t, onPractice(t), 120, 40)
	for range 5 {
		d.Press("enter")
		d.Settled()
		d.Press("enter")
	}
	d.Shows("▸ Token", "will be sent")
	d.Press("e", "down", "down", "enter")
	d.Type("ThisIsAnotherVerifierThatWasNeverHashed_0123456")
	d.Press("enter")
	d.Until("is changed")
	d.Press("esc", "enter")
	d.Settled()
	d.Shows("✗ Token", "The server said no", "invalid_grant", "~ code_verifier")
	d.Press("e", "r", "esc", "1", "left", "left", "left", "left", "b")
	d.Settled()
	d.Press("a")
	d.Settled()
	d.Shows("✓ Token")
}

// From a token step that was refused one key leads back to where a played
// browser can be sent off again; the callback alone would wait in vain.
func TestBackFromARefusedCodeSignsInAgain(t *testing.T) {
	d := walked(t, onPractice(t), 120, 40)
	d.Press("b")
	d.Settled()
	d.Press("enter") // the code a second time
	d.Settled()
	d.Shows("✗ Token", "redeemed before")
	d.Press("b")
	d.Until("▸ Authorize")
	d.Press("a")
	d.Settled()
	d.Shows("✓ Token")
}

// Where nobody listens, what a played browser ended on is there to be pasted.
func TestAnswerOfAPlayedBrowserIsPasted(t *testing.T) {
	d := begun(t, onPractice(t), 80, 24)
	d.Press(",", "right")
	d.GoTo("paste")
	d.Press("right", "enter")
	d.Until("· plain")
	d.Until("▸ Discovery")
	d.Press("a")
	d.Until("address bar")
	d.Press("p")
	d.Shows("Paste the answer", "&state=")
	d.Press("enter")
	d.Settled()
	d.Shows("✓ Callback", "✓ Token")
}

// The shape of the flow without PKCE is one key away, and so is its return.
func TestHidePKCE(t *testing.T) {
	d := walked(t, onPractice(t), 120, 40)
	d.Press("p")
	d.Until("PKCE hidden")
	d.Hides("Verifier")
	d.Until("exchanges the code for tokens.") // and shows no verifier
	d.Hides("+ code_verifier")
	d.Press("p")
	d.Shows("Verifier", "+ code_verifier")
}

// While PKCE is hidden, its steps are passed over, and the next request is still
// seen before it is sent.
func TestEnterPassesOverHiddenSteps(t *testing.T) {
	d := begun(t, onPractice(t), 120, 40)
	d.Press("p")
	d.Until("PKCE hidden")
	d.Press("enter")
	d.Settled()
	d.Press("enter")
	d.Settled()
	d.Shows("▸ Authorize", "will be sent")
	d.Press("p")
	d.Until("✓ Challenge")
	d.Shows("✓ Verifier", "▸ Authorize")
}

// A run of all steps passes over what nobody asked for; the way to it is said
// where it stands.
func TestAStepThatWasPassedOverCanBeTaken(t *testing.T) {
	d := walked(t, onPractice(t), 80, 24)
	d.Press("right", "right")
	d.Shows("This step is optional, and was passed over.", "b take it")
	d.Press("b")
	d.Settled()
	d.Shows("/oidc/userinfo", "will be sent")
	d.Hides("was passed over")
}

// Another method is a new walk with the same client.
func TestSettingsWalkAgain(t *testing.T) {
	d := begun(t, onPractice(t), 120, 40)
	d.Press(",", "right", "enter")
	d.Until("· plain ·")
	d.Until("▸ Discovery")
	d.Press("a")
	d.Settled()
	d.Press("left", "left", "left", "x")
	d.Until("secrets shown")
	d.Shows("code_challenge", "plain")
}

// A claim and a member of a token's header are explained as a parameter is: who
// makes them, what goes wrong without, and which clause says so.
func TestTokensAreExplainedAsParametersAre(t *testing.T) {
	d := tui.NewDriver(t, tui.New(onPractice(t)), 120, 40)
	d.Press("enter")
	d.Until("step 1 of")
	d.Press("a")
	d.Until("every check of the ID token passed")
	d.Press("t")
	for _, row := range []string{"typ", "tid"} {
		for range 40 {
			if strings.Contains(d.Screen(), "About "+row+" ") && !strings.Contains(d.Screen(), "Expected:") {
				break
			}
			d.Press("down")
		}
		d.Shows("About "+row, "Who makes it:", "Without it:", "https://")
		d.Hides("<https://")
	}
}

// With the person's own browser the wait is visible, and esc ends it.
func TestWaitingForAnOwnBrowser(t *testing.T) {
	d := begun(t, onPractice(t), 80, 24)
	d.Press("o", "a")
	d.Until("Waiting for the browser")
	d.Shows("Listening", "127.0.0.1", "oauth2/v2.0/")
	d.Send(tea.WindowSizeMsg{Width: 120, Height: 50})
	d.Shows("You will see in the browser", "the practice tenant's sign-in page")
	d.Hides("by itself, in a browser that is played")
	d.Send(tea.WindowSizeMsg{Width: 80, Height: 24})
	// The address is broken into rows; as a link it is whole.
	if text := d.Model.View().Content; !regexp.MustCompile(`\x1b\]8;id=\w+;http://127\.0\.0\.1:\d+/\S+/authorize\?\S+&state=\w+(\x07|\x1b\\\\)`).MatchString(text) {
		t.Errorf("the address is no link: %q", text)
	}
	d.Press("esc")
	d.Until("Cancelled")
	d.Settled()
	d.Shows("× Callback")
}

// A sign-in on another device is one setting away, its wait shows what to type
// where, and esc ends it.
func TestWaitingForAnotherDevice(t *testing.T) {
	d := begun(t, onPractice(t), 80, 24)
	d.Press(",")
	d.GoTo("device")
	d.Press("right", "enter")
	d.Until("device code")
	d.Until("▸ Discovery")
	d.Hides("Verifier")
	d.Press("o", "a")
	d.Until("Waiting for the other device")
	d.Until("Asked       once")
	d.Shows("/devicelogin", "Expires in")
	code := regexp.MustCompile(`Code +([A-Z0-9]{9})`).FindStringSubmatch(d.Screen())
	if code == nil {
		t.Fatalf("there is no code to type:\n%s", d.Screen())
	}
	d.Press("c")
	d.Until("Sent to the clipboard: the code")
	d.Heard()
	d.Press("esc")
	d.Until("Cancelled")
	d.Settled()
	d.Shows("× Token")
	if len(d.Said) != 1 || !strings.Contains(d.Said[0], code[1]) {
		t.Errorf("copied %q, want %s", d.Said, code[1])
	}
}

// The played browser types the code by itself.
func TestTheDeviceFlowIsPlayed(t *testing.T) {
	o := onPractice(t)
	was := o.Practice
	o.Practice = func() (flow.Config, flow.Browser, error) {
		c, b, err := was()
		c.Device = true
		return c, b, err
	}
	d := begun(t, o, 120, 40)
	for _, step := range []string{"Discovery", "Device code", "Token", "Keys"} {
		d.Shows("▸ " + step)
		d.Press("enter")
		d.Settled()
		d.Shows("✓ " + step)
		d.Press("enter")
	}
	d.Press("d")
	d.Until("go to this page, type this code")
}

// What the metadata names and nobody asked for stands in the rail: a run of all
// steps passes over it, and it can be taken afterwards.
func TestAnOfferedStepCanBeTaken(t *testing.T) {
	d := begun(t, onPractice(t), 120, 40)
	d.Hides("Logout")
	d.Press("enter")
	d.Settled()
	d.Until("Logout     offered")
	d.Press("a")
	d.Until("– Logout")
	d.Settled()
	d.Press("right", "right", "right", "right")
	d.Shows("step 10 of 10", "names an endpoint for this")
	d.Press("b")
	d.Until("▸ Logout")
	d.Settled()
	d.Press("enter")
	d.Until("✓ Logout")
	d.Settled()
	d.Shows("id_token_hint", "You signed out")
	d.Hides("names an endpoint for this")
}

// Where the word does not fit beside a step's name, the rail says once what its
// mark means.
func TestTheMarkOfAnOfferedStepIsExplainedWhereItStandsAlone(t *testing.T) {
	for _, size := range []struct {
		w, h  int
		alone bool
	}{{80, 24, true}, {120, 40, true}, {200, 60, false}} {
		d := begun(t, onPractice(t), size.w, size.h)
		d.Press("enter")
		d.Until("▸ Verifier")
		d.Settled()
		d.Hides("○ means offered") // Logout has the word
		d.Press("a")
		d.Until("– Logout")
		d.Settled()
		if size.alone {
			d.Shows("○ Device code", "○ means offered")
			continue
		}
		d.Hides("○ means offered")
		_, row, _ := strings.Cut(d.Screen(), "○ Device code")
		if row, _, _ = strings.Cut(row, "│"); !strings.Contains(row, "offered") {
			t.Errorf("neither the row nor a legend says what the mark is: %s", row)
		}
	}
}

// The device flow is offered in place of the redirect: the walk goes on without
// it, b takes it, and S goes back to the redirect.
func TestAnOfferedDeviceCodeIsTakenInPlaceOfTheRedirect(t *testing.T) {
	o := onPractice(t)
	d := begun(t, o, 120, 40)
	d.Hides("Device code")
	d.Press("enter")
	d.Until("▸ Verifier")
	d.Settled()
	d.Shows("○ Device code", "step 1 of 10")
	d.Press("right")
	d.Shows("It would take the", "b take this step")
	d.Press("right")
	d.Shows("step 2 of 10")
	d.Press("left", "b")
	d.Until("▸ Device code")
	d.Settled()
	d.Hides("Verifier")
	d.Hides("Callback")
	d.Press("S")
	d.Until("▸ Verifier")
	d.Settled()
	d.Press("left", "b")
	d.Until("▸ Device code")
	d.Settled()
	d.Press("a")
	d.Until("✓ Token")
	d.Settled()
	d.Shows("device code · ")
	d.Hides("Verifier")
}

// A asks for an address and makes the call the next step, with the token that is
// there: nobody signs in again.
func TestAnAPIIsCalledWithTheTokenThatIsThere(t *testing.T) {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") || r.URL.Path != "/notes" {
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = w.Write([]byte(`{"notes":["the first one"]}`))
	}))
	t.Cleanup(api.Close)
	d := begun(t, onPractice(t), 120, 40)
	d.Press("A")
	d.Shows("There is no access token yet")
	call := func(path string) {
		d.Press("A")
		d.Until("Call an API")
		for range 60 {
			d.Press("backspace")
		}
		d.Type(api.URL + path)
		d.Press("enter")
		d.Until("▸ API call")
		d.Settled()
		d.Shows("GET "+api.URL[:20], "will be sent")
		d.Press("enter")
		d.Settled()
	}
	d.Press("a")
	d.Until("✓ Token")
	d.Settled()
	call("/notes")
	d.Until("✓ API call")
	d.Shows("the first one")
	call("/other")
	d.Until("✗ API call")
	d.Shows("401 Unauthorized", "invalid_token")
}

// The ID token of a walk can be the hint of the next one.
func TestTheIDTokenOfAWalkIsTheHintOfTheNext(t *testing.T) {
	d := begun(t, onPractice(t), 120, 60)
	d.Press("a")
	d.Until("✓ Token")
	d.Settled()
	d.Press(",")
	d.Until("Settings of this walk")
	d.GoTo("extensions")
	d.Press("right")
	d.GoTo("hint")
	d.Press("right")
	d.Press("enter")
	d.Until("step 1 of")
	for range 6 { // carry out, go on
		d.Press("enter")
		d.Settled()
	}
	d.Shows("▸ Authorize", "id_token_hint")
	d.Press("a")
	d.Until("✓ Token")
}

func TestAnIDTokenHintOfOnesOwnIsOneAndIsMasked(t *testing.T) {
	d := begun(t, onPractice(t), 120, 60)
	d.Press(",")
	d.Until("Settings of this walk")
	d.GoTo("extensions")
	d.Press("right")
	d.GoTo("hint")
	d.Press("right")
	d.GoTo("hinttoken")
	d.Type("nonsense")
	d.Press("tab")
	d.Shows("Paste an ID token")
	d.GoTo("hinttoken")
	d.Press("ctrl+u")
	d.Type("eyJ.eyJ.secret-signature")
	d.Hides("secret-signature")
	d.Press("enter")
	d.Until("step 1 of")
	d.Settled()
	d.Hides("Settings of this walk")
}
