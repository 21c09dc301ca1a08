package tui

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/flow"
)

// GoTo presses tab until the field of that id has the cursor.
func (d *Driver) GoTo(id string) {
	d.t.Helper()
	for range 60 {
		m := d.Model.(Model)
		f, ok := m.top().(*form)
		if !ok {
			d.t.Fatalf("there is no form on top:\n%s", d.Screen())
		}
		if f.fields[f.at].id == id {
			return
		}
		d.Press("tab")
	}
	d.t.Fatalf("the form has no field %s that is shown:\n%s", id, d.Screen())
}

func startTenantForm(t *testing.T, w, h int) (*Driver, *flow.Config) {
	t.Helper()
	saved := &flow.Config{}
	d := NewDriver(t, New(Options{Profiles: memory{saved}, Theme: "dark", Secret: "s"}), w, h)
	d.Press("down", "enter")
	return d, saved
}

// A provider is chosen first, and only its own blanks are shown, by the names
// that its console has for them.
func TestTenantFormShowsTheBlanksOfItsProvider(t *testing.T) {
	d, saved := startTenantForm(t, 120, 40)
	d.Shows("Entra", "Directory (tenant) ID", "Cloud", "Government", "Application (client) ID")
	d.Press("right", "right", "right")
	d.Shows("Auth0", "Domain", "Audience", "Client ID")
	d.Hides("Cloud")
	d.Hides("Application (client) ID")
	d.GoTo("auth0 domain")
	d.Type("shop.eu.auth0.com")
	d.GoTo("auth0 audience")
	d.Type("https://api.example")
	d.GoTo("redirect")
	d.Shows("Allowed Callback URLs")
	d.GoTo("client")
	d.Type("abc")
	d.GoTo("name")
	d.Type("shop")
	d.Press("enter")
	want := map[string]string{"audience": "https://api.example"}
	if saved.Issuer != "https://shop.eu.auth0.com/" || !reflect.DeepEqual(saved.Ask.Parameters, want) {
		t.Errorf("saved %+v", *saved)
	}
}

func TestAboutAProvider(t *testing.T) {
	d, _ := startTenantForm(t, 120, 40)
	d.Press("f2")
	d.Shows("In its console", "Certificates & secrets", "What is different there")
	d.Press("x")
	d.Shows("My tenant")
}

// In a low window the explanation of a provider is scrolled, and only another
// key closes it.
func TestLongMessagesScroll(t *testing.T) {
	d, _ := startTenantForm(t, 80, 24)
	d.Press("f2")
	d.Hides("Read more")
	d.Press("pgdown", "pgdown", "pgdown", "down")
	d.Shows("Read more")
	d.Press("x")
	d.Shows("My tenant")
}

func TestExtensionsAreKeptAndSent(t *testing.T) {
	d, saved := startTenantForm(t, 120, 60)
	d.GoTo("entra tenant")
	d.Type("contoso.com")
	d.GoTo("client")
	d.Type("6731de76-14a6-49ae-97bc-6eba6914391e")
	d.Hides("Max age")
	d.GoTo("extensions")
	d.Press("right")
	d.GoTo("par")
	d.Press("right")
	d.GoTo("dpop")
	d.Press("right")
	d.GoTo("resource")
	d.Type("https://api.example https://b.example")
	d.GoTo("age")
	d.Type("soon")
	d.Press("tab")
	d.Shows("It is a number of seconds")
	d.GoTo("age")
	d.Press("ctrl+u")
	d.Type("60")
	d.GoTo("claims")
	d.Type("{")
	d.Press("tab")
	d.Shows("not a JSON object")
	d.GoTo("claims")
	d.Press("ctrl+u")
	d.GoTo("acr")
	d.Type("mfa")
	d.GoTo("parameters")
	d.Type("state=x")
	d.Press("tab")
	d.Shows("further one")
	d.GoTo("parameters")
	d.Press("ctrl+u")
	d.Type("a=b")
	d.GoTo("introspect")
	d.Press("right")
	d.GoTo("name")
	d.Type("all")
	d.Press("enter")
	age := 60
	want := flow.Ask{
		Resources: []string{"https://api.example", "https://b.example"}, MaxAge: &age, ACRValues: "mfa", Parameters: map[string]string{"a": "b"},
	}
	if !reflect.DeepEqual(saved.Ask, want) || saved.Protection != (flow.Protection{PAR: true, DPoP: true}) || !saved.Afterwards.Introspect {
		t.Errorf("saved %+v\n%s", *saved, d.Screen())
	}
}

// A form that was opened on a profile and sent off as it is changes nothing.
func TestFormsKeepWhatTheyDoNotTouch(t *testing.T) {
	age := 5
	c := flow.Config{
		Name: "x", Issuer: "https://login.microsoftonline.us/contoso.com/v2.0", ClientID: "6731de76-14a6-49ae-97bc-6eba6914391e",
		Platform: flow.PlatformWeb, Method: flow.MethodPlain, AuthMethod: flow.AuthKeyJWT, RedirectURI: "http://localhost/cb", Scopes: []string{"openid"},
		ResponseMode: flow.ModeJWT, Credential: flow.Credential{KeyFile: "key.pem", KeyID: "k"}, Paste: true, UserInfo: true,
		Ask: flow.Ask{
			ResponseType: flow.ResponseHybrid, Resources: []string{"https://a.example"}, Claims: "{}", ACRValues: "a", MaxAge: &age,
			AuthorizationDetails: `[{"type":"x"}]`, Parameters: map[string]string{"a": "b"},
		},
		Protection: flow.Protection{PAR: true, JAR: flow.JARSigned, DPoP: true},
		Afterwards: flow.Afterwards{Call: "https://api.example", Introspect: true, Revoke: true, Logout: true, PostLogoutRedirectURI: "https://a.example"},
	}
	m := New(Options{Theme: "dark"})
	got, err := clientFrom(newTenantForm(&m, c, "x"), c)
	if err != nil || !reflect.DeepEqual(got, c) {
		t.Errorf("%v\n got %+v\nwant %+v", err, got, c)
	}
}

func TestClientIsReadFromWhatIsPasted(t *testing.T) {
	d, _ := startTenantForm(t, 120, 40)
	d.Press("f3")
	d.Send(tea.PasteMsg{Content: "AZURE_TENANT_ID=contoso.com\nAZURE_CLIENT_ID=6731de76-14a6-49ae-97bc-6eba6914391e\nCLIENT_SECRET=hunter2\n"})
	d.Shows("Read from a .env file", "CLIENT_SECRET (line 3), which was not", "keyring")
	d.Hides("hunter2")
	d.Press("enter")
	d.Shows("My tenant", "contoso.com", "6731de76-14a6")
	d.Press("f3")
	d.Type("hello")
	d.Press("enter")
	d.Shows("No client was read")
	d.Press("enter", "ctrl+u")
	path := filepath.Join(t.TempDir(), "url.txt")
	if err := os.WriteFile(path, []byte("https://accounts.google.com/o/oauth2/v2/auth?client_id=g&response_type=code"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.Type("@" + path)
	d.Press("enter")
	d.Until("Read from an authorize URL")
	d.Press("enter")
	d.Shows("Google")
}

// A dialog that grows and shrinks with each tab is hard to look at.
func TestAFormStandsStillWhileTheCursorGoesThroughIt(t *testing.T) {
	d := NewDriver(t, New(Options{Theme: "dark"}), 120, 40)
	d.Press("down", "enter")
	edges := func() (rows []int) {
		for i, row := range strings.Split(d.Screen(), "\n") {
			if strings.Contains(row, "▐My tenant▌") || strings.Contains(row, "esc close") {
				rows = append(rows, i)
			}
		}
		return rows
	}
	first := edges()
	if len(first) != 2 {
		t.Fatalf("title and foot stand in %v", first)
	}
	for i := range 12 {
		d.Press("tab")
		if now := edges(); !slices.Equal(now, first) {
			t.Errorf("after %d tabs title and foot stand in %v, in the first field in %v", i+1, now, first)
		}
	}
}
