package practice

import (
	"context"
	"strings"
	"testing"

	"github.com/pkcescope/pkcescope/flow"
)

func TestThePlayedBrowserReportsWhatThePageSays(t *testing.T) {
	p := newPlay(t, Options{})
	u := p.s.URL + "/" + p.authority + "/oauth2/v2.0/authorize?" + edit(p.params(), []string{"redirect_uri", "https://attacker.example/"}).Encode()
	err := p.s.Browser().Open(context.Background(), u, func(flow.Exchange) {})
	e, ok := err.(*flow.Error) //nolint:errorlint // the type is the contract
	if !ok || e.Kind != flow.KindServer || !strings.HasPrefix(e.What, "AADSTS50011: ") || e.Try == "" {
		t.Errorf("err = %#v", err)
	}
}

// What cannot be listened to is not requested: the person pastes it.
func TestThePlayedBrowserStopsBeforeForeignAddresses(t *testing.T) {
	p := newPlay(t, Options{})
	u := p.s.URL + "/" + p.authority + "/oauth2/v2.0/authorize?" +
		edit(p.params(), []string{"redirect_uri", "msal" + p.app.ClientID + "://auth"}).Encode()
	var last flow.Exchange
	if err := p.s.Browser().Open(context.Background(), u, func(x flow.Exchange) { last = x }); err != nil {
		t.Fatal(err)
	}
	if last.Response == nil || !strings.HasPrefix(last.Response.Header.Get("Location"), "msal"+p.app.ClientID+"://auth") {
		t.Errorf("the last hop is %+v", last.Request)
	}
}
