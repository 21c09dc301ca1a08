//go:build interop

package interop

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// recording is what a browser tells of its network, as its developer tools
// would save it: a HAR with the members that Chromium adds.
type recording struct {
	ctx context.Context

	mu      sync.Mutex
	entries []*recorded
	open    map[network.RequestID]*recorded
	ahead   map[network.RequestID]network.Headers // that came before their request
	main    string                                // the frame of the page
	bodies  sync.WaitGroup
}

// recorded is one entry.
type recorded struct {
	id       network.RequestID
	request  *network.Request
	headers  network.Headers // as they went out
	response *network.Response
	answered network.Headers // as they came in
	status   int64
	kind     network.ResourceType
	frame    string
	started  float64 // seconds since 1970
	clock    float64 // the browser's own, in seconds
	ended    float64
	body     []byte
	failure  string
}

// record begins to record what the page of b does.
func record(t *testing.T, b *browser) *recording {
	t.Helper()
	r := &recording{ctx: b.ctx, open: map[network.RequestID]*recorded{}, ahead: map[network.RequestID]network.Headers{}}
	if err := chromedp.Listen(b.ctx, r.event); err != nil {
		t.Fatal(err)
	}
	size, durable := int64(64<<20), true
	if _, err := chromedp.Call(b.ctx, network.Enable, network.EnableParams{MaxTotalBufferSize: &size, MaxPostDataSize: &size, EnableDurableMessages: &durable}); err != nil {
		t.Fatal(err)
	}
	return r
}

// event takes in an event. It must not wait for the browser.
func (r *recording) event(event any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if before := r.open[e.RequestID]; before != nil && e.RedirectResponse != nil {
			before.response, before.ended = e.RedirectResponse, e.Timestamp.Float64()
		}
		if r.main == "" {
			r.main = string(e.FrameID)
		}
		x := &recorded{
			id: e.RequestID, request: e.Request, kind: e.Type, frame: string(e.FrameID),
			started: e.WallTime.Float64(), clock: e.Timestamp.Float64(),
		}
		x.headers = r.ahead[e.RequestID]
		delete(r.ahead, e.RequestID)
		r.open[e.RequestID] = x
		r.entries = append(r.entries, x)
	case *network.EventRequestWillBeSentExtraInfo:
		if x := r.open[e.RequestID]; x != nil && x.headers == nil {
			x.headers = e.Headers
		} else {
			r.ahead[e.RequestID] = e.Headers
		}
	case *network.EventResponseReceivedExtraInfo:
		if x := r.open[e.RequestID]; x != nil {
			x.answered, x.status = e.Headers, e.StatusCode
		}
	case *network.EventResponseReceived:
		if x := r.open[e.RequestID]; x != nil {
			x.response = e.Response
		}
	case *network.EventLoadingFinished:
		if x := r.open[e.RequestID]; x != nil {
			x.ended = e.Timestamp.Float64()
			r.bodies.Go(func() {
				ctx, cancel := context.WithTimeout(r.ctx, patience)
				defer cancel()
				got, err := chromedp.Call(ctx, network.GetResponseBody, network.GetResponseBodyParams{RequestID: x.id})
				if err != nil {
					return // the browser has let go of it
				}
				r.mu.Lock()
				x.body = got.Body
				r.mu.Unlock()
			})
		}
	case *network.EventLoadingFailed:
		if x := r.open[e.RequestID]; x != nil {
			x.failure, x.ended = e.ErrorText, e.Timestamp.Float64()
		}
	}
}

type pair map[string]any

// save writes what was recorded so far and returns the file and the number of
// its requests.
func (r *recording) save(t *testing.T) (file string, requests int) {
	t.Helper()
	r.bodies.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	entries := []pair{}
	for _, x := range r.entries {
		if strings.HasPrefix(x.request.URL, "http") {
			entries = append(entries, r.entry(x))
		}
	}
	document, err := json.MarshalIndent(pair{"log": pair{
		"version": "1.2", "creator": pair{"name": "WebInspector", "version": "537.36"}, "pages": []pair{}, "entries": entries,
	}}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "recorded.har")
	if keep := os.Getenv("PKCESCOPE_KEEP_CAPTURES"); keep != "" {
		file = filepath.Join(keep, strings.ReplaceAll(t.Name(), "/", "-")+".har")
	}
	if err := os.WriteFile(file, document, 0o600); err != nil {
		t.Fatal(err)
	}
	return file, len(entries)
}

func (r *recording) entry(x *recorded) pair {
	headers := x.headers
	if headers == nil {
		headers = x.request.Headers
	}
	address, _, _ := strings.Cut(x.request.URL, "#")
	request := pair{
		"method": x.request.Method, "url": address, "httpVersion": "http/1.1", "headers": headersOf(headers),
		"queryString": queryOf(address), "cookies": []pair{}, "headersSize": -1, "bodySize": 0,
	}
	var post []byte
	for _, part := range x.request.PostDataEntries {
		post = append(post, part.Bytes...)
	}
	if x.request.HasPostData {
		request["bodySize"] = len(post)
		request["postData"] = pair{"mimeType": fmt.Sprint(x.request.Headers["Content-Type"]), "text": string(post)}
	}
	response := pair{
		"status": 0, "statusText": "", "httpVersion": "", "headers": []pair{}, "cookies": []pair{}, "redirectURL": "",
		"headersSize": -1, "bodySize": -1, "content": pair{"size": 0, "mimeType": "x-unknown"},
	}
	if x.response != nil || x.status != 0 {
		response = responseOf(x)
	}
	if x.failure != "" {
		response["_error"] = x.failure
	}
	seconds, _ := time.ParseDuration(fmt.Sprintf("%fs", x.started))
	entry := pair{
		"_initiator": pair{"type": "other"}, "_priority": "High", "_resourceType": strings.ToLower(string(x.kind)),
		"cache": pair{}, "connection": "1", "request": request, "response": response, "serverIPAddress": "127.0.0.1",
		"startedDateTime": time.Unix(0, 0).Add(seconds).UTC().Format("2006-01-02T15:04:05.000Z"),
		"time":            max(x.ended-x.clock, 0) * 1000,
		"timings":         pair{"blocked": 0, "dns": -1, "connect": -1, "send": 0, "wait": 0, "receive": 0, "ssl": -1},
	}
	return entry
}

func responseOf(x *recorded) pair {
	headers := x.answered
	content := pair{"size": len(x.body), "mimeType": "x-unknown"}
	out := pair{"status": x.status, "statusText": "", "httpVersion": "http/1.1", "cookies": []pair{}, "headersSize": -1, "bodySize": -1, "content": content}
	if x.response != nil {
		out["status"] = x.response.Status
		content["mimeType"] = x.response.MimeType
		if headers == nil {
			headers = x.response.Headers
		}
		switch mime := x.response.MimeType; {
		case len(x.body) == 0:
		case strings.HasPrefix(mime, "text/"), strings.Contains(mime, "json"), strings.Contains(mime, "javascript"):
			content["text"] = string(x.body)
		default:
			content["text"], content["encoding"] = base64.StdEncoding.EncodeToString(x.body), "base64"
		}
	}
	out["headers"] = headersOf(headers)
	out["redirectURL"] = ""
	for name, value := range headers {
		if strings.EqualFold(name, "location") {
			out["redirectURL"] = value
		}
	}
	return out
}

func headersOf(h network.Headers) []pair {
	list := []pair{}
	for name, value := range h {
		list = append(list, pair{"name": name, "value": fmt.Sprint(value)})
	}
	return list
}

func queryOf(address string) []pair {
	list := []pair{}
	u, err := url.Parse(address)
	if err != nil {
		return list
	}
	for name, values := range u.Query() {
		for _, v := range values {
			list = append(list, pair{"name": name, "value": v})
		}
	}
	return list
}
