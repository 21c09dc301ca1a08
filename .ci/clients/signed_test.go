package clients

import (
	"bufio"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// signingSecret has the 32 octets that HS256 needs (RFC 7518 section 3.2).
const signingSecret = "a secret of CI alone, of 32 octets and more"

// guardedProvider is panva's oidc-provider of .ci/providers, which takes what a
// client signs: its assertion, its request object, its proofs.
type guardedProvider struct {
	issuer string
	keys   map[string]string // the client's key file, by client
	env    []string
}

// serveGuarded starts it.
func serveGuarded(t *testing.T) *guardedProvider {
	t.Helper()
	dir := os.Getenv("PKCESCOPE_PROVIDERS")
	if dir == "" {
		t.Fatal("PKCESCOPE_PROVIDERS does not say where the providers are")
	}
	p := &guardedProvider{keys: map[string]string{}}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	p.keys["guarded"] = keyFile(t, rsaKey)
	jwks := map[string]json.RawMessage{}
	for name, curve := range map[string]elliptic.Curve{"dpop": elliptic.P256(), "ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		must(t, err)
		p.keys[name] = keyFile(t, key)
		if name != "dpop" {
			jwks[name] = publicKey(t, key, name)
		}
	}
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	p.keys["EdDSA"], jwks["EdDSA"] = keyFile(t, edwards), publicKey(t, edwards, "EdDSA")
	all, err := json.Marshal(jwks)
	must(t, err)
	p.env = append(os.Environ(), "CLIENT_SECRET="+signingSecret, "PKCESCOPE_CLIENT_SECRET="+signingSecret, "PKCESCOPE_CONFIG_DIR="+t.TempDir(),
		"ODD_ID=odd", "CLIENT_JWK="+string(publicKey(t, rsaKey, "RS256")), "CLIENT_JWKS="+string(all))

	cmd := exec.CommandContext(t.Context(), filepath.Join(dir, "node_modules", ".bin", "node"), "provider.mjs", "oidc-provider")
	cmd.Dir, cmd.Env = dir, p.env
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadBytes('\n')
	must(t, err)
	var started struct{ Issuer string }
	must(t, json.Unmarshal(line, &started))
	p.issuer = started.Issuer
	return p
}

func publicKey(t *testing.T, key crypto.Signer, alg string) []byte {
	t.Helper()
	text, err := jose.JSONWebKey{Key: key.Public(), Use: "sig", Algorithm: alg, KeyID: "of-" + alg}.MarshalJSON()
	must(t, err)
	return text
}

func keyFile(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	file := filepath.Join(t.TempDir(), "key.pem")
	must(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))
	return file
}

// signIn plays the person and the browser, a fresh one each time.
func (p *guardedProvider) signIn(t *testing.T, address string) string {
	t.Helper()
	jar, err := cookiejar.New(nil)
	must(t, err)
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	must(t, err)
	for range 12 {
		res, err := client.Do(req)
		must(t, err)
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		must(t, err)
		if to := res.Header.Get("Location"); to != "" {
			at, err := req.URL.Parse(to)
			must(t, err)
			if at.Path == "/callback" {
				return at.String()
			}
			req, err = http.NewRequestWithContext(t.Context(), http.MethodGet, at.String(), nil)
			must(t, err)
			continue
		}
		form := formPattern.FindSubmatch(body)
		if form == nil {
			t.Fatalf("no form: %s", body)
		}
		v := url.Values{}
		for _, m := range inputPattern.FindAllSubmatch(form[0], -1) {
			v.Set(string(m[1]), html.UnescapeString(string(m[2])))
		}
		if v.Has("login") {
			v.Set("login", "ada")
			v.Set("password", "lovelace")
		}
		at, err := req.URL.Parse(html.UnescapeString(string(form[1])))
		must(t, err)
		req, err = http.NewRequestWithContext(t.Context(), http.MethodPost, at.String(), strings.NewReader(v.Encode()))
		must(t, err)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	t.Fatal("the sign-in does not come to an end")
	return ""
}

// Every exported flow that signs something gets tokens of a provider that
// verifies it, takes no answer for another request, and none without the iss
// that this provider promises.
func TestExportedSignedFlowsRun(t *testing.T) {
	p := serveGuarded(t)
	for name, row := range map[string]struct {
		client string
		flags  []string
		forms  []string
	}{
		"private_key_jwt with RSA":         {"guarded", []string{"--auth", "private_key_jwt"}, []string{"curl", "go", "python", "node"}},
		"private_key_jwt on P-256":         {"ES256", []string{"--auth", "private_key_jwt"}, []string{"curl", "go", "python", "node"}},
		"private_key_jwt on P-384":         {"ES384", []string{"--auth", "private_key_jwt"}, []string{"curl", "go", "python", "node"}},
		"private_key_jwt on P-521":         {"ES512", []string{"--auth", "private_key_jwt"}, []string{"curl", "go", "python", "node"}},
		"private_key_jwt with Ed25519":     {"EdDSA", []string{"--auth", "private_key_jwt"}, []string{"go", "python", "node"}},
		"client_secret_jwt":                {"client_secret_jwt", []string{"--auth", "client_secret_jwt"}, []string{"go", "python", "node"}},
		"JAR":                              {"guarded", []string{"--auth", "private_key_jwt", "--jar", "signed", "--max-age", "100", "--claims", `{"id_token":{"name":null}}`, "--resource", "https://api.example/it's"}, []string{"curl", "go", "python", "node"}},
		"JAR signed with the secret":       {"client_secret_basic", []string{"--auth", "client_secret_basic", "--jar", "signed"}, []string{"go", "python", "node"}},
		"DPoP":                             {"native", []string{"--auth", "none", "--dpop"}, []string{"curl", "go", "python", "node"}},
		"DPoP with a secret in the header": {"client_secret_basic", []string{"--auth", "client_secret_basic", "--dpop", "--par"}, []string{"curl", "go", "python", "node"}},
		"PAR":                              {"native", []string{"--auth", "none", "--par"}, []string{"curl", "go", "python", "node"}},
		"all of them":                      {"ES256", []string{"--auth", "private_key_jwt", "--jar", "signed", "--dpop", "--par"}, []string{"curl", "go", "python", "node"}},
	} {
		flags := append([]string{"--issuer", p.issuer, "--client-id", row.client, "--redirect-uri", "http://127.0.0.1/callback"}, row.flags...)
		env := append(p.env, "DPOP_KEY="+p.keys["dpop"])
		if key := p.keys[row.client]; key != "" {
			flags = append(flags, "--client-key", key)
			env = append(env, "CLIENT_KEY="+key)
		}
		run := filepath.Join(t.TempDir(), "run.json")
		walk := append([]string{os.Getenv("PKCESCOPE_BINARY"), "run", "--browser", "none", "--save", run}, flags...)
		if _, said, err := conversation(t, p.env, func(at string) string { return p.signIn(t, at) }, walk...); err != nil {
			t.Fatalf("%s: the run to export failed: %v\n%s", name, err, said)
		}
		for _, form := range row.forms {
			t.Run(form+" "+name, func(t *testing.T) {
				from := []string{run}
				if name != "all of them" && form != "go" {
					from = flags // of the client as it is configured, without a run
				}
				file := written(t, form, from...)
				text, err := os.ReadFile(file)
				must(t, err)
				argv := ready(t, form, file)
				out, said, err := conversation(t, env, func(at string) string { return p.signIn(t, at) }, argv...)
				var tokens struct {
					AccessToken string `json:"access_token"`
					Type        string `json:"token_type"`
				}
				if err != nil || json.Unmarshal([]byte(out), &tokens) != nil || tokens.AccessToken == "" {
					t.Fatalf("%v\n%s\n%s\n%s", err, said, out, text)
				}
				if bound := strings.Contains(strings.Join(row.flags, " "), "--dpop"); bound != (tokens.Type == "DPoP") {
					t.Errorf("the tokens are of the type %s", tokens.Type)
				}
				if name != "all of them" {
					return // an answer is read in the same way in each
				}
				for name, why := range map[string]string{"state": "state", "iss": "RFC 9207"} {
					change := with(t, name, "https://somebody.example/")
					if out, said, err := conversation(t, env, func(at string) string { return change(p.signIn(t, at)) }, argv...); err == nil || out != "" || !strings.Contains(said, why) {
						t.Errorf("another %s is taken: %v\n%s\n%s", name, err, said, out)
					}
				}
				change := without(t, "iss")
				if out, said, err := conversation(t, env, func(at string) string { return change(p.signIn(t, at)) }, argv...); err == nil || out != "" || !strings.Contains(said, "section 2.4") {
					t.Errorf("an answer without the promised iss is taken: %v\n%s\n%s", err, said, out)
				}
			})
		}
	}
}

// without takes a parameter out of the redirect URL.
func without(t *testing.T, name string) func(redirect string) string {
	return func(redirect string) string {
		u, err := url.Parse(redirect)
		must(t, err)
		q := u.Query()
		q.Del(name)
		u.RawQuery = q.Encode()
		return u.String()
	}
}
