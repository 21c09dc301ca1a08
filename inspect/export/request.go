package export

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// request is one request as an export sends it.
type request struct {
	Title  string // "Token request"
	Method string
	// URL has everything but the parameters of Query.
	URL string
	// Query are the parameters of the URL, if a secret is among them; else they
	// stand in URL.
	Query []pair
	// Form are the parameters of a form, in the order of the wire. Body is
	// another kind of body.
	Form    []pair
	Body    string
	Headers []pair
	// Basic and Bearer are the credentials of the Authorization header.
	Basic  *basic
	Bearer *value
}

// basic are the credentials of client_secret_basic, RFC 6749 section 2.3.1.
type basic struct {
	ID     string
	Secret value
}

// requestOf reads the request of a step. Of several the one is taken that the
// step is about: the first of the browser's way, the response that was
// accepted, else the last that was sent.
func requestOf(t flow.Transcript, id flow.StepID) (request, error) {
	red := t.Redacted()
	i := slices.IndexFunc(red.Steps, func(s flow.Step) bool { return s.ID == id })
	if i < 0 || len(red.Steps[i].Exchanges) == 0 {
		return request{}, refuse(fmt.Sprintf("The step %s has no request.", id),
			"It sends none, or this run did not come so far.", "Leave the step out to export the whole flow, or name one that sent something: "+withRequests(red)+".")
	}
	exchanges := red.Steps[i].Exchanges
	x := exchanges[len(exchanges)-1]
	if id == flow.StepAuthorize {
		x = exchanges[0]
	}
	for _, e := range exchanges {
		if e.Verdict == flow.VerdictAccepted {
			x = e
		}
	}
	rep := inspect.Read(t, inspect.Options{})
	r := readRequest(x.Request, red.Config.ClientID)
	r.Title = string(id)
	for _, s := range rep.Steps {
		if s.ID == id {
			r.Title = s.Title
		}
	}
	return r, nil
}

// withRequests lists the steps that sent something.
func withRequests(t flow.Transcript) string {
	var ids []string
	for _, s := range t.Steps {
		if len(s.Exchanges) > 0 {
			ids = append(ids, inspect.Clean(string(s.ID)))
		}
	}
	if ids == nil {
		return "none did"
	}
	return strings.Join(ids, ", ")
}

// unsent are headers that every client writes by itself, or that belong to the
// connection or the browser of that run.
var unsent = []string{"Host", "Content-Length", "User-Agent", "Accept-Encoding", "Connection", "Cookie", "Transfer-Encoding", "Upgrade-Insecure-Requests"}

// readRequest reads a request that is redacted already, of that client.
func readRequest(in flow.Request, clientID string) request {
	r := request{Method: in.Method, URL: in.URL}
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	r.URL, _, _ = strings.Cut(r.URL, "#")
	if before, query, ok := strings.Cut(r.URL, "?"); ok {
		if q := pairsOf(query); slices.ContainsFunc(q, func(p pair) bool { return p.Env != "" }) {
			r.URL, r.Query = before, q
		}
	}
	kind := in.Header.Get("Content-Type")
	if strings.HasPrefix(kind, "application/x-www-form-urlencoded") {
		r.Form = pairsOf(string(in.Body))
	} else {
		r.Body = string(in.Body)
	}
	for _, name := range sorted(in.Header) {
		for _, v := range in.Header[name] {
			canonical := http.CanonicalHeaderKey(name)
			switch {
			case slices.Contains(unsent, canonical), canonical == "Content-Type" && r.Form != nil, strings.HasPrefix(canonical, "Sec-"):
			case canonical == "Authorization":
				r.authorize(v, clientID)
			case masked(v):
				r.Headers = append(r.Headers, pair{name, value{Env: environmentName(name)}})
			default:
				r.Headers = append(r.Headers, pair{name, value{Text: v}})
			}
		}
	}
	return r
}

// authorize reads an Authorization header, whose credentials are masked.
func (r *request) authorize(v, clientID string) {
	scheme, _, _ := strings.Cut(v, " ")
	switch strings.ToLower(scheme) {
	case "basic":
		r.Basic = &basic{ID: clientID, Secret: value{Env: "CLIENT_SECRET"}}
	case "bearer":
		r.Bearer = &value{Env: "ACCESS_TOKEN"}
	default:
		r.Headers = append(r.Headers, pair{"Authorization", value{Env: "AUTHORIZATION"}})
	}
}

// secretNames are parameters whose value is read from the environment, however
// it stands in the file.
var secretNames = []string{
	"code", "code_verifier", "client_secret", "client_assertion", "assertion", "access_token", "refresh_token",
	"id_token", "id_token_hint", "token", "password", "passwd", "device_code",
}

// pairsOf reads the parameters of a query or a form.
func pairsOf(encoded string) []pair {
	var out []pair
	for p := range strings.SplitSeq(encoded, "&") {
		if p == "" {
			continue
		}
		name, v, _ := strings.Cut(p, "=")
		name, v = unescape(name), unescape(v)
		if slices.Contains(secretNames, name) || masked(v) {
			out = append(out, pair{name, value{Env: environmentName(name)}})
		} else {
			out = append(out, pair{name, value{Text: v}})
		}
	}
	return out
}

func unescape(s string) string {
	if u, err := url.QueryUnescape(s); err == nil {
		return u
	}
	return s
}

// masked reports whether s holds a mask of [flow.Redactor].
func masked(s string) bool { return inspect.ShowMasks(s) != s }

func sorted(h http.Header) []string {
	var names []string
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
