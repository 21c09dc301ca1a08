package main

import (
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pkcescope/pkcescope/tui"
)

var update = flag.Bool("update", false, "write the README's table of keys")

var keysPart = regexp.MustCompile(`(?s)(<!-- keys: .*? -->\n\n).*?(\n<!-- end of keys -->)`)

// The README is promised to be right: its table of keys is made from the
// bindings, it names every subcommand, and it has two commands to type.
func TestReadmeSaysWhatTheProgramDoes(t *testing.T) {
	const path = "../../README.md"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	readme := string(text)
	want := keysPart.ReplaceAllString(readme, "${1}"+strings.ReplaceAll(tui.KeyTable(), "$", "$$")+"${2}")
	switch {
	case !keysPart.MatchString(readme):
		t.Error("the README has no place for the table of keys")
	case readme != want && *update:
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	case readme != want:
		t.Error("the README's table of keys is out of date: go test ./cmd/pkcescope -run Readme -update")
	}
	for _, cmd := range newRoot().Commands() {
		if name := cmd.Name(); name != "help" && name != "completion" && !strings.Contains(readme, "pkcescope "+name) {
			t.Errorf("the README does not mention pkcescope %s", name)
		}
	}
	commands := regexp.MustCompile(`(?m)^go .*$`).FindAllString(readme, -1)
	if want := []string{"go run ./cmd/pkcescope", "go test ./..."}; !slices.Equal(commands, want) {
		t.Errorf("the README tells to type %q, want %q", commands, want)
	}
}
