package inspect

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// requestRules are about what this client sends.
func requestRules() []rule {
	return []rule{
		{flow.StepAuthorize, noState},
		{flow.StepAuthorize, noNonce},
		{flow.StepAuthorize, openRedirectURI},
		{flow.StepAuthorize, besideReference},
		{flow.StepAuthorize, ownCertificate},
		{flow.StepAuthorize, unheardForm},
		{flow.StepAuthorize, func(r *run) []Finding { return repeated(r.authorize) }},
		{flow.StepToken, func(r *run) []Finding { return repeated(r.token) }},
		{flow.StepAuthorize, func(r *run) []Finding {
			return openEndpoint("authorization endpoint", r.t.Config.Provider.AuthorizationEndpoint)
		}},
		{flow.StepToken, func(r *run) []Finding { return openEndpoint("token endpoint", r.t.Config.Provider.TokenEndpoint) }},
		{flow.StepToken, redirectURIDiffers},
		{flow.StepToken, clientIDDiffers},
		{flow.StepToken, secretIsID},
		{flow.StepToken, secretOfPublicClient},
		{flow.StepToken, spaWithoutOrigin},
	}
}

func noState(r *run) []Finding {
	if r.authorize == nil || r.authorize.get("state") != "" {
		return nil
	}
	return one(Finding{
		Code: "no-state", Severity: SeverityWarning, Row: "state",
		What: "The request has no state.",
		Why:  "The app cannot tell whether the answer belongs to a request of its own. Somebody could sign another person in with their account, unnoticed. PKCE and nonce also stop that, where they are checked.",
		Try:  "Send a fresh random state, keep it with the browser's session, and compare it when the answer comes.",
		Refs: clauses("RFC 6749 section 10.12", "RFC 9700 section 2.1"),
	})
}

func noNonce(r *run) []Finding {
	if r.authorize == nil || !r.asksFor("openid") || r.authorize.get("nonce") != "" {
		return nil
	}
	return one(Finding{
		Code: "no-nonce", Severity: SeverityWarning, Row: "nonce",
		What: "The request asks for an ID token and has no nonce.",
		Why:  "Nothing ties the ID token to this request, so one of another sign-in could be put in its place.",
		Try:  "Send a fresh random nonce, and compare it with the claim in the ID token.",
		Refs: clauses("OpenID Connect Core 1.0 section 3.1.2.1 <https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest>"),
	})
}

// openRedirectURI looks for a code that would travel unprotected.
func openRedirectURI(r *run) []Finding {
	uri := r.authorize.get("redirect_uri")
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "http" || loopback(uri) {
		return nil
	}
	return one(Finding{
		Code: "redirect-uri-http", Severity: SeverityError, Row: "redirect_uri",
		What: "The redirect URI is http on another machine.",
		Why:  "The code would travel in the clear. Only loopback addresses may go without TLS.",
		Try:  "Use https, or http://localhost for an app on this machine.",
		Refs: clauses("RFC 9700 section 2.1", "RFC 8252 section 8.3"),
	})
}

// ownCertificate says how to know the certificate of an https callback, before
// the browser warns of it.
func ownCertificate(r *run) []Finding {
	if r.certificate == "" {
		return nil
	}
	// In four parts of eight octets, so that no octet is broken over lines in a
	// narrow pane.
	shown := r.certificate
	if len(shown) == 95 {
		shown = strings.Join([]string{shown[:23], shown[24:47], shown[48:71], shown[72:]}, " ")
	}
	return one(Finding{
		Code: "own-certificate", Severity: SeverityInfo,
		What: "The browser will warn of the callback's certificate.",
		Why:  "Its SHA-256 fingerprint is " + shown + ". It was made for this run, for localhost alone, and is not installed for trust anywhere: only you can say that it is the right one.",
		Try:  "Compare the fingerprint in the browser's warning, then choose Advanced and go on to localhost.",
		Refs: clauses("RFC 8252 section 7.3"),
	})
}

func openEndpoint(name, endpoint string) []Finding {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "http" || loopback(endpoint) {
		return nil
	}
	return one(Finding{
		Code: "http-endpoint", Severity: SeverityError, Row: "url",
		What: "The " + name + " is http on another machine: " + short(endpoint, 120) + ".",
		Why:  "Codes, secrets and tokens would travel in the clear.",
		Try:  "Use the https address of the provider.",
		Refs: clauses("RFC 6749 section 3.1", "RFC 6749 section 3.2"),
	})
}

func repeated(p *params) []Finding {
	if p == nil {
		return nil
	}
	var out []Finding
	seen := map[string]int{}
	for _, f := range p.list {
		if seen[f.Name]++; seen[f.Name] == 2 {
			out = append(out, Finding{
				Code: "repeated-parameter", Severity: SeverityError, Row: f.Name,
				What: fmt.Sprintf("The parameter %s is sent more than once.", short(f.Name, 60)),
				Why:  "One value could be checked and the other used, so RFC 6749 forbids it.",
				Try:  "Send it once. Several scopes go into one value, separated by spaces.",
				Refs: clauses("RFC 6749 section 3.1"),
			})
		}
	}
	return out
}

func redirectURIDiffers(r *run) []Finding {
	asked, inAuthorize := r.authorize.lookup("redirect_uri")
	sent, inToken := r.token.lookup("redirect_uri")
	if r.token == nil || r.token.get("grant_type") != "authorization_code" || !inAuthorize || inToken && sent == asked {
		return nil
	}
	f := Finding{
		Code: "redirect-uri-differs", Severity: SeverityError, Row: "redirect_uri",
		What: "The token request has no redirect_uri, and the authorize request had one.",
		Why:  "The provider compares the two, so that a code that was sent to one address cannot be redeemed for another.",
		Try:  "Send the same redirect_uri in both requests, character by character.",
		Refs: clauses("RFC 6749 section 4.1.3"),
	}
	if inToken {
		f.What = fmt.Sprintf("The redirect_uri differs: %s when the code was asked for, %s when it is redeemed. %s", short(asked, 120), short(sent, 120), difference(asked, sent))
	}
	return one(f)
}

// difference points to the first place where two values differ.
func difference(a, b string) string {
	if strings.EqualFold(a, b) {
		return "They differ in capital letters."
	}
	if strings.TrimSuffix(a, "/") == strings.TrimSuffix(b, "/") {
		return "They differ by the slash at the end."
	}
	ra, rb := []rune(a), []rune(b)
	for i := range min(len(ra), len(rb)) {
		if ra[i] != rb[i] {
			return fmt.Sprintf("The first difference is at character %d: %q and %q.", i+1, ra[i], rb[i])
		}
	}
	return "One is the beginning of the other."
}

func clientIDDiffers(r *run) []Finding {
	asked, sent := r.authorize.get("client_id"), r.token.get("client_id")
	if asked == "" || sent == "" || asked == sent {
		return nil
	}
	return one(Finding{
		Code: "client-id-differs", Severity: SeverityError, Row: "client_id",
		What: "The client_id differs: " + short(asked, 80) + " when the code was asked for, " + short(sent, 80) + " when it is redeemed.",
		Why:  "A code belongs to the client that asked for it.",
		Try:  "Use one client id for both requests.",
		Refs: clauses("RFC 6749 section 4.1.3"),
	})
}

// secretIsID recognises the commonest slip with Entra's secrets: the portal
// shows a "Secret ID" beside the "Value", and the id is a GUID.
func secretIsID(r *run) []Finding {
	secret := r.token.get("client_secret")
	if !isGUID(secret) {
		return nil
	}
	f := Finding{
		Code: "secret-is-an-id", Severity: SeverityWarning, Row: "client_secret",
		What: "The client secret has the form of a GUID.",
		Why:  "Few providers make secrets like that; it may be an id of something.",
		Try:  "Check that it is the secret's value.",
	}
	if r.prov.microsoft {
		f.Severity = SeverityError
		f.Why = "In the Entra portal, Certificates & secrets shows two columns. The GUID is the Secret ID; the secret itself is the Value, which has other characters and is shown only once."
		f.Try = "Use the Value. If it was not noted down, make a new secret."
	}
	return one(f)
}

func secretOfPublicClient(r *run) []Finding {
	if !r.token.has("client_secret") || r.t.Config.Platform != flow.PlatformSPA && r.t.Config.Platform != flow.PlatformNative {
		return nil
	}
	return one(Finding{
		Code: "secret-of-public-client", Severity: SeverityWarning, Row: "client_secret",
		What: "A client of the kind " + string(r.t.Config.Platform) + " sends a client secret.",
		Why:  "A program that is given to people cannot keep a secret: it is in every copy. Entra refuses secrets of public clients (AADSTS700025).",
		Try:  "Leave the secret out, or register the app as a web app that runs on a server.",
		Refs: clauses("RFC 8252 section 8.5"),
	})
}

func spaWithoutOrigin(r *run) []Finding {
	s := r.t.Step(flow.StepToken)
	if r.t.Config.Platform != flow.PlatformSPA || !r.prov.microsoft || len(s.Exchanges) == 0 {
		return nil
	}
	if s.Exchanges[len(s.Exchanges)-1].Request.Header.Get("Origin") != "" {
		return nil
	}
	return one(Finding{
		Code: "spa-without-origin", Severity: SeverityError, Row: "Origin",
		What: "The token request has no Origin header, and the redirect URI is one of a single-page app.",
		Why:  "Entra redeems codes of single-page apps only for a page in a browser, which it recognises by this header (AADSTS9002327).",
		Try:  "Send Origin with the scheme and host of the redirect URI, or register the redirect URI under another platform.",
		Refs: clauses("Authorization code flow at Entra <https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow>"),
	})
}
