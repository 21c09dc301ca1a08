package inspect

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// exchange explains the i-th exchange of a step. It is masked already.
func (r *reader) exchange(step flow.StepID, i int, ex flow.Exchange, values []flow.Value, unsent bool) Exchange {
	return r.views.exchange(step, i, func() Exchange {
		l := layout{shown{reveal: r.reveal}, r.prov, step, ex.Actor, values}
		out := Exchange{
			Label:    label(step, i, ex),
			Actor:    flow.Actor(Clean(string(ex.Actor))),
			Channel:  flow.Channel(Clean(string(ex.Channel))),
			Verdict:  flow.Verdict(Clean(string(ex.Verdict))),
			Pending:  unsent,
			Request:  l.request(ex.Request),
			Error:    l.err(ex.Error),
			Duration: ex.Timing.Total,
		}
		if ex.Response != nil {
			m := l.response(ex.Response)
			out.Response = &m
		}
		return out
	})
}

// layout lays out the messages of one exchange.
type layout struct {
	shown

	prov   provider
	step   flow.StepID
	actor  flow.Actor
	values []flow.Value // what the engine knows of the parameters
}

// label names an exchange for its tab.
func label(step flow.StepID, i int, ex flow.Exchange) string {
	switch ex.Verdict {
	case flow.VerdictAccepted:
		return "Redirect to the app"
	case flow.VerdictStray:
		return "Stray request"
	case flow.VerdictWrongHost:
		return "Request for another host"
	case flow.VerdictWrongState:
		return "Response with another state"
	case flow.VerdictMissingState:
		return "Response without state"
	case flow.VerdictUnverifiedError:
		return "Unverified error"
	case flow.VerdictDuplicate:
		return "Second response"
	case flow.VerdictRefused:
		return "Refused response"
	case flow.VerdictNoTrust:
		return "Certificate not taken"
	}
	switch step {
	case flow.StepDiscovery:
		if strings.Contains(ex.Request.URL, "oauth-authorization-server") {
			return "Metadata (RFC 8414)"
		}
		return "Metadata"
	case flow.StepAuthorize:
		return authorizeLabel(i, ex)
	case flow.StepCallback:
		return "Redirect to the app"
	case flow.StepDevice:
		return deviceLabel(ex)
	case flow.StepToken:
		if polls(ex) {
			return "Poll " + strconv.Itoa(i+1)
		}
		return "Token request"
	case flow.StepKeys:
		return "Signing keys"
	case flow.StepUserInfo:
		return "UserInfo request"
	case flow.StepRefresh:
		return "Refresh request"
	default:
		return "Exchange " + strconv.Itoa(i+1)
	}
}

// authorizeLabel names the hops of the browser: the authorize request, the
// pages and forms of the provider, and the redirect that ends them.
func authorizeLabel(i int, ex flow.Exchange) string {
	switch {
	case ex.Response != nil && ex.Response.Status >= 300 && ex.Response.Status < 400 && i > 0:
		if ex.Request.Method == http.MethodPost {
			return "Form sent, redirect"
		}
		return "Redirect"
	case ex.Request.Method == http.MethodPost:
		return "Form sent"
	case i == 0:
		return "Authorize request"
	}
	return "Page"
}

// deviceLabel names the request for the codes, and the hops of a browser that
// types one of them.
func deviceLabel(ex flow.Exchange) string {
	if ex.Actor == flow.ActorBrowser {
		return authorizeLabel(1, ex)
	}
	return "Device request"
}

// polls reports whether a request asks for tokens with a device code.
func polls(ex flow.Exchange) bool {
	grant, _ := requestParams(ex.Request).lookup("grant_type")
	return grant == "urn:ietf:params:oauth:grant-type:device_code"
}

// place says under which heading of the glossaries a request's parameters are.
func place(step flow.StepID) string {
	switch step {
	case flow.StepToken, flow.StepRefresh:
		return "token"
	case flow.StepDevice:
		return "devicecode"
	default:
		return string(step)
	}
}

// request lays out a request. Its parameters get what the engine knows of them:
// who chose each, and which are PKCE's.
func (l layout) request(req flow.Request) Message {
	m := Message{URL: l.text(req.URL)}
	at := place(l.step)
	if l.actor == flow.ActorBrowser && req.Method == http.MethodPost {
		at = "page"
	}
	target, query, fragment := splitURL(req.URL)
	m.Rows = append(m.Rows, l.paramRows(formPairs(query), at)...)
	m.Rows = append(m.Rows, l.paramRows(formPairs(fragment), at)...)
	kind, note := kindOf(req.Header, req.Body)
	m.Kind, m.Note = kind, note
	switch kind {
	case "form":
		m.Rows = append(m.Rows, l.paramRows(formPairs(string(req.Body)), at)...)
	case "json", "jwks":
		pairs, problem := jsonPairs(req.Body)
		m.Rows = append(m.Rows, l.paramRows(pairs, at)...)
		m.Note = remark(m.Note, problem)
	}
	method := req.Method
	if method == "" {
		method = http.MethodGet
	}
	m.Line = l.text(method + " " + target + " HTTP/1.1")
	m.Headers = l.headerRows(req.Header, "request")
	line := target
	if query != "" {
		line += "?" + query
	}
	m.Raw = l.raw(method+" "+line+" HTTP/1.1", hostOf(req.URL), req.Header, req.Body)
	m.Pretty, m.Note = l.pretty(kind, req.Body, m.Note)
	return m
}

// octets is how many octets a body had before its secrets were masked.
func octets(b flow.Body) int {
	n := len(b)
	for at, r := range string(b) {
		if r != '~' {
			continue
		}
		if _, secret, mask := flow.ParseMask(string(b[at:min(at+64, len(b))])); mask > 0 {
			n += secret - mask
		}
	}
	return n
}

// response lays out a response. Of a redirect the parameters in Location are
// the message.
func (l layout) response(res *flow.Response) Message {
	kind, note := kindOf(res.Header, res.Body)
	m := Message{Kind: kind, Note: note}
	m.Line = l.text(strings.TrimSpace(fmt.Sprintf("%d %s", res.Status, http.StatusText(res.Status))))
	if res.Truncated {
		note := "The body was cut off"
		if kept := octets(res.Body); res.Size > int64(kept) {
			note += fmt.Sprintf(": %d of %d octets were kept", kept, res.Size)
		}
		m.Note = remark(m.Note, note)
	}
	if loc := res.Header.Get("Location"); loc != "" {
		_, query, fragment := splitURL(loc)
		m.Rows = append(m.Rows, l.paramRows(formPairs(query), locationPlace(query+fragment))...)
		m.Rows = append(m.Rows, l.paramRows(formPairs(fragment), "callback")...)
	}
	if res.Status == http.StatusUnauthorized || res.Status == http.StatusForbidden {
		m.Rows = append(m.Rows, l.challengeRows(res.Header)...)
	}
	switch kind {
	case "json", "jwks":
		pairs, problem := jsonPairs(res.Body)
		m.Rows = append(m.Rows, l.memberRows(kind, pairs)...)
		m.Note = remark(m.Note, problem)
	case "form": // GitHub answers its token request so unless asked for JSON
		m.Rows = append(m.Rows, l.memberRows(kind, formPairs(string(res.Body)))...)
	}
	m.Headers = l.headerRows(res.Header, "response")
	proto := res.Proto
	if proto == "" {
		proto = "HTTP/1.1"
	}
	m.Raw = l.raw(proto+" "+strings.TrimSpace(fmt.Sprintf("%d %s", res.Status, http.StatusText(res.Status))), "", res.Header, res.Body)
	m.Pretty, m.Note = l.pretty(kind, res.Body, m.Note)
	return m
}

// challengeRows are what a refusal says in WWW-Authenticate: the scheme that is
// wanted, and its parameters (RFC 6750 section 3).
func (l layout) challengeRows(h http.Header) []Row {
	var rows []Row
	for _, challenge := range h.Values("WWW-Authenticate") {
		e, ok := Headers().Find("WWW-Authenticate", "response")
		rows = append(rows, l.entryRow("WWW-Authenticate", bound(challenge), e, ok))
		for _, name := range []string{"error", "error_description", "scope"} {
			if value := challengeParam(challenge, name); value != "" {
				e, ok := memberEntry(l.step, "json", name)
				if name == "scope" {
					e, ok = Parameters().holds(name, "challenge")
				}
				rows = append(rows, l.entryRow(name, bound(value), e, ok))
			}
		}
	}
	return rows
}

func locationPlace(params string) string {
	if strings.Contains(params, "response_type=") {
		return "authorize"
	}
	return "callback"
}

// memberRows explains the members of an answer, by what the answer is.
func (l layout) memberRows(kind string, pairs []field) []Row {
	var rows []Row
	for _, p := range pairs {
		e, ok := memberEntry(l.step, kind, p.Name)
		row := l.entryRow(p.Name, bound(p.Value), e, ok)
		row.Problem = p.Broken
		rows = append(rows, row)
	}
	return rows
}

// memberEntry finds the entry for a member of a JSON answer. "keys[2].kid" is
// looked up whole, without its indices, and by its last name.
func memberEntry(step flow.StepID, kind, name string) (Entry, bool) {
	whole := withoutIndices(name)
	last := whole[strings.LastIndexByte(whole, '.')+1:]
	type book struct {
		g  *Glossary
		at string
	}
	answers, metadata, claims, keys := book{Parameters(), "response"}, book{Metadata(), ""}, book{Claims(), ""}, book{Keys(), ""}
	order := []book{answers, metadata, claims}
	switch {
	case kind == "jwks" || step == flow.StepKeys:
		order = []book{keys, answers, metadata}
	case step == flow.StepDiscovery:
		order = []book{metadata, answers}
	case step == flow.StepUserInfo:
		order = []book{claims, answers}
	}
	for _, n := range []string{whole, last} {
		// A few members mean something else in the answer of one step.
		if e, ok := Parameters().holds(n, string(step)+"-response"); ok {
			return e, true
		}
		for _, b := range order {
			if e, ok := b.g.Find(n, b.at); ok {
				return e, true
			}
		}
	}
	return Entry{}, false
}

func withoutIndices(name string) string {
	var b strings.Builder
	in := false
	for _, c := range name {
		switch {
		case c == '[':
			in = true
		case c == ']':
			in = false
		case !in:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// paramRows explains parameters in the order of the wire.
func (l layout) paramRows(pairs []field, at string) []Row {
	var rows []Row
	seen := map[string]int{}
	for _, p := range pairs {
		e, ok := Parameters().Find(p.Name, at)
		if !ok && at == "callback" {
			e, ok = Parameters().Find(p.Name, "response")
		}
		row := l.entryRow(p.Name, bound(p.Value), e, ok)
		for _, v := range l.values {
			if v.Name == p.Name && v.In != flow.InLocal && v.In != flow.InHeader {
				v.Value = bound(p.Value)
				l.mark(&row, v)
				break
			}
		}
		if p.Broken != "" {
			row.Problem = p.Broken
		}
		if seen[p.Name]++; seen[p.Name] > 1 {
			row.Problem = remark(row.Problem, "sent more than once, which RFC 6749 section 3.1 forbids")
		}
		rows = append(rows, row)
	}
	return rows
}

// headerRows explains headers, sorted by name: their order on the wire is not
// recorded.
func (l layout) headerRows(h http.Header, at string) []Row {
	var rows []Row
	for _, name := range sortedKeys(h) {
		for _, value := range h[name] {
			e, ok := Headers().Find(name, at)
			row := l.entryRow(name, bound(value), e, ok)
			if !ok {
				row.What = "A header that plays no part in the flow."
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// raw lays a message out as it crossed the wire, one line each.
func (l layout) raw(first, host string, h http.Header, body []byte) []string {
	var b strings.Builder
	b.WriteString(Clean(first) + "\n")
	if host != "" && h.Get("Host") == "" {
		b.WriteString("Host: " + Clean(host) + "\n")
	}
	for _, name := range sortedKeys(h) {
		for _, v := range h[name] {
			b.WriteString(Clean(name) + ": " + Clean(v) + "\n")
		}
	}
	lines := l.lines(strings.TrimSuffix(b.String(), "\n"))
	if len(body) > 0 {
		lines = append(lines, "")
		lines = append(lines, l.lines(string(body))...)
	}
	return lines
}

func (l layout) pretty(kind string, body []byte, note string) (lines []string, newNote string) {
	text, problem := pretty(kind, body)
	return l.lines(text), remark(note, problem)
}

// splitURL cuts a URL into target, query and fragment without judging it.
func splitURL(s string) (target, query, fragment string) {
	s, fragment, _ = strings.Cut(s, "#")
	target, query, _ = strings.Cut(s, "?")
	if u, err := url.Parse(target); err == nil && u.Host != "" {
		target = u.EscapedPath()
		if target == "" {
			target = "/"
		}
	}
	return target, query, fragment
}

func hostOf(s string) string {
	if u, err := url.Parse(s); err == nil {
		return u.Host
	}
	return ""
}

// bound keeps a value small enough for a row.
func bound(s string) string {
	if len(s) <= maxValue {
		return s
	}
	n := maxValue
	for n > 0 && s[n]&0xc0 == 0x80 {
		n--
	}
	return s[:n] + fmt.Sprintf("… (%d more octets: see the raw view)", len(s)-n)
}

// remark adds a remark to a note.
func remark(note, more string) string {
	switch {
	case more == "":
		return note
	case note == "":
		return strings.ToUpper(more[:1]) + sentence(more[1:])
	}
	return sentence(note) + " " + strings.ToUpper(more[:1]) + sentence(more[1:])
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
