package capture_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/capture"
)

// saz is a transcript as Fiddler would have saved it, its bodies chunked and
// gzipped as servers send them.
func saz(t *testing.T, run flow.Transcript) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	write := func(name, content string) {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(w, content)
	}
	head := func(h http.Header) string {
		var b strings.Builder
		_ = h.WriteSubset(&b, map[string]bool{"Content-Length": true})
		return b.String()
	}
	write("_index.htm", "<html>")
	n := 0
	for _, s := range run.Steps {
		for _, x := range s.Exchanges {
			n++
			address, _, _ := strings.Cut(x.Request.URL, "#")
			write(fmt.Sprintf("raw/%03d_c.txt", n), fmt.Sprintf("%s %s HTTP/1.1\r\n%s\r\n%s", x.Request.Method, address, head(x.Request.Header), x.Request.Body))
			if x.Response != nil {
				var packed, chunked bytes.Buffer
				g := gzip.NewWriter(&packed)
				_, _ = g.Write(x.Response.Body)
				_ = g.Close()
				fmt.Fprintf(&chunked, "%x\r\n%s\r\n0\r\n\r\n", packed.Len(), packed.String())
				write(fmt.Sprintf("raw/%03d_s.txt", n), fmt.Sprintf("HTTP/1.1 %d %s\r\n%sTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n%s",
					x.Response.Status, http.StatusText(x.Response.Status), head(x.Response.Header), chunked.String()))
			}
			at := x.Timing.Start.Format("2006-01-02T15:04:05.0000000-07:00")
			write(fmt.Sprintf("raw/%03d_m.xml", n), `<?xml version="1.0" encoding="utf-8"?><Session SID="1"><SessionTimers ClientConnected="`+at+`" ClientBeginRequest="`+at+
				`" ServerBeginResponse="`+at+`" ClientDoneResponse="`+at+`" /></Session>`)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestFiddlersArchiveIsReadLikeAHAR(t *testing.T) {
	run := walked(t, nil)
	a, b := open(t, har(t, run)), open(t, saz(t, run))
	if len(b.Flows) != 1 || states(a.Flows[0]) != states(b.Flows[0]) {
		t.Fatalf("the archive gives %d flows, the first %q; the HAR gives %q", len(b.Flows), states(b.Flows[0]), states(a.Flows[0]))
	}
	for _, name := range []string{"access_token", "id_token", "expires_in"} {
		want, _ := run.Step(flow.StepToken).Value(name)
		if got, _ := b.Flows[0].Step(flow.StepToken).Value(name); got != want {
			t.Errorf("%s is %.20q, want %.20q", name, got, want)
		}
	}
	if !b.Flows[0].Step(flow.StepToken).Started.Equal(run.Step(flow.StepToken).Exchanges[0].Timing.Start.Truncate(100 * time.Nanosecond)) {
		t.Errorf("the time of the token request is %s", b.Flows[0].Step(flow.StepToken).Started)
	}
}

func TestAFileThatIsNotWholeGivesWhatItHasAndSaysWhatIsLost(t *testing.T) {
	whole := har(t, walked(t, nil))
	packed := func(b []byte) []byte {
		var out bytes.Buffer
		g := gzip.NewWriter(&out)
		_, _ = g.Write(b)
		_ = g.Close()
		return out.Bytes()
	}
	wide := func(b []byte) []byte {
		out := []byte{0xff, 0xfe}
		for _, u := range utf16.Encode([]rune(string(b))) {
			out = append(out, byte(u), byte(u>>8))
		}
		return out
	}
	token := bytes.Index(whole, []byte(`\"access_token`))
	for name, test := range map[string]struct {
		file  []byte
		seen  string // a step that must be there
		lost  flow.LossKind
		token flow.Status
	}{
		"cut off inside the token response": {whole[:token+40], "callback ok", flow.LostRest, flow.StatusFailed},
		"cut off before the token request":  {whole[:bytes.Index(whole, []byte("grant_type"))], "callback ok", flow.LostRest, flow.StatusUnseen},
		"damaged":                           {slices.Concat(whole[:token], []byte(`"}}]] nonsense`), whole[token:]), "callback ok", flow.LostSyntax, flow.StatusFailed},
		"gzipped":                           {packed(whole), "token ok", "", flow.StatusOK},
		"gzipped and cut off":               {packed(whole)[:len(packed(whole))-200], "authorize ok", flow.LostRest, ""},
		"in UTF-16":                         {wide(whole), "token ok", "", flow.StatusOK},
		"with a byte order mark":            {append([]byte("\ufeff"), whole...), "token ok", "", flow.StatusOK},
		"in Latin-1": {
			bytes.Replace(whole, []byte(`"User-Agent",`), []byte("\"X-Name\", \"value\": \"Andr\xe9\"},{\"name\":\"User-Agent\","), -1), "token ok", flow.LostUTF8, flow.StatusOK,
		},
	} {
		t.Run(name, func(t *testing.T) {
			found := open(t, test.file)
			if len(found.Flows) != 1 {
				t.Fatalf("%d flows found, want 1", len(found.Flows))
			}
			got := found.Flows[0]
			if !strings.Contains(states(got), test.seen) {
				t.Errorf("laid on %q, want %q among them", states(got), test.seen)
			}
			if s := got.Step(flow.StepToken).Status; test.token != "" && s != test.token {
				t.Errorf("the token step is %s, want %s", s, test.token)
			}
			lost := slices.ContainsFunc(got.Capture.Lost, func(l flow.Loss) bool { return l.What == test.lost })
			if test.lost != "" && !lost {
				t.Errorf("lost: %v, want %s", got.Capture.Lost, test.lost)
			}
		})
	}
}

func TestWhatIsNotReadIsRefusedWithTheWayToSomethingThatIs(t *testing.T) {
	for name, test := range map[string]struct{ file, try string }{
		"a dump of mitmproxy": {"4321:9:websocket;0:~8:response;…", "mitmdump -nr FILE --set hardump=out.har"},
		"a packet capture":    {"\xd4\xc3\xb2\xa1\x02\x00\x04\x00", "developer tools"},
		"a network log":       {`{"constants": {"a": 1}, "events": []}`, "Save all as HAR"},
		"a picture":           {"\x89PNG\r\n", "HAR"},
		"octets":              {"\x00\x01\x02", "HAR"},
		"prose":               {"Dear all,\nit does not work.\n", "HAR"},
		"an archive of prose": {string(zipped(t, "a.txt", "nothing")), "HAR"},
		"nothing":             {"", "right file"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := capture.Read(t.Context(), []capture.Source{{Name: "x", Data: strings.NewReader(test.file)}}, capture.Options{})
			e, ok := errors.AsType[*flow.Error](err)
			if !ok || e.Kind != flow.KindRefused || !strings.Contains(e.Try, test.try) {
				t.Errorf("refused with %#v, want a hint with %q", err, test.try)
			}
		})
	}
}

// archive writes files into an archive.
func archive(t *testing.T, w io.Writer, files map[string]string) {
	t.Helper()
	z := zip.NewWriter(w)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(f, files[name])
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
}

func zipped(t *testing.T, name, content string) []byte {
	t.Helper()
	var b bytes.Buffer
	archive(t, &b, map[string]string{name: content})
	return b.Bytes()
}

func TestAHARInAnArchiveIsRead(t *testing.T) {
	found := open(t, zipped(t, "login.har", string(har(t, walked(t, nil)))))
	if len(found.Flows) != 1 || found.Flows[0].Outcome != flow.OutcomeOK {
		t.Fatalf("%d flows found", len(found.Flows))
	}
}

func TestAnArchiveWithAPasswordIsRefused(t *testing.T) {
	for name, file := range map[string]string{"Fiddler's": "raw/1_c.txt", "another": "login.har"} {
		b := zipped(t, file, "GET https://login.example/authorize?client_id=c&response_type=code HTTP/1.1\r\n\r\n")
		// Bit 0 of the flags, in the header of the file and in the directory.
		b[6] |= 1
		b[bytes.Index(b, []byte("PK\x01\x02"))+8] |= 1
		_, err := capture.Read(t.Context(), []capture.Source{{Name: "x", Data: bytes.NewReader(b)}}, capture.Options{})
		if e, ok := errors.AsType[*flow.Error](err); !ok || !strings.Contains(e.What, "password") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
