package lab

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// ProtectedResource is what a resource says of itself to a client without a
// token: by its refusal, and by its metadata (RFC 9728). Clients of the Model
// Context Protocol find their authorization server that way.
type ProtectedResource struct {
	URL string
	// Refusal is the answer of the resource.
	Refusal flow.Exchange
	// Pointed is the address of the metadata in the refusal's WWW-Authenticate
	// (RFC 9728 section 5.1), "" if it has none.
	Pointed string
	// Metadata are the requests for the metadata, the last of them the one that
	// was answered, if one was.
	Metadata []flow.Exchange
}

var resourceMetadata = regexp.MustCompile(`(?i)\bresource_metadata\s*=\s*"?([^",\s]+)`)

const wellKnownResource = "/.well-known/oauth-protected-resource"

// askResource asks the resource at the URL, and then for its metadata: at the
// address it names, else at the well-known ones, that for the path first.
func askResource(ctx context.Context, at string, t http.RoundTripper) (*ProtectedResource, error) {
	r := &ProtectedResource{URL: at}
	u, err := url.Parse(at)
	if err != nil || u.Host == "" {
		return r, nil //nolint:nilerr // a URN is a resource as well, and cannot be asked
	}
	if r.Refusal, err = fetch(ctx, at, t); err != nil {
		return r, err
	}
	places := []string{u.Scheme + "://" + u.Host + wellKnownResource + strings.TrimSuffix(u.EscapedPath(), "/")}
	if root := u.Scheme + "://" + u.Host + wellKnownResource; root != places[0] {
		places = append(places, root)
	}
	if r.Refusal.Response != nil {
		for _, challenge := range r.Refusal.Response.Header.Values("WWW-Authenticate") {
			if m := resourceMetadata.FindStringSubmatch(challenge); m != nil {
				r.Pointed = m[1]
				places = []string{m[1]}
				break
			}
		}
	}
	for _, place := range places {
		x, err := fetch(ctx, place, t)
		if err != nil {
			return r, err
		}
		r.Metadata = append(r.Metadata, x)
		if x.Response != nil && x.Response.Status == http.StatusOK {
			break
		}
	}
	return r, nil
}
