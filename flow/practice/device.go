package practice

import (
	"crypto/rand"
	"net/http"
	"strings"
	"time"
)

// RFC 8628 with Entra's figures.
const (
	deviceLifetime = 15 * time.Minute
	deviceInterval = 5 // seconds
	maxDevices     = 1024

	deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"
)

// deviceState is how far a device authorization has come.
type deviceState int

const (
	devicePending deviceState = iota
	deviceDeclined
	deviceApproved
	deviceRedeemed
)

// device is a device that waits for its user.
type device struct {
	code     string // device_code
	userCode string
	clientID string
	named    string // the authority it asked at
	raw      string // its request, for the pages
	issued   time.Time
	state    deviceState
	grant    grant // once approved
}

func (d device) expired(now time.Time) bool { return now.Sub(d.issued) > deviceLifetime }

// deviceResponse is RFC 8628 section 3.2 with the message that Entra adds.
type deviceResponse struct {
	UserCode        string `json:"user_code"`
	DeviceCode      string `json:"device_code"`
	VerificationURI string `json:"verification_uri"`
	ExpiresIn       int    `json:"expires_in"`
	Interval        int    `json:"interval"`
	Message         string `json:"message"`
}

// deviceCode starts the device code flow, RFC 8628 section 3.1.
func (c *call) deviceCode() {
	if c.r.Method != http.MethodPost {
		c.refuseJSON(deny("900561", "allowed", "POST, OPTIONS", "method", c.r.Method))
		return
	}
	a, e := c.authority()
	if e != nil {
		c.refuseJSON(e)
		return
	}
	app, e := c.findClient(c.form.Get("client_id"), a)
	if e != nil && e.Code == 50194 {
		e = deny("50059") // what this endpoint says instead
	}
	if e != nil {
		c.refuseJSON(e)
		return
	}
	if strings.TrimSpace(c.form.Get("scope")) == "" {
		c.refuseJSON(deny("900144", "name", "scope"))
		return
	}
	if _, e := c.readScopes(app, a.answering(), c.form.Get("scope")); e != nil {
		c.refuseJSON(e)
		return
	}
	d := device{code: "D" + randomText(96), userCode: newUserCode(), clientID: app.ClientID, named: a.named, issued: c.now}
	c.form.Set(deviceMark, d.userCode)
	d.raw = c.form.Encode()
	c.grants.addDevice(d)
	page := c.URL + "/devicelogin"
	c.json(http.StatusOK, deviceResponse{
		UserCode: d.userCode, DeviceCode: d.code, VerificationURI: page,
		ExpiresIn: int(deviceLifetime / time.Second), Interval: deviceInterval,
		Message: "To sign in, use a web browser to open the page " + page + " and enter the code " + d.userCode + " to authenticate.",
	})
}

// newUserCode is nine characters that are not mistaken for each other.
func newUserCode() string {
	const alphabet = "BCDFGHJKLMNPQRSTVWXZ23456789"
	b := make([]byte, 9)
	_, _ = rand.Read(b)
	for i := range b {
		b[i] = alphabet[int(b[i])%len(alphabet)]
	}
	return string(b)
}

// deviceLogin is the page where the code is typed.
func (c *call) deviceLogin() { c.devicePage("") }

// enterCode takes that page's form and goes on to the sign-in.
func (c *call) enterCode() {
	if !c.ownForm() {
		return
	}
	typed := strings.ToUpper(strings.TrimSpace(c.form.Get("otc")))
	d, ok := c.grants.deviceByUserCode(typed)
	switch {
	case !ok || d.state != devicePending:
		c.wrongUserCode(deny("70018"))
	case d.expired(c.now):
		c.wrongUserCode(deny("70019"))
	default:
		c.r.SetPathValue("tenant", d.named)
		c.interact(d.raw)
	}
}

// wrongUserCode shows the page again and says why.
func (c *call) wrongUserCode(e *refusal) {
	c.note(e)
	c.devicePage(e.short())
}

// redeemDevice is RFC 8628 section 3.4: the device asks whether its user is
// done.
func (c *call) redeemDevice(req tokenRequest) (any, *refusal) {
	key := req.form.Get("device_code")
	if key == "" {
		return nil, deny("900144", "name", "device_code")
	}
	// Without a redirect URI nothing says that the app is a public client,
	// except this switch.
	if !req.app.AllowPublicClientFlows {
		if e := c.checkConfidential(req); e != nil {
			return nil, e
		}
	} else if req.presented() {
		return nil, deny("700025")
	}
	d, ok := c.grants.device(key)
	switch {
	case !ok || !strings.EqualFold(d.clientID, req.app.ClientID):
		return nil, deny("7000014")
	case d.expired(c.now):
		return nil, deny("70020")
	case d.state == devicePending:
		return nil, deny("70016")
	case d.state == deviceDeclined:
		return nil, deny("65004").as("authorization_declined")
	}
	if !c.grants.redeemDevice(key) {
		return nil, deny("54005")
	}
	return c.issue(req, d.grant)
}
