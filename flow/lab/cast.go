package lab

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/practice"
)

// The hosts of the stage. All are names that RFC 2606 section 2 keeps free.
const (
	portalHost = "portal.contoso.example"   // the app, where it has a web site
	shopHost   = "old-shop.contoso.example" // a forgotten name that the thief took over
	evilHost   = "login.fabrikam.example"   // the issuer that the thief runs
)

// HostOf says whose a host of the stage is.
func HostOf(host string) (Role, bool) {
	switch host {
	case portalHost:
		return RoleApp, true
	case shopHost, evilHost:
		return RoleThief, true
	}
	return "", false
}

const (
	portalRedirect = "https://" + portalHost + "/signin-oidc"
	boardRedirect  = "https://" + portalHost + "/board"
	shopRedirect   = "https://" + shopHost + "/board"
)

// The apps that are registered for the plays, beside the tenant's own.
const (
	webID      = "5f1c8a02-6d3b-4e97-8c14-a7b2d90e3f61" // confidential: has a secret
	publicID   = "c2e94b7d-08a5-4f36-9b1e-6d7f30a8c514" // public, with a web site
	exactID    = "e81d5c36-f27a-4b09-a4c8-19b6e2d7f053" // single-page, whole redirect URI
	wildcardID = "07b3f9e4-5c81-4d2a-b6f7-83e0c1a9d246" // single-page, wildcard redirect URI

	webSecret = "Prac~Lab.only-5ecret_Not4Production_aa1"
	graphID   = "00000003-0000-0000-c000-000000000000"
)

// cast returns the registrations.
func cast() []practice.Registration {
	app := func(name, id string) practice.Registration {
		return practice.Registration{
			Name: name, ClientID: id, SupportedAccounts: practice.MyOrg,
			Permissions: []practice.Permission{{
				Resource: graphID, Scopes: []string{"User.Read", "openid", "profile", "email", "offline_access"},
			}},
		}
	}
	web := app("Contoso Portal (lab, web)", webID)
	web.Web = []string{portalRedirect, "http://localhost/signin-oidc"}
	web.Secrets = []practice.Secret{{
		ID: "3a6e17c9-42fd-4b80-9e5a-d1c7086bf392", Description: "lab", Value: webSecret,
		Expires: time.Date(2099, 12, 31, 0, 0, 0, 0, time.UTC),
	}}
	public := app("Contoso Portal (lab, public)", publicID)
	public.Native = []string{portalRedirect}
	exact := app("Contoso Board (lab, whole redirect URI)", exactID)
	exact.SPA = []string{boardRedirect}
	wildcard := app("Contoso Board (lab, wildcard redirect URI)", wildcardID)
	wildcard.SPA = []string{"https://*.contoso.example/board"}
	return []practice.Registration{web, public, exact, wildcard}
}

// scopes are what every app of the plays asks for.
var scopes = []string{"openid", "profile", "offline_access", "User.Read"}

// asServer says whether an error is the provider's own no, and what it said.
func asServer(err error) (string, bool) {
	var e *flow.Error
	if errors.As(err, &e) && e.Kind == flow.KindServer {
		return e.What, true
	}
	return "", false
}

// member returns a string member of a JSON answer, or "".
func member(x flow.Exchange, name string) string {
	if x.Response == nil {
		return ""
	}
	var body map[string]any
	if json.Unmarshal(x.Response.Body, &body) != nil {
		return ""
	}
	s, _ := body[name].(string)
	return s
}

// pair is a verifier with its challenge.
func pair() (verifier, challenge string) {
	verifier = oauth2.GenerateVerifier()
	return verifier, oauth2.S256ChallengeFromVerifier(verifier)
}

// trailerless leaves out what differs with each of Entra's answers: the ids
// and the time.
func trailerless(text string) string {
	text, _, _ = strings.Cut(text, " Trace ID:")
	return strings.TrimSpace(text)
}

// firstQuery is the first value of that name in the exchanges' URLs.
func firstQuery(exchanges []flow.Exchange, name string) string {
	for _, x := range exchanges {
		if u, err := url.Parse(x.Request.URL); err == nil && u.Query().Get(name) != "" {
			return u.Query().Get(name)
		}
	}
	return ""
}

// replaceBody puts a JSON document into a response.
func replaceBody(res *http.Response, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	res.ContentLength = int64(len(body))
	res.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return nil
}
