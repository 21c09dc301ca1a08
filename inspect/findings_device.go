package inspect

import "github.com/pkcescope/pkcescope/flow"

// deviceRules are about RFC 8628: a sign-in on another device.
func deviceRules() []rule {
	return []rule{
		{flow.StepDevice, deviceCanBePhished},
		{flow.StepDevice, pageOfAnother},
		{flow.StepToken, polledTooFast},
	}
}

// deviceCanBePhished says what this flow cannot prevent.
func deviceCanBePhished(r *run) []Finding {
	if r.device == nil {
		return nil
	}
	f := Finding{
		Code: "device-code-phishing", Severity: SeverityInfo, Row: "user_code",
		What: "Nothing ties the user code to the person who begins this flow.",
		Why:  "Somebody else can begin it and have the code typed by the person they are after. The sign-in page is the real one, a second factor is asked for, and the tokens go to them.",
		Try:  "Use the authorization code flow with PKCE where a browser can be opened on the same machine.",
		Refs: clauses("RFC 8628 section 5.4"),
	}
	if r.prov.microsoft {
		f.Try += " In Entra, block the device code flow by a Conditional Access policy (condition Authentication flows) wherever it is not needed."
		f.Refs = append(f.Refs, clauses("Entra: block authentication flows <https://learn.microsoft.com/en-us/entra/identity/conditional-access/policy-block-authentication-flows>")...)
	}
	return one(f)
}

// pageOfAnother looks at where the person is sent.
func pageOfAnother(r *run) []Finding {
	s := r.t.Step(flow.StepDevice)
	page, _ := s.Value("verification_uri")
	complete, ok := s.Value("verification_uri_complete")
	if !ok || hostOf(page) == hostOf(complete) {
		return nil
	}
	return one(Finding{
		Code: "verification-page-elsewhere", Severity: SeverityWarning, Row: "verification_uri_complete",
		What: "The two addresses of the page where the code is typed are of different hosts: " + short(hostOf(page), 80) + " and " + short(hostOf(complete), 80) + ".",
		Why:  "The second is the first with the code filled in. People are told to look at the host before they sign in.",
		Try:  "Ask the provider which of the two is its own.",
		Refs: clauses("RFC 8628 section 3.3.1"),
	})
}

// polledTooFast tells of every slow_down.
func polledTooFast(r *run) []Finding {
	n := 0
	for _, ex := range r.t.Step(flow.StepToken).Exchanges {
		if ex.Response != nil && polls(ex) && answer(&ex).get("error") == "slow_down" {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	times := "once"
	if n > 1 {
		times = count(n, "time")
	}
	return one(Finding{
		Code: "device-slow-down", Severity: SeverityInfo, Row: "error",
		What: "The provider asked " + times + " for slower polls.",
		Why:  "Each slow_down adds 5 seconds between two polls, for good.",
		Try:  "Nothing: this program waits longer from then on. A client that does not is refused.",
		Refs: clauses("RFC 8628 section 3.5"),
	})
}
