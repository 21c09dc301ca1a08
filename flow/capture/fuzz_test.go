package capture_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/capture"
)

// readAny reads anything, and holds what comes out to what every reader of a
// transcript relies on.
func readAny(t *testing.T, data []byte) {
	found, err := capture.Read(context.Background(), []capture.Source{{Name: "fuzz", Data: bytes.NewReader(data)}}, capture.Options{})
	if err != nil {
		return
	}
	for _, run := range found.Flows {
		if run.Format != flow.Format || run.Version > flow.Version {
			t.Fatalf("a transcript of format %q, version %d", run.Format, run.Version)
		}
		var b bytes.Buffer
		if err := run.Redacted().Encode(&b); err != nil {
			t.Fatal(err)
		}
		if _, err := flow.Load(&b); err != nil {
			t.Fatalf("it cannot be loaded again: %v", err)
		}
	}
}

func FuzzHAR(f *testing.F) {
	f.Add([]byte(`{"log":{"version":"1.2","creator":{"name":"WebInspector"},"entries":[{"request":{"method":"GET","url":"` + authorizeURL + `","headers":[]},"response":{"status":302,"headers":[{"name":"Location","value":"` + callbackURL + `"}],"content":{"size":0}},"startedDateTime":"2026-01-02T03:04:05.678Z","time":12.5}]}}`))
	f.Add([]byte(`{"log":{"entries":[{"request":{"method":"POST","url":"https://a/token","postData":{"mimeType":"application/x-www-form-urlencoded","params":[{"name":"grant_type","value":"authorization_code"}]}},"response":{"status":200,"content":{"text":"eyJ9","encoding":"base64"}}}]}}`))
	f.Add([]byte(`{"log":{"entries":[{"request":{"url":"\u0068ttps:\/\/a\/?code=\ud83d\ude00&state=1"`))
	f.Fuzz(func(t *testing.T, data []byte) {
		readAny(t, append([]byte(`{"log":`), bytes.TrimPrefix(data, []byte(`{"log":`))...))
	})
}

func FuzzText(f *testing.F) {
	for _, s := range []string{
		authorizeURL, callbackURL, tokenAnswer, tokenForm, "curl '" + tokenURL + "' --data-raw $'a\\x41'", "curl ^\"https://a/^\" ^\n -d ^\"b^\"",
		"POST /token HTTP/1.1\nHost: a\n\ngrant_type=refresh_token\n\nHTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5\nhello\n0\n\n", "> GET / HTTP/2\n> \n< HTTP/2 200\n< \n{",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) { readAny(t, []byte(text)) })
}

func FuzzSAZ(f *testing.F) {
	f.Add("GET "+callbackURL+" HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b", "<Session/>")
	f.Add("POST "+tokenURL+" HTTP/1.1\r\nContent-Length: 5\r\n\r\n"+tokenForm, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", `<Session><SessionTimers ClientBeginRequest="2026-01-02T03:04:05+01:00"/></Session>`)
	for name := range packers {
		body := string(packedBy(f, name, []byte(tokenAnswer)))
		f.Add("POST "+tokenURL+" HTTP/1.1\r\n\r\n"+tokenForm, "HTTP/1.1 200 OK\r\nContent-Encoding: "+name+"\r\n\r\n"+body, "<Session/>")
	}
	f.Fuzz(func(t *testing.T, request, response, about string) {
		var b bytes.Buffer
		archive(t, &b, map[string]string{"raw/1_c.txt": request, "raw/1_s.txt": response, "raw/1_m.xml": about})
		readAny(t, b.Bytes())
	})
}

func FuzzAnything(f *testing.F) {
	for _, s := range []string{"PK\x03\x04", "\x1f\x8b\x08", "\xff\xfe{\x00", "\xfe\xff\x00{", "\ufeff{}", "12:9:websocket;", `{"format":"pkcescope-transcript","version":1}`} {
		f.Add([]byte(s))
	}
	f.Add([]byte(strings.Repeat("{", 5000)))
	f.Add(packedBy(f, "zstd", []byte(tokenAnswer)))
	f.Fuzz(readAny)
}
