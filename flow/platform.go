package flow

import (
	"errors"
	"net/url"
	"slices"
)

// OriginNone is the [Config.Origin] that sends no Origin header.
const OriginNone = "none"

// Platforms returns the platforms in the portal's order. The slice is the
// caller's.
func Platforms() []Platform { return []Platform{PlatformWeb, PlatformSPA, PlatformNative} }

// On returns the configuration as a client of that platform has it. Client
// authentication and Origin become the platform's own, in the token request
// and in the refresh request alike; what was set for the former platform is
// forgotten, and can be set again. The redirect URI stays if it can be one of
// the platform's.
func (c Config) On(p Platform) Config {
	c.Platform, c.AuthMethod, c.Origin = p, "", ""
	if u, err := url.Parse(c.RedirectURI); err == nil && p != PlatformNative && u.Scheme != "http" && u.Scheme != "https" {
		c.RedirectURI = "" // a custom scheme belongs to an installed app
	}
	return c
}

// DefaultAuth is how the client authenticates when nothing is said about it.
func (c Config) DefaultAuth() AuthMethod {
	c.Platform = defaultTo(c.Platform, c.defaultPlatform())
	return c.platformAuth()
}

// platformAuth is how a client of the platform authenticates when nothing is
// said: only what runs on a server can keep a secret (RFC 6749 section 2.1).
// A web app with a key and no secret signs an assertion.
func (c Config) platformAuth() AuthMethod {
	switch {
	case c.Platform == PlatformWeb && c.ClientSecret == "" && c.Credential.given():
		return AuthKeyJWT
	case c.Platform == PlatformWeb:
		return AuthPost
	}
	return AuthNone
}

// defaultPlatform is the platform of a client of which only its credentials
// are known.
func (c Config) defaultPlatform() Platform {
	if c.ClientSecret != "" || c.Credential.given() {
		return PlatformWeb
	}
	return PlatformNative
}

// originFor is the Origin header of a token request. By default it is what a
// browser sends for a single-page app, whose code runs at the redirect URI;
// Entra asks for it there and refuses it for other platforms.
func (c Config) originFor(redirectURI string) string {
	switch {
	case c.Origin == OriginNone:
		return ""
	case c.Origin != "":
		return c.Origin
	case c.Platform != PlatformSPA:
		return ""
	}
	u, err := url.Parse(redirectURI)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// PlatformRequests are the token requests that the same client would send on
// each platform, and where they differ.
type PlatformRequests struct {
	// Requests has one for each of [Platforms], in that order.
	Requests []PlatformRequest
	Rows     []PlatformRow
}

// PlatformRequest is the token request of one platform.
type PlatformRequest struct {
	Platform Platform
	Request  Request
	Values   []Value
	// Refused is why no request can be made, for example a secret that is
	// missing; nil if it can.
	Refused *Error
}

// PlatformRow is one value of the requests.
type PlatformRow struct {
	Name   string
	Secret bool
	// Values has one for each of [Platforms]; "" where it is not sent.
	Values []string
	// Differs is true when not all platforms send the same. One that can send
	// no request does not count.
	Differs bool
}

// ComparePlatforms returns the token request of t's client on each platform.
// It sends nothing. What t has not come to yet (the code, the verifier) is
// stood for by its name in angle brackets, such as "<code>", and so are a
// client ID and a client secret that are not known; what does not depend on
// the client (the endpoint's address) is not compared.
func ComparePlatforms(t Transcript) PlatformRequests {
	var out PlatformRequests
	for _, p := range Platforms() {
		r := PlatformRequest{Platform: p}
		w := standIn(t.clone(), p)
		prepared, err := w.tokenRequest(StepToken)
		if err == nil {
			prepared.apply(nil, StepToken)
			r.Request, r.Values = prepared.Request, prepared.values
		} else {
			errors.As(err, &r.Refused)
		}
		out.Requests = append(out.Requests, r)
	}
	out.Rows = platformRows(out.Requests)
	return out
}

// standIn is a walk that stands before the token step on that platform. The
// platform of t itself keeps what the person has set for it.
func standIn(t Transcript, p Platform) *Walk {
	c := t.Config
	if p != c.Platform {
		c = c.On(p)
	}
	c.ClientID = defaultTo(c.ClientID, "<client_id>")
	c.RedirectURI = defaultTo(c.RedirectURI, defaultRedirectURI)
	c.AuthMethod = defaultTo(c.AuthMethod, c.platformAuth())
	c.ClientSecret = defaultTo(c.ClientSecret, "<client_secret>")
	c.Provider.TokenEndpoint = defaultTo(c.Provider.TokenEndpoint, "token_endpoint")
	c.Edits = nil
	t.Config = c
	w := &Walk{given: c, t: t}
	w.draft.redirectURI = c.RedirectURI
	for _, id := range AllStepIDs() {
		if !slices.ContainsFunc(w.t.Steps, func(s Step) bool { return s.ID == id }) {
			w.t.Steps = append(w.t.Steps, newStep(id))
		}
	}
	for _, s := range []struct {
		id   StepID
		name string
		here bool
	}{
		{StepVerifier, "code_verifier", c.Method != MethodNone},
		{StepCallback, "code", !c.Device},
		{StepDevice, "device_code", c.Device},
		{StepAuthorize, "redirect_uri", true},
	} {
		i := slices.IndexFunc(w.t.Steps, func(step Step) bool { return step.ID == s.id })
		if _, known := w.t.Steps[i].Value(s.name); known || !s.here {
			continue
		}
		value := "<" + s.name + ">"
		if s.name == "redirect_uri" {
			value = c.RedirectURI
		}
		w.t.Steps[i].Values = append(w.t.Steps[i].Values, Value{Name: s.name, Value: value, By: ByProgram, In: InLocal})
	}
	return w
}

func platformRows(requests []PlatformRequest) []PlatformRow {
	var rows []PlatformRow
	for i, r := range requests {
		for _, v := range r.Values {
			if v.Name == "url" {
				continue
			}
			at := slices.IndexFunc(rows, func(row PlatformRow) bool { return row.Name == v.Name })
			if at < 0 {
				at = len(rows)
				rows = append(rows, PlatformRow{Name: v.Name, Values: make([]string, len(requests))})
			}
			rows[at].Values[i] = v.Value
			rows[at].Secret = rows[at].Secret || v.Secret
		}
	}
	for i := range rows {
		var sent []string
		for j, r := range requests {
			if r.Refused == nil {
				sent = append(sent, rows[i].Values[j])
			}
		}
		rows[i].Differs = len(slices.Compact(sent)) > 1
	}
	return rows
}
