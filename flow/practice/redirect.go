package practice

import (
	"net/url"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// brokenRedirects are the rules of redirect URIs that are not kept.
type brokenRedirects struct{ exactPort, loose bool }

func (c *call) brokenRedirects() brokenRedirects {
	return brokenRedirects{exactPort: c.has(FaultExactPort), loose: c.has(FaultLooseRedirect)}
}

// matchRedirect finds the platform under which the redirect URI is registered.
// The rules are those of
// https://learn.microsoft.com/entra/identity-platform/reply-url, but for those
// that are broken.
func matchRedirect(r Registration, redirect string, broken brokenRedirects) (flow.Platform, bool) {
	u, err := url.Parse(redirect)
	if err != nil {
		return "", false
	}
	// An exact match goes before one that ignores the port. Of two that differ
	// by port alone Entra "will pick one arbitrarily"; we pick the first.
	for _, p := range r.redirects() {
		for _, registered := range p.uris {
			if registered == redirect {
				return p.platform, true
			}
		}
	}
	for _, p := range r.redirects() {
		for _, registered := range p.uris {
			if redirectMatches(r.SupportedAccounts, registered, u, broken) {
				return p.platform, true
			}
		}
	}
	return "", false
}

// redirectMatches compares one registered redirect URI with the one in the
// request. Scheme and host are compared without regard to case, the path with.
func redirectMatches(audience Audience, registered string, asked *url.URL, broken brokenRedirects) bool {
	reg, err := url.Parse(registered)
	if err != nil {
		return false
	}
	if !strings.EqualFold(reg.Scheme, asked.Scheme) || reg.RawQuery != asked.RawQuery ||
		asked.User != nil || asked.Fragment != "" || reg.Opaque != asked.Opaque {
		return false
	}
	if !hostMatches(audience, reg, asked, broken.exactPort) {
		return false
	}
	// A URI without a path and one with the path "/" are the same; otherwise a
	// trailing slash counts.
	want, got := reg.EscapedPath(), asked.EscapedPath()
	if broken.loose {
		want, got = strings.ToLower(strings.TrimSuffix(want, "/")), strings.ToLower(strings.TrimSuffix(got, "/"))
	}
	if (want == "" || want == "/") && (got == "" || got == "/") {
		return true
	}
	if prefix, ok := strings.CutSuffix(want, "*"); ok && wildcards(audience) {
		return strings.HasPrefix(got, prefix)
	}
	return want == got
}

func hostMatches(audience Audience, reg, asked *url.URL, exactPort bool) bool {
	// "The port component (for example, :5001 or :443) is ignored for the
	// purposes of matching a localhost redirect URI." The documented examples
	// are all http://localhost. That 127.0.0.1 and https://localhost keep their
	// port is unproven.
	if !exactPort && isHTTPLocalhost(reg) && isHTTPLocalhost(asked) {
		return true
	}
	if portOf(reg) != portOf(asked) {
		return false
	}
	want, got := strings.ToLower(reg.Hostname()), strings.ToLower(asked.Hostname())
	if suffix, ok := strings.CutPrefix(want, "*"); ok && wildcards(audience) {
		label, ok := strings.CutSuffix(got, suffix)
		return ok && label != "" && !strings.Contains(label, ".")
	}
	return want == got
}

// wildcards says whether wildcard redirect URIs work at all: "only for apps
// that sign in work or school accounts".
func wildcards(a Audience) bool { return a == MyOrg || a == MultipleOrgs }

func isHTTPLocalhost(u *url.URL) bool {
	return strings.EqualFold(u.Scheme, "http") && strings.EqualFold(u.Hostname(), "localhost")
}

func portOf(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	switch strings.ToLower(u.Scheme) {
	case "http":
		return "80"
	case "https":
		return "443"
	}
	return ""
}

// responseURL is where a response in the query or fragment goes: Entra appends
// a slash to a redirect URI that has no path.
func responseURL(redirect string) string {
	u, err := url.Parse(redirect)
	if err != nil || u.Host == "" || u.Path != "" {
		return redirect
	}
	u.Path = "/"
	return u.String()
}
