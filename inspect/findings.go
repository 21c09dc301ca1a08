package inspect

import (
	"slices"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// rule looks at a run and says what the person should know about one step. A
// rule that has nothing to say returns nothing.
type rule struct {
	step  flow.StepID
	check func(*run) []Finding
}

// rules returns every rule, by theme.
func rules() []rule {
	return slices.Concat(pkceRules(), requestRules(), callbackRules(), answerRules(), deviceRules(), apiRules(), serverRules(), captureRules())
}

// findingsOf applies every rule, then what the diagnosis of a failed step adds,
// and gives the findings by step. What depends on the time, the tokens' checks
// add afterwards.
func findingsOf(r *run) map[flow.StepID][]Finding {
	out := map[flow.StepID][]Finding{}
	for _, rule := range rules() {
		out[rule.step] = append(out[rule.step], rule.check(r)...)
	}
	for id, lost := range lossFindings(r.t) {
		out[id] = append(out[id], lost...)
	}
	for _, s := range r.t.Steps {
		if s.Status != flow.StatusFailed {
			continue
		}
		causes, told := causesOf(r, s), false
		if i := slices.IndexFunc(out[s.ID], proved); i >= 0 {
			// What is proved need not be guessed as well.
			causes, told = leftToTell(causes, &out[s.ID][i])
		}
		// A cause says more than the error code alone.
		said := slices.DeleteFunc(out[s.ID], func(f Finding) bool {
			return f.Row == "error" && (told || slices.ContainsFunc(causes, func(c suspect) bool { return c.Code == f.Code }))
		})
		// A cause comes before what holds for every refusal of that code.
		at := slices.IndexFunc(said, func(f Finding) bool { return f.Row == "error" && f.Code == generic(s) })
		if at < 0 {
			at = len(said)
		}
		for i, c := range causes {
			said = slices.Insert(said, at+i, c.Finding)
		}
		out[s.ID] = said
	}
	return out
}

// leftToTell returns the causes that are another story than what is proved, and
// whether the likeliest one was the same story. Where that one can be read
// about goes to the proof.
func leftToTell(causes []suspect, proof *Finding) (left []suspect, told bool) {
	for i, c := range causes {
		switch {
		case i > 0: // what it may be instead
		case strings.HasPrefix(c.id, "pkce-") && strings.HasPrefix(proof.Code, "verifier-"), strings.HasPrefix(c.id, proof.Code),
			strings.HasPrefix(c.id, "client-") && proof.Code == certificateNotAsked:
			told = true
			for _, ref := range c.Refs {
				if !slices.Contains(proof.Refs, ref) {
					proof.Refs = append(proof.Refs, ref)
				}
			}
		default:
			left = append(left, c)
		}
	}
	return left, told
}

func findingsOfTokens(tokens []Token) []Finding {
	var out []Finding
	for _, tok := range tokens {
		out = append(out, tokenFindings(tok)...)
	}
	return out
}

// proved reports whether a finding was shown by comparing what was sent, and
// so explains a refusal by itself.
func proved(f Finding) bool {
	switch f.Code {
	case "verifier-mismatch", "verifier-missing", "verifier-unexpected", "redirect-uri-differs", "client-id-differs":
		return true
	case certificateNotAsked:
		return f.Severity == SeverityError
	}
	return false
}

// inOrder sorts findings, the gravest first, and keeps one of each code that is
// about the same thing.
func inOrder(list []Finding) []Finding {
	rank := map[Severity]int{SeverityError: 0, SeverityWarning: 1, SeverityInfo: 2}
	slices.SortStableFunc(list, func(a, b Finding) int { return rank[a.Severity] - rank[b.Severity] })
	type key struct{ code, row string }
	seen := map[key]bool{}
	return slices.DeleteFunc(list, func(f Finding) bool {
		k := key{f.Code, f.Row}
		twice := seen[k]
		seen[k] = true
		return twice
	})
}

func one(f Finding) []Finding { return []Finding{f} }

// clauses makes references of clauses.
func clauses(texts ...string) []Ref {
	refs := make([]Ref, len(texts))
	for i, t := range texts {
		refs[i] = parseRef(t)
	}
	return refs
}

func (r *reader) fileFinding(f Finding) Finding   { return mapFinding(f, r.mask) }
func (r *reader) screenFinding(f Finding) Finding { return mapFinding(f, r.text) }

// mapFinding applies fn to every text of f: findings quote what came from
// outside. Codes do not: see [ownCode].
func mapFinding(f Finding, fn func(string) string) Finding {
	f.What, f.Why, f.Try, f.Row = fn(f.What), fn(f.Why), fn(f.Try), fn(f.Row)
	return f
}

// tokenFindings makes a finding of each check that failed.
func tokenFindings(t Token) []Finding {
	var out []Finding
	name := strings.ReplaceAll(t.Name, "_", "-")
	if t.Problem != "" {
		out = append(out, Finding{
			Code: name + "-broken", Severity: SeverityError, Row: t.Name,
			What: "The " + tokenWords(t.Name) + " is not in the form of a token.", Why: t.Problem,
			Try: "Look at where it was copied or cut on its way. If it came like this from the provider, report it there.",
		})
	}
	out = append(out, overage(t)...)
	for _, c := range t.Checks {
		if c.Result != Fail {
			continue
		}
		f := Finding{
			Code: name + "-" + strings.ReplaceAll(c.ID, "_", "-"), Severity: SeverityError, Row: c.ID,
			What: "The " + tokenWords(t.Name) + " fails the check of " + c.ID + ": expected " + short(c.Expected, 120) + ", got " + short(orEmpty(c.Actual), 120) + ".",
			Why:  c.Why,
			Try:  checkRemedy(c.ID),
			Refs: clauses("OpenID Connect Core 1.0 section 3.1.3.7 <https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation>"),
		}
		if t.Name != "id_token" {
			f.Refs = clauses("RFC 7519 section 4.1")
		}
		out = append(out, f)
	}
	return out
}

// overage recognises a token that points to the groups instead of holding them.
func overage(t Token) []Finding {
	for _, c := range t.Claims {
		names, _ := c.Value.(map[string]any)
		if _, elsewhere := names["groups"]; c.Name == "hasgroups" || c.Name == "_claim_names" && elsewhere {
			return one(Finding{
				Code: "group-overage", Severity: SeverityInfo, Row: c.Name,
				What: "The person is in too many groups for the " + tokenWords(t.Name) + ", so it only says where they can be asked for.",
				Why:  "Entra lists at most 200 groups in a JWT. Code that looks for the claim groups finds none, and lets nobody in.",
				Try:  "Ask Microsoft Graph (/me/memberOf), or have only the groups that are assigned to the application put into tokens, or use app roles.",
				Refs: clauses("Entra: groups overage <https://learn.microsoft.com/en-us/entra/identity-platform/access-token-claims-reference#groups-overage-claim>"),
			})
		}
	}
	return nil
}

// checkRemedy says what to try when a check failed.
func checkRemedy(id string) string {
	switch id {
	case "signature", "kid":
		return "Fetch the keys again. If the check still fails, make sure that the keys and the token are of the same provider and tenant, and do not use the token."
	case "alg":
		return "Do not use the token. Fix in the client which algorithms it takes."
	case "iss":
		return "Compare the issuer in the settings with the one in the token, character by character: tenant, version (v2.0) and slash."
	case "aud", "azp":
		return "Check the client id in the settings. If the token is for another client, do not use it."
	case "exp", "nbf", "iat":
		return "Check this machine's clock first; then sign in again for a fresh token."
	case "nonce":
		return "Start again with a fresh request, in one browser tab. If it happens again, the client mixes up its sessions."
	case "at_hash", "c_hash":
		return "Use only tokens that came in the same answer."
	case "cnf":
		return "Show the token together with the certificate or key that it was asked for with. If it was asked for with this one, do not use the token."
	case "tid":
		return "Name the tenant in the issuer by its id, and sign in with an account of that tenant."
	}
	return "Sign in again."
}

// tokenWords turns the name of a member into words: "id_token" becomes "ID token".
func tokenWords(name string) string {
	s := strings.ReplaceAll(name, "_", " ")
	return strings.Replace(s, "id token", "ID token", 1)
}
