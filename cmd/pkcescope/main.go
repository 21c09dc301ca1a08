// Command pkcescope walks the OAuth 2.0 authorization code flow with PKCE in
// the terminal and explains every request, response and claim.
//
// Each subcommand has a file of its own, and each is thin: flow carries the
// flow out, inspect finds the words for what happened, tui draws them, and
// what stands here reads flags and prints.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/pkcescope/pkcescope/flow"
)

func main() { os.Exit(pkcescope()) }

// pkcescope carries out this process's command line and returns its exit
// status. It is the only place that listens for signals.
func pkcescope() int {
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as it is under nohup
		ends = append(ends, syscall.SIGHUP)
		// A terminal that closes is told of by the kernel and by the shell:
		// the second time must not cut short what the first one began.
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
	defer stop()
	// The first signal cancels; a second one must be able to end a process
	// that does not listen.
	context.AfterFunc(ctx, stop)

	flow.FingerprintKeyFrom(fingerprintKey)
	root := newRoot()
	return finish(root.ErrOrStderr(), root.ExecuteContext(ctx))
}
