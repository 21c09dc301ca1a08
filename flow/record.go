package flow

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"sync"
	"time"
)

const (
	// maxBody is how much of a response body is kept.
	maxBody = 16 << 20
	// maxRead is how much of one is read at all, to be able to say how long it
	// was.
	maxRead = 64 << 20
	// requestTimeout bounds one request, its body included.
	requestTimeout = 30 * time.Second
)

// recorder is an [http.RoundTripper] that writes down each exchange that
// passes through it: the headers as they went out, those that net/http adds
// included, and the body as it came in.
type recorder struct {
	next http.RoundTripper
	now  func() time.Time
	done func(Exchange)
	last *Response // of the last exchange, as it was recorded
	// shown has the fingerprint of the client certificate by connection; nil
	// where none is ever shown.
	shown *sync.Map
}

// Record returns a transport that carries requests through next and passes
// each exchange to done as the app's own, on the back channel. The response's
// body has been read when RoundTrip returns, and an error is an [*Error] of
// kind transport, or the context's.
func Record(next http.RoundTripper, done func(Exchange)) http.RoundTripper {
	return &recorder{next: next, now: time.Now, done: done}
}

// RoundTrip implements [http.RoundTripper]. The response's body has been read
// when it returns. Its error is an [*Error] of kind transport, or the
// context's.
func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	parent := req.Context()
	ctx, cancel := context.WithTimeout(parent, requestTimeout)
	defer cancel()

	x := Exchange{Actor: ActorApp, Channel: ChannelBack}
	x.Request = Request{Method: req.Method, URL: req.URL.String(), Header: cloneHeader(req.Header)}
	if req.Body != nil {
		body, err := io.ReadAll(req.Body)
		_ = req.Body.Close()
		if err != nil {
			return nil, err
		}
		x.Request.Body = body
	}
	t := &trace{start: r.now()}
	t.timing.Start = t.start
	out := req.Clone(httptrace.WithClientTrace(context.WithValue(ctx, traceKey{}, t), t.hooks(r.now)))
	if len(x.Request.Body) > 0 {
		out.Body = io.NopCloser(bytes.NewReader(x.Request.Body))
	}

	resp, err := r.next.RoundTrip(out)
	if err == nil {
		x.Response, err = readResponse(resp)
		x.TLS = tlsFacts(resp.TLS)
		if x.TLS != nil && r.shown != nil {
			x.TLS.ClientCertificate = t.certificate(r.shown)
		}
	}
	x.Timing, x.Request.Header = t.end(r.now(), x.Request.Header)
	if err != nil && parent.Err() == nil {
		failure := transportError(err, req.URL, x.Response)
		x.Error, err = failure, failure
	}
	r.last = x.Response
	r.done(x)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(x.Response.Body))
	return resp, nil
}

// readResponse reads a response whole, within the limits. On an error the part
// that arrived is returned as well.
func readResponse(resp *http.Response) (*Response, error) {
	defer func() { _ = resp.Body.Close() }()
	r := &Response{Status: resp.StatusCode, Proto: resp.Proto, Header: cloneHeader(resp.Header)}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	r.Body, r.Size = body, int64(len(body))
	if err == nil {
		var more int64
		more, err = io.Copy(io.Discard, io.LimitReader(resp.Body, maxRead-maxBody))
		r.Size += more
		r.Truncated = more > 0
	}
	if err != nil {
		r.Truncated = true
	}
	return r, err
}

// trace collects what httptrace tells. Its hooks may be called from other
// goroutines, also after the request has failed.
type trace struct {
	mu                   sync.Mutex
	start                time.Time
	dns, connect, secure time.Time
	timing               Timing
	header               http.Header
	conn                 net.Conn
	shown                string // the client certificate's fingerprint, if this request made the connection
}

// traceKey is the key of a request's trace in its context, which is also the
// context of the handshake that it makes necessary.
type traceKey struct{}

// showed notes that the server asked for the client's certificate.
func (t *trace) showed(fingerprint string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.shown = fingerprint
}

// certificate is the fingerprint of what was shown on the connection of this
// request. A connection that is used again has seen it before.
func (t *trace) certificate(before *sync.Map) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.shown != "" {
		before.Store(t.conn, t.shown)
	}
	fingerprint, _ := before.Load(t.conn)
	text, _ := fingerprint.(string)
	return text
}

func (t *trace) hooks(now func() time.Time) *httptrace.ClientTrace {
	locked := func(f func()) {
		t.mu.Lock()
		defer t.mu.Unlock()
		f()
	}
	return &httptrace.ClientTrace{
		// A request that is tried again on another connection writes its
		// headers again.
		GetConn:      func(string) { locked(func() { t.header = nil }) },
		GotConn:      func(got httptrace.GotConnInfo) { locked(func() { t.conn = got.Conn }) },
		DNSStart:     func(httptrace.DNSStartInfo) { locked(func() { t.dns = now() }) },
		DNSDone:      func(httptrace.DNSDoneInfo) { locked(func() { t.timing.DNS = now().Sub(t.dns) }) },
		ConnectStart: func(string, string) { locked(func() { t.connect = now() }) },
		ConnectDone: func(_, _ string, err error) {
			locked(func() {
				if err == nil {
					t.timing.Connect = now().Sub(t.connect)
				}
			})
		},
		TLSHandshakeStart:    func() { locked(func() { t.secure = now() }) },
		TLSHandshakeDone:     func(tls.ConnectionState, error) { locked(func() { t.timing.TLS = now().Sub(t.secure) }) },
		GotFirstResponseByte: func() { locked(func() { t.timing.FirstByte = now().Sub(t.start) }) },
		WroteHeaderField: func(key string, value []string) {
			locked(func() {
				if t.header == nil {
					t.header = http.Header{}
				}
				// HTTP/2 writes the host as a pseudo-header.
				if key == ":authority" {
					key = "Host"
				}
				if !strings.HasPrefix(key, ":") {
					key = textproto.CanonicalMIMEHeaderKey(key)
					t.header[key] = append(t.header[key], value...)
				}
			})
		},
	}
}

// end returns the timing and the headers as they were written. A transport
// that does not report them leaves the headers that were asked for.
func (t *trace) end(now time.Time, asked http.Header) (Timing, http.Header) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.timing.Total = now.Sub(t.start)
	if t.header != nil {
		return t.timing, t.header.Clone()
	}
	return t.timing, asked
}

func tlsFacts(s *tls.ConnectionState) *TLS {
	if s == nil {
		return nil
	}
	f := &TLS{Version: tls.VersionName(s.Version), Cipher: tls.CipherSuiteName(s.CipherSuite), Server: s.ServerName}
	if len(s.PeerCertificates) > 0 {
		f.Issuer = s.PeerCertificates[0].Issuer.String()
	}
	return f
}

// exchangeError returns the [*Error] inside what an HTTP client or x/oauth2
// returned, or err itself.
func exchangeError(err error) error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return err
}
