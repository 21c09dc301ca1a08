package inspect

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/lab"
)

// What the provider said when it was asked about the client without anybody
// signing in. It is what was seen once, through checks whose order no provider
// documents, so each of these lines is called likely and not certain.

// guess adds a line that is likely.
func (d *doctor) guess(v Verdict, id, cause, what, why, try string) {
	d.add(v, id, cause, what, why, try)
	d.lines[len(d.lines)-1].Confidence = Likely
}

// answeredWith puts the codes of an answer into the lines from one on that are
// not ok.
func (d *doctor) answeredWith(read Diagnosis, from int) {
	for i := from; i < len(d.lines); i++ {
		if d.lines[i].Verdict != VerdictOK {
			d.lines[i].Codes = read.Codes
		}
	}
}

func (d *doctor) probe() {
	p := d.p.Probe
	if p == nil {
		return
	}
	if d.c.Device {
		d.probeDevice(p)
		return
	}
	for _, s := range p.Authorize.Steps {
		// The callback's error is the answer that was asked for.
		if s.Error != nil && s.ID != flow.StepCallback {
			d.refused("probe-request", s.Error)
			return
		}
	}
	answer := d.authorizeAnswer(p)
	before := len(d.lines)
	d.authorizeLines(answer)
	d.answeredWith(answer.read, before)
	if p.Refused != nil {
		d.refused("probe-response", p.Refused)
	}
	if p.Token != nil {
		d.tokenLines(*p.Token)
	}
}

// probeAnswer is what the authorization endpoint said.
type probeAnswer struct {
	returned bool
	silent   bool // it would have had to show a page: all is well up to there
	refused  bool
	status   int
	read     Diagnosis
}

// wouldAsk are the errors by which a provider says that it would have to show
// a page (OpenID Connect Core section 3.1.2.6).
var wouldAsk = []string{"login_required", "interaction_required", "consent_required", "account_selection_required"}

func (d *doctor) authorizeAnswer(p *lab.Probe) probeAnswer {
	t := p.Authorize
	if p.Returned != "" {
		said := responseError(p.Returned)
		return probeAnswer{
			returned: true, silent: said == "" || slices.Contains(wouldAsk, said), refused: said != "",
			read: Diagnose(InputOf(t, flow.StepCallback)),
		}
	}
	in := InputOf(t, flow.StepAuthorize)
	a := probeAnswer{status: in.HTTPStatus}
	failing := in.HTTPStatus >= http.StatusBadRequest
	for _, x := range t.Step(flow.StepAuthorize).Exchanges {
		u, err := url.Parse(x.Request.URL)
		if err != nil {
			continue
		}
		q := u.Query()
		if said := cmp.Or(q.Get("error"), googleError(q.Get("authError"))); said != "" {
			failing = true
			in.Raw = said + " " + q.Get("error_description") + "\n" + in.Raw
		}
	}
	a.read = Diagnose(in)
	// The words of a page to sign in are no error, whatever they are.
	a.refused = failing || len(a.read.Codes) > 0
	a.silent = !a.refused
	return a
}

// responseError is the error in an authorization response, "" if it has none.
func responseError(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	fragment, _ := url.ParseQuery(u.Fragment) // what can be read is read
	return cmp.Or(u.Query().Get("error"), fragment.Get("error"))
}

// googleError reads Google's name for what is wrong, which it passes to its own
// error page inside other octets.
func googleError(param string) string {
	raw, err := base64.URLEncoding.DecodeString(param)
	if err != nil || len(raw) == 0 {
		return ""
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return ' '
		}
		return r
	}, string(raw))
}

// probeStage is something that an authorization endpoint looks at.
type probeStage struct {
	id, known string
	// causes are those by which a refusal belongs here, as beginnings of ids;
	// nil: every other one.
	causes []string
}

// probeStages are what an authorization endpoint looks at, in the order in which
// it has to: it can send an error nowhere before it knows the client's address
// (RFC 6749 section 4.1.2.1).
var probeStages = []probeStage{
	{"probe-tenant", "knows the tenant", []string{"tenant-", "authority-url-malformed", "cloud-mismatch", "ciam-wrong-authority-host"}},
	{"probe-client", "knows the client, and lets it be used through this authority", []string{
		"client-id-unknown", "app-not-found-in-tenant", "app-disabled", "single-tenant-app-on-common", "authority-not-allowed-for-app-audience",
		"app-not-enabled-for-consumers", "service-principal-missing-in-tenant", "v1-endpoint-personal-account",
	}},
	{"probe-redirect-uri", "knows the redirect URI as this client's", []string{"redirect-uri-", "callback-path-misconfigured"}},
	{"probe-request", "takes the rest of the request", nil},
}

func (d *doctor) authorizeLines(a probeAnswer) {
	stages := probeStages
	if !d.entra() && vendorOf(d.c) != "b2c" {
		stages = stages[1:] // a tenant is Microsoft's
	}
	stopped := len(stages)
	var first Diagnosed
	if a.refused && !a.silent {
		stopped--
		if len(a.read.Causes) > 0 {
			first = a.read.Causes[0]
			stopped = slices.IndexFunc(stages, func(s probeStage) bool {
				return s.causes == nil || slices.ContainsFunc(s.causes, func(c string) bool { return strings.HasPrefix(first.ID, c) })
			})
		}
	}
	if !a.returned && !a.refused {
		d.guess(VerdictOK, "probe-request", "", "The provider showed a page to sign in and named nothing that is wrong.", "", "")
		return
	}
	for i, s := range stages[:stopped] {
		if a.refused && !a.returned && first.ID == "" {
			break // a page that says no for a reason that is not known
		}
		what := "The provider likely " + s.known + "."
		if i == len(stages)-1 && a.silent {
			what = "The provider likely " + s.known + ": it stopped only because nobody is signed in."
		}
		d.guess(VerdictOK, s.id, "", what, "", "")
	}
	if stopped == len(stages) {
		return
	}
	at := stages[stopped]
	if first.ID == "" {
		d.guess(VerdictWarn, at.id, "", fmt.Sprintf("The provider refused the request with status %d, and its reason is not one that is known here.", a.status),
			"", "Open the authorize URL in a browser and read the page; pkcescope explain takes its text.")
		return
	}
	d.guess(VerdictFail, at.id, first.ID, first.Title+" (likely).", saidWith(a.read)+first.Means, strings.Join(first.Fix, " "))
}

// saidWith names the codes that an answer came with.
func saidWith(d Diagnosis) string {
	if len(d.Codes) == 0 {
		return ""
	}
	return "It answered " + strings.Join(d.Codes, ", ") + ". "
}

// refusedCode are Entra's answers about the code itself. Whether the client is
// looked at before or after it is documented nowhere.
var refusedCode = []string{"AADSTS70000", "AADSTS70008", "AADSTS9002313", "AADSTS54005", "AADSTS70002", "AADSTS900144"}

// tokenLines read the answer to a request with a false code: everything that is
// not about the code is about the client, or about the endpoint.
func (d *doctor) tokenLines(t flow.Transcript) {
	step := t.Step(flow.StepToken)
	x, answered := answered(step)
	if !answered || x.Response == nil || x.Error != nil {
		if step.Error != nil {
			d.refused("probe-token", step.Error)
		}
		return
	}
	var body struct {
		Error string `json:"error"`
	}
	read := Diagnose(InputOf(t, flow.StepToken))
	switch err := json.Unmarshal(x.Response.Body, &body); {
	case x.Response.Status >= http.StatusInternalServerError:
		d.warn("probe-token", "server-error", fmt.Sprintf("The token endpoint is out of order: it answered with status %d.", x.Response.Status),
			"A sign-in now would end there.", "Try again later; if it stays, report it to the provider, or look at the proxy before it.")
		return
	case err != nil || body.Error == "":
		d.fail("probe-token", "html-instead-of-json", fmt.Sprintf("The token endpoint did not answer a false code with an error as JSON (status %d).", x.Response.Status),
			"RFC 6749 section 5.2 asks for that; no client can read anything else.", "Check the endpoint's address, and whether a proxy answers in its place.")
		return
	case x.Response.Status < http.StatusBadRequest:
		d.warn("probe-token", "", fmt.Sprintf("The token endpoint reports an error with status %d.", x.Response.Status),
			"RFC 6749 section 5.2 asks for 400 or 401; clients that go by the status take it for tokens.", "Report it to the provider.")
	}
	before := len(d.lines)
	if d.c.Device {
		d.deviceLine(x, body.Error, read)
	} else {
		d.platformLine(x, body.Error, read)
	}
	d.answeredWith(read, before)
}

// platformLine says what the answer tells about the client and its platform.
func (d *doctor) platformLine(x flow.Exchange, oauthError string, read Diagnosis) {
	const id = "probe-platform"
	has := read.hasCode
	said := saidWith(read)
	switch p := d.c.Platform; {
	case has("AADSTS9002327") && p == flow.PlatformSPA:
		d.guess(VerdictOK, id, "", "The redirect URI is likely registered under Single-page application, as it should be: a code without an Origin is refused.", "", "")
	case has("AADSTS9002327"):
		d.guess(VerdictFail, id, "spa-platform-redeemed-by-server", "The redirect URI is likely registered under Single-page application, and this client is none.",
			said+"Such codes are redeemed by scripts alone, whose requests carry an Origin.", "Register it under "+portalName(p)+" instead.")
	case has("AADSTS7000218") && p == flow.PlatformWeb:
		d.guess(VerdictFail, id, "client-secret-missing", "The redirect URI is likely registered under Web, and the client sends neither a secret nor an assertion.",
			said, "Give the client secret.")
	case has("AADSTS7000218"):
		cause := "web-platform-but-public-client"
		if p == flow.PlatformSPA {
			cause = "cross-origin-but-not-spa"
		}
		d.guess(VerdictFail, id, cause, "The redirect URI is likely registered under Web, and this client is public.",
			said+"Entra takes the platform from the redirect URI, and for Web it wants a secret or a certificate.", "Register it under "+portalName(p)+" instead.")
	case has("AADSTS700025", "AADSTS9002319"):
		d.guess(VerdictFail, id, "public-platform-but-secret-sent", "The redirect URI is likely registered under a public platform, and the client sends a secret.",
			said, "Leave the secret out (--auth none), or register the redirect URI under Web.")
	case has(refusedCode...) || oauthError == "invalid_grant":
		d.guess(VerdictOK, id, "", d.codeRefused(), "", "")
	default:
		d.credentialsLine(x, oauthError, read)
	}
}

// hasCode says whether one of the codes was read.
func (d Diagnosis) hasCode(codes ...string) bool {
	return slices.ContainsFunc(codes, func(c string) bool { return slices.Contains(d.Codes, c) })
}

// credentialsLine says what an answer that is about neither the code nor the
// platform tells of the client.
func (d *doctor) credentialsLine(x flow.Exchange, oauthError string, read Diagnosis) {
	switch said := saidWith(read); {
	case len(read.Causes) > 0 && read.Causes[0].Confidence != Possible:
		first := read.Causes[0]
		d.guess(VerdictFail, "probe-credentials", first.ID, first.Title+" (likely).", said+first.Means, strings.Join(first.Fix, " "))
	case oauthError == "invalid_client":
		d.guess(VerdictFail, "probe-credentials", "client-secret-wrong", "The token endpoint likely does not accept how the client authenticates.",
			"It answered invalid_client, which is about the client and not about the code (RFC 6749 section 5.2).", "Compare id, secret and method of authentication with the registration.")
	default:
		d.guess(VerdictOK, "probe-platform", "", fmt.Sprintf("What the token endpoint says to a false code tells nothing about the client (status %d).", x.Response.Status), "", "")
	}
}

// codeRefused says what it is worth that the false code, and nothing else, was
// refused.
func (d *doctor) codeRefused() string {
	switch {
	case !d.entra() && d.auth() != flow.AuthNone:
		return "The token endpoint refused the false code and nothing else: how the client authenticates is likely accepted (RFC 6749 section 4.1.3 has it checked first)."
	case !d.entra():
		return "The token endpoint refused the false code and nothing else."
	}
	return "The token endpoint refused the false code and nothing else. Either it looks at the code before the client, or the platform is right: the registration's platform cannot be told from here."
}

// portalName is what the Entra portal calls a platform.
func portalName(p flow.Platform) string {
	switch p {
	case flow.PlatformSPA:
		return "Single-page application"
	case flow.PlatformWeb:
		return "Web"
	case flow.PlatformNative:
	}
	return "Mobile and desktop applications"
}
