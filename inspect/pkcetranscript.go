package inspect

import (
	"maps"
	"net/url"
	"slices"

	"github.com/pkcescope/pkcescope/flow"
)

// PKCEOfTranscript reads what a run sent of PKCE: the challenge of its
// authorization request and the verifier of its token request, or the verifier
// that was made for it if no token request has gone out. What the transcript
// holds only as a mask is not known. Values are not masked here: see
// [flow.Redactor].
func PKCEOfTranscript(t flow.Transcript) PKCEInput {
	var in PKCEInput
	authorize, sent := sentParameters(t.Step(flow.StepAuthorize), "client_id")
	if !sent {
		authorize = valuesOf(t.Step(flow.StepChallenge))
	}
	in.Challenge = authorize.Get("code_challenge")
	in.HasChallenge = (sent || in.Challenge != "") && !masked(in.Challenge)
	in.Method = authorize.Get("code_challenge_method")
	switch {
	case in.Challenge == "" && sent:
		in.Method = string(flow.MethodNone)
	case in.Challenge != "" && in.Method == "":
		in.Method = string(flow.MethodOmitted)
	}

	made, _ := t.Step(flow.StepVerifier).Value("code_verifier")
	if made != "" && !masked(made) {
		in.OtherVerifiers = append(in.OtherVerifiers, made)
	}
	token, sent := sentParameters(t.Step(flow.StepToken), "grant_type")
	if !sent {
		in.Verifier, in.HasVerifier = made, made != ""
	} else {
		in.Verifier, in.HasVerifier = token.Get("code_verifier"), true
		if in.Verifier == "" {
			in.SentAs, in.Verifier = verifierElsewhere(in, token)
		}
	}
	if masked(in.Verifier) {
		in.Verifier, in.HasVerifier = "", false
	}
	if !in.HasChallenge {
		in.Challenge = ""
	}
	return in
}

// sentParameters returns the parameters of the last request of a step that
// went out and carries the named one, in its query or its form body.
func sentParameters(s flow.Step, with string) (url.Values, bool) {
	for _, x := range slices.Backward(s.Exchanges) {
		if x.Actor == flow.ActorAttacker {
			continue
		}
		all := url.Values{}
		if u, err := url.Parse(x.Request.URL); err == nil {
			all = u.Query()
		}
		if form, err := url.ParseQuery(string(x.Request.Body)); err == nil {
			for name, values := range form {
				all[name] = append(all[name], values...)
			}
		}
		if all.Has(with) {
			return all, true
		}
	}
	return nil, false
}

func valuesOf(s flow.Step) url.Values {
	all := url.Values{}
	for _, v := range s.Values {
		all.Set(v.Name, v.Value)
	}
	return all
}

// verifierElsewhere looks for the verifier among the other parameters of a
// token request: a value that gives the challenge, or that the run had made.
func verifierElsewhere(in PKCEInput, token url.Values) (name, value string) {
	for _, name := range slices.Sorted(maps.Keys(token)) {
		for _, v := range token[name] {
			if v == "" || v == in.Challenge && !in.plain() {
				continue
			}
			if slices.Contains(in.OtherVerifiers, v) || in.HasChallenge && in.expected(v) == in.Challenge {
				return name, v
			}
		}
	}
	return "", ""
}
