package flow

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// pasted is an authorization response that was handed over by hand.
type pasted struct {
	response
	url string // as pasted; empty unless it was one
}

var looksLikeURL = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:/`)

// maxPaste bounds what is taken for a response.
const maxPaste = 256 << 10

// parsePaste reads a whole redirect URL (query or fragment), its query string
// alone, or a bare code.
func parsePaste(text string) (pasted, *Error) {
	refuse := func(what string) (pasted, *Error) {
		return pasted{}, &Error{
			Kind: KindRefused, What: what,
			Try: "Paste the whole address that the browser ended on (it begins with the redirect URI), or the code alone.",
		}
	}
	// A terminal may break a long line when it is copied.
	text = strings.TrimSpace(strings.NewReplacer("\r", "", "\n", "", "\t", "").Replace(text))
	text = strings.Trim(text, `"'<>`)
	if text == "" {
		return refuse("Nothing was pasted.")
	}
	if len(text) > maxPaste {
		return refuse("What was pasted is too long to be an authorization response.")
	}
	p := pasted{response: response{in: InQuery}}
	encoded := ""
	switch {
	case looksLikeURL.MatchString(text):
		_, query, fragment := cutQuery(text)
		p.url, encoded = text, query
		if q, err := url.ParseQuery(fragment); err == nil && isResponse(q) {
			p.in, encoded = InFragment, fragment
		}
	case strings.HasPrefix(text, "?"):
		encoded = text[1:]
	case strings.HasPrefix(text, "#"):
		p.in, encoded = InFragment, text[1:]
	case strings.Contains(text, "code=") || strings.Contains(text, "error=") || strings.HasPrefix(text, "response=") || strings.Contains(text, "state="):
		encoded = text
	case strings.ContainsAny(text, " \x00"):
		return refuse("That is neither a URL nor a code.")
	default:
		// A code copied out of an address bar is still percent-escaped.
		p.bare = true
		code := text
		if u, err := url.PathUnescape(text); err == nil {
			code = u
		}
		p.params = url.Values{"code": {code}}
		return p, nil
	}
	q, err := url.ParseQuery(encoded)
	if err != nil {
		return refuse("What was pasted is not well-formed: " + err.Error() + ".")
	}
	if !isResponse(q) {
		return refuse("What was pasted holds neither a code nor an error.")
	}
	p.params = q
	return p, nil
}

// Paste hands over an authorization response by hand: a whole redirect URL
// (query or fragment), its query string alone, or a bare code. It may be called
// while Next waits for the callback. A response with a wrong state is refused,
// and the wait goes on; a bare code brings no state and is taken as it is.
func (w *Walk) Paste(text string) error {
	p, failure := parsePaste(text)
	w.mu.Lock()
	t := w.wait
	if failure != nil {
		defer w.mu.Unlock()
		if t != nil && t.posted && looksLikeURL.MatchString(strings.TrimSpace(text)) {
			it := unheardForm()
			failure.Why, failure.Try = it.Why, it.Try
		}
		return failure
	}
	waiting := t != nil && w.at <= stepIndex(StepCallback)
	x := Exchange{
		Actor: ActorBrowser, Channel: ChannelFront, Timing: Timing{Start: w.now()},
		Request: Request{Method: http.MethodGet, URL: p.url, Header: http.Header{}},
	}
	switch {
	case p.url != "":
	case t != nil && t.posted && !p.bare: // the form, as the browser posted it
		p.in = InForm
		x.Request.Method, x.Request.URL, x.Request.Body = http.MethodPost, w.draft.redirectURI, Body(p.params.Encode())
		x.Request.Header.Set("Content-Type", formType)
	default:
		x.Request.URL = w.draft.redirectURI + map[Place]string{InQuery: "?", InFragment: "#"}[p.in] + p.params.Encode()
	}
	w.mu.Unlock()
	if !waiting {
		return &Error{
			Kind: KindRefused, What: "No response is being waited for.",
			Try: "Carry out the authorize step first, or go back to it.",
		}
	}
	j := w.receive(t, p.response, func(judgement) (Exchange, func()) { return x, func() {} })
	if j.err != nil && j.verdict != VerdictAccepted {
		return j.err
	}
	return nil
}
