package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/zalando/go-keyring"

	"github.com/pkcescope/pkcescope/flow"
)

// keyringService is the name under which the system's keyring (Keychain,
// Credential Manager, Secret Service) has the secrets of profiles.
const keyringService = "pkcescope"

// keyringPatience is how long the keyring may take: it may be locked, and ask its
// owner for a password.
const keyringPatience = time.Minute

// keptSecret is the client secret that is kept for a profile, or "". A system
// without a keyring keeps none.
func keptSecret(ctx context.Context, profile string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, keyringPatience)
	defer cancel()
	secret, err := await(ctx, func() (string, error) { return keyring.Get(keyringService, profile) })
	switch {
	case errors.Is(err, keyring.ErrNotFound), errors.Is(err, keyring.ErrUnsupportedPlatform), errors.Is(err, exec.ErrNotFound):
		return "", nil // the last is how Linux says that there is no session bus
	case errors.Is(err, context.Canceled):
		return "", err
	}
	if err != nil {
		why := "It says: " + strings.TrimSuffix(err.Error(), ".") + "."
		if errors.Is(err, context.DeadlineExceeded) {
			why = fmt.Sprintf("It has not answered for %.0f seconds.", keyringPatience.Seconds())
		}
		return "", flow.Error{
			Kind: flow.KindTransport,
			What: fmt.Sprintf("The system's keyring did not give the secret of %q.", profile),
			Why:  why,
			Try:  "Unlock it and try again, or set " + secretEnv + ".",
		}.Wrap(err)
	}
	return secret, nil
}

func newProfileSecret() *cobra.Command {
	var forget bool
	cmd := &cobra.Command{
		Use:   "secret NAME",
		Short: "Keep a profile's client secret in the system's keyring",
		Long: `Keep a profile's client secret in the system's keyring.

The secret is asked for, or read as one line from standard input. It is never
an argument, and never stands in the profiles file.`,
		Example: "  pkcescope profile secret contoso\n  pkcescope profile secret contoso --forget",
		Args:    oneArgument("NAME"),
		RunE:    func(cmd *cobra.Command, args []string) error { return profileSecret(cmd, args[0], forget) },
	}
	cmd.Flags().BoolVar(&forget, "forget", false, "take the secret out of the keyring")
	return cmd
}

func profileSecret(cmd *cobra.Command, name string, forget bool) error {
	file, err := openProfiles()
	if err != nil {
		return err
	}
	if _, err := file.Load(name); err != nil {
		return err
	}
	if forget {
		if err := keyring.Delete(keyringService, name); err != nil && !errors.Is(err, keyring.ErrNotFound) {
			return noKeyring(err)
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "The keyring holds no secret for %s.\n", name)
		return nil
	}
	secret, err := newInput(cmd.InOrStdin(), cmd.ErrOrStderr()).secret(cmd.Context(), "client secret")
	if err != nil {
		return err
	}
	if secret == "" {
		return wrongUsage("Use --forget to take a secret out.", "An empty secret is none.")
	}
	if err := keyring.Set(keyringService, name, secret); err != nil {
		return noKeyring(err)
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "The keyring holds the secret of %s.\n", name)
	return nil
}

func noKeyring(err error) error {
	return fmt.Errorf("the system's keyring cannot be used: %w; set %s instead", err, secretEnv)
}
