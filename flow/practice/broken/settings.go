package broken

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/practice"
)

// Setting is something that the learner can look at and change: in the client,
// in the app registration, or in the tenant.
type Setting struct {
	Name string // "registration.native"
	// Label is the setting's name in the Entra portal, or in the client.
	Label string
	// Value is the present value; lists have one entry on each line.
	Value string
	// List says that the value has any number of entries, one on each line.
	List bool
	// Choices are the only values that can be set, if there are any; of a list,
	// its only entries.
	Choices []string
	// New is the value that adds an entry which the portal makes, where
	// entries cannot be written.
	New string
	// Locked says why this lab does not let it be changed; empty if it does.
	Locked string
}

// NewSecret is the value that makes the setting "registration.secrets" add a
// client secret, as the portal's button does. Its value is then listed.
const NewSecret = "new"

// NewestSecret stands, as the value of any setting, for the value of the
// client secret that was added last, so that it need not be copied out of the
// list.
const NewestSecret = "{new secret}"

// Two lists that are not written entry by entry.
const (
	secretsSetting  = "registration.secrets"
	policiesSetting = "tenant.conditional_access"
)

// setting is how one is read and written. Of the two kinds only one is set.
type setting struct {
	name, label string
	choices     []string
	list        bool
	client      func(*Client) (get func() string, set func(string) error)
	app         func(*practice.Registration) (get func() string, set func(string) error)
	tenant      func(*practice.Circumstances) (get func() string, set func(string) error)
}

var (
	yesNo      = []string{"yes", "no"}
	audiences  = []string{string(practice.MyOrg), string(practice.MultipleOrgs), string(practice.Everyone), string(practice.PersonalOnly)}
	platforms  = []string{string(flow.PlatformWeb), string(flow.PlatformSPA), string(flow.PlatformNative)}
	methods    = []string{string(flow.MethodS256), string(flow.MethodPlain), string(flow.MethodOmitted), string(flow.MethodNone)}
	tokenKinds = []string{"1", "2"}
)

var settings = []setting{
	{name: "client.authority", label: "Tenant in the addresses", client: func(c *Client) (func() string, func(string) error) { return text(&c.Authority) }},
	{name: "client.platform", label: "Kind of app", choices: platforms, client: func(c *Client) (func() string, func(string) error) { return text(&c.Platform) }},
	{name: "client.redirect_uri", label: "Redirect URI", client: func(c *Client) (func() string, func(string) error) { return text(&c.RedirectURI) }},
	{name: "client.secret", label: "Client secret", client: func(c *Client) (func() string, func(string) error) { return text(&c.Secret) }},
	{name: "client.scopes", label: "Scopes", client: func(c *Client) (func() string, func(string) error) { return text(&c.Scopes) }},
	{name: "client.method", label: "PKCE method", choices: methods, client: func(c *Client) (func() string, func(string) error) { return text(&c.Method) }},
	{name: "client.prompt", label: "prompt", client: func(c *Client) (func() string, func(string) error) { return text(&c.Prompt) }},
	{name: "client.edits", label: "What the app does differently", list: true, client: func(c *Client) (func() string, func(string) error) { return lines(&c.Edits) }},
	{name: "client.clock", label: "The app's clock is ahead by", client: clock},
	{name: "client.token_requests", label: "Token requests sent", client: func(c *Client) (func() string, func(string) error) { return number(&c.TokenRequests) }},

	{name: "registration.supported_accounts", label: "Supported account types", choices: audiences, app: func(r *practice.Registration) (func() string, func(string) error) {
		return text(&r.SupportedAccounts)
	}},
	{name: "registration.web", label: "Web: Redirect URIs", list: true, app: func(r *practice.Registration) (func() string, func(string) error) { return lines(&r.Web) }},
	{name: "registration.spa", label: "Single-page application: Redirect URIs", list: true, app: func(r *practice.Registration) (func() string, func(string) error) { return lines(&r.SPA) }},
	{name: "registration.native", label: "Mobile and desktop applications: Redirect URIs", list: true, app: func(r *practice.Registration) (func() string, func(string) error) { return lines(&r.Native) }},
	{name: "registration.allow_public_client_flows", label: "Allow public client flows", choices: yesNo, app: func(r *practice.Registration) (func() string, func(string) error) {
		return truth(&r.AllowPublicClientFlows)
	}},
	{name: "registration.implicit_id_tokens", label: "ID tokens (used for implicit and hybrid flows)", choices: yesNo, app: func(r *practice.Registration) (func() string, func(string) error) {
		return truth(&r.ImplicitIDTokens)
	}},
	{name: secretsSetting, label: "Certificates & secrets: Client secrets", list: true, app: secrets},
	{name: "registration.permissions", label: "API permissions: Microsoft Graph, delegated", list: true, app: permissions},
	{name: "registration.admin_consent", label: "Grant admin consent", choices: yesNo, app: func(r *practice.Registration) (func() string, func(string) error) { return truth(&r.AdminConsent) }},
	{name: "registration.assignment_required", label: "Enterprise application: Assignment required?", choices: yesNo, app: func(r *practice.Registration) (func() string, func(string) error) {
		return truth(&r.AssignmentRequired)
	}},
	{name: "registration.assigned", label: "Enterprise application: Users and groups", list: true, app: func(r *practice.Registration) (func() string, func(string) error) { return lines(&r.Assigned) }},
	{name: "registration.access_token_accepted_version", label: "Manifest: requestedAccessTokenVersion", choices: tokenKinds, app: func(r *practice.Registration) (func() string, func(string) error) {
		return number(&r.AccessTokenAcceptedVersion)
	}},
	{name: "registration.disabled", label: "Enterprise application: disabled", choices: yesNo, app: func(r *practice.Registration) (func() string, func(string) error) { return truth(&r.Disabled) }},

	{name: "tenant.user_consent_disabled", label: "Consent and permissions: Do not allow user consent", choices: yesNo, tenant: func(c *practice.Circumstances) (func() string, func(string) error) {
		return truth(&c.UserConsentDisabled)
	}},
	{name: policiesSetting, label: "Conditional Access: policies that are on", list: true, tenant: policies},
}

// Settings returns what can be changed, with its present values.
func (s *Session) Settings() []Setting {
	tenant := s.server.Tenant()
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Setting, 0, len(settings))
	for _, def := range settings {
		client := s.client
		get, _ := def.bind(&client, &tenant.Registrations[0], &tenant.Circumstances)
		x := Setting{Name: def.name, Label: def.label, Value: get(), List: def.list, Choices: def.choices, Locked: s.Lab.Locked[def.name]}
		switch def.name {
		case secretsSetting:
			x.New = NewSecret
		case policiesSetting:
			x.Choices = nil
			for _, p := range s.Lab.Circumstances.ConditionalAccess {
				x.Choices = append(x.Choices, p.Name)
			}
		}
		out = append(out, x)
	}
	return out
}

// Set changes one setting, as the portal or the app's own configuration would:
// what the portal would not save is refused, with the reason. [NewSecret] and
// [NewestSecret] are values that stand for something.
func (s *Session) Set(name, value string) error {
	i := slices.IndexFunc(settings, func(d setting) bool { return d.name == name })
	if i < 0 {
		return refuse("There is no setting "+strconv.Quote(name)+".", "", "Look at the list of settings.")
	}
	def := settings[i]
	if value == NewestSecret {
		all := s.server.Tenant().Registrations[0].Secrets
		if len(all) == 0 {
			return refuse("The registration has no client secret.", "", fmt.Sprintf("Set registration.secrets to %q first.", NewSecret))
		}
		value = all[len(all)-1].Value
	}
	if why := s.Lab.Locked[name]; why != "" {
		return refuse(def.label+" cannot be changed in this lab.", why, "Look for the cause elsewhere.")
	}
	if len(def.choices) > 0 && !slices.Contains(def.choices, value) {
		return refuse(fmt.Sprintf("%q is no value of %s.", value, def.label), "", "Use one of "+strings.Join(def.choices, ", ")+".")
	}
	if def.client != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		next := s.client
		next.Edits = slices.Clone(next.Edits)
		_, set := def.client(&next)
		if err := set(value); err != nil {
			return refuse(fmt.Sprintf("%s cannot be %q.", def.label, value), err.Error(), "Correct the value.")
		}
		s.client = next
		return nil
	}
	var problem error
	err := s.server.Update(func(t *practice.Tenant) {
		if name == policiesSetting { // one that was switched off can be put back
			t.Circumstances.ConditionalAccess = slices.Clone(s.Lab.Circumstances.ConditionalAccess)
		}
		_, set := def.bind(nil, &t.Registrations[0], &t.Circumstances)
		problem = set(value)
	})
	if problem != nil {
		err = problem
	}
	if err != nil {
		return refuse("The portal does not save this.", err.Error(), "Correct the value.")
	}
	return nil
}

func refuse(what, why, try string) error {
	return &flow.Error{Kind: flow.KindRefused, What: what, Why: why, Try: try}
}

func (d setting) bind(c *Client, r *practice.Registration, t *practice.Circumstances) (func() string, func(string) error) {
	switch {
	case d.client != nil:
		return d.client(c)
	case d.app != nil:
		return d.app(r)
	}
	return d.tenant(t)
}

func text[T ~string](v *T) (func() string, func(string) error) {
	return func() string { return string(*v) }, func(s string) error {
		*v = T(strings.TrimSpace(s))
		return nil
	}
}

func lines(v *[]string) (func() string, func(string) error) {
	return func() string { return strings.Join(*v, "\n") }, func(s string) error {
		*v = nil
		for line := range strings.Lines(s) {
			if line = strings.TrimSpace(line); line != "" {
				*v = append(*v, line)
			}
		}
		return nil
	}
}

func truth(v *bool) (func() string, func(string) error) {
	return func() string {
			if *v {
				return "yes"
			}
			return "no"
		}, func(s string) error {
			*v = s == "yes"
			return nil
		}
}

func number(v *int) (func() string, func(string) error) {
	return func() string { return strconv.Itoa(max(1, *v)) }, func(s string) error {
		n, err := strconv.Atoi(strings.TrimSpace(s))
		if err != nil || n < 1 || n > 5 {
			return fmt.Errorf("%q is not a number from 1 to 5", s)
		}
		*v = n
		return nil
	}
}

// clock is how far the app's clock is ahead.
func clock(c *Client) (func() string, func(string) error) {
	return func() string {
			if c.Clock == "" {
				return "0s"
			}
			return c.Clock
		}, func(s string) error {
			if _, err := time.ParseDuration(strings.TrimSpace(s)); err != nil {
				return fmt.Errorf("%q is no time span such as 0s, 90m or -2h", s)
			}
			c.Clock = strings.TrimSpace(s)
			return nil
		}
}

// secrets lists the client secrets as the portal does, and adds one.
func secrets(r *practice.Registration) (func() string, func(string) error) {
	return func() string {
			var out []string
			for _, s := range r.Secrets {
				out = append(out, fmt.Sprintf("value %s  id %s  expires %s", s.Value, s.ID, s.Expires.Format(time.DateOnly)))
			}
			return strings.Join(out, "\n")
		}, func(s string) error {
			if s != NewSecret {
				return fmt.Errorf("a secret's value is made by the portal; set %q to add one", NewSecret)
			}
			r.Secrets = append(r.Secrets, practice.Secret{
				ID: guid(), Description: "added in the lab", Value: "Prac~" + rand.Text() + rand.Text()[:9],
				Expires: time.Now().AddDate(0, 6, 0),
			})
			return nil
		}
}

func guid() string {
	h := fmt.Sprintf("%x", rand.Text())
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-8" + h[17:20] + "-" + h[20:32]
}

// graphID is Microsoft Graph's application id.
const graphID = "00000003-0000-0000-c000-000000000000"

// permissions are the configured ones for Microsoft Graph.
func permissions(r *practice.Registration) (func() string, func(string) error) {
	i := slices.IndexFunc(r.Permissions, func(p practice.Permission) bool { return p.Resource == graphID })
	return func() string {
			if i < 0 {
				return ""
			}
			return strings.Join(r.Permissions[i].Scopes, "\n")
		}, func(s string) error {
			scopes := strings.Fields(s)
			if i < 0 {
				r.Permissions = append(r.Permissions, practice.Permission{Resource: graphID, Scopes: scopes})
				return nil
			}
			r.Permissions[i].Scopes = scopes
			return nil
		}
}

// policies are the names of the Conditional Access policies that are on, of
// those that the lab has.
func policies(c *practice.Circumstances) (func() string, func(string) error) {
	return func() string {
			var out []string
			for _, p := range c.ConditionalAccess {
				out = append(out, p.Name)
			}
			return strings.Join(out, "\n")
		}, func(s string) error {
			keep := map[string]bool{}
			for line := range strings.Lines(s) {
				keep[strings.TrimSpace(line)] = true
			}
			for name := range keep {
				if name != "" && !slices.ContainsFunc(c.ConditionalAccess, func(p practice.Policy) bool { return p.Name == name }) {
					return fmt.Errorf("this tenant has no policy %q", name)
				}
			}
			c.ConditionalAccess = slices.DeleteFunc(c.ConditionalAccess, func(p practice.Policy) bool { return !keep[p.Name] })
			return nil
		}
}
