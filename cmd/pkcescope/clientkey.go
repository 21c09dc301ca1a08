package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"github.com/pkcescope/pkcescope/flow"
)

// passwordEnv names the environment variable that holds the password of a PFX.
const passwordEnv = "PKCESCOPE_KEY_PASSWORD"

// keyFlags say with which key or certificate the client authenticates.
type keyFlags struct{ file, certificate, id string }

func (k *keyFlags) add(s *pflag.FlagSet) {
	s.StringVar(&k.file, "client-key", "", "the client's private key in `FILE`: PEM, PFX or a JSON Web Key; a PFX's password comes from "+passwordEnv+" or a prompt")
	s.StringVar(&k.certificate, "client-cert", "", "the client's certificate in `FILE` (PEM), if the key's file has none")
	s.StringVar(&k.id, "key-id", "", "the `KID` under which the provider knows the key")
}

func (k *keyFlags) override(set *pflag.FlagSet, to *flow.Credential) {
	override(set, "client-key", &to.KeyFile, k.file)
	override(set, "client-cert", &to.CertificateFile, k.certificate)
	override(set, "key-id", &to.KeyID, k.id)
}

// open finds the password of a PFX.
func (k *keyFlags) open(ctx context.Context, c *flow.Credential, in *input) error {
	if c.Password = os.Getenv(passwordEnv); c.Password != "" || in.terminal == nil {
		return nil
	}
	switch strings.ToLower(filepath.Ext(c.KeyFile)) {
	case ".pfx", ".p12":
		password, err := in.secret(ctx, "password of "+filepath.Base(c.KeyFile))
		c.Password = password
		return err
	}
	return nil
}
