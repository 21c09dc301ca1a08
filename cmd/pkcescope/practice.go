package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/pkcescope/pkcescope/flow/practice"
	"github.com/pkcescope/pkcescope/inspect"
)

// practiceFlags are what practice takes.
type practiceFlags struct {
	listen        string
	json          bool
	tls           bool
	registrations string
	faults        []string
	clock         time.Duration
}

func newPractice() *cobra.Command {
	var f practiceFlags
	cmd := &cobra.Command{
		Use:   "practice",
		Short: "Run the practice tenant alone, for other clients",
		Long: `Run the practice tenant alone, until Ctrl-C, so that any client can be pointed
at it. It answers as Microsoft Entra ID does, on this machine only; what it
issues is worth nothing anywhere else.

It prints what to configure in the client, and then one line for each request
with the reason for a refusal. With --json the first line on standard output is
one JSON object with the same, and the requests go to standard error.`,
		Example: `  pkcescope practice --listen 127.0.0.1:8400
  pkcescope practice --tls
  pkcescope practice --fault wrong-nonce --clock -10m`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return servePractice(cmd, f) },
	}
	s := cmd.Flags()
	s.SortFlags = false
	s.StringVar(&f.listen, "listen", "", "the loopback `ADDRESS` to listen on, for example 127.0.0.1:8400 (default: a free port)")
	s.BoolVar(&f.tls, "tls", false, "serve HTTPS, with a certificate made for this machine")
	s.StringVar(&f.registrations, "registrations", "", "the app registrations, from a JSON or TOML `FILE`")
	s.StringSliceVar(&f.faults, "fault", nil, "break the rule `NAME`; may be repeated, and list says which there are")
	s.DurationVar(&f.clock, "clock", 0, "put the tenant's clock forward by this `TIME`, or back, for example -10m")
	s.BoolVar(&f.json, "json", false, "print what to configure as one JSON object on the first line")
	return cmd
}

// options checks the flags.
func (f practiceFlags) options() (practice.Options, error) {
	o := practice.Options{Listen: f.listen, TLS: f.tls, ClockOffset: f.clock}
	if err := practice.CheckListen(f.listen); err != nil {
		return o, asUsage(err)
	}
	for _, name := range f.faults {
		fault, err := practice.ParseFault(name)
		if err != nil {
			return o, asUsage(err)
		}
		o.Faults = append(o.Faults, fault)
	}
	if f.registrations != "" {
		text, err := os.ReadFile(f.registrations)
		if err != nil {
			return o, wrongUsage("Check the name of the file.", "The registrations cannot be read: %s.", err)
		}
		t, err := practice.ParseTenant(f.registrations, text)
		if err != nil {
			return o, asUsage(err)
		}
		o.Tenant = &t
	}
	if f.tls {
		dir, err := configDir()
		if err != nil {
			return o, err
		}
		o.TLSDir = dir
	}
	return o, nil
}

func servePractice(cmd *cobra.Command, f practiceFlags) error {
	out := cmd.OutOrStdout()
	if slices.Contains(f.faults, "list") {
		return listFaults(out)
	}
	o, err := f.options()
	if err != nil {
		return err
	}
	requests := out
	if f.json {
		requests = cmd.ErrOrStderr()
	}
	o.Log = logTo(requests)
	server, err := practice.Start(o)
	if err != nil {
		return err
	}
	defer func() { _ = server.Close() }()
	setup := practiceSetup{Setup: server.Setup(), home: server.URL + "/"}
	if f.tls {
		setup.Certificate = filepath.Join(o.TLSDir, practice.CertificateFile)
	}
	if f.json {
		err = json.NewEncoder(out).Encode(setup)
	} else {
		err = setup.print(out)
	}
	if err != nil {
		return err
	}
	// Ctrl-C is how this command is meant to end.
	<-cmd.Context().Done()
	return nil
}

func listFaults(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, fault := range practice.Faults() {
		fmt.Fprintf(table, "%s\t%s\n", fault, fault.Does())
	}
	return table.Flush()
}

// logTo returns a log that writes one cleaned line for each request.
func logTo(w io.Writer) func(practice.Event) {
	var mu sync.Mutex
	return func(e practice.Event) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintln(w, inspect.Clean(e.String()))
	}
}

// practiceSetup is what a client has to be told of the tenant.
type practiceSetup struct {
	practice.Setup

	// Certificate is the file with the certificate to trust, if it is HTTPS.
	Certificate string `json:"certificate,omitempty"`

	home string // address of the tenant's own page
}

// print tells a person what to configure.
func (s practiceSetup) print(out io.Writer) error {
	w := &bytes.Buffer{}
	fmt.Fprintf(w, "The practice tenant is running. Nothing it issues is worth anything elsewhere.\n\n")
	for _, line := range [][2]string{
		{"issuer", s.Issuer},
		{"discovery", s.Discovery},
		{"authorize", s.Authorize},
		{"token", s.Token},
		{"device", s.Device},
		{"keys", s.JWKS},
		{"certificate", s.Certificate},
	} {
		if line[1] != "" {
			fmt.Fprintf(w, "  %-11s  %s\n", line[0], line[1])
		}
	}
	for _, r := range s.Registrations {
		fmt.Fprintf(w, "\n  %s\n    client id     %s\n", inspect.Clean(r.Name), inspect.Clean(r.ClientID))
		for _, uri := range r.RedirectURIs {
			fmt.Fprintf(w, "    redirect URI  %s\n", inspect.Clean(uri))
		}
		if r.Secret != nil {
			fmt.Fprintf(w, "    secret        %s\n", inspect.Clean(*r.Secret))
		}
	}
	fmt.Fprintln(w)
	for _, a := range s.Accounts {
		fmt.Fprintf(w, "  %s  password %s\n", inspect.Clean(a.Username), inspect.Clean(a.Password))
	}
	fmt.Fprintf(w, "\nThe page %s lists this as well, with the last requests, and leads to the\nsettings. Ctrl-C ends it. Requests:\n\n", s.home)
	_, err := out.Write(w.Bytes())
	return err
}
