package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/zalando/go-keyring"
)

// TestMain makes this test binary stand in for the programs that the scripts
// call. The keyring of whoever runs them is left alone.
func TestMain(m *testing.M) {
	keyring.MockInit()
	testscript.Main(m, map[string]func(){
		"pkcescope": main,
		"browse":    func() { os.Exit(browse()) },
	})
}

// TestScripts carries out testdata/*.txtar, one script for each use of the
// command.
func TestScripts(t *testing.T) {
	provider := newProvider(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			taken, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			env.Defer(func() { _ = taken.Close() })
			env.Setenv("TAKEN", taken.Addr().String())
			env.Setenv("PROVIDER", provider.url)
			env.Setenv("UNTRUSTED", provider.untrustedURL)
			env.Setenv("PKCESCOPE_CONFIG_DIR", env.WorkDir+"/config")
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits": exits,
			"json":  jsonHolds,
			"same":  same,
			"alike": alike,
		},
	})
}

// exits is "exits STATUS PROGRAM ARG...": it runs the program and asserts its
// exit status.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS PROGRAM ARG...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%s did not run: %v", args[1], err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit status = %d, want %d", got, want)
	}
}

// jsonHolds is "json FILE PATH OP [VALUE]", where FILE may be stdout. A path
// is made of members and of elements picked by a member's value:
//
//	json stdout steps[id=token].tokens[name=id_token].checks[id=nonce].result == pass
//
// The operators are == and != (text), matches (a regular expression), len (of
// a list or text), and is null, is missing.
func jsonHolds(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: json FILE PATH OP VALUE")
	}
	var document any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &document))
	got, found := lookUp(document, args[1])
	text := fmt.Sprint(got)
	if list, ok := got.([]any); ok && args[2] == "len" {
		text = strconv.Itoa(len(list))
	} else if args[2] == "len" {
		text = strconv.Itoa(len(text))
	}
	var holds bool
	switch op, want := args[2], args[3]; op {
	case "==", "len":
		holds = found && text == want
	case "!=":
		holds = found && text != want
	case "matches":
		holds = found && regexp.MustCompile(want).MatchString(text)
	case "is":
		holds = want == "missing" && !found || want == "null" && found && got == nil
	default:
		ts.Fatalf("no such operator: %s", op)
	}
	if !holds {
		ts.Fatalf("%s is %q (found: %t), want %s %s", args[1], text, found, args[2], args[3])
	}
}

var pathPart = regexp.MustCompile(`([^.\[\]]+)|\[([^=\]]+)(?:=([^\]]*))?\]`)

// lookUp follows a path through a decoded document.
func lookUp(v any, path string) (any, bool) {
	for _, part := range pathPart.FindAllStringSubmatch(path, -1) {
		member, key, want := part[1], part[2], part[3]
		found := false
		if object, ok := v.(map[string]any); ok && member != "" {
			v, found = object[member]
		} else if list, ok := v.([]any); ok && key != "" {
			for i, e := range list {
				object, _ := e.(map[string]any)
				if got, ok := object[key]; ok && fmt.Sprint(got) == want || key == strconv.Itoa(i) {
					v, found = e, true
					break
				}
			}
		}
		if !found {
			return nil, false
		}
	}
	return v, true
}

// browse is a browser without a screen: it follows the URL it is given to the
// end, as --browser CMD.
func browse() int {
	jar, _ := cookiejar.New(nil)
	response, err := (&http.Client{Jar: jar}).Get(os.Args[len(os.Args)-1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	if strings.HasPrefix(response.Status, "2") {
		return 0
	}
	fmt.Fprintln(os.Stderr, response.Status)
	return 1
}

// same is "same FILE PATH PATH": both are there and hold the same.
func same(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: same FILE PATH PATH")
	}
	var document any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &document))
	a, foundA := lookUp(document, args[1])
	b, foundB := lookUp(document, args[2])
	if !foundA || !foundB || a != b {
		ts.Fatalf("%s is %v, and %s is %v", args[1], a, args[2], b)
	}
}

// alike is "alike FILE FILE PATH": both files hold the same there. With ! they
// hold different things.
func alike(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: alike FILE FILE PATH")
	}
	var values [2]any
	for i := range values {
		var document any
		ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[i])), &document))
		found := false
		if values[i], found = lookUp(document, args[2]); !found {
			ts.Fatalf("%s has no %s", args[i], args[2])
		}
	}
	if (values[0] == values[1]) == neg {
		ts.Fatalf("%v and %v", values[0], values[1])
	}
}
