package capture

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// candidate is an exchange that may belong to a flow.
type candidate struct {
	flow.Exchange

	want     interest
	order    int
	source   int
	document bool   // the browser showed it as a page
	framed   bool   // in a frame of another page
	scripted bool   // the browser says that a script sent it
	failure  string // why there is no response, in the recorder's words
	lost     []flow.Loss
}

// interest is what a request looks like before its answer is known.
type interest int

const (
	nothing  interest = iota
	aMessage          // passes through the browser: authorize request, callback, sign-out
	anAnswer          // its answer matters: metadata, keys, tokens, UserInfo
	aCall             // the first to show some token at some host
)

// intake takes what the readers find in one source.
type intake struct {
	source   int
	raw      io.Reader // the source itself
	layers   int       // how often it is packed: what is read is longer than the source then
	format   string
	tool     string
	requests int
	lost     []flow.Loss
	taken    []candidate
	shown    map[string]bool // the tokens that were shown, each with the host
	// runs are transcripts of this program.
	runs []flow.Transcript
	told func(read int64)
	next int64 // when to tell again
}

// tellEvery is how many octets are read between two words about progress.
const tellEvery = 4 << 20

func (in *intake) progress(at int64) {
	if in.told != nil && at >= in.next {
		in.next = at + tellEvery
		in.told(at)
	}
}

func (in *intake) lose(what flow.LossKind, detail string) {
	in.lost = append(in.lost, flow.Loss{What: what, Detail: detail})
}

// count notes one more loss of a kind that is counted.
func (in *intake) count(what flow.LossKind) {
	for i := range in.lost {
		if in.lost[i].What == what {
			in.lost[i].Count++
			return
		}
	}
	in.lost = append(in.lost, flow.Loss{What: what, Count: 1})
}

func (in *intake) madeBy(tool string) {
	if tool != "" && !strings.Contains(in.tool, tool) {
		in.tool = strings.TrimPrefix(in.tool+", "+tool, ", ")
	}
}

// maxTaken bounds how many messages are kept. A flow has a dozen.
const maxTaken = 50_000

func (in *intake) take(c candidate) {
	if len(in.taken) >= maxTaken || c.Request.Method == http.MethodOptions || c.Request.Method == http.MethodConnect {
		return
	}
	c.source, c.order = in.source, len(in.taken)
	c.trim()
	in.taken = append(in.taken, c)
}

// trim drops what is certain to be of no use: a page's body, unless it tells of
// an error or posts a response on.
func (c *candidate) trim() {
	r := c.Response
	if r == nil || c.want != nothing {
		return
	}
	if !pageTells(r.Body) {
		r.Body = nil
		c.lost = nil
	}
}

// pageTells reports whether a page holds an error of a provider or a form with
// an authorization response.
func pageTells(page []byte) bool {
	for _, sign := range []string{"AADSTS", "AADB2C", `name="code"`, `name="error"`, `name='code'`, `name="id_token"`, "invalid_request", "redirect_uri", "unauthorized_client"} {
		if bytes.Contains(page, []byte(sign)) {
			return true
		}
	}
	return false
}

// leadsOn reports whether a redirect may carry an authorization request or
// response.
func leadsOn(location []byte) bool {
	return bytes.Contains(location, []byte("code=")) || bytes.Contains(location, []byte("error=")) || bytes.Contains(location, []byte("response_type="))
}

// interestOf looks at a request. All four are as they stand in the file, still
// escaped: what matters here is not.
func interestOf(method, address, body, params []byte) interest {
	if bytes.IndexByte(address, '\\') >= 0 {
		text, _ := unquote(address)
		address = []byte(text)
	}
	path, query := address, []byte(nil)
	if q := bytes.IndexAny(address, "?#"); q >= 0 {
		path, query = address[:q], address[q+1:]
	}
	has := namesIn(query)
	posted := len(body) > 0 || len(params) > 0
	if posted {
		if inBody := namesIn(body); inBody != 0 {
			has |= inBody
		} else if len(params) > 0 {
			has |= namesOfParams(params)
		}
	}
	switch {
	case has&nameGrant != 0 && posted:
		return anAnswer
	case has&nameClient != 0 && has&(nameType|nameReference) != 0:
		if posted {
			return anAnswer // a pushed request, or an authorize request by POST
		}
		return aMessage
	case has&nameCode != 0, has&(nameError|nameToken|nameResponse) != 0 && has&nameState != 0, has&nameError != 0 && has&nameDescription != 0:
		return aMessage
	case has&(nameHint|nameAfter) != 0:
		return aMessage
	case has&nameAboutToken != 0 && posted && pathHas(path, "revo", "introspect"):
		return anAnswer
	}
	if posted && !bytes.EqualFold(method, []byte("GET")) {
		if pathHas(path, "/token") {
			return anAnswer
		}
		return nothing
	}
	if pathHas(path, "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "userinfo", "jwks", "/discovery/", "/certs", "/keys", "/.well-known/webfinger") {
		return anAnswer
	}
	return nothing
}

// isCall reports whether a request is the first that shows this token to this
// host. An app makes thousands of such requests; one of them tells whether the
// token is taken.
func (in *intake) isCall(address, authorization string) bool {
	token := bearerToken(authorization)
	if token == "" || len(in.shown) >= maxTaken {
		return false
	}
	key := host(address) + " " + token
	if in.shown[key] {
		return false
	}
	if in.shown == nil {
		in.shown = map[string]bool{}
	}
	in.shown[key] = true
	return true
}

// bearerToken is the access token of an Authorization header, or "".
func bearerToken(authorization string) string {
	scheme, token, _ := strings.Cut(strings.TrimSpace(authorization), " ")
	if strings.EqualFold(scheme, "Bearer") || strings.EqualFold(scheme, "DPoP") {
		return strings.TrimSpace(token)
	}
	return ""
}

func pathHas(path []byte, parts ...string) bool {
	return slices.ContainsFunc(parts, func(p string) bool { return bytes.Contains(path, []byte(p)) })
}

// The parameters by which messages are told.
const (
	nameClient = 1 << iota
	nameType
	nameReference
	nameCode
	nameError
	nameDescription
	nameState
	nameToken
	nameResponse
	nameGrant
	nameHint
	nameAfter
	nameAboutToken
)

var telling = map[string]int{
	"client_id": nameClient, "response_type": nameType, "request_uri": nameReference, "request": nameReference,
	"code": nameCode, "error": nameError, "error_description": nameDescription, "state": nameState, "id_token": nameToken, "access_token": nameToken,
	"response": nameResponse, "grant_type": nameGrant, "id_token_hint": nameHint, "post_logout_redirect_uri": nameAfter, "token": nameAboutToken,
}

// namesIn is the set of telling names in a query or form.
func namesIn(encoded []byte) (has int) {
	for len(encoded) > 0 {
		end := bytes.IndexByte(encoded, '&')
		pair := encoded
		if end >= 0 {
			pair, encoded = encoded[:end], encoded[end+1:]
		} else {
			encoded = nil
		}
		if eq := bytes.IndexByte(pair, '='); eq > 2 && eq <= 32 {
			name := pair[:eq]
			if at := bytes.LastIndexAny(name, "#?"); at >= 0 {
				name = name[at+1:]
			}
			has |= telling[string(name)]
		}
	}
	return has
}

// namesOfParams is the same for a HAR's list of parameters.
func namesOfParams(params []byte) (has int) {
	for name := range namedValues(params) {
		has |= telling[name]
	}
	return has
}

// formOf writes a HAR's list of parameters as the form that it was. Some
// programs leave the escapes in the values; they are undone first.
func formOf(params []byte) string {
	var out []string
	for name, value := range namedValues(params) {
		if plain, err := url.QueryUnescape(value); err == nil && strings.Contains(value, "%") {
			value = plain
		}
		out = append(out, url.QueryEscape(name)+"="+url.QueryEscape(value))
	}
	return strings.Join(out, "&")
}
