package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// The exit statuses. They are promised in the README.
const (
	exitOK        = 0
	exitFailed    = 1
	exitUsage     = 2
	exitUnsure    = 3 // decode: some checks could not be made; doctor: something may go wrong
	exitCancelled = 130
)

// exitError ends the process with a status, everything else having been said.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// usageError says what is wrong with the command line, and what to write
// instead.
type usageError struct{ what, try string }

func (e *usageError) Error() string { return e.what }

// As lets the screen show it like every other refusal, with its hint.
func (e *usageError) As(target any) bool {
	refused, ok := target.(**flow.Error)
	if ok {
		*refused = &flow.Error{Kind: flow.KindRefused, What: e.what, Try: e.try}
	}
	return ok
}

// wrongUsage returns a [usageError]. The hint may be empty.
func wrongUsage(try, format string, a ...any) error {
	return &usageError{what: fmt.Sprintf(format, a...), try: try}
}

// sentence is an error in words for a person.
type sentence string

func (s sentence) Error() string { return string(s) }

// noFile refuses a file that is not there.
func noFile(name string) error {
	return &flow.Error{
		Kind: flow.KindRefused, What: fmt.Sprintf("There is no file %q.", name),
		Try: "Check the name, and the folder that you are in.",
	}
}

// finish tells a person why the command ended, and returns the exit status.
func finish(stderr io.Writer, err error) int {
	if err == nil {
		return exitOK
	}
	if exit, ok := errors.AsType[exitError](err); ok {
		return int(exit)
	}
	if usage, ok := errors.AsType[*usageError](err); ok {
		complain(stderr, usage.what, "", usage.try)
		return exitUsage
	}
	if errors.Is(err, context.Canceled) {
		complain(stderr, "Cancelled.", "", "")
		return exitCancelled
	}
	if failed, ok := errors.AsType[*flow.Error](err); ok {
		complain(stderr, failed.What, failed.Why, failed.Try)
		return exitFailed
	}
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		failed := fileFailed(at)
		complain(stderr, failed.What, failed.Why, failed.Try)
		return exitFailed
	}
	complain(stderr, err.Error(), "", "")
	return exitFailed
}

// fileFailed says what the system would not do with a file.
func fileFailed(at *fs.PathError) *flow.Error {
	what := fmt.Sprintf("The file %q cannot be opened.", at.Path)
	switch {
	case at.Op == "write" && at.Path == os.Stdout.Name():
		what = "Standard output cannot be written."
	case at.Op == "mkdir":
		what = fmt.Sprintf("The folder %q cannot be made.", at.Path)
	case at.Op != "open":
		what = fmt.Sprintf("The file %q cannot be used (%s).", at.Path, at.Op)
	}
	return flow.Error{
		Kind: flow.KindRefused, What: what, Why: "The system says: " + at.Err.Error() + ".",
		Try: "Check that the name is right, that you have the rights to it, and that the disk has space.",
	}.Wrap(at)
}

// complain prints what happened, why, and what to try. Each may quote a server
// or a file, so each is cleaned. Why and try may be empty.
func complain(stderr io.Writer, what, why, try string) {
	fmt.Fprintln(stderr, "error:", inspect.Clean(strings.TrimSpace(what+" "+why)))
	if try != "" {
		fmt.Fprintln(stderr, "hint:", inspect.Clean(try))
	}
}
