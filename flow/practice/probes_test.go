package practice

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

// claimsOf decodes a token's claims without looking at the signature.
func claimsOf(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) < 2 {
		t.Fatalf("not a JWT: %q", token)
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(raw, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

// metadata reads the home tenant's discovery document.
func (p *play) metadata() map[string]any {
	p.t.Helper()
	res, err := p.http.Do(p.get(p.s.Issuer() + "/.well-known/openid-configuration"))
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var m map[string]any
	readJSON(p.t, res.Body, &m)
	return m
}

// raw sends a token request and describes what came, whatever it is.
func (p *play) raw(v url.Values) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 300*time.Millisecond)
	defer cancel()
	res, err := p.http.Do(p.post(p.s.URL+"/"+p.authority+"/oauth2/v2.0/token", v).WithContext(ctx))
	if err != nil {
		return "no answer in time"
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return "cut off"
	}
	switch {
	case !json.Valid(body):
		return res.Status + " not JSON"
	case len(body) > 64<<10:
		return res.Status + " large"
	}
	return res.Status
}

// number is a redemption's AADSTS number as text.
func number(n int) string {
	if n == 0 {
		return "tokens"
	}
	return "AADSTS" + strconv.Itoa(n)
}

func (p *play) idClaim(name string) string {
	p.t.Helper()
	return toText(claimsOf(p.t, p.tokens().IDToken)[name])
}

func toText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// probes say for each fault what a client sees of it.
var probes = map[Fault]func(*play) string{
	FaultIgnorePKCE: func(p *play) string { return number(p.redeemed("code_verifier", strings.Repeat("a", 43))) },
	FaultIgnoreUnaskedVerifier: func(p *play) string {
		v := edit(p.params(), []string{"code_challenge", "", "code_challenge_method", ""})
		return number(p.redeem(p.redemption(p.code(v))).code())
	},
	FaultRequirePKCE: func(p *play) string {
		return number(p.asked("code_challenge", "", "code_challenge_method", ""))
	},
	FaultSkipLengthCheck: func(p *play) string { return number(p.asked("code_challenge", "short")) },
	FaultRefusePlain:     func(p *play) string { return number(p.asked("code_challenge_method", "")) },
	FaultRefuseS256:      func(p *play) string { return number(p.asked()) },
	FaultPKCEOptionalSPA: func(p *play) string {
		p.use("spa")
		v := edit(p.params(), []string{"code_challenge", "", "code_challenge_method", ""})
		return number(p.redeem(edit(p.redemption(p.code(v)), []string{"code_verifier", ""})).code())
	},
	FaultAdvertisePKCE: func(p *play) string { return toText(p.metadata()["code_challenge_methods_supported"]) },
	FaultAnyRedirect:   func(p *play) string { return number(p.asked("redirect_uri", "https://attacker.example/")) },
	FaultLooseRedirect: func(p *play) string {
		p.change(func(r *Registration) { r.Native = []string{"http://localhost/Auth"} })
		return number(p.asked("redirect_uri", "http://localhost/auth/"))
	},
	FaultExactPort: func(p *play) string { return number(p.asked("redirect_uri", "http://localhost:9999")) },
	FaultAnyReply:  func(p *play) string { return number(p.redeemed("redirect_uri", "http://localhost/other")) },
	FaultAnyOrigin: func(p *play) string {
		return number(p.use("spa").redeem(p.redemption(p.code(p.params())), "Origin", "").code())
	},
	FaultNoCORS: func(p *play) string {
		return p.use("spa").redeem(p.redemption(p.code(p.params()))).header.Get("Access-Control-Allow-Origin")
	},
	FaultAnySecret: func(p *play) string { return number(p.use("(web)").redeemed("client_secret", "wrong")) },
	FaultAnyClient: func(p *play) string {
		code := p.code(p.params())
		return number(p.use("multitenant").redeem(p.redemption(code)).code())
	},
	FaultAnyTenant: func(p *play) string {
		reply := []string{"redirect_uri", p.use("multitenant").app.Native[0]}
		code := p.code(edit(p.params(), reply))
		p.authority = otherDirectory.ID
		return number(p.redeem(edit(p.redemption(code), reply)).code())
	},
	FaultAnyAuthority: func(p *play) string { p.authority = "common"; return number(p.asked()) },
	FaultReusableCode: func(p *play) string {
		v := p.redemption(p.code(p.params()))
		p.redeem(v)
		return number(p.redeem(v).code())
	},
	FaultRevokeOnReplay: func(p *play) string {
		v := p.redemption(p.code(p.params()))
		r := p.redeem(v)
		p.redeem(v)
		return number(p.refreshed(r.RefreshToken))
	},
	FaultShortCodes: func(p *play) string { return number(p.redeemed()) },
	FaultEternalCodes: func(p *play) string {
		code := p.code(p.params())
		p.clock.forward(time.Hour)
		return number(p.redeem(p.redemption(code)).code())
	},
	FaultStrictRotation: func(p *play) string {
		r := p.tokens()
		p.refreshed(r.RefreshToken)
		return number(p.refreshed(r.RefreshToken))
	},
	FaultNoRotation: func(p *play) string {
		v := url.Values{"grant_type": {"refresh_token"}, "client_id": {p.app.ClientID}, "refresh_token": {p.tokens().RefreshToken}}
		return toText(p.redeem(v).RefreshToken != "")
	},
	FaultShortRefresh: func(p *play) string { return number(p.refreshed(p.tokens().RefreshToken)) },
	FaultEternalRefresh: func(p *play) string {
		token := p.use("spa").tokens().RefreshToken
		p.clock.forward(25 * time.Hour)
		return number(p.refreshed(token))
	},
	FaultAlwaysRefresh: func(p *play) string {
		v := edit(p.params(), []string{"scope", "openid User.Read"})
		return toText(p.redeem(p.redemption(p.code(v))).RefreshToken != "")
	},
	FaultHTMLState: func(p *play) string { return p.answer(edit(p.params(), []string{"state", "a<b>c"})).Get("state") },
	FaultTokensInQuery: func(p *play) string {
		return number(p.use("hybrid").asked("response_type", "code id_token", "response_mode", "query"))
	},
	FaultEndpointVersion: func(p *play) string { return toText(claimsOf(p.t, p.tokens().AccessToken)["ver"]) },
	FaultIgnorePrompt:    func(p *play) string { return number(p.asked("prompt", "none")) },
	FaultIgnoreMaxAge:    func(p *play) string { p.tokens(); return toText(p.asking("max_age", "0").left != nil) },
	FaultAnyScope:        func(p *play) string { return number(p.asked("scope", "openid mcp.read")) },
	FaultNoRefresh:       func(p *play) string { return toText(p.tokens().RefreshToken != "") },
	FaultNoState:         func(p *play) string { return p.answer(p.params()).Get("state") },
	FaultWrongState:      func(p *play) string { return toText(p.answer(p.params()).Get("state") == p.params().Get("state")) },
	FaultSendIssuer:      func(p *play) string { return p.answer(p.params()).Get("iss") },
	FaultSendWrongIssuer: func(p *play) string { return p.answer(p.params()).Get("iss") },
	FaultMetadataIssuer:  func(p *play) string { return toText(p.metadata()["issuer"] == p.s.Issuer()) },
	FaultTokenIssuer:     func(p *play) string { return toText(p.idClaim("iss") == toText(p.s.Issuer())) },
	FaultWrongAudience:   func(p *play) string { return p.idClaim("aud") },
	FaultWrongNonce:      func(p *play) string { return toText(p.idClaim("nonce") == toText(p.params().Get("nonce"))) },
	FaultNoNonce:         func(p *play) string { return p.idClaim("nonce") },
	FaultExpired: func(p *play) string {
		return toText(claimsOf(p.t, p.tokens().IDToken)["exp"].(float64) > float64(time.Now().Unix()))
	},
	FaultFuture: func(p *play) string {
		return toText(claimsOf(p.t, p.tokens().IDToken)["nbf"].(float64) > float64(time.Now().Unix()))
	},
	FaultStaleKey:  func(p *play) string { return toText(p.verifies(p.tokens().IDToken)) },
	FaultUnsigned:  func(p *play) string { return toText(strings.HasSuffix(p.tokens().IDToken, ".")) },
	FaultTruncated: func(p *play) string { return toText(p.verifies(p.tokens().IDToken)) },
	FaultGraphVerifies: func(p *play) string {
		token := p.tokens().AccessToken
		return toText(hideNonce(token) == token && p.verifies(token))
	},
	FaultStringExpiry: func(p *play) string {
		_, isText := p.tokens().ExpiresIn.(string)
		return toText(isText)
	},
	FaultHTML:        func(p *play) string { return p.raw(p.redemption(p.code(p.params()))) },
	FaultOKError:     func(p *play) string { return p.raw(p.redemption("1.Amade-up")) },
	FaultCutJSON:     func(p *play) string { return p.raw(p.redemption(p.code(p.params()))) },
	FaultHuge:        func(p *play) string { return p.raw(p.redemption(p.code(p.params()))) },
	FaultUnavailable: func(p *play) string { return p.raw(p.redemption(p.code(p.params()))) },
	FaultSlow:        func(p *play) string { return p.raw(p.redemption("1.Amade-up")) },
	FaultLate:        func(p *play) string { return p.raw(p.redemption(p.code(p.params()))) },
	FaultDrop:        func(p *play) string { return p.raw(p.redemption(p.code(p.params()))) },
	FaultNoConsent: func(p *play) string {
		p.signIn("alex@contoso.onmicrosoft.com", p.asking())
		return number(p.asked("prompt", "none"))
	},
	FaultResourceIgnored: func(p *play) string {
		return number(p.asked("resource", "https://archive.contoso.example"))
	},
	FaultRepeatedParameters: func(p *play) string {
		return number(p.codeOf(p.browse(p.get(p.s.URL + "/" + p.authority + "/oauth2/v2.0/authorize?" + p.params().Encode() + "&state=2"))))
	},
}

// verifies says whether a token's signature is good as a client checks it.
func (p *play) verifies(token string) bool {
	var claims map[string]any
	if hideNonce(token) != token {
		return false // a client does not know the trick
	}
	return p.s.verifyOwn(token, &claims)
}

func TestEveryFaultIsSeenByAClient(t *testing.T) {
	t.Parallel()
	for _, f := range Faults() {
		probe := probes[f]
		if probe == nil {
			t.Errorf("nothing shows the fault %q", f)
			continue
		}
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			var seen [2]string
			for i, faults := range [][]Fault{nil, {f}} {
				clock := &stopwatch{}
				p := &play{client: newClient(t, start(t, Options{Now: clock.now, Faults: faults}), native), clock: clock}
				seen[i] = probe(p)
			}
			if seen[0] == seen[1] {
				t.Errorf("with and without the fault a client sees %s", seen[0])
			}
		})
		if f.Does() == "" {
			t.Errorf("it is not said what %q does", f)
		}
	}
}
