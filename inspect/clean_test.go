package inspect_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

func TestCleanWritesOutWhatATerminalCouldObey(t *testing.T) {
	for _, row := range []struct{ name, in, want string }{
		{"plain", "a b=c", "a b=c"},
		{"wide characters", "日本語 ё é", "日本語 ё é"},
		{"escape sequence", "\x1b[31mred", `\x1b[31mred`},
		{"title", "\x1b]0;t\x07", `\x1b]0;t\x07`},
		{"C1", "\u009b31m", `\u009b31m`},
		{"C1 as an octet", "\x9b31m", `\x9b31m`},
		{"line ends", "a\r\nb\tc", `a\r\nb\tc`},
		{"zero and delete", "\x00\x7f", `\x00\x7f`},
		{"right to left", "\u202eabc\u2069\u200f", `\u202eabc\u2069\u200f`},
		{"zero width", "a\u200b\u200d\ufeff\u2060b", `a\u200b\u200d\ufeff\u2060b`},
		{"line separator", "a\u2028b", `a\u2028b`},
		{"variation selector", "a\ufe0f", `a\ufe0f`},
		{"tag characters", "\U000e0041", `\U000e0041`},
		{"not UTF-8", "a\xff\xc3(b", `a\xff\xc3(b`},
		{"ideographic space", "a\u3000b", "a\u3000b"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := inspect.Clean(row.in); got != row.want {
				t.Errorf("Clean(%q) = %q, want %q", row.in, got, row.want)
			}
		})
	}
}

func TestLinesAreSplitBoundedAndCleaned(t *testing.T) {
	if got, want := strings.Join(inspect.CleanLines("a\r\nb\tc\n\x1b"), "|"), `a|b    c|\x1b`; got != want {
		t.Errorf("lines = %q, want %q", got, want)
	}
	long := strings.Repeat("é", 5000)
	lines := inspect.CleanLines(long)
	if strings.Join(lines, "") != long || len(lines) < 2 {
		t.Errorf("a long line came back as %d lines, of %d octets in all", len(lines), len(strings.Join(lines, "")))
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{hostile, "plain", "日本語", "\xff\xfe", "\u202e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := inspect.Clean(s)
		if !utf8.ValidString(got) {
			t.Errorf("Clean(%q) is not UTF-8", s)
		}
		for _, r := range got {
			if !unicode.IsGraphic(r) {
				t.Errorf("Clean(%q) holds %U", s, r)
			}
		}
		if again := inspect.Clean(got); again != got {
			t.Errorf("cleaning twice: %q, then %q", got, again)
		}
	})
}

// Whatever is pasted is decoded without a panic, and comes out clean.
func FuzzDecodeToken(f *testing.F) {
	for _, s := range []string{
		"", ".", "..", "a.b.c", "Bearer x", b64(`{"alg":"RS256","kid":"1"}`) + "." + b64(`{"iss":"x","exp":1e300}`) + ".c2ln",
		`{"id_token":"` + b64(`{"alg":"none"}`) + `.."}`, "https://x/#id_token=a.b.c&code=1", b64(`{"enc":1}`) + "....",
		b64(`{"alg":"RS256"}`) + "." + b64(`{"aud":[1,null,{"a":[]}],"exp":"x","iat":-1}`) + "." + "~redacted.00000000.5~", hostile,
	} {
		f.Add(s)
	}
	o := options(f)
	f.Fuzz(func(t *testing.T, s string) {
		d := inspect.DecodeToken(s, o)
		if _, err := d.JSON(); err != nil {
			t.Error(err)
		}
		for _, line := range strings.Split(d.Text(60), "\n") {
			if line != inspect.Clean(line) {
				t.Errorf("the text holds %q", line)
			}
		}
	})
}

// Whatever a file holds, if it loads it can be read.
func FuzzReadOfALoadedFile(f *testing.F) {
	for _, m := range []flow.Method{flow.MethodS256, flow.MethodNone} {
		b, err := inspect.Read(handmade(m), inspect.Options{}).JSON()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"format":"pkcescope-transcript","version":1,"steps":[{"id":"token","status":"failed","exchanges":[{"response":{"body":"{"}}]}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		tr, err := flow.Load(bytes.NewReader(b))
		if err != nil {
			return
		}
		rep := inspect.Read(tr, inspect.Options{})
		if _, err := rep.JSON(); err != nil {
			t.Error(err)
		}
		for _, line := range strings.Split(rep.Text(60), "\n") {
			if line != inspect.Clean(line) {
				t.Errorf("the text holds %q", line)
			}
		}
	})
}
