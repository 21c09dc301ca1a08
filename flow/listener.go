package flow

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// maxForm bounds a form that is posted to the callback. A response has a
	// few kilobytes, and one with an ID token of many groups some dozens.
	maxForm = 256 << 10
	// maxUnfitting is how many requests that are not the response are kept.
	// Any program of this machine can send them, and as many as it likes.
	maxUnfitting = 50
)

//go:embed callback.html
var callbackHTML string

var callbackPage = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("callback").Parse(callbackHTML))
})

// listener takes the authorization response on loopback.
type listener struct {
	target *url.URL // the redirect URI; nil when it cannot be listened to
	leaf   tls.Certificate

	mu       sync.Mutex
	server   *http.Server
	sockets  []net.Listener
	handover string // path to which our page hands over the fragment
}

// listenTarget is the address on which to wait. It is the redirect URI of the
// configuration, unless the person has edited in another that can be listened
// to as it stands.
func listenTarget(configured string, sent []Value) *url.URL {
	for _, v := range sent {
		if v.Name == "redirect_uri" && (v.In == InQuery || v.In == InLocal) && v.Edited {
			if u := loopbackURL(v.Value); u != nil && u.Port() != "" && u.Port() != "0" {
				return u
			}
		}
	}
	return loopbackURL(configured)
}

// loopbackURL parses raw if it is http or https on a loopback host, else
// returns nil.
func loopbackURL(raw string) *url.URL {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || !IsLoopback(u.Hostname()) {
		return nil
	}
	return u
}

// addresses are those listened on.
func (l *listener) addresses() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var at []string
	for _, s := range l.sockets {
		at = append(at, s.Addr().String())
	}
	return at
}

// listen starts listening if there is something to listen to and it is not
// done already.
func (t *wait) listen(w *Walk) error {
	l := &t.listener
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.target == nil || l.server != nil {
		return nil
	}
	listeners, err := listenLoopback(l.target)
	if err != nil {
		return err
	}
	if l.handover == "" { // once and for all: a page that is open knows it
		l.handover = "/handover/" + rand.Text()
	}
	server := &http.Server{
		Handler:           &callbackHandler{w: w, t: t},
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       30 * time.Second,
		MaxHeaderBytes:    64 << 10,
		// The one error that is worth a record is that of a browser which does
		// not take the certificate, and net/http tells of it nowhere else.
		ErrorLog: log.New(&handshakes{w: w, at: l.target}, "", 0),
	}
	if l.target.Scheme == "https" {
		for i := range listeners {
			listeners[i] = tls.NewListener(listeners[i], &tls.Config{
				MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{l.leaf},
			})
		}
	}
	l.server, l.sockets = server, listeners
	for _, s := range listeners {
		go func() { _ = server.Serve(s) }() // ends when close closes it
	}
	return nil
}

// close stops listening. A nil wait listens to nothing.
func (t *wait) close() {
	if t == nil {
		return
	}
	l := &t.listener
	l.mu.Lock()
	server, sockets := l.server, l.sockets
	l.server, l.sockets = nil, nil
	l.mu.Unlock()
	// The server knows a socket only once its goroutine runs; nothing may be
	// left listening even if that is still to come.
	for _, s := range sockets {
		_ = s.Close()
	}
	if server != nil {
		_ = server.Close()
	}
}

// listenLoopback takes the port of u on every address that its host stands
// for: localhost is both 127.0.0.1 and [::1], and a browser may try either.
func listenLoopback(u *url.URL) ([]net.Listener, error) {
	port := defaultTo(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
	hosts := []string{u.Hostname()}
	if strings.EqualFold(u.Hostname(), "localhost") {
		hosts = []string{"127.0.0.1", "::1"}
	}
	var listeners []net.Listener
	var failure error
	for _, host := range hosts {
		l, err := listenTCP(host, port)
		switch {
		case err == nil:
			listeners = append(listeners, l)
		case LacksAddress(err):
			// This machine has only one of the two.
			failure = errors.Join(failure, err)
		default:
			// A port that another program has on one of the two would get the
			// code by chance.
			for _, l := range listeners {
				_ = l.Close()
			}
			return nil, portError(host, port, err)
		}
	}
	if len(listeners) == 0 {
		return nil, portError(u.Hostname(), port, failure)
	}
	return listeners, nil
}

func listenTCP(host, port string) (net.Listener, error) {
	return new(net.ListenConfig).Listen(context.Background(), "tcp", net.JoinHostPort(host, port))
}

func portError(host, port string, err error) *Error {
	e := Error{
		Kind: KindRefused, What: fmt.Sprintf("The callback cannot be awaited on port %s of %s.", port, host), Why: err.Error(),
		Try: "Take another port in the redirect URI, or none to get a free one (Entra ignores the port of localhost), or paste the redirect URL by hand.",
	}
	if isErrno(err, syscall.EADDRINUSE, 10048) {
		e.Why = fmt.Sprintf("Another program has port %s.", port)
		e.Try = "End that program. Or t" + strings.TrimPrefix(e.Try, "T")
	} else if isErrno(err, syscall.EACCES, 10013) {
		e.Why = fmt.Sprintf("Port %s needs an administrator's rights.", port)
	} else if LacksAddress(err) && strings.EqualFold(host, "localhost") {
		e.Why = "This machine has neither 127.0.0.1 nor ::1."
		e.Try = "Bring its loopback interface up, or paste the redirect URL by hand."
	} else if LacksAddress(err) {
		e.Why = fmt.Sprintf("This machine does not have the address %s.", host)
		e.Try = "Name localhost in the redirect URI, for which 127.0.0.1 and ::1 are listened on as far as they are there, or paste the redirect URL by hand."
	}
	return e.Wrap(err)
}

// handshakes reads the lines of [http.Server.ErrorLog], and records that a
// browser refused the callback's certificate. It says so again each time it
// tries, and once is enough.
type handshakes struct {
	w    *Walk
	at   *url.URL
	once sync.Once
}

func (h *handshakes) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte("TLS handshake error")) && bytes.Contains(line, []byte("certificate")) {
		h.once.Do(func() {
			h.w.record(StepCallback, Exchange{
				Actor: ActorBrowser, Channel: ChannelFront, Timing: Timing{Start: h.w.now()}, Verdict: VerdictNoTrust,
				Request: Request{Method: http.MethodConnect, URL: (&url.URL{Scheme: h.at.Scheme, Host: h.at.Host}).String()},
				Error: &Error{
					Kind: KindTransport, What: "The browser did not take the certificate of the callback.",
					Why: "Nobody vouches for it: it was made for this run. The browser broke the connection off, and shows a warning.",
					Try: "In the browser: Advanced, then go on to localhost, if the fingerprint is the one that is shown here.",
				},
			})
		})
	}
	return len(line), nil
}

// unfitting reports whether the listener received x and did not take it.
func (x Exchange) unfitting() bool { return x.Verdict != "" && x.Verdict != VerdictAccepted }

// unfitting counts the exchanges that the listener did not take.
func unfitting(all []Exchange) int {
	n := 0
	for _, x := range all {
		if x.unfitting() {
			n++
		}
	}
	return n
}

// callbackHandler answers the browser.
type callbackHandler struct {
	w *Walk
	t *wait
}

// page is what callback.html shows.
type page struct {
	Title, Text, Detail string
	Handover            string // set: the page posts the fragment there
	Nonce               string
}

func (h *callbackHandler) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	start := h.w.now()
	x := Exchange{
		Actor: ActorBrowser, Channel: ChannelFront, Timing: Timing{Start: start},
		Request: Request{Method: r.Method, URL: h.t.target.Scheme + "://" + r.Host + r.RequestURI, Header: cloneHeader(r.Header)},
		TLS:     tlsFacts(r.TLS),
	}
	x.Request.Header.Set("Host", r.Host)
	body, bodyErr := io.ReadAll(http.MaxBytesReader(rw, r.Body, maxForm))
	x.Request.Body = body

	show := func(status int, p page) Exchange {
		x.Response = p.response(status)
		x.Timing.Total = h.w.now().Sub(start)
		return x
	}
	// Each request is recorded before it is answered, so that the record has
	// the order of the browser.
	stray := func(v Verdict, status int, p page) {
		x := show(status, p)
		x.Verdict = v
		h.w.record(StepCallback, x)
		write(rw, x.Response)
	}
	answer := func(q url.Values, in Place) {
		h.w.receive(h.t, response{params: q, in: in}, func(j judgement) (Exchange, func()) {
			x := show(answerPage(j, q))
			return x, func() { write(rw, x.Response) }
		})
	}

	switch {
	case !IsLoopback(hostname(r.Host)):
		// A web page can have its own host name point to 127.0.0.1 and send
		// requests here.
		stray(VerdictWrongHost, http.StatusMisdirectedRequest, page{
			Title: "Not here", Text: "This address belongs to a program on this machine and answers to localhost only.",
		})
	case bodyErr != nil:
		stray(VerdictStray, http.StatusRequestEntityTooLarge, page{Title: "Too large", Text: "The request's body could not be read."})
	case r.URL.Path == h.t.handover && r.Method == http.MethodPost:
		// In the record the response is the request that opened our page, its
		// URL now whole; the handover is one of our own.
		form, _ := url.ParseQuery(string(body))
		fragment := form.Get("fragment")
		q, err := url.ParseQuery(fragment)
		if err != nil || !isResponse(q) {
			stray(VerdictStray, http.StatusBadRequest, noResponse)
			return
		}
		h.w.receive(h.t, response{params: q, in: InFragment}, func(j judgement) (Exchange, func()) {
			x := show(answerPage(j, q))
			x.Verdict = VerdictStray
			return h.w.complete(x, fragment), func() { write(rw, x.Response) }
		})
	case defaultTo(r.URL.EscapedPath(), "/") != defaultTo(h.t.target.EscapedPath(), "/"):
		stray(VerdictStray, http.StatusNotFound, page{Title: "Nothing here", Text: "The sign-in comes back to another path."})
	case r.Method == http.MethodPost:
		q, err := url.ParseQuery(string(body))
		if err != nil || !isResponse(q) {
			stray(VerdictStray, http.StatusBadRequest, noResponse)
			return
		}
		answer(q, InForm)
	case r.Method == http.MethodGet && isResponse(r.URL.Query()):
		answer(r.URL.Query(), InQuery)
	case r.Method == http.MethodGet:
		// What stands behind # never reaches a server: our page hands it over.
		stray(VerdictStray, http.StatusOK, page{
			Title: "One moment", Handover: h.t.handover, Nonce: rand.Text(),
			Text: "This page hands the response over to pkcescope.",
		})
	default:
		stray(VerdictStray, http.StatusMethodNotAllowed, page{Title: "Not like this", Text: "Only GET and POST are taken here."})
	}
}

// noResponse answers what comes to the right place and holds nothing.
var noResponse = page{
	Title: "No response in it", Text: "It holds neither a code nor an error. The program is still waiting.",
}

// complete swaps the record of the request that opened our page for that of
// the handover, and returns the former with the fragment in its URL.
func (w *Walk) complete(handover Exchange, fragment string) Exchange {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := &w.t.Steps[stepIndex(StepCallback)]
	for i, x := range slices.Backward(s.Exchanges) {
		if x.Request.Method == http.MethodGet && x.Response != nil && x.Response.Status == http.StatusOK &&
			x.Verdict == VerdictStray && !strings.Contains(x.Request.URL, "#") {
			s.Exchanges = append(slices.Delete(slices.Clone(s.Exchanges), i, i+1), handover)
			x.Request.URL += "#" + fragment
			return x
		}
	}
	return handover
}

// answerPage is what the browser gets to see in the end. It repeats the
// provider's words for an error, and no secret.
func answerPage(j judgement, q url.Values) (int, page) {
	switch {
	case j.verdict == VerdictDuplicate:
		return http.StatusOK, page{Title: "Already received", Text: "The response had been received before. You may close this window."}
	case j.err == nil:
		return http.StatusOK, page{Title: "Signed in", Text: "The code has arrived. You may close this window and go back to the terminal."}
	case j.verdict == VerdictAccepted:
		return http.StatusOK, page{
			Title: "The provider said no", Text: "You may close this window; the terminal says more.",
			Detail: q.Get("error") + ": " + q.Get("error_description"),
		}
	case j.final:
		return http.StatusBadRequest, page{Title: "Not accepted", Text: j.err.What + " You may close this window; the terminal says more."}
	default:
		return http.StatusBadRequest, page{Title: "Not accepted", Text: j.err.What + " The program is still waiting for the right one."}
	}
}

// response is p as it is sent. It asks for nothing from outside and runs only
// its own script.
func (p page) response(status int) *Response {
	var body bytes.Buffer
	if err := callbackPage().Execute(&body, p); err != nil {
		panic(err) // the template is ours, and page is all it reads
	}
	script := ""
	if p.Nonce != "" {
		script = "script-src 'nonce-" + p.Nonce + "'; "
	}
	return &Response{
		Status: status, Proto: "HTTP/1.1", Body: body.Bytes(), Size: int64(body.Len()),
		Header: http.Header{
			"Content-Type":   {"text/html; charset=utf-8"},
			"Content-Length": {strconv.Itoa(body.Len())},
			"Content-Security-Policy": {"default-src 'none'; " + script +
				"style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"},
			"Referrer-Policy":        {"no-referrer"},
			"Cache-Control":          {"no-store"},
			"X-Content-Type-Options": {"nosniff"},
			"Connection":             {"close"},
		},
	}
}

// write sends r, and returns when it has left.
func write(rw http.ResponseWriter, r *Response) {
	maps.Copy(rw.Header(), r.Header)
	rw.WriteHeader(r.Status)
	_, _ = rw.Write(r.Body)
	_ = http.NewResponseController(rw).Flush()
}
