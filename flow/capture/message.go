package capture

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"github.com/pkcescope/pkcescope/flow"
)

// HTTP/1.1 messages as text (RFC 9112), from an archive, a log or a clipboard.
// They are read as tolerantly as can be: lines may end in LF alone, a body may
// be shorter than it says, and HTTP/2 is written as if it were HTTP/1.1.

var (
	requestLine = regexp.MustCompile(`^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|CONNECT|TRACE) (\S+)(?: HTTP/[\d.]+)?\s*$`)
	statusLine  = regexp.MustCompile(`^(HTTP/[\d.]+) (\d{3})(?: .*)?$`)
)

// headAndBody cuts a message at its first empty line, and its head into lines.
// A header that is folded over several lines becomes one.
func headAndBody(b []byte) (lines []string, body []byte) {
	for len(b) > 0 {
		line, rest, _ := bytes.Cut(b, []byte("\n"))
		b = rest
		text := strings.TrimRight(string(line), "\r")
		if text == "" {
			return lines, b
		}
		if len(lines) > 1 && (text[0] == ' ' || text[0] == '\t') {
			lines[len(lines)-1] += " " + strings.TrimSpace(text)
			continue
		}
		lines = append(lines, text)
	}
	return lines, nil
}

func headerOf(lines []string) http.Header {
	h := http.Header{}
	for _, line := range lines {
		if name, value, ok := strings.Cut(strings.TrimPrefix(line, ":"), ":"); ok && name != "" && !strings.ContainsAny(name, " \t") {
			if strings.HasPrefix(line, ":") {
				if name != "authority" {
					continue // a pseudo-header of HTTP/2
				}
				name = "Host"
			}
			h.Add(name, strings.TrimSpace(value))
		}
	}
	return h
}

// parseRequest reads a request. Where its line has only a path, the host is
// from the header Host.
func parseRequest(b []byte) (flow.Request, bool) {
	lines, body := headAndBody(b)
	if len(lines) == 0 {
		return flow.Request{}, false
	}
	m := requestLine.FindStringSubmatch(lines[0])
	if m == nil {
		return flow.Request{}, false
	}
	r := flow.Request{Method: m[1], URL: m[2], Header: headerOf(lines[1:])}
	if strings.HasPrefix(r.URL, "/") {
		host := r.Header.Get("Host")
		scheme := "https://"
		if u := (&url.URL{Host: host}); flow.IsLoopback(u.Hostname()) {
			scheme = "http://"
		}
		r.URL = scheme + host + r.URL
	}
	r.Body = limit(body, r.Header)
	if strings.Contains(strings.ToLower(r.Header.Get("Transfer-Encoding")), "chunked") {
		r.Body, _ = io.ReadAll(httputil.NewChunkedReader(bytes.NewReader(body))) // what can be read of it
	}
	return r, true
}

// limit cuts a body to the length that the message says, if it is longer.
func limit(body []byte, h http.Header) []byte {
	if n, err := strconv.Atoi(h.Get("Content-Length")); err == nil && n >= 0 && n < len(body) {
		return body[:n]
	}
	return body
}

// parseResponse reads a response and unpacks its body. Interim responses before
// it are passed over.
func parseResponse(b []byte) (*flow.Response, []flow.Loss, bool) {
	for {
		lines, body := headAndBody(b)
		if len(lines) == 0 {
			return nil, nil, false
		}
		m := statusLine.FindStringSubmatch(lines[0])
		if m == nil {
			return nil, nil, false
		}
		status, err := strconv.Atoi(m[2])
		if err != nil || status < 100 {
			return nil, nil, false
		}
		if status < 200 && status != http.StatusSwitchingProtocols && len(body) > 0 {
			b = body
			continue
		}
		r := &flow.Response{Status: status, Proto: m[1], Header: headerOf(lines[1:])}
		lost := setBody(r, body)
		return r, lost, true
	}
}

// setBody puts the body into r, unpacked as far as can be.
func setBody(r *flow.Response, body []byte) (lost []flow.Loss) {
	if strings.Contains(strings.ToLower(r.Header.Get("Transfer-Encoding")), "chunked") && looksChunked(body) {
		plain, err := io.ReadAll(httputil.NewChunkedReader(bytes.NewReader(body)))
		if err != nil && len(plain) == 0 {
			plain = body
		}
		body = plain
	} else {
		body = limit(body, r.Header)
	}
	encoding := encodingOf(r.Header)
	plain, err := unpack(encoding, body)
	switch {
	case errors.Is(err, errNotRead) && len(body) > 0 && !isText(body):
		lost = append(lost, flow.Loss{What: flow.LostEncoding, Detail: encoding})
		body = nil
	case errors.Is(err, errNotRead):
	case err != nil && len(plain) == 0:
		// Some programs save the body unpacked and keep the header.
	default:
		body = plain
	}
	if len(body) > maxBody {
		body, r.Truncated = body[:maxBody], true
		lost = append(lost, flow.Loss{What: flow.LostLength, Detail: strconv.Itoa(maxBody)})
	}
	r.Body, r.Size = bytes.Clone(body), int64(len(body))
	r.Header.Del("Transfer-Encoding")
	r.Header.Del("Content-Encoding")
	return lost
}

func encodingOf(h http.Header) string {
	return strings.ToLower(strings.TrimSpace(h.Get("Content-Encoding")))
}

// isText reports whether a body is text already, whatever its header says.
func isText(body []byte) bool {
	text := bytes.TrimLeft(body, " \t\r\n")
	return len(text) > 0 && (text[0] == '{' || text[0] == '<' || text[0] == '[')
}

var chunkLine = regexp.MustCompile(`^[0-9A-Fa-f]{1,8}[ \t]*(?:;[^\r\n]*)?\r?\n`)

func looksChunked(body []byte) bool { return chunkLine.Match(body) }

var errNotRead = errors.New("capture: an encoding that is not read")

// mostWindow is the largest window that zstd may have over HTTP (RFC 9659).
const mostWindow = 8 << 20

// unpack undoes a Content-Encoding. What unpacks to more than is kept is cut.
func unpack(encoding string, body []byte) ([]byte, error) {
	var r io.Reader
	var err error
	switch encoding {
	case "", "identity":
		return body, nil
	case "gzip", "x-gzip":
		r, err = gzip.NewReader(bytes.NewReader(body))
	case "deflate":
		if r, err = zlib.NewReader(bytes.NewReader(body)); err != nil {
			r, err = flate.NewReader(bytes.NewReader(body)), nil // as many servers send it
		}
	case "br":
		r = brotli.NewReader(bytes.NewReader(body))
	case "zstd":
		z, failed := zstd.NewReader(bytes.NewReader(body), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(mostWindow))
		if failed != nil {
			return nil, failed
		}
		defer z.Close()
		r = z
	default:
		return nil, errNotRead
	}
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(r, maxBody+1))
}
