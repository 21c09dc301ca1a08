package inspect

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/lab"
)

// A device's client (RFC 8628) has neither a redirect URI nor a challenge. What
// can be wrong with it before anybody types a code is another list.

// deviceGrant is the grant type that metadata lists for it (RFC 8628 section 4).
const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

// deviceGrant compares the grant types with the endpoint. RFC 8414 section 2
// has the list optional; Entra's metadata has none.
func (d *doctor) deviceGrant(m map[string]any) {
	list, ok := m["grant_types_supported"].([]any)
	if !ok || slices.Contains(list, any(deviceGrant)) {
		return
	}
	d.warn("metadata", "device-flow-not-enabled", "The metadata does not list the grant type of the device flow.",
		"grant_types_supported has no "+deviceGrant+" (RFC 8628 section 4). The flow may be switched off, or the list be incomplete.",
		"Have the device flow switched on at the provider; with --probe it is asked.")
}

// device looks at whether the client is one that can sign in with a code.
func (d *doctor) device() {
	switch {
	case !d.entra():
		d.ok("device", "The client signs in with a code that is typed at another device: it has neither a redirect URI nor PKCE. The provider must allow it the device flow.")
	case d.auth() != flow.AuthNone:
		d.fail("device", "public-platform-but-secret-sent", "The client authenticates, and the device flow is for public clients at Entra.",
			"Entra has the flow for public clients only (AADSTS90136), and refuses the secret of one (AADSTS700025).", "Leave the secret out (--auth none).")
	default:
		d.ok("device", "The client is public, as Entra's device flow wants it. In its registration, Authentication, Allow public client flows must be Yes; else the token endpoint asks for a secret (AADSTS7000218).")
	}
}

// probeDevice reads what the provider said to a device authorization request,
// and to a device code that is false.
func (d *doctor) probeDevice(p *lab.Probe) {
	const id = "probe-device"
	step := p.Authorize.Step(flow.StepDevice)
	switch e := step.Error; {
	case e != nil && e.Kind != flow.KindServer:
		d.refused(id, e)
	case e != nil:
		read := Diagnose(InputOf(p.Authorize, flow.StepDevice))
		before := len(d.lines)
		if len(read.Causes) == 0 {
			d.guess(VerdictWarn, id, "", "The provider refused the device authorization request.", saidWith(read)+e.Why, e.Try)
		} else {
			first := read.Causes[0]
			d.guess(VerdictFail, id, first.ID, first.Title+" (likely).", saidWith(read)+first.Means, strings.Join(first.Fix, " "))
		}
		d.answeredWith(read, before)
	case step.Status == flow.StatusOK:
		d.guess(VerdictOK, id, "", "The provider likely knows the client and allows it the device flow: it gave a user code. Nobody types it, and it expires by itself.", "", "")
	}
	if p.Token != nil {
		d.tokenLines(*p.Token)
	}
}

// falseDeviceCode are the answers about the device code itself: RFC 8628 section
// 3.5, GitHub's name for it, and what Entra says.
var falseDeviceCode = []string{"invalid_grant", "expired_token", "bad_verification_code", "incorrect_device_code", "authorization_pending", "slow_down"}

// deviceLine says what the answer to a false device code tells about the client.
func (d *doctor) deviceLine(x flow.Exchange, oauthError string, read Diagnosis) {
	const id = "probe-platform"
	said := saidWith(read)
	switch {
	case read.hasCode("AADSTS7000218"):
		d.guess(VerdictFail, id, "public-client-flow-not-allowed", "The app likely does not allow public client flows.",
			said+"Without a redirect URI this switch alone says that a client is public, and it is off.", "Authentication, Settings, Allow public client flows: Yes.")
	case read.hasCode("AADSTS700025", "AADSTS9002319"):
		d.guess(VerdictFail, id, "public-platform-but-secret-sent", "The app likely allows public client flows, and the client sends a secret.", said, "Leave the secret out (--auth none).")
	case read.hasCode("AADSTS7000014", "AADSTS70020") || slices.Contains(falseDeviceCode, oauthError):
		d.guess(VerdictOK, id, "", fmt.Sprintf("The token endpoint refused the false device code and nothing else (%s).", oauthError), "", "")
	default:
		d.credentialsLine(x, oauthError, read)
	}
}

// ProbeInWords says what a probe of the client sends.
func ProbeInWords(c flow.Config) string {
	if c.Device {
		return "one device authorization request, whose code nobody will type, and at most one token request with a device code that is false on purpose"
	}
	return "one authorize request with prompt=none, and at most one token request with a code that is false on purpose"
}
