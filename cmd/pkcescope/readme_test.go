package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pkcescope/pkcescope/tui"
)

// The README is promised to be right: its table of keys is made from the
// bindings, and it names every subcommand and every exit status.
func TestReadmeSaysWhatTheProgramDoes(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(text)
	if table := tui.KeyTable(); !strings.Contains(readme, table) {
		t.Errorf("the README's table of keys is out of date; it should be\n%s", table)
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
