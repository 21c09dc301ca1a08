package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// privateOptions are the options with which browsers open a private window, by
// what their commands' names begin with. Safari has none.
var privateOptions = []struct{ name, option, app string }{
	{"firefox", "--private-window", "Firefox"},
	{"librewolf", "--private-window", "LibreWolf"},
	{"google-chrome", "--incognito", "Google Chrome"},
	{"chromium", "--incognito", "Chromium"},
	{"chrome", "--incognito", "Google Chrome"},
	{"brave", "--incognito", "Brave Browser"},
	{"vivaldi", "--incognito", "Vivaldi"},
	{"microsoft-edge", "--inprivate", "Microsoft Edge"},
	{"msedge", "--inprivate", "Microsoft Edge"},
	{"opera", "--private", "Opera"},
}

// privateOption is the option of a browser's command, or "".
func privateOption(command string) string {
	name := strings.ToLower(strings.TrimSuffix(filepath.Base(command), ".exe"))
	for _, b := range privateOptions {
		if strings.HasPrefix(name, b.name) {
			return b.option
		}
	}
	return ""
}

// privately adds to a browser's command the option for a private window, if
// one is wanted.
func (f *clientFlags) privately(argv []string) ([]string, error) {
	if !f.private {
		return argv, nil
	}
	option := privateOption(argv[0])
	if option == "" {
		return nil, wrongUsage("Put the option into the command: --browser 'COMMAND OPTION'.", "It is not known how %q opens a private window.", argv[0])
	}
	return append(argv[:len(argv):len(argv)], option), nil
}

// privateWindow is a command that opens a private window: of the system's own
// browser where it can be told which that is, else of one that is there.
func privateWindow() ([]string, error) {
	if runtime.GOOS == "darwin" {
		for _, b := range privateOptions {
			if _, err := os.Stat("/Applications/" + b.app + ".app"); err == nil {
				return []string{"open", "-na", b.app, "--args", b.option}, nil
			}
		}
	}
	if runtime.GOOS == "linux" {
		out, err := exec.CommandContext(context.Background(), "xdg-settings", "get", "default-web-browser").Output()
		if own := strings.TrimSuffix(strings.TrimSpace(string(out)), ".desktop"); err == nil && privateOption(own) != "" {
			if path, err := exec.LookPath(own); err == nil {
				return []string{path, privateOption(own)}, nil
			}
		}
	}
	dirs := []string{""}
	if runtime.GOOS == "windows" {
		for _, base := range []string{os.Getenv("ProgramFiles"), os.Getenv("ProgramFiles(x86)"), os.Getenv("LocalAppData")} {
			dirs = append(dirs, base+`\Microsoft\Edge\Application\`, base+`\Google\Chrome\Application\`, base+`\Mozilla Firefox\`)
		}
	}
	for _, dir := range dirs {
		for _, b := range privateOptions {
			if path, err := exec.LookPath(dir + b.name); err == nil {
				return []string{path, b.option}, nil
			}
		}
	}
	return nil, wrongUsage("Name one: --browser 'COMMAND OPTION', for example 'firefox --private-window'.",
		"No browser was found that can be told to open a private window.")
}

// ifGraphical is a command that needs a graphical session.
type ifGraphical struct{ command }

// Open implements [flow.Browser].
func (b ifGraphical) Open(ctx context.Context, address string, record func(flow.Exchange)) error {
	if !graphical() {
		return errNoBrowser
	}
	return b.command.Open(ctx, address, record)
}
