package tui

import (
	"os"
	"path/filepath"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/flow"
)

// The choices of the forms, in the portal's words.
var (
	platforms = []option{
		{string(flow.PlatformNative), "Mobile and desktop applications"},
		{string(flow.PlatformSPA), "Single-page application"},
		{string(flow.PlatformWeb), "Web"},
	}
	methods = []option{
		{string(flow.MethodS256), "S256"},
		{string(flow.MethodPlain), "plain"},
		{string(flow.MethodOmitted), "omitted"},
		{string(flow.MethodNone), "none"},
	}
	authMethods = []option{
		{"", "by the secret"},
		{string(flow.AuthNone), "none"},
		{string(flow.AuthPost), "in the body"},
		{string(flow.AuthBasic), "Basic"},
	}
	signIns = []option{
		{"", "in a browser here"},
		{"device", "on another device"},
	}
	responseModes = []option{
		{string(flow.ModeDefault), "default"},
		{string(flow.ModeQuery), "query"},
		{string(flow.ModeFragment), "fragment"},
		{string(flow.ModeFormPost), "form_post"},
	}
)

// newTenantForm asks for the person's own client. The fields are named as the
// Entra portal names them.
func newTenantForm(m *Model, c flow.Config, name string) *form {
	secretHint := "The secret's Value. It is never saved; PKCESCOPE_CLIENT_SECRET in the environment is used when this is empty."
	if m.options.Secret != "" {
		secretHint = "Empty: the one in PKCESCOPE_CLIENT_SECRET is used."
	}
	f := &form{
		title: "My tenant", action: "start", check: checkClient,
		fields: []*field{
			textField("issuer", "Issuer or tenant", c.Issuer, "Directory (tenant) ID, domain, common, organizations or consumers; or any issuer's https address."),
			textField("client", "Application (client) ID", c.ClientID, "On the app registration's Overview page."),
			choiceField("platform", "Platform", string(c.Platform), "As on the Authentication page, where the redirect URI is registered.", platforms...),
			textField("redirect", "Redirect URI", choose(c.RedirectURI == "" && name == "", "http://localhost", c.RedirectURI), "Exactly as registered. For http://localhost a free port is taken."),
			textField("scopes", "Scopes", strings.Join(c.Scopes, " "), "Separated by blanks. Empty: what suits the provider."),
			choiceField("method", "PKCE method", string(c.Method), "How the challenge is made from the verifier. Omitted means plain; none is the flow without PKCE.", methods...),
			secretField("secret", "Client secret", secretHint),
			choiceField("auth", "Client authentication", string(c.AuthMethod), "How the secret is sent to the token endpoint.", authMethods...),
			textField("name", "Save as profile", name, "A name under which this is kept, without the secret. Empty: not kept."),
		},
		note: func(f *form) string {
			if issuer, err := flow.IssuerFrom(f.get("issuer")); err == nil && issuer != f.get("issuer") {
				return "Issuer: " + issuer
			}
			return ""
		},
	}
	given := c
	if m.options.Examine != nil {
		f.extra = func(m *Model, f *form, key string) (tea.Cmd, bool) {
			if key != "ctrl+d" {
				return nil, false
			}
			if !f.right() {
				return nil, true
			}
			m.shut()
			return m.openDoctor(clientFrom(f, given)), true
		}
		f.extraFoot = func(*form) []string { return []string{"ctrl+d", "check first"} }
	}
	f.submit = func(m *Model, f *form) tea.Cmd {
		c := clientFrom(f, given)
		check := c
		if check.ClientSecret == "" {
			check.ClientSecret = m.options.Secret
		}
		if err := check.Check(); err != nil {
			m.open(newMessage("This client cannot be walked", err))
			return nil
		}
		if c.Name != "" && m.options.Profiles != nil {
			path, err := m.options.Profiles.Save(c.Name, c)
			if err != nil {
				m.open(newMessage("The profile could not be saved", err))
				return nil
			}
			m.home.load(m.options.Profiles)
			m.shut()
			return tea.Batch(m.startWalk(c), func() tea.Msg {
				return saidMsg{"Profile saved in " + path + ".", toneGood}
			})
		}
		m.shut()
		return m.startWalk(c)
	}
	return f.start()
}

// checkClient says what is wrong with a field of the tenant form.
func checkClient(f *form, id, value string) string {
	issuer, err := flow.IssuerFrom(f.get("issuer"))
	switch id {
	case "issuer":
		if err != nil {
			return explainError(err)
		}
	case "client":
		return flow.ClientIDProblem(issuer, value)
	case "redirect":
		return flow.RedirectProblem(value)
	case "secret":
		return flow.SecretProblem(issuer, value)
	case "name":
		if strings.ContainsAny(value, "/\\\x00") {
			return "A profile's name holds no slashes."
		}
	}
	return ""
}

// clientFrom puts what the form holds into a configuration.
func clientFrom(f *form, c flow.Config) flow.Config {
	issuer, _ := flow.IssuerFrom(f.get("issuer"))
	if issuer != c.Issuer {
		// What was discovered or set for another provider does not hold here.
		c.Provider = flow.Provider{}
	}
	c.Issuer = issuer
	c.Name = f.get("name")
	c.ClientID = f.get("client")
	c.Platform = flow.Platform(f.get("platform"))
	c.RedirectURI = f.get("redirect")
	c.Scopes = strings.Fields(f.get("scopes"))
	c.Method = flow.Method(f.get("method"))
	c.ClientSecret = f.get("secret")
	c.AuthMethod = flow.AuthMethod(f.get("auth"))
	return c
}

// startSettings changes what this walk is, and walks again.
func (m *Model) startSettings() tea.Cmd {
	if m.visit.lab {
		return m.startLabSettings()
	}
	c := m.visit.config
	length := ""
	if c.VerifierLength > 0 {
		length = itoa(c.VerifierLength)
	}
	f := &form{
		title: "Settings of this walk", action: "walk again",
		fields: []*field{
			choiceField("method", "PKCE method", string(c.Method), "How the challenge is made from the verifier.", methods...),
			textField("verifier", "Own verifier", c.Verifier, "Empty: a fresh random one."),
			textField("length", "Verifier length", length, "43 to 128 characters; 43 if empty."),
			choiceField("bad", "Illegal verifier", choose(c.AllowBadVerifier, "yes", ""), "Let one through that the specification does not allow, to see what the provider says.",
				option{"", "refuse"}, option{"yes", "send it all the same"}),
			choiceField("mode", "Response mode", string(c.ResponseMode), "How the answer travels back to the app.", responseModes...),
			choiceField("platform", "Platform", string(c.Platform), "What kind of client the registration says it is.", platforms...),
			textField("redirect", "Redirect URI", c.RedirectURI, ""),
			textField("scopes", "Scopes", strings.Join(c.Scopes, " "), "Separated by blanks. Empty: what suits the provider."),
			textField("prompt", "Prompt", c.Prompt, "login, consent, select_account, none; or empty."),
			textField("login", "Login hint", c.LoginHint, "The account to sign in with."),
			textField("domain", "Domain hint", c.DomainHint, ""),
			choiceField("auth", "Client authentication", string(c.AuthMethod), "How the secret is sent to the token endpoint.", authMethods...),
			secretField("secret", "Client secret", "Empty: as before."),
			choiceField("device", "Sign-in", choose(c.Device, "device", ""), "With a code there is neither a redirect nor PKCE (the device flow, RFC 8628).", signIns...),
			choiceField("paste", "The answer comes", choose(c.Paste, "yes", ""), "Listening needs a redirect URI on this machine.",
				option{"", "to a listener here"}, option{"yes", "by paste"}),
		},
		check: checkSettings,
	}
	f.submit = func(m *Model, f *form) tea.Cmd {
		c := settingsFrom(f, m.visit.config)
		c.Edits = m.visit.reading.transcript.Config.Edits
		if err := c.Check(); err != nil {
			m.open(newMessage("This walk cannot start", err))
			return nil
		}
		m.shut()
		return m.startWalk(c)
	}
	m.open(f.start())
	return nil
}

func checkSettings(f *form, id, value string) string {
	switch id {
	case "verifier":
		if p := flow.VerifierProblem(value); value != "" && p != "" && f.get("bad") == "" {
			return "The verifier " + strings.TrimPrefix(p, "The verifier ") + ". Choose below to send it all the same."
		}
	case "length":
		if n, ok := atoi(value); value != "" && (!ok || n < flow.MinVerifierLength || n > flow.MaxVerifierLength) {
			return "A verifier has 43 to 128 characters (RFC 7636 section 4.1)."
		}
	case "redirect":
		return flow.RedirectProblem(value)
	}
	return ""
}

func settingsFrom(f *form, c flow.Config) flow.Config {
	c.Method = flow.Method(f.get("method"))
	c.Verifier = f.get("verifier")
	c.VerifierLength, _ = atoi(f.get("length"))
	c.AllowBadVerifier = f.get("bad") != ""
	c.ResponseMode = flow.ResponseMode(f.get("mode"))
	c.Platform = flow.Platform(f.get("platform"))
	c.RedirectURI = f.get("redirect")
	c.Scopes = strings.Fields(f.get("scopes"))
	c.Prompt, c.LoginHint, c.DomainHint = f.get("prompt"), f.get("login"), f.get("domain")
	c.AuthMethod = flow.AuthMethod(f.get("auth"))
	if s := f.get("secret"); s != "" {
		c.ClientSecret = s
	}
	c.Device = f.get("device") != ""
	c.Paste = f.get("paste") != ""
	return c
}

// expandHome understands ~/ at the start of a path, as a shell does.
func expandHome(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		if dir, err := os.UserHomeDir(); err == nil {
			return filepath.Join(dir, rest)
		}
	}
	return path
}
