package lab

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

// noAnswer counts what it is asked.
type noAnswer struct{ asked int }

func (n *noAnswer) RoundTrip(*http.Request) (*http.Response, error) {
	n.asked++
	return nil, errors.New("no answer")
}

// An address that a provider publishes is asked over TLS only: a checkup that
// took keys from whoever is on the way would call them the provider's.
func TestWhatAProviderPublishesIsAskedForOverTLS(t *testing.T) {
	for at, asked := range map[string]int{
		"https://idp.example/keys": 1, "http://127.0.0.1:1/keys": 1, "http://idp.example/keys": 0, "http://127.example.com/keys": 0,
	} {
		var n noAnswer
		x, err := fetch(t.Context(), at, &n)
		if err != nil || n.asked != asked || x.Error == nil || asked == 0 && !strings.Contains(x.Error.What, "not https") {
			t.Errorf("%s: asked %d times, %v, %v", at, n.asked, x.Error, err)
		}
	}
}
