package practice

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// stopwatch is a clock that a test moves.
type stopwatch struct{ ahead atomic.Int64 }

func (w *stopwatch) now() time.Time          { return time.Now().Add(time.Duration(w.ahead.Load())) }
func (w *stopwatch) forward(d time.Duration) { w.ahead.Add(int64(d)) }

// play is a tenant of its own and an app in it, for one row of the table.
type play struct {
	*client
	clock *stopwatch
}

// newPlay starts a tenant and an app in it.
func newPlay(t *testing.T, o Options) *play {
	t.Helper()
	clock := &stopwatch{}
	o.Now = clock.now
	return &play{client: newClient(t, start(t, o), native), clock: clock}
}

// use takes the registration whose name holds the text.
func (p *play) use(name string) *play {
	p.t.Helper()
	for _, r := range p.s.Registrations() {
		if strings.Contains(r.Name, name) {
			p.app = r
			return p
		}
	}
	p.t.Fatalf("no registration is called %q", name)
	return nil
}

// change edits the app's registration.
func (p *play) change(change func(*Registration)) *play {
	p.t.Helper()
	p.update(func(t *Tenant) {
		for i := range t.Registrations {
			if t.Registrations[i].ClientID == p.app.ClientID {
				change(&t.Registrations[i])
				p.app = t.Registrations[i]
			}
		}
	})
	return p
}

func (p *play) update(change func(*Tenant)) {
	p.t.Helper()
	if err := p.s.Update(change); err != nil {
		p.t.Fatal(err)
	}
}

func (p *play) policy(policy Policy) {
	p.t.Helper()
	p.update(func(t *Tenant) { t.Circumstances.ConditionalAccess = []Policy{policy} })
}

var aadstsNumber = regexp.MustCompile(`AADSTS(\d+)`)

// codeOf reads the AADSTS number from where the browser ended.
func (p *play) codeOf(at page) int {
	p.t.Helper()
	text := ""
	switch {
	case at.posted != nil:
		text = at.posted.Get("error_description")
	case at.left != nil:
		text = at.left.Query().Get("error_description")
		if v, err := url.ParseQuery(at.left.Fragment); err == nil && text == "" {
			text = v.Get("error_description")
		}
	default:
		text, _ = textOf(at.body, "aadsts")
		if text == "" {
			text, _ = textOf(at.body, "problem")
		}
		if _, form := findForm(at.body); form && at.status >= 400 {
			p.t.Error("an error page holds a form")
		}
	}
	m := aadstsNumber.FindStringSubmatch(text)
	if m == nil {
		return 0
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		p.t.Fatal(err)
	}
	return n
}

// asking sends a sound authorization request with changes, name by name; ""
// leaves a parameter out. It says where the browser then is.
func (p *play) asking(pairs ...string) page {
	p.t.Helper()
	return p.ask(edit(p.params(), pairs))
}

func edit(v url.Values, pairs []string) url.Values {
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
		if pairs[i+1] == "" {
			v.Del(pairs[i])
		}
	}
	return v
}

// asked is the AADSTS number of the answer to such a request.
func (p *play) asked(pairs ...string) int {
	p.t.Helper()
	return p.codeOf(p.asking(pairs...))
}

// signedIn is the AADSTS number after somebody signed in. The pairs change the
// request.
func (p *play) signedIn(username string, pairs ...string) int {
	p.t.Helper()
	return p.codeOf(p.signIn(username, p.asking(pairs...)))
}

func (p *play) signIn(username string, at page) page {
	p.t.Helper()
	a, ok := p.s.tenant.Load().account(username)
	if !ok {
		p.t.Fatalf("no account %q", username)
	}
	return p.press(at, func(v url.Values) {
		v.Set("loginfmt", a.Username)
		v.Set("passwd", a.Password)
	})
}

// redeemed is the AADSTS number of a redemption with changes.
func (p *play) redeemed(pairs ...string) int {
	p.t.Helper()
	return p.redeem(edit(p.redemption(p.code(p.params())), pairs)).code()
}

// tokens signs in and redeems.
func (p *play) tokens() reply {
	p.t.Helper()
	r := p.redeem(p.redemption(p.code(p.params())))
	if r.AccessToken == "" {
		p.t.Fatalf("no tokens: %s", r.Description)
	}
	return r
}

// refreshed is the AADSTS number of a refresh.
func (p *play) refreshed(token string, pairs ...string) int {
	p.t.Helper()
	v := url.Values{"grant_type": {"refresh_token"}, "client_id": {p.app.ClientID}, "refresh_token": {token}}
	if len(p.app.Secrets) > 0 {
		v.Set("client_secret", p.app.Secrets[0].Value)
	}
	return p.redeem(edit(v, pairs)).code()
}

// device starts a device authorization.
func (p *play) device() (deviceCode, userCode string) {
	p.t.Helper()
	res, err := p.http.Do(p.post(p.s.URL+"/"+p.authority+"/oauth2/v2.0/devicecode",
		url.Values{"client_id": {p.app.ClientID}, "scope": {"openid offline_access User.Read"}}))
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var d deviceResponse
	readJSON(p.t, res.Body, &d)
	return d.DeviceCode, d.UserCode
}

func (p *play) poll(deviceCode string) int {
	p.t.Helper()
	return p.redeem(url.Values{"grant_type": {deviceGrant}, "client_id": {p.app.ClientID}, "device_code": {deviceCode}}).code()
}

func (p *play) enter(userCode string) page {
	p.t.Helper()
	at := p.browse(p.get(p.s.URL + "/devicelogin"))
	return p.press(at, func(v url.Values) { v.Set("otc", userCode) })
}

// certificate is a client certificate with its key.
type certificate struct {
	key  *rsa.PrivateKey
	cert *x509.Certificate
}

func newClientCertificate(t *testing.T) certificate {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "client"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return certificate{key, cert}
}

func (c certificate) registered() []Certificate {
	return []Certificate{{PEM: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.cert.Raw}))}}
}

// assertion signs a client assertion; change spoils it.
func (c certificate) assertion(t *testing.T, p *play, change func(*jwt.Claims)) string {
	t.Helper()
	sum := sha256.Sum256(c.cert.Raw)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.PS256, Key: c.key},
		(&jose.SignerOptions{}).WithType("JWT").WithHeader("x5t#S256", base64.RawURLEncoding.EncodeToString(sum[:])))
	if err != nil {
		t.Fatal(err)
	}
	claims := jwt.Claims{
		Issuer: p.app.ClientID, Subject: p.app.ClientID, Audience: jwt.Audience{p.s.URL + "/" + p.authority + "/oauth2/v2.0/token"},
		ID: "1", NotBefore: jwt.NewNumericDate(time.Now()), Expiry: jwt.NewNumericDate(time.Now().Add(5 * time.Minute)),
	}
	if change != nil {
		change(&claims)
	}
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// asserted redeems a code with an assertion instead of the secret.
func (p *play) asserted(assertion string) int {
	p.t.Helper()
	return p.redeemed("client_secret", "", "client_assertion_type", assertionType, "client_assertion", assertion)
}

func (p *play) withCertificate() certificate {
	p.t.Helper()
	c := newClientCertificate(p.t)
	p.use("(web)").change(func(r *Registration) { r.Certificates = c.registered() })
	return c
}

func (p *play) find(name string) string {
	for _, r := range p.s.Registrations() {
		if strings.Contains(r.Name, name) {
			return r.ClientID
		}
	}
	return ""
}
