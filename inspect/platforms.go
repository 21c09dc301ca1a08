package inspect

import "github.com/pkcescope/pkcescope/flow"

// Platforms is the token request of one client as a web app, a single-page app
// and a native app would send it, ready to be shown.
type Platforms struct {
	// Names are the platforms, in the order of every list here.
	Names []string
	// Same are the values in which they agree, Differ those in which not.
	Same, Differ []PlatformRow
	// Refused says for each platform why no request can be made there, for
	// example a key that is missing; "" where one can.
	Refused []string
	// Answers says what Entra ID answers when the registration's platform and
	// the request's are not the same.
	Answers []PlatformAnswer
}

// PlatformRow is one value of the requests; "" where it is not sent.
type PlatformRow struct {
	Name   string
	Values []string
}

// Same is the value where all requests that can be made agree in it.
func (r PlatformRow) Same() string {
	for _, v := range r.Values {
		if v != "" {
			return v
		}
	}
	return ""
}

// PlatformAnswer is what comes of a request of one platform to a redirect URI
// that is registered under another.
type PlatformAnswer struct {
	Registered, Sent flow.Platform
	// Code is the error, "AADSTS9002326", and Why says in a clause what it
	// objects to.
	Code, Why string
}

// platformAnswers are as documented for the platforms; the practice tenant
// gives them too.
var platformAnswers = []PlatformAnswer{
	{flow.PlatformWeb, flow.PlatformSPA, "AADSTS9002326", "a request with an Origin, and the redirect URI is not under Single-page application"},
	{flow.PlatformWeb, flow.PlatformNative, "AADSTS7000218", "no secret and no assertion, and the platform Web wants one"},
	{flow.PlatformSPA, flow.PlatformWeb, "AADSTS9002327", "no Origin, and tokens for a single-page app go to its page only"},
	{flow.PlatformSPA, flow.PlatformNative, "AADSTS9002327", "no Origin, and tokens for a single-page app go to its page only"},
	{flow.PlatformNative, flow.PlatformWeb, "AADSTS700025", "a secret, and the client is a public one"},
	{flow.PlatformNative, flow.PlatformSPA, "AADSTS9002326", "a request with an Origin, and the redirect URI is not under Single-page application"},
}

// ReadPlatforms compares the token requests of t's client. Secrets are masked
// unless reveal is true.
func ReadPlatforms(t flow.Transcript, reveal bool) Platforms {
	out := Platforms{Answers: platformAnswers}
	compared := flow.ComparePlatforms(t)
	var values []flow.Value
	for _, r := range compared.Requests {
		out.Names = append(out.Names, string(r.Platform))
		values = append(values, r.Values...)
		why := ""
		if r.Refused != nil {
			why = Clean(sentence(r.Refused.What))
		}
		out.Refused = append(out.Refused, why)
	}
	t.Steps = append(t.Steps, flow.Step{ID: "platforms", Values: values})
	mask := flow.NewRedactor(t).Mask
	for _, row := range compared.Rows {
		shown := PlatformRow{Name: Clean(row.Name)}
		for _, v := range row.Values {
			if !reveal && !standsFor(v) {
				v = mask(v)
			}
			shown.Values = append(shown.Values, Clean(ShowMasks(v)))
		}
		if row.Differs {
			out.Differ = append(out.Differ, shown)
		} else {
			out.Same = append(out.Same, shown)
		}
	}
	return out
}

// standsFor reports whether a value only stands for one that is not there yet.
func standsFor(v string) bool {
	return len(v) > 2 && v[0] == '<' && v[len(v)-1] == '>'
}
