package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/spf13/cobra"
	"github.com/zalando/go-keyring"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

func newProfileAdd() *cobra.Command {
	var f *clientFlags
	cmd := &cobra.Command{
		Use:   "add NAME",
		Short: "Save a client under a name",
		Long: `Save a client under a name.

The flags are those of run: all that describes the client is kept, and no
secret is. --profile begins with a copy of another profile.`,
		Example: `  pkcescope profile add contoso --preset entra --with tenant=contoso.com --client-id ID
  pkcescope profile add web --profile contoso --platform web`,
		Args: oneArgument("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error { return profileAdd(cmd, args[0], f) },
	}
	f = addClientFlags(cmd)
	return cmd
}

// notKept are the flags of one run, which a profile has no place for.
var notKept = []string{"set", "unset", "browser", "id-token-hint", "private", "qr"}

func profileAdd(cmd *cobra.Command, name string, f *clientFlags) error {
	file, err := openProfiles()
	if err != nil {
		return err
	}
	for _, flag := range notKept {
		if f.set.Changed(flag) {
			return wrongUsage("Give it to run.", "--%s is for one run, and is not kept in a profile.", flag)
		}
	}
	names, err := file.Names()
	if err != nil {
		return err
	}
	if slices.Contains(names, name) {
		return wrongUsage(fmt.Sprintf("Change it with pkcescope profile edit %q, or take another name.", name), "There is a profile %q already.", name)
	}
	var base flow.Config
	if f.profile != "" {
		if base, err = file.Load(f.profile); err != nil {
			return err
		}
	}
	c, err := f.described(base)
	if err != nil {
		return err
	}
	if err := whole(c); err != nil {
		return asUsage(err)
	}
	return saved(cmd, file, name, c)
}

// saved keeps a client, and says what is still to do.
func saved(cmd *cobra.Command, file profileFile, name string, c flow.Config) error {
	path, err := file.Save(name, c)
	if err != nil {
		return err
	}
	w := cmd.ErrOrStderr()
	fmt.Fprintf(w, "Saved as %s in %s.\n", inspect.Clean(name), path)
	if problem := flow.ClientIDProblem(c.Issuer, c.ClientID); problem != "" {
		fmt.Fprintln(w, "note:", inspect.Clean(problem))
	}
	auth := c.AuthMethod
	if auth == "" {
		auth = c.DefaultAuth()
	}
	if auth.NeedsSecret() {
		fmt.Fprintf(w, "Its secret: pkcescope profile secret %s, or %s.\n", quoted(name), secretEnv)
	}
	return nil
}

// quoted is a name as it is typed after a command.
func quoted(name string) string {
	if strings.ContainsAny(name, " \"'$&|;<>()*?") {
		return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
	}
	return name
}

// whole says what is missing or wrong in a client, its secret and key aside:
// those come with the run.
func whole(c flow.Config) error {
	c.AuthMethod, c.Credential, c.Protection.JAR = flow.AuthNone, flow.Credential{}, flow.JARNone
	return c.Check()
}

func newProfileRemove() *cobra.Command {
	return &cobra.Command{
		Use:               "remove NAME",
		Short:             "Take a profile out, and its secret out of the keyring",
		Example:           "  pkcescope profile remove contoso",
		Args:              oneArgument("NAME"),
		ValidArgsFunction: completeProfile,
		RunE:              func(cmd *cobra.Command, args []string) error { return profileRemove(cmd, args[0]) },
	}
}

func profileRemove(cmd *cobra.Command, name string) error {
	file, err := openProfiles()
	if err != nil {
		return err
	}
	if _, err := file.Load(name); err != nil {
		return err
	}
	if err := file.remove(name); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "Removed %s from %s.\n", inspect.Clean(name), file.path)
	switch err := keyring.Delete(keyringService, name); {
	case err == nil:
		fmt.Fprintln(cmd.ErrOrStderr(), "Its secret is out of the keyring too.")
	case errors.Is(err, keyring.ErrNotFound):
	default:
		// A system without a keyring kept none.
	}
	return nil
}

// remove takes a profile out of the file.
func (p profileFile) remove(name string) error {
	doc, old, err := p.read()
	if err != nil {
		return err
	}
	want := profileDocument{maps.Clone(doc.Profile)}
	delete(want.Profile, name)
	text := cutTable(old, name)
	if len(want.Profile) == 0 {
		want.Profile = nil
	}
	if !p.holds(text, want) {
		if text, err = encodeTOML(want); err != nil {
			return err
		}
	}
	return p.write(text)
}

// faultIn is what is wrong with a profile as a whole, with the line on which
// it begins.
func (p profileFile) faultIn(text []byte, name string, err error) error {
	refused, ok := errors.AsType[*flow.Error](err)
	if !ok {
		return err
	}
	key := toml.Key{"profile", name}
	return p.fault(lineOf(text, key), key, strings.TrimSuffix(strings.TrimSpace(refused.What+" "+refused.Why), "."), refused.Try)
}

// completeProfile completes the name of a profile.
func completeProfile(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return profileNames(), cobra.ShellCompDirectiveNoFileComp
}
