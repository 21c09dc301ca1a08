package main

import (
	"os/exec"
	"testing"
)

// BenchmarkProcess times whole processes, from their start to their end.
func BenchmarkProcess(b *testing.B) {
	p := newProvider(b)
	for name, args := range map[string][]string{
		"version":                    {"--version"},
		"run at the practice tenant": {"run", "--json"},
		"run at a provider that signs in at once": {
			"run", "--json", "--issuer", p.url + "/sound", "--client-id", "app", "--browser", "browse",
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if out, err := exec.Command("pkcescope", args...).CombinedOutput(); err != nil {
					b.Fatalf("%v\n%s", err, out)
				}
			}
		})
	}
}
