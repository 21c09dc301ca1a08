package flow

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// guarded is a provider with the extensions that [Protection] names. It keeps
// what it was sent.
type guarded struct {
	*provider
	key     *ecdsa.PrivateKey // signs responses, and decrypts request objects
	pushed  []url.Values
	browser []url.Values // the authorization requests, as the browser brought them
	proofs  []map[string]any
	nonce   string // wanted in DPoP proofs, if set
	life    int    // of a pushed request, in seconds
	respond func(claims map[string]any)
}

func newGuarded(t *testing.T) *guarded {
	g := &guarded{provider: newProvider(t), key: ecKey(t, elliptic.P256()), life: 60}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /par", func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		g.pushed = append(g.pushed, r.PostForm)
		writeJSON(w, 201, map[string]any{"request_uri": "urn:example:1", "expires_in": g.life})
	})
	mux.HandleFunc("GET /authorize", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		g.browser = append(g.browser, q)
		if q.Get("request_uri") != "" {
			q = g.pushed[len(g.pushed)-1]
		}
		if object := q.Get("request"); object != "" {
			q = g.open(t, object)
		}
		g.codes["code-1-with-some-length"] = q
		answer := url.Values{"code": {"code-1-with-some-length"}, "state": {q.Get("state")}}
		if ResponseMode(q.Get("response_mode")).jwt() {
			claims := map[string]any{
				"iss": g.URL, "aud": "client-1", "exp": time.Now().Add(time.Minute).Unix(),
				"code": answer.Get("code"), "state": answer.Get("state"),
			}
			if g.respond != nil {
				g.respond(claims)
			}
			if claims["plain"] == nil {
				answer = url.Values{"response": {g.sign(t, claims)}}
			}
		}
		if q.Get("response_type") == ResponseHybrid {
			claims := map[string]any{"iss": g.URL, "aud": "client-1", "nonce": q.Get("nonce")}
			if g.respond != nil {
				g.respond(claims)
			}
			answer.Set("id_token", g.sign(t, claims))
			answer.Del("iss")
		}
		http.Redirect(w, r, q.Get("redirect_uri")+"?"+answer.Encode(), http.StatusFound)
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		public := jose.JSONWebKey{Key: g.key.Public(), KeyID: "k-1", Use: "sig"}
		enc := jose.JSONWebKey{Key: g.key.Public(), KeyID: "e-1", Use: "enc", Algorithm: "ECDH-ES"}
		writeJSON(w, 200, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public, enc}})
	})
	g.metadata = func(m map[string]any) {
		m["authorization_endpoint"], m["jwks_uri"] = "AT/authorize", "AT/keys"
		m["pushed_authorization_request_endpoint"] = "AT/par"
	}
	other := httptest.NewServer(mux)
	t.Cleanup(other.Close)
	was := g.metadata
	g.metadata = func(m map[string]any) {
		was(m)
		for name, v := range m {
			if s, ok := v.(string); ok {
				m[name] = strings.Replace(s, "AT/", other.URL+"/", 1)
			}
		}
	}
	g.token = func(w http.ResponseWriter, r *http.Request) {
		if !g.proved(t, r) {
			w.Header().Set("DPoP-Nonce", g.nonce)
			writeJSON(w, 400, map[string]any{"error": "use_dpop_nonce"})
			return
		}
		asked := g.codes[r.PostForm.Get("code")]
		if s256(r.PostForm.Get("code_verifier")) != asked.Get("code_challenge") {
			writeJSON(w, 400, map[string]any{"error": "invalid_grant"})
			return
		}
		kind := "Bearer"
		if r.Header.Get("DPoP") != "" {
			kind = "DPoP"
		}
		writeJSON(w, 200, map[string]any{"access_token": "an-access-token", "token_type": kind})
	}
	return g
}

// publish makes k the only key of the provider.
func (g *guarded) publish(t *testing.T, k jose.JSONWebKey) {
	keys := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, 200, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{k}})
	}))
	t.Cleanup(keys.Close)
	was := g.metadata
	g.metadata = func(m map[string]any) { was(m); m["jwks_uri"] = keys.URL }
}

func (g *guarded) sign(t *testing.T, claims any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: g.key, KeyID: "k-1"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	if m, ok := claims.(map[string]any); ok && m["twice"] != nil {
		payload = []byte(fmt.Sprintf(`{"iss":%q,%s`, m["iss"], payload[1:]))
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// open returns the parameters inside a request object, decrypted if need be.
func (g *guarded) open(t *testing.T, object string) url.Values {
	t.Helper()
	if strings.Count(object, ".") == 4 {
		e, err := jose.ParseEncryptedCompact(object, []jose.KeyAlgorithm{jose.ECDH_ES}, []jose.ContentEncryption{jose.A128CBC_HS256})
		if err != nil {
			t.Fatal(err)
		}
		plain, err := e.Decrypt(g.key)
		if err != nil {
			t.Fatal(err)
		}
		object = string(plain)
	}
	token, err := jwt.ParseSigned(object, []jose.SignatureAlgorithm{jose.ES256, jose.HS256})
	if err != nil {
		t.Fatal(err)
	}
	if got := token.Headers[0].ExtraHeaders["typ"]; got != requestObjectType {
		t.Errorf("typ %v", got)
	}
	var claims map[string]any
	if err := token.UnsafeClaimsWithoutVerification(&claims); err != nil {
		t.Fatal(err)
	}
	if claims["iss"] != "client-1" || claims["aud"] != g.URL {
		t.Errorf("iss %v, aud %v", claims["iss"], claims["aud"])
	}
	q := url.Values{}
	for name, v := range claims {
		if s, ok := v.(string); ok {
			q.Set(name, s)
		} else {
			text, _ := json.Marshal(v)
			q.Set(name, string(text))
		}
	}
	return q
}

// proved keeps the proof of a request, and says whether it has the nonce that
// is wanted.
func (g *guarded) proved(t *testing.T, r *http.Request) bool {
	t.Helper()
	text := r.Header.Get("DPoP")
	if text == "" {
		return true
	}
	token, err := jwt.ParseSigned(text, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := token.Claims(token.Headers[0].JSONWebKey.Key, &claims); err != nil {
		t.Errorf("the proof is not signed with the key that it holds: %v", err)
	}
	if token.Headers[0].ExtraHeaders["typ"] != "dpop+jwt" || !token.Headers[0].JSONWebKey.IsPublic() {
		t.Errorf("header %+v", token.Headers[0])
	}
	g.proofs = append(g.proofs, claims)
	return g.nonce == "" || claims["nonce"] == g.nonce
}

func TestPushedRequestLeavesOnlyAReferenceInTheBrowser(t *testing.T) {
	for name, row := range map[string]struct {
		asked, required bool
		want            int
	}{
		"asked for":         {true, false, 1},
		"required":          {false, true, 1},
		"offered, not used": {false, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGuarded(t)
			was := g.metadata
			g.metadata = func(m map[string]any) {
				was(m)
				m["require_pushed_authorization_requests"] = row.required
			}
			c := g.config()
			c.Protection.PAR, c.ClientSecret, c.AuthMethod = row.asked, "a-client-secret", AuthPost
			w := newWalk(t, c, Options{Browser: &player{}})
			if err := w.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if len(g.pushed) != row.want {
				t.Fatalf("%d requests were pushed, want %d", len(g.pushed), row.want)
			}
			steps := w.Transcript().Steps
			if row.want == 0 {
				for _, s := range steps {
					if s.ID == StepPAR {
						t.Error("the run has a step that it does not do")
					}
				}
				return
			}
			if q := g.browser[0]; len(q) != 2 || q.Get("client_id") != "client-1" || q.Get("request_uri") != "urn:example:1" {
				t.Errorf("the browser brought %v", q)
			}
			p := g.pushed[0]
			if p.Get("client_secret") != "a-client-secret" || p.Get("code_challenge") == "" || p.Get("state") == "" || p.Get("response_type") != "code" {
				t.Errorf("pushed %v", p)
			}
			authorize := w.Transcript().Step(StepAuthorize)
			if v, _ := authorize.Value("code_challenge"); v != p.Get("code_challenge") {
				t.Error("the authorize step does not say what is behind the reference")
			}
			if _, has := authorize.Value("client_secret"); has {
				t.Error("the authorize step claims to send the secret")
			}
		})
	}
}

func TestPushedRequestThatHasExpiredIsNotOpened(t *testing.T) {
	g := newGuarded(t)
	g.life = 5
	now := time.Now()
	c := g.config()
	c.Protection.PAR = true
	w := newWalk(t, c, Options{Browser: &player{}, Now: func() time.Time { return now }})
	runTo(t, w, StepAuthorize)
	now = now.Add(6 * time.Second)
	var e *Error
	if err := w.Next(t.Context()); !errors.As(err, &e) || !strings.Contains(e.What, "expired") || !strings.Contains(e.Try, "par") {
		t.Fatalf("%v", err)
	}
	if len(g.browser) != 0 {
		t.Error("the browser was opened")
	}
	if err := w.Rewind(StepPAR); err != nil {
		t.Fatal(err)
	}
	if err := w.Run(t.Context()); err != nil {
		t.Errorf("pushed again: %v", err)
	}
}

func TestRequestObjectHoldsTheWholeRequest(t *testing.T) {
	key := ecKey(t, elliptic.P256())
	file := file(t, "k.pem", keyPEM(t, key))
	for name, row := range map[string]struct {
		jar    JAR
		secret string
		par    bool
		parts  int
	}{
		"signed with the key":     {JARSigned, "", false, 3},
		"signed with the secret":  {JARSigned, "a secret of no less than thirty-two octets", false, 3},
		"encrypted":               {JAREncrypted, "", false, 5},
		"signed and then pushed":  {JARSigned, "", true, 3},
		"encrypted, then pushed":  {JAREncrypted, "", true, 5},
		"no object, only a PAR":   {JARNone, "", true, 0},
		"neither of the two here": {JARNone, "", false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGuarded(t)
			age := 300
			c := g.config()
			c.AuthMethod, c.ClientSecret, c.Protection = AuthNone, row.secret, Protection{JAR: row.jar, PAR: row.par}
			if row.secret == "" {
				c.Credential.KeyFile = file
			}
			c.Ask = Ask{Claims: `{"id_token":{"acr":null}}`, MaxAge: &age, Resources: []string{"https://a.example", "https://b.example"}}
			w := newWalk(t, c, Options{Browser: &player{}})
			runTo(t, w, StepAuthorize)
			if err := w.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			outside := g.browser[0]
			if row.par {
				outside = g.pushed[0]
			}
			object := outside.Get("request")
			if row.parts == 0 {
				if object != "" {
					t.Error("there is a request object")
				}
				return
			}
			if got := len(strings.Split(object, ".")); got != row.parts {
				t.Errorf("%d parts, want %d", got, row.parts)
			}
			if outside.Has("code_challenge") || outside.Has("state") {
				t.Errorf("what belongs inside stands outside: %v", outside)
			}
			inside := g.open(t, object)
			if inside.Get("max_age") != "300" || inside.Get("resource") != `["https://a.example","https://b.example"]` || !strings.HasPrefix(inside.Get("claims"), "{") {
				t.Errorf("inside %v", inside)
			}
			if v, _ := w.Transcript().Step(StepAuthorize).Value("code_challenge"); v != inside.Get("code_challenge") {
				t.Error("the step does not say what is inside")
			}
		})
	}
}

func TestResourcesAreRepeatedInTheTokenRequest(t *testing.T) {
	g := newGuarded(t)
	c := g.config()
	c.Ask.Resources = []string{"https://a.example", "https://b.example"}
	w := newWalk(t, c, Options{Browser: &player{}})
	if err := w.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for where, got := range map[string][]string{"authorize": g.browser[0]["resource"], "token": g.forms[0]["resource"]} {
		if strings.Join(got, " ") != "https://a.example https://b.example" {
			t.Errorf("%s: %q", where, got)
		}
	}
}

func TestSignedResponseIsTakenOnlyWhenEverythingAgrees(t *testing.T) {
	for name, row := range map[string]struct {
		change func(claims map[string]any)
		words  string
	}{
		"as it should be":     {nil, ""},
		"another client":      {func(c map[string]any) { c["aud"] = "client-2" }, "another client"},
		"several audiences":   {func(c map[string]any) { c["aud"] = []string{"x", "client-1"} }, ""},
		"expired":             {func(c map[string]any) { c["exp"] = time.Now().Add(-time.Hour).Unix() }, "expired"},
		"without an expiry":   {func(c map[string]any) { delete(c, "exp") }, "expired"},
		"another issuer":      {func(c map[string]any) { c["iss"] = "https://evil.example" }, "another issuer"},
		"its issuer twice":    {func(c map[string]any) { c["twice"] = true }, ""}, // as Keycloak 26.0 does
		"without an issuer":   {func(c map[string]any) { delete(c, "iss") }, "no iss"},
		"not signed at all":   {func(c map[string]any) { c["plain"] = true }, "not signed"},
		"an error, signed":    {func(c map[string]any) { delete(c, "code"); c["error"] = "access_denied" }, "access_denied"},
		"another's signature": {nil, "not the provider's"},
		"key for encryption":  {nil, "not the provider's"},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGuarded(t)
			g.respond = row.change
			published := jose.JSONWebKey{Key: g.key.Public(), KeyID: "k-1"}
			switch name {
			case "another's signature":
				other := newGuarded(t)
				g.respond = func(map[string]any) { g.key = other.key }
				g.publish(t, published)
			case "key for encryption":
				published.Use = "enc"
				g.publish(t, published)
			}
			c := g.config()
			c.ResponseMode = ModeJWT
			w := newWalk(t, c, Options{Browser: &player{}})
			err := w.Run(t.Context())
			if row.words == "" && err != nil || row.words != "" && (err == nil || !strings.Contains(err.Error(), row.words)) {
				t.Fatalf("%v, want %q", err, row.words)
			}
			if row.words != "" && g.asked() > 0 {
				t.Error("the code was used")
			}
			text, _ := json.Marshal(w.Transcript().Redacted())
			if strings.Contains(string(text), base64.RawURLEncoding.EncodeToString([]byte(`"code":"code-1-with-some`))[4:24]) ||
				strings.Contains(string(text), "code-1-with") {
				t.Error("the code inside the response is not masked")
			}
		})
	}
}

func TestIDTokenBesideTheCodeStandsForTheIssuer(t *testing.T) {
	for name, row := range map[string]struct {
		iss, words string
		forged     bool
	}{
		"the provider's":      {"", "", false},
		"another issuer's":    {"https://evil.example", "another issuer", false},
		"another's signature": {"", "not the provider's", true},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGuarded(t)
			was := g.metadata
			g.metadata = func(m map[string]any) {
				was(m)
				m["authorization_response_iss_parameter_supported"] = true
				if row.forged {
					m["jwks_uri"] = newGuarded(t).URL + "/keys"
				}
			}
			g.respond = func(claims map[string]any) {
				if row.iss != "" {
					claims["iss"] = row.iss
				}
			}
			c := g.config()
			c.Ask.ResponseType = ResponseHybrid
			w := newWalk(t, c, Options{Browser: &player{}})
			err := w.Run(t.Context())
			if row.words == "" && err != nil || row.words != "" && (err == nil || !strings.Contains(err.Error(), row.words)) {
				t.Errorf("%v, want %q", err, row.words)
			}
			if row.words != "" && g.asked() > 0 {
				t.Error("the code was used")
			}
		})
	}
}

func TestProofIsMadeForEachRequest(t *testing.T) {
	for _, nonce := range []string{"", "n-1"} {
		t.Run("nonce "+nonce, func(t *testing.T) {
			g := newGuarded(t)
			g.nonce = nonce
			c := g.config()
			c.Protection.DPoP, c.AuthMethod = true, AuthNone
			var shown *http.Request
			api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				shown = r
				g.proved(t, r)
				writeJSON(w, 200, map[string]any{"sub": "1"})
			}))
			t.Cleanup(api.Close)
			c.Provider.UserInfoEndpoint, c.UserInfo = api.URL+"/me?x=1", true
			w := newWalk(t, c, Options{Browser: &player{}})
			if err := w.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			want := 1
			if nonce != "" {
				want = 2
			}
			if got := len(w.Transcript().Step(StepToken).Exchanges); got != want || g.asked() != want {
				t.Fatalf("%d exchanges, want %d: one more if a nonce is wanted, and both recorded", got, want)
			}
			p := g.proofs[want-1]
			if p["htm"] != "POST" || p["htu"] != g.URL+"/token" || nonce != "" && p["nonce"] != nonce || p["ath"] != nil {
				t.Errorf("proof %v", p)
			}
			sum := sha256.Sum256([]byte("an-access-token"))
			last := g.proofs[len(g.proofs)-1]
			if last["ath"] != base64.RawURLEncoding.EncodeToString(sum[:]) || last["htu"] != api.URL+"/me" || shown.Header.Get("Authorization") != "DPoP an-access-token" {
				t.Errorf("at the API: %v, %s", last, shown.Header.Get("Authorization"))
			}
			if g.browser[0].Get("dpop_jkt") != w.dpop.thumbprint() {
				t.Error("the code is not bound to the key")
			}
			seen := map[any]bool{}
			for _, p := range g.proofs {
				if seen[p["jti"]] {
					t.Error("a proof was used twice")
				}
				seen[p["jti"]] = true
			}
		})
	}
}

func TestProofThatIsRejectedIsNotSentAgain(t *testing.T) {
	g := newGuarded(t)
	g.token = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("DPoP-Nonce", "n-1")
		writeJSON(w, 400, map[string]any{"error": "invalid_dpop_proof", "error_description": "The proof is too old."})
	}
	c := g.config()
	c.Protection.DPoP = true
	w := newWalk(t, c, Options{Browser: &player{}})
	var e *Error
	if err := w.Run(t.Context()); !errors.As(err, &e) || e.Kind != KindServer || !strings.Contains(e.What, "invalid_dpop_proof") {
		t.Fatalf("%v", err)
	}
	if g.asked() != 1 {
		t.Errorf("sent %d times", g.asked())
	}
}

func TestWhatNoProviderCouldReadIsRefused(t *testing.T) {
	age := -1
	for name, c := range map[string]Config{
		"claims that are no object":        {Ask: Ask{Claims: "[]"}},
		"claims that break off":            {Ask: Ask{Claims: `{"id_token"`}},
		"details that are no array":        {Ask: Ask{AuthorizationDetails: "{}"}},
		"details without a type":           {Ask: Ask{AuthorizationDetails: `[{"actions":[]}]`}},
		"a resource with a fragment":       {Ask: Ask{Resources: []string{"https://a.example/#x"}}},
		"a resource that is relative":      {Ask: Ask{Resources: []string{"api"}}},
		"a negative age":                   {Ask: Ask{MaxAge: &age}},
		"a response type without a code":   {Ask: Ask{ResponseType: "token"}},
		"a further one that is a secret":   {Ask: Ask{Parameters: map[string]string{"client_secret": "s"}}},
		"a further one that is the flow's": {Ask: Ask{Parameters: map[string]string{"state": "s"}}},
		"nothing to sign with":             {Protection: Protection{JAR: JARSigned}},
		"a request object of another way":  {Protection: Protection{JAR: "wrapped"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.ClientID, c.Issuer = "c", "https://issuer.example"
			var e *Error
			if _, err := New(c, Options{}); !errors.As(err, &e) || e.Kind != KindRefused || e.Try == "" {
				t.Errorf("%#v", err)
			}
		})
	}
}

// Beside a request object the provider ignores a parameter, so an edit changes
// what is inside, and the signature covers it.
func TestEditsChangeWhatIsInsideTheRequestObject(t *testing.T) {
	for name, par := range map[string]bool{"in the address": false, "pushed": true} {
		t.Run(name, func(t *testing.T) {
			g := newGuarded(t)
			step := StepAuthorize
			if par {
				step = StepPAR
			}
			c := g.config()
			c.Credential.KeyFile = file(t, "k.pem", keyPEM(t, ecKey(t, elliptic.P256())))
			c.Protection = Protection{JAR: JARSigned, PAR: par}
			c.Edits = []Edit{{Step: step, Name: "prompt", Value: "login"}, {Step: step, Name: "nonce", Unset: true}}
			w := newWalk(t, c, Options{Browser: &player{}})
			runTo(t, w, step)
			before, _ := w.Pending()
			if err := w.Edit(Edit{Step: step, Name: "acr_values", Value: "mfa"}); err != nil {
				t.Fatal(err)
			}
			after, _ := w.Pending()
			if before.Request.URL == after.Request.URL && string(before.Request.Body) == string(after.Request.Body) {
				t.Error("the object stays the same when what is inside changes")
			}
			runTo(t, w, StepCallback)
			outside := g.browser[0]
			if par {
				outside = g.pushed[0]
			}
			if outside.Has("prompt") || outside.Has("acr_values") {
				t.Errorf("the edit stands beside the object: %v", outside)
			}
			inside := g.open(t, outside.Get("request"))
			if inside.Get("prompt") != "login" || inside.Get("acr_values") != "mfa" || inside.Has("nonce") {
				t.Errorf("inside %v", inside)
			}
			for _, v := range w.Transcript().Step(step).Values {
				if v.Name == "prompt" && !v.Edited {
					t.Error("the record does not say that it was edited")
				}
			}
		})
	}
}
