//go:build interop

package interop

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// terminal is a command in tmux, on a server of its own.
type terminal struct {
	t      *testing.T
	socket string
	pid    string // file that holds the process id
	status string // file that receives the exit status
}

// startTerminal starts pkcescope at 120×40 with an environment and arguments.
func startTerminal(t *testing.T, environment []string, args ...string) *terminal {
	t.Helper()
	command := append([]string{"env"}, environment...)
	command = append(command, "PKCESCOPE_CONFIG_DIR="+t.TempDir(), "TERM=tmux-256color", required(t, "PKCESCOPE_BINARY"))
	return startInTerminal(t, append(command, args...)...)
}

// startInTerminal starts a command in a terminal of 120×40.
func startInTerminal(t *testing.T, command ...string) *terminal {
	t.Helper()
	dir := t.TempDir()
	s := &terminal{t: t, socket: filepath.Join(dir, "tmux"), pid: filepath.Join(dir, "pid"), status: filepath.Join(dir, "status")}
	line := []string{"sh", "-c", quote(`echo $$ >"$0"; exec "$@"`), quote(s.pid), quoted(command), "; echo $? >" + quote(s.status)}
	// What a command said that has ended is still to be read, and what it puts
	// on the clipboard too.
	settings := filepath.Join(dir, "settings")
	if err := os.WriteFile(settings, []byte("set -g remain-on-exit on\nset -s set-clipboard on\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.tmux("-f", settings, "new-session", "-d", "-x", "120", "-y", "40", strings.Join(line, " "))
	t.Cleanup(func() { _ = exec.Command("tmux", "-S", s.socket, "kill-server").Run() })
	return s
}

// quoted is a command as a shell reads it.
func quoted(command []string) string {
	words := make([]string, len(command))
	for i, w := range command {
		words[i] = quote(w)
	}
	return strings.Join(words, " ")
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func (s *terminal) tmux(args ...string) string {
	s.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", s.socket}, args...)...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("tmux %s: %v\n%s", args[0], err, out)
	}
	return string(out)
}

// press presses keys, by their tmux names.
func (s *terminal) press(keys ...string) {
	s.t.Helper()
	s.tmux(append([]string{"send-keys"}, keys...)...)
}

// shows waits until text is on the screen.
func (s *terminal) shows(text string) {
	s.t.Helper()
	var screen string
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		screen = s.tmux("capture-pane", "-p")
		// A sentence may be broken over lines.
		if strings.Contains(screen, text) || strings.Contains(unfold(screen), text) {
			return
		}
	}
	s.t.Fatalf("the screen does not show %q:\n%s", text, screen)
}

// unfold joins what a pane's edges broke over lines: it is only good for
// searching.
func unfold(screen string) string {
	return strings.Join(strings.FieldsFunc(screen, func(r rune) bool {
		return r == ' ' || r == '\n' || r == '│'
	}), " ")
}

// clipboard is what the program put there with OSC 52.
func (s *terminal) clipboard() string {
	s.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		out, err := exec.Command("tmux", "-S", s.socket, "show-buffer").Output()
		if err == nil && len(out) > 0 {
			return string(out)
		}
	}
	s.t.Fatal("nothing came to the clipboard")
	return ""
}

// interrupt sends the program SIGINT, as another process would.
func (s *terminal) interrupt() {
	s.t.Helper()
	s.signal(syscall.SIGINT)
}

// signal sends a signal to what runs in the terminal.
func (s *terminal) signal(which syscall.Signal) {
	s.t.Helper()
	text, err := os.ReadFile(s.pid)
	if err != nil {
		s.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		s.t.Fatal(err)
	}
	if err := syscall.Kill(pid, which); err != nil {
		s.t.Fatal(err)
	}
}

// ends waits until the program has ended, and asserts its exit status.
func (s *terminal) ends(want int) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if status, err := os.ReadFile(s.status); err == nil && len(status) > 0 {
			if got := strings.TrimSpace(string(status)); got != strconv.Itoa(want) {
				s.t.Errorf("exit status = %s, want %d", got, want)
			}
			return
		}
	}
	s.t.Fatal(fmt.Sprint("the program has not ended:\n", s.tmux("capture-pane", "-p")))
}

// testTerminal walks in the terminal program, and leaves it in every way.
func testTerminal(t *testing.T, w walker) {
	t.Run("the terminal program", func(t *testing.T) {
		b := newBrowser(t)
		screen := startTerminal(t, b.asXDGOpen(t), w.args...)
		screen.shows("Discovery")
		screen.press("a")
		url := b.wanted(t)
		screen.shows("127.0.0.1:") // it waits, and says where
		w.signIn(t, b, url)
		b.ends(t, "close this window")
		screen.shows("every check of the ID token passed")
		screen.press("q")
		screen.ends(0)
	})
	t.Run("the terminal program, cancelled while it waits", func(t *testing.T) {
		for how, cancel := range map[string]func(*terminal){
			"by Ctrl-C":     func(s *terminal) { s.press("C-c") },
			"by a signal":   func(s *terminal) { s.interrupt() },
			"and then left": func(s *terminal) { s.press("Escape"); s.shows("Nothing is left listening"); s.press("q") },
		} {
			t.Run(how, func(t *testing.T) {
				b := newBrowser(t)
				screen := startTerminal(t, b.asXDGOpen(t), w.args...)
				screen.shows("Discovery")
				screen.press("a")
				redirect, err := url.Parse(b.wanted(t))
				if err != nil {
					t.Fatal(err)
				}
				cancel(screen)
				if how == "and then left" {
					screen.ends(0)
				} else {
					screen.ends(130)
				}
				callback := redirect.Query().Get("redirect_uri")
				if response, err := http.Get(callback); err == nil {
					response.Body.Close()
					t.Errorf("%s is still listened to", callback)
				}
			})
		}
	})
	t.Run("the terminal program, with another device", func(t *testing.T) {
		b := newBrowser(t)
		screen := startTerminal(t, b.asXDGOpen(t), w.with("--device").args...)
		screen.shows("Discovery")
		screen.press("a")
		b.wanted(t)
		screen.shows("Waiting for the other device")
		screen.press("C-c")
		screen.ends(130)
	})
}

// testOffered takes in the terminal program what discovery offers: the pushed
// request on the way, introspection, revocation and logout at the end.
func testOffered(t *testing.T, w walker) {
	t.Run("the terminal program, taking what is offered", func(t *testing.T) {
		b := newBrowser(t)
		screen := startTerminal(t, b.asXDGOpen(t), w.args...)
		screen.shows("Discovery")
		// next carries out the step that comes next, and goes on to the one
		// after it.
		next := func(done string) {
			t.Helper()
			screen.press("Enter")
			screen.shows("✓ " + done)
			screen.press("Enter")
		}
		screen.press("Enter")
		screen.shows("✓ Discovery")
		screen.shows("○ Device code")
		screen.shows("○ Pushed request")
		screen.press("Enter")
		next("Verifier")
		next("Challenge")
		screen.shows("offered. Taken, it sends the request")
		next("Pushed request")
		screen.shows("request_uri")
		screen.press("Enter")
		url := b.wanted(t)
		if !strings.Contains(url, "request_uri=") || strings.Contains(url, "code_challenge") {
			t.Errorf("the browser was sent %s", url)
		}
		w.signIn(t, b, url)
		b.ends(t, "close this window")
		screen.shows("✓ Authorize")
		screen.press("Enter")
		next("Callback")
		next("Token")
		next("Keys")
		screen.shows("▸ UserInfo")
		screen.press("S")
		screen.shows("▸ Refresh")
		screen.press("S")
		screen.shows("▸ Introspection")
		next("Introspection")
		screen.shows("▸ Revocation")
		screen.press("Left")
		screen.shows("active true")
		screen.press("Enter")
		next("Revocation")
		screen.shows("▸ Logout")
		screen.press("Enter")
		if url := b.wanted(t); !strings.Contains(url, "id_token_hint=") {
			t.Errorf("to sign out the browser was sent %s", url)
		}
		screen.shows("✓ Logout")
		// Introspection once more: the token that was revoked is not active.
		screen.press("Left", "Left", "b")
		screen.shows("▸ Introspection")
		screen.press("Enter")
		screen.shows("active false")
		screen.press("q")
		screen.ends(0)
	})
}
