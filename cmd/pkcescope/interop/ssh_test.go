//go:build interop

package interop

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// far is an address of this machine at which the program does not listen. In
// the browser that belongs to it localhost is another machine, as it is for
// somebody who works over SSH.
const far = "127.0.0.2"

func newBrowserElsewhere(t *testing.T) *browser {
	return newBrowser(t, chromedp.Flag("host-resolver-rules", "MAP localhost "+far+", MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"))
}

// sshd is an SSH server on loopback that lets the user of this test in, and
// nobody else.
type sshd struct {
	dir  string
	port int
}

// startSSHD starts it with a configuration and keys of its own.
func startSSHD(t *testing.T) sshd {
	t.Helper()
	server := required(t, "PKCESCOPE_SSHD")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := sshd{dir: t.TempDir(), port: l.Addr().(*net.TCPAddr).Port}
	l.Close()

	public := map[string]string{}
	for _, key := range []string{"host", "own"} {
		path := filepath.Join(s.dir, key)
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", key, "-f", path).CombinedOutput(); err != nil {
			t.Fatalf("ssh-keygen: %v\n%s", err, out)
		}
		text, err := os.ReadFile(path + ".pub")
		if err != nil {
			t.Fatal(err)
		}
		public[key] = string(text)
	}
	// A temporary directory is below one that everybody may write to, which is
	// not strict; and what a login does beside (PAM) belongs to the machine.
	config := fmt.Sprintf(`Port %d
ListenAddress 127.0.0.1
HostKey %q
AuthorizedKeysFile %q
AuthenticationMethods publickey
PermitRootLogin prohibit-password
StrictModes no
UsePAM no
PidFile none
`, s.port, filepath.Join(s.dir, "host"), filepath.Join(s.dir, "own.pub"))
	for name, text := range map[string]string{
		"config":      config,
		"known_hosts": fmt.Sprintf("[127.0.0.1]:%d %s", s.port, public["host"]),
	} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if os.Getuid() == 0 {
		// Debian's service makes it, and no service runs in a container.
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			t.Fatal(err)
		}
	}

	logged := filepath.Join(s.dir, "log")
	t.Cleanup(func() {
		if text, err := os.ReadFile(logged); err == nil && t.Failed() {
			t.Logf("sshd said:\n%s", text)
		}
	})
	ended := serve(t, exec.Command(server, "-D", "-f", filepath.Join(s.dir, "config"), "-E", logged))
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port))
	if !reachable(address, ended) {
		t.Fatal("sshd does not listen")
	}
	return s
}

// reachable waits until something listens at an address.
func reachable(address string, ended <-chan struct{}) bool {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		select {
		case <-ended:
			return false
		default:
		}
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return true
		}
	}
	return false
}

// ssh is a command that logs in there.
func (s sshd) ssh(t *testing.T, args ...string) []string {
	t.Helper()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	return append([]string{
		"ssh", "-F", "none", "-p", strconv.Itoa(s.port), "-l", me.Username, "-i", filepath.Join(s.dir, "own"),
		"-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", "BatchMode=yes",
		"-o", "StrictHostKeyChecking=yes", "-o", "UserKnownHostsFile=" + filepath.Join(s.dir, "known_hosts"),
	}, args...)
}

// start starts pkcescope over SSH, with dir as its working directory.
func (s sshd) start(t *testing.T, dir string, args ...string) *terminal {
	t.Helper()
	remote := "cd " + quote(dir) + " && PKCESCOPE_CONFIG_DIR=" + quote(dir) + " exec " +
		quoted(append([]string{required(t, "PKCESCOPE_BINARY")}, args...))
	return startInTerminal(t, s.ssh(t, "-tt", "127.0.0.1", remote)...)
}

// forward forwards a port of the machine that the browser is at, as long as the
// test runs.
func (s sshd) forward(t *testing.T, port string) {
	t.Helper()
	argv := s.ssh(t, "-N", "-o", "ExitOnForwardFailure=yes", "-L", far+":"+port+":localhost:"+port, "127.0.0.1")
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stderr = t.Output()
	ended := serve(t, cmd)
	if !reachable(net.JoinHostPort(far, port), ended) {
		t.Fatal("the port is not forwarded")
	}
}

// saved saves the transcript from the screen and reads it.
func (s *terminal) saved(dir string) document {
	s.t.Helper()
	s.press("s")
	s.shows("Save the transcript")
	s.press("Enter")
	s.shows("pkcescope-2")
	var d document
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		files, _ := filepath.Glob(filepath.Join(dir, "pkcescope-*.json"))
		if len(files) != 1 {
			continue
		}
		if text, err := os.ReadFile(files[0]); err == nil && json.Unmarshal(text, &d) == nil {
			return d
		}
	}
	s.t.Fatal("no transcript was saved")
	return d
}

// testOverSSH walks in the terminal program over SSH. The browser is where the
// person sits: its localhost is not the machine that the program runs on.
func testOverSSH(t *testing.T) {
	server := startSSHD(t)
	issuer := startPractice(t)
	walk := func(t *testing.T, redirect, secret string, more ...string) (*terminal, string) {
		t.Helper()
		dir := t.TempDir()
		s := server.start(t, dir, append([]string{
			"--issuer", issuer, "--client-id", native, "--redirect-uri", redirect, "--scope", "openid User.Read",
		}, more...)...)
		if secret != "" {
			s.shows("client secret (not shown)")
			s.press(secret, "Enter")
		}
		s.shows("Discovery")
		s.press("a")
		s.shows("Waiting for the browser")
		return s, dir
	}
	ends := func(s *terminal, dir string) document {
		s.t.Helper()
		s.shows("every check of the ID token passed")
		d := s.saved(dir)
		s.press("q")
		s.ends(0)
		d.done(s.t, "discovery", "verifier", "challenge", "authorize", "callback", "token", "keys")
		d.checksPass(s.t)
		return d
	}

	for name, where := range map[string]struct {
		redirect string
		more     []string
		secret   string
	}{
		"an answer at a page of the provider is pasted":     {redirect: "https://login.microsoftonline.com/common/oauth2/nativeclient"},
		"an answer where nobody listens is pasted":          {redirect: "http://localhost:18401", more: []string{"--paste"}},
		"an answer that the listener cannot get is pasted":  {redirect: "http://localhost:18402"},
		"an answer on https where nobody listens is pasted": {redirect: portalRedirect, more: []string{"--paste", "--client-id", portal, "--platform", "web"}, secret: portalSecret},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBrowserElsewhere(t)
			s, dir := walk(t, where.redirect, where.secret, where.more...)
			s.press("y")
			s.shows("Sent to the clipboard")
			signInAtPractice(t, b, s.clipboard())
			landing := b.landing(t)
			if !strings.HasPrefix(landing, where.redirect) || !strings.Contains(landing, "code=") {
				t.Fatalf("the browser ended on %s", landing)
			}
			s.press("p")
			s.shows("Paste the answer")
			s.tmux("set-buffer", landing)
			s.tmux("paste-buffer", "-p")
			s.press("Enter")
			ends(s, dir)
		})
	}
	t.Run("the listener gets the answer through the port that is forwarded as the screen says", func(t *testing.T) {
		b := newBrowserElsewhere(t)
		s, dir := walk(t, "http://localhost:18404", "")
		s.shows(fmt.Sprintf("ssh -L 18404:localhost:18404 -p %d 127.0.0.1", server.port))
		server.forward(t, "18404")
		s.press("y")
		s.shows("Sent to the clipboard")
		signInAtPractice(t, b, s.clipboard())
		b.ends(t, "close this window")
		ends(s, dir)
	})
	t.Run("the wait is cancelled", func(t *testing.T) {
		s, _ := walk(t, "http://localhost:18405", "")
		s.press("Escape")
		s.shows("Cancelled")
		if c, err := net.Dial("tcp", "127.0.0.1:18405"); err == nil {
			c.Close()
			t.Error("it is still listened to")
		}
		s.press("q")
		s.ends(0)
	})
	t.Run("the connection breaks, and nothing is left listening", func(t *testing.T) {
		s, _ := walk(t, "http://localhost:18406", "")
		s.signal(syscall.SIGKILL)
		for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
			c, err := net.Dial("tcp", "127.0.0.1:18406")
			if err != nil {
				return
			}
			c.Close()
			if time.Now().After(deadline) {
				t.Fatal("it is still listened to")
			}
		}
	})
}

// landing is what the address bar holds, on a page of the browser's own too.
func (b *browser) landing(t *testing.T) string {
	t.Helper()
	history, err := chromedp.Run(b.ctx, chromedp.NavigationEntries())
	if err != nil {
		t.Fatal(err)
	}
	return history.Entries[history.CurrentIndex].URL
}
