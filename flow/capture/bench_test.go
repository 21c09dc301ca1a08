package capture_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/pkcescope/pkcescope/flow/capture"
)

// BenchmarkHAR opens a HAR of scripts, small answers and one sign-in. The figure
// that matters is MB/s: a HAR of 300 MB is to open in 1.2 s.
func BenchmarkHAR(b *testing.B) {
	script := strings.Repeat(`function(e){return \"a\"===e.t?\n\tn(\"b\"):r};`, 8000)
	var h strings.Builder
	h.WriteString(`{"log":{"version":"1.2","entries":[`)
	for i := range 40 {
		body := script
		if i%4 != 0 {
			body = `{\"ok\":true}`
		}
		fmt.Fprintf(&h, `{"_resourceType":"script","startedDateTime":"2026-01-02T03:04:05.%03dZ","time":1,"request":{"method":"GET","url":"https://app.example/%d.js?v=1","headers":[{"name":"accept","value":"*/*"}]},"response":{"status":200,"headers":[],"content":{"size":1,"mimeType":"text/javascript","text":"%s"},"redirectURL":""}},`, i, i, body)
	}
	fmt.Fprintf(&h, `{"_resourceType":"document","startedDateTime":"2026-01-02T03:04:06Z","time":1,"request":{"method":"GET","url":"%s"},"response":{"status":200}}]}}`, authorizeURL)
	data := []byte(h.String())
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		found, err := capture.Read(b.Context(), []capture.Source{{Data: bytes.NewReader(data)}}, capture.Options{})
		if err != nil || len(found.Flows) != 1 {
			b.Fatal(err, len(found.Flows))
		}
	}
}
