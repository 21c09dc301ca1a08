package inspect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// answerRules are about what the back channel answered: its form, and what is
// in it beside what was asked for.
func answerRules() []rule {
	rules := []rule{
		{flow.StepToken, func(r *run) []Finding { return expiresInString(r.tokenExchange) }},
		{flow.StepToken, refreshTokenAsked},
		{flow.StepToken, idTokenMissing},
		{flow.StepToken, grantedScopes},
		{flow.StepToken, grantedDetails},
		{flow.StepToken, tokenType},
		{flow.StepToken, clientCertificate},
		{flow.StepToken, cacheable},
		{flow.StepToken, clockSkew},
		{flow.StepRefresh, func(r *run) []Finding { return expiresInString(lastAnswered(r.t.Step(flow.StepRefresh))) }},
		{flow.StepUserInfo, otherPerson},
		{flow.StepIntrospect, notActive},
	}
	for _, id := range []flow.StepID{flow.StepDiscovery, flow.StepToken, flow.StepKeys, flow.StepUserInfo, flow.StepRefresh} {
		rules = append(rules, rule{id, func(r *run) []Finding { return formOfAnswer(lastAnswered(r.t.Step(id))) }})
	}
	return rules
}

// formOfAnswer is about answers that are not what a JSON API answers.
func formOfAnswer(ex *flow.Exchange) []Finding {
	if ex == nil {
		return nil
	}
	res := ex.Response
	kind, _ := kindOf(res.Header, res.Body)
	var out []Finding
	if res.Truncated {
		out = append(out, Finding{
			Code: "truncated-body", Severity: SeverityError,
			What: fmt.Sprintf("The answer was cut off after %d octets.", len(res.Body)),
			Why:  "The connection broke, or the answer was longer than anything that belongs here.",
			Try:  "Try again. If it is cut off each time, look at what stands between this machine and the provider.",
		})
	}
	switch {
	case len(res.Body) > maxAnswer:
		out = append(out, Finding{
			Code: "oversized-answer", Severity: SeverityError,
			What: fmt.Sprintf("The answer has %d octets, which is more than any answer of this kind.", len(res.Body)),
			Why:  "It is shown, and nothing is read out of it.",
			Try:  "Look at the beginning of the response, and check the URL.",
		})
	case kind == "html" && res.Status/100 != 3: // a redirect may have a page, which nobody reads
		out = append(out, Finding{
			Code: "html-instead-of-json", Severity: SeverityError, Row: "Content-Type",
			What: fmt.Sprintf("A web page came (status %d) where JSON was expected.", res.Status),
			Why:  "Something else answers at this address: a proxy, a sign-in page of the network, an error page, or another endpoint.",
			Try:  "Read the page in the response. Check the URL, and whether a proxy stands in between.",
			Refs: clauses("RFC 6749 section 5"),
		})
	case (kind == "text" || kind == "binary") && res.Status < 300:
		out = append(out, Finding{
			Code: "not-json", Severity: SeverityError, Row: "Content-Type",
			What: "The answer is not JSON.",
			Why:  "The body should be one JSON object.",
			Try:  "Look at the response, and check the URL.",
			Refs: clauses("RFC 6749 section 5.1"),
		})
	case kind == "json" && !res.Truncated && !json.Valid(bytes.TrimPrefix(res.Body, []byte("\ufeff"))):
		out = append(out, Finding{
			Code: "broken-json", Severity: SeverityError,
			What: "The JSON of the answer is broken.",
			Why:  "It ends in the middle, or something was put into it on its way.",
			Try:  "Try again, and look at the end of the raw response.",
		})
	}
	if res.Status < 300 {
		if p := answer(ex); p.get("error") != "" {
			out = append(out, Finding{
				Code: "error-in-200", Severity: SeverityError, Row: "error",
				What: fmt.Sprintf("The answer has the status %d of a success, and an error inside: %s.", res.Status, short(p.get("error"), 60)),
				Why:  "Errors of the token endpoint are to have the status 400 or 401. A client that looks only at the status takes this for a success.",
				Try:  "Look for the member error before anything else in the answer.",
				Refs: clauses("RFC 6749 section 5.2"),
			})
		}
	}
	return out
}

// expiresInString looks at the type of expires_in: Entra's v1 endpoint writes a
// string.
func expiresInString(ex *flow.Exchange) []Finding {
	if ex == nil {
		return nil
	}
	var body struct {
		ExpiresIn json.RawMessage `json:"expires_in"`
	}
	if json.Unmarshal(ex.Response.Body, &body) != nil || len(body.ExpiresIn) == 0 || body.ExpiresIn[0] != '"' {
		return nil
	}
	return one(Finding{
		Code: "expires-in-string", Severity: SeverityWarning, Row: "expires_in",
		What: "expires_in is a string, and should be a number.",
		Why:  "Strict clients fail to read the answer. Entra's version 1.0 token endpoint does this.",
		Try:  "Use the version 2.0 endpoint (/oauth2/v2.0/token), or a client that reads both.",
		Refs: clauses("RFC 6749 section 5.1"),
	})
}

func (r *run) gotTokens() bool { return r.tokenResponse.has("access_token") }

func refreshTokenAsked(r *run) []Finding {
	if !r.gotTokens() || r.asked() == nil {
		return nil
	}
	switch asked, got := r.asksFor("offline_access"), r.tokenResponse.has("refresh_token"); {
	case asked && !got:
		f := Finding{
			Code: "refresh-token-missing", Severity: SeverityWarning, Row: "refresh_token",
			What: "offline_access was asked for, and no refresh token came.",
			Why:  "The provider need not grant it: the person or an administrator may have to consent, or the registration may not allow it.",
			Try:  "Check the registration, and whether consent was asked; OpenID Connect wants prompt=consent together with offline_access.",
			Refs: clauses("OpenID Connect Core 1.0 section 11 <https://openid.net/specs/openid-connect-core-1_0.html#OfflineAccess>"),
		}
		if r.prov.glossary == "google" {
			f.Try = "Google gives refresh tokens for access_type=offline, at the first consent only; add prompt=consent to get another."
		}
		return one(f)
	case !asked && got:
		return one(Finding{
			Code: "refresh-token-not-asked", Severity: SeverityInfo, Row: "refresh_token",
			What: "A refresh token came although offline_access was not asked for.",
			Why:  "OAuth lets the provider decide. Entra gives one only when it is asked for.",
			Try:  "Keep it as well guarded as a password, or throw it away if the app does not need it.",
			Refs: clauses("RFC 6749 section 1.5"),
		})
	case !asked && r.prov.microsoft:
		return one(Finding{
			Code: "no-offline-access", Severity: SeverityInfo, Row: "scope",
			What: "No refresh token will come: offline_access was not asked for.",
			Why:  "Entra gives a refresh token only for this scope. When the access token ends, the person has to sign in again.",
			Try:  "Add offline_access to the scopes, if the app is to go on without the person.",
		})
	}
	return nil
}

func idTokenMissing(r *run) []Finding {
	if !r.gotTokens() || !r.asksFor("openid") || r.tokenResponse.has("id_token") {
		return nil
	}
	return one(Finding{
		Code: "id-token-missing", Severity: SeverityError, Row: "id_token",
		What: "openid was asked for, and no ID token came.",
		Why:  "An OpenID provider must send one. The provider may speak OAuth 2.0 only, or did not grant the scope.",
		Try:  "Look at the granted scope in the answer, and at the client's registration.",
		Refs: clauses("OpenID Connect Core 1.0 section 3.1.3.3 <https://openid.net/specs/openid-connect-core-1_0.html#TokenResponse>"),
	})
}

// grantedDetails compares the authorization details that were asked for with
// those that were granted, by their types. A provider may enrich what stands
// inside (RFC 9396 section 7.1).
func grantedDetails(r *run) []Finding {
	asked := detailTypes(r.asked().get("authorization_details"))
	if !r.gotTokens() || len(asked) == 0 {
		return nil
	}
	granted, _ := r.t.Step(flow.StepToken).Value("authorization_details")
	f := Finding{Severity: SeverityWarning, Row: "authorization_details", Refs: clauses("RFC 9396 section 7")}
	switch missing := without(asked, detailTypes(granted)); {
	case granted == "":
		f.Code = "authorization-details-missing"
		f.What = "authorization_details were asked for, and the answer does not say that any were granted."
		f.Why = "A provider that grants them must repeat them in the answer. One that does not know the parameter ignores it, and the access token then allows none of it."
		f.Try = "Look for authorization_details_types_supported in the metadata, and for the details in the access token itself."
	case len(missing) > 0:
		f.Code = "authorization-details-not-granted"
		f.What = "Not all authorization_details were granted: " + short(list(missing), 200) + " is missing."
		f.Why = "The person may have agreed to a part only, or the client may not have the rest."
		f.Try = "Compare what was asked for with what was granted, and tell the person what does not work."
	default:
		return nil
	}
	return one(f)
}

// detailTypes are the types in an array of authorization details; of anything
// else there are none.
func detailTypes(text string) []string {
	var details []struct {
		Type string `json:"type"`
	}
	if json.Unmarshal([]byte(text), &details) != nil {
		return nil
	}
	var types []string
	for _, d := range details {
		types = append(types, d.Type)
	}
	return types
}

// grantedScopes compares what was asked for with what was granted. The scopes
// of OpenID Connect are left out: providers differ in whether they repeat them.
func grantedScopes(r *run) []Finding {
	granted, said := r.tokenResponse.lookup("scope")
	if !r.gotTokens() || !said || r.asked() == nil {
		return nil
	}
	asked, got := resourceScopes(r.asked().get("scope")), resourceScopes(granted)
	missing, extra := without(asked, got), without(got, asked)
	if slices.ContainsFunc(asked, func(s string) bool { return strings.HasSuffix(s, "/.default") }) {
		return nil // .default asks for whatever is configured
	}
	var out []Finding
	if len(missing) > 0 {
		out = append(out, Finding{
			Code: "scope-not-granted", Severity: SeverityWarning, Row: "scope",
			What: "Not everything that was asked for was granted: " + short(list(missing), 200) + " is missing.",
			Why:  "The provider may grant less, and then says so in scope. The access token will not be enough for what needs the rest.",
			Try:  "Check that the name is right and that it was consented to; look up which API it belongs to.",
			Refs: clauses("RFC 6749 section 3.3"),
		})
	}
	if len(extra) > 0 {
		f := Finding{
			Code: "scope-more-granted", Severity: SeverityInfo, Row: "scope",
			What: "More was granted than was asked for: " + short(list(extra), 200) + ".",
			Why:  "The provider may do that; it says so in scope.",
			Try:  "Take away in the registration what the app does not need.",
			Refs: clauses("RFC 6749 section 3.3"),
		}
		if r.prov.microsoft {
			f.Why = "Entra grants everything of that API that was consented to before, also in other runs."
		}
		out = append(out, f)
	}
	return out
}

// resourceScopes returns the scopes of APIs, in lower case and without the
// address of Graph, which Entra adds or leaves out.
func resourceScopes(s string) []string {
	var out []string
	for scope := range strings.FieldsSeq(strings.ToLower(s)) {
		scope = strings.TrimPrefix(scope, "https://graph.microsoft.com/")
		switch scope {
		case "openid", "profile", "email", "offline_access", "address", "phone":
			continue
		}
		out = append(out, scope)
	}
	return out
}

func without(a, b []string) []string {
	var out []string
	for _, x := range a {
		if !slices.Contains(b, x) {
			out = append(out, x)
		}
	}
	return out
}

const certificateNotAsked = "client-certificate-not-asked"

// clientCertificate says by which certificate the client is known, and whether
// the token endpoint wanted to see it: the request itself shows neither.
func clientCertificate(r *run) []Finding {
	if r.clientCertificate == "" {
		return nil
	}
	f := Finding{
		Code: "client-certificate", Severity: SeverityInfo,
		What: "The client is known by its certificate, whose fingerprint (x5t#S256) is " + short(r.clientCertificate, 60) + ".",
		Why:  "It is shown while the TLS connection is made, if the server asks for it. The request itself only says which client it is.",
		Try:  "Compare it with the certificate that the provider has for this client.",
		Refs: clauses("RFC 8705 section 2"),
	}
	missing := SeverityWarning // the provider may have known the client by something else
	if code, _ := refusal(r.t.Step(flow.StepToken)); code == "invalid_client" || code == "unauthorized_client" {
		missing = SeverityError
	}
	switch ex := r.tokenExchange; {
	case ex == nil:
	case ex.TLS == nil:
		f.Code, f.Severity = certificateNotAsked, missing
		f.What = "The token endpoint could not ask for the client's certificate, so it was not shown."
		f.Why = "The connection was not encrypted, and without a TLS handshake there is nothing to show it in."
		f.Try = "Use the provider's https address."
	case ex.TLS.ClientCertificate == "":
		f.Code, f.Severity = certificateNotAsked, missing
		f.What = "The token endpoint did not ask for the client's certificate, so it was not shown."
		f.Why = "A server asks for it in the TLS handshake or not at all. The address may be the one for other clients, or something in front of the provider ends TLS and does not ask."
		f.Try = "Look for mtls_endpoint_aliases in the metadata, and at the proxy or load balancer in front: it must ask for the certificate and hand it on."
		f.Refs = clauses("RFC 8705 section 5")
	default:
		f.Why = "The server asked for it, and it was shown while the TLS connection was made. The request itself only says which client it is."
	}
	return one(f)
}

func tokenType(r *run) []Finding {
	typ, has := r.tokenResponse.lookup("token_type")
	if r.gotTokens() && r.t.Config.Protection.DPoP && strings.EqualFold(typ, "Bearer") {
		return one(Finding{
			Code: "dpop-ignored", Severity: SeverityWarning, Row: "token_type",
			What: "The token is a bearer token, though a proof of DPoP was sent.",
			Why:  "The provider did not bind it to the key, so whoever has the token can use it.",
			Try:  "Look whether the metadata has dpop_signing_alg_values_supported, and whether the client is registered for bound tokens.",
			Refs: clauses("RFC 9449 section 5"),
		})
	}
	if !r.gotTokens() || strings.EqualFold(typ, "Bearer") || strings.EqualFold(typ, "DPoP") {
		return nil
	}
	f := Finding{
		Code: "token-type", Severity: SeverityWarning, Row: "token_type",
		What: "The answer has no token_type.",
		Why:  "It is required; without it the client has to guess how the token is used.",
		Try:  "Treat the token as a Bearer token, and report it to the provider.",
		Refs: clauses("RFC 6749 section 5.1"),
	}
	if has {
		f.What = "The token_type is " + short(typ, 60) + ", not Bearer."
		f.Why = "A client must not use a token of a type that it does not know."
		f.Try = "Look up in the provider's documentation how such a token is shown to an API."
	}
	return one(f)
}

// cacheable looks for the headers that keep tokens out of caches.
func cacheable(r *run) []Finding {
	if !r.gotTokens() || r.tokenExchange == nil {
		return nil
	}
	if strings.Contains(strings.ToLower(strings.Join(r.tokenExchange.Response.Header.Values("Cache-Control"), ",")), "no-store") {
		return nil
	}
	return one(Finding{
		Code: "tokens-cacheable", Severity: SeverityWarning, Row: "Cache-Control",
		What: "The answer with the tokens lacks Cache-Control: no-store.",
		Why:  "A cache on the way might keep the tokens.",
		Try:  "Report it to the provider.",
		Refs: clauses("RFC 6749 section 5.1"),
	})
}

func clockSkew(r *run) []Finding {
	skew, known := skewOf(r.tokenExchange)
	if !known || skew.Abs() <= time.Minute {
		return nil
	}
	f := Finding{
		Code: "clock-skew", Severity: SeverityWarning, Row: "Date",
		What: "This machine's clock and the provider's differ by " + span(skew) + ".",
		Why:  "Times in tokens are the provider's. With a wrong clock, fresh tokens seem expired, or not valid yet.",
		Try:  "Set this machine's clock by the network.",
	}
	if skew.Abs() > tolerance {
		f.Severity = SeverityError
	}
	return one(f)
}

// otherPerson compares UserInfo with the ID token (OpenID Connect Core section
// 5.3.2).
func otherPerson(r *run) []Finding {
	sub := r.userInfo.get("sub")
	j := takeApart(r.tokenResponse.get("id_token"))
	signedIn := j.str("sub")
	if sub == "" || signedIn == "" || sub == signedIn {
		return nil
	}
	return one(Finding{
		Code: "userinfo-sub", Severity: SeverityError, Row: "sub",
		What: "UserInfo tells of another person than the ID token: the two sub differ.",
		Why:  "The access token may have been exchanged for another, so the answer must not be used.",
		Try:  "Sign in again. If it stays so, ask the provider which sub each of the two has: Entra's are pairwise, by application.",
		Refs: clauses("OpenID Connect Core 1.0 section 5.3.2 <https://openid.net/specs/openid-connect-core-1_0.html#UserInfoResponse>"),
	})
}
