package inspect_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// groups is a token of a person in 5,000 groups.
func groups(tb testing.TB) string {
	list := make([]string, 5000)
	for i := range list {
		list[i] = fmt.Sprintf("00000000-0000-0000-0000-%012d", i)
	}
	return sign(tb, jose.RS256, "rsa", healthy(map[string]any{"groups": list}))
}

func BenchmarkDecode(b *testing.B) {
	o := options(b)
	o.JWKS = nil
	for name, token := range map[string]string{"ordinary": sign(b, jose.RS256, "rsa", healthy(nil)), "5000 groups": groups(b)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(token)))
			for b.Loop() {
				inspect.DecodeToken(token, o)
			}
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	o, token := options(b), sign(b, jose.RS256, "rsa", healthy(nil))
	for b.Loop() {
		if d := inspect.DecodeToken(token, o); results(d.Tokens[0]) != "" {
			b.Fatal(results(d.Tokens[0]))
		}
	}
}

// large is a run whose token endpoint answered with 10 MB.
func large(body string) flow.Transcript {
	tr := handmade(flow.MethodS256)
	answers(flow.StepToken, 200, "application/json", body)(&tr)
	return tr
}

func BenchmarkRead(b *testing.B) {
	lines := strings.Repeat(`{"a": "some text that goes on for a while", "b": [1, 2, 3]},`+"\n", 10<<20/60)
	for name, tr := range map[string]flow.Transcript{
		"ordinary":          handmade(flow.MethodS256),
		"10 MB of lines":    large("[" + lines + "0]"),
		"10 MB in one line": large(`{"x":"` + strings.Repeat("abcdefgh", 10<<20/8) + `"}`),
	} {
		b.Run(name+"/first", func(b *testing.B) {
			for i := range b.N {
				tr.Made = now.Add(time.Duration(i)) // another transcript each time
				inspect.Read(tr, inspect.Options{Now: now})
			}
		})
		b.Run(name+"/again", func(b *testing.B) {
			for b.Loop() {
				inspect.Read(tr, inspect.Options{Now: now})
			}
		})
		b.Run(name+"/later", func(b *testing.B) {
			for i := range b.N {
				inspect.Read(tr, inspect.Options{Now: now.Add(time.Duration(i) * time.Second)})
			}
		})
	}
}
