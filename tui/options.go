// Package tui is the terminal program: one Bubble Tea model that shows what
// inspect says of a transcript and passes the person's decisions to a walk. It
// knows how to draw and which key does what; it knows nothing of the protocol.
package tui

import (
	"context"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/capture"
	"github.com/pkcescope/pkcescope/inspect"
)

// Options are what the program is given by the command.
type Options struct {
	// Practice starts the practice tenant (or returns the running one): the
	// configuration of a client that is registered there, and a browser that
	// signs in by itself.
	Practice func() (flow.Config, flow.Browser, error)
	// Browser opens the person's own browser. Nil: there is none, and the URL
	// is shown.
	Browser flow.Browser
	// SSH is this machine as ssh is told of it, for example "-p 2222 192.0.2.9",
	// where the terminal is at another one, for the hint about forwarding a
	// port; "" where the terminal is here.
	SSH string
	// Lab is the experiments. Nil: there are none.
	Lab Lab
	// Examine looks at a client before anybody signs in. Nil: it is not looked
	// at.
	Examine Examiner
	// Labs are the broken tenants. Nil: there are none.
	Labs Labs
	// Lessons are the lessons. Nil: there are none.
	Lessons Lessons
	// Profiles are the saved clients.
	Profiles Profiles
	// Secret returns the client secret from the environment, or "".
	Secret string
	// Kept returns the client secret that the system's keyring keeps for a
	// profile, or "". It may take long, because its owner has to unlock it. Nil:
	// there is no keyring.
	Kept func(ctx context.Context, profile string) (string, error)
	// ReadKeys reads a key set from a file or an address, for the checks of a
	// pasted token. Nil: keys can only be pasted.
	ReadKeys func(ctx context.Context, from string) ([]byte, error)
	// Config starts the walk at once, without the home screen.
	Config *flow.Config
	// Found are the flows of a capture, to choose from.
	Found *capture.Found
	// Transcript is a saved run to look at; File is its name.
	Transcript *flow.Transcript
	File       string
	// Talk is given at once, about Transcript if there is one, else about a run
	// of Config's client, else of the practice tenant's. Autoplay has it play by
	// itself.
	Talk     *inspect.Talk
	Autoplay bool
	// Theme is "auto", "dark" or "light".
	Theme string
	// Version is shown on the home screen.
	Version string
	// Dir is where copies and transcripts are written.
	Dir string
}

// Profiles is the store of saved clients. Secrets are never in it.
type Profiles interface {
	// Names lists the profiles, sorted.
	Names() ([]string, error)
	// Load returns a profile.
	Load(name string) (flow.Config, error)
	// Save writes a profile, replacing one of that name, and returns the path
	// of the file.
	Save(name string, c flow.Config) (path string, err error)
}
