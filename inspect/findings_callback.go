package inspect

import (
	"fmt"

	"github.com/pkcescope/pkcescope/flow"
)

// callbackRules are about what came to the redirect URI.
func callbackRules() []rule {
	return []rule{
		{flow.StepCallback, refusedResponses},
		{flow.StepCallback, issuerOfResponse},
		{flow.StepCallback, strayRequests},
		{flow.StepCallback, pastedCode},
	}
}

// refusedResponses tells of responses that were recorded and not taken.
func refusedResponses(r *run) []Finding {
	texts := map[flow.Verdict]Finding{
		flow.VerdictWrongState: {
			Code: "wrong-state", Severity: SeverityError, Row: "state",
			What: "A response came with another state, and was not taken.",
			Why:  "It does not belong to this run: it comes from an earlier tab, or somebody is trying to slip in a code of their own.",
			Try:  "Sign in through the URL of this run, in one tab. If it happens again, look at who sends the request.",
			Refs: clauses("RFC 6749 section 10.12"),
		},
		flow.VerdictMissingState: {
			Code: "missing-state", Severity: SeverityError, Row: "state",
			What: "A response came without a state, and was not taken.",
			Why:  "A state was sent, and the provider must return it. Without it nothing ties the code to this run.",
			Try:  "Sign in through the URL of this run. If the provider drops the state, report it there.",
			Refs: clauses("RFC 6749 section 4.1.2"),
		},
		flow.VerdictUnverifiedError: {
			Code: "unverified-error", Severity: SeverityWarning, Row: "error",
			What: "An error came that nothing ties to this run.",
			Why:  "Its state is missing or another one, so anybody may have sent it. It does not end the run.",
			Try:  "Look at the browser: if it shows the same error, it is real. Otherwise leave it.",
			Refs: clauses("RFC 6749 section 4.1.2.1"),
		},
		flow.VerdictWrongHost: {
			Code: "wrong-host", Severity: SeverityWarning, Row: "Host",
			What: "A request came for a host that is not this machine, and was not taken.",
			Why:  "A web page can make a name of its own point to this machine (DNS rebinding), and send requests here.",
			Try:  "Close other browser tabs; use the redirect URI as it is registered.",
		},
		flow.VerdictDuplicate: {
			Code: "duplicate-response", Severity: SeverityWarning, Row: "code",
			What: "A second response came after the one that was taken.",
			Why:  "A page that is loaded again sends its code again. The first one counts.",
			Try:  "Nothing, if you reloaded the page. Otherwise find out who else has the response.",
		},
		flow.VerdictNoTrust: {
			Code: "certificate-not-taken", Severity: SeverityWarning,
			What: "The browser came back, and did not take the certificate of the callback.",
			Why:  "It was made for this run and nobody vouches for it, so the browser broke the connection off before it sent anything, and shows a warning.",
			Try:  "In the browser choose Advanced and go on to localhost, once you have compared the certificate's SHA-256 fingerprint. Or paste the address that the warning stands at: the response is in it.",
		},
	}
	counts := map[flow.Verdict]int{}
	var out []Finding
	for _, ex := range r.t.Step(flow.StepCallback).Exchanges {
		f, ok := texts[ex.Verdict]
		if !ok {
			continue
		}
		if counts[ex.Verdict]++; counts[ex.Verdict] > 1 {
			continue
		}
		if ex.Verdict == flow.VerdictUnverifiedError {
			p := requestParams(ex.Request)
			f.What = "An error came that nothing ties to this run: " + short(p.get("error"), 60) + "."
			if d := p.get("error_description"); d != "" {
				f.Why += " It says: " + short(d, 300)
			}
		}
		out = append(out, f)
	}
	for i := range out {
		for v, n := range counts {
			if n > 1 && texts[v].Code == out[i].Code {
				out[i].What += fmt.Sprintf(" (%d times)", n)
			}
		}
	}
	return out
}

// issuerOfResponse is about the iss parameter of RFC 9207.
func issuerOfResponse(r *run) []Finding {
	if r.callback == nil || !r.callback.has("code") && !r.callback.has("error") {
		return nil
	}
	iss, has := r.callback.lookup("iss")
	expected, _ := r.issuer()
	promised := r.t.Config.Provider.AuthorizationResponseIss || r.metadata.get("authorization_response_iss_parameter_supported") == "true"
	switch {
	case has && expected != "" && iss != expected:
		return one(Finding{
			Code: "issuer-mismatch", Severity: SeverityError, Row: "iss",
			What: "The response comes from " + short(iss, 120) + ", and " + short(expected, 120) + " was asked.",
			Why:  "The two must be the same, or a code could be sent to the wrong provider (a mix-up).",
			Try:  "Check the issuer in the settings. If it is right, do not use the code.",
			Refs: clauses("RFC 9207 section 2.4"),
		})
	case !has && promised && !r.callback.has("id_token"):
		return one(Finding{
			Code: "missing-iss", Severity: SeverityError, Row: "iss",
			What: "The response does not name its issuer, although the metadata promises it.",
			Why:  "A provider that says it sends iss must always send it. A response without it may be from somebody else.",
			Try:  "Sign in again. If iss is still missing, report it to the provider.",
			Refs: clauses("RFC 9207 section 2.4"),
		})
	}
	return nil
}

func strayRequests(r *run) []Finding {
	n := 0
	s := r.t.Step(flow.StepCallback)
	for _, ex := range s.Exchanges {
		if ex.Verdict == flow.VerdictStray {
			n++
		}
	}
	if s.Unrecorded > 0 {
		return one(Finding{
			Code: "callback-flood", Severity: SeverityWarning,
			What: "The listener was flooded: " + count(s.Unrecorded, "request") + " came besides those that are recorded.",
			Why:  "None of them was the response, and none changed anything. Some program on this machine, or a page in a browser, sends them.",
			Try:  "Close other tabs, and end what probes the port. Their headers, in the recorded ones, may say what it is.",
		})
	}
	if n == 0 {
		return nil
	}
	return one(Finding{
		Code: "stray-request", Severity: SeverityInfo,
		What: count(n, "request") + " came to the listener that had nothing to do with the sign-in.",
		Why:  "Browsers ask for an icon, and other programs probe open ports. They were recorded and changed nothing.",
		Try:  "Nothing.",
	})
}

func pastedCode(r *run) []Finding {
	if r.callback == nil || !r.callback.has("code") || r.callback.has("state") || r.authorize.get("state") == "" {
		return nil
	}
	return one(Finding{
		Code: "pasted-code", Severity: SeverityInfo, Row: "state",
		What: "The code was handed over without its state.",
		Why:  "So nothing shows that it belongs to this run, except that you say so.",
		Try:  "Paste the whole redirect URL instead: then the state is compared.",
		Refs: clauses("RFC 6749 section 10.12"),
	})
}
