package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// input is standard input. Secrets and pasted URLs are both read from it, line
// by line, so it has one buffer for the whole process.
type input struct {
	lines *bufio.Reader
	// terminal is standard input if a person sits at it, else nil.
	terminal *os.File
	stderr   io.Writer
}

func newInput(r io.Reader, stderr io.Writer) *input {
	in := &input{lines: bufio.NewReader(r), stderr: stderr}
	if f, ok := r.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		in.terminal = f
	}
	return in
}

// line reads a line without its line ending. The last line needs none; after
// it comes [io.EOF]. A read cannot be interrupted: when ctx ends, it is left
// behind and takes the next line with it.
func (in *input) line(ctx context.Context) (string, error) {
	return await(ctx, func() (string, error) {
		s, err := in.lines.ReadString('\n')
		if err != nil && s == "" {
			return "", err
		}
		return strings.TrimRight(s, "\r\n"), nil
	})
}

// secret asks for a secret: on a terminal without echo, elsewhere as one line.
func (in *input) secret(ctx context.Context, what string) (string, error) {
	if in.terminal == nil {
		s, err := in.line(ctx)
		if errors.Is(err, io.EOF) {
			return "", wrongUsage("Pipe the value in as one line, or use env:NAME.",
				"Standard input holds nothing for %s.", what)
		}
		return s, err
	}

	fd := int(in.terminal.Fd())
	// ReadPassword goes on reading after a Ctrl-C, and only its end brings the
	// echo back.
	before, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	defer func() { _ = term.Restore(fd, before) }()
	fmt.Fprintf(in.stderr, "%s (not shown): ", what)
	defer fmt.Fprintln(in.stderr)
	return await(ctx, func() (string, error) {
		b, err := term.ReadPassword(fd)
		return string(b), err
	})
}

// resolve returns the value that text stands for: "-" asks for it, "env:NAME"
// reads the environment, and everything else is the value.
func (in *input) resolve(ctx context.Context, text, what string) (string, error) {
	if text == "-" {
		return in.secret(ctx, what)
	}
	if name, ok := strings.CutPrefix(text, "env:"); ok {
		v, ok := os.LookupEnv(name)
		if !ok {
			return "", wrongUsage("Set it, or use - to be asked.",
				"The environment has no variable %q, which was named for %s.", name, what)
		}
		return v, nil
	}
	return text, nil
}

// await returns what read returns, or ctx's error if that comes first.
func await[T any](ctx context.Context, read func() (T, error)) (T, error) {
	type result struct {
		got T
		err error
	}
	done := make(chan result, 1)
	go func() {
		s, err := read()
		done <- result{s, err}
	}()
	select {
	case r := <-done:
		return r.got, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
