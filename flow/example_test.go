package flow_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/pkcescope/pkcescope/flow"
)

// follower is a browser that only follows redirects.
type follower struct{}

func (follower) Played() bool { return true }

func (follower) Open(ctx context.Context, url string, _ func(flow.Exchange)) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// A whole walk against a provider that signs everybody in.
func Example() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /authorize", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		http.Redirect(w, r, q.Get("redirect_uri")+"?code=the-code&state="+q.Get("state"), http.StatusFound)
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "a-token", "token_type": "Bearer", "expires_in": 3600})
	})
	provider := httptest.NewServer(mux)
	defer provider.Close()

	walk, err := flow.New(flow.Config{
		ClientID:    "6731de76-14a6-49ae-97bc-6eba6914391e",
		RedirectURI: "http://127.0.0.1",
		Scopes:      []string{"User.Read"},
		Verifier:    "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
		Provider: flow.Provider{
			AuthorizationEndpoint: provider.URL + "/authorize",
			TokenEndpoint:         provider.URL + "/token",
		},
	}, flow.Options{Browser: follower{}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = walk.Close() }()

	for {
		pending, ok := walk.Pending()
		if !ok {
			break
		}
		if err := walk.Next(context.Background()); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(pending.Step, walk.Transcript().Step(pending.Step).Status)
	}
	challenge, _ := walk.Transcript().Step(flow.StepChallenge).Value("code_challenge")
	fmt.Println(challenge)
	// Output:
	// verifier ok
	// challenge ok
	// authorize ok
	// callback ok
	// token ok
	// E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM
}
