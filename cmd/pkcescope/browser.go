package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/cli/browser"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// startTime is how long a browser may take to say that it cannot start. Most
// launchers return at once; some stay for as long as the window is open.
const startTime = 2 * time.Second

// command is a browser started as "CMD URL", without a shell.
type command struct {
	argv   []string
	stderr io.Writer
}

// Open starts the command and does not wait for its window to be closed.
func (b command) Open(ctx context.Context, address string, _ func(flow.Exchange)) error {
	if err := webOnly(address); err != nil {
		return err
	}
	argv := append(b.argv[1:len(b.argv):len(b.argv)], address)
	var said strings.Builder
	// The command is the person's own, and must outlive this run: a browser's
	// window is not ours to close.
	cmd := exec.Command(b.argv[0], argv...) //nolint:gosec,noctx // see above
	cmd.Stderr = &limited{to: &said, left: 4 << 10}
	if err := cmd.Start(); err != nil {
		return flow.Error{
			Kind: flow.KindTransport,
			What: fmt.Sprintf("The browser command %q did not start.", b.argv[0]),
			Why:  err.Error(),
			Try:  "Check --browser, or use --browser none and open the URL by hand.",
		}.Wrap(err)
	}
	go func() {
		if err := cmd.Wait(); err != nil {
			fmt.Fprintf(b.stderr, "warning: the browser command ended with %s; still waiting for the callback, Ctrl-C cancels\n", err)
			if text := strings.TrimSpace(said.String()); text != "" {
				fmt.Fprintln(b.stderr, "  it said:", inspect.Clean(text))
			}
		}
	}()
	return ctx.Err()
}

// Played implements [flow.Browser].
func (command) Played() bool { return false }

// system is the person's own browser.
type system struct{}

// These say that this machine has no browser to open.
var (
	errNoBrowser  = errors.New("no graphical session was found")
	errNoLauncher = errors.New("no program that opens one is installed, such as xdg-open")
)

// Open implements [flow.Browser].
func (system) Open(ctx context.Context, address string, _ func(flow.Exchange)) error {
	if err := webOnly(address); err != nil {
		return err
	}
	if !graphical() {
		return errNoBrowser
	}
	// Launchers chatter, and would spoil the screen and the JSON.
	browser.Stdout, browser.Stderr = io.Discard, io.Discard
	done := make(chan error, 1)
	go func() { done <- browser.OpenURL(address) }()
	select {
	case err := <-done:
		if errors.Is(err, exec.ErrNotFound) {
			return errNoLauncher
		}
		return err
	case <-time.After(startTime):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Played implements [flow.Browser].
func (system) Played() bool { return false }

// graphical says whether a browser could show a window. Without a display the
// launchers of Linux start a text browser in this very terminal.
func graphical() bool {
	switch runtime.GOOS {
	case "windows", "darwin":
		return overSSH() == "" // the window would open where nobody sits
	}
	for _, name := range []string{"DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"} {
		if os.Getenv(name) != "" {
			return true
		}
	}
	return false
}

// overSSH is this machine as ssh(1) is told of it, where the terminal is at
// another one: its address, after its port if that is not 22, both as sshd knows
// them (the environment of ssh(1)). It is "" where the terminal is here.
func overSSH() string {
	fields := strings.Fields(os.Getenv("SSH_CONNECTION"))
	switch {
	case len(fields) == 4 && fields[3] != "22":
		return "-p " + fields[3] + " " + fields[2]
	case len(fields) == 4:
		return fields[2]
	case os.Getenv("SSH_TTY") != "":
		return "this machine"
	}
	return ""
}

// webOnly refuses what a command or a launcher could take for a file, an
// option or another program's link.
func webOnly(address string) error {
	u, err := url.Parse(address)
	if err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
		return nil
	}
	return flow.Error{
		Kind: flow.KindRefused,
		What: fmt.Sprintf("No browser is started for %q.", address),
		Why:  "Only http and https URLs are passed to a browser.",
		Try:  "Check the authorization endpoint, and --set authorize.url if you changed it.",
	}.Wrap(err)
}

// limited passes the first octets on and swallows the rest.
type limited struct {
	to   io.Writer
	left int
}

func (l *limited) Write(p []byte) (int, error) {
	if n := min(len(p), l.left); n > 0 {
		l.left -= n
		if _, err := l.to.Write(p[:n]); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}
