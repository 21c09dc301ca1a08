package flow

import (
	"net/url"
	"regexp"
	"strings"
	"time"
)

// What a person copies from the Entra portal, or from another provider's
// console, into a configuration. Each function says in a sentence what is
// wrong with the text, because the places to copy from are easily confused.

var domain = regexp.MustCompile(`^(?i)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$`)

// IssuerFrom returns the issuer that text stands for: an issuer's URL as it
// is, and for an Entra tenant (a GUID, a domain name, common, organizations or
// consumers) https://login.microsoftonline.com/TENANT/v2.0.
func IssuerFrom(text string) (string, error) {
	text = strings.TrimSpace(text)
	refuse := func(what string) (string, error) {
		return "", &Error{
			Kind: KindRefused, What: what,
			Try: "Give the provider's https address, or the Directory (tenant) ID, a domain such as contoso.onmicrosoft.com, common, organizations or consumers.",
		}
	}
	lower := strings.ToLower(text)
	switch {
	case text == "":
		return refuse("It is not said which provider or tenant to talk to.")
	case strings.Contains(text, "://"):
		issuer := strings.TrimSuffix(text, wellKnownOpenID)
		if err := checkEndpoint("issuer", issuer); err != nil {
			return "", err
		}
		return issuer, nil
	case guid.MatchString(text), lower == "common", lower == "organizations", lower == "consumers":
		return "https://login.microsoftonline.com/" + lower + "/v2.0", nil
	case strings.HasPrefix(lower, "login.microsoftonline."), strings.Contains(text, "/"):
		return refuse("An address has to begin with https://.")
	case domain.MatchString(text):
		return "https://login.microsoftonline.com/" + lower + "/v2.0", nil
	}
	return refuse("This is neither an address nor a tenant.")
}

// ClientIDProblem says what is wrong with a client id at an issuer, or "". At
// Entra ID the Application (client) ID is always a GUID.
func ClientIDProblem(issuer, id string) string {
	id = strings.TrimSpace(id)
	switch {
	case id == "":
		return "Every request of the flow carries the Application (client) ID."
	case strings.ContainsAny(id, " \t\n"):
		return "A client ID holds no blanks."
	case issuerAtEntra(issuer) && !guid.MatchString(id):
		return "At Entra ID this is a GUID: Application (client) ID on the app's Overview page."
	}
	return ""
}

// SecretProblem says what is wrong with a client secret at an issuer, or "".
// The portal shows a secret's ID beside its Value; Entra answers the ID with
// AADSTS7000215.
func SecretProblem(issuer, secret string) string {
	if issuerAtEntra(issuer) && guid.MatchString(strings.TrimSpace(secret)) {
		return "This is the Secret ID. What is needed is the Value beside it, which the portal shows only once, when the secret is made."
	}
	return ""
}

// RedirectProblem says what is wrong with a redirect URI, or "".
func RedirectProblem(text string) string {
	u, err := url.Parse(strings.TrimSpace(text))
	switch {
	case strings.TrimSpace(text) == "":
		return "" // the default
	case err != nil || u.Scheme == "":
		return "A redirect URI is absolute, for example http://localhost or myapp://callback."
	case u.Fragment != "" || strings.HasSuffix(text, "#"):
		return "A redirect URI has no fragment (RFC 6749 section 3.1.2)."
	case u.Scheme == "http" && !IsLoopback(u.Hostname()):
		return "Plain http is accepted on this machine only; elsewhere it has to be https."
	}
	return ""
}

// Check says whether [New] would take the configuration; the error is its.
func (c Config) Check() error {
	_, err := c.complete(time.Now())
	return err
}

func issuerAtEntra(issuer string) bool {
	u, err := url.Parse(issuer)
	return err == nil && isEntra(u.Hostname())
}
