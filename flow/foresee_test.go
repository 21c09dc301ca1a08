package flow_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/pkcescope/pkcescope/flow"
)

// refusing is a transport that lets nothing out but the metadata.
type refusing struct {
	t    *testing.T
	next http.RoundTripper
	sent *int
}

func (r refusing) RoundTrip(req *http.Request) (*http.Response, error) {
	*r.sent++
	if !strings.HasSuffix(req.URL.Path, "/.well-known/openid-configuration") {
		r.t.Errorf("%s was sent", req.URL)
	}
	return r.next.RoundTrip(req)
}

func TestWhatARunWouldSendIsSeenWithoutSendingIt(t *testing.T) {
	known := flow.Provider{
		AuthorizationEndpoint: "https://op.example/auth", TokenEndpoint: "https://op.example/token", PAREndpoint: "https://op.example/par",
	}
	for name, row := range map[string]struct {
		config flow.Config
		steps  []flow.StepID
	}{
		"endpoints alone":             {flow.Config{Provider: known}, []flow.StepID{flow.StepAuthorize, flow.StepToken}},
		"an issuer and its endpoints": {flow.Config{Issuer: "https://op.example", Provider: known}, []flow.StepID{flow.StepAuthorize, flow.StepToken}},
		"a pushed request": {
			flow.Config{Issuer: "https://op.example", Provider: known, Protection: flow.Protection{PAR: true}},
			[]flow.StepID{flow.StepPAR, flow.StepAuthorize, flow.StepToken},
		},
	} {
		t.Run(name, func(t *testing.T) {
			sent := 0
			row.config.ClientID, row.config.RedirectURI = "client-1", "http://localhost/cb"
			tr, err := flow.Foresee(context.Background(), row.config, flow.Options{Transport: refusing{t, http.DefaultTransport, &sent}})
			if err != nil || sent != 0 {
				t.Fatalf("%d requests, %v", sent, err)
			}
			for _, id := range row.steps {
				s := tr.Step(id)
				if len(s.Exchanges) != 1 || s.Exchanges[0].Response != nil || s.Status != flow.StatusPending {
					t.Fatalf("%s: %s, %d exchanges", id, s.Status, len(s.Exchanges))
				}
				r := s.Exchanges[0].Request
				if all := r.URL + string(r.Body); !strings.Contains(all, "redirect_uri=http%3A%2F%2Flocalhost%2Fcb") {
					t.Errorf("%s does not name the redirect URI as it is registered: %s", id, all)
				}
			}
		})
	}
}
