package capture_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/capture"
)

// packers pack as servers do, by the name that Content-Encoding has for it.
var packers = map[string]func(io.Writer) io.WriteCloser{
	"gzip": func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
	"br":   func(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) },
	"zstd": func(w io.Writer) io.WriteCloser { z, _ := zstd.NewWriter(w); return z },
}

func packedBy(t testing.TB, name string, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := packers[name](&b)
	_, err := w.Write(content)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// answerOf is the body of the token response that was found.
func answerOf(t *testing.T, found capture.Found) flow.Response {
	t.Helper()
	for _, run := range found.Flows {
		for _, x := range run.Step(flow.StepToken).Exchanges {
			if x.Response != nil {
				return *x.Response
			}
		}
	}
	t.Fatal("there is no token response")
	return flow.Response{}
}

func TestAPackedBodyIsUnpackedWhereverItStands(t *testing.T) {
	for name := range packers {
		body := packedBy(t, name, []byte(tokenAnswer))
		message := "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: " + name + "\r\n\r\n" + string(body)
		request := "POST /token HTTP/1.1\r\nHost: login.example\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n" + tokenForm
		record := map[string]any{"log": map[string]any{"version": "1.2", "entries": []any{map[string]any{
			"startedDateTime": "2026-01-02T03:04:05Z", "time": 1,
			"request": map[string]any{"method": "POST", "url": tokenURL, "headers": []any{}, "postData": map[string]any{"mimeType": "application/x-www-form-urlencoded", "text": tokenForm}},
			"response": map[string]any{
				"status": 200, "headers": []any{map[string]any{"name": "Content-Encoding", "value": name}},
				"content": map[string]any{"mimeType": "application/json", "text": base64.StdEncoding.EncodeToString(body), "encoding": "base64"},
			},
		}}}}
		har, err := json.Marshal(record)
		if err != nil {
			t.Fatal(err)
		}
		var saz bytes.Buffer
		archive(t, &saz, map[string]string{"raw/1_c.txt": strings.Replace(request, "POST /token", "POST "+tokenURL, 1), "raw/1_s.txt": message, "raw/1_m.xml": "<Session/>"})
		for form, file := range map[string][]byte{"SAZ": saz.Bytes(), "HAR": har} {
			t.Run(name+" in "+form, func(t *testing.T) {
				r := answerOf(t, open(t, file))
				if string(r.Body) != tokenAnswer || r.Header.Get("Content-Encoding") != "" {
					t.Errorf("%q with the encoding %q", r.Body, r.Header.Get("Content-Encoding"))
				}
			})
		}
	}
}

// Go can undo bzip2 and not do it.
func TestAFileOfBzip2IsRead(t *testing.T) {
	packed, err := base64.StdEncoding.DecodeString("QlpoOTFBWSZTWaY9G2wAABgfgAEAxVKwIKiwP3zMQCAASKg8gmgA9NRtE9QVNGT1NpD0mIYhjUg4AtGT9G1XtlNtzqZH8ROGNwTZlrCKknl4UejfRVO/CHkDFBUUBlDfi7UNzAx/F3JFOFCQpj0bbA==")
	if err != nil {
		t.Fatal(err)
	}
	found := open(t, packed)
	if len(found.Flows) != 1 {
		t.Fatalf("%d flows", len(found.Flows))
	}
	if code, _ := found.Flows[0].Step(flow.StepCallback).Value("code"); !strings.Contains(callbackURL, "code="+code+"&") || code == "" {
		t.Errorf("the code is %q", code)
	}
}

func TestABodyThatUnpacksToMoreThanIsKeptIsCut(t *testing.T) {
	for name := range packers {
		t.Run(name, func(t *testing.T) {
			bomb := packedBy(t, name, slices.Concat([]byte(`{"access_token":"a","token_type":"Bearer","x":"`), bytes.Repeat([]byte("a"), 64<<20)))
			var saz bytes.Buffer
			archive(t, &saz, map[string]string{
				"raw/1_c.txt": fmt.Sprintf("POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n%s", tokenURL, tokenForm),
				"raw/1_s.txt": "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: " + name + "\r\n\r\n" + string(bomb), "raw/1_m.xml": "<Session/>",
			})
			if r := answerOf(t, open(t, saz.Bytes())); !r.Truncated || len(r.Body) > 4<<20 {
				t.Errorf("%d octets, truncated: %v", len(r.Body), r.Truncated)
			}
		})
	}
}

func TestAPackedFileIsReadAndOneThatIsPackedWithoutEndIsNot(t *testing.T) {
	whole := har(t, walked(t, nil))
	for name, pack := range map[string]func([]byte) []byte{
		"gzip": func(b []byte) []byte { return packedBy(t, "gzip", b) },
		"zstd": func(b []byte) []byte { return packedBy(t, "zstd", b) },
		"zip":  func(b []byte) []byte { return zipped(t, "inside", string(b)) },
	} {
		if found := open(t, pack(whole)); len(found.Flows) != 1 {
			t.Errorf("%s: %d flows", name, len(found.Flows))
		}
		again := whole
		for range 6 {
			again = pack(again)
		}
		_, err := capture.Read(t.Context(), []capture.Source{{Name: "x", Data: bytes.NewReader(again)}}, capture.Options{})
		if e, ok := errors.AsType[*flow.Error](err); !ok || e.Kind != flow.KindRefused {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// How often a file is packed is counted for each: they do not add up.
func TestEachFileOfAnArchiveMayBePacked(t *testing.T) {
	files := map[string]string{}
	for i := range 6 {
		files[fmt.Sprintf("%d.har.gz", i)] = string(packedBy(t, "gzip", har(t, walked(t, nil))))
	}
	var all bytes.Buffer
	archive(t, &all, files)
	if found := open(t, all.Bytes()); len(found.Flows) != len(files) {
		t.Errorf("%d flows in %d files", len(found.Flows), len(files))
	}
}

// A mark in front of a text costs nothing, however often it stands there.
func TestByteOrderMarksWithoutEndAreNoReasonToFall(t *testing.T) {
	marked := append(bytes.Repeat([]byte("\ufeff"), 3<<20), har(t, walked(t, nil))...)
	if found := open(t, marked); len(found.Flows) != 1 {
		t.Errorf("%d flows", len(found.Flows))
	}
}

func TestATextThatIsTooLongIsReadAsFarAsItGoesAndSaysSo(t *testing.T) {
	text := tokenURL + "?response_type=code&client_id=c&state=s\n" + strings.Repeat(" ", 48<<20)
	found := open(t, []byte(text))
	if len(found.Flows) != 1 {
		t.Fatalf("%d flows", len(found.Flows))
	}
	if lost := found.Flows[0].Capture.Lost; !slices.ContainsFunc(lost, func(l flow.Loss) bool { return l.What == flow.LostEnd && l.Detail == "32" }) {
		t.Errorf("lost %+v", lost)
	}
}

// An address that goes on from line to line has an end, whatever the text does:
// what comes after it is no part of it.
func TestAnAddressWithoutEndIsReadToItsBound(t *testing.T) {
	line := strings.Repeat("x", 63) + "\n"
	found := open(t, []byte(tokenURL+"?response_type=code&client_id=c&state="+line+strings.Repeat(line, 1<<14)))
	if len(found.Flows) != 1 {
		t.Fatalf("%d flows", len(found.Flows))
	}
	longest := 0
	for _, s := range found.Flows[0].Steps {
		for _, x := range s.Exchanges {
			longest = max(longest, len(x.Request.URL))
		}
	}
	if longest < 60<<10 || longest > 70<<10 {
		t.Errorf("an address of %d octets", longest)
	}
}
