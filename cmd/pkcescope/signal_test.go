//go:build unix

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long a program may take to end, with the machine busy.
const patience = 20 * time.Second

// Ctrl-C in any step ends the run with 130, and the JSON still says how far it
// came.
func TestInterruptCancelsTheRunInEachStep(t *testing.T) {
	p := newProvider(t)
	for _, step := range []string{"discovery", "callback", "token", "keys"} {
		t.Run(step, func(t *testing.T) {
			var stdout bytes.Buffer
			var stderr said
			cmd := exec.Command("pkcescope", "run", "--json",
				"--issuer", p.url+"/stall-"+step, "--client-id", "app", "--browser", "browse")
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			start(t, cmd)
			select {
			case <-p.stalled:
			case <-time.After(patience):
				t.Fatalf("the step was never reached\n%s", &stderr)
			}
			if step == "callback" {
				// The browser may be faster than the step that sent it off.
				stderr.await(t, "Authorize")
			}
			interrupt(t, cmd)
			if got := cmd.ProcessState.ExitCode(); got != exitCancelled {
				t.Errorf("exit status = %d, want %d\n%s", got, exitCancelled, &stderr)
			}
			var document any
			if err := json.Unmarshal(stdout.Bytes(), &document); err != nil {
				t.Fatalf("standard output is not one JSON document: %v\n%s", err, &stdout)
			}
			for path, want := range map[string]string{
				"outcome":                       "cancelled",
				"steps[id=" + step + "].status": "cancelled",
			} {
				if got, _ := lookUp(document, path); got != want {
					t.Errorf("%s = %v, want %s", path, got, want)
				}
			}
			if !strings.Contains(stderr.String(), "Cancelled.") {
				t.Errorf("standard error does not say that it was cancelled:\n%s", &stderr)
			}
		})
	}
}

// Ctrl-C is how the practice tenant alone is meant to end: it is no failure,
// and it frees the port.
func TestPracticeServesUntilInterrupted(t *testing.T) {
	cmd := exec.Command("pkcescope", "practice", "--json")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var requests bytes.Buffer
	cmd.Stderr = &requests
	start(t, cmd)
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var about practiceSetup
	if err := json.Unmarshal(line, &about); err != nil {
		t.Fatalf("the first line is not JSON: %v\n%s", err, line)
	}
	platforms := map[string]bool{}
	for _, r := range about.Registrations {
		platforms[string(r.Platform)] = true
	}
	if len(platforms) != 3 || len(about.Accounts) == 0 {
		t.Errorf("registrations for the platforms %v and %d accounts, want all three platforms and an account", platforms, len(about.Accounts))
	}
	for _, url := range []string{about.Discovery, about.JWKS} {
		response, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Errorf("GET %s = %s", url, response.Status)
		}
	}
	interrupt(t, cmd)
	if got := cmd.ProcessState.ExitCode(); got != exitOK {
		t.Errorf("exit status = %d, want %d", got, exitOK)
	}
	if !bytes.Contains(requests.Bytes(), []byte("/.well-known/openid-configuration")) {
		t.Errorf("the requests are not logged on standard error:\n%s", &requests)
	}
	if response, err := http.Get(about.Discovery); err == nil {
		response.Body.Close()
		t.Errorf("the tenant still answers after its end")
	}
}

// A pipe to which nobody writes is opened in vain, and Ctrl-C ends that too.
func TestInterruptEndsTheWaitForAPipe(t *testing.T) {
	pipe := t.TempDir() + "/pipe"
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("pkcescope", "open", pipe, "--json")
	start(t, cmd)
	// Before it listens for signals, one ends it in another way.
	time.Sleep(500 * time.Millisecond)
	interrupt(t, cmd)
	if got := cmd.ProcessState.ExitCode(); got != exitCancelled {
		t.Errorf("exit status = %d, want %d", got, exitCancelled)
	}
}

// What the system would not do with a file is said in a sentence with what to
// try, and not in the words of a system call.
func TestAFileThatTheSystemRefusesIsNamed(t *testing.T) {
	config := t.TempDir() + "/file"
	if err := os.WriteFile(config, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		args []string
		says string
	}{
		"a file below a file": {[]string{"open", config + "/run.json", "--json"}, "cannot be opened. The system says: not a directory."},
		"profiles there":      {[]string{"profile", "add", "x", "--issuer", "https://idp.example", "--client-id", "c"}, "The system says: not a directory."},
		"a run saved there":   {[]string{"run", "--save", config + "/run.json"}, "could not be written. The system says of"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command("pkcescope", row.args...)
			cmd.Env = append(os.Environ(), "PKCESCOPE_CONFIG_DIR="+config+"/below")
			said, err := cmd.CombinedOutput()
			if err == nil || !bytes.Contains(said, []byte(row.says)) || !bytes.Contains(said, []byte("hint: ")) {
				t.Errorf("%v, and it says\n%s", err, said)
			}
		})
	}
}

// said is what a program has said so far, and can be read while it runs.
type said struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// await waits until the program has said text.
func (s *said) await(t *testing.T, text string) {
	t.Helper()
	for late := time.Now().Add(patience); !strings.Contains(s.String(), text); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("it never said %q:\n%s", text, s)
		}
	}
}

// start starts a program that does not outlive the test.
func start(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	})
}

// interrupt sends Ctrl-C and waits for the end.
func interrupt(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer late.Stop()
	_ = cmd.Wait()
}
