package flow

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// responseOrder is the order in which members of a response are listed; the
// others follow by name.
var responseOrder = []string{
	"issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri",
	"code", "state", "iss", "session_state",
	"token_type", "scope", "expires_in", "ext_expires_in", "refresh_token_expires_in",
	"access_token", "id_token", "refresh_token",
	"error", "suberror", "error_description", "error_codes", "error_uri", "timestamp", "trace_id", "correlation_id",
	"sub",
}

func byResponseOrder(a, b string) int {
	i, j := slices.Index(responseOrder, a), slices.Index(responseOrder, b)
	if i < 0 {
		i = len(responseOrder)
	}
	if j < 0 {
		j = len(responseOrder)
	}
	if i != j {
		return i - j
	}
	return strings.Compare(a, b)
}

// readMembers reads the members of a JSON object, or of a form-encoded body as
// some token endpoints send it, and nil if the body is neither. Strings are
// taken as they are, anything else as its JSON: expires_in comes as a number
// from most and as a string from some (Entra's version 1 endpoint).
func readMembers(r *Response) map[string]string {
	body := bytes.TrimPrefix(bytes.TrimSpace(r.Body), []byte("\ufeff"))
	var object map[string]json.RawMessage
	if json.Unmarshal(body, &object) == nil && object != nil {
		members := make(map[string]string, len(object))
		for name, raw := range object {
			var s string
			if json.Unmarshal(raw, &s) != nil || len(raw) > 0 && raw[0] != '"' {
				s = string(compact(raw))
			}
			members[name] = s
		}
		return members
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != formType && kind != "text/plain" {
		return nil
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || !form.Has("access_token") && !form.Has("error") {
		return nil
	}
	return membersOf(form)
}

// membersOf is what q holds, of each name the first value.
func membersOf(q url.Values) map[string]string {
	members := make(map[string]string, len(q))
	for name := range q {
		members[name] = q.Get(name)
	}
	return members
}

func compact(raw json.RawMessage) []byte {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return raw
	}
	return b.Bytes()
}

// responseValues lists what a response holds.
func responseValues(members map[string]string, in Place) []Value {
	var values []Value
	for name, value := range members {
		values = append(values, Value{Name: name, Value: value, Secret: isSecretName(name), By: ByProvider, In: in})
	}
	slices.SortFunc(values, func(a, b Value) int { return byResponseOrder(a.Name, b.Name) })
	return values
}

// readTokenResponse reads the answer of a token endpoint, RFC 6749 sections
// 5.1 and 5.2, and says what is wrong with one that is of no use.
func readTokenResponse(r *Response) ([]Value, *Error) {
	members := readMembers(r)
	values := responseValues(members, InResponse)
	switch {
	case r.Status/100 == 3:
		return values, &Error{
			Kind: KindServer, What: fmt.Sprintf("The token endpoint answered with a redirect (%s).", statusText(r.Status)),
			Why: fmt.Sprintf("It points to %q. It was not followed: the code and the secret are meant for the endpoint alone.", r.Header.Get("Location")),
			Try: "Check the token endpoint's URL; a missing or extra slash, or http in place of https, has that effect.",
		}
	case members["error"] != "":
		return values, serverSaid("token endpoint", r, members)
	case r.Status/100 != 2:
		return values, unexpected("token endpoint", r, members)
	case members == nil:
		return values, unexpected("token endpoint", r, members)
	case members["access_token"] == "":
		return values, &Error{
			Kind: KindServer, What: "The token endpoint's answer has no access_token.",
			Why: "RFC 6749 section 5.1 requires it. The answer is " + statusText(r.Status) + ", and holds " + memberNames(values) + ".",
			Try: "Check that the URL is the token endpoint's.",
		}
	}
	return values, nil
}

// serverSaid words an error response, RFC 6749 section 5.2. The texts are the
// server's own, whole.
func serverSaid(who string, r *Response, members map[string]string) *Error {
	name, description := members["error"], members["error_description"]
	// Microsoft Graph and other APIs answer with an object in its place
	// (https://learn.microsoft.com/en-us/graph/errors).
	var api struct{ Code, Message string }
	if json.Unmarshal([]byte(name), &api) == nil && api.Code != "" {
		name, description = api.Code, defaultTo(description, api.Message)
	}
	e := &Error{
		Kind: KindServer, What: fmt.Sprintf("The %s refused the request: %s.", who, name),
		Why: description,
		Try: "Read what the server says; the values that it names can be changed before the request is sent again.",
	}
	if r != nil && r.Status/100 == 2 {
		e.What = fmt.Sprintf("The %s answered %s, with the error %s inside.", who, statusText(r.Status), name)
	}
	return e
}

// unexpected words an answer that is not of the form that the step expects.
func unexpected(who string, r *Response, members map[string]string) *Error {
	e := &Error{
		Kind: KindServer, What: fmt.Sprintf("The %s answered %s.", who, statusText(r.Status)),
		Try: "Look at the response. Check the URL, and whether a proxy or a sign-in page answers in the server's place.",
	}
	switch {
	case wantsTLS(r):
		e.Why = "The server says that plain HTTP was spoken to a port on which it expects TLS."
		e.Try = "Begin the URL with https://."
	case r.Status/100 == 3:
		e.Why = fmt.Sprintf("It points to %q, and was not followed.", r.Header.Get("Location"))
		e.Try = "Check the URL; a missing or extra slash, or http in place of https, has that effect."
	case members["keys"] != "" && who == keySetsAddress:
		e.Why = "It is JSON, but its member keys is not a list of keys."
	case members != nil:
		e.Why = "It is JSON, and holds " + memberNames(responseValues(members, InResponse)) + "."
	case len(r.Body) == 0:
		e.Why = "The answer is empty, where JSON was expected."
	case r.Truncated:
		e.Why = fmt.Sprintf("The answer is longer than the %d octets that are kept, where a short JSON object was expected.", len(r.Body))
	case looksLikeHTML(r):
		e.Why = "It sent a web page (HTML) where JSON was expected."
	case compressed(r) != "":
		e.Why = fmt.Sprintf("The body is compressed (Content-Encoding: %s), which was not asked for, and is kept as it came.", compressed(r))
		e.Try = "Have the server, or the proxy in front of it, compress only where Accept-Encoding asks for it."
	default:
		e.Why = fmt.Sprintf("The body is not a JSON object: %s.", jsonProblem(r.Body))
	}
	return e
}

func looksLikeHTML(r *Response) bool {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	start := bytes.ToLower(bytes.TrimSpace(r.Body[:min(len(r.Body), 512)]))
	return kind == "text/html" || bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.HasPrefix(start, []byte("<html"))
}

// wantsTLS recognises how Go's server, nginx and Apache answer a request that
// came without TLS.
func wantsTLS(r *Response) bool {
	if r.Status != http.StatusBadRequest {
		return false
	}
	start := strings.ToLower(string(r.Body[:min(len(r.Body), 4096)]))
	return slices.ContainsFunc([]string{
		"http request to an https server", "plain http request was sent to https port", "speaking plain http to an ssl-enabled server port",
	}, func(words string) bool { return strings.Contains(start, words) })
}

// compressed is the coding of a body that came in one, or "". None is asked
// for, so that what is kept is what crossed the wire.
func compressed(r *Response) string {
	if coding := r.Header.Get("Content-Encoding"); !strings.EqualFold(coding, "identity") {
		return coding
	}
	return ""
}

// jsonProblem says where a body stops being a JSON object.
func jsonProblem(body []byte) string {
	var object map[string]json.RawMessage
	err := json.Unmarshal(body, &object)
	if err == nil {
		return "it is the word null"
	}
	if other := jsonKind(err); other != "" {
		return "it is " + other
	}
	return brokenJSON(err, body)
}

// brokenJSON says where text stops being JSON. encoding/json says it in the
// words of a parser.
func brokenJSON(err error, text []byte) string {
	syntax, ok := errors.AsType[*json.SyntaxError](err)
	if !ok {
		return err.Error()
	}
	at := syntax.Offset - 1 // the octet that was read last
	switch {
	case len(bytes.TrimSpace(text)) == 0:
		return "it is empty"
	case strings.Contains(err.Error(), "max depth"):
		return "it is nested more than 10000 levels deep"
	case at < 0 || syntax.Offset >= int64(len(text)) && strings.Contains(err.Error(), "unexpected end"):
		return fmt.Sprintf("it ends in the middle, after %d octets", len(text))
	}
	there := character(text[at:])
	switch {
	case len(bytes.TrimSpace(text[:at])) == 0:
		return fmt.Sprintf("it begins with %s", there)
	case strings.Contains(err.Error(), "after top-level value"):
		return fmt.Sprintf("more text follows its end, from octet %d on", syntax.Offset)
	}
	return fmt.Sprintf("it breaks at octet %d, where %s cannot stand", syntax.Offset, there)
}

// character names the one that text begins with.
func character(text []byte) string {
	r, n := utf8.DecodeRune(text)
	if r == utf8.RuneError && n <= 1 || !unicode.IsPrint(r) {
		return fmt.Sprintf("the octet %02x", text[0])
	}
	return fmt.Sprintf("the character %c", r)
}

// jsonKind is what stands where JSON of another kind was expected, or "" if err
// is about something else. What encoding/json says itself names Go's types.
func jsonKind(err error) string {
	other, ok := errors.AsType[*json.UnmarshalTypeError](err)
	if !ok {
		return ""
	}
	kind, _, _ := strings.Cut(other.Value, " ") // "number 1.5"
	if kind == "array" || kind == "object" {
		return "an " + kind
	}
	return "a " + kind
}

func statusText(status int) string {
	if t := http.StatusText(status); t != "" {
		return fmt.Sprintf("%d %s", status, t)
	}
	return fmt.Sprint(status)
}

func memberNames(values []Value) string {
	if len(values) == 0 {
		return "nothing"
	}
	const most = 20
	var names []string
	for _, v := range values[:min(len(values), most)] {
		names = append(names, v.Name)
	}
	if more := len(values) - most; more > 0 {
		return fmt.Sprintf("%s and %d more members", strings.Join(names, ", "), more)
	}
	return strings.Join(names, ", ")
}
