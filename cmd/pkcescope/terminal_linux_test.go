package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// openTerminal returns the two ends of a terminal: the one that a person sits
// at, and the one that a program runs in.
func openTerminal(t *testing.T) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = person.Close() })
	var number, locked int32
	size := [4]uint16{24, 80}
	connection, err := person.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var failed syscall.Errno
	err = connection.Control(func(fd uintptr) {
		for request, value := range map[uintptr]unsafe.Pointer{
			syscall.TIOCGPTN: unsafe.Pointer(&number), syscall.TIOCSPTLCK: unsafe.Pointer(&locked), syscall.TIOCSWINSZ: unsafe.Pointer(&size),
		} {
			if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(value)); errno != 0 {
				failed = errno
			}
		}
	})
	if err != nil || failed != 0 {
		t.Fatal(err, failed)
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return person, program
}

// A terminal may go away without a signal: the hang-up is ignored under nohup,
// and is sent to nobody where the program runs in a session of its own
// (runuser, setsid). The program must not run on unseen.
func TestTheProgramEndsWithItsTerminal(t *testing.T) {
	for name, prepared := range map[string]struct {
		script string
		own    bool // the terminal is that of the program's session
	}{
		"it is told":                            {"exec pkcescope", true},
		"the signal is ignored":                 {"trap '' HUP; exec pkcescope", true},
		"the session has no terminal":           {"exec pkcescope", false},
		"standard input brings a saved run":     {"pkcescope run --save run.json 2>run.log; exec pkcescope open - <run.json", true},
		"and the signal is ignored beside that": {"trap '' HUP; pkcescope run --save run.json 2>run.log; exec pkcescope open - <run.json", true},
	} {
		t.Run(name, func(t *testing.T) {
			person, program := openTerminal(t)
			cmd := exec.Command("sh", "-c", prepared.script)
			var stderr bytes.Buffer
			cmd.Stdin, cmd.Stdout, cmd.Stderr = program, program, &stderr
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: prepared.own}
			cmd.Dir = t.TempDir()
			cmd.Env = append(os.Environ(), "TERM=xterm-256color", "PKCESCOPE_CONFIG_DIR="+t.TempDir())
			start(t, cmd)
			program.Close()
			// It is drawing when it has written something.
			if _, err := io.ReadFull(person, make([]byte, 100)); err != nil {
				t.Fatal(err)
			}
			person.Close()
			late := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
			defer late.Stop()
			_ = cmd.Wait()
			if got := cmd.ProcessState.ExitCode(); got != exitCancelled {
				t.Errorf("exit status = %d, want %d\n%s", got, exitCancelled, &stderr)
			}
		})
	}
}

// A terminal that is closed while a run is under way does not take with it what
// the run has recorded.
func TestAClosedTerminalLosesNothingOfARun(t *testing.T) {
	p := newProvider(t)
	// These tests may have been started with the signal ignored (nohup), which
	// a child takes over. What is caught it does not.
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGHUP)
	defer signal.Stop(caught)
	saved := t.TempDir() + "/run.json"
	cmd := exec.Command("pkcescope", "run", "--save", saved, "--issuer", p.url+"/stall-token", "--client-id", "app", "--browser", "browse")
	start(t, cmd)
	select {
	case <-p.stalled:
	case <-time.After(patience):
		t.Fatal("the token request never came")
	}
	// The kernel sends one, and the shell another.
	for range 2 {
		if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	_ = cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != exitCancelled {
		t.Errorf("exit status = %d, want %d", got, exitCancelled)
	}
	data, err := os.ReadFile(saved)
	if err != nil {
		t.Fatal(err)
	}
	var document any
	if err := json.Unmarshal(data, &document); err != nil {
		t.Fatal(err)
	}
	if got, _ := lookUp(document, "steps[id=callback].status"); got != "ok" {
		t.Errorf("the callback in the saved file is %v, want ok", got)
	}
	if got, _ := lookUp(document, "outcome"); got != "cancelled" {
		t.Errorf("outcome = %v, want cancelled", got)
	}
}
