package practice

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
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
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, redemptionOf(s.grants.addCode(g), g))
			if w.Code != http.StatusOK {
				b.Fatal(w.Body)
			}
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

// What the tenant remembers after 100,000 flows: code, refresh token and
// session of each.
func BenchmarkMemoryAfterManyFlows(b *testing.B) {
	for b.Loop() {
		g := newGrants()
		for range 100_000 {
			remember(g)
		}
		b.ReportMetric(float64(heap())/(1<<20), "MiB")
		runtime.KeepAlive(g)
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
