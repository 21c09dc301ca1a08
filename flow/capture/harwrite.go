package capture

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pkcescope/pkcescope/flow"
)

// WriteHAR writes the exchanges of t as an HTTP Archive 1.2, in the order in
// which they happened, with whatever secrets t holds: see
// [flow.Transcript.Redacted]. The members _step, _actor, _channel and _verdict
// are ours, as the format allows; [Read] reads them again, and other programs
// pass over them. What was computed and never sent is not in it.
func WriteHAR(w io.Writer, t flow.Transcript, version string) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(map[string]any{"log": harLog{
		Version: "1.2", Creator: harTool{"pkcescope", version}, Entries: entriesOf(t),
	}})
}

type harLog struct {
	Version string     `json:"version"`
	Creator harTool    `json:"creator"`
	Entries []harWrite `json:"entries"`
}

type harTool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// harWrite is an entry as it is written.
type harWrite struct {
	Started  string       `json:"startedDateTime"`
	Time     float64      `json:"time"` // in milliseconds
	Request  harRequest   `json:"request"`
	Response harResponse  `json:"response"`
	Cache    struct{}     `json:"cache"`
	Timings  harTimings   `json:"timings"`
	Comment  string       `json:"comment,omitempty"`
	Step     flow.StepID  `json:"_step"`
	Actor    flow.Actor   `json:"_actor,omitempty"`
	Channel  flow.Channel `json:"_channel,omitempty"`
	Verdict  flow.Verdict `json:"_verdict,omitempty"`
	Error    string       `json:"_error,omitempty"`
}

type harPair struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type harRequest struct {
	Method      string    `json:"method"`
	URL         string    `json:"url"`
	Proto       string    `json:"httpVersion"`
	Cookies     []harPair `json:"cookies"`
	Headers     []harPair `json:"headers"`
	Query       []harPair `json:"queryString"`
	Post        *harPost  `json:"postData,omitempty"`
	HeadersSize int       `json:"headersSize"`
	BodySize    int       `json:"bodySize"`
}

type harPost struct {
	MIME   string    `json:"mimeType"`
	Params []harPair `json:"params"`
	Text   string    `json:"text"`
}

type harResponse struct {
	Status      int        `json:"status"`
	StatusText  string     `json:"statusText"`
	Proto       string     `json:"httpVersion"`
	Cookies     []harPair  `json:"cookies"`
	Headers     []harPair  `json:"headers"`
	Content     harContent `json:"content"`
	Redirect    string     `json:"redirectURL"`
	HeadersSize int        `json:"headersSize"`
	BodySize    int        `json:"bodySize"`
}

type harContent struct {
	Size     int64  `json:"size"`
	MIME     string `json:"mimeType"`
	Text     string `json:"text,omitempty"`
	Encoding string `json:"encoding,omitempty"`
	Comment  string `json:"comment,omitempty"`
}

// harTimings are in milliseconds; -1 stands for what does not apply.
type harTimings struct {
	Blocked float64 `json:"blocked"`
	DNS     float64 `json:"dns"`
	Connect float64 `json:"connect"`
	Send    float64 `json:"send"`
	Wait    float64 `json:"wait"`
	Receive float64 `json:"receive"`
	SSL     float64 `json:"ssl"`
}

func entriesOf(t flow.Transcript) []harWrite {
	entries := []harWrite{}
	for _, s := range t.Steps {
		for _, x := range s.Exchanges {
			entries = append(entries, entryOf(s.ID, x, t.Made))
		}
	}
	slices.SortStableFunc(entries, func(a, b harWrite) int { return strings.Compare(a.Started, b.Started) })
	return entries
}

// timeHAR is the form of a time, in UTC so that texts sort as times do.
const timeHAR = "2006-01-02T15:04:05.000000Z07:00"

func entryOf(step flow.StepID, x flow.Exchange, made time.Time) harWrite {
	start := x.Timing.Start
	if start.IsZero() {
		start = made // the format requires one
	}
	e := harWrite{
		Started: start.UTC().Format(timeHAR), Time: milliseconds(x.Timing.Total), Step: step,
		Actor: x.Actor, Channel: x.Channel, Verdict: x.Verdict, Comment: string(step), Timings: timingsOf(x.Timing),
	}
	proto := "HTTP/1.1"
	if x.Response != nil && x.Response.Proto != "" {
		proto = x.Response.Proto
	}
	address, fragment, _ := strings.Cut(x.Request.URL, "#")
	_, query, _ := strings.Cut(address, "?")
	if fragment != "" {
		address += "#" + fragment
	}
	e.Request = harRequest{
		Method: x.Request.Method, URL: address, Proto: proto, Cookies: []harPair{}, Headers: pairsOf(x.Request.Header),
		Query: encodedPairs(query), HeadersSize: -1, BodySize: len(x.Request.Body),
	}
	if len(x.Request.Body) > 0 {
		kind := x.Request.Header.Get("Content-Type")
		e.Request.Post = &harPost{MIME: kind, Text: string(x.Request.Body), Params: []harPair{}}
		if strings.HasPrefix(kind, "application/x-www-form-urlencoded") {
			e.Request.Post.Params = encodedPairs(string(x.Request.Body))
		}
	}
	e.Response = harResponse{
		Proto: proto, Cookies: []harPair{}, Headers: []harPair{}, HeadersSize: -1, BodySize: -1,
		Content: harContent{MIME: "x-unknown"},
	}
	if x.Error != nil {
		e.Error = x.Error.Error()
	}
	if r := x.Response; r != nil {
		e.Response.Status, e.Response.StatusText, e.Response.Headers = r.Status, http.StatusText(r.Status), pairsOf(r.Header)
		e.Response.Redirect, e.Response.BodySize = r.Header.Get("Location"), len(r.Body)
		e.Response.Content = contentOf(r)
	}
	return e
}

func contentOf(r *flow.Response) harContent {
	c := harContent{Size: max(r.Size, int64(len(r.Body))), MIME: r.Header.Get("Content-Type"), Text: string(r.Body)}
	if c.MIME == "" {
		c.MIME = "x-unknown"
	}
	if !utf8.Valid(r.Body) {
		c.Text, c.Encoding = base64.StdEncoding.EncodeToString(r.Body), "base64"
	}
	if r.Truncated {
		c.Comment = "cut off"
	}
	return c
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func timingsOf(t flow.Timing) harTimings {
	or := func(d time.Duration) float64 {
		if d == 0 {
			return -1
		}
		return milliseconds(d)
	}
	wait := max(t.FirstByte-t.DNS-t.Connect-t.TLS, 0)
	return harTimings{
		Blocked: -1, DNS: or(t.DNS), Connect: or(t.Connect + t.TLS), SSL: or(t.TLS),
		Wait: milliseconds(wait), Receive: milliseconds(max(t.Total-t.FirstByte, 0)),
	}
}

func pairsOf(h http.Header) []harPair {
	out := []harPair{}
	for name, values := range h {
		for _, v := range values {
			out = append(out, harPair{name, v})
		}
	}
	slices.SortStableFunc(out, func(a, b harPair) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func encodedPairs(encoded string) []harPair {
	out := []harPair{}
	for pair := range strings.SplitSeq(encoded, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if pair != "" {
			out = append(out, harPair{unescaped(name), unescaped(value)})
		}
	}
	return out
}
