package flow

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// deviceGrant is the grant_type of RFC 8628 section 3.4.
const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

const (
	// pollInterval is how long to wait between two polls where the provider
	// does not say (RFC 8628 section 3.2), and slowDown what each slow_down
	// adds to it (section 3.5).
	pollInterval = 5 * time.Second
	slowDown     = 5 * time.Second
)

// Has reports whether a run of c can have the step at all. The device flow
// (RFC 8628) has neither a redirect nor PKCE; the code flow has no device
// code.
func (c Config) Has(id StepID) bool {
	switch id {
	case StepDevice:
		return c.Device
	case StepVerifier, StepChallenge, StepPAR, StepAuthorize, StepCallback:
		return !c.Device
	default:
		return true
	}
}

// checkDevice refuses what belongs to the authorization request, which the
// device flow does not have: a run that seems to be protected by it and is not
// would mislead.
func (c Config) checkDevice() error {
	if !c.Device {
		return nil
	}
	for _, has := range []struct {
		what string
		it   bool
	}{
		{"A pushed authorization request", c.Protection.PAR},
		{"A request object", c.Protection.JAR != JARNone},
		{"A response type", c.Ask.ResponseType != "" && c.Ask.ResponseType != ResponseCode},
	} {
		if has.it {
			return &Error{
				Kind: KindRefused, What: has.what + " and the device flow do not go together.",
				Why: "It is about the authorization request, and the device flow has none: the browser is given an address and a short code, nothing else.",
				Try: "Leave out one of the two.",
			}
		}
	}
	return nil
}

// deviceRequest is the device authorization request, RFC 8628 section 3.1.
func (w *Walk) deviceRequest() (prepared, error) {
	c := w.t.Config
	endpoint := c.endpoint("device_authorization_endpoint", c.Provider.DeviceEndpoint)
	if endpoint == "" {
		return prepared{}, missingEndpoint("device_authorization_endpoint")
	}
	scope := Value{Name: "scope", Value: strings.Join(w.scopes(), " "), By: chosen(len(c.Scopes) > 0)}
	r := post(endpoint, append([]Value{scope}, c.Ask.parameters()...)...)
	return r, w.authenticate(&r, StepDevice)
}

// askForDevice asks for a device code and a user code, and shows the person
// where to type the latter.
func (w *Walk) askForDevice(ctx context.Context) error {
	r, got, err := w.deliver(ctx, StepDevice)
	if err != nil {
		return err
	}
	members := readMembers(got)
	if members["verification_uri"] == "" && members["verification_url"] != "" {
		members["verification_uri"] = members["verification_url"] // Google's name for it
	}
	w.note(StepDevice, append(r.values, responseValues(members, InResponse)...))
	page := defaultTo(members["verification_uri_complete"], members["verification_uri"])
	switch {
	case members["error"] != "":
		return serverSaid("device authorization endpoint", got, members)
	case got.Status/100 != 2:
		return unexpected("device authorization endpoint", got, members)
	}
	for _, name := range []string{"device_code", "user_code", "verification_uri"} {
		if members[name] == "" {
			return &Error{
				Kind: KindServer, What: "The device authorization endpoint's answer has no " + name + ".",
				Why: "RFC 8628 section 3.2 requires it. The answer holds " + memberNames(responseValues(members, InResponse)) + ".",
				Try: "Check that the URL is the device authorization endpoint's.",
			}
		}
	}
	if err := checkEndpoint("verification page", page); err != nil {
		return err
	}
	if b := w.o.Browser; b != nil && b.Played() {
		page = members["verification_uri"] + "#" + url.PathEscape(members["user_code"])
	}
	return w.openBrowser(ctx, StepDevice, get(page, ByProvider))
}

// pollRequest asks for the tokens with the device code, RFC 8628 section 3.4.
func (w *Walk) pollRequest() (prepared, error) {
	c := w.t.Config
	endpoint := c.endpoint("token_endpoint", c.Provider.TokenEndpoint)
	if endpoint == "" {
		return prepared{}, missingEndpoint("token_endpoint")
	}
	code, _ := w.t.Step(StepDevice).Value("device_code")
	values := []Value{
		{Name: "device_code", Value: code, By: ByProvider, Secret: true},
		{Name: "grant_type", Value: deviceGrant, By: ByFlow},
	}
	for _, resource := range c.Ask.Resources {
		values = append(values, Value{Name: "resource", Value: resource, By: ByYou})
	}
	r := post(endpoint, values...)
	if err := w.authenticate(&r, StepToken); err != nil {
		return prepared{}, err
	}
	if origin := w.origin(); origin != "" {
		r.Header.Set("Origin", origin)
		r.values = append(r.values, Value{Name: "header.Origin", Value: origin, By: ByProgram})
	}
	return r, w.prove(&r, StepToken, "")
}

// poll asks for the tokens again and again until the person is done at the
// other device, or the code has expired. Every answer is recorded.
func (w *Walk) poll(ctx context.Context) error {
	for {
		if err := w.awaitPoll(ctx); err != nil {
			return err
		}
		r, got, err := w.deliver(ctx, StepToken)
		if err != nil {
			return err
		}
		values, failure := readTokenResponse(got)
		w.note(StepToken, append(r.values, values...))
		switch code := readMembers(got)["error"]; {
		case failure == nil:
			return nil
		case code != "authorization_pending" && code != "slow_down":
			return failure
		}
	}
}

// awaitPoll waits until the token endpoint may be asked again, or the code has
// expired, which is an error.
func (w *Walk) awaitPoll(ctx context.Context) error {
	w.mu.Lock()
	at := w.nextPoll()
	end, ends := w.t.Step(StepDevice).expiry()
	w.mu.Unlock()
	expired := ends && !at.Before(end)
	if expired {
		at = end
	}
	select {
	case <-time.After(at.Sub(w.now())):
	case <-ctx.Done():
		return ctx.Err()
	}
	if !expired {
		return nil
	}
	return &Error{
		Kind: KindRefused, What: "The code has expired before anybody signed in with it.",
		Why: fmt.Sprintf("The provider kept it until %s.", end.Format(time.TimeOnly)),
		Try: "Go back to the step device and ask for another code.",
	}
}

// nextPoll is when the token endpoint may be asked again: RFC 8628 section
// 3.5. It is read off the transcript, so a wait that was cancelled and begun
// again is no more hurried than one that was not. The walk must be locked.
func (w *Walk) nextPoll() time.Time {
	interval := pollInterval
	if text, ok := w.t.Step(StepDevice).Value("interval"); ok {
		if n, err := strconv.Atoi(text); err == nil && n > 0 {
			interval = min(time.Duration(n)*time.Second, time.Hour)
		}
	}
	var last time.Time
	for _, x := range w.t.Step(StepToken).Exchanges {
		last = x.Timing.Start
		if x.Response != nil && readMembers(x.Response)["error"] == "slow_down" {
			interval += slowDown
		}
	}
	if last.IsZero() {
		return w.now()
	}
	return last.Add(interval)
}

// expiry is when the codes of a device step expire.
func (s Step) expiry() (time.Time, bool) {
	text, ok := s.Value("expires_in")
	life, err := lifetime(text)
	if !ok || err != nil || s.Started.IsZero() {
		return time.Time{}, false
	}
	return s.Started.Add(life), true
}

// lifetime reads an expires_in, a number of seconds. What is more than a year
// is a year: further than that no run looks, and a time.Duration ends.
func lifetime(expiresIn string) (time.Duration, error) {
	const year = 365 * 24 * time.Hour
	seconds, err := strconv.Atoi(expiresIn)
	return time.Duration(min(seconds, int(year/time.Second))) * time.Second, err
}
