package inspect

import (
	"slices"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// secretWords are what secrets are called in a sentence, in the order in which
// they are listed.
var secretWords = []struct{ name, words string }{
	{"client_secret", "the client secret"},
	{"client_assertion", "a client assertion"},
	{"code", "the authorization code"},
	{"code_verifier", "the code verifier"},
	{"code_challenge", "the challenge, which is the verifier"},
	{"id_token", "the ID token"},
	{"access_token", "the access token"},
	{"refresh_token", "the refresh token"},
	{"device_code", "the device code"},
	{"passwd", "the password that was typed"},
	{"password", "the password that was typed"},
	{"cookie", "cookies of the provider"},
	{"set-cookie", "cookies of the provider"},
	{"authorization", "the credentials of an Authorization header"},
}

// Secrets lists in words what t holds in clear that would be masked. A
// transcript that was saved without its secrets holds none.
func Secrets(t flow.Transcript) []string {
	found := map[string]bool{}
	see := func(name, value string) {
		if value != "" && !masked(value) {
			found[strings.ToLower(strings.TrimPrefix(name, "header."))] = true
		}
	}
	for _, s := range t.Steps {
		for _, v := range s.Values {
			if v.Secret {
				see(v.Name, v.Value)
			}
		}
		for _, x := range s.Exchanges {
			messages := []struct {
				header map[string][]string
				body   flow.Body
			}{{x.Request.Header, x.Request.Body}}
			if x.Response != nil {
				messages = append(messages, struct {
					header map[string][]string
					body   flow.Body
				}{x.Response.Header, nil})
			}
			for _, m := range messages {
				for name, values := range m.header {
					if n := strings.ToLower(name); n == "cookie" || n == "set-cookie" || n == "authorization" {
						see(n, strings.Join(values, ""))
					}
				}
				for _, p := range formPairs(string(m.body[:min(len(m.body), maxAnswer)])) {
					if p.Name == "passwd" || p.Name == "password" {
						see(p.Name, p.Value)
					}
				}
			}
		}
	}
	var out []string
	for _, w := range secretWords {
		if found[w.name] && !slices.Contains(out, w.words) {
			out = append(out, w.words)
		}
	}
	return out
}

// RevealNotice says in a sentence or two what a file with its secrets holds,
// and what that means. It is empty if there are none.
func RevealNotice(t flow.Transcript) string {
	secrets := Secrets(t)
	if len(secrets) == 0 {
		return ""
	}
	notice := "Not masked: " + strings.Join(secrets, ", ") + ". Whoever gets this can act as the signed-in account for as long as the tokens live"
	if slices.Contains(secrets, "the client secret") {
		notice += ", and as the client until its secret is changed"
	}
	return notice + "."
}
