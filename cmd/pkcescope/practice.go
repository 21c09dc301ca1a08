package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/practice"
	"github.com/pkcescope/pkcescope/inspect"
)

func newPractice() *cobra.Command {
	var listen string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "practice",
		Short: "Run the practice tenant alone, for other clients",
		Long: `Run the practice tenant alone, until Ctrl-C, so that any client can be pointed
at it. It answers as Microsoft Entra ID does, on this machine only; what it
issues is worth nothing anywhere else.

It prints what to configure in the client, and then one line for each request
with the reason for a refusal. With --json the first line on standard output is
one JSON object with the same, and the requests go to standard error.`,
		Example: `  pkcescope practice --listen 127.0.0.1:8400`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return servePractice(cmd, listen, asJSON)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "", "loopback `ADDRESS` to listen on, for example 127.0.0.1:8400 (default: a free port)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print what to configure as one JSON object on the first line")
	return cmd
}

func servePractice(cmd *cobra.Command, listen string, asJSON bool) error {
	out := cmd.OutOrStdout()
	requests := out
	if asJSON {
		requests = cmd.ErrOrStderr()
	}
	server, err := practice.Start(practice.Options{Listen: listen, Log: logTo(requests)})
	if err != nil {
		return err
	}
	defer func() { _ = server.Close() }()
	about := describe(server)
	if asJSON {
		err = json.NewEncoder(out).Encode(about)
	} else {
		about.print(out)
	}
	if err != nil {
		return err
	}
	// Ctrl-C is how this command is meant to end.
	<-cmd.Context().Done()
	return nil
}

// logTo returns a log that writes one cleaned line for each request.
func logTo(w io.Writer) func(practice.Event) {
	var mu sync.Mutex
	return func(e practice.Event) {
		line := fmt.Sprintf("%s  %3d  %-4s %s", e.Time.Format("15:04:05"), e.Status, e.Method, e.Path)
		if e.Client != "" {
			line += "  " + e.Client
		}
		if e.Code != 0 {
			line += fmt.Sprintf("  AADSTS%d", e.Code)
		}
		if e.Reason != "" {
			line += "  " + e.Reason
		}
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintln(w, inspect.Clean(line))
	}
}

// practiceTenant is what a client has to be told of the tenant.
type practiceTenant struct {
	Issuer        string                 `json:"issuer"`
	Discovery     string                 `json:"discovery"`
	Authorize     string                 `json:"authorize"`
	Token         string                 `json:"token"`
	JWKS          string                 `json:"jwks"`
	Registrations []practiceRegistration `json:"registrations"`
	Accounts      []practiceAccount      `json:"accounts"`
}

type practiceRegistration struct {
	Name         string        `json:"name"`
	ClientID     string        `json:"client_id"`
	Platform     flow.Platform `json:"platform"`
	RedirectURIs []string      `json:"redirect_uris"`
	Secret       *string       `json:"secret"` // null where there is none
}

type practiceAccount struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

// describe collects what to configure. The endpoints are those of the home
// tenant, by its GUID.
func describe(s *practice.Server) practiceTenant {
	home := strings.TrimSuffix(s.Issuer(), "/v2.0")
	t := practiceTenant{
		Issuer:        s.Issuer(),
		Discovery:     s.Issuer() + "/.well-known/openid-configuration",
		Authorize:     home + "/oauth2/v2.0/authorize",
		Token:         home + "/oauth2/v2.0/token",
		JWKS:          home + "/discovery/v2.0/keys",
		Registrations: []practiceRegistration{},
		Accounts:      []practiceAccount{},
	}
	for _, r := range s.Registrations() {
		c := practiceRegistration{Name: r.Name, ClientID: r.ClientID}
		switch {
		case len(r.Native) > 0:
			c.Platform, c.RedirectURIs = flow.PlatformNative, r.Native
		case len(r.SPA) > 0:
			c.Platform, c.RedirectURIs = flow.PlatformSPA, r.SPA
		default:
			c.Platform, c.RedirectURIs = flow.PlatformWeb, r.Web
		}
		if len(r.Secrets) > 0 {
			c.Secret = &r.Secrets[0].Value
		}
		t.Registrations = append(t.Registrations, c)
	}
	for _, a := range s.Accounts() {
		t.Accounts = append(t.Accounts, practiceAccount{a.Username, a.Password})
	}
	return t
}

// print tells a person what to configure.
func (t practiceTenant) print(w io.Writer) {
	fmt.Fprintf(w, "The practice tenant is running. Nothing it issues is worth anything elsewhere.\n\n")
	for _, line := range [][2]string{
		{"issuer", t.Issuer},
		{"discovery", t.Discovery},
		{"authorize", t.Authorize},
		{"token", t.Token},
		{"keys", t.JWKS},
	} {
		fmt.Fprintf(w, "  %-10s %s\n", line[0], line[1])
	}
	for _, r := range t.Registrations {
		fmt.Fprintf(w, "\n  %s\n    client id    %s\n", r.Name, r.ClientID)
		for _, uri := range r.RedirectURIs {
			fmt.Fprintf(w, "    redirect URI %s\n", uri)
		}
		if r.Secret != nil {
			fmt.Fprintf(w, "    secret       %s\n", *r.Secret)
		}
	}
	fmt.Fprintln(w)
	for _, a := range t.Accounts {
		fmt.Fprintf(w, "  %s  password %s\n", a.Username, a.Password)
	}
	fmt.Fprintf(w, "\nCtrl-C ends it. Requests:\n\n")
}
