package inspect

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// Repair is a change to the client's own settings that puts a cause right, as
// far as it is ours to make: what the registration or the tenant would have to
// change is not here.
type Repair struct {
	// Cause is the id of what it repairs, and Title says it.
	Cause string `json:"cause"`
	Title string `json:"-"`
	// What says in words what is changed.
	What    string   `json:"what"`
	Changes []Change `json:"changes"`
	// From is the step from which the walk has to be carried out again.
	From flow.StepID `json:"from"`

	apply []func(*flow.Config)
}

// Change is one setting of a repair.
type Change struct {
	// Setting is redirect_uri, platform, secret, scopes, method, verifier,
	// prompt, response_mode, response_type, resources, auth_method or issuer; or
	// STEP.NAME for an edit of a request that is undone.
	Setting string `json:"setting"`
	// From and To are its values; those of secrets and edits are not told.
	From string `json:"from,omitempty"`
	To   string `json:"to"`
	// Undone is true for an edit.
	Undone bool `json:"undone,omitempty"`
}

// Apply returns c with the repair made.
func (r Repair) Apply(c flow.Config) flow.Config {
	c.Edits = slices.Clone(c.Edits)
	for _, change := range r.apply {
		change(&c)
	}
	return c
}

// RepairOf returns the change to the client that puts a failed step of t right:
// for the probable cause, or the next of those that remain for which there is
// one. Of a run in which nothing failed it is what may still be other than
// expected. It is false where there is nothing for the client to change.
func RepairOf(t flow.Transcript, id flow.StepID) (Repair, bool) {
	failed := slices.ContainsFunc(t.Steps, func(s flow.Step) bool { return s.Status == flow.StatusFailed })
	switch {
	case t.Step(id).Status == flow.StatusFailed:
		return repairFor(t, id, Diagnose(InputOf(t, id)))
	case failed || id != flow.StepToken || t.Step(id).Status != flow.StatusOK:
		return Repair{}, false
	}
	return repairFor(t, id, Diagnose(Input{Transcript: &t}))
}

func repairFor(t flow.Transcript, id flow.StepID, d Diagnosis) (Repair, bool) {
	for _, c := range d.Causes {
		r := &repairing{c: t.Config, step: id, d: d, Repair: Repair{Cause: c.ID, Title: c.Title, From: id}}
		if repair, ok := repairs[c.ID]; ok {
			repair(r)
		} else if id == flow.StepDiscovery {
			slashedIssuer(r, t)
		} else if about := c.about(); about != "" {
			// Whatever the cause: what the person changed, and what the evidence
			// points at, can be changed back.
			r.undo(id, about)
			r.undo(flow.StepAuthorize, about)
		}
		if len(r.Changes) > 0 {
			r.What = strings.Join(r.said, " ")
			return r.Repair, true
		}
	}
	return Repair{}, false
}

// repairing is a repair in the making.
type repairing struct {
	Repair

	c    flow.Config
	step flow.StepID // that failed
	d    Diagnosis
	said []string
}

// repairs says how the client's settings put a cause right.
var repairs = map[string]func(*repairing){
	"pkce-verifier-mismatch":         undoPKCE,
	"pkce-verifier-missing-at-token": undoPKCE,
	"pkce-challenge-malformed":       undoPKCE,
	"pkce-challenge-hex-digest":      undoPKCE,
	"pkce-verifier-malformed":        undoPKCE,
	"pkce-method-omitted":            useS256,
	"pkce-method-not-supported":      useS256,
	"pkce-required-by-server":        useS256,
	"spa-platform-without-pkce":      useS256,
	"pkce-verifier-unexpected": func(r *repairing) {
		r.undo(flow.StepToken, "code_verifier")
		r.undo(flow.StepAuthorize, "code_challenge")
	},

	"redirect-uri-not-registered":     registeredRedirect,
	"redirect-uri-loopback-address":   useLocalhost,
	"redirect-uri-missing-in-request": undoRedirect,
	"redirect-uri-differs-at-token":   undoRedirect,
	"public-client-flow-not-allowed":  undoRedirect,
	"client-id-unknown":               undoClientID,
	"app-not-found-in-tenant":         undoClientID,
	"code-for-other-client":           undoClientID,

	"public-platform-but-secret-sent": dropSecret,
	"client-credentials-twice":        func(r *repairing) { r.undo(r.step, "client_secret", "client_assertion", "header.Authorization") },
	"client-auth-method-mismatch":     otherAuth,
	"client-secret-missing":           sendSecret,
	"web-platform-but-public-client":  sendSecret,
	"cross-origin-but-not-spa":        dropOrigin,
	"spa-platform-redeemed-by-server": sendOrigin,

	"scope-multiple-resources":   oneResource,
	"openid-scope-missing":       func(r *repairing) { r.addScope("openid") },
	"refresh-token-missing":      func(r *repairing) { r.addScope("offline_access") },
	"resource-parameter-on-v2":   dropResource,
	"resource-indicator-unknown": dropResource,
	"login-required-silent":      allowPages,
	"response-type-not-enabled":  plainResponse,
	"response-mode-not-supported": func(r *repairing) {
		r.set("response_mode", string(r.c.ResponseMode), "", flow.StepAuthorize, "Leave the response mode to the provider.", func(c *flow.Config) { c.ResponseMode = flow.ModeDefault })
		r.undo(flow.StepAuthorize, "response_mode")
	},
	"required-parameter-missing": func(r *repairing) { r.undoUnset() },
	"token-body-not-form-encoded": func(r *repairing) {
		r.undo(r.step, "header.Content-Type")
	},
}

// set changes a setting, unless it has that value already.
func (r *repairing) set(setting, from, to string, step flow.StepID, what string, apply func(*flow.Config)) {
	if from == to {
		return
	}
	r.Changes = append(r.Changes, Change{Setting: setting, From: Clean(from), To: Clean(to)})
	r.said = append(r.said, what)
	r.again(step)
	r.apply = append(r.apply, apply)
}

// again makes the walk begin at that step at the latest. A code that was sent
// once may be spent, also where it was refused, so what is changed in a token
// request needs a new one.
func (r *repairing) again(step flow.StepID) {
	if stepOrder(step) < stepOrder(r.From) {
		r.From = step
	}
}

// undo takes back what the person changed of those values of a step.
func (r *repairing) undo(step flow.StepID, names ...string) {
	for _, name := range names {
		if r.undone(step, name) || !slices.ContainsFunc(r.c.Edits, func(e flow.Edit) bool { return e.Step == step && strings.EqualFold(e.Name, name) }) {
			continue
		}
		r.Changes = append(r.Changes, Change{Setting: string(step) + "." + Clean(name), To: "as this program makes it", Undone: true})
		r.said = append(r.said, fmt.Sprintf("Undo the change of %s in the %s request.", Clean(strings.TrimPrefix(name, "header.")), step))
		r.again(step)
		if step == flow.StepToken {
			r.again(flow.StepAuthorize)
		}
		r.apply = append(r.apply, func(c *flow.Config) {
			c.Edits = slices.DeleteFunc(c.Edits, func(e flow.Edit) bool { return e.Step == step && strings.EqualFold(e.Name, name) })
		})
	}
}

func (r *repairing) undone(step flow.StepID, name string) bool {
	return slices.ContainsFunc(r.Changes, func(c Change) bool { return c.Undone && c.Setting == string(step)+"."+Clean(name) })
}

// undoUnset takes back every value of the step that the person left out.
func (r *repairing) undoUnset() {
	for _, e := range r.c.Edits {
		if e.Unset && e.Step == r.step {
			r.undo(e.Step, e.Name)
		}
	}
}

func undoPKCE(r *repairing) {
	r.undo(flow.StepVerifier, "code_verifier")
	r.undo(flow.StepAuthorize, "code_challenge", "code_challenge_method")
	r.undo(flow.StepToken, "code_verifier")
	if r.c.Verifier != "" && flow.VerifierProblem(r.c.Verifier) != "" {
		r.set("verifier", "a given one", "a fresh one", flow.StepVerifier, "Let the program make the verifier.", func(c *flow.Config) {
			c.Verifier, c.AllowBadVerifier = "", false
		})
	}
}

func useS256(r *repairing) {
	r.undo(flow.StepAuthorize, "code_challenge", "code_challenge_method")
	r.undo(flow.StepToken, "code_verifier")
	// Where S256 is what was refused, the other method is what is left.
	to := flow.MethodS256
	if r.c.Method == flow.MethodS256 && r.Cause == "pkce-method-not-supported" && slices.Contains(r.c.Provider.CodeChallengeMethods, string(flow.MethodPlain)) {
		to = flow.MethodPlain
	}
	r.set("method", string(r.c.Method), string(to), flow.StepVerifier, "Use the method "+string(to)+".", func(c *flow.Config) { c.Method = to })
}

// registeredRedirect takes the URI that the provider names as registered.
func registeredRedirect(r *repairing) {
	r.undo(flow.StepAuthorize, "redirect_uri")
	for _, d := range r.d.Differences {
		if d.Row == "redirect_uri" && d.ExpectedBy == "registered" && flow.RedirectProblem(d.Expected) == "" && !strings.ContainsAny(d.Expected, ", ") {
			r.redirectTo(d.Expected, "Send the redirect URI as it is registered.")
		}
	}
}

func (r *repairing) redirectTo(uri, what string) {
	r.set("redirect_uri", r.c.RedirectURI, uri, flow.StepAuthorize, what, func(c *flow.Config) { c.RedirectURI = uri })
}

func useLocalhost(r *repairing) {
	u, err := url.Parse(r.c.RedirectURI)
	if err != nil || u.Hostname() != "127.0.0.1" {
		return
	}
	u.Host = strings.Replace(u.Host, "127.0.0.1", "localhost", 1)
	r.redirectTo(u.String(), "Say localhost in the redirect URI, whose port Entra ignores.")
}

func undoRedirect(r *repairing) {
	r.undo(flow.StepToken, "redirect_uri")
	r.undo(flow.StepAuthorize, "redirect_uri")
}

func undoClientID(r *repairing) {
	r.undo(flow.StepAuthorize, "client_id")
	r.undo(flow.StepToken, "client_id")
}

func dropSecret(r *repairing) {
	r.undo(r.step, "client_secret", "client_assertion", "header.Authorization")
	if r.c.AuthMethod == flow.AuthNone || r.c.AuthMethod == "" {
		return
	}
	r.set("secret", "a secret", "", flow.StepAuthorize, "Send no client secret: this client is public.", func(c *flow.Config) {
		c.AuthMethod, c.ClientSecret = flow.AuthNone, ""
	})
}

func sendSecret(r *repairing) {
	r.undo(r.step, "client_secret", "header.Authorization")
	if r.c.ClientSecret == "" || r.c.AuthMethod.NeedsSecret() {
		return
	}
	r.set("auth_method", string(r.c.AuthMethod), string(flow.AuthPost), flow.StepAuthorize, "Send the client secret that is known.", func(c *flow.Config) { c.AuthMethod = flow.AuthPost })
}

// otherAuth sends the secret in the way that the metadata lists.
func otherAuth(r *repairing) {
	for _, m := range []flow.AuthMethod{flow.AuthPost, flow.AuthBasic} {
		if r.c.AuthMethod.NeedsSecret() && slices.Contains(r.c.Provider.TokenEndpointAuthMethods, string(m)) {
			r.set("auth_method", string(r.c.AuthMethod), string(m), flow.StepAuthorize, "Authenticate by "+string(m)+", which the provider lists.", func(c *flow.Config) { c.AuthMethod = m })
			return
		}
	}
}

func dropOrigin(r *repairing) {
	r.undo(r.step, "header.Origin")
	if r.c.Origin != "" && r.c.Origin != flow.OriginNone {
		r.set("origin", r.c.Origin, "", flow.StepAuthorize, "Send no Origin.", func(c *flow.Config) { c.Origin = "" })
	}
}

func sendOrigin(r *repairing) {
	r.undo(r.step, "header.Origin")
	if r.c.Platform == flow.PlatformSPA && r.c.Origin == flow.OriginNone {
		r.set("origin", r.c.Origin, "", flow.StepAuthorize, "Send the page's Origin.", func(c *flow.Config) { c.Origin = "" })
	}
}

// oneResource keeps the scopes of one resource: not of Microsoft Graph where
// there is another, as Graph can be asked for later with the refresh token.
func oneResource(r *repairing) {
	r.undo(flow.StepAuthorize, "scope")
	keep := graphResource
	for _, s := range r.c.Scopes {
		if r := resourceOf(s); !slices.Contains(openIDScopes, s) && keep == graphResource {
			keep = r
		}
	}
	var scopes []string
	for _, s := range r.c.Scopes {
		if slices.Contains(openIDScopes, s) || resourceOf(s) == keep {
			scopes = append(scopes, s)
		}
	}
	r.setScopes(scopes, "Ask for the scopes of "+Clean(keep)+" alone.")
}

func (r *repairing) setScopes(scopes []string, what string) {
	r.set("scopes", strings.Join(r.c.Scopes, " "), strings.Join(scopes, " "), flow.StepAuthorize, what, func(c *flow.Config) { c.Scopes = scopes })
}

func (r *repairing) addScope(scope string) {
	r.undo(flow.StepAuthorize, "scope")
	if len(r.c.Scopes) > 0 && !slices.Contains(r.c.Scopes, scope) {
		r.setScopes(append(slices.Clone(r.c.Scopes), scope), "Ask for the scope "+scope+" too.")
	}
}

func dropResource(r *repairing) {
	r.undo(flow.StepAuthorize, "resource")
	r.undo(flow.StepToken, "resource")
	r.set("resources", strings.Join(r.c.Ask.Resources, " "), "", flow.StepAuthorize, "Leave resource out: the scopes say which resource is meant.", func(c *flow.Config) { c.Ask.Resources = nil })
}

func allowPages(r *repairing) {
	r.undo(flow.StepAuthorize, "prompt")
	if r.c.Prompt == "none" {
		r.set("prompt", "none", "", flow.StepAuthorize, "Leave prompt=none out, so that the page to sign in may be shown.", func(c *flow.Config) { c.Prompt = "" })
	}
}

func plainResponse(r *repairing) {
	r.undo(flow.StepAuthorize, "response_type")
	if r.c.Ask.ResponseType != "" && r.c.Ask.ResponseType != flow.ResponseCode {
		r.set("response_type", r.c.Ask.ResponseType, flow.ResponseCode, flow.StepAuthorize, "Ask for the code alone.", func(c *flow.Config) { c.Ask.ResponseType = "" })
	}
}

// slashedIssuer writes the issuer as the metadata does, where all that differs
// is a slash at the end: of anything else a person has to judge.
func slashedIssuer(r *repairing, t flow.Transcript) {
	to := metadataOf(t.Step(flow.StepDiscovery)).get("issuer")
	if strings.TrimSuffix(to, "/") == strings.TrimSuffix(r.c.Issuer, "/") {
		r.set("issuer", r.c.Issuer, to, flow.StepDiscovery, "Write the issuer as the metadata does.", func(c *flow.Config) { c.Issuer, c.Provider = to, flow.Provider{} })
	}
}

func stepOrder(id flow.StepID) int { return slices.Index(flow.AllStepIDs(), id) }
