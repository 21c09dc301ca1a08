package markdown_test

import (
	"strings"
	"testing"

	"github.com/pkcescope/pkcescope/inspect/markdown"
)

func TestBackticksAreOutnumbered(t *testing.T) {
	for in, want := range map[string]string{"a": "`a`", "a`b": "`` a`b ``", "``": "``` `` ```", "": "` `"} {
		if got := markdown.Code(in); got != want {
			t.Errorf("Code(%q) = %q, want %q", in, got, want)
		}
	}
	if got, want := markdown.Fence("http", "a\n````\nb"), "`````http\na\n````\nb\n`````\n"; got != want {
		t.Errorf("Fence = %q, want %q", got, want)
	}
}

func TestTextIsNoMarkup(t *testing.T) {
	got := markdown.Text("<b>*a*</b> [x](y) `c` | &lt; \\\nnext")
	if want := "\\<b>\\*a\\*\\</b> \\[x](y) \\`c\\` \\| \\&lt; \\\\ next"; got != want {
		t.Errorf("Text = %q, want %q", got, want)
	}
	if strings.Contains(got, "\n") {
		t.Error("a line end is left")
	}
}
