package inspect

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// besideReference looks for parameters of the authorize request that stand
// beside a pushed request or a request object: a provider goes by what is inside
// alone, whatever the address says (RFC 9101 section 6.3, to which RFC 9126
// section 4 refers). Those of the endpoint's own address are the provider's.
func besideReference(r *run) []Finding {
	reference := ""
	switch {
	case r.outside.get("request_uri") != "":
		reference = "request_uri"
	case r.outside.get("request") != "":
		reference = "request"
	default:
		return nil
	}
	own := requestParams(flow.Request{URL: r.t.Config.Provider.AuthorizationEndpoint})
	var names, told []string
	for _, x := range r.outside.list {
		value, known := r.inside.lookup(x.Name)
		// OpenID Connect Core sections 6.1 and 6.2 want response_type and scope
		// outside as well, the same as inside.
		repeats := known && value == x.Value || !known && r.inside == nil && (x.Name == "response_type" || x.Name == "scope")
		if x.Name == "client_id" || x.Name == reference || repeats || slices.Contains(own.list, x) || slices.Contains(names, x.Name) {
			continue
		}
		names = append(names, x.Name)
		switch {
		case known:
			told = append(told, short(x.Name, 60)+" has another value inside")
		case r.inside != nil:
			told = append(told, short(x.Name, 60)+" is not inside")
		}
	}
	if names == nil {
		return nil
	}
	f := Finding{
		Code: "beside-pushed-request", Severity: SeverityWarning, Row: names[0],
		What: fmt.Sprintf("What stands beside request_uri is ignored: %s.", short(strings.Join(names, ", "), 160)),
		Why:  "A provider that keeps to the RFC goes by the request that was pushed, and takes nothing of the address but client_id and request_uri.",
		Try:  "Go back to the pushed request (the step par), change it there and push it again.",
		Refs: clauses("RFC 9126 section 4", "RFC 9101 section 6.3"),
	}
	if reference == "request" {
		f.Code = "beside-request-object"
		f.What = fmt.Sprintf("What stands beside the request object is ignored: %s.", short(strings.Join(names, ", "), 160))
		f.Why = "A provider that keeps to RFC 9101 goes by what is in the request object alone, even where the address says something else. By OpenID Connect Core section 6.1 it may take what is outside alone."
		f.Try = "Change it inside the request object, before that is signed."
		f.Refs = clauses("RFC 9101 section 6.3", "OpenID Connect Core 1.0 section 6.1 <https://openid.net/specs/openid-connect-core-1_0.html#RequestObject>")
	}
	if told != nil {
		f.Why += " Here " + strings.Join(told, "; ") + "."
	}
	return one(f)
}
