package practice

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// Limits on what is read.
const (
	maxBody   = 64 << 10
	maxHeader = 32 << 10
	maxQuery  = 16 << 10
)

// Event is one request and how it was answered, without any secret: what a
// person wants to see on one line while another client is being debugged.
type Event struct {
	Time   time.Time `json:"time"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Status int       `json:"status"`
	Client string    `json:"client,omitempty"` // the registration's name
	Code   int       `json:"code,omitempty"`   // AADSTS number
	Reason string    `json:"reason,omitempty"` // why it was refused
}

// String is the event on one line. Path and reason hold what the client sent:
// whoever prints the line cleans it.
func (e Event) String() string {
	line := fmt.Sprintf("%s  %3d  %-4s %s", e.Time.Format("15:04:05"), e.Status, e.Method, e.Path)
	if e.Client != "" {
		line += "  " + e.Client
	}
	if e.Code != 0 {
		line += fmt.Sprintf("  AADSTS%d", e.Code)
	}
	if e.Reason != "" {
		line += "  " + e.Reason
	}
	return line
}

// recent keeps the last events, for the page that lists them.
type recent struct {
	mu     sync.Mutex
	events []Event // oldest first
}

const maxRecent = 50

func (r *recent) add(e Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.events) == maxRecent {
		r.events = slices.Delete(r.events, 0, 1)
	}
	r.events = append(r.events, e)
}

// newestFirst returns a copy.
func (r *recent) newestFirst() []Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := slices.Clone(r.events)
	slices.Reverse(out)
	return out
}

// call is one request being answered.
type call struct {
	*Server
	conf        *Tenant // as it was when the request came
	w           http.ResponseWriter
	r           *http.Request
	now         time.Time
	trace       string
	correlation string
	form        url.Values // query and body, parsed once
	event       Event
}

// routes names every address that the tenant answers.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, handle := range map[string]func(*call){
		"GET /{tenant}/v2.0/.well-known/openid-configuration": (*call).discovery,
		"GET /{tenant}/.well-known/openid-configuration":      (*call).discovery,
		"GET /{tenant}/discovery/v2.0/keys":                   (*call).jwks,
		"GET /{tenant}/discovery/keys":                        (*call).jwks,
		"GET /{tenant}/discovery/instance":                    (*call).instance,
		"/{tenant}/oauth2/v2.0/authorize":                     (*call).authorize,
		"/{tenant}/oauth2/authorize":                          (*call).authorize,
		"/{tenant}/oauth2/v2.0/token":                         (*call).token,
		"/{tenant}/oauth2/token":                              (*call).token,
		"/{tenant}/oauth2/v2.0/devicecode":                    (*call).deviceCode,
		"/{tenant}/oauth2/devicecode":                         (*call).deviceCode,
		"/{tenant}/oauth2/v2.0/logout":                        (*call).logout,
		"/{tenant}/oauth2/logout":                             (*call).logout,
		"POST /{tenant}/login":                                (*call).signIn,
		"POST /{tenant}/pick":                                 (*call).pick,
		"POST /{tenant}/SAS/ProcessAuth":                      (*call).secondFactor,
		"POST /{tenant}/Consent/Set":                          (*call).consent,
		"POST /{tenant}/confirm":                              (*call).confirm,
		"GET /devicelogin":                                    (*call).deviceLogin,
		"POST /devicelogin":                                   (*call).enterCode,
		"/oidc/userinfo":                                      (*call).userInfo,
		"GET /v1.0/me":                                        (*call).me,
		"POST /v1.0/users/{id}/getMemberObjects":              (*call).memberObjects,
		"GET /practice.css":                                   (*call).style,
		"GET /practice-certificate.pem":                       (*call).certificate,
		"GET /{$}":                                            (*call).index,
		"GET /settings":                                       (*call).settings,
		"POST /settings":                                      (*call).saveSettings,
		"POST /settings/key":                                  (*call).rotateKey,
		"/":                                                   (*call).notFound,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.answer(w, r, handle) })
		// What scripts of every page may read, they may also ask for.
		if path, ok := strings.CutPrefix(pattern, "GET "); ok && (strings.Contains(path, "discovery") || strings.Contains(path, ".well-known") || strings.HasPrefix(path, "/v1.0/")) {
			mux.HandleFunc("OPTIONS "+path, func(w http.ResponseWriter, r *http.Request) { s.answer(w, r, (*call).preflightAny) })
		}
	}
	return mux
}

// answer carries out one request and tells the log.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, handle func(*call)) {
	c := &call{
		Server: s, conf: s.tenant.Load(), w: w, r: r, now: s.now(), trace: randomGUID(), correlation: randomGUID(),
		event: Event{Method: r.Method, Path: r.URL.Path},
	}
	c.event.Time = c.now
	w.Header().Set("Date", c.now.UTC().Format(http.TimeFormat)) // net/http would tell another time than the tokens
	defer func() {
		if c.event.Path != "/practice.css" {
			s.recent.add(c.event)
		}
		if s.log != nil {
			s.log(c.event)
		}
	}()
	h := w.Header()
	h.Set("Cache-Control", "no-store, no-cache")
	h.Set("Pragma", "no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Ms-Request-Id", c.trace)
	h.Set("X-Ms-Ests-Server", "pkcescope practice tenant")
	// A page on the Internet that makes its own name point here (DNS
	// rebinding) must not get an answer.
	if !loopbackHost(r.Host) {
		c.event.Reason = "the Host header does not name a loopback address"
		c.text(http.StatusMisdirectedRequest, "This practice tenant answers on loopback addresses only.\n")
		return
	}
	if len(r.URL.RawQuery) > maxQuery {
		c.fail(deny("90015"))
		return
	}
	if e := c.parse(); e != nil {
		c.fail(e)
		return
	}
	if c.has(FaultSlow) && !c.wait(slowFor) {
		return
	}
	handle(c)
}

// How long the faults "slow" and "late" keep a client waiting.
const (
	slowFor = 2 * time.Second
	lateFor = time.Minute
)

// wait returns false when the client has gone.
func (c *call) wait(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-c.r.Context().Done():
		return false
	}
}

// parse reads the query and the form, bounded, and refuses what RFC 6749
// section 3.1 forbids: "Request and response parameters MUST NOT be included
// more than once." Entra's number for that is unproven.
func (c *call) parse() *refusal {
	form, err := url.ParseQuery(c.r.URL.RawQuery)
	if err != nil {
		return deny("9002313").onPage()
	}
	if e := c.checkOnce(form); e != nil {
		return e
	}
	// Entra gives back the correlation id that the client made.
	for _, id := range []string{form.Get("client-request-id"), c.r.Header.Get("Client-Request-Id")} {
		if guidPattern.MatchString(id) {
			c.correlation = id
			c.w.Header().Set("Client-Request-Id", id)
		}
	}
	c.form = form
	if c.r.Method != http.MethodPost {
		return nil
	}
	posted, e := c.readForm()
	if e == nil {
		e = c.checkOnce(posted)
	}
	if e != nil {
		return e
	}
	if c.bodyOnly() {
		c.form = posted
		return nil
	}
	for name, values := range posted {
		form[name] = append(values, form[name]...)
	}
	return c.checkOnce(form)
}

// bodyOnly says whether the endpoint reads nothing from the query: "The
// request body must contain the following parameter" is what Entra says there
// (AADSTS900144), and RFC 6749 section 2.3.1 forbids credentials in a URI.
func (c *call) bodyOnly() bool {
	return strings.HasSuffix(c.r.URL.Path, "/token") || strings.HasSuffix(c.r.URL.Path, "/devicecode")
}

// readForm reads the body, if it is a form.
func (c *call) readForm() (url.Values, *refusal) {
	limit := int64(maxBody)
	if c.r.URL.Path == "/settings" {
		limit = 3 * maxFile // the file's text, percent-encoded
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, limit))
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			c.event.Reason = "the body is larger than the practice tenant reads"
		}
		return nil, deny("9002313").onPage()
	}
	kind, _, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if kind != "application/x-www-form-urlencoded" {
		return nil, nil
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, deny("9002313").onPage()
	}
	return form, nil
}

func (c *call) checkOnce(form url.Values) *refusal {
	for _, name := range slices.Sorted(maps.Keys(form)) {
		if len(form[name]) > 1 && !c.has(FaultRepeatedParameters) {
			c.event.Reason = "the parameter " + name + " is there more than once"
			return deny("9002313").onPage()
		}
	}
	return nil
}

// fail reports a refusal in the form that the address calls for: JSON for
// programs, a page for people.
func (c *call) fail(e *refusal) {
	path := c.r.URL.Path
	if c.bodyOnly() || strings.Contains(path, "/discovery/") || strings.Contains(path, "/.well-known/") {
		c.refuseJSON(e)
		return
	}
	c.refusePage(e)
}

// note puts a refusal into the event.
func (c *call) note(e *refusal) {
	c.event.Code = e.Code
	if c.event.Reason == "" {
		c.event.Reason = e.Text
	}
}

// refuseJSON is the error response of the token endpoint and of discovery.
func (c *call) refuseJSON(e *refusal) {
	status := e.status()
	if c.has(FaultOKError) {
		status = http.StatusOK
	}
	c.refuseStatus(status, e)
}

func (c *call) refuseStatus(status int, e *refusal) {
	c.note(e)
	c.json(status, errorBody{
		Error:         e.OAuth,
		Description:   e.describe(c.trace, c.correlation, c.now),
		Codes:         []int{e.Code},
		Timestamp:     c.now.UTC().Format(timestampFormat),
		TraceID:       c.trace,
		CorrelationID: c.correlation,
		ErrorURI:      c.errorURI(e),
		Suberror:      e.Suberror,
		Claims:        e.Claims,
	})
}

// errorURI is where Microsoft explains the code: the real page, because we
// have no better one.
func (c *call) errorURI(e *refusal) string {
	return "https://login.microsoftonline.com/error?code=" + strconv.Itoa(e.Code)
}

func (c *call) json(status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic("practice: response: " + err.Error())
	}
	c.w.Header().Set("Content-Type", "application/json; charset=utf-8")
	c.write(status, body)
}

func (c *call) text(status int, s string) {
	c.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	c.write(status, []byte(s))
}

func (c *call) write(status int, body []byte) {
	c.event.Status = status
	c.w.WriteHeader(status)
	if c.r.Method != http.MethodHead {
		_, _ = c.w.Write(body) // the client went away: nobody to tell
	}
}

func (c *call) redirect(to string) {
	c.w.Header().Set("Location", to)
	c.event.Status = http.StatusFound
	c.w.WriteHeader(http.StatusFound)
}

func (c *call) notFound() { c.text(http.StatusNotFound, "The practice tenant has nothing here.\n") }

// authority reads the first segment of the address.
func (c *call) authority() (authority, *refusal) { return findAuthority(c.r.PathValue("tenant")) }

// v1 says whether the address is one of the older endpoints, without "v2.0".
// Their answers differ a little.
func (c *call) v1() bool { return !strings.Contains(c.r.URL.Path, "/v2.0/") }

// sameOrigin says whether a form came from one of our own pages: from this
// origin as far as the browser says, and with this start's token.
func (c *call) sameOrigin() bool {
	if o := c.r.Header.Get("Origin"); o != "" {
		u, err := url.Parse(o)
		if err != nil || u.Host != c.r.Host {
			return false
		}
	}
	switch c.r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
	default:
		return false
	}
	return subtle.ConstantTimeCompare([]byte(c.form.Get("canary")), []byte(c.canary)) == 1
}

// loopbackHost says whether a Host header names this machine.
func loopbackHost(hostport string) bool {
	u := url.URL{Host: hostport}
	return flow.IsLoopback(u.Hostname())
}
