package practice

import (
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestOfManyRedemptionsOneWins(t *testing.T) {
	p := newPlay(t, Options{})
	v := p.redemption(p.code(p.params()))
	codes := make([]int, 20)
	var all sync.WaitGroup
	for i := range codes {
		all.Go(func() { codes[i] = p.redeem(v).code() })
	}
	all.Wait()
	slices.Sort(codes)
	if codes[0] != 0 || codes[1] != 54005 {
		t.Errorf("codes = %v, want one success and 54005", codes)
	}
}

// The mark on a code is what decides between two that come at the same time.
func TestACodeIsMarkedOnce(t *testing.T) {
	g := newGrants()
	key := g.addCode(grant{})
	if !g.redeem(key) || g.redeem(key) {
		t.Error("a code is redeemed never or twice")
	}
	g.addDevice(device{code: "d", userCode: "u"})
	g.answerDevice("u", deviceApproved, grant{})
	if !g.redeemDevice("d") || g.redeemDevice("d") {
		t.Error("a device is served never or twice")
	}
}

func TestOldestCodesAreDropped(t *testing.T) {
	g := newGrants()
	first := g.addCode(grant{})
	for range maxCodes {
		g.addCode(grant{})
	}
	if _, ok := g.code(first); ok || len(g.codes.entries) != maxCodes {
		t.Errorf("%d codes are kept, and the oldest is among them: %v", len(g.codes.entries), ok)
	}
}

func TestRefreshTokensComeOnlyWithOfflineAccess(t *testing.T) {
	p := newPlay(t, Options{})
	r := p.redeem(p.redemption(p.code(edit(p.params(), []string{"scope", "openid User.Read"}))))
	if r.RefreshToken != "" || r.IDToken == "" || r.Scope != "openid User.Read" {
		t.Errorf("without offline_access: %+v", r.tokenResponse)
	}
	r = p.redeem(p.redemption(p.code(edit(p.params(), []string{"scope", "offline_access User.Read"}))))
	if r.RefreshToken == "" || r.IDToken != "" || r.Scope != "User.Read" {
		t.Errorf("without openid: %+v", r.tokenResponse)
	}
}

// The OpenID scopes may be asked for at the token endpoint alone, as MSAL Go
// does.
func TestOpenIDScopesMayComeLate(t *testing.T) {
	p := newPlay(t, Options{})
	code := p.code(edit(p.params(), []string{"scope", "User.Read"}))
	r := p.redeem(edit(p.redemption(code), []string{"scope", "openid offline_access profile User.Read"}))
	if r.IDToken == "" || r.RefreshToken == "" || r.Scope != "openid profile User.Read" {
		t.Errorf("token response = %+v", r.tokenResponse)
	}
	if name := claimsOf(t, r.IDToken)["preferred_username"]; name != p.s.Accounts()[0].Username {
		t.Errorf("preferred_username = %v", name)
	}
	if r := p.redeem(p.redemption(p.code(edit(p.params(), []string{"scope", "User.Read"})))); r.IDToken != "" || r.RefreshToken != "" {
		t.Errorf("nobody asked for them: %+v", r.tokenResponse)
	}
}

// The old refresh token stays good, the new one is another, and a single-page
// app's day is counted from the sign-in however often it refreshes.
func TestRefreshTokensRotate(t *testing.T) {
	p := newPlay(t, Options{}).use("spa")
	first := p.tokens().RefreshToken
	p.clock.forward(23 * time.Hour)
	v := url.Values{"grant_type": {"refresh_token"}, "client_id": {p.app.ClientID}, "refresh_token": {first}}
	second := p.redeem(v).RefreshToken
	if second == "" || second == first || p.refreshed(first) != 0 {
		t.Error("the old one is dead, or there is no new one")
	}
	p.clock.forward(2 * time.Hour)
	if got := p.refreshed(second); got != 700084 {
		t.Errorf("a day after the sign-in: AADSTS%d, want AADSTS700084", got)
	}
}

func TestDeviceCodeFlow(t *testing.T) {
	p := newPlay(t, Options{})
	code, user := p.device()
	if got := p.poll(code); got != 70016 {
		t.Fatalf("AADSTS%d", got)
	}
	at := p.press(p.enter(strings.ToLower(user)), nil) // sign in
	at = p.press(at, nil)                              // consent
	at = p.press(at, nil)                              // yes, my device
	if !strings.Contains(at.body, "You have signed in to") {
		t.Fatalf("the last page: %s", at.body)
	}
	v := url.Values{"grant_type": {deviceGrant}, "client_id": {p.app.ClientID}, "device_code": {code}}
	if r := p.redeem(v); r.AccessToken == "" || r.RefreshToken == "" || r.IDToken == "" {
		t.Errorf("tokens = %+v", r)
	}
	if got := p.poll(code); got != 54005 {
		t.Errorf("a second time: AADSTS%d", got)
	}
}

func TestALockedAccountIsFreeAgainAfterAWhile(t *testing.T) {
	g, now := newGrants(), time.Now()
	for range lockoutAfter {
		g.passwordFailed("alex", now)
	}
	if !g.locked("alex", now.Add(lockoutFor)) || g.locked("robin", now) {
		t.Error("not that account alone is locked")
	}
	if g.locked("alex", now.Add(lockoutFor+time.Second)) {
		t.Error("it is locked for longer than Entra's minute")
	}
}

// What is noted twice must not be forgotten before what was noted once.
func TestAnEntryThatIsAddedAgainKeepsItsPlace(t *testing.T) {
	b := newBounded[int](2)
	b.add("a", 1)
	b.add("a", 2)
	b.add("b", 3)
	if a := b.get("a"); a == nil || *a != 2 || b.get("b") == nil {
		t.Errorf("a is %v, b is %v", b.get("a"), b.get("b"))
	}
	b.add("c", 4)
	if b.get("a") != nil || b.get("b") == nil {
		t.Error("not the oldest was dropped")
	}
}
