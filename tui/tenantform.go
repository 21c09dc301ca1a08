package tui

import (
	"cmp"
	"os"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// newTenantForm asks for the person's own client. It begins with the provider,
// and says of each field where that provider's console keeps it.
func newTenantForm(m *Model, c flow.Config, name string) *form {
	secretHint := "It is never saved; the keyring or PKCESCOPE_CLIENT_SECRET is used when this is empty."
	if m.options.Secret != "" {
		secretHint = "Empty: the one in PKCESCOPE_CLIENT_SECRET is used."
	}
	given := c
	f := &form{
		title: "My tenant", action: "start", check: checkClient,
		fields: presetFields(c),
		note: func(f *form) string {
			if c, err := presetClient(f, flow.Config{}); err == nil && c.Issuer != "" {
				return "Issuer: " + c.Issuer
			}
			return ""
		},
		extra: func(m *Model, f *form, key string) (tea.Cmd, bool) {
			switch key {
			case "f2":
				m.open(newPresetSheet(f.get("preset")))
			case "f3":
				m.open(newImportForm())
			case "f4":
				m.platformsOfForm(f, given)
			case "ctrl+d":
				return m.examineTenant(f, given)
			default:
				return nil, false
			}
			return nil, true
		},
		extraFoot: func(*form) []string {
			return append(choose(m.options.Examine != nil, []string{"ctrl+d", "check"}, nil), "f2", "about", "f3", "paste", "f4", "platforms")
		},
	}
	console := func(x *field, setting, hint string) *field {
		x.help = func(f *form) string {
			p, _ := inspect.FindPreset(f.get("preset"))
			return strings.TrimSpace(p.Console[setting] + " " + hint)
		}
		x.named = func(f *form) string {
			p, _ := inspect.FindPreset(f.get("preset"))
			return cmp.Or(p.Names[setting], x.label)
		}
		return x
	}
	f.fields = append(f.fields,
		console(textField("client", "Client ID", c.ClientID, ""), "client_id", ""),
		console(choiceField("platform", "Platform", string(c.Platform), "", platforms...), "platform", "f4: the token request on each."),
		console(textField("redirect", "Redirect URI", choose(c.RedirectURI == "" && name == "", "http://localhost", c.RedirectURI), ""),
			"redirect_uri", "Exactly as registered. For http://localhost a free port is taken."),
		console(textField("scopes", "Scopes", strings.Join(c.Scopes, " "), ""), "scopes", "Separated by blanks. Empty: what suits the provider."),
		console(choiceField("method", "PKCE method", string(c.Method), "", methods...),
			"method", "How the challenge is made from the verifier. Omitted means plain; none is the flow without PKCE."),
		console(secretField("secret", "Client secret", ""), "client_secret", secretHint),
		console(authField(c), "auth_method", "How the client proves who it is at the token endpoint."),
		modeField(c),
	)
	f.fields = append(f.fields, extensionFields(c, "")...)
	f.fields = append(f.fields, textField("name", "Save as profile", name, "A name under which this is kept, without the secret. Empty: not kept."))
	f.submit = func(m *Model, f *form) tea.Cmd { return m.submitTenant(f, given) }
	return f.start()
}

// examineTenant looks at what the form holds before anybody signs in.
func (m *Model) examineTenant(f *form, given flow.Config) (tea.Cmd, bool) {
	if m.options.Examine == nil {
		return nil, false
	}
	if !f.right() {
		return nil, true
	}
	c, err := clientFrom(f, given)
	if err != nil {
		m.open(newMessage("This client cannot be looked at", err))
		return nil, true
	}
	return m.withKept(c, func(m *Model, c flow.Config, kept error) tea.Cmd {
		m.shut()
		return m.checkWithout(c, kept)
	}), true
}

// submitTenant keeps what the form holds, if it has a name, and walks it.
func (m *Model) submitTenant(f *form, given flow.Config) tea.Cmd {
	c, err := clientFrom(f, given)
	if err != nil {
		m.open(newMessage("This client cannot be walked", err))
		return nil
	}
	return m.withKept(c, (*Model).startTenant)
}

// startTenant is what the form does once the keyring was asked.
func (m *Model) startTenant(c flow.Config, kept error) tea.Cmd {
	if err := c.Check(); err != nil {
		if kept != nil && lacksSecret(c) {
			err = kept
		}
		m.open(newMessage("This client cannot be walked", err))
		return nil
	}
	if c.Name == "" || m.options.Profiles == nil {
		m.shut()
		return m.startWithout(c, kept)
	}
	path, err := m.options.Profiles.Save(c.Name, c)
	if err != nil {
		m.open(newMessage("The profile could not be saved", err))
		return nil
	}
	m.home.load(m.options.Profiles)
	m.shut()
	if kept != nil {
		return m.startWithout(c, kept)
	}
	return saying(m.startWalk(c), notice{"Profile saved in " + path + ".", toneGood})
}

// blankID is the field of a preset's blank.
func blankID(preset, blank string) string { return preset + " " + blank }

// presetFields are the choice of a provider, and the blanks of each, of which
// those of the chosen one are shown.
func presetFields(c flow.Config) []*field {
	of, filled, known := inspect.PresetOf(c)
	at := "entra"
	if known {
		at = of.ID
	}
	var names []option
	for _, p := range inspect.Presets() {
		names = append(names, option{p.ID, p.Name})
	}
	provider := choiceField("preset", "Provider", at, "", names...).oneAtATime()
	fields := []*field{provider}
	for _, p := range inspect.Presets() {
		for _, b := range p.Blanks {
			value := b.Default
			if known && p.ID == at {
				value = filled[b.ID]
			}
			x := textField(blankID(p.ID, b.ID), b.Label, value, strings.TrimSpace(b.Hint+choose(b.Example == "", "", " For example "+b.Example+".")))
			if strings.Contains(b.Hint, b.Example) {
				x.hint = b.Hint
			}
			if len(b.Choices) > 0 {
				var words []option
				for _, w := range b.Choices {
					words = append(words, option{w.Word, w.Label})
				}
				x = choiceField(x.id, b.Label, value, b.Hint, words...)
			}
			x.only = func(f *form) bool { return f.get("preset") == p.ID }
			fields = append(fields, x)
		}
	}
	provider.help = func(f *form) string {
		p, _ := inspect.FindPreset(f.get("preset"))
		return p.About + " ←→ for another."
	}
	return fields
}

// presetClient puts the chosen provider into a configuration.
func presetClient(f *form, c flow.Config) (flow.Config, error) {
	p, err := inspect.FindPreset(f.get("preset"))
	if err != nil {
		return c, err
	}
	filled := map[string]string{}
	for _, b := range p.Blanks {
		filled[b.ID] = f.get(blankID(p.ID, b.ID))
	}
	return p.Apply(c, filled)
}

// checkClient says what is wrong with a field of the tenant form.
func checkClient(f *form, id, value string) string {
	client, err := presetClient(f, flow.Config{})
	if preset, blank, ok := strings.Cut(id, " "); ok && err != nil {
		p, _ := inspect.FindPreset(preset)
		b, _ := p.Blank(blank)
		if _, err := p.Read(b, value); err != nil {
			return blankProblem(b, err)
		}
		return ""
	}
	switch id {
	case "client":
		return flow.ClientIDProblem(client.Issuer, value)
	case "redirect":
		return flow.RedirectProblem(value)
	case "secret":
		return flow.SecretProblem(client.Issuer, value)
	case "name":
		if strings.ContainsAny(value, "/\\\x00") {
			return "A profile's name holds no slashes."
		}
	}
	return checkExtension(f, id, value)
}

// blankProblem says what is wrong with a blank of a preset: what it holds is
// in its hint, and NAME=VALUE is how the command line says it.
func blankProblem(b inspect.Blank, err error) string {
	text := explainError(err)
	if e, ok := asFlowError(err); ok && b.Example != "" {
		text = e.What + choose(e.Why == "", "", " "+e.Why) + choose(strings.Contains(e.Why, b.Example), "", " For example "+b.Example+".")
	}
	return text
}

// clientFrom puts what the form holds into a configuration.
func clientFrom(f *form, c flow.Config) (flow.Config, error) {
	return presetClient(f, clientSettings(f, c))
}

// clientSettings puts what the form holds into a configuration, save for the
// provider.
func clientSettings(f *form, c flow.Config) flow.Config {
	c.Name = f.get("name")
	c.ClientID = f.get("client")
	c.Platform = flow.Platform(f.get("platform"))
	c.RedirectURI = f.get("redirect")
	c.Scopes = strings.Fields(f.get("scopes"))
	c.Method = flow.Method(f.get("method"))
	c.ClientSecret = f.get("secret")
	c.AuthMethod = flow.AuthMethod(f.get("auth"))
	return extensionsFrom(f, c)
}

// newPresetSheet explains a provider: where its console keeps each setting, and
// in what it differs.
func newPresetSheet(id string) *message {
	p, err := inspect.FindPreset(id)
	if err != nil {
		return newMessage("Providers", err)
	}
	d := &message{title: p.Name, lines: []line{prose(toneStrong, 0, p.About)}}
	settings := []struct{ id, label string }{
		{"issuer", "Issuer"},
		{"client_id", "Client ID"},
		{"client_secret", "Client secret"},
		{"key_file", "Key or certificate"},
		{"auth_method", "Client authentication"},
		{"redirect_uri", "Redirect URI"},
		{"platform", "Platform"},
		{"method", "PKCE"},
		{"scopes", "Scopes"},
		{"users", "Who may sign in"},
	}
	if len(p.Console) > 0 {
		d.lines = append(d.lines, line{}, plain(toneTitle, "In its console"))
	}
	for _, s := range settings {
		if text := p.Console[s.id]; text != "" {
			d.lines = append(d.lines, line{spans: []span{{"  " + cmp.Or(p.Names[s.id], s.label) + "  ", toneName}, {text, toneText}}, hang: 4, prose: true})
		}
	}
	if len(p.Quirks) > 0 {
		d.lines = append(d.lines, line{}, plain(toneTitle, "What is different there"))
	}
	for _, q := range p.Quirks {
		d.lines = append(d.lines, line{spans: []span{{"  ▲ ", toneWarn}, {q, toneText}}, hang: 4, prose: true})
	}
	d.lines = append(d.lines, line{}, plain(toneTitle, "Read more"))
	for _, r := range p.Refs {
		d.lines = append(d.lines, plain(toneText, "  "+r.Text), line{spans: []span{{"    ", toneText}, {r.URL, toneLink}}, hang: 4, link: r.URL})
	}
	return d
}

// importForm takes a client that the person has in another form. What is
// pasted is read whole, lines and all.
type importForm struct{ *form }

func newImportForm() *importForm {
	f := &form{
		title: "Paste a client", action: "read",
		intro:  "An authorize URL, a Postman collection or environment, an appsettings.json, or the lines of a .env file. A secret in it is not taken.",
		fields: []*field{textField("text", "Paste it here", "", "Or the path of a file, after @: for example @appsettings.json.")},
		check: func(_ *form, _, value string) string {
			return choose(value == "", "Paste it, with your terminal's own key for that.", "")
		},
		submit: func(m *Model, f *form) tea.Cmd { return m.importText(f.get("text")) },
	}
	return &importForm{f.start()}
}

func (d *importForm) update(m *Model, msg tea.Msg) tea.Cmd {
	// The field would make one line of it.
	if p, ok := msg.(tea.PasteMsg); ok && strings.ContainsAny(strings.TrimSpace(p.Content), "\r\n{") {
		return m.importText(p.Content)
	}
	return d.form.update(m, msg)
}

// importText reads a client from a text, or from a file that it names.
func (m *Model) importText(text string) tea.Cmd {
	if path, ok := strings.CutPrefix(strings.TrimSpace(text), "@"); ok {
		return readImport(expandHome(path))
	}
	m.imported(text)
	return nil
}

// imported opens the tenant form with the client that a text describes.
func (m *Model) imported(text string) {
	in, err := inspect.ImportClient(text)
	if err != nil {
		m.open(newMessage("No client was read", err))
		return
	}
	m.shut() // the import
	m.shut() // the form it was asked from
	m.open(newTenantForm(m, in.Config, ""))
	d := &message{title: "Read from " + in.From, lines: []line{prose(toneText, 0, "Look it over, then start it with enter, or give it a name to keep it.")}}
	for _, n := range in.Notes {
		d.lines = append(d.lines, line{spans: []span{{"● ", toneFaint}, {inspect.Clean(n), toneText}}, hang: 2, prose: true})
	}
	for _, s := range in.Secrets {
		d.lines = append(d.lines, line{spans: []span{
			{"▲ ", toneWarn}, {"It holds a secret, " + inspect.Clean(s.What) + " (" + inspect.Clean(s.Where) + "), which was not taken.", toneText},
		}, hang: 2, prose: true})
	}
	if len(in.Secrets) > 0 {
		d.lines = append(d.lines, prose(toneText, 0, "Type a client secret into its field, or keep it in the system's keyring: pkcescope profile secret NAME."))
	}
	if len(d.lines) > 1 {
		d.lines = slices.Insert(d.lines, 1, line{})
	}
	m.open(d)
}

// importMsg brings the text of a file to read a client from.
type importMsg struct {
	text string
	err  error
}

// readImport reads a file for [Model.imported].
func readImport(path string) tea.Cmd {
	return func() tea.Msg {
		text, err := os.ReadFile(path)
		if err != nil {
			err = noFile(path, err)
		}
		return importMsg{string(text), err}
	}
}

func (m *Model) onImport(msg importMsg) tea.Cmd {
	if msg.err != nil {
		m.open(newMessage("The file could not be read", msg.err))
		return nil
	}
	m.imported(msg.text)
	return nil
}
