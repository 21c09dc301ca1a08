package main

import (
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

func newPlatforms() *cobra.Command {
	var f *clientFlags
	cmd := &cobra.Command{
		Use:   "platforms",
		Short: "Show how the token request differs between web, SPA and native",
		Long: `Show how the token request differs between web, SPA and native.

The same client is put on each platform, and nothing is sent. What a walk would
make (the code, the verifier) is stood for by its name. Then it says what Entra
ID answers when the platform of the registration is another one.`,
		Example: "  pkcescope platforms\n  pkcescope platforms --profile contoso",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return printPlatforms(cmd, f) },
	}
	f = addClientFlags(cmd)
	return cmd
}

func printPlatforms(cmd *cobra.Command, f *clientFlags) error {
	tenant := &tenant{}
	defer tenant.close()
	base, _, err := f.start(tenant)
	if err != nil {
		return err
	}
	in := newInput(strings.NewReader(""), cmd.ErrOrStderr())
	if base.ClientSecret == "" {
		// Nothing is sent, so none has to be asked for.
		base.ClientSecret = os.Getenv(secretEnv)
	}
	if base.ClientSecret == "" {
		base.ClientSecret = "<client_secret>"
	}
	c, err := f.config(cmd.Context(), base, in)
	if err != nil {
		return err
	}
	p := inspect.ReadPlatforms(flow.Transcript{Config: c}, false)
	w := cmd.OutOrStdout()
	fmt.Fprintln(w, "The same on each platform:")
	same := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range p.Same {
		fmt.Fprintf(same, "  %s\t%s\n", row.Name, row.Same())
	}
	if err := same.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w, "\nDifferent:")
	differ := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(differ, "  \t%s\n", strings.Join(p.Names, "\t"))
	for _, row := range p.Differ {
		cells := make([]string, len(row.Values))
		for i, v := range row.Values {
			if cells[i] = v; v == "" {
				cells[i] = "(not sent)"
			}
		}
		fmt.Fprintf(differ, "  %s\t%s\n", row.Name, strings.Join(cells, "\t"))
	}
	if err := differ.Flush(); err != nil {
		return err
	}
	for i, why := range p.Refused {
		if why != "" {
			fmt.Fprintf(w, "\n%s: no request can be made. %s\n", p.Names[i], why)
		}
	}
	fmt.Fprintln(w, "\nWhen the redirect URI is registered under another platform, Entra ID answers:")
	answers := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(answers, "  registered\tsent as\t\t")
	for _, a := range p.Answers {
		fmt.Fprintf(answers, "  %s\t%s\t%s\t%s\n", a.Registered, a.Sent, a.Code, a.Why)
	}
	return answers.Flush()
}
