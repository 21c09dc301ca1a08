package practice

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// benchTenant starts a tenant with its consent given, and a grant to redeem.
func benchTenant(b *testing.B) (*Server, grant) {
	b.Helper()
	s, err := Start(Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	s.keys.newest()
	app, account := s.Registrations()[native], s.Accounts()[0]
	scopes := []string{"openid", "profile", "offline_access", "User.Read"}
	if err := s.Update(func(t *Tenant) { t.Registrations[native].consent(account.Username, graphID, scopes) }); err != nil {
		b.Fatal(err)
	}
	return s, grant{
		family: "f", clientID: app.ClientID, account: account.Username, tenant: homeDirectory.ID, platform: "native",
		scopes: scopes, resource: graphID, issued: time.Now(), started: time.Now(), authTime: time.Now(),
		redirect: "http://localhost:8400", redirectSent: true, challenge: s256(verifier), method: "S256",
	}
}

// redemptionOf is the token request for a code, without a network.
func redemptionOf(code string, g grant) *http.Request {
	v := url.Values{
		"grant_type": {"authorization_code"}, "client_id": {g.clientID}, "code": {code},
		"redirect_uri": {g.redirect}, "code_verifier": {verifier},
	}
	r := httptest.NewRequest(http.MethodPost, "http://localhost/"+homeDirectory.ID+"/oauth2/v2.0/token", strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

// One code redeemed: two RSA signatures are most of it.
func BenchmarkTokenEndpoint(b *testing.B) {
	s, g := benchTenant(b)
	handler := s.routes()
	redeem := func() {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, redemptionOf(s.grants.addCode(g), g))
		if w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
	redeem() // waits for the signing key, which takes as long as chance has it
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			redeem()
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
}

// A code refused: what everything but the signatures costs.
func BenchmarkTokenEndpointRefusing(b *testing.B) {
	s, g := benchTenant(b)
	handler := s.routes()
	for b.Loop() {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, redemptionOf(codePrefix+"made-up", g))
		_, _ = io.Copy(io.Discard, w.Body)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
}

// Whole flows through the tenant's own handlers, 100,000 of them (5,000 with
// -short): the authorization request, the sign-in, the redemption. It reports
// what the tenant then holds on the heap, and fails if the second half of the
// flows added to it. Without an ID token, because the signatures are nearly all
// of the time: it still takes a minute or two.
func BenchmarkMemoryAfterManyFlows(b *testing.B) {
	n := 100_000
	if testing.Short() {
		n = 5_000
	}
	for b.Loop() {
		s, g := benchTenant(b)
		g.scopes = []string{"offline_access", "User.Read"}
		handler := s.routes()
		before := heap()
		flows(b, s, handler, g, n/2)
		half := heap()
		flows(b, s, handler, g, n/2)
		after := heap()
		runtime.KeepAlive(s)
		if grown := float64(after) - float64(half); !testing.Short() && grown > 1<<20 {
			b.Errorf("the second half of the flows added %.1f MiB", grown/(1<<20))
		}
		b.ReportMetric(float64(after-before)/(1<<20), "MiB-held")
	}
	b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "flows/s")
}

// flows carries out n flows, on as many processors as there are.
func flows(b *testing.B, s *Server, handler http.Handler, g grant, n int) {
	b.Helper()
	var left atomic.Int64
	left.Store(int64(n))
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for left.Add(-1) >= 0 && !b.Failed() {
				oneFlow(b, s, handler, g)
			}
		})
	}
	all.Wait()
}

// oneFlow signs in with a new browser and redeems the code.
func oneFlow(b *testing.B, s *Server, handler http.Handler, g grant) {
	home := "http://localhost/" + homeDirectory.ID
	ask := url.Values{
		"client_id": {g.clientID}, "response_type": {"code"}, "redirect_uri": {g.redirect}, "state": {"s"}, "nonce": {"n"},
		"scope": {strings.Join(g.scopes, " ")}, "code_challenge": {g.challenge}, "code_challenge_method": {g.method},
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, home+"/oauth2/v2.0/authorize?"+ask.Encode(), nil))
	f, ok := findForm(w.Body.String())
	if !ok {
		b.Errorf("no sign-in page: %s", w.Body)
		return
	}
	v := f.values()
	v.Set("loginfmt", g.account)
	v.Set("passwd", s.tenant.Load().Accounts[0].Password)
	r := httptest.NewRequest(http.MethodPost, "http://localhost"+f.action, strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w = httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	to, err := w.Result().Location()
	if err != nil {
		b.Errorf("no code: %s", w.Body)
		return
	}
	w = httptest.NewRecorder()
	handler.ServeHTTP(w, redemptionOf(to.Query().Get("code"), g))
	if w.Code != http.StatusOK {
		b.Errorf("no tokens: %s", w.Body)
	}
}

// remember does what one flow leaves behind.
func remember(g *grants) {
	key := g.addSession(session{account: "a"})
	v := grant{session: key, family: randomText(12), scopes: []string{"openid", "offline_access"}}
	g.redeem(g.addCode(v))
	g.addRefresh(v)
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// What the tenant remembers does not grow without bound.
func TestMemoryIsBounded(t *testing.T) {
	g := newGrants()
	for range 2 * maxRefresh {
		remember(g)
	}
	for name, n := range map[string]int{"codes": len(g.codes.entries), "refresh tokens": len(g.refresh.entries), "sessions": len(g.sessions.entries)} {
		if limit := map[string]int{"codes": maxCodes, "refresh tokens": maxRefresh, "sessions": maxSessions}[name]; n != limit {
			t.Errorf("%d %s are kept, want %d", n, name, limit)
		}
	}
}
