package inspect

import (
	"strings"
)

// redirectClues: redirect URIs.
func redirectClues() []clue {
	return []clue{
		{"redirect-uri-none-registered", Likely, all(aadsts(50011), says(
			"no reply address is registered", "no reply url", "no redirect uri is registered", "no reply address",
		))},
		{"redirect-uri-none-registered", Likely, all(says(
			"no registered redirect uri", "no redirect uri is registered", "no redirect_uri registered",
			"no redirect uris", "no reply address is registered", "callback url … not configured",
			"does not have any redirect", "client has no redirect",
		))},
		{"redirect-uri-none-registered", Likely, all(fact("client_declared", "machine", "m2m", "service", "bot", "signon url only"), says(
			"redirect",
		))},
		{"redirect-uri-none-registered", Possible, all(from("ping", "generic", ""), uncoded(), says(
			"redirect uri mismatch", "redirect_uri mismatch", "redirect_uri did not match",
		))},
		{"redirect-uri-missing-in-request", Likely, all(says(
			"no reply address provided", "missing parameter: redirect_uri", "missing required parameter: redirect_uri",
			"redirect_uri is required", "missing redirect_uri", "'redirect_uri' parameter is missing",
			"redirect_uri missing", "redirect_uri parameter is missing", "redirect uri is missing",
			"redirect_uri must be present", "the mandatory 'redirect_uri'",
		))},
		{"redirect-uri-http-behind-proxy", Likely, all(aadsts(50011), where(4, "an http URI on a public host name was sent, which Entra never registers", "redirect_uri", func(p *problem) bool { return publicHTTP(p.redirectURI()) }))},
		{"redirect-uri-http-behind-proxy", Likely, all(anyRedirectMismatch, told("behind a proxy", "behind proxy", "reverse proxy", "behind nginx", "behind traefik", "ingress", "load balancer", "tls-terminating", "tls terminat", "behind a load", "front door", "behind an"))},
		{"redirect-uri-http-behind-proxy", Possible, all(anyRedirectMismatch, where(2, "an http URI on a public host name was sent", "redirect_uri", func(p *problem) bool { return publicHTTP(p.redirectURI()) }))},
		{"redirect-uri-loopback-address", Likely, all(from("entra", "external-id"), anyRedirectMismatch, where(5, "127.0.0.1 was sent; Entra ignores the port for localhost only", "redirect_uri", func(p *problem) bool { return strings.Contains(p.redirectURI(), "127.0.0.1") }))},
		{"redirect-uri-not-registered", Likely, all(anyRedirectMismatch)},
		{"redirect-uri-not-registered", Possible, all(aadsts(50011))},
		{"redirect-uri-http-not-allowed", Likely, all(says(
			"https required", "is not using a secure scheme", "must use https",
			"http is only allowed for hosts with suffix", "insecure protocol", "insecure redirect",
			"redirect … must be https", "insecure_transport", "oauth 2 must utilize https",
			"https is required", "requires https", "isn't using a secure scheme", "http … not allowed",
			"redirect uri must use https", "redirect_uris must use https",
		), not(says("x509")))},
		{"redirect-uri-http-not-allowed", Likely, all(from("cognito"), says(
			"an error was encountered with the requested page", "redirect_mismatch",
		), where(4, "an http URI that is not localhost was sent", "redirect_uri", func(p *problem) bool {
			return strings.HasPrefix(p.redirectURI(), "http://") && !loopback(p.redirectURI())
		}))},
		{"redirect-uri-not-registered", Likely, all(from("cognito"), says("an error was encountered with the requested page"))},
		{"redirect-uri-malformed", Likely, all(says(
			"raw ip addresses not allowed", "invalid domain", "must be a valid top private domain",
			"redirect_uri must be absolute", "redirect uri … fragment", "redirect_uri … malformed", "not a valid url",
			"device_id and device_name are required for private ip",
			"non-public domains not allowed", "redirect_uri must not contain", "invalid scheme",
			"reply uri specified in the request is not a valid url", "invalid redirect_uri format",
		), not(anyRedirectMismatch))},
		{"redirect-uri-differs-at-token", Likely, all(says(
			"incorrect redirect_uri", "redirect_uri does not match the redirect_uri used", "redirect_uri does not match the one used", "redirect_uri did not match uri from initial request",
			"does not match the one from the authorize request", "expectedredirecturi",
			"redirect_uri … does not match the … authorization request", "redirect uri … sent … we expected",
			"redirect uri is wrong. you sent",
			"redirect_uri … not match … authorization code", "provided when requesting authorization code",
			"specified in the request … authorization code", "redirect_uri in the token request",
			"redirect_uri does not match the authorization", "redirect_uri must match … authorization",
			"redirect uri … used in the authorization request does not match", "redirect_uri … not the same",
			"'redirect_uri' … identical", "redirecturi passed to /authorize must also be passed",
			"redirect uri mismatch between",
		))},
		{"redirect-uri-differs-at-token", Likely, all(at("token"), oauth("redirect_uri_mismatch", "redirect_mismatch", "mismatching_redirect_uri"), not(from("entra")))},
		{"redirect-uri-differs-at-token", Likely, all(at("token"), where(5, "authorize and token requests carried different redirect URIs", "redirect_uri", (*problem).redirectsDiffer))},
		{"redirect-uri-not-registered", Possible, all(at("token"), oauth("redirect_uri_mismatch", "redirect_mismatch"))},
		{"callback-path-misconfigured", Likely, all(at("callback"), says(
			"cannot get /", "no route matches", "404 not found", "page not found", "this page could not be found",
			"404 … callback",
		), uncoded(), not(says("error=", "well-known")))},
		{"callback-path-misconfigured", Likely, all(at("callback"), status(404), not(says("error=")))},
		{"callback-path-misconfigured", Possible, all(oauth("bad_verification_code"))},
		{"callback-unreachable", Likely, all(at("callback", "authorize"), says(
			"err_connection_refused", "refused to connect", "this site can't be reached", "unable to connect",
			"address already in use", "eaddrinuse", "port is already", "loopback … not start", "err_unsafe_port",
		))},
		{"redirect-uri-differs-at-token", Likely, all(aadsts(70000), says(
			"access grant is invalid or malformed",
		), at("token", ""))},
		{"redirect-uri-differs-at-token", Possible, all(uncoded(), at("token", ""), oauth("invalid_grant"), not(fact("grant", "refresh")))},
	}
}
