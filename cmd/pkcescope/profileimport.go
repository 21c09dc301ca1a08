package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

func newProfileImport() *cobra.Command {
	var f *clientFlags
	var name string
	cmd := &cobra.Command{
		Use:   "import [FILE|-]",
		Short: "Make a profile of what you have: an authorize URL, Postman, MSAL",
		Long: `Make a profile of what you have: an authorize URL, a Postman collection or
environment, an appsettings.json or another configuration of MSAL, a .env file,
or a profile that was exported.

Without FILE, or with -, it is read from standard input. A secret in it is never
taken: it says where the secret stood, and how to give it. The flags of run go
on top, for what the text does not say.`,
		Example: `  pkcescope profile import appsettings.json --name portal
  pkcescope profile import --name portal < url.txt`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) <= 1 {
				return nil
			}
			return oneArgument("FILE")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error { return profileImport(cmd, args, name, f) },
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&name, "name", "", "the `NAME` of the new profile")
	f = addClientFlags(cmd)
	return cmd
}

func profileImport(cmd *cobra.Command, args []string, name string, f *clientFlags) error {
	file, err := openProfiles()
	if err != nil {
		return err
	}
	text, err := readImport(cmd, args)
	if err != nil {
		return err
	}
	var c flow.Config
	if doc, err := (profileFile{"it"}).parse(text); err == nil && len(doc.Profile) == 1 {
		for own, p := range doc.Profile {
			c = p.config(own)
			if name == "" {
				name = own
			}
		}
	} else {
		in, err := inspect.ImportClient(string(text))
		if err != nil {
			return asUsage(err)
		}
		c = in.Config
		tellImport(cmd.ErrOrStderr(), in, name)
	}
	if name == "" {
		return wrongUsage("Add --name NAME.", "The profile has no name.")
	}
	names, err := file.Names()
	if err != nil {
		return err
	}
	if slices.Contains(names, name) {
		return wrongUsage(fmt.Sprintf("Take it out with pkcescope profile remove %s, or take another name.", quoted(name)), "There is a profile %q already.", name)
	}
	if c, err = f.described(c); err != nil {
		return err
	}
	if err := whole(c); err != nil {
		return asUsage(err)
	}
	return saved(cmd, file, name, c)
}

// readImport reads the file that was named, or standard input.
func readImport(cmd *cobra.Command, args []string) ([]byte, error) {
	if len(args) == 1 && args[0] != "-" {
		text, err := os.ReadFile(args[0])
		if err != nil {
			return nil, wrongUsage("Check the path; an authorize URL goes to standard input.", "%s.", err)
		}
		return text, nil
	}
	in := newInput(cmd.InOrStdin(), cmd.ErrOrStderr())
	if in.terminal != nil {
		fmt.Fprintln(cmd.ErrOrStderr(), "Paste it, then press Ctrl-D on a line of its own:")
	}
	return io.ReadAll(io.LimitReader(in.lines, 8<<20))
}

// tellImport says what was read, and what was not taken.
func tellImport(w io.Writer, in inspect.Imported, name string) {
	fmt.Fprintf(w, "It is %s.\n", in.From)
	for _, n := range in.Notes {
		fmt.Fprintln(w, "note:", inspect.Clean(n))
	}
	for _, s := range in.Secrets {
		fmt.Fprintf(w, "note: It holds a secret, %s (%s), which was not taken.\n", inspect.Clean(s.What), inspect.Clean(s.Where))
	}
	if len(in.Secrets) > 0 {
		if name == "" {
			name = "NAME"
		}
		fmt.Fprintf(w, "note: Give a client secret with pkcescope profile secret %s, or in %s.\n", quoted(name), secretEnv)
	}
}

func newProfileExport() *cobra.Command {
	return &cobra.Command{
		Use:   "export NAME",
		Short: "Print a profile to hand on, without secrets",
		Long: `Print a profile to hand on, without secrets.

There are none in it to begin with; the paths of a key and a certificate lose
their directories too. pkcescope profile import reads it.`,
		Example:           "  pkcescope profile export contoso > contoso.toml",
		Args:              oneArgument("NAME"),
		ValidArgsFunction: completeProfile,
		RunE:              func(cmd *cobra.Command, args []string) error { return profileExport(cmd, args[0]) },
	}
}

func profileExport(cmd *cobra.Command, name string) error {
	file, err := openProfiles()
	if err != nil {
		return err
	}
	c, err := file.Load(name)
	if err != nil {
		return err
	}
	p := saveable(c)
	if p.KeyFile != "" {
		p.KeyFile = filepath.Base(p.KeyFile)
	}
	if p.CertificateFile != "" {
		p.CertificateFile = filepath.Base(p.CertificateFile)
	}
	text, err := encodeTOML(p.document(name))
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "# A client of pkcescope, without secrets: pkcescope profile import FILE\n%s", text)
	return nil
}
