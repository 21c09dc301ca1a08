package practice

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed pages
var pagesFS embed.FS

// The pages are parsed when the first is shown: most runs of the program show
// none, and all of them start.
var pageTemplates = sync.OnceValue(func() *template.Template {
	return template.Must(template.ParseFS(pagesFS, "pages/*.html"))
})

var styleSheet = mustFile("pages/practice.css")

func mustFile(name string) []byte {
	b, err := pagesFS.ReadFile(name)
	if err != nil {
		panic("practice: embedded page: " + err.Error())
	}
	return b
}

// submitScript posts the form of a form_post response. The page's policy
// allows this script alone, by its hash; without scripts the person presses
// the button.
const submitScript = "document.forms[0].submit()"

// page draws one of our pages. None needs scripts, and none may be framed.
//
// There is no form-action in the policy: browsers apply it to the redirect
// after a form as well, and that one goes to the client.
func (c *call) page(status int, name string, data any) {
	var out bytes.Buffer
	if err := pageTemplates().ExecuteTemplate(&out, name, data); err != nil {
		panic("practice: page " + name + ": " + err.Error())
	}
	h := c.w.Header()
	sum := sha256.Sum256([]byte(submitScript))
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; script-src 'sha256-"+
		base64.StdEncoding.EncodeToString(sum[:])+"'")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Content-Type", "text/html; charset=utf-8")
	c.write(status, out.Bytes())
}

func (c *call) style() {
	c.w.Header().Set("Content-Type", "text/css; charset=utf-8")
	c.w.Header().Set("Cache-Control", "max-age=3600")
	c.write(http.StatusOK, styleSheet)
}

// formData is what every form of ours carries.
type formData struct {
	Action  string // path of the form's target
	Context string // the authorization request
	Canary  string
	App     string
	Tenant  string
	Client  string
}

func (c *call) formData(req authRequest, target string) formData {
	name := req.authority.Name
	if name == "" {
		name = homeDirectory.Name
	}
	return formData{
		Action: "/" + url.PathEscape(req.authority.named) + target, Context: req.sealed(),
		Canary: c.canary, App: req.app.Name, Tenant: name, Client: req.app.ClientID,
	}
}

// accountPage is a page about somebody who is signed in.
type accountPage struct {
	formData
	Account string
}

func (c *call) signInPage(req authRequest, problem string) {
	c.page(http.StatusOK, "signin.html", struct {
		formData
		LoginHint string
		Problem   string
		Accounts  []Account
	}{c.formData(req, "/login"), req.loginHint, problem, c.conf.Accounts})
}

func (c *call) pickPage(req authRequest, signedIn string) {
	c.page(http.StatusOK, "pick.html", accountPage{c.formData(req, "/pick"), signedIn})
}

func (c *call) mfaPage(req authRequest, a Account) {
	name := "mfa.html"
	if a.MFA == MFANone {
		name = "enrol.html"
	}
	c.page(http.StatusOK, name, accountPage{c.formData(req, "/SAS/ProcessAuth"), a.Username})
}

func (c *call) confirmPage(req authRequest, a Account) {
	c.page(http.StatusOK, "confirm.html", accountPage{c.formData(req, "/confirm"), a.Username})
}

func (c *call) devicePage(problem string) {
	c.page(http.StatusOK, "device.html", map[string]string{"Canary": c.canary, "Problem": problem})
}

func (c *call) consentPage(req authRequest, a Account) {
	var wanted []Scope
	for _, name := range req.scopes.all() {
		scope := Scope{Value: name}
		for _, s := range slices.Concat(req.scopes.api.Expose.Scopes, graph.Expose.Scopes) {
			if strings.EqualFold(s.Value, name) {
				scope = s
				break
			}
		}
		wanted = append(wanted, scope)
	}
	c.page(http.StatusOK, "consent.html", struct {
		accountPage
		Resource string
		Scopes   []Scope
	}{accountPage{c.formData(req, "/Consent/Set"), a.Username}, req.scopes.api.Name, wanted})
}

// refusePage shows the error to the person, because there is nobody else to
// tell. It has no form: nothing on it can be sent.
func (c *call) refusePage(e *refusal) {
	c.note(e)
	c.page(http.StatusBadRequest, "error.html", map[string]string{
		"Code": "AADSTS" + strconv.Itoa(e.Code), "Text": e.Text, "Trace": c.trace, "Correlation": c.correlation,
		"Timestamp": c.now.UTC().Format(timestampFormat), "Reason": c.event.Reason,
	})
}

// formPost is OAuth 2.0 Form Post Response Mode section 2: a page that posts
// itself to the client.
func (c *call) formPost(to string, v url.Values) {
	type field struct{ Name, Value string }
	var fields []field
	for _, name := range slices.Sorted(maps.Keys(v)) {
		fields = append(fields, field{name, v.Get(name)})
	}
	c.page(http.StatusOK, "formpost.html", map[string]any{
		"Action": template.URL(to), "Fields": fields, "Script": template.JS(submitScript), //nolint:gosec // The address is a registered redirect URI; the script is a constant.
	})
}

// index lists the registrations and the last requests. Neither holds a secret:
// the passwords are for practice, and client secrets are left out.
func (c *call) index() {
	c.page(http.StatusOK, "index.html", map[string]any{
		"Issuer": c.Issuer(), "Registrations": c.conf.Registrations, "Accounts": c.conf.Accounts,
		"Faults": c.conf.Faults, "Events": c.recent.newestFirst(), "TLS": c.cert != nil,
	})
}

// certificate offers the HTTPS certificate for download, so that a client can
// be told to trust it.
func (c *call) certificate() {
	if c.cert == nil {
		c.notFound()
		return
	}
	c.w.Header().Set("Content-Type", "application/x-pem-file")
	c.write(http.StatusOK, c.Certificate())
}
