package practice

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/pkcescope/pkcescope/flow"
)

func TestOnlyLoopbackHostsAreAnswered(t *testing.T) {
	p := newPlay(t, Options{})
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(p.s.URL, "http://"))
	for host, want := range map[string]int{
		"localhost:" + port: 200, "127.0.0.1:" + port: 200, "[::1]:" + port: 200, "LOCALHOST": 200,
		"rebound.attacker.example": 421, "localhost.attacker.example:" + port: 421, "192.168.0.1": 421, "": 421,
	} {
		req := p.get(p.s.Issuer() + "/.well-known/openid-configuration")
		req.Host = host
		if host == "" {
			req.Host = "."
		}
		res, err := p.http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("Host %q: %d, want %d", host, res.StatusCode, want)
		}
	}
}

func TestOnlyLoopbackAddressesAreListenedOn(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "192.168.1.1:0", "[::]:0", "example.com:80", "127.0.0.1", "nonsense"} {
		if s, err := Start(Options{Listen: addr}); err == nil {
			_ = s.Close()
			t.Errorf("%q is listened on", addr)
		} else if !strings.Contains(err.Error(), addr) {
			t.Errorf("%q: the error does not say which address: %v", addr, err)
		}
	}
	s := start(t, Options{})
	_, err := Start(Options{Listen: strings.TrimPrefix(s.URL, "http://")})
	if e, ok := err.(*flow.Error); !ok || e.Kind != flow.KindTransport || e.Try == "" { //nolint:errorlint // the type is the contract
		t.Errorf("a port that is taken: %v", err)
	}
}

func TestOversizeAndMangledRequestsAreRefused(t *testing.T) {
	p := newPlay(t, Options{})
	v := p.redemption(codePrefix + "x")
	v.Set("padding", strings.Repeat("x", maxBody))
	if got := p.redeem(v).code(); got != 9002313 {
		t.Errorf("too large: AADSTS%d", got)
	}
	req := p.post(p.s.URL+"/"+p.authority+"/oauth2/v2.0/token", nil)
	req.Body = http.NoBody
	req.URL.RawQuery = "a=%zz"
	res, err := p.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var r reply
	readJSON(t, res.Body, &r)
	if r.code() != 9002313 {
		t.Errorf("bad encoding: AADSTS%d", r.code())
	}
}

// The token endpoint reads the body alone: nothing that a log of addresses
// would keep. The query may still hold what MSAL puts there.
func TestTheTokenEndpointReadsTheBodyAlone(t *testing.T) {
	p := newPlay(t, Options{})
	at := p.s.URL + "/" + p.authority + "/oauth2/v2.0/token?"
	ask := func(query, body url.Values) *http.Response {
		t.Helper()
		res, err := p.http.Do(p.post(at+query.Encode(), body))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = res.Body.Close() })
		return res
	}
	var r reply
	readJSON(t, ask(p.redemption(p.code(p.params())), nil).Body, &r)
	if r.code() != 900144 || !strings.Contains(r.Description, "grant_type") {
		t.Errorf("parameters in the query: %s", r.Description)
	}
	res := ask(url.Values{"client_id": {"nobody"}, "client-request-id": {guidFrom("a")}}, p.redemption(p.code(p.params())))
	if res.StatusCode != http.StatusOK || res.Header.Get("Client-Request-Id") != guidFrom("a") {
		t.Errorf("%s %v", res.Status, res.Header)
	}
	// Programs get JSON, also where they said too much.
	res = ask(url.Values{"a": {strings.Repeat("x", maxQuery)}}, nil)
	r = reply{}
	readJSON(t, res.Body, &r)
	if r.code() != 90015 {
		t.Errorf("a query without end: %s", r.Description)
	}
}

// Where query and body both count, a parameter in both is there twice.
func TestAParameterInQueryAndBodyIsRepeated(t *testing.T) {
	p := newPlay(t, Options{})
	v := p.params()
	at := p.browse(p.post(p.s.URL+"/"+p.authority+"/oauth2/v2.0/authorize?state=2", v))
	if got := p.codeOf(at); got != 9002313 {
		t.Errorf("AADSTS%d, want 9002313", got)
	}
	v.Del("state")
	if at := p.browse(p.post(p.s.URL+"/"+p.authority+"/oauth2/v2.0/authorize?state=2", v)); at.status != http.StatusOK {
		t.Errorf("parameters in both: %d", at.status)
	}
}

// The log has one event for each request, with the reason and without any
// secret.
func TestEventsSayWhyAndNoSecret(t *testing.T) {
	var mu sync.Mutex
	var events []Event
	p := newPlay(t, Options{Log: func(e Event) {
		mu.Lock()
		defer mu.Unlock()
		events = append(events, e)
	}})
	r := p.tokens()
	code := p.code(p.params())
	p.redeem(edit(p.redemption(code), []string{"code_verifier", strings.Repeat("a", 43)}))
	p.use("(web)").redeemed("client_secret", p.app.Secrets[0].ID)
	mu.Lock()
	var lines []string
	for _, e := range events {
		lines = append(lines, e.String())
	}
	mu.Unlock()
	all := strings.Join(lines, "\n")
	for _, want := range []string{"AADSTS501481", "Contoso Notes (native)", "secret's id", "AADSTS7000215"} {
		if !strings.Contains(all, want) {
			t.Errorf("the log lacks %q:\n%s", want, all)
		}
	}
	for _, secret := range []string{code, r.AccessToken, r.RefreshToken, p.app.Secrets[0].Value, p.s.Accounts()[0].Password, verifier} {
		if strings.Contains(all, secret) {
			t.Errorf("the log holds a secret:\n%s", all)
		}
	}
	at := p.browse(p.get(p.s.URL + "/"))
	if !strings.Contains(at.body, "AADSTS501481") || strings.Contains(at.body, p.app.Secrets[0].Value) {
		t.Error("the page of the last requests lacks the refusal, or shows a client secret")
	}
}
