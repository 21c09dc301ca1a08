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
		{"", "by the secret, if there is one"},
		{string(flow.AuthNone), "none"},
		{string(flow.AuthPost), "secret in the body"},
		{string(flow.AuthBasic), "secret in the header (Basic)"},
		{string(flow.AuthSecretJWT), "JWT signed with the secret"},
		{string(flow.AuthKeyJWT), "JWT signed with a key"},
		{string(flow.AuthTLS), "TLS certificate"},
		{string(flow.AuthSelfSignedTLS), "self-signed TLS certificate"},
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
		{string(flow.ModeJWT), "jwt (signed)"},
		{string(flow.ModeQueryJWT), "query.jwt (signed)"},
		{string(flow.ModeFragmentJWT), "fragment.jwt (signed)"},
		{string(flow.ModeFormPostJWT), "form_post.jwt (signed)"},
	}
)

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
			modeField(c),
			choiceField("platform", "Platform", string(c.Platform), "What kind of client the registration says it is.", platforms...),
			textField("redirect", "Redirect URI", c.RedirectURI, ""),
			textField("scopes", "Scopes", strings.Join(c.Scopes, " "), "Separated by blanks. Empty: what suits the provider."),
			textField("prompt", "Prompt", c.Prompt, "login, consent, select_account, none; or empty."),
			textField("login", "Login hint", c.LoginHint, "The account to sign in with."),
			textField("domain", "Domain hint", c.DomainHint, ""),
			authField(c),
			secretField("secret", "Client secret", "Empty: as before."),
			choiceField("device", "Sign-in", choose(c.Device, "device", ""), "With a code there is neither a redirect nor PKCE (the device flow, RFC 8628).", signIns...),
			choiceField("paste", "The answer comes", choose(c.Paste, "yes", ""), "Listening needs a redirect URI on this machine.",
				option{"", "to a listener here"}, option{"yes", "by paste"}),
		},
		check: checkSettings,
	}
	f.fields = append(f.fields, extensionFields(c, idToken(m.visit.reading.transcript))...)
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

// idToken is the last ID token that a walk brought, or "".
func idToken(t flow.Transcript) string {
	token := ""
	for _, id := range []flow.StepID{flow.StepToken, flow.StepRefresh} {
		if v, ok := t.Step(id).Value("id_token"); ok {
			token = v
		}
	}
	return token
}

// authField and modeField are choices of so many that one is shown at a time.
func authField(c flow.Config) *field {
	return choiceField("auth", "Client authentication", string(c.AuthMethod), "How the client proves who it is at the token endpoint.", authMethods...).oneAtATime()
}

func modeField(c flow.Config) *field {
	return choiceField("mode", "Response mode", string(c.ResponseMode), "How the answer travels back to the app. A signed one is a JWT (JARM).", responseModes...).oneAtATime()
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
	return checkExtension(f, id, value)
}

func settingsFrom(f *form, c flow.Config) flow.Config {
	c.Method = flow.Method(f.get("method"))
	c.Verifier = f.get("verifier")
	c.VerifierLength, _ = atoi(f.get("length"))
	c.AllowBadVerifier = f.get("bad") != ""
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
	return extensionsFrom(f, c)
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
