package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/pkcescope/pkcescope/inspect"
)

func newProfile() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "profile",
		Short: "Keep clients: list, add, edit, remove, import and export them",
		Long: `Keep clients: list, add, edit, remove, import and export them.

Profiles are tables of one TOML file in the user's configuration directory (or
in ` + configDirEnv + `). The form "My tenant" of the terminal program saves
them, and so may any editor. Secrets are never in it.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		newProfileAdd(),
		newProfileEdit(),
		newProfileRemove(),
		newProfileImport(),
		newProfileExport(),
		newProfilePresets(),
		newProfileSecret(),
		&cobra.Command{
			Use:   "list",
			Short: "List the profiles",
			Args:  noArguments,
			RunE:  func(cmd *cobra.Command, _ []string) error { return profileList(cmd) },
		},
		&cobra.Command{
			Use:     "show NAME",
			Short:   "Print a profile as it is saved",
			Example: "  pkcescope profile show contoso",
			Args:    oneArgument("NAME"),
			RunE:    func(cmd *cobra.Command, args []string) error { return profileShow(cmd, args[0]) },
		},
	)
	return cmd
}

func profileList(cmd *cobra.Command) error {
	file, err := openProfiles()
	if err != nil {
		return err
	}
	names, err := file.Names()
	if err != nil {
		return err
	}
	if len(names) == 0 {
		fmt.Fprintln(cmd.ErrOrStderr(), "No profiles yet. pkcescope profile add NAME, or \"My tenant\" in the terminal program, saves one in", file.path)
		return nil
	}
	table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	for _, name := range names {
		c, err := file.Load(name)
		if err != nil {
			return err
		}
		at := c.Issuer
		if at == "" {
			at = c.Provider.AuthorizationEndpoint
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", inspect.Clean(name), inspect.Clean(c.ClientID), inspect.Clean(at))
	}
	return table.Flush()
}

func profileShow(cmd *cobra.Command, name string) error {
	file, err := openProfiles()
	if err != nil {
		return err
	}
	c, err := file.Load(name)
	if err != nil {
		return err
	}
	text, err := encodeTOML(saveable(c).document(name))
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "# %s\n%s", file.path, text)
	return nil
}
