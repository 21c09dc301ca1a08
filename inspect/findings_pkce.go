package inspect

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// pkceRules are about RFC 7636: whether PKCE is there, and whether it can work.
func pkceRules() []rule {
	return []rule{
		{flow.StepVerifier, verifierItself},
		{flow.StepAuthorize, noPKCE},
		{flow.StepAuthorize, plainChallenge},
		{flow.StepAuthorize, challengeOfAnother},
		{flow.StepAuthorize, methodNotAdvertised},
		{flow.StepDiscovery, pkceNotAdvertised},
		{flow.StepToken, verifierMismatch},
		{flow.StepToken, pkceProven},
	}
}

// verifierItself looks at the verifier alone: its length, its characters and
// where it seems to come from.
func verifierItself(r *run) []Finding {
	verifier, ok := r.t.Step(flow.StepVerifier).Value("code_verifier")
	if !ok || masked(verifier) || r.t.Config.Method == flow.MethodNone {
		return nil
	}
	var out []Finding
	for _, m := range ReadPKCE(PKCEInput{Verifier: verifier, HasVerifier: true}).Mistakes {
		f := m.Finding()
		if m.ID == MistakeWeakGenerator {
			f.Severity = SeverityWarning
		}
		out = append(out, f)
	}
	return out
}

func noPKCE(r *run) []Finding {
	if r.authorize == nil || r.authorize.has("code_challenge") {
		return nil
	}
	f := Finding{
		Code: "no-pkce", Severity: SeverityWarning,
		What: "The request has no code_challenge: this is the code flow without PKCE.",
		Why:  "Nothing binds the code to this app. The client has a secret, so a thief cannot redeem the code alone, but can put it into a session of their own with this app.",
		Try:  "Use the method S256.",
		Refs: clauses("RFC 9700 section 2.1.1"), Row: "code_challenge",
	}
	if r.public() {
		f.Severity = SeverityError
		f.Why = "This is a public client: it has no secret. Whoever gets hold of the code can redeem it. RFC 9700 requires PKCE for public clients."
		if r.prov.microsoft && r.t.Config.Platform == flow.PlatformSPA {
			f.Why += " Entra requires it for single-page apps."
		}
	}
	return one(f)
}

func plainChallenge(r *run) []Finding {
	if !r.authorize.has("code_challenge") {
		return nil
	}
	switch method, sent := r.authorize.lookup("code_challenge_method"); {
	case !sent:
		f := Finding{
			Code: "method-omitted", Severity: SeverityWarning,
			What: "The request has a code_challenge and no code_challenge_method, which means plain.",
			Why:  "The provider will compare the verifier with the challenge as it is. If the challenge is a hash, the code cannot be redeemed; if it is the verifier, everybody who sees this URL has the verifier.",
			Try:  "Send code_challenge_method=S256 with a hashed challenge.",
			Refs: clauses("RFC 7636 section 4.3"), Row: "code_challenge_method",
		}
		return one(f)
	case method == "plain":
		return one(Finding{
			Code: "plain-challenge", Severity: SeverityWarning,
			What: "The challenge is the verifier itself (method plain).",
			Why:  "The verifier stands in the authorize URL. Plain helps against a thief who sees only the redirect with the code, and not against one who also sees this request: in a log, a history, or a proxy.",
			Try:  "Use S256. RFC 7636 allows plain only to clients that cannot compute SHA-256.",
			Refs: clauses("RFC 7636 section 4.2", "RFC 7636 section 7.2"), Row: "code_challenge_method",
		})
	case method != "S256":
		return one(Finding{
			Code: "unknown-challenge-method", Severity: SeverityError,
			What: fmt.Sprintf("The code_challenge_method is %q; the two that exist are S256 and plain.", short(method, 40)),
			Why:  "The names are compared exactly, also the capital S.",
			Try:  "Write S256.",
			Refs: clauses("RFC 7636 section 4.2"), Row: "code_challenge_method",
		})
	}
	return nil
}

// challengeOfAnother compares the challenge in the authorize request with the
// verifier that was made, before the provider can.
func challengeOfAnother(r *run) []Finding {
	made, ok := r.t.Step(flow.StepVerifier).Value("code_verifier")
	if !ok || !r.authorize.has("code_challenge") {
		return nil
	}
	report, ok := pairReport(r, made, true)
	if !ok || report.Match == nil || *report.Match {
		return nil
	}
	f := Finding{
		Code: "challenge-mismatch", Severity: SeverityError, Row: "code_challenge",
		What: "The challenge in this request was not made from this run's verifier.",
		Why:  "The provider will keep it with the code, and the verifier will not match when the code is redeemed.",
		Try:  "Go back to the challenge and let it be derived again, or take the edit of this request back.",
		Refs: clauses("RFC 7636 section 4.6"),
	}
	return because(f, report)
}

// pairReport holds a verifier against the challenge that was sent. It cannot
// when one of the two is masked and they have to be hashed to be compared.
func pairReport(r *run, verifier string, has bool) (PKCEReport, bool) {
	challenge, hasChallenge := r.authorize.lookup("code_challenge")
	method, sent := r.authorize.lookup("code_challenge_method")
	if !sent {
		method = string(flow.MethodOmitted)
	}
	if !hasChallenge {
		method = string(flow.MethodNone)
	}
	if masked(verifier) || masked(challenge) {
		if !masked(challenge) || (method != "plain" && method != string(flow.MethodOmitted)) {
			return PKCEReport{}, false
		}
		// Equal masks are equal secrets.
		match := verifier == challenge
		return PKCEReport{Match: &match}, true
	}
	in := PKCEInput{Verifier: verifier, HasVerifier: has, Challenge: challenge, HasChallenge: true, Method: method}
	if made, ok := r.t.Step(flow.StepVerifier).Value("code_verifier"); ok && made != verifier && !masked(made) {
		in.OtherVerifiers = []string{made}
	}
	return ReadPKCE(in), true
}

// because tells a mismatch and the mistake that led to it as one finding, and
// what is wrong besides as further ones.
func because(mismatch Finding, report PKCEReport) []Finding {
	var others []Finding
	told := false
	for _, m := range report.Mistakes {
		switch f := m.Finding(); {
		case m.ID == MistakeOtherVerifier: // the mismatch by another name
		case !told && m.proof():
			told = true
			mismatch.What += " " + m.What
			mismatch.Why = m.Why + " " + mismatch.Why
			mismatch.Try = m.Try
		default:
			others = append(others, f)
		}
	}
	return append([]Finding{mismatch}, others...)
}

// verifierMismatch recomputes what the provider compares: the challenge of the
// verifier that was sent, and the challenge that was sent.
func verifierMismatch(r *run) []Finding {
	if r.token == nil || r.authorize == nil || r.token.get("grant_type") != "authorization_code" {
		return nil
	}
	verifier, has := r.token.lookup("code_verifier")
	hasChallenge := r.authorize.has("code_challenge")
	switch {
	case !has && !hasChallenge:
		return nil
	case !has:
		return one(Finding{
			Code: "verifier-missing", Severity: SeverityError, Row: "code_verifier",
			What: "The token request has no code_verifier, and the authorize request had a code_challenge.",
			Why:  "The provider keeps the challenge with the code, so it wants the verifier. A client secret does not take its place.",
			Try:  "Send the verifier from which the challenge was made.",
			Refs: clauses("RFC 7636 section 4.5"),
		})
	case !hasChallenge:
		return one(Finding{
			Code: "verifier-unexpected", Severity: SeverityError, Row: "code_verifier",
			What: "The token request has a code_verifier, and the authorize request had no code_challenge.",
			Why:  "There is nothing to compare it with. A provider should refuse it (RFC 9700), or a thief could strip the challenge from the authorize request unseen; Entra was seen to refuse it with AADSTS501481.",
			Try:  "Send a challenge with the authorize request, or no verifier here.",
			Refs: clauses("RFC 9700 section 2.1.1"),
		})
	}
	report, ok := pairReport(r, verifier, true)
	if !ok || report.Match == nil || *report.Match {
		return nil
	}
	verb := "was"
	if r.pendingToken {
		verb = "will be"
	}
	f := Finding{
		Code: "verifier-mismatch", Severity: SeverityError, Row: "code_verifier",
		What: "The verifier that " + verb + " sent does not give the challenge that was sent.",
		Why:  "Computed again here: " + derivation(report, r) + " The provider does the same and refuses the code.",
		Try:  "Send the verifier that the challenge was made from. It is lost when a second tab or a second server began its own sign-in, or when it was changed on its way.",
		Refs: clauses("RFC 7636 section 4.6"),
	}
	return because(f, report)
}

// derivation says what the verifier should have led to.
func derivation(report PKCEReport, r *run) string {
	sent := r.authorize.get("code_challenge")
	switch method := r.authorize.get("code_challenge_method"); method {
	case "S256":
		return "the verifier's S256 challenge is " + report.Challenge.S256 + ", and the challenge that was sent is " + short(sent, 140) + "."
	default:
		return "with the method plain the two must be the same text, and they are not."
	}
}

// pkceNotAdvertised looks for code_challenge_methods_supported (RFC 8414).
func pkceNotAdvertised(r *run) []Finding {
	if r.metadata == nil || !r.metadata.has("issuer") || r.metadata.has("code_challenge_methods_supported") {
		return nil
	}
	f := Finding{
		Code: "pkce-not-advertised", Severity: SeverityWarning, Row: "code_challenge_methods_supported",
		What: "The metadata does not list code_challenge_methods_supported.",
		Why:  "RFC 8414 reads this as: no PKCE. Clients that go by it refuse to start, or leave PKCE out.",
		Try:  "Send the challenge all the same: a provider that does not know it must ignore it. Whether it is enforced shows when a wrong verifier is refused.",
		Refs: clauses("RFC 8414 section 2"),
	}
	if r.prov.microsoft {
		f.Severity = SeverityInfo
		f.Why = "RFC 8414 reads this as: no PKCE. Entra leaves the member out all the same, and documents S256 and plain. Clients that go by the metadata refuse to start, or leave PKCE out."
		f.Try = "Where a client refuses because of it, tell that client that PKCE is supported."
	}
	return one(f)
}

func methodNotAdvertised(r *run) []Finding {
	methods := r.t.Config.Provider.CodeChallengeMethods
	if len(methods) == 0 || !r.authorize.has("code_challenge") {
		return nil
	}
	method := r.authorize.get("code_challenge_method")
	if method == "" {
		method = "plain"
	}
	if slices.Contains(methods, method) {
		return nil
	}
	return one(Finding{
		Code: "method-not-advertised", Severity: SeverityWarning, Row: "code_challenge_method",
		What: fmt.Sprintf("The metadata lists %s, and this request uses %s.", strings.Join(methods, " and "), short(method, 40)),
		Why:  "The provider will probably refuse the request.",
		Try:  "Use one of the methods that it lists, S256 if it is there.",
		Refs: clauses("RFC 8414 section 2"),
	})
}

// pkceProven says what a successful run shows that the metadata did not.
func pkceProven(r *run) []Finding {
	if r.t.Step(flow.StepToken).Status != flow.StatusOK || r.metadata == nil ||
		r.metadata.has("code_challenge_methods_supported") || r.authorize.get("code_challenge_method") != "S256" {
		return nil
	}
	return one(Finding{
		Code: "pkce-accepted-though-not-advertised", Severity: SeverityInfo, Row: "code_verifier",
		What: "S256 was accepted, though the metadata does not list it.",
		Why:  "The code was redeemed with the right verifier. That the provider would refuse a wrong one is not shown by that.",
		Try:  "Change one character of code_verifier in a second run: a provider that enforces PKCE refuses the code.",
	})
}
