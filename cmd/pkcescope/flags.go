package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// secretEnv names the environment variable that holds the client secret. There
// is no flag for it: arguments are seen by every process of the machine and
// stay in the shell's history.
const secretEnv = "PKCESCOPE_CLIENT_SECRET"

// clientFlags say which client walks against which provider. The root command
// and run share them.
type clientFlags struct {
	set *pflag.FlagSet

	profile        string
	preset         presetFlags
	issuer         string
	clientID       string
	scopes         []string
	redirectURI    string
	platform       flow.Platform
	auth           flow.AuthMethod
	key            keyFlags
	origin         string
	method         flow.Method
	verifierLength int
	responseMode   flow.ResponseMode
	prompt         string
	loginHint      string
	domainHint     string
	paste          bool
	userinfo       bool
	refresh        bool
	browser        string
	private        bool
	qr             bool
	extensions     extensionFlags
	edits          []string
	unsets         []string

	// examines: the command is about the client as its profile has it. A secret
	// that is missing is a finding, and nothing to ask for.
	examines bool
}

// addClientFlags gives cmd the flags.
func addClientFlags(cmd *cobra.Command) *clientFlags {
	f := &clientFlags{set: cmd.Flags()}
	s := f.set
	s.SortFlags = false
	s.StringVar(&f.profile, "profile", "", "the saved profile `NAME` to take the client from")
	f.preset.add(s)
	s.StringVar(&f.issuer, "issuer", "", "the provider's issuer `URL`, or an Entra tenant (its id or domain); the metadata is discovered")
	s.StringVar(&f.clientID, "client-id", "", "the client `ID` (Entra: Application (client) ID)")
	s.StringArrayVar(&f.scopes, "scope", nil, "the `SCOPES` to ask for, separated by spaces; may be repeated")
	s.StringVar(&f.redirectURI, "redirect-uri", "", "the registered redirect `URI`")
	s.Var(&choice[flow.Platform]{&f.platform, platforms},
		"platform", "the kind of client, as in the Entra portal; it sets Origin and client authentication together")
	s.Var(&choice[flow.AuthMethod]{&f.auth, authMethods},
		"auth", "how the client authenticates; its secret comes from "+secretEnv+", the system's keyring or a prompt")
	f.key.add(s)
	s.StringVar(&f.origin, "origin", "", "the `ORIGIN` header of the token requests, or none (default: what the platform's client sends)")
	s.Var(&choice[flow.Method]{&f.method, methods},
		"method", "the code challenge method; omitted sends a challenge without naming one")
	s.IntVar(&f.verifierLength, "verifier-length", 0, "the `LENGTH` of the code verifier, 43 to 128")
	s.Var(&choice[flow.ResponseMode]{&f.responseMode, responseModes},
		"response-mode", "how the authorization response travels")
	s.StringVar(&f.prompt, "prompt", "", "the `PROMPT` to ask for: login, consent, select_account or none")
	s.StringVar(&f.loginHint, "login-hint", "", "the `USER` who will sign in")
	s.StringVar(&f.domainHint, "domain-hint", "", "the `DOMAIN` of the user (Entra)")
	s.StringArrayVar(&f.edits, "set", nil, "set `STEP.NAME=VALUE` in a request before it is sent; - asks for the value, env:NAME reads it")
	s.StringArrayVar(&f.unsets, "unset", nil, "leave the value `STEP.NAME` out of its request")
	s.StringVar(&f.browser, "browser", "", "who opens the authorize URL: `auto|none|practice|CMD` (default auto, and practice at the practice tenant)")
	s.BoolVar(&f.private, "private", false, "open a private window, where the browser offers one")
	s.BoolVar(&f.qr, "qr", false, "also print the URL as a QR code, where no browser is opened; on the screen Q does")
	f.extensions.add(s)
	s.BoolVar(&f.paste, "paste", false, "do not listen for the callback: paste the redirect URL")
	s.BoolVar(&f.userinfo, "userinfo", false, "also ask the UserInfo endpoint who signed in")
	s.BoolVar(&f.refresh, "refresh", false, "also redeem the refresh token")
	return f
}

// practice says whether the flags leave the provider open, which means the
// practice tenant.
func (f *clientFlags) practice() bool {
	return f.profile == "" && f.issuer == "" && f.preset.name == ""
}

// touched says whether any of the flags was given, others than those named.
func (f *clientFlags) touched(others ...string) bool {
	given := false
	f.set.Visit(func(flag *pflag.Flag) { given = given || !slices.Contains(others, flag.Name) })
	return given
}

// start returns the client that the flags begin with: a profile's, the first
// of the practice tenant with the browser that plays there, or an empty one.
func (f *clientFlags) start(t *tenant) (flow.Config, flow.Browser, error) {
	switch {
	case f.practice():
		return t.startAs(f.clientID)
	case f.profile == "":
		return flow.Config{}, nil, nil
	}
	file, err := openProfiles()
	if err != nil {
		return flow.Config{}, nil, err
	}
	c, err := file.Load(f.profile)
	return c, nil, err
}

// config returns the client that the flags describe, on top of base. It reads
// secrets, and so may ask the person.
func (f *clientFlags) config(ctx context.Context, base flow.Config, in *input) (flow.Config, error) {
	c, err := f.described(base)
	if err != nil {
		return flow.Config{}, err
	}
	if err := f.extensions.readHint(ctx, f.set, &c, in); err != nil {
		return flow.Config{}, err
	}
	edits, err := f.edited(ctx, in)
	if err != nil {
		return flow.Config{}, err
	}
	c.Edits = append(c.Edits, edits...)
	if err := f.authenticate(ctx, &c, in); err != nil {
		return flow.Config{}, err
	}
	// What is easily confused when it is copied from the portal is told, and
	// sent all the same: the provider's answer is worth seeing.
	for _, problem := range []string{
		flow.ClientIDProblem(c.Issuer, c.ClientID), flow.SecretProblem(c.Issuer, c.ClientSecret),
	} {
		if problem != "" {
			fmt.Fprintln(in.stderr, "note:", inspect.Clean(problem))
		}
	}
	return c, nil
}

// described is as much of the client as holds no secret and asks for nothing:
// what a profile keeps.
func (f *clientFlags) described(base flow.Config) (flow.Config, error) {
	c := base
	override(f.set, "client-id", &c.ClientID, f.clientID)
	if f.set.Changed("platform") && f.platform != c.Platform {
		c = c.On(f.platform)
	}
	override(f.set, "redirect-uri", &c.RedirectURI, f.redirectURI)
	override(f.set, "auth", &c.AuthMethod, f.auth)
	override(f.set, "origin", &c.Origin, f.origin)
	f.key.override(f.set, &c.Credential)
	override(f.set, "method", &c.Method, f.method)
	override(f.set, "verifier-length", &c.VerifierLength, f.verifierLength)
	override(f.set, "response-mode", &c.ResponseMode, f.responseMode)
	override(f.set, "prompt", &c.Prompt, f.prompt)
	override(f.set, "login-hint", &c.LoginHint, f.loginHint)
	override(f.set, "domain-hint", &c.DomainHint, f.domainHint)
	override(f.set, "paste", &c.Paste, f.paste)
	override(f.set, "userinfo", &c.UserInfo, f.userinfo)
	override(f.set, "refresh", &c.Refresh, f.refresh)
	if f.set.Changed("scope") {
		c.Scopes = strings.Fields(strings.Join(f.scopes, " "))
	}
	c, err := f.preset.apply(c, f.issuer)
	if err != nil {
		return flow.Config{}, err
	}
	if f.issuer != "" {
		issuer, err := flow.IssuerFrom(f.issuer)
		if err != nil {
			return flow.Config{}, asUsage(err)
		}
		if issuer != base.Issuer {
			// Another issuer has other endpoints than the profile's.
			c.Issuer, c.Provider = issuer, flow.Provider{}
		}
	}
	if c.ClientID == "" {
		return flow.Config{}, wrongUsage("Give --client-id ID, or a --profile that has one.", "There is no client id.")
	}
	return c, f.extensions.apply(f.set, &c)
}

// override replaces a value of the configuration by a flag's, if it was given.
func override[T any](set *pflag.FlagSet, name string, to *T, value T) {
	if set.Changed(name) {
		*to = value
	}
}

// edited reads --set and --unset.
func (f *clientFlags) edited(ctx context.Context, in *input) ([]flow.Edit, error) {
	var edits []flow.Edit
	for _, text := range f.edits {
		e, err := flow.ParseEdit(text, false)
		if err != nil {
			return nil, asUsage(err)
		}
		given := e.Value
		if e.Value, err = in.resolve(ctx, given, fmt.Sprintf("%s.%s", e.Step, e.Name)); err != nil {
			return nil, err
		}
		if given == e.Value && given != "" && longLived(e.Name) {
			return nil, wrongUsage(
				fmt.Sprintf("Write --set %s.%s=- to be asked for it, or =env:NAME to take it from the environment.", e.Step, e.Name),
				"%s is a secret, and an argument is seen by every process and kept in the shell's history.", e.Name)
		}
		edits = append(edits, e)
	}
	for _, text := range f.unsets {
		e, err := flow.ParseEdit(text, true)
		if err != nil {
			return nil, asUsage(err)
		}
		edits = append(edits, e)
	}
	return edits, nil
}

// longLived says whether a value of that name is a secret that outlives this
// run. The code and the verifier do not: they are good for one request, and a
// wrong one on purpose is what --set is for.
func longLived(name string) bool {
	switch strings.ToLower(name) {
	case "client_secret", "client_assertion", "id_token_hint", "refresh_token", "password",
		"header.authorization", "header.cookie":
		return true
	}
	return false
}

// authenticate finds the client's secret, or the password of its key, where
// the client has to have one.
func (f *clientFlags) authenticate(ctx context.Context, c *flow.Config, in *input) error {
	if err := f.key.open(ctx, &c.Credential, in); err != nil {
		return err
	}
	if c.AuthMethod == flow.AuthNone || c.AuthMethod.NeedsKey() || c.ClientSecret != "" {
		return nil
	}
	if c.ClientSecret = os.Getenv(secretEnv); c.ClientSecret != "" {
		return nil
	}
	if f.profile != "" && c.TakesSecret() {
		late := time.AfterFunc(2*time.Second, func() {
			fmt.Fprintf(in.stderr, "Asking the system's keyring for the secret of %s. It may want to be unlocked; Ctrl-C stops.\n", inspect.Clean(f.profile))
		})
		kept, err := keptSecret(ctx, f.profile)
		late.Stop()
		if failed, ok := errors.AsType[*flow.Error](err); ok {
			// What else there may be a secret from is below.
			fmt.Fprintln(in.stderr, "note:", inspect.Clean(failed.What+" "+failed.Why))
		} else if err != nil {
			return err
		}
		if c.ClientSecret = kept; kept != "" {
			return nil
		}
	}
	if c.AuthMethod == "" {
		// Only a platform that somebody named, in a flag or a profile, is worth
		// a question.
		named := f.set.Changed("platform") || c.Platform != "" && !f.examines
		if !named || !c.DefaultAuth().NeedsSecret() {
			return nil
		}
		c.AuthMethod = c.DefaultAuth()
	}
	for _, e := range c.Edits {
		if e.Step == flow.StepToken && e.Name == "client_secret" {
			c.ClientSecret = e.Value
		}
	}
	if c.ClientSecret != "" {
		return nil
	}
	if in.terminal == nil {
		return wrongUsage("Set "+secretEnv+", keep it with pkcescope profile secret, or give --auth none to send none.",
			"The client authenticates by %s, and there is no client secret.", c.AuthMethod)
	}
	secret, err := in.secret(ctx, "client secret")
	c.ClientSecret = secret
	return err
}

// asUsage turns the engine's refusal of a value into wrong usage.
func asUsage(err error) error {
	if refused, ok := errors.AsType[*flow.Error](err); ok {
		return &usageError{what: strings.TrimSpace(refused.What + " " + refused.Why), try: refused.Try}
	}
	return &usageError{what: err.Error()}
}

// The words that flags and profiles take.
var (
	platforms     = flow.Platforms()
	authMethods   = flow.AuthMethods()
	methods       = []flow.Method{flow.MethodS256, flow.MethodPlain, flow.MethodNone, flow.MethodOmitted}
	responseModes = flow.ResponseModes()
)

// known says what a word may be if it is not one of words. Empty means the
// default.
func known[T ~string](word T, words []T) error {
	if word == "" || slices.Contains(words, word) {
		return nil
	}
	return fmt.Errorf("%q is not one of %s", word, list(words, ", "))
}

func list[T ~string](words []T, separator string) string {
	return strings.Join(texts(words), separator)
}

func texts[T ~string](words []T) []string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = string(w)
	}
	return texts
}

// choice is a flag that takes one of a few words.
type choice[T ~string] struct {
	to    *T
	words []T
}

func (c *choice[T]) String() string { return string(*c.to) }

// Type is what the help shows in place of the value.
func (c *choice[T]) Type() string { return list(c.words, "|") }

func (c *choice[T]) Set(s string) error {
	*c.to = T(s)
	if s == "" {
		return fmt.Errorf("it takes %s", list(c.words, ", "))
	}
	return known(T(s), c.words)
}
