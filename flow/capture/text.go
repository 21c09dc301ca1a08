package capture

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pkcescope/pkcescope/flow"
)

// maxText bounds a text that is no HAR: it is held whole.
const maxText = 32 << 20

// readText reads a text of any kind: curl commands, HTTP messages, URLs, forms,
// JSON answers, several of them one after the other, and other words between
// them.
func readText(r io.Reader, in *intake) error {
	data, err := io.ReadAll(io.LimitReader(r, maxText+1))
	if err != nil {
		return cannotRead(err)
	}
	if len(data) > maxText {
		data = data[:maxText]
		in.lose(flow.LostEnd, strconv.Itoa(maxText>>20))
	}
	if bytes.IndexByte(data[:min(len(data), sniffed)], 0) >= 0 {
		return &flow.Error{
			Kind: flow.KindRefused, What: "It is not known what this is.", Why: "It is not text, and begins like no recording that is read here.", Try: whatIsRead,
		}
	}
	text := string(data)
	if !utf8.ValidString(text) {
		text = latin1(data)
		in.lose(flow.LostUTF8, "")
	}
	t := &textReader{in: in, rest: strings.ReplaceAll(text, "\r\n", "\n")}
	for t.next() {
	}
	if in.format == "" {
		return &flow.Error{
			Kind: flow.KindRefused, What: "It is not known what this is.",
			Why: "There is no URL with parameters of a sign-in in it, no curl command, no HTTP message and no token response.", Try: whatIsRead,
		}
	}
	in.format = strings.Join(t.formats, ", ")
	return nil
}

// whatIsRead names the forms for a hint.
const whatIsRead = "Read are: HAR, Fiddler's SAZ, curl commands, HTTP messages, authorize and callback URLs, token responses, and saved transcripts."

// latin1 takes octets that are not UTF-8 for Latin-1.
func latin1(b []byte) string {
	var out strings.Builder
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			r = rune(b[i])
		}
		out.WriteRune(r)
		i += n
	}
	return out.String()
}

// textReader takes a text apart.
type textReader struct {
	in      *intake
	rest    string
	formats []string
	open    bool // the last message was a request without its response
}

// next takes the next piece off the text; false at its end.
func (t *textReader) next() bool {
	if t.rest == "" {
		return false
	}
	line, after, _ := strings.Cut(t.rest, "\n")
	text := strings.TrimSpace(line)
	switch {
	case text == "":
		t.rest = after
	case strings.HasPrefix(text, "{"):
		t.object()
	case startsCurl(text):
		t.curl(strings.Index(t.rest, text))
	case startsMessage(line) != "":
		t.message()
	default:
		t.line(text, after)
	}
	return true
}

func (t *textReader) found(format string) {
	t.in.format = format
	if !slices.Contains(t.formats, format) {
		t.formats = append(t.formats, format)
	}
}

// take passes an exchange on.
func (t *textReader) take(x flow.Exchange, lost ...flow.Loss) {
	t.in.requests++
	c := candidate{Exchange: x, want: anAnswer, document: true, lost: lost}
	t.in.take(c)
}

var prompt = regexp.MustCompile(`^(?:[$%>#] +|PS [^>]*> *)`)

func startsCurl(text string) bool {
	text = prompt.ReplaceAllString(text, "")
	name, _, _ := strings.Cut(text, " ")
	return isCurl(name)
}

func (t *textReader) curl(from int) {
	text := prompt.ReplaceAllString(t.rest[from:], "")
	requests, rest := readCurl(text)
	for _, r := range requests {
		t.found("curl")
		t.take(flow.Exchange{Request: r})
		t.open = true
	}
	t.rest = rest
}

// messageSigns are what curl -v and some logs put before the lines of a request
// and of a response.
var messageSigns = []string{"", "> ", "< "}

// startsMessage reports with which sign a line begins a message: "request" or
// "response", or "".
func startsMessage(line string) string {
	line = strings.TrimRight(line, " \r")
	for _, sign := range messageSigns {
		text, ok := strings.CutPrefix(line, sign)
		if !ok {
			continue
		}
		if m := requestLine.FindStringSubmatch(text); m != nil && (strings.Contains(m[2], "/") || m[2] == "*") {
			return "request"
		}
		if statusLine.MatchString(text) {
			return "response"
		}
	}
	return ""
}

// message takes an HTTP message up to where the next piece begins.
func (t *textReader) message() {
	lines := strings.SplitAfter(t.rest, "\n")
	kind, sign := startsMessage(lines[0]), lines[0][:2]
	var raw strings.Builder
	head, n := true, 0
	for ; n < len(lines); n++ {
		text := strings.TrimRight(lines[n], "\r\n")
		if n > 0 && beginsAnother(text, !head) {
			break
		}
		if sign == "> " || sign == "< " {
			if strings.HasPrefix(text, "* ") || strings.HasPrefix(text, "{ [") || strings.HasPrefix(text, "} [") {
				continue // curl -v talks in between
			}
			if head {
				text = strings.TrimPrefix(strings.TrimPrefix(text, sign[:1]), " ")
			}
		}
		head = head && text != ""
		raw.WriteString(text + "\n")
	}
	t.rest = strings.Join(lines[n:], "")
	t.give(kind, []byte(raw.String()))
}

// beginsAnother reports whether a line inside a message begins the next piece.
func beginsAnother(line string, body bool) bool {
	return startsMessage(line) != "" || startsCurl(strings.TrimSpace(line)) || strings.HasPrefix(line, "###") || body && onlyURL(line)
}

func onlyURL(line string) bool {
	at := address.FindString(line)
	return at != "" && at == strings.TrimSpace(line)
}

// give passes a message on. A response belongs to the request before it.
func (t *textReader) give(kind string, raw []byte) {
	if kind == "request" {
		r, ok := parseRequest(raw)
		if !ok {
			return
		}
		r.Body = flow.Body(strings.TrimSpace(string(r.Body)))
		t.found("HTTP")
		t.take(flow.Exchange{Request: r})
		t.open = true
		return
	}
	r, lost, ok := parseResponse(raw)
	if !ok {
		return
	}
	r.Body = flow.Body(strings.TrimSpace(string(r.Body)))
	t.found("HTTP")
	t.answer(r, lost...)
}

// answer gives a response to the request before it, or makes it a piece of its
// own.
func (t *textReader) answer(r *flow.Response, lost ...flow.Loss) {
	if n := len(t.in.taken); t.open && n > 0 && t.in.taken[n-1].Response == nil {
		c := &t.in.taken[n-1]
		c.Response, c.lost = r, append(c.lost, lost...)
		t.open = false
		return
	}
	x := flow.Exchange{Response: r}
	switch {
	case flow.MetadataOf(r) != nil:
		x.Request = flow.Request{Method: http.MethodGet, URL: flow.MetadataOf(r).Issuer + "/.well-known/openid-configuration"}
	case keySet().Match(r.Body):
		x.Request = flow.Request{Method: http.MethodGet}
	}
	t.take(x, lost...)
}

// object takes a JSON document.
func (t *textReader) object() {
	text := strings.TrimLeft(t.rest, " \t\n")
	d := json.NewDecoder(strings.NewReader(text))
	var raw json.RawMessage
	body, rest, broken := "", "", false
	if err := d.Decode(&raw); err == nil {
		body, rest = string(raw), text[d.InputOffset():]
	} else {
		body, broken = text, true
	}
	t.rest = rest
	var members map[string]json.RawMessage
	_ = json.Unmarshal([]byte(body), &members) // what is broken has none
	has := func(names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool {
			_, ok := members[n]
			return ok || broken && strings.Contains(body, `"`+n+`"`)
		})
	}
	if !has("access_token", "id_token", "refresh_token", "error", "authorization_endpoint", "keys") {
		return
	}
	r := &flow.Response{Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: flow.Body(body), Size: int64(len(body)), Truncated: broken}
	if has("error") && !has("access_token", "id_token") {
		r.Status = http.StatusBadRequest // RFC 6749 section 5.2
	}
	if broken {
		t.in.lose(flow.LostRest, "0")
	}
	t.found("JSON")
	t.answer(r)
}

// address finds URLs in a line, those with a custom scheme included.
var address = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*:/[^\s"'<>\x60]+`)

// line takes a line: the URLs in it, or else the form that it is.
func (t *textReader) line(text, after string) {
	t.rest = after
	at := address.FindString(text)
	if at == "" {
		t.form(strings.TrimLeft(text, "?"))
		return
	}
	if strings.HasSuffix(text, at) { // it may go on in the next lines
		for {
			next, rest, _ := strings.Cut(t.rest, "\n")
			next = strings.TrimSpace(next)
			if next == "" || len(at) > mostBroken || strings.ContainsAny(next, " {}") || address.MatchString(next) || !continues(at, next) {
				break
			}
			at, t.rest = at+next, rest
		}
	}
	t.url(strings.TrimRight(at, ".,;)"))
}

// mostBroken bounds an address that was broken into lines: no server takes one
// as long, and each line that is added copies it.
const mostBroken = 64 << 10

// continues reports whether a line goes on with the URL before it: documents
// break URLs at their parameters, terminals at their width.
func continues(at, next string) bool {
	if strings.HasPrefix(next, "&") || strings.HasPrefix(next, "?") || strings.HasSuffix(at, "?") || strings.HasSuffix(at, "&") || strings.HasSuffix(at, "=") {
		return true
	}
	name, _, ok := strings.Cut(next, "=")
	return len(at) >= 60 && !(ok && telling[name] != 0)
}

func (t *textReader) url(at string) {
	if interestOf(nil, []byte(at), nil, nil) == nothing && len(flow.ResponseParams(flow.Request{URL: at})) == 0 {
		return
	}
	t.found("URL")
	t.take(flow.Exchange{Request: flow.Request{Method: http.MethodGet, URL: at}})
	t.open = false
}

// form takes the body of a form_post response or of a token request, or the
// query or fragment of a callback.
func (t *textReader) form(text string) {
	if strings.ContainsAny(text, " \t") || !strings.Contains(text, "=") {
		return
	}
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	fragment, isFragment := strings.CutPrefix(text, "#")
	has := namesIn([]byte(fragment))
	switch {
	case has&nameGrant != 0:
		t.take(flow.Exchange{Request: flow.Request{Method: http.MethodPost, Header: header, Body: flow.Body(text)}})
		t.open = true
	case has&(nameCode|nameError|nameToken|nameResponse) == 0:
		return
	case isFragment:
		t.take(flow.Exchange{Request: flow.Request{Method: http.MethodGet, URL: text}})
	default:
		t.take(flow.Exchange{Request: flow.Request{Method: http.MethodPost, Header: header, Body: flow.Body(text)}})
	}
	t.found("form")
}
