package flow

import (
	"encoding/base64"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// secretMembers are the names by which a secret is recognised in any text, as
// a parameter (name=…) or as a member ("name":"…"), also in a body that is
// broken off or not of the type that it says. code is not among them: too much
// else is called that, error codes above all.
var secretMembers = []string{
	"access_token", "refresh_token", "id_token", "id_token_hint", "logout_token", "subject_token", "actor_token",
	"client_secret", "client_assertion", "assertion", "device_code", "code_verifier", "password", "passwd",
}

// minCookie is the length from which on a cookie's value is taken for a
// secret wherever it occurs. Shorter ones (lang=en) are masked in their own
// place only.
const minCookie = 16

// collectSecrets finds the secrets of t.
func collectSecrets(t Transcript, add func(string)) {
	add(t.Config.ClientSecret)
	add(t.Config.Verifier)
	add(t.Config.Ask.IDTokenHint)
	redirects := []string{t.Config.RedirectURI}
	for _, e := range t.Config.Edits {
		collectNamed(e.Name, e.Value, add)
		collectText(e.Value, add)
	}
	for _, s := range t.Steps {
		for _, v := range s.Values {
			switch {
			case v.Name == "verifier_ascii": // the verifier once more, in hexadecimal
			case v.Secret:
				collectNamed(v.Name, v.Value, add)
			case v.Name == "redirect_uri":
				redirects = append(redirects, v.Value)
			}
		}
	}
	for _, s := range t.Steps {
		for _, x := range s.Exchanges {
			collectMessage(x.Request.URL, x.Request.Header, x.Request.Body, redirects, add)
			if s.ID == StepCallback {
				collectCode(string(x.Request.Body), add)
				_, query, fragment := cutQuery(x.Request.URL)
				collectCode(query, add)
				collectCode(fragment, add)
			}
			if x.Response != nil {
				collectMessage("", x.Response.Header, x.Response.Body, redirects, add)
			}
			if x.Error != nil {
				collectText(x.Error.Why, add)
			}
		}
	}
}

// collectNamed takes a value that is a secret by its name, or holds one.
func collectNamed(name, value string, add func(string)) {
	switch header, _ := strings.CutPrefix(strings.ToLower(name), "header."); header {
	case "authorization", "proxy-authorization":
		collectCredentials(value, add)
	case "cookie", "set-cookie":
		collectCookies(value, add)
	default:
		if isSecretName(name) || name == "code_challenge" {
			add(value)
		}
	}
}

// collectCredentials takes the credentials of an Authorization header.
func collectCredentials(value string, add func(string)) {
	scheme, credentials, ok := strings.Cut(value, " ")
	if !ok {
		add(value)
		return
	}
	if strings.EqualFold(scheme, "Basic") {
		if pair, err := base64.StdEncoding.DecodeString(credentials); err == nil {
			if _, secret, ok := strings.Cut(string(pair), ":"); ok {
				add(unescape(secret))
			}
		}
	}
	add(strings.TrimSpace(credentials))
}

func collectCookies(value string, add func(string)) {
	for c := range strings.SplitSeq(value, ";") {
		if _, v, ok := strings.Cut(c, "="); ok && len(v) >= minCookie {
			add(v)
		}
	}
}

// collectCode takes the code of an authorization response.
func collectCode(encoded string, add func(string)) {
	for name, value := range pairs(encoded) {
		if name == "code" {
			add(value)
		}
		if name == "response" { // JARM: the code is a claim
			if r, err := (response{params: url.Values{name: {value}}}).unwrap(); err == nil {
				add(r.params.Get("code"))
			}
		}
		if name == "fragment" { // our page's handover
			collectCode(value, add)
		}
	}
}

func collectMessage(address string, header http.Header, body Body, redirects []string, add func(string)) {
	texts := []string{address, string(body)}
	for name, values := range header {
		for _, v := range values {
			switch http.CanonicalHeaderKey(name) {
			case "Authorization", "Proxy-Authorization":
				collectCredentials(v, add)
			case "Cookie":
				collectCookies(v, add)
			case "Set-Cookie":
				pair, _, _ := strings.Cut(v, ";")
				collectCookies(pair, add)
			default:
				texts = append(texts, v)
			}
		}
	}
	for _, text := range texts {
		collectText(text, add)
	}
	for _, at := range []string{address, header.Get("Location"), header.Get("Referer")} {
		for _, redirect := range redirects {
			if redirect != "" && strings.HasPrefix(at, redirect) {
				_, query, fragment := cutQuery(at)
				collectCode(query, add)
				collectCode(fragment, add)
			}
		}
	}
	if looksLikeHTML(&Response{Header: header, Body: body}) {
		collectInputs(string(body), add)
	}
}

// mostNamed is how many secrets one text may have under one name. What follows
// is then taken for a single one, to its end: no answer of a provider is like
// that, and each secret is looked for everywhere.
const mostNamed = 100

// collectText takes what stands in a text under a secret's name.
func collectText(text string, add func(string)) {
	for _, name := range secretMembers {
		found := 0
		for rest := text; ; {
			i := strings.Index(rest, name)
			if i < 0 {
				break
			}
			bounded := i == 0 || !isAlphanumeric(rest[i-1]) && rest[i-1] != '_'
			rest = rest[i+len(name):]
			if !bounded {
				continue
			}
			value, n := valueAfterName(rest)
			if value == "" {
				continue
			}
			if found++; found > mostNamed {
				add(rest)
				break
			}
			add(value)
			rest = rest[n:]
		}
	}
}

// valueAfterName reads the value that follows a name: =value as in a form, or
// ":"value" as in JSON, and returns how much of rest it took. A value that is
// broken off counts as well.
func valueAfterName(rest string) (string, int) {
	if value, ok := strings.CutPrefix(rest, "="); ok {
		if i := strings.IndexAny(value, "&\"'<>;,) \t\r\n"); i >= 0 {
			value = value[:i]
		}
		return unescape(value), 1 + len(value)
	}
	value, ok := strings.CutPrefix(rest, `"`)
	if !ok {
		return "", 0
	}
	value = strings.TrimLeft(value, " \t\r\n")
	value, ok = strings.CutPrefix(value, ":")
	if !ok {
		return "", 0
	}
	value, ok = strings.CutPrefix(strings.TrimLeft(value, " \t\r\n"), `"`)
	if !ok {
		return "", 0
	}
	before := len(rest) - len(value)
	end := strings.IndexAny(value, `"\\`)
	if end < 0 {
		return value, len(rest)
	}
	if value[end] == '"' {
		return value[:end], before + end
	}
	var b strings.Builder
	for value != "" && value[0] != '"' {
		if value[0] == '\\' {
			if octets, n := unescapeJSON(value); n > 0 {
				b.WriteString(octets)
				value = value[n:]
				continue
			}
		}
		b.WriteByte(value[0])
		value = value[1:]
	}
	return b.String(), len(rest) - len(value)
}

var (
	inputElement = regexp.MustCompile(`(?i)<input\b[^>]*>`)
	inputName    = regexp.MustCompile(`(?i)\bname\s*=\s*["']?([^"'\s>]+)`)
	inputValue   = regexp.MustCompile(`(?i)\bvalue\s*=\s*(?:"([^"]*)"|'([^']*)'|([^"'\s>]+))`)
)

// collectInputs takes the hidden fields of a page that posts a response on
// (OAuth 2.0 Form Post Response Mode).
func collectInputs(page string, add func(string)) {
	for _, element := range inputElement.FindAllString(page[:min(len(page), 1<<20)], -1) {
		name, value := inputName.FindStringSubmatch(element), inputValue.FindStringSubmatch(element)
		if name != nil && value != nil && isSecretName(name[1]) {
			add(html.UnescapeString(value[1] + value[2] + value[3]))
		}
	}
}
