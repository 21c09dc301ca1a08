package capture

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"

	"github.com/pkcescope/pkcescope/flow"
)

// readFormat reads r, of which head is the beginning, by what it is.
func readFormat(head []byte, r *bufio.Reader, in *intake) error {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(r)
		return readPacked(z, err, "gzip", in)
	case bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")):
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(mostWindow))
		if err == nil {
			defer z.Close()
		}
		return readPacked(z, err, "zstd", in)
	case bytes.HasPrefix(head, []byte("BZh")):
		return readPacked(bzip2.NewReader(r), nil, "bzip2", in)
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return readZip(r, in)
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return readUTF16(r, head[0] == 0xfe, in)
	}
	if e := refusal(head); e != nil {
		return e
	}
	text := bytes.TrimLeft(head, " \t\r\n")
	if bytes.HasPrefix(text, []byte("{")) {
		switch {
		case isTranscript(head):
			return readTranscript(r, in)
		case isHAR(text):
			return readHAR(r, in)
		}
	}
	return readText(r, in)
}

// isHAR reports whether a JSON document begins like a HAR.
func isHAR(text []byte) bool {
	rest := bytes.TrimLeft(bytes.TrimPrefix(text, []byte("{")), " \t\r\n")
	return bytes.HasPrefix(rest, []byte(`"log"`))
}

// isTranscript reports whether a JSON document begins like a transcript.
func isTranscript(head []byte) bool {
	return bytes.Contains(head, []byte(`"`+flow.Format+`"`))
}

// readTranscript reads a transcript of this program.
func readTranscript(r io.Reader, in *intake) error {
	t, err := flow.Load(r)
	if err != nil {
		return err
	}
	in.format, in.tool = "transcript", "pkcescope"
	for _, s := range t.Steps {
		in.requests += len(s.Exchanges)
	}
	in.runs = append(in.runs, t)
	return nil
}

// mostLayers is how often a file may be packed. There are files that unpack to
// themselves.
const mostLayers = 3

// readPacked reads what was packed by a program. A file that is cut off gives
// what there is.
func readPacked(z io.Reader, err error, by string, in *intake) error {
	if err != nil {
		return cannotRead(err)
	}
	if err := in.unpack(&lenient{r: z, in: in, by: by}); err != nil {
		return err
	}
	in.format += ", packed with " + by
	return nil
}

// unpack reads what was packed into the source.
func (in *intake) unpack(r io.Reader) error {
	in.layers++
	defer func() { in.layers-- }()
	if in.layers > mostLayers {
		return &flow.Error{Kind: flow.KindRefused, What: "The file is packed again and again.", Why: "What is in it is packed as well, more often than anybody does that.", Try: "Unpack it first."}
	}
	return readSource(r, in)
}

// lenient turns damage in a packed file into its end, and a loss.
type lenient struct {
	r    io.Reader
	in   *intake
	by   string
	told bool
}

func (l *lenient) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		// That it ends too early is seen in what is read of it.
		if !l.told && !errors.Is(err, io.ErrUnexpectedEOF) {
			l.told = true
			l.in.lose(flow.LostSyntax, l.by)
		}
		return n, io.EOF
	}
	return n, err
}

// readUTF16 reads text in UTF-16, as some Windows programs write it.
func readUTF16(r io.Reader, big bool, in *intake) error {
	return readSource(&utf16Reader{r: bufio.NewReader(r), big: big}, in)
}

// utf16Reader turns UTF-16 into UTF-8.
type utf16Reader struct {
	r     *bufio.Reader
	big   bool
	ahead []byte
	half  rune // the first half of a pair
}

func (u *utf16Reader) Read(p []byte) (int, error) {
	for len(u.ahead) < len(p) && len(u.ahead) < 64<<10 {
		a, err := u.r.ReadByte()
		if err != nil {
			return u.give(p, err)
		}
		b, err := u.r.ReadByte()
		if err != nil {
			return u.give(p, err)
		}
		if u.big {
			a, b = b, a
		}
		r := rune(a) | rune(b)<<8
		switch {
		case r == 0xfeff && len(u.ahead) == 0 && u.half == 0:
		case u.half != 0:
			u.ahead = utf8.AppendRune(u.ahead, utf16.DecodeRune(u.half, r))
			u.half = 0
		case utf16.IsSurrogate(r):
			u.half = r
		default:
			u.ahead = utf8.AppendRune(u.ahead, r)
		}
	}
	return u.give(p, nil)
}

func (u *utf16Reader) give(p []byte, err error) (int, error) {
	n := copy(p, u.ahead)
	u.ahead = u.ahead[n:]
	if n > 0 {
		return n, nil
	}
	return 0, err
}

// refusal recognises files that are not read here and says how to get one that
// is.
func refusal(head []byte) error {
	refuse := func(what, try string) error {
		return &flow.Error{Kind: flow.KindRefused, What: what, Try: try}
	}
	text := string(bytes.TrimLeft(head, " \t\r\n"))
	magic := func(s string) bool { return strings.HasPrefix(string(head), s) }
	switch {
	case isMitmproxy(head):
		return refuse("This is a flow dump of mitmproxy, which is not read here: its format is mitmproxy's own and changes with it.",
			"Have mitmproxy write a HAR: mitmdump -nr FILE --set hardump=out.har. Then open out.har.")
	case magic("\xd4\xc3\xb2\xa1"), magic("\xa1\xb2\xc3\xd4"), magic("\x4d\x3c\xb2\xa1"), magic("\xa1\xb2\x3c\x4d"), magic("\x0a\x0d\x0d\x0a"):
		return refuse("This is a packet capture (pcap): what TLS protects cannot be read out of it.",
			"Record with the browser's developer tools (save as HAR) or with a proxy.")
	case strings.HasPrefix(text, `{"constants"`):
		return refuse("This is Chromium's network log (chrome://net-export): it leaves bodies out.",
			"Open the developer tools, tab Network, sign in, and choose Save all as HAR.")
	case magic("\xfd7zXZ"):
		return refuse("The file is packed with xz.", "Unpack it first: unxz FILE.")
	case magic("7z\xbc\xaf"):
		return refuse("The file is a 7z archive.", "Unpack it first.")
	case strings.Contains(text[:min(len(text), 400)], "<items burpVersion="):
		return refuse("This is an export of Burp in XML.", "Copy the requests as curl commands or as raw HTTP, and open those; or record a HAR.")
	case magic("%PDF"), magic("\x89PNG"), magic("\xff\xd8\xff"), magic("GIF8"):
		return refuse("This is a picture or a document, not a recording.", "Save the recording itself, as HAR for example; or copy the text of the error into explain.")
	}
	return nil
}

// isMitmproxy reports whether a file begins with a tnetstring, as mitmproxy's
// dumps do: a length, a colon, and a dictionary.
func isMitmproxy(head []byte) bool {
	i := 0
	for i < len(head) && i < 10 && head[i] >= '0' && head[i] <= '9' {
		i++
	}
	if i == 0 || i == len(head) || head[i] != ':' {
		return false
	}
	return slices.ContainsFunc([]string{":websocket;", ":client_conn;", ":request;", ":version;"}, func(member string) bool {
		return bytes.Contains(head[i+1:], []byte(member))
	})
}
