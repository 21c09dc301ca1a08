package capture

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pkcescope/pkcescope/flow"
)

// The HTTP Archive format, version 1.2 (http://www.softwareishard.com/blog/har-12-spec/),
// with the members that browsers add to it: their names begin with a low line.

// Bounds of what is kept of one entry, in octets.
const (
	maxURL    = 256 << 10
	maxPost   = 1 << 20
	maxHeader = 256 << 10
	maxBody   = 4 << 20 // of an answer that may belong to a flow
	maxPage   = 1 << 20 // of a page on the way
)

// harNames are the members that are read.
var harNames = func() map[string]string {
	names := map[string]string{}
	for _, n := range []string{
		"log", "version", "creator", "browser", "name", "entries", "pages", "comment",
		"request", "response", "startedDateTime", "time", "timings", "cache", "connection", "pageref", "serverIPAddress",
		"method", "url", "httpVersion", "headers", "queryString", "cookies", "postData", "headersSize", "bodySize",
		"status", "statusText", "content", "redirectURL", "size", "mimeType", "text", "encoding", "params", "value", "compression",
		"_resourceType", "_initiator", "_priority", "_error", "_actor", "_channel", "_fetchedViaServiceWorker", "_transferSize",
		"_webSocketMessages", "_connectionId", "_frame", "_chunkedBody", "_step", "_verdict",
		"blocked", "dns", "ssl", "connect", "send", "wait", "receive", "stack", "type",
	} {
		names[n] = n
	}
	return names
}()

// harEntry is one entry of a HAR as far as it has been read. Its memory is used
// again for the next one.
type harEntry struct {
	method, url             []byte
	requestHeaders          []byte // as they are written
	post, postType          []byte
	postParams              []byte // as they are written
	postWhole               bool
	requested               bool // the request has been read
	want                    interest
	status                  float64
	responseHeaders         []byte
	redirect, proto         []byte
	mime, encoding, body    []byte
	bodyWhole, hasBody      bool
	size                    float64
	started, kind, failure  []byte
	actor, channel, verdict []byte
	took                    float64
	framed                  bool
}

func (e *harEntry) reset() {
	for _, b := range []*[]byte{
		&e.method, &e.url, &e.requestHeaders, &e.post, &e.postType, &e.postParams, &e.responseHeaders, &e.redirect, &e.proto,
		&e.mime, &e.encoding, &e.body, &e.started, &e.kind, &e.failure, &e.actor, &e.channel, &e.verdict,
	} {
		*b = (*b)[:0]
	}
	if cap(e.body) > maxPage {
		e.body = nil
	}
	e.postWhole, e.requested, e.bodyWhole, e.hasBody, e.framed = true, false, true, false, false
	e.want, e.status, e.size, e.took = nothing, 0, 0, 0
}

// harReader reads a HAR.
type harReader struct {
	*scanner

	out   *intake
	entry harEntry
	ended bool // a whole log was read
}

// readHAR reads a HAR as far as it goes. That it ends early, or stops being
// JSON, is a loss and no error.
func readHAR(r io.Reader, out *intake) error {
	h := &harReader{scanner: newScanner(r), out: out}
	out.format = "HAR"
	err := h.object(func(name string) error {
		if name == "log" {
			return h.log()
		}
		return h.skip()
	})
	syntax := (*syntaxError)(nil)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errCutOff):
		if !h.ended {
			out.lose(flow.LostRest, strconv.Itoa(out.requests))
		}
		return nil
	case errors.As(err, &syntax):
		out.lose(flow.LostSyntax, strconv.FormatInt(syntax.at, 10))
		return nil
	}
	return err
}

func (h *harReader) log() error {
	err := h.object(func(name string) error {
		switch name {
		case "creator", "browser":
			return h.tool()
		case "entries":
			err := h.array(h.readEntry)
			h.ended = err == nil
			return err
		}
		return h.skip()
	})
	h.ended = h.ended || err == nil
	return err
}

// tool reads who made the file.
func (h *harReader) tool() error {
	name, version := "", ""
	err := h.object(func(member string) error {
		if member != "name" && member != "version" {
			return h.skip()
		}
		_, err := h.str(maxName)
		if text, _ := unquote(h.text); member == "name" {
			name = text
		} else {
			version = text
		}
		return err
	})
	h.out.madeBy(strings.TrimSpace(name + " " + version))
	return err
}

// readEntry reads one entry. One that is cut off gives what it has.
func (h *harReader) readEntry() error {
	e := &h.entry
	e.reset()
	err := h.object(func(name string) (err error) {
		switch name {
		case "request":
			return h.request()
		case "response":
			return h.response()
		case "startedDateTime":
			_, err = h.strInto(&e.started, maxName)
		case "_resourceType":
			_, err = h.strInto(&e.kind, maxName)
		case "_error":
			_, err = h.strInto(&e.failure, maxName)
		case "_actor":
			_, err = h.strInto(&e.actor, maxName)
		case "_channel":
			_, err = h.strInto(&e.channel, maxName)
		case "_verdict":
			_, err = h.strInto(&e.verdict, maxName)
		case "_frame":
			_, err = h.str(maxName)
			e.framed = string(h.text) == "sub"
		case "time":
			e.took, err = h.number()
		default:
			err = h.skip()
		}
		return err
	})
	h.out.requests++
	h.out.progress(h.at())
	if err == nil || e.requested {
		h.keep()
	}
	return err
}

func (h *harReader) request() error {
	e := &h.entry
	err := h.object(func(name string) (err error) {
		switch name {
		case "method":
			_, err = h.strInto(&e.method, maxName)
		case "url":
			_, err = h.strInto(&e.url, maxURL)
		case "httpVersion":
			_, err = h.strInto(&e.proto, maxName)
		case "headers":
			e.requestHeaders, err = h.raw(e.requestHeaders, maxHeader)
		case "postData":
			err = h.postData()
		default:
			err = h.skip()
		}
		return err
	})
	e.requested = len(e.url) > 0
	e.want = interestOf(e.method, e.url, e.post, e.postParams)
	if e.want == nothing && h.isCall() {
		e.want = aCall
	}
	return err
}

// isCall reports whether the request calls an API, and is worth keeping.
func (h *harReader) isCall() bool {
	e := &h.entry
	if !bytes.Contains(e.requestHeaders, []byte("earer ")) && !bytes.Contains(e.requestHeaders, []byte("DPoP ")) || bytes.Equal(e.method, []byte("OPTIONS")) {
		return false
	}
	address, _ := unquote(e.url)
	return h.out.isCall(address, h.headers(e.requestHeaders).Get("Authorization"))
}

func (h *harReader) postData() error {
	e := &h.entry
	return h.object(func(name string) (err error) {
		switch name {
		case "mimeType":
			_, err = h.strInto(&e.postType, maxName)
		case "text":
			e.postWhole, err = h.strInto(&e.post, maxPost)
		case "params":
			e.postParams, err = h.raw(e.postParams, maxPost)
		default:
			err = h.skip()
		}
		return err
	})
}

func (h *harReader) response() error {
	e := &h.entry
	return h.object(func(name string) (err error) {
		switch name {
		case "status":
			e.status, err = h.number()
		case "headers":
			e.responseHeaders, err = h.raw(e.responseHeaders, maxHeader)
		case "redirectURL":
			_, err = h.strInto(&e.redirect, maxURL)
		case "content":
			err = h.content()
		case "_error":
			_, err = h.strInto(&e.failure, maxName)
		default:
			err = h.skip()
		}
		return err
	})
}

func (h *harReader) content() error {
	e := &h.entry
	return h.object(func(name string) (err error) {
		switch name {
		case "size":
			e.size, err = h.number()
		case "mimeType":
			_, err = h.strInto(&e.mime, maxName)
		case "encoding":
			_, err = h.strInto(&e.encoding, maxName)
		case "text":
			most := e.bodyLimit()
			if most == 0 {
				return h.skip()
			}
			e.hasBody = true
			e.bodyWhole, err = h.strInto(&e.body, most)
		default:
			err = h.skip()
		}
		return err
	})
}

// bodyLimit is how much of the answer's body is worth keeping, by what is known
// when it comes.
func (e *harEntry) bodyLimit() int {
	switch {
	case e.want == anAnswer:
		return maxBody
	case e.want == aMessage, e.want == aCall, isPage(e.mime):
		return maxPage
	case !e.requested:
		return maxPage // an unusual order of members
	}
	return 0
}

func isPage(mime []byte) bool { return bytes.HasPrefix(mime, []byte("text/html")) }

// keep passes the entry on if it may belong to a flow.
func (h *harReader) keep() {
	e := &h.entry
	// Of the rest, what may be a page of the sign-in, or a redirect on its way.
	if e.want == nothing && (e.scripted() || !isPage(e.mime) && int(e.status)/100 != 3) && !leadsOn(e.redirect) && !leadsOn(e.responseHeaders) {
		return
	}
	c := candidate{want: e.want, document: e.document(), scripted: e.scripted()}
	x := &c.Exchange
	utf := utf8.Valid(e.requestHeaders) && utf8.Valid(e.responseHeaders)
	text := func(b []byte) string {
		s, ok := unquote(b)
		utf = utf && ok
		return s
	}
	x.Request.Method, x.Request.URL = strings.ToUpper(text(e.method)), text(e.url)
	x.Request.Header = h.headers(e.requestHeaders)
	x.Request.Body = flow.Body(text(e.post))
	if len(e.post) == 0 && len(e.postParams) > 0 {
		x.Request.Body = flow.Body(formOf(e.postParams))
	}
	if kind := text(e.postType); kind != "" && x.Request.Header.Get("Content-Type") == "" {
		x.Request.Header.Set("Content-Type", kind)
	}
	if !e.postWhole {
		c.lost = append(c.lost, flow.Loss{What: flow.LostLength, Detail: strconv.Itoa(len(x.Request.Body))})
	}
	if at, err := time.Parse(time.RFC3339Nano, text(e.started)); err == nil {
		x.Timing.Start = at
	}
	if e.took > 0 && e.took < 1e9 {
		x.Timing.Total = time.Duration(e.took * float64(time.Millisecond))
	}
	c.framed = e.framed || strings.Contains(x.Request.Header.Get("Sec-Fetch-Dest"), "frame")
	x.Actor, x.Channel, x.Verdict = flow.Actor(text(e.actor)), flow.Channel(text(e.channel)), flow.Verdict(text(e.verdict))
	if e.status >= 100 && e.status < 1000 {
		x.Response = h.answer(&c, text)
	} else if failure := text(e.failure); failure != "" {
		c.failure = failure
	}
	if !utf {
		c.lost = append(c.lost, flow.Loss{What: flow.LostUTF8})
	}
	h.out.take(c)
}

// scripted reports whether the browser says that a script sent the request.
func (e *harEntry) scripted() bool {
	switch string(e.kind) {
	case "xhr", "fetch", "script", "image", "stylesheet", "font", "ping", "preflight", "websocket":
		return true
	}
	return false
}

func (e *harEntry) document() bool {
	return string(e.kind) == "document" || len(e.kind) == 0 && isPage(e.mime)
}

// answer is the response of the entry.
func (h *harReader) answer(c *candidate, text func([]byte) string) *flow.Response {
	e := &h.entry
	r := &flow.Response{Status: int(e.status), Proto: text(e.proto), Header: h.headers(e.responseHeaders), Size: int64(max(e.size, 0))}
	if to := text(e.redirect); to != "" && r.Header.Get("Location") == "" && r.Status/100 == 3 {
		r.Header.Set("Location", to)
	}
	if mime := text(e.mime); mime != "" && mime != "x-unknown" && r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", mime)
	}
	body := text(e.body)
	if string(e.encoding) == "base64" {
		decoded, err := decodeBase64(body)
		if err != nil && e.bodyWhole {
			c.lost = append(c.lost, flow.Loss{What: flow.LostBase64})
		}
		r.Body = decoded
	} else {
		r.Body = flow.Body(body)
	}
	switch {
	case !e.bodyWhole:
		r.Truncated = true
		c.lost = append(c.lost, flow.Loss{What: flow.LostLength, Detail: strconv.Itoa(len(r.Body))})
	case !e.hasBody && e.size > 0, !e.hasBody && c.want == anAnswer && r.Status/100 != 3 && r.Status != http.StatusNoContent:
		c.lost = append(c.lost, flow.Loss{What: flow.LostBody})
	}
	r.Size = max(r.Size, int64(len(r.Body)))
	// The body is unpacked in the file, and the headers are as they came. Some
	// programs keep the octets as they crossed the wire, in base64.
	if string(e.encoding) == "base64" && e.bodyWhole && !isText(r.Body) {
		if plain, err := unpack(encodingOf(r.Header), r.Body); err == nil && utf8.Valid(plain) {
			r.Body, r.Truncated = plain[:min(len(plain), maxBody)], len(plain) > maxBody
		}
	}
	if len(r.Body) > 0 {
		r.Header.Del("Content-Encoding")
		r.Header.Del("Transfer-Encoding")
	}
	return r
}

// decodeBase64 decodes as much as can be.
func decodeBase64(s string) ([]byte, error) {
	s = strings.NewReplacer("\n", "", "\r", "", " ", "").Replace(s)
	s = strings.TrimRight(s, "=")
	encoding := base64.RawStdEncoding
	if strings.ContainsAny(s, "-_") {
		encoding = base64.RawURLEncoding
	}
	out := make([]byte, encoding.DecodedLen(len(s)))
	n, err := encoding.Decode(out, []byte(s))
	return out[:n], err
}

// headers reads an array of {name, value}. Several values of one name are kept
// apart; HTTP/2 writes the host as :authority, and browsers join cookies by
// line ends.
func (h *harReader) headers(raw []byte) http.Header {
	header := http.Header{}
	for name, value := range namedValues(raw) {
		if strings.EqualFold(name, ":authority") {
			name = "Host"
		}
		if name == "" || strings.HasPrefix(name, ":") {
			continue
		}
		name = http.CanonicalHeaderKey(name)
		if name == "Set-Cookie" {
			header[name] = append(header[name], strings.Split(value, "\n")...)
			continue
		}
		header[name] = append(header[name], value)
	}
	return header
}

// namedValues yields the names and values of an array of {name, value}.
func namedValues(raw []byte) func(yield func(name, value string) bool) {
	return func(yield func(string, string) bool) {
		if len(raw) == 0 {
			return
		}
		stop := errors.New("enough")
		s := &scanner{r: bytes.NewReader(nil), buf: raw, n: len(raw), err: io.EOF}
		_ = s.array(func() error { // what can be read of it is read
			name, value := "", ""
			err := s.object(func(member string) error {
				switch member {
				case "name", "value":
					_, err := s.str(maxPost)
					if text, _ := unquote(s.text); member == "name" {
						name = text
					} else {
						value = text
					}
					return err
				}
				return s.skip()
			})
			if !yield(name, value) {
				return stop
			}
			return err
		})
	}
}
