package inspect_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/pkcescope/pkcescope/inspect"
)

var now = time.Date(2026, 8, 24, 12, 0, 0, 0, time.UTC)

const (
	issuer   = "https://op.example"
	clientID = "client"
)

// keys are made once: they take a moment.
var keys = sync.OnceValue(func() (k struct {
	rsa, other *rsa.PrivateKey
	ec         *ecdsa.PrivateKey
},
) {
	var err error
	if k.rsa, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		panic(err)
	}
	if k.other, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		panic(err)
	}
	if k.ec, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		panic(err)
	}
	return k
})

// jwks is the provider's key set: an RSA key, an elliptic one, one that cannot
// be read, and one for encryption.
func jwks(t testing.TB) []byte {
	t.Helper()
	marshal := func(k jose.JSONWebKey) string {
		b, err := k.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	return []byte(`{"keys":[{"kty":"RSA","kid":"broken","n":"!","e":"AQAB"},` +
		marshal(jose.JSONWebKey{Key: &keys().other.PublicKey, KeyID: "sealing", Use: "enc"}) + "," +
		marshal(jose.JSONWebKey{Key: &keys().rsa.PublicKey, KeyID: "rsa", Algorithm: "RS256", Use: "sig"}) + "," +
		marshal(jose.JSONWebKey{Key: &keys().ec.PublicKey, KeyID: "ec"}) + `]}`)
}

// publicPEM is the RSA key as many write it into a file.
func publicPEM(t testing.TB) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(&keys().rsa.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// hmacWithPublicKey is the token of somebody who has only the public key.
func hmacWithPublicKey(t testing.TB, claims map[string]any) string {
	t.Helper()
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed := b64(`{"alg":"HS256"}`) + "." + b64(string(payload))
	mac := hmac.New(sha256.New, publicPEM(t))
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// sign signs claims with a key of the set.
func sign(t testing.TB, alg jose.SignatureAlgorithm, kid string, claims map[string]any) string {
	t.Helper()
	var key any = keys().rsa
	switch {
	case kid == "other", kid == "sealing":
		key = keys().other
	case strings.HasPrefix(string(alg), "ES"):
		key = keys().ec
	case strings.HasPrefix(string(alg), "HS"):
		key = []byte(strings.Repeat("k", 64))
	}
	o := (&jose.SignerOptions{}).WithType("JWT")
	if kid != "" {
		o = o.WithHeader("kid", kid)
	}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, o)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	obj, err := s.Sign(b)
	if err != nil {
		t.Fatal(err)
	}
	token, err := obj.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// healthy are the claims of an ID token with nothing wrong.
func healthy(change map[string]any) map[string]any {
	claims := map[string]any{
		"iss": issuer, "sub": "s", "aud": clientID, "exp": now.Add(time.Hour).Unix(), "iat": now.Add(-time.Minute).Unix(), "nonce": "n-0S6_WzA2Mj",
	}
	maps.Copy(claims, change)
	for k, v := range claims {
		if v == nil {
			delete(claims, k)
		}
	}
	return claims
}

func options(t testing.TB) inspect.DecodeOptions {
	return inspect.DecodeOptions{JWKS: jwks(t), Issuer: issuer, ClientID: clientID, Nonce: "n-0S6_WzA2Mj", Now: now}
}

// results of the checks that did not pass: "exp:fail nonce:unknown".
func results(tok inspect.Token) string {
	var out []string
	for _, c := range tok.Checks {
		if c.Result != inspect.Pass {
			out = append(out, c.ID+":"+string(c.Result))
		}
	}
	return strings.Join(out, " ")
}

func TestEachCheckFailsForWhatItIsAboutAndForNothingElse(t *testing.T) {
	// The hash of the access token "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y",
	// from OpenID Connect Core appendix A.3.
	const access, atHash = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y", "77QmUPtjPfzWtF2AnpK9RQ"
	tampered := func(token string) string {
		parts := strings.Split(token, ".")
		parts[1] = b64(`{"iss":"` + issuer + `","sub":"somebody-else","aud":"client","exp":` + fmt.Sprint(now.Add(time.Hour).Unix()) +
			`,"iat":` + fmt.Sprint(now.Unix()) + `,"nonce":"n-0S6_WzA2Mj"}`)
		return strings.Join(parts, ".")
	}
	idToken := func(change map[string]any) string { return sign(t, jose.RS256, "rsa", healthy(change)) }
	for _, row := range []struct {
		name, token string
		options     func(*inspect.DecodeOptions)
		want        string
	}{
		{"healthy", idToken(nil), nil, ""},
		{"healthy, elliptic curve", sign(t, jose.ES256, "ec", healthy(nil)), nil, ""},
		{"healthy, no kid", sign(t, jose.ES256, "", healthy(nil)), nil, "kid:unknown"},
		{"payload changed after signing", tampered(idToken(nil)), nil, "signature:fail"},
		{"signed with another key of the same name", strings.Replace(sign(t, jose.RS256, "other", healthy(nil)), b64(`{"alg":"RS256","kid":"other","typ":"JWT"}`), b64(`{"alg":"RS256","kid":"rsa","typ":"JWT"}`), 1), nil, "signature:fail"},
		{"key not published", sign(t, jose.RS256, "other", healthy(nil)), nil, "kid:fail signature:fail"},
		{"key that cannot be read", strings.Replace(idToken(nil), b64(`{"alg":"RS256","kid":"rsa","typ":"JWT"}`), b64(`{"alg":"RS256","kid":"broken","typ":"JWT"}`), 1), nil, "signature:unknown"},
		{"key for encryption", sign(t, jose.RS256, "sealing", healthy(nil)), nil, "signature:fail"},
		{"another alg than the key's", sign(t, jose.PS256, "rsa", healthy(nil)), nil, "alg:fail signature:fail"},
		{"alg none", b64(`{"alg":"none"}`) + strings.TrimSuffix(idToken(nil)[strings.Index(idToken(nil), "."):], idToken(nil)[strings.LastIndex(idToken(nil), ".")+1:]), nil, "alg:fail kid:unknown signature:fail"},
		{"HMAC that names an RSA key", sign(t, jose.HS256, "rsa", healthy(nil)), nil, "alg:fail signature:unknown"},
		{"HMAC that names no key", sign(t, jose.HS256, "", healthy(nil)), nil, "alg:unknown kid:unknown signature:unknown"},
		{"HMAC with the public key as secret", hmacWithPublicKey(t, healthy(nil)), nil, "alg:unknown kid:unknown signature:fail"},
		{"alg of another kind of key", strings.Replace(idToken(nil), b64(`{"alg":"RS256","kid":"rsa","typ":"JWT"}`), b64(`{"alg":"RS256","kid":"ec","typ":"JWT"}`), 1), nil, "alg:fail signature:fail"},
		{"a single key in PEM", idToken(nil), func(o *inspect.DecodeOptions) { o.JWKS = publicPEM(t) }, ""},
		{"a key in PEM on one line", idToken(nil), func(o *inspect.DecodeOptions) { o.JWKS = bytes.ReplaceAll(publicPEM(t), []byte("\n"), []byte(" ")) }, ""},
		{"a private key in PEM", idToken(nil), func(o *inspect.DecodeOptions) {
			o.JWKS = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")})
		}, "signature:unknown"},
		{"no keys", idToken(nil), func(o *inspect.DecodeOptions) { o.JWKS = nil }, "kid:unknown signature:unknown"},
		{"keys that are no keys", idToken(nil), func(o *inspect.DecodeOptions) { o.JWKS = []byte("<html>") }, "kid:unknown signature:unknown"},
		{"a single key", idToken(nil), func(o *inspect.DecodeOptions) {
			b, err := (&jose.JSONWebKey{Key: &keys().rsa.PublicKey, KeyID: "rsa"}).MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			o.JWKS = b
		}, ""},
		{"another issuer", idToken(map[string]any{"iss": "https://evil.example"}), nil, "iss:fail"},
		{"issuer with a slash", idToken(map[string]any{"iss": issuer + "/"}), nil, "iss:fail"},
		{"no issuer", idToken(map[string]any{"iss": nil}), nil, "iss:fail"},
		{"issuer not known here", idToken(nil), func(o *inspect.DecodeOptions) { o.Issuer = "" }, "iss:unknown"},
		{"another audience", idToken(map[string]any{"aud": "other"}), nil, "aud:fail"},
		{"several audiences, no azp", idToken(map[string]any{"aud": []string{"other", clientID}}), nil, "azp:unknown"},
		{"several audiences, azp", idToken(map[string]any{"aud": []string{"other", clientID}, "azp": clientID}), nil, ""},
		{"azp of another", idToken(map[string]any{"azp": "other"}), nil, "azp:fail"},
		{"expired", idToken(map[string]any{"exp": now.Add(-time.Hour).Unix()}), nil, "exp:fail"},
		{"expired within the tolerance", idToken(map[string]any{"exp": now.Add(-time.Minute).Unix()}), nil, ""},
		{"no end", idToken(map[string]any{"exp": nil}), nil, "exp:fail"},
		{"end as a string", idToken(map[string]any{"exp": fmt.Sprint(now.Add(time.Hour).Unix())}), nil, ""},
		{"end that is no time", idToken(map[string]any{"exp": "tomorrow"}), nil, "exp:fail"},
		{"not yet", idToken(map[string]any{"nbf": now.Add(time.Hour).Unix()}), nil, "nbf:fail"},
		{"issued in the future", idToken(map[string]any{"iat": now.Add(time.Hour).Unix()}), nil, "iat:fail"},
		{"no time of issue", idToken(map[string]any{"iat": nil}), nil, "iat:fail"},
		{"another nonce", idToken(map[string]any{"nonce": "x"}), nil, "nonce:fail"},
		{"no nonce", idToken(map[string]any{"nonce": nil}), nil, "nonce:fail"},
		{"nonce not known here", idToken(nil), func(o *inspect.DecodeOptions) { o.Nonce = "" }, "nonce:unknown"},
		{"at_hash without the access token", idToken(map[string]any{"at_hash": atHash}), nil, "at_hash:unknown"},
		{"at_hash right", `{"access_token":"` + access + `","id_token":"` + idToken(map[string]any{"at_hash": atHash}) + `"}`, nil, ""},
		{"at_hash wrong", `{"access_token":"x","id_token":"` + idToken(map[string]any{"at_hash": atHash}) + `"}`, nil, "at_hash:fail"},
		{"c_hash right", `https://app/cb#code=Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk&id_token=` + idToken(map[string]any{"c_hash": "LDktKdoQak3Pk0cnXxCltA"}), nil, ""},
		{"c_hash wrong", `https://app/cb#code=x&id_token=` + idToken(map[string]any{"c_hash": "LDktKdoQak3Pk0cnXxCltA"}), nil, "c_hash:fail"},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := options(t)
			if row.options != nil {
				row.options(&o)
			}
			d := inspect.DecodeToken(row.token, o)
			if len(d.Tokens) == 0 {
				t.Fatalf("found %s", d.Found)
			}
			tok := d.Tokens[len(d.Tokens)-1]
			if tok.Name != "id_token" && tok.Name != "token" {
				t.Fatalf("it was taken for a %s", tok.Name)
			}
			if got := results(tok); got != row.want {
				t.Errorf("checks = %q, want %q", got, row.want)
			}
			for _, c := range tok.Checks {
				if c.Expected == "" || c.Why == "" || c.Actual == "" {
					t.Errorf("the check %s says expected %q, actual %q, why %q", c.ID, c.Expected, c.Actual, c.Why)
				}
			}
		})
	}
}

const tid = "72f988bf-86f1-41af-91ab-2d7cd011db47"

func TestEntrasIssuersAreUnderstood(t *testing.T) {
	v2 := "https://login.microsoftonline.com/" + tid + "/v2.0"
	for _, row := range []struct {
		name, asked, iss, tid string
		want                  string
	}{
		{"one tenant", v2, v2, tid, ""},
		{"template", "https://login.microsoftonline.com/{tenantid}/v2.0", v2, tid, "tid:unknown"},
		{"template, another tenant than tid", "https://login.microsoftonline.com/{tenantid}/v2.0", v2, "0" + tid[1:], "iss:fail tid:unknown"},
		{"template of somebody else", "https://op.example/{tenantid}", "https://op.example/" + tid, tid, "iss:fail"},
		{"version 1.0", v2, "https://sts.windows.net/" + tid + "/", tid, "iss:fail"},
		{"another tenant", v2, strings.Replace(v2, tid, "0"+tid[1:], 1), "0" + tid[1:], "iss:fail tid:fail"},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := options(t)
			o.Issuer = row.asked
			d := inspect.DecodeToken(sign(t, jose.RS256, "rsa", healthy(map[string]any{"iss": row.iss, "tid": row.tid})), o)
			if got := results(d.Tokens[0]); got != row.want {
				t.Errorf("checks = %q, want %q", got, row.want)
			}
		})
	}
}

// What is broken is named, and everything that can be read is read.
func TestABrokenTokenIsShownAsFarAsItCanBeRead(t *testing.T) {
	whole := sign(t, jose.RS256, "rsa", healthy(nil))
	parts := strings.Split(whole, ".")
	padded := func(s string) string { return s + strings.Repeat("=", (4-len(s)%4)%4) }
	for _, row := range []struct {
		name, token, kind string
		claims            int
		problem           string
	}{
		{"whole", whole, "jwt", 6, ""},
		{"with Bearer", "Bearer " + whole, "jwt", 6, ""},
		{"signature cut off", parts[0] + "." + parts[1], "jwt", 6, "signature is missing"},
		{"signature empty", parts[0] + "." + parts[1] + ".", "jwt", 6, "signature is empty"},
		{"payload cut off", parts[0] + "." + parts[1][:60], "jwt", 3, "ends in the middle"},
		{"header alone", parts[0] + ".", "jwt", 0, "not a JSON object"},
		{"padded", padded(parts[0]) + "." + padded(parts[1]) + "." + padded(parts[2]), "jwt", 6, "padded with ="},
		{"standard base64", b64(`{"alg":"RS256"}`) + "." + strings.NewReplacer("-", "+", "_", "/").Replace(b64(`{"name":"a>?~é~?>b","sub":"s"}`)) + ".c2ln", "jwt", 2, "standard base64"},
		{"a character that is not base64url", parts[0] + "." + parts[1][:40] + "*" + parts[1][41:] + "." + parts[2], "jwt", 2, "position 41"},
		{"header not JSON", b64(`hello`) + "." + parts[1] + "." + parts[2], "jwt", 6, "header is not a JSON object"},
		{"payload with a byte order mark", parts[0] + "." + b64("\ufeff"+`{"sub":"a"}`) + "." + parts[2], "jwt", 1, "byte order mark"},
		{"header half JSON", b64(`{"alg":"RS256",`) + "." + parts[1] + "." + parts[2], "jwt", 6, "header is JSON that ends"},
		{"payload not JSON", parts[0] + "." + b64("hello") + "." + parts[2], "jwt", 0, "payload is not a JSON object"},
		{"payload a list", parts[0] + "." + b64("[1]") + "." + parts[2], "jwt", 0, "payload is not a JSON object"},
		{"claim twice", parts[0] + "." + b64(`{"sub":"a","sub":"b"}`) + "." + parts[2], "jwt", 2, "member twice: sub"},
		{"text after the payload", parts[0] + "." + b64(`{"sub":"a"} trailing`) + "." + parts[2], "jwt", 1, "more text after"},
		{"too many parts", whole + ".x", "jwt", 6, "has 4"},
		{"encrypted", b64(`{"alg":"RSA-OAEP","enc":"A256GCM"}`) + ".a.b.c.d", "jwe", 0, ""},
		{"encrypted, cut off", b64(`{"alg":"RSA-OAEP","enc":"A256GCM"}`) + ".a.b", "jwe", 0, "has 3"},
		{"opaque", "0.AXEA-refresh", "opaque", 0, ""},
		{"nothing", ".", "opaque", 0, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := inspect.DecodeToken(row.token, options(t))
			if len(d.Tokens) != 1 {
				t.Fatalf("%s: %d tokens", d.Found, len(d.Tokens))
			}
			tok := d.Tokens[0]
			if tok.Kind != row.kind || len(tok.Claims) != row.claims {
				t.Errorf("kind %s with %d claims, want %s with %d", tok.Kind, len(tok.Claims), row.kind, row.claims)
			}
			if !strings.Contains(tok.Problem, row.problem) || (row.problem == "") != (tok.Problem == "") {
				t.Errorf("problem = %q, want %q", tok.Problem, row.problem)
			}
			if tok.Kind == "jwe" && tok.Header["enc"] != "A256GCM" {
				t.Errorf("header = %v", tok.Header)
			}
			if tok.Whose == "" {
				t.Error("it does not say whose it is")
			}
		})
	}
}

func TestTokensAreFoundWhereverTheyStand(t *testing.T) {
	id := sign(t, jose.RS256, "rsa", healthy(nil))
	access := sign(t, jose.RS256, "rsa", map[string]any{"aud": "api", "scp": "read", "iss": issuer})
	for _, row := range []struct{ name, text, found, tokens string }{
		{"bare", id, "a bare token", "id_token"},
		{"bare access token", access + "\n", "a bare token", "access_token"},
		{"an app's token for the client's own API", sign(t, jose.RS256, "rsa", map[string]any{"aud": clientID, "idtyp": "app", "azpacr": "1", "roles": []string{"Read"}, "iss": issuer}), "a bare token", "access_token"},
		{"Bearer", "bearer " + access, "a Bearer token", "access_token"},
		{"token response", `{"token_type":"Bearer","access_token":"` + access + `","id_token":"` + id + `","refresh_token":"0.abc"}`, "a token response", "access_token id_token refresh_token"},
		{"token response, cut off", `{"id_token":"` + id + `","access_token":"abc`, "a token response", "id_token"},
		{"redirect URL", "https://app/cb#id_token=" + id + "&state=x", "a URL or form", "id_token"},
		{"fragment", "#access_token=" + access + "&token_type=Bearer", "a URL or form", "access_token"},
		{"text", "curl -H 'Authorization: Bearer " + access + "' https://api/ # " + id, "tokens in a text", "access_token id_token"},
		{"a document with other things of these names", `{"a":{"b":{"c":{"d":{"e":{"request":{"x":1},"body":"` + id + `"}}}}}}`, "tokens in a text", "id_token"},
		{"the same token twice", id + " and again " + id, "tokens in a text", "id_token"},
		{"nothing", "hello, world", "no token", ""},
		{"empty", "  ", "no token", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := inspect.DecodeToken(row.text, options(t))
			var names []string
			for _, tok := range d.Tokens {
				names = append(names, tok.Name)
			}
			if d.Found != row.found || strings.Join(names, " ") != row.tokens {
				t.Errorf("found %s: %v, want %s: %s", d.Found, names, row.found, row.tokens)
			}
			if d.Text(80) == "" {
				t.Error("no text")
			}
			out, err := d.JSON()
			if err != nil || !json.Valid(out) || !strings.Contains(string(out), `"tokens": [`) {
				t.Errorf("JSON = %s, %v", out, err)
			}
		})
	}
}

func TestAPastedTokenIsMaskedUnlessRevealed(t *testing.T) {
	id := sign(t, jose.RS256, "rsa", healthy(nil))
	signature := id[strings.LastIndexByte(id, '.')+1:]
	o := options(t)
	masked := inspect.DecodeToken(id, o)
	o.Reveal = true
	shown := inspect.DecodeToken(id, o)
	out, err := masked.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(masked.Text(80)+masked.Tokens[0].Value+string(out), signature) {
		t.Error("the signature is shown")
	}
	if shown.Tokens[0].Value != id {
		t.Errorf("revealed: %q", shown.Tokens[0].Value)
	}
	if results(masked.Tokens[0]) != "" {
		t.Errorf("masking changed the checks: %s", results(masked.Tokens[0]))
	}
}

func TestTheWorstResultDecides(t *testing.T) {
	check := func(r ...inspect.Result) []inspect.Token {
		var tok inspect.Token
		for _, x := range r {
			tok.Checks = append(tok.Checks, inspect.Check{Result: x})
		}
		return []inspect.Token{tok}
	}
	if got := inspect.Worst(check()); got != inspect.Unknown {
		t.Errorf("without any check: %s", got)
	}
	for want, tokens := range map[inspect.Result][]inspect.Token{
		inspect.Pass:    check(inspect.Pass),
		inspect.Unknown: check(inspect.Pass, inspect.Unknown),
		inspect.Fail:    check(inspect.Unknown, inspect.Fail, inspect.Pass),
	} {
		if got := inspect.Worst(tokens); got != want {
			t.Errorf("Worst = %s, want %s", got, want)
		}
	}
}
